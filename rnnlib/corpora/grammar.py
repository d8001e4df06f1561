"""The known-dependency corpus: every dependency, probability and entropy is known exactly.

Subject–verb agreement across nested modifiers; i and j are a number, singular or plural::

    S    → NP_i VP_i .
    NP_i → the N_i | the N_i M                         the second with probability `modified`
    M    → Loc | that Vp | P NP_j | that NP_j Vt_j     with the four probabilities `modifiers`
    VP_i → Vi_i | Vt_i NP_j                            the second with probability `transitive`

as in "the dogs near the cat that the mice chase sleep ." (Loc: *outside*; Vp: a past tense, which
does not agree in English; P: *near*). Each new number is plural with probability `plural`,
independently, so a verb's number is told by its subject *and by nothing else*: with `plural` = ½, a
model that has forgotten the subject is right half of the time.

At most one modifier follows a noun and the next two words decide every choice, so no sentence has
two derivations; a stack of symbols still to come is all that a perfect reader must remember.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_positive, check_size
from rnnlib.corpora.agreement_words import WORDS, Sample, annotate, other_number
from rnnlib.corpora.information import entropy
from rnnlib.corpora.pcfg import END, ProbabilisticGrammar, Stack

__all__ = ["Grammar", "Sample", "annotate", "other_number"]


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
        not subcritical: sentences would have no finite mean length.

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
                f"sentences have a finite mean length; got {radius:.4g}"
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
        return WORDS

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

    @property
    def expected_agreements(self) -> float:
        """The mean number of agreeing verbs in a sentence.

        Examples
        --------
        >>> Grammar(modified=0).expected_agreements
        1.0
        """
        one_verb = {"S": 1.0, "M": self.modifiers[3]}
        return self.expected_total([one_verb.get(symbol, 0.0) for symbol in self.rules])

    def window_floor(self, window: int) -> float:
        """Return a perplexity below which no model that sees only `window` tokens can come.

        A verb whose subject lies outside the window costs the whole entropy of a number more than
        the best prediction, even if everything else about the past were known.

        Parameters
        ----------
        window : int
            How many of the last tokens the model sees; n − 1 for an n-gram, perhaps 0.

        Returns
        -------
        float
            At least `best_perplexity`, which it approaches as the window grows.

        Raises
        ------
        TypeError, ValueError
            If `window` is not an integer of at least 0.

        Examples
        --------
        >>> grammar = Grammar()
        >>> grammar.window_floor(2) > grammar.window_floor(10) > grammar.best_perplexity
        True
        """
        seen = self.distance_distribution(window).sum() if check_size("window", window, 0) else 0.0
        verbs = self.expected_agreements * (1 - seen) / self.expected_length
        one_number = entropy([self.plural, 1 - self.plural], base=np.e)
        return float(self.best_perplexity * np.exp(verbs * one_number))  # eq-window-floor


def _check_probability(name: str, value: Any) -> float:
    p = check_positive(name, value, or_zero=True)
    if p > 1:
        raise ValueError(f"{name}: expected a probability between 0 and 1, got {p}")
    return p
