"""Backwards in time, and in both directions at once."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_array
from rnnlib.time.backpropagation import bptt
from rnnlib.time.layer import Layer, LayerRun, backwards_of, check_layers
from rnnlib.time.layers import Parallel
from rnnlib.time.unrolling import check_lengths, unroll


@dataclass(frozen=True, eq=False)
class Reverse(Layer):
    """A layer that reads each sequence from its own end to its start.

    Its output at step t has seen x_t and all that comes after. With `lengths` padding is never
    read: a sequence of length n is read from x_n to x_1.

    Attributes
    ----------
    layer : Cell or Layer
        Its initial state, `h0`, is met at the end of the sequence. Chunks of a truncated gradient,
        `window`, are counted from there too.

    Raises
    ------
    TypeError
        If it is neither a cell nor a layer.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> total = ElmanCell([[1.0]], [[1.0]], [0.0], activation="identity")
    >>> unroll(Reverse(total), [[[1.0]], [[2.0]], [[3.0]]]).outputs.ravel()
    array([6., 5., 3.])
    """

    layer: Any

    def __post_init__(self) -> None:
        check_layers([self.layer], "layer")

    @property
    def input_size(self) -> int:
        """I of the layer."""
        return int(self.layer.input_size)

    @property
    def hidden_size(self) -> int:
        """H of the layer."""
        return int(self.layer.hidden_size)

    @property
    def backwards(self) -> Array:
        """All outputs, but those that the layer itself reads backwards."""
        return ~backwards_of(self.layer)

    def forward(self, xs: Array, h0: Any, lengths: Array | None) -> LayerRun:
        """Run the layer over the reversed sequences; see `Layer.forward`."""
        inside = unroll(self.layer, _read_backwards(xs, lengths), h0, lengths=lengths)
        outputs = _read_backwards(inside.outputs, lengths)
        return LayerRun(self, xs, lengths, outputs, inside.final, (inside,))

    def backward(self, run: LayerRun, dhs: Array, window: int) -> tuple[Any, Any, Array]:
        """Pull back through the reversed run; see `Layer.backward`."""
        found = bptt(self.layer, run.runs[0], _read_backwards(dhs, run.lengths), window=window)
        return replace(self, layer=found.cell), found.h0, _read_backwards(found.xs, run.lengths)


def bidirectional(ahead: Any, back: Any) -> Parallel:
    """Return a layer that reads in both directions: ``Parallel([ahead, Reverse(back)])``.

    Parameters
    ----------
    ahead, back : Cell or Layer
        Of one input size. Where only the last output counts, as for a loss at the end, that of
        `back` is the one at step 1, when it has read everything: PyTorch's ``h_n``.

    Returns
    -------
    Parallel

    Raises
    ------
    TypeError, ValueError
        If one of them is neither a cell nor a layer, or their input sizes differ.

    Examples
    --------
    >>> from rnnlib import ElmanCell, unroll
    >>> total = ElmanCell([[1.0]], [[1.0]], [0.0], activation="identity")
    >>> run = unroll(bidirectional(total, total), [[[1.0]], [[2.0]], [[3.0]]])
    >>> run.outputs[:, 0], run.last
    (array([[1., 6.],
           [3., 5.],
           [6., 3.]]), array([[6., 6.]]))
    """
    return Parallel((ahead, Reverse(back)))


def reverse(xs: Array, lengths: Array | None = None) -> Array:
    """Return sequences in reverse, each within its own length; padding stays where it is.

    Parameters
    ----------
    xs : ndarray, shape (T, B, ...)
    lengths : ndarray of int, shape (B,), optional

    Returns
    -------
    ndarray, shape (T, B, ...)
        A new array. Reversed again it is `xs`.

    Raises
    ------
    ValueError, TypeError
        If `xs` has no axes of time and batch or an entry is not a finite number, or a length is not
        an integer in 1 … T.

    Examples
    --------
    >>> reverse([[1.0, 1.0], [2.0, 2.0], [3.0, 0.0]], lengths=[3, 2])
    array([[3., 2.],
           [2., 1.],
           [1., 0.]])
    """
    xs = check_array("xs", xs)
    if xs.ndim < 2 or xs.size == 0:
        raise ValueError(f"xs: expected shape (T, B, ...), got {xs.shape}")
    return _read_backwards(xs, check_lengths(lengths, *xs.shape[:2]))


def _read_backwards(xs: Array, lengths: Array | None) -> Array:
    """Reverse as `reverse` does, unchecked: a gradient may have overflowed."""
    if lengths is None:
        return xs[::-1].copy()
    step = np.arange(len(xs))[:, None]
    other = np.where(step < lengths, lengths - 1 - step, step)
    return np.take_along_axis(xs, other.reshape(*other.shape, *[1] * (xs.ndim - 2)), axis=0)
