"""The linear recurrent unit: a diagonal linear recurrence, kept stable by how λ is written."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array, check_positive, check_precision, check_size, frozen
from rnnlib.cells import initialisers
from rnnlib.cells.diagonal import DiagonalCell
from rnnlib.time.backpropagation import bptt
from rnnlib.time.layer import Layer, LayerRun
from rnnlib.time.unrolling import unroll


@dataclass(frozen=True, eq=False)
class LRU(Layer):
    """The linear recurrent unit: a complex memory without a nonlinearity, and its real readout.

    ::

        λ = exp(−exp(ν) + i exp(θ))             so |λ| < 1 whatever is learned
        h_t = λ ⊙ h_{t-1} + exp(γ) ⊙ B x_t      exp(γ) = √(1 − |λ|²) at the start
        y_t = Re(C h_t) + D x_t

    It is a `DiagonalCell` in other coordinates, `cell`, and runs as one. With white input of
    variance 1 the factor exp(γ) gives each unit of memory the variance of its (B x): without it,
    that over 1 − |λ|². It is a parameter of its own, so training may leave that value.

    Attributes
    ----------
    nu, theta, gamma : ndarray, shape (state_size,)
        ν, θ and γ, real: the logarithms of −log |λ|, of the phase of λ, and of the normalisation.
    B : ndarray, shape (state_size, input_size)
        Complex; if it is real it stays so, and C too.
    C : ndarray, shape (hidden_size, state_size)
        Complex.
    D : ndarray, shape (hidden_size, input_size)
        Real.

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit the others, an entry is not a finite number, one of ν, θ, γ and D is
        complex, or the arrays differ in precision.

    Notes
    -----
    The gradient of a real loss L for a complex array A is ∂L/∂Re A − i ∂L/∂Im A, the complex
    derivative as everywhere in rnnlib; its conjugate is PyTorch's gradient, and what
    `rnnlib.training.optimisers` step against.

    References
    ----------
    Orvieto et al. (2023), "Resurrecting recurrent neural networks for long sequences", ICML.

    Examples
    --------
    >>> from rnnlib import unroll
    >>> layer = LRU.random(2, 3, np.random.default_rng(0), state_size=8, smallest=0.9)
    >>> run = unroll(layer, np.ones((100, 1, 2)))
    >>> run.outputs.shape, run.final.dtype
    ((100, 1, 3), dtype('complex128'))
    >>> bool((np.abs(layer.eigenvalues) >= 0.9).all())
    True
    """

    nu: Array
    theta: Array
    gamma: Array
    B: Array
    C: Array
    D: Array

    def __post_init__(self) -> None:
        nu = check_array("nu", self.nu, ("N",))
        B = check_array("B", self.B, (nu.size, "I"))
        C = check_array("C", self.C, ("H", nu.size))
        D = check_array("D", self.D, (len(C), B.shape[1]))
        theta = check_array("theta", self.theta, nu.shape)
        gamma = check_array("gamma", self.gamma, nu.shape)
        real = {"nu": nu, "theta": theta, "gamma": gamma, "D": D}
        for name, array in real.items():
            if np.iscomplexobj(array):
                raise TypeError(f"{name}: expected real numbers, got {array.dtype}")
        check_precision(**real, B=B, C=C)
        for name, array in {**real, "B": B, "C": C}.items():
            object.__setattr__(self, name, frozen(array))

    @classmethod
    def random(
        cls,
        input_size: int,
        hidden_size: int,
        rng: np.random.Generator,
        *,
        state_size: int | None = None,
        smallest: float = 0.0,
        largest: float = 1.0,
        largest_phase: float = 2 * np.pi,
    ) -> Self:
        """Draw λ uniformly from a ring, smallest <= |λ| <= largest, up to a largest phase.

        B is complex Gaussian of variance 1/I, C of variance 2/N, D Gaussian of variance 1/I, and γ
        normalises.

        Parameters
        ----------
        input_size, hidden_size : int
            I and H.
        rng : numpy.random.Generator
        state_size : int, optional
            N, how many complex numbers it remembers; H if left out.
        smallest, largest : float
            Of |λ|, 0 <= smallest < largest <= 1; near 1 for a long memory.
        largest_phase : float
            Of λ, in radians; small where what is remembered turns slowly.

        Raises
        ------
        ValueError, TypeError
            If a size is not an integer >= 1 or a bound is none such.

        References
        ----------
        Orvieto et al. (2023), on λ that is uniform on a ring; γ as their normalisation.

        Examples
        --------
        >>> LRU.random(2, 3, np.random.default_rng(0)).eigenvalues.shape
        (3,)
        """
        I, H = check_size("input_size", input_size), check_size("hidden_size", hidden_size)  # noqa: E741
        N = H if state_size is None else check_size("state_size", state_size)
        smallest = check_positive("smallest", smallest, or_zero=True)
        largest = check_positive("largest", largest)
        largest_phase = check_positive("largest_phase", largest_phase)
        if not smallest < largest <= 1:
            raise ValueError(
                f"smallest: expected 0 <= smallest < largest <= 1, got {smallest} and {largest}"
            )
        # Uniform over the ring's area: |λ|² is uniform, not |λ|. 1 − u is never 0, as u may be.
        squared = largest**2 - (largest**2 - smallest**2) * (1 - rng.random(N))
        squared = np.clip(squared, np.finfo(float).tiny, 1 - np.finfo(float).eps)
        nu = np.log(-0.5 * np.log(squared))
        theta = np.log(largest_phase * (1 - rng.random(N)))
        gamma = 0.5 * np.log1p(-np.exp(-2 * np.exp(nu)))  # eq-lru-scale
        B, C = (
            (initialisers.gaussian(shape, rng) + 1j * initialisers.gaussian(shape, rng))
            for shape in ((N, I), (H, N))
        )
        return cls(nu, theta, gamma, B / np.sqrt(2), C, initialisers.gaussian((H, I), rng))

    @property
    def input_size(self) -> int:
        """I, the number of input features."""
        return self.B.shape[1]

    @property
    def hidden_size(self) -> int:
        """H, the number of outputs."""
        return len(self.C)

    @property
    def state_size(self) -> int:
        """N, how many complex numbers are remembered."""
        return self.nu.size

    @property
    def eigenvalues(self) -> Array:
        """λ, shape (state_size,), complex."""
        decay: Array = np.exp(-np.exp(self.nu) + 1j * np.exp(self.theta))  # eq-lru-decay
        return decay

    @property
    def cell(self) -> DiagonalCell:
        """The recurrence as a cell: W_hh = λ, W_xh = exp(γ) ⊙ B, no bias.

        What the gradient product is made of: ∂h_t/∂h_k = diag(λ)^(t-k).

        Raises
        ------
        FloatingPointError
            If a number overflows that training has made too large.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            decay, W_xh = self.eigenvalues, np.exp(self.gamma)[:, None] * self.B
        if not (np.isfinite(decay).all() and np.isfinite(W_xh).all()):
            raise FloatingPointError("theta, gamma: expected exponentials that do not overflow")
        return DiagonalCell(decay, W_xh, np.zeros_like(decay))

    def forward(self, xs: Array, h0: Any, lengths: Array | None) -> LayerRun:
        """Run the recurrence and read it out; see `Layer.forward`."""
        inside = unroll(self.cell, xs, h0, lengths=lengths)
        outputs = (inside.outputs @ self.C.T).real + xs @ self.D.T
        return LayerRun(self, xs, lengths, outputs, inside.final, (inside,))

    def backward(self, run: LayerRun, dhs: Array, window: int) -> tuple[Any, Any, Array]:
        """Pull back through readout, recurrence and coordinates; see `Layer.backward`."""
        inside = run.runs[0]
        found = bptt(inside.cell, inside, dhs @ self.C, window=window)
        dys, rows = dhs.reshape(-1, self.hidden_size), run.xs.reshape(-1, self.input_size)
        by_log = found.cell.W_hh * inside.cell.W_hh  # ∂L/∂(log λ)
        dB = np.exp(self.gamma)[:, None] * found.cell.W_xh
        gradient: tuple[Array, ...] = (
            -np.exp(self.nu) * by_log.real,
            -np.exp(self.theta) * by_log.imag,
            (dB * self.B).real.sum(axis=1),
            dB,
            dys.T @ inside.outputs.reshape(-1, self.state_size),
            dys.T @ rows,
        )
        record = tree.map_leaves(
            lambda mine, its: its if np.iscomplexobj(mine) else its.real,
            self,
            tree.build(self, gradient),
        )
        return record, found.h0, found.xs.real + dhs @ self.D
