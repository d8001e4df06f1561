"""The training loop: batches in, a trained model and its history out."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rnnlib import tree
from rnnlib._optional import needs
from rnnlib._validate import Array, check_positive, check_size, describe
from rnnlib.training.model import Batch, LossFunction, Model, loss_and_gradient
from rnnlib.training.optimisers import Optimiser, OptimiserState, clip_by_global_norm

Reason = Literal["steps", "target", "diverged", "batches"]
"""Why a training run stopped: see `Training`."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was measured after a number of steps."""

    step: int
    value: float


@dataclass(frozen=True, eq=False)
class Training:
    """What a training run did.

    Attributes
    ----------
    model : Model
        The last one whose loss and gradient were finite.
    stopped : {"steps", "target", "diverged", "batches"}
        Why: all steps done; the evaluation reached its target; the loss or its gradient was not
        finite or above `give_up_above`; or no batch was left.
    losses : ndarray, shape (steps made,)
        The loss before each step, on that step's batch.
    gradient_norms : ndarray, shape (steps made,)
        Before clipping.
    evaluations : list of Evaluation
    state : OptimiserState
        The model with the optimiser's averages: what `train` goes on from.
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
    model: Model | OptimiserState,
    batches: Iterable[Batch],
    loss: LossFunction,
    optimiser: Optimiser,
    *,
    steps: int,
    clip_norm: float | None = None,
    window: int | None = None,
    omega: float = 0.0,
    evaluate: Callable[[Model], float] | None = None,
    evaluate_every: int = 100,
    target: float | None = None,
    give_up_above: float | None = None,
    progress: bool = False,
) -> Training:
    """Train a model; the same model, batches and settings give the same numbers.

    Parameters
    ----------
    model : Model or OptimiserState
        Where to start: a model, or the `state` of an earlier run, which goes on as if it had not
        stopped. From its `model` alone Adam's averages would begin at 0 again.
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
    evaluate : callable, optional
        Model → float, smaller is better; called every `evaluate_every` steps and after the last.
    target : float, optional
        Stop once the evaluation is at most this.
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
        If a size or number is out of range, a batch does not fit the model, `target` is given
        without `evaluate`, or a state is another optimiser's.

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
    steps, every = check_size("steps", steps), check_size("evaluate_every", evaluate_every)
    if isinstance(batches, Batch):
        raise TypeError("batches: expected an iterable with one Batch for each step, got a Batch")
    if clip_norm is not None:
        check_positive("clip_norm", clip_norm)
    limit = np.inf if give_up_above is None else check_positive("give_up_above", give_up_above)
    if target is not None and evaluate is None:
        raise ValueError("target: expected evaluate with it, got none")
    state = model if isinstance(model, OptimiserState) else optimiser.start(model)
    if len(state.moments) != optimiser.number_of_moments:
        raise ValueError(
            f"model: expected a state with the {optimiser.number_of_moments} moments of "
            f"{type(optimiser).__name__}, got {len(state.moments)}"
        )
    last_good = state
    stopped: Reason = "batches"
    losses: list[float] = []
    norms: list[float] = []
    evaluations: list[Evaluation] = []
    for step, batch in enumerate(_with_progress(itertools.islice(batches, steps), steps, progress)):
        result = loss_and_gradient(state.parameters, batch, loss, window=window, omega=omega)
        if not result.finite or result.value > limit:
            stopped = "diverged"
            break
        last_good, gradient = state, result.gradient
        norms.append(tree.global_norm(gradient))
        losses.append(result.value)
        if clip_norm is not None:
            gradient = clip_by_global_norm(gradient, clip_norm).gradient
        with np.errstate(over="ignore", invalid="ignore"):  # the next loss will tell
            state = optimiser.step(state, gradient)
        if evaluate is not None and ((step + 1) % every == 0 or step + 1 == steps):
            evaluations.append(Evaluation(step + 1, float(evaluate(state.parameters))))
            if target is not None and evaluations[-1].value <= target:
                stopped = "target"
                break
    else:
        stopped = "steps" if len(losses) == steps else "batches"
    final = last_good if stopped == "diverged" else state
    return Training(
        final.parameters, stopped, np.array(losses), np.array(norms), evaluations, final
    )


def _with_progress(batches: Iterable[Batch], steps: int, progress: bool) -> Iterable[Batch]:
    if not progress:
        return batches
    with needs("train"):
        from tqdm.auto import tqdm

    return tqdm(batches, total=steps, unit="step")
