"""Sphinx extension: by what a page is found and cited, and where to say that it is wrong.

- Every page ends in the course's version and date, its licence, how to cite the page and, where the
  repository is known, a link that opens an issue about it.
- The site has a page for addresses that there are not (`404.html`), `robots.txt` and, where its own
  address is known, `sitemap.xml`.
- ``{repository}`the repository` `` is a link to it, or plain text as long as there is none.

Version, date and title are those of `CITATION.cff`.
"""

import json
from datetime import date
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

ROOT = Path(__file__).resolve().parent.parent
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
FOOT = """
<footer class="imprint">
<p>Version {version}, {day}.
Text and figures: <a href="{licence}">CC BY 4.0</a>; code: MIT.{links}</p>
<details><summary>Cite this page</summary><pre>{bibtex}</pre></details>
</footer>
"""
MISSING = ROOT / "_templates" / "404.html"  # with places for title, root and landing


def citation() -> dict[str, Any]:
    """Read `CITATION.cff`."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return found


def day(written: date) -> str:
    """Write a date as a reader does: 30 November 2026."""
    return f"{written.day} {written:%B %Y}"


def bibtex(app: Sphinx, page: str = "", title: str = "") -> str:
    """Return the BibTeX entry of the course, or of one of its pages."""
    about = citation()
    released, course = about["date-released"], about["title"].partition(":")[0]
    authors = " and ".join("{" + author["name"] + "}" for author in about["authors"])
    key = page.rsplit("/", 1)[-1] if page else "course"
    fields = {
        "author": authors,
        "title": "{" + (title or about["title"]) + "}",
        "booktitle": "{" + course + "}" if title else "",
        "year": str(released.year),
        "note": f"Version {about['version']}",
        "url": f"{app.config.html_baseurl}{page}.html" if page else app.config.html_baseurl,
    }
    lines = [f"  {name:9} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join(
        [f"@{'incollection' if title else 'misc'}{{gradients-through-time:{key},", *lines, "}"]
    )


def issue_address(repository: str, page: str, title: str) -> str:
    """Return the address that opens an issue about a page."""
    text = f"Page: {page}\n\nWhat is there:\n\nWhat should be there:\n"
    return f"{repository}/issues/new?{urlencode({'title': title, 'body': text}, quote_via=quote)}"


def end_page(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Write what stands at a page's foot; the landing page also says what it is to machines."""
    if tree is None or "body" not in context:
        return
    about, title = citation(), app.env.titles[page].astext()
    links = []
    if "chapters/changes" in app.env.found_docs:
        address = app.builder.get_relative_uri(page, "chapters/changes")
        links.append(f'<a href="{address}">What has changed</a>')
    if repository := app.config.html_theme_options.get("repository_url", ""):
        address = escape(issue_address(repository, page, title))
        links.append(f'<a href="{address}">Report an issue</a>')
    context["body"] += FOOT.format(
        version=about["version"], day=day(about["date-released"]), licence=LICENCE,
        links="".join(f" {link}." for link in links), bibtex=escape(bibtex(app, page, title)),
    )  # fmt: skip
    if page == app.config.root_doc:
        context["metatags"] = context.get("metatags", "") + machine_readable(app, about)


def machine_readable(app: Sphinx, about: dict[str, Any]) -> str:
    """Describe the course as schema.org does."""
    course = {
        "@context": "https://schema.org",
        "@type": "Course",
        "name": app.config.html_title,
        "description": app.config.summary,
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "license": LICENCE,
        "version": about["version"],
        "datePublished": str(about["date-released"]),
        "provider": {"@type": "Organization", "name": about["authors"][0]["name"]},
    }
    if app.config.html_baseurl:
        course["url"] = app.config.html_baseurl
    written = json.dumps(course, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{written}</script>\n'


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write `404.html`, `robots.txt` and, if the site has an address, `sitemap.xml`."""
    if exception or app.builder.name != "html":
        return
    out, base = Path(app.outdir), app.config.html_baseurl
    page = MISSING.read_text(encoding="utf-8").format(
        title=escape(app.config.html_title), landing=f"{app.config.root_doc}.html",
        root=urlsplit(base).path or "/",
    )  # fmt: skip
    (out / "404.html").write_text(page, encoding="utf-8")
    sitemap = out / "sitemap.xml"
    sitemap.unlink(missing_ok=True)
    robots = "User-agent: *\nAllow: /\n"
    if base:
        robots += f"Sitemap: {base}sitemap.xml\n"
        addresses = (
            f"<url><loc>{escape(base + quote(page))}.html</loc></url>"
            for page in sorted(app.env.found_docs)
        )
        sitemap.write_text(
            '<?xml version="1.0" encoding="utf-8"?>\n'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            + "\n".join(addresses) + "\n</urlset>\n",
            encoding="utf-8",
        )  # fmt: skip
    (out / "robots.txt").write_text(robots, encoding="utf-8")


class RepositoryLink(SphinxRole):
    """A link to the repository, or its text alone as long as the course has no address."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return it."""
        address = self.env.app.config.html_theme_options.get("repository_url", "")
        return [
            nodes.reference("", self.text, refuri=address) if address else nodes.Text(self.text)
        ], []


class Citation(SphinxDirective):
    """How to cite the course, as BibTeX."""

    def run(self) -> list[nodes.Node]:
        """Return it as code."""
        self.env.note_dependency(str(ROOT / "CITATION.cff"))
        text = bibtex(self.env.app)
        return [nodes.literal_block(text, text, language="bibtex")]


class Forget(SphinxDirective):
    """A button that empties what the site has stored in this browser: see course.js."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return it; without a script nothing is stored, and there is no button."""
        text = escape("\n".join(self.content))
        button = f'<button type="button" class="forget" hidden>{text}</button>'
        button = f'<p>{button} <span role="status"></span></p>'
        return [nodes.raw("", button, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the extension."""
    app.add_role("repository", RepositoryLink())
    app.add_directive("citation", Citation)
    app.add_directive("forget", Forget)
    app.connect("html-page-context", end_page, priority=650)
    app.connect("build-finished", write_files, priority=150)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
