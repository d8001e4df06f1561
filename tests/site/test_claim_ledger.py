"""The mark behind a claim and the ledger lead to each other, and the ledger says what was run."""

import shutil
from pathlib import Path

import pytest

from tests.site.books import ROOT, Book
from tests.site.checks import parse

TEXT = """# First

Something else.
Of {glue:text}`n` with $h_0 = 1$, see {eq}`eq-first`, few *did*. {claim}`claim-x`
And on.

$$
h = 1
$$ (eq-first)
"""
CELLS = ("from myst_nb import glue", "glue('n', 20, display=False)")
PAGE = "# Every claim\n\n```{claim-ledger}\n```\n"
CHECK = """
@supports("claim-x", "cause", "clipping", Counter("all did", {}, {}), again=None)
def test_few(rows): ...
"""
SAID = (
    "Criterion: fewer than 1 %",
    "Compared: method plain, norm, value, as long.",
    "by halving on the seeds 100 … 103: learning_rate 0.1,",
    "Reported: the seeds 0 … 19.",
    "Control: each step as long",
    "It would expose that the larger rate",
)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Return a small book with a claim, and the course's own experiments."""
    book = Book(tmp_path / "book")
    for name in ("rnnlib", "experiments"):
        shutil.copytree(ROOT / name, book.root / name, dirs_exist_ok=True)
    (book.root / "tests" / "claims").mkdir(parents=True)
    (book.root / "tests" / "claims" / "test_first.py").write_text(CHECK)
    (book.root / "chapters" / "claim-ledger.md").write_text(PAGE)
    book.list("chapters/01-first", "chapters/claim-ledger")
    book.write(TEXT, CELLS)
    return book


def test_claim_and_entry_lead_to_each_other(book: Book):
    book.build()
    chapter, ledger = (
        parse(book.site / "chapters" / f"{page}.html") for page in ("01-first", "claim-ledger")
    )
    (mark,) = chapter.select("span.claim")
    assert mark["id"] == "claim-x" and mark.get_text() == "what was run"
    (link,) = mark.select("a")
    page, _, anchor = link["href"].partition("#")
    assert page == "claim-ledger.html" and ledger.find(id=anchor)
    assert ledger.select('a[href="01-first.html#claim-x"]')

    entry = " ".join(ledger.find("dl").get_text().split())
    assert ledger.find("dt").get_text().startswith("Of 20 with")
    assert "And on" not in entry and "Something else" not in entry and "few did." in entry
    assert ledger.select('dt a[href="01-first.html#equation-eq-first"]')
    assert "must fail if: all did; the control does the same." in entry
    (protocol,) = ledger.select("section#clipping")
    assert ledger.select(f'dd a[href="#{protocol.span["id"]}"]')
    said = " ".join(protocol.get_text().split())
    assert [each for each in SAID if each not in said] == []
    assert "method value, learning_rate 10.0: solved 13 of 20 (0.433 … 0.819);" in said
    notebook = (book.site / "notebooks" / "01-first.ipynb").read_text(encoding="utf-8")
    assert "{claim}" not in notebook and "what was run" in notebook


def test_a_claim_without_a_check_stops_the_build(book: Book):
    (book.root / "tests" / "claims" / "test_first.py").write_text("")
    result = book.try_build()
    assert result.returncode != 0 and "claim-x has no check in tests/claims" in result.stdout


def test_a_protocol_without_results_stops_the_build(book: Book):
    ledger = book.root / "experiments" / "ledger.csv"
    lines = ledger.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("clipping,")]
    assert len(kept) < len(lines)
    ledger.write_text("".join(kept), encoding="utf-8")
    result = book.try_build()
    assert result.returncode
    assert "ledger.csv has no results of clipping; python -m experiments clipping" in result.stdout
