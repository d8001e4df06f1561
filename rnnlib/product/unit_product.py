"""One unit's product of derivatives, in logarithms: ∂h_t/∂h_k = u^(t-k) Π φ'(s_j).

Over a thousand steps the product itself is no longer a floating-point number; its logarithm, which
is a sum, always is.
"""

import numpy as np

from rnnlib._validate import Array, check_array
from rnnlib.product.gradient_product import check_jacobians


def log_unit_products(jacobians: Array) -> Array:
    """Return log|u_ii^(T-k) Π φ'(s_j^(i))| for every unit i, where `diagonal_formula` underflows.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H)
        J_1 … J_T, perhaps of a batch.

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
    factors = np.diagonal(check_jacobians(jacobians), axis1=-2, axis2=-1)
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
    mean: Array = np.exp(np.mean(logs, axis=0))  # eq-jensen
    return mean
