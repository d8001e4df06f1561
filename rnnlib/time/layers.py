"""Layers made of layers: one after the other, side by side, backwards in time, beside a shortcut.

A cell is the simplest layer, and four records make a new one of those there are::

    Stack([GRUCell, LSTMCell, ...])      each reads what the one before it gives
    Parallel([one, other])               both read the same; their outputs stand side by side
    Reverse(layer)                       reads each sequence from its own end to its start
    Residual(layer)                      x + layer(x)

`unroll`, `bptt`, `rnnlib.training.Model` and `rnnlib.training.train` take any of them for a cell. A
network of two layers in both directions is ``Stack([bidirectional(a, b), bidirectional(c, d)])``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnnlib._validate import Array
from rnnlib.time.backpropagation import Gradients, bptt
from rnnlib.time.layer import (
    Layer,
    LayerRun,
    backwards_of,
    check_finite,
    check_layers,
    starts,
)
from rnnlib.time.unrolling import unroll


@dataclass(frozen=True, eq=False)
class Stack(Layer):
    """Layers one after the other: each reads what the one before it gives.

    Attributes
    ----------
    layers : tuple of Cell or Layer
        From the one that reads the inputs upwards; of any kinds and sizes that fit. Their initial
        states, `h0`, are a tuple of as many, None for zeros.

    Raises
    ------
    TypeError
        If one of them is neither a cell nor a layer.
    ValueError
        If there is none, or one does not take what the one before it gives.

    Examples
    --------
    >>> from rnnlib import ElmanCell, GRUCell, bptt, unroll
    >>> rng = np.random.default_rng(0)
    >>> stack = Stack([GRUCell.random(2, 8, rng), ElmanCell.random(8, 3, rng)])
    >>> run = unroll(stack, np.ones((5, 4, 2)), lengths=[5, 3, 1, 5])
    >>> run.outputs.shape, run.runs[0].hs.shape
    ((5, 4, 3), (6, 4, 8))
    >>> bptt(stack, run, np.ones((4, 3))).cell.layers[0].W_hh.shape
    (24, 8)
    """

    layers: Sequence[Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", check_layers(self.layers))
        for k in range(1, len(self.layers)):
            given, taken = self.layers[k - 1].hidden_size, self.layers[k].input_size
            if taken != given:
                raise ValueError(
                    f"layers[{k}]: expected input_size {given}, as layers[{k - 1}] gives, "
                    f"got {taken}"
                )

    @property
    def input_size(self) -> int:
        """I of the first layer."""
        return int(self.layers[0].input_size)

    @property
    def hidden_size(self) -> int:
        """H of the last layer."""
        return int(self.layers[-1].hidden_size)

    @property
    def backwards(self) -> Array:
        """Which outputs of the last layer are read backwards."""
        return backwards_of(self.layers[-1])

    def forward(self, xs: Array, h0: Any, lengths: Array | None) -> LayerRun:
        """Run one layer after the other; see `Layer.forward`."""
        below, runs = xs, []
        for k, (layer, start) in enumerate(zip(self.layers, starts(self.layers, h0), strict=True)):
            if k > 0:
                check_finite(f"layers[{k - 1}]", below)
            runs.append(unroll(layer, below, start, lengths=lengths))
            below = runs[-1].outputs
        final = tuple(run.final for run in runs)
        return LayerRun(self, xs, lengths, below, final, tuple(runs))

    def backward(self, run: LayerRun, dhs: Array, window: int) -> tuple[Any, Any, Array]:
        """Pull back through one layer after the other; see `Layer.backward`."""
        found: list[Any] = []
        for k in range(len(self.layers) - 1, -1, -1):
            found.insert(0, bptt(self.layers[k], run.runs[k], dhs, window=window))
            dhs = found[0].xs
            if k > 0:
                check_finite(f"layers[{k}]", dhs)
        return _as_record(self, found), tuple(g.h0 for g in found), dhs


@dataclass(frozen=True, eq=False)
class Parallel(Layer):
    """Layers side by side: all read the same inputs, and their outputs are laid end to end.

    Attributes
    ----------
    layers : tuple of Cell or Layer
        Of one input size. Their initial states, `h0`, are a tuple of as many, None for zeros.

    Raises
    ------
    TypeError
        If one of them is neither a cell nor a layer.
    ValueError
        If there is none, or their input sizes differ.

    Examples
    --------
    >>> from rnnlib import ElmanCell, LSTMCell, unroll
    >>> rng = np.random.default_rng(0)
    >>> both = Parallel([ElmanCell.random(2, 3, rng), LSTMCell.random(2, 4, rng)])
    >>> unroll(both, np.ones((5, 1, 2))).outputs.shape
    (5, 1, 7)
    """

    layers: Sequence[Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", check_layers(self.layers))
        sizes = [layer.input_size for layer in self.layers]
        if len(set(sizes)) > 1:
            raise ValueError(f"layers: expected one input_size, got {sizes}")

    @property
    def input_size(self) -> int:
        """I of every layer."""
        return int(self.layers[0].input_size)

    @property
    def hidden_size(self) -> int:
        """The H of all layers together."""
        return sum(layer.hidden_size for layer in self.layers)

    @property
    def backwards(self) -> Array:
        """Which outputs are read backwards."""
        return np.concatenate([backwards_of(layer) for layer in self.layers])

    def forward(self, xs: Array, h0: Any, lengths: Array | None) -> LayerRun:
        """Run each layer over xs; see `Layer.forward`."""
        with_start = zip(self.layers, starts(self.layers, h0), strict=True)
        runs = tuple(unroll(layer, xs, start, lengths=lengths) for layer, start in with_start)
        outputs = np.concatenate([run.outputs for run in runs], axis=-1)
        return LayerRun(self, xs, lengths, outputs, tuple(run.final for run in runs), runs)

    def backward(self, run: LayerRun, dhs: Array, window: int) -> tuple[Any, Any, Array]:
        """Give each layer its columns; see `Layer.backward`."""
        ends = np.cumsum([layer.hidden_size for layer in self.layers])[:-1]
        of_layer = zip(self.layers, run.runs, np.split(dhs, ends, axis=-1), strict=True)
        found = [bptt(layer, its, columns, window=window) for layer, its, columns in of_layer]
        dxs = sum((g.xs for g in found[1:]), start=found[0].xs)
        return _as_record(self, found), tuple(g.h0 for g in found), dxs


@dataclass(frozen=True, eq=False)
class Residual(Layer):
    """A layer with a shortcut past it: x_t + layer(x)_t.

    Attributes
    ----------
    layer : Cell or Layer
        Gives as many numbers as it takes. `h0` is the layer's.

    Raises
    ------
    TypeError
        If it is neither a cell nor a layer.
    ValueError
        If its output size is not its input size.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> silent = ElmanCell([[0.0]], [[0.0]], [0.0])
    >>> unroll(Residual(silent), [[[1.0]], [[2.0]]]).outputs.ravel()
    array([1., 2.])
    """

    layer: Any

    def __post_init__(self) -> None:
        check_layers([self.layer], "layer")
        if self.layer.input_size != self.layer.hidden_size:
            raise ValueError(
                f"layer: expected hidden_size {self.layer.input_size}, as its input_size, for a "
                f"shortcut, got {self.layer.hidden_size}"
            )

    @property
    def input_size(self) -> int:
        """I of the layer."""
        return int(self.layer.input_size)

    @property
    def hidden_size(self) -> int:
        """H of the layer, which is I."""
        return int(self.layer.hidden_size)

    @property
    def backwards(self) -> Array:
        """Which outputs the layer reads backwards."""
        return backwards_of(self.layer)

    def forward(self, xs: Array, h0: Any, lengths: Array | None) -> LayerRun:
        """Add the inputs to what the layer gives; see `Layer.forward`."""
        inside = unroll(self.layer, xs, h0, lengths=lengths)
        return LayerRun(self, xs, lengths, xs + inside.outputs, inside.final, (inside,))

    def backward(self, run: LayerRun, dhs: Array, window: int) -> tuple[Any, Any, Array]:
        """Pull back through the layer and past it; see `Layer.backward`."""
        found = bptt(self.layer, run.runs[0], dhs, window=window)
        return replace(self, layer=found.cell), found.h0, dhs + found.xs


def _as_record(layer: Any, found: list[Gradients]) -> Any:
    return replace(layer, layers=tuple(g.cell for g in found))
