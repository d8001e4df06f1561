"""Machinery is one quiet line on the page; a figure has a number, a caption, and fits a phone."""

import nbformat
import pytest
from playwright.sync_api import Browser

from tests.site.books import Book
from tests.site.checks import parse
from tools.serving import serve

TEXT = "# First\n\nSee {numref}`fig-line`, whose value is {glue:text}`top`.\n"
IMPORTS = "# Imports\nimport matplotlib.pyplot as plt\nfrom myst_nb import glue"
CHECK = "assert 1 + 1 == 2\nprint('79 numbers agree')"
FIGURE = """\
fig, ax = plt.subplots(figsize=(4.8, 3))
ax.plot([0, 1])
glue('top', 1, display=False)
plt.show()"""
METADATA = {
    0: {"tags": ["hide-cell"]},
    1: {"tags": ["hide-cell"]},
    2: {
        "tags": ["hide-input"],
        "mystnb": {
            "image": {"alt": "A line that rises from 0 to 1."},
            "figure": {"name": "fig-line", "caption": "A line, $h_t$, up to {glue:text}`top`."},
        },
    },
}


def write(book: Book, cells: tuple[str, ...], metadata: dict[int, dict]) -> None:
    book.write(TEXT, cells)
    path = book.root / "chapters" / "01-first.ipynb"
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, own in metadata.items():
        code[number].metadata.update(own)
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def folded(tmp_path_factory: pytest.TempPathFactory) -> Book:
    book = Book(tmp_path_factory.mktemp("folded") / "book")
    toc = (book.root / "_toc.yml").read_text()
    (book.root / "_toc.yml").write_text(
        toc.replace("chapters:", "options:\n  numbered: true\nchapters:")
    )
    write(book, (IMPORTS, CHECK, FIGURE), METADATA)
    book.build()
    return book


def test_a_folded_cell_is_one_line(folded: Book) -> None:
    page = parse(folded.site / "chapters" / "01-first.html")
    folds = page.select(".tag_hide-cell > details")
    lines = [fold.select_one("summary .collapsed").get_text() for fold in folds]
    assert lines == ["Imports", "79 numbers agree · show the check"]
    assert all(fold.select_one("pre") for fold in folds)
    assert not page.select(".tag_hide-cell > .cell_input, .tag_hide-cell > .cell_output")


def test_a_figure_has_its_number_and_caption(folded: Book) -> None:
    page = parse(folded.site / "chapters" / "01-first.html")
    figure = page.select_one("figure#fig-line")
    assert figure.img["alt"] == METADATA[2]["mystnb"]["image"]["alt"]
    caption = " ".join(figure.figcaption.get_text().split())
    assert caption.startswith("Figure 1.1 A line, ") and "up to 1." in caption
    link = page.select_one('section > p a[href="#fig-line"]')
    assert link.get_text() == "Figure\u00a01.1"


def test_the_notebook_has_all_of_it(folded: Book) -> None:
    notebook = nbformat.read(folded.site / "notebooks" / "01-first.ipynb", as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    assert cells["cell-1"].source.startswith("# Imports\n")
    assert "jupyter" not in cells["cell-1"].metadata and "jupyter" not in cells["cell-2"].metadata
    assert cells["caption-cell-3"].source == "*Figure 1.1.* A line, $h_t$, up to 1."
    assert "See Figure 1.1, whose value is 1." in cells["cell-0"].source


def test_a_figure_fits_a_phone(folded: Book, browser: Browser) -> None:
    with serve(folded.site) as base:
        assert too_small(browser, f"{base}/chapters/01-first.html") == []
        write(folded, (IMPORTS, CHECK, FIGURE.replace("4.8", "7")), METADATA)
        folded.build()
        assert len(too_small(browser, f"{base}/chapters/01-first.html")) == 1


def too_small(browser: Browser, address: str) -> list[str]:
    """Return the numbered figures that scroll at 375 px, or shrink to less than 70 %."""
    tab = browser.new_page(viewport={"width": 375, "height": 700})
    tab.goto(address)
    found: list[str] = tab.evaluate("""() => [...document.querySelectorAll("figure img")]
      .filter(image => image.clientWidth / image.getAttribute("width") < 0.7
        || image.closest(".cell_output").scrollWidth > image.closest(".cell_output").clientWidth)
      .map(image => image.alt)""")
    tab.close()
    return found


@pytest.mark.parametrize("cell", ["x = 1  # Imports\nprint()", "# Imports\nprint(1)\nprint(2)"])
def test_a_fold_that_does_not_say_what_it_is_stops_the_build(folded: Book, cell: str) -> None:
    write(folded, (IMPORTS, cell, FIGURE), METADATA)
    result = folded.try_build()
    assert result.returncode != 0
    assert "a folded cell prints one line" in result.stdout
