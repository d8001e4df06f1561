"""The simple recurrent network: one total input for each unit, and one activation."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from rnnlib._validate import Array, check_array, check_size
from rnnlib.cells import activations, initialisers
from rnnlib.cells.activations import Activation
from rnnlib.cells.cell import Cell


@dataclass(frozen=True, eq=False)
class ElmanCell(Cell):
    """The simple recurrent network: h_t = φ(W_hh h_{t-1} + W_xh x_t + b_h).

    Attributes
    ----------
    W_hh : ndarray, shape (hidden_size, hidden_size)
        Recurrent weights; row i holds what flows *into* unit i.
    W_xh : ndarray, shape (hidden_size, input_size)
        Input weights.
    b_h : ndarray, shape (hidden_size,)
        Bias.
    activation : Activation or str
        φ, tanh unless told otherwise.

    Raises
    ------
    ValueError
        If a shape does not fit the others, an entry is not finite, or the activation is unknown.
    TypeError
        If an array is not numeric or the arrays differ in precision.

    References
    ----------
    Elman (1990), "Finding structure in time", Cognitive Science 14, 179-211.

    Examples
    --------
    >>> cell = ElmanCell(W_hh=[[0.5, 0.0], [1.0, 0.0]], W_xh=[[1.0], [0.0]], b_h=[0.0, 0.0])
    >>> cell.step(h_prev=[[0.0, 0.0]], x=[[1.0]]).round(3)
    array([[0.762, 0.   ]])
    """

    activation: Activation = activations.tanh

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "activation", activations.get(self.activation))

    @classmethod
    def random(
        cls,
        input_size: int,
        hidden_size: int,
        rng: np.random.Generator,
        *,
        gain: float = 1.0,
        activation: str | Activation = "tanh",
    ) -> Self:
        """Draw a cell with recurrent weights N(0, gain²/H), input weights N(0, 1/I), zero bias.

        Parameters
        ----------
        input_size, hidden_size : int
            I and H.
        rng : numpy.random.Generator
            Where the numbers come from; seed it to get them again.
        gain : float
            About the spectral radius of W_hh when H is large (Ginibre's circular law).
        activation : str or Activation
            φ.

        Raises
        ------
        ValueError, TypeError
            If a size is not an integer >= 1 or `gain` is not a finite number >= 0.

        Examples
        --------
        >>> ElmanCell.random(3, 8, np.random.default_rng(0), gain=0.9).num_parameters
        96
        """
        input_size = check_size("input_size", input_size)
        hidden_size = check_size("hidden_size", hidden_size)
        return cls(
            W_hh=initialisers.gaussian((hidden_size, hidden_size), rng, gain=gain),
            W_xh=initialisers.gaussian((hidden_size, input_size), rng),
            b_h=np.zeros(hidden_size),
            activation=activations.get(activation),
        )

    def transition(self, h_prev: Array, s: Array) -> Array:
        """Return h_t = φ(s_t); the old state acts through s_t alone."""
        return self.activation(s)  # eq-state eq-one-unit

    def slopes(self, h_prev: Array, s: Array, h: Array) -> tuple[Array, ...]:
        """Return φ'(s): the derivative is taken at s, not at h, though h = φ(s) may help."""
        return (self.activation.derivative_from(s, h),)  # eq-delta

    def pull_back(self, dh: Array, *slopes: Array) -> tuple[Array, Array | None]:
        """Return δ_t = dh_t ⊙ φ'(s_t)."""
        return dh * slopes[0], None  # eq-delta

    def jacobian(self, s: Array, h_prev: Array | None = None) -> Array:
        """Return the step Jacobian J_t = ∂h_t/∂h_{t-1} = diag(φ'(s_t)) W_hh.

        Parameters
        ----------
        s : ndarray, shape (..., hidden_size)
            Total inputs; the leading axes (time, batch) are kept.
        h_prev : ndarray, optional
            Not needed: φ' depends on s alone.

        Returns
        -------
        ndarray, shape (..., hidden_size, hidden_size)
            Rows: new state; columns: old state.

        Raises
        ------
        ValueError, TypeError
            If the last axis of `s` is not hidden_size or an entry is not a finite number.

        Examples
        --------
        >>> cell = ElmanCell([[2.0]], [[1.0]], [0.0])
        >>> cell.jacobian([[0.0]])
        array([[[2.]]])
        """
        s = check_array("s", s)
        if s.shape[-1:] != (self.hidden_size,):
            raise ValueError(f"s: expected shape (..., {self.hidden_size}), got {s.shape}")
        slopes = self.activation.derivative(s)
        return slopes[..., :, None] * self.W_hh  # eq-one-factor eq-unit-bound eq-step-jacobian
