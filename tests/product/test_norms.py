"""Log norms: against exact arithmetic and at T = 10 000; the horizon, and which crossing it is."""

import mpmath
import numpy as np
import pytest

from rnnlib import LSTMCell, unroll
from rnnlib.product import horizon, last_crossing, log_norm_table, log_norms, log_singular_values
from tests.equations.guards import catches
from tests.product.jacobians import product
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

NORMS = "rnnlib/product/norms.py"
INF = float("inf")


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
        ("log_norms(jacobians[:t], norm=norm)[::-1]", "log_norms(jacobians[:t], norm=norm)"),
        ("exponents + of_factor + of_product", "exponents + of_product"),
        ("exponents + of_factor + of_product", "exponents + of_factor"),
        ("exponents * np.log(2.0) + logs", "exponents + logs"),
        ("logs[-1] = _log_norm_of", "logs[-1] = -_log_norm_of"),
        ('2 if norm == "spectral" else "fro"', '2 if norm != "spectral" else "fro"'),
    ],
)
def test_seeded_bugs_in_the_logs_are_caught(old, new):
    catches(lambda: check_logs(0), NORMS, Mutant("seeded", old, new))


def test_the_norm_is_spectral_unless_another_is_asked_for():
    J = np.random.default_rng(0).standard_normal((4, 3, 3))
    np.testing.assert_array_equal(log_norms(J), log_norms(J, norm="spectral"))
    np.testing.assert_array_equal(log_norm_table(J), log_norm_table(J, norm="spectral"))
    assert log_norms(J)[0] == 0
    assert_close(log_norms(J, norm="frobenius")[0], 0.5 * np.log(3), 1.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@for_all(any_sizes(), examples=10)
def test_log_norms_in_every_precision(dtype, sizes: Sizes):
    J = sizes.rng.standard_normal((sizes.T, sizes.H, sizes.H))
    if np.iscomplexobj(dtype()):
        J = J + 1j * sizes.rng.standard_normal(J.shape)
    J = J.astype(dtype)
    wide = J.astype(np.result_type(J, np.float64))
    for norm, order in (("spectral", 2), ("frobenius", "fro")):
        found = log_norms(J, norm=norm)
        assert found.dtype == np.float64
        for d in range(sizes.T + 1):
            P = product(wide, sizes.T, sizes.T - d)
            assert_close(found[d], np.log(np.linalg.norm(P, order)), 100.0)


@for_all(any_sizes(), examples=10)
def test_of_a_part_of_the_state(sizes: Sizes):
    J = sizes.rng.standard_normal((sizes.T, 2 * sizes.H, 2 * sizes.H))
    h, c = slice(0, sizes.H), slice(sizes.H, None)
    for rows, columns in ((h, h), (h, c), (c, h), (c, c), (h, slice(None)), (slice(None), c)):
        for norm, order in (("spectral", 2), ("frobenius", "fro")):
            found = log_norms(J, norm=norm, rows=rows, columns=columns)
            for d in range(sizes.T + 1):
                part = product(J, sizes.T, sizes.T - d)[rows, columns]
                with np.errstate(divide="ignore"):
                    expected = np.log(np.linalg.norm(part, order))
                if np.isinf(expected):
                    assert found[d] == expected
                else:
                    assert_close(np.exp(found[d] - expected), 1.0, 1e3)


def test_a_part_far_below_the_whole():
    J = np.tile(np.diag([1.0, 0.1]), (250, 1, 1))
    assert_close(log_norms(J, rows=slice(1, 2))[250], 250 * np.log(0.1), 1e3)


def test_the_parts_of_an_lstm():
    """c of a cell whose gates are open keeps itself; h is read out of it at every step."""
    b = np.repeat([-50.0, 50.0, 0.0, 50.0], 2)  # input, forget, new value, output
    cell = LSTMCell(np.zeros((8, 2)), np.zeros((8, 1)), b)
    run = unroll(cell, np.zeros((6, 2, 1)), lengths=[6, 4])
    h, c = slice(0, 2), slice(2, None)
    for columns in (h, c):
        for rows in (h, c):
            logs = log_norms(run, rows=rows, columns=columns)
            if columns == c:
                np.testing.assert_allclose(logs[1:5], 0, atol=1e-12)
            else:
                assert np.isneginf(logs[1:5]).all()
    assert last_crossing(log_norms(run, rows=c, columns=c)[:, 1], lengths=np.array(4)) == INF


def test_log_norms_against_exact_arithmetic():
    """Where singular values lie up to 1e800 apart; the largest one of them is 1e-400."""
    J = np.random.default_rng(0).standard_normal((80, 3, 3)) @ np.diag([1e-5, 1e-10, 1e-15])
    with mpmath.workdps(1000):
        P = mpmath.eye(3)
        for factor in J:
            P = mpmath.matrix(factor.tolist()) * P
        exact = float(mpmath.log(max(mpmath.svd_r(P, compute_uv=False))))
    assert exact < -900
    assert_close(log_norms(J)[-1], exact, abs(exact), rtol=1e-14)


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
    for norm in ("spectral", "frobenius"):
        logs = log_norms([nilpotent] * 3, norm=norm)
        np.testing.assert_array_equal(logs[1:], [0.0, -np.inf, -np.inf])


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("size", [1e200, 1e-200, 1.7e308 / 2, 5e-324])
def test_entries_near_the_ends_of_the_floats_do_no_harm(size, dtype):
    J = np.full((5, 2, 2), size, dtype) * [[1, 2], [0, 1]]  # [[1, 2], [0, 1]]^n = [[1, 2n], [0, 1]]
    distances = np.arange(6)
    expected = distances * np.log(size) + 0.5 * np.log(2 + 4.0 * distances**2)
    np.testing.assert_allclose(log_norms(J, norm="frobenius"), expected, rtol=1e-14)
    assert_close(log_singular_values(J).logs.sum(), 10 * np.log(size), abs(10 * np.log(size)))


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
    assert last_crossing(log_norms(one_direction)) == 43
    frobenius = log_norms(one_direction, norm="frobenius")
    assert last_crossing(frobenius) == 37  # relative to √H


def test_a_batch_of_sizes_has_a_crossing_each():
    logs = np.log(np.array([[1.0, 1.0, 1.0], [0.5, 0.001, 0.5], [0.001, 0.02, 0.5]]))
    np.testing.assert_array_equal(last_crossing(logs), [1, INF, INF])
    np.testing.assert_array_equal(last_crossing(logs, threshold=0.1), [1, 0, INF])
    np.testing.assert_array_equal(last_crossing(logs, lengths=[2, 1, 0]), [1, 0, INF])
    np.testing.assert_array_equal(last_crossing(logs, lengths=[1, 2, 1]), [INF, INF, INF])
    logs[2, 1] = np.nan  # beyond a length nothing is looked at
    np.testing.assert_array_equal(last_crossing(logs, lengths=[2, 1, 2]), [1, 0, INF])
    assert last_crossing(logs[:, 0], lengths=np.array(1)) == INF
    assert type(last_crossing(logs[:, 0])) is float


def test_exactly_the_threshold_still_reaches():
    assert last_crossing(np.array([0.0, np.log(0.25), -9.0]), threshold=0.25) == 1


LOGS = np.zeros((3, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: horizon(np.ones((3, 1, 1)), threshold=1.0),
            ValueError,
            "threshold: expected a number between 0 and 1, got 1",
        ),
        (lambda: last_crossing(LOGS, threshold=0.0), ValueError, "threshold: .* > 0, got 0"),
        (lambda: last_crossing(LOGS, threshold="0.1"), TypeError, "threshold: .* number, got str"),
        (lambda: horizon(np.ones((3, 1, 2))), ValueError, "jacobians: expected shape"),
        (lambda: horizon("run"), TypeError, "jacobians: expected numbers, got str 'run'"),
        (lambda: last_crossing(0.0), ValueError, r"log_sizes: expected shape \(D \+ 1, ...\), got"),
        (lambda: last_crossing([]), ValueError, r"log_sizes: expected shape"),
        (lambda: last_crossing([0.0, np.nan]), ValueError, "log_sizes: expected finite"),
        (lambda: last_crossing([0.0, np.inf]), ValueError, "log_sizes: expected finite"),
        (lambda: last_crossing([-np.inf, 0.0]), ValueError, r"log_sizes\[0\]: expected finite"),
        (lambda: last_crossing([1j]), TypeError, "log_sizes: expected real numbers, got list"),
        (lambda: last_crossing(LOGS, lengths=[1]), ValueError, r"lengths: .* \(2,\), got \(1,\)"),
        (lambda: last_crossing(LOGS, lengths=[1, 3]), ValueError, "lengths: .* 0..2, got 1..3"),
        (lambda: last_crossing(LOGS, lengths=[-1, 2]), ValueError, "lengths: .* 0..2, got -1..2"),
        (lambda: last_crossing(LOGS, lengths=[1.0, 2.0]), TypeError, "lengths: expected integers"),
        (lambda: log_norms(np.ones((2, 2, 2)), norm="max"), ValueError, "'frobenius', got 'max'"),
        (lambda: log_norms(np.ones((1, 2, 2)), rows=0), TypeError, "rows: .* slice, got int 0"),
        (
            lambda: log_norms(np.ones((1, 2, 2)), columns=slice(2, None)),
            ValueError,
            "columns: expected some of 2 entries, got none",
        ),
        (lambda: log_norm_table(np.ones((2, 2, 3))), ValueError, "jacobians: expected shape"),
        (lambda: log_norm_table(np.ones((2, 2, 2)), norm=2), ValueError, "norm: .* got 2"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
