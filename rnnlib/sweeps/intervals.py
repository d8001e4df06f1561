"""What a fraction of successes, or a sample, says about the probability or median behind it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from rnnlib._validate import Array, check_positive, check_size


@dataclass(frozen=True)
class Interval:
    """The numbers from `low` to `high`, both included; ``0.5 in interval`` asks for one."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval for the probability behind `successes` in `trials`.

    It holds every probability p from which the observed fraction lies at most z standard deviations
    √(p(1−p)/n) away, z being the normal quantile of the confidence. Unlike fraction ± z√(…), it
    stays inside [0, 1], is not empty at 0 or n successes, and covers near to what it says at the
    20 seeds of a sweep.

    Parameters
    ----------
    successes, trials : int
        With ``0 <= successes <= trials`` and at least one trial.
    confidence : float
        Between 0 and 1, both excluded.

    Returns
    -------
    Interval

    Raises
    ------
    TypeError
        If a count is not an integer or `confidence` not a number.
    ValueError
        If one is out of range.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, pp. 209–212; Brown, Cai and
    DasGupta (2001), Statistical Science 16(2), section 3.1.1.

    Examples
    --------
    >>> interval = wilson_interval(0, 20)
    >>> interval.low, round(interval.high, 3)
    (0.0, 0.161)
    """
    trials = check_size("trials", trials)
    successes = check_size("successes", successes, minimum=0)
    if successes > trials:
        raise ValueError(f"successes: expected at most trials, {trials}, got {successes}")
    check_confidence(confidence)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return Interval(
        _lower_end(successes / trials, z**2 / trials),
        1 - _lower_end((trials - successes) / trials, z**2 / trials),
    )


def median_interval(
    values: Sequence[float] | Array,
    confidence: float = 0.95,
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Return the bootstrap's percentile interval for the median behind a sample.

    The sample is drawn from itself, with replacement, `resamples` times; the interval holds the
    middle of the medians so found. The same seed gives the same interval.

    Parameters
    ----------
    values : array, shape (n,)
        Independent results, such as one for each seed; infinite ones are allowed, NaN is not.
    confidence : float
        Between 0 and 1, both excluded.
    resamples, seed : int

    Returns
    -------
    Interval

    Raises
    ------
    TypeError, ValueError
        If there are no values, one is NaN or not a number, or another argument is out of range.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 13.3.

    Examples
    --------
    >>> interval = median_interval([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0])
    >>> interval.low, interval.high
    (1.0, 5.0)
    """
    sample = check_sample("values", values)
    tail = (1 - check_confidence(confidence)) / 2
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(sample, (check_size("resamples", resamples), len(sample))), axis=1)
    # Of an even number the lower and the upper middle one are both taken, which also spares the
    # mean of two infinities.
    lower, upper = drawn[:, (len(sample) - 1) // 2], drawn[:, len(sample) // 2]
    low = np.quantile(lower, tail, method="lower")
    return Interval(float(low), float(np.quantile(upper, 1 - tail, method="higher")))


def check_confidence(confidence: float) -> float:
    """Return a number between 0 and 1, both excluded."""
    if check_positive("confidence", confidence) >= 1:
        raise ValueError(f"confidence: expected a number below 1, got {confidence}")
    return confidence


def check_sample(name: str, values: Sequence[float] | Array) -> Array:
    """Return one number or more, in one dimension and none of them NaN, as float64."""
    try:
        sample = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: expected numbers, got {values!r}") from None
    if sample.ndim != 1 or not len(sample):
        raise ValueError(f"{name}: expected one number or more in a row, got {sample.shape}")
    if np.isnan(sample).any():
        raise ValueError(f"{name}: expected numbers, got nan among them")
    return sample


def _lower_end(fraction: float, a: float) -> float:
    """Return the smaller root p of (fraction − p)² = a p(1−p), without cancellation."""
    root = math.sqrt(4 * a * fraction * (1 - fraction) + a**2)
    return 2 * fraction**2 / (2 * fraction + a + root)  # eq-wilson
