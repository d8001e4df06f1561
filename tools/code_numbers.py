"""Sphinx extension: a label in a comment is shown as its equation's number, with a link.

``h = np.tanh(s)  # eq-state`` in a cell becomes ``# (2.7)`` on the page. The chapter
`LISTING` is also written beside the pages as one plain program.
"""

import html
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from tools.equations import LABEL

LOGGER = logging.getLogger(__name__)

LISTING = "chapters/eighty-lines"
PROGRAM = "course_in_80_lines.py"
COMMENT = re.compile(r'(?<=<span class="c1">)#[^<]*')


def equation(app: Sphinx, page: str, label: str) -> nodes.reference | None:
    """Return a reference from a page to a numbered equation; say if there is none."""
    domain = app.env.get_domain("math")
    text = nodes.inline(), nodes.inline()
    found = domain.resolve_xref(app.env, page, app.builder, "eq", label, *text)
    if isinstance(found, nodes.reference):
        return found
    LOGGER.warning(f"a comment in a cell names {label}, which is no equation", location=page)
    return None


def link(app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Exchange the labels in the comments of a page's code for links."""

    def linked(label: re.Match[str]) -> str:
        reference = equation(app, page, label[0])
        if reference is None:
            return label[0]
        target = html.escape(reference.get("refuri") or "#" + reference["refid"])
        return f'<a href="{target}">{reference.astext()}</a>'

    if "body" in context:
        context["body"] = COMMENT.sub(
            lambda comment: LABEL.sub(linked, comment[0]), context["body"]
        )


def program(source: Path) -> str:
    """Return the code of a notebook's cells as one text, two lines apart."""
    cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]).rstrip() for cell in cells if cell["cell_type"] == "code"]
    return "\n\n\n".join(code) + "\n"


def write_program(app: Sphinx, error: Exception | None) -> None:
    """Write the listing, with the numbers of its equations, into the site."""

    def number(label: re.Match[str]) -> str:
        reference = equation(app, LISTING, label[0])
        return reference.astext() if reference else label[0]

    if error is None and LISTING in app.env.found_docs:
        text = LABEL.sub(number, program(Path(app.env.doc2path(LISTING))))
        Path(app.outdir, PROGRAM).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:  # noqa: D103
    app.connect("html-page-context", link, priority=900)
    app.connect("build-finished", write_program)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
