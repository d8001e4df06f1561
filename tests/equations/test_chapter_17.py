"""Guards of the equations of chapter 17: two tasks solved by hand, and how far an error reaches."""

from itertools import product

import numpy as np
from hypothesis import strategies as st

from rnnlib import unroll
from rnnlib.product import input_reach
from rnnlib.training import Adding, Batch, TemporalOrder, adding_by_hand, order_by_hand
from tests.equations.guards import guards
from tests.networks import random_cell
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant


@guards(
    "eq-order-network",
    "definition",
    Mutant("it sums", "-1 / T", "0 / T"),
    Mutant("another decay", "-1 / T", "-2 / T"),
    Mutant("the decay does not know the length", "-1 / T", "-1 / 30"),
)
@for_all(st.integers(10, 60), st.integers(0, 2**32 - 1))
def test_order_network(T, seed):
    batch = TemporalOrder(T).batch(np.random.default_rng(seed), 3)
    run = unroll(order_by_hand(T).cell, batch.xs)
    h = np.zeros(3)
    for t in range(T):
        symbol = batch.xs[t].argmax(axis=1)
        h = np.exp(-1 / T) * h + np.where(symbol == 0, 1, np.where(symbol == 1, -1, 0))
    assert_close(run.hs[-1, :, 0], h, 2.0)


@guards(
    "eq-order-answer",
    "identity",
    Mutant("the nearest is not the largest", "-(c**2) / 2", "(c**2) / 2"),
    Mutant("the square whole", "-(c**2) / 2", "-(c**2)"),
    Mutant("no thresholds", "-(c**2) / 2", "0 * c"),
    Mutant("centres exchanged", "c[:, None]", "c[::-1, None]"),
)
@for_all(st.integers(10, 300), examples=60)
def test_order_answer(T):
    """All pairs, with both symbols at the ends of where they may stand; the nearest centre wins."""
    first = (T // 10, 2 * (T // 10) - 1)
    second = (T // 2, T // 2 + T // 10 - 1)
    model = order_by_hand(T)
    centres = [x * np.exp(-0.85) + y * np.exp(-0.45) for x in (1, -1) for y in (1, -1)]
    for pair, at in product(product((0, 1), repeat=2), product(first, second)):
        xs = np.zeros((T, 1, 6))
        xs[:, 0, 2] = 1
        for symbol, step in zip(pair, at, strict=True):
            xs[step, 0] = np.eye(6)[symbol]
        signs = [1 - 2 * symbol for symbol in pair]
        h = sum(s * np.exp(-(T - 1 - k) / T) for s, k in zip(signs, at, strict=True))
        logits = model.outputs(Batch(xs, np.zeros(1, int)))[0]
        nearest = h**2 / 2 - (h - np.array(centres)) ** 2 / 2
        assert_close(logits, nearest, 4.0)
        assert logits.argmax() == 2 * pair[0] + pair[1]


@guards(
    "eq-adding-network",
    "definition",
    Mutant("tanh for ReLU", "activations.relu", "activations.tanh"),
    Mutant("no threshold", "(W, b,", "(W, 0 * b,"),
    Mutant("the mark does not count", "Dense(W,", "Dense(W * [[1, 0]],"),
)
@for_all(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_adding_network(T, seed):
    rng = np.random.default_rng(seed)
    numbers, marks = rng.uniform(size=(T, 4)), rng.integers(0, 2, (T, 4))
    marks[0] = 1
    batch = Batch(np.stack([numbers, marks], axis=-1), np.zeros((4, 1)))
    expected = sum(numbers[t] * marks[t] for t in range(T))
    assert_close(adding_by_hand().outputs(batch)[:, 0], expected, T)


@guards(
    "eq-adding-linear",
    "identity",
    Mutant("as of the best constant", "- sum(chance) / 12", ""),
    Mutant("of one number", "sum(chance)", "chance[0]"),
    Mutant("added", "1 / 6 -", "1 / 6 +"),
)
def test_adding_linear():
    """Least squares over all marks and numbers ½ ± √(1/12), of U(0, 1)'s mean and variance.

    Of steps that are independent, the least expected square of an affine answer asks for no more.
    """
    for T, variant in product((10, 11), ("arjovsky", "bai")):
        numbers = 0.5 + np.array(list(product((-1, 1), repeat=T))) / np.sqrt(12)
        half = T // 2
        if variant == "bai":
            marks = [(i, j) for i in range(T) for j in range(T) if i != j]
        else:
            marks = [(i, j) for i in range(half) for j in range(half, T)]
        rows = [np.repeat(np.eye(T)[[i, j]].sum(axis=0)[None], len(numbers), 0) for i, j in marks]
        x = np.concatenate([np.tile(numbers, (len(marks), 1)), np.concatenate(rows)], axis=1)
        y = np.concatenate([numbers[:, i] + numbers[:, j] for i, j in marks]) - 1
        x = x - x.mean(axis=0)
        gram, with_y = x.T @ x / len(x), x.T @ y / len(x)
        best = (y**2).mean() - with_y @ np.linalg.pinv(gram, rcond=1e-9) @ with_y
        assert_close(Adding(T, variant).linear_loss, best, 1.0, rtol=1e-9)


@guards(
    "eq-input-reach",
    "definition",
    Mutant("from the step before the last", "ends - 1", "ends - 2"),
    Mutant("oldest first", "- np.arange(T)", "+ np.arange(T)"),
    Mutant("from the end of the batch", "(ends - 1", "(T - 1 - 0 * ends"),
)
@for_all(st.sampled_from(["tanh", "lstm", "gru"]), any_sizes(smallest=2, largest=4))
def test_input_reach(kind, sizes: Sizes):
    """Against differences of the loss y ↦ dh·y, with every input moved."""
    rng = sizes.rng
    cell = random_cell(kind, sizes)
    xs = rng.standard_normal((sizes.T, sizes.B, sizes.I))
    dh = rng.standard_normal((sizes.B, sizes.H))
    lengths = rng.integers(1, sizes.T, sizes.B, endpoint=True)
    found = input_reach(cell, unroll(cell, xs, lengths=lengths), dh)

    def losses(moved):
        return (unroll(cell, moved, lengths=lengths).hs[-1] * dh).sum(axis=1)

    slopes = np.zeros_like(xs)
    for k, i in np.ndindex(sizes.T, sizes.I):
        nudge = np.zeros_like(xs)
        nudge[k, :, i] = 1e-6
        slopes[k, :, i] = (losses(xs + nudge) - losses(xs - nudge)) / 2e-6
    for n, b in np.ndindex(sizes.T, sizes.B):
        at = lengths[b] - 1 - n
        expected = np.linalg.norm(slopes[at, b]) if at >= 0 else 0.0
        assert_close(found[n, b], expected, 10.0, rtol=1e-8)
