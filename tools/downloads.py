"""Sphinx extension: the notebooks that readers download, the library's wheel, and what to type.

All lie in the site's folder `notebooks`, which is also what `make pack` packs and what Binder and
Colab open: a repository with an address keeps them on a branch of that name (see publish.yml).
"""

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from tools.reader.install import FOLDER, Install
from tools.reader.notebook import for_readers
from tools.reader.references import References
from tools.reader.wheel import build_wheel

ROOT = Path(__file__).resolve().parent.parent
HELP = "chapters/run-it-yourself"
BRANCH = "notebooks"
ABOUT = """\
*{course}*, version {version}{part}: **{title}**{where}.
Text and figures are under CC BY 4.0, the code is under MIT, by {author}.

Run the cells from top to bottom: each builds on those above it."""


def install_of(app: Sphinx) -> Install:
    """Return what a reader of this site types."""
    repository = app.config.html_theme_options.get("repository_url", "")
    return Install.of(ROOT, app.config.html_baseurl or "", repository)


def download_name(page: str) -> str:
    """Return where a page's notebook lies in the folder: a problem set apart from the chapters."""
    name = page.rsplit("/", 1)[-1]
    return f"problem-sets/{name}.ipynb" if page.startswith("coursework/") else f"{name}.ipynb"


def notebook_pages(app: Sphinx) -> list[str]:
    """List the pages that are notebooks."""
    pages = sorted(app.env.found_docs)
    return [page for page in pages if app.env.doc2path(page).endswith(".ipynb")]


def about(app: Sphinx, page: str, references: References, install: Install) -> str:
    """Return what a notebook says of itself."""
    number = app.env.toc_secnumbers.get(page, {}).get("", ())
    return ABOUT.format(
        course=app.config.html_title,
        version=install.version,
        part=f", chapter {number[0]}" if number else "",
        title=app.env.titles[page].astext(),
        where=f", from {references.address}" if references.address else "",
        author=app.config.author,
    )


def write_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Write the folder anew."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    folder, executed = out / FOLDER, out.parent / "jupyter_execute"
    install = install_of(app)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(build_wheel(ROOT, out.parent / "wheel"), folder)
    for page in notebook_pages(app):
        references = References(app, page, executed / f"{page}.glue.json")
        stored, run = (
            nbformat.read(path, as_version=4)
            for path in (app.env.doc2path(page), executed / f"{page}.ipynb")
        )
        notebook = for_readers(
            stored, run, references, install, about(app, page, references, install)
        )
        path = folder / download_name(page)
        path.parent.mkdir(exist_ok=True)
        nbformat.validate(notebook)
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def offer(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Let a notebook's buttons give and open its form for readers, and say how to run it."""
    if context.get("page_source_suffix") != ".ipynb":
        return
    to_root = app.builder.get_relative_uri(page, "")
    for group in context["header_buttons"]:
        if group.get("label") == "download-buttons":
            for button in group["buttons"]:
                if button.get("label") == "download-source-button":
                    button["url"] = f"{to_root}{FOLDER}/{download_name(page)}"
                    button["tooltip"] = "Download the notebook"
            if HELP in app.env.found_docs:
                group["buttons"].append(help_button(app, page))
        if group.get("label") == "launch-buttons":
            branch = app.config.html_theme_options["repository_branch"]
            for button in group["buttons"]:
                button["url"] = opened(button["url"], branch, page)


def help_button(app: Sphinx, page: str) -> dict[str, str]:
    """Return the entry of the download menu that leads to the page on running notebooks."""
    return {
        "type": "link",
        "url": app.builder.get_relative_uri(page, HELP),
        "text": "How to run it",
        "tooltip": "How to run the notebook yourself",
        "icon": "fas fa-play",
        "label": "run-it-yourself-button",
    }


def opened(address: str, branch: str, page: str) -> str:
    """Return the address at which Binder or Colab opens a page's form for readers."""
    address = address.replace(f"{quote(page)}.ipynb", download_name(page))
    for before, after in (("/blob/", "/"), ("/", "?")):
        address = address.replace(f"{before}{branch}{after}", f"{before}{BRANCH}{after}")
    return address


class InstallLines(SphinxDirective):
    """Lines to type, in which LIBRARY stands for what pip is to install."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return them as code; without a public address course.js fills in the page's own."""
        requirement = install_of(self.env.app).requirement
        self.env.note_dependency(str(ROOT / "pyproject.toml"))
        block = nodes.literal_block(classes=["install"])
        for number, piece in enumerate("\n".join(self.content).split("LIBRARY")):
            if number:
                classes = [] if "@" in requirement else ["from-file"]
                block += nodes.inline("", requirement, classes=classes)
            block += nodes.Text(piece)
        return [nodes.container("", block, classes=["highlight"])]


class WheelLink(SphinxRole):
    """A link to the library's wheel."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link, with the file's name."""
        wheel = install_of(self.env.app).wheel
        address = "../" * self.env.docname.count("/") + f"{FOLDER}/{wheel}"
        return [nodes.reference("", "", nodes.literal("", wheel), refuri=address)], []


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the extension."""
    app.add_directive("install", InstallLines)
    app.add_role("wheel", WheelLink())
    app.connect("html-page-context", offer, priority=700)
    app.connect("build-finished", write_notebooks, priority=200)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
