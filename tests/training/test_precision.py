"""A model's precision is its own: no number type of a numpy user changes it, or a result."""

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
    softmax_cross_entropy,
    train,
    tree,
)
from rnnlib.training import (
    SGD,
    Adam,
    RMSprop,
    clip_by_global_norm,
    clip_by_value,
    log_sum_exp,
    softmax,
    softmax_jacobian,
)
from tests.strategies import any_sizes, assert_close, for_all

NUMBERS = {
    "float": float,
    "float64": np.float64,
    "float32": np.float32,
    "float16": np.float16,
    "longdouble": np.longdouble,
    "array of float64": lambda x: np.array(x),
    "array of float32": lambda x: np.array(x, np.float32),
    "array of longdouble": lambda x: np.array(x, np.longdouble),
}
RULES = {
    "sgd": lambda n: SGD(n(0.125), momentum=n(0.5), weight_decay=n(0.25)),
    "rmsprop": lambda n: RMSprop(n(0.125), decay=n(0.5), epsilon=n(0.0625)),
    "adam": lambda n: Adam(n(0.125), decay_mean=n(0.5), decay_square=n(0.75), epsilon=n(0.0625)),
    "schedule": lambda n: Adam(lambda step: n(0.125)),
}


def problem(dtype):
    rng = np.random.default_rng(0)
    model = Model(ElmanCell.random(2, 3, rng), Readout.random(3, 4, rng))
    xs, targets = rng.standard_normal((5, 6, 3, 2)).astype(dtype), rng.integers(4, size=(5, 3))
    batches = [Batch(x, y) for x, y in zip(xs, targets, strict=True)]
    return tree.astype(model, dtype), batches


def trained(rule, number, dtype):
    model, batches = problem(dtype)
    run = train(
        model, batches, softmax_cross_entropy, RULES[rule](number), steps=5,
        clip_norm=number(0.25), omega=number(0.5), give_up_above=number(64.0),
        evaluate=lambda m: number(0.5), target=number(-0.5), evaluate_every=np.int32(2),
    )  # fmt: skip
    assert run.stopped == "steps" and isinstance(run.evaluations[0].value, float)
    return run


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("rule", RULES)
def test_number_types_change_nothing(rule, number, dtype):
    run, plain = trained(rule, NUMBERS[number], dtype), trained(rule, float, dtype)
    assert tree.same(run.state, plain.state)
    assert list(run.losses) == list(plain.losses)
    assert {a.dtype for a in tree.leaves(run.state)} == {np.dtype(dtype)}


@pytest.mark.parametrize("number", [int, np.int64, np.uint8, lambda x: np.array(int(x))])
def test_whole_numbers_are_numbers(number):
    model, batches = problem(np.float32)
    gradient = loss_and_gradient(model, batches[0], softmax_cross_entropy).gradient
    for record in (
        SGD(number(1)).step(SGD(number(1)).start(model), gradient).parameters,
        clip_by_global_norm(gradient, number(1)).gradient,
        clip_by_value(gradient, number(1)).gradient,
        loss_and_gradient(model, batches[0], softmax_cross_entropy, omega=number(1)).gradient,
        loss_and_gradient(model, batches[0], softmax_cross_entropy, window=number(2)).gradient,
    ):
        assert {a.dtype for a in tree.leaves(record)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("wrong", [True, np.True_, "0.1", 0.1 + 0j, np.array([0.1]), None])
def test_what_is_no_number_is_named(wrong):
    with pytest.raises(TypeError, match="learning_rate: expected a number, got"):
        SGD(wrong)
    with pytest.raises(TypeError, match="weight_decay: expected a number, got"):
        Adam(0.1, weight_decay=wrong)
    with pytest.raises(TypeError, match="learning_rate: expected a number, got"):
        rule = SGD(lambda step: wrong)
        rule.step(rule.start(Readout([[1.0]], [0.0])), Readout([[1.0]], [0.0]))


@pytest.mark.parametrize("rule", RULES)
def test_a_gradient_of_another_precision_leaves_the_models(rule):
    model, batches = problem(np.float32)
    gradient = loss_and_gradient(model, batches[0], softmax_cross_entropy).gradient
    optimiser = RULES[rule](float)
    wide = optimiser.step(optimiser.start(model), tree.astype(gradient, np.float64))
    assert tree.same(wide, optimiser.step(optimiser.start(model), gradient))


def test_a_schedule_gives_the_rate_of_each_step():
    rates, readout = [0.5, 0.0, 0.25], Readout([[0.0]], [0.0])
    rule = SGD(lambda step: rates[step])
    state, seen = rule.start(readout), []
    for _ in rates:
        state = rule.step(state, Readout([[1.0]], [0.0]))
        seen.append(state.parameters.W_ho.item())
    assert seen == [-0.5, -0.5, -0.75]
    with pytest.raises(ValueError, match="learning_rate: expected a finite number >= 0, got -1"):
        SGD(lambda step: -1.0).step(state, readout)


def test_weight_decay_is_apart_from_the_gradient():
    start = Readout([[2.0]], [-4.0])
    for rule in (SGD(0.5, 0.9, weight_decay=0.1), Adam(0.5, weight_decay=0.1)):
        state = rule.start(start)
        for n in (1, 2):
            state = rule.step(state, Readout([[0.0]], [0.0]))
            assert_close(state.parameters.W_ho, [[2 * 0.95**n]], 1.0)
            assert_close(state.parameters.b_o, [-4 * 0.95**n], 1.0)


def test_trained_weights_cannot_be_written_to():
    model, batches = problem(np.float64)
    trained = train(model, batches, softmax_cross_entropy, SGD(0.1), steps=2).model
    with pytest.raises(ValueError, match="read-only"):
        trained.cell.W_hh[0, 0] = 1.0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("masked", [False, True])
@for_all(any_sizes(largest=3), examples=30)
def test_losses_on_any_sizes_and_precision(masked, dtype, sizes):
    rng = sizes.rng
    shape = (sizes.T, sizes.B, sizes.V)
    outputs = rng.standard_normal(shape).astype(dtype)
    words, numbers = rng.integers(sizes.V, size=shape[:2]), rng.standard_normal(shape).astype(dtype)
    mask = rng.random(shape[:2]) < 0.5 if masked else None
    if masked and not mask.any():
        for loss, targets in ((softmax_cross_entropy, words), (mean_squared_error, numbers)):
            with pytest.raises(ValueError, match="mask: expected at least one position"):
                loss(outputs, targets, mask=mask)
        return
    keep = np.ones(shape[:2], bool) if mask is None else mask
    for reduction in ("mean", "sum"):
        for loss, targets in ((softmax_cross_entropy, words), (mean_squared_error, numbers)):
            found = loss(outputs, targets, mask=mask, reduction=reduction)
            kept = loss(outputs[keep].astype(float), np.asarray(targets[keep], targets.dtype
                        if targets.dtype.kind == "i" else float), reduction=reduction)  # fmt: skip
            assert isinstance(found.value, float)
            assert found.gradient.dtype == dtype and found.gradient.shape == shape
            rtol = 1e-12 if dtype == np.float64 else 1e-5
            assert_close(found.value, kept.value, 1 + abs(kept.value), rtol)
            assert_close(found.gradient[keep], kept.gradient, 1.0, rtol)
            assert not found.gradient[~keep].any()
    for function in (softmax, softmax_jacobian, log_sum_exp):
        assert function(outputs).dtype == dtype
    if sizes.V == 1:
        assert softmax_cross_entropy(outputs, words).value == 0


def test_a_mask_of_the_outputs_own_shape():
    outputs, targets = np.array([[1.0, 5.0], [2.0, 7.0]]), np.array([[0.0, np.nan], [0.0, np.nan]])
    mask = np.isfinite(targets)
    found = mean_squared_error(outputs, targets, mask=mask)
    assert found.value == 2.5
    np.testing.assert_array_equal(found.gradient, [[1.0, 0.0], [2.0, 0.0]])
    for mask, message in (
        ([True], r"mask: expected shape \(2,\), got \(1,\)"),
        (np.ones((2, 2)), "mask: expected booleans"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            mean_squared_error(outputs, targets, mask=mask)
    with pytest.raises(ValueError, match=r"targets: expected shape \(2, 2\), got \(2,\)"):
        mean_squared_error(outputs, targets[0], mask=[True, True])


def test_ignored_targets_are_pytorchs():
    logits = np.random.default_rng(0).standard_normal((4, 3))
    found = softmax_cross_entropy(logits, np.array([0, -100, 2, -100]))
    kept = softmax_cross_entropy(logits[::2], np.array([0, 2]))
    assert_close(found.value, kept.value, 1.0)
    assert not found.gradient[1::2].any()
    with pytest.raises(ValueError, match="targets: expected at least one that is not -100"):
        softmax_cross_entropy(logits, np.full(4, -100))
    with pytest.raises(ValueError, match=r"targets: expected tokens in 0..2, got -1 at index"):
        softmax_cross_entropy(logits, np.array([0, -1, 2, -100]))
    # what is masked is not looked at
    softmax_cross_entropy(logits, np.array([0, -7, 2, 99]), mask=np.array([1, 0, 1, 0], bool))


def test_complex_targets_make_a_real_loss():
    z, y = np.array([1 + 2j, 3.0]), np.array([1j, 1.0 + 0j])
    found = mean_squared_error(z, y, reduction="sum")
    assert found.value == 6.0
    np.testing.assert_array_equal(found.gradient, 2 * (z - y).conj())


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_clipping_what_is_huge_or_infinite_gives_no_nan(dtype):
    huge = 0.9 * float(np.finfo(dtype).max)
    record = Readout(np.full((2, 2), huge, dtype), np.full(2, -huge, dtype))
    clipped = clip_by_global_norm(record, 3.0)
    assert_close(tree.global_norm(clipped.gradient), 3.0, 3.0, rtol=1e-6)
    assert clipped.norm > huge and {a.dtype for a in tree.leaves(clipped.gradient)} == {
        np.dtype(dtype)
    }
    infinite = tree.map_leaves(lambda a: a * 0 + np.array(np.inf, dtype), record)
    infinite = tree.build(record, [infinite.W_ho, record.b_o])
    clipped = clip_by_global_norm(infinite, 3.0)
    assert clipped.norm == np.inf and not tree.flatten(clipped.gradient).any()
    cut = clip_by_value(infinite, 0.5)
    assert_close(np.abs(tree.flatten(cut.gradient)), np.full(6, 0.5), 1.0, rtol=1e-6)
    nothing = tree.map_leaves(lambda a: a * np.nan, Readout([[1.0]], [0.0]))
    assert np.isnan(clip_by_global_norm(nothing, 1.0).norm)


def test_float_types_in_which_nothing_is_computed_are_refused_by_name():
    for dtype in (np.float16, np.longdouble):
        with pytest.raises(TypeError, match=f"W_ho: expected float32 .* got {np.dtype(dtype)}"):
            Readout(np.ones((1, 1), dtype), [0.0])
        with pytest.raises(TypeError, match=f"dtype: expected float32 .* got {np.dtype(dtype)}"):
            tree.astype(Readout([[1.0]], [0.0]), dtype)
    assert Readout(np.ones((1, 1), ">f8"), [0.0]).W_ho.dtype == np.float64
    cell = replace(Readout([[1.0]], [0.0]), b_o=np.array([1j]))
    assert tree.astype(cell, np.float32).b_o.dtype == np.complex64
