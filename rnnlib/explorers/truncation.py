"""The explorer of chapter 14: what truncation makes of the gradient of one weight."""

from typing import ClassVar

import numpy as np

from rnnlib._validate import Array
from rnnlib.explorers._base import Explorer, Number
from rnnlib.explorers._traits import traitlets
from rnnlib.time import (
    beyond,
    chunk_weights,
    geometric_survival,
    random_variance,
    weighted_gradient,
)

_STEPS = 120


class TruncationExplorer(Explorer):
    """A gradient G_d = near^d + far · slow^d of one weight, d < 120, truncated in three ways.

    Attributes
    ----------
    near, slow : float
        What each part keeps a step.
    far : float
        The weight of the part that reaches far, −1 … 1.
    way : {"window", "chunks", "chance"}
        A window of n steps; chunks of n, in the mean over their cuts; or a geometric reach of n in
        the mean.
    n : int
        2 … 60.
    drawn : int
        How far back the one draw went that is shown.

    Examples
    --------
    >>> explorer = TruncationExplorer(far=-0.2, slow=0.95, n=5)
    >>> explorer.sum > 0 > explorer.whole  # a window with the wrong sign
    True
    """

    module: ClassVar[str] = "truncation"
    heights = ("45.1rem", "51.4rem")
    shared_traits: ClassVar[tuple[str, ...]] = ("far", "slow", "near", "way", "n", "drawn")

    far = Number(-0.2, min=-1, max=1).tag(sync=True)
    slow = Number(0.95, min=0.5, max=0.99).tag(sync=True)
    near = Number(0.6, min=0.1, max=0.9).tag(sync=True)
    way = traitlets.Enum(["window", "chunks", "chance"], "window").tag(sync=True)
    n = traitlets.Int(5, min=2, max=60).tag(sync=True)
    drawn = traitlets.Int(8, min=0, max=_STEPS - 1).tag(sync=True)

    @property
    def parts(self) -> Array:
        """G_d, shape (120,)."""
        d = np.arange(_STEPS)
        parts: Array = self.near**d + self.far * self.slow**d
        return parts

    @property
    def weights(self) -> Array:
        """What each distance counts, as far as it is taken along."""
        if self.way == "window":
            return np.ones(self.n)
        if self.way == "chunks":
            return chunk_weights(self.n, self.n)
        weights: Array = 1 / geometric_survival(self.n, self.drawn + 1)
        return weights

    @property
    def sum(self) -> float:
        """The truncated gradient; by chance, the one that was drawn."""
        return float(weighted_gradient(self.parts, self.weights))

    @property
    def whole(self) -> float:
        """The gradient."""
        return float(beyond(self.parts)[0])

    @property
    def bias(self) -> float:
        """The squared bias of the window, or of chunks in the mean; 0 by chance."""
        return 0.0 if self.way == "chance" else (self.whole - self.sum) ** 2

    @property
    def variance(self) -> float:
        """The variance of a geometric reach of n in the mean."""
        return random_variance(self.parts, geometric_survival(self.n, _STEPS))

    @property
    def draws(self) -> float:
        """How many draws, averaged, are as near to the gradient as the window of n."""
        return float(self.variance / beyond(self.parts)[self.n] ** 2)

    def still(self) -> str:
        """Say what the figure shows."""
        return (
            f"Truncated to {self.n} steps ({self.way}), a gradient of {self.whole:.3g} becomes "
            f"{self.sum:.3g}; the variance of a random reach is {self.variance:.3g}."
        )
