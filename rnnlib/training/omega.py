"""Pascanu's regulariser Ω: errors on their way back through time should keep their length.

One step back multiplies the row ∂L/∂h_t by J_t = diag(φ'(s_t)) W_hh. Ω is zero if no error that
the network meets gets longer or shorter by that; it looks in the direction of the error only.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

import numpy as np

from rnnlib._validate import Array, check_array, check_positive
from rnnlib.cells.cell import Cell
from rnnlib.cells.elman import ElmanCell
from rnnlib.time.backpropagation import bptt, check_dhs
from rnnlib.time.unrolling import Unrolled

Variant = Literal["code", "paper"]
"""Whose Ω: as the published code computes it, or as the paper prints it."""


@dataclass(frozen=True, eq=False)
class Omega:
    """A regulariser's value and its immediate gradient.

    Attributes
    ----------
    value : float
        Ω, 0 if every error keeps its length.
    W_hh : ndarray, shape (H, H)
        ∂⁺Ω/∂W_hh: the errors and the slopes φ'(s_t) held fixed.
    """

    value: float
    W_hh: Array


def regulariser(
    cell: Cell,
    run: Unrolled,
    dhs: Array,
    *,
    variant: Variant = "code",
    smallest: float = 1e-20,
) -> Omega:
    """Return Ω of a run and the gradient that its authors descend.

    Of a run with lengths only real steps count: the mean is over those of all sequences together,
    as over the sequences alone. A window does not enter: Ω is of the errors of the whole run, since
    it asks what a step back does to an error, and an error cut short is another one. So training
    with a window and Ω goes back through the run twice.

    Parameters
    ----------
    cell : ElmanCell
    run : Unrolled
        What `unroll` returned.
    dhs : ndarray, shape (T, B, H) or (B, H)
        The immediate derivative of the loss with respect to each h_t, as for `bptt`.
    variant : {"code", "paper"}
        - *code*: the mean over steps and sequences of (ratio² − 1)²;
        - *paper*: the sum over steps, and mean over sequences, of (ratio − 1)²;

        where ratio = ‖∂L/∂h_t J_t‖ / ‖∂L/∂h_t‖, the length of an error after one step back.
    smallest : float
        Steps whose error has a squared norm below this, or is zero, do not count.

    Returns
    -------
    Omega

    Raises
    ------
    ValueError, TypeError
        If `cell` is no ElmanCell, `run` is not of this cell, a shape does not fit, or the variant
        is unknown.

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), ICML, section 3.3, and the authors' code. The paper writes Ω
    for the total inputs s, the code for the states h.

    Examples
    --------
    >>> from rnnlib import unroll
    >>> cell = ElmanCell([[0.5]], [[1.0]], [0.0], activation="identity")
    >>> run = unroll(cell, np.ones((3, 1, 1)))
    >>> omega = regulariser(cell, run, dhs=[[1.0]])  # every step back halves the error
    >>> omega.value, omega.W_hh  # (¼ − 1)² and 2 (¼ − 1) · 2 · ½
    (0.5625, array([[-1.5]]))
    """
    if not is_elman(cell):
        raise TypeError(f"cell: expected an ElmanCell, got {type(cell).__name__}")
    dhs = check_dhs(cell, run, dhs)
    deltas: Any = bptt(cell, run, dhs, inputs=False, deltas=True).deltas
    errors = total_errors(cell.W_hh, dhs, deltas)
    return regulariser_at(cell.W_hh, errors, deltas, variant, smallest)


def is_elman(cell: Any) -> TypeGuard[ElmanCell]:
    """Return whether a step back through the cell is diag(φ') W_hh."""
    return isinstance(cell, ElmanCell) and type(cell).pull_back is ElmanCell.pull_back


def total_errors(W_hh: Array, dhs: Array, deltas: Array) -> Array:
    """Return ∂L/∂h_t for every step: its own loss, and what comes back from the step after it.

    Parameters
    ----------
    W_hh : ndarray, shape (H, H)
    dhs : ndarray, shape (T, B, H)
        Immediate derivatives.
    deltas : ndarray, shape (T, B, H)
        δ_t = ∂L/∂s_t, from `bptt` without a window.

    Returns
    -------
    ndarray, shape (T, B, H)

    Examples
    --------
    >>> total_errors(np.eye(1), np.zeros((2, 1, 1)), np.ones((2, 1, 1))).ravel()
    array([1., 0.])
    """
    errors = np.array(dhs, np.result_type(dhs, deltas, W_hh))
    errors[:-1] += deltas[1:] @ W_hh
    return errors


def regulariser_at(
    W_hh: Array,
    errors: Array,
    deltas: Array,
    variant: Variant = "code",
    smallest: float = 1e-20,
) -> Omega:
    """Return Ω as a function of W_hh alone, the errors of all steps being given.

    Parameters
    ----------
    W_hh : ndarray, shape (H, H)
    errors : ndarray, shape (T, B, H)
        ∂L/∂h_t.
    deltas : ndarray, shape (T, B, H)
        δ_t = ∂L/∂h_t ⊙ φ'(s_t).
    variant, smallest
        As for `regulariser`.

    Returns
    -------
    Omega

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit or the variant is unknown.

    Examples
    --------
    >>> regulariser_at(2 * np.eye(2), np.ones((1, 1, 2)), np.ones((1, 1, 2))).value  # (4 − 1)²
    9.0
    """
    if variant not in ("code", "paper"):
        raise ValueError(f"variant: expected 'code' or 'paper', got {variant!r}")
    W_hh = check_array("W_hh", W_hh, ("H", "H"))
    errors = check_array("errors", errors, ("T", "B", W_hh.shape[0]))
    deltas = check_array("deltas", deltas, errors.shape)
    before = _square(errors).sum(axis=-1)
    counts = (before >= check_positive("smallest", smallest, or_zero=True)) & (before > 0)
    before = np.where(counts, before, 1.0)

    back = deltas @ W_hh  # eq-error-ratio
    ratio = np.sqrt(_square(back).sum(axis=-1) / before)  # eq-error-ratio
    if variant == "code":
        excess, n = ratio**2 - 1, max(int(counts.sum()), 1)
        slope = 2 * excess * 2 * ratio
    else:
        excess, n = ratio - 1, errors.shape[1]
        slope = 2 * excess
    value = (excess[counts] ** 2).sum() / n  # eq-omega
    # ∂⁺ratio/∂W_hh = δᵀ (δ W_hh) / (ratio ‖∂L/∂h_t‖²); an error that dies has no direction.
    weight = np.where(counts & (ratio > 0), slope / np.where(ratio > 0, ratio, 1) / before / n, 0)
    rows = (weight[..., None] * deltas).reshape(-1, W_hh.shape[0])
    back = back.conj()  # complex weights get a complex derivative, as from bptt
    gradient = rows.T @ back.reshape(rows.shape)  # eq-omega-gradient
    return Omega(float(value), gradient)


def _square(a: Array) -> Array:
    """Return |a|²."""
    return (a * a.conj()).real
