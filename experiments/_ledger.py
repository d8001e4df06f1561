"""`ledger.csv`: what all protocols found, each result of each setting with its interval."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from experiments._protocol import Protocol
from rnnlib.sweeps import Interval, median_interval, wilson_interval

PATH = Path(__file__).with_name("ledger.csv")
NAMES = ("experiment", "setting", "result", "kind", "seeds", "estimate", "low", "high")
NAMES += ("rnnlib", "date")


def entries(protocol: Protocol) -> Iterator[dict[str, str]]:
    """Yield each result of each setting: a count of successes, or the median of a number.

    Of a count the interval is Wilson's, of the probability of success; of a median the bootstrap's.
    """
    rows = protocol.results()
    for setting in protocol.choice():
        runs = [row for row in rows if setting.items() <= row.items()]
        for name in protocol.measured(rows):
            values = [row[name] for row in runs]
            if any(value is None or isinstance(value, str) for value in values):
                continue
            counted = all(isinstance(value, bool) for value in values)
            estimate, ends = _count(values) if counted else _median(values)
            yield {
                "experiment": protocol.name,
                "setting": ", ".join(f"{name} {value}" for name, value in setting.items()),
                "result": name,
                "kind": "count" if counted else "median",
                "seeds": f"{len(runs)}",
                "estimate": f"{estimate:.4g}",
                "low": f"{ends.low:.4g}",
                "high": f"{ends.high:.4g}",
                "rnnlib": max(row["rnnlib"] for row in runs),
                "date": max(row["date"] for row in runs),
            }


def _count(values: list[bool]) -> tuple[float, Interval]:
    return sum(values), wilson_interval(sum(values), len(values))


def _median(values: list[float]) -> tuple[float, Interval]:
    return float(np.median(values)), median_interval(values)


def stored(path: Path = PATH) -> list[dict[str, str]]:
    """Read the ledger; no lines if there is none yet."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def enter(protocol: Protocol, path: Path = PATH) -> None:
    """Write a protocol's lines anew, and leave those of the others."""
    others = [line for line in stored(path) if line["experiment"] != protocol.name]
    lines = sorted([*others, *entries(protocol)], key=lambda line: line["experiment"])
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, NAMES, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
