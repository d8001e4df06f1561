"""What a layer is: a map from sequences to sequences, and the mirror image of it.

A cell is one already: `unroll` and `bptt` run it over time. What is made of cells is a `Layer`, and
the same two functions run it too. A layer of your own supplies `forward` and `backward`, both in
terms of `unroll` and `bptt` of what it is made of; see `rnnlib.time.layers` for those there are.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_precision, describe, frozen
from rnnlib.cells.cell import Cell


@dataclass(frozen=True, eq=False)
class LayerRun(tree.Immutable):
    """What a layer did over T steps.

    Attributes
    ----------
    cell : Layer
        The layer that did it.
    xs : ndarray, shape (T, B, input_size)
        The inputs, 0 beyond a sequence's end.
    lengths : ndarray of int, shape (B,), or None
    outputs : ndarray, shape (T, B, hidden_size)
        ``outputs[t - 1]`` is what left the layer at step t; after its length a sequence's output
        stays as it is.
    final : ndarray, or tuple of such
        The states at the end, in the layout of `h0`: a layer that goes on where this run ended
        starts from them.
    runs : tuple of Unrolled or LayerRun
        What the layers inside it did, in their order.

    Examples
    --------
    >>> from rnnlib import GRUCell, unroll
    >>> from rnnlib.time import Stack
    >>> rng = np.random.default_rng(0)
    >>> stack = Stack([GRUCell.random(2, 4, rng), GRUCell.random(4, 3, rng)])
    >>> run = unroll(stack, np.ones((5, 1, 2)))
    >>> further = unroll(stack, np.ones((5, 1, 2)), run.final)  # goes on where it ended
    >>> further.outputs.shape, [inner.hs.shape for inner in further.runs]
    ((5, 1, 3), [(6, 1, 4), (6, 1, 3)])
    """

    cell: "Layer"
    xs: Array
    lengths: Array | None
    outputs: Array
    final: Any
    runs: tuple[Any, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "outputs", frozen(self.outputs))

    @property
    def last(self) -> Array:
        """The output of a layer that has read everything, shape (B, hidden_size).

        A column that was read backwards in time is finished at step 1, the others at the end.
        """
        return np.where(self.cell.backwards, self.outputs[0], self.outputs[-1])


@dataclass(frozen=True, eq=False)
class Layer(tree.Immutable, ABC):
    """A record of arrays, cells and layers that maps sequences to sequences.

    `unroll` and `bptt` check what they are given and take care of padding, so that `forward` and
    `backward` need not: what they make of the steps after a sequence's end counts for nothing.

    Examples
    --------
    A layer of your own, which scales every feature by a number that is learned. It has no states,
    so those of B sequences are B times nothing:

    >>> @dataclass(frozen=True, eq=False)
    ... class Scale(Layer):
    ...     gain: Array
    ...     input_size = hidden_size = property(lambda self: len(self.gain))
    ...
    ...     def forward(self, xs, h0, lengths):
    ...         states = np.zeros((xs.shape[1], 0))
    ...         return LayerRun(self, xs, lengths, xs * self.gain, states, ())
    ...
    ...     def backward(self, run, dhs, window):
    ...         d_gain = (dhs * run.xs).sum(axis=(0, 1))
    ...         return Scale(d_gain), run.final, dhs * self.gain
    >>> from rnnlib import bptt, unroll
    >>> layer = Scale(np.array([2.0, 3.0]))
    >>> run = unroll(layer, np.ones((5, 1, 2)), lengths=[4])
    >>> bptt(layer, run, np.ones((5, 1, 2))).cell.gain  # what comes after the end is met there
    array([5., 5.])
    """

    @property
    @abstractmethod
    def input_size(self) -> int:
        """I, the number of input features."""

    @property
    @abstractmethod
    def hidden_size(self) -> int:
        """H, the number of output features."""

    @property
    def num_parameters(self) -> int:
        """How many numbers a training run may change, a complex one counted once."""
        return sum(array.size for array in tree.leaves(self))

    @property
    def backwards(self) -> Array:
        """Which of the H outputs are read from the end of the sequence to its start."""
        return np.zeros(self.hidden_size, bool)

    @abstractmethod
    def forward(self, xs: Array, h0: Any, lengths: Array | None) -> LayerRun:
        """Return the run of this layer over xs, shape (T, B, input_size).

        `h0` holds the initial states of whatever the layer is made of, in a layout of its own; None
        stands for zeros.
        """

    @abstractmethod
    def backward(self, run: LayerRun, dhs: Array, window: int) -> tuple[Any, Any, Array]:
        """Return ∂L/∂(weights) as a record of this type, ∂L/∂h0 as `h0`, and ∂L/∂xs.

        `dhs` is ∂L/∂outputs, shape (T, B, hidden_size), zero after a sequence's end. `window` is
        passed on to `bptt`; it is T where nothing is cut.
        """


def carried_on(outputs: Array, lengths: Array | None) -> Array:
    """Return `outputs` with each sequence's last real one at all steps after its end."""
    if lengths is None:
        return outputs
    real = np.minimum(np.arange(len(outputs))[:, None], lengths - 1)
    return np.take_along_axis(outputs, real[..., None], axis=0)


def backwards_of(layer: Any) -> Array:
    """Return `Layer.backwards`; a cell reads ahead."""
    return layer.backwards if isinstance(layer, Layer) else np.zeros(layer.hidden_size, bool)


def check_layers(layers: Any, name: str = "layers") -> tuple[Any, ...]:
    """Return `layers` as a tuple of cells and layers, or raise."""
    layers = tuple(layers) if isinstance(layers, (list, tuple)) else layers
    if not isinstance(layers, tuple):
        raise TypeError(f"{name}: expected a list of cells and layers, got {describe(layers)}")
    if not layers:
        raise ValueError(f"{name}: expected at least one cell or layer, got none")
    for layer in layers:
        if not isinstance(layer, (Cell, Layer)):
            raise TypeError(f"{name}: expected cells and layers, got {describe(layer)}")
    first = {f"{name}[{k}]": tree.leaves(part)[:1] for k, part in enumerate(layers)}
    check_precision(**{where: arrays[0] for where, arrays in first.items() if arrays})
    return layers


def starts(layers: Sequence[Any], h0: Any) -> tuple[Any, ...]:
    """Return the initial state of each layer."""
    if h0 is None:
        return (None,) * len(layers)
    if not isinstance(h0, (list, tuple)) or len(h0) != len(layers):
        raise ValueError(
            f"h0: expected a tuple of {len(layers)} initial states, one for each layer, "
            f"got {describe(h0)}"
        )
    return tuple(h0)


def map_states(function: Callable[..., Array], states: Any) -> Any:
    """Apply a function to each array of states: of a cell one array, of a layer a tuple of such."""
    if isinstance(states, (list, tuple)):
        return tuple(map_states(function, part) for part in states)
    return None if states is None else function(states)


def arrays_of(states: Any) -> list[Array]:
    """Return the arrays of states in order."""
    if isinstance(states, (list, tuple)):
        return [array for part in states for array in arrays_of(part)]
    return [] if states is None else [states]


def check_finite(name: str, array: Array) -> None:
    """Raise where an overflow passes from one layer to the next, which would refuse it unnamed."""
    if not np.isfinite(array).all():
        raise FloatingPointError(f"{name}: expected finite numbers, but what it gave overflowed")
