"""How long `import rnnlib` takes, beside numpy, which it needs."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.run import Row


def seconds(statement: str) -> float:
    """Return the median over nine fresh interpreters of the time one statement takes."""
    taken = []
    for _ in range(9):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def measure() -> Iterator[Row]:
    """Compare two imports."""
    numpy = seconds("import numpy")
    yield Row("import rnnlib, on top of numpy", seconds("import rnnlib") - numpy, "s", 0.3)
