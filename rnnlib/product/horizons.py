"""The horizon: over what distance an error can still arrive with a given share of its size.

The one definition that the course uses. Norm: spectral, ‖P_{T,T-d}‖, the best that an error of any
direction can do. Normalisation: relative to distance 0, where that norm is 1. Crossing: the *last*
one, since a norm may dip below the threshold and come back.
"""

import numpy as np

from rnnlib._validate import Array, check_array, check_positive
from rnnlib.cells.elman import ElmanCell
from rnnlib.product.bounds import log_weight_bound
from rnnlib.product.gradient_product import log_norms

THRESHOLD = 0.01
"""θ: what is left of an error at the horizon, as a share, if nothing else is said."""


def horizon(jacobians: Array, *, threshold: float = THRESHOLD) -> float:
    """Return the greatest distance d with ‖P_{T,T-d}‖ >= threshold (spectral norm).

    Parameters
    ----------
    jacobians : ndarray, shape (T, H, H)
        J_1 … J_T of one sequence; distances count back from step T.
    threshold : float
        Above 0 and below 1.

    Returns
    -------
    float
        A whole number, or infinity if the norm has not fallen below the threshold by distance T:
        the horizon then lies beyond what was looked at.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, H, H), an entry is not a finite number, or the threshold is not
        between 0 and 1.

    Examples
    --------
    >>> horizon(np.full((20, 1, 1), 0.5))  # 2^−6 > 0.01 > 2^−7
    6.0
    >>> horizon(np.full((20, 1, 1), 0.9))  # 0.9^20 is still 0.12
    inf
    """
    return last_crossing(log_norms(jacobians, norm="spectral"), threshold=threshold)


def last_crossing(log_sizes: Array, *, threshold: float = THRESHOLD) -> float:
    """Return the greatest distance at which a size is at least `threshold` of that at distance 0.

    Parameters
    ----------
    log_sizes : ndarray, shape (D + 1,)
        Natural logarithms by distance d = 0 … D, −inf for a size of 0: what
        `log_norms` returns, or the sizes of one error as it arrives. The
        horizon is the crossing of ``log_norms(jacobians, norm="spectral")``; that of the Frobenius
        norm, its default, is another number.
    threshold : float
        Above 0 and below 1.

    Returns
    -------
    float
        A whole number, or infinity if the size at distance D is still at the threshold or above.

    Raises
    ------
    ValueError, TypeError
        If the array is not a vector of numbers, the size at distance 0 is 0 or not finite, another
        is NaN or infinite, or the threshold is not between 0 and 1.

    Examples
    --------
    >>> last_crossing(np.log([1.0, 0.005, 0.02, 0.001]))  # dips at 1, comes back at 2
    2.0
    """
    logs = _check_log_sizes(log_sizes)
    reaches = logs - logs[0] >= np.log(_check_threshold(threshold))
    last = int(np.flatnonzero(reaches)[-1])  # eq-horizon
    return float("inf") if last == len(logs) - 1 else float(last)


def horizon_bound(cell: ElmanCell, *, threshold: float = THRESHOLD) -> float:
    """Return log threshold / log(γ σ_max(W_hh)), which no horizon of this network exceeds.

    Parameters
    ----------
    cell : ElmanCell
        γ is the greatest slope of its activation.
    threshold : float
        Above 0 and below 1.

    Returns
    -------
    float
        Not rounded. Infinity if γ σ_max(W_hh) >= 1: the weights alone then promise nothing.

    Raises
    ------
    ValueError, TypeError
        If `cell` is not an ElmanCell or the threshold is not between 0 and 1.

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), section 2.1, for the bound on the norm.

    Examples
    --------
    >>> cell = ElmanCell([[0.0, 2.0], [2.0, 0.0]], np.ones((2, 1)), np.zeros(2), "logistic")
    >>> round(horizon_bound(cell, threshold=1 / 1024), 6)  # γ σ_max = ½
    10.0
    """
    per_step = log_weight_bound(cell, 1)[1]
    log_threshold = np.log(_check_threshold(threshold))
    if per_step >= 0:
        return float("inf")
    return float(log_threshold / per_step)  # eq-horizon-bound


def _check_log_sizes(log_sizes: Array) -> Array:
    """Return a vector of logarithms, the first of them finite, others perhaps −inf."""
    logs = np.asarray(log_sizes)
    check_array("log_sizes", np.where(np.isneginf(logs), 0, logs), ("D + 1",))
    check_array("log_sizes[0]", logs[0])
    return logs


def _check_threshold(threshold: float) -> float:
    value = check_positive("threshold", threshold)
    if value >= 1:
        raise ValueError(f"threshold: expected a number between 0 and 1, got {value}")
    return value
