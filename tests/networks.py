"""Random networks of every kind, well-conditioned, and gradients that the tests feed them."""

from dataclasses import dataclass, fields

import numpy as np

from rnnlib import (
    Cell,
    DiagonalCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    Model,
    Readout,
    Unrolled,
    unroll,
)
from rnnlib._validate import Array
from tests.strategies import Sizes


@dataclass(frozen=True, eq=False)
class LeakyCell(Cell):
    """A cell of the reader's own, as the docstring of rnnlib.cells.cell shows it."""

    def transition(self, h_prev, s):
        return 0.9 * h_prev + 0.1 * np.tanh(s)

    def slopes(self, h_prev, s, h):
        return (0.1 * (1 - np.tanh(s) ** 2),)

    def pull_back(self, dh, slope):
        return dh * slope, 0.9 * dh


KINDS = ("tanh", "logistic", "relu", "identity", "lstm", "gru", "diagonal", "leaky")
SMOOTH = tuple(kind for kind in KINDS if kind != "relu")


def random_cell(kind: str, sizes: Sizes) -> Cell:
    """Draw a cell whose weights are all different and whose gradients neither die nor explode."""
    rng = np.random.default_rng(sizes.seed)
    H, size_in = sizes.H, sizes.I
    rows = {"lstm": 4 * H, "gru": 3 * H}.get(kind, H)
    W_hh = 0.8 * rng.standard_normal((rows, H)) / np.sqrt(H)
    W_xh, b_h = rng.standard_normal((rows, size_in)), 0.5 * rng.standard_normal(rows)
    match kind:
        case "lstm":
            return LSTMCell(W_hh, W_xh, b_h)
        case "gru":
            return GRUCell(W_hh, W_xh, b_h, 0.5 * rng.standard_normal(H))
        case "diagonal":
            return DiagonalCell(rng.uniform(-1, 1, H), W_xh, b_h)
        case "leaky":
            return LeakyCell(W_hh, W_xh, b_h)
        case _:
            return ElmanCell(W_hh, W_xh, b_h, activation=kind)


def plain(cell: Cell) -> Cell:
    """Return the same cell as one of a subclass, which runs by its own methods, not in place."""
    kind = type(f"Plain{type(cell).__name__}", (type(cell),), {})
    return kind(*(getattr(cell, field.name) for field in fields(cell)))


SMALL = Sizes(T=4, B=3, I=2, H=3, V=4, seed=0)


def small_model(kind: str = "tanh", output_size: int = 4) -> Model:
    cell = random_cell(kind, SMALL)
    return Model(cell, Readout.random(SMALL.H, output_size, np.random.default_rng(1)))


@dataclass(frozen=True)
class Case:
    """A cell, its run on random data, and the loss L = Σ dhs ⊙ h over all steps."""

    cell: Cell
    run: Unrolled
    h0: Array
    dhs: Array

    def loss(self, cell: Cell | None = None, xs: Array | None = None, h0: Array | None = None):
        run = unroll(
            self.cell if cell is None else cell,
            self.run.xs if xs is None else xs,
            self.h0 if h0 is None else h0,
            lengths=self.run.lengths,
        )
        return (self.dhs * run.states[1:, :, : self.dhs.shape[-1]]).sum()


def random_case(
    kind: str, sizes: Sizes, *, lengths: bool = False, whole_state: bool = False
) -> Case:
    cell = random_cell(kind, sizes)
    rng = np.random.default_rng([sizes.seed, 1])
    xs = rng.standard_normal((sizes.T, sizes.B, sizes.I))
    h0 = rng.uniform(-0.9, 0.9, (sizes.B, cell.state_size))
    ends = rng.integers(1, sizes.T, sizes.B, endpoint=True) if lengths else None
    run = unroll(cell, xs, h0, lengths=ends)
    columns = cell.state_size if whole_state else cell.hidden_size
    return Case(cell, run, h0, rng.standard_normal((sizes.T, sizes.B, columns)))
