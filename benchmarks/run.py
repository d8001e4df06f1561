"""Run the benchmarks and print them as a table: `make bench`, or `python -m benchmarks.run NAME …`.

A benchmark is a module `benchmarks/bench_NAME.py` with a function `measure()` that yields rows.
The table is also kept, as Markdown and as JSON, in `_build/bench`.
"""

import argparse
import importlib
import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Row:
    """One measured quantity, with the figure that it has to stay under, if there is one."""

    what: str
    value: float
    unit: str
    limit: float | None = None


def names() -> list[str]:
    """List the benchmarks."""
    return sorted(
        path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py")
    )


def table(rows: Iterable[Row]) -> str:
    """Write rows as a Markdown table."""
    lines = ["| what | measured | limit | |", "|---|---:|---:|---|"]
    for row in rows:
        limit, verdict = "", ""
        if row.limit is not None:
            limit = f"{row.limit:,g} {row.unit}"
            verdict = "met" if row.value < row.limit else "**missed**"
        lines.append(f"| {row.what} | {row.value:,.4g} {row.unit} | {limit} | {verdict} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description="Measure, print a table, keep it in _build/bench.")
    parser.add_argument("name", nargs="*", default=names(), help=f"of {', '.join(names())}")
    chosen = parser.parse_args().name
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
    machine += f"Python {platform.python_version()}"
    print(f"{machine}\n")
    rows: list[Row] = []
    for name in chosen:
        module = importlib.import_module(f"benchmarks.bench_{name}")
        measured = list(module.measure())
        print(f"{table(measured)}\n", flush=True)
        rows += measured
    results = ROOT / "_build" / "bench"
    results.mkdir(parents=True, exist_ok=True)
    (results / "results.md").write_text(f"{machine}\n\n{table(rows)}\n", encoding="utf-8")
    record = {"machine": machine, "rows": [asdict(row) for row in rows]}
    (results / "results.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    print(f"Kept in {results}")


if __name__ == "__main__":
    main()
