"""Time: one function that unrolls any cell over a sequence."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array, check_precision, check_shape
from rnnlib.cells.cell import Cell
from rnnlib.fast._products_in_time import ForwardProducts
from rnnlib.fast._steps_in_place import in_place
from rnnlib.time.layer import Layer, LayerRun, unroll_layer

WORKING_SET = 2 * 1024 * 1024
"""Bytes of one chunk of time, so that what a chunk writes is still in the cache when it is read."""


@dataclass(frozen=True, eq=False)
class Unrolled:
    """What a network did over T steps.

    Attributes
    ----------
    cell : Cell
        The cell that did it. What goes back through a run asks for the same one.
    memory : ndarray
        The states as they are kept: as in `states`, or h and c apart.
    kept : ndarray, time first
        What `bptt` needs of each step beside the states: the total inputs, or the gates in
        their place, or nothing new (for h = tanh(s) the states will do).
    xs : ndarray, shape (T, B, input_size)
        The inputs, not copied: do not write to them while the run is in use.
    lengths : ndarray of int, shape (B,), or None
        After its length a sequence's state stays as it is.
    """

    cell: Cell
    memory: Array
    kept: Array
    xs: Array
    lengths: Array | None = None

    @cached_property
    def pre(self) -> Array:
        """The total inputs, shape (T, B, columns of s): ``pre[t - 1]`` is s_t (there is no s_0).

        Where only the gates were kept they are computed when first asked for.
        """
        if not in_place(self.cell).overwrites:
            return self.kept
        return self.cell.weights().apply(self.hs[:-1], self.xs)

    @property
    def hidden_size(self) -> int:
        """H, the number of units of the cell."""
        return self.cell.hidden_size

    @cached_property
    def states(self) -> Array:
        """All states, shape (T + 1, B, state_size): after step t, so ``states[0]`` is initial."""
        return in_place(self.cell).together(self.memory)

    @property
    def hs(self) -> Array:
        """The hidden states, shape (T + 1, B, hidden_size): ``hs[t]`` is h_t, ``hs[-1]`` is h_T."""
        return in_place(self.cell).h_of(self.memory)

    @property
    def outputs(self) -> Array:
        """What a layer above reads, shape (T, B, hidden_size): the hidden states h_1 … h_T."""
        return self.hs[1:]

    @property
    def last(self) -> Array:
        """The last output of every sequence, shape (B, hidden_size): h_T."""
        return self.hs[-1]

    @property
    def final(self) -> Array:
        """The last state, shape (B, state_size): the `h0` of a run that goes on from here."""
        return self.states[-1]

    @property
    def cs(self) -> Array:
        """What the state holds beside h, shape (T + 1, B, state_size − H): c_t of an LSTM."""
        return self.states[..., self.hidden_size :]


@overload
def unroll(
    cell: Cell, xs: Array, h0: Array | None = None, *, lengths: Array | None = None
) -> Unrolled: ...


@overload
def unroll(cell: Layer, xs: Array, h0: Any = None, *, lengths: Array | None = None) -> LayerRun: ...


def unroll(
    cell: Cell | Layer, xs: Array, h0: Any = None, *, lengths: Array | None = None
) -> Unrolled | LayerRun:
    """Apply the same cell at every step: h_t = F(h_{t-1}, x_t) for t = 1 … T.

    Parameters
    ----------
    cell : Cell
        The function F and its weights.
    xs : ndarray, shape (T, B, input_size)
        The inputs, time first; ``xs[t - 1]`` is x_t.
    h0 : ndarray, shape (B, state_size), optional
        The initial state; zeros if left out. To go on where another run ended, pass its
        ``run.states[-1]``: of an LSTM it holds h and c, where ``run.hs[-1]`` is h alone.
    lengths : ndarray of int, shape (B,), optional
        How many steps of each sequence count. Afterwards its state is carried on unchanged, so
        that ``hs[-1]`` holds the last real state of every sequence.

    Returns
    -------
    Unrolled
        All states, and all total inputs.

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit, the sequence is empty, an entry is not a finite number, a length is
        not an integer in 1 … T, or the arrays differ in precision from the cell's.

    Examples
    --------
    >>> from rnnlib import ElmanCell
    >>> cell = ElmanCell.random(2, 3, np.random.default_rng(0))
    >>> run = unroll(cell, np.ones((5, 1, 2)))
    >>> run.hs.shape, run.pre.shape
    ((6, 1, 3), (5, 1, 3))
    """
    xs = check_array("xs", xs)
    if xs.ndim == 3 and 0 in xs.shape[:2]:
        raise ValueError(f"xs: expected T >= 1 steps of B >= 1 sequences, got shape {xs.shape}")
    check_shape("xs", xs, ("T", "B", cell.input_size))
    steps, batch = xs.shape[:2]
    if isinstance(cell, Layer):
        return unroll_layer(cell, xs, h0, check_lengths(lengths, steps, batch))
    if h0 is None:
        h0 = np.zeros((batch, cell.state_size), dtype=xs.dtype)
    h0 = check_array("h0", h0, (batch, cell.state_size))
    check_precision(cell=cell.W_xh, xs=xs, h0=h0)
    lengths = check_lengths(lengths, steps, batch)

    form = in_place(cell)
    weights = form.weights()
    dtype = np.result_type(xs, h0, weights.W_hh, weights.b)
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
            form.transition(states[t - 1], s, out=states[t])  # eq-unrolled eq-linear-memory
            if lengths is not None:
                np.copyto(states[t], states[t - 1], where=(lengths < t)[:, None])
    return Unrolled(cell, states, kept, xs, lengths)


def check_run(cell: Cell, run: Any) -> None:
    """Raise unless `run` was made by `cell`, or by one of the same type with the same numbers.

    A run of other weights would fit in every shape and give a gradient that belongs to neither.

    Raises
    ------
    TypeError
        If `run` is not what `unroll` returns.
    ValueError
        If another cell made it.
    """
    if not isinstance(run, Unrolled):
        raise TypeError(f"run: expected what unroll returns, got {type(run).__name__}")
    if run.cell is cell or tree.same(run.cell, cell):  # `is` costs nothing, and is the rule
        return
    other = "other weights" if type(run.cell) is type(cell) else f"a {type(run.cell).__name__}"
    raise ValueError(
        f"run: expected a run of this {type(cell).__name__}, got one of {other}; "
        "unroll this cell first, or pass run.cell"
    )


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


def check_lengths(lengths: Any, steps: int, batch: int) -> Array | None:
    """Return `lengths` as integers of shape (B,), each in 1 … T; None stays None."""
    if lengths is None:
        return None
    array = np.asarray(lengths)
    if array.dtype.kind not in "iu":
        raise TypeError(f"lengths: expected integers, got dtype {array.dtype}")
    if array.shape != (batch,):
        raise ValueError(f"lengths: expected shape {(batch,)}, got {array.shape}")
    if array.min() < 1 or array.max() > steps:
        raise ValueError(f"lengths: expected 1..{steps}, got {array.min()}..{array.max()}")
    return array
