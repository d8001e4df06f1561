"""The explorer of the landing page: three networks, and how far back their errors reach."""

from typing import Any, ClassVar

import numpy as np

from rnnlib._validate import Array
from rnnlib.cells.elman import ElmanCell
from rnnlib.explorers._base import Explorer, Number
from rnnlib.explorers._traits import traitlets
from rnnlib.product import log_norms
from rnnlib.time.unrolling import unroll

HIDDEN, STEPS, SEED = 20, 100, 4


class ReachExplorer(Explorer):
    """Three tanh networks that differ in one number, the gain g of their recurrent weights g W.

    Attributes
    ----------
    first, second, third : float
        Their gains, 0.1 … 4.
    W : list of lists of float
        The recurrent weights of all three at gain 1, (H, H).
    drive : list of lists of float
        What the inputs add to the total input of each unit, (T, H).

    Examples
    --------
    >>> explorer = ReachExplorer()
    >>> orders = explorer.log_reach[:, -1]  # of magnitude, over a hundred steps
    >>> bool(orders[0] < -5), bool(abs(orders[1]) < 1), bool(orders[2] > 5)
    (True, True, True)
    """

    module: ClassVar[str] = "reach"
    heights = ("34.5rem", "39.5rem")
    shared_traits: ClassVar[tuple[str, ...]] = ("first", "second", "third", "W", "drive")

    first = Number(0.9, min=0.1, max=4).tag(sync=True)
    second = Number(1.4, min=0.1, max=4).tag(sync=True)
    third = Number(2.5, min=0.1, max=4).tag(sync=True)
    W: Any = traitlets.List().tag(sync=True)
    drive: Any = traitlets.List().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        rng = np.random.default_rng(SEED)
        cell = ElmanCell.random(HIDDEN, HIDDEN, rng)
        drive = 0.3 * rng.standard_normal((STEPS, HIDDEN))
        given = {"W": cell.W_hh.round(4).tolist(), "drive": drive.round(2).tolist()}
        super().__init__(**given | settings)

    @property
    def log_reach(self) -> Array:
        """log₁₀ of ‖∂h_T/∂h_k‖ over its value at k = T, shape (3, T + 1), by T − k."""
        xs = np.array(self.drive)[:, None]
        logs = []
        for gain in (self.first, self.second, self.third):
            cell = ElmanCell(gain * np.array(self.W), np.eye(xs.shape[2]), np.zeros(xs.shape[2]))
            logs.append(log_norms(cell.jacobian(unroll(cell, xs).pre[:, 0]), norm="frobenius"))
        reach: Array = np.array(logs) / np.log(10)
        return reach - reach[:, :1]

    def still(self) -> str:
        """Say what the figure shows."""
        orders = ", ".join(f"{order:.0f}" for order in self.log_reach[:, -1])
        return (
            f"For recurrent weights of gain {self.first:g}, {self.second:g} and {self.third:g}, "
            f"{len(self.drive)} steps change the gradient by 10 to the power {orders}."
        )
