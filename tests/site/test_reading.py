"""How long a chapter takes, and what the second edition refuses: a small book with one of each."""

import re
from pathlib import Path

import pytest
import yaml

from tests.site.books import Book
from tests.site.checks import parse
from tools.measure import Amount

ROOT = Path(__file__).resolve().parents[2]
SECOND_EDITION = {
    "chapters/01-sequences-and-memory",
    "chapters/02-the-forward-equations",
    "chapters/03-predicting-the-next-word",
    "chapters/04-backpropagation-through-time",
    "chapters/05-checking-gradients-and-training",
    "chapters/06-the-gradient-product",
    "chapters/07-products-of-matrices",
    "chapters/08-spectra-and-transients",
    "chapters/09-vanishing",
    "chapters/10-exploding",
    "chapters/11-how-far-back",
}
"""The chapters that have come so far: the list in `_config.yml` may only grow."""

TEXT = r"""# First

Ten words of prose stand here, and $h_t = 1$ is one.

$$
h = 1
$$ (eq-first)

```{predict}
:answer: 3
:within: 0

Two words.

---

It is {eq}`eq-first`.
```

## Summary

One.

(label-of-more)=
## More ★

Two three $x$.

$$
h = 2
$$ (eq-starred)

## Exercises

```{exercise} By hand · 5 min, core
:label: ex-one

By {eq}`eq-first`.
```

````{solution} ex-one
:class: dropdown

A solution of any length is not counted at all, and by {eq}`eq-starred`.
````

```{exercise} Longer · 15 min
:label: ex-two

By {eq}`eq-starred`.
```
"""
CELLS = ("from rnnlib import answer\n\nprint(answer)", "1 + 1")


def in_second_edition(book: Book) -> None:
    config = book.root / "_config.yml"
    text = config.read_text()
    found = re.search(r"second_edition: \[.*\]", text)
    assert found
    config.write_text(text.replace(found[0], "second_edition: [chapters/01-first]"))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Book:
    book = Book(tmp_path_factory.mktemp("measured") / "book")
    in_second_edition(book)
    landing = "# Landing\n\nA page of text: {reading-time}`1`.\n"
    (book.root / "chapters" / "index.md").write_text(landing)
    book.write(TEXT, CELLS)
    book.build()
    return book


def line_under_title(book: Book) -> str:
    return parse(book.site / "chapters" / "01-first.html").select_one(".reading-time").get_text()


def test_the_page_says_how_long_it_takes(measured: Book) -> None:
    """A formula and a prediction make 3 of the core's minutes; words and lines a little."""
    said = "Core 3 minutes · going further 1 · exercises 20 (core 5)"
    assert line_under_title(measured).strip().replace("\u00a0", " ") == said


def test_other_pages_add_it_up_anew_when_it_changes(measured: Book) -> None:
    landing = "chapters/index"
    assert "A page of text: 3 min." in measured.page(landing)
    more = "\n\n".join(f"$$ a = {n} $$" for n in range(30))
    measured.write(TEXT.replace("## Summary", f"{more}\n\n## Summary"), CELLS)
    measured.build()
    assert "A page of text: 33 min." in measured.page(landing)
    measured.write(TEXT, CELLS)
    measured.build()
    assert "A page of text: 3 min." in measured.page(landing)


def test_what_the_second_edition_refuses(measured: Book) -> None:
    """Each planted fault is named in one build, and none where there is no fault."""
    figure = "import matplotlib.pyplot as plt\n\nplt.plot([1, 2])\nplt.show()"
    planted = {
        "In the core": "See {eq}`eq-starred`.",
        "By {eq}`eq-first`.": "By {ref}`ex-two` and {eq}`eq-starred`.",
        "Longer · 15 min": "Longer",
        "Two three": "word " * 3600 + "\n\n" + "$$ a $$\n\n" * 3,
        "One.": "By {ref}`label-of-more`.\n\n" + "$$ a $$\n\n" * 50,
    }
    text = TEXT.replace("Ten words", "In the core. Ten words")
    for old, new in planted.items():
        assert old in text
        text = text.replace(old, new)
    measured.write(text, (*CELLS, "\n".join(f"n = {n}" for n in range(101)), figure))
    said = measured.try_build().stdout
    for complaint in (
        r"the core takes 5\d minutes \(\d+ words, 51 formulas, .* at most 45",
        r"the chapter has 36\d\d words: at most 3500",
        r"the page shows 10\d lines of code: at most 100",
        r"the exercise 'Longer' does not say its minutes",
        r"the figure '\S+' has no caption",
        r"the core refers to eq-starred, which stands in a starred section",
    ):
        assert re.search(complaint, said), f"{complaint}\n{said}"
    assert said.count("refers to eq-starred, which stands in a starred section") == 2
    assert "the core refers to label-of-more, which stands in a starred section" in said
    assert "ex-two, which" not in said


@pytest.mark.parametrize(
    ("title", "complaint"),
    [
        ("Summary", "the core's section 'Summary' follows a starred one"),
        ("Exercises ★", "the starred section 'Exercises ★' follows the exercises"),
        ("Deeper ★", "a star is for whole sections: 'Deeper ★'"),
    ],
)
def test_the_core_comes_first(measured: Book, title: str, complaint: str) -> None:
    before, after = TEXT.split("## Summary\n\nOne.\n")
    moved = f"{before}{after.replace('## Exercises', '## Summary', 1)}"
    last = f"{TEXT}\n## Exercises ★\n\nText.\n"
    deeper = TEXT.replace("One.", "One.\n\n### Deeper ★\n\nText.")
    texts = {"Summary": moved, "Exercises ★": last, "Deeper ★": deeper}
    measured.write(texts[title], CELLS)
    assert complaint in measured.try_build().stdout


def test_the_formula() -> None:
    amount = Amount(words=2000, formulas=3, figures=2, predictions=4, lines=60)
    assert amount.minutes == pytest.approx(10 + 3 + 3 + 8 + 3)


def test_the_second_edition_only_grows() -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    listed = set(config["sphinx"]["config"]["second_edition"])
    assert listed >= SECOND_EDITION
    assert all((ROOT / f"{page}.ipynb").is_file() for page in listed)
