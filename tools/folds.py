"""Sphinx extension: a cell tagged `hide-cell` is one quiet line on the page.

The line is what the cell prints, such as "79 numbers agree", and then "show the check". Of a cell
that prints nothing it is the comment in its first line, such as "# Imports".
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
TAG = "tag_hide-cell"


def line_of(cell: nodes.Element) -> str:
    """Return what a folded cell is called on the page; nothing if it does not say."""
    source, *output = (block.astext().strip() for block in cell.findall(nodes.literal_block))
    if printed := "\n".join(output).strip():
        return f"{printed} · show the check" if "\n" not in printed else ""
    first = source.split("\n", 1)[0]
    return first.lstrip("# ").strip() if first.startswith("#") else ""


def fold(app: Sphinx, tree: nodes.document) -> None:
    """Say what the cells are that MyST-NB folds."""
    for cell in tree.findall(nodes.container):
        if TAG not in cell["classes"]:
            continue
        line = line_of(cell)
        if not line:
            message = (
                "a folded cell prints one line, or nothing and begins with one such as # Imports"
            )
            LOGGER.warning(message, location=cell)
        cell["prompt_show"] = cell["prompt_hide"] = line


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension, before pages are measured."""
    app.connect("doctree-read", fold, priority=500)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
