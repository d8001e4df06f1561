"""What a page weighs and how calmly it loads, in headless Chromium, worst page first.

A page is loaded five times and its quietest load counts: a long task is the page's own only if it
is there every time, while the machine's other work comes and goes.
"""

from collections.abc import Iterator

from benchmarks.run import ROOT, Row
from tests.site.checks import Visit, headless, pages, visit
from tools.serving import serve


def quietest(visits: list[Visit]) -> float:
    """Return the longest task, in milliseconds, of the visit where it was shortest."""
    return min(max(seen.long_tasks, default=0.0) for seen in visits)


def measure() -> Iterator[Row]:
    """Visit the chapters of the site in `_build/html`."""
    site = ROOT / "_build" / "html"
    seen: list[list[Visit]] = []
    with serve(site) as base, headless() as chromium:
        for page in pages(site):
            if page.startswith("chapters/"):
                seen.append([visit(chromium, base, page, axe=False) for _ in range(5)])

    def worst(what: str, value: object, unit: str, limit: float | None = None) -> Row:
        found, page = max((value(visits), visits[0].page) for visits in seen)
        return Row(f"{what} ({page})", found, unit, limit)

    yield worst("script", lambda visits: visits[0].script_bytes / 1000, "kB", 200)
    yield worst("layout shift", lambda visits: max(v.shift for v in visits), "", 0.02)
    yield worst("longest task", quietest, "ms", 50)
    yield worst("whole page", lambda visits: visits[0].total_bytes / 1000, "kB")
