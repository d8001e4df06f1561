"""The explorer of chapter 13: how much of a gated network's gradient goes straight."""

from typing import Any, ClassVar

import numpy as np

from rnnlib._validate import Array
from rnnlib.cells import Cell, GRUCell, LSTMCell, initialisers
from rnnlib.explorers._base import Explorer, Number
from rnnlib.explorers._traits import traitlets
from rnnlib.product import direct_path, direct_share, jacobian_at_rest, products_to_last
from rnnlib.time.unrolling import Unrolled, unroll

HIDDEN, INPUTS, STEPS, FAR, WARM, SEED = 16, 4, 100, 60, 50, 24  # a typical draw


class GatesExplorer(Explorer):
    """A gated network of 16 units at rest, and while it reads 100 steps of noise.

    Attributes
    ----------
    kind : {"lstm", "closed", "gru"}
        "closed" is an LSTM whose input gates are closed as far as its forget gates are opened.
    bias : float
        Of the gates that keep, an LSTM's f or a GRU's z, −2 … 6.
    gain : float
        W_hh is that many times as large, 0.2 … 4.
    n : int
        The distance at which numbers are read off, 1 … 60.
    loudness : float
        Standard deviation of what the inputs add to a total input, 0 … 2.
    W, W_xh : lists of lists of float
        Weights of an LSTM at gain 1, (4H, H) and (4H, I), rows in the order i f g o; a GRU takes
        those of o, f and g for its r, z and n.
    xs : list of lists of float
        Inputs from N(0, 1), (T, I).
    spectrum : list of pairs of float
        The eigenvalues of W_g, real and imaginary parts.

    Examples
    --------
    >>> explorer = GatesExplorer(kind="lstm", bias=1.0)
    >>> bool(0.2 < explorer.share < 0.8)  # over ten steps
    True
    >>> explorer.bias = 3.0
    >>> bool(np.abs(explorer.eigenvalues).max() > 1)  # at rest
    True
    """

    module: ClassVar[str] = "gates"
    heights = ("38.7rem", "57.1rem")
    shared_traits: ClassVar[tuple[str, ...]] = (
        "kind", "bias", "gain", "n", "loudness", "W", "W_xh", "xs", "spectrum",
    )  # fmt: skip

    kind = traitlets.Enum(["lstm", "closed", "gru"], "lstm").tag(sync=True)
    bias = Number(1.0, min=-2, max=6).tag(sync=True)
    gain = Number(1.0, min=0.2, max=4).tag(sync=True)
    n = traitlets.Int(10, min=1, max=FAR).tag(sync=True)
    loudness = Number(1.0, min=0, max=2).tag(sync=True)
    W: Any = traitlets.List().tag(sync=True)
    W_xh: Any = traitlets.List().tag(sync=True)
    xs: Any = traitlets.List().tag(sync=True)
    spectrum: Any = traitlets.List().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        rng = np.random.default_rng(SEED)
        drawn = {
            "W": initialisers.gaussian((4 * HIDDEN, HIDDEN), rng),
            "W_xh": initialisers.gaussian((4 * HIDDEN, INPUTS), rng),
            "xs": rng.standard_normal((STEPS, INPUTS)),
        }
        given = {name: values.round(3).tolist() for name, values in drawn.items()} | settings
        if (steps := len(given["xs"])) < FAR:
            raise ValueError(f"xs: expected at least {FAR} inputs, got {steps}")
        values = np.linalg.eigvals(np.split(np.array(given["W"]), 4)[2])
        super().__init__(**given, spectrum=np.stack([values.real, values.imag], 1).tolist())

    @property
    def cell(self) -> Cell:
        """The network."""
        W_hh, W_xh = self.gain * np.array(self.W), np.array(self.W_xh)
        H = W_hh.shape[1]
        if self.kind != "gru":
            closed = -self.bias if self.kind == "closed" else 0.0
            return LSTMCell(W_hh, W_xh, np.repeat([closed, self.bias, 0.0, 0.0], H))
        _, f, g, o = np.split(np.arange(4 * H), 4)
        rows = np.concatenate([o, f, g])
        return GRUCell(W_hh[rows], W_xh[rows], np.repeat([0.0, self.bias, 0.0], H), np.zeros(H))

    @property
    def run(self) -> Unrolled:
        """What it does with its inputs."""
        return unroll(self.cell, self.loudness * np.array(self.xs)[:, None])

    @property
    def whole(self) -> float:
        """The size of ∂c_T/∂c_{T−n}, of a GRU ∂h_T/∂h_{T−n}: root mean square over units."""
        H = self.cell.hidden_size
        product = products_to_last(self.run)[-1 - self.n, 0, -H:, -H:]
        return float(np.linalg.norm(product) / np.sqrt(H))

    @property
    def straight(self) -> float:
        """The same of its straight path."""
        path = direct_path(self.cell, self.run)[-1 - self.n, 0]
        return float(np.linalg.norm(path) / np.sqrt(len(path)))

    @property
    def share(self) -> float:
        """How many times the size of the whole the straight path has."""
        return float(direct_share(self.cell, self.run).norm[self.n, 0])

    @property
    def along(self) -> float:
        """The projection of the straight path on the whole."""
        return float(direct_share(self.cell, self.run).projection[self.n, 0])

    @property
    def full(self) -> float:
        """The share of an LSTM's cells with |tanh c| > 0.95, after 50 steps."""
        memory = self.run.states[1 + WARM :, 0, -self.cell.hidden_size :]
        return float(np.mean(np.abs(np.tanh(memory)) > 0.95))

    @property
    def eigenvalues(self) -> Array:
        """Of the step Jacobian at rest, as many as there are units; the others of an LSTM are 0."""
        values = np.linalg.eigvals(jacobian_at_rest(self.cell))
        largest: Array = values[np.argsort(-np.abs(values))][: self.cell.hidden_size]
        return largest

    def still(self) -> str:
        """Say what the figure shows."""
        return (
            f"{self.kind}, forget bias {self.bias:g}, gain {self.gain:g}: over {self.n} steps the "
            f"straight path has {self.share:.3g} times the size of the whole gradient; at rest the "
            f"largest eigenvalue has size {np.abs(self.eigenvalues).max():.3g}."
        )
