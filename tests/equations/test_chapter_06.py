"""Guards of the equations of chapter 6, The gradient product."""

import numpy as np

from rnnlib import ElmanCell, unroll
from rnnlib.cells.activations import get
from rnnlib.product import (
    diagonal_formula,
    geometric_mean,
    log_norms,
    log_unit_products,
    log_weight_bound,
    products_from_first,
    products_to_last,
    step_jacobians,
)
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant

NUDGE = 1e-30j


def one_unit(sizes: Sizes):
    """A tanh unit with its weights, B input sequences of numbers and B initial states."""
    rng = sizes.rng
    u, w, b = rng.choice([-1, 1]) * rng.uniform(0.5, 2), rng.uniform(0.5, 1.5), rng.uniform(-1, 1)
    xs = rng.standard_normal((sizes.T, sizes.B, 1))
    return u, w, b, xs, rng.uniform(-0.9, 0.9, (sizes.B, 1))


def slope(s):
    """tanh', by a formula that shares nothing with rnnlib's."""
    return 1 / np.cosh(s) ** 2


def slow_products(u, s):
    """u^(T-k) Π_{j=k+1}^{T} tanh'(s_j) for k = 0 … T; s[j - 1] is s_j."""
    T = len(s)
    return np.array([u ** (T - k) * np.prod(slope(s[k:]), axis=0) for k in range(T + 1)])


@guards(
    "eq-one-factor",
    "definition",
    Mutant("φ'(h) for φ'(s)", "slopes[", "self.activation.derivative(self.activation(s))["),
    Mutant("u left out", "* self.W_hh", "* np.sign(self.W_hh)"),
)
@for_all(any_sizes(smallest=3))
def test_one_factor(sizes: Sizes):
    """The nudge of unit i that the next step passes on to unit i itself, by the complex step."""
    cell, xs, h0 = network(sizes)
    s = cell.total_input(h0, xs[0])
    for i in range(sizes.H):
        nudged = h0 + 1e-30j * np.eye(sizes.H)[i]
        h = np.tanh(nudged @ cell.W_hh.T + xs[0] @ cell.W_xh.T + cell.b_h)
        factor = cell.jacobian(s)[:, i, i]
        assert_close(factor, h[:, i].imag / 1e-30, abs(cell.W_hh[i, i]))


@guards(
    "eq-unit-chain",
    "identity",
    Mutant("the first factor each time", "matmul(J,", "matmul(next(factors.forward()),"),
    Mutant("chain broken", "products[t - 1]", "products[0]"),
)
@for_all(any_sizes(smallest=3))
def test_unit_chain(sizes: Sizes):
    u, w, b, xs, h0 = one_unit(sizes)
    cell = ElmanCell([[u]], [[w]], [b])
    run = unroll(cell, xs, h0)
    for k in range(sizes.T + 1):
        h = run.hs[k] + 1e-30j  # what a nudge of h_k becomes, by the complex step
        true = [np.ones_like(h0)]
        for x in xs[k:]:
            h = np.tanh(u * h + w * x + b)
            true.append(h.imag / 1e-30)
        if k < sizes.T:
            chain = products_from_first(step_jacobians(cell, run)[k:])
            growth = max(1.0, abs(u)) ** np.arange(sizes.T - k + 1)
            assert_close(chain[..., 0], np.array(true), growth[:, None, None])


@guards(
    "eq-unit-product",
    "identity",
    Mutant("k counted from the wrong end", "[::-1]", "[:]"),
    Mutant("sum for product", "np.cumprod", "np.cumsum"),
)
@for_all(any_sizes(smallest=3))
def test_unit_product(sizes: Sizes):
    u, w, b, xs, h0 = one_unit(sizes)
    cell = ElmanCell([[u]], [[w]], [b])
    run = unroll(cell, xs, h0)
    expected = slow_products(u, run.pre[..., 0])
    truth = diagonal_formula(step_jacobians(cell, run))[..., 0]
    assert_close(truth, expected, np.maximum(1.0, abs(u)) ** sizes.T)


@guards(
    "eq-unit-bound",
    "inequality",
    Mutant("φ(s) for φ'(s)", "slopes[", "self.activation(s)["),
    Mutant("u twice", "* self.W_hh", "* 2 * self.W_hh"),
)
@for_all(any_sizes(smallest=3), examples=50)
def test_unit_bound(sizes: Sizes):
    u, w, b, xs, h0 = one_unit(sizes)
    for name in ("tanh", "logistic", "relu", "identity"):
        cell, gamma = ElmanCell([[u]], [[w]], [b + 2], name), get(name).derivative_bound
        factors = step_jacobians(cell, unroll(cell, xs, h0))[..., 0, 0]
        sizes_of_products = np.abs(np.cumprod(factors, axis=0))
        bounds = (gamma * abs(u)) ** np.arange(1, sizes.T + 1)
        assert np.all(sizes_of_products <= bounds[:, None] * (1 + 1e-12))
    # Attained: a logistic unit that rests at h = ½, where its total input is 0.
    cell = ElmanCell([[u]], [[w]], [-u / 2], "logistic")
    run = unroll(cell, np.zeros((10, 1, 1)), [[0.5]])
    attained = np.abs(np.prod(step_jacobians(cell, run)))
    assert_close(attained, (abs(u) / 4) ** 10, (abs(u) / 4) ** 10)


@guards(
    "eq-step-jacobian",
    "definition",
    Mutant("φ' of the sender", "slopes[..., :, None]", "slopes[..., None, :]"),
    Mutant("spurious transpose", "* self.W_hh", "* self.W_hh.T"),
    Mutant("φ'(h) for φ'(s)", "slopes[", "self.activation.derivative(self.activation(s))["),
)
@for_all(any_sizes(smallest=2))
def test_step_jacobian(sizes: Sizes):
    """Column j is what a nudge of the old unit j makes of the new state, by the complex step."""
    cell, xs, h0 = network(sizes)
    J = cell.jacobian(cell.total_input(h0, xs[0]))
    for j in range(sizes.H):
        nudged = h0 + NUDGE * np.eye(sizes.H)[j]
        h = np.tanh(nudged @ cell.W_hh.T + xs[0] @ cell.W_xh.T + cell.b_h)
        assert_close(J[:, :, j], h.imag / NUDGE.imag, np.abs(cell.W_hh[:, j]))


@guards(
    "eq-gradient-product",
    "identity",
    Mutant(
        "oldest factor on the left",
        "products[k + 1], J",
        "J, products[k + 1]",
    ),
    Mutant(
        "squared instead of multiplied", "products[k + 1], J", "products[k + 1], products[k + 1]"
    ),
    Mutant("chain broken", "products[k + 1]", "products[-1]"),
    Mutant("factors transposed", ", J,", ", J.mT,"),
)
@for_all(any_sizes(smallest=3))
def test_gradient_product(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    run = unroll(cell, xs, h0)
    P = products_to_last(step_jacobians(cell, run))
    growth = max(1.0, np.linalg.norm(cell.W_hh)) ** sizes.T
    for k in range(sizes.T + 1):
        for j in range(sizes.H):
            h = run.hs[k] + NUDGE * np.eye(sizes.H)[j]
            for x in xs[k:]:
                h = np.tanh(h @ cell.W_hh.T + x @ cell.W_xh.T + cell.b_h)
            assert_close(P[k, :, :, j], h.imag / NUDGE.imag, growth)


@guards(
    "eq-weight-bound",
    "inequality",
    Mutant("γ left out", "cell.activation.derivative_bound * sigma_max", "sigma_max"),
    Mutant("half the norm", "* sigma_max", "* 0.5 * sigma_max"),
)
@for_all(any_sizes(smallest=3), examples=40)
def test_weight_bound(sizes: Sizes):
    for name in ("tanh", "logistic", "relu", "identity"):
        cell, xs, h0 = network(sizes, name)
        J = step_jacobians(cell, unroll(cell, xs, h0))
        bound = log_weight_bound(cell, sizes.T)
        for b in range(sizes.B):
            assert np.all(log_norms(J[:, b], norm="spectral") <= bound + 1e-12)
    # Attained: a symmetric W_hh, and every unit at the one point where logistic' is ¼.
    W = sizes.rng.standard_normal((sizes.H, sizes.H))
    W = W + W.T
    cell = ElmanCell(W, np.ones((sizes.H, 1)), -W.sum(axis=1) / 2, "logistic")
    run = unroll(cell, np.zeros((sizes.T, 1, 1)), np.full((1, sizes.H), 0.5))
    attained = log_norms(step_jacobians(cell, run)[:, 0], norm="spectral")
    bound = log_weight_bound(cell, sizes.T)
    assert_close(bound, attained, 1.0 + np.abs(attained))


@guards(
    "eq-log-product",
    "identity",
    Mutant("k counted from the wrong end", "[::-1]", "[:]"),
    Mutant("product for sum", "np.cumsum", "np.cumprod"),
)
@for_all(any_sizes(smallest=3))
def test_log_product(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    run = unroll(cell, xs, h0)
    logs = log_unit_products(step_jacobians(cell, run))
    for k in range(sizes.T + 1):
        terms = np.array(
            [np.log(np.abs(np.diag(cell.W_hh))) - 2 * np.log(np.cosh(s)) for s in run.pre[k:]]
        ).reshape(-1, sizes.B, sizes.H)
        # log(1 − tanh²) loses digits where tanh is near 1: its error is that of 1, over the slope.
        scale = np.abs(terms).sum(axis=0) + (1 / slope(run.pre[k:])).sum(axis=0)
        assert_close(logs[k], terms.sum(axis=0), scale)


@guards(
    "eq-jensen",
    "inequality",
    Mutant(
        "arithmetic mean of squares", "np.mean(logs, axis=0)", "np.mean(np.exp(2 * logs), axis=0)"
    ),
    Mutant("largest factor", "np.mean(", "np.max("),
    Mutant("smallest factor", "np.mean(", "np.min("),
)
@for_all(any_sizes(smallest=3), examples=100)
def test_jensen(sizes: Sizes):
    rng = sizes.rng
    factors = rng.normal(size=(sizes.T, sizes.B)) * rng.uniform(0.1, 10)
    mean = geometric_mean(factors)
    product = np.abs(np.prod(factors, axis=0))
    assert_close(mean**sizes.T, product, product)
    assert np.all(mean <= np.abs(factors).mean(axis=0))
    # Attained by equal factors, and nearly by nearly equal ones: the gap is half their variance.
    assert_close(geometric_mean(np.full(sizes.T, -0.3)), 0.3, 0.3)
    near = 1 + 1e-4 * rng.standard_normal(sizes.T)
    gap = near.mean() - geometric_mean(near)
    assert 0 <= gap and abs(gap - near.var() / 2) < 1e-10


@guards(
    "eq-diagonal-formula",
    "definition",
    Mutant("row sums", "np.diagonal(jacobians, axis1=-2, axis2=-1)", "jacobians.sum(axis=-1)"),
    Mutant("first column", "np.diagonal(jacobians, axis1=-2, axis2=-1)", "jacobians[..., 0]"),
)
@for_all(any_sizes(smallest=3))
def test_diagonal_formula(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    run = unroll(cell, xs, h0)
    u = np.diag(cell.W_hh)
    scale = np.maximum(1.0, np.abs(u)) ** sizes.T
    formula = diagonal_formula(step_jacobians(cell, run))
    assert_close(formula, slow_products(u, run.pre), scale)


@guards(
    "eq-two-steps",
    "identity",
    Mutant("the diagonal formula for the product", "np.matmul", "np.multiply"),
    Mutant(
        "old factor on the left",
        "J, products[t - 1]",
        "products[t - 1], J",
    ),
)
@for_all(any_sizes(smallest=3))
def test_two_steps(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    run = unroll(cell, xs, h0)
    W, first, second = cell.W_hh, slope(run.pre[0]), slope(run.pre[1])
    truth = products_from_first(step_jacobians(cell, run)[:2])[2]
    for i in range(sizes.H):
        direct = W[i, i] ** 2 * second[:, i] * first[:, i]
        detours = [second[:, i] * W[i, j] * first[:, j] * W[j, i] for j in range(sizes.H) if j != i]
        scale = np.abs(direct) + np.abs(detours).sum(axis=0)
        scale += np.abs(W[i]) @ np.abs(W[:, i])  # 1 − tanh² is exact to the rounding of 1
        assert_close(truth[:, i, i], direct + np.sum(detours, axis=0), scale)
        # Not an entry of the diagonal, so that the order of the factors is seen too.
        j = (i + 1) % sizes.H
        other = sum(second[:, i] * W[i, m] * first[:, m] * W[m, j] for m in range(sizes.H))
        assert_close(truth[:, i, j], other, np.abs(W[i]) @ np.abs(W[:, j]))


@guards(
    "eq-triangular",
    "identity",
    Mutant("sum for product", "np.cumprod", "np.cumsum"),
    Mutant("k counted from the wrong end", "[::-1]", "[:]"),
)
@for_all(any_sizes(smallest=3))
def test_triangular(sizes: Sizes):
    """Also when the triangle is hidden by numbering the units in another order."""
    cell, xs, h0 = network(sizes)
    order = sizes.rng.permutation(sizes.H)
    hidden = ElmanCell(np.tril(cell.W_hh)[np.ix_(order, order)], cell.W_xh, cell.b_h)
    jacobians = step_jacobians(hidden, unroll(hidden, xs, h0))
    formula = diagonal_formula(jacobians)
    truth = np.diagonal(products_to_last(jacobians), axis1=-2, axis2=-1)
    assert_close(truth, formula, np.abs(formula))
