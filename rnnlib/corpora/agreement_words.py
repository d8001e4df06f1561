"""The words of the known-dependency corpus, and which verb agrees with which noun in a text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnnlib._validate import Array, describe
from rnnlib.corpora.pcfg import END

WORDS: dict[str, tuple[str, ...]] = {
    name: tuple(words.split())
    for name, words in {
        "N": "dog cat mouse bird farmer teacher child king",
        "N+": "dogs cats mice birds farmers teachers children kings",
        "Vi": "sleeps runs sings waits falls",
        "Vi+": "sleep run sing wait fall",
        "Vt": "sees chases likes hears follows",
        "Vt+": "see chase like hear follow",
        "Vp": "laughed arrived vanished",
        "Loc": "outside upstairs",
        "P": "near behind",
        "the": "the",
        "that": "that",
        END: END,
    }.items()
}
"""The words of each class; + marks the plural."""

_NOUNS = {*WORDS["N"], *WORDS["N+"]}
_PLURAL = {*WORDS["N+"], *WORDS["Vi+"], *WORDS["Vt+"]}
_OTHER_NUMBER = {
    word: other
    for name in ("N", "Vi", "Vt")
    for pair in zip(WORDS[name], WORDS[name + "+"], strict=True)
    for word, other in (pair, pair[::-1])
}


@dataclass(frozen=True)
class Sample:
    """Sentences, and which verb agrees with which noun in them.

    Parameters
    ----------
    tokens : list of str, length N
        The sentences, one after the other.
    subjects, verbs : ndarray of int, shape (D,)
        The place in `tokens` of every agreeing verb, ascending, and of its subject.
    plural : ndarray of bool, shape (D,)
        Their number.
    """

    tokens: list[str]
    subjects: Array
    verbs: Array
    plural: Array

    @property
    def distances(self) -> Array:
        """How many tokens after its subject each verb comes, at least 1; shape (D,)."""
        return self.verbs - self.subjects


def annotate(tokens: Sequence[str]) -> Sample:
    """Find every subject and its verb in sentences of the grammar, whoever wrote them.

    A noun that opens a sentence or a relative clause (after *that the*) waits for its verb; nouns
    that wait answer last in, first out.

    Parameters
    ----------
    tokens : sequence of str
        Sentences of the grammar, one after the other.

    Returns
    -------
    Sample

    Raises
    ------
    ValueError
        If a verb has no subject or disagrees with it, or a subject has no verb.

    Examples
    --------
    >>> annotate("the dogs near the cat that the mice chase sleep .".split()).distances
    array([1, 8])
    """
    waiting: list[int] = []
    found: list[tuple[int, int]] = []
    verbs = {word for word in _OTHER_NUMBER if word not in _NOUNS}
    for at, word in enumerate(tokens):
        if word in _NOUNS and (at < 2 or tokens[at - 2] in ("that", END)):
            waiting.append(at)
        elif word in verbs:
            if not waiting or (tokens[waiting[-1]] in _PLURAL) != (word in _PLURAL):
                raise ValueError(
                    f"tokens: expected a subject for every verb and agreement, "
                    f"got {word!r} at index {at}"
                )
            found.append((waiting.pop(), at))
    if waiting:
        raise ValueError(
            f"tokens: expected a verb for every subject, got none for "
            f"{tokens[waiting[-1]]!r} at index {waiting[-1]}"
        )
    subjects, places = np.array(found, dtype=np.int64).reshape(-1, 2).T
    plural = np.array([tokens[at] in _PLURAL for at in places], dtype=bool)
    return Sample(list(tokens), subjects, places, plural)


def other_number(word: str) -> str:
    """Return the same noun or verb in the other number.

    Raises
    ------
    ValueError
        If `word` is not a noun or agreeing verb of the grammar.

    Examples
    --------
    >>> other_number("mice"), other_number("sees")
    ('mouse', 'see')
    """
    if word not in _OTHER_NUMBER:
        raise ValueError(f"word: expected a noun or an agreeing verb, got {describe(word)}")
    return _OTHER_NUMBER[word]
