"""The gated recurrent unit, in PyTorch's conventions."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from rnnlib._validate import Array, check_array, check_shape, check_size
from rnnlib.cells import initialisers
from rnnlib.cells.activations import logistic
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
        object.__setattr__(self, "b_n", check_array("b_n", self.b_n, ("H",)))
        super().__post_init__()
        check_shape("b_n", self.b_n, (self.hidden_size,))

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

    def gates(self, s: Array) -> GRUGates:
        """Return r, z, n of total inputs s, shape (..., 4 · hidden_size)."""
        s_n, s_r, s_z, q = self._blocks("s", s, 4)
        r, z = logistic(s_r), logistic(s_z)
        return GRUGates(r, z, n=np.tanh(s_n + r * q))  # eq-gru-state

    def transition(self, h_prev: Array, s: Array) -> Array:
        """Return h_t = (1 − z) ⊙ n + z ⊙ h_{t-1}."""
        _, z, n = self.gates(s)
        return (1 - z) * n + z * h_prev  # eq-gru-state

    def slopes(self, h_prev: Array, s: Array, h: Array) -> tuple[Array, ...]:
        """Return ∂h/∂s_n, ∂h/∂s_r, ∂h/∂s_z, ∂h/∂q and ∂h/∂h_prev = z, all elementwise."""
        r, z, n = self.gates(s)
        *_, q = self._blocks("s", s, 4)
        by_n = (1 - z) * (1 - n**2)
        return by_n, by_n * q * r * (1 - r), (h_prev - n) * z * (1 - z), by_n * r, z

    def pull_back(self, dh: Array, *slopes: Array) -> tuple[Array, Array | None]:
        """Return ∂L/∂s_t, and what flows past the gates: dh ⊙ z."""
        by_n, by_r, by_z, by_q, z = slopes
        deltas = [dh * by_n, dh * by_r, dh * by_z, dh * by_q]  # eq-gru-deltas
        return np.concatenate(deltas, axis=-1), dh * z

    def jacobian(self, s: Array, h_prev: Array | None = None) -> Array:
        """Return the step Jacobian. Parameters as `Cell.jacobian`; `h_prev` is needed."""
        s, h_prev = self._check_total_input(s, h_prev)
        slopes = self.slopes(h_prev, s, self.transition(h_prev, s))
        _, by_r, by_z, by_q, z = (slope[..., None] for slope in slopes)
        W_r, W_z, W_n = np.split(self.W_hh, 3)
        direct = z * np.eye(self.hidden_size, dtype=z.dtype)
        return by_r * W_r + by_z * W_z + by_q * W_n + direct  # eq-gru-jacobian
