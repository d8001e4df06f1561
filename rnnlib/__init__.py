"""rnnlib: recurrent networks and their gradient product, in numpy.

The library of the course *Gradients Through Time*. Symbols, shapes and equation labels are the
course's: weights are ``(out, in)``, sequences are ``(T, B, features)``, time first.

Importing rnnlib imports numpy and nothing else; pictures live in `rnnlib.plotting` (matplotlib).
"""

from rnnlib.bptt import Gradients, bptt
from rnnlib.cell import Cell
from rnnlib.cells import DiagonalCell, ElmanCell
from rnnlib.gru import GRUCell
from rnnlib.losses import mean_squared_error, softmax, softmax_cross_entropy
from rnnlib.lstm import LSTMCell
from rnnlib.readout import Readout
from rnnlib.unrolling import Unrolled, unroll

__all__ = [
    "Cell",
    "DiagonalCell",
    "ElmanCell",
    "GRUCell",
    "Gradients",
    "LSTMCell",
    "Readout",
    "Unrolled",
    "bptt",
    "mean_squared_error",
    "softmax",
    "softmax_cross_entropy",
    "unroll",
]
