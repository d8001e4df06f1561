"""What a reader's hand meets: all of an explorer on one screen, and fingers that drag or scroll."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.site.explorers import MODULES, Explored, explore

HEADER = 48  # of the page's height, which stays
SCREENS = {"laptop": (1366, 680), "phone": (375, 812)}
SPAN = """
place => {
  const parts = [...place.querySelectorAll("svg, .explorer-box > .explorer-controls")];
  const edges = parts.map(part => part.getBoundingClientRect());
  return Math.max(...edges.map(e => e.bottom)) - Math.min(...edges.map(e => e.top));
}
"""
# What lies uppermost at a control's middle has to be the control, or in it.
COVERED = """
place => {
  const found = [];
  for (const part of place.querySelectorAll("input, select, textarea, button, summary, .hand")) {
    if (!part.checkVisibility() || part.style.display === "none") continue;
    part.scrollIntoView({block: "center", behavior: "instant"});
    scrollBy({top: -40, behavior: "instant"}); // a little up, which brings floating buttons out
    const {left, top, width, height} = part.getBoundingClientRect();
    const seen = document.elementFromPoint(left + width / 2, top + height / 2);
    if (seen !== part && !part.contains(seen) && !seen?.closest("label"))
      found.push(`${part.outerHTML.slice(0, 80)} under ${seen?.outerHTML.slice(0, 80)}`);
  }
  return found;
}
"""


@pytest.fixture(scope="module", params=MODULES)
def by_finger(request: Any, browser: Browser, site: Path, base: str) -> Iterator[Explored]:
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 375, "height": 812}}
    with explore(browser, site, base, request.param, **phone) as explored:
        yield explored


def drag(explored: Explored, path: list[tuple[float, float]]) -> Iterator[int]:
    """Move a finger along a path; yield after each move, once the picture has followed."""
    touch = explored.tab.context.new_cdp_session(explored.tab)

    def send(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    send("touchStart", path[0])
    for number, point in enumerate(path[1:]):
        send("touchMove", point)
        explored.wait()
        yield number
    send("touchEnd")
    explored.wait()
    touch.detach()


def settings(explored: Explored) -> list[str]:
    fields = explored.place.locator(".explorer-row :is(input[type=text], textarea, select)")
    found: list[str] = fields.evaluate_all("all => all.map(field => field.value)")
    return found


def put_in_view(explored: Explored, part: Any) -> dict[str, float]:
    part.evaluate("p => p.scrollIntoView({block: 'center', behavior: 'instant'})")
    explored.wait()
    box: dict[str, float] = part.bounding_box()
    return box


def test_every_picture_follows_a_finger_to_the_end(by_finger: Explored) -> None:
    """A finger lost after two moves, as when what lay under it is drawn anew, would fail here."""
    hands = by_finger.place.locator(".hand:visible").all()
    assert hands
    for hand in hands:
        by_finger.button("Reset").click()
        by_finger.wait()
        box = put_in_view(by_finger, hand)
        sideways = "pan" in hand.evaluate("h => h.style.touchAction")
        if hand.get_attribute("data-hand") == "guesses":  # tapped, not dragged
            continue
        scrolled = by_finger.tab.evaluate("() => scrollY")
        x, y = box["x"] + 0.8 * box["width"], box["y"] + 0.3 * box["height"]
        dx, dy = -0.6 * box["width"] / 12, 0 if sideways else 0.5 * box["height"] / 12
        seen = []
        for _ in drag(by_finger, [(x + i * dx, y + i * dy) for i in range(13)]):
            seen.append(settings(by_finger))
        name = hand.get_attribute("data-hand")
        assert len({str(each) for each in seen}) > 3, name
        assert seen[-1] != seen[6], name
        assert by_finger.tab.evaluate("() => scrollY") == scrolled, name


def test_a_guess_is_tapped_into_the_sentence(browser: Browser, site: Path, base: str) -> None:
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 375, "height": 812}}
    with explore(browser, site, base, "words", **phone) as explored:
        hand = explored.place.locator("[data-hand=guesses]")
        box, before = put_in_view(explored, hand), settings(explored)[0]
        explored.tab.touchscreen.tap(box["x"] + 50, box["y"] + 10)
        explored.wait()
        after = settings(explored)[0]
        assert after.startswith(f"{before} ") and len(after.split()) == len(before.split()) + 1


def test_a_finger_that_scrolls_changes_no_slider(by_finger: Explored) -> None:
    for slider in by_finger.place.locator("[data-control] input[type=range]:visible").all():
        box, before = put_in_view(by_finger, slider), settings(by_finger)
        scrolled = by_finger.tab.evaluate("() => scrollY")
        x, y = box["x"] + 0.4 * box["width"], box["y"] + box["height"] / 2
        for _ in drag(by_finger, [(x, y - 15 * i) for i in range(12)]):
            pass
        by_finger.tab.wait_for_function("from => Math.abs(scrollY - from) > 50", arg=scrolled)
        assert settings(by_finger) == before


def test_nothing_floats_over_a_control(by_finger: Explored) -> None:
    assert not by_finger.place.evaluate(COVERED)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("module", MODULES)
def test_picture_and_controls_are_on_one_screen(
    browser: Browser, site: Path, base: str, module: str, screen: str
) -> None:
    width, height = SCREENS[screen]
    phone = {"has_touch": True, "is_mobile": True} if screen == "phone" else {}
    with explore(
        browser, site, base, module, viewport={"width": width, "height": height}, **phone
    ) as explored:
        explored.place.locator("details").evaluate("more => { more.open = false; }")
        for preset in [None, *explored.place.locator(".preset:visible").all()]:
            if preset:
                preset.click()
                explored.wait()
            assert explored.place.evaluate(SPAN) <= height - HEADER, preset and preset.inner_text()


def float_of(text: str) -> float:
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
    return float(text.translate(raised).replace(" × 10", "e"))


def test_numbers_have_three_digits_and_all_on_demand(by_finger: Explored) -> None:
    by_finger.button("Reset").click()
    by_finger.wait()
    numbers = by_finger.place.locator("dd")
    shown, exact = numbers.all_inner_texts(), list(by_finger.numbers().values())
    by_finger.button("All digits").click()
    by_finger.wait()
    full = numbers.all_inner_texts()
    by_finger.button("All digits").click()
    assert full == numbers.evaluate_all("all => all.map(dd => dd.title)")
    for short, long, value in zip(shown, full, exact, strict=True):
        digits = short.partition(" × ")[0].replace(".", "").lstrip("−0")
        assert len(digits) <= 3 or digits == short.lstrip("−"), short
        assert float_of(short) == pytest.approx(value, rel=0.005), short
        assert float_of(long) == pytest.approx(value, rel=1e-6), long


# The steps that the slider shows until it has reached 0.
PLAYED = """
place => new Promise(done => {
  const slider = place.querySelector("[data-control=earlier] input[type=range]"), seen = new Set();
  [...place.querySelectorAll("button")].find(b => b.textContent === "Play it back").click();
  const look = () => {
    seen.add(slider.valueAsNumber);
    if (slider.valueAsNumber === 0) done([...seen]); else requestAnimationFrame(look);
  };
  requestAnimationFrame(() => requestAnimationFrame(look));
})
"""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_an_error_is_played_back_step_by_step_or_at_once(
    motion: str, browser: Browser, site: Path, base: str
) -> None:
    mark = "&quot;backward&quot;: true"
    with explore(browser, site, base, "network", mark=mark, reduced_motion=motion) as explored:
        seen = explored.place.evaluate(PLAYED)
        assert seen == ([0] if motion == "reduce" else [7, 6, 5, 4, 3, 2, 1, 0])
