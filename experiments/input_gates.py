"""How far untrained gates that hear only the inputs reach, by their bias (chapter 16).

A GRU of 32 units whose recurrent weights are 0 reads 8 inputs from N(0, 1) with weights of variance
1/8: its gates z_t keep the old state, and the whole gradient product is the product of z_t. Beside
it stands the same GRU with Gaussian recurrent weights of gain 1.
"""

from dataclasses import replace

import numpy as np

from experiments._protocol import protocol
from rnnlib import GRUCell, unroll
from rnnlib.product import direct_path, horizon


def drawn(recurrent: bool, bias: float, rng: np.random.Generator, H: int, I: int) -> GRUCell:  # noqa: E741
    """Draw a GRU with this bias of z, with recurrent weights or without."""
    cell = GRUCell.random(I, H, rng)
    W_hh = cell.W_hh if recurrent else np.zeros_like(cell.W_hh)
    return replace(cell, W_hh=W_hh, b_h=np.repeat([0.0, bias, 0.0], H))


@protocol(
    criterion="the course's horizon: spectral norm, 1 %, last crossing; infinite if beyond the run",
    grid=[
        {"recurrent": recurrent, "bias": bias}
        for recurrent in (False, True)
        for bias in (0.0, 2.0, 4.0)
    ],
    seeds=20,
    settings={"hidden_size": 32, "input_size": 8, "steps": 1000},
)
def run(
    recurrent: bool, bias: float, hidden_size: int, input_size: int, steps: int, seed: int
) -> dict:
    """Measure one network's horizon, and the factor per step that makes its straight paths."""
    rng = np.random.default_rng(seed)
    cell = drawn(recurrent, bias, rng, hidden_size, input_size)
    unrolled = unroll(cell, rng.standard_normal((steps, 1, input_size)))
    kept = direct_path(cell, unrolled)[-21, 0]  # over the last twenty steps
    return {
        "horizon": float(horizon(unrolled)[0]),
        "typical_gate": float(np.exp(np.mean(np.log(kept)) / 20)),
    }
