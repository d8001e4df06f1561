"""The gradient product P_{t,k} = ∂h_t/∂h_k = J_t J_{t-1} … J_{k+1}."""

import numpy as np

from rnnlib._validate import Array, check_array


def log_norms(jacobians: Array) -> Array:
    """Return log ‖P_{T,k}‖_F for k = T, T − 1, …, 0, right where the product itself underflows.

    Parameters
    ----------
    jacobians : ndarray, shape (T, H, H)
        J_1 … J_T of one sequence, ``jacobians[t - 1]`` = ∂h_t/∂h_{t-1}.

    Returns
    -------
    ndarray, shape (T + 1,)
        Entry d is log ‖P_{T,T-d}‖_F (natural logarithm), the reach over distance d; −inf once
        the product is exactly zero.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, H, H) or an entry is not a finite number.

    Examples
    --------
    >>> log2_norm = log_norms(np.full((10_000, 1, 1), 0.5))[-1] / np.log(2)
    >>> round(log2_norm, 6)  # 2^−10000, far below the smallest float
    np.float64(-10000.0)
    """
    jacobians = check_array("jacobians", jacobians, ("T", "H", "H"))
    steps, hidden_size = jacobians.shape[:2]
    logs = np.empty(steps + 1)
    logs[0] = 0.5 * np.log(hidden_size)  # P_{T,T} is the identity
    product, scale = np.eye(hidden_size), 0.0
    for distance in range(1, steps + 1):
        product = product @ jacobians[steps - distance]
        norm = float(np.linalg.norm(product))
        if norm == 0.0:
            logs[distance:] = -np.inf
            break
        scale += np.log(norm)
        product /= norm  # the scale is kept as a logarithm
        logs[distance] = scale
    return logs
