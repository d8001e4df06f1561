"""Build the website: `python -m tools.book`, which is what `make book` runs.

The book is built in `_build/work` and copied to `_build/html` only when nothing went wrong, so
that a chapter that fails leaves the previous site in place. Two things that Jupyter Book would get
wrong on its own: outputs are cached by a notebook's own text, so the cache is emptied when the
library or the environment has changed; and a page that caused a warning is not looked at again by
the next build, which would then pass, so after a failure the parsed pages are thrown away.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import jupytext
from sphinx_external_toc.parsing import MalformedError, parse_toc_yaml

# What a chapter's outputs depend on beside its own text; what pages depend on beside chapters.
EXECUTION = ("rnnlib", "experiments", "constraints.txt")
PAGES = ("tools", "_config.yml", "_toc.yml", "_templates", "_static", "references.bib")
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM")}
TOOLS = Path(__file__).resolve().parent.parent
# Sphinx has told what went wrong when Jupyter Book raises; its traceback would bury that.
JUPYTER_BOOK = """
import sys
from jupyter_book.cli.main import main
try:
    main()
except RuntimeError as error:
    sys.exit(f"Jupyter Book stopped: {error.__cause__ or error}")
"""
KERNEL_NOISE = "Kernel is running over TCP without encryption"


def files_below(root: Path, names: Iterable[str]) -> list[Path]:
    """List the files that `names` (files or folders under `root`) hold, without byte code."""
    found = []
    for path in (root / name for name in names):
        found += [path] if path.is_file() else sorted(path.rglob("*"))
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def fingerprint(root: Path, names: Iterable[str]) -> str:
    """Digest the names and contents of files, with the Python version."""
    digest = hashlib.sha256(sys.version.encode())
    for path in files_below(root, names):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def discard_stale(root: Path, work: Path) -> dict[str, str]:
    """Remove what the last build left and this one must not use; return the fingerprints."""
    present = {"execution": fingerprint(root, EXECUTION), "pages": fingerprint(root, PAGES)}
    stamp = work / "built.json"
    last = json.loads(stamp.read_text()) if stamp.exists() else {}
    if last.get("execution") != present["execution"]:
        shutil.rmtree(work / "_build" / ".jupyter_cache", ignore_errors=True)
    if last != present:
        for name in (".doctrees", "html", "jupyter_execute"):
            shutil.rmtree(work / "_build" / name, ignore_errors=True)
    # What is executed stays good if the build fails; pages are looked at again until it succeeds.
    work.mkdir(parents=True, exist_ok=True)
    stamp.write_text(json.dumps({"execution": present["execution"]}))
    return present


def run(root: Path, *command: str, quiet: bool = False) -> int:
    """Run Python with the given arguments, pass its messages on, return its exit code.

    What a quiet command writes on its standard output is dropped; its errors are not.
    """
    path = os.pathsep.join([str(TOOLS), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=root,
        env=os.environ | ONE_THREAD | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": path},
        stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
        stderr=subprocess.PIPE if quiet else subprocess.STDOUT,
        encoding="utf-8",
    )
    messages = process.stderr if quiet else process.stdout
    assert messages is not None
    blank = True  # of several empty lines only the first is passed on
    for line in messages:
        if KERNEL_NOISE not in line and not (blank and not line.strip()):
            print(line, end="", flush=True)
            blank = not line.strip()
    return process.wait()


def run_jupyter_book(root: Path, work: Path) -> int:
    """Execute the notebooks, one per core, then build with warnings as errors."""
    executed = run(root, "-m", "tools.execute", str(root), str(work / "_build" / ".jupyter_cache"))
    options = ["--path-output", str(work), "-q", "-W", "-n", "--keep-going"]
    return executed or run(root, "-c", JUPYTER_BOOK, "build", str(root), *options, quiet=True)


def failing_cell(chapter: Path, traceback: str) -> str:
    """Say which code cell a traceback comes from: nbclient prints its source with it."""
    notebook = jupytext.read(chapter)
    code = [cell.source.strip() for cell in notebook.cells if cell.cell_type == "code"]
    rule = "-" * 18
    for number, source in enumerate(code, start=1):
        if source and f"{rule}\n{source}\n{rule}" in traceback:
            return f"code cell {number} of {len(code)}"
    return "a code cell"


def report_failures(root: Path, work: Path) -> None:
    """Print, for each chapter that failed to run, its name, the cell and the traceback."""
    reports = work / "_build" / "html" / "reports"
    for report in sorted(reports.rglob("*.err.log")):
        name = report.relative_to(reports).as_posix().removesuffix(".err.log")
        chapter = next(root.glob(f"{name}.*"))
        traceback = re.sub(r"\x1b\[[0-9;]*m", "", report.read_text(encoding="utf-8")).strip()
        where = f"{chapter.relative_to(root).as_posix()}, {failing_cell(chapter, traceback)}"
        print(f"\n{'=' * 79}\nFAILED: {where}\n{'=' * 79}\n{traceback}")


def publish(built: Path, site: Path) -> None:
    """Put a copy of `built` in the place of `site`, so that there is a whole site at any time."""
    new, old = site.with_name(f"{site.name}.new"), site.with_name(f"{site.name}.old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(built, new)
    if site.exists():
        site.rename(old)
    new.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def wrong_contents(root: Path) -> list[str]:
    """Say what is wrong with the table of contents, or which notebook it lacks."""
    try:
        listed = set(parse_toc_yaml(root / "_toc.yml"))
    except MalformedError as error:
        return [f"_toc.yml: {error}"]
    notebooks = sorted((root / "chapters").glob("[!_]*.ipynb"))
    names = [path.relative_to(root) for path in notebooks]
    return [
        f"{name.as_posix()} is not in _toc.yml. Enter it there, or begin its name with _ for now."
        for name in names
        if name.with_suffix("").as_posix() not in listed
    ]


def build(root: Path, output: Path) -> bool:
    """Build the book in `root` into `output`/html; return whether it succeeded."""
    if wrong := wrong_contents(root):
        print("\n".join(wrong))
        return False
    work = output / "work"
    present = discard_stale(root, work)
    shutil.rmtree(work / "_build" / "html" / "reports", ignore_errors=True)
    if run_jupyter_book(root, work) != 0:
        report_failures(root, work)
        shutil.rmtree(work / "_build" / ".doctrees", ignore_errors=True)
        return False
    publish(work / "_build" / "html", output / "html")
    (work / "built.json").write_text(json.dumps(present))
    return True


def main() -> int:
    """Build the book and say where it is, or what stopped it."""
    parser = argparse.ArgumentParser(description="Build the website into _build/html.")
    parser.add_argument("root", nargs="?", type=Path, default=Path(), help="the book's folder")
    root = parser.parse_args().root.resolve()
    output = root / "_build"
    print(
        "Building the book. What has changed is executed anew, which may take a minute.", flush=True
    )
    start = time.monotonic()
    if not build(root, output):
        kept = (
            "the previous site is still" if (output / "html").exists() else "there is no site yet"
        )
        print(f"\nThe book was not built, for the reasons above; {kept} in {output / 'html'}.")
        return 1
    index = output / "html" / "index.html"
    print(f"\nThe book was built in {time.monotonic() - start:.0f} s. Open it at {index.as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
