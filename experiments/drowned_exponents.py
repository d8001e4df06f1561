"""Which exponents drown if the axes are factorised every n steps only (chapter 15).

All 64 exponents of one driven tanh network, for the same Jacobians, with n steps between the
factorisations and with one.
"""

import warnings

import numpy as np

from experiments._protocol import protocol
from experiments.long_runs import heard
from rnnlib.product import (
    IntervalTooLongWarning,
    exponent_floor,
    lyapunov_spectrum,
    step_jacobians,
)


@protocol(
    criterion="an exponent is drowned if it is wrong by more than 0.01",
    grid={"interval": [2, 5, 10, 20, 50, 100]},
    seeds=20,
    settings={"gain": 1.5, "input_sd": 0.25, "hidden_size": 64, "steps": 600},
)
def run(
    interval: int, gain: float, input_sd: float, hidden_size: int, steps: int, seed: int
) -> dict:
    """Compare one network's exponents."""
    rng = np.random.default_rng(seed)
    unrolled = heard(gain, input_sd, rng, hidden_size, steps)
    J = step_jacobians(unrolled.cell, unrolled)[:, 0]
    right = lyapunov_spectrum(J).exponents
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IntervalTooLongWarning)
        found = lyapunov_spectrum(J, interval=interval).exponents
    wrong = np.abs(found - right) > 0.01
    floor = exponent_floor(right[0], interval)
    return {
        "drowned": int(wrong.sum()),
        "below_floor": int((right < floor).sum()),
        "largest_moved": float(np.abs(found[0] - right[0])),
        "lowest": float(right.min()),
        "lowest_found": float(found.min()),
        "floor": floor,
    }
