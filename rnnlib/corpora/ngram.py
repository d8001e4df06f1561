"""n-gram models: the next token from the n − 1 tokens before it, by counting.

All of them interpolate: what was counted after the longest context, plus what that left over times
the prediction from a context one shorter, down to the uniform distribution.
"""

from typing import Any

import numpy as np

from rnnlib._validate import Array, check_positive, check_size
from rnnlib.corpora._ngram_model import Level, NGram, check_text

__all__ = ["NGram", "additive", "bigram", "kneser_ney", "unigram"]


def unigram(tokens: Any, vocab_size: int, alpha: float = 1.0) -> NGram:
    """Fit token frequencies, each count raised by `alpha`: `additive` of order 1.

    Parameters, result, errors and source are those of `additive`.

    Examples
    --------
    >>> unigram([0, 0, 1], vocab_size=2).probabilities([])
    array([0.6, 0.4])
    """
    return additive(tokens, vocab_size, 1, alpha)


def bigram(tokens: Any, vocab_size: int, alpha: float = 1.0) -> NGram:
    """Fit what follows each token, each count raised by `alpha`: `additive` of order 2.

    Parameters, result, errors and source are those of `additive`.

    Examples
    --------
    >>> bigram([0, 1, 0, 1, 2], vocab_size=4).probabilities([2])  # nothing followed 2
    array([0.25, 0.25, 0.25, 0.25])
    """
    return additive(tokens, vocab_size, 2, alpha)


def additive(tokens: Any, vocab_size: int, order: int, alpha: float = 1.0) -> NGram:
    """Fit p(w|c) = (count(c w) + α) / (count(c) + α V).

    Parameters
    ----------
    tokens : array_like of int, shape (N,)
        The training text.
    vocab_size : int
        The number V of tokens.
    order : int
        The n of the n-gram.
    alpha : float
        What is added to every count, above 0.

    Returns
    -------
    NGram

    Raises
    ------
    TypeError, ValueError
        If the tokens are not integers below `vocab_size`, fewer than `order`, or a size or `alpha`
        is not above 0.

    References
    ----------
    Chen and Goodman (1999), An empirical study of smoothing techniques for language modeling,
    section 2.

    Examples
    --------
    >>> additive([0, 1, 0, 1, 2], vocab_size=4, order=2, alpha=0.5).probabilities([0])
    array([0.125, 0.625, 0.125, 0.125])
    """
    check_positive("alpha", alpha)
    contexts, grams, counts = _count(tokens, vocab_size, order)
    total = _sum_by_context(grams[-1] // vocab_size, counts, len(contexts[-1]))
    denominator = total + alpha * vocab_size
    direct = counts / denominator[grams[-1] // vocab_size]
    top = Level(contexts[-1], grams[-1], direct, alpha * vocab_size / denominator)
    none = np.empty(0, dtype=np.int64)
    below = (Level(c, none, np.empty(0), np.ones(len(c))) for c in contexts[:-1])
    return NGram(vocab_size, (*below, top))


def kneser_ney(tokens: Any, vocab_size: int, order: int = 3) -> NGram:
    """Fit interpolated Kneser–Ney: subtract a discount, and back off to how *versatile* a word is.

    The longest context uses counts. Every shorter one uses continuation counts instead, the number
    of distinct tokens v seen before c w: a word that only ever follows one other word should not be
    expected anywhere else, however frequent it is. Each length has its own discount
    D = n₁ / (n₁ + 2 n₂), n₁ and n₂ being how many counts are exactly one and two; where either is
    zero, which leaves nothing to estimate D from, D = ½.

    Parameters
    ----------
    tokens : array_like of int, shape (N,)
        The training text.
    vocab_size : int
        The number V of tokens.
    order : int
        The n of the n-gram.

    Returns
    -------
    NGram

    Raises
    ------
    TypeError, ValueError
        If the tokens are not integers below `vocab_size` or fewer than `order`, or a size is not
        above 0.

    References
    ----------
    Kneser and Ney (1995), Improved backing-off for m-gram language modeling; Chen and Goodman
    (1999), An empirical study of smoothing techniques for language modeling, section 2.6
    (the discount), and section 3 (interpolation).

    Examples
    --------
    >>> model = kneser_ney([0, 1, 0, 1, 2, 0, 1], vocab_size=3, order=2)
    >>> round(float(model.probabilities([0]).sum()), 12)
    1.0
    """
    contexts, grams, counts = _count(tokens, vocab_size, order)
    levels = [_discounted(contexts[-1], grams[-1], counts, vocab_size)]
    for length in range(order - 2, -1, -1):
        longer, follower = np.divmod(grams[length + 1], vocab_size)
        without_oldest = contexts[length + 1][longer] // vocab_size
        keys = without_oldest * vocab_size + follower
        versatility = np.unique(keys, return_counts=True)[1]
        levels.append(_discounted(contexts[length], np.unique(keys), versatility, vocab_size))
    return NGram(vocab_size, tuple(levels[::-1]))


def _discounted(contexts: Array, grams: Array, counts: Array, vocab_size: int) -> Level:
    context = grams // vocab_size
    ones, twos = int((counts == 1).sum()), int((counts == 2).sum())
    discount = ones / (ones + 2 * twos) if ones and twos else 0.5
    total = _sum_by_context(context, counts, len(contexts))
    kinds = _sum_by_context(context, np.ones(len(counts)), len(contexts))
    direct = (counts - discount) / total[context]  # eq-kneser-ney
    backoff = np.ones(len(contexts))
    np.divide(discount * kinds, total, out=backoff, where=total > 0)  # eq-kneser-ney
    return Level(contexts, grams, direct, backoff)


def _count(tokens: Any, vocab_size: int, order: int) -> tuple[list[Array], list[Array], Array]:
    """Contexts and grams of every length up to ``order - 1``, and the counts of the longest."""
    text = check_text("tokens", tokens, check_size("vocab_size", vocab_size))
    if len(text) < check_size("order", order):
        raise ValueError(f"tokens: expected at least order = {order} of them, got {len(text)}")
    number = np.zeros(len(text), dtype=np.int64)
    contexts, grams = [np.zeros(1, dtype=np.int64)], []
    for length in range(order):
        if length > 0:
            keys = number[1:] * vocab_size + text[: len(text) - length]
            found, number = np.unique(keys, return_inverse=True)
            contexts.append(found)
        seen, counts = np.unique(number * vocab_size + text[length:], return_counts=True)
        grams.append(seen)
    return contexts, grams, counts


def _sum_by_context(context: Array, values: Array, n_contexts: int) -> Array:
    return np.bincount(context, weights=values, minlength=n_contexts)
