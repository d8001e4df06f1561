"""The singular values of P_{T,0} before training, by start, activation and loudness (chapter 12).

Each seed draws a network of 32 units and 100 inputs of 8 standard normal numbers; the input weights
have variance sd²/8, so that the inputs add a number of standard deviation sd to each total input.
The singular values come from the factored product (`log_singular_values`), in powers of ten.
"""

from dataclasses import replace

import numpy as np

from experiments._protocol import protocol
from rnnlib import ElmanCell, unroll
from rnnlib.cells import initialisers
from rnnlib.product import critical_gain, fan_middle, log_singular_values

STARTS = {"orthogonal": initialisers.orthogonal, "Gaussian": initialisers.gaussian}
KINDS = [("identity", 1.0, 1.0), *(("tanh", 1.0, sd) for sd in (0.01, 0.1, 0.3, 1.0, 3.0))]
KINDS += [("tanh", round(critical_gain(sd), 3), sd) for sd in (0.3, 1.0)]


@protocol(
    criterion="none: the singular values are reported as they come",
    grid=[
        {"start": start, "activation": phi, "gain": gain, "input_sd": sd}
        for start in STARTS
        for phi, gain, sd in KINDS
    ],
    seeds=20,
    settings={"hidden_size": 32, "input_size": 8, "steps": 100},
)
def run(
    start: str,
    activation: str,
    gain: float,
    input_sd: float,
    hidden_size: int,
    input_size: int,
    steps: int,
    seed: int,
) -> dict:
    """Draw one network, and see what becomes of a sphere of nudges."""
    rng = np.random.default_rng(seed)
    cell = ElmanCell.random(input_size, hidden_size, rng, activation=activation)
    W_hh = STARTS[start]((hidden_size, hidden_size), rng, gain=gain)
    cell = replace(cell, W_hh=W_hh, W_xh=input_sd * cell.W_xh)
    driven = unroll(cell, rng.standard_normal((steps, 1, input_size)))
    logs = log_singular_values(driven).logs[0]
    top = logs.max()
    mean_square = top + np.log(np.mean(np.exp(2 * (logs - top)))) / 2
    found = {"top": top, "root_mean_square": mean_square, "middle": logs.mean()}
    found |= {"bottom": logs.min(), "by_start": steps * fan_middle(driven).start}
    return {name: float(value / np.log(10)) for name, value in found.items()}
