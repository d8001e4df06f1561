"""The gated recurrent unit, in PyTorch's conventions."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array, check_precision, check_size
from rnnlib.cells import initialisers
from rnnlib.cells._blocks import by_gate, diagonal
from rnnlib.cells.cell import Cell
from rnnlib.cells.total_input import TotalInput


class GRUGates(NamedTuple):
    """The gates of a GRU, each of shape (..., hidden_size)."""

    r: Array
    z: Array
    n: Array


@dataclass(frozen=True, eq=False)
class GRUCell(Cell):
    """The gated recurrent unit, with the reset gate after the product and z keeping the old state.

    ::

        r = σ(s_r)   z = σ(s_z)   n = tanh(s_n + r ⊙ q),   q = W_hn h_{t-1} + b_n
        h_t = (1 − z) ⊙ n + z ⊙ h_{t-1}

    The total inputs are kept in the order ``[s_n, s_r, s_z, q]``: x reaches the first three, h the
    last three, each as one block. So the columns of ``run.pre`` and of ``Gradients.deltas`` are in
    this order, the rows of W_xh and b_h in that of PyTorch, r z n.

    Attributes
    ----------
    W_hh : ndarray, shape (3 · hidden_size, hidden_size)
        Rows in the order r z n.
    W_xh : ndarray, shape (3 · hidden_size, input_size)
    b_h : ndarray, shape (3 · hidden_size,)
        The biases of s_r, s_z and s_n.
    b_n : ndarray, shape (hidden_size,)
        The candidate's second bias, inside q, which the reset gate scales.

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit the others, an entry is not a finite number, or the arrays differ in
        precision.

    References
    ----------
    Cho et al. (2014), EMNLP, section 2.3, with the reset gate before the product; z is as there,
    but the other way round in Chung et al. (2014). This form is PyTorch's ``torch.nn.GRU``.

    Examples
    --------
    >>> cell = GRUCell.random(3, 8, np.random.default_rng(0))
    >>> cell.step(h_prev=np.zeros((2, 8)), x=np.ones((2, 3))).shape
    (2, 8)
    """

    b_n: Array

    rows_per_unit: ClassVar[int] = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        b_n = check_array("b_n", self.b_n, (self.hidden_size,))
        check_precision(W_hh=self.W_hh, b_n=b_n)
        object.__setattr__(self, "b_n", b_n)

    @classmethod
    def random(
        cls, input_size: int, hidden_size: int, rng: np.random.Generator, *, gain: float = 1.0
    ) -> Self:
        """Draw Gaussian weights as `ElmanCell.random`, zero biases.

        Raises
        ------
        ValueError, TypeError
            If a size is not an integer >= 1 or `gain` is not a finite number >= 0.

        Examples
        --------
        >>> GRUCell.random(3, 8, np.random.default_rng(0)).num_parameters
        296
        """
        input_size = check_size("input_size", input_size)
        hidden_size = check_size("hidden_size", hidden_size)
        return cls(
            W_hh=initialisers.gaussian((3 * hidden_size, hidden_size), rng, gain=gain),
            W_xh=initialisers.gaussian((3 * hidden_size, input_size), rng),
            b_h=np.zeros(3 * hidden_size),
            b_n=np.zeros(hidden_size),
        )

    def weights(self) -> TotalInput:
        """Return the affine map to [s_n, s_r, s_z, q]: the rows for x turned by one gate."""
        H = self.hidden_size
        b = np.concatenate([self.b_h[2 * H :], self.b_h[: 2 * H], self.b_n])
        W_xh = np.concatenate([self.W_xh[2 * H :], self.W_xh[: 2 * H]])
        return TotalInput(self.W_hh, W_xh, b, from_h=slice(H, None), from_x=slice(3 * H))

    def from_weights(self, weights: TotalInput, *own: Array) -> Self:
        """Return a record of this type with these arrays and its own: the inverse of `weights`."""
        H = self.hidden_size
        W_xh = np.concatenate([weights.W_xh[H:], weights.W_xh[:H]])
        b_h = np.concatenate([weights.b[H : 3 * H], weights.b[:H]])
        return tree.build(self, iter((weights.W_hh, W_xh, b_h, weights.b[3 * H :], *own)))

    def gates(self, s: Array) -> GRUGates:
        """Return r, z, n of total inputs s, shape (..., B, 4 · hidden_size)."""
        s_n, s_rz, q = self._columns(s)
        rz = np.multiply(s_rz, 0.5, out=np.empty(s_rz.shape, s.dtype))  # σ(s) = ½ + ½ tanh(½ s)
        np.tanh(rz, out=rz)
        rz *= 0.5
        rz += 0.5
        r, z = rz[..., 0, :, :], rz[..., 1, :, :]
        n = r * q
        n += s_n
        return GRUGates(r, z, np.tanh(n, out=n))

    def _columns(self, s: Array) -> tuple[Array, Array, Array]:
        """View s_n, both s_r and s_z, and q in s; the middle one has shape (..., 2, B, H)."""
        columns = by_gate(s, 4, self.hidden_size)
        return columns[..., 0, :, :], columns[..., 1:3, :, :], columns[..., 3, :, :]

    def transition(self, h_prev: Array, s: Array) -> Array:
        """Return h_t = (1 − z) ⊙ n + z ⊙ h_{t-1}, with one product fewer."""
        _, z, n = self.gates(s)
        return n + z * (h_prev - n)

    def slopes(self, h_prev: Array, s: Array, h: Array) -> tuple[Array, ...]:
        """Return ∂h/∂[s_n, s_r, s_z, q] and ∂h/∂h_prev = z, all elementwise."""
        H = self.hidden_size
        r, z, n = self.gates(s)
        h_by_s = np.empty((*r.shape[:-2], 4, *r.shape[-2:]), s.dtype)
        by_n, by_r, by_z, by_q = (h_by_s[..., k, :, :] for k in range(4))
        keep = 1 - z
        np.multiply(keep, 1 - n * n, out=by_n)
        np.multiply(by_n, r, out=by_q)
        np.multiply(by_q * s[..., 3 * H :], 1 - r, out=by_r)
        np.multiply((h_prev - n) * z, keep, out=by_z)
        return h_by_s, z

    def pull_back(self, dh: Array, *slopes: Array) -> tuple[Array, Array | None]:
        """Return ∂L/∂s_t, and what flows past the gates: dh ⊙ z."""
        h_by_s, z = slopes
        ds = np.empty((*dh.shape[:-1], 4 * dh.shape[-1]), dh.dtype)
        np.multiply(dh[..., None, :, :], h_by_s, out=by_gate(ds, 4, dh.shape[-1]))
        return ds, dh * z

    def jacobian(self, s: Array, h_prev: Array | None = None) -> Array:
        """Return the step Jacobian. Parameters as `Cell.jacobian`; `h_prev` is needed."""
        s, h_prev = self._check_total_input(s, h_prev)
        h_by_s, z = self.slopes(h_prev, s, self.transition(h_prev, s))
        H = self.hidden_size
        _, by_r, by_z, by_q = (h_by_s[..., k, :, :, None] for k in range(4))
        W_r, W_z, W_n = (self.W_hh[k * H : (k + 1) * H] for k in range(3))
        return by_r * W_r + by_z * W_z + by_q * W_n + diagonal(z)
