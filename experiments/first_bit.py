"""Does a start learn to hold a bit over 25 steps of noise? (chapter 12).

The first input is ±1, and another 25 inputs of standard normal noise follow, on a second line; the
answer is the sign of the first. Tanh networks of 24 units under Adam, all starts at the same three
rates, so that each can be compared at its own best one, chosen and judged on the same seeds. Before
training, the horizon is taken on one sequence of 400 steps of noise.
"""

from dataclasses import replace

import numpy as np

from experiments._protocol import Control, protocol
from rnnlib import Batch, ElmanCell, Model, Readout, softmax_cross_entropy, train, unroll
from rnnlib.cells import initialisers
from rnnlib.product import horizon
from rnnlib.training import Adam

STARTS = {
    "uniform": lambda H, rng: initialisers.uniform((H, H), rng),
    "orthogonal 1": lambda H, rng: initialisers.orthogonal((H, H), rng),
    "Gaussian 1": lambda H, rng: initialisers.gaussian((H, H), rng),
    "orthogonal 1.4": lambda H, rng: initialisers.orthogonal((H, H), rng, gain=1.4),
    "Gaussian 1.4": lambda H, rng: initialisers.gaussian((H, H), rng, gain=1.4),
}
STEPS = 250


def sequences(rng: np.random.Generator, size: int, distance: int) -> Batch:
    """Draw a bit and the noise after it; the target is the bit."""
    xs = np.zeros((distance + 1, size, 2))
    bits = rng.integers(2, size=size)
    xs[0, :, 0] = 2 * bits - 1
    xs[1:, :, 1] = rng.standard_normal((distance, size))
    return Batch(xs, bits, every_step=False)


@protocol(
    criterion=f"fewer than 5 % of 500 fresh sequences wrong after {STEPS} updates of 16 sequences",
    grid={"start": list(STARTS), "learning_rate": [0.003, 0.01, 0.03]},
    seeds=20,
    settings={"hidden_size": 24, "distance": 25, "steps": STEPS},
    control=Control(
        of={"start": "orthogonal 1.4", "learning_rate": 0.003},
        rows={"start": "orthogonal 1", "learning_rate": 0.003},
        what="as orthogonal, with gain 1",
        exposes="that orthogonality alone does it",
    ),
)
def run(
    start: str, learning_rate: float, hidden_size: int, distance: int, steps: int, seed: int
) -> dict:
    """Train one network, and see whether it holds the bit."""
    rng = np.random.default_rng(seed)
    cell = ElmanCell.random(2, hidden_size, rng)
    cell = replace(cell, W_hh=STARTS[start](hidden_size, rng))
    model = Model(cell, Readout.random(hidden_size, 2, rng))
    noise = np.zeros((400, 1, 2))
    noise[:, 0, 1] = rng.standard_normal(400)
    reach = float(horizon(unroll(cell, noise))[0])

    batches = iter(lambda: sequences(rng, 16, distance), None)
    trained = train(model, batches, softmax_cross_entropy, Adam(learning_rate), steps=steps).model
    fresh = sequences(rng, 500, distance)
    wrong = float(np.mean(trained.outputs(fresh).argmax(axis=-1) != fresh.targets))
    W = trained.cell.W_hh
    return {
        "horizon": reach,
        "solved": wrong < 0.05,
        "wrong": wrong,
        "turned_away": float(np.linalg.norm(W.T @ W - np.eye(hidden_size))),
    }
