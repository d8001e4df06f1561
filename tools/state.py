"""What a build depends on, and what is left of an earlier one: digests to compare.

Contents are digested where they decide what is executed, names with sizes and times where only a
change has to be noticed.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

# What outputs depend on beside a notebook's own code; what pages depend on beside their sources.
EXECUTION = ("rnnlib", "experiments")
PAGES = (
    "rnnlib",
    "tools",
    "_config.yml",
    "_toc.yml",
    "_templates",
    "_static",
    "references.bib",
    "CITATION.cff",
)


def environment() -> list[str]:
    """Name this Python and the packages that it finds, with their versions."""
    found = {path.name for entry in sys.path for path in Path(entry or ".").glob("*.dist-info")}
    return [sys.version, *sorted(found)]


def files_below(path: Path) -> Iterator[Path]:
    """Yield the file, or the files of the folder, without byte code and hidden or built ones."""
    if path.is_file():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith((".", "__pycache__", "_build"))
            and not Path(folder, name, "pyvenv.cfg").exists()
        )
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def contents(root: Path, names: Iterable[str]) -> str:
    """Digest the names and contents of files (or of the files in folders) under `root`."""
    digest = hashlib.sha256()
    for path in (path for name in names for path in files_below(root / name)):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def listing(folder: Path) -> str:
    """Digest the names, sizes and times of a folder's files: any change shows in them."""
    digest = hashlib.sha256()
    for path in files_below(folder):
        about = path.stat()
        line = f"{path.relative_to(folder).as_posix()} {about.st_size} {about.st_mtime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def digest_of(*parts: object) -> str:
    """Digest values that JSON can write."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def read_json(path: Path) -> dict[str, object]:
    """Read a dictionary that may be missing, empty or cut: then it is empty."""
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: dict[str, object]) -> None:
    """Write a dictionary, so that the file is never half there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_text(json.dumps(value), encoding="utf-8")
    new.replace(path)
