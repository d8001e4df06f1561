"""Windows from which `chaotic_windows` hardly learns, with ten times the updates (chapter 15)."""

from experiments import chaotic_windows
from experiments._protocol import protocol

STEPS = 4000


@protocol(
    criterion=chaotic_windows.run.criterion,
    grid={"r": [3.7, 3.9], "window": [24]},
    choose={"learning_rate": [0.0001, 0.0003, 0.001]},
    loss=lambda row: row["error"],
    selection_seeds=range(100, 104),
    seeds=20,
    settings={"steps": STEPS, "batch": 32},
)
def run(
    r: float, window: int, learning_rate: float, steps: int, batch: int, seed: int
) -> dict[str, float]:
    """Learn r from one start, and see how near it comes."""
    return chaotic_windows.run(r, window, learning_rate, steps, batch, seed)
