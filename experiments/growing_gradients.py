"""How a weight gradient grows with the number of steps it goes back (chapter 15).

The loss is a random linear function of one state, after 100 steps of warming up and 320 more; the
gradient goes back over the last T of these. The exponent is that of the same 320 steps' Jacobians.
"""

import numpy as np

from experiments._protocol import Control, protocol
from experiments.long_runs import heard
from rnnlib.product import lyapunov_spectrum
from rnnlib.time.backpropagation import bptt
from rnnlib.time.unrolling import unroll

LENGTHS = (10, 20, 40, 80, 160, 320)
SETTINGS = ((1.25, 0.25), (1.5, 0.25), (2.0, 0.0), (2.0, 2.0), (3.0, 0.0))


@protocol(
    criterion="none: gradients are reported as they come",
    grid=[{"gain": gain, "input_sd": sd} for gain, sd in SETTINGS],
    seeds=20,
    settings={"hidden_size": 64, "warm": 100},
    control=Control(
        of={"gain": 2.0, "input_sd": 0.0},
        rows={"gain": 2.0, "input_sd": 2.0},
        what="the same weights, with so much noise that the exponent is below 0",
        exposes="that large weights alone make the gradient explode",
    ),
)
def run(gain: float, input_sd: float, hidden_size: int, warm: int, seed: int) -> dict:
    """Send one error back over several lengths."""
    rng = np.random.default_rng(seed)
    whole = heard(gain, input_sd, rng, hidden_size, warm + LENGTHS[-1])
    error = rng.standard_normal((1, hidden_size))
    error /= np.linalg.norm(error)
    found = {}
    for T in LENGTHS:
        last = unroll(whole.cell, whole.xs[-T:], whole.hs[-1 - T])
        dhs = np.zeros((T, 1, hidden_size))
        dhs[-1] = error
        gradient = bptt(whole.cell, last, dhs)
        found[f"weights_{T}"] = float(np.log10(np.linalg.norm(gradient.cell.W_hh)))
        found[f"start_{T}"] = float(np.log10(np.linalg.norm(gradient.h0)))
    exponent = lyapunov_spectrum(whole, leading=1, discard=warm).exponents.item()
    return found | {"exponent": exponent}
