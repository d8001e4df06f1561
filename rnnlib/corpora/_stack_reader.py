"""Reading sentences of a grammar word by word, with all that a perfect memory would hold.

What can follow a prefix depends on the symbols still to come, a stack. The next words may leave
more than one stack possible (a noun phrase that ends here, or goes on), so the memory is a
probability for each of a few stacks.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from rnnlib._validate import describe

Stack = tuple[str, ...]
"""Symbols still to come, the next one first."""

Belief = dict[Stack, float]
"""The stacks that are possible after some prefix, with their probabilities."""


class StackReader:
    """The exact predictor of a grammar given by its rules and words (see `rnnlib.corpora.pcfg`)."""

    def __init__(
        self,
        rules: Mapping[str, list[tuple[float, Stack]]],
        words: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.rules, self.words = rules, words
        self._class_of = {word: name for name, group in words.items() for word in group}

    def read(self, argument: str, tokens: Sequence[str]) -> Iterator[tuple[float, Belief]]:
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
            p = self.next_classes(belief)
            if name not in p:
                raise ValueError(
                    f"{argument}: expected {' or '.join(sorted(p))} at index {at}, got {word!r}"
                )
            belief = self._after(belief, name, p[name])
            yield float(np.log(p[name] / len(self.words[name]))), belief

    def next_classes(self, belief: Belief) -> dict[str, float]:
        """Return the probability of each word class that can come next."""
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
