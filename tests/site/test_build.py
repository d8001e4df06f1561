"""What `make book` does with a wrong chapter, a changed library, and a public address."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from tests.site.checks import parse

ROOT = Path(__file__).resolve().parents[2]
TOC = "format: jb-book\nroot: chapters/index\nchapters:\n  - file: chapters/01-first\n"
TEXT = "# First\n\nA first sentence.\n\n$$\nh = 1\n$$ (eq-first)\n\nSee {eq}`eq-first`.\n"
CELLS = ("import sys\n\nsys.path.insert(0, '..')", "from rnnlib import answer\n\nprint(answer)")


class Book:
    """A copy of the course with a library of one line and a chapter of two cells."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("_config.yml", "references.bib", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, root / name)
        for name in ("_static", "_templates", "tools", "rnnlib/explorers"):
            shutil.copytree(ROOT / name, root / name)
        (root / "_toc.yml").write_text(TOC)
        self.set_library("answer = 42")
        (root / "chapters").mkdir()
        (root / "chapters" / "index.md").write_text("# Landing\n\nA page of text.\n")
        self.write()

    def set_library(self, source: str) -> None:
        (self.root / "rnnlib" / "__init__.py").write_text(source + "\n")

    def write(self, text: str = TEXT, cells: tuple[str, ...] = CELLS) -> None:
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_markdown_cell(text), *map(nbformat.v4.new_code_cell, cells)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{number}"
        nbformat.write(notebook, self.root / "chapters" / "01-first.ipynb")

    def build(self, **environment: str) -> str:
        """Build; return what was printed if that succeeded."""
        result = self.try_build(**environment)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def try_build(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tools.book"],
            cwd=self.root,
            env={name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}
            | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def site(self) -> Path:
        return self.root / "_build" / "html"

    def page(self) -> str:
        return (self.site / "chapters" / "01-first.html").read_text(encoding="utf-8")

    def digest(self) -> dict[str, str]:
        files = [path for path in self.site.rglob("*") if path.is_file()]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Book:
    book = Book(tmp_path_factory.mktemp("book"))
    assert "index.html" in book.build().splitlines()[-1]
    assert "42" in book.page()
    return book


@pytest.fixture
def book(built: Book) -> Iterator[Book]:
    """Lend the book, and put its chapter, its library and its site back as they were."""
    kept = built.root.with_name("kept")
    shutil.copytree(built.root / "_build", kept)
    yield built
    built.write()
    built.set_library("answer = 42")
    shutil.rmtree(built.root / "_build")
    kept.rename(built.root / "_build")


def test_a_failing_cell_stops_the_build_and_is_named(book: Book) -> None:
    before = book.digest()
    book.write(cells=(*CELLS, "def check():\n    raise ValueError('planted')\n\n\ncheck()"))
    for _ in range(2):  # the second build must not take the page that the first one parsed
        result = book.try_build()
        assert result.returncode != 0
        assert "FAILED: chapters/01-first.ipynb, code cell 3 of 3" in result.stdout
        assert "ValueError: planted" in result.stdout
        assert "previous site is still" in result.stdout
        assert book.digest() == before
    book.write()
    book.build()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace("h = 1", r"\frac{h"), "KaTeX parse error"),
        (TEXT.replace("h = 1", "h = é"), "LaTeX-incompatible input and strict mode"),
        (TEXT.replace("{eq}`eq-first`", "{eq}`eq-absent`"), "eq-absent"),
        (TEXT.replace("See", "{cite:p}`absent` See"), "absent"),
    ],
    ids=["latex", "letter", "reference", "citation"],
)
def test_a_wrong_text_stops_the_build(book: Book, text: str, message: str) -> None:
    before = book.digest()
    book.write(text=text)
    result = book.try_build()
    assert result.returncode != 0
    assert message in result.stdout
    assert "01-first" in result.stdout
    assert book.digest() == before


def test_a_notebook_outside_the_contents_is_named(book: Book) -> None:
    before = book.digest()
    draft = book.root / "chapters" / "02-draft.ipynb"
    shutil.copy(book.root / "chapters" / "01-first.ipynb", draft)
    result = book.try_build()
    assert result.returncode != 0
    assert "chapters/02-draft.ipynb is not in _toc.yml" in result.stdout
    assert book.digest() == before
    draft.rename(draft.with_name("_draft.ipynb"))
    book.build()
    draft.with_name("_draft.ipynb").unlink()


def test_a_failed_build_leaves_what_was_executed(book: Book) -> None:
    book.write(text=TEXT.replace("{eq}`eq-first`", "{eq}`eq-absent`"))
    assert book.try_build().returncode != 0
    book.write()
    assert "Executing" not in book.build()


def test_a_good_build_prints_little(book: Book) -> None:
    book.set_library("answer = 42  # changed")
    lines = book.build().splitlines()
    assert "Executing chapters/01-first.ipynb" in lines
    assert len(lines) <= 6


def test_a_warning_in_a_cell_stops_the_build(book: Book) -> None:
    book.write(cells=("import warnings\n\nwarnings.warn('planted')",))
    result = book.try_build()
    assert result.returncode != 0
    assert "stderr" in result.stdout


def test_a_changed_library_is_run_anew(book: Book) -> None:
    book.set_library("answer = 54")
    book.build()
    assert "54" in book.page()
    assert "42" not in book.page()


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
