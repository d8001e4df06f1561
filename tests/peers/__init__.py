"""Comparisons with other libraries, which a reader of the course does not need."""

import importlib
import os
from types import ModuleType

import pytest


def peer(name: str, extra: str | None = None) -> ModuleType:
    """Import a library to compare with; without it skip the module, but never in CI."""
    if os.environ.get("CI"):
        return importlib.import_module(name)
    reason = f"needs {name}: pip install -e .[{extra or name}] -c constraints.txt"
    return pytest.importorskip(name, reason=reason)
