"""A model: a cell and a readout, and the gradient of a loss for both in one call."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_positive, check_precision
from rnnlib.cells.cell import Cell
from rnnlib.cells.readout import Readout
from rnnlib.time.backpropagation import bptt, check_dhs
from rnnlib.time.layer import Layer, arrays_of
from rnnlib.time.unrolling import unroll
from rnnlib.training.batch import Batch, Reading, check_batch, read
from rnnlib.training.losses import Loss, spread
from rnnlib.training.omega import is_elman, regulariser_at, total_errors

LossFunction = Callable[[Array, Array], Loss]
"""A loss: from outputs and targets to a `Loss`.

It is given those that count: of shape (T, B, V) or (B, V) if all do, else (N, V) of the N that do.
"""


@dataclass(frozen=True, eq=False)
class Model:
    """A recurrent cell, or a layer made of cells, with a readout of what it gives.

    Attributes
    ----------
    cell : Cell or Layer
    readout : Readout

    Raises
    ------
    ValueError
        If the readout does not fit the cell's hidden size.
    TypeError
        If the two differ in precision, or the cell's states are complex and the readout is real:
        its outputs, and so a loss, would be complex. `rnnlib.time.LRU` gives the real part.

    Examples
    --------
    >>> from rnnlib import ElmanCell
    >>> rng = np.random.default_rng(0)
    >>> model = Model(ElmanCell.random(2, 8, rng), Readout.random(8, 3, rng))
    >>> model.outputs(Batch(np.zeros((5, 4, 2)), np.zeros(4, int))).shape
    (4, 3)
    """

    cell: Cell | Layer
    readout: Readout

    def __post_init__(self) -> None:
        if self.readout.hidden_size != self.cell.hidden_size:
            raise ValueError(
                f"readout: expected hidden_size {self.cell.hidden_size}, as the cell's, "
                f"got {self.readout.hidden_size}"
            )
        some = tree.leaves(self.cell)[0].real
        check_precision(cell=some, readout=self.readout.W_ho)
        step = unroll(self.cell, np.zeros((1, 1, self.cell.input_size), some.dtype)).outputs
        if np.iscomplexobj(step) and not np.iscomplexobj(self.readout.W_ho):
            raise TypeError(
                f"cell: expected real outputs, as the readout's weights are, got {step.dtype}; "
                "rnnlib.time.LRU gives the real part"
            )

    def outputs(self, batch: Batch) -> Array:
        """Return the readout where the batch has targets: (T, B, V), or (B, V) at the end.

        Raises
        ------
        ValueError, TypeError
            If the batch does not fit the cell.
        """
        check_batch(batch)
        return self.readout(read(self.cell, batch).hs)


@dataclass(frozen=True, eq=False)
class LossGradient:
    """A loss and its gradient for every weight of a model.

    Attributes
    ----------
    value : float
        Infinite if a state or an output overflowed; the gradient is then NaN.
    gradient : Model
        Real for a real weight; of a complex one the complex derivative (see
        `rnnlib.training.optimisers`).
    states : ndarray, shape (B, state_size), tuple of such, or None
        In which the sequences ended, for `train` to carry on; None after an overflow.
    """

    value: float
    gradient: Any
    states: Any = None

    @cached_property
    def norm(self) -> float:
        """The Euclidean norm of the gradient."""
        return tree.global_norm(self.gradient)

    @property
    def finite(self) -> bool:
        """Whether the loss, all of its gradient and the last states are numbers."""
        ended = all(np.isfinite(array).all() for array in arrays_of(self.states))
        return bool(np.isfinite(self.value) and np.isfinite(self.norm) and ended)


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
        the paper); an Elman cell only. The value returned is that of the loss alone. Ω looks at the
        errors of all steps, whatever the window (see `regulariser`).

    Returns
    -------
    LossGradient

    Raises
    ------
    ValueError, TypeError
        If the batch does not fit the model, a number is out of range, or `loss` refuses its
        arguments.

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
    omega = check_positive("omega", omega, or_zero=True)
    with np.errstate(over="ignore", invalid="ignore"):  # an overflow is reported, not warned of
        try:
            found = _forward_and_back(model, batch, loss, window, omega)
        except FloatingPointError:  # between two layers
            found = None
    if found is not None:
        return found
    nan = tree.map_leaves(lambda array: np.full_like(array, np.nan), model)
    return LossGradient(float("inf"), nan)


def _forward_and_back(
    model: Model, batch: Batch, loss: LossFunction, window: int | None, omega: float
) -> LossGradient | None:
    """Return what `loss_and_gradient` does; None if something overflowed."""
    reading = read(model.cell, batch)
    hs = reading.hs
    logits = hs @ model.readout.W_ho.T + model.readout.b_o
    if not np.isfinite(logits).all():
        return None
    result = _of_those_that_count(loss, logits, batch)
    if not (np.isfinite(result.value) and np.isfinite(result.gradient).all()):
        return None
    d_readout, dhs = model.readout.vjp(hs, result.gradient)
    if not np.isfinite(dhs).all():
        return None
    d_cell = _back(model.cell, reading, dhs, window, omega)
    if d_cell is None:
        return None
    pairs = zip(tree.leaves(model), [*tree.leaves(d_cell), *tree.leaves(d_readout)], strict=True)
    gradient = tree.build(model, (g if np.iscomplexobj(p) else g.real for p, g in pairs))
    return LossGradient(result.value, gradient, reading.last)


def mean_loss(
    model: Model, batches: Iterable[Batch], loss: LossFunction, *, carry: bool = False
) -> float:
    """Return the mean loss over all targets of several batches: an evaluation for `train`.

    Parameters
    ----------
    model : Model
    batches : iterable of Batch
        May differ in size.
    loss : callable
        A mean over the targets it is given, as the losses here are.
    carry : bool
        Begin each batch in the states in which the one before ended, the pieces of one long text.

    Returns
    -------
    float
        Not finite if a state or an output overflowed.

    Raises
    ------
    ValueError, TypeError
        If there is no batch, or one does not fit the model.

    Examples
    --------
    >>> from rnnlib import ElmanCell, softmax_cross_entropy
    >>> rng = np.random.default_rng(0)
    >>> model = Model(ElmanCell.random(2, 8, rng), Readout.random(8, 3, rng, gain=0))
    >>> batches = [Batch(np.ones((5, B, 2)), np.zeros(B, int)) for B in (4, 1)]
    >>> round(mean_loss(model, batches, softmax_cross_entropy), 4)
    1.0986
    """
    total, count, states = 0.0, 0, None
    for batch in batches:
        check_batch(batch)
        with np.errstate(over="ignore", invalid="ignore"):
            try:
                reading = read(model.cell, batch.carrying(states))
            except FloatingPointError:  # between two layers
                return float("inf")
            logits = reading.hs @ model.readout.W_ho.T + model.readout.b_o
            if not np.isfinite(logits).all():
                return float("inf")
            total += batch.size * _of_those_that_count(loss, logits, batch).value
        count += batch.size
        states = reading.last if carry else None
    if count == 0:
        raise ValueError("batches: expected at least one, got none")
    return total / count


def _of_those_that_count(loss: LossFunction, outputs: Array, batch: Batch) -> Loss:
    keep = batch.counts
    if keep is None:
        return loss(outputs, batch.targets)
    result = loss(outputs[keep], batch.targets[keep])
    return Loss(result.value, spread(result.gradient, keep, outputs.shape))


def _back(
    cell: Cell | Layer, reading: Reading, dhs: Array, window: int | None, omega: float
) -> Any:
    """Return the gradient of the cell, that of Ω added; None where an error overflowed."""
    run: Any = reading.run
    dhs = reading.arrange(dhs)
    if omega == 0:
        return bptt(cell, run, dhs, window=window, inputs=False).cell
    if not is_elman(cell):
        raise TypeError(f"omega: expected 0 for a {type(cell).__name__}; Ω is of an ElmanCell")
    back = bptt(cell, run, dhs, window=window, inputs=False, deltas=True)
    whole = back if window is None else bptt(cell, run, dhs, inputs=False, deltas=True)
    deltas: Any = whole.deltas
    if not np.isfinite(deltas).all():
        return None
    errors = total_errors(cell.W_hh, check_dhs(cell, run, dhs), deltas)
    penalty = regulariser_at(cell.W_hh, errors, deltas)
    return replace(back.cell, W_hh=back.cell.W_hh + omega * penalty.W_hh)
