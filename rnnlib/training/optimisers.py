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


def _real_zeros(array: Array) -> Array:
    return np.zeros_like(array.real)


@dataclass(frozen=True)
class Optimiser(ABC):
    """A rule that turns gradients into steps; one of your own supplies `direction`.

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

    def step(self, state: OptimiserState, gradient: Any) -> OptimiserState:
        """Return the state after one step against `gradient`, a record as the parameters."""
        step, rate = state.steps + 1, self.rate(state.steps)
        size, kept = rate / self.bias(step), 1 - rate * self.weight_decay

        def of_array(p: Array, g: Array, *moments: Array) -> tuple[Array, ...]:
            direction, *averages = self.direction(step, _steepest(p, g), *moments)
            return (p if kept == 1 else kept * p) - size * direction, *averages

        found = tree.map_to_several(of_array, state.parameters, gradient, *state.moments)
        if len(found) != 1 + len(state.moments):
            expected = f"a tuple of 1 + {len(state.moments)} arrays, as moments_like says"
            raise TypeError(f"direction: expected {expected}, got {len(found)}")
        return replace(state, parameters=found[0], moments=found[1:], steps=step)

    @abstractmethod
    def direction(self, step: int, g: Array, *moments: Array) -> tuple[Array, ...]:
        """Return against what to go, and the new averages, of one array.

        `step` counts from 1, and `g` is the steepest direction (see `steepest`).
        """

    def bias(self, step: int) -> float:
        """Return what an average of a direction that began at 0 has of it: 1 if none is taken."""
        return 1.0

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
    moments_like = (np.zeros_like,)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._store("momentum", _check_fraction("momentum", self.momentum))

    def direction(self, step: int, g: Array, *moments: Array) -> tuple[Array, ...]:
        """Return v twice: what is gone against is the average."""
        v = self.momentum * moments[0] + g
        return v, v


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

    def direction(self, step: int, g: Array, *moments: Array) -> tuple[Array, ...]:
        """Return g/(√v + ε) and v."""
        v = _average_square(self.decay, moments[0], g)
        return g / (np.sqrt(v) + self.epsilon), v


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
    moments_like = (np.zeros_like, _real_zeros)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._store("decay_mean", _check_fraction("decay_mean", self.decay_mean))
        self._store("decay_square", _check_fraction("decay_square", self.decay_square))
        self._store("epsilon", check_positive("epsilon", self.epsilon))

    def direction(self, step: int, g: Array, *moments: Array) -> tuple[Array, ...]:
        """Return m over the root of the unbiased v, m and v; the bias of m is in the rate."""
        m = self.decay_mean * moments[0] + (1 - self.decay_mean) * g
        v = _average_square(self.decay_square, moments[1], g)
        unbiased = math.sqrt(1 - self.decay_square**step)
        return m / (np.sqrt(v) / unbiased + self.epsilon), m, v

    def bias(self, step: int) -> float:
        """Return 1 − β₁^t, what m has of a constant g after t steps."""
        return 1 - self.decay_mean**step


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
    return tree.map_leaves(_steepest, parameters, gradient)


def _steepest(p: Array, g: Array) -> Array:
    return (g.conj() if np.iscomplexobj(p) else g.real).astype(p.dtype, copy=False)


def _average_square(decay: float, v: Array, g: Array) -> Array:
    return decay * v + ((1 - decay) * g * g.conj()).real


def _check_fraction(name: str, value: float) -> float:
    fraction = check_positive(name, value, or_zero=True)
    if fraction >= 1:
        raise ValueError(f"{name}: expected a number below 1, got {fraction}")
    return fraction
