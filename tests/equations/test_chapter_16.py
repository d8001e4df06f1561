"""Guards of the equations of chapter 16, Linear recurrences."""

import numpy as np

from rnnlib import DiagonalCell, ElmanCell, GRUCell, unroll
from rnnlib.cells import Modes
from rnnlib.one_unit import (
    mode_likeness,
    modulus_sensitivity,
    phase_sensitivity,
    sensitivity_variance,
    state_variance,
)
from rnnlib.product import direct_path, layer_products, products_to_last, step_jacobians
from rnnlib.time import LRU, Stack, linear_scan, linear_scan_gradient
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

DECAYS = np.array([0.0, 0.5, 0.9, -0.7, 0.8j, 0.93 * np.exp(0.7j), 0.95 * np.exp(-2j)])
STEPS = np.arange(2000)


def complex_normal(rng, *shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def drawn(sizes):
    """Draw a diagonal cell with complex λ in and outside the circle, inputs and a first state."""
    rng, (T, B, I, H) = sizes.rng, (sizes.T, sizes.B, sizes.I, sizes.H)  # noqa: E741
    cell = DiagonalCell(complex_normal(rng, H), complex_normal(rng, H, I), complex_normal(rng, H))
    return cell, rng.standard_normal((T, B, I)), complex_normal(rng, B, H)


@guards(
    "eq-diagonal-state",
    "definition",
    Mutant("the conjugate", "h * self.W_hh if", "h * self.W_hh.conj() if"),
    Mutant("its size alone", "h * self.W_hh if", "h * np.abs(self.W_hh) if"),
)
@for_all(any_sizes(smallest=2))
def test_diagonal_state(sizes: Sizes):
    cell, xs, h0 = drawn(sizes)
    expected = np.diag(cell.W_hh) @ h0[0] + cell.W_xh @ xs[0, 0] + cell.b_h
    assert_close(cell.step(h0, xs[0])[0], expected, np.abs(expected).max() + 10)


@guards(
    "eq-diagonal-power",
    "identity",
    Mutant("the conjugate", "np.diag(self.W_hh)", "np.diag(self.W_hh.conj())"),
    Mutant("its size alone", "np.diag(self.W_hh)", "np.diag(np.abs(self.W_hh))"),
    Mutant("units that meet", "np.diag(self.W_hh)", "np.diag(self.W_hh) + 0.1"),
)
@for_all(any_sizes(smallest=2))
def test_diagonal_power(sizes: Sizes):
    """Entry by entry, against λ^(t−k)."""
    cell, xs, h0 = drawn(sizes)
    for k, P in enumerate(products_to_last(step_jacobians(cell, unroll(cell, xs, h0)))):
        expected = np.diag(cell.W_hh ** (sizes.T - k))
        assert_close(P[0], expected, (1 + np.abs(cell.W_hh).max()) ** sizes.T)


@guards(
    "eq-modes",
    "identity",
    Mutant("S for its inverse", "np.linalg.solve(S, network.W_xh)", "S @ network.W_xh"),
    Mutant("b as it was", "np.linalg.solve(S, network.b_h)", "network.b_h + 0 * S[0]"),
)
@for_all(any_sizes(smallest=2))
def test_modes(sizes: Sizes):
    """The states and the gradient product of a linear network, in its own coordinates and back."""
    rng = sizes.rng
    net = ElmanCell(
        rng.standard_normal((sizes.H, sizes.H)),
        rng.standard_normal((sizes.H, sizes.I)),
        rng.standard_normal(sizes.H),
        "identity",
    )
    modes = Modes.of(net)
    S, scale = modes.vectors, np.linalg.cond(modes.vectors)
    xs = rng.standard_normal((sizes.T, 1, sizes.I))
    run, apart = unroll(net, xs), unroll(modes.cell, xs)
    size = scale * (1 + np.abs(apart.hs).max()) * 100
    assert_close(apart.hs @ S.T, run.hs, size)
    turned = S @ np.diag(modes.cell.W_hh**sizes.T) @ np.linalg.inv(S)
    assert_close(turned, products_to_last(run)[0, 0], size * (1 + np.abs(turned).max()))


def kernel(decay):
    """Return λⁿ, what an input n steps ago is worth, and its derivative n λ^(n−1)."""
    with np.errstate(under="ignore"):
        return decay**STEPS, STEPS * decay ** np.maximum(STEPS - 1, 0)


@guards(
    "eq-mode-variance",
    "identity",
    Mutant("λ² with its sign", "np.abs(decay) ** 2", "decay.real ** 2"),
    Mutant("a standard deviation", "1 / (1 - np.abs(decay) ** 2)", "(1 - np.abs(decay)**2)**-0.5"),
    Mutant("the memory", "np.abs(decay) ** 2", "np.abs(decay)"),
)
def test_mode_variance():
    for decay in DECAYS:
        assert_close(state_variance(decay), (np.abs(kernel(decay)[0]) ** 2).sum(), 100.0)


@guards(
    "eq-sensitivity-variance",
    "identity",
    Mutant("1 − |λ|²", "(1 + squared)", "(1 - squared)"),
    Mutant("squared", "** 3", "** 2"),
)
def test_sensitivity_variance():
    for decay in DECAYS:
        expected = (np.abs(kernel(decay)[1]) ** 2).sum()
        assert_close(sensitivity_variance(decay), expected, 1e4)


@guards(
    "eq-coloured-variance",
    "identity",
    Mutant("the other way up", "(1 + turned) / (1 - turned)", "(1 - turned) / (1 + turned)"),
    Mutant("modulus", "((1 + turned) / (1 - turned)).real", "np.abs((1 + turned)/(1 - turned))"),
    Mutant("inputs are taken for white", "white * ((1 + turned) / (1 - turned)).real", "white"),
)
def test_coloured_variance():
    """A double sum over all pairs of inputs and their correlation."""
    n = STEPS[:700]
    apart = np.abs(n[:, None] - n)
    for rho in (0.9, 0.5, 0.0, -0.5):
        correlations = np.where(apart == 0, 1.0, rho**apart)
        for decay in DECAYS:
            powers = kernel(decay)[0][: len(n)]
            expected = (powers @ correlations @ powers.conj()).real
            assert_close(state_variance(decay, correlation=rho), expected, 1e3)


@guards(
    "eq-tied-sensitivity",
    "identity",
    Mutant("as if ζ were held", "slope**2 / left**2", "slope**2 * (2 - left) / left**2"),
    Mutant("no square", "left**2", "left"),
    Mutant("slope for its square", "slope**2 /", "slope /"),
)
def test_tied_sensitivity():
    """Σ |∂(ζ |λ|ⁿ)/∂a|², by the complex step; the phase has modulus 1."""
    step = 1e-30
    for modulus in (0.1, 0.5, 0.9, 0.95):
        for of_a, a in ((np.tanh, np.arctanh(modulus)), (np.exp, np.log(modulus))):
            moved = of_a(a + 1j * step)
            with np.errstate(under="ignore"):
                weights = np.sqrt(1 - moved**2) * moved**STEPS
            expected = ((weights.imag / step) ** 2).sum()
            slope = moved.imag / step
            found = modulus_sensitivity(modulus, slope, scale="tied")
            assert_close(found, expected, expected + 1, rtol=1e-10)


@guards(
    "eq-phase-sensitivity",
    "identity",
    Mutant("for the modulus", "modulus**2 * ", ""),
    Mutant("ζ moves along", '"apart"', '"tied"'),
    Mutant("not normalised", '"apart"', '"none"'),
)
def test_phase_sensitivity():
    """Σ |∂(ζ λⁿ)/∂ω|² with λ = |λ| e^{iω}: each term is ζ n |λ|ⁿ in size."""
    for modulus in (0.1, 0.5, 0.9, 0.95):
        expected = (1 - modulus**2) * ((STEPS * modulus**STEPS) ** 2).sum()
        assert_close(phase_sensitivity(modulus), expected, expected + 1)


@guards(
    "eq-mode-likeness",
    "identity",
    Mutant("no conjugate", "decay.conj() * other", "decay * other"),
    Mutant("no square", "* other) ** 2", "* other)"),
)
def test_mode_likeness():
    """|E h ḡ|²/(E|h|² E|g|²) by sums; and the distance of the two in the disc."""
    for decay in DECAYS:
        for other in DECAYS:
            h, g = kernel(decay)[0], kernel(other)[0]
            together, sizes = np.vdot(g, h), np.vdot(h, h).real * np.vdot(g, g).real
            assert_close(mode_likeness(decay, other), np.abs(together) ** 2 / sizes, 10.0)
            apart = np.abs(decay - other) / np.abs(1 - np.conj(decay) * other)
            assert_close(mode_likeness(decay, other), 1 - apart**2, 100.0)


@guards(
    "eq-lru-decay",
    "definition",
    Mutant("the sign of the decay", "np.exp(-np.exp(self.nu)", "np.exp(np.exp(self.nu)"),
    Mutant("a phase that is its own logarithm", "1j * np.exp(self.theta)", "1j * self.theta"),
    Mutant("the other way round", "+ 1j", "- 1j"),
)
@for_all(any_sizes(smallest=2))
def test_lru_decay(sizes: Sizes):
    rng, N = sizes.rng, sizes.V
    a, b, gamma = rng.standard_normal((3, N))
    zero = np.zeros((N, 1), complex)
    layer = LRU(a, b, gamma, zero, zero.T, np.zeros((1, 1)))
    modulus, phase = np.exp(-np.exp(a)), np.exp(b)
    assert np.all(modulus < 1)
    assert_close(layer.eigenvalues, modulus * (np.cos(phase) + 1j * np.sin(phase)), 10.0)


@guards(
    "eq-lru-scale",
    "identity",
    Mutant("ζ² for ζ", "0.5 * np.log1p", "np.log1p"),
    Mutant("1 − |λ|", "-2 * np.exp(nu)", "-1 * np.exp(nu)"),
)
@for_all(any_sizes(smallest=2))
def test_lru_scale(sizes: Sizes):
    """Scaled by ζ at the start, each unit of memory has variance 1."""
    layer = LRU.random(sizes.I, sizes.H, sizes.rng, smallest=0.2, largest=0.99)
    assert_close(np.exp(2 * layer.gamma) * state_variance(layer.eigenvalues), np.ones(sizes.H), 100)


@guards(
    "eq-scan-join",
    "identity",
    Mutant("the older factor", "factors[odd] * sums", "factors[even] * sums"),
    Mutant("the older sum twice", "+ sums[odd]", "+ sums[even]"),
    Mutant("no factor", "factors[odd] * sums[even]", "sums[even]"),
)
@for_all(any_sizes(smallest=2), examples=10)
def test_scan_join(sizes: Sizes):
    """The tree, which joins, against one step after the other; steps without a common λ."""
    rng, shape = sizes.rng, (4 + sizes.T, sizes.B, sizes.H)
    decay, inputs, h = complex_normal(rng, *shape), complex_normal(rng, *shape), 0
    scale = np.prod(1 + np.abs(decay).max(axis=(1, 2))) * (1 + np.abs(inputs).sum())
    states = linear_scan(decay, inputs, method="tree")[1:]
    for t, (factor, arriving) in enumerate(zip(decay, inputs, strict=True)):
        h = factor * h + arriving
        assert_close(states[t], h, scale)


@guards(
    "eq-scan-back",
    "identity",
    Mutant("λ of this step", "back[1:], np.zeros_like(back[:1])", "back"),
    Mutant("λ of the step before", "back[1:], np.zeros_like(back[:1])", "back[:1], back[:-1]"),
    Mutant("the conjugate", "[back[1:],", "[back[1:].conj(),"),
)
@for_all(any_sizes(smallest=3), examples=10)
def test_scan_back(sizes: Sizes):
    """∂L/∂v_t as a sum over all later steps, each with the product of the λ between."""
    rng, shape = sizes.rng, (sizes.T, sizes.B, sizes.H)
    decay, dhs = complex_normal(rng, *shape), complex_normal(rng, *shape)
    hs = linear_scan(decay, complex_normal(rng, *shape))
    scale = np.prod(1 + np.abs(decay).max(axis=(1, 2))) * np.abs(dhs).sum()
    for method in ("loop", "tree", "chunks"):
        found = linear_scan_gradient(decay, hs, dhs, method=method).inputs
        for t in range(sizes.T):
            terms = [dhs[s] * np.prod(decay[t + 1 : s + 1], axis=0) for s in range(t, sizes.T)]
            assert_close(found[t], sum(terms), scale)


@guards(
    "eq-input-gates",
    "identity",
    Mutant("gates added", "np.cumprod(newest_first", "np.cumsum(newest_first"),
    Mutant("oldest first", "axis=0)[::-1]", "axis=0)"),
)
@for_all(any_sizes(smallest=2))
def test_input_gates(sizes: Sizes):
    """A GRU that hears only its inputs: the whole product is a product of its z, unit by unit."""
    rng, (T, B, I, H) = sizes.rng, (sizes.T, sizes.B, sizes.I, sizes.H)  # noqa: E741
    U, b = rng.standard_normal((3 * H, I)), rng.standard_normal(3 * H)
    cell = GRUCell(np.zeros((3 * H, H)), U, b, b_n=rng.standard_normal(H))
    xs = rng.standard_normal((T, B, I))
    run = unroll(cell, xs, rng.standard_normal((B, H)))
    z = 1 / (1 + np.exp(-(xs @ U[H : 2 * H].T + b[H : 2 * H])))
    for k, P in enumerate(products_to_last(run)):
        expected = np.prod(z[k:], axis=0)
        assert_close(direct_path(cell, run)[k], expected, 1.0)
        assert_close(P, expected[..., None] * np.eye(H), 1.0)


@guards(
    "eq-two-layers",
    "identity",
    Mutant("the last step alone", "products[k + 1] @ jacobians[k]", "0"),
    Mutant("added, not multiplied", "products[k + 1] @ jacobians[k]", "products[k + 1]"),
)
@for_all(any_sizes(smallest=2), examples=10)
def test_two_layers(sizes: Sizes):
    """Unit by unit, Σ_j λ^j μ^(n−j); for λ = μ that is (n + 1) λⁿ."""
    rng, H, T = sizes.rng, sizes.H, sizes.T
    decay, other = complex_normal(rng, 2, H) / 2
    other[0] = decay[0]
    stack = Stack([DiagonalCell(d, np.eye(H) + 0j, np.zeros(H) + 0j) for d in (decay, other)])
    P = layer_products(stack, unroll(stack, rng.standard_normal((T, 1, H))), upper=1, lower=0)
    for n in range(T):
        expected = sum(decay**j * other ** (n - j) for j in range(n + 1))
        assert_close(P[T - n, 0], np.diag(expected), 10.0 + 3.0**T)
        assert_close(expected[0], (n + 1) * decay[0] ** n, 10.0 + 3.0**T)
