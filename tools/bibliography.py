"""Sphinx extension: the bibliography's labels are what the text says, "Cho et al., 2014".

Two works of one author and year have the same label. Give their years a letter in references.bib
(``year = {2001a}``), which the text and the bibliography then show; until then the build warns.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


def label(entry: Entry) -> str:
    """Return an entry's authors and year."""
    persons = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [" ".join(str(name) for name in person.rich_last_names) for person in persons]
    authors = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{authors}, {entry.fields['year']}"


class AuthorYearLabels(BaseLabelStyle):
    """Labels such as "Jaeger, 2001a"."""

    def format_labels(self, entries: Iterable[Entry]) -> list[str]:  # noqa: D102
        labels = [label(entry) for entry in entries]
        for same, count in Counter(labels).items():
            if count > 1:
                LOGGER.warning("references.bib has %d entries [%s]", count, same, type="bibtex")
        return labels


class AuthorYearStyle(Style):
    """Entries sorted and labelled by author and year."""

    default_sorting_style = "author_year_title"
    default_label_style = AuthorYearLabels


def setup(_: Sphinx) -> dict[str, Any]:
    """Register the style under the name that `bibtex_default_style` asks for."""
    register_plugin("pybtex.style.formatting", "author_year", AuthorYearStyle)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
