"""Guards of the equations of chapter 7, Products of matrices."""

from itertools import pairwise, product

import numpy as np

from rnnlib.product import (
    closed_detours,
    count_paths,
    log_bounds,
    log_norms,
    log_step_volumes,
    log_volumes,
    path_terms,
)
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant

NUDGE = 1e-30j


def slope(s):
    """tanh', by a formula that shares nothing with rnnlib's."""
    return 1 / np.cosh(s) ** 2


def random_jacobians(sizes: Sizes):
    return sizes.rng.standard_normal((sizes.T, sizes.H, sizes.H))


def multiply(factors):
    """P = J_T … J_1, the newest factor on the left, and the same of the absolute values."""
    P = size = np.eye(factors.shape[-1])
    for J in factors:
        P, size = J @ P, np.abs(J) @ size
    return P, size


def orthogonal(rng, H):
    return np.linalg.qr(rng.standard_normal((H, H)))[0]


@guards(
    "eq-path-sum",
    "identity",
    Mutant("to and from exchanged", "units[:, 1:], units[:, :-1]", "units[:, :-1], units[:, 1:]"),
    Mutant("every factor of the first step", "np.arange(T)", "0 * np.arange(T)"),
    Mutant("paths that never leave", "units[:, :-1]", "units[:, 1:]"),
)
@for_all(any_sizes(smallest=3, largest=4))
def test_path_sum(sizes: Sizes):
    J = random_jacobians(sizes)
    P, scale = multiply(J)
    source, target = sizes.rng.choice(sizes.H, size=2, replace=False)
    for start, end in ((source, target), (target, source), (source, source)):
        terms = path_terms(J, start, end)
        assert len(terms) == sizes.H ** (sizes.T - 1)
        assert_close(terms.sum(), P[end, start], scale[end, start])
        assert_close(np.abs(terms).sum(), scale[end, start], scale[end, start])


@guards(
    "eq-path-count",
    "identity",
    Mutant("one step short", 'check_size("steps", steps)', "steps - 1"),
    Mutant("arrows reversed", "matrix_power(arrows,", "matrix_power(arrows.T,"),
)
@for_all(any_sizes(smallest=3, largest=4))
def test_path_count(sizes: Sizes):
    """Against walking every path, on a network with about half of its arrows."""
    W = np.where(sizes.rng.random((sizes.H, sizes.H)) < 0.5, 0.0, 1.5)
    W[0, 1], W[1, 0] = 1.0, 0.0
    counted = np.zeros((sizes.H, sizes.H))
    for walk in product(range(sizes.H), repeat=sizes.T + 1):
        counted[walk[-1], walk[0]] += all(W[new, old] for old, new in pairwise(walk))
    np.testing.assert_array_equal(count_paths(W, sizes.T).astype(float), counted)
    assert count_paths(np.ones((10, 10)), 30)[3, 5] == 10**29  # beyond any machine integer


@guards(
    "eq-closed-detours",
    "identity",
    Mutant("direct path not taken away", " - diagonal_formula(jacobians)", ""),
    Mutant("twice taken away", "- diagonal", "- 2 * diagonal"),
)
@for_all(any_sizes(smallest=3, largest=4))
def test_closed_detours(sizes: Sizes):
    J = random_jacobians(sizes)
    detours = closed_detours(J)
    for k in range(sizes.T + 1):
        scale = multiply(J[k:])[1]
        for i in range(sizes.H):
            total = 0.0
            for between in product(range(sizes.H), repeat=max(sizes.T - k - 1, 0)):
                if set(between) - {i}:  # another unit is visited
                    walk = (i, *between, i)
                    steps = zip(J[k:], walk[1:], walk[:-1], strict=True)
                    total += np.prod([factor[new, old] for factor, new, old in steps])
            assert_close(detours[k, i], total, scale[i, i])


@guards(
    "eq-step-bound",
    "inequality",
    Mutant("smallest singular value", "_log(largest)", "_log(smallest)"),
    Mutant("of both the mean", "_log(largest)", "_log(np.add(largest, smallest) / 2)"),
    Mutant("one step short", "_log(largest)", "_log([*largest[:-1], np.ones(())])"),
)
@for_all(any_sizes(smallest=3), examples=60)
def test_step_bound(sizes: Sizes):
    J = random_jacobians(sizes)
    truth = [np.log(np.linalg.norm(multiply(J[sizes.T - d :])[0], 2)) for d in range(sizes.T + 1)]
    assert np.all(truth <= log_bounds(J).upper + 1e-12)
    # Attained where each factor stretches most what the factor before it stretched most.
    bases = [orthogonal(sizes.rng, sizes.H) for _ in range(sizes.T + 1)]
    stretches = -np.sort(-sizes.rng.uniform(0.3, 3, (sizes.T, sizes.H)))
    aligned = np.array([bases[t + 1] * stretches[t] @ bases[t].T for t in range(sizes.T)])
    attained = log_norms(aligned, norm="spectral")
    assert_close(log_bounds(aligned).upper, attained, 1.0 + np.abs(attained))


@guards(
    "eq-lower-bound",
    "inequality",
    Mutant("largest singular value", "_log(smallest)", "_log(largest)"),
    Mutant("of both the mean", "_log(smallest)", "_log(np.add(largest, smallest) / 2)"),
)
@for_all(any_sizes(smallest=3), examples=60)
def test_lower_bound(sizes: Sizes):
    J = random_jacobians(sizes)
    for d in range(1, sizes.T + 1):
        smallest = 1 / np.linalg.norm(np.linalg.inv(multiply(J[sizes.T - d :])[0]), 2)
        assert log_bounds(J).lower[d] <= np.log(smallest) + 1e-6
    # Attained, for the smallest singular value of the product, by aligned factors.
    bases = [orthogonal(sizes.rng, sizes.H) for _ in range(sizes.T + 1)]
    stretches = -np.sort(-sizes.rng.uniform(0.3, 3, (sizes.T, sizes.H)))
    aligned = np.array([bases[t + 1] * stretches[t] @ bases[t].T for t in range(sizes.T)])
    attained = np.log(stretches[::-1, -1]).cumsum()
    assert_close(log_bounds(aligned).lower[1:], attained, 1.0 + np.abs(attained))


@guards(
    "eq-step-volume",
    "identity",
    Mutant("slopes left out", " + slopes.sum(axis=-1)", ""),
    Mutant("one slope instead of all", "slopes.sum(axis=-1)", "slopes[..., 0]"),
    Mutant(
        "sign of the determinant",
        "np.linalg.slogdet(cell.W_hh)[1]",
        "np.linalg.slogdet(cell.W_hh)[0]",
    ),
)
@for_all(any_sizes(smallest=3))
def test_step_volume(sizes: Sizes):
    """The determinant as a product of singular values of diag(φ'(s)) W."""
    cell, xs, h0 = network(sizes)
    s = cell.total_input(h0, xs[0])
    for row in s:
        J = np.diag(slope(row)) @ cell.W_hh
        logs = np.log(np.linalg.svd(J, compute_uv=False))
        # A small singular value is known to the rounding errors of the largest one.
        scale = 1 + np.exp(logs[0] - logs[-1]) + np.abs(logs).sum() + (1 / slope(row)).sum()
        assert_close(log_step_volumes(cell, row), logs.sum(), scale)


@guards(
    "eq-volume",
    "identity",
    Mutant("oldest step first", "_over_distance(logs,", "_over_distance(logs[::-1],"),
    Mutant("mean for sum", "factors.lengths)", "factors.lengths) / factors.steps"),
)
@for_all(any_sizes(smallest=3))
def test_volume(sizes: Sizes):
    J = random_jacobians(sizes)
    for d in range(sizes.T + 1):
        logs = np.log(np.linalg.svd(multiply(J[sizes.T - d :])[0], compute_uv=False))
        scale = 1 + np.exp(logs[0] - logs[-1]) + np.abs(logs).sum()
        assert_close(log_volumes(J)[d], logs.sum(), scale)


@guards(
    "eq-volume-bound",
    "inequality",
    Mutant("not divided by H", " / factors.size", ""),
    Mutant("divided by T", "factors.size", "factors.steps"),
)
@for_all(any_sizes(smallest=3), examples=60)
def test_volume_bound(sizes: Sizes):
    J = 3 * random_jacobians(sizes)
    found = log_bounds(J)
    assert np.all(found.lower <= found.volume + 1e-12)
    assert np.all(found.volume <= log_norms(J, norm="spectral") + 1e-12)
    # Attained by a product all of whose singular values are equal.
    rotations = np.array([orthogonal(sizes.rng, sizes.H) for _ in range(sizes.T)])
    attained = np.arange(sizes.T + 1) * np.log(1.7)
    assert_close(log_bounds(1.7 * rotations).volume, attained, 1.0 + attained)
