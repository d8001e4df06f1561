"""The GRU, a whole run at a time; what pays is the same as for the LSTM."""

from dataclasses import dataclass

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array
from rnnlib.cells.gru import GRUCell
from rnnlib.fast import _rows
from rnnlib.fast._rows import FLUSH_EVERY, Sum, chunks_of_time, flush_denormals, product_into


@dataclass(frozen=True, eq=False)
class Kept(_rows.Kept):
    """What is kept of a run, beside its rows.

    Attributes
    ----------
    gates : ndarray, shape (T, 4, B, H)
        n, r, z and q of step t.
    """

    gates: Array


def forward(cell: GRUCell, xs: Array, h0: Array, lengths: Array | None) -> Kept:
    """Return what `backward` and a reader of the run need of it."""
    H, (T, B, _) = cell.hidden_size, xs.shape
    rows, wide, weights = _rows.rows_of(xs, h0, _all_weights(cell))
    gates = np.empty((T, 4, B, H), rows.dtype)
    half, some = np.full((), 0.5, rows.dtype), np.empty((B, H), rows.dtype)
    weights[H : 3 * H] *= 0.5  # σ(s) = ½ + ½ tanh(½ s)
    hs = rows[..., :H]
    if B == 1:  # one product, with the zeros
        multiply, factor, products = product_into(gates, rows, wide, weights)
    else:
        multiply, factor, products = product_into(gates[:, 1:3], rows, wide, weights[H : 3 * H])
        inputs = rows[:-1, :, H + 1 :] if wide is None else wide
        _rows.project(inputs, weights[:H, H + 1 :], gates[:, :1], weights[:H, H])
        of_q = np.ascontiguousarray(weights[3 * H :, : H + 1].T)
    of_a_step = (
        rows[:-1], products, hs[:-1], gates[:, 0], gates[:, 1:3], gates[:, 1], gates[:, 2],
        gates[:, 3], hs[1:],
    )  # fmt: skip
    for t, (row, s, h_prev, n, rz, r, z, q, h) in enumerate(zip(*of_a_step, strict=True), start=1):
        multiply(row, factor, out=s)
        if B > 1:
            np.dot(row[:, : H + 1], of_q, out=q)
        np.tanh(rz, out=rz)
        np.multiply(rz, half, out=rz)
        np.add(rz, half, out=rz)
        np.multiply(r, q, out=some)
        np.add(n, some, out=n)
        np.tanh(n, out=n)
        np.subtract(h_prev, n, out=some)
        np.multiply(some, z, out=some)
        np.add(some, n, out=h)
        if lengths is not None:
            np.copyto(h, h_prev, where=(lengths < t)[:, None])
    return Kept(cell, rows, wide, gates)


def backward(
    cell: GRUCell, run: Kept, dhs: Array, window: int, inputs: bool, deltas: bool
) -> tuple[GRUCell, Array, Array | None, Array | None]:
    """Return ∂L/∂(weights), ∂L/∂h_0, and ∂L/∂x_t and δ_t if they are asked for."""
    (_, B, H), dtype = dhs.shape, np.result_type(run.rows, dhs)
    W_hh, by_h, by_x = np.asarray(cell.W_hh, dtype), Sum(), Sum()
    dxs, all_ds = _rows.asked_for(run, 4 * H, dtype, inputs, deltas)
    dh, kept = np.zeros((B, H), dtype), np.empty((B, H), dtype)
    for start, stop in reversed(list(chunks_of_time(run.gates, run.gates, run.gates))):
        ds = np.empty((stop - start, B, 4 * H), dtype)
        of_a_step = (
            dhs[start:stop], _slopes(run, start, stop), run.gates[start:stop, 2],
            ds.reshape(-1, B, 4, H).swapaxes(1, 2), ds[..., H:],
        )  # fmt: skip
        backwards = zip(*(array[::-1] for array in of_a_step), strict=True)
        for t, (own, h_by, z, by_gate, rzq) in zip(range(stop, start, -1), backwards, strict=True):
            if t % window == 0:
                dh.fill(0)
            elif t % FLUSH_EVERY == 0:
                flush_denormals(dh)
            np.add(dh, own, out=dh)
            np.multiply(h_by, dh, out=by_gate)
            np.multiply(dh, z, out=kept)
            np.dot(rzq, W_hh, out=dh)
            np.add(dh, kept, out=dh)
        flat, (rows, *wide) = ds.reshape(-1, 4 * H), run.heard(start, stop)
        by_h.add(flat[:, H:], rows[:, : H + 1])
        by_x.add(flat[:, : 3 * H], rows[:, H:], *wide)
        if dxs is not None:
            dxs[start:stop] = ds[..., : 3 * H] @ np.roll(cell.W_xh, H, axis=0)  # r z n: n r z
        if all_ds is not None:
            all_ds[start:stop] = ds
    W_xh, b_h = (np.roll(part.T, -H, axis=0) for part in (by_x.total[1:], by_x.total[0]))
    parts = (by_h.total[:H].T.copy(), W_xh, b_h, by_h.total[H, 2 * H :].copy())
    return tree.build(cell, parts), dh, dxs, all_ds


def _all_weights(cell: GRUCell) -> Array:
    """Return what multiplies [h, 1, x] for s_n, s_r, s_z and q: x is not in q, nor h in s_n."""
    H, laid_out = cell.hidden_size, cell.weights()
    weights = np.zeros((4 * H, H + 1 + cell.input_size), laid_out.b.dtype)
    weights[laid_out.from_h, :H] = laid_out.W_hh
    weights[:, H] = laid_out.b
    weights[laid_out.from_x, H + 1 :] = laid_out.W_xh
    return weights


def _slopes(run: Kept, start: int, stop: int) -> Array:
    """Return ∂h/∂(s_n, s_r, s_z, q) of some steps, shape (steps, 4, B, H)."""
    n, r, z, q = run.gates[start:stop].swapaxes(0, 1)
    h_by = np.empty((stop - start, 4, *n.shape[1:]), n.dtype)
    by_n, by_r, by_z, by_q = h_by.swapaxes(0, 1)
    keep = 1 - z
    np.multiply(n, n, out=by_n)
    np.subtract(1, by_n, out=by_n)
    by_n *= keep  # (1 − z) ⊙ (1 − n²)
    np.multiply(by_n, r, out=by_q)
    np.subtract(1, r, out=by_r)
    by_r *= by_q
    by_r *= q
    np.subtract(run.hs[start:stop], n, out=by_z)
    by_z *= z
    by_z *= keep  # (h_prev − n) ⊙ z ⊙ (1 − z)
    return h_by
