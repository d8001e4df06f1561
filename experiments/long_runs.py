"""Lyapunov exponents of tanh networks by gain and input (chapter 15).

W_hh is Gaussian with the gain; each unit gets noise of its own, N(0, input_sd²), and the start is
random. Silent networks have input_sd 0. Without training.
"""

import numpy as np

from experiments._protocol import Control, protocol
from rnnlib import ElmanCell
from rnnlib.product import lyapunov_spectrum, spectral_radius
from rnnlib.time.unrolling import Unrolled, unroll

GAINS = (0.5, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0)
BLOCK = 20  # steps whose mean counts as one sample of a growth


def heard(
    gain: float, input_sd: float, rng: np.random.Generator, hidden_size: int, steps: int
) -> Unrolled:
    """Run a network on noise from a random state."""
    H = hidden_size
    cell = ElmanCell(
        gain * rng.standard_normal((H, H)) / np.sqrt(H), input_sd * np.eye(H), np.zeros(H)
    )
    return unroll(cell, rng.standard_normal((steps, 1, H)), rng.standard_normal((1, H)))


@protocol(
    criterion="none: exponents are reported as they come",
    grid={"gain": list(GAINS), "input_sd": [0.0, 0.25, 1.0]},
    seeds=20,
    settings={"hidden_size": 64, "steps": 800, "discard": 200},
    control=Control(
        of={"gain": 2.0, "input_sd": 0.0},
        rows={"gain": 2.0, "input_sd": 1.0},
        what="the same weights, with noise at each step",
        exposes="that the weights alone decide whether a network is chaotic, and how much",
    ),
)
def run(
    gain: float, input_sd: float, hidden_size: int, steps: int, discard: int, seed: int
) -> dict:
    """Follow all axes of one network."""
    rng = np.random.default_rng(seed)
    unrolled = heard(gain, input_sd, rng, hidden_size, steps)
    found = lyapunov_spectrum(unrolled, discard=discard)
    blocks = found.growth[:, 0, 0].reshape(-1, BLOCK).mean(axis=1)
    return {
        "largest": float(found.exponents[0, 0]),
        "standard_error": float(blocks.std(ddof=1) / np.sqrt(len(blocks))),
        "growing": int((found.exponents[0] > 0.01).sum()),
        "entropy_rate": float(found.entropy_rate[0]),
        "dimension": float(found.dimension[0]),
        "log_radius": float(np.log(spectral_radius(unrolled.cell.W_hh))),
    }
