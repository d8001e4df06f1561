"""Sphinx extension: pages that the contents do not list share one sidebar.

Those of the library's source are most of the site's pages. Their sidebar is the same up to the way
back to the root, and to resolve the contents anew for each of them took a tenth of a build.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


class Sidebars:
    """The sidebars that have been made, by the pages' depth below the root and the options."""

    def __init__(self) -> None:
        self.made: dict[tuple[object, ...], Any] = {}

    def share(
        self,
        app: Sphinx,
        page: str,
        _template: str,
        context: dict[str, Any],
        _tree: nodes.document | None,
    ) -> None:
        """Let a page that is no document take the sidebar of another at its depth."""
        make = context.get("generate_toctree_html")
        if make is None or page in app.env.all_docs:
            return

        def sidebar(**options: Any) -> Any:
            key = (page.count("/"), *sorted(options.items()))
            if key not in self.made:
                self.made[key] = make(**options)
            return self.made[key]

        context["generate_toctree_html"] = sidebar


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the extension, after the theme."""
    app.connect("html-page-context", Sidebars().share, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
