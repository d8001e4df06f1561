"""Timing side by side: peers in turn in one process, one thread, CPU time."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 7
SECONDS_PER_TURN = 0.15
RESULTS = Path(__file__).parent / "results"

Work = Callable[[], object]


@dataclass(frozen=True)
class Table:
    """A benchmark's result: printed as Markdown, stored beside this file as Markdown and JSON."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str | float, ...]]

    def markdown(self) -> str:
        lines = [" | ".join(self.columns), " | ".join("---" for _ in self.columns)]
        lines += [" | ".join(map(_text, row)) for row in self.rows]
        return f"### {self.title}\n\n" + "\n".join(f"| {line} |" for line in lines) + "\n"

    def store(self) -> None:
        RESULTS.mkdir(exist_ok=True)
        print(self.markdown(), flush=True)
        (RESULTS / f"{self.name}.md").write_text(self.markdown(), encoding="utf-8")
        records = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        text = json.dumps({"title": self.title, "rows": records}, indent=1, ensure_ascii=False)
        (RESULTS / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")


def ratios(ours: Work, *peers: Work) -> tuple[float, list[float]]:
    """Return the median of our seconds, and for each peer the median of its time over ours.

    Each round gives everybody one turn, so that whatever else the machine does hits all alike.
    """
    works = [ours, *peers]
    repeats = []
    for work in works:
        work()  # warm up, compile
        start = time.process_time()
        work()
        repeats.append(max(1, int(SECONDS_PER_TURN / max(time.process_time() - start, 1e-6))))
    rounds = [[seconds(w, n) for w, n in zip(works, repeats, strict=True)] for _ in range(ROUNDS)]
    return (
        statistics.median(turn[0] for turn in rounds),
        [statistics.median(turn[i] / turn[0] for turn in rounds) for i in range(1, len(works))],
    )


def seconds(work: Work, repeats: int) -> float:
    """Return the CPU seconds of one call, the mean over `repeats`."""
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"
