"""The chapters of the second edition fit a phone, and their formulas keep their commas."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from bs4 import NavigableString
from docutils import nodes
from playwright.sync_api import Browser, Page

from tests.site.checks import LAID_OUT, pages, parse
from tools.formulas import MARK, keep_marks

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
CHAPTERS: list[str] = CONFIG["sphinx"]["config"]["second_edition"]
SCROLLING = """() => [...document.querySelectorAll(
    ".math-scroll, .pst-scrollable-table-container, .cell_output .output, .cell_output pre")]
  .filter(box => box.checkVisibility({contentVisibilityAuto: true}))
  .filter(box => box.scrollWidth > box.clientWidth)
  .map(box => `${box.scrollWidth} px in ${box.clientWidth}: ${box.textContent.trim()}`)"""
SMALL = """() => [...document.querySelectorAll("figure img")]
  .filter(image => image.clientWidth < 0.7 * image.getAttribute("width"))
  .map(image => image.alt)"""
OPEN = """() => {
  for (const box of document.querySelectorAll(".admonition.toggle button")) box.click();
  for (const box of document.querySelectorAll("details.answer")) box.open = true;
}"""


@pytest.fixture(params=CHAPTERS)
def chapter(request: pytest.FixtureRequest, base: str, browser: Browser) -> Iterator[Page]:
    """A chapter on a phone, its solutions and answers open."""
    tab = browser.new_page(viewport={"width": 375, "height": 800})
    tab.goto(f"{base}/{request.param}.html")
    tab.wait_for_function(LAID_OUT)
    tab.evaluate(OPEN)
    yield tab
    tab.close()


# As if the page were narrower still, too narrow for a few of its formulas.
NARROW = """
() => document.querySelectorAll(".math-scroll").forEach(box => { box.style.maxWidth = "9rem"; })
"""


def test_no_formula_table_or_output_scrolls_on_a_phone(chapter: Page) -> None:
    assert chapter.evaluate(SCROLLING) == []
    # and one that did would be found
    chapter.evaluate(NARROW)
    assert chapter.evaluate(SCROLLING)


def test_figures_are_legible_on_a_phone(chapter: Page) -> None:
    assert chapter.locator("figure img").count() > 1
    assert chapter.evaluate(SMALL) == []
    chapter.evaluate("() => { document.querySelector('figure img').setAttribute('width', 700) }")
    assert len(chapter.evaluate(SMALL)) == 1


def test_a_formula_takes_the_mark_that_follows() -> None:
    html = SimpleNamespace(builder=SimpleNamespace(format="html"))
    formulas = nodes.math("", "h"), nodes.math("", "s"), nodes.math("", "x")
    line = nodes.paragraph("", "", nodes.emphasis("", "so"), nodes.Text(", "))  # twice the same
    line += [formulas[0], nodes.Text(", "), formulas[1], nodes.Text(".) And "), formulas[2]]
    keep_marks(html, nodes.section("", line), "")
    assert [formula.get("mark") for formula in formulas] == [",", ".)", None]
    assert line.astext() == "so, h s And x"


def test_no_mark_on_a_page_follows_a_formula_outside_of_its_box(site: Path) -> None:
    seen = 0
    for page in pages(site):
        if page.startswith("chapters/"):
            for formula in parse(site / page).select("span.math"):
                seen += bool(formula.select(".mark"))
                following = formula.next_sibling
                assert not (isinstance(following, NavigableString) and MARK.match(following)), page
    assert seen > 500
