"""Temporal order at length 30: the count of successes by method and learning rate (chapter 11).

Task, start (basic tanh), budget, criterion and seeds are those of `temporal_order`: solved if fewer
than 1 % of 2000 fresh sequences are misclassified, within 1500 updates of 20 sequences. All methods
get the same rates, so that each can be compared at its own best one. They were not chosen blindly:
0.03, 0.1 and 0.3 are those of the sweep, and 0.2 was added when a reader of the chapter found that
clipping does better there. The best rate is chosen and judged on the same 20 seeds.
"""

from typing import Any

from experiments import temporal_order
from experiments._protocol import protocol


@protocol(
    criterion=temporal_order.run.criterion,
    grid={"method": ["sgd", "clip", "omega"], "learning_rate": [0.03, 0.1, 0.2, 0.3]},
    seeds=20,
    settings={"start_from": "basic tanh", "length": 30, **temporal_order.run.settings},
)
def run(**how: Any) -> dict:
    """Train one network, and see whether it solves the task."""
    return temporal_order.run(**how)
