"""What the roles of a page say: asked of Sphinx once all pages are read, and written as Markdown.

Numbers, titles, authors and glued values come from the finished build itself. A role is parsed and
resolved as Sphinx would on the page, whatever role it is; only what comes out of that, a text or
a link, is written down here.
"""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin, urlsplit

from docutils import nodes
from docutils.frontend import OptionParser, get_default_settings
from docutils.utils import new_document
from myst_parser.parsers.sphinx_ import MystParser
from pybtex_docutils import Backend
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import sphinx_domains

SPECIAL = re.compile(r"([\\`*_\[\]$<])")
AROUND = {nodes.emphasis: "*", nodes.strong: "**", nodes.title_reference: "*"}


class References:
    """What the roles of one page say.

    Parameters
    ----------
    app : Sphinx
        With all pages read.
    page : str
        Such as ``chapters/06-the-gradient-product``.
    glued : path
        The values that the page's cells glued, as MyST-NB stores them; it need not be there.

    Attributes
    ----------
    address : str
        The page's public address, if the site has one.
    cited : dict of str to str
        The entries of the bibliography that the roles so far refer to, by their labels.
    """

    def __init__(self, app: Sphinx, page: str, glued: Path):
        self.app, self.page = app, page
        site = app.config.html_baseurl
        self.address = urljoin(site, app.builder.get_target_uri(page)) if site else ""
        self.cited: dict[str, str] = {}
        self._glued = json.loads(glued.read_text(encoding="utf-8")) if glued.exists() else {}
        self._resolved: dict[str, nodes.paragraph] = {}
        self._settings = get_default_settings(MystParser)
        self._settings.update(app.env.settings | {"env": app.env}, OptionParser())

    def say(self, source: str) -> str:
        """Return what a piece of inline MyST, such as a role, says, in plain Markdown."""
        text = self._write_all(self.resolve(source))
        if source.startswith("{cite"):
            return text.replace(r"\[", "(").replace(r"\]", ")")
        return text

    def resolve(self, source: str) -> nodes.paragraph:
        """Return a piece of inline MyST with its references resolved, as Sphinx does it."""
        if source not in self._resolved:
            env = self.app.env
            env.prepare_settings(self.page)
            document = new_document(env.doc2path(self.page), self._settings)
            client = SimpleNamespace(glue_data=self._glued)  # where MyST-NB's roles look for them
            document["nb_renderer"] = SimpleNamespace(renderer=SimpleNamespace(nb_client=client))
            with sphinx_domains(env):
                MystParser().parse(source, document)
            env.temp_data.clear()
            env.apply_post_transforms(document, self.page)
            if len(document) != 1 or not isinstance(document[0], nodes.paragraph):
                raise ExtensionError(f"{self.page}: {source} cannot be resolved")
            self._resolved[source] = document[0]
        return self._resolved[source]

    def path(self, source: str) -> Path | None:
        """Return the file of the book that an image's address in the source names, if it is one."""
        if urlsplit(source).scheme:
            return None
        _, path = self.app.env.relfn2path(source, self.page)
        if not Path(path).is_file():
            raise ExtensionError(f"{self.page}: there is no image {source}")
        return Path(path)

    def _write_all(self, node: nodes.Element) -> str:
        return "".join(map(self._write, node.children))

    def _write(self, node: nodes.Node) -> str:
        match node:
            case nodes.Text():
                return SPECIAL.sub(r"\\\1", node.astext())
            case nodes.literal():
                return f"`{node.astext()}`"
            case nodes.math():
                return f"${node.astext()}$"
            case nodes.reference():
                return self._link(node)
            case nodes.inline():
                return self._write_all(node)
            case nodes.Element() if type(node) in AROUND:
                mark = AROUND[type(node)]
                return f"{mark}{self._write_all(node)}{mark}"
        raise ExtensionError(f"{self.page}: there is no plain Markdown for {node.astext()!r}")

    def _link(self, node: nodes.reference) -> str:
        text, target = self._write_all(node), node.get("refuri") or f"#{node['refid']}"
        self._note_citation(urlsplit(target).fragment)
        if not urlsplit(target).scheme:
            target = urljoin(self.address, target) if self.address else ""
        if target:
            return f"[{text}]({target})"
        title = any("doc" in part["classes"] for part in node.findall(nodes.inline))
        return f"*{text}*" if title else text

    def _note_citation(self, identifier: str) -> None:
        for citation in self.app.env.get_domain("cite").citations:
            if citation.citation_id == identifier:
                entry = citation.formatted_entry
                text = nodes.paragraph("", "", *entry.text.render(Backend()))
                self.cited[entry.label] = " ".join(self._write_all(text).split())
