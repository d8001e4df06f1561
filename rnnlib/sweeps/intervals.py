"""What a fraction of successes says about the probability behind it."""

import math
from dataclasses import dataclass
from statistics import NormalDist

from rnnlib._validate import check_positive, check_size


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
    if check_positive("confidence", confidence) >= 1:
        raise ValueError(f"confidence: expected a number below 1, got {confidence}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return Interval(
        _lower_end(successes / trials, z**2 / trials),
        1 - _lower_end((trials - successes) / trials, z**2 / trials),
    )


def _lower_end(fraction: float, a: float) -> float:
    """Return the smaller root p of (fraction − p)² = a p(1−p), without cancellation."""
    root = math.sqrt(4 * a * fraction * (1 - fraction) + a**2)
    return 2 * fraction**2 / (2 * fraction + a + root)  # eq-wilson
