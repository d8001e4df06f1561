"""What follows from Lyapunov exponents, and where they are known without a long run.

Exponents are natural logarithms per step, as `lyapunov_spectrum` returns them.
"""

from typing import Any

import numpy as np

from rnnlib._validate import Array, check_array, check_precision_of, check_size
from rnnlib.product._factors import Factors, Jacobians, pull_out_power_of_two


def cycle_exponents(jacobians: Jacobians) -> Array:
    """Return the exponents of a product that repeats itself: J_1, …, J_p, J_1, …, J_p, and so on.

    Parameters
    ----------
    jacobians : ndarray, shape (p, ..., H, H), or Unrolled
        Of one round, in the order of the steps; a fixed point is a round of one step.

    Returns
    -------
    ndarray, shape (..., H)
        log|eigenvalue of J_p … J_1| / p, largest first; the low ones as far as an eigenvalue of
        the product of one round is known, to ε times its norm.

    Raises
    ------
    ValueError, TypeError
        As `lyapunov_spectrum`; also if sequences of a batch have rounds of different lengths.

    References
    ----------
    Gelfand's formula for each of the products' volumes: Horn & Johnson (2013), Matrix Analysis,
    corollary 5.6.14.

    Examples
    --------
    >>> there_and_back = np.array([np.diag([4.0, 1.0]), np.diag([1.0, 0.25])])
    >>> cycle_exponents(there_and_back) / np.log(2)
    array([ 1., -1.])
    """
    factors = Factors.of(jacobians)
    if (factors.lengths != factors.steps).any():
        raise ValueError(
            f"jacobians: expected rounds of {factors.steps} steps, got lengths {factors.lengths}"
        )
    product, exponents = np.eye(factors.size), np.zeros(factors.shape[:-2], int)
    for jacobian in factors.forward():
        product, exponent = pull_out_power_of_two(jacobian @ product)
        exponents = exponents + exponent
    with np.errstate(divide="ignore"):
        logs = np.log(np.abs(np.linalg.eigvals(product)))
    logs = logs + exponents[..., None] * np.log(2.0)
    falling: Array = -np.sort(-logs / factors.steps)  # eq-cycle-exponents
    return falling


def exponent_floor(largest: float, interval: int, *, dtype: Any = np.float64) -> float:
    """Return λ_1 + log(ε)/n, below which exponents drown if n steps pass between factorisations.

    Parameters
    ----------
    largest : float
        λ_1, which is not concerned itself.
    interval : int
        n.
    dtype : numpy dtype
        Whose rounding error ε it is.

    Raises
    ------
    ValueError, TypeError
        If `largest` is not a finite number, `interval` not an integer >= 1, or `dtype` not float32
        or float64.

    References
    ----------
    Golub & Van Loan (2013), Matrix Computations, section 7.3, on orthogonal iteration.

    Examples
    --------
    >>> round(exponent_floor(0.1, 20), 1), round(exponent_floor(0.1, 20, dtype=np.float32), 1)
    (-1.7, -0.7)
    """
    interval = check_size("interval", interval)
    largest = float(check_array("largest", largest, ()))
    eps = np.finfo(check_precision_of("dtype", np.dtype(dtype))).eps
    return float(largest + np.log(eps) / interval)  # eq-exponent-floor


def log_summed_growth(rate: float, steps: int) -> float:
    """Return log(1 + e^λ + … + e^{λ(T−1)}): how a sum over T distances grows, with a rate λ.

    It is bounded for λ < 0, the logarithm of T for λ = 0, and nearly λT for λ > 0.

    Parameters
    ----------
    rate : float
        λ, per step.
    steps : int
        T.

    Raises
    ------
    ValueError, TypeError
        If `rate` is not a finite number or `steps` not an integer >= 1.

    Examples
    --------
    >>> [round(float(np.exp(log_summed_growth(np.log(u), 10)))) for u in (0.5, 1.0, 2.0)]
    [2, 10, 1023]
    """
    steps = check_size("steps", steps)
    rate = float(check_array("rate", rate, ()))
    falling = -abs(rate)  # the same sum read from its largest term, which no float is too small for
    if falling == 0:
        return float(np.log(steps))
    ratio = np.expm1(falling * steps) / np.expm1(falling)
    return float(max(rate, 0.0) * (steps - 1) + np.log(ratio))  # eq-summed-growth
