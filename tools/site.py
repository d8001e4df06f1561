"""Sphinx extension: what the course's pages do differently from the theme's."""

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the extension."""
    # Jupyter Book always sets this option; sphinx-comments, which would own it, is not loaded.
    app.add_config_value("comments_config", {}, "html")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
