"""What every explorer must do, on the built site and without a network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.site.explorers import MODULES, Explored, explore

ROW = "[data-control]:not([hidden])"
SLIDER = f"{ROW} input[type=range]"
OUT_OF_SIGHT = """
box => [...box.querySelectorAll("svg, input, select, textarea, button")]
  .filter(part => part.getBoundingClientRect().right > innerWidth + 1).length
"""


@pytest.fixture(scope="module", params=MODULES)
def on_a_desk(request: Any, browser: Browser, site: Path, base: str) -> Iterator[Explored]:
    with explore(browser, site, base, request.param) as explored:
        yield explored


@pytest.fixture(scope="module", params=MODULES)
def on_a_phone(request: Any, browser: Browser, site: Path, base: str) -> Iterator[Explored]:
    phone = {"has_touch": True, "viewport": {"width": 320, "height": 700}, "color_scheme": "dark"}
    with explore(browser, site, base, request.param, **phone) as explored:
        yield explored


@pytest.fixture
def explored(on_a_desk: Explored) -> Explored:
    on_a_desk.button("Reset").click()
    on_a_desk.wait()
    return on_a_desk


def test_every_control_answers_the_keyboard(explored: Explored) -> None:
    for select in [None, *explored.place.locator("select").all()]:
        options = select.locator("option").all() if select else [None]
        for option in options:  # each may bring other controls into sight
            if select and option:
                select.select_option(option.get_attribute("value"))
                explored.wait()
            for row in explored.place.locator(ROW).all():
                control = row.locator("input, select, textarea").first
                if control.evaluate("c => c.tagName") == "SELECT" and select:
                    continue
                before = control.input_value()
                control.focus()
                press_until_changed(explored, control)
                assert control.input_value() != before, row.get_attribute("data-control")


def press_until_changed(explored: Explored, control: Any) -> None:
    before = control.input_value()
    for key in ("ArrowUp", "ArrowDown", "a"):  # up, or down from an upper end; a letter
        if control.input_value() == before:
            explored.tab.keyboard.press(key)


def test_every_slider_answers_the_mouse(explored: Explored) -> None:
    check_sliders(explored, explored.tab.mouse.click)


def test_every_slider_answers_a_finger(on_a_phone: Explored) -> None:
    check_sliders(on_a_phone, on_a_phone.tab.touchscreen.tap)


def check_sliders(explored: Explored, act: Any) -> None:
    for slider in explored.place.locator(SLIDER).all():
        before = slider.input_value()
        for part in (0.8, 0.3):
            if slider.input_value() == before:
                slider.scroll_into_view_if_needed()
                box = slider.bounding_box()
                assert box is not None and box["height"] >= 24
                act(box["x"] + part * box["width"], box["y"] + box["height"] / 2)
        assert slider.input_value() != before


def test_it_fits_a_phone(on_a_phone: Explored) -> None:
    assert on_a_phone.place.evaluate(OUT_OF_SIGHT) == 0


def test_what_is_no_number_is_refused_in_words(explored: Explored) -> None:
    fresh = explored.numbers()
    for row in explored.place.locator(f"{ROW}:has(input[type=range])").all():
        field, complaint = row.locator("input[type=text]"), row.locator("[role=alert]")
        right = field.input_value()
        for nonsense in ("NaN", "", "1e999", "two"):
            field.fill(nonsense)
            field.press("Enter")
            explored.wait()
            assert "expected a number" in (complaint.text_content() or ""), nonsense
            assert explored.numbers() == fresh, nonsense
        field.fill(right)
        field.press("Enter")
        assert complaint.text_content() == ""


def test_a_change_is_spoken(explored: Explored) -> None:
    status = explored.place.get_by_role("status")
    explored.later(800)
    before = status.inner_text()
    control = explored.place.locator("input, select, textarea").first
    control.focus()
    press_until_changed(explored, control)
    explored.later(800)
    assert before and status.inner_text() != before
    assert explored.place.locator("svg[role=img]").first.get_attribute("aria-label")


def test_print_shows_the_picture_without_controls(explored: Explored) -> None:
    explored.tab.emulate_media(media="print")
    assert explored.place.locator("svg").first.is_visible()
    assert not explored.place.locator(".explorer-controls").first.is_visible()
    explored.tab.emulate_media(media="screen")


def settled_query(explored: Explored) -> str:
    """Return what the address carries once it no longer changes, 300 ms after the last change."""
    query = ""
    for _ in range(20):
        before, query = query, explored.tab.evaluate("() => location.search")
        if query == before:
            break
        explored.later(500)
    return query


@pytest.mark.parametrize("module", MODULES)
def test_the_link_carries_the_state_and_reset_forgets_it(
    browser: Browser, site: Path, base: str, module: str
) -> None:
    with explore(browser, site, base, module) as explored:
        fresh = explored.numbers()
        change_all_controls(explored)
        changed = explored.numbers()
        explored.tab.wait_for_function("() => location.search.includes('explorer-')")
        query = settled_query(explored)
        explored.button("Reset").click()
        explored.wait()
        assert explored.numbers() == fresh
    with explore(browser, site, base, module, query) as again:
        assert again.numbers() == changed != fresh
    cut_off = "&".join(f"{part.split('=')[0]}=%7Bnothing" for part in query[1:].split("&"))
    with explore(browser, site, base, module, f"?{cut_off}&explorer-{module}.nobody=1") as wrong:
        has_text = wrong.place.locator("textarea").count() > 0  # any text will do
        assert has_text or wrong.numbers() == fresh


def change_all_controls(explored: Explored) -> None:
    for control in explored.place.locator(f"{ROW} label + :is(input, textarea)").all():
        control.focus()
        press_until_changed(explored, control)
    for select in explored.place.locator("select").all():
        select.select_option(index=1)
    explored.wait()
