"""Cells: one step of a recurrent network, and no time.

Built in chapters 2 and 4 (`ElmanCell`), 13 (`LSTMCell`, `GRUCell`) and 16 (`DiagonalCell`).
"""

from rnnlib.cells import activations, initialisers
from rnnlib.cells.cell import Cell
from rnnlib.cells.diagonal import DiagonalCell, Modes
from rnnlib.cells.elman import ElmanCell
from rnnlib.cells.gru import GRUCell, GRUGates
from rnnlib.cells.lstm import LSTMCell, LSTMGates
from rnnlib.cells.readout import Readout
from rnnlib.cells.step_gradient import StepGradient
from rnnlib.cells.total_input import TotalInput

__all__ = [
    "Cell",
    "DiagonalCell",
    "ElmanCell",
    "GRUCell",
    "GRUGates",
    "LSTMCell",
    "LSTMGates",
    "Modes",
    "Readout",
    "StepGradient",
    "TotalInput",
    "activations",
    "initialisers",
]
