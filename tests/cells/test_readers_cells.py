"""Cells of the reader's own: other layouts, other steps, arrays of no axes, and what is refused."""

from dataclasses import dataclass

import numpy as np
import pytest

from rnnlib import Cell, ElmanCell, GRUCell, bptt, tree, unroll
from rnnlib.cells import TotalInput
from rnnlib.cells.activations import logistic
from rnnlib.checks import check_cell, check_gradient
from rnnlib.product import products_to_last, step_jacobians
from rnnlib.time import contributions, forward_sensitivities
from rnnlib.training import SGD
from tests.equations.guards import catches
from tests.networks import KINDS, random_cell
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

SIZES = Sizes(T=5, B=2, I=2, H=3, V=1, seed=3)


@dataclass(frozen=True, eq=False)
class MGU(Cell):
    """The minimal gated unit with the gate after the product: its total inputs are [n, f, q]."""

    b_n: np.ndarray

    rows_per_unit = 2

    def weights(self):
        H = self.hidden_size  # rows f, n; x reaches [n, f], h reaches [f, q]
        W_xh = np.concatenate([self.W_xh[H:], self.W_xh[:H]])
        b = np.concatenate([self.b_h[H:], self.b_h[:H], self.b_n])
        return TotalInput(self.W_hh, W_xh, b, from_h=slice(H, None), from_x=slice(2 * H))

    def gates(self, s):
        s_n, s_f, q = np.split(s, 3, axis=-1)
        f = logistic(s_f)
        return f, np.tanh(s_n + f * q), q

    def transition(self, h_prev, s):
        f, n, _ = self.gates(s)
        return (1 - f) * h_prev + f * n

    def slopes(self, h_prev, s, h):
        f, n, q = self.gates(s)
        by_n = f * (1 - n**2)
        return by_n, (n - h_prev + by_n * q) * f * (1 - f), by_n * f, 1 - f

    def pull_back(self, dh, by_n, by_f, by_q, keep):
        return np.concatenate([dh * by_n, dh * by_f, dh * by_q], axis=-1), dh * keep


@dataclass(frozen=True, eq=False)
class LeakyMGU(MGU):
    """An array past s_t beside one that the total input knows of."""

    leak: np.ndarray

    def transition(self, h_prev, s):
        return self.leak * super().transition(h_prev, s)

    def slopes(self, h_prev, s, h):
        return (*super().slopes(h_prev, s, h), h / self.leak)

    def pull_back(self, dh, *slopes):
        return super().pull_back(dh * self.leak, *slopes[:-1])

    def pull_to_own(self, dh, *slopes):
        return (dh * slopes[-1],)


@dataclass(frozen=True, eq=False)
class TiedCell(ElmanCell):
    """One bias for all units: the same number in many places, whose gradients add up."""

    def weights(self):
        return TotalInput(self.W_hh, self.W_xh, np.repeat(self.b_h[:1], self.hidden_size))


def mgu(kind=MGU, *own):
    rng, H = SIZES.rng, SIZES.H
    shapes = ((2 * H, H), (2 * H, SIZES.I), (2 * H,), (H,))
    return kind(*(0.7 * rng.standard_normal(shape) for shape in shapes), *own)


CELLS = {
    "another layout": lambda: mgu(),
    "and an array of its own": lambda: mgu(LeakyMGU, np.array([0.5, 0.7, 0.9])),
    "and a number of its own": lambda: mgu(LeakyMGU, np.array(0.8)),
    "a shared bias": lambda: TiedCell(*tree.leaves(random_cell("tanh", SIZES))),
}


@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
def test_a_layout_is_said_once(make):
    """Gradients by four routes, of every number, with `weights` alone."""
    cell, rng = make(), np.random.default_rng(0)
    xs, h0 = rng.standard_normal((SIZES.T, SIZES.B, SIZES.I)), rng.uniform(-1, 1, (SIZES.B, 3))
    dhs, lengths = rng.standard_normal((SIZES.T, SIZES.B, 3)), [5, 3]
    run = unroll(cell, xs, h0, lengths=lengths)
    gradient = bptt(cell, run, dhs).cell

    def loss(c):
        return (dhs * unroll(c, xs, h0, lengths=lengths).hs[1:]).sum()

    assert check_cell(cell).passed
    report = check_gradient(loss, gradient, at=cell, method="complex")
    assert report.error <= 1 and report.checked == cell.num_parameters, str(report)
    forward = forward_sensitivities(cell, run, dhs).cell
    parts = [tree.flatten(part) for part in contributions(cell, run, dhs)]
    assert_close(tree.flatten(forward), tree.flatten(gradient), 100.0)
    assert_close(np.sum(parts, axis=0), tree.flatten(gradient), 100.0)
    assert [a.shape for a in tree.leaves(gradient)] == [a.shape for a in tree.leaves(cell)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("np.add.at(total, at, gained)", "total[at] = gained"),
        ("total[start : start", "total[start - 1 : start - 1"),
    ],
)
def test_a_seeded_bug_in_the_way_back_is_caught(old, new):
    catches(
        lambda: test_a_layout_is_said_once(CELLS["a shared bias"]),
        "rnnlib/cells/_layout.py",
        Mutant("seeded", old, new),
    )


class Scaled(ElmanCell):
    def weights(self):
        return TotalInput(0.5 * self.W_hh, self.W_xh, self.b_h)


def test_weights_that_compute_are_refused():
    cell = Scaled(*tree.leaves(random_cell("tanh", SIZES)))
    run = unroll(cell, np.ones((2, 1, 2)))
    with pytest.raises(TypeError, match=r"Scaled: expected from_weights beside weights, .* W_hh"):
        bptt(cell, run, np.ones((1, 3)))


@dataclass(frozen=True, eq=False)
class LeakyElman(ElmanCell):
    leak: np.ndarray = 0.9

    def transition(self, h, s):
        return self.leak * h + (1 - self.leak) * np.tanh(s)

    def slopes(self, h, s, new):
        n = np.tanh(s)
        return (1 - self.leak) * (1 - n**2), h - n

    def pull_back(self, dh, by_s, by_leak):
        return dh * by_s, self.leak * dh

    def pull_to_own(self, dh, by_s, by_leak):
        return (dh * by_leak,)


class Mixin:
    transition, slopes = LeakyElman.transition, LeakyElman.slopes
    pull_back, leak = LeakyElman.pull_back, 0.9


Mixed = dataclass(frozen=True, eq=False)(type("Mixed", (Mixin, ElmanCell), {}))


@pytest.mark.parametrize("kind", [LeakyElman, Mixed, type("Heir", (LeakyElman,), {})])
def test_a_closed_form_is_not_inherited_by_another_step(kind):
    cell = kind(*tree.leaves(random_cell("tanh", SIZES)))
    run = unroll(cell, SIZES.rng.standard_normal((5, 2, 2)))
    assert_close(products_to_last(step_jacobians(cell, run)), products_to_last(run), 10.0)
    assert kind.jacobian is Cell.jacobian


def test_a_closed_form_is_inherited_by_the_same_step():
    class Named(GRUCell):
        """Nothing new."""

    assert Named.jacobian is GRUCell.jacobian is not Cell.jacobian


def test_a_seeded_closed_form_is_caught():
    def check():
        kind = type("Fresh", (LeakyElman,), {"transition": LeakyElman.transition})
        late = type("Late", (ElmanCell,), {n: vars(LeakyElman)[n] for n in STEP} | {"leak": 0.9})
        for one in (kind, late):
            test_a_closed_form_is_not_inherited_by_another_step(one)

    mutant = Mutant("always inherited", "return first.pop", "return 0 > first.pop")
    catches(check, "rnnlib/cells/_layout.py", mutant)


STEP = ("transition", "slopes", "pull_back")


def test_a_number_in_an_array_is_learned_and_a_plain_one_is_constant():
    weights = tree.leaves(random_cell("tanh", SIZES))
    learned, constant = LeakyElman(*weights, leak=np.array(0.5)), LeakyElman(*weights, leak=0.5)
    assert learned.num_parameters == constant.num_parameters + 1 == 19
    run = unroll(learned, np.ones((4, 2, 2)))
    gradient = bptt(learned, run, np.ones((2, 3))).cell
    assert isinstance(gradient.leak, np.ndarray) and gradient.leak.shape == ()
    assert check_cell(learned).passed and check_cell(constant).passed
    step = SGD(0.1).step(SGD(0.1).start(learned), gradient).parameters
    assert step.leak == learned.leak - 0.1 * gradient.leak
    assert type(bptt(constant, unroll(constant, run.xs), np.ones((2, 3))).cell.leak) is float


def test_a_pull_back_for_two_axes_only_is_named():
    class TwoAxes(ElmanCell):
        def pull_back(self, dh, a):
            return np.einsum("bi,bi->bi", dh, a), None

    with pytest.raises(ValueError, match=r"pull_back: expected any leading axes, .* \(3, 2, 3\)"):
        check_cell(TwoAxes(*tree.leaves(random_cell("tanh", SIZES))))


def test_a_pull_back_that_mixes_steps_is_named():
    class Mixing(ElmanCell):
        def pull_back(self, dh, a):
            return dh * a - (dh.mean(axis=0) if dh.ndim == 3 else 0), None

    with pytest.raises(ValueError, match="pull_back: expected entry k of a block"):
        check_cell(Mixing(*tree.leaves(random_cell("tanh", SIZES))))


@for_all(any_sizes(), examples=20)
def test_every_cell_counts_its_numbers(sizes: Sizes):
    for kind in KINDS:
        cell = random_cell(kind, sizes)
        assert cell.num_parameters == tree.flatten(cell).size
