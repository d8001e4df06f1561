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
from rnnlib.time.unrolling import Unrolled, unroll
from rnnlib.training.losses import softmax
from rnnlib.training.model import Model

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
"""A weight is sent as one letter: the base-64 alphabet."""
LEVELS = (2 * np.arange(64) - 63) / 63
"""What the letters stand for, as shares of an array's largest weight."""
SENTENCE = (
    "the exception that was raised while the body of the with statement was executed "
    "is passed to the"
)
"""Long enough to see where a network stops to listen."""
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
        Its number 0 stands for every unknown word, and is never the guess.
    start : Model, optional
        The model before training, of which the cell is shown: how far the same error reaches in it.
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
    heights = ("47rem", "61rem")
    shared_traits: ClassVar[tuple[str, ...]] = (
        "sentence", "W_hh", "W_xh", "W_ho", "scales", "b_h", "b_o", "vocabulary", "before",
    )  # fmt: skip

    sentence = traitlets.Unicode(SENTENCE).tag(sync=True)
    W_hh = traitlets.Unicode().tag(sync=True)
    W_xh = traitlets.Unicode().tag(sync=True)
    W_ho = traitlets.Unicode().tag(sync=True)
    scales: Any = traitlets.Dict().tag(sync=True)
    b_h: Any = traitlets.List().tag(sync=True)
    b_o: Any = traitlets.List().tag(sync=True)
    vocabulary = traitlets.Unicode().tag(sync=True)
    before: Any = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        cell: ElmanCell,
        readout: Readout,
        vocabulary: Vocabulary,
        *,
        start: Model | None = None,
        **settings: Any,
    ) -> None:
        _check(cell, readout, len(vocabulary))
        self.words = vocabulary
        self.cell, self.readout, written = _written(cell, readout)
        self.start: ElmanCell | None = None
        before: dict[str, Any] = {}
        if start is not None:
            if not isinstance(start.cell, ElmanCell):
                raise TypeError(f"start: expected an ElmanCell, got a {type(start.cell).__name__}")
            _check(start.cell, readout, len(vocabulary), "start: ")
            self.start, _, before = _written(start.cell, readout)
            del before["W_ho"], before["b_o"]
        super().__init__(
            **written, before=before, vocabulary=" ".join(vocabulary.tokens), **settings
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
    def guess(self) -> int:
        """The number of the likeliest word that is not the unknown one."""
        return 1 + int(self.probabilities[1:].argmax())

    @property
    def reach(self) -> Array:
        """‖δ_k‖ for every word k: the gradient of the log of the guess with respect to s_k."""
        return self._reach(self.cell)

    @property
    def reach_before(self) -> Array:
        """How far the same error reaches in the network before training; empty without one."""
        return np.zeros(0) if self.start is None else self._reach(self.start)

    def still(self) -> str:
        """Say what the figure shows."""
        o = self.probabilities
        best = [f"{self.words.tokens[v]} ({100 * o[v]:.2g} %)" for v in 1 + np.argsort(-o[1:])[:3]]
        return f"After “{self.sentence}” the model expects {', '.join(best)}."

    def __repr__(self) -> str:
        return f"WordsExplorer(sentence={self.sentence!r})"

    def _run(self, cell: ElmanCell) -> Unrolled:
        numbers = self.words.encode(self.tokens)
        return unroll(cell, np.eye(len(self.words))[numbers][:, None])

    def _reach(self, cell: ElmanCell) -> Array:
        if not self.tokens:
            return np.zeros(0)
        dz = np.eye(len(self.words))[self.guess] - self.probabilities
        error = (dz @ self.readout.W_ho)[None]
        deltas = bptt(cell, self._run(cell), error, deltas=True).deltas
        norms: Array = np.linalg.norm(check_array("deltas", deltas)[:, 0], axis=1)
        return norms

    def _last_state(self) -> Array:
        if not self.tokens:
            return np.zeros((1, self.cell.hidden_size))
        last: Array = self._run(self.cell).hs[-1]
        return last


def _check(cell: ElmanCell, readout: Readout, size: int, name: str = "") -> None:
    if cell.input_size != size or readout.W_ho.shape != (size, cell.hidden_size):
        raise ValueError(
            f"{name}vocabulary: expected {cell.input_size} words, as the cell reads, and as many "
            f"as the readout's {readout.W_ho.shape[0]}, got {size}"
        )
    if cell.activation.name != "tanh":
        raise ValueError(f"{name}cell: expected tanh, got {cell.activation.name}")


def _written(cell: ElmanCell, readout: Readout) -> tuple[ElmanCell, Readout, dict[str, Any]]:
    """Return the model with rounded weights, and these as the page reads them."""
    parts = {"W_hh": cell.W_hh, "W_xh": cell.W_xh, "W_ho": readout.W_ho.T}
    levels, scales, rounded = ({}, {}, {})
    for name, matrix in parts.items():
        levels[name], scales[name], rounded[name] = _in_letters(matrix)
    b_h, b_o = ([float(f"{b:.3g}") for b in bias] for bias in (cell.b_h, readout.b_o))
    written = {
        "W_hh": _letters(levels["W_hh"]),
        "W_xh": _letters(levels["W_xh"].T),  # word after word, as the page reads them
        "W_ho": _letters(levels["W_ho"].T),
        "scales": scales,
        "b_h": b_h,
        "b_o": b_o,
    }
    cell = ElmanCell(rounded["W_hh"], rounded["W_xh"], np.array(b_h))
    return cell, Readout(rounded["W_ho"].T, np.array(b_o)), written


def _in_letters(matrix: Array) -> tuple[Array, list[float], Array]:
    """Return each weight's level, each row's scale, and the matrix that these two make."""
    scales = np.array([float(f"{size:.4g}") for size in np.abs(matrix).max(axis=1)])
    safe = np.where(scales > 0, scales, 1.0)[:, None]
    levels = np.clip(np.rint((63 * matrix / safe + 63) / 2), 0, 63).astype(int)
    return levels, scales.tolist(), LEVELS[levels] * scales[:, None]


def _letters(levels: Array) -> str:
    return "".join(np.array(list(LETTERS))[levels.ravel()])
