"""Adding: how often plain descent, clipping and Ω solve it, by length (chapter 11).

Task: `Adding` in Pascanu's variant, whose target is the *mean* of the two numbers.
The learning rate of each method is the best of a few that were tried at length 15, on two seeds
that the sweep does not use.
"""

from itertools import product
from typing import Any

import numpy as np

from experiments._protocol import protocol
from experiments._training import trial
from rnnlib import Batch
from rnnlib.training import Adding

LEARNING_RATES = {
    ("tanh", "sgd"): 0.03,
    ("tanh", "clip"): 0.3,
    ("tanh", "omega"): 0.1,
    ("identity ReLU", "sgd"): 0.01,
    ("identity ReLU", "clip"): 0.1,
    ("identity ReLU", "omega"): 0.1,
}


def share_wrong(outputs: np.ndarray, batch: Batch) -> float:
    """Return the share of sequences with a squared error above 0.04, or none at all."""
    return float(np.mean(~((outputs - batch.targets) ** 2 <= 0.04)))


@protocol(
    criterion="fewer than 1 % of 2000 fresh sequences with a squared error above 0.04 (Pascanu et "
    "al. 2013, section 4.1.2), within 2000 updates of 20 sequences",
    grid=[
        {"start_from": kind, "method": method, "length": length, "learning_rate": rate}
        for ((kind, method), rate), length in product(LEARNING_RATES.items(), (10, 15, 20))
    ],
    seeds=20,
    settings={"hidden_size": 50, "steps": 2000},
)
def run(length: int, **how: Any) -> dict:
    """Train one network, and see whether it solves the task; `how` is as `trial` takes it."""
    return trial(Adding(length, "pascanu"), share_wrong, **how)
