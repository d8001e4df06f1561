"""rnnlib: recurrent networks and their gradient product, in numpy.

The library of the course *Gradients Through Time*. Symbols, shapes and equation labels are the
course's: weights are ``(out, in)``, sequences are ``(T, B, features)``, time first.

Importing rnnlib imports numpy and nothing else; pictures live in `rnnlib.plotting` (matplotlib).
"""

from rnnlib.cells import ElmanCell
from rnnlib.losses import mean_squared_error, softmax, softmax_cross_entropy
from rnnlib.readout import Readout
from rnnlib.unrolling import Unrolled, unroll

__all__ = [
    "ElmanCell",
    "Readout",
    "Unrolled",
    "mean_squared_error",
    "softmax",
    "softmax_cross_entropy",
    "unroll",
]
