"""Guards of the equations of chapter 13, Gates: the straight path, and what biases make of it."""

from dataclasses import replace

import numpy as np

from rnnlib import unroll
from rnnlib.cells.initialisers import chrono
from rnnlib.product import (
    direct_path,
    direct_share,
    gate_horizon,
    geometric_mean,
    jacobian_at_rest,
)
from tests.equations.gated import numerical_jacobian, sigma
from tests.equations.guards import guards
from tests.networks import random_cell
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant


@guards(
    "eq-direct-path",
    "definition",
    Mutant("k counted from the wrong end", "[::-1]", "[:]"),
    Mutant("sum for product", "np.cumprod", "np.cumsum"),
)
@for_all(any_sizes(smallest=3))
def test_direct_path(sizes: Sizes):
    xs = sizes.rng.standard_normal((sizes.T, sizes.B, sizes.I))
    for kind, gate in (("lstm", "f"), ("gru", "z")):
        cell = random_cell(kind, sizes)
        run = unroll(cell, xs)
        gates = getattr(cell.gates(run.pre), gate)
        found = direct_path(cell, run)
        for k in range(sizes.T + 1):
            assert_close(found[k], np.prod(gates[k:], axis=0), 1)


@guards(
    "eq-direct-share",
    "definition",
    Mutant("relative to nothing", "axis=-1) / of_P", "axis=-1)"),
    Mutant("squared", "np.linalg.norm(D, axis=-1)", "np.linalg.norm(D, axis=-1) ** 2"),
    Mutant("projected on itself", "* along", "* D / of_P[..., None]"),
)
@for_all(any_sizes(smallest=3))
def test_direct_share(sizes: Sizes):
    xs = sizes.rng.standard_normal((sizes.T, sizes.B, sizes.I))
    for kind in ("lstm", "gru"):
        cell, H = random_cell(kind, sizes), sizes.H
        run = unroll(cell, xs)
        found = direct_share(cell, run)
        for b in range(sizes.B):
            P, D = np.eye(cell.state_size), np.eye(H)
            for d in range(sizes.T + 1):
                whole = P[-H:, -H:]
                of_P = np.sqrt((whole**2).sum())
                assert_close(found.norm[d, b], np.sqrt((D**2).sum()) / of_P, 1 / of_P)
                assert_close(found.projection[d, b], (D * whole).sum() / of_P**2, 1 / of_P**2)
                if d < sizes.T:
                    t = sizes.T - d
                    P = P @ numerical_jacobian(cell, run.states[t - 1, b], xs[t - 1, b])
                    gates = cell.gates(run.pre[t - 1, b])
                    D = D @ np.diag(gates.f if kind == "lstm" else gates.z)


@guards(
    "eq-gate-horizon",
    "definition",
    Mutant("the time to 1/e", "np.log(check_threshold(threshold))", "-1"),
    Mutant("upside down", "/ log_gate", "* log_gate"),
)
@for_all(any_sizes())
def test_gate_horizon(sizes: Sizes):
    bias, threshold = sizes.rng.normal(0, 3, sizes.H), sizes.rng.uniform(0.001, 0.9)
    steps = gate_horizon(bias, threshold=threshold)
    assert_close(sigma(bias) ** steps, np.full(sizes.H, threshold), 1)


@guards(
    "eq-gate-jensen",
    "inequality",
    Mutant("arithmetic mean", "np.exp(np.mean(logs, axis=0))", "np.mean(np.exp(logs), axis=0)"),
    Mutant("largest gate", "np.mean(", "np.max("),
    Mutant("smallest gate", "np.mean(", "np.min("),
)
@for_all(any_sizes(smallest=3), examples=50)
def test_gate_jensen(sizes: Sizes):
    """The typical gate lies below the gate of the mean input, whatever moves it."""
    rng = sizes.rng
    bias, noise = rng.normal(0, 2), rng.standard_normal(sizes.T * 20)
    s = bias + rng.uniform(0.1, 5) * (noise - noise.mean())
    assert geometric_mean(sigma(s)) <= sigma(bias)
    # Attained by a gate that stays put; nearly by one that hardly moves: the gap is σ(1−σ)v/2.
    assert_close(geometric_mean(np.full(sizes.T, sigma(bias))), sigma(bias), 1)
    small = 1e-3 * (noise - noise.mean())
    gap = np.log(sigma(bias)) - np.log(geometric_mean(sigma(bias + small)))
    by_hand = sigma(bias) * sigma(-bias) * small.var() / 2
    assert abs(gap / by_hand - 1) < 0.02


@guards(
    "eq-lstm-rest",
    "identity",
    Mutant("another input", "silence)", "silence + 1)"),
    Mutant("another state", ", rest)[0]", ", rest + 1)[0]"),
)
@for_all(any_sizes(smallest=2))
def test_lstm_at_rest(sizes: Sizes):
    """Its eigenvalues are H zeros and those of diag(f) + diag(i) W_g diag(o)."""
    cell, H = random_cell("lstm", sizes), sizes.H
    bias = cell.b_h.copy()
    bias[2 * H : 3 * H] = 0
    cell = replace(cell, b_h=bias)
    i, f, o = sigma(bias[:H]), sigma(bias[H : 2 * H]), sigma(bias[3 * H :])
    W_g = np.split(cell.W_hh, 4)[2]
    expected = np.diag(f) + i[:, None] * W_g * o
    J = jacobian_at_rest(cell)
    # Equal characteristic polynomials, but for the zeros: compare the traces of the powers.
    for n in range(1, H + 1):
        power, theirs = np.linalg.matrix_power(J, n), np.linalg.matrix_power(expected, n)
        scale = (2 * H + np.abs(J).sum()) ** n
        assert_close(np.trace(power), np.trace(theirs), scale)
    assert_close(np.linalg.det(J[H:, H:] - np.eye(H) * 0), np.prod(f), 1)


@guards(
    "eq-chrono",
    "definition",
    Mutant(
        "no logarithm",
        "np.log(rng.uniform(1, longest - 1, hidden_size))",
        "rng.uniform(1, longest - 1, hidden_size)",
    ),
    Mutant("another end", "longest - 1", "longest"),
    Mutant("the input gate opens, too", "= -forget, forget", "= forget, forget"),
)
@for_all(any_sizes(smallest=2))
def test_chrono(sizes: Sizes):
    """1/(1 − f) is uniform between 2 and the longest time, and i = 1 − f."""
    longest, H = 3 + sizes.T * 10, sizes.H
    bias = chrono(H, longest, np.random.default_rng(sizes.seed))
    uniform = np.random.default_rng(sizes.seed).uniform(2, longest, H)
    f, i = sigma(bias[H : 2 * H]), sigma(bias[:H])
    assert_close(1 / (1 - f), uniform, longest)
    assert_close(i, 1 - f, 1)
    assert not bias[2 * H :].any()
