"""All singular values of a product, however far apart, against exact arithmetic."""

import mpmath
import numpy as np
import pytest

from rnnlib.product import log_singular_values, log_singular_values_of
from tests.product.jacobians import jacobians_of, product
from tests.strategies import Sizes, any_sizes, assert_close, for_all


def exact_log_singular_values(jacobians):
    """By mpmath, with digits enough for the whole range of the product and 50 beyond it."""
    span = sum(abs(np.log10(np.linalg.cond(J))) for J in jacobians)
    with mpmath.workdps(int(span) + 50):
        P = mpmath.eye(jacobians.shape[1])
        for J in jacobians:
            P = mpmath.matrix(J.tolist()) * P
        values = mpmath.svd_r(P, compute_uv=False)
        return np.array(sorted((float(mpmath.log(v)) for v in values), reverse=True))


@pytest.mark.parametrize(
    ("H", "T", "gain"), [(8, 200, 0.5), (8, 200, 1.5), (3, 40, 1.0), (1, 9, 1)]
)
def test_singular_values_against_exact_arithmetic(H, T, gain):
    J = jacobians_of(H, T, gain)
    found = log_singular_values(J)
    assert found.resolved.all()
    assert_close(found.logs, exact_log_singular_values(J), 1.0, rtol=1e-9)


@for_all(any_sizes())
def test_singular_values_multiply_to_the_determinants(sizes: Sizes):
    J = np.random.default_rng(sizes.seed).standard_normal((20 * sizes.T, sizes.H, sizes.H))
    logs, determinants = log_singular_values(J).logs, np.linalg.slogdet(J)[1]
    assert np.all(np.diff(logs) <= 0)
    assert_close(logs.sum(), determinants.sum(), np.abs(logs).sum() + len(J), rtol=1e-11)


def test_singular_values_that_are_equal_or_zero():
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((5, 5)))[0]
    assert_close(log_singular_values([rotation] * 300).logs, np.zeros(5), 1.0, rtol=1e-11)
    found = log_singular_values([np.diag([1.0, 0.0, 2.0])] * 7)
    np.testing.assert_allclose(found.logs, [7 * np.log(2), 0, -np.inf], atol=1e-12)
    np.testing.assert_array_equal(found.resolved, [True, True, False])
    assert not log_singular_values(np.zeros((3, 2, 2))).resolved.any()
    dead_unit = np.random.default_rng(0).standard_normal((30, 4, 4))
    dead_unit[:, 2] = 0
    np.testing.assert_array_equal(log_singular_values(dead_unit).resolved, [1, 1, 1, 0])


def test_a_multiplied_out_product_says_what_has_drowned():
    J = jacobians_of(8, 50, 1.0)
    drowned = log_singular_values_of(product(J, 50, 0))
    exact = log_singular_values(J)
    assert not drowned.resolved.all()
    resolved = drowned.resolved
    assert_close(drowned.logs[resolved][:-1], exact.logs[resolved][:-1], 1.0, rtol=0.1)
    assert abs(drowned.logs[-1] - exact.logs[-1]) > 10  # what it would have said instead
