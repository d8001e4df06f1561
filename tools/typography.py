"""Sphinx extension: what must not stand at the beginning of a line stays on the one before.

A number keeps its unit (22 %, 100 steps), a name its number (chapter 6, Figure 6.1), a product its
power of ten (2.1 · 10⁻⁷) and a range its ends (300 … 400). A long name in code, which has no spaces
to break at, may break after a dot, an underscore or a bracket.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

NBSP = "\u00a0"
UNITS = (
    "%|per cent|bits?|chapters?|decades?|draws?|h|kB|layers?|letters?|min|minutes?|MB|nats?|"
    "networks?|powers?|runs?|seconds?|seeds?|sentences?|sequences?|starts?|steps?|symbols?|texts?|"
    "times|tokens?|units?|updates?|weights?|words?|years?"
)
NAMES = (
    "[Cc]hapters?|[Dd]istances?|[Ee]xercises?|[Ff]igures?|[Gg]ains?|[Ll]engths?|[Pp]ages?|"
    "[Ss]ections?|[Ss]eeds?|[Ss]teps?|[Tt]ables?"
)
HELD = (
    (re.compile(rf"(?<=[\d½¼¾⅓⅔]) (?=(?:{UNITS})(?!\w))"), NBSP),
    (re.compile(rf"(?<!\w)({NAMES}) (?=\d)"), rf"\1{NBSP}"),
    (re.compile(r"(?<=\d) ([·×…–]) (?=\d)"), rf"{NBSP}\1{NBSP}"),
)
ENDS_IN_NUMBER = re.compile(r"[\d⁰¹²³⁴⁵⁶⁷⁸⁹½¼¾⅓⅔]$")
UNIT_FIRST = re.compile(rf"^ (?=(?:{UNITS})(?!\w))")
# Of a code literal's words as docutils writes them: those that are too long for a narrow column.
LONG_WORD = re.compile(r'(?<=<span class="pre">)[^<]{12,}(?=</span>)')
JOINT = re.compile(r"(?<=[\w)\]])(?:[.(,=]|::)(?=[\w\[({])|(?<=\w{3})_(?=\w{3})")
LEFT_ALONE = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)


def hold(text: str) -> str:
    """Put no-break spaces where a line must not end."""
    for pattern, held in HELD:
        text = pattern.sub(held, text)
    return text


def hold_together(app: Sphinx, tree: nodes.document, _page: str) -> None:
    """Do so in a page's text, also where a number comes out of a cell and its unit does not."""
    if app.builder.format != "html" or tree.next_node(nodes.section) is None:
        return  # a few words that a downloaded notebook quotes are no page
    before = ""
    for text in list(tree.findall(nodes.Text)):
        parent = text.parent
        if isinstance(parent, LEFT_ALONE):
            before = ""
            continue
        held = hold(str(text))
        if ENDS_IN_NUMBER.search(before):
            held = UNIT_FIRST.sub(NBSP, held)
        if held != text:
            parent.replace(text, nodes.Text(held))
        before = held


def let_long_names_break(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Say where a name in code may break."""
    context["body"] = LONG_WORD.sub(
        lambda word: JOINT.sub(r"\g<0><wbr>", word[0]), context.get("body", "")
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the extension."""
    app.connect("doctree-resolved", hold_together, priority=900)
    app.connect("html-page-context", let_long_names_break)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
