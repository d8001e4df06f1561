"""Subject–verb agreement over a chosen distance, as a task."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rnnlib._validate import Array, check_size
from rnnlib.corpora.grammar import Grammar
from rnnlib.corpora.vocabulary import one_hot
from rnnlib.training.batch import Batch
from rnnlib.training.tasks import Task


@dataclass(frozen=True)
class Agreement(Task):
    """The words from a subject to the word before its verb; answer whether the verb is plural.

    Sentences of `Grammar`, whose other nouns tell nothing about the subject's number: what
    the answer needs stands in the first word, `distance` steps back.

    Attributes
    ----------
    distance : int
        T, the number of words from the subject to the word before the verb.
    grammar : Grammar

    Raises
    ------
    ValueError, TypeError
        If `distance` is not an integer >= 1 or no verb ever stands so far from its subject.

    References
    ----------
    After Linzen, Dupoux & Goldberg (2016), TACL 4, 521-535, on a grammar that is known exactly.

    Examples
    --------
    >>> task = Agreement(distance=4)
    >>> task.batch(np.random.default_rng(0), 8).xs.shape[:2], round(task.chance_loss, 4)
    ((4, 8), 0.6931)
    """

    distance: int
    grammar: Grammar = Grammar()  # noqa: RUF009 (immutable)

    output_size = 2

    def __post_init__(self) -> None:
        distance = check_size("distance", self.distance)
        if self.grammar.distance_distribution(distance)[-1] <= 0:
            raise ValueError(f"distance: expected one that the grammar makes, got {distance}")

    @cached_property
    def input_size(self) -> int:  # type: ignore[override]
        """V, the size of the grammar's vocabulary."""
        return len(self.grammar.vocabulary)

    @property
    def chance_loss(self) -> float:
        """The entropy of a number in nats; log 2 if both are as likely."""
        p = np.array([self.grammar.plural, 1 - self.grammar.plural])
        return float(-(p[p > 0] * np.log(p[p > 0])).sum())

    def batch(self, rng: np.random.Generator, batch_size: int) -> Batch:
        """Draw `batch_size` dependencies of this distance, from as many sentences as that takes."""
        B = check_size("batch_size", batch_size)
        phrases: list[Array] = []
        plural: list[bool] = []
        while len(phrases) < B:
            sample = self.grammar.sample(rng, n_sentences=max(B, 64))
            words = self.grammar.vocabulary.encode(sample.tokens)
            for i in np.flatnonzero(sample.distances == self.distance):
                phrases.append(words[sample.subjects[i] : sample.verbs[i]])
                plural.append(bool(sample.plural[i]))
        xs = one_hot(np.stack(phrases[:B], axis=1), self.input_size)
        return Batch(xs, np.array(plural[:B], dtype=int))
