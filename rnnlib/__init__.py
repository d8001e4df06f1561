"""rnnlib: recurrent networks and their gradient product, in numpy.

The library of the course *Gradients Through Time*. Symbols, shapes and equation labels are the
course's: weights are ``(out, in)``, sequences are ``(T, B, features)``, time first.

Importing rnnlib imports numpy and nothing else; pictures live in `rnnlib.pictures` (matplotlib).
"""

from rnnlib.cells.cell import Cell
from rnnlib.cells.diagonal import DiagonalCell
from rnnlib.cells.elman import ElmanCell
from rnnlib.cells.gru import GRUCell
from rnnlib.cells.lstm import LSTMCell
from rnnlib.cells.readout import Readout
from rnnlib.time.backpropagation import Gradients, bptt
from rnnlib.time.unrolling import Unrolled, unroll
from rnnlib.training.batch import Batch
from rnnlib.training.loop import Training, train
from rnnlib.training.losses import mean_squared_error, softmax, softmax_cross_entropy
from rnnlib.training.model import Model, loss_and_gradient

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
