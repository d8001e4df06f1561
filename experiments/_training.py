"""What the sweeps of chapter 11 share: how networks start, and how they are trained.

In single precision, which halves their time: what is asked is whether a network learns.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from rnnlib import Batch, ElmanCell, Model, Readout, Training, train, tree
from rnnlib.cells import initialisers
from rnnlib.training import SGD, Task

METHODS: dict[str, dict[str, Any]] = {
    "sgd": {},
    "clip": {"clip_norm": 1.0},
    "omega": {"clip_norm": 1.0, "omega": 2.0},
}
"""Plain descent; with its gradient clipped to norm 1; with Pascanu's Ω of weight 2 as well."""


def start(kind: str, task: Task, hidden_size: int, rng: np.random.Generator) -> Model:
    """Return an untrained network.

    - *basic tanh*: all weights from N(0, 0.1²), biases zero, as Pascanu et al. (2013) name it;
    - *tanh*: W_hh and W_ho from N(0, 1/H), W_xh from N(0, 1/I);
    - *identity ReLU*: W_hh the identity, as Le et al. (2015); W_xh from N(0, 0.1²), W_ho from
      N(0, 1/H).
    """
    H, I, V = hidden_size, task.input_size, task.output_size  # noqa: E741
    if kind == "tanh":
        return Model(ElmanCell.random(I, H, rng), Readout.random(H, V, rng))
    if kind == "basic tanh":
        weights = [0.1 * rng.standard_normal(shape) for shape in ((H, H), (H, I), (V, H))]
        cell = ElmanCell(weights[0], weights[1], np.zeros(H))
        return Model(cell, Readout(weights[2], np.zeros(V)))
    if kind == "identity ReLU":
        W_xh = 0.1 * rng.standard_normal((H, I))
        cell = ElmanCell(initialisers.identity(H), W_xh, np.zeros(H), "relu")
        return Model(cell, Readout.random(H, V, rng))
    raise ValueError(f"kind: expected 'tanh', 'basic tanh' or 'identity ReLU', got {kind!r}")


def single(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the same batches in single precision."""
    for batch in batches:
        targets = batch.targets
        if targets.dtype.kind == "f":
            targets = targets.astype(np.float32)
        yield replace(batch, xs=batch.xs.astype(np.float32), targets=targets)


def outputs(model: Model, batch: Batch) -> np.ndarray:
    """Return what a model answers, NaN where its state overflows: that is no right answer."""
    batch = replace(batch, xs=batch.xs.astype(model.cell.W_xh.dtype))
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            return model.outputs(batch)
        except ValueError:
            return np.full((batch.xs.shape[1], model.readout.output_size), np.nan)


def trial(
    task: Task,
    share_wrong: Any,
    *,
    start_from: str,
    method: str,
    learning_rate: float,
    hidden_size: int,
    steps: int,
    seed: int,
) -> dict:
    """Train one network, and see whether it solves the task: a run of a sweep.

    Parameters
    ----------
    share_wrong : callable
        Of outputs and a batch.
    """
    rng = np.random.default_rng(seed)
    model = start(start_from, task, hidden_size, rng)
    training = train_until_right(model, task, share_wrong, method, learning_rate, steps, rng)
    return result(training, task, share_wrong, rng)


def train_until_right(
    model: Model,
    task: Task,
    share_wrong: Any,
    method: str,
    learning_rate: float,
    steps: int,
    rng: np.random.Generator,
) -> Training:
    """Train with minibatches of 20; stop once none of 200 held-out sequences is wrong.

    Parameters
    ----------
    share_wrong : callable
        Of outputs and a batch.
    """
    held_out = task.batch(rng, 200)
    return train(
        tree.map_leaves(np.float32, model),
        single(task.batches(rng, 20)),
        task.loss,
        SGD(learning_rate),
        steps=steps,
        evaluate=lambda trained: share_wrong(outputs(trained, held_out), held_out),
        evaluate_every=100,
        target=0.0,
        **METHODS[method],
    )


def result(training: Training, task: Task, share_wrong: Any, rng: np.random.Generator) -> dict:
    """Return what a sweep stores of a run: judged on 2000 fresh sequences."""
    fresh = task.batch(rng, 2000)
    wrong = float(share_wrong(outputs(training.model, fresh), fresh))
    return {
        "solved": wrong < 0.01,
        "wrong": wrong,
        "steps_made": training.steps,
        "stopped": training.stopped,
    }
