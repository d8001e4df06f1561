r"""Sphinx extension: a question that takes an answer before it tells its own.

    ```{predict} How much is left after ten steps?
    :answer: {glue:text}`left:.2g`
    :factor: 10

    What is asked, in as many paragraphs as it needs.

    ---

    The answer, and why one usually gets it wrong.
    ```

The reader gives a number, which is right within a `factor` of the answer (an order of magnitude) or
`within` so much of it; or, without an `answer`, one of the choices in a task list, `- [ ] half of
it` and `- [x] nothing`. What is right comes out of a cell where it is a number. Without a script
the answer is a part of the page that opens; `_static/predict.js` asks first.
"""

import json
import math
from html import escape
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)
TITLE = "Predict before you read on"
BREAK = "---"


def number_of(text: str) -> float:
    """Read 1,024, −3, 2e-7 or 2.1 · 10⁻⁷."""
    plain = text.strip().replace("−", "-").replace(",", "").replace(" · 10", "e")
    return float(plain.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


class Answer(nodes.General, nodes.Element):
    """What opens once an answer has been given."""


def parts(body: list[str]) -> tuple[list[str], list[str]]:
    """Divide the lines of a prediction into the question and the answer.

    Raises
    ------
    ValueError
        If there are not two parts.
    """
    stripped = [line.strip() for line in body]
    if BREAK not in stripped:
        raise ValueError(f"its answer stands below a line {BREAK}")
    at = stripped.index(BREAK)
    return body[:at], body[at + 1 :]


class Predict(SphinxDirective):
    """A question, what is right, and the answer."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {
        "answer": directives.unchanged_required,
        "factor": directives.unchanged_required,
        "within": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return a box with the question and, to be opened, the answer."""
        try:
            question, answer = parts(list(self.content))
            box = nodes.admonition("", classes=["predict"])
            title, _ = self.state.inline_text(self.arguments[0] if self.arguments else TITLE, 0)
            box += nodes.title("", "", *title)
            box += self.parse_text_to_nodes("\n".join(question))
            settings = self.number() if "answer" in self.options else choose(box)
        except ValueError as error:
            LOGGER.warning(f"a prediction: {error}", location=self.get_location())
            return []
        data = escape(json.dumps(settings, ensure_ascii=False))
        box += nodes.raw("", f'<div class="asked" data-right="{data}"></div>', format="html")
        box += Answer("", *self.parse_text_to_nodes("\n".join(answer)))
        self.set_source_info(box)
        return [box]

    def number(self) -> dict[str, Any]:
        """Return the number that is right, and how near to it one has to be.

        Raises
        ------
        ValueError
            If it is not a number, or nothing says how near.
        """
        said, _ = self.state.inline_text(self.options["answer"], 0)
        text = "".join(node.astext() for node in said).strip()
        value, percent = number_of(text.removesuffix("%")), text.endswith("%")
        tolerances = {n: float(self.options[n]) for n in ("factor", "within") if n in self.options}
        if len(tolerances) != 1 or not math.isfinite(value):
            raise ValueError("a number needs either a factor or a within")
        if "factor" in tolerances and (tolerances["factor"] <= 1 or value == 0):
            raise ValueError("a factor is above 1, and the answer not 0")
        return {"value": value, "text": text, "percent": percent} | tolerances


def choose(box: nodes.Element) -> dict[str, Any]:
    """Take the marks off the choices of a box; return which is right, counted from 0.

    Raises
    ------
    ValueError
        If there is no task list in it, or not exactly one choice is right.
    """
    for choices in box.findall(nodes.bullet_list):
        if "contains-task-list" not in choices["classes"]:
            continue
        marks = [next(item.findall(nodes.raw)) for item in choices.children]
        right = [number for number, mark in enumerate(marks) if "checked" in mark.astext()]
        if len(right) != 1:
            raise ValueError(f"{len(right)} of its choices are marked [x]: mark one")
        for mark in marks:
            line = mark.parent
            line.remove(mark)
            if line.children and isinstance(line[0], nodes.Text):
                line[0] = nodes.Text(line[0].lstrip())  # the space after the mark
        choices["classes"] = ["choices"]
        for item in choices.children:
            item["classes"] = []
        return {"choice": right[0]}
    raise ValueError("it has neither an answer nor choices, - [ ] and - [x]")


def visit_answer(writer: HTML5Translator, node: Answer) -> None:
    """Write what opens without a script, too."""
    writer.body.append('<details class="answer"><summary>Answer</summary>\n')


def depart_answer(writer: HTML5Translator, node: Answer) -> None:
    """End it."""
    writer.body.append("</details>\n")


def keep(*_: Any) -> None:
    """Write only what is in it."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_node(Answer, html=(visit_answer, depart_answer), latex=(keep, keep), text=(keep, keep))
    app.add_directive("predict", Predict)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
