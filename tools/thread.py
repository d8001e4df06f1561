"""Sphinx extension: the thread in a chapter's header, 24 states and an error on its way back.

The states are those of a small network that reads noise, computed here; the red thread below them
is as wide as what is left, at that step, of an error of the last one. The first chapters have no
error yet, in the chapter on vanishing it fades, in the chapter on exploding it swells.
"""

import re
from dataclasses import dataclass
from html import escape

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx

CHAPTER = re.compile(r"chapters/(\d\d)-")
STEPS, UNITS = 24, 40
WIDTH, HEIGHT, RADIUS = 854, 56, 9.0
APART = WIDTH / (STEPS + 1)
WIDEST = 9.0  # of the thread, where some three hundred times the error arrives, or more


@dataclass(frozen=True)
class Network:
    """What a header's network is like.

    Attributes
    ----------
    gain : float
        Of its recurrent weights.
    kept : float
        How much of a state a gate carries over, as it is.
    orthogonal : bool
        Whether the recurrent weights turn and do nothing else, times the gain.
    loudness : float
        Standard deviation of the inputs.
    backward : bool
        Whether there is an error to be carried back.
    """

    gain: float = 1.4
    kept: float = 0.0
    orthogonal: bool = False
    loudness: float = 0.5
    backward: bool = True

    def weights(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw the recurrent weights and the inputs."""
        rng = np.random.default_rng(seed)
        W = rng.standard_normal((UNITS, UNITS)) / UNITS**0.5
        if self.orthogonal:
            W = np.linalg.qr(W)[0]
        return self.gain * W, self.loudness * rng.standard_normal((STEPS, UNITS))

    def run(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the states, and log₁₀ of ‖∂h_T/∂h_t‖ relative to its value at t = T."""
        W, xs = self.weights(seed)
        hs, jacobians = [np.zeros(UNITS)], []
        for x in xs:
            new = np.tanh(W @ hs[-1] + x)
            jacobians.append(
                self.kept * np.eye(UNITS) + (1 - self.kept) * (1 - new**2)[:, None] * W
            )
            hs.append(self.kept * hs[-1] + (1 - self.kept) * new)
        products = [np.eye(UNITS)]
        for J in reversed(jacobians):
            products.append(products[-1] @ J)
        sizes = np.array([np.linalg.norm(P) for P in reversed(products)]) / UNITS**0.5
        return np.array(hs), np.log10(sizes)


FORWARD = Network(backward=False)
NETWORKS = {
    **dict.fromkeys((1, 2, 3), FORWARD),
    4: Network(gain=1.2),
    9: Network(gain=0.9),
    10: Network(gain=4.0, loudness=0.05),
    12: Network(gain=1.0, orthogonal=True, loudness=0.1),
    13: Network(kept=0.9, loudness=2.0),
}


def disc(x: float, y: float, radius: float) -> str:
    """Write a disc as a part of a path."""
    turn = f"a{radius:.1f} {radius:.1f} 0 1 0"
    return f"M{x - radius:.1f} {y}{turn} {2 * radius:.1f} 0{turn} {-2 * radius:.1f} 0"


def drawing(chapter: int) -> str:
    """Draw a chapter's thread as SVG."""
    network = NETWORKS.get(chapter, Network())
    hs, logs = network.run(seed=chapter)
    xs = APART * np.arange(1, STEPS + 1)
    rings = "".join(disc(x, 18, RADIUS) for x in xs)
    fills = "".join(
        disc(x, 18, (RADIUS - 1) * abs(h[0]) ** 0.5) for x, h in zip(xs, hs[1:], strict=True)
    )
    said = f"{STEPS} states of a small network in a row"
    thread = ""
    if network.backward:
        half = 0.4 + (WIDEST / 2 - 0.4) * np.clip((logs[1:] + 2.5) / 5, 0, 1)
        above = [f"{x:.1f},{46 - h:.2f}" for x, h in zip(xs, half, strict=True)]
        below = [f"{x:.1f},{46 + h:.2f}" for x, h in zip(xs, half, strict=True)]
        thread = f'<polygon class="thread" points="{" ".join(above + below[::-1])}"/>'
        said += (
            f"; below it a red thread, as wide as what is left of the last step's error: "
            f"{10 ** logs[1]:.2g} of it at the first"
        )
    return (
        f'<svg class="header-thread" role="img" aria-label="{escape(said)}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMaxYMid slice">'
        f'<path class="ring" d="{rings}"/><path class="state" d="{fills}"/>{thread}</svg>'
    )


def insert(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Put the thread under a chapter's title."""
    match = CHAPTER.match(page)
    section = tree.next_node(nodes.section)
    if app.builder.format != "html" or not match or section is None:
        return
    section.insert(1, nodes.raw("", drawing(int(match[1])), format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the extension."""
    app.connect("doctree-resolved", insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
