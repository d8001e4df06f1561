"""The gradient product: against its definition, at T = 10 000, and against exact arithmetic."""

import mpmath
import numpy as np
import pytest

from rnnlib import ElmanCell, unroll
from rnnlib.product import (
    IntervalTooLongWarning,
    diagonal_formula,
    log_norm_table,
    log_norms,
    log_singular_values,
    log_singular_values_of,
    lyapunov_spectrum,
    products_from_first,
    products_to_last,
    step_jacobians,
)
from tests.equations.guards import catches
from tests.networks import KINDS, random_case
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

PRODUCT = "rnnlib/product/gradient_product.py"


def jacobians_of(H, T, gain, seed=0):
    rng = np.random.default_rng(seed)
    cell = ElmanCell.random(3, H, rng, gain=gain)
    return step_jacobians(cell, unroll(cell, rng.standard_normal((T, 1, 3))))[:, 0]


def product(jacobians, t, k):
    """P_{t,k} by its definition, the newest factor on the left."""
    P = np.eye(jacobians.shape[-1])
    for j in range(t, k, -1):
        P = P @ jacobians[j - 1]
    return P


def check_products(sizes):
    J = np.random.default_rng(sizes.seed).standard_normal((sizes.T, sizes.B, sizes.H, sizes.H))
    to_last, from_first = products_to_last(J), products_from_first(J)
    for b in range(sizes.B):
        scale = max(1.0, *np.linalg.norm(J[:, b], axis=(-2, -1))) ** sizes.T
        for k in range(sizes.T + 1):
            assert_close(to_last[k, b], product(J[:, b], sizes.T, k), scale)
            assert_close(from_first[k, b], product(J[:, b], k, 0), scale)


@for_all(any_sizes())
def test_products_are_their_definition(sizes: Sizes):
    check_products(sizes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("np.matmul(products[k + 1], jacobians[k],", "np.matmul(jacobians[k], products[k + 1],"),
        (
            "np.matmul(products[k + 1], jacobians[k],",
            "np.matmul(products[k + 1], jacobians[k - 1],",
        ),
        ("np.matmul(jacobians[t - 1], products", "np.matmul(jacobians[t - 2], products"),
        ("np.matmul(jacobians[t - 1], products", "np.matmul(jacobians[t - 1].mT, products"),
    ],
)
def test_seeded_bugs_in_the_products_are_caught(old, new):
    sizes = Sizes(T=4, B=2, I=1, H=3, V=1, seed=0)
    catches(lambda: check_products(sizes), PRODUCT, Mutant("seeded", old, new))


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), examples=8)
def test_the_product_is_the_derivative_of_the_last_state(kind, sizes: Sizes):
    case = random_case(kind, sizes, lengths=True)
    P = products_to_last(step_jacobians(case.cell, case.run))[0]
    for j in range(case.cell.state_size):
        nudged = case.h0.astype(complex)
        nudged[:, j] += 1e-100j
        moved = unroll(case.cell, case.run.xs, nudged, lengths=case.run.lengths).states[-1]
        assert_close(P[:, :, j], moved.imag / 1e-100, 100.0, rtol=1e-11)


def check_logs(seed):
    J = np.random.default_rng(seed).standard_normal((6, 3, 3))
    table = {norm: log_norm_table(J, norm=norm) for norm in ("frobenius", "spectral")}
    for t in range(7):
        for k in range(7):
            if k > t:
                assert np.isnan(table["frobenius"][t, k]) and np.isnan(table["spectral"][t, k])
                continue
            P = product(J, t, k)
            assert_close(table["frobenius"][t, k], np.log(np.linalg.norm(P)), 10.0)
            assert_close(table["spectral"][t, k], np.log(np.linalg.norm(P, 2)), 10.0)


def test_log_norms_are_the_logs_of_the_norms():
    for seed in range(5):
        check_logs(seed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pull_out_power_of_two(product @ factor)", "pull_out_power_of_two(factor @ product)"),
        ("in enumerate(jacobians[::-1], start=1)", "in enumerate(jacobians, start=1)"),
        ("log_norms(jacobians[:t], norm=norm)[::-1]", "log_norms(jacobians[:t], norm=norm)"),
        ("scale += log_factor + log_product", "scale += log_product"),
    ],
)
def test_seeded_bugs_in_the_logs_are_caught(old, new):
    catches(lambda: check_logs(0), PRODUCT, Mutant("seeded", old, new))


@pytest.mark.parametrize("norm", ["frobenius", "spectral"])
@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_logs_are_right_where_the_product_under_or_overflows(norm, factor):
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0]
    logs = log_norms(np.tile(factor * rotation, (10_000, 1, 1)), norm=norm)
    identity = np.log(2.0) if norm == "frobenius" else 0.0
    expected = np.arange(10_001) * np.log(factor) + identity
    assert_close(logs, expected, 1 + np.abs(expected))


def test_log_of_a_product_that_is_zero():
    nilpotent = np.array([[0.0, 1.0], [0.0, 0.0]])
    np.testing.assert_array_equal(log_norms([nilpotent] * 3)[1:], [0.0, -np.inf, -np.inf])


@for_all(any_sizes(smallest=2))
def test_diagonal_formula_is_exact_where_nothing_comes_back(sizes: Sizes):
    rng = np.random.default_rng(sizes.seed)
    J = rng.standard_normal((sizes.T, sizes.H, sizes.H))
    triangular = np.tril(J)
    scale = max(1.0, *np.linalg.norm(J, axis=(-2, -1))) ** sizes.T
    exact = np.diagonal(products_to_last(triangular), axis1=1, axis2=2)
    assert_close(diagonal_formula(triangular), exact, scale)
    exact = np.diagonal(products_to_last(J), axis1=1, axis2=2)
    assert_close(diagonal_formula(J)[-2:], exact[-2:], scale)
    assert np.abs(diagonal_formula(J) - exact)[:-2].max() > 1e-3 * np.abs(exact[:-2]).max()


def test_the_textbooks_1024():
    cell = ElmanCell([[2.0]], [[1.0]], [0.0], activation="identity")
    J = step_jacobians(cell, unroll(cell, np.zeros((10, 1, 1))))
    assert diagonal_formula(J)[0].item() == products_to_last(J)[0].item() == 1024.0


@pytest.mark.parametrize("size", [1e200, 1e-200, 5e-324])
def test_entries_near_the_ends_of_the_floats_do_no_harm(size):
    J = np.full((5, 2, 2), size) * [[1, 2], [0, 1]]  # [[1, 2], [0, 1]]^n = [[1, 2n], [0, 1]]
    distances = np.arange(6)
    expected = distances * np.log(size) + 0.5 * np.log(2 + 4.0 * distances**2)
    np.testing.assert_allclose(log_norms(J), expected, rtol=1e-14)
    assert_close(log_singular_values(J).logs.sum(), 10 * np.log(size), abs(10 * np.log(size)))


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


def check_lyapunov():
    J = jacobians_of(6, 400, 1.2)
    found = lyapunov_spectrum(J)
    assert_close(found.exponents.sum(), np.linalg.slogdet(J)[1].mean(), 10.0)
    exact = log_singular_values(J).logs / 400
    assert_close(found.exponents, exact, 1.0, rtol=0.05)  # they agree as T grows
    assert found.growth.shape == (400, 6) and np.all(found.standard_errors > 0)


def test_lyapunov_exponents_are_the_growth_of_the_singular_values():
    check_lyapunov()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("product = J @ product", "product = product @ J"),
        ("product = J @ product", "product = J"),
        ("growth.sum(axis=0) / lengths.sum()", "growth.sum(axis=0) / growth.size"),
    ],
)
def test_seeded_bugs_in_lyapunov_are_caught(old, new):
    catches(check_lyapunov, "rnnlib/product/lyapunov.py", Mutant("seeded", old, new))


def test_the_interval_does_not_matter_while_it_is_short():
    J = jacobians_of(4, 103, 1.2)
    one, four = lyapunov_spectrum(J, discard=3), lyapunov_spectrum(iter(J), interval=3, discard=3)
    assert_close(four.exponents, one.exponents, 10.0, rtol=1e-9)


def test_too_long_an_interval_warns_and_is_wrong_only_in_the_low_exponents():
    J = jacobians_of(64, 200, 1.5)
    right = lyapunov_spectrum(J).exponents
    with pytest.warns(IntervalTooLongWarning, match="of 2000 factors underflowed"):
        lyapunov_spectrum(np.tile(np.diag([0.5, 0.6]), (2000, 1, 1)), interval=2000)
    with pytest.warns(IntervalTooLongWarning, match="factorise more often"):
        wrong = lyapunov_spectrum(J, interval=20).exponents
    assert abs(wrong[0] - right[0]) < 1e-10
    assert abs(wrong[-1] - right[-1]) > 0.1


def test_exponents_of_a_contraction_to_zero():
    found = lyapunov_spectrum(np.zeros((4, 2, 2)), interval=2)
    np.testing.assert_array_equal(found.exponents, [-np.inf, -np.inf])
    assert np.isnan(found.standard_errors).all()


LSTM_RUN = random_case("lstm", Sizes(1, 1, 1, 1, 1, 0)).run


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: products_to_last(np.ones((2, 2))), r"jacobians: expected shape \(T, ..., H, H\)"),
        (lambda: products_from_first(np.ones((2, 2, 3))), r"jacobians: .* got \(2, 2, 3\)"),
        (lambda: diagonal_formula(np.full((1, 1, 1), np.nan)), "jacobians: expected finite"),
        (lambda: log_norms(np.ones((2, 2, 2)), norm="max"), "norm: .*'spectral', got 'max'"),
        (lambda: log_norm_table(np.ones((2, 2, 3))), "jacobians: expected shape"),
        (lambda: log_singular_values(np.ones((2, 2))), "jacobians: expected shape"),
        (lambda: log_singular_values_of(np.ones((2, 3))), "jacobian_product: expected shape"),
        (lambda: lyapunov_spectrum([np.eye(2)], interval=0), "interval: expected at least 1"),
        (lambda: lyapunov_spectrum(np.ones((2, 2, 2)), discard=2), "more than discard = 2 steps"),
        (lambda: lyapunov_spectrum([np.eye(2), np.eye(3)]), r"shape \(2, 2\), got \(3, 3\)"),
        (
            lambda: step_jacobians(ElmanCell([[1.0]], [[1.0]], [0.0]), LSTM_RUN),
            "run: expected a run of this ElmanCell, got one of a LSTMCell",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
