"""What training makes of an LSTM's straight path (chapter 13).

Each seed draws an LSTM of 32 units, forget bias 1, that predicts the next word of the grammar of
chapter 1, and is looked at on the same 40 texts of 60 words: at ∂c_T/∂c_{T−d}, from cell to cell,
and at ∂h_T/∂c_{T−d}, from the output, where an error starts, to the cell. Medians over the texts.
"""

import numpy as np

from experiments._protocol import protocol
from experiments.before_training import corpus, texts
from rnnlib import LSTMCell, Model, Readout, Unrolled, softmax_cross_entropy, train, unroll
from rnnlib.product import direct_path, products_to_last
from rnnlib.training import Adam

SEEDS = range(20)
DISTANCES = (2, 10, 50)


def shares(cell: LSTMCell, run: Unrolled, distance: int) -> dict[str, np.ndarray]:
    """Return norms and straight shares of both blocks at a distance, shape (B,)."""
    H, c = cell.hidden_size, run.states[-1, :, cell.hidden_size :]
    P, straight = products_to_last(run)[-1 - distance], direct_path(cell, run)[-1 - distance]
    handed_on = cell.gates(run.pre[-1]).o * (1 - np.tanh(c) ** 2)  # from c_T to h_T
    found = {}
    for name, path, block in (
        ("cell", straight, P[..., H:, H:]),
        ("output", handed_on * straight, P[..., :H, H:]),
    ):
        norm = np.linalg.norm(block, axis=(-2, -1))
        found[name] = norm
        found[f"{name}_share"] = np.linalg.norm(path, axis=-1) / norm
    return found


@protocol(
    criterion="none: reported as they come, before training and after 400 updates of 32 texts of "
    "40 words (Adam at 0.01, clipped to 1)",
    grid={"updates": [0, 400]},
    seeds=SEEDS,
    settings={"hidden_size": 32, "forget_bias": 1.0},
)
def run(updates: int, hidden_size: int, forget_bias: float, seed: int) -> dict:
    """Train one network, or do not, and take its gradient product apart."""
    rng = np.random.default_rng(seed)
    V = corpus(0)[1]
    cell = LSTMCell.random(V, hidden_size, rng, forget_bias=forget_bias)
    model = Model(cell, Readout.random(hidden_size, V, rng, gain=0.1))
    if updates:
        batches, how = texts(rng, 32, 40, pool=0), {"steps": updates, "clip_norm": 1.0}
        model = train(model, batches, softmax_cross_entropy, Adam(0.01), **how).model
    held_out = next(texts(np.random.default_rng(5), 40, 60, pool=9))
    unrolled = unroll(model.cell, held_out.xs)
    found = {d: shares(model.cell, unrolled, d) for d in DISTANCES}
    loss = softmax_cross_entropy(model.readout(unrolled.hs[1:]), held_out.targets).value
    memory = unrolled.states[1:, :, hidden_size:]
    medians = {
        f"{name}_{d}": float(np.median(each)) for d in found for name, each in found[d].items()
    }
    saturated = float(np.mean(np.abs(np.tanh(memory)) > 0.95))
    return medians | {"saturated": saturated, "loss": float(loss)}
