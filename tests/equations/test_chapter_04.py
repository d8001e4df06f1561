"""Guards of the equations of chapter 4, Backpropagation through time."""

import numpy as np

from rnnlib import ElmanCell, Readout, bptt, softmax_cross_entropy, unroll
from rnnlib._validate import Array
from rnnlib.time import forward_sensitivities, loss_reach
from rnnlib.time.sensitivities import _immediate_derivatives
from tests.equations.guards import guards
from tests.networks import plain
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant

TINY = 1e-100
"""The complex step: L(θ + iε) = L(θ) + iε dL/dθ to the last digit, for nothing is subtracted."""


class Case:
    """A network, a loss Σ_t Σ_b ⟨g_t, h_t⟩ and its derivatives in bare numpy, by the complex step.

    Whatever stands in an equation can be nudged at one step alone: the copies W^(t) of each
    weight, the total input s_t, the state h_t, the input x_t.
    """

    def __init__(self, sizes: Sizes) -> None:
        cell, self.xs, self.h0 = network(sizes)
        self.cell = plain(cell)
        T, B, H = sizes.T, sizes.B, sizes.H
        self.dhs = sizes.rng.standard_normal((T, B, H))
        self.shapes = {
            "W_hh": (T, *cell.W_hh.shape),
            "W_xh": (T, *cell.W_xh.shape),
            "b_h": (T, H),
            "s": (T, B, H),
            "x": self.xs.shape,
            "h": (T + 1, B, H),
        }
        self.run = unroll(self.cell, self.xs, self.h0)
        growth = max(1.0, float(np.linalg.norm(cell.W_hh)), float(np.linalg.norm(cell.W_xh)))
        size = max(1.0, float(np.abs(self.xs).max()))
        self.scale = growth**T * size * np.abs(self.dhs).sum()

    def losses(self, name: str, nudge: Array) -> Array:
        """L_1 … L_T with `nudge` added to one of the names above, each step having its own."""
        add = {key: np.zeros(shape) for key, shape in self.shapes.items()} | {name: nudge}
        h, cell, losses = self.h0 + add["h"][0], self.cell, []
        for t in range(len(self.xs)):
            W_hh, W_xh = cell.W_hh + add["W_hh"][t], cell.W_xh + add["W_xh"][t]
            x, b = self.xs[t] + add["x"][t], cell.b_h + add["b_h"][t]
            h = np.tanh(h @ W_hh.T + x @ W_xh.T + b + add["s"][t]) + add["h"][t + 1]
            losses.append((self.dhs[t] * h).sum())
        return np.array(losses)

    def derivative(self, name: str) -> Array:
        """∂L_t/∂(name at every step): axis 0 is t, the others are those of the nudge."""
        shape = self.shapes[name]
        result = np.empty((len(self.xs), *shape))
        for index in np.ndindex(shape):
            nudge = np.zeros(shape, complex)
            nudge[index] = 1j * TINY
            result[:, *index] = self.losses(name, nudge).imag / TINY
        return result


@guards(
    "eq-copies",
    "identity",
    Mutant(
        "only the first copy",
        "run.hs[:-1], run.xs, ds",
        "run.hs[:1], run.xs[:1], ds[:1]",
    ),
    Mutant(
        "only the last copy",
        "run.hs[:-1], run.xs, ds",
        "run.hs[-2:-1], run.xs[-1:], ds[-1:]",
    ),
)
@for_all(any_sizes(smallest=3))
def test_copies(sizes: Sizes):
    case = Case(sizes)
    gradient = bptt(case.cell, case.run, case.dhs).cell
    for name in ("W_hh", "W_xh", "b_h"):
        of_each_copy = case.derivative(name).sum(axis=0)
        assert_close(getattr(gradient, name), of_each_copy.sum(axis=0), case.scale)


@guards(
    "eq-immediate-derivative",
    "definition",
    Mutant("the old state moves too", "step(h_prev, x)", "step(h_prev + 1j * TINY, x)"),
    Mutant("the wrong step's old state", "step(h_prev, x)", "step(h_prev[::-1], x)"),
)
@for_all(any_sizes(smallest=3))
def test_immediate_derivative(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    run = unroll(cell, xs, h0)
    slope = 1 - np.tanh(run.pre) ** 2  # φ'(s_t)
    # Unit i's state answers at once to row i of each weight, and to no other row.
    blocks = [
        np.einsum("tbi,ia,tbj->tbiaj", slope, np.eye(sizes.H), heard)
        for heard in (run.hs[:-1], xs, np.ones((*xs.shape[:2], 1)))
    ]
    flat = [block.reshape(*slope.shape, -1) for block in blocks]
    expected = np.concatenate(flat, axis=-1)
    size = max(1.0, float(np.abs(xs).max()))
    assert_close(_immediate_derivatives(cell, run), expected, scale=size)


@guards(
    "eq-total-derivative",
    "identity",
    Mutant("old state held fixed", "carried + ", ""),
    Mutant("spurious transpose", "jacobians[t - 1] @", "jacobians[t - 1].swapaxes(-1, -2) @"),
    Mutant("the step before", "jacobians[t - 1] @", "jacobians[t - 2] @"),
)
@for_all(any_sizes(smallest=3, largest=4))
def test_total_derivative(sizes: Sizes):
    case = Case(sizes)
    found = forward_sensitivities(case.cell, case.run, case.dhs)
    # A loss that is one state of one sequence: its derivative by every weight, all copies at once.
    for t, b, i in ((1, 0, 0), (2, 1, 1), (sizes.T, sizes.B - 1, sizes.H - 1)):
        case.dhs = np.zeros_like(case.dhs)
        case.dhs[t - 1, b, i] = 1.0
        parts = [case.derivative(name)[t - 1].sum(axis=0) for name in ("W_hh", "W_xh", "b_h")]
        expected = np.concatenate([part.ravel() for part in parts])
        assert_close(found.states[t, b, i], expected, case.scale)


@guards(
    "eq-loss-at-state",
    "definition",
    Mutant(
        "the logits' errors in reverse", "dlogits @ self.W_ho", "dlogits[..., ::-1] @ self.W_ho"
    ),
    Mutant("absolute weights", "@ self.W_ho", "@ np.abs(self.W_ho)"),
)
@for_all(any_sizes(smallest=2))
def test_loss_at_state(sizes: Sizes):
    rng = sizes.rng
    readout = Readout(rng.standard_normal((sizes.V, sizes.H)), rng.standard_normal(sizes.V))
    h = rng.standard_normal((sizes.T, sizes.B, sizes.H))
    dlogits = rng.standard_normal((sizes.T, sizes.B, sizes.V))
    terms = np.array([dlogits[..., v, None] * readout.W_ho[v] for v in range(sizes.V)])
    assert_close(readout.vjp(h, dlogits)[1], terms.sum(axis=0), np.abs(terms).sum(axis=0))


@guards(
    "eq-two-sources",
    "identity",
    Mutant("missing carry", " + later", ""),
    Mutant("the loss of the step before", "dhs[t - 1]", "dhs[t - 2]"),
    Mutant("spurious transpose", "product(ds, self.W_hh,", "product(ds, self.W_hh.T,"),
)
@for_all(any_sizes(smallest=3))
def test_two_sources(sizes: Sizes):
    case = Case(sizes)
    gradient = bptt(case.cell, case.run, case.dhs, deltas=True)
    dh = case.derivative("h").sum(axis=0)  # dL/dh_0 … dL/dh_T
    assert_close(gradient.h0, dh[0], case.scale)
    slope = 1 - np.tanh(case.run.pre) ** 2
    assert_close(gradient.deltas, slope * dh[1:], case.scale)


@guards(
    "eq-delta",
    "definition",
    Mutant("φ'(h) for φ'(s)", "derivative_from(s, h)", "derivative(h)"),
    Mutant("φ' left out", "dh * slopes[0]", "dh"),
    Mutant("φ' squared", "dh * slopes[0]", "dh * slopes[0] ** 2"),
)
@for_all(any_sizes(smallest=2))
def test_delta(sizes: Sizes):
    case = Case(sizes)
    expected = case.derivative("s").sum(axis=0)
    assert_close(bptt(case.cell, case.run, case.dhs, deltas=True).deltas, expected, case.scale)


@guards(
    "eq-gradient-weights",
    "identity",
    Mutant(
        "outer product turned round",
        "delta[:, self.from_h].T @ h_rows",
        "h_rows.T @ delta[:, self.from_h]",
    ),
    Mutant("states one step late", "@ h_rows", "@ np.roll(h_rows, 1, axis=0)"),
    Mutant("inputs one step late", "@ x_rows", "@ np.roll(x_rows, 1, axis=0)"),
    Mutant("bias averaged", "@ delta", "@ delta / len(delta)"),
)
@for_all(any_sizes(smallest=3))
def test_gradient_weights(sizes: Sizes):
    case = Case(sizes)
    gradient = bptt(case.cell, case.run, case.dhs).cell
    delta = case.derivative("s").sum(axis=0)
    heard = {"W_hh": case.run.hs[:-1], "W_xh": case.xs}
    for name, array in heard.items():
        expected = sum(
            np.outer(delta[t, b], array[t, b]) for t in range(sizes.T) for b in range(sizes.B)
        )
        assert_close(getattr(gradient, name), expected, case.scale * sizes.T)
    assert_close(gradient.b_h, delta.sum(axis=(0, 1)), case.scale * sizes.T)


@guards(
    "eq-gradient-inputs",
    "identity",
    Mutant("absolute weights", "@ self.W_xh", "@ np.abs(self.W_xh)"),
    Mutant("a loss at h_0", "later, dxs", "later + dhs[0], dxs"),
)
@for_all(any_sizes(smallest=2))
def test_gradient_inputs(sizes: Sizes):
    case = Case(sizes)
    gradient = bptt(case.cell, case.run, case.dhs)
    assert_close(gradient.xs, case.derivative("x").sum(axis=0), case.scale)
    assert_close(gradient.h0, case.derivative("h").sum(axis=0)[0], case.scale)


@guards(
    "eq-error-reach",
    "identity",
    Mutant("one step late", "later + 1 - distance", "later - distance"),
    Mutant("the last losses dropped", "[1:]", "[:-1]"),
)
@for_all(any_sizes(smallest=3))
def test_error_reach(sizes: Sizes):
    case = Case(sizes)
    reach = loss_reach(case.cell, case.run, case.dhs)
    assert_close(reach, case.derivative("h"), case.scale)  # each L_t by each h_k, k > t included
    total = bptt(case.cell, case.run, case.dhs).h0
    assert_close(reach[:, 0].sum(axis=0), total, case.scale)


@guards(
    "eq-mean-over-time",
    "identity",
    Mutant("padding counted", "keep.sum()", "keep.size"),
    Mutant("mean over time of sums over the batch", "keep.sum()", "keep.shape[0]"),
)
@for_all(any_sizes(smallest=3))
def test_mean_over_time(sizes: Sizes):
    T, B, V, rng = sizes.T, sizes.B, sizes.V, sizes.rng
    cell, xs, h0 = network(sizes)
    readout = Readout(rng.standard_normal((V, sizes.H)), np.zeros(V))
    lengths = np.arange(B) % T + 1
    mask = np.arange(1, T + 1)[:, None] <= lengths  # at least one position is padding
    run, y = unroll(cell, xs, h0, lengths=lengths), rng.integers(0, V, (T, B))

    def gradient(reduction: str) -> ElmanCell:
        loss = softmax_cross_entropy(readout(run.hs[1:]), y, reduction=reduction, mask=mask)
        return bptt(cell, run, readout.vjp(run.hs[1:], loss.gradient)[1]).cell

    of_sum, of_mean = gradient("sum"), gradient("mean")
    for name in ("W_hh", "W_xh", "b_h"):
        expected = getattr(of_sum, name) / lengths.sum()
        assert_close(getattr(of_mean, name), expected, np.abs(expected).max())
