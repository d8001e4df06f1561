"""How long the book takes to build: from a clean checkout, and again with nothing changed."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.run import ROOT, Row


def build(root: Path) -> float:
    """Build the book in `root`; return the seconds it took."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "tools.book"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def measure() -> Iterator[Row]:
    """Build a copy of the checkout twice."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "course")
        ignored = shutil.ignore_patterns("_build", ".venv", ".git", "__pycache__", ".*_cache")
        shutil.copytree(ROOT, copy, ignore=ignored)
        yield Row("make book, clean checkout, environment in place", build(copy), "s", 60)
        yield Row("make book, nothing changed", build(copy), "s", 10)
