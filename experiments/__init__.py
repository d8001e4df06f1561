"""What is run for the claims of the chapters: one module each, its results beside it in CSVs."""

import importlib
from pathlib import Path

from experiments._models import SharedModel, model
from experiments._protocol import Protocol, grouped

__all__ = ["FOLDER", "Protocol", "SharedModel", "grouped", "load", "model", "names"]

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """List the experiments."""
    return sorted(path.stem for path in FOLDER.glob("[!_]*.py"))


def load(name: str) -> Protocol:
    """Import one, and see that it has a protocol."""
    run = getattr(importlib.import_module(f"experiments.{name}"), "run", None)
    if not isinstance(run, Protocol):
        raise TypeError(f"experiments/{name}.py: expected a function `run` under @protocol")
    return run
