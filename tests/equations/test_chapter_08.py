"""Guards of the equations of chapter 8, Spectra and transients."""

import numpy as np

from rnnlib import ElmanCell, unroll
from rnnlib.product import (
    gelfand_radii,
    kreiss_bound,
    log_absolute_bound,
    log_norms,
    log_radius_bound,
    log_similarity_bound,
    products_to_last,
    spectral_radius,
    step_jacobians,
)
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant


def with_known_spectrum(rng, H):
    """Build S D S⁻¹ with one pair a ± ib and H − 2 real eigenvalues; return it with ρ and S."""
    a, b = rng.uniform(-1, 1, 2)
    D = np.diag(np.r_[0.0, 0.0, rng.uniform(-1, 1, H - 2)])
    D[:2, :2] = [[a, -b], [b, a]]
    # S is orthogonal but for a shear, so that the eigenvalues are known to many digits.
    S = orthogonal(rng, H) @ (np.eye(H) + np.triu(rng.uniform(-1, 1, (H, H)), 1))
    radius = max(np.hypot(a, b), *np.abs(np.diag(D)[2:]), 0.0)
    return S @ D @ np.linalg.inv(S), radius


def orthogonal(rng, H):
    return np.linalg.qr(rng.standard_normal((H, H)))[0]


def powers(M, steps):
    """log ‖M^n‖ for n = 0 … steps, by multiplying out."""
    P, logs = np.eye(len(M)), [0.0]
    for _ in range(steps):
        P = M @ P
        logs.append(np.log(np.linalg.norm(P, 2)))
    return np.array(logs)


@guards(
    "eq-spectral-radius",
    "definition",
    Mutant("singular values", "eigvals(matrices)", "svd(matrices, compute_uv=False)"),
    Mutant("real part instead of modulus", "np.abs(np.linalg.eigvals(matrices))",
           "np.linalg.eigvals(matrices).real"),
    Mutant("smallest eigenvalue", ".max(axis=-1)", ".min(axis=-1)"),
)  # fmt: skip
@for_all(any_sizes(smallest=2))
def test_spectral_radius(sizes: Sizes):
    cases = [with_known_spectrum(sizes.rng, sizes.H) for _ in range(3)]
    found = spectral_radius(np.array([M for M, _ in cases]))
    assert_close(found, np.array([radius for _, radius in cases]), 1.0, rtol=1e-6)


@guards(
    "eq-radius-bound",
    "inequality",
    Mutant("one step ahead", "powers * log_radius", "(powers - 1) * log_radius"),
    Mutant("largest singular value", "log_radius]", "_log(np.linalg.norm(matrix, 2))]"),
    Mutant("half the rate", "powers * log_radius", "0.5 * powers * log_radius"),
)  # fmt: skip
@for_all(any_sizes(smallest=3), examples=60)
def test_radius_bound(sizes: Sizes):
    M = sizes.rng.uniform(0.2, 2) * sizes.rng.standard_normal((sizes.H, sizes.H))
    assert np.all(log_radius_bound(M, sizes.T) <= powers(M, sizes.T) + 1e-9)
    # Attained by a normal matrix: here not symmetric, with a pair of complex eigenvalues.
    Q, D = orthogonal(sizes.rng, sizes.H), np.diag(sizes.rng.uniform(0.1, 0.3, sizes.H))
    D[:2, :2] = [[0.3, -0.4], [0.4, 0.3]]
    normal = Q @ D @ Q.T
    assert_close(log_radius_bound(normal, sizes.T), powers(normal, sizes.T), 10.0)


@guards(
    "eq-similarity-bound",
    "inequality",
    Mutant("condition number left out", "np.log(np.linalg.cond(S)) + ", ""),
    Mutant("condition number paid at each step", "np.log(np.linalg.cond(S)) + ",
           "np.log(np.linalg.cond(S)) * np.arange(steps + 1) + "),
    Mutant("rate left out", "powers * rate", "0 * powers"),
)  # fmt: skip
@for_all(any_sizes(smallest=3), examples=40)
def test_similarity_bound(sizes: Sizes):
    M, S = sizes.rng.standard_normal((2, sizes.H, sizes.H))
    truth = powers(M, sizes.T)
    assert np.all(truth <= log_similarity_bound(M, S, sizes.T) + 1e-8)
    eigenvectors = np.linalg.eig(M)[1]
    assert np.all(truth <= log_similarity_bound(M, eigenvectors, sizes.T) + 1e-8)
    # Attained but for the factor κ(S) by a turn in the basis S, when the two norms agree again.
    turn, before, after = (orthogonal(sizes.rng, sizes.H) for _ in range(3))
    S = before @ np.diag(np.geomspace(1, 100, sizes.H)) @ after
    sheared = 0.5 * S @ turn @ np.linalg.inv(S)
    bound = log_similarity_bound(sheared, S, sizes.T)
    log_cond = np.log(np.linalg.norm(S, 2) * np.linalg.norm(np.linalg.inv(S), 2))
    assert_close(bound, log_cond + np.arange(sizes.T + 1) * np.log(0.5), 10 * log_cond, 1e-9)


@guards(
    "eq-gelfand",
    "identity",
    Mutant("root left out", " / 2**k", ""),
    Mutant("root of the wrong order", "2**k", "(k + 1)"),
    Mutant("half a root", "2**k", "2 ** (k + 1)"),
)
@for_all(any_sizes(smallest=3), examples=40)
def test_gelfand(sizes: Sizes):
    M, radius = with_known_spectrum(sizes.rng, sizes.H)
    radii = gelfand_radii(M, 40)
    assert_close(radii[-1], radius, 1.0, rtol=1e-6)
    # Each of them, not only the limit, as long as the power can be multiplied out.
    for k in range(4):
        size = np.linalg.norm(np.linalg.matrix_power(M, 2**k), 2)
        assert_close(radii[k], size ** (1 / 2**k), 1.0 + size, rtol=1e-9)


@guards(
    "eq-kreiss",
    "inequality",
    Mutant("|z| for |z| - 1", "(np.abs(z) - 1)", "np.abs(z)"),
    Mutant("half the resolvent", "(np.abs(z) - 1)", "(np.abs(z) - 1) / 2"),
    Mutant("without the factor", "(np.abs(z) - 1) * ", ""),
)
@for_all(any_sizes(smallest=3), examples=15)
def test_kreiss(sizes: Sizes):
    M = np.triu(sizes.rng.standard_normal((sizes.H, sizes.H)) * 3, 1)
    M += np.diag(sizes.rng.uniform(-0.9, 0.9, sizes.H))
    M = M if sizes.seed % 2 else M.T
    assert kreiss_bound(M).value <= np.exp(powers(M, 300).max()) * (1 + 1e-9)
    # Attained where no power exceeds 1: by a matrix that only turns.
    turn = orthogonal(sizes.rng, sizes.H)
    assert 0.999 <= kreiss_bound(turn).value <= 1 + 1e-9


@guards(
    "eq-entrywise-bound",
    "inequality",
    Mutant("γ left out", "cell.activation.derivative_bound * ", ""),
    Mutant("signs kept", "np.abs(cell.W_hh)", "cell.W_hh"),
    Mutant("diagonal only", "np.abs(cell.W_hh)", "np.diag(np.abs(np.diag(cell.W_hh)))"),
)
@for_all(any_sizes(smallest=3), examples=40)
def test_entrywise_bound(sizes: Sizes):
    """Each entry of |P| is at most that of (γ|W|)^n; through the norm of what rnnlib multiplies."""
    for name, gamma in (("tanh", 1.0), ("logistic", 0.25), ("relu", 1.0)):
        cell, xs, h0 = network(sizes, name)
        P = products_to_last(step_jacobians(cell, unroll(cell, xs, h0)))[::-1]
        bound = np.eye(sizes.H)
        for n in range(sizes.T + 1):
            assert np.all(np.abs(P[n]) <= bound * (1 + 1e-12))
            size = np.exp(log_absolute_bound(cell, sizes.T)[n])
            assert_close(size, np.linalg.norm(bound, 2), np.linalg.norm(bound))
            bound = gamma * np.abs(cell.W_hh) @ bound


@guards(
    "eq-absolute-bound",
    "inequality",
    Mutant("one factor short", "log_norms(factors)", "log_norms(factors[1:])"),
    Mutant("largest entry only", "log_norms(factors)",
           "np.arange(steps + 1) * np.log(bound.max())"),
    Mutant("half of each factor", "log_norms(factors)", "log_norms(0.5 * factors)"),
)  # fmt: skip
@for_all(any_sizes(smallest=3), examples=40)
def test_absolute_bound(sizes: Sizes):
    for name in ("tanh", "logistic", "relu", "identity"):
        cell, xs, h0 = network(sizes, name)
        J = step_jacobians(cell, unroll(cell, xs, h0))
        bound = log_absolute_bound(cell, sizes.T)
        assert len(bound) == sizes.T + 1
        for b in range(sizes.B):
            assert np.all(log_norms(J[:, b], norm="spectral") <= bound + 1e-12)
    # Attained: no weight below 0, and every unit at the one point where logistic' is ¼.
    W = np.abs(sizes.rng.standard_normal((sizes.H, sizes.H)))
    cell = ElmanCell(W, np.ones((sizes.H, 1)), -W.sum(axis=1) / 2, "logistic")
    run = unroll(cell, np.zeros((sizes.T, 1, 1)), np.full((1, sizes.H), 0.5))
    attained = log_norms(step_jacobians(cell, run)[:, 0], norm="spectral")
    assert_close(log_absolute_bound(cell, sizes.T), attained, 1.0 + np.abs(attained))
