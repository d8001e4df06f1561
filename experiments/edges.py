"""At which gain the largest Lyapunov exponent of a driven tanh network is 0 (chapter 12).

Each seed draws 64 units and 1000 steps of noise, independent for each unit, which is added to the
total inputs; the gain is found by bisection for this one draw.
"""

import numpy as np

from experiments._protocol import protocol
from experiments.fans import STARTS
from rnnlib import ElmanCell, unroll
from rnnlib.product import lyapunov_spectrum


@protocol(
    criterion="none: the gain is reported as it comes, to 0.01",
    grid={"start": ["orthogonal", "Gaussian"], "input_sd": [0.3, 1.0]},
    seeds=20,
    settings={"hidden_size": 64, "steps": 1000, "discard": 200, "halvings": 8},
)
def run(
    start: str,
    input_sd: float,
    hidden_size: int,
    steps: int,
    discard: int,
    halvings: int,
    seed: int,
) -> dict:
    """Find one network's gain."""
    rng = np.random.default_rng(seed)
    H = hidden_size
    W = STARTS[start]((H, H), rng)
    noise = rng.standard_normal((steps, 1, H))
    low, high = 0.5, 3.0
    for _ in range(halvings):
        gain = (low + high) / 2
        cell = ElmanCell(gain * W, input_sd * np.eye(H), np.zeros(H))
        spectrum = lyapunov_spectrum(unroll(cell, noise), leading=1, interval=10, discard=discard)
        low, high = (gain, high) if spectrum.exponents.item() < 0 else (low, gain)
    return {"gain": (low + high) / 2}
