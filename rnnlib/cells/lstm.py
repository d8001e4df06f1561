"""The long short-term memory cell, in PyTorch's gate order i f g o."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, NamedTuple, Self

import numpy as np

from rnnlib._validate import Array, check_size
from rnnlib.cells import initialisers
from rnnlib.cells._blocks import by_gate, diagonal
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
        """Return i, f, g, o of total inputs s, shape (..., B, 4 · hidden_size)."""
        # One tanh for all four gates: σ(s) = ½ + ½ tanh(½ s).
        half, shift = _half_but_g(s.dtype)
        columns = by_gate(s, 4, self.hidden_size)
        a = np.multiply(columns, half, out=np.empty(columns.shape, s.dtype))
        np.tanh(a, out=a)
        a *= half
        a += shift
        return LSTMGates(a[..., 0, :, :], a[..., 1, :, :], a[..., 2, :, :], a[..., 3, :, :])

    def transition(self, h_prev: Array, s: Array) -> Array:
        """Return [h_t, c_t]."""
        i, f, g, o = self.gates(s)
        c_prev = h_prev[..., self.hidden_size :]
        c = f * c_prev + i * g
        return np.concatenate((o * np.tanh(c), c), axis=-1)

    def slopes(self, h_prev: Array, s: Array, h: Array) -> tuple[Array, ...]:
        """Return ∂c/∂(s_i, s_f, s_g), ∂h/∂s_o, ∂h/∂c and ∂c/∂c_prev = f, all elementwise."""
        H = self.hidden_size
        i, f, g, o = self.gates(s)
        tanh_c = np.tanh(h[..., H:])
        c_by_s = np.empty((*i.shape[:-2], 3, *i.shape[-2:]), s.dtype)
        by_i, by_f, by_g = (c_by_s[..., k, :, :] for k in range(3))
        np.multiply(g * i, 1 - i, out=by_i)
        np.multiply(h_prev[..., H:] * f, 1 - f, out=by_f)
        np.multiply(i, 1 - g * g, out=by_g)
        return c_by_s, tanh_c * o * (1 - o), o * (1 - tanh_c * tanh_c), f

    def pull_back(self, dh: Array, *slopes: Array) -> tuple[Array, Array | None]:
        """Return ∂L/∂s_t, and what flows along c past the gates: dc ⊙ f."""
        H = self.hidden_size
        c_by_s, h_by_o, h_by_c, f = slopes
        dh, later_dc = dh[..., :H], dh[..., H:]
        dc = later_dc + dh * h_by_c
        ds = np.empty((*dh.shape[:-1], 4 * H), dc.dtype)
        np.multiply(dc[..., None, :, :], c_by_s, out=by_gate(ds[..., : 3 * H], 3, H))
        np.multiply(dh, h_by_o, out=ds[..., 3 * H :])
        direct = np.zeros((*dc.shape[:-1], 2 * H), dc.dtype)
        np.multiply(dc, f, out=direct[..., H:])
        return ds, direct

    def jacobian(self, s: Array, h_prev: Array | None = None) -> Array:
        """Return the step Jacobian of [h, c], four blocks of which diag(f_t) is one term.

        Parameters as `Cell.jacobian`; `h_prev` is needed, for c_{t-1}.
        """
        H = self.hidden_size
        s, h_prev = self._check_total_input(s, h_prev)
        c_by_s, h_by_o, h_by_c, f = self.slopes(h_prev, s, self.transition(h_prev, s))
        W_i, W_f, W_g, W_o = (self.W_hh[k * H : (k + 1) * H] for k in range(4))
        by_i, by_f, by_g = (c_by_s[..., k, :, :, None] for k in range(3))
        J = np.zeros((*s.shape[:-1], 2 * H, 2 * H), s.dtype)
        c_by_h, c_by_c = by_i * W_i + by_f * W_f + by_g * W_g, diagonal(f)
        J[..., H:, :H], J[..., H:, H:] = c_by_h, c_by_c
        J[..., :H, :H] = h_by_o[..., None] * W_o + h_by_c[..., None] * c_by_h
        J[..., :H, H:] = h_by_c[..., None] * c_by_c
        return J


@lru_cache
def _half_but_g(dtype: np.dtype[np.generic]) -> tuple[Array, Array]:
    """Return the scale (½ ½ 1 ½) and the shift (½ ½ 0 ½) that make four gates out of tanh."""
    half = np.array([0.5, 0.5, 1, 0.5], dtype)[:, None, None]
    return half, 1 - half
