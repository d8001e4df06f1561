"""What of a gradient product an error can use: how far errors reach, and what of them adds up.

A large ‖P_{T,k}‖ says that *some* error would arrive large at step k. Descent needs more: that the
errors there are do, and that those of different sequences agree about what to change.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_array, check_precision, check_size
from rnnlib.cells.cell import Cell
from rnnlib.time.backpropagation import bptt
from rnnlib.time.unrolling import Unrolled, check_run, unroll


@dataclass(frozen=True, eq=False)
class ErrorProjection:
    """The errors of a batch, carried back from the last step to an earlier one.

    Attributes
    ----------
    errors : ndarray, shape (B, state_size)
        g P_{T,k}, with g = ∂L/∂h_T of the sequence. T is the sequence's own: an error at a step
        after its end is still g.
    reach : float
        Root mean square length of these errors (of their moduli, if they are complex), relative to
        that of the g: at most the largest norm of a P_{T,k}.
    signal : float
        Length of their signed mean, relative to the same: at most `reach`, and about reach/√B for
        errors that have nothing in common.
    """

    errors: Array
    reach: float
    signal: float


def error_projection(
    cell: Cell, run: Unrolled, dh: Array, signs: Array, *, step: int = 1
) -> ErrorProjection:
    """Carry the errors of a batch back to one step, and see what is left of them.

    Parameters
    ----------
    cell : Cell
    run : Unrolled
        What `unroll` returned.
    dh : ndarray, shape (B, H) or (B, state_size)
        ∂L/∂h_T, one row for each sequence; not all 0.
    signs : ndarray, shape (B,)
        Which of two classes a sequence is of, +1 or −1: what the weights should learn to tell.
    step : int
        k, from 0 to T.

    Returns
    -------
    ErrorProjection

    Raises
    ------
    ValueError, TypeError
        If `run` is not of this cell, a shape or precision does not fit, all errors are 0, a sign is
        not ±1, or the step is out of range.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> cell = ElmanCell([[0.5]], [[1.0]], [0.0], activation="identity")
    >>> run = unroll(cell, np.ones((3, 2, 1)))
    >>> found = error_projection(cell, run, dh=[[1.0], [1.0]], signs=[1, -1])  # they cancel
    >>> found.reach, found.signal
    (0.25, 0.0)
    """
    check_run(cell, run)
    dh, (steps, batch) = check_array("dh", dh), run.xs.shape[:2]
    if dh.shape not in ((batch, cell.hidden_size), (batch, cell.state_size)):
        raise ValueError(f"dh: expected shape {(batch, cell.hidden_size)}, got {dh.shape}")
    check_precision(run=run.states, dh=dh)
    signs = check_array("signs", signs, (batch,))
    if not np.isin(signs, (-1, 1)).all():
        raise ValueError(f"signs: expected +1 or -1, got {signs[~np.isin(signs, (-1, 1))][0]}")
    if check_size("step", step, minimum=0) > steps:
        raise ValueError(f"step: expected at most T = {steps}, got {step}")
    size = _norm(dh) / np.sqrt(batch)
    if size == 0:
        raise ValueError("dh: expected errors that are not all 0")
    left = np.full(batch, steps - step) if run.lengths is None else run.lengths - step
    errors = np.zeros(run.states.shape[1:], np.result_type(run.states, dh))
    errors[:, : dh.shape[1]] = dh
    if left.max() > 0:
        lengths = None if run.lengths is None else np.maximum(left, 1)
        after = unroll(cell, run.xs[step:], run.states[step], lengths=lengths)
        back = bptt(cell, after, dh, inputs=False).h0  # eq-projected-error
        errors = np.where(left[:, None] > 0, back, errors)
    reach = _norm(errors) / np.sqrt(batch) / size  # eq-reach eq-reach-bound
    signal = _norm((signs[:, None] * errors).mean(axis=0)) / size  # eq-signal
    return ErrorProjection(errors, float(reach), float(signal))


def _norm(errors: Array) -> Any:
    """Return the root of the sum of all |entry|², also of errors whose squares are no floats."""
    largest = np.abs(errors).max()
    return largest * np.linalg.norm(errors / largest) if largest > 0 else largest
