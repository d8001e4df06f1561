"""Training on a long text: states carried on, documents apart, going on where it stopped."""

import numpy as np
import pytest

from rnnlib import (
    Batch,
    Model,
    Readout,
    loss_and_gradient,
    mean_squared_error,
    softmax_cross_entropy,
    train,
    tree,
)
from rnnlib.corpora import Vocabulary
from rnnlib.training import (
    SGD,
    Adam,
    OptimiserState,
    RMSprop,
    clip_by_global_norm,
    mean_loss,
    storage,
    text_batches,
)
from tests.equations.guards import catches
from tests.networks import KINDS, LeakyCell, random_cell
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

FROZEN = SGD(1e-300)  # steps that change no weight, so that only the gradients are looked at


def stream(sizes, pieces, dtype=np.float64):
    rng = np.random.default_rng([sizes.seed, 9])
    shape = (sizes.T * pieces, sizes.B)
    xs = rng.standard_normal((*shape, sizes.I)).astype(dtype)
    targets = rng.integers(sizes.V, size=shape)
    resets = rng.random(shape) < 0.2
    whole = Batch(xs, targets, every_step=True, resets=resets)
    cut = [slice(i * sizes.T, (i + 1) * sizes.T) for i in range(pieces)]
    return whole, [Batch(xs[c], targets[c], every_step=True, resets=resets[c]) for c in cut]


def model_of(kind, sizes, dtype=np.float64):
    readout = Readout.random(sizes.H, sizes.V, np.random.default_rng(sizes.seed))
    return tree.astype(Model(random_cell(kind, sizes), readout), dtype)


def check_carrying(kind, sizes):
    """Piece by piece with carried states: the losses of the whole, the gradients of a window."""
    whole, pieces = stream(sizes, 3)
    whole = Batch(whole.xs, whole.targets, every_step=True)
    pieces = [Batch(piece.xs, piece.targets, every_step=True) for piece in pieces]
    model = model_of(kind, sizes)
    run = train(model, pieces, softmax_cross_entropy, FROZEN, steps=3, carry=True)
    together = loss_and_gradient(model, whole, softmax_cross_entropy, window=sizes.T)
    assert_close(run.losses.mean(), together.value, 1 + together.value, rtol=1e-12)
    assert_close(run.state.carried, together.states, 10.0)
    states, total = None, tree.map_leaves(np.zeros_like, model)
    for piece in pieces:
        found = loss_and_gradient(model, piece.carrying(states), softmax_cross_entropy)
        total, states = tree.map_leaves(np.add, total, found.gradient), found.states
    scale = 1 + tree.global_norm(together.gradient)
    assert_close(tree.flatten(total) / 3, tree.flatten(together.gradient), scale)
    mean = mean_loss(model, pieces, softmax_cross_entropy, carry=True)
    assert_close(mean, together.value, 1 + together.value)


@pytest.mark.parametrize("kind", KINDS)
def test_carried_states_are_a_window(kind):
    @for_all(any_sizes(), examples=15)
    def holds(sizes):
        check_carrying(kind, sizes)

    holds()


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("_steps.py", "after = replace(after, carried=result.states)", "pass"),
        ("_steps.py", "batch = batch.carrying(self.state.carried)", "pass"),
        ("model.py", "states = reading.last if carry else None", "states = None"),
    ],
)
def test_seeded_bugs_in_carrying_are_caught(path, old, new):
    sizes = Sizes(T=3, B=2, I=2, H=3, V=4, seed=0)
    catches(
        lambda: check_carrying("lstm", sizes), f"rnnlib/training/{path}", Mutant("seeded", old, new)
    )


@for_all(any_sizes())
def test_documents_are_the_same_in_pieces_or_whole(sizes):
    whole, pieces = stream(sizes, 3)
    model = model_of("gru", sizes)
    run = train(model, pieces, softmax_cross_entropy, FROZEN, steps=3, carry=True)
    value = loss_and_gradient(model, whole, softmax_cross_entropy).value
    assert_close(run.losses.mean(), value, 1 + value)


def test_without_carrying_each_batch_begins_anew():
    sizes = Sizes(T=3, B=2, I=2, H=3, V=4, seed=0)
    _, pieces = stream(sizes, 3)
    model = model_of("tanh", sizes)
    apart = train(model, pieces, softmax_cross_entropy, FROZEN, steps=3)
    alone = [loss_and_gradient(model, piece, softmax_cross_entropy).value for piece in pieces]
    assert list(apart.losses) == alone and apart.state.carried is None
    carried = train(model, pieces, softmax_cross_entropy, FROZEN, steps=3, carry=True)
    assert carried.losses[0] == apart.losses[0] and carried.losses[1] != apart.losses[1]


def test_a_batchs_own_first_states_come_before_carried_ones():
    sizes = Sizes(T=3, B=2, I=2, H=3, V=4, seed=0)
    _, (first, second, _) = stream(sizes, 3)
    model, h0 = model_of("tanh", sizes), np.full((2, 3), 0.5)
    second = Batch(second.xs, second.targets, every_step=True, h0=h0)
    run = train(model, [first, second], softmax_cross_entropy, FROZEN, steps=2, carry=True)
    assert run.losses[1] == loss_and_gradient(model, second, softmax_cross_entropy).value


def test_carried_states_of_another_number_of_sequences_are_named():
    model = model_of("tanh", Sizes(T=3, B=2, I=2, H=3, V=4, seed=0))
    batches = [Batch(np.ones((2, B, 2)), np.zeros(B, int)) for B in (3, 2)]
    with pytest.raises(ValueError, match=r"batches: expected 3 sequences, .* got 2"):
        train(model, batches, softmax_cross_entropy, FROZEN, steps=2, carry=True)
    # without carrying, a smaller last batch is welcome
    assert train(model, batches, softmax_cross_entropy, FROZEN, steps=2).steps == 2
    with pytest.raises(ValueError, match="batches: expected at least one"):
        mean_loss(model, [], softmax_cross_entropy)


def test_mean_loss_weighs_batches_by_their_targets():
    sizes = Sizes(T=3, B=2, I=2, H=3, V=4, seed=0)
    whole, _ = stream(sizes, 2)
    model = model_of("tanh", sizes)
    parts = [
        Batch(whole.xs[:, :1], whole.targets[:, :1], every_step=True),
        Batch(whole.xs[:2, 1:], whole.targets[:2, 1:], every_step=True, lengths=[1]),
    ]
    values = [loss_and_gradient(model, part, softmax_cross_entropy).value for part in parts]
    expected = (6 * values[0] + values[1]) / 7
    assert_close(mean_loss(model, parts, softmax_cross_entropy), expected, 1.0)
    numbers = Batch(np.ones((2, 1, 2)), np.zeros((1, 4)))
    huge = tree.map_leaves(lambda a: np.full_like(a, 1e308), model)
    assert mean_loss(huge, [numbers], mean_squared_error) == np.inf


def test_text_batches_are_the_text_in_order_and_reset_before_each_separator():
    rng = np.random.default_rng(0)
    tokens = rng.integers(5, size=61)
    batches = list(text_batches(tokens, 5, batch_size=3, seq_len=8, separator=4, dtype=np.float32))
    inputs = np.concatenate([batch.xs for batch in batches]).argmax(-1)
    targets = np.concatenate([batch.targets for batch in batches])
    np.testing.assert_array_equal(inputs.T.ravel(), tokens[:60])
    np.testing.assert_array_equal(targets.T.ravel(), tokens[1:61])
    resets = np.concatenate([b.resets for b in batches])
    expected = inputs == 4
    expected[0] = True
    np.testing.assert_array_equal(resets, expected)
    assert [len(batch.xs) for batch in batches] == [8, 8, 4]
    assert batches[0].xs.dtype == np.float32 and all(batch.every_step for batch in batches)
    plain = list(text_batches(tokens, 5, batch_size=3, seq_len=8))
    assert plain[0].resets[0].all() and plain[1].resets is None
    with pytest.raises(ValueError, match=r"separator: expected tokens in 0..4, got 5"):
        text_batches(tokens, 5, 3, 8, separator=5)


def test_two_passes_over_a_text_begin_alike():
    vocabulary = Vocabulary.from_tokens("the cat sees the dog and the dog sees".split())
    tokens = vocabulary.encode("the cat sees the dog and the cat sees the dog and the".split())
    sizes = Sizes(T=1, B=2, I=len(vocabulary), H=4, V=len(vocabulary), seed=3)
    model = model_of("lstm", sizes)

    def passes(n):
        return [b for _ in range(n) for b in text_batches(tokens, len(vocabulary), 2, 3)]

    run = train(model, passes(2), softmax_cross_entropy, FROZEN, steps=4, carry=True)
    assert list(run.losses[:2]) == list(run.losses[2:]) and run.losses[0] != run.losses[1]


RULES = [
    SGD(0.1),
    SGD(0.1, momentum=0.9, weight_decay=0.1),
    RMSprop(0.003),
    Adam(lambda step: 0.01 * 0.9**step, weight_decay=0.1),
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
@pytest.mark.parametrize("kind", ["tanh", "lstm", "leaky"])
def test_going_on_from_a_file_is_bit_equal_to_no_interruption(kind, rule, dtype, tmp_path):
    sizes = Sizes(T=4, B=3, I=2, H=3, V=4, seed=1)
    _, pieces = stream(sizes, 6, dtype)
    model, path = model_of(kind, sizes, dtype), tmp_path / "state.npz"
    settings = {"carry": True, "window": 3, "clip_norm": 0.5}
    settings |= {"omega": 0.1} if kind == "tanh" else {}
    whole = train(model, pieces, softmax_cross_entropy, rule, steps=6, **settings)
    first = train(model, pieces[:2], softmax_cross_entropy, rule, steps=2, **settings)
    storage.save(path, first.state)
    state = storage.load(path, types=LeakyCell)
    assert isinstance(state, OptimiserState) and tree.same(state, first.state)
    second = train(state, pieces[2:], softmax_cross_entropy, rule, steps=4, **settings)
    assert [*first.losses, *second.losses] == list(whole.losses)
    assert tree.same(second.state, whole.state) and second.state.steps == 6
    assert {a.dtype for a in tree.leaves(second.state)} == {np.dtype(dtype)}
    anew = train(first.model, pieces[2:], softmax_cross_entropy, rule, steps=4, **settings)
    assert list(anew.losses) != list(second.losses)  # the carried states, at least


def test_a_batch_of_a_generator_that_is_saved_goes_on_too(tmp_path):
    rng = np.random.default_rng(3)
    rng.random(5)
    gradient = clip_by_global_norm(model_of("tanh", Sizes(1, 1, 2, 3, 4, 0)), 1.0).gradient
    storage.save(tmp_path / "both.npz", (Adam(0.1).start(gradient), rng))
    state, again = storage.load(tmp_path / "both.npz")
    assert tree.same(state.parameters, gradient)
    np.testing.assert_array_equal(again.standard_normal(9), rng.standard_normal(9))
