"""Sphinx extension: a figure of a chapter shown on another page, beside some words.

    ```{picture} fig-surface
    What is to be seen in it, and where it comes from.
    ```

The picture is the chapter's own, so that no page computes what another has.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective


class Borrowed(nodes.General, nodes.Element):
    """The place of a picture, until all chapters are read."""


class Picture(SphinxDirective):
    """A figure's name, and words."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Leave a place for the picture beside the words."""
        self.env.borrowers.add(self.env.docname)
        words = nodes.container("", classes=["picture-words"])
        self.state.nested_parse(self.content, self.content_offset, words)
        place = Borrowed("", figure=self.arguments[0])
        return [nodes.container("", place, words, classes=["picture"])]


def fetch(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Put the chapters' pictures into their places."""
    figures = app.env.get_domain("std").anonlabels
    for place in list(tree.findall(Borrowed)):
        name = place["figure"]
        if name not in figures:
            raise ExtensionError(f"{page}: picture: there is no figure {name}")
        chapter, label = figures[name]
        found = [
            figure
            for figure in app.env.get_doctree(chapter).findall(nodes.figure)
            if label in figure["ids"]
        ]
        image = found[0].next_node(nodes.image).deepcopy()
        link = nodes.reference("", "", image, internal=True)
        if app.builder.format == "html":
            link["refuri"] = f"{app.builder.get_relative_uri(page, chapter)}#{label}"
        place.replace_self(link)


def prepare(app: Sphinx) -> None:
    """Give the environment room for the names of the pages that borrow, from build to build."""
    app.env.borrowers = getattr(app.env, "borrowers", set())


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension."""
    app.add_node(Borrowed)
    app.add_directive("picture", Picture)
    app.connect("builder-inited", prepare)
    app.connect("env-purge-doc", lambda _app, env, page: env.borrowers.discard(page))
    app.connect("env-updated", lambda _app, env: sorted(env.borrowers))  # as the chapters change
    app.connect("doctree-resolved", fetch, priority=100)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
