"""A model: a cell and a readout, and the gradient of a loss for both in one call."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_precision, describe
from rnnlib.cells.cell import Cell
from rnnlib.cells.readout import Readout
from rnnlib.time.backpropagation import bptt
from rnnlib.time.unrolling import unroll
from rnnlib.training.losses import Loss
from rnnlib.training.omega import regulariser

LossFunction = Callable[[Array, Array], Loss]
"""A loss: from outputs and targets to a `Loss`."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Sequences, and what should come out.

    Attributes
    ----------
    xs : ndarray, shape (T, B, input_size)
        float64 from rnnlib's tasks; the model must have the same precision.
    targets : ndarray, shape (T, B, ...) or (B, ...)
        At every step, or after the last one, as `every_step` says.
    every_step : bool
    lengths : ndarray of int, shape (B,), optional
        Where each sequence ends; only for targets after the last step.
    """

    xs: Array
    targets: Array
    every_step: bool = False
    lengths: Array | None = None

    def __post_init__(self) -> None:
        leading = np.shape(self.xs)[:2] if self.every_step else np.shape(self.xs)[1:2]
        if np.shape(self.targets)[: len(leading)] != leading:
            raise ValueError(
                f"targets: expected leading axes {leading}, got shape {np.shape(self.targets)}"
            )
        if self.every_step and self.lengths is not None:
            raise ValueError("lengths: expected None for targets at every step")


@dataclass(frozen=True, eq=False)
class Model:
    """A recurrent cell with a readout of its hidden state.

    Attributes
    ----------
    cell : Cell
    readout : Readout

    Raises
    ------
    ValueError
        If the readout does not fit the cell's hidden size.
    TypeError
        If the two differ in precision, or the cell's states are complex and the readout is real:
        its outputs, and so a loss, would be complex. A `DiagonalCell` of real λ will do.

    Examples
    --------
    >>> from rnnlib import ElmanCell
    >>> rng = np.random.default_rng(0)
    >>> model = Model(ElmanCell.random(2, 8, rng), Readout.random(8, 3, rng))
    >>> model.outputs(Batch(np.zeros((5, 4, 2)), np.zeros(4, int))).shape
    (4, 3)
    """

    cell: Cell
    readout: Readout

    def __post_init__(self) -> None:
        if self.readout.hidden_size != self.cell.hidden_size:
            raise ValueError(
                f"readout: expected hidden_size {self.cell.hidden_size}, as the cell's, "
                f"got {self.readout.hidden_size}"
            )
        check_precision(cell=self.cell.W_hh, readout=self.readout.W_ho)
        if np.iscomplexobj(self.cell.W_hh) and not np.iscomplexobj(self.readout.W_ho):
            raise TypeError(
                f"cell: expected real weights, as the readout's, got {self.cell.W_hh.dtype}"
            )

    def outputs(self, batch: Batch) -> Array:
        """Return the readout where the batch has targets: (T, B, V), or (B, V) at the end.

        Raises
        ------
        ValueError, TypeError
            If the batch does not fit the cell.
        """
        check_batch(batch)
        hs = unroll(self.cell, batch.xs, lengths=batch.lengths).hs
        return self.readout(hs[1:] if batch.every_step else hs[-1])


@dataclass(frozen=True, eq=False)
class LossGradient:
    """A loss and its gradient for every weight of a model.

    Attributes
    ----------
    value : float
        Infinite if a state or an output overflowed; the gradient is then NaN.
    gradient : Model
    """

    value: float
    gradient: Any

    @property
    def finite(self) -> bool:
        """Whether the loss and all of its gradient are numbers."""
        return bool(np.isfinite(self.value) and np.isfinite(tree.global_norm(self.gradient)))


def loss_and_gradient(
    model: Model,
    batch: Batch,
    loss: LossFunction,
    *,
    window: int | None = None,
    omega: float = 0.0,
) -> LossGradient:
    """Return the loss of a batch and its gradient: unroll, read out, and back.

    Parameters
    ----------
    model : Model
    batch : Batch
    loss : callable
        Of outputs and targets, such as `softmax_cross_entropy` or `mean_squared_error`.
    window : int, optional
        Truncates the gradient in chunks counted from step 1, as in `bptt`: targets after the last
        step reach back over the last chunk alone.
    omega : float
        Adds the immediate gradient of Pascanu's regulariser Ω to that of W_hh, times this (α of
        the paper); an Elman cell only. The value returned is that of the loss alone.

    Returns
    -------
    LossGradient

    Raises
    ------
    ValueError, TypeError
        If the batch does not fit the model, or `loss` refuses its arguments.

    Examples
    --------
    >>> from rnnlib import ElmanCell, softmax_cross_entropy
    >>> rng = np.random.default_rng(0)
    >>> model = Model(ElmanCell.random(2, 8, rng), Readout.random(8, 3, rng, gain=0))
    >>> batch = Batch(np.ones((5, 4, 2)), np.zeros(4, int))
    >>> round(loss_and_gradient(model, batch, softmax_cross_entropy).value, 4)  # log 3
    1.0986
    """
    check_batch(batch)
    with np.errstate(over="ignore", invalid="ignore"):  # an overflow is reported, not warned of
        run = unroll(model.cell, batch.xs, lengths=batch.lengths)
        hs = run.hs[1:] if batch.every_step else run.hs[-1]
        logits = hs @ model.readout.W_ho.T + model.readout.b_o
        if not np.isfinite(logits).all():
            return _overflow(model)
        result = loss(logits, batch.targets)
        if not (np.isfinite(result.value) and np.isfinite(result.gradient).all()):
            return _overflow(model)
        d_readout, dhs = model.readout.vjp(hs, result.gradient)
        if not np.isfinite(dhs).all():
            return _overflow(model)
        back = bptt(model.cell, run, dhs, window=window, inputs=False, deltas=omega > 0)
        d_cell = back.cell
        if omega > 0:
            penalty = regulariser(model.cell, run, dhs, deltas=back.deltas)
            d_cell = replace(d_cell, W_hh=d_cell.W_hh + omega * penalty.W_hh)
    arrays = [*tree.leaves(d_cell), *tree.leaves(d_readout)]
    return LossGradient(result.value, tree.build(model, iter(arrays)))


def check_batch(batch: Any) -> None:
    """Raise ``TypeError`` unless `batch` is a `Batch`."""
    if not isinstance(batch, Batch):
        raise TypeError(f"batch: expected a Batch(xs, targets), got {describe(batch)}")


def _overflow(model: Model) -> LossGradient:
    nan = tree.map_leaves(lambda array: np.full_like(array, np.nan), model)
    return LossGradient(float("inf"), nan)
