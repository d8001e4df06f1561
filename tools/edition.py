"""Build the book without the solutions of its exercises: `make book SOLUTIONS=no`.

They are taken out of a copy of the sources, so that they are in nothing that is made of it: neither
on a page, nor in the page's source, nor in a notebook to download. The copy and its site lie in
`_build/without-solutions`; what is executed there stays good for the next time.
"""

import os
import re
import shutil
import subprocess
import sys

import nbformat
from nbformat import NotebookNode

from tools.variables import ROOT

COPY = ROOT / "_build" / "without-solutions"
TAKEN = (  # all that a build reads
    "_config.yml _toc.yml _static _templates chapters coursework experiments reference rnnlib "
    "tools CHANGELOG.md CITATION.cff LICENSE LICENSE-CONTENT README.md constraints.txt "
    "notation.yml pyproject.toml references.bib requirements.txt tests"
).split()
# Only these of the two: problem sets have no solutions on the site, tests name the equations.
KEPT = {"coursework": {"release", "README.md"}, "tests": {"equations", "claims"}}
FENCED = re.compile(r"^(`{3,}|:{3,})\{solution\}.*?^\1[ \t]*$\n?", re.DOTALL | re.MULTILINE)
GATE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{solution-(?P<which>start|end)\}.*?^(?P=fence)[ \t]*$\n?",
    re.DOTALL | re.MULTILINE,
)


def strip(notebook: NotebookNode) -> int:
    """Remove the solutions from a notebook, in place; return how many there were.

    Raises
    ------
    ValueError
        If a solution begins or ends without the other.
    """
    kept, count, within = [], 0, False
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            if not within:
                kept.append(cell)
            continue
        text, found = FENCED.subn("", cell.source)
        count += found
        outside, at = "", 0
        for gate in GATE.finditer(text):
            if (gate["which"] == "start") == within:
                raise ValueError(f"a solution begins twice, or ends twice: {gate[0]!r}")
            outside += "" if within else text[at : gate.start()]
            count, within, at = count + (not within), not within, gate.end()
        outside += "" if within else text[at:]
        if outside.strip():
            cell.source = outside.strip("\n")
            kept.append(cell)
    if within:
        raise ValueError("a solution has no end")
    notebook.cells = kept
    return count


def copy_sources() -> None:
    """Bring the copy up to date; what has been built in it stays."""
    COPY.mkdir(parents=True, exist_ok=True)
    for name in TAKEN:
        source, target = ROOT / name, COPY / name
        if target.is_dir():
            shutil.rmtree(target)
        if source.is_file():
            shutil.copy2(source, target)
            continue
        left = KEPT.get(name)
        wanted = [path for path in source.iterdir() if left is None or path.name in left]
        target.mkdir()
        for path in wanted:
            if path.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(path, target / path.name, ignore=ignored)
            else:
                shutil.copy2(path, target)


def main() -> int:
    """Build it."""
    copy_sources()
    count = 0
    for path in sorted((COPY / "chapters").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        count += strip(notebook)
        nbformat.write(notebook, path)
    print(f"{count} solutions are left out, in a copy of the sources: {COPY}")
    variables = os.environ | {"PYTHONPATH": str(COPY)}
    return subprocess.call([sys.executable, "-m", "tools.book"], cwd=COPY, env=variables)


if __name__ == "__main__":
    sys.exit(main())
