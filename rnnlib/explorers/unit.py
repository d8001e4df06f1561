"""The explorer of chapter 6: one unit's gradient product."""

from typing import Any, ClassVar

import numpy as np

from rnnlib._validate import Array
from rnnlib.cells import activations
from rnnlib.explorers._base import Explorer, Number
from rnnlib.explorers._traits import traitlets

SENTENCE = "The error of the last word must find its way back through every word before it ."
"""Its words' lengths, made to mean 0 and variance 1, are an input of the size of a real one."""


def _standardised_lengths(sentence: str) -> list[float]:
    lengths = np.array([len(word) for word in sentence.split()], float)
    standard: list[float] = ((lengths - lengths.mean()) / lengths.std()).round(6).tolist()
    return standard


class UnitExplorer(Explorer):
    """One unit h_t = φ(u h_{t-1} + x_t), and ∂h_t/∂h_0 = u^t Π φ'(s_j) along its orbit.

    Attributes
    ----------
    u : float
        The recurrent weight, −100 … 100.
    activation : {"identity", "tanh", "logistic", "relu"}
    start : float
        h_0.
    drive : {"none", "sentence"}
        Whether x_t is 0 or `inputs`, from the beginning again when they end.
    inputs : list of float
    distance : int
        How many steps t, 1 … 10000.

    Examples
    --------
    >>> explorer = UnitExplorer(u=2.0, distance=10)
    >>> explorer.norms[-1]
    np.float64(1024.0)
    >>> explorer.activation = "tanh"
    >>> explorer.norms[-1].round(2)
    np.float64(0.28)
    """

    module: ClassVar[str] = "unit"
    heights = ("44.5rem", "52.5rem")
    shared_traits: ClassVar[tuple[str, ...]] = (
        "u", "activation", "start", "drive", "inputs", "distance",
    )  # fmt: skip

    u = Number(2.0, min=-100, max=100).tag(sync=True)
    activation = traitlets.Enum(["identity", "tanh", "logistic", "relu"], "identity").tag(sync=True)
    start = Number(0.01, min=-1000, max=1000).tag(sync=True)
    drive = traitlets.Enum(["none", "sentence"], "none").tag(sync=True)
    inputs: Any = traitlets.List(traitlets.Float(), _standardised_lengths(SENTENCE)).tag(sync=True)
    distance = traitlets.Int(10, min=1, max=10_000).tag(sync=True)

    @property
    def factors(self) -> Array:
        """U φ'(s_t) for t = 1 … distance."""
        phi = activations.get(self.activation)
        drive = self.inputs if self.drive == "sentence" else [0.0]
        h, total_inputs = np.array(self.start), np.empty(self.distance)
        with np.errstate(over="ignore"):  # a linear unit may leave the floats; its slope does not
            for t in range(self.distance):
                s = np.asarray(self.u * h + drive[t % len(drive)])
                total_inputs[t], h = s, phi(s)
        slopes: Array = phi.derivative(total_inputs)
        return self.u * slopes

    @property
    def log_norms(self) -> Array:
        """log₁₀ |∂h_t/∂h_0| for t = 0 … distance; −inf for a product of zero."""
        with np.errstate(divide="ignore"):
            logs: Array = np.cumsum(np.log10(np.abs(self.factors)))
        return np.concatenate([[0.0], logs])

    @property
    def norms(self) -> Array:
        """|∂h_t/∂h_0| for t = 0 … distance; infinite or 0 beyond the floats."""
        with np.errstate(over="ignore", under="ignore"):
            products: Array = np.cumprod(np.abs(self.factors))
        return np.concatenate([[1.0], products])

    def still(self) -> str:
        """Say what the figure shows."""
        return (
            f"For one {self.activation} unit with u = {self.u:g} and h_0 = {self.start:g}, "
            f"|∂h_t/∂h_0| after {self.distance} steps is {self.norms[-1]:.7g}."
        )
