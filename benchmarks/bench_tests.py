"""How long the tests take: `make test` with the environment in place and the book built."""

import subprocess
import time
from collections.abc import Iterator

from benchmarks.run import ROOT, Row


def measure() -> Iterator[Row]:
    """Run `make test` once."""
    start = time.perf_counter()
    subprocess.run(["make", "test"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    yield Row("make test", time.perf_counter() - start, "s", 300)
