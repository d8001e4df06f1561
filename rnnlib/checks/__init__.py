"""Whether a derivative is right: differences, complex steps, and the comparison that raises.

Built in chapter 5.
"""

from rnnlib.checks.differences import (
    best_step,
    central_difference,
    central_error_bound,
    complex_step,
)
from rnnlib.checks.gradcheck import CellReport, GradientReport, Method, check_cell, check_gradient

__all__ = [
    "CellReport",
    "GradientReport",
    "Method",
    "best_step",
    "central_difference",
    "central_error_bound",
    "check_cell",
    "check_gradient",
    "complex_step",
]
