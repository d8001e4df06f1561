"""Guards of the equations of chapter 2, The forward equations."""

import numpy as np

from rnnlib import ElmanCell, Readout, unroll
from rnnlib.cells.activations import logistic, tanh
from tests.equations.guards import guards
from tests.networks import plain
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant


def total_input_by_sums(cell, h_prev, x):
    """s_i = Σ_j W_hh[i, j] h_j + Σ_k W_xh[i, k] x_k + b_i, and the sum of its absolute terms."""
    terms = np.array(
        [
            [*(w * h_prev), *(v * x), b]
            for w, v, b in zip(cell.W_hh, cell.W_xh, cell.b_h, strict=True)
        ]
    )
    return terms.sum(axis=1), np.abs(terms).sum(axis=1)


@guards(
    "eq-one-unit",
    "definition",
    Mutant(
        "activation left out",
        "self.activation(s)",
        "s",
    ),
    Mutant("old state for total input", "self.activation(s)", "self.activation(h_prev)"),
)
def test_one_unit():
    rng = np.random.default_rng(2)
    for u, w, b, h, x in rng.standard_normal((50, 5)):
        cell = ElmanCell([[u]], [[w]], [b])
        expected = (np.exp(2 * (u * h + w * x + b)) - 1) / (np.exp(2 * (u * h + w * x + b)) + 1)
        assert_close(cell.step([[h]], [[x]]), [[expected]], scale=1.0)


@guards(
    "eq-linear-memory",
    "identity",
    Mutant("one step late", "[t - 1], s)", "[t - 1], [s, *pre][t - 2])"),
    Mutant("memory doubled", "[t - 1], s)", "[t - 1], 2 * s)"),
)
@for_all(any_sizes(smallest=3))
def test_linear_memory(sizes: Sizes):
    u, w, h0 = sizes.rng.uniform(-1.2, 1.2, 3)
    x = sizes.rng.standard_normal(sizes.T)
    cell = plain(ElmanCell([[u]], [[w]], [0.0], "identity"))
    run = unroll(cell, x[:, None, None], [[h0]])
    for t in range(sizes.T + 1):
        terms = [u**t * h0, *(u ** (t - k) * w * x[k - 1] for k in range(1, t + 1))]
        assert_close(run.hs[t, 0, 0], np.sum(terms), np.sum(np.abs(terms)))


@guards(
    "eq-total-input",
    "definition",
    Mutant("spurious transpose", "h @ self.W_hh.T", "h @ self.W_hh"),
    Mutant("bias left out", " + self.b", ""),
    Mutant("input left out", " + x @ self.W_xh.T", ""),
)
@for_all(any_sizes(smallest=2))
def test_total_input(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    expected, scale = total_input_by_sums(cell, h0[0], xs[0, 0])
    assert_close(cell.total_input(h0[:1], xs[0, :1])[0], expected, scale)


@guards(
    "eq-state",
    "definition",
    Mutant("φ applied twice", "self.activation(", "self.activation(self.activation(1.0) * "),
)
@for_all(any_sizes())
def test_state(sizes: Sizes):
    cell, xs, h0 = network(sizes, "logistic")
    expected = 1 / (1 + np.exp(-cell.total_input(h0, xs[0])))
    assert_close(cell.step(h0, xs[0]), expected, scale=1.0)


@guards(
    "eq-batch",
    "identity",
    Mutant("rows mixed", "h @ self.W_hh.T", "h[::-1] @ self.W_hh.T"),
    Mutant("spurious transpose", "h @ self.W_hh.T", "h @ self.W_hh"),
)
@for_all(any_sizes(smallest=2))
def test_batch(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    batch = cell.total_input(h0, xs[0])
    for row, h, x in zip(batch, h0, xs[0], strict=True):
        assert_close(row, *total_input_by_sums(cell, h, x))


@guards(
    "eq-unrolled",
    "identity",
    Mutant(
        "state never moves on",
        "cell.transition(states[t - 1], s)",
        "states[0]",
    ),
    Mutant(
        "φ left out",
        "cell.transition(states[t - 1], s)",
        "s",
    ),
)
@for_all(any_sizes(smallest=2))
def test_unrolled(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    run = unroll(plain(cell), xs, h0)
    h = h0
    for t, x in enumerate(xs, start=1):
        h = np.tanh(h @ cell.W_hh.T + x @ cell.W_xh.T + cell.b_h)
        # An orbit multiplies rounding errors by up to ‖W_hh‖ at every step.
        assert_close(run.hs[t], h, scale=max(1.0, np.linalg.norm(cell.W_hh)) ** t)


@guards(
    "eq-readout",
    "definition",
    Mutant("bias left out", " + self.b_o", ""),
    Mutant("bias subtracted", "+ self.b_o", "- self.b_o"),
)
@for_all(any_sizes())
def test_readout(sizes: Sizes):
    rng = sizes.rng
    W_ho, b_o = rng.standard_normal((sizes.V, sizes.H)), rng.standard_normal(sizes.V)
    h = rng.standard_normal((sizes.T, sizes.B, sizes.H))
    terms = np.concatenate(
        [W_ho * h[..., None, :], np.broadcast_to(b_o[:, None], (*h.shape[:2], sizes.V, 1))], axis=-1
    )
    assert_close(Readout(W_ho, b_o)(h), terms.sum(axis=-1), np.abs(terms).sum(axis=-1))


@guards(
    "eq-parameter-count",
    "definition",
    Mutant("bias forgotten", "tree.leaves(self)", "tree.leaves(self)[:2]"),
    Mutant("rows counted", "array.size", "len(array)"),
)
@for_all(any_sizes())
def test_parameter_count(sizes: Sizes):
    cell, _, _ = network(sizes)
    assert cell.num_parameters == sizes.H * (sizes.H + sizes.I + 1)


S = np.concatenate([np.linspace(-6, 6, 241), [-300.0, 300.0]])


def central_difference(phi, s, step=6e-6):
    return (phi(s + step) - phi(s - step)) / (2 * step)


@guards(
    "eq-tanh-derivative",
    "identity",
    Mutant("tanh not squared", "np.tanh(s) ** 2", "np.abs(np.tanh(s))"),
    Mutant("φ'(h) for φ'(s)", "np.tanh(s)", "np.tanh(np.tanh(s))"),
)
def test_tanh_derivative():
    assert_close(tanh.derivative(S), central_difference(np.tanh, S), scale=1.0, rtol=1e-9)


@guards(
    "eq-logistic",
    "definition",
    Mutant("σ(2s)", "np.tanh(0.5 * s)", "np.tanh(s)"),
    Mutant("not shifted", "0.5 + 0.5 *", "0.5 *"),
)
def test_logistic():
    with np.errstate(over="ignore"):
        assert_close(logistic(S), 1 / (1 + np.exp(-S)), scale=1.0)


@guards(
    "eq-logistic-derivative",
    "identity",
    Mutant("the square only", "h * (1.0 - h)", "h * h"),
    Mutant("s for h", "(1.0 - h)", "(1.0 - s)"),
)
def test_logistic_derivative():
    assert_close(logistic.derivative(S), central_difference(logistic, S), scale=1.0, rtol=1e-9)
