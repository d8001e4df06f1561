"""What reaches the weights from afar, before training and after it (chapter 9).

Each seed draws a network of 32 tanh units that predicts the next word of the grammar of chapter 1,
and takes its gradient with respect to W_hh apart by distance, on the same 128 texts of 60 words.
"Far" is more than ten words. The trained networks are those that `train` makes of the same draws.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np

from experiments._protocol import protocol
from rnnlib import Batch, ElmanCell, Model, Readout, softmax_cross_entropy, train, unroll
from rnnlib.corpora import Grammar, one_hot
from rnnlib.product import horizon, step_jacobians
from rnnlib.time import contributions, shares
from rnnlib.training import SGD

FAR = slice(11, None)
SEEDS = range(20)


@cache
def corpus(seed: int) -> tuple[np.ndarray, int]:
    """Return 40,000 sentences of the grammar as word numbers, and how many words there are."""
    grammar = Grammar()
    tokens = grammar.sample_tokens(np.random.default_rng(seed), 40_000)
    return grammar.vocabulary.encode(tokens), len(grammar.vocabulary)


def texts(rng: np.random.Generator, B: int, T: int, pool: int) -> Iterator[Batch]:
    """Yield batches of T words from anywhere in a corpus, and what follows each."""
    words, V = corpus(pool)
    while True:
        start = rng.integers(len(words) - T, size=B)
        piece = words[start + np.arange(T + 1)[:, None]]
        yield Batch(one_hot(piece[:-1], V), piece[1:], every_step=True)


def parts_of_texts(model: Model, batch: Batch) -> np.ndarray:
    """Return G_0 … G_{T-1} of each text, shape (B, T, H, H), L the sum of its losses."""
    run = unroll(model.cell, batch.xs)
    loss = softmax_cross_entropy(model.readout(run.hs[1:]), batch.targets, reduction="sum")
    dhs = model.readout.vjp(run.hs[1:], loss.gradient)[1]
    runs = [unroll(model.cell, batch.xs[:, [b]]) for b in range(dhs.shape[1])]
    return np.array(
        [
            [part.W_hh for part in contributions(model.cell, each, dhs[:, [b]])]
            for b, each in enumerate(runs)
        ]
    )


@protocol(
    criterion="none: the shares are reported as they come, before training and after 1000 "
    "updates of 32 texts of 40 words (SGD at 0.3 with momentum 0.9, clipped to ½)",
    grid={"updates": [0, 1000]},
    seeds=SEEDS,
    settings={"hidden_size": 32},
)
def run(updates: int, hidden_size: int, seed: int) -> dict:
    """Take one network's gradient apart: of the batch, and of its texts one by one."""
    rng = np.random.default_rng(seed)
    V = corpus(0)[1]
    cell = ElmanCell.random(V, hidden_size, rng)
    model = Model(cell, Readout.random(hidden_size, V, rng, gain=0.1))
    if updates:
        batches, descent = texts(rng, 32, 40, pool=0), SGD(0.3, momentum=0.9)
        how = {"steps": updates, "clip_norm": 0.5}
        model = train(model, batches, softmax_cross_entropy, descent, **how).model
    held_out = next(texts(np.random.default_rng(5), 128, 60, pool=9))
    parts = parts_of_texts(model, held_out)
    whole, each = shares(parts.sum(axis=0)), [shares(G) for G in parts]
    projections = np.array([found.projection[FAR].sum() for found in each])
    jacobians = step_jacobians(model.cell, unroll(model.cell, held_out.xs[:, :40]))
    return {
        "norm_of_batch": float(whole.norm[FAR].sum()),
        "projection_of_batch": float(whole.projection[FAR].sum()),
        "norm_of_text": float(np.median([found.norm[FAR].sum() for found in each])),
        "projection_of_text": float(np.median(projections)),
        "negative_texts": float(np.mean(projections < 0)),
        "horizon": float(np.median([horizon(jacobians[:, b]) for b in range(40)])),
    }
