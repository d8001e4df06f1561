"""Gradients carried forward in time: real-time recurrent learning (RTRL).

The same numbers as `bptt` by a route that shares no code with it: closed-form Jacobians, and the
immediate derivative of one step by complex numbers. Exact, slow, and therefore an oracle.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, read_only
from rnnlib.cells.cell import Cell
from rnnlib.time.backpropagation import check_dhs
from rnnlib.time.unrolling import Unrolled

TINY = 1e-100
"""The complex step: nothing is subtracted, so it may be as small as the floats allow."""


@dataclass(frozen=True, eq=False)
class Sensitivities(tree.Immutable):
    """How every state depends on every weight, and what that makes of a loss.

    Attributes
    ----------
    states : ndarray, shape (T + 1, B, state_size, n)
        ``states[t]`` is dh_t/dθ, total; θ holds the n numbers of the cell in the order of
        `rnnlib.tree.flatten`.
    cell : Cell
        ∂L/∂W for every weight: a record of the cell's own type.
    """

    states: Array
    cell: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "states", read_only(self.states))


def forward_sensitivities(cell: Cell, run: Unrolled, dhs: Array) -> Sensitivities:
    """Carry dh_t/dθ along with the states: dh_t/dθ = J_t dh_{t-1}/dθ + ∂⁺h_t/∂θ.

    Needs n · H numbers for every step and sequence, where BPTT needs a few H, but no look back.

    Parameters
    ----------
    cell : Cell
        float64, and its `transition` must accept complex numbers, as the course's cells do.
    run : Unrolled
        What `unroll` returned.
    dhs : ndarray, shape (T, B, H) or (B, H)
        The immediate derivative of the loss with respect to each h_t, as for `bptt`.

    Returns
    -------
    Sensitivities

    Raises
    ------
    ValueError, TypeError
        If `run` was made by another cell, the cell is not of float64, a shape does not fit, or an
        entry is not a finite number.

    References
    ----------
    Williams & Zipser (1989), "A learning algorithm for continually running fully recurrent neural
    networks", Neural Computation 1, 270-280.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> cell = ElmanCell([[2.0]], [[1.0]], [0.0], activation="identity")
    >>> run = unroll(cell, [[[1.0]], [[0.0]], [[0.0]]])  # h = u² w, so dh/du = 2 u w
    >>> forward_sensitivities(cell, run, dhs=[[1.0]]).cell.W_hh
    array([[4.]])
    """
    dhs = check_dhs(cell, run, dhs)
    if run.states.dtype != np.float64:
        raise TypeError(f"cell: expected float64, got {run.states.dtype}")
    jacobians, immediate = (
        cell.jacobian(run.pre, run.states[:-1]),
        _immediate_derivatives(cell, run),
    )
    if run.lengths is not None:
        jacobians[run.over[..., 0]] = np.eye(cell.state_size)
    states = np.zeros((run.states.shape[0], *immediate.shape[1:]))
    gradient = np.zeros(immediate.shape[-1])
    for t in range(1, run.states.shape[0]):
        carried = jacobians[t - 1] @ states[t - 1]  # eq-total-derivative
        states[t] = carried + immediate[t - 1]  # eq-total-derivative
        gradient += np.einsum("bi,bin->n", dhs[t - 1], states[t][:, : dhs.shape[-1]])
    return Sensitivities(states, tree.unflatten(gradient, like=cell))


def _immediate_derivatives(cell: Cell, run: Unrolled) -> Array:
    """Return ∂⁺h_t/∂θ, shape (T, B, state_size, n): the step at t alone sees θ + i·TINY·e_j.

    The steps do not depend on each other once their old states are given, so all of them go
    through the cell as one batch.
    """
    theta = tree.flatten(cell)
    h_prev = run.states[:-1].reshape(-1, cell.state_size)
    x = run.xs.reshape(-1, cell.input_size)
    derivatives = np.empty((*run.states[1:].shape, theta.size))
    for j in range(theta.size):
        nudged = theta.astype(complex)
        nudged[j] += 1j * TINY
        h = tree.unflatten(nudged, like=cell).step(h_prev, x)  # eq-immediate-derivative
        derivatives[..., j] = (h.imag / TINY).reshape(run.states[1:].shape)
    if run.lengths is not None:  # a state that is carried on does not depend on any weight
        derivatives[run.over[..., 0]] = 0
    return derivatives
