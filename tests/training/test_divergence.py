"""Every way to diverge ends a training run as one, with its history; and what else may end it."""

from dataclasses import replace

import numpy as np
import pytest

from rnnlib import (
    Batch,
    ElmanCell,
    Model,
    Readout,
    loss_and_gradient,
    mean_squared_error,
    train,
    tree,
    unroll,
)
from rnnlib.training import SGD, Adam
from tests.equations.guards import catches
from tools.equations import Mutant


def one_step_model(scale=1.0):
    cell = ElmanCell([[0.5]], [[1.0]], [0.0], activation="identity")
    return Model(cell, Readout([[scale]], [0.0]))


def batches_of_ones(n, T=3):
    return [Batch(np.ones((T, 2, 1)), np.full((2, 1), 5.0)) for _ in range(n)]


class Exploding(SGD):
    """Makes its third step too large for any float."""

    def step(self, state, gradient):
        after = super().step(state, gradient)
        if after.steps < 3:
            return after
        return self.broken(after)

    def broken(self, after):
        return replace(after, parameters=tree.map_leaves(lambda a: a * np.inf, after.parameters))


class BrokenAverages(Exploding):
    def broken(self, after):
        return replace(after, moments=tree.map_leaves(lambda a: a * np.inf, after.moments))


def fails_after(error, limit=0.9):
    """An evaluation that cannot be made once a weight has moved far enough."""

    def evaluate(model):
        if model.readout.W_ho.item() != 1.0:
            raise error
        return 1.0

    return evaluate


def by_hand(model):
    """An evaluation on longer sequences than those of training, without `Model.outputs`."""
    hs = unroll(model.cell, np.ones((3000, 1, 1))).hs[-1]
    return mean_squared_error(model.readout(hs), np.zeros((1, 1))).value


WAYS = {
    "loss": ({"optimiser": SGD(1e200)}, None),
    "weights after the last step": ({"optimiser": Exploding(0.01), "steps": 3}, 3),
    "averages after the last step": ({"optimiser": BrokenAverages(0.01), "steps": 3}, 3),
    "give up": ({"give_up_above": 23.0, "optimiser": SGD(0.5)}, None),
    "evaluation is NaN": ({"evaluate": lambda m: float("nan")}, 1),
    "evaluation is infinite": ({"evaluate": lambda m: np.exp(1e4)}, 1),
    "evaluation overflows": ({"evaluate": fails_after(OverflowError("math range error"))}, 1),
    "evaluation traps": ({"evaluate": fails_after(FloatingPointError("overflow"))}, 1),
    "states of the evaluation overflow": ({"optimiser": SGD(2.0), "evaluate": by_hand}, None),
}


@pytest.mark.parametrize("carry", [False, True])
@pytest.mark.parametrize("patience", [None, 5])
@pytest.mark.parametrize("way", WAYS)
def test_every_divergence_is_one(way, patience, carry):
    change, steps = WAYS[way]
    settings = {"optimiser": SGD(0.01), "steps": 50, "evaluate": lambda m: 1.0} | change
    optimiser = settings.pop("optimiser")
    run = train(
        one_step_model(), batches_of_ones(50), mean_squared_error, optimiser,
        evaluate_every=1, patience=patience, carry=carry, **settings,
    )  # fmt: skip
    assert run.stopped == "diverged"
    assert steps is None or run.steps == steps
    assert len(run.losses) == len(run.gradient_norms) == run.steps
    assert np.isfinite(run.losses).all() and np.isfinite(run.gradient_norms).all()
    assert tree.is_finite(run.model) and tree.is_finite(run.state)
    assert tree.same(run.model, run.state.parameters)
    assert [e.step for e in run.evaluations] == list(range(1, len(run.evaluations) + 1))
    assert all(np.isfinite(e.value) for e in run.evaluations[:-1])


def test_an_evaluation_that_never_worked_is_an_error_and_no_divergence():
    def evaluate(model):
        return model.outputs(Batch(np.full((3, 1, 1), np.nan), np.zeros(1)))

    with pytest.raises(ValueError, match="xs: expected finite numbers, got nan"):
        train(
            one_step_model(), batches_of_ones(3), mean_squared_error, SGD(0.01), steps=3,
            evaluate=evaluate,
        )  # fmt: skip
    with pytest.raises(KeyError, match="mine"):
        train(
            one_step_model(), batches_of_ones(3), mean_squared_error, SGD(0.01), steps=3,
            evaluate=fails_after(KeyError("mine")),
        )  # fmt: skip
    with pytest.raises(TypeError, match="evaluate: expected it to return a number, got None"):
        train(
            one_step_model(), batches_of_ones(3), mean_squared_error, SGD(0.01), steps=3,
            evaluate=lambda m: None,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "n", "every", "measured", "stopped"),
    [
        (7, 7, 5, [5, 7], "steps"),
        (10, 7, 5, [5, 7], "batches"),
        (10, 10, 5, [5, 10], "steps"),
        (3, 9, 100, [3], "steps"),
        (9, 3, 100, [3], "batches"),
        (9, 0, 1, [], "batches"),
        (1, 1, 1, [1], "steps"),
    ],
)
def test_evaluates_regularly_and_after_the_last_step(steps, n, every, measured, stopped):
    run = train(
        one_step_model(), iter(batches_of_ones(n)), mean_squared_error, SGD(0.01), steps=steps,
        evaluate=lambda m: 1.0, evaluate_every=every,
    )  # fmt: skip
    assert [e.step for e in run.evaluations] == measured and run.stopped == stopped


def test_a_target_reached_at_the_end_of_the_batches_is_one():
    run = train(
        one_step_model(), batches_of_ones(3), mean_squared_error, SGD(0.01), steps=9,
        evaluate=lambda m: -1.0, target=np.float32(-0.5),
    )  # fmt: skip
    assert run.stopped == "target" and run.steps == 3


@pytest.mark.parametrize(
    ("values", "patience", "stopped", "steps", "best"),
    [
        ([5, 4, 3, 3, 3, 9], 2, "patience", 5, 3),
        ([5, 4, 3, 3, 2, 2, 2], 2, "patience", 7, 5),
        ([5, 6, 4, 5, 6], 2, "patience", 5, 3),
        ([1, 2, 3], 9, "steps", 3, 1),
        ([3, 2, 1], 1, "steps", 3, 3),
        ([3, 2, 5, np.nan], 3, "diverged", 4, 2),
    ],
)
def test_patience_returns_the_best_model(values, patience, stopped, steps, best):
    seen, left = [], iter(values)

    def evaluate(model):
        seen.append(model)
        return next(left)

    run = train(
        one_step_model(), batches_of_ones(20), mean_squared_error, Adam(0.01),
        steps=len(values), evaluate=evaluate, evaluate_every=1, patience=patience,
    )  # fmt: skip
    assert (run.stopped, run.steps) == (stopped, steps)
    assert run.model is seen[best - 1] and run.state.steps == best
    np.testing.assert_array_equal([e.value for e in run.evaluations], values[:steps])


def test_patience_needs_an_evaluation():
    with pytest.raises(ValueError, match="patience: expected evaluate with it, got none"):
        train(one_step_model(), [], mean_squared_error, SGD(0.1), steps=1, patience=3)


@pytest.mark.parametrize("omega", [-1.0, np.nan, "much"])
def test_a_weight_of_omega_out_of_range_is_named(omega):
    batch = batches_of_ones(1)[0]
    for call in (
        lambda: loss_and_gradient(one_step_model(), batch, mean_squared_error, omega=omega),
        lambda: train(one_step_model(), [], mean_squared_error, SGD(0.1), steps=1, omega=omega),
    ):
        with pytest.raises((ValueError, TypeError), match="omega: expected a"):
            call()


def test_an_overflow_of_omegas_errors_is_one_of_the_loss():
    cell = ElmanCell(1e200 * np.eye(2), np.zeros((2, 1)), np.zeros(2), "identity")
    model = Model(cell, Readout(np.ones((1, 2)), [1.0]))
    batch = Batch(np.zeros((4, 1, 1)), np.zeros((1, 1)))
    for window in (None, 2):
        result = loss_and_gradient(model, batch, mean_squared_error, omega=0.5, window=window)
        assert not result.finite


def check_endings():
    for steps, n, every, measured in ((7, 7, 5, [5, 7]), (10, 7, 5, [5, 7]), (10, 10, 5, [5, 10])):
        run = train(
            one_step_model(), batches_of_ones(n), mean_squared_error, SGD(0.01), steps=steps,
            evaluate=lambda m: 1.0, evaluate_every=every,
        )  # fmt: skip
        assert [e.step for e in run.evaluations] == measured
    for way in ("weights after the last step", "evaluation is NaN"):
        test_every_divergence_is_one(way, None, False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if len(self.losses) > measured else None", "if not measured else None"),
        ("len(self.losses) % self.evaluate_every == 0", "len(self.losses) % 5 == 1"),
        ("if not tree.is_finite(after):", "if False:"),
        ("if not np.isfinite(value):", "if False:"),
    ],
)
def test_seeded_bugs_are_caught(old, new):
    catches(check_endings, "rnnlib/training/_steps.py", Mutant("seeded", old, new))
