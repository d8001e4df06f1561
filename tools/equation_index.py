"""A Sphinx directive that lists every numbered equation with its code line and its check.

``{equation-index}`` on a page becomes, chapter by chapter, the equation itself, a link to where it
is derived, the line of rnnlib that implements it, and the check with the mutants it must catch.
"""

from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools.equations import (
    Check,
    CodeLine,
    Equation,
    checks,
    code_lines,
    equations,
    title,
)


class EquationIndex(SphinxDirective):
    """Write the index as MyST and let the parser make links and mathematics of it."""

    has_content = False

    def run(self) -> list[nodes.Node]:  # noqa: D102
        lines = {label: list(group) for label, group in _grouped(code_lines())}
        guards = {check.label: check for check in checks()}
        for path in ("tools", "tests/equations", "rnnlib"):
            self.env.note_dependency(path)
        text: list[str] = []
        for chapter, group in groupby(equations(), key=lambda equation: equation.chapter):
            text += [f"## {title(chapter)}", ""]
            for equation in group:
                text += _entry(equation, lines.get(equation.label, []), guards.get(equation.label))
        return self.parse_text_to_nodes("\n".join(text), allow_section_headings=True)


def _grouped(lines: list[CodeLine]) -> Any:
    by_label = sorted(lines, key=lambda line: line.label)
    return groupby(by_label, key=lambda line: line.label)


def _entry(equation: Equation, lines: list[CodeLine], check: Check | None) -> list[str]:
    """One equation as MyST: a definition list keeps it readable on a phone."""
    text = [f"Equation {{eq}}`{equation.label}`", f": $${equation.latex}$$", ""]
    for line in lines:
        text += [f": `{line.source}` — {_link(line)}, line {line.number}", ""]
    if check:
        caught = ", ".join(mutant.name for mutant in check.mutants)
        text += [
            f": Checked as {_article(check.kind)} by `{check.function}` in "
            f"{check.path.as_posix()}; must catch: {caught}.",
            "",
        ]
    return text


def _link(line: CodeLine) -> str:
    """Name the line's file, with a link to its source text, which private modules have not."""
    path = line.path.as_posix()
    if line.path.name.startswith("_"):
        return path
    return f'<a href="../_modules/{path.removesuffix(".py")}.html">{path}</a>'


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _always_reread(app: Sphinx, env: Any, added: Any, changed: Any, removed: Any) -> list[str]:
    """Write the index anew at every build: it depends on chapters, rnnlib and tests."""
    return [name for name in env.found_docs if name.endswith("equation-index")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("equation-index", EquationIndex)
    app.connect("env-get-outdated", _always_reread)
    return {"version": "1", "parallel_read_safe": True}
