"""The two models of the book, trained once: `experiments.model("grammar")` and `("next word")`.

    python -m experiments models    # trains what is not stored, or was stored by another recipe

Each is a network of tanh units that reads one word after the other and says which comes next. What
is stored in `NAME.npz`, weights in single precision, has a fingerprint of the recipe below.
Chapters that ask what training does to a gradient look at these two.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from rnnlib import Batch, ElmanCell, Model, Readout, softmax_cross_entropy, train, tree
from rnnlib.corpora import Grammar, Vocabulary, text
from rnnlib.sweeps._fingerprint import fingerprint
from rnnlib.training import IGNORED, SGD, Adam, Optimiser, text_batches
from rnnlib.training.storage import load, save

FOLDER = Path(__file__).parent
STREAMS, SPAN = 32, 40
"""The text is read in so many parallel streams, so many words at a time."""


@dataclass(frozen=True, eq=False)
class SharedModel:
    """One network before and after training, both in double precision.

    Attributes
    ----------
    start, trained : Model
        An `ElmanCell` with tanh and a `Readout`.
    vocabulary : Vocabulary
        Inputs are its words, one-hot; logits are for its words.
    """

    start: Model
    trained: Model
    vocabulary: Vocabulary


@dataclass(frozen=True)
class Recipe:
    """How a model starts, and how it is trained."""

    start: Callable[[], tuple[Model, Vocabulary]]
    trained: Callable[[Model, Vocabulary], Model]

    @property
    def fingerprint(self) -> str:
        """Of the source of both."""
        return f"{fingerprint(self.start)} {fingerprint(self.trained)}"


def model(name: str) -> SharedModel:
    """Return a model of the book.

    Parameters
    ----------
    name : {"grammar", "next word"}
        48 units that read the sentences of chapter 1's grammar, or 64 that read Python's manual.

    Raises
    ------
    ValueError
        If there is no such model, or the stored one was made by another recipe.
    """
    recipe, path = _recipe(name), _path(name)
    made_by, stored = load(path, types=SharedModel)
    if made_by != recipe.fingerprint:
        raise ValueError(
            f"{path.name}: made by another recipe than experiments/_models.py has now; "
            "expected a new run of `python -m experiments._models`"
        )
    return _in_precision(stored, float)


def grammar_start() -> tuple[Model, Vocabulary]:
    """48 units; small random weights, so that what is heard dies away slowly."""
    vocabulary, rng = Grammar().vocabulary, np.random.default_rng(1)
    words = len(vocabulary)
    cell = ElmanCell.random(words, 48, rng, gain=0.9)
    return Model(cell, Readout.random(48, words, rng, gain=0.1)), vocabulary


def grammar_trained(start: Model, vocabulary: Vocabulary) -> Model:
    """Twenty passes through 40,000 sentences, each with a smaller step than the one before."""
    sentences = Grammar().sample_tokens(np.random.default_rng(0), 40_000)
    corpus = vocabulary.encode(sentences)
    return passes(
        start,
        [SGD(0.5 * left / 20, momentum=0.9) for left in range(20, 0, -1)],
        lambda: text_batches(corpus, len(vocabulary), STREAMS, SPAN),
        clip_norm=0.25,
    )


def manual() -> tuple[list[str], list[str], list[str]]:
    """Python's manual as words: for training, validation and test."""
    return text.split(text.tokenize(text.python_manual()))


def next_word_start() -> tuple[Model, Vocabulary]:
    """64 units, and a readout that knows only how frequent each of a thousand words is."""
    words = manual()[0]
    vocabulary, rng = Vocabulary.from_tokens(words, max_size=1000), np.random.default_rng(0)
    size, counts = len(vocabulary), np.bincount(vocabulary.encode(words))
    cell = ElmanCell.random(size, 64, rng, gain=0.9)
    cell = replace(cell, W_xh=0.25 * rng.standard_normal((64, size)))
    return Model(cell, Readout(np.zeros((size, 64)), np.log(counts + 1))), vocabulary


def next_word_trained(start: Model, vocabulary: Vocabulary) -> Model:
    """Thirty passes; a word in five is hidden, so that the few words are not learned by heart.

    What is hidden or rare is read as ``<unk>``, and ``<unk>`` need not be predicted.
    """
    corpus, rng = vocabulary.encode(manual()[0]), np.random.default_rng(0)

    def hidden() -> Iterator[Batch]:
        for batch in text_batches(corpus, len(vocabulary), 16, 32):
            xs, away = batch.xs.copy(), rng.random(batch.xs.shape[:2]) < 0.2
            xs[away] = np.eye(len(vocabulary))[0]
            known = np.where(batch.targets == 0, IGNORED, batch.targets)
            yield replace(batch, xs=xs, targets=known)

    rates = [0.003 * left / 30 for left in range(30, 0, -1)]
    return passes(start, [Adam(rate) for rate in rates], hidden, clip_norm=1.0)


def passes(
    start: Model,
    optimisers: list[Optimiser],
    batches: Callable[[], Iterator[Batch]],
    clip_norm: float,
) -> Model:
    """Read the whole text once with each optimiser, states and averages carried on."""
    reached = optimisers[0].start(start)
    for optimiser in optimisers:
        pieces = list(batches())
        reached = train(
            reached, pieces, softmax_cross_entropy, optimiser,
            steps=len(pieces), clip_norm=clip_norm, carry=True,
        ).state  # fmt: skip
    return reached.parameters


RECIPES = {
    "grammar": Recipe(grammar_start, grammar_trained),
    "next word": Recipe(next_word_start, next_word_trained),
}


def _recipe(name: str) -> Recipe:
    if name not in RECIPES:
        raise ValueError(f"name: expected one of {', '.join(map(repr, RECIPES))}, got {name!r}")
    return RECIPES[name]


def _path(name: str) -> Path:
    return FOLDER / f"{name.replace(' ', '_')}.npz"


def _in_precision(model: SharedModel, dtype: DTypeLike) -> SharedModel:
    start, trained = (tree.astype(each, dtype) for each in (model.start, model.trained))
    return replace(model, start=start, trained=trained)


def renew() -> None:
    """Train what is missing or stale."""
    for name, recipe in RECIPES.items():
        path = _path(name)
        if path.exists() and load(path, types=SharedModel)[0] == recipe.fingerprint:
            print(f"{name}: stored in {path.name}")
            continue
        print(f"{name}: training …", flush=True)
        start, vocabulary = recipe.start()
        made = SharedModel(start, recipe.trained(start, vocabulary), vocabulary)
        save(path, (recipe.fingerprint, _in_precision(made, np.float32)))
