"""A cell with a parameter of its own works with everything, or says what is missing."""

from dataclasses import dataclass

import numpy as np
import pytest

from rnnlib import Cell, GRUCell, Model, Readout, bptt, train, tree, unroll
from rnnlib.checks import check_cell, check_gradient
from rnnlib.time import contributions, forward_sensitivities
from rnnlib.training import Adam, TemporalOrder
from rnnlib.training.storage import load, save
from tests.equations.guards import catches
from tests.networks import random_cell
from tests.strategies import Sizes
from tools.equations import Mutant

CASE = Sizes(T=7, B=3, I=2, H=4, V=4, seed=5)


@dataclass(frozen=True, eq=False)
class OwnCell(Cell):
    """A leak for each unit and a matrix past s: h ← a ⊙ h + (1 − a) ⊙ tanh(s + M h)."""

    leak: np.ndarray
    mix: np.ndarray

    def transition(self, h_prev, s):
        return self.leak * h_prev + (1 - self.leak) * np.tanh(s + h_prev @ self.mix.T)

    def slopes(self, h_prev, s, h):
        n = np.tanh(s + h_prev @ self.mix.T)
        return (1 - self.leak) * (1 - n**2), h_prev - n, h_prev

    def pull_back(self, dh, by_s, by_leak, h_prev):
        ds = dh * by_s
        return ds, dh * self.leak + ds @ self.mix

    def pull_to_own(self, dh, by_s, by_leak, h_prev):
        ds = (dh * by_s).reshape(-1, dh.shape[-1])
        return dh * by_leak, ds.T @ h_prev.reshape(ds.shape)  # one left to be summed, one summed


class LeakyGRU(GRUCell):
    """A GRU whose state is scaled by an array of its own, behind GRUCell's own b_n."""

    def transition(self, h_prev, s):
        return self.scale * super().transition(h_prev, s)

    def slopes(self, h_prev, s, h):
        return (*super().slopes(h_prev, s, h), h / self.scale)

    def pull_back(self, dh, *slopes):
        return super().pull_back(dh * self.scale, *slopes[:-1])

    def pull_to_own(self, dh, *slopes):
        return (dh * slopes[-1],)

    jacobian = Cell.jacobian


LeakyGRU.__annotations__ = {"scale": np.ndarray}
LeakyGRU = dataclass(frozen=True, eq=False)(LeakyGRU)


def own_cell(kind, sizes=CASE):
    rng = np.random.default_rng(sizes.seed)
    H = sizes.H
    if kind == "gru":
        gru = random_cell("gru", sizes)
        return LeakyGRU(gru.W_hh, gru.W_xh, gru.b_h, gru.b_n, rng.uniform(0.5, 0.9, H))
    plain = random_cell("tanh", sizes)
    mix = 0.3 * rng.standard_normal((H, H))
    return OwnCell(plain.W_hh, plain.W_xh, plain.b_h, rng.uniform(0.1, 0.9, H), mix)


def own_case(kind, lengths=None):
    cell, rng = own_cell(kind), np.random.default_rng(0)
    xs, h0 = rng.standard_normal((CASE.T, CASE.B, CASE.I)), rng.uniform(-1, 1, (CASE.B, CASE.H))
    dhs = rng.standard_normal((CASE.T, CASE.B, CASE.H))
    run = unroll(cell, xs, h0, lengths=lengths)
    return cell, run, dhs, lambda c: (dhs * unroll(c, xs, h0, lengths=lengths).hs[1:]).sum()


@pytest.mark.parametrize("kind", ["own", "gru"])
@pytest.mark.parametrize("lengths", [None, [7, 3, 1]])
def test_gradients_by_every_route(kind, lengths):
    cell, run, dhs, loss = own_case(kind, lengths)
    gradient = bptt(cell, run, dhs).cell
    assert check_cell(cell).passed
    report = check_gradient(loss, gradient, at=cell, method="complex")
    assert report.passed and report.checked == cell.num_parameters, str(report)
    forward = forward_sensitivities(cell, run, dhs).cell
    parts = list(contributions(cell, run, dhs))
    for (name, g), f, *G in zip(
        tree.named_leaves(gradient), tree.leaves(forward), *map(tree.leaves, parts), strict=True
    ):
        np.testing.assert_allclose(f, g, rtol=1e-10, atol=1e-12, err_msg=name)
        np.testing.assert_allclose(sum(G), g, rtol=1e-10, atol=1e-12, err_msg=name)


def test_a_seeded_bug_is_caught():
    def check():
        cell, run, dhs, loss = own_case("own", [7, 3, 1])
        assert check_gradient(loss, bptt(cell, run, dhs).cell, at=cell).passed

    for mutant in (
        Mutant("the own loss only", "own_gradient(cell, dh,", "own_gradient(cell, dhs,"),
        Mutant("beyond the end", "moved = np.where(over, 0, dhs)", "moved = dhs.copy()"),
    ):
        catches(check, "rnnlib/time/backpropagation.py", mutant)


def test_it_trains_and_is_saved(tmp_path):
    rng, task = np.random.default_rng(0), TemporalOrder(length=10)
    H = 12
    cell = OwnCell(
        np.eye(H), rng.standard_normal((H, 6)), np.zeros(H), np.full(H, 0.5), np.zeros((H, H))
    )
    start = Model(cell, Readout.random(H, 4, rng))
    training = train(start, task.batches(rng, 32), task.loss, Adam(0.01), steps=40)
    trained = training.model.cell
    assert training.losses[-1] < training.losses[0]
    assert not np.allclose(trained.leak, cell.leak) and not np.allclose(trained.mix, cell.mix)
    save(tmp_path / "own.npz", training.model)
    for types in (OwnCell, (OwnCell,)):
        assert tree.same(load(tmp_path / "own.npz", types=types), training.model)


@dataclass(frozen=True, eq=False)
class Speechless(Cell):
    leak: np.ndarray

    transition = OwnCell.transition
    slopes = OwnCell.slopes
    pull_back = OwnCell.pull_back


def pulling(result):
    cell = own_cell("own")
    kind = type("Pulling", (OwnCell,), {"pull_to_own": lambda self, dh, *slopes: result(dh)})
    return kind(cell.W_hh, cell.W_xh, cell.b_h, cell.leak, cell.mix)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: Speechless(np.eye(2), np.ones((2, 1)), np.zeros(2), np.ones(2)),
            TypeError,
            "Speechless: expected pull_to_own, since it has leak beside W_hh, W_xh and b_h",
        ),
        (
            lambda: OwnCell(np.eye(2), np.ones((2, 1)), np.zeros(2), [np.nan, 1], np.eye(2)),
            ValueError,
            "leak: expected finite",
        ),
        (
            lambda: OwnCell(
                np.eye(2), np.ones((2, 1)), np.zeros(2), np.ones(2, np.float32), np.eye(2)
            ),
            TypeError,
            "leak: expected the precision of W_xh, float64, got float32",
        ),
        (
            lambda: check_cell(pulling(lambda dh: dh)),
            TypeError,
            "pull_to_own: .* 2 arrays, for leak",
        ),
        (lambda: check_cell(pulling(lambda dh: (dh,))), TypeError, "pull_to_own: .* 2 arrays"),
        (
            lambda: check_cell(pulling(lambda dh: (dh, dh))),
            ValueError,
            r"pull_to_own: expected shape \(..., 4, 4\) for mix, got \(1, 4\)",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
