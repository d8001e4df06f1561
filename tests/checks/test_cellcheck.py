"""A cell whose methods do not fit each other is told which, and where."""

import numpy as np
import pytest

from rnnlib import ElmanCell
from rnnlib.checks import check_cell
from tests.networks import SMOOTH, LeakyCell, random_cell
from tests.strategies import Sizes

CASE = Sizes(T=4, B=2, I=2, H=3, V=4, seed=3)


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
    assert report.weights.passed and report.x.passed and not report
    with pytest.raises(AssertionError, match="jacobian: gradient WRONG"):
        report.raise_unless_right()
    assert report.jacobian.worst in {f"[{i}, {i}]" for i in range(3)}


def test_a_jacobian_that_disagrees_with_the_step_is_told_where():
    class Wrong(ElmanCell):
        def jacobian(self, s, h_prev=None):
            J = super().jacobian(s, h_prev)
            J[..., 1, 2] += 0.5
            return J

    cell = random_cell("tanh", CASE)
    report = check_cell(Wrong(cell.W_hh, cell.W_xh, cell.b_h))
    assert report.jacobian.worst == "[1, 2]" and not report.jacobian.passed
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
