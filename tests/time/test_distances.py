"""Shares of a gradient by distance: two ways to say how much, and refusals."""

import numpy as np
import pytest

from rnnlib.time import shares
from tests.strategies import assert_close


@pytest.mark.parametrize("shape", [(1, 1), (4,), (3, 2), (5, 2, 3)])
def test_both_add_up_to_one(shape):
    parts = np.random.default_rng(0).standard_normal(shape)
    for _ in range(2):
        found = shares(list(parts))
        assert found.norm.shape == found.projection.shape == (shape[0],)
        assert np.all(found.norm >= 0)
        assert_close(found.norm.sum(), 1.0, 1.0)
        assert_close(found.projection.sum(), 1.0, np.abs(found.projection).sum())


def test_equal_where_nothing_contradicts():
    found = shares(np.outer([3.0, 0.0, 1.0], [0.6, 0.8]))
    assert_close(found.norm, found.projection, 1.0)


def test_a_generator_will_do():
    found = shares(np.array([1.0, sign]) for sign in (1.0, -1.0))
    np.testing.assert_array_equal(found.projection, [0.5, 0.5])


def test_bad_input():
    with pytest.raises(ValueError, match="parts: expected at least one array"):
        shares([])
    with pytest.raises(ValueError, match="parts: expected arrays with a sum other than 0"):
        shares([[1.0, 2.0], [-1.0, -2.0]])
    with pytest.raises(ValueError, match="parts: expected a rectangular array"):
        shares([[1.0, 2.0], [1.0]])
    with pytest.raises(ValueError, match="parts: expected finite numbers"):
        shares([[1.0], [np.inf]])
