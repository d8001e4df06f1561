"""The LSTM, a whole run at a time.

What pays, most first: one product of [h, 1, x] with all weights at every step; gates that lie apart
and side by side, so that one call does for several; one tanh for all of them, since σ(s) = ½ + ½
tanh(½ s); the local slopes of a whole chunk of time at once; nothing allocated within a step.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, read_only
from rnnlib.cells.lstm import LSTMCell
from rnnlib.fast import _rows
from rnnlib.fast._rows import FLUSH_EVERY, Sum, chunks_of_time, flush_denormals, product_into


@dataclass(frozen=True, eq=False)
class Kept(_rows.Kept):
    """What is kept of a run, beside its rows.

    Attributes
    ----------
    gates : ndarray, shape (T + 1, 5, B, H)
        o, i, f, g of step t and c_{t-1}, so that i f and g c lie side by side.
    """

    gates: Array

    @cached_property
    def states(self) -> Array:
        """As of `Unrolled`."""
        return read_only(np.concatenate([self.hs, self.gates[:, 4]], axis=-1))


def forward(cell: LSTMCell, xs: Array, h0: Array, lengths: Array | None) -> Kept:
    """Return what `backward` and a reader of the run need of it."""
    H, (T, B, _) = cell.hidden_size, xs.shape
    weights = np.roll(_rows.all_weights(cell), H, axis=0)  # i f g o becomes o i f g
    rows, wide, weights = _rows.rows_of(xs, h0[:, :H], weights)
    gates = np.empty((T + 1, 5, B, H), rows.dtype)
    gates[0, 4] = h0[:, H:]
    half, both, tanh_c = (np.empty(shape, rows.dtype) for shape in ((), (2, B, H), (B, H)))
    half[...] = 0.5
    weights[: 3 * H] *= 0.5
    now, hs = gates[:-1], rows[..., :H]
    multiply, factor, products = product_into(now[:, :4], rows, wide, weights)
    of_a_step = (
        rows[:-1], products, now[:, :4], now[:, :3], now[:, 1:3], now[:, 3:],
        now[:, 0], gates[1:, 4], hs[1:],
    )  # fmt: skip
    for t, (row, s, oifg, oif, i_f, g_c, o, c, h) in enumerate(zip(*of_a_step, strict=True), 1):
        multiply(row, factor, out=s)
        np.tanh(oifg, out=oifg)
        np.multiply(oif, half, out=oif)
        np.add(oif, half, out=oif)
        np.multiply(i_f, g_c, out=both)
        np.add(both[0], both[1], out=c)
        np.tanh(c, out=tanh_c)
        np.multiply(o, tanh_c, out=h)
        if lengths is not None:
            over = (lengths < t)[:, None]
            np.copyto(h, hs[t - 1], where=over)
            np.copyto(c, gates[t - 1, 4], where=over)
    return Kept(cell, rows, wide, gates)


def backward(
    cell: LSTMCell, run: Kept, dhs: Array, window: int, inputs: bool, deltas: bool
) -> tuple[LSTMCell, Array, Array | None, Array | None]:
    """Return ∂L/∂(weights), ∂L/∂h_0, and ∂L/∂x_t and δ_t if they are asked for."""
    H, B, dtype = cell.hidden_size, dhs.shape[1], np.result_type(run.rows, dhs)
    own_dcs = dhs[..., H:]
    W_hh, dweights = np.roll(cell.W_hh, H, axis=0).astype(dtype), Sum()
    dxs, all_ds = _rows.asked_for(run, 4 * H, dtype, inputs, deltas)
    both, by_h = np.zeros((2, B, H), dtype), np.empty((B, H), dtype)
    dh, dc = both
    for start, stop in reversed(list(chunks_of_time(run.gates[1:], run.gates, run.gates))):
        c_by_ifg, h_by_o, h_by_c = _slopes(run, start, stop)
        ds = np.empty((stop - start, B, 4 * H), dtype)
        by_gate = ds.reshape(-1, B, 4, H).swapaxes(1, 2)
        of_a_step = (
            dhs[start:stop, :, :H], h_by_o, h_by_c, c_by_ifg, run.gates[start:stop, 2],
            by_gate[:, 0], by_gate[:, 1:], ds,
        )  # fmt: skip
        backwards = zip(*(array[::-1] for array in of_a_step), strict=True)
        for t, (own, by_o, by_c, by_ifg, f, d_o, d_ifg, row) in zip(
            range(stop, start, -1), backwards, strict=True
        ):
            if t % window == 0:
                both.fill(0)
            elif t % FLUSH_EVERY == 0:
                flush_denormals(both)
            np.add(dh, own, out=dh)
            np.multiply(by_c, dh, out=by_h)
            np.add(dc, by_h, out=dc)
            if own_dcs.size:
                dc += own_dcs[t - 1]
            np.multiply(by_o, dh, out=d_o)
            np.multiply(by_ifg, dc, out=d_ifg)
            np.multiply(dc, f, out=dc)
            np.dot(row, W_hh, out=dh)
        dweights.add(ds.reshape(-1, 4 * H), *run.heard(start, stop))
        if dxs is not None:
            dxs[start:stop] = ds @ np.roll(cell.W_xh, H, axis=0)
        if all_ds is not None:
            all_ds[start:stop] = np.roll(ds, -H, axis=-1)
    total = dweights.total
    parts = (total[:H], total[H + 1 :], total[H])
    gradient = tree.build(cell, (np.roll(part.T, -H, axis=0) for part in parts))
    return gradient, np.concatenate([dh, dc], axis=-1), dxs, all_ds


def _slopes(run: Kept, start: int, stop: int) -> tuple[Array, Array, Array]:
    """Return ∂c/∂(s_i, s_f, s_g), ∂h/∂s_o and ∂h/∂c of some steps; time, perhaps gate, B, H."""
    gates, h, c = (
        run.gates[start:stop],
        run.hs[start + 1 : stop + 1],
        run.gates[start + 1 : stop + 1, 4],
    )
    o, i, g, i_f = gates[:, 0], gates[:, 1], gates[:, 3], gates[:, 1:3]
    c_by_ifg = np.empty((len(h), 3, *h.shape[1:]), h.dtype)
    np.multiply(i_f, gates[:, 3:], out=c_by_ifg[:, :2])
    np.multiply(c_by_ifg[:, 0], g, out=c_by_ifg[:, 2])
    np.subtract(i, c_by_ifg[:, 2], out=c_by_ifg[:, 2])  # i ⊙ (1 − g²)
    c_by_ifg[:, :2] *= 1 - i_f  # g ⊙ i ⊙ (1 − i) and c_prev ⊙ f ⊙ (1 − f)
    h_by_o = 1 - o
    h_by_o *= h  # tanh(c) ⊙ o ⊙ (1 − o)
    h_by_c = np.tanh(c)
    h_by_c *= h
    np.subtract(o, h_by_c, out=h_by_c)  # o ⊙ (1 − tanh²(c))
    return c_by_ifg, h_by_o, h_by_c
