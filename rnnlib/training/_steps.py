"""A training run under way: its steps, its evaluations, and every way in which it may diverge."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from rnnlib import tree
from rnnlib._validate import NotFinite, describe
from rnnlib.training.batch import Batch, check_batch
from rnnlib.training.clipping import clip_by_global_norm
from rnnlib.training.model import LossFunction, LossGradient, Model, loss_and_gradient
from rnnlib.training.optimisers import Optimiser, OptimiserState

OVERFLOWS = (NotFinite, FloatingPointError, OverflowError)
"""What an evaluation may raise because of states or outputs that are no longer numbers."""


Ending = Literal["target", "patience", "diverged"]
"""What may end a training run before its steps or batches do."""


@dataclass(eq=False)
class Steps:
    """What `train` was asked for, and where it stands.

    Attributes
    ----------
    state : OptimiserState
        The model of now. Before the loss of a batch shows whether it is any good, `last_good` is
        the one before.
    evaluations : list of (step, value)
        NaN where an overflow left nothing to measure.
    best : OptimiserState, or None
        The one that evaluated best, if there is a `patience`.
    """

    state: OptimiserState
    loss: LossFunction
    optimiser: Optimiser
    clip_norm: float
    window: int | None
    omega: float
    carry: bool
    evaluate: Callable[[Any], float] | None
    evaluate_every: int
    target: float
    patience: int | None
    limit: float
    losses: list[float] = field(default_factory=list)
    gradient_norms: list[float] = field(default_factory=list)
    evaluations: list[tuple[int, float]] = field(default_factory=list)
    best: OptimiserState | None = None

    def __post_init__(self) -> None:
        self.start = self.last_good = self.state
        self.smallest = np.inf
        self.without_a_new_best = 0

    def go(self, batches: Iterable[Batch]) -> Ending | None:
        """Make a step for each batch; return why it ended before they did, or None."""
        for batch in batches:
            if not self._step(batch):
                return "diverged"
            if len(self.losses) % self.evaluate_every == 0 and (why := self._measure()):
                return why
        measured = self.evaluations[-1][0] if self.evaluations else 0
        return self._measure() if len(self.losses) > measured else None

    def _step(self, batch: Batch) -> bool:
        """Make one step; return False if it, or the model before it, is no longer finite."""
        if self.carry:
            check_batch(batch)
            batch = batch.carrying(self.state.carried)
        result = self._gradient(batch)
        if not result.finite or result.value > self.limit:
            self.state = self.last_good
            return False
        self.last_good, gradient = self.state, result.gradient
        self.losses.append(float(result.value))
        self.gradient_norms.append(result.norm)
        if self.clip_norm < np.inf:
            gradient = clip_by_global_norm(gradient, self.clip_norm).gradient
        with np.errstate(over="ignore", invalid="ignore"):
            after = self.optimiser.step(self.state, gradient)
        if self.carry:
            after = replace(after, carried=result.states)
        if not tree.is_finite(after):
            return False
        self.state = after
        return True

    def _gradient(self, batch: Batch) -> LossGradient:
        model = self.state.parameters
        options: dict[str, Any] = {}
        if self.window is not None:
            options["window"] = self.window
        if self.omega > 0:
            options["omega"] = self.omega
        if isinstance(model, Model):
            result = loss_and_gradient(model, batch, self.loss, **options)
        else:
            result = model.loss_and_gradient(batch, self.loss, **options)
        if not isinstance(result, LossGradient):
            raise TypeError(f"loss_and_gradient: expected a LossGradient, got {describe(result)}")
        if isinstance(result.value, complex):
            raise TypeError(f"loss: expected it to give a real number, got {result.value}")
        if self.carry and result.states is None and result.finite:
            raise TypeError("loss_and_gradient: expected the last states, to carry them on")
        return result

    def _measure(self) -> Ending | None:
        """Evaluate the model, if that is asked for; return why to stop, if it is reason to."""
        if self.evaluate is None:
            return None
        value = self._value(self.evaluate)
        self.evaluations.append((len(self.losses), value))
        if not np.isfinite(value):
            self.state = self.last_good
            return "diverged"
        self.without_a_new_best += 1
        if value < self.smallest:
            self.smallest, self.without_a_new_best = value, 0
            self.best = None if self.patience is None else self.state
        if value <= self.target:
            return "target"
        return "patience" if self.without_a_new_best == self.patience else None

    def _value(self, evaluate: Callable[[Any], float]) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            try:
                value = evaluate(self.state.parameters)
            except OVERFLOWS:
                evaluate(self.start.parameters)  # if that fails as well, it is no divergence
                return float("nan")
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"evaluate: expected it to return a number, got {describe(value)}"
            ) from error
