"""Guards of the equations of chapter 9, Vanishing."""

import numpy as np

from rnnlib import ElmanCell, unroll
from rnnlib.cells.activations import get
from rnnlib.one_unit import latched_factor, noise_margin, safe_level
from rnnlib.product import horizon, horizon_bound, step_jacobians
from rnnlib.time import contributions, shares
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant

THETA = 0.01


def slope(s):
    """tanh', by a formula that shares nothing with rnnlib's."""
    return 1 / np.cosh(s) ** 2


@guards(
    "eq-slope-bounds",
    "inequality",
    Mutant("tanh: sum for difference", "1.0 - np.tanh(s) ** 2", "1.0 + np.tanh(s) ** 2"),
    Mutant("tanh: square left out", "1.0 - np.tanh(s) ** 2", "1.0 - np.tanh(s)"),
    Mutant("tanh: twice too steep", "1.0 - np.tanh(s)", "2.0 - 2 * np.tanh(s)"),
    Mutant("logistic: φ for φ'", "h * (1.0 - h)", "h"),
    Mutant("logistic: square root", "h * (1.0 - h)", "np.sqrt(h * (1.0 - h))"),
    Mutant("relu: from −1 on", "np.real(s) > 0", "np.real(s) > -1"),
    Mutant("relu: leaky", "(np.real(s) > 0)", "np.where(s > 0, 1.0, 0.01)"),
)
@for_all(any_sizes(smallest=2), examples=50)
def test_slope_bounds(sizes: Sizes):
    s = 5 * sizes.rng.standard_normal((20, sizes.H))
    for name, gamma in (("tanh", 1.0), ("logistic", 0.25)):
        slopes = get(name).derivative(s)
        assert np.all(slopes[np.abs(s) < 15] > 0)
        assert np.all(slopes <= gamma)
        # Attained at 0; away from it below, by about γ s² (tanh) and γ s²/4 (logistic).
        near = sizes.rng.uniform(1e-4, 1e-3, sizes.H)
        assert_close(get(name).derivative(np.zeros(3)), np.full(3, gamma), gamma)
        missing = 1 - get(name).derivative(near) / gamma
        assert_close(missing, near**2 / (1 if name == "tanh" else 4), near**2, rtol=1e-5)
    np.testing.assert_array_equal(get("relu").derivative(s), np.heaviside(s, 0.0))
    np.testing.assert_array_equal(get("relu").derivative(np.array([0.0, -0.5])), [0.0, 0.0])


@guards(
    "eq-active-range",
    "identity",
    Mutant("tanh: square root left out", "float(np.arccosh(1 / np.sqrt(", "float(np.arccosh(1 / ("),
    Mutant("logistic: as tanh", "2 * np.arccosh", "1 * np.arccosh"),
    Mutant("logistic: another θ", "float(2 * np.arccosh(1 /", "float(2 * np.arccosh(2 /"),
)
@for_all(any_sizes(smallest=2))
def test_active_range(sizes: Sizes):
    """At the ends the slope is θγ; inside it is larger, outside smaller."""
    for theta in sizes.rng.uniform(0.01, 0.99, sizes.H):
        for name, gamma, stretch in (("tanh", 1.0, 1), ("logistic", 0.25, 2)):
            low, high = get(name).active_range(theta)
            assert low == -high
            assert_close(gamma * slope(high / stretch), theta * gamma, gamma)
            s = np.linspace(-15, 15, 3001)
            active = get(name).derivative(s) >= theta * gamma
            clear = np.abs(np.abs(s) - high) > 1e-6
            np.testing.assert_array_equal(active[clear], (np.abs(s) <= high)[clear])


def slow_horizon(jacobians, theta):
    """The definition by multiplying out and counting down from the far end."""
    for d in range(len(jacobians), -1, -1):
        P = np.eye(jacobians.shape[-1])
        for J in jacobians[len(jacobians) - d :]:
            P = J @ P
        if np.sqrt(np.linalg.eigvalsh(P.T @ P)[-1]) >= theta:
            return float("inf") if d == len(jacobians) else float(d)
    raise AssertionError("the identity has norm 1")


@guards(
    "eq-horizon",
    "definition",
    Mutant("first crossing", "(distances * reaches).max(axis=0)", "reaches.argmin(axis=0) - 1"),
    Mutant("one step short", "max(axis=0)", "max(axis=0) - 1"),
    Mutant("counted, not located", "(distances * reaches).max(axis=0)", "reaches.sum(axis=0) - 1"),
)
def test_horizon():
    beyond = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        # Alternating scales make some norms dip below the threshold and come back.
        scale = np.where(np.arange(12)[:, None, None] % 6 < 3, 0.15, 1.1)
        jacobians = scale * rng.standard_normal((12, 3, 3))
        expected = slow_horizon(jacobians, 0.1)
        beyond += expected == float("inf")
        assert horizon(jacobians, threshold=0.1) == expected
    assert 0 < beyond < 60


@guards(
    "eq-horizon-bound",
    "inequality",
    Mutant("upside down", "log_threshold / per_step", "per_step / log_threshold"),
    Mutant("half the bound", "log_threshold / per_step", "0.5 * log_threshold / per_step"),
    Mutant("twice the bound", "log_threshold / per_step", "2 * log_threshold / per_step"),
)
@for_all(any_sizes(smallest=3))
def test_horizon_bound(sizes: Sizes):
    rng = sizes.rng
    for name, limit in (("tanh", 1.0), ("relu", 1.0), ("logistic", 4.0)):
        drawn, _, h0 = network(sizes, name)
        W = rng.uniform(0.3, 0.95) * limit * drawn.W_hh / np.linalg.norm(drawn.W_hh, 2)
        cell = ElmanCell(W, drawn.W_xh, drawn.b_h, name)
        xs = rng.uniform(0, 2) * rng.standard_normal((60, sizes.B, sizes.I))
        jacobians = step_jacobians(cell, unroll(cell, xs, h0))
        for b in range(sizes.B):
            found = horizon(jacobians[:, b])
            assert found <= horizon_bound(cell) or 60 <= horizon_bound(cell)
    # Attained, up to rounding to whole steps, by a symmetric W and tanh at rest in 0.
    W = drawn.W_hh + drawn.W_hh.T
    W *= 0.9 / np.linalg.norm(W, 2)
    quiet = ElmanCell(W, drawn.W_xh, np.zeros(sizes.H))
    run = unroll(quiet, np.zeros((60, 1, sizes.I)))
    bound = horizon_bound(quiet)
    assert horizon(step_jacobians(quiet, run)[:, 0]) == np.floor(bound)


def slow_contributions(cell, run, dhs):
    """G_d pair by pair: loss t, weight used at step k, with the state h_{k-1}."""
    T, B = run.pre.shape[:2]
    H = cell.hidden_size
    parts, size = np.zeros((T, H, H)), np.zeros((T, H, H))
    for b in range(B):
        for t in range(1, T + 1):
            for k in range(1, t + 1):
                P = np.eye(H)
                for j in range(k + 1, t + 1):
                    P = np.diag(slope(run.pre[j - 1, b])) @ cell.W_hh @ P
                delta = slope(run.pre[k - 1, b]) * (P.T @ dhs[t - 1, b])
                term = np.outer(delta, run.hs[k - 1, b])
                parts[t - k] += term
                size[t - k] += np.abs(term) + np.linalg.norm(P) * np.linalg.norm(dhs[t - 1, b])
    return parts, size


@guards(
    "eq-contribution",
    "identity",
    Mutant("new state for old", "h_prev, xs", "run.states[1:, :, :H][steps], xs"),
    Mutant(
        "old state of the loss", "h_prev, xs", "run.states[distance:-1, :, :H], run.xs[distance:]"
    ),
    Mutant("cumulative", "ds), ", "distance * ds), "),
)
@for_all(any_sizes(smallest=3, largest=4), examples=15)
def test_contribution(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    run = unroll(cell, xs, h0)
    dhs = sizes.rng.standard_normal((sizes.T, sizes.B, sizes.H))
    expected, scale = slow_contributions(cell, run, dhs)
    found = [part.W_hh for part in contributions(cell, run, dhs)]
    assert_close(np.array(found), expected, scale)


@guards(
    "eq-norm-share",
    "definition",
    Mutant("squares", "norms / norms.sum()", "norms**2 / (norms**2).sum()"),
    Mutant("by the largest", "norms.sum()", "norms.max()"),
    Mutant("by the norm of the sum", "norms.sum()", "np.linalg.norm(total)"),
)
@for_all(any_sizes(smallest=3))
def test_norm_share(sizes: Sizes):
    parts = sizes.rng.standard_normal((sizes.T, sizes.H, sizes.V))
    lengths = [np.sqrt(sum(entry**2 for entry in part.flat)) for part in parts]
    expected = np.array([length / sum(lengths) for length in lengths])
    assert_close(shares(parts).norm, expected, 1.0)


@guards(
    "eq-projection",
    "definition",
    Mutant("unsigned", "rows @ total /", "np.abs(rows @ total) /"),
    Mutant("by the norm, not its square", "(total @ total)", "np.sqrt(total @ total)"),
    Mutant("on itself", "rows @ total", "(rows**2).sum(axis=1)"),
)
@for_all(any_sizes(smallest=3))
def test_projection(sizes: Sizes):
    parts = sizes.rng.standard_normal((sizes.T, sizes.H, sizes.V))
    total = parts.sum(axis=0)
    expected = np.array([np.trace(part @ total.T) for part in parts]) / np.trace(total @ total.T)
    found = shares(parts).projection
    assert_close(found, expected, np.abs(expected).sum() + 1 / np.trace(total @ total.T))
    assert abs(found.sum() - 1) < 1e-9 * np.abs(found).sum()


def keeps_its_sign(u, noise, steps=20_000):
    """Whether the unit tanh(u h ± noise) stays positive while the worst noise lasts."""
    h = 1.0
    for _ in range(steps):
        h = np.tanh(u * h - noise)
    return h > 0


@guards(
    "eq-latch-margin",
    "identity",
    Mutant("u left out", "u * c - ", "c - "),
    Mutant("tanh for artanh", "np.arctanh(c)", "np.tanh(c)"),
    Mutant("sum for difference", "u * c - np", "u * c + np"),
)
def test_latch_margin():
    """Just below the margin a unit withstands the worst noise for ever, just above it does not."""
    for u in (1.05, 1.3, 2.0, 3.7):
        margin = noise_margin(u)
        assert keeps_its_sign(u, 0.999 * margin) and not keeps_its_sign(u, 1.001 * margin)
        levels = np.linspace(1e-6, 1 - 1e-9, 1_000_001)
        by_search = (u * levels - np.arctanh(levels)).max()
        assert_close(margin, by_search, u, rtol=1e-9)


@guards(
    "eq-latch-bound",
    "inequality",
    Mutant("square left out", "(1 - c**2)", "(1 - c)"),
    Mutant("u left out", "u * (1 - c**2)", "1 - c**2"),
    Mutant("twice", "u * (1", "2 * u * (1"),
)
@for_all(any_sizes(smallest=3), examples=40)
def test_latch_bound(sizes: Sizes):
    rng = sizes.rng
    u = 1 + 10 ** rng.uniform(-1.5, 0.4)
    noise = rng.uniform(0, 0.98) * noise_margin(u)
    bound, c = latched_factor(u, noise), safe_level(u, noise)
    assert 0 < bound < 1
    h = rng.uniform(c, 1, 5)
    product = np.ones(5)
    for t in range(1, 40):
        s = u * h + rng.uniform(-noise, noise, 5)
        product *= u * slope(s)
        h = np.tanh(s)
        assert np.all(product <= bound**t * (1 + 1e-9))
    # Attained at the safe level, in the worst noise.
    h, product = c, 1.0
    for _ in range(sizes.T):
        s = u * h - noise
        h, product = np.tanh(s), product * u * slope(s)
    assert_close(product, bound**sizes.T, bound**sizes.T, rtol=1e-6)
