"""Guards of the equations of chapter 11, How far back can it learn?"""

import numpy as np

from rnnlib import ElmanCell, bptt, unroll
from rnnlib.product import error_projection
from rnnlib.sweeps import wilson_interval
from rnnlib.training import Adding, regulariser, regulariser_at, total_errors
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant


def slope(s):
    """tanh', by a formula that shares nothing with rnnlib's."""
    return 1 / np.cosh(s) ** 2


def errors_by_jacobians(cell, run, dhs):
    """g_t of every step and sequence by products of step Jacobians, and what g_t J_t is."""
    steps, batch, _ = dhs.shape
    g, back = np.zeros_like(dhs), np.zeros_like(dhs)
    for b in range(batch):
        row = np.zeros(dhs.shape[-1])
        for t in range(steps, 0, -1):
            g[t - 1, b] = dhs[t - 1, b] + row
            J = np.diag(slope(run.pre[t - 1, b])) @ cell.W_hh
            back[t - 1, b] = row = g[t - 1, b] @ J
    return g, back


def random_run(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    run = unroll(cell, xs, h0)
    return cell, run, sizes.rng.standard_normal((sizes.T, sizes.B, sizes.H))


@guards(
    "eq-adding-chance",
    "definition",
    Mutant("the sum's for the mean", "1 / 24", "1 / 12"),
    Mutant("0.1767", "1 / 6", "0.1767"),
    Mutant("exchanged", "1 / 24 if", "1 / 6 if"),
)
def test_adding_chance():
    """The best constant's loss, by quadrature over both numbers and a search for the constant."""
    x = (np.arange(1000) + 0.5) / 1000
    total = x[:, None] + x
    for variant, target in (("pascanu", total / 2), ("arjovsky", total), ("bai", total)):
        losses = [((target - c) ** 2).mean() for c in np.linspace(0, 2, 41)]
        assert_close(Adding(20, variant).chance_loss, min(losses), 1.0, rtol=1e-6)


@guards(
    "eq-wilson",
    "definition",
    Mutant("z once", "+ a + root", "+ root"),
    Mutant("the larger root", "+ a + root", "+ a - root"),
    Mutant("the fraction itself", "2 * fraction**2 / (2 * fraction + a + root)", "fraction"),
)
def test_wilson():
    """Both ends are where the observed fraction is exactly z standard deviations away."""
    z = 1.959963984540054
    for n in (5, 20, 300):
        for m in range(1, n):
            found = wilson_interval(m, n)
            assert 0 < found.low < m / n < found.high < 1
            for p in (found.low, found.high):
                assert_close((m / n - p) ** 2, z**2 * p * (1 - p) / n, 1.0, rtol=1e-12)
    assert wilson_interval(0, 20).low == 0
    assert_close(wilson_interval(0, 20).high, z**2 / (20 + z**2), 1.0)


@guards(
    "eq-error-ratio",
    "definition",
    Mutant("spurious transpose", "deltas @ W_hh", "deltas @ W_hh.T"),
    Mutant("the slopes left out", "deltas @ W_hh", "errors @ W_hh"),
    Mutant("not relative", "/ before", "/ before.mean()"),
)
@for_all(any_sizes(smallest=3))
def test_error_ratio(sizes: Sizes):
    """One step and one sequence at a time, so that Ω is a function of a single ratio."""
    cell, run, dhs = random_run(sizes)
    g, back = errors_by_jacobians(cell, run, dhs)
    deltas = bptt(cell, run, dhs, deltas=True).deltas
    ratios = np.linalg.norm(back, axis=-1) / np.linalg.norm(g, axis=-1)
    scale = (1 + ratios**2) ** 2
    both = slice(0, 2)
    for t in range(sizes.T):
        found = regulariser_at(cell.W_hh, g[t : t + 1, both], deltas[t : t + 1, both]).value
        expected = ((ratios[t, both] ** 2 - 1) ** 2).mean()
        assert_close(found, expected, scale[t, both].max(), rtol=1e-9)


@guards(
    "eq-omega",
    "definition",
    Mutant("not squared", "(excess[counts] ** 2)", "np.abs(excess[counts])"),
    Mutant("a sum for the mean", " / n", ""),
    Mutant("mean over steps alone", " / n", " / errors.shape[0]"),
)
@for_all(any_sizes(smallest=3))
def test_omega(sizes: Sizes):
    cell, run, dhs = random_run(sizes)
    g, back = errors_by_jacobians(cell, run, dhs)
    terms = ((back**2).sum(-1) / (g**2).sum(-1) - 1) ** 2
    assert_close(regulariser(cell, run, dhs).value, terms.mean(), 1 + terms.max(), rtol=1e-9)


@guards(
    "eq-omega-gradient",
    "identity",
    Mutant("transposed", "rows.T @ back.reshape(rows.shape)", "back.reshape(rows.shape).T @ rows"),
    Mutant(
        "errors for δ",
        "rows.T @ back",
        "(weight[..., None] * errors).reshape(rows.shape).T @ back",
    ),
    Mutant("half of it", "rows.T @", "0.5 * rows.T @"),
)
@for_all(any_sizes(smallest=3))
def test_omega_gradient(sizes: Sizes):
    """Against the complex step, errors and δ frozen."""
    cell, run, dhs = random_run(sizes)
    g, _ = errors_by_jacobians(cell, run, dhs)
    deltas = bptt(cell, run, dhs, deltas=True).deltas
    gradient = regulariser_at(cell.W_hh, g, deltas).W_hh

    def value(W):
        v = deltas @ W
        return (((v * v).sum(-1) / (g * g).sum(-1) - 1) ** 2).mean()

    scale = (1 + np.abs(deltas).sum(-1) ** 2 / (g**2).sum(-1)).max() ** 2
    scale *= (1 + np.abs(cell.W_hh).sum()) ** 3
    for at in np.ndindex(gradient.shape):
        nudge = np.zeros(gradient.shape, complex)
        nudge[at] = 1e-30j
        assert_close(gradient[at], value(cell.W_hh + nudge).imag / 1e-30, scale, rtol=1e-11)


def projected(sizes: Sizes, steps_back: int = 1):
    """Return what rnnlib found, and g, P by a loop over steps and sequences."""
    cell, run, _ = random_run(sizes)
    g = sizes.rng.standard_normal((sizes.B, sizes.H))
    signs = sizes.rng.choice([-1.0, 1.0], sizes.B)
    P = np.tile(np.eye(sizes.H), (sizes.B, 1, 1))
    for b in range(sizes.B):
        for s in run.pre[steps_back:, b]:
            P[b] = np.diag(slope(s)) @ cell.W_hh @ P[b]
    return error_projection(cell, run, g, signs, step=steps_back), g, signs, P


@guards(
    "eq-projected-error",
    "definition",
    Mutant("forgets to go back", "bptt(cell, after, dh, inputs=False).h0", "dh"),
    Mutant("one step too far", "bptt(cell, after,", "bptt(cell, run,"),
)
@for_all(any_sizes(smallest=3))
def test_projected_error(sizes: Sizes):
    found, g, _, P = projected(sizes)
    for b in range(sizes.B):
        scale = np.abs(g[b]) @ np.abs(P[b]) + np.linalg.norm(P[b]) * np.abs(g[b]).sum()
        assert_close(found.errors[b], g[b] @ P[b], 1 + scale, rtol=1e-10)


@guards(
    "eq-reach",
    "definition",
    Mutant("not relative", " / size", ""),
    Mutant(
        "mean of lengths",
        "_norm(errors) / np.sqrt(batch)",
        "np.sqrt((errors**2).sum(axis=-1)).mean()",
    ),
)
@for_all(any_sizes(smallest=3))
def test_reach(sizes: Sizes):
    found, g, _, P = projected(sizes)
    lengths = [np.sum((g[b] @ P[b]) ** 2) for b in range(sizes.B)]
    assert_close(found.reach**2, np.sum(lengths) / np.sum(g**2), 1 + max(lengths), rtol=1e-9)


@guards(
    "eq-signal",
    "definition",
    Mutant("signs left out", "(signs[:, None] * errors)", "errors"),
    Mutant(
        "lengths added, not errors",
        "_norm((signs[:, None] * errors).mean(axis=0))",
        "np.linalg.norm(errors, axis=-1).mean()",
    ),
)
@for_all(any_sizes(smallest=3))
def test_signal(sizes: Sizes):
    found, g, signs, P = projected(sizes)
    mean = sum(signs[b] * (g[b] @ P[b]) for b in range(sizes.B)) / sizes.B
    size = np.sqrt(np.mean(np.sum(g**2, axis=1)))
    scale = 1 + max(np.linalg.norm(P[b]) for b in range(sizes.B)) * np.abs(g).max() / size
    assert_close(found.signal, np.linalg.norm(mean) / size, scale, rtol=1e-9)


@guards(
    "eq-reach-bound",
    "inequality",
    Mutant("not relative", " / size", ""),
    Mutant("relative to the mean sequence", " / size", " / np.linalg.norm(dh.mean(axis=0))"),
)
@for_all(any_sizes(smallest=3), examples=60)
def test_reach_bound(sizes: Sizes):
    found, _, _, P = projected(sizes)
    assert found.signal <= found.reach * (1 + 1e-12)
    assert found.reach <= max(np.linalg.norm(each, 2) for each in P) * (1 + 1e-12)
    # Attained, all three, by equal sequences whose error is what the product stretches most.
    W = sizes.rng.standard_normal((sizes.H, sizes.H))
    cell = ElmanCell(W, np.zeros((sizes.H, 1)), np.zeros(sizes.H))
    run = unroll(cell, np.zeros((sizes.T, sizes.B, 1)))
    P = np.linalg.matrix_power(W, sizes.T - 1)
    signs = np.resize([1.0, -1.0], sizes.B)
    best = 3 * signs[:, None] * np.linalg.svd(P)[0][:, 0]
    attained = error_projection(cell, run, best, signs)
    assert_close(
        [attained.signal, attained.reach],
        [np.linalg.norm(P, 2)] * 2,
        1 + np.linalg.norm(P),
        rtol=1e-9,
    )


def test_total_errors_are_those_of_the_jacobians():
    """The helper on which the guards above rely, against rnnlib's own."""
    cell, run, dhs = random_run(Sizes(4, 3, 2, 5, 2, 0))
    deltas = bptt(cell, run, dhs, deltas=True).deltas
    g, _ = errors_by_jacobians(cell, run, dhs)
    np.testing.assert_allclose(total_errors(cell.W_hh, dhs, deltas), g, rtol=1e-10)
