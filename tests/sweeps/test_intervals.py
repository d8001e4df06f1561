"""Wilson's interval: published values, its definition, its coverage."""

import math

import mpmath
import numpy as np
import pytest

from rnnlib.sweeps import wilson_interval


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
