"""The explorer of chapters 7 and 8: a circle pushed through a product of 2 × 2 matrices."""

from typing import ClassVar

import numpy as np

from rnnlib._validate import Array
from rnnlib.cells.elman import ElmanCell
from rnnlib.explorers._base import Explorer, Number
from rnnlib.explorers._traits import traitlets
from rnnlib.product import log_norms, products_from_first, step_jacobians
from rnnlib.time.unrolling import unroll


class MatrixExplorer(Explorer):
    """Two units without input, J_t = diag(φ'(s_t)) W, and their product P_{t,0} = J_t … J_1.

    Attributes
    ----------
    form : {"entries", "singular", "eigen"}
        Which of the next three groups gives W.
    w11, w12, w21, w22 : float
        Its entries.
    sigma1, sigma2, out, into : float
        Its singular values, and the angles in degrees that it turns to and from.
    lambda1, lambda2, shear : float
        Its eigenvalues on the diagonal, and the entry above it.
    slopes : {"constant", "alternating", "tanh"}
        φ' of both units: given, given but swapped at every step, or tanh's along an orbit.
    slope1, slope2 : float
        The given slopes, 0 … 1.
    start1, start2 : float
        h_0 of the orbit.
    steps : int
        1 … 10000.

    Examples
    --------
    >>> explorer = MatrixExplorer(w11=0, w12=2, w21=2, w22=0, slopes="alternating", slope2=0.05)
    >>> explorer.norms[-1].round(9)
    np.float64(1024.0)
    """

    module: ClassVar[str] = "matrix"
    heights = ("44.5rem", "53rem")
    shared_traits: ClassVar[tuple[str, ...]] = (
        "form", "w11", "w12", "w21", "w22", "sigma1", "sigma2", "out", "into", "lambda1", "lambda2",
        "shear", "slopes", "slope1", "slope2", "start1", "start2", "steps",
    )  # fmt: skip

    form = traitlets.Enum(["entries", "singular", "eigen"], "entries").tag(sync=True)
    w11 = Number(0.8, min=-100, max=100).tag(sync=True)
    w12 = Number(0.6, min=-100, max=100).tag(sync=True)
    w21 = Number(-0.3, min=-100, max=100).tag(sync=True)
    w22 = Number(0.9, min=-100, max=100).tag(sync=True)
    sigma1 = Number(1.5, min=0, max=100).tag(sync=True)
    sigma2 = Number(0.5, min=0, max=100).tag(sync=True)
    out = Number(30.0, min=-360, max=360).tag(sync=True)
    into = Number(0.0, min=-360, max=360).tag(sync=True)
    lambda1 = Number(0.9, min=-100, max=100).tag(sync=True)
    lambda2 = Number(0.7, min=-100, max=100).tag(sync=True)
    shear = Number(2.0, min=-100, max=100).tag(sync=True)
    slopes = traitlets.Enum(["constant", "alternating", "tanh"], "constant").tag(sync=True)
    slope1 = Number(1.0, min=0, max=1).tag(sync=True)
    slope2 = Number(1.0, min=0, max=1).tag(sync=True)
    start1 = Number(0.1, min=-100, max=100).tag(sync=True)
    start2 = Number(0.1, min=-100, max=100).tag(sync=True)
    steps = traitlets.Int(10, min=1, max=10_000).tag(sync=True)

    @property
    def W(self) -> Array:
        """The recurrent matrix, shape (2, 2)."""
        if self.form == "entries":
            return np.array([[self.w11, self.w12], [self.w21, self.w22]])
        if self.form == "eigen":
            return np.array([[self.lambda1, self.shear], [0.0, self.lambda2]])
        values = np.diag([self.sigma1, self.sigma2])
        return _rotation(self.out) @ values @ _rotation(-self.into)

    @property
    def jacobians(self) -> Array:
        """J_1 … J_steps, shape (steps, 2, 2)."""
        if self.slopes == "tanh":
            cell = ElmanCell(self.W, np.zeros((2, 1)), np.zeros(2))
            h0 = np.array([[self.start1, self.start2]])
            return step_jacobians(cell, unroll(cell, np.zeros((self.steps, 1, 1)), h0))[:, 0]
        given = np.tile([self.slope1, self.slope2], (self.steps, 1))
        if self.slopes == "alternating":
            given[1::2] = given[1::2, ::-1]
        jacobians: Array = given[:, :, None] * self.W
        return jacobians

    @property
    def products(self) -> Array:
        """P_{t,0} for t = 0 … steps, shape (steps + 1, 2, 2)."""
        return products_from_first(self.jacobians)

    @property
    def log_norms(self) -> Array:
        """log₁₀ ‖P_{t,0}‖ in the spectral norm, t = 0 … steps, at any size."""
        # ‖P_{t,0}‖ is the norm of the transpose, the product of the transposed factors read back.
        backwards = self.jacobians.transpose(0, 2, 1)[::-1]
        logs: Array = log_norms(backwards) / np.log(10)
        return logs

    @property
    def norms(self) -> Array:
        """‖P_{t,0}‖ in the spectral norm, t = 0 … steps; infinite or 0 beyond the floats."""
        with np.errstate(over="ignore", under="ignore"):
            norms: Array = 10**self.log_norms
        return norms

    @property
    def spectral_radius(self) -> float:
        """Of W."""
        return float(np.abs(np.linalg.eigvals(self.W)).max())

    def still(self) -> str:
        """Say what the figure shows."""
        return (
            f"W = {self.W.round(4).tolist()} has spectral radius {self.spectral_radius:.4g} and "
            f"largest singular value {np.linalg.norm(self.W, 2):.4g}; after {self.steps} steps the "
            f"gradient product has norm {self.norms[-1]:.4g}."
        )


def _rotation(degrees: float) -> Array:
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
