"""Guards of the equations of chapter 14, Truncation: weights on distances, bias and variance."""

import itertools

import numpy as np

from rnnlib import bptt, unroll
from rnnlib.time import (
    beyond,
    chunk_weights,
    contributions,
    geometric_survival,
    geometric_variance,
    random_variance,
    random_weights,
    sliding_window_gradient,
    weighted_gradient,
)
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant

NUDGE = 1e-30j


def drawn(sizes: Sizes):
    """A network, a run of at least four steps, and an error at each step."""
    cell, _, h0 = network(sizes)
    T, rng = sizes.T + 3, sizes.rng
    xs = rng.standard_normal((T, sizes.B, sizes.I))
    return cell, xs, h0, rng.standard_normal((T, sizes.B, sizes.H))


def falling(rng: np.random.Generator, count: int):
    """Probabilities of reaching m steps back or further."""
    return np.cumprod(np.concatenate([[1.0], rng.uniform(0.4, 1, count - 1)]))


class Chosen(np.random.Generator):
    """A generator whose one random number is known."""

    def __init__(self, number: float):
        super().__init__(np.random.PCG64(0))
        self.number = number

    def random(self):
        return self.number


def outcomes(survival):
    """Every reach: its probability, and the weights that are drawn with it."""
    following = np.append(survival[1:], 0.0)
    return [
        (high - low, random_weights(survival, Chosen((low + high) / 2)))
        for high, low in zip(survival, following, strict=True)
        if high > low
    ]


@guards(
    "eq-weighted-gradient",
    "definition",
    Mutant("the newest weight for the oldest part", "weights[: len(few)]", "weights[::-1]"),
    Mutant("signs lost", "weights[: len(few)]", "np.abs(weights[: len(few)])"),
    Mutant("cumulative", "weights[: len(few)]", "np.cumsum(weights[: len(few)])"),
)
@for_all(any_sizes(smallest=2))
def test_weighted_gradient(sizes: Sizes):
    parts = sizes.rng.standard_normal((sizes.T, sizes.H, sizes.I))
    weights = sizes.rng.standard_normal(sizes.T)
    expected = sum(a * part for a, part in zip(weights, parts, strict=True))
    assert_close(weighted_gradient(parts, weights), expected, np.abs(parts).sum(axis=0) * 5)


@guards(
    "eq-frozen-loss",
    "identity",
    Mutant("one distance more", "range(window)", "range(window + 1)"),
    Mutant("one distance less", "range(window)", "range(window - 1)"),
)
@for_all(any_sizes(smallest=2), examples=15)
def test_frozen_loss(sizes: Sizes):
    """Each L_t begun w steps before, in the state of then as a number; by the complex step."""
    cell, xs, h0, dhs = drawn(sizes)
    run, T = unroll(cell, xs, h0), len(xs)
    directions = sizes.rng.standard_normal((3, sizes.H, sizes.H))
    for w in (1, 2, T - 1):
        found = sliding_window_gradient(cell, run, dhs, w).W_hh
        for V in directions:
            W, loss, scale = cell.W_hh + NUDGE * V, 0, 0
            for t in range(1, T + 1):
                h = run.hs[max(t - w, 0)].astype(complex)
                for k in range(max(t - w, 0) + 1, t + 1):
                    h = np.tanh(h @ W.T + xs[k - 1] @ cell.W_xh.T + cell.b_h)
                loss = loss + (dhs[t - 1] * h).sum()
                scale += np.abs(dhs[t - 1] * h.imag / NUDGE.imag).sum()
            assert_close((found * V).sum(), loss.imag / NUDGE.imag, scale + np.abs(found * V).sum())


def chunked(cell, xs, h0, dhs, window, offset):
    """The gradient of W_hh if the first chunk has `offset` steps, by two runs."""
    first = unroll(cell, xs[:offset], h0)
    rest = unroll(cell, xs[offset:], first.last)
    return (
        bptt(cell, first, dhs[:offset], window=window).cell.W_hh
        + bptt(cell, rest, dhs[offset:], window=window).cell.W_hh
    )


@guards(
    "eq-chunk-weights",
    "identity",
    Mutant("a box", "1 - distances / window", "1.0 * (distances < window)"),
    Mutant("one step short", "distances / window", "(distances + 1) / window"),
    Mutant("below zero", "np.maximum(0.0, ", "np.maximum(-9.0, "),
    Mutant("reaches twice as far", "distances / window", "distances / (2 * window)"),
)
@for_all(any_sizes(smallest=2), examples=15)
def test_chunk_weights(sizes: Sizes):
    """The mean over all offsets, exactly, first and last chunks included."""
    cell, xs, h0, dhs = drawn(sizes)
    parts = [part.W_hh for part in contributions(cell, unroll(cell, xs, h0), dhs)]
    for w in range(1, len(xs)):
        cut = [chunked(cell, xs, h0, dhs, w, offset) for offset in range(1, w + 1)]
        found = weighted_gradient(parts, chunk_weights(w, len(parts)))
        assert_close(found, np.mean(cut, axis=0), 10 * np.abs(parts).sum(axis=0))


@guards(
    "eq-beyond",
    "definition",
    Mutant("what lies nearer", "np.cumsum(table[::-1], axis=0)[::-1]", "np.cumsum(table, axis=0)"),
    Mutant("one further", "np.cumsum(table[::-1]", "np.cumsum(0 * table[:1] + table[::-1] * 2"),
    Mutant("without the own", "axis=0)[::-1]", "axis=0)[::-1] - table"),
)
@for_all(any_sizes(smallest=2))
def test_beyond(sizes: Sizes):
    """The gradient is a window and what lies beyond it."""
    cell, xs, h0, dhs = drawn(sizes)
    run = unroll(cell, xs, h0)
    parts = [part.W_hh for part in contributions(cell, run, dhs)]
    whole = bptt(cell, run, dhs).cell.W_hh
    for w, rest in enumerate(beyond(parts)[1:], start=1):
        window = sliding_window_gradient(cell, run, dhs, w).W_hh
        assert_close(rest, whole - window, 10 * np.abs(parts).sum(axis=0))


@guards(
    "eq-random-reach",
    "identity",
    Mutant("not made up for", "1 / survival[reached]", "1.0 + 0 * survival[reached]"),
    Mutant("made up for twice", "1 / survival[reached]", "1 / survival[reached] ** 2"),
    Mutant("all by the furthest", "1 / survival[reached]", "1 / survival[reached].min().repeat(9)"),
)
@for_all(any_sizes(smallest=2))
def test_random_reach(sizes: Sizes):
    """The mean of every weight is 1: over all reaches, each with its probability."""
    survival = falling(sizes.rng, sizes.T + 2)
    mean, total = np.zeros(len(survival)), 0.0
    for probability, weights in outcomes(survival):
        assert len(weights) <= len(survival)
        mean[: len(weights)] += probability * weights
        total += probability
    assert_close(total, 1.0, 1.0)
    assert_close(mean, np.ones(len(survival)), 1.0)


@guards(
    "eq-random-variance",
    "identity",
    Mutant("not the differences", "np.diff(1 / survival)", "1 / survival[1:]"),
    Mutant("differences of p", "np.diff(1 / survival)", "-np.diff(survival)"),
    Mutant("one window less", "biases[1:]", "biases[:-1]"),
    Mutant("norms, not squared", "biases[1:]", "np.sqrt(biases[1:])"),
)
@for_all(any_sizes(smallest=2))
def test_random_variance(sizes: Sizes):
    """Against the mean squared distance from the gradient, over all reaches."""
    parts = sizes.rng.standard_normal((sizes.T + 2, sizes.H, sizes.I))
    survival = falling(sizes.rng, len(parts))
    whole, expected = parts.sum(axis=0), 0.0
    for probability, weights in outcomes(survival):
        off = weighted_gradient(parts, weights) - whole
        expected += probability * (off**2).sum()
    scale = (np.abs(parts).sum(axis=0) ** 2).sum() / survival[-1]
    assert_close(random_variance(parts, survival), expected, scale)


@guards(
    "eq-geometric-variance",
    "identity",
    Mutant("the decay, not its square", "/ (p - squared)", "/ (p - squared**0.5)"),
    Mutant("p for 1 − p", "(1 - p) * squared", "p * squared"),
    Mutant("always finite", "if squared < p else", "if squared < 2 else"),
)
def test_geometric_variance():
    """Against the sum over the squared biases of all windows, and where that has no end."""
    for decay, steps in itertools.product((0.2, 0.5, 0.8, 0.9), (1.5, 3.0, 20.0)):
        p, m = 1 - 1 / steps, np.arange(1, 601)
        terms = np.exp(2 * m * np.log(decay) - m * np.log(p)) * (1 - p)
        found = geometric_variance(decay, steps)
        if decay**2 < p:
            assert_close(found, terms.sum(), terms.sum(), rtol=1e-9)
            few = geometric_survival(steps, 12)
            parts = decay ** np.arange(12.0) * np.append(np.full(11, 1 - decay), 1.0)
            assert_close(random_variance(parts, few), terms[:11].sum(), terms.sum(), rtol=1e-9)
        else:
            assert terms[-1] >= terms[0] and found == np.inf
