"""Some exercises of a problem set, for a course that has less time."""

import re
from collections.abc import Collection
from copy import deepcopy

from nbformat import NotebookNode

HEADING = re.compile(r"^(?=## Exercise \d+ · )", re.MULTILINE)
NUMBER = re.compile(r"## Exercise (\d+) · ")
ROW = re.compile(r"^\| (\d+)[^|]*\| ([\d.]+) \| (\d+) min \|\n", re.MULTILINE)
TOTAL = re.compile(r"^\| \*\*Total\*\* \|.*$", re.MULTILINE)


def excerpt(notebook: NotebookNode, exercises: Collection[int]) -> NotebookNode:
    """Return a notebook with what stands above the exercises and with those that are chosen.

    Raises
    ------
    ValueError
        If one of them is not there.
    """
    found = deepcopy(notebook)
    there, current = set[int](), 0
    found.cells = []
    for cell in deepcopy(notebook.cells):
        if cell.cell_type != "markdown" or "nbgrader" in cell.metadata:
            found.cells += [cell] if current == 0 or current in exercises else []
            continue
        kept = []
        for part in HEADING.split(cell.source):
            number = NUMBER.match(part)
            current = int(number[1]) if number else current
            there |= {current} - {0}
            kept += [part] if current == 0 or current in exercises else []
        cell.source = _table("".join(kept), exercises)
        found.cells += [cell] if cell.source.strip() else []
    if unknown := set(exercises) - there:
        expected = ", ".join(map(str, sorted(there)))
        raise ValueError(f"exercises: expected some of {expected}, got {min(unknown)}")
    return found


def _table(text: str, exercises: Collection[int]) -> str:
    """Return a text whose table of exercises has the chosen ones, and their sums."""
    rows = [row for row in ROW.findall(text) if int(row[0]) in exercises]
    if not rows:
        return text
    points = sum(float(row[1]) for row in rows)
    minutes = sum(int(row[2]) for row in rows)
    text = ROW.sub(lambda row: row[0] if int(row[1]) in exercises else "", text)
    return TOTAL.sub(f"| **Total** | **{points:g}** | **{minutes} min** |", text)


def numbers(notebook: NotebookNode) -> list[int]:
    """Return which exercises a notebook has."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return sorted({int(number) for number in NUMBER.findall(text)})
