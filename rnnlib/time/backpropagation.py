"""Backpropagation through time: one function for any cell, the mirror image of `unroll`."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_array, check_precision, check_size
from rnnlib.cells._own_arrays import own_arrays, own_gradient
from rnnlib.cells.cell import Cell
from rnnlib.fast._products_in_time import BackwardProducts
from rnnlib.fast._steps_in_place import in_place
from rnnlib.time.layer import Layer, LayerRun, check_output_gradient
from rnnlib.time.unrolling import Unrolled, check_run, chunks_of_time

FLUSH_EVERY = 8
"""After how many steps back denormal numbers are looked for and set to zero."""


@dataclass(frozen=True, eq=False)
class Gradients:
    """The gradients of a loss L with respect to everything a network was given.

    Attributes
    ----------
    cell : Cell
        ∂L/∂W for every weight and bias: a record of the cell's own type.
    h0 : ndarray, shape (B, state_size)
        ∂L/∂h_0.
    xs : ndarray, shape (T, B, input_size), or None
        ∂L/∂x_t, unless left out.
    deltas : ndarray, shape (T, B, columns of s), or None
        δ_t = ∂L/∂s_t, if asked for.
    """

    cell: Any
    h0: Array
    xs: Array | None
    deltas: Array | None


def bptt(
    cell: Cell | Layer,
    run: Unrolled | LayerRun,
    dhs: Array,
    *,
    window: int | None = None,
    inputs: bool = True,
    deltas: bool = False,
) -> Gradients:
    """Pull the gradient of a loss back through every step of a run.

    Parameters
    ----------
    cell : Cell
        The cell that was unrolled, or one with the same numbers. After a step of training unroll
        anew: a run of other weights is refused.
    run : Unrolled
        What `unroll` returned.
    dhs : ndarray, shape (T, B, H) or (B, H)
        The *immediate* derivative of the loss with respect to each h_t, as the readout gives it
        (``dhs[t - 1]`` for h_t); with two axes, of a loss on the last state only. The last axis may
        also have state_size columns, for a loss that sees the whole state. With `lengths`, a
        derivative at a step beyond a sequence's end counts: it goes to the last real state.
    window : int, optional
        Cut time into chunks of this many steps and let no gradient pass from one to the one before
        (truncated BPTT); by default none is cut. Chunks are counted from step 1, as when a long
        text is read piece by piece: 1 … w, w+1 … 2w, and so on, the last one shorter if w does not
        divide T. So a loss on the last state alone reaches back no further than the last chunk:
        with T = 50 and window 49, one step. `rnnlib.time.distances.sliding_window_gradient` lets
        every loss reach back w steps.
    inputs, deltas : bool
        Whether to return ∂L/∂x_t and δ_t.

    Returns
    -------
    Gradients

    Raises
    ------
    ValueError, TypeError
        If `run` was made by another cell, a shape does not fit, an entry is not a finite number,
        the precisions differ, or `window` is not an integer >= 1.

    References
    ----------
    Goodfellow, Bengio & Courville (2016), Deep Learning, section 10.2.2; truncation: Williams &
    Peng (1990), Neural Computation 2, 490-501.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> cell = ElmanCell([[2.0]], [[1.0]], [0.0], activation="identity")
    >>> run = unroll(cell, np.ones((10, 1, 1)))
    >>> bptt(cell, run, dhs=np.ones((1, 1))).h0  # 2^10
    array([[1024.]])
    """
    if isinstance(cell, Layer):
        return _bptt_layer(cell, run, dhs, window, inputs, deltas)
    dhs = check_dhs(cell, run, dhs)
    steps, batch = run.xs.shape[:2]
    window = steps if window is None else check_size("window", window)
    weights, form = cell.weights(), in_place(cell)
    dtype = np.result_type(run.memory, dhs)
    products = BackwardProducts(weights, batch, form.gates, dtype)
    columns_of_s = weights.b.size
    dxs = np.empty(run.xs.shape, dtype) if inputs else None
    all_ds = np.empty((steps, batch, columns_of_s), dtype) if deltas else None
    own = tuple(np.zeros(array.shape, dtype) for array in own_arrays(cell).values())

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
        arrived = np.empty(before.shape, dtype) if own else None
        for t in range(stop, start, -1):
            if t % window == 0:
                dh = np.zeros_like(dh)  # h_t begins the next chunk: nothing comes back from there
            elif t % FLUSH_EVERY == 0:
                flush_denormals(dh, floor)
            # Two sources meet at h_t: its own loss, and everything later.
            seen = dh if whole_state else dh[form.h]
            seen += dhs[t - 1]  # eq-two-sources
            k = t - 1 - start
            if arrived is not None:
                arrived[k] = dh
            carried = dh if run.lengths is None else dh.copy()
            direct = form.pull_back(dh, of_step[k] if slopes else (), ds_by_gate[k])
            dh = form.join(direct, products.pull_to_h(ds[k]))
            if run.lengths is not None:  # the state was carried on as it was
                over = (run.lengths < t)[:, None]
                ds[k] *= ~over
                if arrived is not None:
                    arrived[k] *= ~over
                np.copyto(dh, carried, where=over)
        # The same weights act at every step, so their gradient is a sum over time.
        products.add_gradient(form.h_of(before), xs, ds)  # eq-copies
        if arrived is not None:
            parts = own_gradient(cell, arrived, slopes)
            own = tuple(total + part for total, part in zip(own, parts, strict=True))
        if dxs is not None:
            dxs[start:stop] = weights.pull_to_x(ds)
        if all_ds is not None:
            all_ds[start:stop] = ds
    gradient = cell.from_weights(products.gradient(), *own)
    return Gradients(gradient, form.together(dh), dxs, all_ds)  # eq-gradient-inputs


def _bptt_layer(
    layer: Layer, run: Any, dhs: Any, window: int | None, inputs: bool, deltas: bool
) -> Gradients:
    if deltas:
        raise ValueError(
            f"deltas: expected False of a {type(layer).__name__}, got True; ask a cell in it"
        )
    window = None if window is None else check_size("window", window)
    gradient, h0, xs = layer.backward(run, check_output_gradient(layer, run, dhs), window)
    return Gradients(gradient, h0, xs if inputs else None, None)


def check_dhs(cell: Cell, run: Unrolled, dhs: Any) -> Array:
    """Return `dhs` with a time axis, after checking that it and `run` belong to `cell`."""
    check_run(cell, run)
    steps, batch = run.xs.shape[:2]
    dhs = check_array("dhs", dhs)
    check_precision(run=run.memory, dhs=dhs)
    for columns in (cell.hidden_size, cell.state_size):
        if dhs.shape == (steps, batch, columns):
            return dhs
        if dhs.shape == (batch, columns):
            last_only = np.zeros((steps, batch, columns), dhs.dtype)
            last_only[-1] = dhs
            return last_only
    expected = (steps, batch, cell.hidden_size)
    raise ValueError(f"dhs: expected shape {expected} or {expected[1:]}, got {dhs.shape}")


def flush_denormals(a: Array, floor: float) -> None:
    """Set what is about to underflow, everything below `floor`, to zero in place.

    A vanishing gradient passes through the denormal numbers, on which a processor is many times
    slower. What is set to zero is far below the rounding error of any weight's gradient.
    """
    a[np.abs(a) < floor] = 0
