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
from rnnlib.model import Batch, Model, loss_and_gradient
from rnnlib.readout import Readout
from rnnlib.train import Training, train
from rnnlib.unrolling import Unrolled, unroll

__all__ = [
    "Batch",
    "Cell",
    "DiagonalCell",
    "ElmanCell",
    "GRUCell",
    "Gradients",
    "LSTMCell",
    "Model",
    "Readout",
    "Training",
    "Unrolled",
    "bptt",
    "loss_and_gradient",
    "mean_squared_error",
    "softmax",
    "softmax_cross_entropy",
    "train",
    "unroll",
]
