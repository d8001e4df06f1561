"""How steep a function is along a direction, measured from its values alone.

A *central difference* subtracts two nearby values. Its step is a compromise, since a long one bends
the function and a short one drowns in rounding. The *complex step* subtracts nothing, so its step
may be as short as one likes; the price is that the function must be analytic.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_array, check_positive

EPS = float(np.finfo(np.float64).eps)
"""The relative rounding error."""


def central_difference(
    function: Callable[[Array], Any], at: Array, direction: Array, step: float
) -> float:
    """Return (f(x + εv) − f(x − εv)) / 2ε, nearly the slope of f at x along v.

    Parameters
    ----------
    function : callable
        f; takes an array shaped as `at`, returns a number.
    at, direction : ndarray, the same shape
        x and v.
    step : float
        ε.

    Raises
    ------
    ValueError, TypeError
        If shapes differ, `step` is not a finite number > 0, or f does not return a finite number.

    References
    ----------
    Press et al. (1992), Numerical Recipes in C, 2nd edition, section 5.7.

    Examples
    --------
    >>> round(central_difference(lambda x: x**3, np.array(1.0), np.array(1.0), step=0.1), 6)
    3.01
    """
    x, v, step = _check(at, direction, step)
    above, below = (one_number(function(x + signed * v)).real for signed in (step, -step))
    return (above - below) / (2 * step)  # eq-central-difference


def complex_step(
    function: Callable[[Array], Any], at: Array, direction: Array, step: float = 1e-100
) -> float:
    """Return Im f(x + iεv) / ε, for an analytic f its slope along v to all digits.

    Parameters
    ----------
    function : callable
        f; takes a *complex* array shaped as `at`. Whether it is analytic is not looked into here;
        `rnnlib.checks.gradcheck.check_gradient` does that.
    at, direction : ndarray, the same shape
        x and v.
    step : float
        ε.

    Raises
    ------
    ValueError, TypeError
        If shapes differ, `step` is not a finite number > 0, or f does not return a finite number.

    References
    ----------
    Squire & Trapp (1998), SIAM Review 40, 110-112.

    Examples
    --------
    >>> complex_step(lambda x: x**3, np.array(1.0), np.array(1.0))
    3.0
    """
    x, v, step = _check(at, direction, step)
    value = one_number(function(x + 1j * step * v))
    return value.imag / step  # eq-complex-step


def central_error_bound(step: float, noise: float, third: float) -> float:
    """Bound the error of a central difference: what bends, and what is rounded.

    Parameters
    ----------
    step : float
        ε.
    noise : float
        How far a computed value of f may be off.
    third : float
        The largest |third derivative| of f along the direction, between x − εv and x + εv.

    Raises
    ------
    ValueError, TypeError
        If `step` is not a finite number > 0 or one of the others not a finite number >= 0.

    Examples
    --------
    >>> round(central_error_bound(0.1, noise=0.0, third=6.0), 6)
    0.01
    """
    step = check_positive("step", step)
    noise = check_positive("noise", noise, or_zero=True)
    third = check_positive("third", third, or_zero=True)
    return step**2 * third / 6 + noise / step  # eq-central-error


def best_step(noise: float, third: float) -> float:
    """Return the step at which `central_error_bound` is smallest.

    Parameters
    ----------
    noise, third : float
        As in `central_error_bound`.

    Raises
    ------
    ValueError, TypeError
        If one of them is not a finite number > 0.

    Examples
    --------
    >>> round(best_step(noise=EPS, third=3.0), 8)
    6.06e-06
    """
    third, noise = check_positive("third", third), check_positive("noise", noise)
    return float((3 * noise / third) ** (1 / 3))  # eq-best-step


def _check(at: Array, direction: Array, step: float) -> tuple[Array, Array, float]:
    x = check_array("at", at)
    return x, check_array("direction", direction, x.shape), check_positive("step", step)


def one_number(value: Any) -> complex:
    """Return what a function gave as a plain number.

    Raises
    ------
    ValueError
        If it is not one finite number.
    """
    number = np.asarray(value)
    if number.dtype.kind not in "biufc" or number.size != 1 or not np.isfinite(number).all():
        raise ValueError(f"function: expected it to return one finite number, got {value!r}")
    plain: complex = number.item()
    return plain
