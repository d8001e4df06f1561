"""How much of a sweep's time a second process takes away."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.run import Row
from rnnlib import ElmanCell, Model, Readout, softmax_cross_entropy, train
from rnnlib.sweeps import sweep
from rnnlib.training import SGD, TemporalOrder

ROUNDS = 3
RUNS = 12


def run(length: int, seed: int) -> dict[str, float]:
    """Train for about a second, as a run of chapter 11's experiments does for longer."""
    rng, task = np.random.default_rng(seed), TemporalOrder(length=length)
    start = Model(ElmanCell.random(6, 50, rng), Readout.random(50, 4, rng))
    batches = task.batches(rng, 20)
    done = train(start, batches, softmax_cross_entropy, SGD(0.01), steps=500, clip_norm=1.0)
    return {"loss": float(done.losses[-1])}


def seconds(jobs: int) -> float:
    """Return the wall-clock seconds of one sweep, its processes started and ended."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        path = Path(folder, "sweep.csv")
        sweep(run, {"length": [30]}, seeds=RUNS, path=path, jobs=jobs, progress=False)
        return time.perf_counter() - start


def measure() -> Iterator[Row]:
    """Take one process and two in turn; the best of each, because others use the machine, too."""
    one, two = map(min, zip(*((seconds(1), seconds(2)) for _ in range(ROUNDS)), strict=True))
    yield Row(f"sweep of {RUNS} runs, one process", one, "s")
    yield Row("the same, two processes as a share of one", two / one, "of the time", 0.6)
