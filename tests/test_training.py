"""Initialisers, optimisers, the training loop, and files."""

import dataclasses
import zipfile

import numpy as np
import pytest

from rnnlib import (
    Batch,
    DiagonalCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    Model,
    Readout,
    initialisers,
    loss_and_gradient,
    mean_squared_error,
    softmax_cross_entropy,
    train,
    tree,
)
from rnnlib.gradcheck import check_gradient
from rnnlib.optimisers import SGD, Adam, RMSprop, clip_by_global_norm, clip_by_value
from rnnlib.storage import load, save
from rnnlib.tasks import Adding, Copying, TemporalOrder
from tests.equations.guards import catches
from tests.networks import KINDS, LeakyCell, random_cell
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

SMALL = Sizes(T=4, B=3, I=2, H=3, V=4, seed=0)


def small_model(kind="tanh", output_size=4):
    cell = random_cell(kind, SMALL)
    return Model(cell, Readout.random(3, output_size, np.random.default_rng(1)))


def test_initialisers_have_the_spread_they_promise():
    rng, shape = np.random.default_rng(0), (400, 300)
    assert_close(initialisers.uniform(shape, rng).std(), 1 / np.sqrt(3 * 300), 1.0, rtol=1e-3)
    assert_close(initialisers.glorot(shape, rng).std(), np.sqrt(2 / 700), 1.0, rtol=1e-3)
    bias = initialisers.chrono(5000, 100, rng)
    forget = bias[5000:10_000]
    assert np.all((1 <= np.exp(forget)) & (np.exp(forget) <= 99))
    assert_close(np.exp(forget).mean(), 50.0, 50.0, rtol=0.03)
    np.testing.assert_array_equal(bias[:5000], -forget)
    assert not bias[10_000:].any()
    np.testing.assert_array_equal(initialisers.forget_bias(2, 3.0)[2:4], [3.0, 3.0])


@for_all(any_sizes())
def test_orthogonal_is_orthogonal(sizes: Sizes):
    W = initialisers.orthogonal((sizes.H, sizes.I), sizes.rng, gain=2.0)
    values = np.linalg.svd(W, compute_uv=False)
    assert_close(values, np.full(min(sizes.H, sizes.I), 2.0), 1.0, rtol=1e-12)


def test_orthogonal_is_uniform():
    """Without the signs, QR leaves the diagonal of Q biased."""
    rng = np.random.default_rng(0)
    diagonal = [initialisers.orthogonal((3, 3), rng)[0, 0] for _ in range(4000)]
    assert abs(np.mean(diagonal)) < 0.05


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


def check_optimisers():
    """Each rule written out for one number, three steps."""
    g = [1.0, -2.0, 0.5]
    theta, v = 1.0, 0.0
    for x in g:
        v = 0.9 * v + x
        theta -= 0.1 * v
    assert_close(after(SGD(0.1, momentum=0.9), g), theta, 1.0)
    theta, v = 1.0, 0.0
    for x in g:
        v = 0.99 * v + 0.01 * x * x
        theta -= 0.1 * x / (np.sqrt(v) + 1e-8)
    assert_close(after(RMSprop(0.1), g), theta, 1.0)
    theta, m, v = 1.0, 0.0, 0.0
    for t, x in enumerate(g, start=1):
        m, v = 0.9 * m + 0.1 * x, 0.999 * v + 0.001 * x * x
        theta -= 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    assert_close(after(Adam(0.1), g), theta, 1.0, rtol=1e-9)


def after(rule, gradients):
    state = rule.start(Readout([[1.0]], [1.0]))
    for g in gradients:
        state = rule.step(state, Readout([[g]], [0.0]))
    assert state.steps == len(gradients) and state.parameters.b_o == 1.0
    return state.parameters.W_ho.item()


def test_optimisers_follow_their_rules():
    check_optimisers()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.momentum * v + g", "self.momentum * v - g"),
        ("rate=self.learning_rate / (1 - a**t)", "rate=self.learning_rate"),
        ("t = self.decay_mean, state.steps + 1", "t = self.decay_mean, state.steps + 2"),
        ("decay * v + (1 - decay) * g * g", "decay * v + (1 - decay) * np.abs(g)"),
    ],
)
def test_seeded_bugs_in_optimisers_are_caught(old, new):
    catches(check_optimisers, "rnnlib/optimisers.py", Mutant("seeded", old, new))


@pytest.mark.parametrize("rule", [SGD(0.1, momentum=0.5), RMSprop(0.1), Adam(0.1)])
def test_a_step_changes_nothing_in_place(rule):
    model = small_model()
    for array in tree.leaves(model):
        array.flags.writeable = False
    state = rule.start(model)
    states = [rule.step(state, model) for _ in range(2)]
    np.testing.assert_array_equal(*[tree.flatten(s.parameters) for s in states])
    assert not any(tree.flatten(m).any() for m in state.moments)


@for_all(any_sizes())
def test_clipping(sizes: Sizes):
    gradient = random_cell("lstm", sizes)
    norm = np.linalg.norm(tree.flatten(gradient))
    for bound in (0.5 * norm, 2 * norm):
        clipped = clip_by_global_norm(gradient, bound)
        assert_close(clipped.norm, norm, norm)
        expected = tree.flatten(gradient) * min(1.0, bound / norm)
        assert_close(tree.flatten(clipped.gradient), expected, norm)
    cut = clip_by_value(gradient, 0.3)
    expected = np.clip(tree.flatten(gradient), -0.3, 0.3)
    np.testing.assert_array_equal(tree.flatten(cut.gradient), expected)
    assert_close(cut.norm, norm, norm)


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


def test_a_loss_above_the_limit_is_divergence():
    run = temporal_order(give_up_above=1e-3)
    assert run.stopped == "diverged" and run.steps == 0


def test_training_ends_with_its_batches(capsys):
    model, rng = small_model(), np.random.default_rng(0)
    batch = Batch(rng.standard_normal((4, 3, 2)), np.array([0, 1, 2]))
    run = train(model, [batch] * 3, softmax_cross_entropy, SGD(0.1), steps=9, progress=True)
    assert run.stopped == "batches" and run.steps == 3
    assert "3/9" in "".join(capsys.readouterr())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_saved_is_loaded(kind, tmp_path):
    model, path = small_model(kind), tmp_path / "model.npz"
    save(path, model)
    again = load(path, types=(LeakyCell,))
    assert type(again.cell) is type(model.cell)
    for one, two in zip(tree.leaves(model), tree.leaves(again), strict=True):
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)
    assert getattr(again.cell, "activation", None) is getattr(model.cell, "activation", None)


def test_precision_and_complex_numbers_are_kept(tmp_path):
    rng = np.random.default_rng(0)
    single = tree.map_leaves(lambda a: a.astype(np.float32), GRUCell.random(2, 3, rng))
    for record in (single, DiagonalCell.random(2, 3, rng)):
        save(tmp_path / "cell.npz", record)
        again = load(tmp_path / "cell.npz")
        assert [a.dtype for a in tree.leaves(again)] == [a.dtype for a in tree.leaves(record)]


def damaged(tmp_path, how):
    path = tmp_path / "model.npz"
    save(path, small_model())
    whole = path.read_bytes()
    match how:
        case "cut off":
            path.write_bytes(whole[: len(whole) // 2])
        case "empty":
            path.write_bytes(b"")
        case "a flipped byte":
            middle = whole.index(b"NUMPY") + 200
            path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
        case "a text":
            path.write_text("not a model")
        case "another npz":
            np.savez(path, weights=np.ones(3))
        case "a single array":
            with path.open("wb") as file:
                np.save(file, np.ones(3))
        case "pickled objects":
            np.savez(path, layout=np.array([{"a": 1}], dtype=object))
        case "a NaN":
            cell = random_cell("tanh", SMALL)
            save(path, tree.map_leaves(lambda a: a * np.nan, cell))
        case "an array missing":
            with zipfile.ZipFile(path) as old:
                parts = {n: old.read(n) for n in old.namelist() if "W_ho" not in n}
            with zipfile.ZipFile(path, "w") as new:
                for name, data in parts.items():
                    new.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "how",
    ["cut off", "empty", "a flipped byte", "a text", "another npz", "a single array",
     "pickled objects", "a NaN", "an array missing"],
)  # fmt: skip
def test_damaged_and_foreign_files(tmp_path, how):
    with pytest.raises(ValueError, match=r"path: expected a file written by rnnlib's save"):
        load(damaged(tmp_path, how))


def test_a_file_of_an_unknown_type_says_which(tmp_path):
    save(tmp_path / "leaky.npz", random_cell("leaky", SMALL))
    with pytest.raises(ValueError, match="unknown type 'LeakyCell'; pass it as `types`"):
        load(tmp_path / "leaky.npz")


def test_what_cannot_be_saved(tmp_path):
    @dataclasses.dataclass
    class Odd:
        name: str

    with pytest.raises(TypeError, match="name: expected an array, a record or an activation"):
        save(tmp_path / "odd.npz", Odd("x"))
    with pytest.raises(TypeError, match="record: expected a record"):
        save(tmp_path / "list.npz", [1, 2])
    with pytest.raises(OSError):
        load(tmp_path / "missing.npz")


def test_random_cells_of_every_kind():
    rng = np.random.default_rng(0)
    for kind in (ElmanCell, LSTMCell, GRUCell, DiagonalCell):
        cell = kind.random(2, 5, rng)
        assert (cell.input_size, cell.hidden_size) == (2, 5)
    ring = DiagonalCell.random(2, 2000, rng, smallest=0.6, largest=0.8).W_hh
    assert_close((np.abs(ring) ** 2).mean(), (0.36 + 0.64) / 2, 1.0, rtol=0.01)


BATCH = Batch(np.zeros((4, 3, 2)), np.zeros(3, int))
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
    "lengths with targets everywhere": (
        lambda: Batch(np.zeros((4, 3, 2)), np.zeros((4, 3)), True, np.array([1, 2, 3])),
        ValueError,
        "lengths: expected None",
    ),
    "no learning rate": (lambda: SGD(0.0), ValueError, "learning_rate: .* > 0, got 0"),
    "momentum 1": (lambda: SGD(0.1, momentum=1.0), ValueError, "momentum: .* below 1, got 1"),
    "decay 1": (lambda: RMSprop(0.1, decay=1.0), ValueError, "decay: .* below 1"),
    "decay negative": (lambda: Adam(0.1, decay_mean=-0.1), ValueError, "decay_mean: .* >= 0"),
    "epsilon zero": (lambda: Adam(0.1, epsilon=0), ValueError, "epsilon: .* > 0"),
    "clip to nothing": (lambda: clip_by_global_norm(BATCH, 0), ValueError, "max_norm: .* > 0"),
    "clip a list": (lambda: clip_by_value([1.0], 1.0), TypeError, "record: expected a record"),
    "optimise a list": (lambda: SGD(0.1).start([1.0]), TypeError, "record: expected a record"),
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
    "chrono too short": (
        lambda: initialisers.chrono(2, 2, np.random.default_rng(0)),
        ValueError,
        "longest: expected at least 3, got 2",
    ),
    "ring inside out": (
        lambda: DiagonalCell.random(1, 1, np.random.default_rng(0), smallest=2.0),
        ValueError,
        "smallest: expected at most largest = 1.0, got 2.0",
    ),
    "orthogonal with a seed": (
        lambda: initialisers.orthogonal((2, 2), 0),
        TypeError,
        "rng: expected a numpy.random.Generator, got int",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
