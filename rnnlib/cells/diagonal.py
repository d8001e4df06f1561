"""The diagonal linear recurrence h_t = λ ⊙ h_{t-1} + W_xh x_t + b_h: units that never meet."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from rnnlib._validate import (
    Array,
    check_array,
    check_positive,
    check_precision,
    check_size,
    frozen,
)
from rnnlib.cells import initialisers
from rnnlib.cells._own_arrays import WEIGHTS, check_own_arrays
from rnnlib.cells.cell import Cell
from rnnlib.cells.elman import ElmanCell


@dataclass(frozen=True, eq=False)
class DiagonalCell(Cell):
    """The diagonal linear recurrence h_t = λ ⊙ h_{t-1} + W_xh x_t + b_h; λ may be complex.

    Its units never meet, so the product of one-step derivatives is exact unit by unit:
    ∂h_t/∂h_k = diag(λ)^(t-k).

    Attributes
    ----------
    W_hh : ndarray, shape (hidden_size,)
        λ, the diagonal of the recurrent matrix.
    W_xh : ndarray, shape (hidden_size, input_size)
    b_h : ndarray, shape (hidden_size,)

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit the others, an entry is not a finite number, or the arrays differ in
        precision.

    Notes
    -----
    With complex λ the derivatives are complex derivatives (no conjugate is taken): for a real loss
    L feed ``dh = ∂L/∂Re h − i ∂L/∂Im h`` and read every gradient in the same form. PyTorch's is the
    conjugate, and so is the direction in which L rises: `rnnlib.training.optimisers` says how the
    optimisers take it, and `rnnlib.training.steepest` gives it.

    References
    ----------
    Orvieto et al. (2023), "Resurrecting recurrent neural networks for long sequences", ICML.

    Examples
    --------
    >>> cell = DiagonalCell(W_hh=[0.5, -1.0], W_xh=[[1.0], [1.0]], b_h=[0.0, 0.0])
    >>> cell.step(h_prev=[[2.0, 2.0]], x=[[1.0]])
    array([[ 2., -1.]])
    """

    def __post_init__(self) -> None:
        W_hh = check_array("W_hh", self.W_hh, ("H",))
        W_xh = check_array("W_xh", self.W_xh, (W_hh.size, "I"))
        b_h = check_array("b_h", self.b_h, (W_hh.size,))
        check_precision(W_hh=W_hh, W_xh=W_xh, b_h=b_h)
        for name, array in zip(WEIGHTS, (W_hh, W_xh, b_h), strict=True):
            object.__setattr__(self, name, frozen(array))
        check_own_arrays(self, Cell.pull_to_own)

    @classmethod
    def random(
        cls,
        input_size: int,
        hidden_size: int,
        rng: np.random.Generator,
        *,
        smallest: float = 0.0,
        largest: float = 1.0,
    ) -> Self:
        """Draw complex λ uniformly from the ring smallest <= |λ| <= largest; W_xh from N(0, 1/I).

        Raises
        ------
        ValueError, TypeError
            If a size is not an integer >= 1 or not 0 <= smallest <= largest, largest > 0.

        References
        ----------
        Orvieto et al. (2023), on λ that is uniform on a ring.

        Examples
        --------
        >>> cell = DiagonalCell.random(2, 4, np.random.default_rng(0), smallest=0.9)
        >>> bool((np.abs(cell.W_hh) >= 0.9).all())
        True
        """
        input_size = check_size("input_size", input_size)
        hidden_size = check_size("hidden_size", hidden_size)
        smallest = check_positive("smallest", smallest, or_zero=True)
        largest = check_positive("largest", largest)
        if smallest > largest:
            raise ValueError(f"smallest: expected at most largest = {largest}, got {smallest}")
        W_xh = initialisers.gaussian((hidden_size, input_size), rng)
        # uniform over the ring's area: |λ|² is uniform, not |λ|
        radius = np.sqrt(rng.uniform(smallest**2, largest**2, hidden_size))
        phase = rng.uniform(0, 2 * np.pi, hidden_size)
        return cls(radius * np.exp(1j * phase), W_xh, np.zeros(hidden_size))

    def transition(self, h_prev: Array, s: Array) -> Array:
        """Return h_t = s_t."""
        return s

    def slopes(self, h_prev: Array, s: Array, h: Array) -> tuple[Array, ...]:
        """Return nothing: the recurrence is linear."""
        return ()

    def pull_back(self, dh: Array, *slopes: Array) -> tuple[Array, Array | None]:
        """Return ∂L/∂s_t = ∂L/∂h_t."""
        return dh, None

    def jacobian(self, s: Array, h_prev: Array | None = None) -> Array:
        """Return diag(λ) for every step; see `ElmanCell.jacobian`."""
        s = check_array("s", s)
        if s.shape[-1:] != (self.hidden_size,):
            raise ValueError(f"s: expected shape (..., {self.hidden_size}), got {s.shape}")
        each = (*s.shape, self.hidden_size)
        return np.broadcast_to(np.diag(self.W_hh), each).copy()  # eq-diagonal-power


@dataclass(frozen=True, eq=False)
class Modes:
    """A linear network in coordinates in which its units never meet: h_t = S m_t.

    Attributes
    ----------
    cell : DiagonalCell
        What becomes of m_t; its W_hh are the eigenvalues of the network's.
    vectors : ndarray, shape (hidden_size, hidden_size)
        S, an eigenvector in each column; complex as a rule.
    """

    cell: DiagonalCell
    vectors: Array

    @classmethod
    def of(cls, network: ElmanCell) -> Self:
        """Take a linear network apart.

        Raises
        ------
        TypeError
            If `network` is not an ElmanCell.
        ValueError
            If its activation is not the identity, or its eigenvectors do not span the space (to
            working precision): then there are no such coordinates.

        Examples
        --------
        >>> turn = ElmanCell([[0.0, -1.0], [1.0, 0.0]], [[1.0], [0.0]], [0.0, 0.0], "identity")
        >>> Modes.of(turn).cell.W_hh + 0
        array([0.+1.j, 0.-1.j])
        """
        if not isinstance(network, ElmanCell):
            raise TypeError(f"network: expected an ElmanCell, got {type(network).__name__}")
        if network.activation.name != "identity":
            raise ValueError(
                f"network: expected the activation identity, got {network.activation.name}"
            )
        values, S = np.linalg.eig(network.W_hh)
        if np.linalg.cond(S) * np.finfo(S.dtype).eps > 0.1:
            raise ValueError(
                "network: expected eigenvectors that span the space, got dependent ones"
            )
        W_xh, b_h = np.linalg.solve(S, network.W_xh), np.linalg.solve(S, network.b_h)  # eq-modes
        return cls(DiagonalCell(values, W_xh, b_h), frozen(S))
