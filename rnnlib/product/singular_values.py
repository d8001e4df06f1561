"""All singular values of a long gradient product, far beyond what its entries can hold.

Multiplied out, a product keeps only the singular values above ε·σ_1: the others drown in rounding
errors. Kept factored as P = Q · diag(exp(d)) · M, with Q orthogonal and M well-conditioned, all the
scale sits in the logarithms d, and nothing drowns.
"""

from dataclasses import dataclass

import numpy as np

from rnnlib._validate import Array, check_array
from rnnlib.product._factors import Factors, Jacobians, pull_out_power_of_two

EPS = np.finfo(np.float64).eps
"""The relative rounding error."""
MAX_SWEEPS = 200
"""How many times the factors are swept through at most."""


@dataclass(frozen=True, eq=False)
class LogSingularValues:
    """The singular values of a product, largest first, as logarithms.

    Attributes
    ----------
    logs : ndarray, shape (..., H)
        log σ_1 >= … >= log σ_H.
    resolved : ndarray of bool, shape (..., H)
        False where only rounding noise is left, because a factor is singular to working precision.
    """

    logs: Array
    resolved: Array


def log_singular_values(jacobians: Jacobians) -> LogSingularValues:
    """Return the logarithms of all singular values of J_T … J_1, each to a small relative error.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), or Unrolled
        J_1 … J_T, perhaps of a batch; or a run, of which a few Jacobians are in memory at a time.
        Of a run with lengths T is each sequence's own.

    Returns
    -------
    LogSingularValues
        Of each sequence; their sum is Σ_t log|det J_t|.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H) or an entry is not a finite number.

    References
    ----------
    The factored product is that of Bai, Lee, Li & Xu (2011), "Stable solutions of linear systems
    involving long chain of matrix multiplications", Linear Algebra and its Applications 435,
    659-673.

    Examples
    --------
    >>> J = np.diag([2.0, 0.5])
    >>> log_singular_values([J] * 3000).logs / np.log(2)  # 2^3000 and 2^−3000
    array([ 3000., -3000.])
    """
    factors = Factors.of(jacobians)
    found = [_of_one_sequence(alone) for alone in factors.alone()]
    shape = factors.shape[:-1]
    return LogSingularValues(
        np.reshape([values.logs for values in found], shape),
        np.reshape([values.resolved for values in found], shape),
    )


def log_singular_values_of(jacobian_product: Array) -> LogSingularValues:
    """Return the same of a product that was multiplied out, with the drowned values marked.

    Parameters
    ----------
    jacobian_product : ndarray, shape (H, H)

    Returns
    -------
    LogSingularValues
        Not resolved where σ_i <= H · ε · σ_1.

    Raises
    ------
    ValueError, TypeError
        If it is not a square matrix or an entry is not a finite number.

    Examples
    --------
    >>> log_singular_values_of(np.diag([1.0, 1e-20])).resolved
    array([ True, False])
    """
    P = check_array("jacobian_product", jacobian_product, ("H", "H"))
    values = np.linalg.svd(P, compute_uv=False)
    return LogSingularValues(_log(values), values > P.shape[0] * np.finfo(P.dtype).eps * values[0])


def _of_one_sequence(factors: Factors) -> LogSingularValues:
    rank = H = factors.size
    Q, d, M = np.eye(H), np.zeros(H), np.eye(H)
    for jacobian in factors.forward():
        J, exponent = pull_out_power_of_two(jacobian)
        A = J @ Q
        d = d + exponent * np.log(2.0)
        lengths = np.linalg.norm(A, axis=0)
        rank = min(rank, _rank(A))
        # Columns by their length in the product, longest first, so that R's rows shrink downwards.
        order = np.argsort(-(d + _log(lengths)), kind="stable")
        Q, R = np.linalg.qr(A[:, order])
        d, R = _pull_out_scale(R, d[order])
        M = R @ M[order]
    return _diagonalise(d, M, rank)


def _diagonalise(d: Array, M: Array, rank: int) -> LogSingularValues:
    """Return the log singular values of diag(exp(d)) M, d falling.

    The unshifted QR algorithm: X ← Rᵀ of Xᵀ = QR keeps the singular values and drives X to a
    diagonal. It never mixes scales, since the QR factors of Xᵀ = Mᵀ diag(exp(d)) are those of Mᵀ
    with R's columns scaled.
    """
    H = d.size
    for _ in range(MAX_SWEEPS):
        order = np.argsort(-d, kind="stable")
        d, R = _pull_out_scale(np.linalg.qr(M[order].T)[1], d[order])
        M = R
        coupling = np.abs(np.triu(M, 1))
        if coupling.max(initial=0.0) <= EPS:
            break
    # What is still coupled after so many sweeps lies close together: an ordinary SVD will do.
    logs = np.empty(H)
    start = 0
    while start < H:
        stop = start + 1
        while stop < H and coupling[:stop, stop:].max() > EPS:
            stop += 1
        scale = d[start:stop].max()
        if np.isneginf(scale):
            logs[start:stop] = -np.inf
        else:
            block = np.exp(d[start:stop] - scale)[:, None] * M[start:stop, start:stop]
            logs[start:stop] = scale + _log(np.linalg.svd(block, compute_uv=False))
        start = stop
    logs = -np.sort(-logs)
    return LogSingularValues(logs, np.arange(H) < rank)


def _pull_out_scale(R: Array, d: Array) -> tuple[Array, Array]:
    """Write R diag(exp(d)) as diag(exp(new d)) (new R), with ones on the new R's diagonal."""
    logs = _log(np.abs(R))
    new_d = d + np.diag(logs)
    with np.errstate(over="ignore"):  # in rows that are dead
        scaled = np.sign(R) * np.exp(logs + (d - np.maximum(new_d, -1e300)[:, None]))
    dead = np.isneginf(new_d)
    scaled[dead] = np.eye(d.size)[dead]
    return new_d, np.triu(scaled)


def _rank(A: Array) -> int:
    values = np.linalg.svd(A, compute_uv=False)
    return int((values > A.shape[0] * EPS * values[0]).sum()) if values[0] > 0 else 0


def _log(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(values)
