"""The training loop: batches in, a trained model and its history out."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from rnnlib._optional import needs
from rnnlib._validate import Array, check_positive, check_size, describe
from rnnlib.training._steps import Steps
from rnnlib.training.batch import Batch
from rnnlib.training.model import LossFunction, Model
from rnnlib.training.optimisers import Optimiser, OptimiserState

Reason = Literal["steps", "target", "patience", "diverged", "batches"]
"""Why a training run stopped: see `Training`."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was measured after a number of steps; NaN if an overflow left nothing to measure."""

    step: int
    value: float


@dataclass(frozen=True, eq=False)
class Training:
    """What a training run did.

    Attributes
    ----------
    model : Model
        After the last step; after divergence, the last one whose loss and gradient were finite;
        with `patience`, the one that evaluated best.
    stopped : {"steps", "target", "patience", "diverged", "batches"}
        Why: all steps done; the evaluation reached its target; it no longer improved; something was
        not finite (the loss, its gradient, the weights after a step, the optimiser's averages, a
        carried state, an evaluation) or the loss was above `give_up_above`; or no batch was left.
    losses : ndarray, shape (steps made,)
        The loss before each step, on that step's batch.
    gradient_norms : ndarray, shape (steps made,)
        Before clipping.
    evaluations : list of Evaluation
    state : OptimiserState
        The model with the optimiser's averages and the carried states: what `train` goes on from.
        `rnnlib.training.storage.save` keeps it.
    """

    model: Any
    stopped: Reason
    losses: Array
    gradient_norms: Array
    evaluations: list[Evaluation]
    state: OptimiserState

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return len(self.losses)


def train(
    model: Any,
    batches: Iterable[Batch],
    loss: LossFunction,
    optimiser: Optimiser,
    *,
    steps: int,
    clip_norm: float | None = None,
    window: int | None = None,
    omega: float = 0.0,
    carry: bool = False,
    evaluate: Callable[[Any], float] | None = None,
    evaluate_every: int = 100,
    target: float | None = None,
    patience: int | None = None,
    give_up_above: float | None = None,
    progress: bool = False,
) -> Training:
    """Train a model; the same model, batches and settings give the same numbers.

    Parameters
    ----------
    model : Model, record or OptimiserState
        Where to start: a model, or the `state` of an earlier run, which goes on as if it had not
        stopped. From its `model` alone Adam's averages would begin at 0 again. A model of your own
        is a record (see `rnnlib.tree`) with a method ``loss_and_gradient(batch, loss)`` that
        returns a `LossGradient`; it also takes ``window=`` and ``omega=`` if you pass them here,
        and returns the last `states` if they are carried.
    batches : iterable of Batch
        One for each step, such as ``task.batches(rng, batch_size)``; seed the generator.
    loss : callable
        Of outputs and targets, such as `softmax_cross_entropy`.
    optimiser : Optimiser
    steps : int
        At most so many.
    clip_norm : float, optional
        Clip each gradient to this global norm.
    window : int, optional
        Truncate BPTT to chunks of so many steps, counted from step 1 (see `bptt`).
        Choose one that divides T if the targets come after the last step.
    omega : float
        The weight of Pascanu's regulariser Ω (see `regulariser`), 0 for none; its gradient
        is added before clipping.
    carry : bool
        Begin each batch in the states in which the one before ended, as for the pieces of one long
        text (see `text_batches`); no gradient goes back from one batch to the one before. A batch's
        own `h0` comes first, and its `resets` say where a document begins.
    evaluate : callable, optional
        Model → float, smaller is better, such as `mean_loss` of held-out batches; called every
        `evaluate_every` steps and after the last.
    target : float, optional
        Stop once the evaluation is at most this.
    patience : int, optional
        Stop after so many evaluations in a row without a new best one, and return the best model,
        also where something else ended the run.
    give_up_above : float, optional
        Stop as diverged once a loss exceeds this.
    progress : bool
        Show a progress bar (needs tqdm).

    Returns
    -------
    Training

    Raises
    ------
    ValueError, TypeError
        If a size or number is out of range, a batch does not fit the model, `target` or `patience`
        is given without `evaluate`, or a state is another optimiser's. Whatever `evaluate` raises;
        but if it is an overflow, of states or in arithmetic, and the model that training began with
        can be evaluated, then the run diverged.

    Examples
    --------
    >>> from rnnlib import ElmanCell, Readout, softmax_cross_entropy
    >>> from rnnlib.training import Adam
    >>> from rnnlib.training import TemporalOrder
    >>> rng, task = np.random.default_rng(0), TemporalOrder(length=10)
    >>> start = Model(ElmanCell.random(6, 16, rng), Readout.random(16, 4, rng))
    >>> batches = task.batches(rng, 32)
    >>> run = train(start, batches, softmax_cross_entropy, Adam(0.01), steps=150)
    >>> run.stopped, bool(run.losses[-1] < 0.1 * run.losses[0])
    ('steps', True)
    """
    if not isinstance(optimiser, Optimiser):
        raise TypeError(f"optimiser: expected such as Adam(0.01), got {describe(optimiser)}")
    if isinstance(batches, Batch):
        raise TypeError("batches: expected an iterable with one Batch for each step, got a Batch")
    for name, value in (("target", target), ("patience", patience)):
        if value is not None and evaluate is None:
            raise ValueError(f"{name}: expected evaluate with it, got none")
    steps = check_size("steps", steps)
    under_way = Steps(
        _starting_state(model, optimiser, carry),
        loss,
        optimiser,
        clip_norm=np.inf if clip_norm is None else check_positive("clip_norm", clip_norm),
        window=None if window is None else check_size("window", window),
        omega=check_positive("omega", omega, or_zero=True),
        carry=carry,
        evaluate=evaluate,
        evaluate_every=check_size("evaluate_every", evaluate_every),
        target=-np.inf if target is None else _number("target", target),
        patience=None if patience is None else check_size("patience", patience),
        limit=np.inf if give_up_above is None else check_positive("give_up_above", give_up_above),
    )
    ending = under_way.go(_with_progress(itertools.islice(batches, steps), steps, progress))
    state = under_way.state if under_way.best is None else under_way.best
    return Training(
        state.parameters,
        ending or ("steps" if len(under_way.losses) == steps else "batches"),
        np.array(under_way.losses),
        np.array(under_way.gradient_norms),
        [Evaluation(*each) for each in under_way.evaluations],
        state,
    )


def _starting_state(model: Any, optimiser: Optimiser, carry: bool) -> OptimiserState:
    state = model if isinstance(model, OptimiserState) else optimiser.start(model)
    moments = len(optimiser.moments_like)
    if len(state.moments) != moments:
        raise ValueError(
            f"model: expected a state with the {moments} moments of "
            f"{type(optimiser).__name__}, got {len(state.moments)}"
        )
    if not isinstance(state.parameters, Model) and not hasattr(
        state.parameters, "loss_and_gradient"
    ):
        raise TypeError(
            "model: expected a Model, or a record of your own with a method "
            f"loss_and_gradient(batch, loss), got {describe(state.parameters)}"
        )
    return state if carry else replace(state, carried=None)


def _number(name: str, value: Any) -> float:
    """Return a number of either sign as a float."""
    return float(np.copysign(check_positive(name, np.abs(value), or_zero=True), value))


def _with_progress(batches: Iterable[Batch], steps: int, progress: bool) -> Iterable[Batch]:
    if not progress:
        return batches
    with needs("train"):
        from tqdm.auto import tqdm

    return tqdm(batches, total=steps, unit="step")
