"""Tables as CSV: read as a spreadsheet saved them, written so that no cell can start a formula."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

STARTS = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"  # of formulas; the wide ones are Japanese keyboards'
# Where a cell begins, whatever the program that reads it takes for a separator.
_BEGIN = r'(^|[,;\t|\n])([^\S\n]*"*[^\S\n]*)'
_FORMULA = re.compile(rf"{_BEGIN}(?={STARTS})")
_ESCAPED = re.compile(rf"{_BEGIN}'(?={STARTS})")
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?%?|-")
# Readers differ on which of these end a line.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def no_formula(text: str) -> str:
    """Return text no part of which a spreadsheet takes for a formula, however it splits cells."""
    text = _CONTROL.sub(_escape, text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1\2'", text)


def as_entered(cell: str) -> str:
    """Return what `no_formula` was given."""
    return _ESCAPED.sub(r"\1\2", cell)


def printable(text: str) -> str:
    r"""Return a name with ``\r`` for a carriage return, ``\u202e`` for what turns text around."""
    return "".join(each if each.isprintable() or each == "\xa0" else _escape(each) for each in text)


def _escape(found: re.Match[str] | str) -> str:
    text = found if isinstance(found, str) else found[0]
    return text.encode("unicode_escape").decode("ascii")


@dataclass(frozen=True)
class Table:
    """Rows of cells, and how they were stored."""

    path: Path
    rows: list[list[str]]
    delimiter: str = ","
    bom: bool = False


def read_table(path: str | Path, what: str) -> Table:
    """Read a table with commas, semicolons or tabs; `what` is what messages call it.

    Raises
    ------
    ValueError
        If it is no table in UTF-8.
    """
    path = Path(path).expanduser()
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{what}: expected a table saved as CSV in UTF-8, got {path}") from None
    bom, text = text.startswith("\ufeff"), text.removeprefix("\ufeff")
    lines = [re.sub('"[^"]*"', "", line) for line in text.splitlines()]
    ends = Counter(found[0] for line in lines if (found := re.search("[,;\t]", line)))
    delimiter = ends.most_common(1)[0][0] if ends else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise ValueError(f"{what}: expected a table, got {path}: {error}") from None
    return Table(path, rows, delimiter, bom)


def write_table(
    path: Path, rows: Iterable[Sequence[str]], delimiter: str = ",", bom: bool = False
) -> None:
    """Write a table at once, so that a run that is killed leaves the old one."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerows([no_formula(cell) for cell in row] for row in rows)
    write_text(path, "\ufeff" * bom + file.getvalue())


def write_text(path: Path, text: str) -> None:
    """Write a file at once."""
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8", errors="replace", newline="")
    new.replace(path)
