"""Sphinx extension: each chapter says how long it takes to read, and keeps to its core.

What is counted is in `tools/measure.py`. The chapters of `second_edition` (in `_config.yml`) keep
its limits, and nothing in their cores refers to a starred section; what does not is a warning,
which stops a build with `-W`.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from tools.measure import complaints, measure

LOGGER = logging.getLogger(__name__)
CHAPTER = re.compile(r"chapters/(\d\d)-")


def read(app: Sphinx, tree: nodes.document) -> None:
    """Measure a chapter, and print the result under its title."""
    page = app.env.docname
    app.env.readings.pop(page, None)
    if not CHAPTER.match(page) or not isinstance(section := tree.next_node(), nodes.section):
        return
    try:
        app.env.readings[page] = reading = measure(section)
    except ValueError as error:
        LOGGER.warning(str(error), location=page)
        return
    if page in app.config.second_edition:
        for complaint in complaints(section, reading):
            LOGGER.warning(complaint, location=page)
    line = nodes.paragraph("", str(reading))
    section.insert(1, nodes.compound("", line, classes=["reading-time"]))


def check_references(app: Sphinx, env: BuildEnvironment) -> None:
    """Refuse what a core asks of a starred section, in its own chapter or in another."""
    starred = {label for reading in env.readings.values() for label in reading.starred}
    for page in sorted(set(app.config.second_edition) & set(env.readings)):
        for label, line in env.readings[page].asked:
            if label in starred:
                message = f"the core refers to {label}, which stands in a starred section"
                LOGGER.warning(message, location=(page, line))


class Total(nodes.Inline, nodes.TextElement):
    """The place of the minutes that some chapters take, known once all are read."""


class ReadingTime(SphinxRole):
    """How long the cores of some chapters take: ``{reading-time}`4-8` ``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Leave a place for it."""
        self.env.reading_times.add(self.env.docname)
        return [Total(self.text, self.text)], []


def total(env: BuildEnvironment, first: int, last: int) -> str:
    """Say how long the cores of chapters take, as in "3 h 20 min"."""
    found = {int(CHAPTER.match(page)[1]): reading for page, reading in env.readings.items()}
    if missing := set(range(first, last + 1)) - set(found):
        raise ExtensionError(f"reading-time: there is no chapter {min(missing)}")
    minutes = round(sum(found[number].core.minutes for number in range(first, last + 1)))
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def fill_in(app: Sphinx, tree: nodes.document, _page: str) -> None:
    """Write the sums into the places that are left for them."""
    for place in list(tree.findall(Total)):
        first, _, last = place.astext().partition("-")
        place.replace_self(nodes.Text(total(app.env, int(first), int(last or first))))


def prepare(app: Sphinx) -> None:
    """Give the environment room for what is measured, which lasts from build to build."""
    app.env.readings = getattr(app.env, "readings", {})
    app.env.reading_times = getattr(app.env, "reading_times", set())


def forget(_app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Drop what was measured of a page that is read anew or gone."""
    env.readings.pop(page, None)
    env.reading_times.discard(page)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension."""
    app.add_config_value("second_edition", [], "env", list)
    app.add_node(Total)
    app.add_role("reading-time", ReadingTime())
    app.connect("builder-inited", prepare)
    app.connect("env-purge-doc", forget)
    app.connect("doctree-read", read, priority=600)
    app.connect("env-check-consistency", check_references)
    app.connect("env-updated", lambda _app, env: sorted(env.reading_times))
    app.connect("doctree-resolved", fill_in)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
