"""How long a window may be in which a chaotic map runs freely while it is learned (chapter 15).

The logistic map x ← r x (1 − x) made the data; a model of the same form starts each window of τ
steps at a datum, runs freely, and is compared with the data at each of them. Its r is learned by
Adam with the gradient clipped to 1, from a start between r − 0.05 and r + 0.04. At r = 3.5 the map
goes round in four steps; at 3.7 and 3.9 it is chaotic.
"""

from dataclasses import replace

import numpy as np

from experiments._protocol import Control, protocol
from rnnlib.training import Adam

TOLERANCE = 0.002
WINDOWS = (1, 4, 8, 12, 16, 24, 32)


def orbit(r: float, rng: np.random.Generator, length: int) -> np.ndarray:
    """Return an orbit of the map, after its first hundred steps."""
    xs = np.empty(100 + length)
    x = rng.uniform(0.1, 0.9)
    for step in range(xs.size):
        xs[step] = x = r * x * (1 - x)
    return xs[100:]


def loss_gradient(r: float, data: np.ndarray, begins: np.ndarray, window: int) -> float:
    """Return dL/dr of the mean square over the windows that begin there, by sensitivities."""
    x, sensitivity, gradient = data[begins], np.zeros(len(begins)), 0.0
    for t in range(1, window + 1):
        x, sensitivity = r * x * (1 - x), x * (1 - x) + r * (1 - 2 * x) * sensitivity
        gradient += 2 * np.mean((x - data[begins + t]) * sensitivity) / window
    return gradient


@protocol(
    criterion=f"learned if the mean over the last 100 updates is within {TOLERANCE} of r",
    grid={"r": [3.5, 3.7, 3.9], "window": list(WINDOWS)},
    choose={"learning_rate": [0.0003, 0.001, 0.003]},
    loss=lambda row: row["error"],
    selection_seeds=range(100, 104),
    seeds=20,
    settings={"steps": 400, "batch": 32},
    control=Control(
        of={"r": 3.9, "window": 32},
        rows={"r": 3.5, "window": 32},
        what="a map of the same form that is not chaotic, from starts as far away",
        exposes="that long windows are hard to learn from in any case",
    ),
)
def run(r: float, window: int, learning_rate: float, steps: int, batch: int, seed: int) -> dict:
    """Learn r from one start, and see how near it comes."""
    rng = np.random.default_rng(seed)
    data = orbit(r, rng, 2000)
    adam = Adam(learning_rate)
    state = adam.start((np.array(r + rng.uniform(-0.05, 0.04)),))
    visited, sizes = [], []
    for _ in range(steps):
        begins = rng.integers(0, len(data) - window, batch)
        gradient = loss_gradient(float(state.parameters[0]), data, begins, window)
        state = adam.step(state, (np.array(np.clip(gradient, -1, 1)),))
        inside = np.clip(state.parameters[0], 3.4, 4.0)  # beyond 4 the map leaves the interval
        state = replace(state, parameters=(np.array(inside),))
        visited.append(float(inside))
        sizes.append(gradient)
    error = abs(np.mean(visited[-100:]) - r)
    return {
        "learned": bool(error < TOLERANCE),
        "error": float(error),
        "gradient": float(np.log10(np.sqrt(np.mean(np.square(sizes))))),
    }
