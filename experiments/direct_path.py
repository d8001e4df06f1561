"""How much of an untrained LSTM's gradient goes along the straight path (chapter 13).

Gated networks of 32 units with Gaussian weights read 150 steps of 8 inputs from N(0, 1). "Closed"
is an LSTM whose input gates are closed by as much as its forget gates are opened, b_i = −b_f.
"""

from dataclasses import replace

import numpy as np

from experiments._protocol import Control, protocol
from rnnlib import Cell, GRUCell, LSTMCell, unroll
from rnnlib.product import direct_share

SEEDS = range(20)
BIASES = (0.0, 1.0, 3.0, 5.0)
GRID = [
    {"network": network, "bias": bias, "gain": 1.0}
    for network in ("lstm", "closed", "gru")
    for bias in BIASES
] + [{"network": "lstm", "bias": 1.0, "gain": gain} for gain in (0.5, 2.0)]
WARM = 50  # steps after which cells are looked at


def gated(network: str, bias: float, rng: np.random.Generator, H: int, I: int, gain: float) -> Cell:  # noqa: E741
    """Draw a network whose gates that keep, f or z, have this bias."""
    if network == "gru":
        gru = GRUCell.random(I, H, rng, gain=gain)
        return replace(gru, b_h=np.repeat([0.0, bias, 0.0], H))
    lstm = LSTMCell.random(I, H, rng, gain=gain, forget_bias=bias)
    closed = -bias if network == "closed" else 0.0
    return replace(lstm, b_h=np.repeat([closed, bias, 0.0, 0.0], H))


@protocol(
    criterion="none: shares, and cells with |tanh c| > 0.95, are reported as they come",
    grid=GRID,
    seeds=SEEDS,
    settings={"hidden_size": 32, "input_size": 8, "steps": 150},
    control=Control(
        of={"network": "lstm", "bias": 3.0},
        rows={"network": "closed", "bias": 3.0},
        what="the same forget gates, the input gates closed as far as those are open",
        exposes="that open forget gates by themselves saturate the cells",
    ),
)
def run(
    network: str, bias: float, gain: float, hidden_size: int, input_size: int, steps: int, seed: int
) -> dict:
    """Take one network's gradient product apart, from its last step back."""
    rng = np.random.default_rng(seed)
    cell = gated(network, bias, rng, hidden_size, input_size, gain)
    unrolled = unroll(cell, rng.standard_normal((steps, 1, input_size)))
    share = direct_share(cell, unrolled)
    memory = unrolled.states[WARM:, 0, -hidden_size:]
    found = {f"share_{d}": float(share.norm[d, 0]) for d in (1, 2, 5, 10, 20, 50)}
    found |= {f"projection_{d}": float(share.projection[d, 0]) for d in (10, 20)}
    return found | {"saturated": float(np.mean(np.abs(np.tanh(memory)) > 0.95))}
