"""The loss of a network of one unit, over its two weights: a plane with a wall in it.

The unit h_t = tanh(u h_{t-1} + b) starts from h_0 and shall be at a target after T steps. Where h_0
lies on the border between what is drawn up and what is drawn down, the loss jumps.
"""

from dataclasses import dataclass

import numpy as np

from rnnlib._validate import Array, check_array, check_positive, check_size
from rnnlib.cells.activations import tanh
from rnnlib.one_unit.bifurcation import multiplier


@dataclass(frozen=True, eq=False)
class OneUnit:
    """The weights of a unit, or a gradient with respect to them; arrays hold many units.

    Attributes
    ----------
    u, b : ndarray, shape (...)
        Recurrent weight and bias, of shapes that broadcast; a number becomes an array of one.

    Raises
    ------
    ValueError, TypeError
        If an entry is not a finite number or the shapes do not broadcast.

    Examples
    --------
    >>> OneUnit(2.0, [0.0, 0.1]).u
    array([2., 2.])
    """

    u: Array
    b: Array

    def __post_init__(self) -> None:
        u, b = np.atleast_1d(check_array("u", self.u), check_array("b", self.b))
        try:
            u, b = np.broadcast_arrays(u, b)
        except ValueError as error:
            raise ValueError(f"b: expected a shape that fits {u.shape}, got {b.shape}") from error
        object.__setattr__(self, "u", u.astype(float))
        object.__setattr__(self, "b", b.astype(float))

    @property
    def norm(self) -> Array:
        """√(u² + b²), for each unit by itself."""
        return np.hypot(self.u, self.b)


@dataclass(frozen=True, eq=False)
class Wall:
    """What is asked of the unit: from `h0`, reach `target` in `steps` steps.

    Attributes
    ----------
    h0 : float or ndarray
        The initial state, or several that broadcast with the units.
    target : float
    steps : int
        T.

    Raises
    ------
    ValueError, TypeError
        If a state is not strictly between −1 and 1, the target is not a finite number, or `steps`
        is not an integer >= 1.

    References
    ----------
    After Pascanu, Mikolov & Bengio (2013), ICML, section 2.3 and figure 6, who have a logistic unit
    in the total input, h_0 = 0.5, T = 50 and target 0.7.

    Examples
    --------
    >>> wall = Wall(h0=0.0, target=0.5, steps=10)
    >>> unit = OneUnit(2.0, 0.0)  # on the wall: it rests at 0
    >>> wall.loss(unit), wall.gradient(unit).b  # 2 · (0 − 0.5) · (2^10 − 1)
    (array([0.25]), array([-1023.]))
    """

    h0: float | Array = 0.25
    target: float = 0.7
    steps: int = 25

    def __post_init__(self) -> None:
        multiplier(1.0, self.h0)  # refuses what is no state
        check_array("target", self.target, ())
        check_size("steps", self.steps)

    def states(self, unit: OneUnit) -> Array:
        """Return h_0 … h_T, shape (T + 1, ...)."""
        hs = np.empty((self.steps + 1, *np.broadcast_shapes(unit.u.shape, np.shape(self.h0))))
        hs[0] = self.h0
        for t in range(1, self.steps + 1):
            hs[t] = tanh(unit.u * hs[t - 1] + unit.b)
        return hs

    def loss(self, unit: OneUnit) -> Array:
        """Return L = (h_T − target)² of every unit."""
        loss: Array = (self.states(unit)[-1] - self.target) ** 2  # eq-wall-loss
        return loss

    def reach(self, unit: OneUnit) -> Array:
        """Return ∂L/∂h_t for t = 0 … T, shape (T + 1, ...): what the error is worth at step t."""
        return self._reach(unit, self.states(unit))

    def gradient(self, unit: OneUnit) -> OneUnit:
        """Return ∂L/∂u and ∂L/∂b of every unit, by backpropagation through time."""
        hs = self.states(unit)
        deltas = self._reach(unit, hs)[1:] * _slopes(hs[1:])
        return OneUnit((deltas * hs[:-1]).sum(axis=0), deltas.sum(axis=0))  # eq-wall-gradient

    def on_the_wall(self, u: Array | float) -> OneUnit:
        """Return ∂h_T/∂u and ∂h_T/∂b in closed form for units that rest in h_0.

        Such a unit has weight `u` and the bias `resting_bias(u, h0)`, and nothing changes over its
        T steps, so that the sum over them is geometric.

        Raises
        ------
        ValueError, TypeError
            If an entry of `u` is not a finite number.

        Examples
        --------
        >>> Wall(h0=0.0, steps=10).on_the_wall(2.0).b  # (2^10 − 1)/(2 − 1)
        array([1023.])
        """
        u, h0 = np.broadcast_arrays(check_array("u", u), self.h0)
        powers = multiplier(u, h0) ** np.arange(self.steps).reshape(-1, *[1] * u.ndim)
        by_b = (1 - h0**2) * powers.sum(axis=0)  # eq-wall-steepness
        return OneUnit(h0 * by_b, by_b)

    def _reach(self, unit: OneUnit, hs: Array) -> Array:
        dh = np.empty_like(hs)
        dh[-1] = 2 * (hs[-1] - self.target)
        for t in range(self.steps, 0, -1):
            dh[t - 1] = dh[t] * _slopes(hs[t]) * unit.u
        return dh


@dataclass(frozen=True, eq=False)
class Descent:
    """The path of a gradient descent on the surface.

    Attributes
    ----------
    u, b, loss, gradient_norm : ndarray, shape (steps + 1, ...)
        Before the first step and after each; norms are those before clipping.
    """

    u: Array
    b: Array
    loss: Array
    gradient_norm: Array


def descend(
    wall: Wall,
    start: OneUnit,
    *,
    learning_rate: float,
    steps: int,
    max_norm: float | None = None,
) -> Descent:
    """Walk down the surface by gradient descent, from one point or from many.

    Parameters
    ----------
    wall : Wall
    start : OneUnit
        Every unit in it is a descent of its own.
    learning_rate : float
    steps : int
    max_norm : float, optional
        Clip each unit's gradient to this norm, as `clip_by_global_norm` does.

    Returns
    -------
    Descent

    Raises
    ------
    ValueError, TypeError
        If a number is out of range.

    Examples
    --------
    >>> path = descend(Wall(), OneUnit(0.5, 0.5), learning_rate=0.1, steps=100)
    >>> bool(path.loss[-1, 0] < 1e-6)
    True
    """
    rate, steps = check_positive("learning_rate", learning_rate), check_size("steps", steps)
    limit = np.inf if max_norm is None else check_positive("max_norm", max_norm)
    unit, visited = start, []
    for step in range(steps + 1):
        gradient = wall.gradient(unit)
        visited.append((unit.u, unit.b, wall.loss(unit), gradient.norm))
        if step < steps:
            scale = rate * limit / np.maximum(gradient.norm, limit) if max_norm else rate
            unit = OneUnit(unit.u - scale * gradient.u, unit.b - scale * gradient.b)
    return Descent(*(np.array(column) for column in zip(*visited, strict=True)))


def _slopes(h: Array) -> Array:
    """Return φ'(s) where h = tanh(s)."""
    return 1 - h * h
