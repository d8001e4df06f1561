"""What a window loses of an untrained network's gradient, and what chance costs (chapter 14).

Networks of 24 units read 120 steps of 4 inputs from N(0, 1), with a random error at each step. The
orthogonal ones have gain 1 and inputs scaled by their loudness, so that they remember for longer
the quieter they are. Of the gradient with respect to W_hh: the length of what a window or a mean
chunk leaves out, relative to the whole, its cosine with the whole, and the variance of a geometric
reach of as many steps in the mean, relative to the squared length of the whole.
"""

from dataclasses import replace

import numpy as np

from experiments._protocol import protocol
from rnnlib import Cell, ElmanCell, LSTMCell, unroll
from rnnlib.cells.initialisers import orthogonal
from rnnlib.time import (
    beyond,
    chunk_weights,
    contributions,
    geometric_survival,
    random_variance,
    weighted_gradient,
)

SEEDS = range(20)
GRID = [{"network": "Gaussian", "setting": 1.0}]
GRID += [{"network": "orthogonal", "setting": loudness} for loudness in (1.0, 0.1, 0.01)]
GRID += [{"network": "LSTM", "setting": bias} for bias in (0.0, 1.0, 3.0)]
STEPS = (5, 10, 20, 50)


def drawn(network: str, setting: float, rng: np.random.Generator, H: int, I: int) -> Cell:  # noqa: E741
    """Draw a network; the setting is the loudness of its inputs, or an LSTM's forget bias."""
    if network == "LSTM":
        return LSTMCell.random(I, H, rng, forget_bias=setting)
    cell = ElmanCell.random(I, H, rng)
    W_hh = orthogonal((H, H), rng) if network == "orthogonal" else cell.W_hh
    return replace(cell, W_hh=W_hh, W_xh=setting * cell.W_xh)


def parts_of(
    network: str, setting: float, seed: int, steps: int, hidden_size: int, input_size: int
) -> np.ndarray:
    """Return G_0, G_1, … of one network, shape (T, …)."""
    rng = np.random.default_rng(seed)
    cell = drawn(network, setting, rng, hidden_size, input_size)
    run = unroll(cell, rng.standard_normal((steps, 1, input_size)))
    dhs = rng.standard_normal((steps, 1, hidden_size))
    return np.array([part.W_hh for part in contributions(cell, run, dhs)])


@protocol(
    criterion="none: reported as they come",
    grid=GRID,
    seeds=SEEDS,
    settings={"steps": 120, "hidden_size": 24, "input_size": 4},
)
def run(
    network: str, setting: float, steps: int, hidden_size: int, input_size: int, seed: int
) -> dict:
    """Truncate one network's gradient in every way."""
    parts = parts_of(network, setting, seed, steps, hidden_size, input_size)
    rest = beyond(parts)
    whole, length, found = rest[0], np.linalg.norm(rest[0]), {}
    for w in STEPS:
        chunk = weighted_gradient(parts, chunk_weights(w, steps))
        for name, gradient in (("window", whole - rest[w]), ("chunk", chunk)):
            cosine = (gradient * whole).sum() / np.linalg.norm(gradient) / length
            found[f"{name}_off_{w}"] = float(np.linalg.norm(whole - gradient) / length)
            found[f"{name}_cosine_{w}"] = float(cosine)
        survival = geometric_survival(w, steps)
        found[f"variance_{w}"] = random_variance(parts, survival) / float(length) ** 2
    return found
