"""A model's gradient and the training loop."""

import numpy as np
import pytest

from rnnlib import (
    Batch,
    DiagonalCell,
    ElmanCell,
    Model,
    Readout,
    loss_and_gradient,
    mean_squared_error,
    softmax_cross_entropy,
    train,
    tree,
)
from rnnlib.checks import check_gradient
from rnnlib.training import SGD, Adam, Adding, Copying, Loss, RMSprop, TemporalOrder
from tests.networks import KINDS, SMALL, random_cell, small_model


@pytest.mark.parametrize("kind", KINDS)
def test_the_models_gradient_is_the_slope_of_its_loss(kind):
    """The whole chain at once: cell, readout, loss."""
    model, rng = small_model(kind), np.random.default_rng(2)
    xs = rng.standard_normal((4, 3, 2))
    for batch in (
        Batch(xs, rng.integers(4, size=(4, 3)), every_step=True),
        Batch(xs, rng.integers(4, size=3), lengths=np.array([4, 1, 2])),
    ):
        gradient = loss_and_gradient(model, batch, softmax_cross_entropy).gradient
        report = check_gradient(
            lambda m, batch=batch: loss_and_gradient(m, batch, softmax_cross_entropy).value,
            gradient,
            at=model,
        )
        assert report.passed, str(report)
        assert report.checked == model.cell.num_parameters + 4 * 3 + 4


def temporal_order(**settings):
    rng, task = np.random.default_rng(0), TemporalOrder(length=10)
    start = Model(ElmanCell.random(6, 16, rng), Readout.random(16, 4, rng))
    held_out = task.batch(np.random.default_rng(1), 200)
    settings = {"steps": 400, "clip_norm": 1.0} | settings
    return train(
        start,
        task.batches(rng, 32),
        task.loss,
        Adam(0.01),
        evaluate=lambda m: task.error(m.outputs(held_out), held_out),
        evaluate_every=10,
        **settings,
    )


def test_training_learns_and_stops_at_its_target():
    run = temporal_order(target=0.02)
    assert run.stopped == "target"
    assert run.evaluations[-1].value <= 0.02 < run.evaluations[0].value
    assert run.steps == run.evaluations[-1].step < 400
    assert len(run.losses) == len(run.gradient_norms) == run.steps


def test_the_same_seeds_give_the_same_run():
    first, second = temporal_order(steps=20), temporal_order(steps=20)
    assert first.stopped == "steps" and first.steps == 20
    np.testing.assert_array_equal(first.losses, second.losses)
    np.testing.assert_array_equal(*[tree.flatten(run.model) for run in (first, second)])


def test_truncation_reaches_the_gradient():
    assert not np.array_equal(
        temporal_order(steps=3, window=2).losses, temporal_order(steps=3).losses
    )


def test_a_run_that_diverges_keeps_the_last_finite_weights():
    rng = np.random.default_rng(0)
    cell = ElmanCell(3 * np.eye(8), rng.standard_normal((8, 2)), np.zeros(8), "relu")
    task = Adding(length=300)
    run = train(
        Model(cell, Readout.random(8, 1, rng)),
        task.batches(rng, 4),
        mean_squared_error,
        SGD(1e30),
        steps=50,
    )
    assert run.stopped == "diverged" and run.steps < 50
    assert np.isfinite(tree.flatten(run.model)).all()
    assert np.isfinite(run.losses).all()


@pytest.mark.parametrize("overflow", ["outputs", "loss", "gradient", "states"])
def test_an_overflow_is_an_infinite_loss_and_no_exception(overflow):
    model, rng = small_model(output_size=1), np.random.default_rng(0)
    huge = {"outputs": 1e308, "loss": 1e200, "gradient": 1e160, "states": 1e200}[overflow]
    readout = Readout(np.full((1, 3), huge), np.full(1, huge))
    batch = Batch(rng.standard_normal((4, 3, 2)), np.zeros((3, 1)))
    result = loss_and_gradient(
        Model(model.cell, readout),
        batch,
        lambda z, y: {
            "gradient": lambda: Loss(0.0, 1e160 * z),
            "states": lambda: Loss(0.0, 1e100 * z),
        }.get(overflow, lambda: mean_squared_error(z, y))(),
    )
    assert not result.finite and np.isnan(tree.flatten(result.gradient)).all()


def test_a_loss_above_the_limit_is_divergence():
    run = temporal_order(give_up_above=1e-3)
    assert run.stopped == "diverged" and run.steps == 0


def test_training_ends_with_its_batches(capsys):
    model, rng = small_model(), np.random.default_rng(0)
    batch = Batch(rng.standard_normal((4, 3, 2)), np.array([0, 1, 2]))
    run = train(model, [batch] * 3, softmax_cross_entropy, SGD(0.1), steps=9, progress=True)
    assert run.stopped == "batches" and run.steps == 3
    assert "3/9" in "".join(capsys.readouterr())


BAD = {
    "readout of another size": (
        lambda: Model(random_cell("gru", SMALL), Readout([[1.0]], [0.0])),
        ValueError,
        "readout: expected hidden_size 3, as the cell's, got 1",
    ),
    "targets of another batch": (
        lambda: Batch(np.zeros((4, 3, 2)), np.zeros(2)),
        ValueError,
        r"targets: expected leading axes \(3,\), got shape \(2,\)",
    ),
    "a length beyond the end": (
        lambda: Batch(np.zeros((4, 3, 2)), np.zeros((4, 3)), True, np.array([1, 2, 5])),
        ValueError,
        r"lengths: expected 1..4, got 1..5",
    ),
    "gradient of another shape": (
        lambda: tree.map_leaves(np.add, Readout([[1.0]], [0.0]), Readout([[1.0, 2.0]], [0.0])),
        ValueError,
        "others: expected records with arrays of the same shapes",
    ),
    "vector too long": (
        lambda: tree.unflatten(np.ones(3), like=Readout([[1.0]], [0.0])),
        ValueError,
        r"vector: expected shape \(2,\), got \(3,\)",
    ),
    "steps not whole": (
        lambda: train(small_model(), [], mean_squared_error, SGD(0.1), steps=2.5),
        TypeError,
        "steps: expected an integer",
    ),
    "target without evaluation": (
        lambda: train(small_model(), [], mean_squared_error, SGD(0.1), steps=2, target=0.1),
        ValueError,
        "target: expected evaluate with it",
    ),
    "adding too short": (lambda: Adding(5), ValueError, "length: expected at least 10, got 5"),
    "adding of nobody": (lambda: Adding(20, "hinton"), ValueError, "variant: .* got 'hinton'"),
    "order too late": (
        lambda: TemporalOrder(20, second_from=1.0),
        ValueError,
        "second_from: expected 0.2",
    ),
    "copying at once": (lambda: Copying(0), ValueError, "delay: expected at least 1, got 0"),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("optimiser", [SGD(0.1, momentum=0.9), RMSprop(0.003), Adam(0.01)])
def test_a_run_goes_on_from_its_state_as_if_it_had_not_stopped(optimiser):
    task = TemporalOrder(length=10)
    rng = np.random.default_rng(0)
    batches = [task.batch(rng, 8) for _ in range(12)]
    start = Model(ElmanCell.random(6, 5, rng), Readout.random(5, 4, rng))
    whole = train(start, batches, task.loss, optimiser, steps=12)
    first = train(start, batches[:5], task.loss, optimiser, steps=5)
    second = train(first.state, batches[5:], task.loss, optimiser, steps=7)
    assert [*first.losses, *second.losses] == list(whole.losses)
    assert tree.same(second.model, whole.model) and second.state.steps == 12
    assert tree.same(second.state.parameters, second.model)
    anew = train(first.model, batches[5:], task.loss, optimiser, steps=7)
    assert list(anew.losses[1:]) != list(second.losses[1:])


def test_a_state_of_another_optimiser_is_refused():
    task, model = TemporalOrder(length=10), small_model()
    with pytest.raises(
        ValueError, match="model: expected a state with the 2 moments of Adam, got 1"
    ):
        train(SGD(0.1).start(model), [], task.loss, Adam(0.1), steps=1)
    with pytest.raises(TypeError, match="optimiser: expected such as Adam"):
        train(model, [], task.loss, Adam, steps=1)


def test_a_model_has_one_precision_and_real_outputs():
    rng = np.random.default_rng(0)
    readout = Readout.random(3, 2, rng)
    with pytest.raises(
        TypeError, match="readout: expected the precision of cell, float64, got flo"
    ):
        Model(ElmanCell.random(2, 3, rng), tree.astype(readout, np.float32))
    with pytest.raises(TypeError, match=r"cell: expected real outputs, .* got complex128"):
        Model(DiagonalCell.random(2, 3, rng), readout)
    real = Model(DiagonalCell(rng.uniform(-1, 1, 3), np.ones((3, 2)), np.zeros(3)), readout)
    assert real.outputs(Batch(np.ones((4, 5, 2)), np.zeros(5, int))).dtype == np.float64


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda m, b: train(m, b, softmax_cross_entropy, SGD(0.1), steps=1),
            "batches: expected an",
        ),
        (
            lambda m, b: train(m, [b.xs], softmax_cross_entropy, SGD(0.1), steps=1),
            "batch: expected",
        ),
        (lambda m, b: m.outputs(b.xs), "batch: expected a Batch"),
        (lambda m, b: loss_and_gradient(m, (b.xs, b.targets), softmax_cross_entropy), "batch: exp"),
    ],
)
def test_what_is_no_batch_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call(small_model(), Batch(np.ones((4, 3, 2)), np.zeros(3, int)))


def test_a_clip_norm_of_zero_is_named():
    with pytest.raises(ValueError, match="clip_norm: expected a finite number > 0"):
        train(small_model(), [], softmax_cross_entropy, SGD(0.1), steps=1, clip_norm=0)
