"""``@protocol``: what is run for a claim, fixed before it is run.

    @protocol(
        criterion="fewer than 1 % of 2000 fresh sequences wrong, within 2000 updates of 32",
        grid={"method": ["value", "as long"]},
        choose={"learning_rate": [0.1, 1.0, 10.0]},
        loss=pace(2000),
        selection_seeds=range(100, 104),
        seeds=20,
        control=Control(
            of={"method": "value"},
            rows={"method": "as long"},
            what="each step as long as by value, unturned",
            exposes="that only the length of a step matters",
        ),
    )
    def run(method, learning_rate, seed):
        ...
        return {"solved": True}

What is compared is the grid; what is chosen for each of its settings, by successive halving on the
selection seeds, are the names in `choose`; what is reported are the runs of the seeds, at the
chosen values. All rows are kept in CSVs beside the module, with the fingerprint of `run`'s source,
this decorator included: after a change of the protocol they are refused. What is to grow later
(`grid=GRID`, `seeds=SEEDS`) stands in constants: then only what is new is run.
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlib.sweeps import read_results, successive_halving, sweep

Row = dict[str, Any]


@dataclass(frozen=True)
class Control:
    """Runs that would come out like the others if another explanation were true.

    Attributes
    ----------
    of, rows : dict
        The settings of the runs whose outcome is explained, and of those that control it: the same
        but for the cause.
    what : str
        What is run.
    exposes : str
        The other explanation.
    """

    of: Row
    rows: Row
    what: str
    exposes: str

    def granted(self, rows: list[Row], results: Sequence[str]) -> list[Row]:
        """Return the rows as they would be if the other explanation were true.

        The control's take the results, seed by seed, of what it controls.
        """
        explained = {row["seed"]: row for row in rows if self.of.items() <= row.items()}
        return [
            row | {name: explained[row["seed"]][name] for name in results}
            if self.rows.items() <= row.items()
            else row
            for row in rows
        ]


class Protocol:
    """An experiment: called, it is one run of it. `protocol` makes it."""

    def __init__(
        self,
        run: Callable[..., Row],
        criterion: str,
        grid: list[Row],
        choose: Mapping[str, Sequence[Any]],
        loss: Callable[[Row], float] | None,
        selection_seeds: list[int],
        seeds: list[int],
        settings: Mapping[str, Any],
        control: Control | None,
    ):
        functools.update_wrapper(self, run)
        self.run, self.criterion, self.grid, self.choose = run, criterion, grid, choose
        self.loss, self.selection_seeds, self.seeds = loss, selection_seeds, seeds
        self.settings, self.control = settings, control
        self.path = Path(run.__code__.co_filename).with_suffix(".csv")

    def __call__(self, *args: Any, **kwargs: Any) -> Row:
        """Make one run."""
        return self.run(*args, **kwargs)

    @property
    def name(self) -> str:
        """The module's."""
        return self.path.stem

    def measured(self, rows: Sequence[Row]) -> list[str]:
        """Return the names of what a run finds, as they stand in rows."""
        given = {*self.grid[0], *self.choose, "seed", "seconds", "rnnlib", "date"}
        return [name for name in rows[0] if name not in given]

    def choice(self) -> list[Row]:
        """Read what was chosen: the grid, each setting with its best values."""
        return self._chosen(self._read)

    def results(self) -> list[Row]:
        """Read the stored results; refuse those of another protocol, or with gaps."""
        return self._read(self.path, self.choice(), self.seeds)

    def carry_out(self, jobs: int | None = None) -> list[Row]:
        """Run what is missing, on all cores unless told otherwise."""

        def run(path: Path, grid: list[Row], seeds: list[int]) -> list[Row]:
            settings = self.settings
            return sweep(self.run, grid, seeds=seeds, settings=settings, path=path, jobs=jobs)

        return run(self.path, self._chosen(run), self.seeds)

    def _read(self, path: Path, grid: list[Row], seeds: list[int]) -> list[Row]:
        return read_results(path, grid, seeds=seeds, settings=self.settings, run=self.run)

    def _chosen(self, rows_at: Callable[[Path, list[Row], list[int]], list[Row]]) -> list[Row]:
        if self.loss is None:
            return self.grid

        def rows_of(number: int, settings: list[Row], seeds: list[int]) -> list[Row]:
            return rows_at(self.path.with_suffix(f".choice-{number}.csv"), settings, seeds)

        candidates = combinations(self.choose)
        return successive_halving(self.grid, candidates, self.selection_seeds, rows_of, self.loss)


def grouped(rows: Iterable[Row], *names: str) -> dict[Any, list[Row]]:
    """Return rows by the values of names, such as a method: a tuple of them if there are several.

    With one name, by its value.
    """
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        groups.setdefault(key[0] if len(key) == 1 else key, []).append(row)
    return groups


def pace(steps: int) -> Callable[[Row], float]:
    """Return the loss of a training run: the share of its steps until it solved the task.

    If it did not: 1, and what it got wrong. It takes the results `solved`, `steps_made`, `wrong`.
    """
    return lambda row: row["steps_made"] / steps if row["solved"] else 1 + row["wrong"]


def combinations(values: Mapping[str, Sequence[Any]]) -> list[Row]:
    """Return every combination of values by name."""
    return [dict(zip(values, each, strict=True)) for each in itertools.product(*values.values())]


def protocol(
    *,
    criterion: str,
    grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]],
    seeds: int | Iterable[int],
    choose: Mapping[str, Sequence[Any]] | None = None,
    loss: Callable[[Row], float] | None = None,
    selection_seeds: Iterable[int] = (),
    settings: Mapping[str, Any] | None = None,
    control: Control | None = None,
) -> Callable[[Callable[..., Row]], Protocol]:
    """Make an experiment of a run; `loss`, of a row, says what is best among what is chosen from.

    Raises
    ------
    ValueError
        If the criterion is empty, or of `choose`, `loss` and `selection_seeds` only some are given,
        or a seed is both for choosing and for reporting.
    """
    reported = list(range(seeds) if isinstance(seeds, int) else seeds)
    chosen_on = list(selection_seeds)
    if not criterion.strip():
        raise ValueError("criterion: expected what was fixed before the runs, got nothing")
    if len({choose is None, loss is None, not chosen_on}) > 1:
        raise ValueError("choose: expected it with loss and selection_seeds, or none of the three")
    if both := {*reported} & {*chosen_on}:
        raise ValueError(f"selection_seeds: expected seeds that are not reported, got {min(both)}")
    listed = combinations(grid) if isinstance(grid, Mapping) else [dict(each) for each in grid]

    def decorate(run: Callable[..., Row]) -> Protocol:
        return Protocol(
            run, criterion, listed, choose or {}, loss, chosen_on, reported, settings or {}, control
        )

    return decorate
