"""The simple recurrent network, a whole run at a time.

One product of [h, 1, x] with all weights at every step, written where the next step reads it; the
slopes of a whole chunk of time at once; nothing allocated within a step.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, read_only
from rnnlib.cells.activations import tanh
from rnnlib.cells.elman import ElmanCell
from rnnlib.fast import _rows
from rnnlib.fast._rows import FLUSH_EVERY, Sum, chunks_of_time, flush_denormals, product_into


@dataclass(frozen=True, eq=False)
class Kept(_rows.Kept):
    """What is kept of a run, beside its rows.

    Attributes
    ----------
    s : ndarray, shape (T, B, H), or None
        The total inputs, but for tanh, whose slope is 1 − h².
    """

    s: Array | None

    @cached_property
    def pre(self) -> Array:
        """As of `Unrolled`."""
        return super().pre if self.s is None else read_only(self.s)


def forward(cell: ElmanCell, xs: Array, h0: Array, lengths: Array | None) -> Kept:
    """Return what `backward` and a reader of the run need of it."""
    phi, H, (T, B, _) = cell.activation, cell.hidden_size, xs.shape
    rows, wide, weights = _rows.rows_of(xs, h0, _rows.all_weights(cell))
    hs, kept = rows[..., :H], None if phi is tanh else np.empty((T, B, H), rows.dtype)
    if kept is None and wide is None:  # nobody will read s: one place does for all steps
        outs: Any = [np.empty((B, H), rows.dtype)] * T
        multiply, factor, products = np.dot, np.ascontiguousarray(weights.T), outs
    else:
        outs = hs[1:] if kept is None else kept
        multiply, factor, products = product_into(outs[:, None], rows, wide, weights)
    for t, (row, s, out, h) in enumerate(
        zip(rows[:-1], products, outs, hs[1:], strict=True), start=1
    ):
        multiply(row, factor, out=s)
        if kept is None:
            np.tanh(out, out=h)
        else:
            h[...] = phi(out)
        if lengths is not None:
            np.copyto(h, hs[t - 1], where=(lengths < t)[:, None])
    return Kept(cell, rows, wide, kept)


def backward(
    cell: ElmanCell, run: Kept, dhs: Array, window: int, inputs: bool, deltas: bool
) -> tuple[ElmanCell, Array, Array | None, Array | None]:
    """Return ∂L/∂(weights), ∂L/∂h_0, and ∂L/∂x_t and δ_t if they are asked for."""
    (_, B, H), dtype = dhs.shape, np.result_type(run.rows, dhs)
    dweights, W_hh = Sum(), np.asarray(cell.W_hh, dtype)
    dxs, all_ds = _rows.asked_for(run, H, dtype, inputs, deltas)
    later, dh = np.zeros((B, H), dtype), np.empty((B, H), dtype)
    for start, stop in reversed(list(chunks_of_time(dhs, run.rows))):
        ds = _slopes(run, start, stop).astype(dtype, copy=False)
        for t, own, row in zip(
            range(stop, start, -1), dhs[start:stop][::-1], ds[::-1], strict=True
        ):
            if t % window == 0:
                later.fill(0)
            elif t % FLUSH_EVERY == 0:
                flush_denormals(later)
            np.add(later, own, out=dh)
            np.multiply(row, dh, out=row)
            np.dot(row, W_hh, out=later)
        dweights.add(ds.reshape(-1, H), *run.heard(start, stop))
        if dxs is not None:
            dxs[start:stop] = ds @ cell.W_xh
        if all_ds is not None:
            all_ds[start:stop] = ds
    total = dweights.total
    parts = (total[:H].T.copy(), total[H + 1 :].T.copy(), total[H].copy())
    return tree.build(cell, parts), later, dxs, all_ds


def _slopes(run: Kept, start: int, stop: int) -> Array:
    """Return φ'(s) of some steps, in an array that may be written to."""
    h = run.hs[start + 1 : stop + 1]
    if run.s is not None:
        return np.array(run.cell.activation.derivative_from(run.s[start:stop], h))
    slopes = h.copy()  # in one piece: twice as fast as the product of what is not
    np.multiply(slopes, slopes, out=slopes)
    return np.subtract(1, slopes, out=slopes)
