"""The fast form of the gradient product, for cells with one total input for each unit.

Row i of P_{T,k+1} is the gradient of the i-th entry of h_T with respect to h_{k+1}, so a whole
product goes one step back as a batch of gradients does, by `Cell.pull_through`. No Jacobian is
formed: in an Elman network P_{T,k} = (P_{T,k+1} diag(φ')) W_hh is one pass over P_{T,k+1} and one
matrix product, written straight to its place. The rows come before the sequences of the batch, so
that all of them are one product. With gates it would be a product for each gate, and J_t is
cheaper.
"""

import numpy as np

from rnnlib._validate import Array
from rnnlib.cells.cell import Cell
from rnnlib.time.unrolling import Unrolled


def products_by_rows(cell: Cell, run: Unrolled) -> Array:
    """Return P_{T,k} for k = 0 … T, shape (T + 1, B, state_size, state_size); unchecked."""
    steps, batch = run.xs.shape[:2]
    size = cell.state_size
    products = np.empty((steps + 1, size, batch, size), run.states.dtype)
    products[-1] = np.eye(size)[:, None]
    weights = cell.weights()
    slopes = cell.slopes(run.states[:-1], run.pre, run.states[1:])
    if batch > 1:
        table, slopes = products, tuple(slope[:, None] for slope in slopes)
    else:  # its rows can take the place of the batch: arrays of two axes need less time
        table = products[:, :, 0]
    later = table[-1]
    backwards = [array[::-1] for array in (table[:-1], *slopes)]
    for k, out, *step in zip(range(steps - 1, -1, -1), *backwards, strict=True):
        cell.pull_through(weights, later, step, out)
        if run.lengths is not None:
            np.copyto(out, later, where=run.over[k])  # the state was carried on as it was
        later = out
    return products.swapaxes(1, 2)
