"""The built site, a server for it and a browser that can reach nothing else."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.site.books import Book
from tests.site.checks import FLAGS, OFFLINE, Visit, pages, serve, visit

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def site() -> Path:
    """Build the book as `make book` does, which costs little when nothing has changed."""
    command = [sys.executable, "-m", "tools.book"]
    build = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stdout + build.stderr
    return ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def base(site: Path) -> Iterator[str]:
    with serve(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        reason = "the browser tests need Chromium on the PATH: on Debian, apt install chromium"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, OFFLINE])
        yield running
        running.close()


@pytest.fixture(scope="session")
def visits(site: Path, base: str, browser: Browser) -> list[Visit]:
    """Visit every page twice: in the light on a desk, and in the dark on a phone."""
    seen = [
        visit(browser, base, page, scheme=scheme, width=width)
        for page in pages(site)
        if page != "index.html"  # only leads on; test_pages.py follows it
        # the pages of rnnlib's source text are made alike: one of them will do
        and (not page.startswith("_modules/") or page == "_modules/rnnlib/cells.html")
        for scheme, width in (("light", 1280), ("dark", 375))
    ]
    assert len(seen) >= 2 * 5
    return seen


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
