"""The gradient product P_{t,k} = ∂h_t/∂h_k = J_t J_{t-1} … J_{k+1}.

Everything here takes the step Jacobians, ``jacobians[t - 1]`` = J_t, so that it serves a network
(see `step_jacobians`) as well as any sequence of matrices.
"""

from typing import Literal

import numpy as np

from rnnlib._validate import Array, check_array
from rnnlib.cells.cell import Cell
from rnnlib.fast._rows import chunks_of_time
from rnnlib.product._pulled_rows import products_by_rows
from rnnlib.product._scaling import pull_out_power_of_two
from rnnlib.time.unrolling import Unrolled, check_run

Norm = Literal["frobenius", "spectral"]
"""The matrix norms on offer."""


def step_jacobians(cell: Cell, run: Unrolled) -> Array:
    """Return J_t = ∂h_t/∂h_{t-1} for every step of a run and every sequence of its batch.

    Parameters
    ----------
    cell : Cell
        The cell that was unrolled.
    run : Unrolled
        What `unroll` returned.

    Returns
    -------
    ndarray, shape (T, B, state_size, state_size)
        Rows: new state; columns: old state. Where a sequence is over, the identity.

    Raises
    ------
    ValueError, TypeError
        If `run` was made by another cell.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> cell = ElmanCell([[2.0]], [[1.0]], [0.0])
    >>> step_jacobians(cell, unroll(cell, np.zeros((3, 1, 1)))).ravel()
    array([2., 2., 2.])
    """
    check_run(cell, run)
    return _jacobians_between(cell, run, 0, run.pre.shape[0])


def run_products(cell: Cell, run: Unrolled) -> Array:
    """Return P_{T,k} = ∂h_T/∂h_k for k = 0 … T and every sequence of a run's batch.

    The same as ``products_to_last(step_jacobians(cell, run))``, in less time and memory. Without
    gates no Jacobian is formed: the rows of P are pulled back as gradients are. With gates the
    Jacobians are made a few at a time, so that each is still in the cache when it is multiplied.

    Parameters
    ----------
    cell : Cell
    run : Unrolled

    Returns
    -------
    ndarray, shape (T + 1, B, state_size, state_size)
        Entry k is P_{T,k}; the last one is the identity.

    Raises
    ------
    ValueError, TypeError
        If `run` was made by another cell.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> cell = ElmanCell([[2.0]], [[1.0]], [0.0])
    >>> run_products(cell, unroll(cell, np.zeros((3, 1, 1)))).ravel()
    array([8., 4., 2., 1.])
    """
    check_run(cell, run)
    if cell.rows_per_unit == 1:
        return products_by_rows(cell, run)
    steps, batch = run.pre.shape[:2]
    products = np.empty((steps + 1, batch, cell.state_size, cell.state_size), run.pre.dtype)
    products[-1] = np.eye(cell.state_size)
    for start, stop in reversed(list(chunks_of_time(products[:-1]))):
        jacobians = _jacobians_between(cell, run, start, stop)
        for k in range(stop - 1, start - 1, -1):
            np.matmul(products[k + 1], jacobians[k - start], out=products[k])
    return products


def products_to_last(jacobians: Array) -> Array:
    """Return P_{T,k} for k = 0 … T: how the last state depends on every earlier one.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H)
        J_1 … J_T, perhaps of a batch.

    Returns
    -------
    ndarray, shape (T + 1, ..., H, H)
        Entry k is P_{T,k}; the last one is the identity.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H) or an entry is not a finite number.

    Examples
    --------
    >>> products_to_last(np.full((3, 1, 1), 2.0)).ravel()
    array([8., 4., 2., 1.])
    """
    jacobians = check_jacobians(jacobians)
    products = _table_with_identity(jacobians, at=-1)
    for k in range(jacobians.shape[0] - 1, -1, -1):
        np.matmul(products[k + 1], jacobians[k], out=products[k])  # eq-gradient-product
    return products


def products_from_first(jacobians: Array) -> Array:
    """Return P_{t,0} for t = 0 … T: how every state depends on the first one.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H)
        J_1 … J_T, perhaps of a batch.

    Returns
    -------
    ndarray, shape (T + 1, ..., H, H)
        Entry t is P_{t,0}; the first one is the identity.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H) or an entry is not a finite number.

    Examples
    --------
    >>> products_from_first(np.full((3, 1, 1), 2.0)).ravel()
    array([1., 2., 4., 8.])
    """
    jacobians = check_jacobians(jacobians)
    products = _table_with_identity(jacobians, at=0)
    for t in range(1, jacobians.shape[0] + 1):
        np.matmul(jacobians[t - 1], products[t - 1], out=products[t])  # eq-unit-chain eq-two-steps
    return products


def diagonal_formula(jacobians: Array) -> Array:
    """Return the textbook's product for unit i alone, Π_j ∂h_j^(i)/∂h_{j-1}^(i) over j = k+1 … T.

    For an Elman network this is (u_ii)^(T-k) Π φ'(s_j^(i)). It leaves out every path that leaves
    unit i and comes back, so it is the entry (i, i) of P_{T,k} only if there is none: for T − k <=
    1, one unit, or a diagonal or triangular W_hh.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H)

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
    >>> swap = np.array([[0.0, 1.0], [1.0, 0.0]])  # two steps bring back what one sent away
    >>> diagonal_formula([swap, swap])[0], np.diag(products_to_last([swap, swap])[0])
    (array([0., 0.]), array([1., 1.]))
    """
    jacobians = check_jacobians(jacobians)
    factors = np.diagonal(jacobians, axis1=-2, axis2=-1)  # eq-diagonal-formula
    ones = np.ones((1, *factors.shape[1:]), factors.dtype)
    newest_first = np.concatenate([ones, factors[::-1]])
    return np.cumprod(newest_first, axis=0)[::-1]  # eq-unit-product eq-triangular


def log_norms(jacobians: Array, *, norm: Norm = "frobenius") -> Array:
    """Return log ‖P_{T,k}‖ for k = T, T − 1, …, 0, right where the product itself underflows.

    Parameters
    ----------
    jacobians : ndarray, shape (T, H, H)
        J_1 … J_T of one sequence, ``jacobians[t - 1]`` = ∂h_t/∂h_{t-1}.
    norm : {"frobenius", "spectral"}
        The spectral norm is the largest singular value; it costs more. The curve starts at
        log √H (Frobenius) or 0 (spectral), and the former lies above the latter by up to log √H:
        beside `rnnlib.product.bounds` and `horizon`, which are spectral, ask for "spectral".

    Returns
    -------
    ndarray, shape (T + 1,)
        Entry d is log ‖P_{T,T-d}‖ (natural logarithm), the reach over distance d; −inf once
        the product is zero (an entry 1e308 times smaller than the largest counts as zero).

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, H, H), an entry is not a finite number, or the norm is unknown.

    Examples
    --------
    >>> log2_norm = log_norms(np.full((10_000, 1, 1), 0.5))[-1] / np.log(2)
    >>> round(log2_norm, 6)  # 2^−10000, far below the smallest float
    np.float64(-10000.0)
    """
    jacobians = check_array("jacobians", jacobians, ("T", "H", "H"))
    order = _order(norm)
    logs = np.full(jacobians.shape[0] + 1, -np.inf)
    product, scale = np.eye(jacobians.shape[1]), 0.0
    logs[0] = np.log(np.linalg.norm(product, order))  # P_{T,T} is the identity
    for distance, jacobian in enumerate(jacobians[::-1], start=1):
        factor, log_factor = pull_out_power_of_two(jacobian)
        product, log_product = pull_out_power_of_two(product @ factor)
        if not product.any():
            break
        scale += log_factor + log_product  # the scale is kept as a logarithm
        logs[distance] = scale + np.log(np.linalg.norm(product, order))
    return logs


def log_norm_table(jacobians: Array, *, norm: Norm = "frobenius") -> Array:
    """Return log ‖P_{t,k}‖ for every pair; T²/2 products, so for small T.

    Parameters
    ----------
    jacobians : ndarray, shape (T, H, H)
    norm : {"frobenius", "spectral"}

    Returns
    -------
    ndarray, shape (T + 1, T + 1)
        Entry ``[t, k]`` is log ‖P_{t,k}‖ for k <= t, NaN above the diagonal, where there is none.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, H, H), an entry is not a finite number, or the norm is unknown.

    Examples
    --------
    >>> log_norm_table(np.full((2, 1, 1), np.e)).round(6)
    array([[ 0., nan, nan],
           [ 1.,  0., nan],
           [ 2.,  1.,  0.]])
    """
    jacobians = check_array("jacobians", jacobians, ("T", "H", "H"))
    steps, H = jacobians.shape[:2]
    table = np.full((steps + 1, steps + 1), np.nan)
    table[0, 0] = np.log(np.linalg.norm(np.eye(H), _order(norm)))
    for t in range(1, steps + 1):
        table[t, : t + 1] = log_norms(jacobians[:t], norm=norm)[::-1]
    return table


def _jacobians_between(cell: Cell, run: Unrolled, start: int, stop: int) -> Array:
    """Return J_{start+1} … J_stop of a run."""
    jacobians = cell.jacobian(run.pre[start:stop], run.states[start:stop])
    if run.lengths is not None:
        jacobians[run.over[start:stop, :, 0]] = np.eye(cell.state_size, dtype=jacobians.dtype)
    return jacobians


def check_jacobians(jacobians: Array) -> Array:
    """Return `jacobians` as an array of shape (T, ..., H, H), or raise."""
    jacobians = check_array("jacobians", jacobians)
    shape = jacobians.shape
    if jacobians.ndim > 2 and shape[0] == 0:
        raise ValueError(f"jacobians: expected T >= 1 steps, got shape {shape}")
    if jacobians.ndim < 3 or shape[-1] != shape[-2] or jacobians.size == 0:
        raise ValueError(f"jacobians: expected shape (T, ..., H, H), got {shape}")
    return jacobians


def _table_with_identity(jacobians: Array, at: int) -> Array:
    products = np.empty((jacobians.shape[0] + 1, *jacobians.shape[1:]), jacobians.dtype)
    products[at] = np.eye(jacobians.shape[-1])
    return products


def _order(norm: str) -> Literal[2] | None:
    if norm not in ("frobenius", "spectral"):
        raise ValueError(f"norm: expected 'frobenius' or 'spectral', got {norm!r}")
    return 2 if norm == "spectral" else None
