"""The model that every fit of `rnnlib.corpora` returns: counts, interpolated from short to long.

Contexts and grams are sorted integer arrays, so a whole text is scored by one binary search per
context length.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_tokens
from rnnlib.corpora.information import perplexity


@dataclass(frozen=True)
class Level:
    """What one context length contributes: p(w|c) = direct(c, w) + backoff(c) · p(w|c').

    Parameters
    ----------
    contexts : ndarray of int, shape (C,)
        Sorted keys. The key of context (v, c') is ``number of c' · V + v``, where c' is the context
        without its oldest token v; a context's number is its place here.
    grams : ndarray of int, shape (G,)
        Sorted keys ``number of c · V + w`` of the tokens w seen after context c.
    direct : ndarray of float, shape (G,)
        The share of probability that each of them gets from its own count.
    backoff : ndarray of float, shape (C,)
        The share left to the shorter context; 1 where nothing followed c.
    """

    contexts: Array
    grams: Array
    direct: Array
    backoff: Array

    def numbers(self, keys: Array) -> Array:
        """Return the number of the context with each key, −1 where it was never seen."""
        return _look_up(self.contexts, keys, np.arange(len(self.contexts)), missing=-1)


@dataclass(frozen=True)
class NGram:
    """A fitted n-gram model; make one with a function of `rnnlib.corpora`.

    Parameters
    ----------
    vocab_size : int
        The number V of tokens.
    levels : tuple of Level
        One for each context length 0, 1, …, n − 1.
    """

    vocab_size: int
    levels: tuple[Level, ...]

    @property
    def order(self) -> int:
        """The n of the n-gram: one more than the tokens of context it looks at."""
        return len(self.levels)

    def probabilities(self, context: Any) -> Array:
        """Return the distribution of the next token after `context`.

        Parameters
        ----------
        context : array_like of int, shape (L,)
            The tokens so far, perhaps none; only the last ``order - 1`` count.

        Returns
        -------
        ndarray, shape (V,)
            Sums to one, whether the context was ever seen or not.

        Raises
        ------
        TypeError, ValueError
            If a token is not an integer, or outside the vocabulary.

        Examples
        --------
        >>> from rnnlib.corpora import bigram
        >>> bigram([0, 1, 0, 1, 2], vocab_size=3).probabilities([0])
        array([0.2, 0.6, 0.2])
        """
        tokens = np.asarray(context)
        tokens = check_tokens("context", tokens, self.vocab_size) if tokens.size else tokens
        p = np.full(self.vocab_size, 1 / self.vocab_size)
        number = 0
        for length, level in enumerate(self.levels):
            if length > len(tokens):
                break
            if length > 0:
                key = np.array([number * self.vocab_size + int(tokens[-length])])
                number = int(level.numbers(key)[0])
            if number < 0:  # never seen: longer contexts were not seen either
                break
            p *= level.backoff[number]
            ends = np.array([number, number + 1]) * self.vocab_size
            first, last = np.searchsorted(level.grams, ends)
            p[level.grams[first:last] % self.vocab_size] += level.direct[first:last]
        return p

    def log_probability(self, tokens: Any) -> Array:
        """Return log p of each token given those before it.

        Parameters
        ----------
        tokens : array_like of int, shape (N,)
            A text. The first ``order - 1`` tokens have a shorter context: whatever there is.

        Returns
        -------
        ndarray, shape (N,)
            Natural logarithms.

        Raises
        ------
        TypeError, ValueError
            If a token is not an integer, or outside the vocabulary.

        Examples
        --------
        >>> from rnnlib.corpora import bigram
        >>> model = bigram([0, 1, 0, 1, 2], vocab_size=3)
        >>> np.exp(model.log_probability([0, 1])).round(4)
        array([0.3333, 0.6   ])
        """
        text = check_text("tokens", tokens, self.vocab_size)
        p = np.full(len(text), 1 / self.vocab_size)
        for level, number in zip(self.levels, self._context_numbers(text), strict=True):
            gram = np.where(number >= 0, number * self.vocab_size + text, -1)
            direct = _look_up(level.grams, gram, level.direct, missing=0.0)
            backoff = np.where(number >= 0, level.backoff[number], 1.0)
            p = direct + backoff * p
        return np.log(p)

    def perplexity(self, tokens: Any) -> float:
        """Return exp(−mean log p) over a text.

        Raises
        ------
        TypeError, ValueError
            If a token is not an integer, or outside the vocabulary.

        Examples
        --------
        >>> from rnnlib.corpora import unigram
        >>> round(unigram([0, 1], vocab_size=2).perplexity([1, 1, 0]), 6)
        2.0
        """
        return perplexity(self.log_probability(tokens))

    def coverage(self, tokens: Any) -> float:
        """Return the share of a text's tokens whose whole context was seen when fitting.

        Parameters
        ----------
        tokens : array_like of int, shape (N,)
            A text.

        Returns
        -------
        float
            Between 0 and 1.

        Raises
        ------
        TypeError, ValueError
            If a token is not an integer or outside the vocabulary, or there are fewer than `order`.

        Examples
        --------
        >>> from rnnlib.corpora import bigram
        >>> bigram([0, 1, 0, 1, 2], vocab_size=4).coverage([3, 0, 1])
        0.5
        """
        text = check_text("tokens", tokens, self.vocab_size)
        if len(text) < self.order:
            raise ValueError(f"tokens: expected at least {self.order} of them, got {len(text)}")
        *_, number = self._context_numbers(text)
        return float((number[self.order - 1 :] >= 0).mean())

    def _context_numbers(self, text: Array) -> list[Array]:
        """Return the number of each context of each length, −1 where it was not seen."""
        numbers = [np.zeros(len(text), dtype=np.int64)]
        for length, level in enumerate(self.levels[1:], start=1):
            key = np.full(len(text), -1)
            key[length:] = numbers[-1][length:] * self.vocab_size + text[:-length]  # eq-ngram
            key[numbers[-1] < 0] = -1
            numbers.append(level.numbers(key))
        return numbers


def check_text(name: str, tokens: Any, vocab_size: int) -> Array:
    """Return `tokens` as a one-dimensional int64 array of numbers below `vocab_size`."""
    text = check_tokens(name, tokens, vocab_size)
    if text.ndim != 1:
        raise ValueError(f"{name}: expected shape (N,), got {text.shape}")
    return text.astype(np.int64)


def _look_up(keys: Array, wanted: Array, values: Array, missing: float) -> Array:
    """Return values[i] for each wanted key that is keys[i], `missing` for the others."""
    place = np.searchsorted(keys, wanted)
    found = place < len(keys)
    found[found] = keys[place[found]] == wanted[found]
    result = np.full(len(wanted), missing, dtype=values.dtype)
    result[found] = values[place[found]]
    return result
