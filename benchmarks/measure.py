"""Timing side by side: peers in turn in one process, one thread, CPU time."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

ROUNDS = 7
SECONDS_PER_TURN = 0.15

Work = Callable[[], object]


def ratios(ours: Work, *peers: Work) -> tuple[float, list[float]]:
    """Return the median of our seconds, and for each peer the median of its time over ours.

    Each round gives everybody one turn, so that whatever else the machine does hits all alike.
    """
    works = [ours, *peers]
    repeats = []
    for work in works:
        work()  # warm up, compile
        start = time.process_time()
        work()
        repeats.append(max(1, int(SECONDS_PER_TURN / max(time.process_time() - start, 1e-6))))
    rounds = [[seconds(w, n) for w, n in zip(works, repeats, strict=True)] for _ in range(ROUNDS)]
    return (
        statistics.median(turn[0] for turn in rounds),
        [statistics.median(turn[i] / turn[0] for turn in rounds) for i in range(1, len(works))],
    )


def seconds(work: Work, repeats: int) -> float:
    """Return the CPU seconds of one call, the mean over `repeats`.

    The first call of a turn is not timed. It gets back from the system what memory the peer's turn
    gave away, which for a few hundred megabytes in large pages takes longer than the work.
    """
    work()
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


def cost(*command: str, cwd: Path, env: dict[str, str]) -> tuple[float, float]:
    """Return a command's seconds by the clock, and of the processor; the command must succeed.

    The processor's are those of all that it starts and waits for.
    """
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, os.times()
    user = after.children_user - before.children_user
    return wall, user + after.children_system - before.children_system


def installed(*names: str) -> bool:
    """Say whether the peers are there, and how to get them if not."""
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        print(
            f"Left out for want of {', '.join(missing)}: pip install -e .[bench] -c constraints.txt"
        )
    return not missing
