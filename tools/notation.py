"""Sphinx extension: the pages "Notation" and "Glossary", made from one table, `notation.yml`.

An entry is a term, a sentence that says what it is, and, where it has them, its letter, its shape
and its name in rnnlib. A term is a link by ``{term}`state` ``. A letter has one meaning: the same
letter, or the same term, in two entries stops the build.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

NAMES = {"term", "also", "symbol", "shape", "code", "says"}
GREEK = {"φ": r"\varphi", "ψ": r"\psi", "γ": r"\gamma", "σ": r"\sigma", "λ": r"\lambda"}
GREEK |= {"∂": r"\partial "}


def entries(path: Path) -> list[dict[str, str]]:
    """Read the table.

    Raises
    ------
    ExtensionError
        If an entry lacks its term or its sentence, has a field that there is not, or says again
        what another says.
    """
    found: list[dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry in found:
        if not {"term", "says"} <= set(entry) <= NAMES:
            raise ExtensionError(f"{path.name}: expected term, says and perhaps others: {entry}")
    letters = [letter.strip() for each in found for letter in each.get("symbol", "").split(r",\;")]
    terms = [entry[name] for entry in found for name in ("term", "also") if name in entry]
    for name, times in Counter([*filter(None, letters), *terms]).items():
        if times > 1:
            raise ExtensionError(f"{path.name}: {name} has {times} meanings")
    return found


def latex(symbol: str) -> str:
    """Return a symbol as a formula; the table writes Greek letters as such."""
    for letter, command in GREEK.items():
        symbol = symbol.replace(letter, f"{command} " if command[-1] != " " else command)
    return f"${' '.join(symbol.split())}$"


class OfTable(SphinxDirective):
    """What is made of the table, written as MyST."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return what `write` makes of the entries."""
        path = Path(self.env.srcdir) / "notation.yml"
        self.env.note_dependency(path.name)
        return self.parse_text_to_nodes("\n".join(self.write(entries(path))))

    def write(self, table: list[dict[str, str]]) -> list[str]:
        """Return the lines."""
        raise NotImplementedError


class Notation(OfTable):
    """A table of the entries that have a letter."""

    def write(self, table: list[dict[str, str]]) -> list[str]:
        """Return a row for each."""
        rows = ["| letter | what it is |", "|---|---|"]
        for entry in (entry for entry in table if "symbol" in entry):
            shape = f", shape ${entry['shape']}$" if "shape" in entry else ""
            code = f" In code `{entry['code']}`." if "code" in entry else ""
            rows.append(
                f"| {latex(entry['symbol'])} | {{term}}`{entry['term']}`{shape}. "
                f"{entry['says']}{code} |"
            )
        return rows


class Glossary(OfTable):
    """The entries by their terms."""

    def write(self, table: list[dict[str, str]]) -> list[str]:
        """Return a glossary, which links from anywhere lead into."""
        lines = ["````{glossary}", ":sorted:", ""]
        for entry in table:
            letter = f" ({latex(entry['symbol'])})" if "symbol" in entry else ""
            lines += [entry["term"], *([entry["also"]] if "also" in entry else [])]
            lines += [f"  {entry['says']}{letter}", ""]
        return [*lines, "````"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the two directives."""
    app.add_directive("notation-table", Notation)
    app.add_directive("glossary-of-terms", Glossary)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
