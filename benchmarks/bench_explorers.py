"""How soon each explorer has answered: script, layout and style of one change, in Chromium.

Every control is moved through twenty places, one a frame. Frames in which the machine did other
things come and go, so each place's quietest of three passes counts.
"""

import statistics
from collections.abc import Iterator

from benchmarks.run import ROOT, Row
from tests.site.checks import headless
from tests.site.explorers import explore
from tools.serving import serve

MODULES = ("unit", "matrix", "network", "wall", "words", "fan", "gates", "truncation")
MOVE = """
async id => {
  const place = document.getElementById(id), spent = [];
  const frame = act => new Promise(done => requestAnimationFrame(() => done(act())));
  const timed = async act => {
    const before = frame(() => performance.now()); // asked before the explorer's own frame
    act();
    const after = frame(() => { place.getBoundingClientRect(); return performance.now(); });
    const [start, end] = await Promise.all([before, after]);
    return end - start;
  };
  for (const row of place.querySelectorAll("[data-control]:not([hidden])")) {
    const slider = row.querySelector("input[type=range]");
    const field = row.querySelector("label + input[type=text]");
    for (let i = 0; i < 20; i++) {
      spent.push(await timed(() => {
        const [low, high] = slider ? [Number(slider.min), Number(slider.max)] : [0, 0];
        if (slider) slider.value = low + (high - low) * ((7 * i) % 20) / 19;
        if (field) field.value = "the value of the object ".repeat(i % 5);
        (slider ?? field)?.dispatchEvent(new Event("input"));
      }));
    }
  }
  return spent;
}
"""


def measure() -> Iterator[Row]:
    """Move the explorers of the site in `_build/html`."""
    with serve(ROOT / "_build" / "html") as base, headless() as chromium:
        for module in MODULES:
            with explore(chromium, ROOT / "_build" / "html", base, module) as explored:
                passes = []
                for _ in range(3):
                    explored.button("Reset").click()
                    passes.append(explored.tab.evaluate(MOVE, explored.id))
            spent = [min(times) for times in zip(*passes, strict=True)]
            yield Row(f"explorer {module}, median change", statistics.median(spent), "ms", 16)
            yield Row(f"explorer {module}, slowest change", max(spent), "ms", 50)
