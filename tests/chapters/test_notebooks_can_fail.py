"""A wrong number in a notebook, or a wrong line in rnnlib, turns the notebook tests red."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools.equations import ROOT

CHAPTER = "02-the-forward-equations.ipynb"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy one chapter and rnnlib; the copy of rnnlib is the one that its kernel imports."""
    shutil.copy(ROOT / "chapters" / CHAPTER, tmp_path)
    shutil.copytree(ROOT / "rnnlib", tmp_path / "rnnlib")
    return tmp_path


def nbval(folder: Path) -> str:
    """Run the notebook tests as `make test` does, on the copy; return pytest's last line."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"]
    command += ["--rootdir", str(folder), "-c", str(ROOT / "pyproject.toml")]
    command += ["--nbval-sanitize-with", str(ROOT / "tests" / "nbval_sanitize.cfg")]
    result = subprocess.run(
        [*command, str(folder / CHAPTER)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip().splitlines()[-1]


def test_the_untouched_copy_passes(copy: Path):
    summary = nbval(copy)
    assert "passed" in summary and "failed" not in summary


def test_a_wrong_number_in_a_stored_output_is_caught(copy: Path):
    notebook = nbformat.read(copy / CHAPTER, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    (output,) = [output for output in outputs if "settles at 0.50" in output.get("text", "")]
    output.text = output.text.replace("0.50", "0.51")
    nbformat.write(notebook, copy / CHAPTER)
    assert "1 failed" in nbval(copy)


def test_a_wrong_line_in_rnnlib_is_caught(copy: Path):
    total_input = copy / "rnnlib" / "cells" / "total_input.py"
    text = total_input.read_text(encoding="utf-8")
    right, wrong = "return h @ self.W_hh.T + x", "return h @ self.W_hh + x"
    assert right in text
    total_input.write_text(text.replace(right, wrong), encoding="utf-8")
    assert "failed" in nbval(copy)
