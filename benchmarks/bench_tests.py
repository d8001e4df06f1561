"""How long the tests take, with the environment in place and the book built."""

import os
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.measure import cost
from benchmarks.run import ROOT, Row

TESTS = {"make check": 60, "make test": 360}


def measure() -> Iterator[Row]:
    """Run each of the two commands once."""
    subprocess.run([sys.executable, "-m", "tools.book"], cwd=ROOT, check=True, stdout=sys.stderr)
    for command, limit in TESTS.items():
        wall, processor = cost(*command.split(), cwd=ROOT, env=dict(os.environ))
        yield Row(command, wall, "s", limit)
        yield Row(f"{command}, processor time", processor, "s")
