"""A gradient taken apart by distance: how much of it comes from how far back.

A weight used at step k meets the loss of step t over the distance d = t − k. With δ_{t,k} =
∂L_t/∂s_k, the gradient of a weight is a sum over all pairs, here ordered by distance:
dL/dW_hh = Σ_d G_d,  G_d = Σ_t δ_{t,t-d} h_{t-d-1}ᵀ.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array, check_size
from rnnlib.cells._own_arrays import own_gradient
from rnnlib.cells.cell import Cell
from rnnlib.time.backpropagation import check_dhs, of_whole_states, slopes_of
from rnnlib.time.unrolling import Unrolled, check_run


def contributions(cell: Cell, run: Unrolled, dhs: Array) -> Iterator[Any]:
    """Yield G_0, G_1, …, G_{T-1}, what each distance contributes to the weights' gradient.

    Parameters
    ----------
    cell : Cell
    run : Unrolled
        What `unroll` returned.
    dhs : ndarray, shape (T, B, H) or (B, H)
        The immediate derivative of the loss with respect to each h_t, as for `bptt`.

    Yields
    ------
    Cell
        G_d, a record of the cell's own type; all of them sum to ``bptt(...).cell``.

    Raises
    ------
    ValueError, TypeError
        If `run` was made by another cell, a shape does not fit, or an entry is not a finite number.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> cell = ElmanCell([[2.0]], [[1.0]], [0.0], activation="identity")
    >>> run = unroll(cell, np.ones((4, 1, 1)))
    >>> [G.b_h.item() for G in contributions(cell, run, dhs=[[1.0]])]  # the powers of u
    [1.0, 2.0, 4.0, 8.0]
    """
    check_run(cell, run)
    weights, H = cell.weights(), cell.hidden_size
    for distance, _, ds, own in _by_distance(cell, run, dhs):
        steps = slice(0, run.xs.shape[0] - distance)
        h_prev, xs = run.states[:-1, :, :H][steps], run.xs[steps]
        yield cell.from_weights(weights.gradient(h_prev, xs, ds), *own)  # eq-contribution


@dataclass(frozen=True, eq=False)
class Shares:
    """What each distance has of a gradient G = Σ_d G_d, in two ways.

    Attributes
    ----------
    norm : ndarray, shape (D,)
        ‖G_d‖ / Σ_e ‖G_e‖: how much is said over this distance, agreeing or not. At least 0, sum 1.
    projection : ndarray, shape (D,)
        ⟨G_d, G⟩ / ‖G‖²: how much of it is in what all distances together say. Of either sign, sum
        1.
    """

    norm: Array
    projection: Array


def shares(parts: Iterable[Array]) -> Shares:
    """Compare contributions G_0, G_1, … with their sum G.

    Parameters
    ----------
    parts : iterable of ndarray, all of one shape
        The contributions to one weight, such as ``[G.W_hh for G in contributions(...)]``.

    Returns
    -------
    Shares

    Raises
    ------
    ValueError, TypeError
        If there are no parts, their shapes differ, an entry is not a finite number, or G is 0.

    Examples
    --------
    >>> found = shares([[2.0, 1.0], [0.0, -1.0]])  # the sum is (2, 0): the second has no part in it
    >>> found.norm.round(2), found.projection
    (array([0.69, 0.31]), array([1., 0.]))
    """
    table = check_array("parts", list(parts))
    if table.size == 0:
        raise ValueError(f"parts: expected at least one array, got shape {table.shape}")
    rows = table.reshape(len(table), -1)
    total = rows.sum(axis=0)
    if not total.any():
        raise ValueError("parts: expected arrays with a sum other than 0, got a sum of 0")
    norms = np.linalg.norm(rows, axis=1)
    return Shares(
        norm=norms / norms.sum(),  # eq-norm-share
        projection=rows @ total / (total @ total),  # eq-projection
    )


def sliding_window_gradient(cell: Cell, run: Unrolled, dhs: Array, window: int) -> Any:
    """Return Σ_{d < window} G_d: each loss reaches back exactly `window` steps.

    It is the gradient of another loss, whose L_t begins in h_{t-window} as in a given number.

    ``bptt(..., window=w)`` cuts time into chunks instead, so a loss at the start of a chunk reaches
    back one step only; the two differ.

    Parameters
    ----------
    cell, run, dhs
        As for `contributions`.
    window : int
        At least 1 (which leaves each loss its own step only).

    Returns
    -------
    Cell
        A record of the cell's own type.

    Raises
    ------
    ValueError, TypeError
        As `contributions`, and if `window` is not an integer >= 1.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> cell = ElmanCell([[2.0]], [[1.0]], [0.0], activation="identity")
    >>> run = unroll(cell, np.ones((4, 1, 1)))
    >>> sliding_window_gradient(cell, run, dhs=[[1.0]], window=3).b_h
    array([7.])
    """
    window = check_size("window", window)
    parts = zip(range(window), contributions(cell, run, dhs), strict=False)  # eq-frozen-loss
    total = tree.map_leaves(np.zeros_like, cell)
    for _, part in parts:
        total = tree.map_leaves(np.add, total, part)
    return total


def loss_reach(cell: Cell, run: Unrolled, dhs: Array) -> Array:
    """Return ∂L_t/∂h_k for every pair, L_t being the loss of step t and L their sum.

    Parameters
    ----------
    cell, run, dhs
        As for `contributions`.

    Returns
    -------
    ndarray, shape (T, T + 1, B, state_size)
        Entry ``[t - 1, k]`` is ∂L_t/∂h_k, 0 for k > t; its sum over the first axis is the total
        ∂L/∂h_k.

    Raises
    ------
    ValueError, TypeError
        As `contributions`.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> cell = ElmanCell([[0.5]], [[1.0]], [0.0], activation="identity")
    >>> run = unroll(cell, np.ones((2, 1, 1)))
    >>> loss_reach(cell, run, dhs=np.ones((2, 1, 1)))[..., 0, 0]
    array([[0.5 , 1.  , 0.  ],
           [0.25, 0.5 , 1.  ]])
    """
    check_run(cell, run)
    steps, batch = run.xs.shape[:2]
    reach = np.zeros((steps, steps + 1, batch, cell.state_size), run.states.dtype)
    for distance, dh, *_ in _by_distance(cell, run, dhs):
        later = np.arange(distance, steps)  # t − 1
        reach[later, later + 1 - distance] = dh  # eq-error-reach
    for t, dh_0 in enumerate(_to_initial_state(cell, run, reach), start=1):
        reach[t - 1, 0] = dh_0
    return reach


def _by_distance(
    cell: Cell, run: Unrolled, dhs: Array
) -> Iterator[tuple[int, Array, Array, tuple[Array, ...]]]:
    """Yield d, ∂L_{k+d}/∂h_k and ∂L_{k+d}/∂s_k for all k = 1 … T − d at once.

    Last comes what reaches the arrays of the cell's own over this distance, summed over k.
    A loss's own step is distance 0, where it acts immediately; each further one is one pull through
    a step, and all steps are pulled through together.
    """
    dh = of_whole_states(check_dhs(cell, run, dhs), run)
    weights, slopes = cell.weights(), slopes_of(cell, run)
    for distance in range(dh.shape[0]):
        n = dh.shape[0]
        slopes = tuple(slope[:n] for slope in slopes)
        ds, dh_prev = cell.pull_through(weights, dh, slopes)
        yield distance, dh, ds, own_gradient(cell, dh, slopes)
        dh = dh_prev[1:]  # eq-error-reach


def _to_initial_state(cell: Cell, run: Unrolled, reach: Array) -> Array:
    """Return ∂L_t/∂h_0 for every t from ∂L_t/∂h_1, the pull through the first step."""
    slopes = tuple(slope[:1] for slope in slopes_of(cell, run))
    return cell.pull_through(cell.weights(), reach[:, 1], slopes)[1]
