"""The bias of a chunk beside the noise of a minibatch, on the grammar (chapter 14).

Each seed draws a tanh network of 24 units that predicts the next word of the grammar of chapter 1.
Its gradient with respect to W_hh on 64 texts of 60 words is taken for the true one. Beside what
truncation takes from it stands how far a minibatch of 16 of these texts is off, drawn with
replacement and not truncated: in the root mean square, relative to the length of the gradient.
"""

import numpy as np

from experiments._protocol import protocol
from experiments.before_training import corpus, texts
from rnnlib import ElmanCell, Model, Readout, bptt, softmax_cross_entropy, train, unroll
from rnnlib.time import beyond, contributions
from rnnlib.training import Adam

SEEDS = range(20)


@protocol(
    criterion="none: reported as they come, before training and after 400 updates of 32 texts of "
    "40 words (Adam at 0.01, clipped to 1)",
    grid={"updates": [0, 400]},
    seeds=SEEDS,
    settings={"hidden_size": 24, "minibatch": 16},
)
def run(updates: int, hidden_size: int, minibatch: int, seed: int) -> dict:
    """Train one network, or do not, and truncate its gradient."""
    rng = np.random.default_rng(seed)
    V = corpus(0)[1]
    cell = ElmanCell.random(V, hidden_size, rng)
    model = Model(cell, Readout.random(hidden_size, V, rng, gain=0.1))
    if updates:
        batches, how = texts(rng, 32, 40, pool=0), {"steps": updates, "clip_norm": 1.0}
        model = train(model, batches, softmax_cross_entropy, Adam(0.01), **how).model
    held_out = next(texts(np.random.default_rng(5), 64, 60, pool=9))
    unrolled = unroll(model.cell, held_out.xs)
    loss = softmax_cross_entropy(model.readout(unrolled.hs[1:]), held_out.targets)
    dhs = model.readout.vjp(unrolled.hs[1:], loss.gradient)[1]

    rest = beyond([part.W_hh for part in contributions(model.cell, unrolled, dhs)])
    whole, length, found = rest[0], np.linalg.norm(rest[0]), {"loss": float(loss.value)}
    for w in (1, 5, 10, 20):
        chunk = bptt(model.cell, unrolled, dhs, window=w).cell.W_hh
        for name, gradient in (("window", whole - rest[w]), ("chunk", chunk)):
            cosine = (gradient * whole).sum() / np.linalg.norm(gradient) / length
            found[f"{name}_off_{w}"] = float(np.linalg.norm(whole - gradient) / length)
            found[f"{name}_cosine_{w}"] = float(cosine)

    deltas: np.ndarray = bptt(model.cell, unrolled, dhs, deltas=True).deltas  # type: ignore[assignment]
    texts_own = np.einsum("tbi,tbj->bij", deltas, unrolled.hs[:-1]) * len(held_out.xs[0])
    variance = ((texts_own - whole) ** 2).mean(axis=0).sum() / minibatch
    return found | {"minibatch_off": float(np.sqrt(variance) / length)}
