"""All singular values of a product, however far apart, against exact arithmetic."""

import mpmath
import numpy as np
import pytest

from rnnlib.product import log_singular_values, log_singular_values_of
from tests.equations.guards import catches
from tests.product.jacobians import jacobians_of, product
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant


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


def test_neighbours_further_apart_than_all_floats():
    J = np.diag([1e10, 1.0, 1e-300])
    found = log_singular_values([J] * 7)
    np.testing.assert_allclose(found.logs, 7 * np.log(np.diag(J)), atol=1e-12)
    twice = log_singular_values([np.diag([2.0, 0.5])] * 3000).logs / np.log(2)
    np.testing.assert_allclose(twice, [3000, -3000])
    assert found.resolved.tolist() == [True, True, False]  # 1e-300 beside 1e10 might be noise


@pytest.mark.parametrize("T", [1, 40, 1000])
def test_neighbours_so_close_that_no_sweep_parts_them(T):
    """Pairs that differ by 1e-5 a step, and from each other by more and more."""
    rates = np.array([0.5, 0.5 - 1e-5, -0.6, -0.6 - 1e-5, -3.0])
    bases = np.linalg.qr(np.random.default_rng(0).standard_normal((T + 1, 5, 5)))[0]
    found = log_singular_values(bases[1:] * np.exp(rates) @ bases[:-1].mT)
    assert found.resolved.all()
    assert_close(found.logs, T * rates, T, rtol=1e-11)


@pytest.mark.parametrize("gap", [2.0, 7.0, 15.0])
def test_neighbours_a_little_apart_are_parted_by_the_sweeps(gap):
    """After one sweep they are still coupled, and the last ones far below what a block can hold."""
    rates = -gap * np.arange(8.0) / 4
    bases = np.linalg.qr(np.random.default_rng(1).standard_normal((5, 8, 8)))[0]
    found = log_singular_values(bases[1:] * np.exp(rates) @ bases[:-1].mT)
    drowned = np.exp(7 * gap / 4) * 1e-16  # what each factor's own rounding does to its last value
    assert_close(found.logs, 4 * rates, 1 + 7 * gap, rtol=1e-11 + 100 * drowned)


def test_a_multiplied_out_product_says_what_has_drowned():
    J = jacobians_of(8, 50, 1.0)
    drowned = log_singular_values_of(product(J, 50, 0))
    exact = log_singular_values(J)
    assert not drowned.resolved.all()
    resolved = drowned.resolved
    assert_close(drowned.logs[resolved][:-1], exact.logs[resolved][:-1], 1.0, rtol=0.1)
    assert abs(drowned.logs[-1] - exact.logs[-1]) > 10  # what it would have said instead


def check_short_products(sizes, dtype=np.float64):
    """Where nothing drowns yet an ordinary decomposition of the product is the truth."""
    J = sizes.rng.standard_normal((sizes.T, sizes.B, sizes.H, sizes.H)) + 2 * np.eye(sizes.H)
    if np.iscomplexobj(dtype()):
        J = J + 1j * sizes.rng.standard_normal(J.shape)
    J = J.astype(dtype)
    found = log_singular_values(J)
    assert found.logs.shape == found.resolved.shape == (sizes.B, sizes.H)
    assert found.logs.dtype == np.float64 and found.resolved.dtype == bool
    for b in range(sizes.B):
        P = product(J[:, b].astype(np.result_type(J, np.float64)), sizes.T, 0)
        values = np.linalg.svd(P, compute_uv=False)
        assert_close(np.exp(found.logs[b]), values, 1e3 * values.max())
        assert_close(found.logs[b][0], np.log(values[0]), 100.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@for_all(any_sizes(), examples=8)
def test_short_products_in_every_precision(dtype, sizes: Sizes):
    check_short_products(sizes, dtype)


@pytest.mark.parametrize("dtype", [np.complex128, np.float64])
def test_long_complex_products_against_closed_forms(dtype):
    """U diag(exp(r t)) U⁻¹ … of unitary U: singular values that only the factored form can hold."""
    rng = np.random.default_rng(3)
    bases = rng.standard_normal((301, 4, 4)).astype(dtype)
    bases += 1j * rng.standard_normal(bases.shape) if dtype is np.complex128 else 0
    U = np.linalg.qr(bases)[0]
    rates = rng.uniform(-3, 1, (300, 4)) + np.linspace(0.3, -0.3, 4)
    J = U[1:] * np.exp(rates)[:, None, :] @ U[:-1].conj().mT
    expected = -np.sort(-rates.sum(axis=0))
    assert expected[0] - expected[-1] > 50  # beyond what a product in double precision can hold
    found = log_singular_values(J)
    assert found.resolved.all()
    assert_close(found.logs, expected, np.abs(expected), rtol=1e-9)


def test_of_a_product_that_was_multiplied_out():
    found = log_singular_values_of(np.diag([1.0, 1e-5, 3e-7]).astype(np.float32))
    np.testing.assert_array_equal(found.resolved, [True, True, False])
    np.testing.assert_allclose(found.logs[:2], np.log([1.0, 1e-5]), rtol=1e-6)
    assert not log_singular_values_of(np.zeros((2, 2))).resolved.any()
    limit = 3 * np.finfo(float).eps
    for size, resolved in ((0.99 * limit, False), (1.01 * limit, True)):
        assert log_singular_values_of(np.diag([1.0, 1.0, size])).resolved[-1] == resolved


def test_a_factor_that_is_singular_only_to_working_precision():
    J = np.tile(np.eye(3), (4, 1, 1))
    for size, resolved in ((0.9, False), (1.1, True)):
        J[2] = np.diag([1.0, 1.0, size * 3 * np.finfo(float).eps])
        np.testing.assert_array_equal(log_singular_values(J).resolved, [True, True, resolved])


SINGULAR_VALUES = "rnnlib/product/singular_values.py"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A = J @ Q", "A = J.mT @ Q"),
        ("M = R @ M[order]", "M = R @ M"),
        ("d = d + exponent * np.log(2.0)", "d = d + exponent"),
        ("scale + _log(np.linalg.svd", "_log(np.linalg.svd"),
        ("return new_d, np.triu(scaled)", "return new_d, np.tril(scaled)"),
        ("shape = factors.shape[:-1]", "shape = factors.shape[:-1][::-1]"),
    ],
)
def test_seeded_bugs_are_caught(old, new):
    sizes = Sizes(T=4, B=2, I=1, H=3, V=1, seed=1)
    catches(lambda: check_short_products(sizes), SINGULAR_VALUES, Mutant("seeded", old, new))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: log_singular_values(np.ones((2, 2))), ValueError, "jacobians: expected shape"),
        (lambda: log_singular_values(np.full((1, 1, 1), np.inf)), ValueError, "finite numbers"),
        (lambda: log_singular_values_of(np.ones((2, 3))), ValueError, "jacobian_product: .* shape"),
        (lambda: log_singular_values_of("P"), TypeError, "jacobian_product: expected numbers"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
