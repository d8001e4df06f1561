"""Recurrent cells: immutable records of arrays that know one step. Time lives in `rnnlib.unroll`.

Row convention: a batch of states is an array ``(B, H)``, one sequence a row, so the mathematics'
column equation ``W h`` reads ``h @ W.T`` here. Weights are ``(out, in)``, as in PyTorch.
"""

from dataclasses import dataclass

import numpy as np

from rnnlib import activations, initialisers
from rnnlib._validate import Array, check_array, check_size
from rnnlib.activations import Activation


@dataclass(frozen=True, eq=False)
class ElmanCell:
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
        If an array is not numeric.

    References
    ----------
    Elman (1990), "Finding structure in time", Cognitive Science 14, 179-211.

    Examples
    --------
    >>> cell = ElmanCell(W_hh=[[0.5, 0.0], [1.0, 0.0]], W_xh=[[1.0], [0.0]], b_h=[0.0, 0.0])
    >>> cell.step(h_prev=[[0.0, 0.0]], x=[[1.0]]).round(3)
    array([[0.762, 0.   ]])
    """

    W_hh: Array
    W_xh: Array
    b_h: Array
    activation: Activation = activations.tanh

    def __post_init__(self) -> None:
        W_hh = check_array("W_hh", self.W_hh, ("H", "H"))
        hidden_size = W_hh.shape[0]
        object.__setattr__(self, "W_hh", W_hh)
        object.__setattr__(self, "W_xh", check_array("W_xh", self.W_xh, (hidden_size, "I")))
        object.__setattr__(self, "b_h", check_array("b_h", self.b_h, (hidden_size,)))
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
    ) -> "ElmanCell":
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

        Returns
        -------
        ElmanCell

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

    @property
    def hidden_size(self) -> int:
        """H, the number of units."""
        return self.W_hh.shape[0]

    @property
    def input_size(self) -> int:
        """I, the number of input features."""
        return self.W_xh.shape[1]

    @property
    def num_parameters(self) -> int:
        """How many numbers a training run may change; no T in it."""
        H, input_size = self.hidden_size, self.input_size
        return H * (H + input_size + 1)  # eq-parameter-count

    def project_input(self, x: Array) -> Array:
        """Return what the input contributes to the total input, W_xh x + b_h.

        It needs no state, so `unroll` computes it for all steps at once.

        Parameters
        ----------
        x : ndarray, shape (..., input_size)

        Returns
        -------
        ndarray, shape (..., hidden_size)
        """
        return x @ self.W_xh.T + self.b_h

    def total_input(self, h_prev: Array, x: Array) -> Array:
        """Return s_t, the total input (pre-activation).

        Parameters
        ----------
        h_prev : ndarray, shape (B, hidden_size)
            h_{t-1}.
        x : ndarray, shape (B, input_size)
            x_t.

        Returns
        -------
        ndarray, shape (B, hidden_size)

        Raises
        ------
        ValueError, TypeError
            If a shape does not fit or an entry is not a finite number.
        """
        h_prev = check_array("h_prev", h_prev, ("B", self.hidden_size))
        x = check_array("x", x, (h_prev.shape[0], self.input_size))
        return h_prev @ self.W_hh.T + x @ self.W_xh.T + self.b_h  # eq-total-input eq-batch

    def step(self, h_prev: Array, x: Array) -> Array:
        """Return h_t, one step from h_{t-1} and x_t. Parameters as `total_input`."""
        return self.activation(self.total_input(h_prev, x))  # eq-state eq-one-unit

    def jacobian(self, s: Array) -> Array:
        """Return the step Jacobian J_t = ∂h_t/∂h_{t-1} = diag(φ'(s_t)) W_hh.

        Parameters
        ----------
        s : ndarray, shape (..., hidden_size)
            Total inputs; the leading axes (time, batch) are kept.

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
        return self.activation.derivative(s)[..., :, None] * self.W_hh
