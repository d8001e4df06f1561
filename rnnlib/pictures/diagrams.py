"""The network drawn: folded (one step with a loop) and unrolled (one copy per step).

A weight has one colour wherever it appears, which is the whole point of the drawing: the unrolled
network has T arrows for W_hh and still only one W_hh.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnlib._optional import needs
from rnnlib._validate import check_size
from rnnlib.pictures.plotting import COLOURS, INK, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import FancyArrowPatch

RADIUS = 0.3
"""Of a node."""
ROWS = {"input": 0.0, "state": 1.25, "output": 2.5}
"""The height at which each kind of node stands."""
WEIGHTS = {"W_xh": "input", "W_hh": "state", "W_ho": "output"}
"""Each weight takes the colour of the row it belongs to."""


def draw_folded(ax: "Axes | None" = None) -> "Axes":
    """Draw one step of the network, its state feeding back into itself.

    Parameters
    ----------
    ax : matplotlib Axes, optional
        A new figure if left out.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> ax = draw_folded()
    >>> plt.close(ax.figure)
    """
    ax = _canvas(ax, width=2.6)
    _column(ax, 0.0, {"input": "$x_t$", "state": "$h_t$", "output": "$o_t$"})
    loop = _arrow_patch(
        (0.24, ROWS["state"] + 0.24),
        (0.24, ROWS["state"] - 0.24),
        "W_hh",
        connectionstyle="arc3,rad=-2.2",
    )
    ax.add_patch(loop)
    _name(ax, 1.4, ROWS["state"], "W_hh", suffix="\none step\nlater")
    _frame(ax, -0.9, 1.95)
    return ax


def draw_unrolled(
    steps: int = 4,
    ax: "Axes | None" = None,
    *,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> "Axes":
    """Draw the network unrolled: a copy of the same step for t = 1 … T, h_0 on the left.

    Parameters
    ----------
    steps : int
        T.
    ax : matplotlib Axes, optional
        A new figure if left out.
    inputs, outputs : sequence of str, length T, optional
        What to write below x_t and above o_t, such as the words of a sentence.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If `steps` is not an integer >= 1 or the number of words is not `steps`.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> ax = draw_unrolled(3, inputs=["the", "cat", "sleeps"])
    >>> plt.close(ax.figure)
    """
    steps = check_size("steps", steps)
    for name, words in (("inputs", inputs), ("outputs", outputs)):
        if words is not None and len(words) != steps:
            raise ValueError(f"{name}: expected {steps} words, one per step, got {len(words)}")
    gap = 1.6
    ax = _canvas(ax, width=1.4 * (steps + 1))
    _node(ax, 0.0, ROWS["state"], "$h_0$", "state")
    for t in range(1, steps + 1):
        x = t * gap
        labels = {"input": f"$x_{{{t}}}$", "state": f"$h_{{{t}}}$", "output": f"$o_{{{t}}}$"}
        _column(ax, x, labels, named=t == 1)
        _arrow(ax, (x - gap, ROWS["state"]), (x, ROWS["state"]), "W_hh")
        _name(ax, x - gap / 2, ROWS["state"] + 0.2, "W_hh")
        if inputs is not None:
            _word(ax, x, ROWS["input"] - 0.62, inputs[t - 1])
        if outputs is not None:
            _word(ax, x, ROWS["output"] + 0.62, outputs[t - 1])
    _frame(ax, -0.5, steps * gap + 0.5, bottom=inputs is not None, top=outputs is not None)
    return ax


def _canvas(ax: "Axes | None", width: float) -> "Axes":
    if ax is not None:
        return ax
    with needs("plot"):
        from matplotlib import pyplot as plt

    return plt.subplots(figsize=(width, 3.2))[1]


def _frame(
    ax: "Axes", left: float, right: float, *, bottom: bool = False, top: bool = False
) -> None:
    low, high = ROWS["input"] - 0.45 - 0.45 * bottom, ROWS["output"] + 0.45 + 0.45 * top
    ax.set(xlim=(left, right), ylim=(low, high), aspect="equal")
    ax.axis("off")


def _column(ax: "Axes", x: float, labels: dict[str, str], *, named: bool = True) -> None:
    """Draw input, state and output of one step, one above the other."""
    for role, label in labels.items():
        _node(ax, x, ROWS[role], label, role)
    _arrow(ax, (x, ROWS["input"]), (x, ROWS["state"]), "W_xh")
    _arrow(ax, (x, ROWS["state"]), (x, ROWS["output"]), "W_ho")
    if named:
        _name(ax, x - 0.34, (ROWS["input"] + ROWS["state"]) / 2, "W_xh")
        _name(ax, x - 0.34, (ROWS["state"] + ROWS["output"]) / 2, "W_ho")


def _node(ax: "Axes", x: float, y: float, label: str, role: str) -> None:
    from matplotlib.patches import Circle

    ax.add_patch(Circle((x, y), RADIUS, facecolor=PAPER, edgecolor=COLOURS[role], linewidth=2))
    ax.text(x, y, label, ha="center", va="center", fontsize=13, color=INK)


def _arrow(ax: "Axes", start: tuple[float, float], end: tuple[float, float], weight: str) -> None:
    """Draw an arrow from rim to rim of two nodes, in the weight's colour."""
    a, b = np.array(start), np.array(end)
    offset = (RADIUS + 0.04) * (b - a) / np.linalg.norm(b - a)
    tail, tip = a + offset, b - offset
    ax.add_patch(_arrow_patch(tail, tip, weight))


def _arrow_patch(tail: Any, tip: Any, weight: str, **kwargs: Any) -> "FancyArrowPatch":
    from matplotlib.patches import FancyArrowPatch

    return FancyArrowPatch(
        tail,
        tip,
        arrowstyle="-|>",
        mutation_scale=13,
        linewidth=2.2,
        color=COLOURS[WEIGHTS[weight]],
        shrinkA=0,
        shrinkB=0,
        **kwargs,
    )


def _name(ax: "Axes", x: float, y: float, weight: str, suffix: str = "") -> None:
    base, index = weight.split("_")
    text = rf"${base}_{{{index}}}$" + suffix
    ax.text(x, y, text, color=COLOURS[WEIGHTS[weight]], ha="center", va="center", fontsize=12)


def _word(ax: "Axes", x: float, y: float, word: str) -> None:
    ax.text(x, y, word, ha="center", va="center", fontsize=11, color=INK)
