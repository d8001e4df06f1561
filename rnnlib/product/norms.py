"""The size of a long gradient product, in logarithms, and the horizon: how far errors reach.

All logarithms are natural. Everything goes by distance: entry d is about P_{T,T-d}.

The horizon is the one definition that the course uses. Norm: spectral, the best that an error of
any direction can do. Normalisation: relative to distance 0, where that norm is 1. Crossing: the
*last* one, since a norm may dip below the threshold and come back.
"""

from typing import Any, Literal

import numpy as np

from rnnlib._validate import Array, check_array, check_positive, describe
from rnnlib.product._factors import (
    Factors,
    Jacobians,
    array_of,
    by_distance,
    flush_denormals,
    pull_out_power_of_two,
)

Norm = Literal["spectral", "frobenius"]
"""The matrix norms on offer.

The spectral norm, the default wherever a norm is asked for and the only one elsewhere, is the
largest singular value: the most that the product makes of an error of length 1. Of P_{T,T}, the
identity, it is 1. The Frobenius norm, the root of the sum of all squares, lies above it by a factor
of at most √H, starts at √H, and is many times cheaper to compute.
"""

ALL = slice(None)
"""Every entry of the state."""

THRESHOLD = 0.01
"""θ: what is left of an error at the horizon, as a share, if nothing else is said."""


def log_norms(
    jacobians: Jacobians,
    *,
    norm: Norm = "spectral",
    rows: slice = ALL,
    columns: slice = ALL,
) -> Array:
    """Return log ‖P_{T,T-d}‖ for d = 0 … T, right where the product itself leaves the floats.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), or Unrolled
        J_1 … J_T, ``jacobians[t - 1]`` = ∂h_t/∂h_{t-1}, perhaps of a batch; or a run, of which a
        few Jacobians are in memory at a time. Of a run with lengths T is each sequence's own.
    norm : {"spectral", "frobenius"}
        See `Norm`.
    rows, columns : slice
        Which entries of the state at step T, and at step T − d, are meant; all, if left out. The
        state of an LSTM is [h, c]: with H units ``slice(0, H)`` is h and ``slice(H, None)`` is c.

    Returns
    -------
    ndarray, shape (T + 1, ...)
        Entry d is the reach over distance d; −inf once the product is zero (an entry 1e300 times
        smaller than the largest counts as zero), NaN beyond the first step of a shorter sequence.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H), an entry is not a finite number, the norm is unknown, or
        a slice is none or empty.

    Examples
    --------
    >>> log2_norm = log_norms(np.full((10_000, 1, 1), 0.5))[-1] / np.log(2)
    >>> round(log2_norm, 6)  # 2^−10000, far below the smallest float
    np.float64(-10000.0)
    """
    factors, order = Factors.of(jacobians), _order(norm)
    part = (..., _check_part("rows", rows, factors), _check_part("columns", columns, factors))
    logs = np.empty((factors.steps + 1, *factors.lengths.shape))
    identity = np.broadcast_to(np.eye(factors.size), factors.shape)
    product, exponents = pull_out_power_of_two(identity)
    logs[-1] = _log_norm_of(product, part, exponents, order)
    for k, J in factors.backward():
        factor, of_factor = pull_out_power_of_two(J)
        product, of_product = pull_out_power_of_two(product @ factor)
        flush_denormals(product)
        exponents = exponents + of_factor + of_product  # the scale is kept as a logarithm
        logs[k] = _log_norm_of(product, part, exponents, order)
    return by_distance(logs, factors.lengths)


def log_norm_table(jacobians: Jacobians, *, norm: Norm = "spectral") -> Array:
    """Return log ‖P_{t,k}‖ for every pair; T²/2 products, so for small T.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), or Unrolled
    norm : {"spectral", "frobenius"}
        See `Norm`.

    Returns
    -------
    ndarray, shape (T + 1, T + 1, ...)
        Entry ``[t, k]`` is log ‖P_{t,k}‖ for k <= t; NaN above the diagonal, where there is none,
        and for t beyond the end of a sequence.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H), an entry is not a finite number, or the norm is unknown.

    Examples
    --------
    >>> log_norm_table(np.full((2, 1, 1), np.e)).round(6)
    array([[ 0., nan, nan],
           [ 1.,  0., nan],
           [ 2.,  1.,  0.]])
    """
    lengths, jacobians = Factors.of(jacobians).lengths, array_of(jacobians)
    steps = len(jacobians)
    table = np.full((steps + 1, steps + 1, *lengths.shape), np.nan)
    table[0, 0] = log_norms(jacobians[:1], norm=norm)[0]
    for t in range(1, steps + 1):
        logs = log_norms(jacobians[:t], norm=norm)[::-1]
        table[t, : t + 1] = np.where(t <= lengths, logs, np.nan)
    return table


def horizon(jacobians: Jacobians, *, threshold: float = THRESHOLD) -> Any:
    """Return the greatest distance d with ‖P_{T,T-d}‖ >= threshold (spectral norm).

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), or Unrolled
        J_1 … J_T, perhaps of a batch, or a run; distances count back from step T, of a run with
        lengths from the last step of each sequence.
    threshold : float
        Above 0 and below 1.

    Returns
    -------
    float, or ndarray, shape (...)
        A whole number for each sequence, or infinity if the norm has not fallen below the threshold
        by the first step: the horizon then lies beyond what was looked at.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H), an entry is not a finite number, or the threshold is not
        between 0 and 1.

    Examples
    --------
    >>> horizon(np.full((20, 1, 1), 0.5))  # 2^−6 > 0.01 > 2^−7
    6.0
    >>> from rnnlib import ElmanCell, unroll
    >>> cell = ElmanCell([[0.5]], [[1.0]], [0.0])
    >>> horizon(unroll(cell, np.zeros((20, 2, 1)), lengths=[20, 4]))
    array([ 6., inf])
    """
    lengths = Factors.of(jacobians).lengths
    return last_crossing(log_norms(jacobians), threshold=threshold, lengths=lengths)


def last_crossing(
    log_sizes: Array, *, threshold: float = THRESHOLD, lengths: Array | None = None
) -> Any:
    """Return the greatest distance at which a size is at least `threshold` of that at distance 0.

    Parameters
    ----------
    log_sizes : ndarray, shape (D + 1, ...)
        Natural logarithms by distance d = 0 … D, −inf for a size of 0: what `log_norms` returns, or
        the sizes of one error as it arrives.
    threshold : float
        Above 0 and below 1.
    lengths : ndarray of int, shape (...), optional
        The greatest distance that counts in each column, as a run's lengths; D if left out.

    Returns
    -------
    float, or ndarray, shape (...)
        A whole number, or infinity if the size at the greatest distance is still at the threshold
        or above.

    Raises
    ------
    ValueError, TypeError
        If the array holds no numbers, the size at distance 0 is 0 or not finite, another that
        counts is NaN or infinite, the threshold is not between 0 and 1, or a length is not an
        integer in 0 … D.

    Examples
    --------
    >>> last_crossing(np.log([1.0, 0.005, 0.02, 0.001]))  # dips at 1, comes back at 2
    2.0
    """
    logs = np.asarray(log_sizes)
    if logs.dtype.kind not in "fiu":
        raise TypeError(f"log_sizes: expected real numbers, got {describe(log_sizes)}")
    if logs.ndim == 0 or logs.size == 0:
        raise ValueError(f"log_sizes: expected shape (D + 1, ...), got {logs.shape}")
    furthest = _check_distances(lengths, logs)
    distances = np.arange(len(logs)).reshape(-1, *[1] * furthest.ndim)
    counts = distances <= furthest
    logs = np.where(counts, logs, -np.inf)
    check_array("log_sizes", np.where(np.isneginf(logs), 0, logs))
    check_array("log_sizes[0]", logs[0])
    reaches = logs - logs[0] >= np.log(check_threshold(threshold))
    last = (distances * reaches).max(axis=0)  # eq-horizon
    found = np.where(last == furthest, np.inf, last)
    return found if found.ndim else float(found)


def check_threshold(threshold: float) -> float:
    """Return a share, above 0 and below 1, or raise."""
    value = check_positive("threshold", threshold)
    if value >= 1:
        raise ValueError(f"threshold: expected a number between 0 and 1, got {value}")
    return value


def _check_distances(lengths: Array | None, logs: Array) -> Array:
    greatest, batch = len(logs) - 1, logs.shape[1:]
    if lengths is None:
        return np.full(batch, greatest)
    lengths = np.asarray(lengths)
    if lengths.dtype.kind not in "iu":
        raise TypeError(f"lengths: expected integers, got dtype {lengths.dtype}")
    if lengths.shape != batch:
        raise ValueError(f"lengths: expected shape {batch}, got {lengths.shape}")
    if lengths.min() < 0 or lengths.max() > greatest:
        raise ValueError(f"lengths: expected 0..{greatest}, got {lengths.min()}..{lengths.max()}")
    return lengths


def _log_norm(matrix: Array, exponents: Array, order: Any) -> Array:
    """Return log ‖2^exponent · matrix‖."""
    with np.errstate(divide="ignore"):
        logs: Array = np.log(np.linalg.norm(matrix, order, axis=(-2, -1)))
    return exponents * np.log(2.0) + logs


def _log_norm_of(product: Array, part: Any, exponents: Array, order: Any) -> Array:
    """Return the same of a part of 2^exponent · product, which may be far below the whole."""
    matrix = product[part]
    if matrix.shape == product.shape:
        return _log_norm(matrix, exponents, order)
    matrix, more = pull_out_power_of_two(matrix)
    return _log_norm(matrix, exponents + more, order)


def _check_part(name: str, part: slice, factors: Factors) -> slice:
    if not isinstance(part, slice):
        raise TypeError(f"{name}: expected a slice, got {describe(part)}")
    if not range(factors.size)[part]:
        raise ValueError(f"{name}: expected some of {factors.size} entries, got none by {part}")
    return part


def _order(norm: str) -> Literal[2, "fro"]:
    if norm not in ("spectral", "frobenius"):
        raise ValueError(f"norm: expected 'spectral' or 'frobenius', got {norm!r}")
    return 2 if norm == "spectral" else "fro"
