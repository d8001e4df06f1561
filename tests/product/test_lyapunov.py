"""Lyapunov exponents: against the singular values, a plain loop, and where they drown."""

import numpy as np
import pytest

from rnnlib.product import IntervalTooLongWarning, log_singular_values, lyapunov_spectrum
from tests.equations.guards import catches
from tests.product.jacobians import jacobians_of
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

LYAPUNOV = "rnnlib/product/lyapunov.py"


def test_they_are_the_growth_of_the_singular_values():
    J = jacobians_of(6, 400, 1.2)
    found = lyapunov_spectrum(J)
    assert_close(found.exponents.sum(), np.linalg.slogdet(J)[1].mean(), 10.0)
    exact = log_singular_values(J).logs / 400
    assert_close(found.exponents, exact, 1.0, rtol=0.05)  # they agree as T grows
    assert found.growth.shape == (400, 6) and np.all(found.standard_errors > 0)


def slow_exponents(jacobians, k):
    """Gram-Schmidt by hand, one vector after the other: k exponents of one sequence."""
    axes, logs = list(np.eye(jacobians.shape[-1], dtype=complex)[:k]), np.zeros(k)
    for J in jacobians:
        orthogonal = []
        for i, axis in enumerate(axes):
            moved = J @ axis
            for other in orthogonal:
                moved = moved - (other.conj() @ moved) * other
            size = np.sqrt((np.abs(moved) ** 2).sum())
            logs[i] += np.log(size)
            orthogonal.append(moved / size)
        axes = orthogonal
    return logs / len(jacobians)


def check_leading(sizes, dtype=np.float64):
    J = sizes.rng.standard_normal((sizes.T, sizes.B, sizes.H, sizes.H)).astype(dtype)
    J += dtype(3) * np.eye(sizes.H, dtype=dtype)  # far enough from singular
    if dtype is np.complex128:
        J = J + 1j * sizes.rng.standard_normal(J.shape)
    full = lyapunov_spectrum(J)
    for k in range(1, sizes.H + 1):
        found = lyapunov_spectrum(J, leading=k)
        assert found.exponents.shape == found.standard_errors.shape == (sizes.B, k)
        assert found.growth.shape == (sizes.T, sizes.B, k)
        assert_close(found.exponents, full.exponents[:, :k], 1.0, rtol=1e-10)
        assert_close(found.growth, full.growth[..., :k], 1.0, rtol=1e-10)
        assert_close(found.growth.mean(axis=0), found.exponents, 10.0)
        for b in range(sizes.B):
            assert_close(found.exponents[b], slow_exponents(J[:, b].astype(complex), k), 100.0)
    if sizes.T > 1:
        errors = full.growth.std(axis=0, ddof=1) / np.sqrt(sizes.T)
        assert_close(full.standard_errors, errors, 10.0)
    else:
        assert np.isnan(full.standard_errors).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128])
@for_all(any_sizes(largest=4), examples=8)
def test_the_leading_exponents_are_the_first_of_all(dtype, sizes: Sizes):
    check_leading(sizes, dtype)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("J @ product", "J.mT @ product"),
        ("J @ product", "J"),
        ("np.eye(H, k)", "np.eye(H, k)[::-1]"),
        ("exponents + of_J + of_product", "exponents + of_product"),
        ("exponents = np.zeros_like(exponents)", "exponents = np.ones_like(exponents)"),
        ("steps.sum(axis=0)", "growth.size"),
        ("np.sqrt(squares / (n - 1) / n)", "np.sqrt(squares / n / n)"),
        ("real = (steps := steps[..., None]) > 0", "real = (steps := steps[..., None]) > 1"),
    ],
)
def test_seeded_bugs_are_caught(old, new):
    sizes = Sizes(T=5, B=2, I=1, H=3, V=1, seed=0)
    with np.errstate(all="ignore"):
        catches(lambda: check_leading(sizes), LYAPUNOV, Mutant("seeded", old, new))


def test_the_average_over_a_batch():
    J = np.stack([np.tile(np.diag([r, 1 / r]), (7, 1, 1)) for r in (2.0, 8.0)], axis=1)
    found = lyapunov_spectrum(J)
    np.testing.assert_allclose(found.exponents.mean(axis=0) / np.log(2), [2, -2])
    from_iterable = lyapunov_spectrum(list(J), interval=3)
    np.testing.assert_allclose(from_iterable.exponents, found.exponents)


def test_the_last_interval_counts_by_its_length():
    J = np.full((5, 1, 1), 2.0)
    J[4] = 16.0
    found = lyapunov_spectrum(J, interval=2)
    np.testing.assert_allclose(found.growth[:, 0] / np.log(2), [1, 1, 4])
    np.testing.assert_allclose(found.exponents / np.log(2), [8 / 5])
    np.testing.assert_allclose(found.standard_errors / np.log(2), [1])
    assert lyapunov_spectrum(J, interval=2, discard=4).growth.shape == (1, 1)


def test_intervals_begin_after_what_is_discarded():
    J = np.exp2([5.0, 1, 2, 3, 4, 5, 6, 7]).reshape(-1, 1, 1)
    found = lyapunov_spectrum(J, interval=3, discard=1)
    np.testing.assert_allclose(found.growth[:, 0] / np.log(2), [2, 5, 7])
    np.testing.assert_allclose(found.exponents / np.log(2), [4])


def test_the_interval_does_not_matter_while_it_is_short():
    J = jacobians_of(4, 103, 1.2)
    one, four = lyapunov_spectrum(J, discard=3), lyapunov_spectrum(iter(J), interval=3, discard=3)
    assert_close(four.exponents, one.exponents, 10.0, rtol=1e-9)


def test_what_is_discarded_turns_the_axes():
    swap, stretch = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([2.0, 0.5])
    J = np.array([swap, swap, swap, stretch, stretch])
    assert_close(lyapunov_spectrum(J, discard=3).exponents, np.log([0.5, 2]), 1.0)
    assert_close(lyapunov_spectrum(J, discard=3, interval=2).exponents, np.log([0.5, 2]), 1.0)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_an_interval_may_leave_the_floats(size):
    J = np.tile(size * np.diag([2.0, 1.0]), (6, 1, 1))
    found = lyapunov_spectrum(J, interval=3).exponents
    np.testing.assert_allclose(found, np.log(size) + np.log([2.0, 1.0]), rtol=1e-14)


def test_too_long_an_interval_warns_and_is_wrong_only_in_the_low_exponents():
    J = jacobians_of(64, 200, 1.5)
    right = lyapunov_spectrum(J).exponents
    with pytest.warns(IntervalTooLongWarning, match="got 20 · .*factorise more often"):
        wrong = lyapunov_spectrum(J, interval=20).exponents
    assert abs(wrong[0] - right[0]) < 1e-10
    assert abs(wrong[-1] - right[-1]) > 0.1
    assert_close(lyapunov_spectrum(J, interval=20, leading=4).exponents, right[:4], 1.0, rtol=1e-7)


def test_the_warning_is_about_the_exponents_that_were_asked_for():
    """n(λ_1 − λ_k) against 18: the worst sequence counts, and k = 1 never has a gap."""
    mild, steep = np.diag([2.0, 1.5, 1.0]), np.diag([2.0, 1.5, 1e-4])
    J = np.tile(np.stack([mild, steep]), (10, 1, 1, 1))
    with pytest.warns(IntervalTooLongWarning, match=r"below 18 .* got 5 · 9.9; factorise"):
        lyapunov_spectrum(J, interval=5)
    for leading, interval, batch in ((2, 10, 2), (1, 10, 2), (3, 1, 2), (3, 10, 1)):
        lyapunov_spectrum(J[:, :batch], interval=interval, leading=leading)
    with pytest.warns(IntervalTooLongWarning, match="got 10 · inf"):  # 1e-40 per step is gone
        lyapunov_spectrum(np.tile(np.diag([1.0, 1e-40]), (10, 1, 1)), interval=10)
    with pytest.warns(IntervalTooLongWarning, match="got 9 · "):  # the longest interval counts
        lyapunov_spectrum(J, interval=9)
    with pytest.warns(IntervalTooLongWarning) as caught:
        lyapunov_spectrum(J, interval=5)
    assert caught[0].filename == __file__


def test_exponents_of_a_contraction_to_zero():
    found = lyapunov_spectrum(np.zeros((4, 2, 2)), interval=2)
    np.testing.assert_array_equal(found.exponents, [-np.inf, -np.inf])
    assert np.isnan(found.standard_errors).all()
    found = lyapunov_spectrum(np.zeros((60, 3, 2, 2)), interval=30)  # nothing is lost of nothing
    assert np.isneginf(found.exponents).all()


ONES = np.ones((2, 2, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lyapunov_spectrum([np.eye(2)], interval=0), ValueError, "interval: .* least 1"),
        (lambda: lyapunov_spectrum(ONES, interval=1.0), TypeError, "interval: expected an integer"),
        (lambda: lyapunov_spectrum(ONES, discard=2), ValueError, "discard = 2 steps, got 2"),
        (lambda: lyapunov_spectrum(iter(ONES), discard=2), ValueError, "discard = 2 .* got 2"),
        (lambda: lyapunov_spectrum(iter(ONES), discard=9), ValueError, "discard = 9 .* got 2"),
        (lambda: lyapunov_spectrum([]), ValueError, "more than discard = 0 steps, got 0"),
        (lambda: lyapunov_spectrum([np.eye(2), np.eye(3)]), ValueError, r"\(2, 2\), got \(3, 3\)"),
        (lambda: lyapunov_spectrum([np.ones((2, 3))]), ValueError, r"\(..., H, H\), got \(2, 3\)"),
        (lambda: lyapunov_spectrum([np.ones((2, 3, 4))]), ValueError, r"got \(2, 3, 4\)"),
        (lambda: lyapunov_spectrum([[1.0]]), ValueError, r"\(..., H, H\), got \(1,\)"),
        (lambda: lyapunov_spectrum([np.zeros((0, 2, 2))]), ValueError, r"got \(0, 2, 2\)"),
        (lambda: lyapunov_spectrum([[[np.nan]]]), ValueError, "jacobians: expected finite"),
        (lambda: lyapunov_spectrum(3), TypeError, "jacobians: .* matrices or a run, got int 3"),
        (lambda: lyapunov_spectrum(ONES, leading=3), ValueError, "leading: .* H = 2, got 3"),
        (lambda: lyapunov_spectrum(ONES, leading=0), ValueError, "leading: expected at least 1"),
        (lambda: lyapunov_spectrum(ONES, leading=1.0), TypeError, "leading: expected an integer"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
