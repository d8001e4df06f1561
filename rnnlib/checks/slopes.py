"""A measured slope, and how far it may be off: two witnesses that fail in different ways.

*Differences* work for any function that is smooth nearby. They are taken at shorter and shorter
steps and carried on to the step 0 (Richardson; Ridders), and what successive answers disagree by,
what rounding may do, and a kink under the steps are put into the bound. The *complex step* sees
what is far too small for differences, but only where the function is analytic.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from rnnlib._validate import Array
from rnnlib.checks.differences import EPS, complex_step

Function = Callable[[Array], complex]
"""Takes a vector, returns a finite number or raises an error."""

STEPS = 0.125 / 4.0 ** np.arange(14)
"""Of the differences, in units of a parameter's size, or of 1 where it is smaller."""

COMPLEX_STEP = 1e-100
"""The length of a complex step: so short that its truncation is far below any rounding."""

CAPS = (np.inf, 16.0, 4.0, 1.0)
"""The largest parameters of the networks in which `rounding` looks for influence."""


class Slope(NamedTuple):
    """A slope and a bound on its error: the true one lies within value ± bound."""

    value: float
    bound: float


def noise_level(f: Function, x: Array, v: Array) -> float:
    """Return how far rounding puts computed values of f off, measured near x along v.

    Third differences of eight values so close together that the function itself is straight.

    References
    ----------
    Moré & Wild (2011), "Estimating computational noise", SIAM J. Sci. Comput. 33, section 3.

    Examples
    --------
    >>> x = np.ones(1)
    >>> noisy = lambda x: float(np.float32(x[0]))
    >>> 1e-8 < noise_level(noisy, x, x) < 1e-6
    True
    """
    step = 2.0**-24 * _size(x, v)
    values = np.array([_value(f, x + k * step * v) for k in range(8)])
    level = np.sqrt((np.diff(values, 3) ** 2).mean() / 20)  # the variance of a third difference
    return float(4 * level + EPS * np.abs(values).max())


def by_differences(f: Function, x: Array, v: Array, noise: float, rtol: float) -> Slope:
    """Return the slope of f at x along v from central differences, carried on to the step 0.

    Parameters
    ----------
    f : callable
    x, v : ndarray, shape (n,)
    noise : float
        How far a value of f may be off: see `noise_level`.
    rtol : float
        No shorter steps are taken once the bound is below `rtol` of the slope.

    References
    ----------
    Ridders (1982), Advances in Engineering Software 4, 75-76; Press et al. (1992), Numerical
    Recipes in C, section 5.7.

    Examples
    --------
    >>> slope = by_differences(np.sin, np.array(1.0), np.array(1.0), noise=1e-16, rtol=1e-8)
    >>> abs(slope.value - np.cos(1.0)) < slope.bound < 1e-8
    True
    """
    middle, best = _value(f, x), Slope(0.0, np.inf)
    central: list[float] = []
    gaps: list[float] = []
    for step in _size(x, v) * STEPS:
        ahead, behind = x + step * v, x - step * v
        taken = np.vdot(ahead - behind, v) / np.vdot(v, v)  # not quite 2ε: x ± εv is rounded too
        above, below = _value(f, ahead), _value(f, behind)
        if np.isnan(above + below):  # too far out: the function ends before
            central, gaps = [], []
            continue
        central.append((above - below) / taken)
        gaps.append((above - 2 * middle + below) / step)  # the slope ahead less the slope behind
        if len(central) > 3:
            value = limit(central[-3:], 2)
            bound = abs(value - limit(central[-4:-1], 2)) + 2 * noise / step
            bound += abs(limit(gaps[-3:], 1)) / 2  # at a kink the two differ, however short ε
            if bound < best.bound:
                best = Slope(float(value), float(bound))
            if best.bound <= rtol * abs(best.value):
                break
    return best


def limit(values: Sequence[float], power: int) -> float:
    """Carry values at the steps ε, ε/4, ε/16, … on to the step 0, by Richardson's extrapolation.

    Their error is to be a sum of ε^p, ε^(p+2), …, where p is `power`.

    Examples
    --------
    >>> [round(limit([1 + c, 1 + c / 16], power=2), 12) for c in (0.5, 3.0)]
    [1.0, 1.0]
    """
    column = np.asarray(values)
    while column.size > 1:
        column = column[1:] + np.diff(column) / (4.0**power - 1)
        power += 2
    return float(column[0])


def by_complex_step(f: Function, x: Array, v: Array, shake: Array) -> Slope:
    """Return the slope of f at x along v by the complex step, all digits where f is analytic.

    Parameters
    ----------
    f : callable
        Takes complex vectors.
    x, v : ndarray, shape (n,)
    shake : ndarray, shape (n,)
        A move of x so small that it only makes f round differently: what that does to the slope
        is taken for its error.

    Examples
    --------
    >>> one = np.array(1.0)
    >>> by_complex_step(lambda x: 1 + 1e-26 * x**3, one, one, 1e-16 * one).value
    3e-26
    """
    try:
        slopes = [
            sign * complex_step(f, x + move * shake, sign * v, step * COMPLEX_STEP)
            for move, sign, step in ((0, 1, 1.0), (1, 1, 0.7), (-1, -1, 1.3))
        ]
    except (ValueError, ArithmeticError):  # no finite number: it says nothing
        return Slope(0.0, np.inf)
    return Slope(slopes[0], 4 * float(np.ptp(slopes)) + 8 * EPS * abs(slopes[0]))


def rounding(f: Function, x: Array, v: Array, noise: float, scale: float) -> tuple[float, float]:
    """Return how far rounding will have put a *derived* slope off, and how far at the most.

    Where a unit is saturated, its slope 1 − h² is a difference of two numbers near 1, and what is
    left of it is the rounding of h. In the gradient this shows as far as the parameter matters to
    f: as far as f changes when it moves by its whole size, here or where all parameters are capped
    so that no unit is saturated. A gradient that has vanished because nothing arrives is another
    matter: f changes as little as the gradient says, and a right program has all its digits.

    Parameters
    ----------
    f : callable
    x, v : ndarray, shape (n,)
    noise : float
        How far a value of f may be off: see `noise_level`.
    scale : float
        The largest factor that may stand before such a slope: the largest parameter or derivative.

    Examples
    --------
    >>> x, v = np.array([20.0]), np.array([1.0])
    >>> rounding(lambda x: np.tanh(x[0]), x, v, noise=1e-16, scale=1.0)[0]  # tanh is flat here
    4e-16
    >>> rounding(lambda x: 1e-20 * np.tanh(x[0]), x, v, noise=1e-16, scale=1.0)[0] < 1e-34
    True
    """
    change = 0.0
    for cap in CAPS:
        y = np.clip(x, -cap, cap)
        for sign in (-1, 1):
            moved = _value(f, y + sign * _size(y, v) * v)
            change = float(np.fmax(change, abs(moved - _value(f, y))))
    return min(16 * EPS * change, 4 * noise), 16 * EPS * change * scale


def _size(x: Array, v: Array) -> float:
    """Return how many v long a step is that moves a number by its size, or by 1, and none more."""
    return float(1 / (np.abs(v) / np.maximum(1.0, np.abs(x))).max())


def _value(f: Function, x: Array) -> float:
    """Return f(x), or NaN where f has no value."""
    try:
        return f(x).real
    except (ValueError, ArithmeticError):
        return float("nan")
