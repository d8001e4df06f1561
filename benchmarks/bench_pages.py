"""What a page weighs and how calmly it loads, in headless Chromium, worst page first.

A page is loaded five times and its quietest load counts: a long task is the page's own only if it
is there every time, while the machine's other work comes and goes.
"""

from collections.abc import Callable, Iterator

from benchmarks.run import ROOT, Row
from tests.site.checks import Visit, headless, pages, visit
from tools.serving import serve

Value = Callable[[list[Visit]], float]
SLOWED = 4  # times: a cheap phone
EXPLORER = "data-explorer="


def quietest(visits: list[Visit]) -> float:
    """Return the longest task, in milliseconds, of the visit where it was shortest."""
    return min(max(seen.long_tasks, default=0.0) for seen in visits)


def measure() -> Iterator[Row]:
    """Visit the chapters of the site in `_build/html`."""
    site = ROOT / "_build" / "html"
    chapters = [page for page in pages(site) if page.startswith("chapters/")]
    with serve(site) as base, headless() as chromium:
        seen, slow = (
            [
                [visit(chromium, base, page, axe=False, slowed=slowed) for _ in range(5)]
                for page in chapters
            ]
            for slowed in (1, SLOWED)
        )

    def worst(what: str, value: Value, unit: str, limit: float | None = None) -> Row:
        return of_worst(seen, what, value, unit, limit)

    yield worst("script", lambda visits: visits[0].script_bytes / 1000, "kB", 200)
    yield worst("layout shift", lambda visits: max(v.shift for v in visits), "", 0.02)
    yield worst("longest task", quietest, "ms", 50)
    yield worst("whole page", lambda visits: visits[0].total_bytes / 1000, "kB")
    kinds: dict[bool, list[list[Visit]]] = {False: [], True: []}
    for visits in slow:
        page = (site / visits[0].page).read_text(encoding="utf-8")
        kinds[EXPLORER in page].append(visits)
    what = f"longest task, {SLOWED} times slower"
    yield of_worst(kinds[False], f"{what}, text", quietest, "ms", 100)
    yield of_worst(kinds[True], f"{what}, with an explorer", quietest, "ms", 200)


def of_worst(
    seen: list[list[Visit]], what: str, value: Value, unit: str, limit: float | None
) -> Row:
    """Return the row of the page with the largest value."""
    found, page = max((value(visits), visits[0].page) for visits in seen)
    return Row(f"{what} ({page})", found, unit, limit)
