"""A batch: sequences, and what should come out of them; and how a cell reads one.

Sequences may end early, targets may not count, states may come from the batch before, and a new
document may begin anywhere. Each of these is the same as running every sequence, or every document,
alone.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, describe, frozen
from rnnlib.cells.cell import Cell
from rnnlib.time.layer import Layer, LayerRun, arrays_of, map_states
from rnnlib.time.unrolling import Unrolled, check_lengths, unroll
from rnnlib.training.losses import IGNORED


@dataclass(frozen=True, eq=False)
class Batch(tree.Immutable):
    """Sequences, and what should come out; its arrays cannot be written to.

    Attributes
    ----------
    xs : ndarray, shape (T, B, input_size)
        float64 from rnnlib's tasks; the model must have the same precision.
    targets : ndarray, shape (T, B, ...) or (B, ...)
        At every step, or after the last one, as `every_step` says. Of integers, `IGNORED` (−100)
        does not count.
    every_step : bool
    lengths : ndarray of int, shape (B,), optional
        Where each sequence ends. Targets beyond do not count, whatever they are; a target after the
        last step belongs to the last real one.
    mask : ndarray of bool, shape (T, B) or (B,), optional
        False where a target does not count, whatever it is.
    h0 : ndarray, shape (B, state_size), optional
        The initial states; zeros if left out. No gradient goes back into them. Of a model of layers
        a tuple of such, as `unroll` takes them.
    resets : ndarray of bool, shape (T, B), optional
        True where a new document begins: the state before that step is zero, and nothing of what
        came before reaches it, nor its gradient back. Chunks of a `window` are counted from there.

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit, a length is not in 1 … T, or no target counts.

    Examples
    --------
    >>> batch = Batch(np.zeros((3, 2, 1)), np.zeros((3, 2, 1)), True, lengths=[3, 1])
    >>> batch.counts.astype(int)
    array([[1, 1],
           [1, 0],
           [1, 0]])
    """

    xs: Array
    targets: Array
    every_step: bool = False
    lengths: Array | None = None
    mask: Array | None = None
    h0: Any = None
    resets: Array | None = None

    def __post_init__(self) -> None:
        xs, targets = frozen(np.asarray(self.xs)), frozen(np.asarray(self.targets))
        object.__setattr__(self, "xs", xs)
        object.__setattr__(self, "targets", targets)
        where = self._where
        if targets.shape[: len(where)] != where:
            raise ValueError(f"targets: expected leading axes {where}, got shape {targets.shape}")
        if self.lengths is not None:
            lengths = check_lengths(self.lengths, *xs.shape[:2])
            object.__setattr__(self, "lengths", frozen(np.asarray(lengths)))
        for name, shape in (("mask", where), ("resets", xs.shape[:2])):
            if getattr(self, name) is not None:
                flags = _check_flags(name, getattr(self, name), shape)
                object.__setattr__(self, name, frozen(flags))
        if isinstance(self.h0, np.ndarray):
            object.__setattr__(self, "h0", frozen(self.h0))
        if self.counts is not None and not self.counts.any():
            raise ValueError("targets: expected at least one that counts, got none")

    @property
    def _where(self) -> tuple[int, ...]:
        return self.xs.shape[:2] if self.every_step else self.xs.shape[1:2]

    @cached_property
    def counts(self) -> Array | None:
        """Which targets count, bool of shape (T, B) or (B,); None if all do."""
        return _those_that_count(self, np.ones(self._where, dtype=bool))

    @property
    def size(self) -> int:
        """How many targets count."""
        keep = self.counts
        return int(np.prod(self._where)) if keep is None else int(keep.sum())

    def carrying(self, states: Any) -> "Batch":
        """Return the same batch, begun from these states; its own `h0`, if it has one, comes first.

        Raises
        ------
        ValueError
            If there are more or fewer sequences than states.
        """
        if states is None or self.h0 is not None:
            return self
        for array in arrays_of(states):
            if len(array) != self.xs.shape[1]:
                raise ValueError(
                    f"batches: expected {len(array)} sequences, as many as the carried states, "
                    f"got {self.xs.shape[1]}"
                )
        return replace(self, h0=states)


@dataclass(frozen=True, eq=False)
class Reading:
    """The run of a cell or a layer over a batch.

    Attributes
    ----------
    run : Unrolled or LayerRun
        Of each sequence or, where documents begin inside them, of each piece of one.
    every_step : bool
    places : tuple of two ndarrays of int, shape (T, B), or None
        Where in `run` a step of the batch is found: after how many steps of which piece.
    """

    run: Unrolled | LayerRun
    every_step: bool
    places: tuple[Array, Array] | None = None

    @property
    def hs(self) -> Array:
        """The outputs where there are targets, (T, B, H) or (B, H): of a cell its hidden states."""
        if not self.every_step:
            return self._at_the_end(self.run.last)
        return self.run.outputs if self.places is None else self.run.outputs[self.places]

    @property
    def last(self) -> Any:
        """The states in which the sequences ended, (B, state_size); of a layer a tuple of such."""
        return map_states(self._at_the_end, self.run.final)

    def _at_the_end(self, states: Array) -> Array:
        return states if self.places is None else states[self.places[1][-1]]

    def arrange(self, dhs: Array) -> Array:
        """Return derivatives with respect to `hs` as `run` has its steps, for `bptt`."""
        if self.places is None:
            return dhs
        shape = self.run.xs.shape[0 if self.every_step else 1 : 2]
        arranged = np.zeros((*shape, dhs.shape[-1]), dhs.dtype)
        np.add.at(arranged, self.places if self.every_step else self.places[1][-1], dhs)
        return arranged


def read(cell: Cell | Layer, batch: Batch) -> Reading:
    """Unroll a cell over a batch, each document from its own beginning.

    A sequence is cut where a document begins, and the pieces are laid side by side as sequences
    with lengths of their own: `unroll` and `bptt` need to know of nothing else.
    """
    if batch.resets is None:
        return Reading(unroll(cell, batch.xs, batch.h0, lengths=batch.lengths), batch.every_step)
    xs, (T, B) = batch.xs, batch.resets.shape
    time = np.arange(T)[:, None]
    lengths = np.full(B, T) if batch.lengths is None else batch.lengths
    begins = batch.resets & (time < lengths)
    begins[0] = True
    sequence, start = np.nonzero(begins.T)
    piece = (np.cumsum(begins.T.ravel()) - 1).reshape(B, T).T
    size = np.bincount(piece[time < lengths])
    steps = np.minimum(start + np.arange(size.max())[:, None], T - 1)
    fresh = batch.resets[0][:, None]

    def first(states: Array) -> Array:
        h0 = np.zeros((len(size), *np.shape(states)[1:]), np.asarray(states).dtype)
        h0[piece[0]] = np.where(fresh, 0, states)
        return h0

    h0 = map_states(first, batch.h0)
    run = unroll(cell, xs[steps, sequence], h0, lengths=size)
    offset = np.minimum(time, lengths - 1) - start[piece]
    return Reading(run, batch.every_step, (offset, piece))


def check_batch(batch: Any) -> None:
    """Raise ``TypeError`` unless `batch` is a `Batch`."""
    if not isinstance(batch, Batch):
        raise TypeError(f"batch: expected a Batch(xs, targets), got {describe(batch)}")


def _those_that_count(batch: Batch, keep: Array) -> Array | None:
    if batch.mask is not None:
        keep &= batch.mask
    if batch.lengths is not None and batch.every_step:
        keep &= np.arange(len(batch.xs))[:, None] < batch.lengths
    if batch.targets.dtype.kind in "iu" and batch.targets.shape == keep.shape:
        keep &= batch.targets != IGNORED
    return None if keep.all() else keep


def _check_flags(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    flags = np.asarray(value)
    if flags.dtype != bool:
        raise TypeError(f"{name}: expected booleans, got dtype {flags.dtype}")
    if flags.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, got {flags.shape}")
    return flags
