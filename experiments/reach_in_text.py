"""How far back each cell's gradient reaches in real text, and what context is worth (chapter 17).

Python's manual, its 999 most frequent words and <unk>. Every network reads an embedding of 32
numbers a word, and is one of `every_cell`'s recurrences, 32 units; each text begins in the zero
state. Looked at are 300 texts of 40 words from the validation part: the loss at the last word, when
the network has read the last 1, 5, 10 or all 40 of them, and its gradient by the embeddings.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from experiments._models import manual
from experiments._protocol import protocol
from experiments.every_cell import layer
from rnnlib import Batch, Model, Readout, softmax_cross_entropy, train, tree, unroll
from rnnlib.corpora import Vocabulary, one_hot
from rnnlib.product import input_reach
from rnnlib.time import Dense, Stack
from rnnlib.training import Adam

WORDS, SPAN, EMBEDDED = 1000, 40, 32
UPDATES = 200


@cache
def corpus() -> tuple[np.ndarray, np.ndarray, Vocabulary]:
    """Return the training and validation parts as word numbers, and the vocabulary."""
    training, validation, _ = manual()
    vocabulary = Vocabulary.from_tokens(training, max_size=WORDS)
    return vocabulary.encode(training), vocabulary.encode(validation), vocabulary


def texts(tokens: np.ndarray, starts: np.ndarray, dtype: Any = np.float64) -> Batch:
    """Return the texts that begin at the given words, and what follows each word."""
    piece = tokens[starts + np.arange(SPAN + 1)[:, None]]
    return Batch(one_hot(piece[:-1], WORDS, dtype), piece[1:], every_step=True)


def drawn(rng: np.random.Generator) -> Iterator[Batch]:
    """Yield 16 texts from anywhere in the training part, in single precision."""
    tokens = corpus()[0]
    while True:
        yield texts(tokens, rng.integers(len(tokens) - SPAN, size=16), np.float32)


def start(network: str, H: int, rng: np.random.Generator) -> Model:
    """Draw a network: an embedding, a recurrence, and a readout that hardly says anything yet."""
    embedding = Dense.random(WORDS, EMBEDDED, rng, gain=WORDS**0.5, activation="identity")
    recurrence = layer(network, "none", EMBEDDED, H, rng)
    return Model(Stack([embedding, recurrence]), Readout.random(H, WORDS, rng, gain=0.1))


def reach(model: Model, batch: Batch) -> np.ndarray:
    """Return ‖∂L/∂x_{T−n}‖ for n = 0 … 39, over the largest of them: shape (40, B).

    L is the loss at the last word, x the embeddings. All 0 where no word gets anything, as in a
    network whose last units are all saturated.
    """
    embedding, recurrence = model.cell.layers
    run = unroll(recurrence, unroll(embedding, batch.xs).outputs)
    hs = run.outputs[-1]
    loss = softmax_cross_entropy(model.readout(hs), batch.targets[-1])
    norms = input_reach(recurrence, run, model.readout.vjp(hs, loss.gradient)[1])
    return norms / np.maximum(norms.max(axis=0), np.finfo(float).tiny)


def last_loss(model: Model, batch: Batch, context: int) -> float:
    """Return the loss at the last word of a network that has read the last few words only."""
    outputs = unroll(model.cell, batch.xs[-context:]).outputs[-1]
    return float(softmax_cross_entropy(model.readout(outputs), batch.targets[-1]).value)


@protocol(
    criterion="none: reported as they come, before training and after 200 updates of 16 texts of "
    "40 words (Adam, gradient clipped to 1); the horizon is the largest distance at which the "
    "gradient is still 1 % of the largest, and 0 if there is none",
    grid={"network": ["tanh", "lstm", "gru", "lru"]},
    choose={"learning_rate": [0.01, 0.03]},
    loss=lambda row: row["loss"],
    selection_seeds=range(100, 102),
    seeds=range(20),
    settings={"hidden_size": 32, "updates": UPDATES},
)
def run(network: str, learning_rate: float, hidden_size: int, updates: int, seed: int) -> dict:
    """Train one network, and look at its gradient before and after; medians over the texts."""
    rng = np.random.default_rng(seed)
    untrained = start(network, hidden_size, rng)
    tokens = corpus()[1]
    looked_at = texts(tokens, np.linspace(0, len(tokens) - SPAN - 1, 300).astype(int))
    made = train(
        tree.astype(untrained, np.float32),
        drawn(rng),
        softmax_cross_entropy,
        Adam(learning_rate),
        steps=updates,
        clip_norm=1.0,
    )
    trained = tree.astype(made.model, np.float64)
    found = {"loss": last_loss(trained, looked_at, SPAN)}
    found |= {f"loss_{n}": last_loss(trained, looked_at, n) for n in (1, 5, 10)}
    for when, model in (("before", untrained), ("after", trained)):
        norms = reach(model, looked_at)
        heard = np.arange(SPAN)[:, None] * (norms >= 0.01)
        found[f"horizon_{when}"] = float(np.median(heard.max(axis=0)))
        found[f"unmoved_{when}"] = float(np.mean(norms.max(axis=0) == 0))
    return found
