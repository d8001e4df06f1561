"""Whether two methods, run on the same seeds, differ by more than chance."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from rnnlib._validate import Array, check_size
from rnnlib.sweeps.intervals import check_sample


def sign_test(better: int, worse: int) -> float:
    """Return the p-value of so many pairs for one method and so many for the other.

    Pairs are the same seed with both methods; those that come out alike say nothing and are left
    out. If the methods did not differ, each remaining pair would go either way with probability ½;
    the p-value is the probability of a split at least as uneven as this one, to either side. For
    successes and failures it is McNemar's exact test.

    Parameters
    ----------
    better, worse : int
        Pairs in which the first method is better, and in which it is worse.

    Returns
    -------
    float
        1 if no pair differs.

    Raises
    ------
    TypeError, ValueError
        If a count is not an integer, or is negative.

    References
    ----------
    McNemar (1947), Psychometrika 12, pp. 153–157.

    Examples
    --------
    >>> sign_test(6, 0)
    0.03125
    """
    better = check_size("better", better, minimum=0)
    worse = check_size("worse", worse, minimum=0)
    n = better + worse
    tail = sum(math.comb(n, k) for k in range(min(better, worse) + 1))
    return min(1.0, 2 * tail / 2**n)


def permutation_test(
    first: Sequence[float] | Array,
    second: Sequence[float] | Array,
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> float:
    """Return the p-value of the mean difference of pairs, by exchanging the two of a pair.

    If the methods did not differ, each difference could as well have the other sign. The p-value is
    the share of all 2ⁿ choices of signs whose mean is at least as far from 0; where these are more
    than `resamples`, so many are drawn, and the observed one is counted with them.

    Parameters
    ----------
    first, second : array, shape (n,)
        The results of two methods, by seed.
    resamples, seed : int

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If the results are not finite numbers, or not as many of one method as of the other.

    References
    ----------
    Good (2005), Permutation, Parametric and Bootstrap Tests of Hypotheses, section 3.7.

    Examples
    --------
    >>> permutation_test([3.0, 5.0, 4.0], [1.0, 2.0, 3.0])
    0.25
    """
    differences = _differences(first, second)
    n = len(differences)
    if 2**n <= check_size("resamples", resamples):
        signs = np.array(list(itertools.product((1, -1), repeat=n)))
        unseen = 0
    else:
        signs = np.random.default_rng(seed).choice((1, -1), (resamples, n))
        unseen = 1
    sums = np.abs(signs @ differences)
    # What differs from the observed sum by rounding alone is as far from 0.
    observed = abs(differences.sum()) - 1e-12 * np.abs(differences).sum()
    return float((np.sum(sums >= observed) + unseen) / (len(signs) + unseen))


def _differences(first: Sequence[float] | Array, second: Sequence[float] | Array) -> Array:
    pair = check_sample("first", first), check_sample("second", second)
    if len(pair[0]) != len(pair[1]):
        raise ValueError(f"second: expected {len(pair[0])} results, got {len(pair[1])}")
    for name, sample in zip(("first", "second"), pair, strict=True):
        if not np.isfinite(sample).all():
            raise ValueError(f"{name}: expected finite numbers, got {sample}")
    return pair[0] - pair[1]
