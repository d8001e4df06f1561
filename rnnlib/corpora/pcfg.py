"""Probabilistic context-free grammars: sampling, exact prediction, exact entropy.

A grammar gives each nonterminal rules with probabilities and each word class its words, all words
of a class being equally likely. Symbols on a right-hand side are nonterminals or word classes.
Rules must not be left-recursive, and no sentence may have two derivations; then the entropy of
derivations is the entropy of sentences.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from rnnlib._validate import Array, check_array, check_size
from rnnlib.corpora._stack_reader import Stack, StackReader
from rnnlib.corpora.vocabulary import Vocabulary

__all__ = ["END", "ProbabilisticGrammar", "Stack"]

END = "."
"""The word that ends every sentence, and occurs nowhere else."""


class ProbabilisticGrammar(ABC):
    """A grammar over sentences that begin with the symbol ``S`` and end with the word `END`."""

    @property
    @abstractmethod
    def rules(self) -> Mapping[str, list[tuple[float, Stack]]]:
        """For each nonterminal its (probability, right-hand side) pairs, ``S`` first."""

    @property
    @abstractmethod
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """For each word class its words; no word is in two classes."""

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """All words, in alphabetical order; there is no unknown token."""
        return Vocabulary(tuple(sorted(word for words in self.words.values() for word in words)))

    def sample_tokens(self, rng: np.random.Generator, n_sentences: int) -> list[str]:
        """Draw independent sentences, written one after the other.

        Parameters
        ----------
        rng : numpy.random.Generator
            Draws.
        n_sentences : int
            How many.

        Returns
        -------
        list of str

        Raises
        ------
        TypeError, ValueError
            If `n_sentences` is not an integer of at least 1.

        Examples
        --------
        >>> from rnnlib.corpora import Grammar
        >>> Grammar(transitive=0).sample_tokens(np.random.default_rng(0), 1)[-1]
        '.'
        """
        tokens: list[str] = []
        stack = ["S"] * check_size("n_sentences", n_sentences)
        while stack:
            symbol = stack.pop()
            if symbol in self.words:
                choices = self.words[symbol]
                tokens.append(choices[int(rng.random() * len(choices))])
            else:
                stack.extend(reversed(self._choose_rule(symbol, rng.random())))
        return tokens

    def next_distribution(self, prefix: Sequence[str]) -> Array:
        """Return the exact distribution of the next word.

        Parameters
        ----------
        prefix : sequence of str
            The words so far; whole sentences before the present one may be among them.

        Returns
        -------
        ndarray, shape (V,)
            In the order of `vocabulary`.

        Raises
        ------
        TypeError, ValueError
            If `prefix` is not a list of words of this grammar, or no sentence begins like that.

        Examples
        --------
        >>> from rnnlib.corpora import Grammar
        >>> grammar = Grammar()
        >>> grammar.next_distribution([])[grammar.vocabulary.encode(["the"])]
        array([1.])
        """
        *_, (_, belief) = self._reader.read("prefix", prefix)
        result = np.zeros(len(self.vocabulary))
        for name, p in self._reader.next_classes(belief).items():
            result[self.vocabulary.encode(self.words[name])] = p / len(self.words[name])
        return result

    def log_probabilities(self, tokens: Sequence[str]) -> Array:
        """Return log p of each word given all before it: the score of a perfect memory.

        Parameters
        ----------
        tokens : sequence of str, length N
            Sentences one after the other; the last one may be unfinished.

        Returns
        -------
        ndarray, shape (N,)
            Natural logarithms.

        Raises
        ------
        TypeError, ValueError
            If `tokens` is not a list of words of this grammar, or no sentence goes like that.

        Examples
        --------
        >>> from rnnlib.corpora import Grammar
        >>> np.exp(Grammar().log_probabilities(["the", "dog"]))  # two numbers, eight nouns
        array([1.    , 0.0625])
        """
        return np.array([log_p for log_p, _ in self._reader.read("tokens", tokens)][1:])

    def log_probability(self, sentence: Sequence[str]) -> float:
        """Return log p of one whole sentence, its end token included.

        Raises
        ------
        TypeError, ValueError
            If `sentence` is not a list of words that make exactly one sentence of this grammar.

        Examples
        --------
        >>> from rnnlib.corpora import Grammar
        >>> grammar = Grammar(modified=0, transitive=0)  # two numbers, eight nouns, five verbs
        >>> round(np.exp(-grammar.log_probability("the dog runs .".split())))
        80
        """
        logs = self.log_probabilities(sentence)
        if list(sentence).count(END) != 1 or sentence[-1] != END:
            raise ValueError(f"sentence: expected one that ends in {END!r}, got {sentence}")
        return float(logs.sum())  # eq-chain-rule

    @cached_property
    def mean_matrix(self) -> Array:
        """How many nonterminals B one nonterminal A is rewritten to on average, shape (A, B).

        Sentences end, and have a finite mean length, if its spectral radius is below one
        (*subcritical*; Chi 1999, Computational Linguistics 25).

        Examples
        --------
        >>> from rnnlib.corpora import Grammar
        >>> M = Grammar(plural=0).mean_matrix  # of S, M, NP, VP
        >>> M[1]  # a modifier holds another noun phrase with probability 0.4 + 0.4
        array([0. , 0. , 0.8, 0. ])
        """
        place = {symbol: i for i, symbol in enumerate(self.rules)}
        matrix = np.zeros((len(place), len(place)))
        for left, alternatives in self.rules.items():
            for p, right in alternatives:
                for symbol in right:
                    if symbol in place:
                        matrix[place[left], place[symbol]] += p
        return matrix

    @property
    def entropy(self) -> float:
        """The entropy of a sentence, in nats.

        One rewriting of A costs the entropy of its rule plus that of the words it writes.

        References
        ----------
        Soule (1974), Entropies of probabilistic grammars, Information and Control 25.

        Examples
        --------
        >>> from rnnlib.corpora import Grammar
        >>> round(np.exp(Grammar(modified=0, transitive=0).entropy))
        80
        """
        cost = [
            sum(
                p * (-np.log(p) + sum(np.log(len(self.words.get(s, (s,)))) for s in right))
                for p, right in alternatives
            )
            for alternatives in self.rules.values()
        ]
        return self.expected_total(cost)

    @property
    def expected_length(self) -> float:
        """The mean number of words in a sentence, its end token counted.

        Examples
        --------
        >>> from rnnlib.corpora import Grammar
        >>> Grammar(modified=0, transitive=0).expected_length
        4.0
        """
        written = [
            sum(p * sum(s in self.words for s in right) for p, right in alternatives)
            for alternatives in self.rules.values()
        ]
        return self.expected_total(written)

    def expected_total(self, per_rewriting: Sequence[float]) -> float:
        """Add up something over a whole sentence, on average.

        The total T_A under a nonterminal A is its own share plus the totals under the nonterminals
        it is rewritten to: T = t + M T, with the mean matrix M.

        Parameters
        ----------
        per_rewriting : sequence of float
            The share t_A of one rewriting of each nonterminal, in the order of `rules`.

        Returns
        -------
        float
            The total under ``S``.

        Raises
        ------
        TypeError, ValueError
            If it is not one finite number for each nonterminal.

        Examples
        --------
        >>> from rnnlib.corpora import Grammar
        >>> Grammar(plural=0).expected_total([1, 0, 0, 0])  # S is rewritten once
        1.0
        """
        shares = check_array("per_rewriting", per_rewriting, (len(self.rules),))
        M = self.mean_matrix
        return float(np.linalg.solve(np.eye(len(M)) - M, shares)[0])

    @property
    def best_perplexity(self) -> float:
        """The perplexity of a perfect memory on long texts: no model can do better on average.

        Examples
        --------
        >>> from rnnlib.corpora import Grammar
        >>> round(Grammar(modified=0, transitive=0).best_perplexity, 6) == round(80**0.25, 6)
        True
        """
        return float(np.exp(self.entropy / self.expected_length))  # eq-best-perplexity

    @cached_property
    def _reader(self) -> StackReader:
        return StackReader(self.rules, self.words)

    @cached_property
    def _borders(self) -> dict[str, list[float]]:
        """For each nonterminal where, between 0 and 1, one rule's share ends and the next begins.

        Lists: in few numbers Python's own search is ten times faster than numpy's.
        """
        shares = {left: [p for p, _ in right] for left, right in self.rules.items()}
        return {left: np.cumsum(share)[:-1].tolist() for left, share in shares.items()}

    def _choose_rule(self, symbol: str, uniform: float) -> Stack:
        return self.rules[symbol][bisect_right(self._borders[symbol], uniform)][1]
