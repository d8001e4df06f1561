"""Runs of `every_cell` on which a conclusion rests, from a wider range of rates (chapter 17).

There the rate that was chosen is mostly the lowest or the highest of four. Here are the networks
that solved nothing, and the GRU whose encoders are compared, with seven rates from 0.0001 to 0.1.
"""

from typing import Any

from experiments import every_cell
from experiments._protocol import pace, protocol

CELLS = [
    ("order", "tanh", "none", 60),
    ("adding", "lru", "none", 30),
    ("adding", "lru", "tanh", 30),
]
CELLS += [("adding", "gru", encoder, 60) for encoder in ("none", "tanh", "relu")]
NAMES = ("task", "network", "encoder", "length")


@protocol(
    criterion=every_cell.run.criterion,
    grid=[dict(zip(NAMES, cell, strict=True)) for cell in CELLS],
    choose={"learning_rate": [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1]},
    loss=pace(every_cell.UPDATES),
    selection_seeds=range(100, 103),
    seeds=20,
    settings={"hidden_size": 32, "updates": every_cell.UPDATES},
)
def run(**how: Any) -> dict:
    """Train one network until it solves a task."""
    found = every_cell.run(**how)
    return {name: found[name] for name in ("solved", "wrong", "steps_made", "stopped")}
