"""Guards of the equations of chapter 12, Initialisation."""

from dataclasses import replace
from math import comb

import numpy as np

from rnnlib import ElmanCell, unroll
from rnnlib.cells.initialisers import orthogonal
from rnnlib.one_unit import stays_up, unbroken_share
from rnnlib.product import critical_gain, fan_middle, gaussian_log_volume, mean_field
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant


@guards(
    "eq-fan-middle",
    "identity",
    Mutant("difference", "self.start + self", "self.start - self"),
    Mutant("the inputs alone", "self.start + self", "0 * self.start + self"),
    Mutant("the start alone", "+ self.inputs", "+ 0 * self.inputs"),
)
@for_all(any_sizes(smallest=2, largest=4))
def test_fan_middle(sizes: Sizes):
    """The product is multiplied out here, and its singular values are NumPy's."""
    cell, xs, h0 = network(sizes)
    run = unroll(cell, xs, h0)
    for b in range(sizes.B):
        P, scale = np.eye(sizes.H), 1.0
        for s in run.pre[:, b]:
            J = np.diag(1 / np.cosh(s) ** 2) @ cell.W_hh
            P, scale = J @ P, scale * np.linalg.cond(J)
        logs = np.log(np.linalg.svd(P, compute_uv=False))
        found = fan_middle(run).rate[b]
        assert_close(found, logs.mean() / sizes.T, scale + np.abs(logs).max())


def mean_log_length(k):
    """E log|z| of k standard normal numbers, as an integral over log|z|."""
    u = np.linspace(-60, 4, 200_001)
    density = np.exp(k * u - np.exp(2 * u) / 2)
    return (u * density).sum() / density.sum()


@guards(
    "eq-gaussian-volume",
    "identity",
    Mutant("twice the mean", ".mean()", ".mean() * 2"),
    Mutant("the largest for the mean", ".mean()", ".max()"),
    Mutant("gain left out", "gain=gain", "gain=1.0"),
    Mutant("one over the gain", "gain=gain", "gain=1 / gain"),
)
def test_gaussian_volume():
    rng = np.random.default_rng(0)
    for H, gain in ((1, 0.5), (2, 1.0), (5, 2.0), (6, 1.3), (31, 0.9)):
        lengths = [mean_log_length(k) for k in range(1, H + 1)]
        expected = np.mean(lengths) + np.log(gain / np.sqrt(H))
        assert_close(gaussian_log_volume(H, gain=gain), expected, 1.0, rtol=1e-8)
        drawn = gain / np.sqrt(H) * rng.standard_normal((4000, H, H))
        logs = np.linalg.slogdet(drawn)[1] / H
        assert abs(logs.mean() - expected) < 5 * logs.std() / np.sqrt(len(logs))
    for H in (100, 1000):  # the limit, and how far from it
        assert 0 < -0.5 - gaussian_log_volume(H) < np.log(H) / H


NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(200)


def mean(values):
    return WEIGHTS @ values / WEIGHTS.sum()


def moments(q, gain):
    """g² E tanh² and g² E tanh'² by Gauss's rule."""
    s = np.sqrt(q) * NODES
    return gain**2 * mean(np.tanh(s) ** 2), gain**2 * mean(np.cosh(s) ** -4.0)


@guards(
    "eq-mean-field",
    "identity",
    Mutant("gain, not squared", "gain**2 * _mean", "gain * _mean"),
    Mutant("standard deviation for variance", "input_sd**2", "input_sd"),
    Mutant("no inputs", "+ input_sd**2", ""),
)
def test_mean_field():
    """The variance reproduces itself, iteration falls to it, and a real network has it."""
    for gain, sd in ((0.7, 0.4), (1.3, 0.0), (1.4, 0.3), (2.0, 0.9)):
        q = mean_field(gain, sd).variance
        assert_close(moments(q, gain)[0] + sd**2, q, q, rtol=1e-4)
        falling = gain**2 + sd**2
        for _ in range(300):
            falling = moments(falling, gain)[0] + sd**2
        assert_close(q, falling, q, rtol=1e-4)
    rng = np.random.default_rng(1)
    cell = ElmanCell(1.4 * orthogonal((300, 300), rng), 0.5 * np.eye(300), np.zeros(300))
    measured = unroll(cell, rng.standard_normal((200, 1, 300))).pre[50:].var()
    assert_close(mean_field(1.4, 0.5).variance, measured, measured, rtol=0.03)
    assert mean_field(0.9).variance < 1e-12


@guards(
    "eq-mean-square",
    "identity",
    Mutant("slopes, not squared", "2 * log_slopes", "log_slopes"),
    Mutant("gain, not squared", "gain**2", "gain"),
)
def test_mean_square():
    """By Gauss's rule, and as the mean of σ² of the step Jacobians of a real network."""
    for gain, sd in ((0.7, 0.4), (1.4, 0.3), (2.0, 0.9)):
        found = mean_field(gain, sd)
        expected = np.log(moments(found.variance, gain)[1])
        assert_close(found.log_mean_square, expected, 1.0, rtol=1e-4)
    rng = np.random.default_rng(2)
    cell = ElmanCell(1.4 * orthogonal((300, 300), rng), 0.5 * np.eye(300), np.zeros(300))
    run = unroll(cell, rng.standard_normal((100, 1, 300)))
    J = np.concatenate([cell.jacobian(run.pre[t]) for t in range(50, 100, 10)])
    squares = np.linalg.svd(J, compute_uv=False) ** 2
    assert_close(mean_field(1.4, 0.5).log_mean_square, np.log(squares.mean()), 1.0, rtol=0.03)


@guards(
    "eq-edge",
    "identity",
    Mutant("where the variance is 1", "log_mean_square", "variance + 1"),
    Mutant("far above it", "log_mean_square", "log_mean_square + 0.5"),
)
def test_edge():
    for sd in (0.1, 0.3, 0.8):
        gain = critical_gain(sd)
        q = mean_field(gain, sd).variance
        assert_close(moments(q, gain)[1], 1.0, 1.0, rtol=1e-4)
        below, above = (mean_field(f * gain, sd).log_mean_square for f in (0.95, 1.05))
        assert below < 0 < above
    assert_close(critical_gain(0.0), 1.0, 1.0, rtol=1e-6)


DENSITIES = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "uniform": lambda rng, shape: rng.uniform(-1, 1, shape),
    "of heavy tails": lambda rng, shape: rng.standard_cauchy(shape),
}


@guards(
    "eq-stays-up",
    "identity",
    Mutant("twice the loss", "1 / (2 * n)", "1 / n"),
    Mutant("one step late", "1 / (2 * n)", "1 / (2 * n + 2)"),
)
def test_stays_up():
    """By binomials, and by walks with steps of three densities."""
    expected = [comb(2 * n, n) / 4**n for n in range(13)]
    assert_close(stays_up(12), np.array(expected), 1.0)
    for draw in DENSITIES.values():
        walks = draw(np.random.default_rng(0), (12, 20_000)).cumsum(axis=0)
        up = (np.minimum.accumulate(walks) > 0).mean(axis=1)
        assert np.all(np.abs(up - expected[1:]) < 5 * np.sqrt(0.25 / 20_000))


@guards(
    "eq-arcsine",
    "identity",
    Mutant("both read forwards", "u[::-1])", "u)"),
    Mutant("added from the near end", ")[::-1]", ")"),
)
def test_arcsine():
    """In units of a rectified network, whatever the density of their inputs."""
    T, H = 12, 20_000
    for draw in DENSITIES.values():
        steps = draw(np.random.default_rng(3), (T, H))
        h, on = np.zeros(H), np.empty((T, H), bool)
        for t in range(T):
            s = h + steps[t]
            h, on[t] = np.maximum(s, 0), s > 0
        unbroken = np.logical_and.accumulate(on[::-1]).mean(axis=1)
        assert np.all(np.abs(unbroken_share(T)[1:] - unbroken) < 5 * np.sqrt(0.25 / H))
    # The same of a cell with the identity for W_hh: the diagonal of its product is 0 or 1.
    rng = np.random.default_rng(4)
    cell = replace(ElmanCell.random(2, 9, rng, activation="relu"), W_hh=np.eye(9))
    run = unroll(cell, rng.standard_normal((T, 1, 2)))
    P = np.linalg.multi_dot(cell.jacobian(run.pre[::-1, 0]))
    np.testing.assert_array_equal(P, np.diag((run.pre[:, 0] > 0).all(axis=0).astype(float)))
    assert_close(unbroken_share(T)[0], 1.0, 1.0)
    tail = 2 / np.pi * np.arcsin(np.sqrt(1 - np.arange(2001) / 2000))
    assert np.abs(unbroken_share(2000) - tail).max() < 0.02
