"""A small book with the course's own tools, to be built, broken and moved about."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
TOC = "format: jb-book\nroot: chapters/index\nchapters:\n"
TEXT = "# First\n\nA first sentence.\n\n$$\nh = 1\n$$ (eq-first)\n\nSee {eq}`eq-first`.\n"
CELLS = ("from rnnlib import answer\n\nprint(answer)",)
FILES = (
    "_config.yml references.bib pyproject.toml README.md LICENSE CITATION.cff notation.yml".split()
)
BUILD = [sys.executable, "-m", "tools.book"]


class Book:
    """A copy of the course with a library of one line and a chapter of one cell."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        for name in FILES:
            shutil.copy(ROOT / name, root / name)
        ignored = shutil.ignore_patterns("__pycache__")
        for name in ("_static", "_templates", "tools", "rnnlib/explorers"):
            shutil.copytree(ROOT / name, root / name, ignore=ignored)
        self.set_library("answer = 42")
        (root / "chapters").mkdir()
        (root / "chapters" / "index.md").write_text("# Landing\n\nA page of text.\n")
        self.list("chapters/01-first")
        self.write()

    def list(self, *pages: str) -> None:
        """Write the table of contents."""
        (self.root / "_toc.yml").write_text(TOC + "".join(f"  - file: {page}\n" for page in pages))

    def set_library(self, source: str) -> None:
        (self.root / "rnnlib" / "__init__.py").write_text(source + "\n")

    def write(
        self, text: str = TEXT, cells: tuple[str, ...] = CELLS, name: str = "01-first"
    ) -> None:
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_markdown_cell(text), *map(nbformat.v4.new_code_cell, cells)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{number}"
        nbformat.write(notebook, self.root / "chapters" / f"{name}.ipynb")

    def build(self, **environment: str) -> str:
        """Build; return what was printed if that succeeded."""
        result = self.try_build(**environment)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def try_build(
        self,
        *before: str,
        python: str = sys.executable,
        encoding: str = "utf-8",
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        """Build by the command that ends in `python -m tools.book`."""
        return subprocess.run(
            [*before, python, "-m", "tools.book"],
            cwd=self.root,
            env=self.variables(**environment),
            capture_output=True,
            encoding=encoding,
            timeout=600,
            check=False,
        )

    @staticmethod
    def variables(**own: str) -> dict[str, str]:
        """Return this process's variables but for the Python path, and some more."""
        return {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"} | own

    @property
    def site(self) -> Path:
        return self.root / "_build" / "html"

    def page(self, name: str = "chapters/01-first") -> str:
        """Return a page without the thread in its header, which is full of numbers."""
        page = (self.site / f"{name}.html").read_text(encoding="utf-8")
        return re.sub(r'<svg class="header-thread".*?</svg>', "", page, flags=re.DOTALL)

    def digest(self) -> dict[str, str]:
        files = [path for path in self.site.rglob("*") if path.is_file()]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
