"""Make one PDF of the book: `python -m tools.pdf`, which `make pdf` runs after `make book`.

The site's pages become one page, in the order of the contents: a title, the contents as links, the
chapters with their numbers, the explorers drawn once as they open, the answers and solutions open.
Headless Chromium prints it, with bookmarks, to `_build/gradients-through-time.pdf`.
"""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, Tag

from tools.imprint import citation, day
from tools.provision import find_browser, use_own_node
from tools.serving import serve
from tools.variables import ROOT

SITE, OUT = ROOT / "_build" / "html", ROOT / "_build" / "gradients-through-time.pdf"
LEFT_OUT = ("Coursework", "The library")  # which are worked with, not read
UNPRINTED = ".headerlink, footer.imprint, button, .prev-next-footer, noscript, script"
PAGE = ROOT / "_templates" / "book.html"


def listed(contents: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the parts that are printed, each with its pages."""
    for part in yaml.safe_load(contents.read_text(encoding="utf-8"))["parts"]:
        if part["caption"] not in LEFT_OUT:
            yield part["caption"], [chapter["file"] for chapter in part["chapters"]]


def name_of(page: str, anchor: str = "") -> str:
    """Return the name of a page's place in the one page."""
    return f"{page.rsplit('/', 1)[-1]}--{anchor}" if anchor else page.rsplit("/", 1)[-1]


def brought_in(page: str, pages: set[str]) -> Tag:
    """Return a page's text with its names, links and addresses as the one page needs them."""
    tree = BeautifulSoup((SITE / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    text = tree.select_one("article.bd-article > section")
    assert text is not None, page
    for part in text.select(UNPRINTED):
        part.decompose()
    for part in text.select("[id]"):
        part["id"] = name_of(page, str(part["id"]))
    folder = page.rpartition("/")[0]
    for link in text.select("a[href]"):
        link["href"] = address(str(link["href"]), page, folder, pages)
        if not link["href"]:
            del link["href"]  # to a page that is not printed: plain text
    for image in text.select("img[src]"):
        image["src"] = re.sub(r"^(\.\./)+", "", str(image["src"]))
    text["id"] = name_of(page)
    return text


def address(link: str, page: str, folder: str, pages: set[str]) -> str:
    """Rewrite a link for the one page; nothing, if it leads to what is not printed."""
    if re.match(r"[a-z]+:", link):
        return link
    path, _, anchor = link.partition("#")
    target = page
    if path:
        there = (SITE / folder / path).resolve()
        if not there.is_relative_to(SITE.resolve()):
            return ""
        target = there.relative_to(SITE.resolve()).as_posix().removesuffix(".html")
    return f"#{name_of(target, anchor)}" if target in pages else ""


def one_page() -> str:
    """Return the book as one page."""
    parts = list(listed(ROOT / "_toc.yml"))
    pages = {page for _, part in parts for page in part}
    contents, body = [], []
    for caption, part in parts:
        contents.append(f'<li class="part">{escape(caption)}</li>')
        for page in part:
            text = brought_in(page, pages)
            heading = text.select_one("h1")
            assert heading is not None, page
            contents.append(f'<li><a href="#{name_of(page)}">{escape(heading.get_text())}</a></li>')
            body.append(str(text))
    landing = BeautifulSoup(
        (SITE / "chapters" / "index.html").read_text(encoding="utf-8"), "html.parser"
    )
    styles = [
        f'<link rel="stylesheet" href="{re.sub(r"^(../)+", "", str(link["href"]))}">'
        for link in landing.select("link[rel=stylesheet]")
    ]
    # On a page a font that comes late is left out; on paper it is waited for.
    fonts = (SITE / "_static" / "fonts" / "fonts.css").read_text(encoding="utf-8")
    fonts = fonts.replace("optional", "block").replace('url("', 'url("_static/fonts/')
    styles.append(f"<style>{fonts}</style>")
    about = citation()
    title, _, subtitle = about["title"].partition(": ")
    return PAGE.read_text(encoding="utf-8").format(
        title=escape(title), subtitle=escape(subtitle[:1].upper() + subtitle[1:]),
        version=about["version"], day=day(about["date-released"]),
        styles="".join(styles), contents="".join(contents), body="".join(body),
    )  # fmt: skip


def print_to(path: Path, page: str) -> None:
    """Let Chromium print the one page."""
    from playwright.sync_api import sync_playwright

    use_own_node()
    program = find_browser()
    if program is None:
        raise SystemExit(
            "make pdf needs Chromium, Chrome or Edge; python -m tools.provision fetches one"
        )
    with serve(SITE, {"/book.html": page}) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 760, "height": 1000}, color_scheme="light")
        tab.goto(f"{address}/book.html", timeout=300_000)
        tab.wait_for_selector("html[data-whole]", state="attached", timeout=600_000)
        tab.pdf(
            path=path, prefer_css_page_size=True, print_background=True, outline=True, tagged=True,
            display_header_footer=True, header_template="<span></span>",
            footer_template='<div style="width:100%;text-align:center;font-size:8px">'
            '<span class="pageNumber"></span></div>',
        )  # fmt: skip
        browser.close()


def main() -> None:
    """Write the PDF."""
    if not SITE.is_dir():
        raise SystemExit(f"{SITE}: there is no site to print; run make book first")
    print_to(OUT, one_page())
    print(f"{OUT.relative_to(ROOT)}: {OUT.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
