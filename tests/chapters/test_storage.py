"""Chapters are stored slim, and were run from top to bottom."""

import nbformat
import pytest
from nbformat import v4

from tools.notebooks import chapters, complaints, slim


def test_there_are_chapters():
    """An empty folder would let every test below pass without looking at anything."""
    assert len([path for path in chapters() if path.name[0].isdigit()]) >= 3


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.name)
def test_stored_slim_and_run(path):
    assert list(complaints(path)) == []


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.name)
def test_every_code_cell_is_short_enough_to_read(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert len([line for line in cell.source.splitlines() if line.strip()]) <= 30
            assert max(map(len, cell.source.splitlines()), default=0) <= 88


def too_long(notebook):
    """List the printed lines that a reader sees and that would break on a phone."""
    return [
        line
        for cell in notebook.cells
        if cell.cell_type == "code"
        and not {"hide-cell", "hide-output", "remove-cell"} & set(cell.metadata.get("tags", []))
        for output in cell.outputs
        for line in output.get("text", "").splitlines()
        if len(line) > 40
    ]


@pytest.mark.parametrize(
    "path",
    [path for path in chapters() if path.name[0].isdigit() or "tour" in path.name],
    ids=lambda path: path.name,
)
def test_what_is_printed_fits_on_a_phone(path):
    assert too_long(nbformat.read(path, as_version=4)) == []


def test_a_printed_line_that_does_not_fit_is_found(notebook):
    notebook.cells[1].outputs[0].text = 41 * "x" + "\n"
    assert too_long(notebook) == [41 * "x"]
    notebook.cells[1].metadata.tags = ["hide-cell"]
    assert too_long(notebook) == []


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.name)
def test_every_figure_says_what_it_shows(path):
    """A cell that draws (it ends in plt.show) has alt text of more than a label's length."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and "plt.show()" in cell.source:
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) > 60, f"no alt text: {cell.source[:60]!r}"


@pytest.fixture
def notebook():
    """A slim notebook of one cell that printed 2."""
    cell = v4.new_code_cell("print(1 + 1)", execution_count=1)
    cell.outputs = [v4.new_output("stream", name="stdout", text="2\n")]
    return slim(v4.new_notebook(cells=[v4.new_markdown_cell("text"), cell]))


def stored(notebook, tmp_path):
    path = tmp_path / "planted.ipynb"
    nbformat.write(notebook, path)
    return list(complaints(path))


def test_a_slim_notebook_gives_no_complaint(notebook, tmp_path):
    assert stored(notebook, tmp_path) == []


def test_slim_twice_is_slim_once(notebook):
    assert slim(nbformat.from_dict(notebook)) == notebook


def test_a_picture_is_refused(notebook, tmp_path):
    picture = v4.new_output("display_data", data={"image/png": "AAAA", "text/plain": "<Figure>"})
    notebook.cells[1].outputs.append(picture)
    assert "holds pictures" in stored(notebook, tmp_path)[0]
    assert slim(notebook).cells[1].outputs[1].data == {"text/plain": "<Figure>"}


def test_machine_metadata_and_timings_are_refused(notebook, tmp_path):
    notebook.metadata["widgets"] = {}
    notebook.cells[1].metadata["execution"] = {"iopub.status.busy": "now"}
    assert "holds pictures" in stored(notebook, tmp_path)[0]


def test_a_cell_that_was_not_run_is_refused(notebook, tmp_path):
    notebook.cells[1].execution_count = None
    assert "execution counts are [None]" in stored(notebook, tmp_path)[0]


def test_cells_run_out_of_order_are_refused(notebook, tmp_path):
    notebook.cells[1].execution_count = 7
    assert "expected 1 … 1" in stored(notebook, tmp_path)[0]


def test_outputs_that_nbval_ignores_are_not_stored(notebook):
    notebook.cells[1].metadata["tags"] = ["nbval-ignore-output"]
    assert slim(notebook).cells[1].outputs == []


def test_what_was_printed_in_pieces_is_stored_in_one(notebook, tmp_path):
    cell = notebook.cells[1]
    pieces = [v4.new_output("stream", name="stdout", text=text) for text in ("a\n", "b\n")]
    error = v4.new_output("stream", name="stderr", text="c\n")
    cell.outputs = [*pieces, error]
    assert stored(notebook, tmp_path) != []
    assert [output.text for output in slim(notebook).cells[1].outputs] == ["a\nb\n", "c\n"]
    assert stored(notebook, tmp_path) == []
