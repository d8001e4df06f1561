"""How far the gradient of a gated network reaches, by the bias of its gates (chapter 13).

Untrained networks of 16 units with Gaussian weights read 4 inputs from N(0, 1). A bias is set as in
`direct_path`; "chrono" draws it for dependencies of up to 30 steps, and "chrono twice" draws it for
each of PyTorch's two bias vectors, which are added. Beside the horizon of the whole product stand
those of the straight paths alone: of the best unit's, and of the typical unit's.
"""

from dataclasses import replace

import numpy as np

from experiments._protocol import protocol
from experiments.direct_path import gated
from rnnlib import Cell, ElmanCell, LSTMCell, unroll
from rnnlib.cells.initialisers import chrono
from rnnlib.product import direct_path, horizon, last_crossing

SEEDS = range(20)
LONGEST = 30
GRID = [{"network": "elman", "bias": 0.0, "steps": 200}]
GRID += [
    {"network": network, "bias": bias, "steps": steps}
    for network in ("lstm", "gru")
    for bias, steps in ((0.0, 200), (1.0, 300), (2.0, 800), (3.0, 2000))
]
GRID += [
    {"network": "chrono", "bias": 0.0, "steps": 1000},
    {"network": "chrono twice", "bias": 0.0, "steps": 4000},
]


def drawn(network: str, bias: float, rng: np.random.Generator, H: int, I: int) -> Cell:  # noqa: E741
    """Draw one of the networks that are compared."""
    if network == "elman":
        return ElmanCell.random(I, H, rng)
    if network in ("lstm", "gru"):
        return gated(network, bias, rng, H, I, gain=1.0)
    times = 2 if network == "chrono twice" else 1
    lstm = LSTMCell.random(I, H, rng, forget_bias=0.0)
    return replace(lstm, b_h=sum(chrono(H, LONGEST, rng) for _ in range(times)))


@protocol(
    criterion="the course's horizon: spectral norm, 1 %, last crossing; infinite if beyond the run",
    grid=GRID,
    seeds=SEEDS,
    settings={"hidden_size": 16, "input_size": 4},
)
def run(
    network: str, bias: float, steps: int, hidden_size: int, input_size: int, seed: int
) -> dict:
    """Measure one network's horizon, from its last step back."""
    rng = np.random.default_rng(seed)
    cell = drawn(network, bias, rng, hidden_size, input_size)
    unrolled = unroll(cell, rng.standard_normal((steps, 1, input_size)))
    found = {"horizon": float(horizon(unrolled)[0])}
    if network == "elman":
        return found | {"best_path": 0.0, "typical_path": 0.0}
    with np.errstate(divide="ignore"):  # a path that has left the floats
        paths = np.log(direct_path(cell, unrolled)[::-1, 0])
    return found | {
        "best_path": float(last_crossing(paths.max(axis=1))),
        "typical_path": float(np.median(last_crossing(paths))),
    }
