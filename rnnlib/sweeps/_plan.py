"""What a sweep is to run, and how plain values are written in a cell of its CSV."""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib._validate import check_size, describe

Plain = bool | int | float | str | None
Setting = dict[str, Plain]
Grid = Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]]
RESERVED = ("seed", "seconds", "rnnlib", "date")  # columns of the CSV beside settings and results


def to_plain(name: str, value: Any) -> Plain:
    """Return a number, string, bool or None as Python's own, whatever numpy made of it."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"{name}: expected a number, a string, a bool or None, got {describe(value)}")


def encode(value: Plain) -> str:
    """Write a value such that `decode` gives it back, type and all, on one line."""
    if isinstance(value, str):
        is_clear = value.isprintable() and not value.startswith('"') and decode(value) == value
        return value if is_clear else json.dumps(value)
    return repr(value)


def decode(text: str) -> Plain:
    """Read what `encode` wrote."""
    if text in WORDS:
        return WORDS[text]
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            pass
    return json.loads(text) if text.startswith('"') and text.endswith('"') else text


WORDS: dict[str, Plain] = {"True": True, "False": False, "None": None}


@dataclass(frozen=True)
class Plan:
    """All runs of a sweep, in order: every setting with every seed.

    Attributes
    ----------
    grid : dict of lists, or list of dicts
        As the caller wrote it, in plain values.
    seeds : list of int
    fixed : dict
        What every run shares.
    code : str
        The fingerprint of the function that is run; "" if it is not known.
    """

    grid: dict[str, list[Plain]] | list[Setting]
    seeds: list[int]
    fixed: Setting
    code: str = ""

    @property
    def names(self) -> list[str]:
        """What the grid varies."""
        return list(self.grid if isinstance(self.grid, dict) else self.grid[0])

    @property
    def settings(self) -> list[Setting]:
        """Every setting once, in the grid's order."""
        if isinstance(self.grid, list):
            return self.grid
        return [
            dict(zip(self.grid, values, strict=True))
            for values in itertools.product(*self.grid.values())
        ]

    @property
    def runs(self) -> list[Setting]:
        """Every run: a setting and a seed."""
        return [setting | {"seed": seed} for setting in self.settings for seed in self.seeds]

    def key(self, row: Mapping[str, Plain]) -> tuple[str, ...]:
        """Return what tells a run from the others (as text, because 1 == 1.0 == True)."""
        return tuple(encode(row[name]) for name in (*self.names, "seed"))

    def to_json(self) -> str:
        """Write the plan on one line."""
        record: dict[str, Any] = {"grid": self.grid, "seeds": self.seeds, "settings": self.fixed}
        if self.code:
            record["run"] = self.code
        return json.dumps(record, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Plan":
        """Read what `to_json` wrote."""
        record = json.loads(text)
        return make_plan(
            record["grid"], record["seeds"], record["settings"], code=record.get("run", "")
        )

    def grows_into(self, asked: "Plan") -> bool:
        """Whether the plan that is `asked` for has all runs of this one, and maybe more."""
        if {*self.names} != {*asked.names} or self._shown() != asked._shown():
            return False
        return {self.key(run) for run in self.runs} <= {self.key(run) for run in asked.runs}

    def differences(self, asked: "Plan") -> list[str]:
        """Say where the plan that is `asked` for departs from this stored one."""
        pairs = [(f"grid[{n!r}]", self._values(n), asked._values(n)) for n in self._all(asked)]
        pairs += [("seeds", repr(self.seeds), repr(asked.seeds))]
        fixed = {**self.fixed, **asked.fixed}
        pairs += [(f"settings[{n!r}]", _show(self.fixed, n), _show(asked.fixed, n)) for n in fixed]
        found = [f"{what}: stored {old}, asked {new}" for what, old, new in pairs if old != new]
        same = {self.key(run) for run in self.runs} == {asked.key(run) for run in asked.runs}
        if not found and not same:
            found = [f"grid: stored {self.grid}, asked {asked.grid}"]
        return found

    def _shown(self) -> dict[str, str]:
        return {name: repr(value) for name, value in self.fixed.items()}

    def _all(self, other: "Plan") -> list[str]:
        return list(dict.fromkeys([*self.names, *other.names]))

    def _values(self, name: str) -> str:
        if name not in self.names:
            return "nothing"
        return "[" + ", ".join(dict.fromkeys(repr(s[name]) for s in self.settings)) + "]"


def _show(fixed: Setting, name: str) -> str:
    return repr(fixed[name]) if name in fixed else "nothing"


def make_plan(
    grid: Grid, seeds: int | Iterable[int], settings: Mapping[str, Any] | None, *, code: str = ""
) -> Plan:
    """Check a sweep's grid, seeds and fixed settings, and make its plan of them."""
    fixed = _setting("settings", {} if settings is None else settings)
    plan = Plan(_plain_grid(grid), _plain_seeds(seeds), fixed, code)
    for name in (*plan.names, *fixed):
        if name in RESERVED:
            raise ValueError(f"grid: {name!r} is a column of the sweep's own, choose another name")
    if both := fixed.keys() & set(plan.names):
        raise ValueError(f"settings: expected names that the grid does not vary, got {both}")
    keys = [plan.key(run) for run in plan.runs]
    if len(set(keys)) < len(keys):
        raise ValueError("grid: expected every setting once, got one twice")
    return plan


def _plain_grid(grid: Grid) -> dict[str, list[Plain]] | list[Setting]:
    if isinstance(grid, Mapping):
        values = {}
        for name, of_name in grid.items():
            if isinstance(of_name, str) or not isinstance(of_name, Iterable):
                raise TypeError(f"grid[{name!r}]: expected a list, got {describe(of_name)}")
            values[name] = [_setting("grid", {name: value})[name] for value in of_name]
            if not values[name]:
                raise ValueError(f"grid[{name!r}]: expected at least one value, got none")
        return values
    if isinstance(grid, str) or not isinstance(grid, Iterable):
        raise TypeError(f"grid: expected lists by name or a list of dicts, got {describe(grid)}")
    listed = [_setting("grid", setting) for setting in grid]
    if not listed:
        raise ValueError("grid: expected at least one setting, got none")
    for setting in listed:
        if setting.keys() != listed[0].keys():
            raise ValueError(
                f"grid: expected the same names throughout, got {[*listed[0]]} and {[*setting]}"
            )
    return listed


def _setting(argument: str, setting: Any) -> Setting:
    if not isinstance(setting, Mapping) or not all(isinstance(name, str) for name in setting):
        raise TypeError(f"{argument}: expected values by name, got {describe(setting)}")
    plain = {name: to_plain(f"{argument}[{name!r}]", value) for name, value in setting.items()}
    for name, value in plain.items():
        if value != value:
            raise ValueError(f"{argument}[{name!r}]: expected a value, got nan")
    return plain


def _plain_seeds(seeds: int | Iterable[int]) -> list[int]:
    if not isinstance(seeds, Iterable):
        return list(range(check_size("seeds", seeds)))
    listed = [check_size("seeds", seed, minimum=0) for seed in seeds]
    if not listed:
        raise ValueError("seeds: expected at least one, got none")
    if len(set(listed)) < len(listed):
        twice = next(seed for seed in listed if listed.count(seed) > 1)
        raise ValueError(f"seeds: expected each once, got {twice} twice")
    return listed
