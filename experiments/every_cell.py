"""How far back each cell learns, within one budget of updates (chapter 17).

Tasks: `TemporalOrder` as its authors' code draws it, and `Adding` in Arjovsky's variant, whose
target is the sum. Networks of 32 units: *tanh* from an orthogonal start, *lstm* with forget bias 1,
*gru*, and *lru*, with λ from a ring near 1 and a tanh layer after it. The encoder is a layer
without memory before the recurrence: none, 32 tanh units, or 32 ReLU units.
"""

import time
from typing import Any

import numpy as np

from experiments._protocol import Control, pace, protocol
from experiments._training import single
from experiments.adding import share_wrong
from rnnlib import ElmanCell, GRUCell, LSTMCell, Model, Readout, bptt, train, tree, unroll
from rnnlib.cells import initialisers
from rnnlib.time import LRU, Dense, Stack
from rnnlib.training import Adam, Adding, Batch, Task, TemporalOrder

ORDER = [("tanh", "none"), ("lstm", "none"), ("gru", "none"), ("lru", "none")]
ADDING = [*ORDER, ("lru", "tanh"), ("lru", "relu"), ("gru", "tanh"), ("gru", "relu")]
GRID = [
    {"task": task, "network": network, "encoder": encoder, "length": length}
    for length in (30, 60)
    for task, networks in (("order", ORDER), ("adding", ADDING))
    for network, encoder in networks
    if (task, network, encoder, length) != ("adding", "lru", "none", 60)
]
UPDATES = 400


def layer(network: str, encoder: str, I: int, H: int, rng: np.random.Generator) -> Any:  # noqa: E741
    """Draw a recurrence with what stands before and after it."""
    first = [] if encoder == "none" else [Dense.random(I, H, rng, activation=encoder)]
    I = H if first else I  # noqa: E741
    if network == "lru":
        ring = {"smallest": 0.9, "largest": 0.999, "largest_phase": np.pi / 10}
        rest: list[Any] = [LRU.random(I, H, rng, **ring), Dense.random(H, H, rng)]
    elif network == "lstm":
        rest = [LSTMCell.random(I, H, rng, forget_bias=1.0)]
    elif network == "gru":
        rest = [GRUCell.random(I, H, rng)]
    else:
        W_xh = initialisers.gaussian((H, I), rng)
        rest = [ElmanCell(initialisers.orthogonal((H, H), rng), W_xh, np.zeros(H))]
    return Stack([*first, *rest]) if len(first + rest) > 1 else rest[0]


def made(task: str, length: int) -> Task:
    """Return a task by its name."""
    return TemporalOrder(length) if task == "order" else Adding(length)


def wrong(answers: np.ndarray, batch: Batch) -> float:
    """Return the share of wrong answers: another symbol, or a squared error above 0.04."""
    if batch.targets.dtype.kind == "f":
        return share_wrong(answers, batch)
    return float(np.mean(~(answers.argmax(axis=-1) == batch.targets)))


def far(model: Model, batch: Batch, task: Task) -> float:
    """Return log₁₀ of how much gradient the first fifth of the inputs gets, against the last.

    Root mean squares of ∂L/∂x_k over steps and sequences.
    """
    run = unroll(model.cell, batch.xs)
    hs = run.outputs[-1]
    dhs = model.readout.vjp(hs, task.loss(model.readout(hs), batch.targets).gradient)[1]
    squares = np.sum(np.abs(bptt(model.cell, run, dhs).xs) ** 2, axis=(1, 2))
    fifth = len(squares) // 5
    with np.errstate(divide="ignore"):
        return float(0.5 * np.log10(squares[:fifth].sum() / squares[-fifth:].sum()))


@protocol(
    criterion="fewer than 1 % of 1000 fresh sequences wrong (order: another pair named; adding: a "
    "squared error above 0.04, as Pascanu et al. 2013, section 4.1.2), judged when none of 500 "
    "held-out ones is, which is looked at every 20 updates, or after 400 updates of 32 sequences "
    "(Adam, gradient clipped to 1)",
    grid=GRID,
    choose={"learning_rate": [0.001, 0.003, 0.01, 0.03]},
    loss=pace(UPDATES),
    selection_seeds=range(100, 103),
    seeds=range(20),
    settings={"hidden_size": 32, "updates": UPDATES},
    control=Control(
        of={"task": "adding", "network": "lru", "encoder": "relu", "length": 30},
        rows={"task": "adding", "network": "lru", "encoder": "none", "length": 30},
        what="the same recurrence on the inputs as they are",
        exposes="that the recurrence does it",
    ),
)
def run(
    task: str,
    network: str,
    encoder: str,
    length: int,
    learning_rate: float,
    hidden_size: int,
    updates: int,
    seed: int,
) -> dict:
    """Train one network until it solves a task; in single precision, measured in double."""
    rng, problem = np.random.default_rng(seed), made(task, length)
    recurrent = layer(network, encoder, problem.input_size, hidden_size, rng)
    start = Model(recurrent, Readout.random(hidden_size, problem.output_size, rng))
    held_out, fresh = problem.batch(rng, 500), problem.batch(rng, 1000)
    before = time.process_time()
    training = train(
        tree.astype(start, np.float32),
        single(problem.batches(rng, 32)),
        problem.loss,
        Adam(learning_rate),
        steps=updates,
        clip_norm=1.0,
        evaluate=lambda model: wrong(answers(model, held_out), held_out),
        evaluate_every=20,
        target=0.0,
    )
    spent = time.process_time() - before
    final = answers(training.model, fresh)
    share = wrong(final, fresh)
    trained, some = tree.astype(training.model, np.float64), problem.batch(rng, 100)
    return {
        "solved": share < 0.01,
        "wrong": share,
        "loss": float(problem.loss(final, fresh.targets).value),
        "steps_made": training.steps,
        "ms_per_update": 1000 * spent / training.steps,
        "far_before": far(start, some, problem),
        "far_after": far(trained, some, problem),
        "stopped": training.stopped,
    }


def answers(model: Model, batch: Batch) -> np.ndarray:
    """Return what a model in single precision answers."""
    return model.outputs(next(single([batch])))
