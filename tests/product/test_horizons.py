"""The horizon: which crossing, what happens at the end of the record, and refusals."""

import numpy as np
import pytest

from rnnlib import ElmanCell
from rnnlib.product import horizon, horizon_bound, last_crossing, log_norms

INF = float("inf")


def test_the_last_crossing_counts():
    sizes = [1.0, 0.5, 0.001, 0.02, 0.001, 0.001]
    assert last_crossing(np.log(sizes)) == 3
    assert last_crossing(np.log(sizes), threshold=0.1) == 1
    assert last_crossing(np.log(sizes), threshold=1e-6) == INF


def test_only_ratios_to_distance_zero_count():
    logs = np.log([1.0, 0.5, 0.001, 0.02, 0.001])
    for shift in (-800.0, 3.0, 800.0):  # exp of these would under- or overflow
        assert last_crossing(logs + shift) == 3


def test_a_product_that_is_zero_and_a_record_of_one():
    assert last_crossing(np.array([0.0, -np.inf, -np.inf])) == 0
    assert last_crossing(np.array([0.0])) == INF  # nothing was looked at
    strictly_triangular = np.tril(np.random.default_rng(0).normal(size=(30, 4, 4)), -1)
    assert horizon(strictly_triangular, threshold=1e-12) <= 3


@pytest.mark.parametrize("H", [1, 2, 5])
def test_right_far_below_the_smallest_float(H):
    jacobians = np.tile(0.5 * np.eye(H), (2000, 1, 1))
    for _ in range(2):
        assert horizon(jacobians, threshold=0.6e-300) == 997  # 2^−997 = 0.75e-300
    assert horizon(2.5 * jacobians) == INF


def test_the_spectral_norm_is_meant():
    one_direction = np.tile(np.diag([0.9, 0.0, 0.0, 0.0]), (60, 1, 1))
    assert horizon(one_direction) == 43
    assert last_crossing(log_norms(one_direction)) == 37  # Frobenius: relative to √H


def test_bound_is_infinite_where_the_weights_promise_nothing():
    for W, phi, bound in (
        (np.diag([0.5, 0.1]), "tanh", np.log(0.01) / np.log(0.5)),
        (np.diag([2.0, 0.1]), "logistic", np.log(0.01) / np.log(0.5)),
        (np.eye(2), "tanh", INF),
        (4.0 * np.eye(2), "logistic", INF),
        (np.zeros((2, 2)), "tanh", 0.0),
    ):
        cell = ElmanCell(W, np.ones((2, 1)), np.zeros(2), phi)
        assert horizon_bound(cell) == pytest.approx(bound)


def test_bad_input():
    with pytest.raises(ValueError, match="threshold: expected a number between 0 and 1, got 1"):
        horizon(np.ones((3, 1, 1)), threshold=1.0)
    with pytest.raises(ValueError, match="threshold: expected a finite number > 0"):
        last_crossing(np.zeros(3), threshold=0.0)
    with pytest.raises(ValueError, match="jacobians: expected shape"):
        horizon(np.ones((3, 1, 2)))
    with pytest.raises(ValueError, match="log_sizes: expected shape"):
        last_crossing(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="log_sizes: expected finite"):
        last_crossing(np.array([0.0, np.nan]))
    with pytest.raises(ValueError, match=r"log_sizes\[0\]: expected finite"):
        last_crossing(np.array([-np.inf, 0.0]))
    with pytest.raises(TypeError, match="cell: expected an ElmanCell"):
        horizon_bound("tanh")
