"""A notebook of the book as readers download it: executed, in plain Markdown, runnable anywhere.

Only what belongs to the page is changed: prose in MyST, the import of MyST-NB, what the page hides.
A cell of a problem set that nbgrader knows stays as it is.
"""

import ast
import base64
import mimetypes
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell
from sphinx.errors import ExtensionError

from tools.reader.install import Install
from tools.reader.markdown import Plain, folded
from tools.reader.references import References

KEPT = {"kernelspec", "language_info"}
HIDDEN = {
    "hide-input": "# The page folds this code.",
    "remove-input": "# The page leaves this code out.",
    "remove-cell": "# The page leaves this cell out.",
}
GLUE = 'def glue(name, value, display=True): """The text on the page quotes this value."""'
WIDGET = "application/vnd.jupyter.widget-view+json"
NEEDS = """\
# What this notebook needs is installed once, in a terminal:
#   pip install jupyterlab "{requirement}"
{file}import sys

if "google.colab" in sys.modules:
    %pip install --quiet "{requirement}"
"""
FILE = "# The wheel lies beside the notebook; in Colab, upload it first (Files, on the left).\n"


@dataclass
class Fold:
    """The solution that a cell is within, if it is in one."""

    title: str = ""
    begun: bool = False

    def enter(self, title: str) -> None:
        """Begin a solution, or with no title end it."""
        self.title, self.begun = title, False

    def write(self, text: str) -> str:
        """Return a piece of prose, folded if it belongs to a solution."""
        if not self.title or not text.strip():
            return text
        title = f"{self.title}, continued" if self.begun else self.title
        self.begun = True
        return folded(title, text)


def for_readers(
    stored: NotebookNode,
    executed: NotebookNode,
    references: References,
    install: Install,
    about: str,
) -> NotebookNode:
    """Return a notebook in the form that readers download.

    Parameters
    ----------
    stored, executed : NotebookNode
        As it is in the repository, and with its outputs.
    references : References
        The page's.
    install : Install
    about : str
        What the first cell says.
    """
    plain, fold = Plain(references), Fold()
    cells = [
        new_markdown_cell(about, id="reader-about"),
        new_code_cell(needs(install), id="reader-install"),
    ]
    for cell, run in zip(stored.cells, executed.cells, strict=True):
        cell = deepcopy(cell)
        if "nbgrader" in cell.metadata:
            cells.append(cell)
        elif cell.cell_type == "markdown":
            if plain_cell(cell, plain, fold).source:
                cells.append(cell)
        else:
            cell.outputs = list(kept_outputs(run))
            cells.append(runnable_cell(cell, fold))
            cells += caption_of(cell, plain, fold)
    if references.cited:
        cells.append(new_markdown_cell(literature(references.cited), id="reader-references"))
    metadata = {name: stored.metadata[name] for name in KEPT & set(stored.metadata)}
    return from_dict({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def needs(install: Install) -> str:
    """Return the cell that says, and in Colab does, what has to be installed."""
    file = FILE if install.from_file else ""
    return NEEDS.format(requirement=install.requirement, file=file).rstrip()


def plain_cell(cell: NotebookNode, plain: Plain, fold: Fold) -> NotebookNode:
    """Put a cell's prose into plain Markdown; its images travel with it."""

    def attach(source: str) -> str:
        path = plain.references.path(source)
        if path is None:
            return source
        kind = mimetypes.guess_type(path.name)[0] or "image/png"
        data = base64.b64encode(path.read_bytes()).decode()
        cell.setdefault("attachments", {})[path.name] = {kind: data}
        return f"attachment:{path.name}"

    plain.attach = attach
    written = []
    for gate, text in plain.pieces(cell.source):
        if gate:
            name, _, label = gate.partition(" ")
            start = name == "solution-start"
            fold.enter(f"Solution to {plain.exercise(label)}" if start else "")
        written.append(fold.write(plain.convert(text)))
    if fold.title and not fold.begun:  # code follows at once
        written.append(f"**{fold.title}**")
        fold.begun = True
    cell.source = "\n".join(text.strip("\n") + "\n" for text in written if text.strip()).strip()
    return cell


def runnable_cell(cell: NotebookNode, fold: Fold) -> NotebookNode:
    """Take from a code cell what only the book has, and say what the page does not show."""
    notes = [note for tag, note in HIDDEN.items() if tag in cell.metadata.get("tags", [])]
    if fold.title:
        notes = [f"# {fold.title}, in code"]
    if notes:
        cell.metadata["jupyter"] = {"source_hidden": True}
    if fold.title:
        cell.metadata["jupyter"]["outputs_hidden"] = True
    cell.source = "\n".join([*notes, without_book(cell.source)])
    return cell


def caption_of(cell: NotebookNode, plain: Plain, fold: Fold) -> Iterator[NotebookNode]:
    """Yield the caption of what a cell draws, with its number: the page has it below the figure."""
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if "caption" in figure and "name" not in figure:
        raise ExtensionError(f"a figure with a caption has a name, too: {figure['caption'][:60]}")
    if "caption" in figure:
        number = plain.references.resolve(f"{{numref}}`{figure['name']}`").astext()
        text = fold.write(f"*{number}.* {plain.convert(figure['caption'].strip())}")
        yield new_markdown_cell(text, id=f"caption-{cell.id}"[:64])


def without_book(source: str) -> str:
    """Return a cell's code without the import of `glue`: a line that does nothing is in its place.

    So the values that the page's text quotes are still named, and the code that computes them runs.
    """
    if "myst_nb" not in source:
        return source
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "myst_nb":
            if [(name.name, name.asname) for name in node.names] != [("glue", None)]:
                raise ExtensionError(f"of myst_nb, notebooks import only glue: {source}")
            lines[node.lineno - 1] = " " * node.col_offset + GLUE
    return "\n".join(lines)


def kept_outputs(cell: NotebookNode) -> Iterator[NotebookNode]:
    """Yield a cell's outputs without what is glued, and without widgets, which need a kernel."""
    for output in cell.outputs:
        glued = "scrapbook" in output.get("metadata", {})
        if not glued and WIDGET not in output.get("data", {}):
            yield output


def literature(cited: dict[str, str]) -> str:
    """Return the list of what a notebook cites."""
    entries = [f"- **{label}.** {entry}" for label, entry in sorted(cited.items())]
    return "\n".join(["## References", "", *entries])
