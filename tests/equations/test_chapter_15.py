"""Guards of the equations of chapter 15, Lyapunov exponents."""

import numpy as np
import pytest

from rnnlib import ElmanCell, unroll
from rnnlib.product import (
    IntervalTooLongWarning,
    LyapunovSpectrum,
    cycle_exponents,
    exponent_floor,
    gaussian_exponents,
    log_singular_values,
    log_summed_growth,
    lyapunov_spectrum,
    mean_field,
)
from tests.equations.guards import guards
from tests.equations.test_chapter_12 import mean_log_length, moments
from tests.product.jacobians import jacobians_of
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant


def factorised(jacobians):
    """Q_T and the R_t of J_t Q_{t−1} = Q_t R_t by Gram and Schmidt, vector after vector."""
    Q, upper = np.eye(jacobians.shape[-1]), []
    for J in jacobians:
        moved, axes, R = J @ Q, [], np.zeros_like(Q)
        for i, column in enumerate(moved.T):
            for j, axis in enumerate(axes):
                R[j, i] = axis @ column
                column = column - R[j, i] * axis
            R[i, i] = np.sqrt(column @ column)
            axes.append(column / R[i, i])
        Q = np.column_stack(axes)
        upper.append(R)
    return Q, upper


@guards(
    "eq-qr-step",
    "identity",
    Mutant("rows for columns", "qr(product)", "qr(product.mT)"),
    Mutant(
        "the newest axes forgotten",
        "Q, R = np",
        "Q, R = np.broadcast_to(np.eye(*product.shape[-2:]), product.shape), np",
    ),
    Mutant("never turned", "np.linalg.qr(product)", "(product, product)"),
)
@for_all(any_sizes(smallest=2, largest=4), examples=10)
def test_qr_step(sizes: Sizes):
    """By Gram and Schmidt, whose factors multiply to the product; its volumes are the R_ii's."""
    J = sizes.rng.standard_normal((sizes.T, sizes.H, sizes.H)) + 2 * np.eye(sizes.H)
    Q, upper = factorised(J)
    P = np.linalg.multi_dot([*J[::-1], np.eye(sizes.H)])
    triangle = np.linalg.multi_dot([*upper[::-1], np.eye(sizes.H)])
    scale = np.prod([np.linalg.cond(each) for each in J])
    assert_close(Q @ triangle, P, scale * np.abs(P).max())
    growth = lyapunov_spectrum(J).growth
    assert_close(growth, np.log([np.diag(R) for R in upper]), scale)
    for k in range(1, sizes.H + 1):
        volume = np.sqrt(np.linalg.det(P[:, :k].T @ P[:, :k]))
        found = np.exp(growth[:, :k].sum())
        assert_close(found, volume, scale * found, rtol=1e-10)


@guards(
    "eq-lyapunov",
    "definition",
    Mutant("not by the steps", " / steps.sum(axis=0)", ""),
    Mutant("by the intervals", "steps.sum(axis=0)", "len(steps)"),
    Mutant("the wrong way round", "exponents = np", "exponents = -np"),
)
def test_lyapunov():
    """The means of log R_ii, intervals of any length; of a long run the rates of the σ_i."""
    J = jacobians_of(5, 60, 1.3)
    expected = np.log([np.diag(R) for R in factorised(J)[1]]).mean(axis=0)
    for interval in (1, 3, 7):  # 60 steps are no multiple of 7
        assert_close(lyapunov_spectrum(J, interval=interval).exponents, expected, 1.0, rtol=1e-9)
    J = jacobians_of(5, 3000, 1.3)
    rates = log_singular_values(J).logs / len(J)
    assert np.abs(lyapunov_spectrum(J).exponents - rates).max() < 0.005


def test_volumes_of_axes_are_squeezed_by_singular_values():
    """Σ log σ_i + log|det V_kᵀ Q_k| <= Σ log R_ii <= Σ log σ_i, and both are attained."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        H = rng.integers(2, 6)
        J = rng.standard_normal((rng.integers(1, 5), H, H))
        P = np.linalg.multi_dot([*J[::-1], np.eye(H)])
        sigma, Vt = np.linalg.svd(P)[1:]
        R = lyapunov_spectrum(J).growth.sum(axis=0)
        for k in range(1, H + 1):
            above = np.log(sigma[:k]).sum()
            below = above + np.log(np.abs(np.linalg.det(Vt[:k, :k])) + 1e-300)
            assert below - 1e-8 <= R[:k].sum() <= above + 1e-8
    aligned = lyapunov_spectrum([np.diag([2.0, 0.5])]).exponents
    assert_close(aligned, np.log([2.0, 0.5]), 1.0)


@guards(
    "eq-gaussian-exponents",
    "identity",
    Mutant("smallest first", "log_squares[::-1]", "log_squares"),
    Mutant("squares for lengths", "[::-1] / 2", "[::-1]"),
    Mutant("gain left out", "np.log(gain) + ", ""),
)
def test_gaussian_exponents():
    """As an integral over log|n|, and by the QR method on fresh matrices."""
    rng = np.random.default_rng(0)
    for H, gain in ((1, 0.5), (2, 1.0), (5, 2.0), (8, 0.9)):
        lengths = np.array([mean_log_length(k) for k in range(H, 0, -1)])
        expected = lengths + np.log(gain / np.sqrt(H))
        assert_close(gaussian_exponents(H, gain=gain), expected, 10.0, rtol=1e-8)
        drawn = gain / np.sqrt(H) * rng.standard_normal((4000, H, H))
        found = lyapunov_spectrum(drawn)
        assert np.all(np.abs(found.exponents - expected) < 5 * found.standard_errors)


@guards(
    "eq-cycle-exponents",
    "identity",
    Mutant("per round", "logs / factors.steps", "logs"),
    Mutant("smallest first", "-np.sort(-logs", "np.sort(logs"),
)
@for_all(any_sizes(smallest=2, largest=4), examples=10)
def test_cycle_exponents(sizes: Sizes):
    """Against the sums and volumes of many rounds; and against eigenvalues known beforehand."""
    p, H = sizes.T, sizes.H
    known = np.sort(sizes.rng.choice(np.arange(1, 9), H, replace=False))[::-1] / 3.0
    axes = sizes.rng.standard_normal((H, H)) + 3 * np.eye(H)
    J = sizes.rng.standard_normal((p, H, H)) + 2 * np.eye(H)
    before = np.linalg.multi_dot([*J[:-1][::-1], np.eye(H), np.eye(H)])
    J[-1] = axes @ np.diag(known) @ np.linalg.inv(axes) @ np.linalg.inv(before)
    scale = np.prod([np.linalg.cond(each) for each in (axes, *J)])
    found = cycle_exponents(J)
    assert_close(found, np.log(known) / p, 10 * scale)
    rounds = 200
    long = lyapunov_spectrum(np.tile(J, (rounds, 1, 1)), discard=p * (rounds // 2))
    if np.log(known[:-1] / known[1:]).min() * rounds / 2 > 20 + np.log(scale):
        assert_close(long.exponents, found, 1.0, rtol=1e-6 + 1e-14 * scale)


@guards(
    "eq-exponent-floor",
    "definition",
    Mutant("above the largest", "largest + np", "largest - np"),
    Mutant("not by the interval", " / interval", ""),
    Mutant("twice as long", "/ interval", "/ (2 * interval)"),
)
def test_exponent_floor():
    """Exponents known exactly, in turned axes with shear: those above it are found, no others."""
    rng, H, T = np.random.default_rng(0), 12, 240
    for largest, spacing in ((0.2, 0.3), (-1.0, 0.5)):
        known = largest - spacing * np.arange(H)
        turns = np.linalg.qr(rng.standard_normal((T + 1, H, H)))[0]
        turns[0] = np.eye(H)
        shear = np.eye(H) + np.triu(rng.standard_normal((T, H, H)), 1)
        J = turns[1:] @ (np.exp(known)[:, None] * shear) @ turns[:-1].mT
        assert_close(lyapunov_spectrum(J).exponents, known, 10.0)
        for interval in (20, 40, 60):
            floor = exponent_floor(largest, interval)
            with pytest.warns(IntervalTooLongWarning):
                found = lyapunov_spectrum(J, interval=interval).exponents
            clear, drowned = known > floor + spacing / 2, known < floor - spacing / 2
            assert clear.any() and drowned.any()
            assert np.abs(found - known)[clear].max() < 0.01
            assert np.abs(found - floor)[drowned].max() < 4 / interval
    eps = np.finfo(np.float32).eps
    assert_close(exponent_floor(0.5, 10, dtype=np.float32), 0.5 + np.log(eps) / 10, 1.0)


@guards(
    "eq-mean-field-exponent",
    "identity",
    Mutant("of the squares", " / 2", ""),
    Mutant("of the middle", "self.log_mean_square / 2", "self.log_middle"),
)
def test_mean_field_exponent():
    """½ log χ by Gauss's rule, and the exponent of a network of 400 units."""
    for gain, sd in ((0.7, 0.4), (1.4, 0.3), (2.0, 0.9)):
        q = mean_field(gain, sd).variance
        expected = np.log(moments(q, gain)[1]) / 2
        assert_close(mean_field(gain, sd).exponent, expected, 1.0, rtol=1e-4)
    rng, H = np.random.default_rng(3), 400
    cell = ElmanCell(1.4 * rng.standard_normal((H, H)) / H**0.5, 0.5 * np.eye(H), np.zeros(H))
    run = unroll(cell, rng.standard_normal((150, 1, H)))
    found = lyapunov_spectrum(run, leading=1, discard=50).exponents.item()
    assert abs(found - mean_field(1.4, 0.5).exponent) < 0.03


@guards(
    "eq-summed-growth",
    "identity",
    Mutant("one step more", "(steps - 1)", "steps"),
    Mutant("growth left out", "max(rate, 0.0)", "min(rate, 0.0)"),
    Mutant("difference", "+ np.log(ratio)", "- np.log(ratio)"),
)
def test_summed_growth():
    for rate in (-2.0, -0.3, -1e-9, 0.0, 1e-9, 0.04, 0.7, 3.0):
        for steps in (1, 2, 7, 60):
            expected = np.log(np.sum(np.exp(rate * np.arange(steps))))
            assert_close(log_summed_growth(rate, steps), expected, 1 + abs(expected))
    assert_close(log_summed_growth(2.0, 5000), 2 * 4999 - np.log1p(-np.exp(-2)), 1e4)


def of(*exponents):
    """A spectrum that has these exponents."""
    found = np.array(exponents)
    return LyapunovSpectrum(found, found[None], np.full(found.shape, np.nan))


@guards(
    "eq-entropy-rate",
    "definition",
    Mutant("of all", "np.maximum(self.exponents, 0)", "self.exponents"),
    Mutant("of the largest", ".sum(axis=-1)", ".max(axis=-1)"),
)
def test_entropy_rate():
    assert_close(of(0.5, 0.25, 0.0, -3.0).entropy_rate, 0.75, 1.0)
    assert_close(of([0.5, 0.1], [-0.5, -np.inf]).entropy_rate, np.array([0.6, 0.0]), 1.0)
    # A map that forgets its first bits, two of them at each step: x ← 2x, y ← 2y (mod 1).
    doubling = lyapunov_spectrum(np.tile(2 * np.eye(2), (5, 1, 1)))
    assert_close(doubling.entropy_rate, 2 * np.log(2), 1.0)


@guards(
    "eq-kaplan-yorke",
    "definition",
    Mutant("whole axes", "j + sums[j - 1] / -falling[j]", "j"),
    Mutant("of the next sum", "sums[j - 1]", "sums[j]"),
    Mutant("of the last axis", "-falling[j])", "-falling[j - 1])"),
)
def test_kaplan_yorke():
    """A triangular map of known dimension, and D as the zero of the sums, joined by lines."""
    a = 0.3  # the baker's map with contraction a has dimension 1 + log 2 / log(1/a)
    baker = np.tile(np.diag([2.0, a]), (7, 1, 1))
    assert_close(lyapunov_spectrum(baker).dimension, 1 + np.log(2) / -np.log(a), 1.0)
    rng = np.random.default_rng(0)
    for _ in range(50):
        drawn = rng.standard_normal(6) - 0.3
        sums = np.concatenate([[0.0], np.cumsum(-np.sort(-drawn))])
        found = float(of(*rng.permutation(drawn)).dimension)
        if sums[1] < 0 or sums[-1] >= 0:
            assert found == (0 if sums[1] < 0 else 6)
        else:
            assert abs(np.interp(found, np.arange(7), sums)) < 1e-12 and found >= sums.argmax()
    assert of(0.0, -1.0).dimension == 1 and of(0.5, -np.inf).dimension == 1
    assert of([0.5, -1.0], [-0.5, -1.0]).dimension.tolist() == [1.5, 0.0]
