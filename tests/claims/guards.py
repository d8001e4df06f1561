"""``@supports``: a test that holds a claim against stored results, and proves that it can fail.

    @supports("claim-clip-value", "cause", "clipping",
              Counter("by value no more", {"method": "value"}, {"solved": False}),
              again=Again({"method": "norm"}, seeds=[0], within={"solved": 0}))
    def test_value(rows):
        ...

becomes one test of the stored rows, and one for each counter-case: rows that the check must refuse.
A claim that gives a cause has one case more: the control's rows take the results of what they
control, as they would if the other explanation were true; that, too, must be refused. And some
stored runs are made again here and now, and held against the stored results.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import experiments
from experiments import Protocol
from tools.claims import KINDS

Row = dict[str, Any]


@dataclass(frozen=True)
class Counter:
    """Results that would refute a claim: those of the runs at a setting, exchanged for others."""

    name: str
    setting: Row
    results: Row

    def among(self, rows: list[Row]) -> list[Row]:
        """Return the rows with the results exchanged."""
        if not any(self.setting.items() <= row.items() for row in rows):
            raise LookupError(f"counter-case {self.name!r}: no run has the setting {self.setting}")
        return [row | self.results if self.setting.items() <= row.items() else row for row in rows]


@dataclass(frozen=True)
class Again:
    """Stored runs to make again: the seeds of the one setting that `setting` leaves.

    Attributes
    ----------
    within : dict
        How far each result may be from the stored one: 0 asks for the same.
    """

    setting: Row
    seeds: list[int]
    within: dict[str, float]

    def __post_init__(self) -> None:
        """Refuse to make nothing again, or to compare nothing."""
        if not self.seeds or not self.within:
            raise ValueError(f"again: expected seeds and results to compare, got {self}")

    def doctored(self, rows: list[Row], name: str) -> list[Row]:
        """Return the rows with one result out of its distance."""

        def other(value: Any) -> Any:
            return not value if isinstance(value, bool) else value + 2 * self.within[name] + 1e-9

        return [row | {name: other(row[name])} for row in rows]


def supports(
    label: str, kind: str, experiment: str, *counters: Counter, again: Again
) -> Callable[[Callable[[list[Row]], None]], object]:
    """Make a check of a claim into tests: of the truth, of each counter-case, and of fresh runs."""
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {KINDS}, got {kind!r}")
    protocol = experiments.load(experiment)
    if kind == "cause" and protocol.control is None:
        raise ValueError(f"{label}: expected experiments/{experiment} to have a control")

    def decorate(check: Callable[[list[Row]], None]) -> object:
        cases = ["holds", *counters, "made again"]
        if kind == "cause":
            cases.append("the control does the same")

        @pytest.mark.parametrize("case", cases, ids=lambda case: getattr(case, "name", case))
        def test(case: Any) -> None:
            rows = protocol.results()
            if case == "holds":
                check(rows)
            elif case == "made again":
                fresh = made_again(protocol, again)
                hold_against(rows, fresh, again)
                for name in again.within:
                    with pytest.raises(AssertionError):
                        hold_against(again.doctored(rows, name), fresh, again)
            elif case == "the control does the same":
                granted = protocol.control.granted(rows, protocol.measured(rows))
                with pytest.raises(AssertionError):
                    check(granted)
            else:
                with pytest.raises(AssertionError):
                    check(case.among(rows))

        return test

    return decorate


def column(rows: list[Row], setting: dict[str, Any], name: str) -> np.ndarray:
    """Return one result of all runs at a setting, by seed."""
    chosen = [row for row in rows if setting.items() <= row.items()]
    assert chosen, f"no run at {setting}"
    return np.array([row[name] for row in sorted(chosen, key=lambda row: row["seed"])], float)


def made_again(protocol: Protocol, again: Again) -> list[Row]:
    """Make some of an experiment's runs again."""
    chosen = [each for each in protocol.choice() if again.setting.items() <= each.items()]
    if len(chosen) != 1:
        raise LookupError(f"{again.setting}: expected one setting of it, found {len(chosen)}")
    return [
        chosen[0] | {"seed": seed} | protocol.run(**chosen[0], **protocol.settings, seed=seed)
        for seed in again.seeds
    ]


def hold_against(rows: list[Row], fresh: list[Row], again: Again) -> None:
    """Assert that fresh runs come out as the stored ones of the same settings and seeds."""
    for run in fresh:
        (stored,) = [
            row
            for row in rows
            if row["seed"] == run["seed"] and again.setting.items() <= row.items()
        ]
        for name, distance in again.within.items():
            assert abs(stored[name] - run[name]) <= distance, (name, stored[name], run[name])
