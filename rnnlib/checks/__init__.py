"""Whether a derivative is right: differences, complex steps, and the comparison that judges.

Built in chapter 5.
"""

from rnnlib.checks.cellcheck import CellReport, check_cell
from rnnlib.checks.differences import (
    best_step,
    central_difference,
    central_error_bound,
    complex_step,
)
from rnnlib.checks.gradcheck import Method, check_gradient
from rnnlib.checks.report import GradientReport, Verdict

__all__ = [
    "CellReport",
    "GradientReport",
    "Method",
    "Verdict",
    "best_step",
    "central_difference",
    "central_error_bound",
    "check_cell",
    "check_gradient",
    "complex_step",
]
