"""Make the students' notebook: ``python -m coursework.release ps1`` (`make release`)."""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import nbformat

from coursework.grader.problem_set import (
    COURSEWORK,
    kind_of,
    names,
    read_source,
    release_path,
    released,
    released_seed,
)

SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.DOTALL)
TELLING = 16  # characters without spaces: a shorter line may stand anywhere


class Leak(RuntimeError):
    """Something that students get holds lines of a solution or of a hidden test."""


def secrets(name: str) -> set[str]:
    """Return the lines that nobody but the teacher may have, squeezed of white space.

    These are the lines of solutions, hidden tests and model answers that are long enough to tell
    and that do not stand in plain sight, too: in the chapters, or in what any problem set shows.
    """
    lines: set[str] = set()
    for cell in read_source(name, seed=0).cells:
        regions = SOLUTION.findall(cell.source) + HIDDEN.findall(cell.source)
        regions = [cell.source] if kind_of(cell) == "written" else regions
        lines |= {squeeze(line) for region in regions for line in region.splitlines()}
    return {line for line in lines if len(line) >= TELLING and line not in in_plain_sight()}


@cache
def in_plain_sight() -> str:
    """Return what everybody may read, found without nbgrader, whose work is to be checked."""
    plain = []
    for name in names():
        for cell in read_source(name, seed=0).cells:
            if kind_of(cell) != "written":
                plain.append(HIDDEN.sub("", SOLUTION.sub("", cell.source)))
    for chapter in sorted((COURSEWORK.parent / "chapters").glob("*.ipynb")):
        plain += [cell.source for cell in nbformat.read(chapter, as_version=4).cells]
    return squeeze("\n".join(plain))


def squeeze(text: str) -> str:
    """Leave out white space, escapes and quotes, so that a line is found in JSON and HTML, too."""
    for escape, character in (("&quot;", '"'), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(escape, character)
    text = re.sub(r"</?span[^>]*>", "", text.replace("&amp;", "&"))
    return re.sub(r"""\\n|\s|["'\\]""", "", text)


def scan(files: Iterable[Path], problem_sets: Iterable[str]) -> list[str]:
    """Return where secrets of the problem sets stand in files: "FILE: ps1: the line"."""
    all_secrets = {name: secrets(name) for name in problem_sets}
    found = []
    for path in files:
        text = squeeze(path.read_bytes().decode("utf-8", "replace"))
        for name, lines in all_secrets.items():
            found += [f"{path}: {name}: {line}" for line in sorted(lines) if line in text]
    return found


def release(
    name: str, seed: int | None = None, folder: Path | None = None, exercises: Sequence[int] = ()
) -> Path:
    """Write the students' notebook for a class's seed, after a scan; return its path.

    Without a seed it is that of the last release, so that a class's is not lost. If exercises are
    chosen, only these are handed out, and later graded.

    Raises
    ------
    Leak
        If a solution or a hidden test is in it; then nothing is written.
    ValueError
        If there is no such problem set.
    """
    seed = released_seed(name) if seed is None else seed
    if seed < 0:
        raise ValueError(f"seed: expected 0 or more, got {seed}")
    notebook = released(read_source(name, seed, exercises))
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{name}-{number}"  # nbformat's are random
    path = release_path(name) if folder is None else folder / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    if leaks := scan([new], names()):
        new.unlink()
        raise Leak("nothing was released:\n  " + "\n  ".join(leaks))
    return new.replace(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m coursework.release", description=__doc__)
    parser.add_argument("problem_set", help=f"one of {', '.join(names())}, or all")
    parser.add_argument("--seed", type=int, help="the class's number (that of the last release)")
    parser.add_argument("--exercises", default="", help="some only, such as 1,2 (all)")
    parser.add_argument("--out", type=Path, help="a folder other than coursework/release/PS")
    options = parser.parse_args(arguments)
    chosen = names() if options.problem_set == "all" else [options.problem_set]
    try:
        exercises = [int(each) for each in re.split(r"[\s,]+", options.exercises.strip()) if each]
        for name in chosen:
            print(f"{name}: {release(name, options.seed, options.out, exercises)}")
    except (Leak, ValueError, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
