"""The gradient product P_{t,k} = ∂h_t/∂h_k = J_t J_{t-1} … J_{k+1}.

Everything in this room takes the step Jacobians, ``jacobians[t - 1]`` = J_t, so that it serves any
sequence of matrices; or a run, whose Jacobians are then made a few at a time. Of a run with
`lengths` each sequence gives what it gives alone: where it is over its state is carried on as it
was, and J_t is the identity.
"""

import numpy as np

from rnnlib._validate import Array
from rnnlib.cells.cell import Cell
from rnnlib.product._factors import Factors, Jacobians, array_of, flush_denormals
from rnnlib.time.unrolling import Unrolled, check_run

CHUNK = 1024 * 1024
"""Bytes of Jacobians made at a time where the whole table is kept: they stay in the cache."""

FLUSH_EVERY = 8
"""After how many steps a product loses what is about to become denormal."""


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
    return array_of(run)


def products_to_last(jacobians: Jacobians) -> Array:
    """Return P_{T,k} for k = 0 … T: how the last state depends on every earlier one.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), or Unrolled
        J_1 … J_T, perhaps of a batch; or a run, for which it takes less time and memory: without
        gates no Jacobian is formed, but the rows of P are pulled back as gradients are.

    Returns
    -------
    ndarray, shape (T + 1, ..., H, H)
        Entry k is P_{T,k}; the last one is the identity. Entries below about 1e-300 (1e-30 in
        single precision) become 0: over a long time a product leaves the floats, and its size is
        only known to `log_norms`.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H) or an entry is not a finite number.

    Examples
    --------
    >>> products_to_last(np.full((3, 1, 1), 2.0)).ravel()
    array([8., 4., 2., 1.])
    """
    if isinstance(jacobians, Unrolled) and jacobians.cell.rows_per_unit == 1:
        return _pulled_rows(jacobians)
    factors = Factors.of(jacobians)
    products = _table_with_identity(factors, at=-1)
    for k, J in factors.backward(CHUNK):
        np.matmul(products[k + 1], J, out=products[k])  # eq-gradient-product eq-lstm-two-steps
        _flush(products, k)
    return products


def products_from_first(jacobians: Jacobians) -> Array:
    """Return P_{t,0} for t = 0 … T: how every state depends on the first one.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), or Unrolled
        J_1 … J_T, perhaps of a batch; or a run.

    Returns
    -------
    ndarray, shape (T + 1, ..., H, H)
        Entry t is P_{t,0}; the first one is the identity. What is too small becomes 0, as in
        `products_to_last`.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H) or an entry is not a finite number.

    Examples
    --------
    >>> products_from_first(np.full((3, 1, 1), 2.0)).ravel()
    array([1., 2., 4., 8.])
    """
    factors = Factors.of(jacobians)
    products = _table_with_identity(factors, at=0)
    for t, J in enumerate(factors.forward(), start=1):
        np.matmul(J, products[t - 1], out=products[t])  # eq-unit-chain eq-two-steps
        _flush(products, t)
    return products


def _table_with_identity(factors: Factors, at: int) -> Array:
    products = np.empty((factors.steps + 1, *factors.shape), factors.dtype)
    products[at] = np.eye(factors.size)
    return products


def _pulled_rows(run: Unrolled) -> Array:
    """Return P_{T,k} of a run of a cell with one total input for each unit.

    Row i of P_{T,k+1} is the gradient of the i-th entry of h_T with respect to h_{k+1}, so a whole
    product goes one step back as a batch of gradients does: in an Elman network P_{T,k} =
    (P_{T,k+1} diag(φ')) W_hh is one pass over P_{T,k+1} and one matrix product, written straight
    to its place. The rows come before the sequences of the batch, so that all of them are one
    product. With gates it would be a product for each gate, and J_t is cheaper.
    """
    steps, batch = run.xs.shape[:2]
    size, weights, over = run.cell.state_size, run.cell.weights(), run.over
    products = np.empty((steps + 1, size, batch, size), run.states.dtype)
    products[-1] = np.eye(size)[:, None]
    slopes = run.cell.slopes(run.states[:-1], run.pre, run.states[1:])
    if batch > 1:
        table, slopes = products, tuple(slope[:, None] for slope in slopes)
    else:  # its rows can take the place of the batch: arrays of two axes need less time
        table = products[:, :, 0]
    later = table[-1]
    backwards = [array[::-1] for array in (table[:-1], *slopes)]
    for k, out, *step in zip(range(steps - 1, -1, -1), *backwards, strict=True):
        run.cell.pull_through(weights, later, step, out)
        if run.lengths is not None:
            np.copyto(out, later, where=over[k])  # the state was carried on as it was
        _flush(table, k)
        later = out
    return products.swapaxes(1, 2)


def _flush(products: Array, k: int) -> None:
    """Let entry k, if its turn has come, lose what would soon be denormal, and slow."""
    if k % FLUSH_EVERY == 0:
        flush_denormals(products[k])
