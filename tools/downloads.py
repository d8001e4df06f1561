"""Sphinx extension: the notebooks that readers download, the library's wheel, and what to type.

All lie in the site's folder `notebooks`, which is also what `make pack` packs and what Binder and
Colab open: a repository with an address keeps them on a branch of that name (see publish.yml).
"""

import shutil
from collections import Counter
from copy import deepcopy
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

from tools.reader.install import FOLDER, Install
from tools.reader.notebook import for_readers
from tools.reader.references import References
from tools.reader.wheel import build_wheel

ROOT = Path(__file__).resolve().parent.parent
HELP = "chapters/run-it-yourself"
BRANCH = "notebooks"
# Anew at each build; no notebook quotes a number of them.
ALWAYS_READ = {"chapters/claim-ledger", "chapters/equation-index"}
CODE = '<div class="install notranslate"><div class="highlight"><pre>{}</pre></div></div>'
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
    found = sorted(app.env.found_docs)
    pages = [page for page in found if app.env.doc2path(page).endswith(".ipynb")]
    for name, times in Counter(map(download_name, pages)).items():
        if times > 1:
            raise ExtensionError(f"{times} pages would be downloaded as {name}: rename one")
    return pages


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


def executed(app: Sphinx, page: str, stored: NotebookNode) -> NotebookNode:
    """Return a notebook with its outputs, which a problem set has not (see `tools/execute.py`)."""
    notebook = deepcopy(stored)
    app.execution.fill(Path(app.env.doc2path(page)), notebook)
    return notebook


def stamp(app: Sphinx) -> Path:
    """Return the file that says for which install line the folder was written."""
    return Path(app.outdir).parent / "notebooks.txt"


def forget(app: Sphinx, _env: BuildEnvironment, outdated: list[str]) -> None:
    """Note that the folder is stale: any page may hold a number that a notebook quotes."""
    if set(outdated) - ALWAYS_READ:
        stamp(app).unlink(missing_ok=True)


def write_folder(app: Sphinx, exception: Exception | None) -> None:
    """Put the wheel on the site, and the notebooks, where something has changed.

    A build that a warning is about to stop has said what is wrong, and would say it once more.
    """
    if exception or app.builder.name != "html" or (app.keep_going and app._warncount):
        return
    folder, install = Path(app.outdir) / FOLDER, install_of(app)
    if not (folder.exists() and stamp(app).exists() and stamp(app).read_text() == repr(install)):
        stamp(app).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        app.env.get_doctree = cache(app.env.get_doctree)  # else read anew for every number
        for page in notebook_pages(app):
            write_notebook(app, page, folder / download_name(page))
        del app.env.get_doctree
        stamp(app).write_text(repr(install))
    shutil.copy(build_wheel(ROOT, Path(app.outdir).parent / "wheel"), folder)


def write_notebook(app: Sphinx, page: str, path: Path) -> None:
    """Write a page's notebook for readers."""
    glued = Path(app.outdir).parent / "jupyter_execute" / f"{page}.glue.json"
    references, install = References(app, page, glued), install_of(app)
    text = Path(app.env.doc2path(page)).read_text(encoding="utf-8-sig")
    stored = nbformat.reads(text, as_version=4)
    first = about(app, page, references, install)
    notebook = for_readers(stored, executed(app, page, stored), references, install, first)
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def offer(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Let a notebook's buttons give and open its form for readers, and say how to run it."""
    if context.get("page_source_suffix") != ".ipynb":
        return
    to_root = "../" * page.count("/")
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
        install = install_of(self.env.app)
        self.env.note_dependency(str(ROOT / "pyproject.toml"))
        text = "\n".join(self.content)
        if self.env.app.builder.format != "html":
            text = text.replace("LIBRARY", install.requirement)
            return [nodes.literal_block(text, text, language="sh")]
        library = escape(install.requirement)
        if install.from_file:
            library = f'<span class="from-file">{library}</span>'
        code = CODE.format(escape(text).replace("LIBRARY", library))
        return [nodes.raw("", code, format="html")]


class FromFile(SphinxDirective):
    """What is said only as long as the site has no public address; course.js takes it away."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return its paragraphs, or nothing."""
        if not install_of(self.env.app).from_file:
            return []
        return [nodes.container("", *self.parse_content_to_nodes(), classes=["from-file"])]


class WheelLink(SphinxRole):
    """A link to the library's wheel."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link, with the role's text."""
        name = install_of(self.env.app).wheel
        address = "../" * self.env.docname.count("/") + f"{FOLDER}/{name}"
        return [nodes.reference("", self.text, refuri=address)], []


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the extension."""
    app.add_directive("install", InstallLines)
    app.add_directive("from-file", FromFile)
    app.add_role("wheel", WheelLink())
    app.connect("html-page-context", offer, priority=700)
    app.connect("env-before-read-docs", forget)
    app.connect("build-finished", write_folder, priority=200)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
