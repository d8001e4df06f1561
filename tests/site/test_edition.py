"""An edition without solutions has none of them, in whatever way they are written."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.edition import TAKEN, strip

ROOT = Path(__file__).resolve().parents[2]
FENCED = "Before.\n\n```{solution} ex-a\n:class: dropdown\n\nSECRET\n```\n\nAfter."
NESTED = "````{solution} ex-a\nSECRET\n\n```python\nSECRET\n```\n````\n"
START = "Before.\n\n````{solution-start} ex-b\n:class: dropdown\n````\n\nSECRET"
END = "SECRET\n\n```{solution-end}\n```\n\nAfter."


def stripped(*cells: str) -> tuple[int, list[str]]:
    notebook = new_notebook(
        cells=[new_code_cell(c[1:]) if c.startswith("!") else new_markdown_cell(c) for c in cells]
    )
    return strip(notebook), [cell.source for cell in notebook.cells]


@pytest.mark.parametrize(
    ("cells", "left"),
    [
        ((FENCED,), ["Before.\n\n\nAfter."]),
        ((NESTED, "!x = 1"), ["x = 1"]),
        ((START, "!SECRET", END, "!x = 1"), ["Before.", "After.", "x = 1"]),
        ((START + "\n\n" + END,), ["Before.\n\n\nAfter."]),
        (("Nothing.", "!x = 1"), ["Nothing.", "x = 1"]),
        ((START, END.replace("After.", START), "!SECRET", END), ["Before.", "Before.", "After."]),
    ],
)
def test_what_is_left(cells: tuple[str, ...], left: list[str]) -> None:
    count, found = stripped(*cells)
    assert found == left and "SECRET" not in str(found)
    assert count == str(cells).count("{solution}") + str(cells).count("{solution-start}")


@pytest.mark.parametrize("cells", [(START,), (END,), (START, START), (START, END, END)])
def test_a_solution_without_its_other_end_is_refused(cells: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="solution"):
        stripped(*cells)


def test_the_chapters_lose_all_of_theirs_and_no_exercise() -> None:
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        before = json.dumps(notebook)
        count = strip(notebook)
        after = json.dumps(notebook)
        assert "solution-start" not in after and "{solution}" not in after, path.name
        assert after.count("{exercise}") == before.count("{exercise}"), path.name
        assert count == before.count("{solution-start}") + before.count("{solution}"), path.name


def test_all_that_is_taken_is_there() -> None:
    assert not [name for name in TAKEN if not (ROOT / name).exists()]
