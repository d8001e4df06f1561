"""Ordinary trouble: what moved, what broke, what other editors saved, what a user has set."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from tests.site.books import CELLS, TEXT, Book
from tools.store import Store


def outputs(book: Book) -> str:
    """Return what the first chapter's page shows of its cells' outputs."""
    cells = BeautifulSoup(book.page(), "html.parser").select(".cell_output")
    return "\n".join(cell.get_text() for cell in cells)


def test_chapters_and_their_folder_are_renamed_moved_deleted_and_copied(book: Book) -> None:
    chapters = book.root / "chapters"
    shutil.copy(chapters / "01-first.ipynb", chapters / "02-same.ipynb")
    (chapters / "01-first.ipynb").rename(chapters / "03-other é.ipynb")
    book.write(TEXT.replace("eq-first", "eq-copy"), name="02-same")
    book.list("chapters/02-same", "chapters/03-other é")
    assert "Executing" not in book.build()  # the same code
    assert not (book.site / "chapters" / "01-first.html").exists()
    assert "42" in book.page("chapters/03-other é")
    chapters.rename(book.root / "Kapitel 1")
    (book.root / "Kapitel 1" / "02-same.ipynb").unlink()
    contents = (book.root / "_toc.yml").read_text().replace("chapters/", "Kapitel 1/")
    (book.root / "_toc.yml").write_text(contents.replace("  - file: Kapitel 1/02-same\n", ""))
    assert "Executing" not in book.build()
    assert not (book.site / "chapters").exists()
    assert "42" in book.page("Kapitel 1/03-other é")


def test_a_copied_book_uses_its_own_library(book: Book) -> None:
    before = book.digest()
    copy = Book.__new__(Book)
    copy.root = book.root.with_name("another copy")
    shutil.copytree(book.root, copy.root)
    copy.set_library("answer = 43")
    copy.build(PYTHONPATH=str(book.root))  # as if the book that was copied were installed
    assert "43" in copy.page()
    assert book.digest() == before
    assert "42" in book.page()


def in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [in_half, emptied])
def test_what_an_earlier_build_left_may_be_spoilt(
    book: Book, spoil: Callable[[Path], None]
) -> None:
    for path in [path for path in (book.root / "_build").rglob("*") if path.is_file()]:
        spoil(path)
    assert "Executing" in book.build()
    assert "42" in book.page()


def test_the_folder_of_an_earlier_build_may_be_a_file_or_another_version_s(book: Book) -> None:
    work = book.root / "_build" / "work"
    shutil.rmtree(work / "_build" / "settings")
    (work / "_build" / "settings").write_text("a file")
    (work / "_build" / ".jupyter_cache").mkdir()
    (work / "_build" / ".jupyter_cache" / "global.db").write_text("no database")
    (work / "built.json").write_text("[1, 2]")
    book.build()
    assert not (work / "_build" / ".jupyter_cache").exists()
    shutil.rmtree(work)
    work.write_text("a file")
    book.build()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"outputs": 1}', b'{"outputs": [], "digest": ""}'],
)
def test_stored_outputs_that_are_not_whole_are_not_used(tmp_path: Path, content: bytes) -> None:
    store, folder = Store(tmp_path / "executed", "here"), tmp_path / "chapters"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    key = store.key(notebook, folder)
    assert not store.load(key, notebook)
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="2\n")]
    store.save(key, notebook)
    (stored,) = store.folder.iterdir()
    whole = stored.read_bytes()
    assert store.load(key, notebook)
    assert not Store(store.folder, "elsewhere").key(notebook, folder) == key
    stored.write_bytes(content)
    assert not store.load(key, notebook)
    stored.with_name("other.json").write_bytes(whole)  # under another notebook's name
    assert not store.load("other", notebook)


def test_a_users_settings_take_no_part(book: Book, tmp_path: Path) -> None:
    evil = tmp_path / "evil"
    startup = evil / "profile_default" / "startup"
    kernel = evil / "kernels" / "python3"
    for folder in (startup, kernel):
        folder.mkdir(parents=True)
    (startup / "00.py").write_text("print('planted')")
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": ["false"], "display_name": "x", "language": "python"})
    )
    (evil / "rnnlib.py").write_text("answer = 'planted'")
    (evil / "matplotlibrc").write_text("figure.dpi: planted")
    checks = (
        "import os\n\nfrom rnnlib import answer\n\nprint(answer, os.environ['OMP_NUM_THREADS'])",
        "try:\n    assert False\nexcept AssertionError:\n    print('asserts count')",
        "import matplotlib\n\nprint(matplotlib.get_backend(), '∂')",
    )
    book.write(cells=checks)
    output = book.try_build(
        HOME=str(evil / "rnnlib.py"),  # no folder, and nothing can be written to it
        XDG_CONFIG_HOME="/dev/null",
        XDG_CACHE_HOME="/dev/null",
        PYTHONPATH=str(evil),
        PYTHONSTARTUP=str(startup / "00.py"),
        PYTHONWARNINGS="error",
        PYTHONOPTIMIZE="2",
        PYTHONUTF8="0",
        PYTHONIOENCODING="cp1252",
        LC_ALL="C",
        MPLBACKEND="TkAgg",
        MATPLOTLIBRC=str(evil),
        IPYTHONDIR=str(evil),
        JUPYTER_PATH=str(evil),
        JUPYTER_CONFIG_DIR="/dev/null",
        JUPYTER_RUNTIME_DIR="/dev/null",
        BASH_ENV=str(startup / "00.py"),
        NODE_OPTIONS="--planted",
        DOCUTILSCONFIG=str(evil / "rnnlib.py"),
        PYTEST_ADDOPTS="--planted",
        OMP_NUM_THREADS="7",
    )
    assert output.returncode == 0, output.stdout + output.stderr
    shown = outputs(book)
    assert "42 1" in shown
    assert "asserts count" in shown
    assert "inline ∂" in shown
    assert "planted" not in book.page()


def test_an_output_that_comes_late_is_waited_for(book: Book) -> None:
    """As on a machine that stalls: the thread that sends a kernel's outputs stands still."""
    patience = "import sys, time\n\nprint('the kernel waits', sys.stdout.flush_timeout)"
    stalled = (
        "sys.stdout.flush_timeout = sys.stderr.flush_timeout = 0.1\n"  # so that the reply is early
        "get_ipython().kernel.iopub_thread.schedule(lambda: time.sleep(6))"
    )
    book.write(cells=(patience, stalled, "print('the next cell')"))
    book.build()
    assert "the kernel waits 1200" in outputs(book)
    assert "the next cell" in outputs(book)


def test_what_is_printed_piece_by_piece_is_one_output(book: Book) -> None:
    """On the page and in the readers' notebook, executed just now or by an earlier build."""
    for text in (TEXT, f"{TEXT} More."):
        book.write(text, cells=("print('once', flush=True)\nprint('and again', flush=True)",))
        book.build()
        assert outputs(book).count("and again") == 1
        offered = nbformat.read(book.site / "notebooks" / "01-first.ipynb", as_version=4)
        [printed] = [output.text for cell in offered.cells for output in cell.get("outputs", [])]
        assert printed == "once\nand again\n"


def test_an_output_that_cannot_show_a_letter_shows_the_rest(book: Book) -> None:
    book.write(cells=("raise ValueError('∂ is planted')",))
    for encoding in ("cp1252", "ascii"):
        result = book.try_build(encoding=encoding, PYTHONIOENCODING=encoding)
        assert "FAILED: chapters/01-first.ipynb, code cell 1 of 1" in result.stdout
        assert r"ValueError: \u2202 is planted" in result.stdout


def test_notebooks_that_other_editors_saved(book: Book) -> None:
    chapters = book.root / "chapters"
    source = chapters / "01-first.ipynb"
    names = ("vscode", "colab", "old", "older", "windows")
    made = {}
    for name in names:
        notebook = nbformat.read(source, as_version=4)
        notebook.cells[0].source = f"# {name}"
        notebook.metadata.kernelspec = {"name": ".venv", "display_name": "Python (.venv)"}
        made[name] = notebook
    for number, cell in enumerate(made["vscode"].cells):
        cell.metadata["vscode"] = {"languageId": "python"}
        del cell["id"]  # though the format says 4.5
        made["colab"].cells[number].metadata = {"id": f"x{number}", "outputId": "y"}
    del made["colab"].metadata["kernelspec"]
    made["old"].nbformat_minor = 1
    for cell in made["old"].cells:
        del cell["id"]
    for name in ("vscode", "colab", "old", "windows"):
        (chapters / f"{name}.ipynb").write_text(json.dumps(made[name]), encoding="utf-8")
    text = (chapters / "windows.ipynb").read_text(encoding="utf-8").replace("\n", "\r\n")
    (chapters / "windows.ipynb").write_text(text, encoding="utf-8-sig")
    nbformat.write(nbformat.convert(made["older"], 3), chapters / "older.ipynb", version=3)
    book.list("chapters/01-first", *(f"chapters/{name}" for name in names))
    printed = book.build()
    assert "Executing" not in printed  # the same code
    assert len(printed.splitlines()) <= 3
    for name in names:
        assert "42" in book.page(f"chapters/{name}")


def test_a_file_that_is_no_notebook_is_named(book: Book) -> None:
    good = (book.root / "chapters" / "01-first.ipynb").read_text(encoding="utf-8")
    broken = {
        "conflict": f"<<<<<<< HEAD\n{good}=======\n{good}>>>>>>> other\n",
        "empty": "",
        "list": "[]",
        "null": "null",
        "letters": '{"cells": "abc", "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    }
    for name, text in broken.items():
        (book.root / "chapters" / f"{name}.ipynb").write_text(text, encoding="utf-8")
    book.list("chapters/01-first", *(f"chapters/{name}" for name in broken))
    result = book.try_build()
    assert result.returncode == 1
    for name in broken:
        assert f"FAILED: chapters/{name}.ipynb is not a notebook" in result.stdout
    assert "Traceback" not in result.stdout


def test_a_missing_package_in_a_chapter_is_told_what_to_do(book: Book) -> None:
    book.write(cells=(*CELLS, "import a_package_that_nobody_has"))
    result = book.try_build()
    assert "FAILED: chapters/01-first.ipynb, code cell 2 of 2" in result.stdout
    assert "pip install -r requirements.txt -c constraints.txt" in result.stdout
