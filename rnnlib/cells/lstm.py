"""The long short-term memory cell, in PyTorch's gate order i f g o."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from rnnlib._validate import Array, check_size
from rnnlib.cells import initialisers
from rnnlib.cells.activations import logistic
from rnnlib.cells.cell import Cell


class LSTMGates(NamedTuple):
    """The gates of an LSTM, each of shape (..., hidden_size)."""

    i: Array
    f: Array
    g: Array
    o: Array


@dataclass(frozen=True, eq=False)
class LSTMCell(Cell):
    """Long short-term memory: a cell state c_t that gates protect, read out as h_t.

    ::

        i = σ(s_i)   f = σ(s_f)   g = tanh(s_g)   o = σ(s_o)
        c_t = f ⊙ c_{t-1} + i ⊙ g
        h_t = o ⊙ tanh(c_t)

    The state is one array ``[h, c]`` of 2H numbers, so that its Jacobian is one square matrix.

    Attributes
    ----------
    W_hh : ndarray, shape (4 · hidden_size, hidden_size)
        Rows in the order i f g o.
    W_xh : ndarray, shape (4 · hidden_size, input_size)
    b_h : ndarray, shape (4 · hidden_size,)
        One bias; PyTorch keeps two, whose sum it is.

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit the others, an entry is not a finite number, or the arrays differ in
        precision.

    References
    ----------
    Hochreiter & Schmidhuber (1997), Neural Computation 9, 1735-1780; the forget gate is from Gers,
    Schmidhuber & Cummins (2000), Neural Computation 12, 2451-2471.

    Examples
    --------
    >>> cell = LSTMCell.random(3, 8, np.random.default_rng(0))
    >>> cell.step(h_prev=np.zeros((2, 16)), x=np.ones((2, 3))).shape
    (2, 16)
    """

    rows_per_unit: ClassVar[int] = 4

    @classmethod
    def random(
        cls,
        input_size: int,
        hidden_size: int,
        rng: np.random.Generator,
        *,
        gain: float = 1.0,
        forget_bias: float = 1.0,
    ) -> Self:
        """Draw Gaussian weights as `ElmanCell.random`, zero bias but `forget_bias` for f.

        Raises
        ------
        ValueError, TypeError
            If a size is not an integer >= 1 or `gain` is not a finite number >= 0.

        References
        ----------
        The forget bias of 1: Jozefowicz, Zaremba & Sutskever (2015), ICML.

        Examples
        --------
        >>> LSTMCell.random(1, 2, np.random.default_rng(0)).b_h
        array([0., 0., 1., 1., 0., 0., 0., 0.])
        """
        input_size = check_size("input_size", input_size)
        hidden_size = check_size("hidden_size", hidden_size)
        return cls(
            W_hh=initialisers.gaussian((4 * hidden_size, hidden_size), rng, gain=gain),
            W_xh=initialisers.gaussian((4 * hidden_size, input_size), rng),
            b_h=initialisers.forget_bias(hidden_size, forget_bias),
        )

    @property
    def state_size(self) -> int:
        """2H: the state is [h, c]."""
        return 2 * self.hidden_size

    def gates(self, s: Array) -> LSTMGates:
        """Return i, f, g, o of total inputs s, shape (..., 4 · hidden_size)."""
        s_i, s_f, s_g, s_o = self._blocks("s", s, 4)
        i, f, o = logistic(s_i), logistic(s_f), logistic(s_o)  # eq-lstm-gates
        return LSTMGates(i, f, np.tanh(s_g), o)  # eq-lstm-gates

    def transition(self, h_prev: Array, s: Array) -> Array:
        """Return [h_t, c_t]."""
        i, f, g, o = self.gates(s)
        _, c_prev = self._blocks("h_prev", h_prev, 2)
        c = f * c_prev + i * g  # eq-lstm-state
        return np.concatenate([o * np.tanh(c), c], axis=-1)  # eq-lstm-state

    def slopes(self, h_prev: Array, s: Array, h: Array) -> tuple[Array, ...]:
        """Return ∂c/∂s_i, ∂c/∂s_f, ∂c/∂s_g, ∂h/∂s_o, ∂h/∂c and ∂c/∂c_prev, all elementwise."""
        i, f, g, o = self.gates(s)
        _, c_prev = self._blocks("h_prev", h_prev, 2)
        tanh_c = np.tanh(h[..., self.hidden_size :])
        by_i, by_f, by_g = g * i * (1 - i), c_prev * f * (1 - f), i * (1 - g**2)
        return by_i, by_f, by_g, tanh_c * o * (1 - o), o * (1 - tanh_c**2), f

    def pull_back(self, dh: Array, *slopes: Array) -> tuple[Array, Array | None]:
        """Return ∂L/∂s_t, and what flows along c past the gates: dc ⊙ f."""
        by_i, by_f, by_g, h_by_o, h_by_c, f = slopes
        dh, later_dc = self._blocks("dh", dh, 2)
        dc = later_dc + dh * h_by_c  # eq-lstm-error-cell eq-lstm-total-cell
        deltas = [dc * by_i, dc * by_f, dc * by_g, dh * h_by_o]  # eq-lstm-deltas
        direct = [np.zeros_like(dc), dc * f]  # eq-lstm-back
        return np.concatenate(deltas, axis=-1), np.concatenate(direct, axis=-1)

    def jacobian(self, s: Array, h_prev: Array | None = None) -> Array:
        """Return the step Jacobian of [h, c], four blocks of which diag(f_t) is one term.

        Parameters as `Cell.jacobian`; `h_prev` is needed, for c_{t-1}.
        """
        s, h_prev = self._check_total_input(s, h_prev)
        slopes = self.slopes(h_prev, s, self.transition(h_prev, s))
        by_i, by_f, by_g, h_by_o, h_by_c, f = (slope[..., None] for slope in slopes)
        W_i, W_f, W_g, W_o = np.split(self.W_hh, 4)
        c_by_h = by_i * W_i + by_f * W_f + by_g * W_g  # eq-lstm-jacobian
        c_by_c = f * np.eye(self.hidden_size, dtype=f.dtype)  # eq-lstm-jacobian
        h_by_h = h_by_o * W_o + h_by_c * c_by_h  # eq-lstm-jacobian
        return np.block([[h_by_h, h_by_c * c_by_c], [c_by_h, c_by_c]])  # eq-lstm-jacobian
