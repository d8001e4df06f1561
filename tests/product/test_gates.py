"""The path past the gates: cells of all kinds, lengths, far away, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from rnnlib import ElmanCell, GRUCell, LSTMCell, unroll
from rnnlib.product import (
    direct_path,
    direct_share,
    gate_horizon,
    jacobian_at_rest,
    products_to_last,
    spectral_radius,
)
from rnnlib.time import Stack
from tests.equations.guards import catches
from tests.networks import KINDS, random_case
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

GATES = "rnnlib/product/gates.py"


def check_without_weights(sizes, kind):
    """With the recurrent weights taken away, the direct path of the memory is all there is."""
    case = random_case(kind, sizes, lengths=True)
    cell, H = replace(case.cell, W_hh=0 * case.cell.W_hh), sizes.H
    run = unroll(cell, case.run.xs, case.h0, lengths=case.run.lengths)
    P, D = products_to_last(run)[..., -H:, -H:], direct_path(cell, run)
    assert_close(P, D[..., None] * np.eye(H), 1)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(smallest=2), examples=10)
def test_without_weights_all_is_direct(kind, sizes):
    check_without_weights(sizes, kind)


def test_the_check_would_see_a_step_too_many():
    sizes = Sizes(T=4, B=2, I=2, H=3, V=1, seed=1)
    for old, new in (("run.over, 1,", "run.over, 0,"), ("axis=0)[::-1]", "axis=0)")):
        mutant = Mutant("lengths or order", old, new)
        catches(lambda: check_without_weights(sizes, "lstm"), GATES, mutant)


@for_all(any_sizes(smallest=2), examples=10)
def test_a_padded_sequence_has_the_shares_that_it_has_alone(sizes):
    for kind in ("lstm", "gru"):
        case = random_case(kind, sizes, lengths=True)
        together = direct_share(case.cell, case.run)
        for b, length in enumerate(case.run.lengths):
            alone = unroll(case.cell, case.run.xs[:length, [b]], case.h0[[b]])
            own = direct_share(case.cell, alone)
            for ours, theirs in ((together.norm, own.norm), (together.projection, own.projection)):
                np.testing.assert_allclose(ours[: length + 1, b], theirs[:, 0], rtol=1e-9)
                assert np.isnan(ours[length + 1 :, b]).all()


def test_far_away_nothing_is_left_to_compare():
    cell = LSTMCell.random(1, 2, np.random.default_rng(0), gain=0.01, forget_bias=-5.0)
    share = direct_share(cell, unroll(cell, np.zeros((200, 1, 1)))).norm[:, 0]
    assert share[0] == 1 and np.isnan(share[-1])


def test_one_percent_is_about_four_point_six_times_one_over_e():
    biases = np.array([5.0, 20.0, 40.0])  # at 40 σ rounds to 1
    by_hand = -np.log(0.01) * (np.exp(biases) + 0.5)
    np.testing.assert_allclose(gate_horizon(biases), by_hand, rtol=1e-4)
    with pytest.raises(ValueError, match="threshold: expected a number between 0 and 1, got 1"):
        gate_horizon(1.0, threshold=1.0)


@pytest.mark.parametrize("bias", [0.0, 1.0, 3.0])
def test_the_disc_of_a_large_network(bias):
    """Centre σ(b_f) and radius 1/4 for an LSTM; (1 − z)/2 for a GRU, and so never unstable."""
    f, rng = 1 / (1 + np.exp(-bias)), np.random.default_rng(0)
    lstm = LSTMCell.random(1, 150, rng, forget_bias=bias)
    gru = GRUCell.random(1, 150, rng)
    gru = replace(gru, b_h=np.repeat([0.0, bias, 0.0], 150))
    assert spectral_radius(jacobian_at_rest(lstm)) == pytest.approx(f + 0.25, abs=0.03)
    assert spectral_radius(jacobian_at_rest(gru)) == pytest.approx(f + (1 - f) / 2, abs=0.03)


def test_a_state_that_does_not_rest_is_refused():
    cell = ElmanCell([[0.5]], [[1.0]], [1.0])
    with pytest.raises(ValueError, match=r"cell: expected the state 0 to stay at 0, got .* 0\.762"):
        jacobian_at_rest(cell)
    with pytest.raises(TypeError, match="cell: expected a Cell, got a Stack; ask the cells in it"):
        jacobian_at_rest(Stack([cell]))
    with pytest.raises(TypeError, match="cell: expected a Cell, got a str"):
        jacobian_at_rest("lstm")
