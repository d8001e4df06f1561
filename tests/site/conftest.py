"""The built site, a server for it and a browser that can reach nothing else."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser

from tests.site.books import Book
from tests.site.checks import headless
from tools.provision import browser_trouble
from tools.serving import serve

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the book as `make book` does, once for all processes of this run."""
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):  # a process of pytest-xdist's: its folder is in the run's
        shared = shared.parent
    said = shared / "site.log"
    with FileLock(shared / "site.lock"):
        if not said.exists():
            command = [sys.executable, "-m", "tools.book"]
            build = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            said.write_text(build.stdout + build.stderr if build.returncode else "")
    assert not said.read_text(), said.read_text()
    return ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def base(site: Path) -> Iterator[str]:
    with serve(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if trouble := browser_trouble():
        pytest.skip(f"pages in a browser: {trouble}")
    with headless() as running:
        yield running


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A small book (see books.py), built once."""
    book = Book(tmp_path_factory.mktemp("built") / "the book")
    assert "index.html" in book.build().splitlines()[-1]
    assert "42" in book.page()
    return book


@pytest.fixture
def book(built: Book, tmp_path: Path) -> Book:
    """A copy of the small book with all that its build has left."""
    copy = Book.__new__(Book)
    copy.root = tmp_path / "a copy, é"
    shutil.copytree(built.root, copy.root, symlinks=True)
    return copy
