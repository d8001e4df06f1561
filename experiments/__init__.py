"""The sweeps whose results chapters plot: one module each, its results beside it in a CSV."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

from rnnlib.sweeps import read_results, sweep

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """List the experiments."""
    return sorted(path.stem for path in FOLDER.glob("[!_]*.py"))


def load(name: str) -> ModuleType:
    """Import one, and see that it has what an experiment needs."""
    script = importlib.import_module(f"experiments.{name}")
    for needed in ("run", "GRID", "SEEDS", "PATH"):
        if not hasattr(script, needed):
            raise AttributeError(f"experiments/{name}.py: expected it to define {needed}")
    return script


def run(script: ModuleType, jobs: int | None = None) -> list[dict[str, Any]]:
    """Run what is missing of an experiment, on all cores unless told otherwise."""
    return sweep(
        script.run,
        script.GRID,
        seeds=script.SEEDS,
        settings=getattr(script, "SETTINGS", None),
        path=script.PATH,
        jobs=jobs,
    )


def results(script: ModuleType) -> list[dict[str, Any]]:
    """Read an experiment's stored results; refuse those of other settings or code, or with gaps."""
    settings = getattr(script, "SETTINGS", None)
    return read_results(
        script.PATH, script.GRID, seeds=script.SEEDS, settings=settings, run=script.run
    )
