"""A figure of a chapter is shown on another page, and follows the chapter."""

from pathlib import Path

from PIL import Image

from tests.site.books import Book
from tests.site.checks import parse

FIGURE = """# First

```{figure} %s.png
:name: fig-seen
:alt: A square

What is seen.
```
"""
BORROWING = "# Landing\n\n```{picture} fig-seen\nSome words.\n```\n"


def test_the_landing_page_shows_three_figures_and_leads_to_them(site: Path) -> None:
    rows = parse(site / "chapters" / "index.html").select(".picture")
    assert len(rows) == 3
    for row in rows:
        (link,) = row.select("a:has(img)")
        page, _, label = str(link["href"]).partition("#")
        assert parse(site / "chapters" / page).select(f"figure#{label}")
        image = row.select_one("img")
        assert image is not None and len(str(image["alt"])) > 20
        assert (site / "chapters" / str(image["src"])).exists()


def test_a_borrowed_picture_follows_its_chapter_and_a_wrong_name_is_said(book: Book) -> None:
    for colour in ("red", "blue"):
        Image.new("RGB", (8, 8), colour).save(book.root / "chapters" / f"{colour}.png")
    (book.root / "chapters" / "index.md").write_text(BORROWING)
    for colour in ("red", "blue"):
        book.write(FIGURE % colour)
        book.build()
        (image,) = parse(book.site / "chapters" / "index.html").select(".picture img")
        assert colour in str(image["src"])
    (book.root / "chapters" / "index.md").write_text(BORROWING.replace("fig-seen", "fig-lost"))
    assert "there is no figure fig-lost" in book.try_build().stdout
