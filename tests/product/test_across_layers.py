"""The gradient product across layers, against differences of runs and against closed forms."""

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib import DiagonalCell, GRUCell, unroll
from rnnlib.product import input_products, input_reach, layer_products, products_to_last
from rnnlib.time import Residual, Reverse, Stack
from tests.compositions import ANALYTIC, plans, random_layer, random_start
from tests.equations.guards import catches
from tests.networks import SMOOTH, random_cell
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

CASE = Sizes(T=5, B=2, I=2, H=3, V=1, seed=3)


def random_stack(kinds, shortcuts, sizes):
    rng = np.random.default_rng(sizes.seed)
    plan = [("residual", (k,)) if cut else (k,) for k, cut in zip(kinds, shortcuts, strict=False)]
    stack = random_layer(("stack", tuple(plan)), sizes.I, rng)
    xs = rng.standard_normal((sizes.T, sizes.B, sizes.I))
    lengths = rng.integers(1, sizes.T, sizes.B, endpoint=True)
    return stack, unroll(stack, xs, random_start(stack, sizes.B, rng), lengths=lengths)


def stepped(stack, run, b, t, nudge):
    """The states of all layers after step t of sequence b, one step and one layer after another.

    `nudge` is (layer, k, array): what is added to a layer's state after step k.
    """
    end = len(run.xs) if run.lengths is None else run.lengths[b]
    cells = [part.layer if isinstance(part, Residual) else part for part in stack.layers]
    runs = [r.runs[0] if isinstance(r.cell, Residual) else r for r in run.runs]
    states = [r.states[0, b : b + 1].astype(complex) for r in runs]
    if nudge[1] == 0:
        states[nudge[0]] = states[nudge[0]] + nudge[2]
    for step in range(1, min(t, end) + 1):
        x = run.xs[step - 1, b : b + 1]
        for k, cell in enumerate(cells):
            states[k] = cell.step(states[k], x)
            if nudge[:2] == (k, step):
                states[k] = states[k] + nudge[2]
            h = states[k][:, : cell.hidden_size]
            x = x + h if isinstance(stack.layers[k], Residual) else h
    return states


def check_layers(stack, run, upper, lower, t):
    products = layer_products(stack, run, upper, lower, t)
    for b in range(run.xs.shape[1]):
        end = len(run.xs) if run.lengths is None else run.lengths[b]
        for k in range(end + 1):
            columns = []
            for unit in np.eye(products.shape[-1]):
                nudge = (lower, k, 1e-100j * unit)
                columns.append(stepped(stack, run, b, t, nudge)[upper].imag[0] / 1e-100)
            assert_close(products[k, b], np.stack(columns, axis=-1), 1e3)


@for_all(
    st.lists(st.sampled_from(SMOOTH), min_size=1, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
    any_sizes(1, 4),
    st.integers(0, 63),
    examples=40,
)
def test_between_any_two_layers(kinds, shortcuts, sizes: Sizes, choice):
    stack, run = random_stack(kinds, shortcuts, sizes)
    n = len(kinds)
    check_layers(stack, run, choice % n, (choice // 4) % n, choice % sizes.T + 1)


@pytest.mark.parametrize("kind", SMOOTH)
def test_within_one_layer_it_is_the_product(kind):
    stack, run = random_stack([kind, kind], [False, False], CASE)
    found = layer_products(stack, run, -1, 1)
    assert_close(found, products_to_last(run.runs[1]), 100.0)
    assert not layer_products(stack, run, 0, 1).any()


def check_inputs(plan, sizes, t):
    rng = np.random.default_rng(sizes.seed)
    layer = random_layer(plan, sizes.I, rng)
    xs = rng.standard_normal((sizes.T, sizes.B, sizes.I))
    h0 = random_start(layer, sizes.B, rng)
    lengths = rng.integers(1, sizes.T, sizes.B, endpoint=True)
    found = input_products(layer, unroll(layer, xs, h0, lengths=lengths), t)
    step = 1e-6
    for k, i in np.ndindex(sizes.T, sizes.I):
        outputs = []
        for sign in (1, -1):
            moved = xs.copy()
            moved[k, :, i] += sign * step
            outputs.append(unroll(layer, moved, h0, lengths=lengths).outputs[t - 1])
        slope = (outputs[0] - outputs[1]) / (2 * step)
        assert_close(found[k, ..., i], slope, 10.0, rtol=1e-8)


@for_all(plans(*ANALYTIC, "lru"), any_sizes(1, 3), st.integers(0, 9), examples=25)
def test_from_any_input(plan, sizes: Sizes, choice):
    check_inputs(plan, sizes, choice % sizes.T + 1)


@for_all(plans(*ANALYTIC, "lru"), any_sizes(1, 4), examples=25)
def test_the_reach_of_an_error_is_made_of_those_products(plan, sizes: Sizes):
    rng = np.random.default_rng(sizes.seed)
    layer = random_layer(plan, sizes.I, rng)
    xs = rng.standard_normal((sizes.T, sizes.B, sizes.I))
    run = unroll(layer, xs)
    dhs = np.zeros(run.outputs.shape, run.outputs.dtype)
    dhs[-1] = rng.standard_normal(dhs.shape[1:])
    error = np.einsum("bh,tbhi->tbi", dhs[-1], input_products(layer, run))
    assert_close(input_reach(layer, run, dhs), np.linalg.norm(error, axis=-1)[::-1], 10.0)


@pytest.mark.parametrize("decay", [0.9, -0.5])
def test_two_linear_layers_of_one_decay(decay):
    """(n + 1) λⁿ from the input or the state below; with λ and −λ every second one is 0."""
    one, other = (DiagonalCell([lam], [[1.0]], [0.0]) for lam in (decay, -decay))
    n = np.arange(20, 0, -1) - 1
    twice = Stack([one, one])
    run = unroll(twice, np.zeros((20, 1, 1)))
    assert_close(input_products(twice, run).ravel(), (n + 1) * decay**n, 10.0)
    assert_close(layer_products(twice, run, 1, 0).ravel()[1:], (n + 1) * decay**n, 10.0)
    both = Stack([one, other])
    run = unroll(both, np.zeros((20, 1, 1)))
    expected = np.where(n % 2, 0, decay**n)
    assert_close(input_products(both, run).ravel(), expected, 10.0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("products[k + 1] @ jacobians[k]", "products[k + 1] @ jacobians[k - 1]"),
        ("range(top - 1, bottom, -1)", "range(top - 1, bottom + 1, -1)"),
        ("dh[t - 1, :, unit] = 1", "dh[-1, :, unit] = 1"),
    ],
)
def test_seeded_bugs_are_caught(old, new):
    stack, run = random_stack(["gru", "lstm", "tanh"], [False, True, False], CASE)
    square = random_layer(("stack", (("tanh",), ("tanh",))), 3, np.random.default_rng(0), 3)
    its = unroll(square, np.random.default_rng(1).standard_normal((5, 2, 3)))

    def check():
        for t in (3, 5):
            check_layers(stack, run, 2, 0, t)
            check_layers(square, its, 1, 0, t)

    catches(check, "rnnlib/product/across_layers.py", Mutant("seeded", old, new))


CELL = random_cell("gru", CASE)
PAIR = Stack([CELL, Reverse(GRUCell.random(3, 2, np.random.default_rng(0)))])
RUN = unroll(PAIR, np.zeros((4, 1, 2)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: layer_products(CELL, RUN, 0, 0),
            TypeError,
            "stack: expected a Stack, got GRUCell",
        ),
        (lambda: layer_products(PAIR, RUN, 2, 0), ValueError, "upper: expected at most 1, got 2"),
        (lambda: layer_products(PAIR, RUN, 0, -3), ValueError, "lower: expected at least -2, got"),
        (lambda: layer_products(PAIR, RUN, 0, 0.0), TypeError, "lower: expected an integer"),
        (lambda: layer_products(PAIR, RUN, 0, 0, 5), ValueError, "step: expected at most 4, got 5"),
        (lambda: input_products(PAIR, RUN, 0), ValueError, "step: expected at least 1, got 0"),
        (
            lambda: layer_products(PAIR, RUN, 1, 0),
            TypeError,
            "upper: expected a layer that is a cell or a Residual of one, got a Reverse",
        ),
        (
            lambda: layer_products(PAIR, RUN.runs[0], 0, 0),
            TypeError,
            "run: expected what unroll returns of a Stack",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
