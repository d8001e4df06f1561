"""Time: one function that unrolls any cell, and its mirror image; and layers made of cells.

Built in chapters 2 (`unroll`), 4 (`bptt`, `forward_sensitivities`), 9 (`contributions`), 14
(`weighted_gradient`) and 16 (`LRU`, `linear_scan`).
"""

from rnnlib.time.backpropagation import Gradients, bptt
from rnnlib.time.dense import Dense
from rnnlib.time.directions import Reverse, bidirectional, reverse
from rnnlib.time.distances import Shares, contributions, loss_reach, shares, sliding_window_gradient
from rnnlib.time.layer import Layer, LayerRun
from rnnlib.time.layers import Parallel, Residual, Stack
from rnnlib.time.lru import LRU
from rnnlib.time.scan import ScanGradient, linear_scan, linear_scan_gradient
from rnnlib.time.sensitivities import Sensitivities, forward_sensitivities
from rnnlib.time.truncation import (
    beyond,
    chunk_weights,
    geometric_survival,
    geometric_variance,
    random_variance,
    random_weights,
    weighted_gradient,
)
from rnnlib.time.unrolling import Unrolled, unroll

__all__ = [
    "LRU",
    "Dense",
    "Gradients",
    "Layer",
    "LayerRun",
    "Parallel",
    "Residual",
    "Reverse",
    "ScanGradient",
    "Sensitivities",
    "Shares",
    "Stack",
    "Unrolled",
    "beyond",
    "bidirectional",
    "bptt",
    "chunk_weights",
    "contributions",
    "forward_sensitivities",
    "geometric_survival",
    "geometric_variance",
    "linear_scan",
    "linear_scan_gradient",
    "loss_reach",
    "random_variance",
    "random_weights",
    "reverse",
    "shares",
    "sliding_window_gradient",
    "unroll",
    "weighted_gradient",
]
