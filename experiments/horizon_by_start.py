"""How far back an error reaches in networks that start near and far, before training and after it.

Networks of 32 tanh units learn to predict the next word of the grammar of chapter 1 (chapter 9).
The control reads the same words drawn one by one, in which no word says anything of another.
"""

from collections.abc import Iterator

import numpy as np

from experiments._protocol import Control, protocol
from experiments._training import single
from experiments.before_training import corpus, texts
from rnnlib import Batch, ElmanCell, Model, Readout, softmax_cross_entropy, train, tree, unroll
from rnnlib.corpora import one_hot
from rnnlib.product import horizon, step_jacobians
from rnnlib.training import SGD

GRID = [
    {"text": "grammar", "gain": gain, "learning_rate": rate}
    for gain in (0.5, 1.0, 1.5)
    for rate in (0.03, 0.1, 0.3)
]
GRID += [{"text": "single words", "gain": 0.5, "learning_rate": rate} for rate in (0.1, 0.3)]
SEEDS = range(20)


def single_words(rng: np.random.Generator, B: int, T: int, pool: int) -> Iterator[Batch]:
    """Yield batches like those of `texts`, each word drawn on its own from anywhere."""
    words, V = corpus(pool)
    while True:
        piece = words[rng.integers(len(words), size=(T + 1, B))]
        yield Batch(one_hot(piece[:-1], V), piece[1:], every_step=True)


def reach(model: Model) -> float:
    """Return the median horizon at 1/100 while 40 new texts of 60 words are read."""
    (read,) = single([next(texts(np.random.default_rng(5), 40, 60, pool=9))])
    jacobians = step_jacobians(model.cell, unroll(model.cell, read.xs))
    return float(np.median([horizon(jacobians[:, b]) for b in range(40)]))


@protocol(
    criterion="none: the median horizon over 40 new texts of 60 words is reported as it comes, "
    "before training and after 1000 updates of 32 texts of 40 words (SGD with momentum 0.9, "
    "clipped to ½); infinite where the norm is above 1/100 at the first word",
    grid=GRID,
    seeds=SEEDS,
    settings={"hidden_size": 32, "steps": 1000},
    control=Control(
        of={"text": "grammar", "learning_rate": 0.1, "gain": 0.5},
        rows={"text": "single words", "learning_rate": 0.1, "gain": 0.5},
        what="the same start and training, each word drawn on its own",
        exposes="that descent lengthens a short horizon whatever there is to learn",
    ),
)
def run(
    text: str, gain: float, learning_rate: float, hidden_size: int, steps: int, seed: int
) -> dict:
    """Train one network, and measure its horizon before and after."""
    rng = np.random.default_rng(seed)
    V = corpus(0)[1]
    cell = ElmanCell.random(V, hidden_size, rng, gain=gain)
    start = tree.map_leaves(np.float32, Model(cell, Readout.random(hidden_size, V, rng, gain=0.1)))
    batches = (texts if text == "grammar" else single_words)(rng, 32, 40, pool=0)
    descent = SGD(learning_rate, momentum=0.9)
    training = train(
        start, single(batches), softmax_cross_entropy, descent, steps=steps, clip_norm=0.5
    )
    return {
        "before": reach(start),
        "after": reach(training.model),
        "loss": float(np.mean(training.losses[-100:])),
    }
