"""Results of a sweep: a CSV that carries its settings, and refuses to be taken for another's.

Line 1 is ``# rnnlib sweep 1`` and the settings as JSON, line 2 the columns, then one line per run.
Reading needs nothing but the standard library (other tools: skip the first line).
"""

import csv
import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any

from rnnlib._files import replacing
from rnnlib.sweeps._fingerprint import fingerprint
from rnnlib.sweeps._plan import RESERVED, Grid, Plain, Plan, Setting, decode, encode, make_plan

MARK = "# rnnlib sweep 1 "
"""What the first line of a file of results begins with, before its settings as JSON."""


def read_results(
    path: str | PathLike[str],
    grid: Grid | None = None,
    *,
    seeds: int | Iterable[int] | None = None,
    settings: Mapping[str, Any] | None = None,
    run: Any = None,
    complete: bool = True,
) -> list[dict[str, Plain]]:
    """Read the CSV of a `sweep`, one dict per run, in the order of the grid and the seeds.

    Parameters
    ----------
    path : str or path
    grid, seeds, settings
        What the sweep was called with. A CSV of other settings is refused. Without `grid` and
        `seeds`, whatever is stored is taken.
    run : callable, optional
        The function that the sweep was called with. A CSV of another one is refused, as far as its
        source tells (see `sweep`).
    complete : bool
        Refuse a CSV that lacks runs.

    Returns
    -------
    list of dict
        Settings, ``"seed"``, results, ``"seconds"`` (the run's), ``"rnnlib"`` (its version) and
        ``"date"`` (UTC), with the types that they were stored with.

    Raises
    ------
    ValueError
        If the CSV is not a sweep's, is damaged, lacks runs, or its settings or `run` differ; the
        message says where.
    OSError
        If it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from rnnlib.sweeps import sweep
    >>> def run(length, seed):
    ...     return {"solved": length + seed < 12}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "lengths.csv")
    ...     rows = sweep(run, {"length": [10, 20]}, seeds=3, path=path, progress=False)
    ...     [row["solved"] for row in read_results(path, {"length": [10, 20]}, seeds=3)]
    [True, True, False, False, False, False]
    """
    path = Path(path)
    stored = load(path)
    if grid is not None or seeds is not None or settings is not None:
        if grid is None or seeds is None:
            raise ValueError("grid: expected it together with seeds, or neither, got one of them")
        refuse_another(path, stored.plan, make_plan(grid, seeds, settings))
    if run is not None:
        refuse_another_run(path, stored.plan, replace(stored.plan, code=fingerprint(run)))
    order = [stored.plan.key(each) for each in stored.plan.runs]
    missing = [key for key in order if key not in stored.rows]
    if missing and complete:
        names = ", ".join((*stored.plan.names, "seed"))
        raise ValueError(
            f"path: {path} lacks {len(missing)} of {len(order)} runs; the first is "
            f"({names}) = ({', '.join(missing[0])}); run the sweep again to complete it"
        )
    return [stored.rows[key] for key in order if key in stored.rows]


@dataclass
class Stored:
    """What a CSV holds: `rows` by key, its `columns`, and the `size` of its whole lines."""

    plan: Plan
    columns: list[str] = field(default_factory=list)
    rows: dict[tuple[str, ...], Setting] = field(default_factory=dict)
    size: int = 0

    @property
    def results(self) -> list[str] | None:
        """The names of the results, or None before the first one."""
        return self.columns[len(self.plan.names) + 1 : 1 - len(RESERVED)] if self.columns else None


def load(path: Path) -> Stored:
    """Read all whole lines; a last line without its end is what an interruption left of a run."""
    content = path.read_bytes()
    size = content.rfind(b"\n") + 1
    try:
        first, *lines = content[:size].decode("utf-8").split("\n")
        if not first.startswith(MARK):
            raise ValueError(f"its first line does not begin with {MARK!r}")
        stored = Stored(Plan.from_json(first.removeprefix(MARK)), size=size)
        for number, cells in enumerate(csv.reader(line for line in lines if line.strip()), start=2):
            if not stored.columns:
                stored.columns = cells
                continue
            if len(cells) != len(stored.columns):
                raise ValueError(f"line {number} has {len(cells)} cells")
            row = dict(zip(stored.columns, map(decode, cells), strict=True))
            key = stored.plan.key(row)
            if key in stored.rows:
                raise ValueError(f"line {number} repeats a run")
            stored.rows[key] = row
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"path: expected the CSV of a sweep, {path}: {error}") from error
    if stray := stored.rows.keys() - {stored.plan.key(run) for run in stored.plan.runs}:
        raise ValueError(f"path: {path} holds a run that its grid does not: {min(stray)}")
    return stored


def refuse_another(path: Path, stored: Plan, asked: Plan) -> None:
    """Raise ``ValueError`` unless the two plans are the same."""
    if differences := stored.differences(asked):
        grows = "; call sweep to add what is new" if stored.grows_into(asked) else ""
        raise ValueError(
            f"path: {path} holds the results of other settings ({'; '.join(differences)}); "
            f"move it away, or go back to its settings{grows}"
        )


def refuse_another_run(path: Path, stored: Plan, asked: Plan) -> None:
    """Raise ``ValueError`` if the results were made by another function, as far as is known."""
    if stored.code and asked.code and stored.code != asked.code:
        raise ValueError(
            f"path: {path} holds the results of another `run`: its source, or that of something it "
            f"uses, has changed since (stored {stored.code}, now {asked.code}); move the file away "
            "to run all anew, or pass same_run=True if the change cannot alter a result"
        )


class ResultsFile:
    """The CSV of a running sweep: whole rows, each on the disk before the next one is taken.

    A CSV that holds a part of the plan's runs is taken over, and its first line then says the plan.

    Raises
    ------
    ValueError
        If the folder does not exist, or `path` is another sweep's CSV or no sweep's at all.
    """

    def __init__(self, path: Path, plan: Plan, *, same_run: bool = False):
        if not path.parent.is_dir():
            raise ValueError(f"path: expected a file in an existing folder, got {path}")
        self.path, self.plan = path, plan
        self.stored = Stored(plan)
        if not path.exists():
            return
        content = path.read_bytes()
        if b"\n" in content or not _is_the_start(content):
            stored = load(path)
            if stored.rows:
                self._take_over(stored, content, same_run)
                return
        os.truncate(path, 0)  # what an interruption left before the first result

    def _take_over(self, stored: Stored, content: bytes, same_run: bool) -> None:
        if not stored.plan.grows_into(self.plan):
            refuse_another(self.path, stored.plan, self.plan)
        if not same_run:
            refuse_another_run(self.path, stored.plan, self.plan)
            self.plan = replace(self.plan, code=stored.plan.code)  # unknown stays unknown
        rows = {self.plan.key(row): row for row in stored.rows.values()}
        self.stored = Stored(self.plan, stored.columns, rows)
        first, _, rest = content[: stored.size].partition(b"\n")
        if first.decode() + "\n" != self._first_line:
            with replacing(self.path) as file:
                file.write(self._first_line.encode() + rest)
        else:
            os.truncate(self.path, stored.size)

    @property
    def _first_line(self) -> str:
        return f"{MARK}{self.plan.to_json()}\n"

    def has(self, run: Setting) -> bool:
        """Say whether the run's result is stored."""
        return self.plan.key(run) in self.stored.rows

    def check_names(self, result: Setting) -> None:
        """Raise ``ValueError`` if the results are not named like the earlier ones, or badly."""
        expected = self.stored.results
        if expected is not None and set(result) != set(expected):
            raise ValueError(f"run: expected results {expected} as before, got {[*result]}")
        if taken := result.keys() & {*RESERVED, *self.plan.names}:
            raise ValueError(f"run: expected results with names of their own, got {taken}")

    def append(self, run: Setting, result: Setting, seconds: float) -> None:
        """Write one run's row."""
        self.check_names(result)
        row: Setting = {**run, **result, "seconds": round(seconds, 3), "rnnlib": version("rnnlib")}
        row["date"] = datetime.now(UTC).isoformat(timespec="seconds")
        text = ""
        if not self.stored.columns:
            self.stored.columns = [*self.plan.names, "seed", *result, *RESERVED[1:]]
            text = self._first_line + _csv_line(self.stored.columns)
        text += _csv_line([encode(row[name]) for name in self.stored.columns])
        with open(self.path, "a", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        self.stored.rows[self.plan.key(run)] = row


def _is_the_start(content: bytes) -> bool:
    mark = MARK.encode()
    return content.startswith(mark) or mark.startswith(content)


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
