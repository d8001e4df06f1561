"""Runs for the tests of sweeps: importable, so that worker processes find them."""

import os
import signal
import time
from pathlib import Path

import numpy as np


def product(a, b, seed):
    """Give a result of each type."""
    return {"value": a / 3 + seed, "count": a * seed, "positive": a > 0, "name": f"{b}", "no": None}


def trained(size, seed):
    """Multiply matrices, whose rounding depends on the number of BLAS threads."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((size, size)) / np.sqrt(size)
    x = rng.standard_normal((size, 4))
    for _ in range(20):
        x = np.tanh(W @ x)
    return {"norm": np.linalg.norm(x), "first": x[0, 0]}


def blas_threads(a, seed):
    from threadpoolctl import threadpool_info

    pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {"pools": len(pools), "threads": max(pools)}


def raises_at_two(a, seed):
    if a == 2:
        raise ZeroDivisionError(f"nothing at seed {seed}")
    return {"value": a}


def marked(folder, wait, a, seed):
    """Leave a mark for each start."""
    with open(Path(folder, f"{a}-{seed}"), "a") as mark:
        mark.write(f"{os.getpid()}\n")
    time.sleep(wait)
    return {"value": 10 * a + seed}


def wait_until(happened, seconds=600):
    """Wait for an event and not for a time.

    On a machine with ten times more to do than it can, a second worker once came after two minutes.
    """
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not happen")
        time.sleep(0.01)


def starts(folder):
    """Return how often each run was started."""
    return {mark.name: len(mark.read_text().split()) for mark in Path(folder).glob("?-?")}


def stored(path):
    """Return how many runs a file of results holds, below its two lines of heading."""
    return max(0, Path(path).read_bytes().count(b"\n") - 2) if Path(path).exists() else 0


def held(folder, a, seed):
    """Leave a mark for each start; but for the first runs, go on when the test says so."""
    result = marked(folder, 0, a, seed)
    if a > 0:
        wait_until(Path(folder, "go").exists)
    return result


def kills_its_worker_once(folder, results, a, seed):
    """Die at a moment that is known: one other run is under way, and what had ended is stored."""
    first = (a, seed) == (1, 1) and not Path(folder, "1-1").exists()
    dies, other = Path(folder, "1-1").exists(), Path(folder, "other")
    result = marked(folder, 0, a, seed)
    if first:
        wait_until(other.exists)
        ended = [mark for mark in starts(folder) if mark not in ("1-1", other.read_text())]
        wait_until(lambda: stored(results) == len(ended))
        os.kill(os.getpid(), signal.SIGKILL)
    elif dies and not other.exists():
        other.with_suffix(".new").write_text(f"{a}-{seed}")
        other.with_suffix(".new").rename(other)
        wait_until(lambda: starts(folder)["1-1"] == 2)  # it does not live so long
    return result


def kills_its_worker_always(folder, wait, a, seed):
    result = marked(folder, wait, a, seed)
    if (a, seed) == (1, 1):
        os._exit(1)
    return result
