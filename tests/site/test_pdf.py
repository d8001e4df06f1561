"""The one PDF of the book: every link in it leads somewhere, and Chromium prints it."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tools import pdf
from tools.provision import find_browser


@pytest.fixture(scope="module")
def book(site: Path) -> BeautifulSoup:
    return BeautifulSoup(pdf.one_page(), "html.parser")


def test_every_link_within_the_book_leads_somewhere(book: BeautifulSoup) -> None:
    names = Counter(part["id"] for part in book.select("[id]"))
    boxes = ("--exercise-content", "--solution-content")  # sphinx-exercise names all of them so
    assert not [name for name, n in names.items() if n > 1 and not name.endswith(boxes)]
    links = [link["href"] for link in book.select("article a[href]")]
    assert not [link for link in links if link.startswith("#") and link[1:] not in names]
    assert not [link for link in links if not re.match("#|https?:|mailto:", link)]
    assert sum(link.startswith("#") for link in links) > 500


def test_chapters_stand_in_order_with_their_numbers(book: BeautifulSoup) -> None:
    titles = [title.get_text() for title in book.select("article > section > h1")]
    numbered = [title for title in titles if re.match(r"\d+\. ", title)]
    assert [int(title.split(".")[0]) for title in numbered] == list(range(1, len(numbered) + 1))
    assert len(numbered) >= 11
    contents = [entry.get_text() for entry in book.select(".book-contents a")]
    assert contents == titles


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("#there", "#02-b--there"),
        ("03-c.html#there", "#03-c--there"),
        ("03-c.html", "#03-c"),
        ("../reference/x.html", ""),  # not printed
        ("https://example.org/a#b", "https://example.org/a#b"),
    ],
)
def test_where_a_link_leads(link: str, expected: str) -> None:
    pages = {"chapters/02-b", "chapters/03-c"}
    assert pdf.address(link, "chapters/02-b", "chapters", pages) == expected


def test_chromium_prints_it_with_bookmarks(book: BeautifulSoup, tmp_path: Path) -> None:
    if find_browser() is None:
        pytest.skip("a PDF: no Chromium, Chrome or Edge that starts")
    short = BeautifulSoup(str(book), "html.parser")
    for section in short.select("article > section")[2:]:
        section.decompose()
    (tmp_path / "book.html").write_text(str(short), encoding="utf-8")
    program = "import sys, pathlib as p; from tools import pdf; "
    program += "pdf.print_to(p.Path(sys.argv[1]), p.Path(sys.argv[2]).read_text('utf-8'))"
    # In a process of its own: the tests' browser has one already, and Playwright allows one.
    files = [tmp_path / "book.pdf", tmp_path / "book.html"]
    subprocess.run([sys.executable, "-c", program, *files], check=True, cwd=pdf.ROOT)
    written = (tmp_path / "book.pdf").read_bytes()
    assert written.startswith(b"%PDF") and b"/Outlines" in written
    assert written.count(b"/Type /Page\n") + written.count(b"/Type /Page/") > 3
