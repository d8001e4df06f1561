"""An explorer on the built site, worked as a reader works it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page

from rnnlib.explorers._base import FOLDER, SHARED
from tests.site.checks import LAID_OUT, pages

MODULES = sorted(path.stem for path in FOLDER.glob("*.js") if path.stem not in (*SHARED, "static"))

# Type into the fields, choose from the lists, wait for the picture, read the numbers off the page.
TRY = """
async ([id, settings]) => {
  const place = document.getElementById(id), found = [];
  for (const setting of settings) {
    for (const [name, value] of Object.entries(setting)) {
      const row = place.querySelector(`[data-control="${name}"]`);
      const field = row.querySelector("select, textarea, input[type=text]");
      field.value = String(value);
      const typed = row.querySelector("textarea") !== null;
      field.dispatchEvent(new Event(typed ? "input" : "change"));
    }
    await new Promise(done => requestAnimationFrame(done)); // after the explorer's own, asked first
    found.push(Object.fromEntries([...place.querySelectorAll("dd")].map(
      dd => [dd.dataset.name, dd.dataset.value])));
  }
  return found;
}
"""


class Explored:
    """An explorer on an open page."""

    def __init__(self, tab: Page, module: str) -> None:
        self.tab, self.id = tab, f"explorer-{module}"
        self.place = tab.locator(f"#{self.id}")
        self.errors: list[str] = []
        tab.on("pageerror", lambda error: self.errors.append(str(error)))
        tab.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)

    def control(self, name: str, kind: str = "input[type=range], select, textarea") -> Any:
        return self.place.locator(f'[data-control="{name}"]').locator(kind).first

    def button(self, name: str) -> Any:
        return self.place.get_by_role("button", name=name, exact=True)

    def unfold(self) -> None:
        """Show the settings and numbers that are folded at first."""
        self.place.locator("details").evaluate("more => { more.open = true; }")
        self.wait()

    def wait(self) -> None:
        """Wait until the picture has followed the controls."""
        self.tab.evaluate(
            "() => new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)))"
        )

    def later(self, milliseconds: int) -> None:
        """Let the page's own clock run, whose timers end in order however busy the machine is."""
        self.tab.evaluate("time => new Promise(done => setTimeout(done, time))", milliseconds)

    def numbers(self) -> dict[str, float]:
        return self.at([{}])[0]

    def at(self, settings: list[dict[str, Any]]) -> list[dict[str, float]]:
        """Return the numbers that the page shows at each setting, in full precision."""
        return [
            {name: as_float(value) for name, value in found.items()}
            for found in self.tab.evaluate(TRY, [self.id, settings])
        ]


def data_of(explored: Explored) -> dict[str, Any]:
    """Return what the page, or a file beside the explorers, was given of the explorer."""
    if file := explored.place.get_attribute("data-state-file"):
        address = urljoin(explored.tab.url, f"../explorers/{file}")
        fetched: dict[str, Any] = explored.tab.evaluate(
            "a => fetch(a).then(r => r.json())", address
        )
        return fetched
    data: dict[str, Any] = json.loads(explored.place.get_attribute("data-state") or "")
    return data


def as_float(written: str) -> Any:
    try:
        return float(written.replace("Infinity", "inf"))
    except ValueError:
        return written


@contextmanager
def explore(
    browser: Browser,
    site: Path,
    base: str,
    module: str,
    query: str = "",
    *,
    mark: str = "",
    **options: Any,
) -> Iterator[Explored]:
    """Open the first page that has this explorer, or this mark, and unfold it in view."""
    mark = mark or f'data-explorer="{module}"'
    page = next(p for p in pages(site) if mark in (site / p).read_text(encoding="utf-8"))
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    tab = context.new_page()
    explored = Explored(tab, module)
    tab.goto(f"{base}/{page}{query}#explorer-{module}")
    explored.place.scroll_into_view_if_needed()
    tab.wait_for_selector(f"#explorer-{module}[data-ready]")
    tab.wait_for_function(LAID_OUT)  # until then the page may still move under the pointer
    explored.unfold()
    yield explored
    assert not explored.errors
    context.close()
