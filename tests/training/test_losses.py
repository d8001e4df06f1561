"""Losses: stable at any logits, gradients by two roads, masks and reductions."""

import numpy as np
import pytest

from rnnlib.training import losses
from tests.strategies import Sizes, any_sizes, assert_close, for_all


def central_difference(f, x, direction, step=6e-6):
    return (f(x + step * direction) - f(x - step * direction)) / (2 * step)


@for_all(any_sizes())
def test_cross_entropy_gradient_in_a_random_direction(sizes: Sizes):
    rng = sizes.rng
    logits = 3 * rng.standard_normal((sizes.T, sizes.B, sizes.V))
    targets = rng.integers(sizes.V, size=(sizes.T, sizes.B))
    direction = rng.standard_normal(logits.shape)
    for reduction in ("mean", "sum"):
        loss = losses.softmax_cross_entropy(logits, targets, reduction=reduction)
        slope = central_difference(
            lambda z, r=reduction: losses.softmax_cross_entropy(z, targets, reduction=r).value,
            logits,
            direction,
        )
        scale = np.sum(np.abs(loss.gradient * direction)) + abs(loss.value)
        assert_close(np.sum(loss.gradient * direction), slope, scale, rtol=1e-8)


@for_all(any_sizes())
def test_mean_squared_error_gradient_in_a_random_direction(sizes: Sizes):
    outputs, targets, direction = sizes.rng.standard_normal((3, sizes.T, sizes.V))
    for reduction in ("mean", "sum"):
        loss = losses.mean_squared_error(outputs, targets, reduction=reduction)
        slope = central_difference(
            lambda y, r=reduction: losses.mean_squared_error(y, targets, reduction=r).value,
            outputs,
            direction,
        )
        scale = np.sum(np.abs(loss.gradient * direction)) + abs(loss.value)
        assert_close(np.sum(loss.gradient * direction), slope, scale, rtol=1e-8)


@for_all(any_sizes(smallest=2))
def test_a_masked_position_counts_for_nothing(sizes: Sizes):
    rng = sizes.rng
    logits = rng.standard_normal((sizes.T, sizes.B, sizes.V))
    targets = rng.integers(sizes.V, size=(sizes.T, sizes.B))
    mask = rng.random((sizes.T, sizes.B)) < 0.6
    mask[0, 0] = True
    masked = losses.softmax_cross_entropy(logits, targets, mask=mask)
    kept = losses.softmax_cross_entropy(logits[mask], targets[mask])
    assert_close(masked.value, kept.value, scale=abs(kept.value))
    assert_close(masked.gradient[mask], kept.gradient, scale=1.0)
    assert not masked.gradient[~mask].any()


def test_extreme_logits_give_exact_answers_without_a_warning():
    logits = np.array([[1000.0, 0.0, -1000.0]])
    with np.errstate(over="raise", invalid="raise"):
        assert losses.softmax_cross_entropy(logits, [0]).value == 0.0
        assert losses.softmax_cross_entropy(logits, [2]).value == 2000.0
        np.testing.assert_array_equal(losses.softmax(logits), [[1.0, 0.0, 0.0]])


def test_mean_is_sum_divided_by_the_number_of_targets():
    logits = np.random.default_rng(0).standard_normal((4, 3, 5))
    targets = np.zeros((4, 3), dtype=int)
    mean, total = (
        losses.softmax_cross_entropy(logits, targets, reduction=r) for r in ("mean", "sum")
    )
    assert mean.value == pytest.approx(total.value / 12)
    np.testing.assert_allclose(mean.gradient, total.gradient / 12)


def test_float32_stays_float32_and_inputs_stay_as_they_are():
    logits = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    logits.flags.writeable = False
    for _ in range(2):
        loss = losses.softmax_cross_entropy(logits, np.array([0, 1]))
        assert loss.gradient.dtype == np.float32
        assert losses.softmax(logits).dtype == np.float32


def test_complex_step_agrees_with_the_gradient():
    rng = np.random.default_rng(1)
    logits, direction = rng.standard_normal((2, 3, 4))
    targets = np.array([0, 3, 1])
    z = logits + 1e-30j * direction
    slope = -sum(
        (z[row, y] - losses.log_sum_exp(z)[row, 0]).imag / 1e-30 for row, y in enumerate(targets)
    )
    gradient = losses.softmax_cross_entropy(logits, targets, reduction="sum").gradient
    assert slope == pytest.approx(np.sum(gradient * direction), rel=1e-12)
