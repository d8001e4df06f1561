"""Paths through the units; that they add up to the product is guarded with chapter 7."""

import numpy as np
import pytest

from rnnlib.product import (
    closed_detours,
    count_paths,
    diagonal_formula,
    path_terms,
    paths,
    products_to_last,
)
from tests.strategies import Sizes, any_sizes, assert_close, for_all


@for_all(any_sizes(largest=4))
def test_every_path_once_from_source_to_target(sizes: Sizes):
    source, target = sizes.rng.integers(sizes.H, size=2)
    found = list(paths(sizes.H, sizes.T, source, target))
    assert len(set(found)) == len(found) == sizes.H ** (sizes.T - 1)
    assert found == sorted(found)
    assert {(path[0], path[-1]) for path in found} == {(source, target)}


def test_what_each_path_contributes():
    first, second = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]])
    found = path_terms([first, second, second], source=0, target=1)
    by_hand = [7 * 5 * 1, 8 * 7 * 1, 7 * 6 * 3, 8 * 8 * 3]  # by 00, 01, 10, 11 in between
    np.testing.assert_array_equal(found, by_hand)


def test_one_step_has_one_path():
    J = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    np.testing.assert_array_equal(path_terms(J, source=1, target=0), [2.0])
    np.testing.assert_array_equal(count_paths(J[0], 1), np.ones((2, 2)))


def test_a_million_paths_may_be_listed():
    assert next(paths(10, 7, 0, 9)) == (0, 0, 0, 0, 0, 0, 0, 9)
    with pytest.raises(ValueError, match=r"at most 1,000,000 paths, got 10\^7"):
        next(paths(10, 8, 0, 9))
    assert next(paths(1, 5, 0, 0)) == (0,) * 6


def test_counts_are_numbers_and_exact():
    ring = np.roll(np.eye(4), 1, axis=0)
    counts = [count_paths(ring, n)[0, 0] for n in range(1, 9)]
    assert counts == [0, 0, 0, 1, 0, 0, 0, 1]
    assert {type(count) for count in counts} == {int}


@for_all(any_sizes())
def test_detours_of_a_batch(sizes: Sizes):
    J = sizes.rng.standard_normal((sizes.T, sizes.B, sizes.H, sizes.H))
    whole = np.diagonal(products_to_last(J), axis1=-2, axis2=-1)
    parts = closed_detours(J) + diagonal_formula(J)
    assert_close(parts, whole, 1 + np.abs(whole) + np.abs(diagonal_formula(J)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: list(paths(0, 1, 0, 0)), ValueError, "hidden_size: expected at least 1"),
        (lambda: list(paths(2, 0, 0, 0)), ValueError, "steps: expected at least 1"),
        (lambda: list(paths(2, 2, 2, 0)), ValueError, "source: .* units 0 … 1, got 2"),
        (lambda: list(paths(2, 2, 0, 1.0)), TypeError, "target: expected an integer"),
        (lambda: list(paths(100, 10, 0, 0)), ValueError, r"at most 1,000,000 paths, got 100\^9"),
        (lambda: path_terms(np.ones((2, 2)), 0, 0), ValueError, "jacobians: expected shape"),
        (lambda: count_paths(np.ones((2, 3)), 2), ValueError, "W_hh: expected shape"),
        (lambda: count_paths([[np.nan]], 2), ValueError, "W_hh: expected finite"),
        (lambda: count_paths([[1.0]], True), TypeError, "steps: expected an integer"),
        (lambda: closed_detours(np.ones((2, 2))), ValueError, "jacobians: expected shape"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
