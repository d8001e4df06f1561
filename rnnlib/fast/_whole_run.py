"""Whole runs, forward and backward, a chunk of time after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, read_only
from rnnlib.cells.cell import Cell
from rnnlib.fast._products_in_time import BackwardProducts, ForwardProducts
from rnnlib.fast._steps_in_place import in_place

WORKING_SET = 2 * 1024 * 1024
"""Bytes of one chunk of time, so that what a chunk writes is still in the cache when it is read."""

FLUSH_EVERY = 8
"""After how many steps back denormal numbers are looked for and set to zero."""


@dataclass(frozen=True, eq=False)
class Kept(tree.Immutable):
    """What a kernel keeps of a run; how is its own affair."""

    cell: Cell
    xs: Array
    memory: Array
    kept: Array

    @cached_property
    def states(self) -> Array:
        return read_only(in_place(self.cell).together(self.memory))

    @property
    def hs(self) -> Array:
        return read_only(in_place(self.cell).h_of(self.memory))

    @cached_property
    def pre(self) -> Array:
        return read_only(self.cell.weights().apply(self.hs[:-1], self.xs))


def forward(cell: Cell, xs: Array, h0: Array, lengths: Array | None) -> Kept:
    """Return what `backward` and a reader of the run need of it."""
    form = in_place(cell)
    weights = form.weights()
    dtype = np.result_type(xs, h0, weights.W_hh, weights.b)
    steps, batch = xs.shape[:2]
    products = ForwardProducts(weights, batch, form.gates, dtype)
    h0 = form.apart(h0)
    states = np.empty((steps + 1, *h0.shape), dtype)
    states[0] = h0
    hs = form.h_of(states)
    kept = states[1:] if form.keeps_state else products.empty(steps)
    for start, stop in chunks_of_time(kept, states):
        # What the inputs contribute needs no state: one matrix product for many steps.
        products.project(xs[start:stop], out=kept[start:stop])
        for t in range(start + 1, stop + 1):
            s = kept[t - 1]
            products.add_recurrent(hs[t - 1], s)
            form.transition(states[t - 1], s, out=states[t])
            if lengths is not None:
                np.copyto(states[t], states[t - 1], where=(lengths < t)[:, None])
    return Kept(cell, xs, states, kept)


def backward(
    cell: Cell,
    run: Kept,
    lengths: Array | None,
    dhs: Array,
    window: int,
    inputs: bool,
    deltas: bool,
) -> tuple[Cell, Array, Array | None, Array | None]:
    """Return ∂L/∂(weights), ∂L/∂h_0, and ∂L/∂x_t and δ_t if they are asked for."""
    steps, batch = run.xs.shape[:2]
    weights, form = cell.weights(), in_place(cell)
    dtype = np.result_type(run.memory, dhs)
    products = BackwardProducts(weights, batch, form.gates, dtype)
    columns_of_s = weights.b.size
    dxs = np.empty(run.xs.shape, dtype) if inputs else None
    all_ds = np.empty((steps, batch, columns_of_s), dtype) if deltas else None

    dh = np.zeros(run.memory.shape[1:], dtype)
    floor = 1e8 * np.finfo(dtype).tiny
    whole_state = dhs.shape[-1] == cell.state_size
    if whole_state:
        dhs = form.apart(dhs)
    for start, stop in reversed(list(chunks_of_time(run.kept, run.memory, run.kept))):
        before, after = run.memory[start:stop], run.memory[start + 1 : stop + 1]
        xs, ds = run.xs[start:stop], np.empty((stop - start, batch, columns_of_s), dtype)
        ds_by_gate = products.by_gate(ds)
        slopes = form.slopes(before, run.kept[start:stop], after, ds_by_gate)
        of_step = list(zip(*slopes, strict=True))
        for t in range(stop, start, -1):
            if t % window == 0:
                dh = np.zeros_like(dh)  # h_t begins the next chunk: nothing comes back from there
            elif t % FLUSH_EVERY == 0:
                flush_denormals(dh, floor)
            # Two sources meet at h_t: its own loss, and everything later.
            seen = dh if whole_state else dh[form.h]
            seen += dhs[t - 1]
            k = t - 1 - start
            direct = form.pull_back(dh, of_step[k] if slopes else (), ds_by_gate[k])
            dh = form.join(direct, products.pull_to_h(ds[k]))
            if lengths is not None:  # the state was carried on as it was
                over = (lengths < t)[:, None]
                ds[k] *= ~over
                np.copyto(dh, 0, where=over)
        # The same weights act at every step, so their gradient is a sum over time.
        products.add_gradient(form.h_of(before), xs, ds)
        if dxs is not None:
            dxs[start:stop] = weights.pull_to_x(ds)
        if all_ds is not None:
            all_ds[start:stop] = ds
    gradient = cell.from_weights(products.gradient())
    return gradient, form.together(dh), dxs, all_ds


def chunks_of_time(*arrays: Array) -> Iterator[tuple[int, int]]:
    """Yield (start, stop) that cut T steps into chunks of about `WORKING_SET` bytes.

    A chunk is written and read again before it leaves the cache, which is all that chunks are for:
    the numbers do not depend on them.

    Parameters
    ----------
    *arrays : ndarray
        What is touched, time first; the first one has T steps.
    """
    steps = arrays[0].shape[0]
    bytes_per_step = sum(array[0].nbytes for array in arrays)
    size = max(1, min(steps, WORKING_SET // bytes_per_step))
    for start in range(0, steps, size):
        yield start, min(start + size, steps)


def flush_denormals(a: Array, floor: float) -> None:
    """Set what is about to underflow, everything below `floor`, to zero in place.

    A vanishing gradient passes through the denormal numbers, on which a processor is many times
    slower. What is set to zero is far below the rounding error of any weight's gradient.
    """
    a[np.abs(a) < floor] = 0
