"""Wilson's interval: published values, its definition, its coverage."""

import math

import mpmath
import numpy as np
import pytest

from rnnlib.sweeps import median_interval, wilson_interval


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_values(successes, trials, low, high):
    """Newcombe (1998), Statistics in Medicine 17, Table I, method 3."""
    interval = wilson_interval(successes, trials)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
def test_ends_are_where_the_fraction_is_z_deviations_away(confidence):
    z = mpmath.sqrt(2) * mpmath.erfinv(confidence)
    for trials in (1, 2, 20, 1000):
        for successes in {0, 1, trials // 2, trials - 1, trials}:
            interval, fraction = wilson_interval(successes, trials, confidence), successes / trials
            for p in (interval.low, interval.high):
                deviations = (fraction - p) ** 2 - z**2 * p * (1 - p) / trials
                assert abs(deviations) < 1e-14 * (1 + z**2)
            assert 0 <= interval.low <= fraction <= interval.high <= 1
            assert interval.low < interval.high


def test_nothing_and_everything_reach_the_ends_exactly():
    for trials in (1, 7, 20, 49):
        assert wilson_interval(0, trials).low == 0
        assert wilson_interval(trials, trials).high == 1


def test_mirrored():
    few, many = wilson_interval(3, 20), wilson_interval(17, 20)
    np.testing.assert_allclose((few.low, few.high), (1 - many.high, 1 - many.low), rtol=1e-14)


def test_covers_what_it_says_on_average():
    """Exact coverage at 20 seeds, over all p; that of fraction ± z√(…) is far lower."""
    n, chances = 20, np.linspace(0.001, 0.999, 999)
    k = np.arange(n + 1)
    weights = np.array([math.comb(n, i) for i in k])
    binomial = weights * chances[:, None] ** k * (1 - chances[:, None]) ** (n - k)
    intervals = [wilson_interval(int(i), n) for i in k]
    covered = np.array([[p in interval for interval in intervals] for p in chances])
    assert abs((binomial * covered).sum(axis=1).mean() - 0.95) < 0.01
    wald = 1.96 * np.sqrt(k / n * (1 - k / n) / n)
    assert (binomial * (abs(chances[:, None] - k / n) <= wald)).sum(axis=1).mean() < 0.88


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 2), "successes: expected at most trials, 2, got 3"),
        ((0, 0), "trials: expected at least 1, got 0"),
        ((-1, 2), "successes: expected at least 0, got -1"),
        ((1.0, 2), "successes: expected an integer, got float"),
        ((1, 2, 1), "confidence: expected a number below 1, got 1"),
        ((1, 2, 0), "confidence: expected a finite number > 0, got 0"),
        ((1, 2, 95), "confidence: expected a number below 1, got 95"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        wilson_interval(*arguments)


def test_median_by_the_binomial():
    """Of n odd values the bootstrap's median is at most the k-th with a binomial's probability."""
    n = 21
    values = np.random.default_rng(3).permutation(n).astype(float)
    at_most = np.array(
        [
            sum(math.comb(n, j) * (k / n) ** j * (1 - k / n) ** (n - j) for j in range(11, n + 1))
            for k in range(1, n + 1)
        ]
    )
    interval = median_interval(values, 0.9, resamples=100_000)
    assert interval.low == np.searchsorted(at_most, 0.05)
    assert interval.high == np.searchsorted(at_most, 0.95)


def test_median_covers_about_what_it_says():
    rng = np.random.default_rng(4)
    samples = rng.standard_exponential((300, 20))
    held = [np.log(2) in median_interval(sample, resamples=500) for sample in samples]
    assert 0.9 < np.mean(held) < 0.99


def test_median_of_few_equal_and_infinite_values():
    one = median_interval([2.0])
    assert (one.low, one.high) == (2.0, 2.0)
    same = median_interval([1.0] * 10)
    assert (same.low, same.high) == (1.0, 1.0)
    far = median_interval([1.0, 2.0, np.inf, np.inf])
    assert far.low >= 1 and far.high == np.inf
    order = median_interval([1, 2, 3, 4, 5, 6])
    assert order == median_interval([1, 2, 3, 4, 5, 6]) and 3.5 in order


@pytest.mark.parametrize(
    ("values", "how", "error", "message"),
    [
        ([], {}, ValueError, "values: expected one number or more"),
        ([1.0, np.nan], {}, ValueError, "values: expected numbers, got nan"),
        (["a"], {}, TypeError, "values: expected numbers"),
        ([1.0], {"confidence": 1.0}, ValueError, "confidence: expected a number below 1"),
        ([1.0], {"resamples": 0}, ValueError, "resamples: expected at least 1"),
    ],
)
def test_median_refuses(values, how, error, message):
    with pytest.raises(error, match=message):
        median_interval(values, **how)
