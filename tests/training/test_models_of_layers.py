"""Models of layers: they train, carry states, take documents, diverge and are saved as cells do."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib import (
    Batch,
    DiagonalCell,
    ElmanCell,
    GRUCell,
    Model,
    Readout,
    bptt,
    loss_and_gradient,
    mean_squared_error,
    train,
    tree,
    unroll,
)
from rnnlib.checks import check_gradient
from rnnlib.time import LRU, Dense, Parallel, Residual, Reverse, Stack, bidirectional
from rnnlib.training import SGD, Adam, TemporalOrder, mean_loss
from rnnlib.training.storage import load, save
from tests.compositions import (
    ANY,
    arrays_of_start,
    map_states,
    of_sequence,
    plans,
    random_layer,
    random_start,
)
from tests.strategies import Sizes, any_sizes, assert_close, for_all

CASE = Sizes(T=6, B=3, I=2, H=3, V=2, seed=2)
NESTED = ("stack", (("both", ("gru",), ("lru",)), ("residual", ("lstm",)), ("dense",)))


def random_model(plan, sizes):
    rng = sizes.rng
    layer = random_layer(plan, sizes.I, rng)
    return Model(layer, Readout.random(layer.hidden_size, sizes.V, rng)), rng


def every_kind():
    """A model with every kind of layer in it, of which some memory is complex."""
    rng = np.random.default_rng(0)
    both = bidirectional(GRUCell.random(6, 3, rng), ElmanCell.random(6, 3, rng))
    encoder = Dense.random(6, 6, rng, activation="relu")
    layers = [encoder, Residual(both), LRU.random(6, 8, rng, smallest=0.9, largest_phase=0.3)]
    wide = Parallel([Dense.random(8, 4, rng), Reverse(ElmanCell.random(8, 4, rng))])
    return Model(Stack([*layers, wide]), Readout.random(8, 4, rng))


def test_a_model_of_every_kind_of_layer_learns():
    model, task = every_kind(), TemporalOrder(length=12)
    rng = np.random.default_rng(1)
    training = train(model, task.batches(rng, 32), task.loss, Adam(0.01), steps=150, clip_norm=1.0)
    assert training.stopped == "steps"
    assert training.losses[-10:].mean() < 0.5 * training.losses[:5].mean()
    for before, after in zip(*(tree.leaves(m) for m in (model, training.model)), strict=True):
        assert before.dtype == after.dtype and before.shape == after.shape
        assert not np.array_equal(before, after)


@pytest.mark.parametrize("optimiser", [SGD(1e-4), Adam(1e-5)])
def test_a_small_step_descends_by_what_the_gradient_says(optimiser):
    model, rng = random_model(("lru",), CASE)
    batch = Batch(rng.standard_normal((6, 3, 2)), rng.standard_normal((6, 3, 2)), every_step=True)
    found = loss_and_gradient(model, batch, mean_squared_error)
    after = optimiser.step(optimiser.start(model), found.gradient).parameters
    descended = found.value - loss_and_gradient(after, batch, mean_squared_error).value
    # dL = Re Σ g dθ for complex derivatives g = ∂L/∂Re θ − i ∂L/∂Im θ
    moved = tree.map_leaves(np.subtract, model, after)
    pairs = zip(tree.leaves(found.gradient), tree.leaves(moved), strict=True)
    predicted = sum((g * m).real.sum() for g, m in pairs)
    assert predicted > 0
    assert_close(descended, predicted, predicted, rtol=0.01)


def test_the_lru_learns_to_remember():
    rng = np.random.default_rng(0)
    layer = LRU.random(1, 4, rng, state_size=16, smallest=0.9, largest=0.99, largest_phase=1.0)
    model = Model(layer, Readout.random(4, 1, rng))

    def batches():
        while True:
            xs = rng.standard_normal((20, 32, 1))
            yield Batch(xs, xs[:1, :, 0].T @ np.ones((1, 1)))  # the first input, 19 steps later

    training = train(model, batches(), mean_squared_error, Adam(0.01), steps=200)
    assert training.losses[-20:].mean() < 0.4  # a constant can reach 1


def check_loss(plan, sizes, options):
    """A model's loss and gradient are the readout's, chained to the layer's by hand."""
    model, rng = random_model(plan, sizes)
    every_step, padded, window = options
    xs = rng.standard_normal((sizes.T, sizes.B, sizes.I))
    targets = rng.standard_normal((sizes.T, sizes.B, sizes.V))
    lengths = rng.integers(1, sizes.T, sizes.B, endpoint=True) if padded else None
    h0 = random_start(model.cell, sizes.B, rng)
    batch = Batch(xs, targets if every_step else targets[0], every_step, lengths, h0=h0)
    found = loss_and_gradient(model, batch, mean_squared_error, window=window)

    run = unroll(model.cell, xs, h0, lengths=lengths)
    counts = np.ones((sizes.T, sizes.B, 1), bool)
    if padded:
        counts = (np.arange(sizes.T)[:, None] < lengths)[..., None]
    hs, counts = (run.outputs, counts) if every_step else (run.last, counts[0])
    error = np.where(counts, model.readout(hs) - batch.targets, 0)
    number = counts.sum() * sizes.V
    assert_close(found.value, (error**2).sum() / number, 1 + (error**2).sum())
    d_readout, dhs = model.readout.vjp(hs, 2 * error / number)
    by_hand = bptt(model.cell, run, dhs, window=window)
    scale = 10 * (1 + np.abs(error).sum()) * (1 + np.abs(xs).sum())
    for one, other in zip(
        tree.leaves(found.gradient),
        [*tree.leaves(by_hand.cell), *tree.leaves(d_readout)],
        strict=True,
    ):
        assert_close(one, other, scale)
    for one, other in zip(*map(arrays_of_start, (found.states, run.final)), strict=True):
        np.testing.assert_array_equal(one, other)


OPTIONS = st.tuples(st.booleans(), st.booleans(), st.sampled_from([None, 1, 2, 3]))


@for_all(plans(*ANY), any_sizes(), OPTIONS, examples=40)
def test_loss_and_gradient(plan, sizes: Sizes, options):
    check_loss(plan, sizes, options)


@for_all(plans(*ANY), any_sizes(1, 4), st.booleans(), examples=40)
def test_documents_inside_a_sequence_are_as_alone(plan, sizes: Sizes, padded):
    model, rng = random_model(plan, sizes)
    xs = rng.standard_normal((sizes.T, sizes.B, sizes.I))
    targets = rng.standard_normal((sizes.T, sizes.B, sizes.V))
    lengths = (
        rng.integers(1, sizes.T, sizes.B, endpoint=True) if padded else np.full(sizes.B, sizes.T)
    )
    resets = rng.random((sizes.T, sizes.B)) < 0.4
    h0 = random_start(model.cell, sizes.B, rng)
    batch = Batch(xs, targets, True, lengths if padded else None, h0=h0, resets=resets)
    total, value = tree.map_leaves(np.zeros_like, model), 0.0
    for b in range(sizes.B):
        begins = [0, *[t for t in range(1, lengths[b]) if resets[t, b]], lengths[b]]
        for start, stop in pairwise(begins):
            first = None
            if start == 0:
                first = of_sequence(h0, b)
                if resets[0, b]:
                    first = map_states(np.zeros_like, first)
            alone = Batch(xs[start:stop, b : b + 1], targets[start:stop, b : b + 1], True, h0=first)
            found = loss_and_gradient(model, alone, mean_squared_error)
            share = (stop - start) / lengths.sum()
            value += share * found.value
            scaled = tree.map_leaves(lambda g, s=share: s * g, found.gradient)
            total = tree.map_leaves(np.add, total, scaled)
    found = loss_and_gradient(model, batch, mean_squared_error)
    scale = 100 * (1 + np.abs(targets).sum()) * (1 + np.abs(xs).sum())
    assert_close(found.value, value, scale)
    for one, other in zip(*map(tree.leaves, (found.gradient, total)), strict=True):
        assert_close(one, other, scale)


def test_states_are_carried_on():
    """A text in two pieces is the whole text: the same losses, from layer to layer."""
    model, rng = random_model(("stack", (("lstm",), ("residual", ("lru",)), ("gru",))), CASE)
    xs, targets = rng.standard_normal((8, 3, 2)), rng.standard_normal((8, 3, 2))
    pieces = [Batch(xs[k : k + 4], targets[k : k + 4], every_step=True) for k in (0, 4)]
    whole = mean_loss(model, [Batch(xs, targets, every_step=True)], mean_squared_error)
    assert_close(mean_loss(model, pieces, mean_squared_error, carry=True), whole, 10.0)
    still = train(model, pieces, mean_squared_error, SGD(1e-300), steps=2, carry=True)
    assert_close(still.losses.mean(), whole, 10.0)
    with pytest.raises(ValueError, match="batches: expected 3 sequences, as many as the carried"):
        fewer = Batch(xs[:, :2], targets[:, :2], every_step=True)
        train(still.state, [fewer], mean_squared_error, SGD(0.1), steps=1, carry=True)


def test_all_is_saved_and_goes_on(tmp_path):
    model, task = every_kind(), TemporalOrder(length=12)
    optimiser, rng = Adam(0.01), np.random.default_rng(3)
    batches = list(zip(range(4), task.batches(rng, 8), strict=False))
    batches = [batch for _, batch in batches]
    whole = train(model, batches, task.loss, optimiser, steps=4, carry=True)
    half = train(model, batches[:2], task.loss, optimiser, steps=2, carry=True)
    save(tmp_path / "half.npz", half.state)
    state = load(tmp_path / "half.npz")
    assert tree.same(state, half.state)
    rest = train(state, batches[2:], task.loss, optimiser, steps=2, carry=True)
    assert tree.same(rest.model, whole.model)


def test_an_overflow_between_layers_is_divergence():
    steep = ElmanCell([[2.0]], [[1.0]], [0.0], activation="identity")
    model = Model(Stack([steep, steep]), Readout([[1.0]], [0.0]))
    batch = Batch(np.ones((1100, 1, 1)), np.zeros((1, 1)))
    training = train(model, [batch], mean_squared_error, SGD(0.1), steps=1)
    assert training.stopped == "diverged"
    assert mean_loss(model, [batch], mean_squared_error) == np.inf
    lru = LRU.random(1, 1, np.random.default_rng(0))
    good = Model(Stack([lru]), Readout([[1.0]], [0.0]))
    lost = tree.map_leaves(lambda array: np.full_like(array, 800.0), good)  # exp(800) is no number
    training = train(lost, [batch], mean_squared_error, SGD(0.1), steps=1)
    assert training.stopped == "diverged"


def test_a_model_by_the_gradient_check():
    rng = np.random.default_rng(0)
    layers = [bidirectional(GRUCell.random(2, 2, rng), ElmanCell.random(2, 2, rng))]
    model = Model(Stack([*layers, ElmanCell.random(4, 3, rng)]), Readout.random(3, 2, rng))
    batch = Batch(rng.standard_normal((5, 3, 2)), rng.standard_normal((3, 2)), lengths=[5, 2, 4])
    found = loss_and_gradient(model, batch, mean_squared_error)
    report = check_gradient(
        lambda m: mean_squared_error(m.outputs(batch), batch.targets).value,
        found.gradient,
        at=model,
    )
    assert report.passed, str(report)


def test_what_does_not_fit():
    rng = np.random.default_rng(0)
    spiral = DiagonalCell([0.5j], [[1.0]], [0.0])
    for cell in (spiral, Stack([spiral]), Residual(spiral)):
        with pytest.raises(
            TypeError, match=r"cell: expected real outputs, .* got complex128; rnnl"
        ):
            Model(cell, Readout([[1.0]], [0.0]))
    single = tree.astype(GRUCell.random(2, 2, rng), np.float32)
    with pytest.raises(TypeError, match=r"layers\[1\]: expected the precision of layers\[0\]"):
        Stack([GRUCell.random(2, 2, rng), single])
    model = Model(Stack([ElmanCell([[0.5]], [[1.0]], [0.0])]), Readout([[1.0]], [0.0]))
    batch = Batch(np.ones((3, 1, 1)), np.zeros((1, 1)))
    with pytest.raises(TypeError, match="omega: expected 0 for a Stack; Ω is of an ElmanCell"):
        loss_and_gradient(model, batch, mean_squared_error, omega=0.1)
