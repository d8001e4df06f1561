"""Each task is what its definition says, and its chance loss is what a constant answer gets."""

import numpy as np
import pytest

from rnnlib import softmax_cross_entropy
from rnnlib.corpora import Grammar
from rnnlib.training import Adding, Agreement, Copying, TemporalOrder
from tests.equations.guards import catches
from tests.strategies import assert_close
from tools.equations import Mutant

RNG = np.random.default_rng


def check_adding(variant):
    task = Adding(40, variant)
    marked_steps, gaps = set(), set()
    for seed in range(30):
        batch = task.batch(RNG(seed), 50)
        numbers, marks = batch.xs[..., 0], batch.xs[..., 1]
        T = len(numbers)
        assert set(np.unique(marks)) == {0.0, 1.0} and np.all(marks.sum(axis=0) == 2)
        total = (numbers * marks).sum(axis=0)
        expected = total / 2 if variant == "pascanu" else total
        assert_close(batch.targets[:, 0], expected, 2.0)
        first, second = np.sort(np.argsort(-marks, axis=0, kind="stable")[:2], axis=0)
        marked_steps |= {*first, *second}
        gaps |= {*(second - first)}
        if variant == "pascanu":
            assert 40 <= T < 44
            assert np.all(first < T // 10) and np.all((T // 10 <= second) & (second < T // 2))
        else:
            assert T == 40
        if variant == "arjovsky":
            assert np.all(first < 20) and np.all(second >= 20)
    assert marked_steps == set(range(43 // 2 if variant == "pascanu" else 40))
    if variant == "bai":
        assert min(gaps) == 1 and max(gaps) > 35


@pytest.mark.parametrize("variant", ["pascanu", "arjovsky", "bai"])
def test_adding_is_as_defined(variant):
    check_adding(variant)


@pytest.mark.parametrize(
    ("variant", "old", "new"),
    [
        ("pascanu", "total / 2 if", "total if"),
        ("arjovsky", "rng.integers(T // 2, T, B)", "rng.integers(T // 2 - 1, T, B)"),
        ("bai", "rng.integers(1, T, B)) % T", "rng.integers(0, T, B)) % T"),
        ("bai", "rng.integers(1, T, B)) % T", "rng.integers(1, 2, B)) % 30"),
    ],
)
def test_seeded_bugs_in_adding_are_caught(variant, old, new):
    catches(lambda: check_adding(variant), "rnnlib/training/tasks.py", Mutant("seeded", old, new))


@pytest.mark.parametrize("variant", ["pascanu", "arjovsky", "bai"])
def test_the_chance_loss_of_adding_is_that_of_the_mean(variant):
    task = Adding(20, variant)
    targets = np.concatenate([task.batch(RNG(s), 500).targets for s in range(40)])
    mean = 0.5 if variant == "pascanu" else 1.0
    assert_close(((targets - mean) ** 2).mean(), task.chance_loss, task.chance_loss, rtol=0.02)
    batch = task.batch(RNG(0), 5)
    assert task.error(batch.targets, batch) == 0 < task.error(batch.targets + 1, batch)


@pytest.mark.parametrize("second_from", [0.4, 0.5])
def test_temporal_order_is_as_defined(second_from):
    task, seen, places = TemporalOrder(30, second_from), [], set()
    for seed in range(20):
        batch = task.batch(RNG(seed), 50)
        symbols = batch.xs.argmax(-1)
        assert np.all(batch.xs.sum(-1) == 1)
        is_letter = symbols < 2
        assert np.all(is_letter.sum(axis=0) == 2)
        first, second = np.sort(np.argsort(~is_letter, axis=0, kind="stable")[:2], axis=0)
        assert np.all((3 <= first) & (first < 6))
        start = int(30 * second_from)
        assert np.all((start <= second) & (second < start + 3))
        each = np.arange(50)
        np.testing.assert_array_equal(
            batch.targets, 2 * symbols[first, each] + symbols[second, each]
        )
        seen.extend(batch.targets)
        places |= {*first, *second}
    assert places == {3, 4, 5, start, start + 1, start + 2}  # any step of its tenth
    assert_close(np.bincount(seen, minlength=4) / len(seen), np.full(4, 0.25), 1.0, rtol=0.05)
    assert_close(task.chance_loss, -np.log(0.25), 1.0)
    assert task.error(np.eye(4)[batch.targets], batch) == 0


def test_copying_is_as_defined():
    task = Copying(delay=7)
    batch = task.batch(RNG(0), 20)
    symbols = batch.xs.argmax(-1)
    assert symbols.shape == batch.targets.shape == (27, 20)
    assert np.all(symbols[:10] < 8) and np.all(symbols[10:16] == 8)
    assert np.all(symbols[16] == 9) and np.all(symbols[17:] == 8)
    assert np.all(batch.targets[:17] == 8)
    np.testing.assert_array_equal(batch.targets[17:], symbols[:10])


def test_the_chance_loss_of_copying_is_that_of_a_guess():
    task = Copying(delay=7)
    batch = task.batch(RNG(0), 20)
    guess = np.full((27, 20, 9), -100.0)
    guess[:17, :, 8] = 0
    guess[17:, :, :8] = 0
    assert_close(softmax_cross_entropy(guess, batch.targets).value, task.chance_loss, 1.0)
    assert task.error(np.eye(9)[batch.targets], batch) == 0
    assert task.error(guess, batch) > 0.7


def test_the_chance_loss_of_agreement_is_the_entropy_of_a_number():
    assert Agreement(1, Grammar(plural=1.0)).chance_loss == 0  # nothing is left to guess
    assert_close(Agreement(1).chance_loss, np.log(2), 1.0)


@pytest.mark.parametrize("distance", [1, 4, 7])
def test_agreement_asks_for_the_number_of_the_first_word(distance):
    task = Agreement(distance)
    batch = task.batch(RNG(0), 300)
    assert batch.xs.shape == (distance, 300, task.input_size)
    words = task.grammar.vocabulary.decode(batch.xs[0].argmax(-1))
    plural = [word.endswith("s") or word in ("mice", "children") for word in words]
    np.testing.assert_array_equal(batch.targets, plural)
    assert 0.4 < batch.targets.mean() < 0.6
    assert_close(task.chance_loss, np.log(2), 1.0)


def test_agreement_draws_until_there_are_enough():
    assert Agreement(13).batch(RNG(0), 40).xs.shape[:2] == (13, 40)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Agreement(0), "distance: expected at least 1"),
        (
            lambda: Agreement(5, Grammar(modified=0)),
            "distance: expected one that the grammar makes",
        ),
        (lambda: Agreement(3).batch(RNG(0), 0), "batch_size: expected at least 1"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_batches_never_end():
    batches = TemporalOrder(10).batches(RNG(0), 2)
    first, second = next(batches), next(batches)
    assert not np.array_equal(first.xs, second.xs)
