"""Backpropagation through time against three independent routes to the same gradient."""

import numpy as np
import pytest

from rnnlib import bptt, tree, unroll
from rnnlib.product import products_to_last, step_jacobians
from rnnlib.time import contributions, forward_sensitivities, loss_reach, sliding_window_gradient
from tests.equations.guards import catches
from tests.networks import KINDS, SMOOTH, Case, plain, random_case
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

CASE = Sizes(T=5, B=2, I=2, H=3, V=1, seed=4)
VARIANTS = [{}, {"lengths": True}, {"whole_state": True}]
TENTH_DIGIT = 1e-10


def absolute_terms(case):
    """Σ |∂L_t/∂h_t · dh_t/dθ_j| summed over t, sequences and units: what may cancel."""
    sensitivities = forward_sensitivities(case.cell, case.run, case.dhs).states[1:]
    columns = case.dhs.shape[-1]
    return np.einsum("tbi,tbin->n", np.abs(case.dhs), np.abs(sensitivities[:, :, :columns])) + 1


def check_against_forward_sensitivities(case):
    backward = tree.flatten(bptt(case.cell, case.run, case.dhs).cell)
    forward = tree.flatten(forward_sensitivities(case.cell, case.run, case.dhs).cell)
    assert_close(backward, forward, absolute_terms(case), TENTH_DIGIT)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: "-".join(v) or "plain")
@for_all(any_sizes(), examples=10)
def test_backward_in_time_equals_forward_in_time(kind, variant, sizes: Sizes):
    check_against_forward_sensitivities(random_case(kind, sizes, **variant))


def check_against_central_differences(case):
    gradients, step = bptt(case.cell, case.run, case.dhs), 1e-5
    for name, gradient, at in (
        ("cell", tree.flatten(gradients.cell), tree.flatten(case.cell)),
        ("xs", gradients.xs, case.run.xs),
        ("h0", gradients.h0, case.h0),
    ):
        direction = np.random.default_rng(0).standard_normal(at.shape)
        ends = []
        for sign in (1, -1):
            moved = at + sign * step * direction
            moved = tree.unflatten(moved, like=case.cell) if name == "cell" else moved
            ends.append(case.loss(**{name: moved}))
        slope = (ends[0] - ends[1]) / (2 * step)
        scale = np.abs(gradient * direction).sum() + np.abs(case.dhs).sum()
        assert_close(slope, (gradient * direction).sum(), scale, rtol=1e-8)


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: "-".join(v) or "plain")
@for_all(any_sizes(), examples=10)
def test_bptt_is_the_slope_of_the_loss(kind, variant, sizes: Sizes):
    check_against_central_differences(random_case(kind, sizes, **variant))


def check_against_sum_of_products(case):
    """dL/dh_k = Σ_t ∂⁺L/∂h_t P_{t,k}, every product multiplied out."""
    jacobians = step_jacobians(case.cell, case.run)
    H, T = case.cell.hidden_size, len(jacobians)
    reach = loss_reach(case.cell, case.run, case.dhs)
    total, dhs, lengths = np.zeros_like(case.h0), case.dhs.copy(), case.run.lengths
    for b, n in enumerate([] if lengths is None else lengths):  # a late loss is one of the last h
        dhs[n - 1, b], dhs[n:, b] = dhs[n - 1 :, b].sum(axis=0), 0
    for t in range(1, T + 1):
        products = products_to_last(jacobians[:t])
        expected = np.einsum("bi,kbij->kbj", dhs[t - 1], products[..., :H, :])
        terms = np.einsum("bi,kbij->kbj", abs(dhs[t - 1]), abs(products[..., :H, :])) + 1
        assert_close(reach[t - 1, : t + 1], expected, terms, TENTH_DIGIT)
        assert not reach[t - 1, t + 1 :].any()
        total += expected[0]
    assert_close(
        bptt(case.cell, case.run, case.dhs).h0, total, 1 + abs(case.dhs).sum(), TENTH_DIGIT
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", [False, True], ids=["plain", "lengths"])
@for_all(any_sizes(), examples=10)
def test_bptt_is_the_sum_over_products(kind, lengths, sizes: Sizes):
    check_against_sum_of_products(random_case(kind, sizes, lengths=lengths))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", [False, True], ids=["plain", "lengths"])
@for_all(any_sizes(), examples=10)
def test_contributions_sum_to_the_gradient(kind, lengths, sizes: Sizes):
    case = random_case(kind, sizes, lengths=lengths)
    parts = [tree.flatten(part) for part in contributions(case.cell, case.run, case.dhs)]
    assert len(parts) == sizes.T
    whole = tree.flatten(bptt(case.cell, case.run, case.dhs).cell)
    assert_close(np.sum(parts, axis=0), whole, absolute_terms(case), TENTH_DIGIT)
    half = max(1, sizes.T // 2)
    sliding = tree.flatten(sliding_window_gradient(case.cell, case.run, case.dhs, half))
    assert_close(sliding, np.sum(parts[:half], axis=0), absolute_terms(case), TENTH_DIGIT)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), examples=10)
def test_chunked_truncation_is_bptt_of_each_chunk(kind, sizes: Sizes):
    case, window = random_case(kind, sizes), max(1, sizes.T // 2)
    total, dxs = 0, []
    for start in range(0, sizes.T, window):
        chunk = slice(start, start + window)
        run = unroll(case.cell, case.run.xs[chunk], case.run.states[start])
        gradients = bptt(case.cell, run, case.dhs[chunk])
        total = total + tree.flatten(gradients.cell)
        dxs.append(gradients.xs)
    cut = bptt(case.cell, case.run, case.dhs, window=window)
    assert_close(tree.flatten(cut.cell), total, absolute_terms(case), TENTH_DIGIT)
    assert_close(cut.xs, np.concatenate(dxs), 1 + abs(case.dhs).sum(), TENTH_DIGIT)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), examples=5)
def test_a_window_of_all_steps_truncates_nothing(kind, sizes: Sizes):
    case = random_case(kind, sizes)
    whole = bptt(case.cell, case.run, case.dhs, deltas=True)
    for window in (sizes.T, sizes.T + 3):
        cut = bptt(case.cell, case.run, case.dhs, window=window, deltas=True)
        np.testing.assert_array_equal(tree.flatten(cut.cell), tree.flatten(whole.cell))
        np.testing.assert_array_equal(cut.deltas, whole.deltas)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), examples=5)
def test_bptt_is_linear_in_the_loss(kind, sizes: Sizes):
    case = random_case(kind, sizes)
    other = np.random.default_rng(sizes.seed).standard_normal(case.dhs.shape)
    parts = [bptt(case.cell, case.run, dhs) for dhs in (case.dhs, other)]
    both = bptt(case.cell, case.run, 2 * case.dhs - 3 * other)
    scale = 10 * (1 + abs(case.dhs).sum() + abs(other).sum()) * (1 + abs(case.run.xs).sum())
    for get in (lambda g: tree.flatten(g.cell), lambda g: g.xs, lambda g: g.h0):
        assert_close(get(both), 2 * get(parts[0]) - 3 * get(parts[1]), scale)


@pytest.mark.parametrize("kind", ["tanh", "lstm", "gru"])
def test_the_numbers_do_not_depend_on_the_chunks_of_time(kind, monkeypatch):
    case = random_case(kind, Sizes(T=7, B=2, I=2, H=3, V=1, seed=3))
    whole = tree.flatten(bptt(case.cell, case.run, case.dhs).cell)
    monkeypatch.setattr("rnnlib.fast._rows.WORKING_SET", 1)
    again = unroll(case.cell, case.run.xs, case.h0)
    assert_close(again.states, case.run.states, 10.0)
    assert_close(tree.flatten(bptt(case.cell, again, case.dhs).cell), whole, absolute_terms(case))


def test_a_loss_on_the_last_state_is_a_loss_of_zero_before():
    case = random_case("gru", CASE)
    padded = np.zeros_like(case.dhs)
    padded[-1] = case.dhs[-1]
    short, long = (bptt(case.cell, case.run, dhs) for dhs in (case.dhs[-1], padded))
    np.testing.assert_array_equal(short.xs, long.xs)


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_after_a_sequences_end_changes_nothing(kind):
    case = random_case(kind, CASE)
    lengths = np.array([2, 5])
    other_padding = case.run.xs.copy()
    other_padding[2:, 0] = 7.0
    first, second = (unroll(case.cell, xs, case.h0, lengths=lengths)
                     for xs in (case.run.xs, other_padding))  # fmt: skip
    np.testing.assert_array_equal(first.states, second.states)
    np.testing.assert_array_equal(first.hs[-1, 0], first.hs[2, 0])
    gradients = [bptt(case.cell, run, case.dhs) for run in (first, second)]
    np.testing.assert_array_equal(*[tree.flatten(g.cell) for g in gradients])
    assert not gradients[0].xs[2:, 0].any()


@pytest.mark.parametrize("kind", ["tanh", "lstm", "gru"])
def test_a_gradient_that_underflows_meets_no_denormal_numbers(kind):
    case = random_case(kind, Sizes(T=3000, B=1, I=1, H=2, V=1, seed=0))
    cell = tree.map_leaves(lambda array: 0.1 * array, case.cell)
    deltas = bptt(cell, unroll(cell, case.run.xs), np.ones((1, 2)), deltas=True).deltas
    small = np.abs(deltas[deltas != 0])
    assert small.min() >= np.finfo(float).tiny
    assert small.min() < 1e-290  # it did get there


BACKWARD, TOTAL_INPUT = "rnnlib/time/backpropagation.py", "rnnlib/cells/total_input.py"
BUGS = [
    (BACKWARD, Mutant("the loss of the next step", "dhs[t - 1] + later", "dhs[t - 2] + later")),
    (BACKWARD, Mutant("the own loss only", " + later", "")),
    (BACKWARD, Mutant("slopes of the step before", "slope[t - 1] for", "slope[t - 2] for")),
    (BACKWARD, Mutant("the new state for the old", "run.hs[:-1], run.xs", "run.hs[1:], run.xs")),
    (
        TOTAL_INPUT,
        Mutant("spurious transpose", "n product(ds, self.W_hh", "n product(ds, self.W_hh.T"),
    ),
    (TOTAL_INPUT, Mutant("the states in reverse", "@ h_rows", "@ h_rows[::-1]")),
    (
        "rnnlib/cells/elman.py",
        Mutant("φ'(h) for φ'(s)", "derivative_from(s, h),)", "derivative(h),)"),
    ),
]


@pytest.mark.parametrize(("path", "mutant"), BUGS, ids=lambda v: getattr(v, "name", "in"))
@pytest.mark.parametrize(
    "check",
    [
        check_against_forward_sensitivities,
        check_against_central_differences,
    ],
)
def test_seeded_bugs_are_caught(check, path, mutant):
    case = random_case("logistic", CASE)
    plainly = plain(case.cell)
    run = unroll(plainly, case.run.xs, case.h0)
    catches(lambda: check(Case(plainly, run, case.h0, case.dhs)), path, mutant)


def test_seeded_bugs_in_the_product_are_caught():
    product = "rnnlib/product/gradient_product.py"
    for mutant in (
        Mutant("one factor left out", "products[k + 1], J", "products[min(k + 2, -1)], J"),
        Mutant("order", "products[k + 1], J", "J, products[k + 1]"),
    ):
        catches(lambda: check_against_sum_of_products(random_case("tanh", CASE)), product, mutant)


def test_chunks_are_counted_from_the_first_step():
    """A loss on the last state reaches back over the last chunk: T mod w steps, or w."""
    case = random_case("tanh", Sizes(T=10, B=2, I=2, H=3, V=4, seed=0))
    for window, reached in ((1, 1), (3, 1), (4, 2), (5, 5), (9, 1), (10, 10), (11, 10)):
        gradients = bptt(case.cell, case.run, case.dhs[-1], window=window)
        steps = np.flatnonzero(np.abs(gradients.xs).max(axis=(1, 2)))
        assert steps.tolist() == list(range(10 - reached, 10)), window
