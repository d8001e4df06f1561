"""The activations φ, their derivatives φ', and the bounds that decide how far a gradient reaches.

Every activation acts elementwise, keeps the shape and dtype of what it gets, and passes complex
numbers through (the complex-step gradient check needs that).
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_positive


class Activation(ABC):
    """An elementwise function φ with its derivative.

    Call it for φ(s); `derivative` takes the same argument s, never h = φ(s): passing h is the
    classic mistake.

    Attributes
    ----------
    name : str
        One of your own needs a name too; a cell with it cannot be saved.
    derivative_bound : float
        The smallest c with |φ'(s)| <= c for every s.
    """

    name: str
    derivative_bound: float

    @abstractmethod
    def __call__(self, s: Array) -> Array:
        """Return φ(s), the same shape as s."""

    @abstractmethod
    def derivative(self, s: Array) -> Array:
        """Return φ'(s), the same shape as s."""

    def derivative_from(self, s: Array, h: Array) -> Array:
        """Return φ'(s) where h = φ(s) is known already, which may spare computing φ again."""
        return self.derivative(s)

    @abstractmethod
    def active_range(self, threshold: float = 0.1) -> tuple[float, float]:
        """Return the interval of s on which φ'(s) >= threshold · derivative_bound.

        Outside it the unit is *saturated*: a gradient that passes through shrinks at least by the
        factor `threshold` on top of the bound.

        Parameters
        ----------
        threshold : float
            A fraction, above 0 and at most 1.

        Returns
        -------
        tuple of float
            The lower and the upper end, possibly infinite.

        Raises
        ------
        TypeError, ValueError
            If `threshold` is not a number above 0 and at most 1.

        Examples
        --------
        >>> low, high = tanh.active_range(0.1)
        >>> round(high, 3)
        1.818
        """

    def __repr__(self) -> str:
        return f"rnnlib.cells.activations.{self.name}"

    def __reduce__(self) -> Any:
        """Copy one of those here as itself, so that a copy of a cell is the same as the cell."""
        return (get, (self.name,)) if _BY_NAME.get(self.name) is self else super().__reduce__()


class Tanh(Activation):
    """φ(s) = tanh(s), between −1 and 1; φ' is at most 1, and 1 only at s = 0."""

    name = "tanh"
    derivative_bound = 1.0

    def __call__(self, s: Array) -> Array:
        return np.tanh(s)

    def derivative(self, s: Array) -> Array:
        return 1.0 - np.tanh(s) ** 2  # eq-tanh-derivative eq-slope-bounds

    def derivative_from(self, s: Array, h: Array) -> Array:
        return 1.0 - h * h

    def active_range(self, threshold: float = 0.1) -> tuple[float, float]:
        end = float(np.arccosh(1 / np.sqrt(_check_fraction(threshold))))  # eq-active-range
        return -end, end


class Logistic(Activation):
    """φ(s) = 1/(1 + exp(−s)), between 0 and 1; φ' is at most 1/4, and 1/4 only at s = 0.

    Computed as ½(1 + tanh(s/2)), which neither overflows nor breaks on complex numbers.
    """

    name = "logistic"
    derivative_bound = 0.25

    def __call__(self, s: Array) -> Array:
        return 0.5 + 0.5 * np.tanh(0.5 * s)  # eq-logistic

    def derivative(self, s: Array) -> Array:
        h = self(s)
        return h * (1.0 - h)  # eq-logistic-derivative eq-slope-bounds

    def derivative_from(self, s: Array, h: Array) -> Array:
        return h * (1.0 - h)

    def active_range(self, threshold: float = 0.1) -> tuple[float, float]:
        end = float(2 * np.arccosh(1 / np.sqrt(_check_fraction(threshold))))  # eq-active-range
        return -end, end


class ReLU(Activation):
    """φ(s) = max(s, 0); φ' is 1 for s > 0 and, by convention, 0 elsewhere (PyTorch's choice)."""

    name = "relu"
    derivative_bound = 1.0

    def __call__(self, s: Array) -> Array:
        return np.where(np.real(s) > 0, s, np.zeros_like(s))

    def derivative(self, s: Array) -> Array:
        return (np.real(s) > 0).astype(s.dtype)  # eq-slope-bounds

    def active_range(self, threshold: float = 0.1) -> tuple[float, float]:
        _check_fraction(threshold)
        return 0.0, float("inf")


class Identity(Activation):
    """φ(s) = s: a linear network. φ' is 1 everywhere."""

    name = "identity"
    derivative_bound = 1.0

    def __call__(self, s: Array) -> Array:
        return s

    def derivative(self, s: Array) -> Array:
        return np.ones_like(s)

    def active_range(self, threshold: float = 0.1) -> tuple[float, float]:
        _check_fraction(threshold)
        return -float("inf"), float("inf")


tanh = Tanh()
"""The hyperbolic tangent."""
logistic = Logistic()
"""The logistic function σ."""
relu = ReLU()
"""The rectifier."""
identity = Identity()
"""The identity: a linear unit."""

_BY_NAME: dict[str, Activation] = {phi.name: phi for phi in (tanh, logistic, relu, identity)}


def get(activation: str | Activation) -> Activation:
    """Return the activation of that name; an `Activation` comes back as it is.

    Parameters
    ----------
    activation : str or Activation
        ``"tanh"``, ``"logistic"``, ``"relu"``, ``"identity"``, or an activation of your own.

    Returns
    -------
    Activation

    Raises
    ------
    TypeError
        If it is neither a name nor an activation.
    ValueError
        If no activation has that name.

    Examples
    --------
    >>> get("logistic").derivative_bound
    0.25
    """
    if isinstance(activation, Activation):
        return activation
    if not isinstance(activation, str):
        raise TypeError(
            f"activation: expected a name or an Activation, got {type(activation).__name__}"
        )
    if activation not in _BY_NAME:
        raise ValueError(f"activation: expected one of {sorted(_BY_NAME)}, got {activation!r}")
    return _BY_NAME[activation]


def _check_fraction(threshold: float) -> float:
    value = check_positive("threshold", threshold)
    if value > 1:
        raise ValueError(f"threshold: expected a fraction of at most 1, got {value}")
    return value
