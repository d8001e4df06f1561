"""The path past the gates: how much of a gradient product goes along it, and how far.

What a step does to the old state itself, and not through a total input s_t, is a number for each
unit: the forget gate f_t of an LSTM, the update gate z_t of a GRU, nothing in an Elman network.
Their product over the steps is the straight line in the drawing of an LSTM. Everything else of the
gradient product leaves the unit, goes through the weights, and comes back.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_array
from rnnlib.cells.cell import Cell
from rnnlib.product._factors import by_distance
from rnnlib.product.gradient_product import products_to_last
from rnnlib.product.norms import THRESHOLD, check_threshold
from rnnlib.time.layer import Layer
from rnnlib.time.unrolling import Unrolled, check_run


@dataclass(frozen=True, eq=False)
class DirectShare:
    """How much of a gradient product is its direct path D, by distance d = 0 … T.

    Attributes
    ----------
    norm : ndarray, shape (T + 1, B)
        ‖D‖/‖P‖ (Frobenius): above 1 where the rest cancels more of D than it adds.
    projection : ndarray, shape (T + 1, B)
        ⟨D, P⟩/‖P‖²: what D adds to P in P's own direction; of several parts these sum to 1.
    """

    norm: Array
    projection: Array


def direct_path(cell: Cell, run: Unrolled) -> Array:
    """Return the product of what steps k + 1 … T pass on past all weights, unit by unit.

    Parameters
    ----------
    cell : Cell
        The cell that was unrolled. Of an LSTM, whose state is [h, c], the path is that of c.
    run : Unrolled
        What `unroll` returned.

    Returns
    -------
    ndarray, shape (T + 1, B, hidden_size)
        Entry k: Π f_j over j = k + 1 … T for an LSTM, Π z_j for a GRU, 0 for an Elman network; the
        last one is 1. Where a sequence is over, its state is carried on, and the factor is 1.

    Raises
    ------
    ValueError, TypeError
        If `run` was made by another cell.

    Examples
    --------
    >>> from rnnlib import LSTMCell, unroll
    >>> cell = LSTMCell(np.zeros((4, 1)), np.zeros((4, 1)), np.zeros(4))  # all gates are ½
    >>> direct_path(cell, unroll(cell, np.ones((3, 1, 1)))).ravel()
    array([0.125, 0.25 , 0.5  , 1.   ])
    """
    check_run(cell, run)
    before, after = run.states[:-1], run.states[1:]
    error = np.zeros_like(after)
    error[..., -cell.hidden_size :] = 1  # at the memory alone: of [h, c] that is c
    _, direct = cell.pull_back(error, *cell.slopes(before, run.pre, after))
    passed = np.zeros_like(error) if direct is None else direct
    gates = np.where(run.over, 1, passed[..., -cell.hidden_size :])
    ones = np.ones((1, *gates.shape[1:]), gates.dtype)
    newest_first = np.concatenate([ones, gates[::-1]])
    return np.cumprod(newest_first, axis=0)[::-1]  # eq-direct-path eq-input-gates


def direct_share(cell: Cell, run: Unrolled) -> DirectShare:
    """Compare the direct path with the whole product P_{T,T-d}, of an LSTM its block ∂c_T/∂c_{T-d}.

    Parameters
    ----------
    cell : Cell
    run : Unrolled

    Returns
    -------
    DirectShare
        NaN where P has left the floats (see `products_to_last`), and beyond a sequence's start.

    Raises
    ------
    ValueError, TypeError
        If `run` was made by another cell.

    Examples
    --------
    >>> from rnnlib import GRUCell, unroll
    >>> cell = GRUCell.random(2, 8, np.random.default_rng(0))
    >>> share = direct_share(cell, unroll(cell, np.ones((5, 1, 2)))).norm[:, 0]
    >>> bool(share[0] == 1 and share[5] < 0.9)
    True
    """
    D = direct_path(cell, run)
    P = products_to_last(run)[..., -cell.hidden_size :, -cell.hidden_size :]
    with np.errstate(invalid="ignore", divide="ignore"):  # 0/0, where both have left the floats
        of_P = np.linalg.norm(P, axis=(-2, -1))
        norm = np.linalg.norm(D, axis=-1) / of_P  # eq-direct-share
        along = np.diagonal(P, axis1=-2, axis2=-1) / of_P[..., None]
        projection = (D / of_P[..., None] * along).sum(axis=-1)  # eq-direct-share
    lengths = np.full(norm.shape[1:], len(norm) - 1) if run.lengths is None else run.lengths
    return DirectShare(by_distance(norm, lengths), by_distance(projection, lengths))


def gate_horizon(bias: Array | float, *, threshold: float = THRESHOLD) -> Any:
    """Return after how many steps σ(bias)ⁿ = threshold: what one gate that stays put would keep.

    Parameters
    ----------
    bias : array_like
        The total input of the gate, the same at each step.
    threshold : float
        Above 0 and below 1; the course's 1 % is about 4.6 times 1/(1 − f), the time to 1/e.

    Returns
    -------
    float, or ndarray of the shape of `bias`
        Not rounded.

    Raises
    ------
    ValueError, TypeError
        If a bias is not a finite number or the threshold is not between 0 and 1.

    Examples
    --------
    >>> gate_horizon([0.0, 1.0, 5.0]).round()
    array([  7.,  15., 686.])
    """
    log_gate = -np.logaddexp(0, -check_array("bias", bias))  # log σ, where σ itself rounds to 1
    return np.log(check_threshold(threshold)) / log_gate  # eq-gate-horizon


def jacobian_at_rest(cell: Cell) -> Array:
    """Return the step Jacobian at the state 0 without input, where that state stays.

    Its eigenvalues tell whether a network in silence goes to sleep or wakes up.

    Parameters
    ----------
    cell : Cell
        With biases that leave the state at 0: in an LSTM that of g, in a GRU those of n, in an
        Elman network all are 0; gates may have any.

    Returns
    -------
    ndarray, shape (state_size, state_size)

    Raises
    ------
    TypeError
        If `cell` is a layer or no cell.
    ValueError
        If the state 0 does not stay.

    Examples
    --------
    >>> from rnnlib import LSTMCell
    >>> cell = LSTMCell([[0.0], [0.0], [2.0], [0.0]], np.zeros((4, 1)), np.zeros(4))
    >>> np.linalg.eigvals(jacobian_at_rest(cell)).round(12) + 0.0  # f + i o W_g, and 0
    array([1., 0.])
    """
    if not isinstance(cell, Cell):
        hint = "; ask the cells in it" if isinstance(cell, Layer) else ""
        raise TypeError(f"cell: expected a Cell, got a {type(cell).__name__}{hint}")
    rest, silence = np.zeros((1, cell.state_size)), np.zeros((1, cell.input_size))
    if np.any(moved := cell.step(rest, silence)):
        size = np.abs(moved).max()
        raise ValueError(f"cell: expected the state 0 to stay at 0, got entries up to {size:.3g}")
    return cell.jacobian(cell.total_input(rest, silence), rest)[0]  # eq-lstm-rest eq-gru-rest
