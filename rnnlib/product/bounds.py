"""How large and how small the gradient product can be: bounds from weights, steps and volumes.

All are natural logarithms, by distance: entry d is about P_{T,T-d}. Norms are spectral, the largest
singular value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_array, check_size, describe
from rnnlib.cells.elman import ElmanCell
from rnnlib.product._factors import Factors, Jacobians, by_distance, double
from rnnlib.product.norms import THRESHOLD, check_threshold, log_norms


@dataclass(frozen=True, eq=False)
class LogBounds:
    """What the factors say about the product before it is multiplied out.

    They are in order, entry by entry: lower <= volume <= log ‖P_{T,T-d}‖ <= upper. NaN for
    distances beyond the first step of a shorter sequence.

    Attributes
    ----------
    upper : ndarray, shape (T + 1, ...)
        Σ log σ_max(J_j) over the last d steps.
    lower : ndarray, shape (T + 1, ...)
        Σ log σ_min(J_j); below even log σ_min(P_{T,T-d}). −inf if a factor is singular.
    volume : ndarray, shape (T + 1, ...)
        (1/H) Σ log|det J_j|, the mean of the log singular values of P_{T,T-d}.
    """

    upper: Array
    lower: Array
    volume: Array


def log_bounds(jacobians: Jacobians) -> LogBounds:
    """Return the bounds on log ‖P_{T,T-d}‖ that follow from each step Jacobian by itself.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), or Unrolled
        J_1 … J_T, perhaps of a batch; or a run, with T of each sequence its own.

    Returns
    -------
    LogBounds

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H) or an entry is not a finite number.

    References
    ----------
    Horn & Johnson (2013), Matrix Analysis, section 5.6 (the norm of a product); the volume is the
    product rule of the determinant.

    Examples
    --------
    >>> found = log_bounds([np.diag([2.0, 0.5])] * 3)
    >>> np.stack([found.lower, found.volume, found.upper]) / np.log(2)
    array([[ 0., -1., -2., -3.],
           [ 0.,  0.,  0.,  0.],
           [ 0.,  1.,  2.,  3.]])
    """
    factors, largest, smallest = Factors.of(jacobians), [], []
    for J in factors.forward():
        values = np.linalg.svd(double(J), compute_uv=False)
        largest.append(values.max(axis=-1))
        smallest.append(values.min(axis=-1))
    return LogBounds(
        upper=_over_distance(_log(largest), factors.lengths),  # eq-step-bound
        lower=_over_distance(_log(smallest), factors.lengths),  # eq-lower-bound
        volume=log_volumes(jacobians) / factors.size,  # eq-volume-bound
    )


def log_volumes(jacobians: Jacobians) -> Array:
    """Return log|det P_{T,T-d}|: by how much the map from h_{T-d} to h_T scales a small volume.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), or Unrolled
        J_1 … J_T, perhaps of a batch; or a run, with T of each sequence its own.

    Returns
    -------
    ndarray, shape (T + 1, ...)
        Entry d, which is also Σ_i log σ_i(P_{T,T-d}); −inf once a factor is singular, NaN beyond
        the first step of a shorter sequence.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H) or an entry is not a finite number.

    Examples
    --------
    >>> log_volumes([np.diag([2.0, 0.25])] * 3) / np.log(2)
    array([ 0., -1., -2., -3.])
    """
    factors = Factors.of(jacobians)
    logs = [np.linalg.slogdet(double(J))[1] for J in factors.forward()]
    return _over_distance(logs, factors.lengths)  # eq-volume


def log_step_volumes(cell: ElmanCell, s: Array) -> Array:
    """Return log|det J_t| = log|det W_hh| + Σ_i log|φ'(s_t^(i))| for an Elman cell.

    Parameters
    ----------
    cell : ElmanCell
    s : ndarray, shape (..., hidden_size)
        Total inputs; the leading axes (time, batch) are kept.

    Returns
    -------
    ndarray, shape (...)
        −inf where a slope is 0, or everywhere if W_hh is singular.

    Raises
    ------
    ValueError, TypeError
        If `cell` is not an ElmanCell, the last axis of `s` is not hidden_size, or an entry is not a
        finite number.

    Examples
    --------
    >>> cell = ElmanCell([[0.0, -2.0], [2.0, 0.0]], np.ones((2, 1)), np.zeros(2))
    >>> round(log_step_volumes(cell, np.zeros(2)) / np.log(2), 6)  # no slope below 1 at s = 0
    np.float64(2.0)
    """
    _check_elman(cell)
    s = check_array("s", s)
    if s.shape[-1:] != (cell.hidden_size,):
        raise ValueError(f"s: expected shape (..., {cell.hidden_size}), got {s.shape}")
    slopes = _log(np.abs(cell.activation.derivative(s)))
    volumes: Array = np.linalg.slogdet(cell.W_hh)[1] + slopes.sum(axis=-1)  # eq-step-volume
    return volumes


def log_weight_bound(cell: ElmanCell, steps: int) -> Array:
    """Return (t − k) log(γ σ_max(W_hh)), above log ‖P_{t,k}‖ whatever the network reads.

    Parameters
    ----------
    cell : ElmanCell
        γ is the greatest slope of its activation.
    steps : int
        The greatest distance.

    Returns
    -------
    ndarray, shape (steps + 1,)
        Entry d; it falls if γ σ_max(W_hh) < 1, so that every gradient must vanish. That it rises
        proves nothing.

    Raises
    ------
    ValueError, TypeError
        If `cell` is not an ElmanCell or `steps` is not an integer >= 1.

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), section 2.1.

    Examples
    --------
    >>> cell = ElmanCell([[0.0, 0.5], [0.5, 0.0]], np.ones((2, 1)), np.zeros(2), "logistic")
    >>> log_weight_bound(cell, 2) / np.log(2)  # at most (½ · ¼)^d
    array([ 0., -3., -6.])
    """
    _check_elman(cell)
    sigma_max = np.linalg.svd(cell.W_hh, compute_uv=False)[:1]
    factor = _log(cell.activation.derivative_bound * sigma_max)  # eq-weight-bound
    return np.concatenate([[0.0], np.arange(1, check_size("steps", steps) + 1) * factor])


def log_absolute_bound(cell: ElmanCell, steps: int) -> Array:
    """Return log ‖(γ|W_hh|)^n‖, above log ‖P_{t,t-n}‖ whatever the network reads.

    Parameters
    ----------
    cell : ElmanCell
        γ is the greatest slope of its activation; |W_hh| holds the absolute values of the weights.
    steps : int
        The greatest distance n.

    Returns
    -------
    ndarray, shape (steps + 1,)
        Entry n; it may rise at first, and falls in the end if γ ρ(|W_hh|) < 1, so that every
        gradient must vanish.

    Raises
    ------
    ValueError, TypeError
        If `cell` is not an ElmanCell or `steps` is not an integer >= 1.

    References
    ----------
    Horn & Johnson (2013), Matrix Analysis, section 8.1 (absolute values and the spectral radius).

    Examples
    --------
    >>> cell = ElmanCell([[0.5, -10.0], [0.0, 0.5]], np.ones((2, 1)), np.zeros(2))
    >>> np.exp(log_absolute_bound(cell, 16)[[0, 1, 2, 16]]).round(2)
    array([ 1.  , 10.02, 10.01,  0.  ])
    """
    _check_elman(cell)
    bound = cell.activation.derivative_bound * np.abs(cell.W_hh)  # eq-entrywise-bound
    factors = np.broadcast_to(bound, (check_size("steps", steps), *bound.shape))
    return log_norms(factors)  # eq-absolute-bound


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
    log_threshold = np.log(check_threshold(threshold))
    if per_step >= 0:
        return float("inf")
    return float(log_threshold / per_step)  # eq-horizon-bound


def _over_distance(logs: Sequence[Array] | Array, lengths: Array) -> Array:
    """Add up what each step has, last first: entry d holds the last d real steps of a sequence."""
    sums = np.cumsum(np.asarray(logs)[::-1], axis=0)[::-1]
    return by_distance(np.concatenate([sums, np.zeros_like(sums[:1])]), lengths)


def _log(values: Any) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(values)


def _check_elman(cell: ElmanCell) -> None:
    if not isinstance(cell, ElmanCell):
        raise TypeError(f"cell: expected an ElmanCell, got {describe(cell)}")
