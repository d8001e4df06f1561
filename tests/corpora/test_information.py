import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnnlib.corpora import (
    entropy,
    mutual_information,
    mutual_information_at_distance,
    perplexity,
    plug_in_bias,
    shuffled_mutual_information,
)
from tests.strategies import for_all

TABLES = hnp.arrays(
    np.int64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.integers(0, 9)
).filter(lambda counts: counts.sum() > 0)


@pytest.mark.parametrize("k", [1, 2, 8, 100])
def test_entropy_of_equal_chances(k):
    assert entropy(np.ones(k)) == pytest.approx(np.log2(k), abs=1e-12)
    assert entropy(np.ones(k), base=np.e) == pytest.approx(np.log(k), abs=1e-12)


@for_all(TABLES)
def test_entropy_is_between_certainty_and_equal_chances(counts):
    assert 0.0 <= entropy(counts) <= np.log2(counts.size) + 1e-12
    assert entropy(7 * counts) == pytest.approx(entropy(counts / counts.sum()))


@for_all(TABLES)
def test_mutual_information_is_what_the_joint_entropy_saves(counts):
    saved = entropy(counts.sum(axis=0)) + entropy(counts.sum(axis=1)) - entropy(counts)
    assert mutual_information(counts) == pytest.approx(saved, abs=1e-12)
    assert mutual_information(counts) == pytest.approx(mutual_information(counts.T), abs=1e-12)
    assert mutual_information(counts) >= -1e-12


def test_mutual_information_at_its_ends():
    assert mutual_information(np.outer([1, 2, 3], [4, 5])) == pytest.approx(0, abs=1e-15)
    assert mutual_information(np.diag([1, 1, 1, 1])) == 2.0


@for_all(st.lists(st.integers(0, 4), min_size=4, max_size=60), st.integers(1, 3))
def test_mutual_information_at_distance_counts_the_pairs(tokens, distance):
    joint = np.zeros((5, 5))
    for earlier, later in zip(tokens, tokens[distance:], strict=False):
        joint[earlier, later] += 1
    found = mutual_information_at_distance(np.array(tokens) * 1000, [distance])
    np.testing.assert_allclose(found, [mutual_information(joint)], atol=1e-12)


def test_a_period_is_seen_at_its_distance_and_gone_after_shuffling():
    tokens = np.tile([0, 0, 1, 1], 500)
    measured = mutual_information_at_distance(tokens, [1, 2, 4])
    np.testing.assert_allclose(measured, [0, 1, 1], atol=1e-5)
    shuffled = shuffled_mutual_information(tokens, [1, 2, 4], np.random.default_rng(0), 3)
    assert shuffled.shape == (3, 3)
    assert (shuffled < 0.01).all()


def test_bias_of_counting_is_what_the_formula_says():
    rng = np.random.default_rng(1)
    size, n = 8, 2000
    estimates = [
        mutual_information_at_distance(rng.integers(0, size, n + 1), [1])[0] for _ in range(200)
    ]
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - plug_in_bias(size, n)) < 4 * error + 0.02 * plug_in_bias(
        size, n
    )


@for_all(st.lists(st.floats(1e-6, 1), min_size=1))
def test_perplexity_is_the_inverse_geometric_mean(p):
    expected = np.prod(np.array(p, dtype=np.longdouble) ** (-1 / len(p)))
    assert perplexity(np.log(p)) == pytest.approx(float(expected), rel=1e-9)


def test_perplexity_of_a_fair_die_and_of_the_impossible():
    assert perplexity(np.full((3, 4), -np.log(6))) == pytest.approx(6)
    assert perplexity([0.0]) == 1.0
    assert perplexity([-1.0, -np.inf]) == np.inf


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: entropy([0, 0]), ValueError, "counts: expected a sum above 0"),
        (lambda: entropy([]), ValueError, "counts: expected a sum above 0"),
        (lambda: entropy([1, -1]), ValueError, "counts: expected numbers >= 0, got -1"),
        (lambda: entropy([1, np.nan]), ValueError, "counts: expected finite numbers"),
        (lambda: entropy(["a"]), TypeError, "counts: expected numbers"),
        (lambda: entropy([1j]), TypeError, "counts: expected real numbers"),
        (lambda: entropy([1], base=1), ValueError, "base: expected a number above 1"),
        (lambda: entropy([1], base="e"), TypeError, "base: expected a number"),
        (lambda: mutual_information([1, 2]), ValueError, r"joint: expected shape \(X, Y\)"),
        (lambda: mutual_information([[1, -2]]), ValueError, "joint: expected numbers >= 0"),
        (lambda: plug_in_bias(0, 5), ValueError, "size: expected at least 1"),
        (lambda: plug_in_bias(5, 0.5), TypeError, "n_samples: expected an integer"),
        (lambda: mutual_information_at_distance([0, 1], [2]), ValueError, "at most 1 .* got 2"),
        (lambda: mutual_information_at_distance([0, 1], [0]), ValueError, "distances: .* got 0"),
        (lambda: mutual_information_at_distance([0, 1], [1.0]), TypeError, "distances: expected"),
        (lambda: mutual_information_at_distance([[0]], [1]), ValueError, r"shape \(N,\)"),
        (lambda: mutual_information_at_distance([0.0], [1]), TypeError, "tokens: .* integer"),
        (lambda: mutual_information_at_distance([], [1]), ValueError, "tokens: .* at least one"),
        (lambda: perplexity([]), ValueError, "log_probabilities: expected at least one"),
        (lambda: perplexity([0.5]), ValueError, "log_probabilities: expected numbers <= 0"),
        (lambda: perplexity([np.nan]), ValueError, "log_probabilities: expected numbers <= 0"),
        (lambda: perplexity(["a"]), TypeError, "log_probabilities: expected real numbers"),
    ],
)
def test_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_shuffles_are_counted():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="n_shuffles: expected at least 1, got 0"):
        shuffled_mutual_information([0, 1], [1], rng, 0)
