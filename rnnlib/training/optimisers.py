"""Optimisers: rules that turn gradients into steps.

Nothing is changed in place: a step takes a state and returns a new one. Parameters and gradients
are records of the same type (see `rnnlib.tree`).

**Complex parameters.** rnnlib's gradients are complex derivatives, no conjugate taken: of a real
loss L, each entry is g = ∂L/∂Re θ − i ∂L/∂Im θ, as `bptt` gives it when it is fed ``dh = ∂L/∂Re h −
i ∂L/∂Im h``. L rises most steeply along the conjugate ∂L/∂Re θ + i ∂L/∂Im θ, which is what PyTorch
calls the gradient, so every rule here steps against the conjugate: θ ← θ − η g̅. A real parameter
of a complex network stays real, since L rises along Re g. Where a rule squares, it takes |g|²: a
complex number is one number with a length, and turning a parameter in the plane turns its steps.
(PyTorch's rules square the two parts apart.)
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_positive

Schedule = Callable[[int], float]
"""A learning rate that changes: from the number of steps made so far to the rate of the next."""


@dataclass(frozen=True, eq=False)
class OptimiserState:
    """Where an optimisation stands.

    Attributes
    ----------
    parameters : record
        A cell, a readout, a model.
    moments : tuple of records
        Running averages, each shaped as the parameters.
    steps : int
        How many have been made.
    carried : ndarray, shape (B, state_size), or None
        The states of the network that `train` hands on to the next batch, if it carries them.
    """

    parameters: Any
    moments: tuple[Any, ...] = ()
    steps: int = 0
    carried: Array | None = None


def _zeros(array: Array) -> Array:
    return np.zeros_like(array)


def _real_zeros(array: Array) -> Array:
    return np.zeros_like(array.real)


@dataclass(frozen=True)
class Optimiser(ABC):
    """A rule that turns gradients into steps.

    Attributes
    ----------
    learning_rate : float or Schedule
        A number, or a function of how many steps have been made, such as
        ``lambda step: 0.1 * 0.99**step``; it may give 0.
    weight_decay : float
        λ: each step also takes off the share η λ of every parameter, apart from the gradient and
        its averages (decoupled, as in AdamW); 0 unless given.

    References
    ----------
    Weight decay: Loshchilov & Hutter (2019), ICLR, algorithms 1 and 2.
    """

    learning_rate: float | Schedule
    weight_decay: float = field(default=0.0, kw_only=True)

    moments_like: ClassVar[tuple[Callable[[Array], Array], ...]] = ()
    """What each moment is before the first step, from a parameter: zeros, real ones of a square."""

    def __post_init__(self) -> None:
        if not callable(self.learning_rate):
            self._store("learning_rate", check_positive("learning_rate", self.learning_rate))
        self._store("weight_decay", check_positive("weight_decay", self.weight_decay, or_zero=True))

    def start(self, parameters: Any) -> OptimiserState:
        """Return the state before the first step.

        Raises
        ------
        TypeError
            If `parameters` is not a record.
        """
        moments = tuple(tree.map_leaves(zeros, parameters) for zeros in self.moments_like)
        return OptimiserState(parameters, moments)

    @abstractmethod
    def step(self, state: OptimiserState, gradient: Any) -> OptimiserState:
        """Return the state after one step against `gradient`."""

    def rate(self, steps: int) -> float:
        """Return the learning rate of the step that follows so many.

        Raises
        ------
        ValueError, TypeError
            If a schedule gives something other than a finite number >= 0.
        """
        if not callable(self.learning_rate):
            return self.learning_rate
        return check_positive("learning_rate", self.learning_rate(steps), or_zero=True)

    def _store(self, name: str, value: float) -> None:
        """Keep a number as Python's float, which leaves the arrays' precision as it is."""
        object.__setattr__(self, name, value)

    def _move(
        self, state: OptimiserState, direction: Any, *moments: Any, correction: float = 1.0
    ) -> OptimiserState:
        rate = self.rate(state.steps)
        size, kept = rate / correction, 1 - rate * self.weight_decay
        parameters = tree.map_leaves(
            lambda p, d: (p if kept == 1 else kept * p) - size * d, state.parameters, direction
        )
        return replace(state, parameters=parameters, moments=moments, steps=state.steps + 1)


@dataclass(frozen=True)
class SGD(Optimiser):
    """Gradient descent, v ← μ v + g, θ ← θ − η v; the momentum μ is 0 unless given.

    Raises
    ------
    ValueError, TypeError
        If the learning rate is not a finite number > 0 or the momentum not one in [0, 1).

    References
    ----------
    Momentum in PyTorch's form, after Polyak (1964) and Sutskever et al. (2013), ICML.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> sgd, readout = SGD(0.5), Readout([[1.0]], [0.0])
    >>> sgd.step(sgd.start(readout), Readout([[1.0]], [2.0])).parameters.b_o
    array([-1.])
    """

    momentum: float = 0.0
    moments_like = (_zeros,)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._store("momentum", _check_fraction("momentum", self.momentum))

    def step(self, state: OptimiserState, gradient: Any) -> OptimiserState:
        """Return the state after one step against `gradient`."""
        g = steepest(state.parameters, gradient)
        v = tree.map_leaves(lambda v, g: self.momentum * v + g, *state.moments, g)
        return self._move(state, v, v)


@dataclass(frozen=True)
class RMSprop(Optimiser):
    """Each step over a running root mean square: v ← α v + (1 − α) |g|², θ ← θ − η g/(√v + ε).

    Raises
    ------
    ValueError, TypeError
        If a number is out of range.

    References
    ----------
    Tieleman & Hinton (2012), Coursera lecture 6.5; α and ε are PyTorch's.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> rule = RMSprop(0.1, decay=0.0)
    >>> readout = Readout([[1.0]], [0.0])
    >>> rule.step(rule.start(readout), Readout([[100.0]], [1.0])).parameters.W_ho.round(6)
    array([[0.9]])
    """

    decay: float = 0.99
    epsilon: float = 1e-8
    moments_like = (_real_zeros,)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._store("decay", _check_fraction("decay", self.decay))
        self._store("epsilon", check_positive("epsilon", self.epsilon))

    def step(self, state: OptimiserState, gradient: Any) -> OptimiserState:
        """Return the state after one step against `gradient`."""
        g = steepest(state.parameters, gradient)
        v = tree.map_leaves(_average_square(self.decay), *state.moments, g)
        direction = tree.map_leaves(lambda g, v: g / (np.sqrt(v) + self.epsilon), g, v)
        return self._move(state, direction, v)


@dataclass(frozen=True)
class Adam(Optimiser):
    """Running averages of g and |g|², corrected for their start at zero.

    With `weight_decay` it is AdamW.

    Raises
    ------
    ValueError, TypeError
        If a number is out of range.

    References
    ----------
    Kingma & Ba (2015), ICLR, algorithm 1.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> adam, readout = Adam(0.1), Readout([[1.0]], [0.0])
    >>> adam.step(adam.start(readout), Readout([[100.0]], [1.0])).parameters.W_ho.round(6)
    array([[0.9]])
    """

    decay_mean: float = 0.9
    decay_square: float = 0.999
    epsilon: float = 1e-8
    moments_like = (_zeros, _real_zeros)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._store("decay_mean", _check_fraction("decay_mean", self.decay_mean))
        self._store("decay_square", _check_fraction("decay_square", self.decay_square))
        self._store("epsilon", check_positive("epsilon", self.epsilon))

    def step(self, state: OptimiserState, gradient: Any) -> OptimiserState:
        """Return the state after one step against `gradient`."""
        a, t = self.decay_mean, state.steps + 1
        g = steepest(state.parameters, gradient)
        m = tree.map_leaves(lambda m, g: a * m + (1 - a) * g, state.moments[0], g)
        v = tree.map_leaves(_average_square(self.decay_square), state.moments[1], g)
        unbiased = math.sqrt(1 - self.decay_square**t)
        direction = tree.map_leaves(lambda m, v: m / (np.sqrt(v) / unbiased + self.epsilon), m, v)
        return self._move(state, direction, m, v, correction=1 - a**t)


def steepest(parameters: Any, gradient: Any) -> Any:
    """Return the direction in which the loss rises most steeply, from rnnlib's gradient.

    Real parameters: the gradient itself. Complex ones: its conjugate, PyTorch's gradient. The real
    parameters of a complex network: its real part. Always in the parameters' precision.

    Parameters
    ----------
    parameters, gradient : record

    Returns
    -------
    record

    Raises
    ------
    TypeError, ValueError
        If an argument is not a record, or they do not have the same arrays.

    Examples
    --------
    >>> from rnnlib import DiagonalCell
    >>> cell = DiagonalCell([0.5j], [[1.0]], [0.0])  # λ is complex, the input's weight is real
    >>> gradient = DiagonalCell([1 + 2j], [[3 + 4j]], [0j])
    >>> up = steepest(cell, gradient)
    >>> up.W_hh, up.W_xh
    (array([1.-2.j]), array([[3.]]))
    """

    def of_leaf(p: Array, g: Array) -> Array:
        return (g.conj() if np.iscomplexobj(p) else g.real).astype(p.dtype, copy=False)

    return tree.map_leaves(of_leaf, parameters, gradient)


def _average_square(decay: float) -> Any:
    def update(v: Array, g: Array) -> Array:
        return decay * v + ((1 - decay) * g * g.conj()).real

    return update


def _check_fraction(name: str, value: float) -> float:
    fraction = check_positive(name, value, or_zero=True)
    if fraction >= 1:
        raise ValueError(f"{name}: expected a number below 1, got {fraction}")
    return fraction
