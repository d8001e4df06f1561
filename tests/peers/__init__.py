"""Comparisons with other libraries, which a reader of the course does not need."""

from types import ModuleType

import pytest


def peer(name: str, extra: str | None = None) -> ModuleType:
    """Import a library to compare with, or skip the module without it."""
    how = f"pip install -e .[{extra or name}] -c constraints.txt"
    return pytest.importorskip(name, reason=f"{name}: {how}")
