"""The vocabulary: which tokens there are, and the number of each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from rnnlib._validate import Array, check_size, check_tokens, describe

UNKNOWN = "<unk>"
"""The token that stands for every token not in the vocabulary."""


@dataclass(frozen=True)
class Vocabulary:
    """The distinct tokens of a text, numbered from 0.

    Build one with `Vocabulary.from_tokens`.

    Parameters
    ----------
    tokens : tuple of str
        The token of each number, without repetition.
    unknown : str or None
        The token that stands for every other one; None if there is no such token.

    Raises
    ------
    TypeError
        If an entry is not a string.
    ValueError
        If there is no token, one occurs twice, or `unknown` is not among them.

    Examples
    --------
    >>> vocabulary = Vocabulary.from_tokens(["to", "be", "or", "not", "to", "be"], max_size=3)
    >>> vocabulary.tokens
    ('<unk>', 'be', 'to')
    >>> vocabulary.encode(["not", "to", "be"])
    array([0, 2, 1])
    """

    tokens: tuple[str, ...]
    unknown: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.tokens, str) or not all(isinstance(t, str) for t in self.tokens):
            raise TypeError(f"tokens: expected strings, got {describe(self.tokens)}")
        if not self.tokens:
            raise ValueError("tokens: expected at least one token, got none")
        twice = [token for token, count in Counter(self.tokens).items() if count > 1]
        if twice:
            raise ValueError(f"tokens: expected distinct tokens, got {twice[0]!r} more than once")
        if self.unknown is not None and self.unknown not in self.tokens:
            raise ValueError(f"unknown: expected one of the tokens, got {self.unknown!r}")

    @classmethod
    def from_tokens(
        cls,
        tokens: Iterable[str],
        max_size: int | None = None,
        min_count: int = 1,
        unknown: str | None = UNKNOWN,
    ) -> "Vocabulary":
        """Build the vocabulary of a text, the most frequent tokens first.

        Parameters
        ----------
        tokens : iterable of str
            The training text, tokenised (never the test text: its rare words must stay unknown).
        max_size : int, optional
            The largest size, `unknown` included. The rarest tokens go.
        min_count : int
            Tokens that occur less often go.
        unknown : str or None
            The token for those that went and for any later one. It gets number 0. With None, a
            token outside the vocabulary is an error.

        Returns
        -------
        Vocabulary
            Sorted by count, then alphabetically.

        Raises
        ------
        TypeError
            If a token is not a string, or a size not an integer.
        ValueError
            If `tokens` is empty, or nothing is left.

        Examples
        --------
        >>> Vocabulary.from_tokens("the cat sees the dog".split(), unknown=None).tokens
        ('the', 'cat', 'dog', 'sees')
        """
        if isinstance(tokens, str):
            raise TypeError(f"tokens: expected a list of strings, got {describe(tokens)}")
        check_size("min_count", min_count)
        counts = Counter(tokens)
        if not counts:
            raise ValueError("tokens: expected at least one token, got none")
        special = () if unknown is None else (unknown,)
        kept = [t for t, count in counts.items() if count >= min_count and t not in special]
        kept.sort(key=lambda token: (-counts[token], token))
        if max_size is not None:
            kept = kept[: check_size("max_size", max_size) - len(special)]
        return cls((*special, *kept), unknown)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._numbers

    def encode(self, tokens: Sequence[str]) -> Array:
        """Return the number of each token, an integer array of shape (len(tokens),).

        Raises
        ------
        TypeError
            If `tokens` is a single string.
        ValueError
            If a token is outside the vocabulary and no unknown token exists.

        Examples
        --------
        >>> Vocabulary(("a", "b")).encode(["b", "a", "b"])
        array([1, 0, 1])
        """
        if isinstance(tokens, str):
            raise TypeError(f"tokens: expected a list of strings, got {describe(tokens)}")
        fallback = None if self.unknown is None else self._numbers[self.unknown]
        numbers = [self._numbers.get(token, fallback) for token in tokens]
        if None in numbers:
            at = numbers.index(None)
            raise ValueError(
                f"tokens: expected tokens of this vocabulary of {len(self)}, "
                f"got {tokens[at]!r} at index {at}"
            )
        return np.array(numbers, dtype=np.int64)

    def decode(self, numbers: Any) -> list[str]:
        """Return the token of each number.

        Raises
        ------
        TypeError
            If `numbers` does not hold integers.
        ValueError
            If it is empty or a number lies outside ``0 .. len(self) - 1``.

        Examples
        --------
        >>> Vocabulary(("a", "b")).decode([1, 0])
        ['b', 'a']
        """
        return [self.tokens[i] for i in check_tokens("numbers", numbers, len(self)).ravel()]


def one_hot(tokens: Any, vocab_size: int, dtype: DTypeLike = np.float64) -> Array:
    """Return a 1 at each token's place and 0 elsewhere.

    Parameters
    ----------
    tokens : array_like of int, shape (...)
        Token numbers.
    vocab_size : int
        The number V of tokens.
    dtype : dtype
        Of the result.

    Returns
    -------
    ndarray, shape (..., V)

    Raises
    ------
    TypeError
        If `tokens` does not hold integers.
    ValueError
        If it is empty or a token lies outside ``0 .. vocab_size - 1``.

    Examples
    --------
    >>> one_hot([2, 0], vocab_size=3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    numbers = check_tokens("tokens", tokens, check_size("vocab_size", vocab_size))
    result = np.zeros((*numbers.shape, vocab_size), dtype)
    np.put_along_axis(result, numbers[..., None], 1, axis=-1)
    return result
