"""The explorer of chapter 10: the loss surface of one unit, and descents on it."""

from typing import ClassVar

from rnnlib.explorers._base import Explorer, Number
from rnnlib.explorers._traits import traitlets
from rnnlib.one_unit.wall import Descent, OneUnit, Wall, descend


class WallExplorer(Explorer):
    """The loss (h_T − target)² of one unit h_t = tanh(u h_{t-1} + b) over u and b.

    Attributes
    ----------
    u, b : float
        Where the descents start.
    rate, maxNorm : float
        The learning rate, and the norm to which the clipped descent's gradients are clipped.
    updates : int
        1 … 2000.
    descents : {"both", "free", "clipped"}
        Which are drawn.
    steps : int
        T, 1 … 200.
    h0, target : float

    Examples
    --------
    >>> explorer = WallExplorer(u=2.0, b=0.0, h0=0.0, target=0.5, steps=10)
    >>> explorer.gradient.b  # on the wall: 2 · (0 − 0.5) · (2^10 − 1)
    array([-1023.])
    """

    module: ClassVar[str] = "wall"
    heights = ("39.5rem", "57rem")
    shared_traits: ClassVar[tuple[str, ...]] = (
        "u", "b", "rate", "maxNorm", "updates", "steps", "h0", "target", "descents",
    )  # fmt: skip

    u = Number(2.32, min=-100, max=100).tag(sync=True)
    b = Number(-0.66, min=-100, max=100).tag(sync=True)
    rate = Number(0.05, min=1e-6, max=100).tag(sync=True)
    maxNorm = Number(1.0, min=1e-6, max=1e6).tag(sync=True)
    updates = traitlets.Int(200, min=1, max=2000).tag(sync=True)
    descents = traitlets.Enum(["both", "free", "clipped"], "both").tag(sync=True)
    steps = traitlets.Int(25, min=1, max=200).tag(sync=True)
    h0 = Number(0.25, min=-0.999, max=0.999).tag(sync=True)
    target = Number(0.7, min=-10, max=10).tag(sync=True)

    @property
    def wall(self) -> Wall:
        """What is asked of the unit."""
        return Wall(self.h0, self.target, self.steps)

    @property
    def start(self) -> OneUnit:
        """Where the descents start."""
        return OneUnit(self.u, self.b)

    @property
    def gradient(self) -> OneUnit:
        """∂L/∂u and ∂L/∂b at the start."""
        return self.wall.gradient(self.start)

    def descent(self, *, clip: bool) -> Descent:
        """Return the path from the start, with the gradient clipped to `maxNorm` or as it is."""
        limit = self.maxNorm if clip else None
        return descend(
            self.wall, self.start, learning_rate=self.rate, steps=self.updates, max_norm=limit
        )

    def still(self) -> str:
        """Say what the figure shows."""
        ends = [float(self.descent(clip=clip).loss[-1, 0]) for clip in (False, True)]
        return (
            f"From u = {self.u:g}, b = {self.b:g} the gradient's norm is "
            f"{float(self.gradient.norm[0]):.3g}; after {self.updates} updates the loss is "
            f"{ends[0]:.3g} without clipping and {ends[1]:.3g} with it."
        )
