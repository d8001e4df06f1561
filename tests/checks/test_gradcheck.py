"""The gradient check finds what is wrong, names it, and refuses what it cannot judge."""

import math
from dataclasses import replace

import numpy as np
import pytest

from rnnlib import ElmanCell, Readout, bptt, softmax_cross_entropy, unroll
from rnnlib.checks import check_cell, check_gradient
from tests.equations.guards import catches
from tests.networks import SMOOTH, random_cell
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
    assert by_entry.method == method and not by_entry.wrong + by_entry.undecided
    assert check_gradient(loss_of, gradient, at=cell, method=method, directions=5).passed
    by_entry.raise_unless_right()


@pytest.mark.parametrize("method", ["auto", "central", "complex"])
def test_a_wrong_entry_is_named(method):
    loss_of, gradient, cell = network_loss("tanh")
    W_hh = gradient.W_hh.copy()
    W_hh[0, 2] *= 1.00001
    wrong = replace(gradient, W_hh=W_hh)
    report = check_gradient(loss_of, wrong, at=cell, method=method)
    assert report.verdict == "WRONG" and report.worst == "W_hh[0, 2]"
    assert report.wrong == ("W_hh[0, 2]",) and not report.undecided
    assert report.error == pytest.approx(1e-5, rel=1e-3)
    assert "gradient WRONG" in str(report) and "W_hh[0, 2]" in str(report)
    with pytest.raises(AssertionError, match=r"gradient WRONG .*\. Wrong: W_hh\[0, 2\]$"):
        report.raise_unless_right()
    W_hh[0, 2] *= 1.001
    wrong = replace(gradient, W_hh=W_hh)
    assert check_gradient(loss_of, wrong, at=cell, method=method, directions=3).verdict == "WRONG"


def test_a_report_is_true_only_if_the_gradient_is_right():
    x = np.ones(2)
    right = check_gradient(lambda x: (x**3).sum(), 3 * x**2, at=x)
    wrong = check_gradient(lambda x: (x**3).sum(), 4 * x**2, at=x)
    undecided = check_gradient(lambda x: 1 + 1e-13 * abs(x).sum(), 1e-13 * x, at=x)
    assert [r.verdict for r in (right, wrong, undecided)] == ["RIGHT", "WRONG", "UNDECIDED"]
    assert [bool(r) for r in (right, wrong, undecided)] == [True, False, False]
    with pytest.raises(
        AssertionError, match=r"nobody can tell about \[0\], \[1\]\. What helps: a f"
    ):
        undecided.raise_unless_right()


def vanished(factor, method):
    """Check `factor` times the gradient of a last state with respect to one 80 steps before."""
    cell = ElmanCell.random(3, 8, np.random.default_rng(1))
    xs, h0 = np.random.default_rng(2).standard_normal((80, 1, 3)), np.full((1, 8), 0.1)
    right = bptt(cell, unroll(cell, xs, h0), np.ones((1, 8)), inputs=False).h0
    assert 0 < np.abs(right).max() < 1e-18

    def last(h0):
        return unroll(cell, xs, h0).hs[-1].sum()

    return check_gradient(last, factor * right, at=h0, method=method)


@pytest.mark.parametrize("factor", [0.0, -1.0, 1.0, 3.0, 1000.0])
def test_differences_do_not_call_a_vanished_gradient_right(factor):
    report = vanished(factor, "central")
    assert report.verdict == "UNDECIDED" and len(report.undecided) == report.checked == 8
    assert "gradient UNDECIDED (central, 8 compared, 8 undecided)" in str(report)
    assert report.bound > 10 * max(abs(report.derived), abs(report.measured))
    with pytest.raises(AssertionError, match=r"\[0, 4\] and 3 more\. What helps: .* complex"):
        report.raise_unless_right()


@pytest.mark.parametrize("method", ["auto", "complex"])
def test_the_complex_step_sees_a_vanished_gradient(method):
    right = vanished(1.0, method)
    assert right.passed and right.method == "complex", str(right)
    for factor in (0.0, -1.0, 1.0001, 3.0):
        assert vanished(factor, method).verdict == "WRONG"


def test_what_differences_cannot_see_is_named():
    x, tiny = np.array([1.0, 1.0]), 1e-13
    report = check_gradient(
        lambda x: x[0] + tiny * x[1], np.array([1.0, -tiny]), at=x, method="central"
    )
    assert report.verdict == "UNDECIDED" and report.undecided == ("[1]",)
    by_step = check_gradient(lambda x: x[0] + tiny * x[1], np.array([1.0, -tiny]), at=x)
    assert by_step.wrong == ("[1]",)


def test_two_zeros_tell_nothing_by_differences():
    def first(x):
        return x[0]

    one, x = np.array([1.0, 0.0]), np.ones(2)
    assert check_gradient(first, one, at=x).passed
    assert check_gradient(first, one, at=x, method="central").undecided == ("[1]",)
    assert check_gradient(lambda x: 3.0 + 0 * x[0], np.zeros(2), at=x).passed
    assert check_cell(ElmanCell(np.zeros((3, 3)), np.ones((3, 1)), np.zeros(3))).passed


def test_a_function_that_loses_a_tiny_imaginary_part_is_not_believed():
    """All slopes are too small for differences, and the norm's imaginary part is 0."""
    x = np.array([3.0, 4.0])
    report = check_gradient(lambda x: 1 + 1e-14 * np.linalg.norm(x), 1e-14 * x / 5, at=x)
    assert report.verdict == "UNDECIDED" and report.method == "central"


def test_one_entry_through_abs_among_large_ones_is_not_lost():
    def f(x):
        return 1e4 * np.sin(x[0]) + 1e-3 * abs(x[1])

    x = np.array([0.3, -2.0])
    for slope, verdict in ((-1e-3, "RIGHT"), (0.0, "WRONG"), (1e-3, "WRONG")):
        report = check_gradient(f, np.array([1e4 * np.cos(0.3), slope]), at=x)
        assert report.verdict == verdict and report.method == "central", str(report)


@pytest.mark.parametrize("distance", [1e-12, 1e-9, 1e-6, 1e-3, 1.0])
@pytest.mark.parametrize("f", [lambda x: np.where(x > 0, x, 0 * x).sum(), lambda x: abs(x).sum()])
def test_a_kink_at_any_distance_is_no_false_alarm(f, distance):
    x = np.array([distance])
    assert check_gradient(f, [1.0], at=x).verdict in ("RIGHT", "UNDECIDED")
    assert check_gradient(f, [1.0], at=x, method="central").verdict in ("RIGHT", "UNDECIDED")
    assert check_gradient(f, [0.4], at=x).verdict in ("WRONG", "UNDECIDED")
    if distance >= 1e-6:
        assert check_gradient(f, [1.0], at=x).passed
        assert check_gradient(f, [0.4], at=x).verdict == "WRONG"


def test_at_a_kink_there_is_nothing_to_tell():
    for f in (lambda x: np.maximum(x, 0).sum(), lambda x: abs(x).sum()):
        for slope in (0.0, 1.0):
            assert check_gradient(f, [slope], at=[0.0]).verdict == "UNDECIDED"


def test_a_function_that_ends_nearby():
    for x in (1e-3, 1.0, 1e3):
        assert check_gradient(lambda x: np.log(x).sum(), [1 / x], at=[x]).passed
        assert check_gradient(lambda x: math.log(x[0]), [1 / x], at=[x]).passed
        assert check_gradient(lambda x: math.log(x[0]), [1.001 / x], at=[x]).verdict == "WRONG"


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
