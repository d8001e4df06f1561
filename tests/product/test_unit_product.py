"""Unit products: one unit's product in logarithms, and the mean that belongs to it."""

import numpy as np
import pytest

from rnnlib.product import diagonal_formula, geometric_mean, log_unit_products
from tests.strategies import Sizes, any_sizes, assert_close, for_all


@for_all(any_sizes())
def test_exponentials_of_the_logarithms_are_the_products(sizes: Sizes):
    jacobians = sizes.rng.standard_normal((sizes.T, sizes.B, sizes.H, sizes.H))
    products = np.abs(diagonal_formula(jacobians))
    assert_close(np.exp(log_unit_products(jacobians)), products, products)
    again = np.exp(log_unit_products(jacobians))
    assert_close(again, products, products)


def test_a_factor_of_zero_ends_every_product_through_it():
    jacobians = np.array([0.5, 0.0, 2.0]).reshape(3, 1, 1)
    logs = log_unit_products(jacobians).ravel()
    np.testing.assert_array_equal(logs, [-np.inf, -np.inf, np.log(2), 0])
    assert geometric_mean(jacobians.ravel()) == 0


def test_a_product_below_the_smallest_float_has_a_logarithm():
    jacobians = np.full((5000, 2, 2), 0.1)
    assert diagonal_formula(jacobians)[0, 0] == 0
    np.testing.assert_allclose(log_unit_products(jacobians)[0], 5000 * np.log(0.1))


def test_the_mean_of_factors_of_either_sign():
    np.testing.assert_allclose(geometric_mean([[-2.0, 4.0], [0.5, -4.0]]), [1, 4])
    np.testing.assert_allclose(geometric_mean(np.float32([-8, 2])), 4, rtol=1e-6)
    np.testing.assert_allclose(geometric_mean([3j, 3]), 3)


@pytest.mark.parametrize(
    "bad", [np.zeros((3, 2)), np.zeros((0, 2, 2)), np.zeros((3, 2, 1)), np.full((1, 1, 1), np.nan)]
)
def test_what_is_no_sequence_of_square_matrices_is_refused(bad):
    with pytest.raises(ValueError, match="jacobians"):
        log_unit_products(bad)


@pytest.mark.parametrize("bad", [[], 2.0, [np.inf], np.zeros((2, 0))])
def test_what_has_no_factors_is_refused(bad):
    with pytest.raises(ValueError, match="factors"):
        geometric_mean(bad)
