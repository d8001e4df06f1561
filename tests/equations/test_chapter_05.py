"""Guards of the equations of chapter 5, Checking gradients, and training."""

import numpy as np

from rnnlib import Readout, bptt, softmax_cross_entropy, tree, unroll
from rnnlib.checks import check_gradient, differences, report
from rnnlib.checks.slopes import Slope
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant


def wavy(sizes):
    """A function of H numbers, its gradient, a place and a direction."""
    rng = sizes.rng
    A, x, v = rng.standard_normal((4, sizes.H)), *rng.standard_normal((2, sizes.H))
    return (lambda x: np.sin(A @ x).sum() + 2), A.T @ np.cos(A @ x), x, v


@guards(
    "eq-directional",
    "identity",
    Mutant("signs lost", "v @ derived", "np.abs(v) @ derived"),
    Mutant("one entry only", "v @ derived", "v[0] * derived[0]"),
)
@for_all(any_sizes(smallest=2))
def test_directional(sizes: Sizes):
    f, gradient, x, _ = wavy(sizes)
    seed = sizes.seed
    found = check_gradient(f, gradient, at=x, directions=1, rng=np.random.default_rng(seed))
    terms = np.random.default_rng(seed).standard_normal(sizes.H) * gradient
    assert_close(found.derived, terms.sum(), np.abs(terms).sum())
    assert_close(found.measured, terms.sum(), 1 + np.abs(terms).sum(), rtol=1e-8)


@guards(
    "eq-central-difference",
    "definition",
    Mutant("step not doubled", "(2 * step)", "step"),
    Mutant("sum for difference", "above - below", "above + below"),
)
@for_all(any_sizes(smallest=2))
def test_central_difference(sizes: Sizes):
    f, _, x, v = wavy(sizes)
    for step in (1.0, 1e-3):
        above, below = f(x + step * v), f(x - step * v)
        measured = differences.central_difference(f, x, v, step)
        assert_close(measured, (above - below) / step / 2, (above + below) / step)


@guards(
    "eq-complex-step",
    "definition",
    Mutant("real part", "value.imag", "value.real"),
    Mutant("not divided", "/ step", "* step"),
)
@for_all(any_sizes(smallest=2))
def test_complex_step(sizes: Sizes):
    f, gradient, x, v = wavy(sizes)
    scale = 8 * np.abs(gradient * v).sum() + 8 * np.linalg.norm(v)
    assert_close(differences.complex_step(f, x, v), gradient @ v, scale)
    # With a long step its truncation shows: it is Im f / ε and not the slope itself.
    assert_close(differences.complex_step(f, x, v, 0.3), f(x + 0.3j * v).imag / 0.3, 1e3 * scale)


@guards(
    "eq-central-error",
    "inequality",
    Mutant("truncation halved", "third / 6", "third / 12"),
    Mutant("truncation doubled", "third / 6", "third / 3"),
    Mutant("rounding not divided", "noise / step", "noise * step"),
    Mutant("first order", "step**2", "step"),
)
def test_central_error():
    rng = np.random.default_rng(0)
    nearest = 0.0
    for _ in range(2000):
        a, x, phase = rng.uniform(0.1, 5), rng.standard_normal(), rng.uniform(0, 2 * np.pi)
        step, noise = 10 ** rng.uniform(-3, 0), 10 ** rng.uniform(-6, -1)
        kicks = rng.choice([-noise, noise], size=2)

        def rounded(y, a=a, x=x, phase=phase, kicks=kicks):
            return np.sin(a * y + phase) + kicks[int(y > x)]

        measured = differences.central_difference(rounded, x, 1.0, step)
        # sin(ax + b) has the third derivative a³ at most
        bound = differences.central_error_bound(step, noise, a**3)
        error = abs(measured - a * np.cos(a * x + phase))
        assert error <= bound * (1 + 1e-9) + 1e-12
        nearest = max(nearest, error / bound)
    assert nearest > 0.9

    # a cubic, rounded against us on either side, attains the bound
    for step, noise, a in ((0.1, 1e-3, 2.0), (0.01, 1e-6, 5.0), (0.5, 1e-2, 0.3)):

        def cubic(x, noise=noise, a=a):
            return a * x**3 + noise * np.sign(x)

        measured = differences.central_difference(cubic, 0.0, 1.0, step)
        assert_close(differences.central_error_bound(step, noise, 6 * a), measured, measured)


@guards(
    "eq-best-step",
    "identity",
    Mutant("factor forgotten", "3 * noise", "noise"),
    Mutant("square root", "1 / 3", "1 / 2"),
    Mutant("upside down", "noise / third", "third / noise"),
)
def test_best_step():
    rng = np.random.default_rng(0)
    for noise, third in 10 ** rng.uniform(-18, 2, (200, 2)):
        best = differences.best_step(noise, third)
        least = best**2 * third / 6 + noise / best
        for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0):
            step = factor * best
            assert step**2 * third / 6 + noise / step > least


@guards(
    "eq-allowed-difference",
    "definition",
    Mutant("the smaller one", "rtol * larger", "rtol * min(abs(derived), abs(slope.value))"),
    Mutant("bound forgotten", "off + bound", "off"),
    Mutant("bound excuses", "off + bound", "off - bound"),
    Mutant("derived only", "rtol * larger", "rtol * abs(derived)"),
)
def test_allowed_difference():
    """Right if every number within the bound agrees, wrong if none does, and else undecided."""
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(2000):
        rtol = 10 ** rng.uniform(-3, -1)
        measured = rng.standard_normal()
        bound = rtol * abs(measured) * rng.choice([0.0, 0.3, 1.0])
        derived = measured * (1 + rtol * rng.uniform(-2.5, 2.5))
        larger = max(abs(derived), abs(measured))
        inside = measured + bound * np.linspace(-1, 1, 201)
        agree = np.abs(inside - derived) <= rtol * larger
        expected = "RIGHT" if agree.all() else "UNDECIDED" if agree.any() else "WRONG"
        assert report.judge(derived, Slope(measured, bound), rtol) == expected
        seen.add(expected)
    assert seen == {"RIGHT", "WRONG", "UNDECIDED"}


@guards(
    "eq-descent",
    "identity",
    Mutant("signs lost", "product.sum()", "np.abs(product).sum()"),
    Mutant("largest entry only", "product.sum()", "product.max()"),
)
@for_all(any_sizes(smallest=2, largest=4), examples=15)
def test_descent(sizes: Sizes):
    cell, xs, h0 = network(sizes)
    rng = np.random.default_rng(sizes.seed + 1)
    readout = Readout.random(sizes.H, sizes.V, rng)
    targets = rng.integers(sizes.V, size=xs.shape[:2])

    def loss(cell):
        return softmax_cross_entropy(readout(unroll(cell, xs, h0).hs[1:]), targets)

    run = unroll(cell, xs, h0)
    gradient = bptt(cell, run, readout.vjp(run.hs[1:], loss(cell).gradient)[1]).cell
    wrong = tree.map_leaves(lambda g: g + 0.3 * rng.standard_normal(g.shape), gradient)

    def along(rate):
        return loss(tree.map_leaves(lambda w, g: w - rate * g, cell, wrong)).value

    step = 1e-4
    slope = (8 * (along(step) - along(-step)) - along(2 * step) + along(-2 * step)) / (12 * step)
    scale = 1 + tree.global_norm(gradient) * tree.global_norm(wrong)
    assert_close(-tree.inner(gradient, wrong), slope, scale, rtol=1e-7)
