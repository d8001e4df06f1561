"""What `make book` does with a wrong chapter, a changed library, and a public address."""

import shutil
from pathlib import Path

from tests.site.books import CELLS, TEXT, Book
from tests.site.checks import parse


def test_a_failing_cell_stops_the_build_and_is_named(book: Book) -> None:
    before = book.digest()
    book.write(cells=(*CELLS, "def check():\n    raise ValueError('planted ∂')\n\n\ncheck()"))
    for _ in range(2):  # the second build must not take the page that the first one parsed
        result = book.try_build()
        assert result.returncode != 0
        assert "Executing chapters/01-first.ipynb" in result.stdout
        assert "FAILED: chapters/01-first.ipynb, code cell 2 of 2" in result.stdout
        assert "ValueError: planted ∂" in result.stdout
        assert "previous site is still" in result.stdout
        assert book.digest() == before
    book.write()
    assert "Executing" not in book.build()  # what was executed before is there still


def test_a_wrong_text_stops_the_build(book: Book) -> None:
    before = book.digest()
    wrong = {
        r"$$\frac{h$$": "Unexpected end of input",
        "$$h = é$$": "Accented Unicode text character",
        "{eq}`eq-absent`": "eq-absent",
        "{cite:p}`not-there`": "could not find bibtex key",
    }
    book.write(text=TEXT + "\n\n".join(wrong))
    for _ in range(2):
        result = book.try_build()
        assert result.returncode != 0
        for message in wrong.values():
            assert message in result.stdout
        assert "01-first" in result.stdout
        assert book.digest() == before


def test_what_the_contents_lack_or_have_too_much_is_named(book: Book) -> None:
    before = book.digest()
    draft = book.root / "chapters" / "02-draft.ipynb"
    shutil.copy(book.root / "chapters" / "01-first.ipynb", draft)
    book.list("chapters/01-first", "chapters/02-gone")
    result = book.try_build()
    assert result.returncode != 0
    assert "chapters/02-draft.ipynb is not in _toc.yml" in result.stdout
    assert "_toc.yml lists chapters/02-gone, but there is no such file" in result.stdout
    (book.root / "_toc.yml").write_text("no contents")
    assert "_toc.yml: " in book.try_build().stdout
    assert book.digest() == before
    draft.rename(draft.with_name("_draft.ipynb"))
    book.list("chapters/01-first")
    book.build()


def test_what_is_executed_stays_good(book: Book) -> None:
    book.write(text=TEXT.replace("{eq}`eq-first`", "{eq}`eq-absent`"))
    assert book.try_build().returncode != 0
    book.write(text=TEXT.replace("A first", "Another"))
    assert "Executing" not in book.build()
    assert "Another sentence" in book.page()
    assert "42" in book.page()


def test_a_warning_in_a_cell_stops_the_build_until_its_reason_is_gone(
    book: Book, tmp_path: Path
) -> None:
    reason = tmp_path / "reason"
    reason.touch()
    look = f"import pathlib, warnings\n\nif pathlib.Path({str(reason)!r}).exists():\n"
    book.write(cells=(*CELLS, look + "    warnings.warn('planted', stacklevel=1)"))
    for _ in range(2):
        result = book.try_build()
        assert result.returncode != 0
        message = "FAILED: chapters/01-first.ipynb, code cell 2 of 2 wrote to stderr"
        assert message in result.stdout
        assert "UserWarning: planted" in result.stdout
    reason.unlink()
    lines = book.build().splitlines()
    assert "Executing chapters/01-first.ipynb" in lines
    assert len(lines) <= 6  # a good build prints little


def test_a_changed_library_is_run_anew(book: Book) -> None:
    book.set_library("answer = 54")
    book.build()
    assert "54" in book.page()
    assert "42" not in book.page()


def test_nothing_is_done_when_nothing_has_changed(book: Book) -> None:
    book.build()  # a copy has another address
    stamps = {path: path.stat().st_mtime_ns for path in book.site.rglob("*")}
    assert book.build().startswith("Nothing has changed")
    assert {path: path.stat().st_mtime_ns for path in book.site.rglob("*")} == stamps


def test_a_page_is_made_anew_beside_others_that_stay(book: Book) -> None:
    book.list("chapters/01-first", "chapters/02-second", "chapters/03-third")
    for name in ("02-second", "03-third"):
        book.write(f"# {name}\n\nIt stays.\n", name=name)
    book.build()
    book.write("# First\n\nOnly this is new.\n", cells=())
    book.build()
    assert "Only this is new" in book.page()
    assert "It stays" in book.page("chapters/02-second")


def test_a_site_that_was_changed_or_half_published_is_made_whole(book: Book) -> None:
    before = {Path(path).relative_to(book.site) for path in book.digest()}
    (book.site / "chapters" / "01-first.html").unlink()
    book.build()
    assert {Path(path).relative_to(book.site) for path in book.digest()} == before
    (book.site / "chapters" / "01-first.html").write_text("changed")
    book.build()
    assert "42" in book.page()
    book.site.rename(book.site.with_name("html.old"))
    assert book.build().startswith("Nothing has changed")
    assert "42" in book.page()


def test_without_an_address_no_button_leads_away(built: Book) -> None:
    page = built.page()
    assert "mybinder.org" not in page
    assert "colab" not in page
    assert "github.com" not in page
    assert "og:url" not in page


def test_with_an_address_the_buttons_lead_there(book: Book) -> None:
    repository, site = "https://github.com/someone/a-course", "https://someone.github.io/a-course"
    book.build(COURSE_REPOSITORY=repository, COURSE_SITE=site)
    page = parse(book.site / "chapters" / "01-first.html")
    links = {link["href"] for link in page.find_all("a", href=True)}
    course = "someone/a-course"  # whose branch `notebooks` has the readers' form, see publish.yml
    binder = f"https://mybinder.org/v2/gh/{course}/notebooks?urlpath=lab/tree/01-first.ipynb"
    colab = f"https://colab.research.google.com/github/{course}/blob/notebooks/01-first.ipynb"
    assert {binder, colab} <= links
    assert repository in links
    assert page.find("link", rel="canonical")["href"] == f"{site}/chapters/01-first.html"
    preview = page.find("meta", property="og:image")["content"]
    assert preview == f"{site}/_static/social-preview.png"
    assert (book.site / "_static" / "social-preview.png").is_file()
    landing = (book.site / "chapters" / "index.html").read_text(encoding="utf-8")
    assert "mybinder.org" not in landing  # a page of text, nothing to run
    notebook = (book.site / "notebooks" / "01-first.ipynb").read_text(encoding="utf-8")
    assert f"(1)]({site}/chapters/01-first.html#equation-eq-first)" in notebook
    assert f"rnnlib[notebooks] @ {site}/notebooks/rnnlib-" in notebook
    book.build()  # and without an address, again, none is left in it
    assert site not in (book.site / "notebooks" / "01-first.ipynb").read_text(encoding="utf-8")


def test_only_a_notebook_is_offered_as_one(built: Book) -> None:
    page = parse(built.site / "chapters" / "01-first.html")
    assert page.find("a", class_="btn-download-source-button")
    assert "window.print()" in page.find(class_="btn-download-pdf-button")["onclick"]
    landing = parse(built.site / "chapters" / "index.html")
    assert landing.find("a", class_="btn-download-source-button") is None
