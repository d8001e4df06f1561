"""Optimisers, and clipping.

Nothing is changed in place: a step takes a state and returns a new one. Parameters and gradients
are records of the same type (see `rnnlib.tree`).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_positive


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
    """

    parameters: Any
    moments: tuple[Any, ...] = ()
    steps: int = 0


@dataclass(frozen=True)
class Optimiser(ABC):
    """A rule that turns gradients into steps.

    Attributes
    ----------
    learning_rate : float
    """

    learning_rate: float

    number_of_moments = 0

    def __post_init__(self) -> None:
        check_positive("learning_rate", self.learning_rate)

    def start(self, parameters: Any) -> OptimiserState:
        """Return the state before the first step.

        Raises
        ------
        TypeError
            If `parameters` is not a record.
        """
        zeros = tree.map_leaves(np.zeros_like, parameters)
        return OptimiserState(parameters, (zeros,) * self.number_of_moments)

    @abstractmethod
    def step(self, state: OptimiserState, gradient: Any) -> OptimiserState:
        """Return the state after one step against `gradient`."""

    def _move(
        self, state: OptimiserState, direction: Any, *moments: Any, rate: float | None = None
    ) -> OptimiserState:
        rate = self.learning_rate if rate is None else rate
        parameters = tree.map_leaves(lambda p, d: p - rate * d, state.parameters, direction)
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
    number_of_moments = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_fraction("momentum", self.momentum)

    def step(self, state: OptimiserState, gradient: Any) -> OptimiserState:
        """Return the state after one step against `gradient`."""
        v = tree.map_leaves(lambda v, g: self.momentum * v + g, *state.moments, gradient)
        return self._move(state, v, v)


@dataclass(frozen=True)
class RMSprop(Optimiser):
    """Each step divided by a running root mean square: v ← α v + (1 − α) g², θ ← θ − η g/(√v + ε).

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
    number_of_moments = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_fraction("decay", self.decay)
        check_positive("epsilon", self.epsilon)

    def step(self, state: OptimiserState, gradient: Any) -> OptimiserState:
        """Return the state after one step against `gradient`."""
        v = tree.map_leaves(_average_square(self.decay), *state.moments, gradient)
        direction = tree.map_leaves(lambda g, v: g / (np.sqrt(v) + self.epsilon), gradient, v)
        return self._move(state, direction, v)


@dataclass(frozen=True)
class Adam(Optimiser):
    """Running averages of g and g², corrected for their start at zero.

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
    number_of_moments = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_fraction("decay_mean", self.decay_mean)
        _check_fraction("decay_square", self.decay_square)
        check_positive("epsilon", self.epsilon)

    def step(self, state: OptimiserState, gradient: Any) -> OptimiserState:
        """Return the state after one step against `gradient`."""
        a, t = self.decay_mean, state.steps + 1
        m = tree.map_leaves(lambda m, g: a * m + (1 - a) * g, state.moments[0], gradient)
        v = tree.map_leaves(_average_square(self.decay_square), state.moments[1], gradient)
        unbiased = np.sqrt(1 - self.decay_square**t)
        direction = tree.map_leaves(
            lambda m, v: m / (np.sqrt(v) / float(unbiased) + self.epsilon), m, v
        )
        return self._move(state, direction, m, v, rate=self.learning_rate / (1 - a**t))


@dataclass(frozen=True, eq=False)
class Clipped:
    """A clipped gradient.

    Attributes
    ----------
    gradient : record
    norm : float
        Its global norm before it was clipped.
    """

    gradient: Any
    norm: float


def clip_by_global_norm(gradient: Any, max_norm: float) -> Clipped:
    """Scale a gradient down to `max_norm` if it is longer; its direction stays.

    Parameters
    ----------
    gradient : record
    max_norm : float
        The largest Euclidean norm of all its numbers together.

    Returns
    -------
    Clipped

    Raises
    ------
    ValueError, TypeError
        If `max_norm` is not a finite number > 0 or the gradient is not a record.

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), ICML, algorithm 1.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> clipped = clip_by_global_norm(Readout([[3.0]], [4.0]), max_norm=1.0)
    >>> clipped.gradient.W_ho.round(6), clipped.norm
    (array([[0.6]]), 5.0)
    """
    max_norm, norm = check_positive("max_norm", max_norm), tree.global_norm(gradient)
    if norm > max_norm:
        shrink = max_norm / norm  # eq-clip-norm eq-clip-units
        gradient = tree.map_leaves(lambda g: g * shrink, gradient)
    return Clipped(gradient, norm)


def clip_by_value(gradient: Any, limit: float) -> Clipped:
    """Cut every entry of a gradient to [−limit, limit]; its direction changes.

    Parameters
    ----------
    gradient : record
    limit : float

    Returns
    -------
    Clipped

    Raises
    ------
    ValueError, TypeError
        If `limit` is not a finite number > 0 or the gradient is not a record.

    References
    ----------
    Mikolov (2012), PhD thesis, Brno University of Technology, section 3.2.2.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> clip_by_value(Readout([[3.0]], [-0.5]), limit=1.0).gradient.W_ho
    array([[1.]])
    """
    limit = check_positive("limit", limit)

    def cut(g: Array) -> Array:
        return np.clip(g, -limit, limit)  # eq-clip-value eq-clip-angle

    return Clipped(tree.map_leaves(cut, gradient), tree.global_norm(gradient))


def _average_square(decay: float) -> Any:
    def update(v: Array, g: Array) -> Array:
        return decay * v + (1 - decay) * g * g

    return update


def _check_fraction(name: str, value: float) -> None:
    if check_positive(name, value, or_zero=True) >= 1:
        raise ValueError(f"{name}: expected a number below 1, got {value}")
