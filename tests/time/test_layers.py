"""Layers made of layers: the same as run by hand, whatever is padded, batched, cut or nested."""

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib import Cell, bptt, tree, unroll
from rnnlib.time import (
    Parallel,
    Reverse,
    Stack,
    bidirectional,
    reverse,
)
from tests.compositions import (
    AHEAD,
    ANALYTIC,
    ANY,
    Nested,
    arrays_of_start,
    by_hand,
    map_states,
    of_sequence,
    plans,
)
from tests.equations.guards import catches
from tests.networks import KINDS, random_case, random_cell
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

WINDOWS = st.sampled_from([None, 1, 2, 3])
CASE = Sizes(T=5, B=3, I=2, H=3, V=1, seed=4)
NESTED = (
    "stack",
    (("both", ("gru",), ("lstm",)), ("residual", ("tanh",)), ("reverse", ("leaky",))),
)


def check_by_hand(nested):
    run = nested.run()
    for b, end in enumerate(nested.ends):
        expected = by_hand(nested.layer, nested.xs[:end, b], of_sequence(nested.h0, b))
        assert_close(run.outputs[:end, b], expected, 1e3)
        assert_close(run.outputs[end:, b], np.repeat(expected[-1:], len(nested.xs) - end, 0), 1e3)


@for_all(plans(*ANY), any_sizes(), examples=80)
def test_outputs_are_those_by_hand(plan, sizes: Sizes):
    check_by_hand(Nested(plan, sizes))


def check_alone(nested, window, at_the_end):
    """A padded batch, with a truncated gradient or without, is its sequences, each alone."""
    layer, run = nested.layer, nested.run()
    dhs = nested.last if at_the_end else nested.dhs
    together = bptt(layer, run, dhs, window=window)
    total = tree.map_leaves(np.zeros_like, layer)
    for b, end in enumerate(nested.ends):
        alone = unroll(layer, nested.xs[:end, b : b + 1], of_sequence(nested.h0, b))
        assert_close(alone.outputs[:, 0], run.outputs[:end, b], nested.scale)
        assert_close(alone.last[0], run.last[b], nested.scale)
        for one, many in zip(arrays_of_start(alone.final), arrays_of_start(run.final), strict=True):
            assert_close(one[0], many[b], nested.scale)
        if at_the_end:
            its = dhs[b : b + 1]
        else:  # what a loss sees after the end is the last real output
            its = dhs[:end, b : b + 1].copy()
            its[-1] += dhs[end:, b].sum(axis=0)
        found = bptt(layer, alone, its, window=window)
        total = tree.map_leaves(np.add, total, found.cell)
        assert_close(found.xs[:, 0], together.xs[:end, b], nested.scale)
        assert not together.xs[end:, b].any()
        for one, many in zip(arrays_of_start(found.h0), arrays_of_start(together.h0), strict=True):
            assert_close(one[0], many[b], nested.scale)
    for (name, one), many in zip(tree.named_leaves(total), tree.leaves(together.cell), strict=True):
        assert one.shape == many.shape, name
        assert_close(one, many, nested.scale)


@for_all(plans(*ANY), any_sizes(), WINDOWS, st.booleans(), examples=120)
def test_a_padded_batch_is_its_sequences_alone(plan, sizes: Sizes, window, at_the_end):
    check_alone(Nested(plan, sizes), window, at_the_end)


def analytic_slope(nested, xs_by, h0_by, theta_by):
    """The slope of Σ dhs ⊙ outputs along a direction in inputs, states and weights, by hand."""
    step = 1e-100j
    theta = tree.flatten(nested.layer) + step * theta_by
    layer = tree.unflatten(theta, like=nested.layer)
    xs = nested.xs + step * xs_by
    h0 = map_states(lambda array, by: array + step * by, nested.h0, h0_by)
    value = 0
    for b, end in enumerate(nested.ends):
        outputs = by_hand(layer, xs[:end, b], of_sequence(h0, b))
        dhs = nested.dhs[:end, b].copy()
        dhs[-1] += nested.dhs[end:, b].sum(axis=0)
        value += (dhs * outputs).sum()
    return value.imag / 1e-100


def check_gradient_by_hand(nested):
    rng = np.random.default_rng(0)
    found = bptt(nested.layer, nested.run(), nested.dhs)
    theta_by = rng.standard_normal(tree.flatten(nested.layer).size)
    xs_by = rng.standard_normal(nested.xs.shape)
    h0_by = map_states(lambda array: rng.standard_normal(array.shape), nested.h0)
    slope = tree.flatten(found.cell) @ theta_by + (found.xs * xs_by).sum()
    for by, gradient in zip(arrays_of_start(h0_by), arrays_of_start(found.h0), strict=True):
        slope += (by * gradient).sum()
    expected = analytic_slope(nested, xs_by, h0_by, theta_by)
    assert_close(slope, expected, nested.scale * (1 + np.abs(theta_by).sum()))


@for_all(plans(*ANALYTIC), any_sizes(), st.booleans(), examples=80)
def test_gradients_are_those_by_the_complex_step(plan, sizes: Sizes, lengths):
    check_gradient_by_hand(Nested(plan, sizes, lengths=lengths))


def check_last(nested):
    """A loss at the end is one on each output where it is finished, found by hand."""
    run, finished = nested.run(), np.zeros(nested.dhs.shape, bool)
    H = nested.layer.hidden_size
    back = np.zeros(H, bool) if isinstance(nested.layer, Cell) else nested.layer.backwards
    for b, end in enumerate(nested.ends):
        finished[np.where(back, 0, end - 1), b, np.arange(H)] = True
    np.testing.assert_array_equal(run.last, np.where(finished, run.outputs, 0).sum(axis=0))
    at_the_end = bptt(nested.layer, run, nested.last)
    placed = bptt(nested.layer, run, np.where(finished, nested.last, 0))
    for one, other in zip(tree.leaves(at_the_end.cell), tree.leaves(placed.cell), strict=True):
        assert_close(one, other, nested.scale)


@for_all(plans(*ANY), any_sizes(), st.booleans(), examples=40)
def test_a_loss_at_the_end(plan, sizes: Sizes, lengths):
    check_last(Nested(plan, sizes, lengths=lengths))


def check_chunks(nested, window):
    """Truncation, of layers that read ahead: chunks, each a run of its own from where it begins."""
    layer, run = nested.layer, nested.run()
    cut = bptt(layer, run, nested.dhs, window=window)
    total, h0 = tree.map_leaves(np.zeros_like, layer), nested.h0
    for start in range(0, len(nested.xs), window):
        chunk = slice(start, start + window)
        piece = unroll(layer, nested.xs[chunk], h0)
        found = bptt(layer, piece, nested.dhs[chunk])
        total, h0 = tree.map_leaves(np.add, total, found.cell), piece.final
        assert_close(piece.outputs, run.outputs[chunk], nested.scale)
        assert_close(found.xs, cut.xs[chunk], nested.scale)
    for one, many in zip(tree.leaves(total), tree.leaves(cut.cell), strict=True):
        assert_close(one, many, nested.scale)


@for_all(
    st.lists(st.sampled_from(AHEAD), min_size=1, max_size=3), any_sizes(), st.integers(1, 6),
    st.booleans(), examples=40,
)  # fmt: skip
def test_a_truncated_gradient_is_that_of_chunks(kinds, sizes: Sizes, window, shortcut):
    parts = [("residual", (kind,)) if shortcut else (kind,) for kind in kinds]
    check_chunks(Nested(("stack", tuple(parts)), sizes, lengths=False), window)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), st.booleans(), WINDOWS, examples=10)
def test_a_stack_of_one_cell_is_the_cell(kind, sizes: Sizes, lengths, window):
    case = random_case(kind, sizes, lengths=lengths)
    stack = Stack([case.cell])
    run = unroll(stack, case.run.xs, (case.h0,), lengths=case.run.lengths)
    np.testing.assert_array_equal(run.outputs, case.run.hs[1:])
    np.testing.assert_array_equal(run.last, case.run.hs[-1])
    ours = bptt(stack, run, case.dhs, window=window)
    its = bptt(case.cell, case.run, case.dhs, window=window)
    assert_close(tree.flatten(ours.cell), tree.flatten(its.cell), 1e3)
    assert_close(ours.xs, its.xs, 1e3)
    assert_close(ours.h0[0], its.h0, 1e3)


@for_all(plans(*ANY), any_sizes(), examples=25)
def test_precision_is_kept_and_nothing_written_to(plan, sizes: Sizes):
    nested = Nested(plan, sizes)
    layer = tree.astype(nested.layer, np.float32)
    xs, dhs = nested.xs.astype(np.float32), nested.dhs.astype(np.float32)
    for array in (xs, dhs):
        array.flags.writeable = False
    run = unroll(layer, xs, lengths=nested.lengths)
    one, two = (bptt(layer, run, dhs) for _ in range(2))
    assert run.outputs.dtype == one.xs.dtype == np.float32
    for before, after, again in zip(*map(tree.leaves, (layer, one.cell, two.cell)), strict=True):
        assert before.dtype == after.dtype
        np.testing.assert_array_equal(after, again)


@for_all(plans(*ANY), any_sizes(), examples=25)
def test_what_stands_in_padding_does_not_matter(plan, sizes: Sizes):
    nested = Nested(plan, sizes)
    wild = nested.xs.copy()
    wild[np.arange(sizes.T)[:, None] >= nested.lengths] = 1e308
    runs = nested.run(), nested.run(xs=wild)
    np.testing.assert_array_equal(runs[0].outputs, runs[1].outputs)
    gradients = [bptt(nested.layer, run, nested.dhs) for run in runs]
    for one, other in zip(*(tree.leaves(g.cell) for g in gradients), strict=True):
        np.testing.assert_array_equal(one, other)


@for_all(any_sizes(), st.booleans(), st.integers(0, 2), examples=30)
def test_reversed_twice_is_the_same(sizes: Sizes, padded, more_axes):
    rng = sizes.rng
    xs = rng.standard_normal((sizes.T, sizes.B, *[2] * more_axes))
    lengths = rng.integers(1, sizes.T, sizes.B, endpoint=True) if padded else None
    back = reverse(xs, lengths)
    np.testing.assert_array_equal(reverse(back, lengths), xs)
    for b in range(sizes.B):
        end = lengths[b] if padded else sizes.T
        np.testing.assert_array_equal(back[:end, b], xs[:end, b][::-1])
        np.testing.assert_array_equal(back[end:, b], xs[end:, b])


@for_all(plans(*ANY), any_sizes(), examples=10)
def test_the_number_of_parameters(plan, sizes: Sizes):
    layer = Nested(plan, sizes).layer
    assert layer.num_parameters == tree.flatten(layer).size


def test_where_each_output_is_finished():
    cell = random_cell("tanh", Sizes(1, 1, 2, 2, 1, 0))
    layer = Parallel([cell, Reverse(cell), Reverse(Reverse(cell)), bidirectional(cell, cell)])
    assert layer.backwards.tolist() == [*[False] * 2, *[True] * 2, *[False] * 4, *[True] * 2]


LAYER, LAYERS, DIRECTIONS, BACK = (
    f"rnnlib/time/{name}.py" for name in ("layer", "layers", "directions", "backpropagation")
)


@pytest.mark.parametrize(
    ("check", "path", "old", "new"),
    [
        ("alone", BACK, "moved[lengths - 1", "moved[0 * lengths"),
        ("alone", BACK, "return dhs if lengths is None", "return dhs if True"),
        ("last", BACK, "at_last[-1] +=", "at_last[0] +="),
        ("last", LAYER, "self.outputs[0], self.outputs[-1]", "self.outputs[-1], self.outputs[-1]"),
        ("hand", LAYER, "lengths - 1)", "lengths)"),
        ("hand", LAYERS, "xs + inside.outputs", "inside.outputs"),
        ("gradient", LAYERS, "dhs + found.xs", "found.xs"),
        ("gradient", LAYERS, "start=found[0].xs", "start=0 * found[0].xs"),
        ("alone", DIRECTIONS, "lengths - 1 - step, step)", "len(xs) - 1 - step, step)"),
        ("gradient", DIRECTIONS, "_read_backwards(found.xs, run.lengths)", "found.xs"),
        ("gradient", DIRECTIONS, "_read_backwards(dhs, run.lengths)", "dhs"),
        ("hand", DIRECTIONS, "_read_backwards(inside.outputs, lengths)", "inside.outputs"),
    ],
)  # fmt: skip
def test_seeded_bugs_are_caught(check, path, old, new):
    nested, both = Nested(NESTED, CASE), Nested(("both", ("gru",), ("lstm",)), CASE)
    checks = {
        "alone": lambda: (check_alone(nested, 2, True), check_alone(nested, 2, False)),
        "hand": lambda: check_by_hand(nested),
        "gradient": lambda: check_gradient_by_hand(nested),
        "last": lambda: check_last(both),
    }
    catches(checks[check], path, Mutant("seeded", old, new))
