"""How a page is found, cited and complained about; what a browser keeps of a reader's way."""

import gzip
import json
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from docutils import nodes
from playwright.sync_api import Browser

from tests.site.checks import LAID_OUT, pages, parse
from tools.imprint import bibtex, issue_address, write_files
from tools.site import description_of

ROOT = Path(__file__).resolve().parents[2]


def test_the_version_is_the_librarys() -> None:
    about = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert about["version"] == project["version"]


def test_every_page_says_its_version_and_how_to_cite_it(site: Path) -> None:
    for page in pages(site):
        if page.startswith(("chapters/", "reference/", "coursework/")):
            foot = parse(site / page).select_one("footer.imprint")
            assert foot is not None, page
            assert "Version" in foot.get_text() and "CC BY 4.0" in foot.get_text()
            assert foot.select_one("pre").get_text().startswith("@incollection{"), page


def fake(base: str = "", **more: object) -> SimpleNamespace:
    config = SimpleNamespace(html_baseurl=base, html_title="The course", root_doc="chapters/index")
    return SimpleNamespace(config=config, builder=SimpleNamespace(name="html"), **more)


def test_a_page_is_cited_by_its_title_and_address() -> None:
    entry = bibtex(fake("https://example.org/course/"), "chapters/02-b", "Forward")
    assert "{gradients-through-time:02-b," in entry and "{{Forward}}" in entry
    assert "{https://example.org/course/chapters/02-b.html}" in entry
    assert "url" not in bibtex(fake())


def test_an_issue_names_its_page() -> None:
    address = issue_address("https://example.org/c", "chapters/02-b", "Forward & back")
    assert address.startswith("https://example.org/c/issues/new?title=Forward%20%26%20back&body=")
    assert "chapters%2F02-b" in address


@pytest.mark.parametrize("base", ["", "https://example.org/course/"])
def test_files_for_machines(tmp_path: Path, base: str) -> None:
    env = SimpleNamespace(found_docs={"chapters/index", "chapters/a b"})
    (tmp_path / "sitemap.xml").write_text("of an earlier build")
    write_files(fake(base, env=env, outdir=str(tmp_path)), None)
    robots = (tmp_path / "robots.txt").read_text()
    missing = (tmp_path / "404.html").read_text(encoding="utf-8")
    if base:
        sitemap = (tmp_path / "sitemap.xml").read_text()
        assert sitemap.count("<loc>") == 2 and f"{base}chapters/a%20b.html" in sitemap
        assert f"Sitemap: {base}sitemap.xml" in robots
        assert 'href="/course/chapters/index.html"' in missing
    else:
        assert not (tmp_path / "sitemap.xml").exists() and "Sitemap" not in robots
        assert 'href="/chapters/index.html"' in missing


def section(*content: nodes.Node | str) -> nodes.document:
    parts = [nodes.Text(part) if isinstance(part, str) else part for part in content]
    return nodes.section("", nodes.title("", "T"), nodes.paragraph("", "", *parts))


def test_a_description_is_whole_sentences_without_formulas() -> None:
    formula = nodes.math("", "W_{hh}")
    said = "Their product is ", formula, ", which is large. It vanishes. Then it ends: no full stop"
    assert description_of(section(*said)) == "It vanishes."
    long = "A sentence of some length that ends here. " * 8
    assert description_of(section(long)).endswith("ends here.")
    assert 100 < len(description_of(section(long))) <= 200


def test_descriptions_on_pages_end_as_sentences_do(site: Path) -> None:
    for page in pages(site):
        if page.startswith("chapters/"):
            said = parse(site / page).select_one("meta[name=description]")["content"].strip()
            assert said.endswith((".", "!", "?")) and "\\" not in said, (page, said)


def test_the_landing_page_tells_machines_what_it_is(site: Path) -> None:
    script = parse(site / "chapters" / "index.html").select_one(
        "script[type='application/ld+json']"
    )
    assert json.loads(script.string)["@type"] == "Course"


class Counter(HTMLParser):
    """Counts elements."""

    count = 0

    def handle_starttag(self, *_: object) -> None:
        self.count += 1


def test_pages_are_light(site: Path) -> None:
    heavy = []
    for page in pages(site):
        if not page.startswith("chapters/"):
            continue
        text = (site / page).read_bytes()
        counter = Counter()
        counter.feed(text.decode())
        images = {image["src"] for image in parse(site / page).select("img")}
        size = sum((site / page).parent.joinpath(name).stat().st_size for name in images)
        found = counter.count, len(gzip.compress(text)) // 1000, size // 1000
        # The two lists that are made of all chapters have every equation and claim once more.
        most = 15_000 if page.endswith(("equation-index.html", "claim-ledger.html")) else 10_000
        if found[0] > most or found[1] > 100 or found[2] > 300:
            heavy.append((page, *found))
    assert not heavy


def test_a_chapter_that_was_read_stays_so(browser: Browser, base: str) -> None:
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(f"{base}/chapters/02-the-forward-equations.html")
    mark = tab.locator("button.mark-read")
    assert mark.get_attribute("aria-pressed") == "false"
    mark.click()
    assert mark.get_attribute("aria-pressed") == "true"
    assert tab.locator(".bd-links .read-mark").count() == 1
    tab.goto(f"{base}/chapters/index.html")
    assert tab.locator(".parts .read-mark").count() == 1
    assert "(read)" in tab.locator(".parts a", has_text="The forward equations").text_content()
    tab.goto(f"{base}/chapters/about.html")
    tab.locator("button.forget").click()
    tab.goto(f"{base}/chapters/02-the-forward-equations.html")
    assert mark.get_attribute("aria-pressed") == "false"
    context.close()


@pytest.mark.parametrize("how", ["pointer", "focus"])
def test_a_reference_shows_its_equation(browser: Browser, base: str, how: str) -> None:
    tab = browser.new_page()
    tab.goto(f"{base}/chapters/06-the-gradient-product.html")
    tab.wait_for_function(LAID_OUT)
    here = tab.locator("article a[href^='#equation-eq-']:not(.headerlink)").first
    there = tab.locator("article a[href*='.html#equation-eq-']").first
    for link in (here, there):
        link.scroll_into_view_if_needed()
        link.hover() if how == "pointer" else link.focus()
        box = tab.locator(".preview[role=tooltip]")
        box.locator("math").first.wait_for()
        assert link.get_attribute("aria-describedby") == box.get_attribute("id")
        edges = box.bounding_box()
        assert edges and edges["x"] >= 0 and edges["x"] + edges["width"] <= 1280
        tab.keyboard.press("Escape")
        box.wait_for(state="detached")
        tab.mouse.move(0, 0)
    tab.close()
