"""Every notebook that the site offers runs in an environment made by the line on its page.

Slow: an environment is made once from the package index, and all notebooks are executed in it, two
at a time, each in an empty folder. A problem set is executed with the model answers in its place.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from coursework.grader import problem_set as sets
from tests.site.checks import parse
from tools.reader.install import FOLDER, Install
from tools.variables import ONE_THREAD

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (ROOT / "chapters").glob("[!_]*.ipynb")) + sets.names()
# Whose execution takes longest comes first, so that neither of the two waits for the other.
FIRST = ("05-checking-gradients-and-training", "06-the-gradient-product")
OURS = ("PYTHONPATH", "VIRTUAL_ENV", "PIP_CONSTRAINT")
VARIABLES = {name: value for name, value in os.environ.items() if name not in OURS} | ONE_THREAD


def pip(python: Path | str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        env=VARIABLES | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def line_of(page: Path, address: str) -> list[str]:
    """Return what the page's line hands to pip, with the address that course.js would fill in."""
    install = Install.of(ROOT, "", "")
    served = Install.of(ROOT, f"{address}/", "")
    lines = [
        line.replace(install.requirement, served.requirement)
        for pre in parse(page).select(".install pre")
        for line in pre.get_text().splitlines()
        if line.startswith("pip install")
    ]
    assert len(set(lines)) == 1
    assert served.requirement in lines[0]
    return shlex.split(lines[0])[1:]


@pytest.fixture(scope="session")
def clean(site: Path, base: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with what the page says and nothing else."""
    probe = pip(sys.executable, "install", "--dry-run", "--ignore-installed", "--no-deps", "pip")
    if probe.returncode:
        reason = f"making a clean environment needs a package index: {probe.stderr}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("clean") / "rnn"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    line = line_of(site / "chapters" / "run-it-yourself.html", base)
    # The versions that the course is tested with, as everywhere in these tests.
    made = pip(python, *line, PIP_CONSTRAINT=str(ROOT / "constraints.txt"))
    assert made.returncode == 0, made.stderr
    return python


def answered(path: Path) -> nbformat.NotebookNode:
    """Return a problem set with the model answers in its cells."""
    notebook = nbformat.read(path, as_version=4)
    problem_set = sets.load(path.stem)
    for cell in notebook.cells:
        own = problem_set.find(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
        if own and own.kind == "solution":
            cell.source = own.source
    return notebook


def execute(python: Path, notebook: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Execute a copy of a notebook, as a reader does, in a folder with nothing else in it."""
    folder.mkdir()
    own = nbformat.read(notebook, as_version=4)
    if notebook.stem in sets.names():
        own = answered(notebook)
    nbformat.write(own, folder / notebook.name)
    return subprocess.run(
        [str(python), "-m", "jupyter", "execute", "--timeout=600", notebook.name],
        cwd=folder,
        env=VARIABLES,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def runs(
    clean: Path, site: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future]]:
    """Execute all notebooks, two at a time."""
    offered = {path.stem: path for path in (site / FOLDER).rglob("*.ipynb")}
    folder = tmp_path_factory.mktemp("notebooks")
    with ThreadPoolExecutor(2) as pool:
        yield {
            name: pool.submit(execute, clean, offered[name], folder / name)
            for name in sorted(NAMES, key=lambda name: name not in FIRST)
        }


def test_the_environment_has_nothing_of_the_book(clean: Path) -> None:
    """What the book is built and tested with would hide what a notebook lacks."""
    books = "import importlib.util as u; print([n for n in {} if u.find_spec(n)])"
    names = ["myst_nb", "sphinx", "tools", "tests", "coursework", "benchmarks", "pytest"]
    found = subprocess.run(
        [str(clean), "-c", books.format(names)],
        cwd=clean.parent,
        env=VARIABLES,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_from_top_to_bottom(runs: dict[str, Future], name: str) -> None:
    done = runs[name].result()
    assert done.returncode == 0, done.stderr[-3000:]


def test_what_a_notebook_lacks_is_noticed(clean: Path, tmp_path: Path) -> None:
    planted = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import myst_nb")])
    nbformat.write(planted, tmp_path / "planted.ipynb")
    done = execute(clean, tmp_path / "planted.ipynb", tmp_path / "empty")
    assert done.returncode != 0
    assert "No module named 'myst_nb'" in done.stderr
