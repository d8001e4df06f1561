"""Agreement over 20 words, over 14, and over all distances: each start at its own best rate.

Task, starts and budget are those of `agreement` (chapter 11); a network is trained on one distance,
or on all from 1 to 20, each equally often.
"""

import numpy as np

from experiments._protocol import pace, protocol
from experiments._training import single
from experiments.agreement import DISTANCES, LONGEST, STARTS, draw, right, start
from rnnlib import Batch, softmax_cross_entropy, train, tree
from rnnlib.training import SGD

GRID = [
    {"activation": activation, "gain": gain, "trained_on": trained_on}
    for trained_on in (20, 14)
    for activation, gain in STARTS
]
GRID += [{"activation": "tanh", "gain": gain, "trained_on": "all"} for gain in (3.0, 0.5)]
RATES = [0.01, 0.03, 0.1, 0.3, 1.0]
SEEDS = range(20)
STEPS = 1000


@protocol(
    criterion="at least 95 % of 500 fresh phrases answered correctly (trained on all distances: "
    "at each of 4, 8, 14 and 20), judged when none of 200 held-out ones is wrong, or after 1000 "
    "updates of 32 phrases, clipped to norm 1",
    grid=GRID,
    choose={"learning_rate": RATES},
    loss=pace(STEPS),
    selection_seeds=range(100, 104),
    seeds=SEEDS,
    settings={"hidden_size": 50, "steps": STEPS},
)
def run(
    activation: str,
    gain: float,
    trained_on: int | str,
    learning_rate: float,
    hidden_size: int,
    steps: int,
    seed: int,
) -> dict:
    """Train one network, and count its wrong answers where they are most."""
    rng = np.random.default_rng(seed)

    def phrases(n: int, pool: int) -> Batch:
        is_mixed = trained_on == "all"
        distances = rng.integers(1, LONGEST + 1, n) if is_mixed else np.full(n, trained_on)
        return draw(rng, distances, pool)

    model = start(activation, gain, hidden_size, rng)
    held_out = phrases(200, pool=1)
    training = train(
        tree.map_leaves(np.float32, model),
        single(phrases(32, pool=0) for _ in range(steps)),
        softmax_cross_entropy,
        SGD(learning_rate),
        steps=steps,
        clip_norm=1.0,
        evaluate=lambda trained: 1 - right(trained, held_out),
        target=0.0,
    )
    judged = DISTANCES if trained_on == "all" else (trained_on,)
    least = min(right(training.model, draw(rng, np.full(500, d), pool=1)) for d in judged)
    return {"solved": least >= 0.95, "wrong": 1 - least, "steps_made": training.steps}
