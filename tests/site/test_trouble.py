"""Ordinary trouble: what moved, what broke, who interrupts, what a machine or its user has set."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import psutil
import pytest

from tests.site.books import BUILD, CELLS, TEXT, Book
from tools.store import Store


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
    page = book.page()
    assert "42 1" in page
    assert "asserts count" in page
    assert "inline ∂" in page
    assert "planted" not in page


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


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("waited for two minutes")


def processes_in(folder: Path) -> list[psutil.Process]:
    """List what runs in a folder: the build, its kernels, Node."""

    def inside(process: psutil.Process) -> bool:
        try:
            return Path(process.cwd()).is_relative_to(folder)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError):
            return False

    return [process for process in psutil.process_iter() if inside(process)]


@pytest.fixture
def waiting(book: Book) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start a build that waits in a chapter's cell until the file `go` is there."""
    book.write(
        cells=(
            "import pathlib, time\n\npathlib.Path('reached').touch()\n"
            "while not pathlib.Path('go').exists():\n    time.sleep(0.1)",
        )
    )
    reached, started = book.root / "chapters" / "reached", []

    def start() -> subprocess.Popen[str]:
        reached.unlink(missing_ok=True)
        build = subprocess.Popen(
            BUILD,
            cwd=book.root,
            env=book.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        started.append(build)
        wait_for(reached.exists)
        return build

    yield start
    for build in started:
        build.kill()
        build.communicate()


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals on Windows")
def test_a_build_that_is_ended_leaves_no_process_and_the_next_one_works(
    book: Book, waiting: Callable[[], subprocess.Popen[str]]
) -> None:
    before = book.digest()
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP):
        build = waiting()
        assert len(processes_in(book.root)) >= 2
        os.killpg(build.pid, how) if how == signal.SIGINT else build.send_signal(how)
        printed, _ = build.communicate(timeout=120)
        assert build.returncode != 0
        if how == signal.SIGINT:
            assert "The book was not built: it was interrupted." in printed
            assert "Traceback" not in printed
        wait_for(lambda: not processes_in(book.root))
        assert book.digest() == before
    (book.root / "chapters" / "go").touch()
    book.build()


def test_of_two_builds_the_second_waits(
    book: Book, waiting: Callable[[], subprocess.Popen[str]]
) -> None:
    first = waiting()
    second = subprocess.Popen(
        BUILD, cwd=book.root, env=book.variables(), stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert second.stdout is not None
    assert "Another build of this book is running" in second.stdout.readline()
    (book.root / "chapters" / "go").touch()
    assert "The book was built" in first.communicate(timeout=120)[0]
    second.communicate(timeout=120)
    assert (first.returncode, second.returncode) == (0, 0)


def in_own_mounts(script: str) -> tuple[str, ...]:
    """Return a command's beginning that mounts something first, where that is allowed."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"]).returncode:
        pytest.skip("mounting needs Linux and its administrator")
    return ("unshare", "-m", "sh", "-c", f'{script} && exec "$@"', "_")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ('mount --bind "$PWD" "$PWD" && mount -o remount,ro,bind "$PWD" && cd "$PWD"', "copy it"),
        ("mount -t tmpfs -o size=64k tmpfs _build/work", "the disk is full"),
        ("mount -t tmpfs -o size=2m tmpfs _build/work", "the disk is full"),
    ],
)
def test_a_disk_that_cannot_be_written_is_said_in_a_sentence(
    book: Book, script: str, message: str
) -> None:
    before = book.digest()
    result = book.try_build(*in_own_mounts(script))
    assert result.returncode == 1, result.stdout + result.stderr
    assert message in result.stdout
    assert "previous site is still" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert book.digest() == before


def test_a_python_without_the_packages_is_told_what_to_do(book: Book, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    bare = tmp_path / "bare" / ("Scripts" if os.name == "nt" else "bin") / "python"
    result = book.try_build(python=str(bare))
    assert result.returncode == 1
    assert "pip install -r requirements.txt -c constraints.txt" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def test_an_old_python_is_refused(book: Book) -> None:
    script = "import sys; sys.version_info = (3, 10); import tools.book"
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, cwd=book.root, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("Python 3.11 or newer is needed; this is Python 3.")


def test_a_missing_package_in_a_chapter_is_told_what_to_do(book: Book) -> None:
    book.write(cells=(*CELLS, "import a_package_that_nobody_has"))
    result = book.try_build()
    assert "FAILED: chapters/01-first.ipynb, code cell 2 of 2" in result.stdout
    assert "pip install -r requirements.txt -c constraints.txt" in result.stdout
