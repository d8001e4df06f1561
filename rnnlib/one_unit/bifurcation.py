"""Where a tanh unit without input comes to rest: the fixed points of h ← tanh(u h + b).

Two weights decide how many there are. Along the curves b = ±`saddle_node`(u), u > 1, two of three
meet and vanish; at the cusp (u, b) = (1, 0) all three are one (a pitchfork).
"""

import itertools

import numpy as np

from rnnlib._validate import Array, check_array
from rnnlib.cells.activations import tanh


def resting_bias(u: Array | float, h: Array | float) -> Array:
    """Return the bias b for which a unit with weight u rests in the state h: h = tanh(u h + b).

    For one h these are the points of a straight line in the (u, b) plane.

    Parameters
    ----------
    u, h : float or ndarray
        Of shapes that broadcast; −1 < h < 1.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError, TypeError
        If an entry is not a finite number or a state is not strictly between −1 and 1.

    Examples
    --------
    >>> b = resting_bias(2.0, 0.25)
    >>> np.tanh(2.0 * 0.25 + b).round(12)
    np.float64(0.25)
    """
    u, h = check_array("u", u), _check_state(h)
    bias: Array = np.arctanh(h) - u * h  # eq-resting-bias
    return bias


def multiplier(u: Array | float, h: Array | float) -> Array:
    """Return ∂h_{t+1}/∂h_t of a tanh unit that rests in h: φ' is 1 − h² there.

    Below 1 in absolute value the fixed point is stable; above 1 it is unstable.

    Parameters
    ----------
    u, h : float or ndarray
        Of shapes that broadcast; −1 < h < 1.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError, TypeError
        As `resting_bias`.

    Examples
    --------
    >>> multiplier(2.0, 0.5)
    np.float64(1.5)
    """
    u, h = check_array("u", u), _check_state(h)
    slope: Array = u * tanh.derivative_from(np.arctanh(h), h)  # eq-multiplier
    return slope


def saddle_node(u: Array | float) -> Array:
    """Return β(u): with |b| < β(u) the unit has three fixed points, with |b| > β(u) one.

    At b = −β(u) the upper stable one meets the unstable one, at b = β(u) the lower one.

    Parameters
    ----------
    u : float or ndarray
        At least 1; below, there is one fixed point whatever b is.

    Returns
    -------
    ndarray
        0 for u = 1.

    Raises
    ------
    ValueError, TypeError
        If an entry is not a finite number >= 1.

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), ICML, figure 3, draw the diagram for a logistic unit, after
    Doya (1993).

    Examples
    --------
    >>> beta = float(saddle_node(2.0))
    >>> len(fixed_points(2.0, 0.99 * beta)), len(fixed_points(2.0, 1.01 * beta))
    (3, 1)
    """
    u = check_array("u", u)
    if np.any(u < 1):
        raise ValueError(f"u: expected numbers >= 1, got {u.min()}")
    beta: Array = np.sqrt(u * (u - 1)) - np.arccosh(np.sqrt(u))  # eq-saddle-node
    return beta


def fixed_points(u: float, b: float) -> Array:
    """Return every state at which a tanh unit rests, in ascending order: one or three.

    Parameters
    ----------
    u, b : float
        Its weight and bias.

    Returns
    -------
    ndarray, shape (1,) or (3,)
        Of three, the one in the middle is unstable. Where two of them touch, on the saddle-node
        curve itself, rounding decides whether they are found.

    Raises
    ------
    ValueError, TypeError
        If `u` or `b` is not a finite number.

    Examples
    --------
    >>> fixed_points(2.0, 0.1).round(4)
    array([-0.946 , -0.1003,  0.9663])
    """
    u, b = float(check_array("u", u, ())), float(check_array("b", b, ()))
    turn = np.sqrt(1 - 1 / u) if u > 1 else 0.0  # artanh(h) − u h − b is monotone between them
    ends = [-1.0, -turn, turn, 1.0] if turn > 0 else [-1.0, 1.0]
    found = (_bisect(u, b, low, high) for low, high in itertools.pairwise(ends))
    return np.array([h for h in found if h is not None])


def _bisect(u: float, b: float, low: float, high: float) -> float | None:
    """Return the root of tanh(u h + b) − h between low and high, if its sign changes there."""

    def excess(h: float) -> float:
        difference = float(np.tanh(u * h + b)) - h
        # A tanh never is ±1; where it is rounded to that, the fixed point lies further inside.
        return difference if difference or abs(h) < 1 else -h

    below = excess(low)
    if below * excess(high) >= 0:
        return None
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if excess(middle) * below > 0 else (low, middle)
    return middle


def _check_state(h: Array | float) -> Array:
    h = check_array("h", h)
    if np.any(np.abs(h) >= 1):
        raise ValueError(f"h: expected states strictly between -1 and 1, got {np.abs(h).max()}")
    return h
