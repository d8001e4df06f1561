"""Re-execute the chapters and store them slim.

Run it as ``python -m tools.notebooks [--check] [NOTEBOOK …]``.

A stored notebook keeps its text outputs and its execution counts 1 … N, which nbval compares, and
nothing that changes without a change of meaning: no pictures, no widget state, no timings, no
metadata of the machine that ran it. A cell tagged ``nbval-ignore-output`` is not compared, so its
outputs are not stored.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools import kernels
from tools.variables import ROOT, set_environment

CHAPTERS = ROOT / "chapters"
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
HEAVY = ("image/", "application/", "text/html", "video/", "audio/")


def chapters() -> list[Path]:
    """Every notebook of the book, the template included, in reading order."""
    return sorted(CHAPTERS.glob("*.ipynb"))


def slim(notebook: NotebookNode) -> NotebookNode:
    """Remove, in place, what is not stored; twice is the same as once."""
    notebook.metadata = NotebookNode(kernelspec=KERNELSPEC, language_info=LANGUAGE)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            ignored = "nbval-ignore-output" in cell.metadata.get("tags", [])
            slimmed = [] if ignored else [_slim_output(output) for output in cell.outputs]
            cell.outputs = _in_one_piece(slimmed)
    return notebook


def _slim_output(output: NotebookNode) -> NotebookNode:
    if "data" in output:
        output.data = {
            mime: value for mime, value in output.data.items() if not mime.startswith(HEAVY)
        }
        output.metadata = {}
    return output


def _in_one_piece(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join what was printed: on a busy machine it arrives in pieces."""
    joined: list[NotebookNode] = []
    for output in outputs:
        name = output.get("name")
        if joined and name and joined[-1].get("name") == name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def complaints(path: Path) -> Iterator[str]:
    """Say what in a stored notebook is not slim, or has not been run from top to bottom."""
    notebook = nbformat.read(path, as_version=4)
    if slim(nbformat.from_dict(notebook)) != nbformat.read(path, as_version=4):
        yield f"{path.name}: holds pictures, widget state, timings or machine metadata"
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    counts = [cell.execution_count for cell in code]
    if counts != list(range(1, len(code) + 1)):
        yield f"{path.name}: execution counts are {counts}, expected 1 … {len(code)}"
    ids = [cell.get("id") for cell in notebook.cells]
    if len(set(ids)) != len(ids) or None in ids:
        yield f"{path.name}: cell ids are missing or double"


def refresh(path: Path) -> str:
    """Re-execute and slim one notebook; return an empty string, or what went wrong."""
    run = kernels.run(nbformat.read(path, as_version=4), path.parent)
    if run.complaints:
        return "\n".join(f"{path.name}, {complaint}" for complaint in run.complaints)
    nbformat.write(slim(run.notebook), path)
    return ""


def main(arguments: list[str] | None = None) -> int:
    """Refresh (or with ``--check`` only inspect) the notebooks named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="all chapters if none is named")
    parser.add_argument("--check", action="store_true", help="change nothing, only complain")
    options = parser.parse_args(arguments)
    paths = options.notebooks or chapters()
    if options.check:
        wrong = [complaint for path in paths for complaint in complaints(path)]
    else:
        set_environment(ROOT / "_build" / "settings")
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            wrong = [message for message in pool.map(refresh, paths) if message]
    print("\n".join(wrong), file=sys.stderr)
    print(f"{len(paths)} notebooks, {len(wrong)} complaints")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
