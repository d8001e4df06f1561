"""The explorer of chapter 5: a trained next-word model."""

from typing import Any, ClassVar

import numpy as np

from rnnlib._validate import Array, check_array
from rnnlib.cells.elman import ElmanCell
from rnnlib.cells.readout import Readout
from rnnlib.corpora.text import tokenize
from rnnlib.corpora.vocabulary import Vocabulary
from rnnlib.explorers._base import Explorer
from rnnlib.explorers._traits import traitlets
from rnnlib.time.backpropagation import bptt
from rnnlib.time.unrolling import unroll
from rnnlib.training.losses import softmax

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
"""A weight is sent as one letter: the base-64 alphabet."""
LEVELS = (2 * np.arange(64) - 63) / 63
"""What the letters stand for, as shares of an array's largest weight."""
LONGEST = 400
"""Characters of a text at most."""


class WordsExplorer(Explorer):
    """A next-word model with tanh units: type, and see what it expects and what it listens to.

    So that the page stays light, a weight travels as one letter: one of 64 levels, times the
    largest weight of its unit. `cell` and `readout` are the network with just these weights, so
    that page and Python compute the same.

    Parameters
    ----------
    cell : ElmanCell
        With tanh; its inputs are one-hot words.
    readout : Readout
    vocabulary : Vocabulary
        Its number 0 stands for every unknown word.
    **settings
        Traits, such as `sentence`.

    Raises
    ------
    ValueError
        If the sizes of cell, readout and vocabulary do not fit, or the activation is not tanh.

    Examples
    --------
    >>> rng, vocabulary = np.random.default_rng(0), Vocabulary(("<unk>", "a", "b"), "<unk>")
    >>> cell, readout = ElmanCell.random(3, 4, rng), Readout.random(4, 3, rng)
    >>> explorer = WordsExplorer(cell, readout, vocabulary, sentence="a b a")
    >>> explorer.probabilities.shape, explorer.reach.shape
    ((3,), (3,))
    """

    module: ClassVar[str] = "words"
    heights: ClassVar[tuple[str, str]] = ("44rem", "49rem")
    shared_traits: ClassVar[tuple[str, ...]] = (
        "sentence", "W_hh", "W_xh", "W_ho", "scales", "b_h", "b_o", "vocabulary",
    )  # fmt: skip

    sentence = traitlets.Unicode("if the object has a method named").tag(sync=True)
    W_hh = traitlets.Unicode().tag(sync=True)
    W_xh = traitlets.Unicode().tag(sync=True)
    W_ho = traitlets.Unicode().tag(sync=True)
    scales: Any = traitlets.Dict().tag(sync=True)
    b_h: Any = traitlets.List().tag(sync=True)
    b_o: Any = traitlets.List().tag(sync=True)
    vocabulary = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, cell: ElmanCell, readout: Readout, vocabulary: Vocabulary, **settings: Any
    ) -> None:
        size = len(vocabulary)
        if cell.input_size != size or readout.W_ho.shape != (size, cell.hidden_size):
            raise ValueError(
                f"vocabulary: expected {cell.input_size} words, as the cell reads, and as many "
                f"as the readout's {readout.W_ho.shape[0]}, got {size}"
            )
        if cell.activation.name != "tanh":
            raise ValueError(f"cell: expected tanh, got {cell.activation.name}")
        parts = {"W_hh": cell.W_hh, "W_xh": cell.W_xh, "W_ho": readout.W_ho.T}
        written = {name: _in_letters(matrix) for name, matrix in parts.items()}
        b_h, b_o = ([float(f"{b:.3g}") for b in bias] for bias in (cell.b_h, readout.b_o))
        W_hh, W_xh, W_ho_T = (matrix for _, _, matrix in written.values())
        self.cell = ElmanCell(W_hh, W_xh, np.array(b_h))
        self.readout = Readout(W_ho_T.T, np.array(b_o))
        self.words = vocabulary
        super().__init__(
            W_hh=_letters(written["W_hh"][0]),
            W_xh=_letters(written["W_xh"][0].T),  # word after word, as the page reads them
            W_ho=_letters(written["W_ho"][0].T),
            scales={name: scale for name, (_, scale, _) in written.items()},
            b_h=b_h,
            b_o=b_o,
            vocabulary=" ".join(vocabulary.tokens),
            **settings,
        )

    @property
    def tokens(self) -> list[str]:
        """The words of the sentence, at most 400."""
        return tokenize(self.sentence)[:LONGEST]

    @property
    def probabilities(self) -> Array:
        """The distribution of the next word, shape (V,)."""
        return softmax(self.readout(self._last_state()))[0]

    @property
    def reach(self) -> Array:
        """‖δ_k‖ for every word k: the gradient of the best prediction's log with respect to s_k."""
        if not self.tokens:
            return np.zeros(0)
        o = self.probabilities
        dz = np.eye(o.size)[o.argmax()] - o
        deltas = bptt(self.cell, self._run(), (dz @ self.readout.W_ho)[None], deltas=True).deltas
        norms: Array = np.linalg.norm(check_array("deltas", deltas)[:, 0], axis=1)
        return norms

    def still(self) -> str:
        """Say what the figure shows."""
        o = self.probabilities
        best = [f"{self.words.tokens[v]} ({100 * o[v]:.2g} %)" for v in np.argsort(-o)[:3]]
        return f"After “{self.sentence}” the model expects {', '.join(best)}."

    def __repr__(self) -> str:
        return f"WordsExplorer(sentence={self.sentence!r})"

    def _run(self) -> Any:
        numbers = self.words.encode(self.tokens)
        return unroll(self.cell, np.eye(len(self.words))[numbers][:, None])

    def _last_state(self) -> Array:
        if not self.tokens:
            return np.zeros((1, self.cell.hidden_size))
        last: Array = self._run().hs[-1]
        return last


def _in_letters(matrix: Array) -> tuple[Array, list[float], Array]:
    """Return each weight's level, each row's scale, and the matrix that these two make."""
    scales = np.array([float(f"{size:.4g}") for size in np.abs(matrix).max(axis=1)])
    safe = np.where(scales > 0, scales, 1.0)[:, None]
    levels = np.clip(np.rint((63 * matrix / safe + 63) / 2), 0, 63).astype(int)
    return levels, scales.tolist(), LEVELS[levels] * scales[:, None]


def _letters(levels: Array) -> str:
    return "".join(np.array(list(LETTERS))[levels.ravel()])
