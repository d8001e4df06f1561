"""Paired tests: published values, two ways to a number, as many false alarms as promised."""

import itertools
import math

import numpy as np
import pytest

from rnnlib.sweeps import permutation_test, sign_test


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [(6, 0, 1 / 32), (0, 6, 1 / 32), (5, 1, 7 / 32), (3, 3, 1.0), (0, 0, 1.0), (1, 0, 1.0)],
)
def test_signs_by_hand(better, worse, p):
    assert sign_test(better, worse) == p


def test_signs_by_counting_all_outcomes():
    """The probability of a split at least as uneven, over all 2ⁿ of them."""
    for n in range(1, 11):
        splits = [sum(each) for each in itertools.product((0, 1), repeat=n)]
        for k in range(n + 1):
            as_uneven = np.mean([abs(2 * s - n) >= abs(2 * k - n) for s in splits])
            assert math.isclose(sign_test(k, n - k), as_uneven)


def test_signs_alone_are_the_permutations_of_equal_differences():
    for k in range(9):
        first = np.r_[np.ones(k), np.zeros(8 - k)]
        assert math.isclose(permutation_test(first, 1 - first), sign_test(k, 8 - k))


def test_fisher_on_darwins_maize():
    """Fisher (1935), The Design of Experiments, section 21: 863 and 835 of 2¹⁵, to one side."""
    differences = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    zeros = np.zeros(15)
    p = permutation_test(differences, zeros, resamples=2**15)
    assert p == 2 * 863 / 2**15
    drawn = permutation_test(differences, zeros, resamples=20_000)
    assert drawn != p and abs(drawn - p) < 4 * math.sqrt(p / 20_000)


def test_what_cannot_be_exchanged_does_not_matter():
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((2, 10))
    p = permutation_test(first, second)
    assert permutation_test(second, first) == p
    assert permutation_test(first + 3, second + 3) == p
    assert permutation_test(5 * first, 5 * second) == p
    assert permutation_test(first, first) == 1


def test_false_alarms_are_as_rare_as_the_p_value_says():
    rng = np.random.default_rng(1)
    ps = [permutation_test(*rng.standard_normal((2, 8))) for _ in range(400)]
    assert 0.02 < np.mean(np.array(ps) <= 0.05) < 0.09


def test_a_difference_is_found():
    rng = np.random.default_rng(2)
    first, second = rng.standard_normal((2, 40))
    assert permutation_test(first + 1, second) < 0.01 < permutation_test(first, second)


@pytest.mark.parametrize(
    ("first", "second", "error", "message"),
    [
        ([], [], ValueError, "first: expected one number or more"),
        ([1.0], [1.0, 2.0], ValueError, "second: expected 1 results, got 2"),
        ([math.nan], [1.0], ValueError, "first: expected numbers, got nan"),
        ([1.0], [math.inf], ValueError, "second: expected finite numbers"),
        (["a"], [1.0], TypeError, "first: expected numbers"),
        ([[1.0]], [1.0], ValueError, "first: expected one number or more in a row"),
    ],
)
def test_refused(first, second, error, message):
    with pytest.raises(error, match=message):
        permutation_test(first, second)


def test_counts_out_of_range_are_refused():
    with pytest.raises(ValueError, match="worse: expected at least 0, got -1"):
        sign_test(3, -1)
    with pytest.raises(TypeError, match="better: expected an integer"):
        sign_test(2.5, 1)
