"""Time: one function that unrolls any cell over a sequence."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol, overload

import numpy as np

from rnnlib import tree
from rnnlib._validate import (
    Array,
    check_array,
    check_precision,
    check_shape,
    describe,
    frozen,
    read_only,
)
from rnnlib.cells.cell import Cell
from rnnlib.fast import kernel
from rnnlib.time.layer import Layer, LayerRun, carried_on


class Trace(Protocol):
    """What was written down of a run: see `Unrolled`."""

    @property
    def xs(self) -> Array:
        """As of `Unrolled`."""

    @property
    def states(self) -> Array:
        """As of `Unrolled`."""

    @property
    def hs(self) -> Array:
        """As of `Unrolled`."""

    @property
    def pre(self) -> Array:
        """As of `Unrolled`."""


@dataclass(frozen=True, eq=False)
class Unrolled(tree.Immutable):
    """What a network did over T steps: its states and total inputs. None can be written to.

    Attributes
    ----------
    cell : Cell
        The cell that did it. What goes back through a run asks for the same one.
    lengths : ndarray of int, shape (B,), or None
        After its length a sequence's state stays as it is.
    """

    cell: Cell
    lengths: Array | None
    _trace: Trace = field(repr=False)

    @property
    def xs(self) -> Array:
        """The inputs, shape (T, B, input_size), 0 beyond a sequence's end: nobody else's array."""
        return self._trace.xs

    @property
    def states(self) -> Array:
        """All states, shape (T + 1, B, state_size): after step t, so ``states[0]`` is initial."""
        return self._trace.states

    @property
    def hs(self) -> Array:
        """The hidden states, shape (T + 1, B, hidden_size): ``hs[t]`` is h_t, ``hs[-1]`` is h_T."""
        return self._trace.hs

    @property
    def outputs(self) -> Array:
        """What a layer above reads, shape (T, B, hidden_size): the hidden states h_1 … h_T."""
        return self.hs[1:]

    @property
    def last(self) -> Array:
        """The last hidden state of every sequence, shape (B, hidden_size): h_T."""
        return self.hs[-1]

    @property
    def final(self) -> Array:
        """The last state, shape (B, state_size): the `h0` of a run that goes on from here."""
        return self.states[-1]

    @property
    def cs(self) -> Array:
        """What the state holds beside h, shape (T + 1, B, state_size − H): c_t of an LSTM."""
        return self.states[..., self.hidden_size :]

    @property
    def pre(self) -> Array:
        """The total inputs, shape (T, B, columns of s): ``pre[t - 1]`` is s_t (there is no s_0)."""
        return self._trace.pre

    @cached_property
    def over(self) -> Array:
        """Whether step t lies beyond a sequence's end, shape (T, B, 1): ``over[t - 1]``."""
        return read_only(beyond_the_end(self.lengths, self.xs))

    @property
    def hidden_size(self) -> int:
        """H, the number of units of the cell."""
        return self.cell.hidden_size


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
    cell : Cell or Layer
        The function F and its weights; or a layer made of cells (see `rnnlib.time.layers`).
    xs : ndarray, shape (T, B, input_size)
        The inputs, time first; ``xs[t - 1]`` is x_t.
    h0 : ndarray, shape (B, state_size), optional
        The initial state; zeros if left out. To go on where another run ended, pass its
        ``run.final``: of an LSTM it holds h and c, where ``run.hs[-1]`` is h alone. Of a layer, a
        tuple of the initial states of what it is made of.
    lengths : ndarray of int, shape (B,), optional
        How many steps of each sequence count. Afterwards its state is carried on unchanged, so
        that ``hs[-1]`` holds the last real state of every sequence.

    Returns
    -------
    Unrolled
        All states, and all total inputs; of a layer a `LayerRun`, its outputs and the runs inside.

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
    xs, lengths = _check_sequences(cell, xs, lengths)
    if isinstance(cell, Layer):  # which unrolls the cells that it is made of
        run = cell.forward(frozen(xs), h0, lengths)
        return replace(run, outputs=carried_on(run.outputs, lengths))
    h0 = _check_start(cell, xs, h0)
    if fast := kernel(cell):  # the same, tuned: for whole runs of the course's own cells
        return Unrolled(cell, lengths, fast.forward(cell, xs, h0, lengths))

    weights, H, over = cell.weights(), cell.hidden_size, beyond_the_end(lengths, xs)
    states, pre = [h0], []
    for t in range(1, len(xs) + 1):
        s = weights.apply(states[t - 1][:, :H], xs[t - 1])
        h = cell.transition(states[t - 1], s)  # eq-unrolled eq-linear-memory
        states.append(np.where(over[t - 1], states[t - 1], h))  # a state is carried on as it was
        pre.append(s)
    return Unrolled(cell, lengths, Steps(frozen(xs), np.stack(states), np.stack(pre), H))


@dataclass(frozen=True, eq=False)
class Steps(tree.Immutable):
    """The trace of the plain loop: the states and the total inputs themselves."""

    xs: Array
    states: Array
    pre: Array
    hidden_size: int

    def __post_init__(self) -> None:
        for array in (self.states, self.pre):
            array.flags.writeable = False

    @property
    def hs(self) -> Array:
        """The hidden states among the states."""
        return self.states[..., : self.hidden_size]


def beyond_the_end(lengths: Array | None, xs: Array) -> Array:
    """Return whether step t only carries the state on, shape (T, B, 1)."""
    steps, batch = xs.shape[:2]
    ends = np.full(batch, steps) if lengths is None else lengths
    return (np.arange(1, steps + 1)[:, None] > ends)[..., None]


def _check_sequences(cell: Any, xs: Any, lengths: Any) -> tuple[Array, Array | None]:
    """Return the inputs and their lengths as arrays of the right shape, or raise."""
    if not isinstance(cell, (Cell, Layer)):
        raise TypeError(f"cell: expected a cell or a layer, got {describe(cell)}")
    xs = check_array("xs", xs)
    if xs.ndim == 3 and 0 in xs.shape[:2]:
        raise ValueError(f"xs: expected T >= 1 steps of B >= 1 sequences, got shape {xs.shape}")
    check_shape("xs", xs, ("T", "B", cell.input_size))
    lengths = check_lengths(lengths, *xs.shape[:2])
    if lengths is not None:  # what stands in the padding, however large, is nobody's input
        xs = np.where(beyond_the_end(lengths, xs), 0, xs)
        xs.flags.writeable = False  # nobody else's: it need not be copied
    return xs, lengths


def _check_start(cell: Cell, xs: Array, h0: Any) -> Array:
    """Return the initial states of a cell, checked; zeros for None."""
    shape = (xs.shape[1], cell.state_size)
    h0 = np.zeros(shape, xs.dtype) if h0 is None else check_array("h0", h0, shape)
    check_precision(cell=cell.W_xh, xs=xs, h0=h0)
    return h0


def check_run(cell: Cell, run: Any) -> None:
    """Raise unless `run` was made by `cell`, or by one of the same type with the same numbers.

    A run of other weights would fit in every shape and give a gradient that belongs to neither.

    Raises
    ------
    TypeError
        If `cell` is none but a layer, or `run` is not what `unroll` returns of a cell.
    ValueError
        If another cell made it.
    """
    if not isinstance(cell, Cell):
        hint = "; ask the cells in it, with run.runs" if isinstance(cell, Layer) else ""
        raise TypeError(f"cell: expected a Cell, got a {type(cell).__name__}{hint}")
    check_made_by(cell, run, Unrolled)


def check_made_by(cell: Cell | Layer, run: Any, kind: Any) -> None:
    """Raise unless `run` is of this kind and was made by `cell`: see `check_run`."""
    if not isinstance(run, kind):
        raise TypeError(
            f"run: expected what unroll returns of a {type(cell).__name__}, "
            f"got {type(run).__name__}"
        )
    if run.cell is cell or tree.same(run.cell, cell):  # `is` costs nothing, and is the rule
        return
    other = "other weights" if type(run.cell) is type(cell) else f"a {type(run.cell).__name__}"
    raise ValueError(
        f"run: expected a run of this {type(cell).__name__}, got one of {other}; "
        "unroll this cell first, or pass run.cell"
    )


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
    return frozen(array)
