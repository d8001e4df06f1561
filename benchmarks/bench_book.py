"""How long the book takes to build: from a clean checkout, and again with nothing changed."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import cost
from benchmarks.run import ROOT, Row


def build(root: Path, what: str, limit: float) -> Iterator[Row]:
    """Build the book in `root`; yield the seconds it took, by the clock and of the processor."""
    environment = os.environ | {"PYTHONPATH": str(root)}
    wall, processor = cost(sys.executable, "-m", "tools.book", cwd=root, env=environment)
    yield Row(f"make book, {what}", wall, "s", limit)
    yield Row(f"make book, {what}, processor time", processor, "s")


def measure() -> Iterator[Row]:
    """Build a copy of the checkout twice."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "course")
        ignored = shutil.ignore_patterns("_build", ".venv", ".git", "__pycache__", ".*_cache")
        shutil.copytree(ROOT, copy, ignore=ignored)
        yield from build(copy, "clean checkout, environment in place", 60)
        yield from build(copy, "nothing changed", 5)
