"""Pascanu's Ω: its value, the gradient its authors descend, and what that leaves out."""

from dataclasses import replace

import numpy as np
import pytest

from rnnlib import (
    Batch,
    ElmanCell,
    LSTMCell,
    Model,
    Readout,
    bptt,
    loss_and_gradient,
    mean_squared_error,
    softmax_cross_entropy,
    unroll,
)
from rnnlib.checks import check_gradient
from rnnlib.time import loss_reach
from rnnlib.training import regulariser, regulariser_at, total_errors
from tests.strategies import any_sizes, assert_close, for_all, network


def errors_of(cell, xs, h0, rng):
    run = unroll(cell, xs, h0)
    dhs = rng.standard_normal(run.hs[1:].shape)
    deltas = bptt(cell, run, dhs, inputs=False, deltas=True).deltas
    return run, dhs, total_errors(cell.W_hh, dhs, deltas), deltas


@for_all(any_sizes())
def test_total_errors_are_the_sums_of_what_every_later_loss_sends_back(sizes):
    cell, xs, h0 = network(sizes)
    run, dhs, errors, _ = errors_of(cell, xs, h0, sizes.rng)
    reach = loss_reach(cell, run, dhs)
    assert_close(errors, reach.sum(axis=0)[1:], 1 + np.abs(reach).sum(axis=0)[1:])


@pytest.mark.parametrize("variant", ["code", "paper"])
@for_all(any_sizes())
def test_gradient_with_errors_frozen(variant, sizes):
    cell, xs, h0 = network(sizes)
    run, dhs, errors, deltas = errors_of(cell, xs, h0, sizes.rng)
    omega = regulariser(cell, run, dhs, variant=variant)

    def value(W_hh):
        return regulariser_at(W_hh, errors, deltas, variant).value

    assert value(cell.W_hh) == pytest.approx(omega.value, rel=1e-12)
    report = check_gradient(value, omega.W_hh, cell.W_hh, directions=4, rtol=1e-5)
    assert report.passed, report


def test_is_zero_where_every_error_keeps_its_length():
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    cell = ElmanCell(Q, rng.standard_normal((4, 2)), np.zeros(4), "identity")
    run = unroll(cell, rng.standard_normal((6, 3, 2)))
    for variant in ("code", "paper"):
        omega = regulariser(cell, run, rng.standard_normal((3, 4)), variant=variant)
        assert omega.value < 1e-28
        np.testing.assert_allclose(omega.W_hh, 0, atol=1e-13)


def test_variants_on_a_network_that_halves_every_error():
    cell = ElmanCell(0.5 * np.eye(2), np.ones((2, 1)), np.zeros(2), "identity")
    run = unroll(cell, np.ones((5, 3, 1)))
    dhs = np.random.default_rng(0).standard_normal((3, 2))
    assert regulariser(cell, run, dhs).value == pytest.approx((0.25 - 1) ** 2)
    paper = regulariser(cell, run, dhs, variant="paper").value
    assert paper == pytest.approx(5 * (0.5 - 1) ** 2)


def test_errors_that_vanished_do_not_count():
    cell = ElmanCell(0.5 * np.eye(2), np.ones((2, 1)), np.zeros(2), "identity")
    run = unroll(cell, np.ones((5, 2, 1)))
    dhs = np.array([[1.0, 0.0], [0.0, 0.0]])  # the second sequence has no error at all
    assert regulariser(cell, run, dhs).value == pytest.approx((0.25 - 1) ** 2)
    assert regulariser(cell, run, 0 * dhs).value == 0
    deaf = replace(cell, W_hh=np.zeros((2, 2)))
    dead = regulariser(deaf, unroll(deaf, run.xs), dhs)
    assert dead.value == 1 and not dead.W_hh.any()


def test_model_adds_it_to_the_recurrent_weights_alone():
    rng = np.random.default_rng(1)
    model = Model(ElmanCell.random(2, 5, rng), Readout.random(5, 3, rng))
    batch = Batch(rng.standard_normal((7, 4, 2)), rng.integers(0, 3, 4))
    plain = loss_and_gradient(model, batch, softmax_cross_entropy)
    regularised = loss_and_gradient(model, batch, softmax_cross_entropy, omega=2.5)
    run = unroll(model.cell, batch.xs)
    dhs = model.readout.vjp(
        run.hs[-1], softmax_cross_entropy(model.readout(run.hs[-1]), batch.targets).gradient
    )[1]
    expected = plain.gradient.cell.W_hh + 2.5 * regulariser(model.cell, run, dhs).W_hh
    np.testing.assert_allclose(regularised.gradient.cell.W_hh, expected, rtol=1e-12)
    np.testing.assert_array_equal(regularised.gradient.cell.W_xh, plain.gradient.cell.W_xh)
    assert regularised.value == plain.value


HALF = ElmanCell([[0.5]], [[1.0]], [0.0], activation="identity")


@pytest.mark.parametrize("window", [None, 1, 3, 5, 12])
@pytest.mark.parametrize("lengths", [None, [3], [1], [12]])
def test_a_network_that_halves_every_error_has_one_omega(lengths, window):
    """Whatever its length and window: (¼ − 1)² and 2 (¼ − 1) · 2 · ½."""
    run = unroll(HALF, np.ones((12, 1, 1)), lengths=lengths)
    omega = regulariser(HALF, run, [[1.0]])
    assert omega.value == pytest.approx(0.5625) and omega.W_hh == pytest.approx(-1.5)
    assert regulariser(HALF, run, [[1.0]], smallest=0.0).value == pytest.approx(0.5625)
    batch = Batch(np.ones((12, 1, 1)), np.zeros((1, 1)), lengths=lengths)
    model = Model(HALF, Readout([[1.0]], [1.0]))
    settings = {"window": window}
    without = loss_and_gradient(model, batch, mean_squared_error, **settings)
    found = loss_and_gradient(model, batch, mean_squared_error, omega=2.0, **settings)
    difference = found.gradient.cell.W_hh - without.gradient.cell.W_hh
    assert difference == pytest.approx(2.0 * -1.5)


@pytest.mark.parametrize("variant", ["code", "paper"])
@for_all(any_sizes())
def test_omega_of_a_padded_batch_is_that_of_its_sequences(variant, sizes):
    cell, xs, h0 = network(sizes)
    rng = sizes.rng
    lengths = rng.integers(1, sizes.T, sizes.B, endpoint=True)
    dhs = rng.standard_normal((sizes.T, sizes.B, sizes.H))
    dhs[np.arange(1, sizes.T + 1)[:, None] > lengths] = 0
    together = regulariser(
        cell, unroll(cell, xs, h0, lengths=lengths), dhs, variant=variant, smallest=0.0
    )
    parts = [
        regulariser(
            cell,
            unroll(cell, xs[:n, b : b + 1], h0[b : b + 1]),
            dhs[:n, b : b + 1],
            variant=variant,
            smallest=0.0,
        )
        for b, n in enumerate(lengths)
    ]
    weights = lengths / lengths.sum() if variant == "code" else np.ones(sizes.B) / sizes.B
    value = sum(w * part.value for w, part in zip(weights, parts, strict=True))
    W_hh = sum(w * part.W_hh for w, part in zip(weights, parts, strict=True))
    assert_close(together.value, value, 1 + value)
    assert_close(together.W_hh, W_hh, 1 + np.abs(W_hh).sum() + value)


def test_an_elman_cell_with_another_step_is_refused():
    class Leaky(ElmanCell):
        def pull_back(self, dh, *slopes):
            return 0.1 * dh * slopes[0], 0.9 * dh

    leaky = Leaky(HALF.W_hh, HALF.W_xh, HALF.b_h, HALF.activation)
    with pytest.raises(TypeError, match="cell: expected an ElmanCell, got Leaky"):
        regulariser(leaky, unroll(leaky, np.ones((3, 1, 1))), [[1.0]])


def test_refuses_what_it_cannot_do():
    rng = np.random.default_rng(0)
    lstm = LSTMCell.random(2, 3, rng)
    run = unroll(lstm, np.ones((4, 1, 2)))
    with pytest.raises(TypeError, match="cell: expected an ElmanCell, got LSTMCell"):
        regulariser(lstm, run, np.ones((1, 3)))
    cell = ElmanCell.random(2, 3, rng)
    with pytest.raises(ValueError, match="variant: expected 'code' or 'paper'"):
        regulariser(cell, unroll(cell, np.ones((4, 1, 2))), np.ones((1, 3)), variant="eq9")
    with pytest.raises(ValueError, match="deltas: expected shape"):
        regulariser_at(np.eye(2), np.ones((3, 1, 2)), np.ones((2, 1, 2)))
