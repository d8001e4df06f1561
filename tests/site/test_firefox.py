"""Firefox, too: explorers by mouse, finger and key; formulas; the search."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.site.checks import pages
from tests.site.explorers import MODULES
from tests.site.firefox import Firefox, firefox
from tools.provision import find_firefox, firefox_trouble

FIELDS = """id => [...document.getElementById(id).querySelectorAll(
    ".explorer-row :is(input[type=text], textarea, select)")].map(field => field.value)"""
HANDS = """id => [...document.getElementById(id).querySelectorAll(".hand")]
  .filter(hand => hand.checkVisibility() && hand.dataset.hand !== "guesses").map((_, i) => i)"""
PLACE = """(id, i) => {
  const hand = [...document.getElementById(id).querySelectorAll(".hand")]
    .filter(hand => hand.checkVisibility() && hand.dataset.hand !== "guesses")[i];
  hand.scrollIntoView({block: "center", behavior: "instant"});
  const {left, top, width, height} = hand.getBoundingClientRect();
  return [left, top, width, height];
}"""
RESET = """id => [...document.getElementById(id).querySelectorAll("button")]
  .find(button => button.textContent === "Reset").click()"""
DRAWN = "() => new Promise(d => requestAnimationFrame(() => requestAnimationFrame(() => d(1))))"
READY = """id => new Promise(done => {
  const place = document.getElementById(id);
  place.scrollIntoView({behavior: "instant"});
  const look = () => ("ready" in place.dataset ? done(1) : requestAnimationFrame(look));
  look();
})"""


@pytest.fixture(scope="module")
def fox() -> Iterator[Firefox]:
    if trouble := firefox_trouble():
        pytest.skip(f"pages in Firefox: {trouble}")
    with firefox(str(find_firefox())) as driven:
        yield driven


def page_of(site: Path, mark: str) -> str:
    return next(p for p in pages(site) if mark in (site / p).read_text(encoding="utf-8"))


@pytest.fixture(params=MODULES)
def explorer(request: Any, fox: Firefox, site: Path, base: str) -> str:
    """The id of an explorer that has drawn."""
    place = f"explorer-{request.param}"
    fox.logged.clear()
    fox.look(1366, 680)
    page = page_of(site, f'id="{place}"')
    fox.open(f"{base}/{page}")
    fox.run(READY, place)
    return place


def test_every_picture_follows_mouse_and_finger(fox: Firefox, explorer: str) -> None:
    for number in fox.run(HANDS, explorer):
        for pointer in ("mouse", "touch"):
            fox.run(RESET, explorer)
            fox.run(DRAWN)
            left, top, width, height = fox.run(PLACE, explorer, number)
            before = fox.run(FIELDS, explorer)
            start, end = (left + 0.8 * width, top + 0.3 * height), (0.2, 0.6)
            dx, dy = ((end[0] - 0.8) * width / 12, (end[1] - 0.3) * height / 12)
            path = [(start[0] + i * dx, start[1] + i * dy) for i in range(13)]
            fox.drag(path[:7], pointer)
            fox.run(DRAWN)
            middle = fox.run(FIELDS, explorer)
            fox.drag(path[6:], pointer)
            fox.run(DRAWN)
            assert before != middle != fox.run(FIELDS, explorer), (number, pointer)
    assert not fox.logged


def test_a_slider_answers_the_keyboard(fox: Firefox, explorer: str) -> None:
    focus = """id => { const first = document.getElementById(id).querySelector(
        ".explorer-controls [data-control]:not([hidden]) :is(input, textarea)"); first.focus(); }"""
    before = fox.run(FIELDS, explorer)
    fox.run("id => { document.getElementById(id).querySelector('details').open = true; }", explorer)
    fox.run(focus, explorer)
    for key in ("\ue014", "\ue013", "a"):  # right, up, a letter
        fox.press(key)
    fox.run(DRAWN)
    assert fox.run(FIELDS, explorer) != before
    assert not fox.logged


def test_picture_and_controls_are_on_one_screen(fox: Firefox, explorer: str) -> None:
    span = """id => {
      const edges = [...document.getElementById(id).querySelectorAll(
        "svg, .explorer-box > .explorer-controls")].map(part => part.getBoundingClientRect());
      return Math.max(...edges.map(e => e.bottom)) - Math.min(...edges.map(e => e.top));
    }"""
    fox.run(RESET, explorer)
    fox.run(DRAWN)
    assert 0 < fox.run(span, explorer) <= 632


CHILDREN = """() => {
  const wanted = {msub: 2, msup: 2, msubsup: 3, munder: 2, mover: 2, munderover: 3,
    mfrac: 2, mroot: 2};
  return [...document.querySelectorAll("math *")]
    .filter(part => part.localName in wanted && part.childElementCount !== wanted[part.localName])
    .map(part => part.outerHTML);
}"""


FONT = """() => document.fonts.load("16px 'Latin Modern Math'").then(found => found.length)"""
HEIGHTS = "() => [...document.querySelectorAll('.math-display math')].map(m => m.clientHeight)"


def test_formulas_are_whole_and_drawn_in_their_font(fox: Firefox, base: str) -> None:
    fox.logged.clear()
    for page in ("07-products-of-matrices", "equation-index"):
        fox.open(f"{base}/chapters/{page}.html")
        assert fox.run(CHILDREN) == []
        assert fox.run(FONT) == 1
        assert min(fox.run(HEIGHTS)) > 10
    assert not fox.logged


def test_a_formula_that_lacks_a_part_would_be_found(fox: Firefox, base: str) -> None:
    fox.open(f"{base}/chapters/02-the-forward-equations.html")
    fox.run("() => { document.querySelector('msub').lastElementChild.remove(); }")
    assert len(fox.run(CHILDREN)) == 1


def test_the_search_answers(fox: Firefox, base: str) -> None:
    fox.open(f"{base}/search.html?q=perplexity")
    first = """() => new Promise(done => {
      const look = () => { const a = document.querySelector("#search-results a");
        a ? done(a.href) : requestAnimationFrame(look); };
      look();
    })"""
    assert "/chapters/03-" in fox.run(first)
