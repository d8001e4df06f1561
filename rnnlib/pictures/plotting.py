"""Pictures in the book's own style: one colour per role, readable without colour, light or dark.

Figures keep a light paper background in dark mode too,
so that the same picture serves the website, a notebook and print.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnlib._optional import needs
from rnnlib._validate import Array, check_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

COLOURS: Mapping[str, str] = {
    "input": "#007A5E",
    "state": "#0062A3",
    "output": "#A85B00",
    "gradient": "#B8352A",
    "reference": "#6B6B6B",
}
"""One colour per role: Okabe and Ito's hues, darkened to 4.5 : 1 on paper to serve as text."""

PAPER = "#FCFBF8"
"""The ground of every figure."""
INK = "#26262B"
"""Its text and axes."""
TIME = ("#3B0F5C", "#31528F", "#0F7280", "#2E7A33")
"""Early to late: viridis, no lighter than a text may be on paper."""
FONTS = Path(__file__).parent / "fonts"
"""The letters of the pages, for the pictures on them."""


def use_book_style() -> None:
    """Set matplotlib's defaults to the book's style; the first cell of every chapter calls it.

    Figures are drawn at twice the page's resolution, with text large enough for a phone.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> use_book_style()
    >>> mpl.rcParams["axes.spines.top"]
    False
    """
    with needs("plot"):
        import matplotlib as mpl
        from cycler import cycler
        from matplotlib.font_manager import fontManager

    known = {font.fname for font in fontManager.ttflist}
    for path in sorted(FONTS.glob("*.?tf")):
        if str(path) not in known:
            fontManager.addfont(path)
    mpl.rcParams.update(
        {
            "figure.figsize": (6.4, 3.2),
            "figure.dpi": 96,
            "figure.facecolor": PAPER,
            "figure.constrained_layout.use": True,
            "savefig.facecolor": PAPER,
            "axes.facecolor": PAPER,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.titlesize": 13.5,
            "axes.titlelocation": "left",
            "axes.labelsize": 13,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": cycler(color=list(COLOURS.values())),
            "axes.grid": False,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "xtick.labelsize": 12,
            "ytick.labelsize": 12,
            "font.size": 13,
            "font.family": ["Course Sans", "DejaVu Sans"],
            # Letters as in the formulas of the page, numbers as in its captions.
            "mathtext.fontset": "custom",
            "mathtext.rm": "Course Sans",
            "mathtext.it": "Course Math:italic",
            "mathtext.bf": "Course Sans:bold",
            "mathtext.bfit": "Course Sans:bold",
            "mathtext.cal": "Course Math:italic",
            "mathtext.sf": "Course Sans",
            "mathtext.tt": "DejaVu Sans Mono",
            "mathtext.fallback": "cm",
            "legend.frameon": False,
            "lines.linewidth": 2.0,
            "image.cmap": "viridis",
        }
    )
    _show_sharp_in_notebooks()


def _show_sharp_in_notebooks() -> None:
    """Ask Jupyter, where there is one, for pictures of twice the page's resolution."""
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ModuleNotFoundError:
        return
    if get_ipython() is not None:
        set_matplotlib_formats("retina")  # type: ignore[no-untyped-call]


def time_colours(steps: int) -> list[tuple[float, ...]]:
    """Return one colour per step, from early to late, each dark enough for a text of its own.

    Parameters
    ----------
    steps : int

    Returns
    -------
    list of RGBA tuples, length steps

    Examples
    --------
    >>> len(time_colours(5))
    5
    """
    with needs("plot"):
        from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("time", TIME)
    return [tuple(colour) for colour in colours(np.linspace(0, 1, steps))]


def label_line(ax: "Axes", x: float, y: float, text: str, colour: str, **kwargs: Any) -> None:
    """Write a line's name beside it, in its own colour: no legend to look up.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> label_line(ax, 0.5, 0.5, "tanh", COLOURS["state"])
    >>> plt.close(fig)
    """
    ax.annotate(
        text, (x, y), **{"xytext": (6, 0), "textcoords": "offset points", "va": "center", **kwargs}
    ).set_color(colour)


def decade_ruler(ax: "Axes") -> None:
    """Make of a y-axis of common logarithms a ruler of decades, with 1 as its heavy line.

    Above the line is what has grown, below it, shaded, what has faded.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> line = ax.plot([0, -3, -6])
    >>> decade_ruler(ax)
    >>> plt.close(fig)
    """
    from matplotlib.patches import Rectangle

    ax.axhline(0, color=INK, linewidth=1.4, zorder=0.9)
    below = Rectangle((0, -1e6), 1, 1e6, transform=ax.get_yaxis_transform(), zorder=0)
    below.set(facecolor=COLOURS["reference"], alpha=0.06, edgecolor="none")
    ax.add_artist(below)  # no patch of the data's, so that the limits stay the data's
    ax.yaxis.set_major_formatter(lambda v, _: f"$10^{{{v:.0f}}}$" if round(v) else "1")


def state_heatmap(ax: "Axes", hs: Array, words: Sequence[str] | None = None) -> "AxesImage":
    """Draw the states of one sequence: a column per step, a row per unit, blue − white − red +.

    Parameters
    ----------
    ax : matplotlib Axes
    hs : ndarray, shape (T + 1, hidden_size)
        ``run.hs[:, b]`` of an `Unrolled` run; column 0 is h_0.
    words : sequence of str, length T, optional
        What was read at each step, written under its column.

    Returns
    -------
    AxesImage
        For a colour bar.

    Raises
    ------
    ValueError, TypeError
        If `hs` is not a finite matrix or the number of words is not T.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> image = state_heatmap(ax, np.zeros((4, 2)), ["the", "cat", "sleeps"])
    >>> plt.close(fig)
    """
    hs = check_array("hs", hs, ("T + 1", "H"))
    steps = hs.shape[0] - 1
    if words is not None and len(words) != steps:
        raise ValueError(f"words: expected {steps}, one for each step, got {len(words)}")
    limit = max(float(np.abs(hs).max()), 1e-12)
    extent = (-0.5, steps + 0.5, hs.shape[1] + 0.5, 0.5)  # units count from 1, steps from 0
    image = ax.imshow(hs.T, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", extent=extent)
    ax.set_ylabel("unit i")
    if words is None:
        ax.set_xlabel("step t")
    else:
        ax.set_xticks(range(steps + 1), ["$h_0$", *words], rotation=60, ha="right")
    return image


def gradient_reach(ax: "Axes", log_norms: Mapping[str, Array]) -> None:
    """Draw ‖∂h_t/∂h_k‖ against the distance t − k, relative to distance 0, on a log axis.

    Parameters
    ----------
    ax : matplotlib Axes
    log_norms : mapping from a network's name to ndarray, shape (T + 1,)
        What `log_norms` returns; names are written beside the lines.

    Raises
    ------
    ValueError
        If there is nothing to draw.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> gradient_reach(ax, {"vanishing": -np.arange(30.0)})
    >>> plt.close(fig)
    """
    if not log_norms:
        raise ValueError("log_norms: expected at least one network, got none")
    colours = (COLOURS["state"], COLOURS["input"], COLOURS["gradient"])
    for index, (name, logs) in enumerate(log_norms.items()):
        log10 = (np.asarray(logs) - logs[0]) / np.log(10)
        colour = colours[index % len(colours)]
        ax.plot(np.arange(len(log10)), log10, color=colour)
        label_line(ax, len(log10) - 1, float(log10[-1]), name, colour)
    decade_ruler(ax)
    ax.set_xlabel(r"distance $t-k$ (steps)")
    ax.set_ylabel(r"$\|\partial h_t/\partial h_k\|$, relative")
