"""`import rnnlib` is light, and the library stands on its own."""

import subprocess
import sys


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_import_brings_numpy_and_nothing_else():
    """Modules of other packages that come with rnnlib, beyond those that numpy brings."""
    code = (
        "import sys, numpy.random; before = set(sys.modules); import rnnlib; "
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(tops - set(sys.stdlib_module_names) - {'numpy', 'rnnlib'}))"
    )
    assert run(code) == "[]"


def test_all_names_exist():
    assert run("from rnnlib import *; import rnnlib; print(set(rnnlib.__all__) <= set(dir()))") == (
        "True"
    )
