"""What one step's vector-Jacobian product gives."""

from dataclasses import dataclass
from typing import Any

from rnnlib import tree
from rnnlib._validate import Array, read_only


@dataclass(frozen=True, eq=False)
class StepGradient(tree.Immutable):
    """What one step's vector-Jacobian product gives: a record of the cell's type, and two arrays.

    Attributes
    ----------
    cell : Cell
        The immediate derivative with respect to each weight.
    h_prev : ndarray, shape (B, state_size)
    x : ndarray, shape (B, input_size)
    """

    cell: Any
    h_prev: Array
    x: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "h_prev", read_only(self.h_prev))
        object.__setattr__(self, "x", read_only(self.x))
