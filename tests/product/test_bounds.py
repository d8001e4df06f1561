"""Bounds on the gradient product; that they hold and are attained is guarded with chapter 7."""

import numpy as np
import pytest

from rnnlib import ElmanCell, GRUCell, tree, unroll
from rnnlib.product import (
    horizon_bound,
    log_absolute_bound,
    log_bounds,
    log_norms,
    log_step_volumes,
    log_volumes,
    log_weight_bound,
    step_jacobians,
)
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network

CELL = ElmanCell(np.eye(2), np.ones((2, 1)), np.zeros(2))
GRU = GRUCell.random(1, 2, np.random.default_rng(0))


@for_all(any_sizes())
def test_all_bounds_are_in_order(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    J = step_jacobians(cell, unroll(cell, xs, h0))[:, 0]
    found = log_bounds(J)
    truth = log_norms(J)
    order = [found.lower, found.volume, truth, found.upper, log_weight_bound(cell, sizes.T)]
    # A tiny determinant is known to the rounding errors of the matrix it belongs to.
    assert np.all(np.diff(order, axis=0) >= -1e-6)
    assert all(bound.shape == (sizes.T + 1,) and bound[0] == 0.0 for bound in order)


@for_all(any_sizes())
def test_a_run_and_its_total_inputs_give_the_same_volumes(sizes: Sizes):
    cell, xs, h0 = network(sizes, "logistic")
    run = unroll(cell, xs, h0)
    by_step = log_step_volumes(cell, run.pre)
    assert by_step.shape == (sizes.T, sizes.B)
    J = step_jacobians(cell, run)[:, 0]
    scale = 1 + np.abs(by_step[:, 0]).sum() + np.linalg.cond(cell.W_hh)
    assert_close(log_volumes(J)[-1], by_step[:, 0].sum(), scale)


@for_all(any_sizes(), examples=10)
def test_in_single_precision(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    single = tree.astype(cell, np.float32)
    run = unroll(single, xs.astype(np.float32), h0.astype(np.float32))
    wide = unroll(cell, xs, h0)
    for bound in (log_weight_bound, log_absolute_bound):
        assert_close(bound(single, sizes.T), bound(cell, sizes.T), 1e3, rtol=1e-6)
    found, expected = log_step_volumes(single, run.pre), log_step_volumes(cell, wide.pre)
    close = expected > -5  # where nothing is close to singular
    assert_close(found[close], expected[close], 1e3, rtol=1e-3)
    assert log_bounds(run).upper.dtype == log_volumes(run).dtype == np.float64
    small = ElmanCell(0.3 * cell.W_hh / np.linalg.norm(cell.W_hh, 2), cell.W_xh, cell.b_h)
    assert_close(horizon_bound(tree.astype(small, np.float32)), horizon_bound(small), 10, rtol=1e-6)


def test_far_beyond_the_range_of_floats():
    J = np.tile(np.diag([0.5, 0.25]), (3000, 1, 1))
    found = log_bounds(J)
    last = [bound[-1] / np.log(2) for bound in (found.lower, found.volume, found.upper)]
    np.testing.assert_allclose(last, [-6000, -4500, -3000])


def test_nothing_gets_through():
    cell = ElmanCell(np.zeros((2, 2)), np.ones((2, 1)), np.zeros(2))
    np.testing.assert_array_equal(log_weight_bound(cell, 2), [0, -np.inf, -np.inf])
    assert log_step_volumes(cell, np.zeros(2)) == -np.inf
    found = log_bounds(np.zeros((2, 2, 2)))
    for bound in (found.lower, found.volume, found.upper):
        np.testing.assert_array_equal(bound, [0, -np.inf, -np.inf])


def test_bound_is_infinite_where_the_weights_promise_nothing():
    for W, phi, bound in (
        (np.diag([0.5, 0.1]), "tanh", np.log(0.01) / np.log(0.5)),
        (np.diag([2.0, 0.1]), "logistic", np.log(0.01) / np.log(0.5)),
        (np.eye(2), "tanh", np.inf),
        (4.0 * np.eye(2), "logistic", np.inf),
        (np.zeros((2, 2)), "tanh", 0.0),
    ):
        cell = ElmanCell(W, np.ones((2, 1)), np.zeros(2), phi)
        assert horizon_bound(cell) == pytest.approx(bound)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: log_bounds(np.ones((2, 2))), ValueError, "jacobians: expected shape"),
        (lambda: log_bounds(np.full((1, 1, 1), np.inf)), ValueError, "jacobians: expected finite"),
        (lambda: log_volumes(np.ones((2, 2, 3))), ValueError, "jacobians: expected shape"),
        (lambda: log_step_volumes(CELL, np.zeros(3)), ValueError, r"s: expected shape \(..., 2\)"),
        (lambda: log_step_volumes(GRU, np.zeros(6)), TypeError, "cell: expected an ElmanCell"),
        (lambda: log_weight_bound(GRU, 2), TypeError, "cell: expected an ElmanCell"),
        (lambda: log_weight_bound(CELL, 0), ValueError, "steps: expected at least 1"),
        (lambda: log_absolute_bound(GRU, 2), TypeError, "cell: expected an ElmanCell"),
        (lambda: log_absolute_bound(CELL, 0), ValueError, "steps: expected at least 1"),
        (lambda: horizon_bound("tanh"), TypeError, "cell: expected an ElmanCell"),
        (lambda: horizon_bound(CELL, threshold=1), ValueError, "threshold: .* got 1"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
