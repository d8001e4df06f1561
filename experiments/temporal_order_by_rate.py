"""Temporal order: how often each start and method solves it, by length (chapter 11).

Task: `TemporalOrder` as the authors' code draws it (second symbol from half of the length on).
Every start, method and length has a learning rate of its own.
"""

from typing import Any

from experiments._protocol import pace, protocol
from experiments._training import trial
from rnnlib.training import TemporalOrder

GRID = [
    {"start_from": start_from, "method": method, "length": length}
    for length in (50, 30)
    for start_from in ("identity ReLU", "basic tanh")
    for method in ("clip", "omega")
]
RATES = [0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 1.0]
SEEDS = range(20)
SELECTION_SEEDS = range(100, 108)
STEPS = 1500


@protocol(
    criterion="fewer than 1 % of 2000 fresh sequences misclassified (Pascanu et al. 2013, section "
    "4.1.1: of 10,000), judged when none of 200 held-out ones is, or after 1500 updates of 20 "
    "sequences (they: 5 million)",
    grid=GRID,
    choose={"learning_rate": RATES},
    loss=pace(STEPS),
    selection_seeds=SELECTION_SEEDS,
    seeds=SEEDS,
    settings={"hidden_size": 50, "steps": STEPS},
)
def run(length: int, **how: Any) -> dict:
    """Train one network, and see whether it solves the task; `how` is as `trial` takes it."""
    task = TemporalOrder(length)
    return trial(task, task.error, **how)
