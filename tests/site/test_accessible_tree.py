"""What a screen reader is told of an explorer and of a prediction: the tree, not the markup."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator

from tests.site.checks import LAID_OUT
from tests.site.explorers import MODULES, Explored, explore


def tree_of(part: Locator) -> list[str]:
    """Return the accessible tree, a line for each node: its role, its name, its state."""
    return [line.lstrip("- '").rstrip(":") for line in part.aria_snapshot().splitlines()]


@pytest.fixture(scope="module", params=MODULES)
def explored(request: Any, browser: Browser, site: Path, base: str) -> Iterator[Explored]:
    with explore(browser, site, base, request.param) as opened:
        yield opened


def nameless(tree: list[str]) -> list[str]:
    roles = ("slider", "textbox", "combobox", "button", "img", "group")
    return [line for line in tree if re.match(rf"({'|'.join(roles)})\b(?! \")", line)]


def test_an_explorer_is_a_named_group_of_named_parts(explored: Explored) -> None:
    explored.later(800)
    tree = tree_of(explored.place)
    title = explored.place.locator(".explorer-title").inner_text()
    assert tree[0].startswith(f'group "{title}"')
    folded = explored.place.locator("details:visible").count()  # named by their first line
    assert nameless(tree) == ["group"] * folded, tree
    pictures = [line for line in tree if line.startswith("img")]
    assert len(pictures) == 1 and len(pictures[0].split()) > 8  # a sentence, not a label
    assert any(line.startswith("status") for line in tree)
    controls = [line for line in tree if line.startswith(("slider", "combobox", "textbox"))]
    assert len(controls) >= explored.place.locator("[data-control]:not([hidden])").count()
    assert any(line.startswith('button "All digits"') for line in tree)


def test_a_nameless_part_would_be_found(explored: Explored) -> None:
    before = nameless(tree_of(explored.place))
    field = explored.place.locator("[data-control]:not([hidden]) label").first
    field.evaluate("label => label.removeAttribute('for')")
    assert len(nameless(tree_of(explored.place))) > len(before)
    field.evaluate("label => { label.htmlFor = label.parentElement.querySelector('[id]').id; }")
    assert nameless(tree_of(explored.place)) == before


def test_numbers_are_read_with_their_names(explored: Explored) -> None:
    tree = tree_of(explored.place.locator("dl").first)
    terms = [line for line in tree if line.startswith("term")]
    assert terms and len(terms) == sum(line.startswith("definition") for line in tree)


def test_no_power_of_ten_is_spoken_as_a_row_of_signs(explored: Explored) -> None:
    explored.later(800)
    said = explored.place.get_by_role("status").inner_text()
    assert said.endswith(".") and not re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]", said)


def test_a_prediction_is_a_question_with_a_named_answer(browser: Browser, base: str) -> None:
    tab = browser.new_page()
    for page in ("04-backpropagation-through-time", "06-the-gradient-product"):
        tab.goto(f"{base}/chapters/{page}.html")
        tab.wait_for_function(LAID_OUT)
        box = tab.locator(".admonition.predict").first
        tree = tree_of(box)
        asked = [line for line in tree if line.startswith(("radio", "textbox"))]
        assert asked and not nameless(tree), tree
        assert any(line.startswith('button "Commit"') for line in tree)
        before = len(tree)
        if asked[0].startswith("radio"):
            box.get_by_role("radio").first.check()
        else:
            box.get_by_role("textbox").fill("3")
        box.get_by_role("button", name="Commit").click()
        after = tree_of(box)
        assert any(line.startswith("status: You said") for line in after) or "You said" in str(
            after
        )
        assert len(after) > before  # the answer has opened
        assert 'button "Ask me again"' in " ".join(after)
    tab.close()
