"""The explorer of chapter 12: what of a gradient product a start decides, and what the inputs."""

from typing import Any, ClassVar

import numpy as np

from rnnlib._validate import Array
from rnnlib.cells import activations, initialisers
from rnnlib.cells.elman import ElmanCell
from rnnlib.explorers._base import Explorer, Number
from rnnlib.explorers._traits import traitlets
from rnnlib.product import critical_gain, fan_middle, log_singular_values, step_jacobians
from rnnlib.time.unrolling import Unrolled, unroll

HIDDEN, INPUTS, STEPS, SEED = 16, 8, 100, 2


class FanExplorer(Explorer):
    """A network of 16 units reads 100 steps of noise; all singular values of P_{T,T−n} against n.

    Once φ is the identity and once tanh; the weights and what is read are the same.

    Attributes
    ----------
    start : {"orthogonal", "gaussian", "identity", "uniform"}
        W_hh at gain 1; uniform is PyTorch's, between ±1/√H. All are made of one draw.
    gain : float
        W_hh is that many times as large, 0.2 … 3.
    loudness : float
        Standard deviation of what the inputs add to a total input, 0 … 2.
    n : int
        The distance at which numbers are read off, 1 … T.
    normals, uniforms : lists of lists of float
        Numbers from N(0, 1) and from U(−1, 1), (H, H).
    W_xh, xs : lists of lists of float
        Input weights of variance 1/I, (H, I), and inputs from N(0, 1), (T, I).

    Examples
    --------
    >>> explorer = FanExplorer(start="orthogonal", gain=1.0, loudness=0.3)
    >>> bool(np.allclose(explorer.fan("identity"), 0))  # isometry, exact
    True
    >>> bool(explorer.fan("tanh")[0] < -4)  # even the largest is lost
    True
    """

    module: ClassVar[str] = "fan"
    heights = ("38.7rem", "57rem")
    shared_traits: ClassVar[tuple[str, ...]] = (
        "start", "gain", "loudness", "n", "normals", "uniforms", "W_xh", "xs",
    )  # fmt: skip

    start = traitlets.Enum(["orthogonal", "gaussian", "identity", "uniform"], "orthogonal").tag(
        sync=True
    )
    gain = Number(1.0, min=0.2, max=3).tag(sync=True)
    loudness = Number(0.3, min=0, max=2).tag(sync=True)
    n = traitlets.Int(STEPS, min=1, max=STEPS).tag(sync=True)
    normals: Any = traitlets.List().tag(sync=True)
    uniforms: Any = traitlets.List().tag(sync=True)
    W_xh: Any = traitlets.List().tag(sync=True)
    xs: Any = traitlets.List().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        rng = np.random.default_rng(SEED)
        drawn = {
            "normals": rng.standard_normal((HIDDEN, HIDDEN)),
            "uniforms": rng.uniform(-1, 1, (HIDDEN, HIDDEN)),
            "W_xh": initialisers.gaussian((HIDDEN, INPUTS), rng),
            "xs": rng.standard_normal((STEPS, INPUTS)),
        }
        given = {name: values.round(3).tolist() for name, values in drawn.items()}
        super().__init__(**given | settings)

    @property
    def W_hh(self) -> Array:
        """The recurrent weights, shape (H, H)."""
        normals = np.array(self.normals)
        H = len(normals)
        if self.start == "orthogonal":  # as initialisers.orthogonal makes it of normal numbers
            Q, R = np.linalg.qr(normals)
            weights = Q * np.sign(np.diag(R))
        elif self.start == "identity":
            weights = initialisers.identity(H)
        else:
            drawn = normals if self.start == "gaussian" else np.array(self.uniforms)
            weights = drawn / np.sqrt(H)
        scaled: Array = self.gain * weights
        return scaled

    def run(self, activation: str) -> Unrolled:
        """Return the last n steps of the network with this φ, read from the state before them."""
        xs = np.array(self.xs)[:, None]
        W_xh = self.loudness * np.array(self.W_xh)
        cell = ElmanCell(self.W_hh, W_xh, np.zeros(len(W_xh)), activations.get(activation))
        if (before := len(xs) - self.n) < 0:
            raise ValueError(f"n: expected at most {len(xs)}, the number of inputs, got {self.n}")
        h = unroll(cell, xs[:before]).last if before else np.zeros((1, cell.hidden_size))
        return unroll(cell, xs[before:], h)

    def fan(self, activation: str) -> Array:
        """log₁₀ of the singular values of P_{T,T−n}, largest first, shape (H,)."""
        run = self.run(activation)
        logs: Array = log_singular_values(step_jacobians(run.cell, run)[:, 0]).logs
        return logs / np.log(10)

    @property
    def shares(self) -> tuple[float, float]:
        """log₁₀ of what the start makes of the fan's middle, and of what tanh's inputs make."""
        middle = fan_middle(self.run("tanh"))
        scale = self.n / np.log(10)
        return scale * middle.start, scale * float(middle.inputs[0])

    @property
    def edge(self) -> float:
        """The gain that is critical for this loudness, in a large network."""
        return critical_gain(self.loudness)

    def still(self) -> str:
        """Say what the figure shows."""
        lines = [
            f"{name} the singular values lie between 10 to the power {fan[-1]:.1f} and {fan[0]:.1f}"
            for name, fan in (("without tanh", self.fan("identity")), ("with it", self.fan("tanh")))
        ]
        return (
            f"Start {self.start}, gain {self.gain:g}, inputs of standard deviation "
            f"{self.loudness:g}: over {self.n} steps {'; '.join(lines)}."
        )
