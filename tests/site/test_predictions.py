"""A prediction in the browser, without a script, and in the notebook: it asks, then it tells."""

import re
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Browser, Page

from tests.site.books import Book
from tests.site.checks import parse, visit
from tools.predictions import number_of
from tools.serving import serve

TEXT = r"""# First

```{predict} How much is left of $h_0$?
:answer: {glue:text}`left:.3g`
:factor: 10

Of 1024, after ten steps.

---

Only {glue:text}`left:.3g`, by {eq}`eq-first`.
```

```{predict}
Which of them?

- [ ] nearly all, $u$
- [x] few
- [ ] none
- [ ] $u^2$

---

Few.
```

```{predict}
:answer: 0.5
:within: 0.1

A half?

---

Yes.
```

```{predict}
:answer: 12 %
:within: 5

How many?

---

Few.
```

$$
h = 1
$$ (eq-first)
"""
CELLS = ("from myst_nb import glue\n\nglue('left', 2.1387e-7, display=False)",)


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Book:
    book = Book(tmp_path_factory.mktemp("asking") / "book")
    book.write(TEXT, CELLS)
    book.build()
    return book


@pytest.fixture(scope="module")
def address(asking: Book) -> Iterator[str]:
    with serve(asking.site) as base:
        yield base


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(f"{address}/chapters/01-first.html")
    yield tab
    context.close()


def test_it_asks_before_it_tells(page: Page) -> None:
    box = page.locator(".predict").first
    answer = box.locator("details.answer")
    assert not answer.is_visible()
    box.get_by_label("Your answer").fill("100")
    box.get_by_role("button", name="Commit").click()
    verdict = box.get_by_role("status")
    assert verdict.inner_text() == "You said 100: it is 2.14e-07, 9 powers of ten away."
    assert answer.locator("p").is_visible()
    assert "Only 2.14e-07, by (1)." in answer.inner_text()


def test_what_is_no_number_is_not_taken(page: Page) -> None:
    box = page.locator(".predict").first
    field = box.get_by_label("Your answer")
    for wrong in ("much", "1e", "--3", "10^"):
        field.fill(wrong)
        box.get_by_role("button", name="Commit").click()
        assert not box.locator("details.answer").is_visible()
        assert "A number" in field.evaluate("field => field.validationMessage")
    field.fill("2")
    assert field.evaluate("field => field.validationMessage") == ""


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("2e-7", True),
        ("1e-6", True),
        ("2*10^-7", True),
        ("2 · 10⁻⁷", True),
        ("10^−7", True),
        ("1/10^7", True),
        ("0.0000001", True),
        ("3e-6", False),
        ("-2e-7", False),
        ("0", False),
    ],
)
def test_a_number_may_be_written_in_any_way(page: Page, typed: str, near: bool) -> None:
    box = page.locator(".predict").first
    box.get_by_label("Your answer").fill(typed)
    box.get_by_role("button", name="Commit").click()
    assert ("near enough" in box.get_by_role("status").inner_text()) is near


@pytest.mark.parametrize(
    ("number", "typed", "near"),
    [
        (2, "0.6", True),
        (2, "0,45", True),
        (2, "55 %", True),
        (2, "1/2", True),
        (2, "5", False),
        (3, "12", True),
        (3, "13 %", True),
        (3, "0.12", False),
    ],
)
def test_within(page: Page, number: int, typed: str, near: bool) -> None:
    box = page.locator(".predict").nth(number)
    box.get_by_label("Your answer").fill(typed)
    box.get_by_label("Your answer").press("Enter")
    assert ("near enough" in box.get_by_role("status").inner_text()) is near


def test_a_choice_by_keyboard_is_kept_in_the_browser_until_asked_again(page: Page) -> None:
    box = page.locator(".predict").nth(1)
    assert box.locator("input[type=radio]").count() == 4
    box.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert box.get_by_role("status").inner_text() == "You said “few”: so it is."
    assert box.get_by_role("button", name="Ask me again").evaluate(
        "b => b === document.activeElement"
    )
    page.reload()
    assert box.get_by_role("status").inner_text() == "You said “few”: so it is."
    assert page.locator(".predict").first.get_by_role("status").inner_text() == ""
    box.get_by_role("button", name="Ask me again").click()
    assert not box.locator("details.answer").is_visible()
    page.reload()
    assert box.get_by_role("status").inner_text() == ""
    box.get_by_role("radio").first.check()
    box.get_by_role("button", name="Commit").click()
    told = box.get_by_role("status")
    assert told.locator("math mi").text_content() == "u"  # a formula stays one
    assert told.text_content().startswith("You said “nearly all, u")
    assert told.text_content().endswith("”: it is “few”.")


def test_without_a_script_the_answer_opens(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{address}/chapters/01-first.html")
    answer = tab.locator("details.answer").first
    assert not answer.locator("p").is_visible()
    answer.locator("summary").click()
    assert answer.locator("p").is_visible()
    assert tab.locator("form.prediction").count() == 0
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, address: str, scheme: str) -> None:
    seen = visit(browser, address, "chapters/01-first.html", scheme=scheme, width=375)
    assert seen.violations == [] and seen.errors == []


def test_the_page_does_not_give_the_choice_away(asking: Book) -> None:
    page = parse(asking.site / "chapters" / "01-first.html")
    choices = page.select_one("ul.choices")
    assert not choices.select("input, [checked]")
    first = [item.get_text().split()[0] for item in choices.select("li")]
    assert first[:3] == ["nearly", "few", "none"]


def test_the_notebook_asks_and_folds_the_answer(asking: Book) -> None:
    path = asking.site / "notebooks" / "01-first.ipynb"
    text = nbformat.read(path, as_version=4).cells[2].source
    assert "> **How much is left of $h_0$?**\n>\n> Of 1024, after ten steps.\n" in text
    answer = "<summary><b>Answer</b></summary>\n\nOnly 2.14e-07, by (1).\n\n</details>"
    assert answer in text
    assert "> - nearly all, $u$\n> - few\n> - none\n> - $u^2$\n" in text


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,024", 1024), ("−3", -3), ("2e-7", 2e-7), (" 2.1 · 10⁻⁷", 2.1e-7), ("3 · 10¹²", 3e12)],
)
def test_what_is_right_may_be_written_as_prose_writes_it(text: str, value: float) -> None:
    assert number_of(text) == pytest.approx(value)


def test_wrong_predictions_stop_the_build(asking: Book) -> None:
    """Each with one fault; all are named in one build."""
    planted = [
        (0, "\n---\n", "\n", "its answer stands below a line ---"),
        (0, ":factor: 10\n", "", "a number needs either a factor or a within"),
        (0, ":factor: 10\n", ":factor: 10\n:within: 1\n", "a number needs either a factor"),
        (0, ":factor: 10\n", ":factor: 1\n", "a factor is above 1"),
        (0, "{glue:text}`left:.3g`\n:factor", "0\n:factor", "and the answer not 0"),
        (2, ":answer: 0.5", ":answer: a half", "could not convert string to float: 'a half'"),
        (2, ":answer: 0.5\n", "", "it has neither an answer nor choices"),
        (1, "- [x] few", "- [ ] few", "0 of its choices are marked [x]"),
        (1, "- [ ] none", "- [x] none", "2 of its choices are marked [x]"),
    ]
    boxes = re.findall(r"```\{predict\}.*?```", TEXT, re.DOTALL)
    assert all(old in boxes[number] for number, old, _, _ in planted)
    wrong = [boxes[number].replace(old, new, 1) for number, old, new, _ in planted]
    asking.write("\n\n".join([TEXT, *wrong]), CELLS)
    result = asking.try_build()
    assert result.returncode != 0
    assert result.stdout.count("WARNING: a prediction:") == len(planted)
    for *_, complaint in planted:
        assert complaint in result.stdout
