"""Can clipping bring back what has vanished? By norm, by value, and the control (chapter 10).

Task: `TemporalOrder` of length 30, whose first symbol stands some 25 steps before the answer. The
network, 24 tanh units with the gain ½, sends next to nothing back so far, and each seed draws
another.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from experiments._protocol import Control, pace, protocol
from experiments._training import outputs, single
from rnnlib import ElmanCell, Model, Readout, tree
from rnnlib.training import TemporalOrder, clip_by_global_norm, clip_by_value, loss_and_gradient

STEPS = 2000
LIMIT = 1e-3


def as_long(gradient: Any, limit: float) -> Any:
    """Return the gradient, unturned, in the length that clipping by value would leave it."""
    length = tree.global_norm(clip_by_value(gradient, limit).gradient)
    return tree.map_leaves(lambda g: g * (length / tree.global_norm(gradient)), gradient)


DIRECTIONS: dict[str, Callable[[Any], Any]] = {
    "plain": lambda gradient: gradient,
    "norm": lambda gradient: clip_by_global_norm(gradient, 10 * LIMIT).gradient,
    "value": lambda gradient: clip_by_value(gradient, LIMIT).gradient,
    "as long": lambda gradient: as_long(gradient, LIMIT),
}


def share_of_far(gradient: Any) -> float:
    """Return the share in the cell's gradient of what only the two far symbols, A and B, cause."""
    return float(np.linalg.norm(gradient.cell.W_xh[:, :2]) / tree.global_norm(gradient.cell))


@protocol(
    criterion="fewer than 1 % of 2000 fresh sequences misclassified, judged when none of 200 "
    "held-out ones is, or after 2000 updates of 32 sequences",
    grid={"method": ["plain", "norm", "value", "as long"]},
    choose={"learning_rate": [0.1, 1.0, 3.0, 10.0, 30.0]},
    loss=pace(STEPS),
    selection_seeds=range(100, 104),
    seeds=20,
    settings={"steps": STEPS},
    control=Control(
        of={"method": "value"},
        rows={"method": "as long"},
        what="each step as long as the one clipped by value, in the direction of the gradient",
        exposes="that the larger rate, or the length of the steps, is what helps",
    ),
)
def run(method: str, learning_rate: float, steps: int, seed: int) -> dict:
    """Train one network, and see whether it solves the task, and how its steps were turned."""
    rng = np.random.default_rng(seed)
    task = TemporalOrder(length=30)
    start = Model(ElmanCell.random(6, 24, rng, gain=0.5), Readout.random(24, 4, rng))
    model = tree.map_leaves(np.float32, start)
    held_out, direction = task.batch(rng, 200), DIRECTIONS[method]
    cosines, far = [], (np.nan, np.nan)
    for made, batch in enumerate(islice(single(task.batches(rng, 32)), steps), start=1):
        gradient = loss_and_gradient(model, batch, task.loss).gradient
        step = direction(gradient)
        if made <= 100:
            g, s = tree.flatten(gradient), tree.flatten(step)
            cosines.append(g @ s / (np.linalg.norm(g) * np.linalg.norm(s)))
            far = far if made > 1 else (share_of_far(gradient), share_of_far(step))
        model = tree.map_leaves(lambda p, s: p - learning_rate * s, model, step)
        if made % 100 == 0 and task.error(outputs(model, held_out), held_out) == 0:
            break
    fresh = task.batch(rng, 2000)
    wrong = float(task.error(outputs(model, fresh), fresh))
    return {
        "solved": wrong < 0.01,
        "wrong": wrong,
        "steps_made": made,
        "cosine": float(np.mean(cosines)),
        "far_of_gradient": far[0],
        "far_of_step": far[1],
    }
