"""Two linear units of unlike memory learn theirs at one learning rate (chapter 16).

A teacher has two linear units, λ = 0.8 and λ = 0.99, a memory of 5 and of 100 steps. A student has
two as well and sees what each gives for the same noise; it descends on the mean squared difference,
from memories between half and twice the teacher's. Compared is how its λ is written, "direct" or
exp(−exp a), whether both read their states with ζ = √(1 − λ²) that moves with λ, and the optimiser.
"Own rates" is plain descent that gives each unit the rate at which its curvature is one and the
same: what the two would have if they did not share a rate.
"""

import numpy as np

from experiments._protocol import Control, protocol
from rnnlib.one_unit import sensitivity_variance
from rnnlib.time import linear_scan

TEACHER = np.array([0.8, 0.99])
RATES = [10.0**k for k in range(-6, 1)] + [3 * 10.0**k for k in range(-6, 1)]
WRITTEN = {
    "direct": (lambda a: a, lambda a: np.ones(2), lambda decay: decay),
    "exp exp": (
        lambda a: np.exp(-np.exp(a)),
        lambda a: -np.exp(a - np.exp(a)),
        lambda decay: np.log(-np.log(decay)),
    ),
    "tanh": (np.tanh, lambda a: 1 / np.cosh(a) ** 2, np.arctanh),
}
"""How λ is written: λ of a, dλ/da of a, a of λ."""


def read(decay, xs, scaled):
    """Return what the units give for inputs, and its derivative by λ."""
    hs = linear_scan(decay, xs)
    by_decay = linear_scan(decay, hs[:-1])[1:]
    if not scaled:
        return hs[1:], by_decay
    scale = np.sqrt(1 - decay**2)
    return scale * hs[1:], scale * by_decay - decay / scale * hs[1:]


@protocol(
    criterion="after 400 updates, 1 − λ of both units within 10 % of the teacher's",
    grid=[
        {"written": written, "scaled": scaled, "optimiser": "descent"}
        for written in WRITTEN
        for scaled in (False, True)
    ]
    + [
        {"written": "direct", "scaled": False, "optimiser": optimiser}
        for optimiser in ("own rates", "adam")
    ],
    choose={"rate": sorted(RATES)},
    loss=lambda row: row["error"],
    selection_seeds=range(100, 108),
    seeds=20,
    settings={"updates": 400, "batch": 8, "steps": 600},
    control=Control(
        of={"written": "direct", "scaled": False, "optimiser": "descent"},
        rows={"written": "direct", "scaled": False, "optimiser": "own rates"},
        what="the same, each unit with a rate in proportion to 1/E|∂h/∂λ|² at the teacher's λ",
        exposes="that λ itself cannot be learned by plain descent in so many updates",
    ),
)
def run(
    written: str, scaled: bool, optimiser: str, rate: float,
    updates: int, batch: int, steps: int, seed: int,
) -> dict:  # fmt: skip
    """Train one student."""
    rng = np.random.default_rng(seed)
    to_decay, slope, from_decay = WRITTEN[written]
    a = from_decay(1 - (1 - TEACHER) * 2 ** rng.uniform(-1, 1, 2))
    rates = rate / sensitivity_variance(TEACHER) if optimiser == "own rates" else rate
    mean, square, late = np.zeros(2), np.zeros(2), slice(steps // 2, None)
    for update in range(1, updates + 1):
        decay = to_decay(a)
        if not np.all((decay > 0.001) & (decay < 1)):  # too large a step: it has left for good
            break
        xs = rng.standard_normal((steps, batch, 2))
        ours, by_decay = read(decay, xs, scaled)
        off = (ours - read(TEACHER, xs, scaled)[0])[late]
        gradient = 2 * (off * by_decay[late]).mean(axis=(0, 1)) * slope(a)
        if optimiser == "adam":
            mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
            gradient = mean / (1 - 0.9**update) / (np.sqrt(square / (1 - 0.999**update)) + 1e-8)
        a = a - rates * gradient
    off = np.minimum(np.abs((1 - to_decay(a)) / (1 - TEACHER) - 1), 100.0)
    return {
        "solved": bool(off.max() < 0.1),
        "error": float(off.max()),
        "of_short": float(off[0]),
        "of_long": float(off[1]),
    }
