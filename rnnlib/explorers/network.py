"""The explorer of chapters 2 and 4: a small network unrolled over a sentence."""

from typing import Any, ClassVar

import numpy as np

from rnnlib._validate import Array
from rnnlib.cells.elman import ElmanCell
from rnnlib.cells.readout import Readout
from rnnlib.corpora.vocabulary import Vocabulary, one_hot
from rnnlib.explorers._base import Explorer
from rnnlib.explorers._traits import traitlets
from rnnlib.product import log_norm_table, products_to_last, step_jacobians
from rnnlib.time.distances import loss_reach
from rnnlib.time.unrolling import Unrolled, unroll
from rnnlib.training.losses import Loss, softmax, softmax_cross_entropy

SENTENCE = "the dogs that the cat sees run ."
"""What the network reads: seven words and a stop, the verb five steps from its subject."""


class NetworkExplorer(Explorer):
    """A tanh network that reads a sentence and predicts each next word.

    Parameters
    ----------
    cell : ElmanCell, optional
        With tanh; its inputs are one-hot words. By default a random one of five units.
    readout : Readout, optional
    vocabulary : Vocabulary, optional
        By default the words of the sentence.
    sentence : str
        At least two words; all but the last are read, all but the first predicted.
    **settings
        Traits: `backward`, whether the error is shown on its way back, or only the way forward;
        `forward`, the steps made; `later` and `earlier`, the pair (t, k).

    Raises
    ------
    ValueError
        If the sizes do not fit, a word is unknown, or the activation is not tanh.

    Examples
    --------
    >>> explorer = NetworkExplorer(later=7, earlier=0)
    >>> explorer.product.shape
    (5, 5)
    """

    module: ClassVar[str] = "network"
    heights = ("42.5rem", "61rem")
    shared_traits: ClassVar[tuple[str, ...]] = (
        "forward", "later", "earlier", "W_hh", "drive", "W_ho", "b_o", "targets", "words",
        "answers", "backward",
    )  # fmt: skip

    forward = traitlets.Int(1, min=0).tag(sync=True)
    later = traitlets.Int(1, min=1).tag(sync=True)
    earlier = traitlets.Int(0, min=0).tag(sync=True)
    W_hh: Any = traitlets.List().tag(sync=True)
    drive: Any = traitlets.List().tag(sync=True)
    W_ho: Any = traitlets.List().tag(sync=True)
    b_o: Any = traitlets.List().tag(sync=True)
    targets: Any = traitlets.List().tag(sync=True)
    words: Any = traitlets.List().tag(sync=True)
    answers: Any = traitlets.List().tag(sync=True)
    backward = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        cell: ElmanCell | None = None,
        readout: Readout | None = None,
        vocabulary: Vocabulary | None = None,
        *,
        sentence: str = SENTENCE,
        **settings: Any,
    ) -> None:
        tokens = sentence.split()
        if len(tokens) < 2:
            raise ValueError(f"sentence: expected at least two words, got {sentence!r}")
        vocabulary = vocabulary or Vocabulary(tuple(dict.fromkeys(tokens)))
        rng = np.random.default_rng(0)
        self.cell = cell or ElmanCell.random(len(vocabulary), 5, rng, gain=1.2)
        self.readout = readout or Readout.random(self.cell.hidden_size, len(vocabulary), rng)
        if self.cell.activation.name != "tanh":
            raise ValueError(f"cell: expected tanh, got {self.cell.activation.name}")
        numbers = vocabulary.encode(tokens)
        self.run: Unrolled = unroll(self.cell, one_hot(numbers[:-1], len(vocabulary))[:, None])
        self.next_words = numbers[1:]
        steps = len(tokens) - 1
        super().__init__(
            W_hh=self.cell.W_hh.tolist(),
            drive=self.cell.weights()
            .apply(np.zeros(self.cell.hidden_size), self.run.xs[:, 0])
            .tolist(),
            W_ho=self.readout.W_ho.tolist(),
            b_o=self.readout.b_o.tolist(),
            targets=self.next_words.tolist(),
            words=tokens[:-1],
            answers=tokens[1:],
            **{"later": steps, "earlier": min(3, steps), **settings},
        )
        if not self.backward:
            self.heights = ("36rem", "40.5rem")

    @property
    def product(self) -> Array:
        """∂h_t/∂h_k for t = `later`, k = `earlier`, shape (H, H)."""
        return products_to_last(self.jacobians[: self.later])[self.earlier]

    @property
    def jacobians(self) -> Array:
        """J_1 … J_T, shape (T, H, H)."""
        return step_jacobians(self.cell, self.run)[:, 0]

    @property
    def log_norms(self) -> Array:
        """log₁₀ of the Frobenius norm of every ∂h_t/∂h_k, shape (T + 1, T + 1); NaN for k > t."""
        table: Array = log_norm_table(self.jacobians, norm="frobenius") / np.log(10)
        return table

    @property
    def loss(self) -> Loss:
        """Of the prediction at step `later`, with its gradient in the logits."""
        logits = self.readout(self.run.hs[self.later])
        return softmax_cross_entropy(logits, self.next_words[self.later - 1, None])

    @property
    def errors(self) -> Array:
        """∂L_t/∂h_k of t = `later` for every k = 0 … t, shape (t + 1, H)."""
        _, dh = self.readout.vjp(self.run.hs[self.later], self.loss.gradient)
        dhs = np.zeros_like(self.run.hs[1:])
        dhs[self.later - 1] = dh
        reach: Array = loss_reach(self.cell, self.run, dhs)[self.later - 1, : self.later + 1, 0]
        return reach

    def still(self) -> str:
        """Say what the figure shows."""
        if not self.backward:
            step = max(1, self.forward)
            chance = softmax(self.readout(self.run.hs[step]))[0, self.next_words[step - 1]]
            return (
                f"After “{' '.join(self.words[:step])}” the network gives what comes next, "
                f"“{self.answers[step - 1]}”, a probability of {chance:.3g}."
            )
        return (
            f"Over “{' '.join(self.words)}”, the product of Jacobians from step {self.earlier} to "
            f"step {self.later} has norm {np.linalg.norm(self.product):.3g}."
        )

    def __repr__(self) -> str:
        return f"NetworkExplorer(later={self.later}, earlier={self.earlier})"
