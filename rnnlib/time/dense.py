"""A layer without memory: the same map at every step, before, between or after those with one."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array, check_precision, check_size, frozen
from rnnlib.cells import activations, initialisers
from rnnlib.cells.activations import Activation
from rnnlib.time.layer import Layer, LayerRun


@dataclass(frozen=True, eq=False)
class Dense(Layer):
    """The same map at every step: y_t = φ(W x_t + b).

    Beneath a linear recurrence it is the encoder that gives the recurrence something to add up,
    between two of them the only place where their features meet in a nonlinear way.

    Attributes
    ----------
    W : ndarray, shape (hidden_size, input_size)
    b : ndarray, shape (hidden_size,)
    activation : Activation or str
        φ, tanh unless told otherwise.

    Raises
    ------
    ValueError
        If the shapes do not fit, an entry is not finite, or the activation is unknown.
    TypeError
        If an array is not numeric or the two differ in precision.

    Examples
    --------
    >>> from rnnlib import unroll
    >>> encoder = Dense([[1.0], [-1.0]], [0.0, 0.0], "relu")
    >>> unroll(encoder, [[[2.0]], [[-3.0]]]).outputs[:, 0]
    array([[2., 0.],
           [0., 3.]])
    """

    W: Array
    b: Array
    activation: Activation = activations.tanh

    def __post_init__(self) -> None:
        W = check_array("W", self.W, ("H", "I"))
        b = check_array("b", self.b, (W.shape[0],))
        check_precision(W=W, b=b)
        object.__setattr__(self, "W", frozen(W))
        object.__setattr__(self, "b", frozen(b))
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
        """Draw weights from N(0, gain²/I), zero bias.

        Raises
        ------
        ValueError, TypeError
            If a size is not an integer >= 1 or `gain` is not a finite number >= 0.

        Examples
        --------
        >>> Dense.random(3, 8, np.random.default_rng(0)).W.shape
        (8, 3)
        """
        shape = check_size("hidden_size", hidden_size), check_size("input_size", input_size)
        W = initialisers.gaussian(shape, rng, gain=gain)
        return cls(W, np.zeros(hidden_size), activations.get(activation))

    @property
    def input_size(self) -> int:
        """I, the number of input features."""
        return self.W.shape[1]

    @property
    def hidden_size(self) -> int:
        """H, the number of output features."""
        return self.W.shape[0]

    def forward(self, xs: Array, h0: Any, lengths: Array | None) -> LayerRun:
        """Map every step. The states are empty, of shape (B, 0); see `Layer.forward`."""
        check_precision(cell=self.W, xs=xs)
        nothing = frozen(np.zeros((xs.shape[1], 0), xs.dtype))
        if h0 is not None and np.shape(h0) != nothing.shape:
            raise ValueError(f"h0: expected shape {nothing.shape}, got {np.shape(h0)}")
        outputs = self.activation(xs @ self.W.T + self.b)
        return LayerRun(self, xs, lengths, outputs, nothing, ())

    def backward(self, run: LayerRun, dhs: Array, window: int) -> tuple[Any, Any, Array]:
        """Pull back through every step; see `Layer.backward`."""
        s = run.xs @ self.W.T + self.b
        ds = dhs * self.activation.derivative(s)
        rows = ds.reshape(-1, self.hidden_size)
        dW = rows.T @ run.xs.reshape(-1, self.input_size)
        return tree.build(self, (dW, rows.sum(axis=0))), run.final, ds @ self.W
