"""Can a chunk of w steps teach what lies more than w steps back? By learning rate (chapter 14).

A stream of random bits, read as ±0.3 times normal weights; at each step the bit of twelve steps ago
is asked for. A tanh network of 24 units, orthogonal with gain 0.9, reads 16 streams in segments of
20 steps; its state is carried on, its gradient is cut into chunks of `window`. Adam trains the
readout at 0.005 and the cell's weights at a share of that. Beside it, what the readout alone gets
out of the untrained network: trained like the others ("frozen"), or fitted by least squares to
24,000 steps ("fitted").
"""

from dataclasses import replace

import numpy as np

from experiments._protocol import Control, protocol
from rnnlib import Batch, ElmanCell, Model, Readout, softmax_cross_entropy, tree, unroll
from rnnlib.cells.initialisers import orthogonal
from rnnlib.training import Adam, loss_and_gradient

SEEDS = range(20)
WINDOWS = (1, 4, 8, 20)
SHARES = (0.01, 0.03, 0.1, 0.3, 1.0)
ALONE = {"window": 20, "share": 0.0}
GRID = [{"network": network} | ALONE for network in ("frozen", "fitted")]
GRID += [
    {"network": "trained", "window": window, "share": share}
    for window in WINDOWS
    for share in SHARES
]


def reading(bits: np.ndarray, lag: int) -> Batch:
    """Read all but the first `lag` steps of streams of bits (N, B), and ask for the bit before."""
    return Batch(2.0 * bits[lag:, :, None] - 1, bits[: len(bits) - lag], every_step=True)


def trained(
    model: Model, rng: np.random.Generator, window: int, share: float, lag: int, updates: int
) -> Model:
    """Train a model, its cell at a share of the learning rate."""
    bits = rng.integers(2, size=(20 * updates + lag, 16))
    optimiser = Adam(0.005)
    state, ended = optimiser.start(model), None
    for first in range(0, 20 * updates, 20):
        batch = reading(bits[first : first + 20 + lag], lag).carrying(ended)
        found = loss_and_gradient(state.parameters, batch, softmax_cross_entropy, window=window)
        old, ended = state.parameters.cell, found.states
        state = optimiser.step(state, found.gradient)
        cell = tree.map_leaves(lambda a, b: a + share * (b - a), old, state.parameters.cell)
        state = replace(state, parameters=replace(state.parameters, cell=cell))
    return state.parameters


def fitted(cell: ElmanCell, rng: np.random.Generator, lag: int) -> Model:
    """Return the untrained cell with the readout that fits its states by least squares."""
    batch = reading(rng.integers(2, size=(130 + lag, 240)), lag)
    hs = unroll(cell, batch.xs).hs[31:].reshape(-1, cell.hidden_size)
    rows = np.column_stack([hs, np.ones(len(hs))])
    answers = 2.0 * batch.targets[30:].ravel() - 1
    *w, b = np.linalg.lstsq(rows, answers, rcond=None)[0]
    return Model(cell, Readout([-np.array(w), w], [-b, b]))


@protocol(
    criterion="the share of 12,000 fresh bits that are named rightly, chance being one half",
    grid=GRID,
    seeds=SEEDS,
    settings={"hidden_size": 24, "lag": 12, "loudness": 0.3, "updates": 800},
    control=Control(
        of={"network": "trained", "window": 4, "share": 0.1},
        rows={"network": "fitted"} | ALONE,
        what="the same networks untrained, their readout fitted by least squares",
        exposes="that all is in the untrained states, for the readout to find",
    ),
)
def run(
    network: str,
    window: int,
    share: float,
    hidden_size: int,
    lag: int,
    loudness: float,
    updates: int,
    seed: int,
) -> dict:
    """Train one network, and ask it."""
    rng = np.random.default_rng(seed)
    cell = ElmanCell.random(1, hidden_size, rng)
    W_hh = orthogonal((hidden_size, hidden_size), rng, gain=0.9)
    cell = replace(cell, W_hh=W_hh, W_xh=loudness * cell.W_xh)
    model = Model(cell, Readout.random(hidden_size, 2, rng, gain=0.1))
    if network == "fitted":
        model = fitted(cell, rng, lag)
    else:
        model = trained(model, rng, window, share, lag, updates)
    fresh = reading(rng.integers(2, size=(90 + lag, 200)), lag)
    right = model.outputs(fresh).argmax(axis=-1) == fresh.targets
    return {"right": float(right[30:].mean())}
