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


def kills_its_worker_once(folder, wait, a, seed):
    result = marked(folder, wait, a, seed)
    if (a, seed) == (1, 1) and len(Path(folder, "1-1").read_text().split()) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return result


def kills_its_worker_always(folder, wait, a, seed):
    result = marked(folder, wait, a, seed)
    if (a, seed) == (1, 1):
        os._exit(1)
    return result
