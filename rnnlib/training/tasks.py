"""Synthetic tasks whose dependencies reach a known distance, with the loss of knowing nothing.

Definitions differ between papers, and even between a paper and its code: each class says whose it
is. A task draws batches; `chance_loss` is what the best constant answer gets.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rnnlib._validate import Array, check_size
from rnnlib.corpora.vocabulary import one_hot
from rnnlib.training.batch import Batch
from rnnlib.training.losses import mean_squared_error, softmax_cross_entropy
from rnnlib.training.model import LossFunction


class Task(ABC):
    """A source of batches. One of your own defines the first two attributes, and both methods.

    Attributes
    ----------
    input_size, output_size : int
        Features at each step, and what a readout must have.
    loss : LossFunction
        `softmax_cross_entropy` unless the answers are numbers; override `error` too, then.
    """

    input_size: int
    output_size: int
    loss: LossFunction = staticmethod(softmax_cross_entropy)

    @property
    @abstractmethod
    def chance_loss(self) -> float:
        """The expected loss of the best answer that does not look at the input."""

    @abstractmethod
    def batch(self, rng: np.random.Generator, batch_size: int) -> Batch:
        """Draw `batch_size` independent sequences of one length."""

    def batches(self, rng: np.random.Generator, batch_size: int) -> Iterator[Batch]:
        """Draw batches without end."""
        while True:
            yield self.batch(rng, batch_size)

    def error(self, outputs: Array, batch: Batch) -> float:
        """Return the fraction of wrong answers (the mean squared error, where answers are numbers).

        Parameters
        ----------
        outputs : ndarray
            What ``model.outputs(batch)`` gave.
        batch : Batch
        """
        return float((np.argmax(outputs, axis=-1) != batch.targets).mean())


@dataclass(frozen=True)
class Adding(Task):
    """Two numbers of a long sequence are marked; answer with their sum (or mean) at the end.

    Inputs ``xs[..., 0]`` are numbers from U(0, 1); ``xs[..., 1]`` is 1 at two steps, else 0.

    Attributes
    ----------
    length : int
        T; at least 10.
    variant : {"pascanu", "arjovsky", "bai"}
        - *pascanu*: the length of each batch from T … 1.1 T; markers in its first tenth and between
          a tenth and a half; target the mean.
        - *arjovsky*: length T; one marker in each half; target the sum.
        - *bai*: length T; any two different steps; target the sum.

    Raises
    ------
    ValueError, TypeError
        If `length` is not an integer >= 10 or the variant is unknown.

    References
    ----------
    After Hochreiter & Schmidhuber (1997), experiment 4. Pascanu, Mikolov & Bengio (2013), ICML, and
    the authors' code; Arjovsky, Shah & Bengio (2016), ICML, section 4.2; Bai, Kolter & Koltun
    (2018), arXiv 1803.01271, and code. The latter print the chance loss as 0.1767: it is 1/6.

    Examples
    --------
    >>> task = Adding(length=50, variant="bai")
    >>> task.batch(np.random.default_rng(0), 4).xs.shape, round(task.chance_loss, 4)
    ((50, 4, 2), 0.1667)
    """

    length: int
    variant: Literal["pascanu", "arjovsky", "bai"] = "arjovsky"

    input_size = 2
    output_size = 1
    loss = staticmethod(mean_squared_error)

    def __post_init__(self) -> None:
        check_size("length", self.length, minimum=10)
        if self.variant not in ("pascanu", "arjovsky", "bai"):
            raise ValueError(
                f"variant: expected 'pascanu', 'arjovsky' or 'bai', got {self.variant!r}"
            )

    @property
    def chance_loss(self) -> float:
        """The variance of the target: 1/6 for the sum of two uniform numbers, 1/24 for the mean."""
        return 1 / 24 if self.variant == "pascanu" else 1 / 6  # eq-adding-chance

    @property
    def linear_loss(self) -> float:
        """The least expected loss of an answer that is affine in the inputs.

        So no linear recurrence with a linear readout has a smaller one. Not of the variant
        *pascanu*, whose length varies: ``ValueError``.
        """
        if self.variant == "pascanu":
            raise ValueError("variant: expected 'arjovsky' or 'bai', got 'pascanu'")
        T = self.length
        chance = [2 / T, 2 / T] if self.variant == "bai" else [1 / (T // 2), 1 / (T - T // 2)]
        return 1 / 6 - sum(chance) / 12  # eq-adding-linear

    def batch(self, rng: np.random.Generator, batch_size: int) -> Batch:
        """Draw `batch_size` independent sequences of one length."""
        B, T = check_size("batch_size", batch_size), self.length
        if self.variant == "pascanu":
            T = int(rng.integers(T, T + T // 10))
            first, second = rng.integers(0, T // 10, B), rng.integers(T // 10, T // 2, B)
        elif self.variant == "arjovsky":
            first, second = rng.integers(0, T // 2, B), rng.integers(T // 2, T, B)
        else:
            first = rng.integers(0, T, B)
            second = (first + rng.integers(1, T, B)) % T  # any other step
        each = np.arange(B)
        xs = np.zeros((T, B, 2))
        xs[..., 0] = rng.uniform(size=(T, B))
        xs[first, each, 1] = xs[second, each, 1] = 1
        total = xs[first, each, 0] + xs[second, each, 0]
        return Batch(xs, (total / 2 if self.variant == "pascanu" else total)[:, None])

    def error(self, outputs: Array, batch: Batch) -> float:
        """Return the mean squared error."""
        return float(((outputs - batch.targets) ** 2).mean())


@dataclass(frozen=True)
class TemporalOrder(Task):
    """Two steps show A or B, all others one of four distractors; name the pair at the end.

    Attributes
    ----------
    length : int
        T; at least 10.
    second_from : float
        The first symbol stands in the second tenth of the sequence, the other in the tenth that
        starts here. The default ½ is the authors' code; their paper says 0.4.

    Raises
    ------
    ValueError, TypeError
        If `length` is not an integer >= 10 or `second_from` not between 0.2 and 0.9.

    References
    ----------
    After Hochreiter & Schmidhuber (1997), experiment 6a; Pascanu, Mikolov & Bengio (2013), ICML,
    and the authors' code.

    Examples
    --------
    >>> task = TemporalOrder(length=20)
    >>> batch = task.batch(np.random.default_rng(0), 3)
    >>> batch.xs.shape, batch.targets.shape, round(task.chance_loss, 4)  # log 4
    ((20, 3, 6), (3,), 1.3863)
    """

    length: int
    second_from: float = 0.5

    input_size = 6
    output_size = 4

    def __post_init__(self) -> None:
        check_size("length", self.length, minimum=10)
        if not 0.2 <= self.second_from <= 0.9:
            raise ValueError(f"second_from: expected 0.2 … 0.9, got {self.second_from}")

    @property
    def chance_loss(self) -> float:
        """Log 4: the four pairs are equally likely."""
        return float(np.log(4))

    def batch(self, rng: np.random.Generator, batch_size: int) -> Batch:
        """Draw `batch_size` independent sequences of one length."""
        B, T = check_size("batch_size", batch_size), self.length
        symbols = rng.integers(2, 6, (T, B))
        pair, each = rng.integers(0, 2, (2, B)), np.arange(B)
        tenth = T // 10
        symbols[rng.integers(0, tenth, B) + tenth, each] = pair[0]
        symbols[rng.integers(0, tenth, B) + int(T * self.second_from), each] = pair[1]
        return Batch(one_hot(symbols, 6), 2 * pair[0] + pair[1])


@dataclass(frozen=True)
class Copying(Task):
    """Ten symbols, a long blank, a signal: now repeat the ten symbols in order.

    Of ten input symbols 0 … 7 are to be copied, 8 is blank, 9 the signal. The sequence has
    `delay` + 20 steps: ten symbols, delay − 1 blanks, the signal, ten blanks; the target is blank
    for the first delay + 10 steps, then the ten symbols.

    Attributes
    ----------
    delay : int
        T of the paper, at least 1.

    Raises
    ------
    ValueError, TypeError
        If `delay` is not an integer >= 1.

    References
    ----------
    Arjovsky, Shah & Bengio (2016), ICML, section 4.1, after Hochreiter & Schmidhuber (1997).

    Examples
    --------
    >>> task = Copying(delay=100)
    >>> batch = task.batch(np.random.default_rng(0), 2)
    >>> batch.xs.shape, batch.every_step
    ((120, 2, 10), True)
    """

    delay: int

    input_size = 10
    output_size = 9
    copied = 10

    def __post_init__(self) -> None:
        check_size("delay", self.delay)

    @property
    def chance_loss(self) -> float:
        """10 log 8 / (delay + 20): blank while it is due, then a guess; a mean over all steps."""
        return float(self.copied * np.log(8) / (self.delay + 2 * self.copied))

    def batch(self, rng: np.random.Generator, batch_size: int) -> Batch:
        """Draw `batch_size` independent sequences of one length."""
        B, n = check_size("batch_size", batch_size), self.copied
        word = rng.integers(0, 8, (n, B))
        inputs = np.full((self.delay + 2 * n, B), 8)
        targets = inputs.copy()
        inputs[:n], targets[-n:] = word, word
        inputs[n + self.delay - 1] = 9
        return Batch(one_hot(inputs, 10), targets, every_step=True)

    def error(self, outputs: Array, batch: Batch) -> float:
        """Return the fraction of the symbols to be copied that are wrong."""
        return float(
            (np.argmax(outputs[-self.copied :], -1) != batch.targets[-self.copied :]).mean()
        )
