"""Temporal order from basic tanh: how many updates clipping and Ω need (chapter 11).

Task and criterion are those of `temporal_order_by_rate`, with a larger budget: there a method that
needs more updates looks like one that cannot.
"""

from typing import Any

from experiments._protocol import pace, protocol
from experiments._training import trial
from rnnlib.training import TemporalOrder

STEPS = 4000


@protocol(
    criterion="fewer than 1 % of 2000 fresh sequences misclassified, judged when none of 200 "
    "held-out ones is, which is looked at every 100 updates, or after 4000 updates of 20 sequences",
    grid={"length": [30, 50], "method": ["clip", "omega"]},
    choose={"learning_rate": [0.03, 0.1, 0.2, 0.3]},
    loss=pace(STEPS),
    selection_seeds=range(100, 104),
    seeds=20,
    settings={"start_from": "basic tanh", "hidden_size": 50, "steps": STEPS},
)
def run(length: int, **how: Any) -> dict:
    """Train one network, and see whether it solves the task; `how` is as `trial` takes it."""
    task = TemporalOrder(length)
    return trial(task, task.error, **how)
