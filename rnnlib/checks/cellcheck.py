"""Do the methods of a cell fit each other? Every derivative of its step, against slopes."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array
from rnnlib.cells.cell import Cell
from rnnlib.checks._contract import check_contract
from rnnlib.checks.gradcheck import check_gradient
from rnnlib.checks.report import GradientReport


@dataclass(frozen=True)
class CellReport:
    """What `check_cell` found: one report for each derivative of the step.

    Attributes
    ----------
    jacobian : GradientReport
        Entry ``[i, j]`` is ∂h_i/∂h_prev_j.
    h_prev, x, weights : GradientReport
        What a gradient with respect to the new state becomes.
    """

    jacobian: GradientReport
    h_prev: GradientReport
    x: GradientReport
    weights: GradientReport

    @property
    def passed(self) -> bool:
        """Whether all four are RIGHT."""
        return all(getattr(self, field.name).passed for field in fields(self))

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return "\n".join(f"{field.name}: {getattr(self, field.name)}" for field in fields(self))

    def raise_unless_right(self) -> None:
        """Raise unless all four are RIGHT: see `GradientReport.raise_unless_right`."""
        for field in fields(self):
            try:
                getattr(self, field.name).raise_unless_right()
            except AssertionError as error:
                raise AssertionError(f"{field.name}: {error}") from None


def check_cell(cell: Cell, rng: np.random.Generator | None = None) -> CellReport:
    """Compare every derivative of a cell with the slopes of its own step, at a random place.

    Meant for a cell of your own, whose three methods must fit each other. A layer has no step: its
    gradient is what `check_gradient` compares with `bptt`.

    Parameters
    ----------
    cell : Cell
    rng : numpy.random.Generator, optional

    Returns
    -------
    CellReport
        Its `passed` says whether all are right, and each report names its worst entry.

    Raises
    ------
    TypeError, ValueError
        If `cell` is none, such as a layer; if a method does not return what `bptt` needs, or
        writes to what it was given: the message names the method.

    Examples
    --------
    >>> from rnnlib import GRUCell
    >>> check_cell(GRUCell.random(2, 3, np.random.default_rng(0))).passed
    True
    """
    rng = np.random.default_rng(0) if rng is None else rng
    check_contract(cell, np.random.default_rng(0))
    is_complex = any(array.dtype.kind == "c" for array in tree.leaves(cell))

    def real(number: Any) -> Any:
        # Of an analytic step the real part has the step's own derivative as gradient.
        return number.real if is_complex else number

    h = rng.uniform(-0.9, 0.9, (1, cell.state_size)).astype(complex if is_complex else float)
    x, v = rng.standard_normal((1, cell.input_size)), rng.standard_normal(h.shape)
    pulled, J = cell.vjp(h, x, v), cell.jacobian(cell.total_input(h, x), h)[0]
    copies = np.repeat(h, cell.state_size, axis=0)  # one for each row of the Jacobian

    def diagonal(old: Array) -> Any:
        return real(np.trace(cell.step(old, np.repeat(x, len(old), axis=0))))

    return CellReport(
        jacobian=_decided(diagonal, J, copies),
        h_prev=_decided(lambda old: real((v * cell.step(old, x)).sum()), pulled.h_prev, h),
        x=_decided(lambda new: real((v * cell.step(h, new)).sum()), pulled.x, x),
        weights=_decided(lambda new: real((v * new.step(h, x)).sum()), pulled.cell, cell),
    )


def _decided(function: Callable[[Any], Any], gradient: Any, at: Any) -> GradientReport:
    """Check entry by entry, or along as many directions where differences cannot see a zero."""
    report = check_gradient(function, gradient, at)
    if report.verdict == "UNDECIDED" and report.method == "central":
        report = check_gradient(function, gradient, at, directions=report.checked)
    return report
