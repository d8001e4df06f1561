"""Backpropagation through time: one function for any cell, the mirror image of `unroll`."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array, check_precision, check_size, read_only
from rnnlib.cells._own_arrays import own_gradient
from rnnlib.cells.cell import Cell
from rnnlib.fast import kernel
from rnnlib.time.layer import Layer, LayerRun
from rnnlib.time.unrolling import Unrolled, beyond_the_end, check_made_by, check_run


@dataclass(frozen=True, eq=False)
class Gradients(tree.Immutable):
    """The gradients of a loss L with respect to everything a network was given.

    Attributes
    ----------
    cell : Cell or Layer
        ∂L/∂W for every weight and bias: a record of the cell's own type.
    h0 : ndarray, shape (B, state_size)
        ∂L/∂h_0; of a layer as its `h0`.
    xs : ndarray, shape (T, B, input_size), or None
        ∂L/∂x_t, unless left out.
    deltas : ndarray, shape (T, B, columns of s), or None
        δ_t = ∂L/∂s_t, if asked for.
    """

    cell: Any
    h0: Any
    xs: Any
    deltas: Array | None

    def __post_init__(self) -> None:
        for name in ("h0", "xs", "deltas"):
            if isinstance(array := getattr(self, name), np.ndarray):
                object.__setattr__(self, name, read_only(array))


def bptt(
    cell: Cell | Layer,
    run: Any,
    dhs: Array,
    *,
    window: int | None = None,
    inputs: bool = True,
    deltas: bool = False,
) -> Gradients:
    """Pull the gradient of a loss back through every step of a run.

    Parameters
    ----------
    cell : Cell or Layer
        The cell that was unrolled, or one with the same numbers. After a step of training unroll
        anew: a run of other weights is refused.
    run : Unrolled or LayerRun
        What `unroll` returned.
    dhs : ndarray, shape (T, B, H) or (B, H)
        The *immediate* derivative of the loss with respect to each h_t, as the readout gives it
        (``dhs[t - 1]`` for h_t); with two axes, of a loss on the last state only. The last axis may
        also have state_size columns, for a loss that sees the whole state. With `lengths`, a
        derivative at a step beyond a sequence's end belongs to its last real step, whose state it
        looks at: a padded batch is its sequences alone. Of a layer, with respect to ``run.outputs``
        or, with two axes, ``run.last``.
    window : int, optional
        Cut time into chunks of this many steps and let no gradient pass from one to the one before
        (truncated BPTT); by default none is cut. Chunks are counted from step 1, as when a long
        text is read piece by piece: 1 … w, w+1 … 2w, and so on, the last one shorter if w does not
        divide T. So a loss on the last state alone reaches back no further than the last chunk:
        with T = 50 and window 49, one step. `rnnlib.time.distances.sliding_window_gradient` lets
        every loss reach back w steps.
    inputs, deltas : bool
        Whether to return ∂L/∂x_t and δ_t; a layer has no δ_t of its own.

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
    if isinstance(cell, Layer):  # which pulls back through the cells that it is made of
        dhs = _check_of_layer(cell, run, dhs, deltas)
        cut = len(dhs) if window is None else check_size("window", window)
        of_layer = cell.backward(run, dhs, cut)
        return Gradients(of_layer[0], of_layer[1], of_layer[2] if inputs else None, None)
    dhs = check_dhs(cell, run, dhs)
    window = len(run.xs) if window is None else check_size("window", window)
    if fast := kernel(cell):  # the same, tuned: for whole runs of the course's own cells
        return Gradients(*fast.backward(cell, run._trace, dhs, window, inputs, deltas))

    weights, slopes, dhs = cell.weights(), slopes_of(cell, run), of_whole_states(dhs, run)
    dh, ds = np.empty_like(dhs), np.empty(run.pre.shape, dhs.dtype)
    later = np.zeros_like(dhs[0])
    for t in range(len(run.xs), 0, -1):
        if t % window == 0:
            later = np.zeros_like(later)  # h_t begins the next chunk: nothing comes back from there
        # Two sources meet at h_t: its own loss, and everything later.
        dh[t - 1] = dhs[t - 1] + later  # eq-two-sources
        of_step = [slope[t - 1] for slope in slopes]
        ds[t - 1], later = cell.pull_through(weights, dh[t - 1], of_step)
    # The same weights act at every step, so their gradient is a sum over time.
    gradient = weights.gradient(run.hs[:-1], run.xs, ds)  # eq-copies
    record = cell.from_weights(gradient, *own_gradient(cell, dh, slopes))
    dxs = weights.pull_to_x(ds) if inputs else None
    return Gradients(record, later, dxs, ds if deltas else None)  # eq-gradient-inputs


def slopes_of(cell: Cell, run: Unrolled) -> tuple[Array, ...]:
    """Return the cell's local derivatives for all steps of a run."""
    return cell.slopes(run.states[:-1], run.pre, run.states[1:])


def of_whole_states(dhs: Array, run: Unrolled) -> Array:
    """Return `dhs` with as many columns as the states have: 0 for what no loss sees."""
    whole = np.zeros(run.states[1:].shape, np.result_type(run.states, dhs))
    whole[..., : dhs.shape[-1]] = dhs
    return whole


def check_dhs(cell: Cell, run: Unrolled, dhs: Any) -> Array:
    """Return `dhs` with a time axis, after checking that it and `run` belong to `cell`.

    What comes after a sequence's end is moved to its last real step, whose state it looks at: there
    it counts, and beyond there is nothing to pull back.
    """
    check_run(cell, run)
    steps, batch = run.xs.shape[:2]
    dhs = check_array("dhs", dhs)
    check_precision(run=run.hs, dhs=dhs)
    for columns in (cell.hidden_size, cell.state_size):
        if dhs.shape == (batch, columns):
            last_only = np.zeros((steps, batch, columns), dhs.dtype)
            last_only[-1] = dhs
            dhs = last_only
        if dhs.shape == (steps, batch, columns):
            return dhs if run.lengths is None else at_the_end(dhs, run.over, run.lengths)
    expected = (steps, batch, cell.hidden_size)
    raise ValueError(f"dhs: expected shape {expected} or {expected[1:]}, got {dhs.shape}")


def _check_of_layer(layer: Layer, run: Any, dhs: Any, deltas: bool) -> Array:
    """Return `dhs` of a layer as `check_dhs` does that of a cell."""
    check_made_by(layer, run, LayerRun)
    if deltas:
        raise ValueError(f"deltas: expected False of a {type(layer).__name__}, got True")
    dhs = check_array("dhs", dhs)
    check_precision(run=run.outputs, dhs=dhs)
    if dhs.shape == run.outputs.shape[1:]:
        at_last = np.zeros(run.outputs.shape, dhs.dtype)
        at_last[0] = np.where(layer.backwards, dhs, 0)
        at_last[-1] += np.where(layer.backwards, 0, dhs)
        dhs = at_last
    if dhs.shape != run.outputs.shape:
        expected = run.outputs.shape
        raise ValueError(f"dhs: expected shape {expected} or {expected[1:]}, got {dhs.shape}")
    lengths = run.lengths
    return dhs if lengths is None else at_the_end(dhs, beyond_the_end(lengths, dhs), lengths)


def at_the_end(dhs: Array, over: Array, lengths: Array) -> Array:
    """Return `dhs` with what comes after each sequence's end at its last real step."""
    late = np.where(over, dhs, 0).sum(axis=0)
    moved = np.where(over, 0, dhs)
    moved[lengths - 1, np.arange(len(late))] += late
    return moved
