"""The gradient check finds what is wrong, names it, and refuses what it cannot judge."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from rnnlib import ElmanCell, Readout, bptt, softmax_cross_entropy, unroll
from rnnlib.checks import check_cell, check_gradient
from tests.equations.guards import catches
from tests.networks import SMOOTH, LeakyCell, random_cell
from tests.strategies import Sizes
from tools.equations import Mutant

CASE = Sizes(T=4, B=2, I=2, H=3, V=4, seed=3)


def network_loss(kind):
    cell = random_cell(kind, CASE)
    rng = np.random.default_rng(0)
    xs, readout = rng.standard_normal((4, 2, 2)), Readout.random(3, 4, rng)
    words = rng.integers(4, size=(4, 2))

    def loss_of(cell):
        logits = readout(unroll(cell, xs).hs[1:])
        picked = np.take_along_axis(logits, words[..., None], -1)[..., 0]
        return (np.log(np.exp(logits).sum(-1)) - picked).sum()

    run = unroll(cell, xs)
    loss = softmax_cross_entropy(readout(run.hs[1:]), words, reduction="sum")
    _, dhs = readout.vjp(run.hs[1:], loss.gradient)
    return loss_of, bptt(cell, run, dhs).cell, cell


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("method", ["central", "complex"])
def test_a_right_gradient_passes(kind, method):
    loss_of, gradient, cell = network_loss(kind)
    by_entry = check_gradient(loss_of, gradient, at=cell, method=method)
    assert by_entry.passed and by_entry.checked == cell.num_parameters, str(by_entry)
    assert check_gradient(loss_of, gradient, at=cell, method=method, directions=5).passed


@pytest.mark.parametrize("method", ["central", "complex"])
def test_a_wrong_entry_is_named(method):
    loss_of, gradient, cell = network_loss("tanh")
    W_hh = gradient.W_hh.copy()
    W_hh[0, 2] *= 1.001
    wrong = replace(gradient, W_hh=W_hh)
    report = check_gradient(loss_of, wrong, at=cell, method=method)
    assert not report.passed and report.worst == "W_hh[0, 2]"
    assert "gradient WRONG" in str(report) and "W_hh[0, 2]" in str(report)
    assert not check_gradient(loss_of, wrong, at=cell, method=method, directions=3).passed


def vanished(factor, method):
    """Check `factor` times the gradient of a last state with respect to one 40 steps before."""
    cell = ElmanCell.random(3, 8, np.random.default_rng(1))
    xs, h0 = np.random.default_rng(2).standard_normal((40, 1, 3)), np.full((1, 8), 0.1)
    right = bptt(cell, unroll(cell, xs, h0), np.ones((1, 8)), inputs=False).h0
    assert 0 < np.abs(right).max() < 1e-11

    def last(h0):
        return unroll(cell, xs, h0).hs[-1].sum()

    return check_gradient(last, factor * right, at=h0, method=method)


@pytest.mark.parametrize("factor", [0.0, -1.0, 1.0, 3.0, 1000.0])
def test_differences_do_not_call_a_vanished_gradient_right(factor):
    report = vanished(factor, "central")
    assert not report.passed and report.error <= 1
    assert report.unresolved == report.checked == 8
    assert "gradient UNDECIDED (central, 8 compared, 8 too small to tell)" in str(report)
    assert report.allowed > 10 * max(abs(report.derived), abs(report.measured))


def test_the_complex_step_sees_a_vanished_gradient():
    right = vanished(1.0, "complex")
    assert right.passed and right.unresolved == 0, str(right)
    for factor in (0.0, -1.0, 3.0):
        assert not vanished(factor, "complex").passed


def test_a_few_entries_too_small_to_tell_are_counted_and_no_more():
    x, tiny = np.array([1.0, 1.0]), 1e-13
    report = check_gradient(lambda x: x[0] + tiny * x[1], np.array([1.0, -tiny]), at=x)
    assert report.passed and report.unresolved == 1
    assert "gradient right (central, 2 compared, 1 too small to tell)" in str(report)
    large = check_gradient(lambda x: 1e10 + (x * x).sum(), 1.25 * 2 * x, at=x)
    assert not large.passed and large.unresolved == 2, str(large)


def test_two_zeros_tell_nothing_by_differences():
    one_of_two = check_gradient(lambda x: x[0], np.array([1.0, 0.0]), at=np.ones(2))
    assert one_of_two.passed and one_of_two.unresolved == 1
    assert not check_gradient(lambda x: 3.0, np.zeros(2), at=np.ones(2)).passed
    assert check_gradient(
        lambda x: 3.0 + 0 * x[0], np.zeros(2), np.ones(2), method="complex"
    ).passed
    assert check_cell(ElmanCell(np.zeros((3, 3)), np.ones((3, 1)), np.zeros(3))).passed


def test_a_function_may_write_into_its_argument():
    x = np.array([1.0, 2.0])
    square = check_gradient(lambda x: np.multiply(x, x, out=x).sum(), 2 * x, at=x)
    assert square.passed and x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("result", [None, "2", [1.0, 2.0], np.nan])
def test_a_function_that_returns_no_number_is_named(result):
    with pytest.raises(ValueError, match="function: expected it to return one finite number"):
        check_gradient(lambda x: result, [2.0], at=[1.0])


def test_a_seeded_bug_in_bptt_is_caught():
    def check():
        loss_of, gradient, cell = network_loss("tanh")
        assert check_gradient(loss_of, gradient, at=cell).passed

    transpose = Mutant("transpose", "np.dot(row, W_hh, ", "np.dot(row, W_hh.T, ")
    slope = Mutant("slope of the state before", "start + 1 : stop + 1", "start:stop")
    for mutant in (transpose, slope):
        catches(check, "rnnlib/fast/elman.py", mutant)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (1 / (1 + np.exp(-1e3 * np.abs(x)))).sum() + np.abs(x).sum(),
        lambda x: np.linalg.norm(x),
        lambda x: (x * np.conj(x)).sum(),
        lambda x: float(x.sum()),
        lambda x: np.array(x, dtype=float).sum(),
    ],
    ids=["abs", "norm", "conjugate", "float", "float buffer"],
)
def test_the_complex_step_refuses_what_is_not_analytic(function):
    x = np.array([0.5, -0.25])
    with pytest.raises(
        ValueError, match=r"function: expected one that (is analytic|takes complex)"
    ):
        check_gradient(function, np.ones(2), at=x, method="complex")


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_any_scale(scale):
    x = scale * np.array([1.0, -2.0, 3.0])
    slope = 4 * x**3 / scale**4
    for factor in (1.0, 1.01):
        report = check_gradient(lambda x: ((x / scale) ** 4).sum(), factor * slope, at=x)
        assert report.passed == (factor == 1.0), str(report)


@pytest.mark.parametrize("kind", SMOOTH)
def test_every_cell_fits_itself(kind):
    report = check_cell(random_cell(kind, CASE))
    assert report.passed, report


def test_a_cell_whose_methods_do_not_fit_is_told_where():
    class Forgetful(LeakyCell):
        def pull_back(self, dh, slope):
            return dh * slope, None

    cell = random_cell("leaky", CASE)
    report = check_cell(Forgetful(cell.W_hh, cell.W_xh, cell.b_h))
    assert not report.passed and not report.jacobian.passed and not report.h_prev.passed
    assert report.weights.passed and report.x.passed
    assert report.jacobian.worst in {f"jacobian[{i}, {i}]" for i in range(3)}


def test_a_jacobian_that_disagrees_with_the_step_is_told_where():
    class Wrong(ElmanCell):
        def jacobian(self, s, h_prev=None):
            J = super().jacobian(s, h_prev)
            J[..., 1, 2] += 0.5
            return J

    cell = random_cell("tanh", CASE)
    report = check_cell(Wrong(cell.W_hh, cell.W_xh, cell.b_h))
    assert report.jacobian.worst == "jacobian[1, 2]" and not report.jacobian.passed
    assert report.h_prev.passed


def broken(**methods):
    cell = random_cell("leaky", CASE)
    return type("Broken", (LeakyCell,), methods)(cell.W_hh, cell.W_xh, cell.b_h)


def write_to_dh(self, dh, slope):
    dh *= 2
    return dh * slope, None


def write_to_s(self, h_prev, s):
    s *= 0.5
    return np.tanh(s)


@pytest.mark.parametrize(
    ("methods", "error", "message"),
    [
        ({"slopes": lambda self, h_prev, s, h: 1 - h * h}, TypeError, "slopes: .* a tuple"),
        ({"slopes": lambda self, h_prev, s, h: (0.5,)}, ValueError, r"slopes\[0\]: .* got \(\)"),
        (
            {"slopes": lambda self, h_prev, s, h: (np.full(4, 0.5),)},
            ValueError,
            r"slopes\[0\]: expected time as the first axis, .*, got \(4,\)",
        ),
        (
            {"slopes": lambda self, h_prev, s, h: (0.1 * (1 - np.tanh(s[::-1]) ** 2),)},
            ValueError,
            r"slopes\[0\]: expected entry k of a block",
        ),
        ({"pull_back": lambda self, dh, sl: dh * sl}, TypeError, "pull_back: expected .∂L/∂s"),
        ({"pull_back": lambda self, dh, sl: (dh * sl, dh)}, ValueError, "pull_back: .* dh itself"),
        (
            {"pull_back": lambda self, dh, sl: ((dh * sl)[:, :1], None)},
            ValueError,
            r"pull_back: expected shape \(2, 3\) for ∂L/∂s, got \(2, 1\)",
        ),
        ({"pull_back": write_to_dh}, ValueError, "dh: expected the cell's methods not to write"),
        ({"transition": write_to_s}, ValueError, "s: expected the cell's methods not to write"),
        (
            {"transition": lambda self, h_prev, s: np.tanh(s[..., :2])},
            ValueError,
            r"transition: expected shape \(3, 2, 3\), got \(3, 2, 2\)",
        ),
    ],
)
def test_a_cell_that_breaks_the_contract_is_told_how(methods, error, message):
    with pytest.raises(error, match=message):
        check_cell(broken(**methods))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"method": "forward"}, ValueError, "method: expected 'central' or 'complex'"),
        ({"gradient": np.ones(3)}, ValueError, "gradient: expected 2 numbers"),
        ({"gradient": [np.nan, 0]}, ValueError, "gradient: expected finite"),
        ({"at": np.ones(2, np.float32)}, TypeError, "at: expected float64, got float32"),
        ({"directions": 0}, ValueError, "directions: expected at least 1"),
        ({"rtol": -1.0}, ValueError, "rtol: expected a finite number > 0"),
        ({"function": lambda x: x}, ValueError, "function: expected it to return one finite"),
        ({"function": lambda x: np.nan}, ValueError, "function: .* got nan"),
    ],
)
def test_bad_input(arguments, error, message):
    good = {"function": lambda x: x.sum(), "gradient": np.ones(2), "at": np.ones(2)}
    with pytest.raises(error, match=message):
        check_gradient(**(good | arguments))


def test_reports_are_records():
    report = check_gradient(lambda x: x.sum(), np.ones(2), at=np.ones(2))
    assert dataclasses.asdict(report)["method"] == "central"
