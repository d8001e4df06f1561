"""Time: one function that unrolls any cell, and its mirror image.

Built in chapters 2 (`unroll`), 4 (`bptt`, `forward_sensitivities`) and 9 (`contributions`).
"""

from rnnlib.time.backpropagation import Gradients, bptt
from rnnlib.time.distances import Shares, contributions, loss_reach, shares, sliding_window_gradient
from rnnlib.time.sensitivities import Sensitivities, forward_sensitivities
from rnnlib.time.unrolling import Unrolled, unroll

__all__ = [
    "Gradients",
    "Sensitivities",
    "Shares",
    "Unrolled",
    "bptt",
    "contributions",
    "forward_sensitivities",
    "loss_reach",
    "shares",
    "sliding_window_gradient",
    "unroll",
]
