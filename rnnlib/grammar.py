"""The known-dependency corpus: every dependency, probability and entropy is known exactly.

Subject–verb agreement across nested modifiers; n and m are a number, singular or plural::

    S    → NP_n VP_n .
    NP_n → the N_n | the N_n M                         the second with probability `modified`
    M    → Loc | that Vp | P NP_m | that NP_m Vt_m     with the four probabilities `modifiers`
    VP_n → Vi_n | Vt_n NP_m                            the second with probability `transitive`

as in "the dogs near the cat that the mice chase sleep ." (Loc: *outside*; Vp: a past tense, which
does not agree in English; P: *near*). Each new number is plural with probability `plural`,
independently, so a verb's number is told by its subject *and by nothing else*: with `plural` = ½, a
model that has forgotten the subject is right half of the time.

At most one modifier follows a noun and the next two words decide every choice, so no sentence has
two derivations; a stack of symbols still to come is all that a perfect reader must remember.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_positive, check_size, describe
from rnnlib.pcfg import END, ProbabilisticGrammar, Stack

_WORDS: dict[str, tuple[str, ...]] = {
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
_NOUNS = {*_WORDS["N"], *_WORDS["N+"]}
_PLURAL = {*_WORDS["N+"], *_WORDS["Vi+"], *_WORDS["Vt+"]}
_OTHER_NUMBER = {
    word: other
    for name in ("N", "Vi", "Vt")
    for pair in zip(_WORDS[name], _WORDS[name + "+"], strict=True)
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


@dataclass(frozen=True)
class Grammar(ProbabilisticGrammar):
    """The grammar of this module, with its probabilities.

    Parameters
    ----------
    modified : float
        The probability that a noun is modified.
    modifiers : tuple of four floats
        The probabilities of the modifiers Loc, that Vp, P NP and that NP Vt; they sum to one.
    transitive : float
        The probability that the main verb has an object.
    plural : float
        The probability that a noun is plural.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a probability, the modifiers do not sum to one, or the grammar is
        not subcritical: sentences would not end.

    Examples
    --------
    >>> grammar = Grammar()
    >>> p = grammar.next_distribution("the dogs near the cat".split())
    >>> p[grammar.vocabulary.encode(["sleep"])] > p[grammar.vocabulary.encode(["sleeps"])]
    array([ True])
    """

    modified: float = 0.75
    modifiers: tuple[float, float, float, float] = (0.1, 0.1, 0.4, 0.4)
    transitive: float = 0.5
    plural: float = 0.5

    def __post_init__(self) -> None:
        for name in ("modified", "transitive", "plural"):
            _check_probability(name, getattr(self, name))
        if len(self.modifiers) != 4:
            raise ValueError(f"modifiers: expected four probabilities, got {self.modifiers}")
        total = sum(_check_probability("modifiers", p) for p in self.modifiers)
        if not np.isclose(total, 1.0):
            raise ValueError(f"modifiers: expected a sum of 1, got {total:.4g}")
        radius = float(np.abs(np.linalg.eigvals(self.mean_matrix)).max())
        if radius >= 1:
            raise ValueError(
                "modified, modifiers: expected a mean matrix of spectral radius below 1, so that "
                f"sentences end; got {radius:.4g}"
            )

    @cached_property
    def rules(self) -> dict[str, list[tuple[float, Stack]]]:
        """For each nonterminal its (probability, right-hand side) pairs; ``+`` marks the plural."""
        numbers = [(p, n) for p, n in ((1 - self.plural, ""), (self.plural, "+")) if p > 0]
        place, past, preposition, clause = self.modifiers
        rules: dict[str, list[tuple[float, Stack]]] = {
            "S": [(p, ("NP" + n, "VP" + n, END)) for p, n in numbers],
            "M": [
                (place, ("Loc",)),
                (past, ("that", "Vp")),
                *((preposition * p, ("P", "NP" + m)) for p, m in numbers),
                *((clause * p, ("that", "NP" + m, "Vt" + m)) for p, m in numbers),
            ],
        }
        for _, n in numbers:
            rules["NP" + n] = [
                (1 - self.modified, ("the", "N" + n)),
                (self.modified, ("the", "N" + n, "M")),
            ]
            rules["VP" + n] = [
                (1 - self.transitive, ("Vi" + n,)),
                *((self.transitive * p, ("Vt" + n, "NP" + m)) for p, m in numbers),
            ]
        return {left: [rule for rule in right if rule[0] > 0] for left, right in rules.items()}

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """For each word class its words."""
        return _WORDS

    def sample(self, rng: np.random.Generator, n_sentences: int) -> Sample:
        """Draw independent sentences and find their dependencies.

        Parameters
        ----------
        rng : numpy.random.Generator
            Draws.
        n_sentences : int
            How many.

        Returns
        -------
        Sample

        Raises
        ------
        TypeError, ValueError
            If `n_sentences` is not an integer of at least 1.

        Examples
        --------
        >>> sample = Grammar().sample(np.random.default_rng(0), n_sentences=2)
        >>> sample.tokens.count(".")
        2
        """
        return annotate(self.sample_tokens(rng, n_sentences))

    def distance_distribution(self, max_distance: int) -> Array:
        """Return the probability of each distance from a subject to its verb.

        A verb comes one token after its subject's noun phrase ends, so the law a(k) of the number k
        of tokens after the noun decides. With the modifiers' lengths,
        a(k) = (1 − r)[k = 0] + r (m₁[k = 1] + m₂[k = 2] + m₃ a(k − 3) + m₄ a(k − 4)).

        Parameters
        ----------
        max_distance : int
            The longest distance wanted.

        Returns
        -------
        ndarray, shape (max_distance,)
            Of the distances 1, 2, …; the longer ones are missing from their sum.

        Raises
        ------
        TypeError, ValueError
            If `max_distance` is not an integer of at least 1.

        Examples
        --------
        >>> Grammar(modified=0.5, modifiers=(0.2, 0.4, 0.4, 0)).distance_distribution(5)
        array([0.5 , 0.1 , 0.2 , 0.1 , 0.02])
        """
        place, past, preposition, clause = self.modifiers
        after = np.zeros(check_size("max_distance", max_distance))
        for k in range(max_distance):
            modifier = (place, past)[k - 1] if k in (1, 2) else 0.0
            modifier += preposition * after[k - 3] if k >= 3 else 0.0
            modifier += clause * after[k - 4] if k >= 4 else 0.0
            after[k] = (1 - self.modified) * (k == 0) + self.modified * modifier  # eq-distances
        return after


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


def _check_probability(name: str, value: Any) -> float:
    p = check_positive(name, value, or_zero=True)
    if p > 1:
        raise ValueError(f"{name}: expected a probability between 0 and 1, got {p}")
    return p
