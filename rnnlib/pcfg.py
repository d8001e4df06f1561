"""Probabilistic context-free grammars: sampling, exact prediction, exact entropy.

A grammar gives each nonterminal rules with probabilities and each word class its words, all words
of a class being equally likely. Symbols on a right-hand side are nonterminals or word classes.
Rules must not be left-recursive, and no sentence may have two derivations; then the entropy of
derivations is the entropy of sentences.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from rnnlib._validate import Array, check_size, describe
from rnnlib.vocabulary import Vocabulary

END = "."
"""The word that ends every sentence, and occurs nowhere else."""

Stack = tuple[str, ...]
"""Symbols still to come, the next one first."""

Belief = dict[Stack, float]
"""The stacks that are possible after some prefix, with their probabilities."""


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
        return Vocabulary(tuple(sorted(self._class_of)))

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
        """
        *_, (_, belief) = self._read("prefix", prefix)
        result = np.zeros(len(self.vocabulary))
        for name, p in self._next_classes(belief).items():
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
        """
        return np.array([log_p for log_p, _ in self._read("tokens", tokens)][1:])

    def log_probability(self, sentence: Sequence[str]) -> float:
        """Return log p of one whole sentence, its end token included.

        Raises
        ------
        TypeError, ValueError
            If `sentence` is not a list of words that make exactly one sentence of this grammar.
        """
        logs = self.log_probabilities(sentence)
        if len(logs) == 0 or list(sentence).index(END) != len(logs) - 1:
            raise ValueError(f"sentence: expected one that ends in {END!r}, got {sentence}")
        return float(logs.sum())

    @cached_property
    def mean_matrix(self) -> Array:
        """How many nonterminals B one nonterminal A is rewritten to on average, shape (A, B).

        Its spectral radius is below one exactly if sentences end and have a finite mean length.
        """
        place = {symbol: i for i, symbol in enumerate(self.rules)}
        matrix = np.zeros((len(place), len(place)))
        for left, alternatives in self.rules.items():
            for p, right in alternatives:
                for symbol in right:
                    if symbol in place:
                        matrix[place[left], place[symbol]] += p
        return matrix

    @cached_property
    def entropy(self) -> float:
        """The entropy of a sentence, in nats.

        What one rewriting of A costs, h_A, is the entropy of the rule plus that of the words it
        writes; H = h + M H then adds what the nonterminals on its right-hand side cost.

        References
        ----------
        Grenander (1967), Syntax-controlled probabilities; Chi (1999), Statistical properties of
        probabilistic context-free grammars, Computational Linguistics 25.
        """
        cost = [
            sum(
                p * (-np.log(p) + sum(np.log(len(self.words.get(s, (s,)))) for s in right))
                for p, right in alternatives
            )
            for alternatives in self.rules.values()
        ]
        identity = np.eye(len(cost))
        return float(np.linalg.solve(identity - self.mean_matrix, cost)[0])  # eq-grammar-entropy

    @cached_property
    def expected_length(self) -> float:
        """The mean number of words in a sentence, its end token counted."""
        written = [
            sum(p * sum(s in self.words for s in right) for p, right in alternatives)
            for alternatives in self.rules.values()
        ]
        identity = np.eye(len(written))
        return float(np.linalg.solve(identity - self.mean_matrix, written)[0])

    @property
    def best_perplexity(self) -> float:
        """The perplexity of a perfect memory on long texts: no model can do better on average."""
        return float(np.exp(self.entropy / self.expected_length))  # eq-best-perplexity

    def _read(self, argument: str, tokens: Sequence[str]) -> Iterator[tuple[float, Belief]]:
        """Yield (0, belief at the start), then (log p, belief after it) for each word."""
        if isinstance(tokens, str):
            raise TypeError(f"{argument}: expected a list of words, got {describe(tokens)}")
        belief: Belief = {("S",): 1.0}
        yield 0.0, belief
        for at, word in enumerate(tokens):
            name = self._class_of.get(word)
            if name is None:
                raise ValueError(
                    f"{argument}: expected words of this grammar, got {word!r} at index {at}"
                )
            p = self._next_classes(belief)
            if name not in p:
                raise ValueError(
                    f"{argument}: expected {' or '.join(sorted(p))} at index {at}, got {word!r}"
                )
            belief = self._after(belief, name, p[name])
            yield float(np.log(p[name] / len(self.words[name]))), belief

    def _next_classes(self, belief: Belief) -> dict[str, float]:
        p: dict[str, float] = {}
        for stack, weight in belief.items():
            for q, name, _ in self._openings[stack[0]]:
                p[name] = p.get(name, 0.0) + weight * q
        return p

    def _after(self, belief: Belief, name: str, p_name: float) -> Belief:
        """Bayes' rule: the stacks after a word of class `name`, whose probability was `p_name`."""
        after: Belief = {}
        for stack, weight in belief.items():
            for q, opening, rest in self._openings[stack[0]]:
                if opening == name:
                    left = rest + stack[1:] or ("S",)
                    after[left] = after.get(left, 0.0) + weight * q / p_name
        return after

    @cached_property
    def _openings(self) -> dict[str, list[tuple[float, str, Stack]]]:
        """What each symbol can begin with: (probability, word class, symbols left after it)."""

        def openings(symbol: str) -> list[tuple[float, str, Stack]]:
            if symbol in self.words:
                return [(1.0, symbol, ())]
            return [
                (p * q, name, rest + right[1:])
                for p, right in self.rules[symbol]
                for q, name, rest in openings(right[0])
            ]

        return {symbol: openings(symbol) for symbol in (*self.rules, *self.words)}

    @cached_property
    def _class_of(self) -> dict[str, str]:
        return {word: name for name, words in self.words.items() for word in words}

    @cached_property
    def _cumulative(self) -> dict[str, Array]:
        return {left: np.cumsum([p for p, _ in right]) for left, right in self.rules.items()}

    def _choose_rule(self, symbol: str, uniform: float) -> Stack:
        chosen = np.searchsorted(self._cumulative[symbol][:-1], uniform, side="right")
        return self.rules[symbol][int(chosen)][1]
