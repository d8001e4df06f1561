"""Temporal order: how often plain descent, clipping and Ω solve it, by length (chapter 11).

Task: `TemporalOrder` as the authors' code draws it (second symbol from half of the length on).
The learning rate of each method is the best of a few that were tried on two seeds at length 30; the
pilot was not stored; `rates` repeats it for basic tanh, on all seeds.
"""

from itertools import product
from typing import Any

from experiments._protocol import protocol
from experiments._training import trial
from rnnlib.training import TemporalOrder

LEARNING_RATES = {
    ("basic tanh", "sgd"): 0.03,
    ("basic tanh", "clip"): 0.1,
    ("basic tanh", "omega"): 0.3,
    ("identity ReLU", "sgd"): 0.003,
    ("identity ReLU", "clip"): 0.1,
    ("identity ReLU", "omega"): 0.1,
}


@protocol(
    criterion="fewer than 1 % of 2000 fresh sequences misclassified (Pascanu et al. 2013, section "
    "4.1.1: of 10,000), within 1500 updates of 20 sequences (they: 5 million)",
    grid=[
        {"start_from": kind, "method": method, "length": length, "learning_rate": rate}
        for ((kind, method), rate), length in product(LEARNING_RATES.items(), (10, 20, 30, 50))
    ],
    seeds=20,
    settings={"hidden_size": 50, "steps": 1500},
)
def run(length: int, **how: Any) -> dict:
    """Train one network, and see whether it solves the task; `how` is as `trial` takes it."""
    task = TemporalOrder(length)
    return trial(task, task.error, **how)
