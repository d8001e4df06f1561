"""Draw the pictures that stand for the course elsewhere: `python -m tools.social_preview`.

Writes `_static/social-preview.png`, which a link to the course shows, and `_static/favicon.ico`
and `_static/touch-icon.png` from `_static/favicon.svg`. The results are committed; run it again
when the course's title, its central picture or its icon changes.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from PIL import Image
from playwright.sync_api import sync_playwright

from rnnlib import ElmanCell, unroll
from rnnlib.product import log_norms
from tools.provision import find_browser, use_own_node

STATIC = Path(__file__).resolve().parent.parent / "_static"
NIGHT, PAPER = "#14213d", "#f7f4ec"
NETWORKS = {"exploding": (2.5, "#ff9e5e"), "balanced": (1.4, PAPER), "vanishing": (0.9, "#5bb8ee")}


def reach(gain: float) -> np.ndarray:
    """Return log10 of the gradient's size over 0 to 100 steps, as on the landing page."""
    rng = np.random.default_rng(2)
    xs = 0.3 * rng.standard_normal((100, 1, 10))
    cell = ElmanCell.random(input_size=10, hidden_size=100, rng=rng, gain=gain)
    logs = log_norms(cell.jacobian(unroll(cell, xs).pre[:, 0]))
    return (logs - logs[0]) / np.log(10)


def draw_preview(path: Path) -> None:
    """Draw the title above the three curves, 1200 by 630 pixels."""
    mpl.rcParams["font.family"] = "DejaVu Sans"
    figure = plt.figure(figsize=(12, 6.3), dpi=100, facecolor=NIGHT)
    figure.text(0.065, 0.855, "Gradients Through Time", color=PAPER, size=46, weight="bold")
    subtitle = "Recurrent networks and the gradient product: derived, executed, tested"
    figure.text(0.066, 0.765, subtitle, color="#c9d2e3", size=21)
    axes = figure.add_axes((0.065, 0.09, 0.87, 0.6), facecolor=NIGHT)
    for name, (gain, colour) in NETWORKS.items():
        curve = reach(gain)
        axes.plot(curve, color=colour, linewidth=5, solid_capstyle="round")
        axes.text(102, curve[-1], name, color=colour, size=24, va="center")
    axes.plot(0, 0, "o", color=PAPER, markersize=17)
    axes.set_xlim(-2, 124)
    axes.axis("off")
    figure.savefig(path)
    plt.close(figure)


def draw_icons(icon: Path) -> None:
    """Render the SVG icon at the sizes that browsers and phones ask for."""
    use_own_node()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser())
        page = browser.new_page(viewport={"width": 180, "height": 180})
        page.set_content(f"<style>body{{margin:0}}</style>{icon.read_text(encoding='utf-8')}")
        page.screenshot(path=icon.with_name("touch-icon.png"), omit_background=True)
        browser.close()
    with Image.open(icon.with_name("touch-icon.png")) as picture:
        picture.save(icon.with_name("favicon.ico"), sizes=[(16, 16), (32, 32), (48, 48)])


if __name__ == "__main__":
    draw_preview(STATIC / "social-preview.png")
    draw_icons(STATIC / "favicon.svg")
