"""One unit's product of derivatives, in logarithms: ∂h_t/∂h_k = u^(t-k) Π φ'(s_j).

Over a thousand steps the product itself is no longer a floating-point number; its logarithm, which
is a sum, always is.
"""

import numpy as np

from rnnlib._validate import Array, check_array
from rnnlib.product._factors import Jacobians, array_of


def diagonal_formula(jacobians: Jacobians) -> Array:
    """Return the textbook's product for unit i alone, Π_j ∂h_j^(i)/∂h_{j-1}^(i) over j = k+1 … T.

    For an Elman network this is (u_ii)^(T-k) Π φ'(s_j^(i)). It leaves out every path that leaves
    unit i and comes back, so it is the entry (i, i) of P_{T,k} only if there is none: for T − k <=
    1, one unit, or a diagonal or triangular W_hh.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), or Unrolled

    Returns
    -------
    ndarray, shape (T + 1, ..., H)
        Entry k for P_{T,k}; the last one is 1.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H) or an entry is not a finite number.

    Examples
    --------
    >>> from rnnlib.product import products_to_last
    >>> swap = np.array([[0.0, 1.0], [1.0, 0.0]])  # two steps bring back what one sent away
    >>> diagonal_formula([swap, swap])[0], np.diag(products_to_last([swap, swap])[0])
    (array([0., 0.]), array([1., 1.]))
    """
    jacobians = array_of(jacobians)
    factors = np.diagonal(jacobians, axis1=-2, axis2=-1)  # eq-diagonal-formula
    ones = np.ones((1, *factors.shape[1:]), factors.dtype)
    newest_first = np.concatenate([ones, factors[::-1]])
    return np.cumprod(newest_first, axis=0)[::-1]  # eq-unit-product eq-triangular


def log_unit_products(jacobians: Jacobians) -> Array:
    """Return log|u_ii^(T-k) Π φ'(s_j^(i))| for every unit i, where `diagonal_formula` underflows.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), or Unrolled
        J_1 … J_T, perhaps of a batch; or a run.

    Returns
    -------
    ndarray, shape (T + 1, ..., H)
        Entry k is (T − k) log|u_ii| + Σ log|φ'(s_j^(i))| over j = k + 1 … T (natural logarithm);
        the last one is 0, and −inf stands for a product of zero.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H) or an entry is not a finite number.

    Examples
    --------
    >>> log_unit_products(np.full((10_000, 1, 1), 0.5))[0] / np.log(2)
    array([-10000.])
    """
    factors = np.diagonal(array_of(jacobians), axis1=-2, axis2=-1)
    with np.errstate(divide="ignore"):
        logs = np.log(np.abs(factors))
    nothing = np.zeros((1, *logs.shape[1:]))
    return np.cumsum(np.concatenate([nothing, logs[::-1]]), axis=0)[::-1]  # eq-log-product


def geometric_mean(factors: Array) -> Array:
    """Return the factor per step that makes a product: |Π f_j|^(1/n) = exp(mean of log|f_j|).

    At most the arithmetic mean of |f_j| (Jensen), and equal to it only if all |f_j| are equal.

    Parameters
    ----------
    factors : ndarray, shape (n, ...)
        One factor for each step, n >= 1.

    Returns
    -------
    ndarray, shape (...)
        0 where a factor is 0.

    Raises
    ------
    ValueError, TypeError
        If there is no factor or an entry is not a finite number.

    Examples
    --------
    >>> geometric_mean([0.5, 2.0, 1.0])
    np.float64(1.0)
    """
    factors = check_array("factors", factors)
    if factors.ndim == 0 or factors.size == 0:
        raise ValueError(f"factors: expected at least one factor, got shape {factors.shape}")
    with np.errstate(divide="ignore"):
        logs = np.log(np.abs(factors))
    mean: Array = np.exp(np.mean(logs, axis=0))  # eq-jensen eq-gate-jensen
    return mean
