"""Every page of the built site, as a reader's browser sees it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site.checks import (
    LAID_OUT,
    Visit,
    broken_links,
    missing_in_head,
    nameless_images,
    pages,
    parse,
    visit,
)

SOURCE_TEXT = "_modules/rnnlib/cells/cell.html"
MOVES = 0.02  # a layout shift that a reader sees
LOOKS = {"in the light on a desk": ("light", 1280), "in the dark on a phone": ("dark", 375)}


@pytest.fixture(scope="module", params=LOOKS)
def visits(request: pytest.FixtureRequest, site: Path, base: str, browser: Browser) -> list[Visit]:
    """Visit every page, once in each look; a process can take one of the two."""
    scheme, width = LOOKS[request.param]
    seen = [
        steady(lambda page=page: visit(browser, base, page, scheme=scheme, width=width))
        for page in pages(site)
        if page != "index.html"  # only leads on; a test below follows it
        # the pages of rnnlib's source text are made alike: one of them will do
        and (not page.startswith("_modules/") or page == SOURCE_TEXT)
    ]
    assert len(seen) >= 5 and SOURCE_TEXT in {each.page for each in seen}
    return seen


def steady(look: Callable[[], Visit]) -> Visit:
    """Look again where text moved: a font that comes late on a busy machine is not late thrice."""
    seen = look()
    for _ in range(2):
        if seen.shift >= MOVES:
            again = look()
            seen.shift = min(seen.shift, again.shift)
    return seen


def collect(visits: list[Visit], field: str) -> list[str]:
    return [f"{seen}: {problem}" for seen in visits for problem in getattr(seen, field)]


def test_no_page_asks_another_host(visits: list[Visit]) -> None:
    assert not collect(visits, "foreign")


def test_everything_a_page_asks_for_is_there(visits: list[Visit]) -> None:
    assert not collect(visits, "failed")


def test_no_page_reports_an_error(visits: list[Visit]) -> None:
    assert not collect(visits, "errors")


def test_axe_finds_nothing_serious(visits: list[Visit]) -> None:
    assert not collect(visits, "violations")


def test_no_page_scrolls_sideways(visits: list[Visit]) -> None:
    assert not [f"{seen}: {seen.overflow} px" for seen in visits if seen.overflow > 0]


def test_text_stays_where_it_is(visits: list[Visit]) -> None:
    assert not [f"{seen}: {seen.shift:.3f}" for seen in visits if seen.shift >= MOVES]


def test_scripts_are_small(visits: list[Visit]) -> None:
    texts = [seen for seen in visits if seen.page.startswith("chapters/")]
    assert texts
    assert not [f"{seen}: {seen.script_bytes}" for seen in texts if seen.script_bytes >= 210_000]


def test_links_and_anchors_resolve(site: Path) -> None:
    assert not broken_links(site)


def test_images_say_what_they_show(site: Path) -> None:
    problems = [
        f"{page}: {tag}" for page in pages(site) for tag in nameless_images(parse(site / page))
    ]
    assert not problems


def test_heads_are_complete(site: Path) -> None:
    problems = {page: missing_in_head(parse(site / page)) for page in pages(site)}
    assert not {page: missing for page, missing in problems.items() if missing}


def test_chapters_titles_differ(site: Path) -> None:
    titles = [parse(site / page).title.get_text() for page in pages(site) if page != "index.html"]
    assert len(set(titles)) == len(titles)


def test_the_root_leads_to_the_landing_page(base: str, browser: Browser) -> None:
    tab = browser.new_page()
    tab.goto(f"{base}/")
    tab.wait_for_url("**/chapters/index.html")
    assert tab.locator("article h1").text_content().startswith("Gradients Through Time")
    tab.close()


def test_formulas_are_rendered_and_numbered(site: Path) -> None:
    page = parse(site / "chapters" / "02-the-forward-equations.html")
    assert len(page.select(".math math")) > 50  # MathML, which a screen reader reads
    assert not page.select(".temml-error, merror")
    numbered = page.select(".math-display[id^=equation-eq-] .eqno")
    assert len(numbered) > 5
    assert numbered[0].get_text().startswith("(2.1)")


def test_search_finds_a_word(base: str, browser: Browser) -> None:
    tab = browser.new_page()
    tab.goto(f"{base}/chapters/01-sequences-and-memory.html")
    tab.locator(".search-button-field").click()
    tab.keyboard.type("hyperbolic")
    tab.keyboard.press("Enter")
    result = tab.locator("#search-results li a[href*='02-the-forward-equations']")
    result.first.wait_for(timeout=10_000)
    result.first.click()
    tab.wait_for_url("**/02-the-forward-equations.html*")
    tab.close()


def test_the_theme_switch_switches(base: str, browser: Browser) -> None:
    tab = browser.new_page(color_scheme="light")
    tab.goto(f"{base}/chapters/index.html")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = tab.evaluate(background)
    while tab.evaluate("() => document.documentElement.dataset.mode") != "dark":
        tab.locator(".theme-switch-button").click()
    assert tab.evaluate(background) != light
    tab.close()


def test_a_wide_formula_is_reached_by_keyboard(base: str, browser: Browser) -> None:
    tab = browser.new_page(viewport={"width": 320, "height": 700})
    tab.goto(f"{base}/chapters/02-the-forward-equations.html")
    tab.wait_for_function(LAID_OUT)
    wide = "box => box.scrollWidth > box.clientWidth"
    boxes = tab.locator(".math-scroll").all()
    scrolling = [box for box in boxes if box.evaluate(wide)]
    assert scrolling
    assert all(box.get_attribute("tabindex") == "0" for box in scrolling)
    assert any(box.get_attribute("tabindex") is None for box in boxes)
    scrolling[0].focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("box => box.scrollLeft > 0", arg=scrolling[0].element_handle())
    tab.close()


def test_a_box_with_more_to_its_right_shows_it(base: str, browser: Browser) -> None:
    tab = browser.new_page(viewport={"width": 375, "height": 700})
    tab.goto(f"{base}/chapters/conventions.html")
    tab.wait_for_function(LAID_OUT)
    fades = "box => getComputedStyle(box).maskImage !== 'none'"
    for kind in (".pst-scrollable-table-container", "pre"):
        boxes = tab.locator(f"{kind}[tabindex='0']")
        assert boxes.count() > 0
        wide = boxes.first
        assert wide.evaluate(fades)
        wide.evaluate("box => { box.scrollLeft = box.scrollWidth }")
        tab.wait_for_function(f"box => !({fades})(box)", arg=wide.element_handle())
    assert not tab.locator("pre:not([tabindex])").first.evaluate(fades)  # all of it is in sight
    tab.close()


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("place", ["equation-eq-diagonal-formula", "exercises", "summary"])
def test_a_link_into_a_chapter_finds_its_place(
    base: str, browser: Browser, width: int, place: str
) -> None:
    tab = browser.new_page(viewport={"width": width, "height": 800})
    tab.goto(f"{base}/chapters/06-the-gradient-product.html#{place}")
    tab.wait_for_function(LAID_OUT)
    top = "document.getElementById(id).getBoundingClientRect().top"
    tab.wait_for_function(f"id => 0 <= {top} && {top} < 200", arg=place)
    tab.close()


def test_the_keyboard_stays_on_the_screen_and_boxes_have_names(base: str, browser: Browser) -> None:
    tab = browser.new_page(viewport={"width": 375, "height": 800})
    tab.goto(f"{base}/chapters/04-backpropagation-through-time.html")
    tab.wait_for_function(LAID_OUT)
    outside = """() => [...document.querySelectorAll("a, button, input, [tabindex='0']")]
      .filter(e => e.checkVisibility({visibilityProperty: true}))
      .filter(e => !e.closest(".math-scroll, pre, .cell_output, .pst-scrollable-table-container"))
      .filter(e => e.getBoundingClientRect().left >= innerWidth).length"""
    assert tab.evaluate(outside) == 0
    nameless = """() => [...document.querySelectorAll("[tabindex='0']")]
      .filter(e => e.matches("pre, div") && !e.getAttribute("aria-label")).length"""
    assert tab.locator("pre[tabindex='0']").count() > 3
    assert tab.evaluate(nameless) == 0
    assert tab.locator("[aria-label='Toggle hidden content']").count() == 0
    tab.close()


def test_the_contents_follow_the_reader(base: str, browser: Browser) -> None:
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.goto(f"{base}/chapters/02-the-forward-equations.html")
    tab.wait_for_function(LAID_OUT)
    tab.evaluate("() => document.querySelector('#exercises h2').scrollIntoView()")
    tab.locator(".bd-toc-nav a.active", has_text="Exercises").wait_for(timeout=5_000)
    tab.close()
