"""A padded batch equals its sequences alone: with any window, loss, cell, and route backwards."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib import Cell, bptt, tree, unroll
from rnnlib._validate import Array
from rnnlib.product import products_to_last, step_jacobians
from rnnlib.time import contributions, forward_sensitivities, loss_reach, sliding_window_gradient
from tests.cells.test_own_arrays import own_cell
from tests.equations.guards import catches
from tests.networks import KINDS, plain, random_cell
from tests.strategies import Sizes, assert_close, for_all
from tools.equations import Mutant

CELLS = (*KINDS, "plain tanh", "plain lstm", "plain gru", "own", "own gru")
LOSSES = ("last state", "every state", "last whole state", "every whole state")


def cell_of(kind: str, sizes: Sizes) -> Cell:
    if kind.startswith("own"):
        return own_cell(kind.removeprefix("own ").removesuffix("own") or "own", sizes)
    if kind.startswith("plain"):
        return plain(random_cell(kind.removeprefix("plain "), sizes))
    return random_cell(kind, sizes)


@dataclass(frozen=True)
class Padded:
    """A batch of sequences that end early, with what stands in the padding, and a loss."""

    cell: Cell
    xs: Array
    h0: Array
    lengths: Array
    dhs: Array
    window: int | None

    def alone(self, b: int) -> tuple[Array, Array, Array]:
        """Inputs, initial state and loss of one sequence; what came late is of its last state."""
        n, one = self.lengths[b], slice(b, b + 1)
        if self.dhs.ndim == 2:
            return self.xs[:n, one], self.h0[one], self.dhs[one]
        dhs = self.dhs[:n, one].copy()
        dhs[-1] += self.dhs[n:, one].sum(axis=0)
        return self.xs[:n, one], self.h0[one], dhs


def padded(kind: str, loss: str, sizes: Sizes, window: int | None) -> Padded:
    cell, rng = cell_of(kind, sizes), np.random.default_rng([sizes.seed, 1])
    T, B = sizes.T, sizes.B
    lengths = rng.integers(1, T, B, endpoint=True)
    xs = rng.standard_normal((T, B, sizes.I))
    xs[np.arange(T)[:, None] >= lengths] = rng.choice([0.0, 3.0, -1e308])
    columns = cell.state_size if "whole" in loss else cell.hidden_size
    shape = (B, columns) if loss.startswith("last") else (T, B, columns)
    h0 = rng.uniform(-0.9, 0.9, (B, cell.state_size))
    return Padded(cell, xs, h0, lengths, rng.standard_normal(shape), window)


def close(actual, expected) -> None:
    assert_close(actual, expected, 1 + np.abs(expected).max(initial=0) + np.abs(expected))


def check_bptt(case: Padded) -> None:
    run = unroll(case.cell, case.xs, case.h0, lengths=case.lengths)
    both = bptt(case.cell, run, case.dhs, window=case.window, deltas=True)
    total = np.zeros(case.cell.num_parameters)
    for b, n in enumerate(case.lengths):
        xs, h0, dhs = case.alone(b)
        one = unroll(case.cell, xs, h0)
        found = bptt(case.cell, one, dhs, window=case.window, deltas=True)
        total += tree.flatten(found.cell)
        close(run.states[: n + 1, b], one.states[:, 0])
        close(run.states[n:, b], np.broadcast_to(one.states[-1, 0], run.states[n:, b].shape))
        close(run.pre[:n, b], one.pre[:, 0])
        close(both.h0[b], found.h0[0])
        for name in ("xs", "deltas"):
            close(getattr(both, name)[:n, b], getattr(found, name)[:, 0])
            assert not getattr(both, name)[n:, b].any()
    close(tree.flatten(both.cell), total)


def check_contributions(case: Padded) -> None:
    run = unroll(case.cell, case.xs, case.h0, lengths=case.lengths)
    parts = [tree.flatten(part) for part in contributions(case.cell, run, case.dhs)]
    expected = np.zeros((len(case.xs), case.cell.num_parameters))
    reach = loss_reach(case.cell, run, case.dhs)
    for b, n in enumerate(case.lengths):
        xs, h0, dhs = case.alone(b)
        one = unroll(case.cell, xs, h0)
        for distance, part in enumerate(contributions(case.cell, one, dhs)):
            expected[distance] += tree.flatten(part)
        close(reach[:n, : n + 1, b], loss_reach(case.cell, one, dhs)[:, :, 0])
        assert not reach[n:, :, b].any() and not reach[:, n + 1 :, b].any()
    close(np.array(parts), expected)
    w = case.window or len(case.xs)
    sliding = sliding_window_gradient(case.cell, run, case.dhs, w)
    close(tree.flatten(sliding), expected[:w].sum(axis=0))


def check_sensitivities(case: Padded) -> None:
    run = unroll(case.cell, case.xs, case.h0, lengths=case.lengths)
    both = forward_sensitivities(case.cell, run, case.dhs)
    total = np.zeros(case.cell.num_parameters)
    for b, n in enumerate(case.lengths):
        xs, h0, dhs = case.alone(b)
        found = forward_sensitivities(case.cell, unroll(case.cell, xs, h0), dhs)
        total += tree.flatten(found.cell)
        close(both.states[: n + 1, b], found.states[:, 0])
        carried_on = both.states[n:, b]
        close(carried_on, np.broadcast_to(found.states[-1, 0], carried_on.shape))
    close(tree.flatten(both.cell), total)
    close(total, tree.flatten(bptt(case.cell, run, case.dhs).cell))


def check_products(case: Padded) -> None:
    run = unroll(case.cell, case.xs, case.h0, lengths=case.lengths)
    jacobians, products = step_jacobians(case.cell, run), products_to_last(run)
    for b, n in enumerate(case.lengths):
        xs, h0, _ = case.alone(b)
        alone = step_jacobians(case.cell, unroll(case.cell, xs, h0))[:, 0]
        close(jacobians[:n, b], alone)
        close(products[: n + 1, b], products_to_last(alone))


def check_silence(case: Padded) -> None:
    """1e308 in the padding overflows as soon as it meets a weight: numpy would warn."""
    with np.errstate(all="warn"), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        unroll(case.cell, case.xs, case.h0, lengths=case.lengths)
    assert not warned


CHECKS = (check_bptt, check_contributions, check_sensitivities, check_products)
SIZES = st.builds(
    Sizes, *(st.integers(1, n) for n in (7, 4, 2, 3, 1)), seed=st.integers(0, 2**32 - 1)
)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("kind", CELLS)
@for_all(SIZES, st.sampled_from(LOSSES), st.none() | st.integers(1, 8), examples=12)
def test_a_padded_batch_is_its_sequences_alone(kind, check, sizes, loss, window):
    check(padded(kind, loss, sizes, window))


BUGS = [
    ("bptt", "backpropagation", "the late losses forgotten", "late))] +=", "late))] += 0 *"),
    ("bptt", "backpropagation", "late losses where they were", "run.lengths is None", "True"),
    ("contributions", "backpropagation", "one step early", "[lengths - 1,", "[lengths - 2,"),
    ("silence", "unrolling", "the padding is read", "xs = np.where(beyond", "_ = np.where(beyond"),
    ("bptt", "unrolling", "ends one step late", "[:, None] > ends", "[:, None] > ends + 1"),
    ("sensitivities", "sensitivities", "weights act later", "]] = 0", "]] += 0"),
]


@pytest.mark.parametrize(("check", "module", "name", "old", "new"), BUGS)
def test_seeded_bugs_are_caught(check, module, name, old, new):
    case = padded("plain gru", "every state", Sizes(T=6, B=3, I=2, H=3, V=1, seed=18), 2)
    assert len(set(case.lengths)) == 3 and (case.xs == -1e308).any()
    case = replace(case, cell=tree.map_leaves(lambda array: 3 * array, case.cell))
    with np.errstate(all="ignore"):
        catches(
            lambda: globals()[f"check_{check}"](case),
            f"rnnlib/time/{module}.py",
            Mutant(name, old, new),
        )
