"""Guards of the equations of chapter 10, Exploding."""

from dataclasses import replace

import numpy as np

from rnnlib import ElmanCell
from rnnlib.one_unit import OneUnit, Wall, fixed_points, multiplier, resting_bias, saddle_node
from rnnlib.training import clip_by_global_norm, clip_by_value
from rnnlib.tree import flatten, map_leaves
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant

NUDGE = 1e-30j


def run_unit(u, b, h, steps):
    """h_T of h ← tanh(u h + b), in plain numpy; complex weights carry a nudge."""
    for _ in range(steps):
        h = np.tanh(u * h + b)
    return h


def some_gradient(sizes: Sizes) -> ElmanCell:
    """A record of arrays with entries of very different size."""
    cell, _, _ = network(sizes)
    rng = sizes.rng
    return map_leaves(lambda g: g * np.exp(2 * rng.standard_normal(g.shape)), cell)


@guards(
    "eq-wall-loss",
    "definition",
    Mutant("the first state", "[-1]", "[0]"),
    Mutant("absolute error", "** 2", "** 1"),
    Mutant("target forgotten", " - self.target", ""),
)
@for_all(any_sizes(smallest=3))
def test_wall_loss(sizes: Sizes):
    rng = sizes.rng
    u, b, h0, y = rng.normal(scale=2), rng.normal(), rng.uniform(-0.9, 0.9), rng.uniform(-1, 1)
    expected = (run_unit(u, b, h0, sizes.T) - y) ** 2
    assert_close(Wall(h0, y, sizes.T).loss(OneUnit(u, b))[0], expected, 4.0)


@guards(
    "eq-wall-gradient",
    "identity",
    Mutant("the new state", "hs[:-1]", "hs[1:]"),
    Mutant("last step only", "deltas.sum(axis=0)", "deltas[-1]"),
    Mutant("mean over time", "(deltas * hs[:-1]).sum(axis=0)", "(deltas * hs[:-1]).mean(axis=0)"),
)
@for_all(any_sizes(smallest=3))
def test_wall_gradient(sizes: Sizes):
    """Against the complex step through the unrolled unit."""
    rng = sizes.rng
    u, b, h0, y = rng.normal(scale=2), rng.normal(), rng.uniform(-0.9, 0.9), rng.uniform(-1, 1)
    gradient = Wall(h0, y, sizes.T).gradient(OneUnit(u, b))
    by_u = (run_unit(u + NUDGE, b, h0, sizes.T) - y) ** 2
    by_b = (run_unit(u, b + NUDGE, h0, sizes.T) - y) ** 2
    scale = 10 * (1 + abs(u)) ** sizes.T
    assert_close(gradient.u[0], by_u.imag / NUDGE.imag, scale)
    assert_close(gradient.b[0], by_b.imag / NUDGE.imag, scale)


@guards(
    "eq-resting-bias",
    "identity",
    Mutant("tanh for artanh", "np.arctanh(h)", "np.tanh(h)"),
    Mutant("sign of the weight", "- u * h", "+ u * h"),
)
@for_all(any_sizes(smallest=3))
def test_resting_bias(sizes: Sizes):
    """With this bias every step gives h again."""
    rng = sizes.rng
    u, h = rng.normal(scale=2, size=sizes.B), rng.uniform(-0.95, 0.95, sizes.B)
    assert_close(run_unit(u, resting_bias(u, h), h, 1), h, 1 + np.abs(u))


@guards(
    "eq-multiplier",
    "identity",
    Mutant("slope at h", "np.arctanh(h), h", "h, np.tanh(h)"),
    Mutant("weight forgotten", "u * tanh", "1 * tanh"),
)
@for_all(any_sizes(smallest=3))
def test_multiplier(sizes: Sizes):
    """The derivative of T steps at a fixed point is the multiplier to the power T."""
    rng = sizes.rng
    u, h = rng.normal(scale=2), rng.uniform(-0.9, 0.9)
    nudged = run_unit(u, np.arctanh(h) - u * h, h + NUDGE, 1)
    assert_close(multiplier(u, h), nudged.imag / NUDGE.imag, 1 + abs(u))


@guards(
    "eq-saddle-node",
    "identity",
    Mutant("u + 1", "(u - 1)", "(u + 1)"),
    Mutant("sign", "- np.arccosh", "+ np.arccosh"),
    Mutant("root forgotten", "np.arccosh(np.sqrt(u))", "np.arccosh(u)"),
)
@for_all(any_sizes(smallest=3))
def test_saddle_node(sizes: Sizes):
    """Inside the curve there are three fixed points, outside one; on it, one of slope 1."""
    u = 1 + sizes.rng.exponential()
    beta = float(saddle_node(u))
    h = np.sqrt(1 - 1 / u)
    assert_close(np.tanh(u * h - beta), h, 1 + u)
    for sign in (-1, 1):
        assert len(fixed_points(u, sign * beta * (1 - 1e-6))) == 3
        assert len(fixed_points(u, sign * beta * (1 + 1e-6) + sign * 1e-9)) == 1


@guards(
    "eq-wall-steepness",
    "identity",
    Mutant("one factor too many", "powers.sum(axis=0)", "(multiplier(u, h0) * powers).sum(axis=0)"),
    Mutant("last power only", "powers.sum(axis=0)", "powers[-1]"),
    Mutant("slope forgotten", "(1 - h0**2) * ", ""),
)
@for_all(any_sizes(smallest=3))
def test_wall_steepness(sizes: Sizes):
    """The closed form, against the complex step through T steps at rest."""
    rng = sizes.rng
    u, h0, T = 1 + rng.exponential(), rng.uniform(-0.6, 0.6), sizes.T
    b = np.arctanh(h0) - u * h0
    steep = Wall(h0, 0.0, T).on_the_wall(u)
    scale = 10 * (1 + u) ** T
    assert_close(steep.u[0], run_unit(u + NUDGE, b, h0, T).imag / NUDGE.imag, scale)
    assert_close(steep.b[0], run_unit(u, b + NUDGE, h0, T).imag / NUDGE.imag, scale)
    power = (u * (1 - h0**2)) ** T
    if abs(u * (1 - h0**2) - 1) > 0.1:
        expected = (1 - h0**2) * (power - 1) / (u * (1 - h0**2) - 1)
        assert_close(steep.b[0], expected, scale)


@guards(
    "eq-clip-norm",
    "definition",
    Mutant("norm squared", "max_norm / norm", "max_norm / norm**2"),
    Mutant("threshold forgotten", "max_norm / norm", "1 / norm"),
)
@for_all(any_sizes(smallest=2))
def test_clip_norm(sizes: Sizes):
    gradient = some_gradient(sizes)
    g = flatten(gradient)
    norm = np.sqrt((g**2).sum())
    for max_norm in (0.3 * norm, 3 * norm):
        clipped = flatten(clip_by_global_norm(gradient, max_norm).gradient)
        assert_close(clipped, g * min(1, max_norm / norm), np.abs(g))


@guards(
    "eq-clip-value",
    "definition",
    Mutant("from above only", "-limit, limit", "-np.inf, limit"),
    Mutant("the sign", "np.clip(g, -limit, limit)", "limit * np.sign(g)"),
)
@for_all(any_sizes(smallest=2))
def test_clip_value(sizes: Sizes):
    gradient = some_gradient(sizes)
    g = flatten(gradient)
    limit = float(np.median(np.abs(g)))
    expected = np.sign(g) * np.minimum(np.abs(g), limit)
    assert_close(flatten(clip_by_value(gradient, limit).gradient), expected, np.abs(g))


@guards(
    "eq-clip-angle",
    "inequality",
    Mutant("positive entries only", "-limit, limit", "0, limit"),
    Mutant("what was cut off", "np.clip(g, -limit, limit)", "np.sign(g) / (1e-9 + np.abs(g))"),
)
@for_all(any_sizes(smallest=2), examples=50)
def test_clip_angle(sizes: Sizes):
    """The cosine is above 1/√n for every gradient, and comes as near as we like."""
    rng = sizes.rng
    gradient = some_gradient(sizes)
    n = flatten(gradient).size
    spread = map_leaves(lambda g: g * 10 ** rng.uniform(-3, 3, g.shape), gradient)
    negative = map_leaves(lambda g: -np.abs(g), gradient)
    for record in (gradient, spread, negative):
        for limit in np.quantile(np.abs(flatten(record)), [0.0, 0.3, 0.9]):
            assert cosine(record, float(limit)) >= (1 - 1e-12) / np.sqrt(n)
    ones = map_leaves(np.ones_like, gradient)
    large = np.ones_like(ones.W_hh)
    large[0, 0] = 1e6
    one_large = replace(ones, W_hh=large)
    assert cosine(one_large, 1.0) < (1 + 1e-3 * n) / np.sqrt(n)


def cosine(record, limit):
    g, clipped = flatten(record), flatten(clip_by_value(record, limit).gradient)
    size = np.linalg.norm(g) * np.linalg.norm(clipped)
    return g @ clipped / size if size else 0.0


@guards(
    "eq-clip-units",
    "identity",
    Mutant("norm squared", "max_norm / norm", "max_norm / norm**2"),
    Mutant("threshold squared", "max_norm / norm", "max_norm**2 / norm"),
)
@for_all(any_sizes(smallest=2))
def test_clip_units(sizes: Sizes):
    """A loss in other units: N times the gradient, N times the threshold, N times the step."""
    gradient = some_gradient(sizes)
    N, norm = sizes.rng.uniform(2, 500), np.linalg.norm(flatten(gradient))
    for threshold in (0.3 * norm, 3 * norm):
        scaled = clip_by_global_norm(map_leaves(lambda g: N * g, gradient), N * threshold)
        clipped = flatten(clip_by_global_norm(gradient, threshold).gradient)
        assert_close(flatten(scaled.gradient), N * clipped, N * np.abs(flatten(gradient)))
