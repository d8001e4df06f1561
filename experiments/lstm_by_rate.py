"""The LSTM on temporal order over 60 steps, at the two rates between which few seeds decide.

`every_cell` chooses on three seeds; on these both rates solve the task (chapter 17).
"""

from experiments import every_cell
from experiments._protocol import protocol


@protocol(
    criterion="as in `every_cell`: fewer than 1 % of 1000 fresh sequences wrong, within 400 "
    "updates of 32 sequences",
    grid={"learning_rate": [0.003, 0.01]},
    seeds=range(20),
    settings={"hidden_size": 32, "updates": 400},
)
def run(learning_rate: float, hidden_size: int, updates: int, seed: int) -> dict:
    """Train one LSTM."""
    how = (learning_rate, hidden_size, updates, seed)
    return every_cell.run("order", "lstm", "none", 60, *how)
