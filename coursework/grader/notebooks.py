"""A file's bytes as cells, of a notebook or of a zip with one in it. Nothing is written to disk."""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import nbformat

from coursework.grader.memory import small_memory

TOO_LARGE = 64 * 2**20  # bytes; a problem set with photos attached may have twenty million
ENCRYPTED = 0x1  # a bit among an entry's flags
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for any amount of memory


@dataclass(frozen=True)
class StudentCell:
    """A cell as it was handed in."""

    grade_id: str
    cell_type: str
    source: str


def read_cells(data: bytes) -> tuple[StudentCell, ...]:
    """Return the cells of a notebook's bytes; ValueError says why there are none."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        data = _unzipped(data)
    if not data.strip():
        raise ValueError("an empty file")
    try:
        with small_memory():
            raw = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"no JSON ({type(error).__name__})") from None
    try:
        if raw.get("nbformat", 4) < 4:
            raw = nbformat.convert(nbformat.from_dict(raw), 4)
        cells = tuple(_read_cell(cell) for cell in raw["cells"])
    except Exception as error:  # anything may stand in a file; what it is decides nothing
        raise ValueError(f"no cells ({type(error).__name__})") from None
    if not any(cell.cell_type == "code" for cell in cells):
        raise ValueError("no code in it")
    return cells


def _unzipped(data: bytes) -> bytes:
    """Return the one notebook in a zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [entry for entry in archive.infolist() if _is_notebook(entry.filename)]
            if len(found) != 1:
                raise ValueError(f"a zip with {len(found) or 'no'} notebooks in it")
            (entry,) = found
            if entry.flag_bits & ENCRYPTED:
                raise ValueError("a zip with a password")
            if entry.compress_type not in METHODS:
                raise ValueError("a zip that is compressed in an unusual way")
            with archive.open(entry) as file:
                data = file.read(TOO_LARGE + 1)  # whatever size the entry says it has
    except ValueError:
        raise
    except Exception as error:  # anything may stand in a file; what it is decides nothing
        raise ValueError(f"a zip that cannot be opened ({type(error).__name__})") from None
    if len(data) > TOO_LARGE:
        raise ValueError(f"a zip with a notebook of more than {TOO_LARGE // 2**20} MB in it")
    return data


def _is_notebook(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts)
    return path.suffix.lower() == ".ipynb" and not hidden and not name.endswith(("/", "\\"))


def _read_cell(cell: Any) -> StudentCell:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(source)
    mark = (cell.get("metadata") or {}).get("nbgrader", {})
    grade_id = mark.get("grade_id", "") if isinstance(mark, dict) else ""
    return StudentCell(str(grade_id), str(cell["cell_type"]), str(source))
