"""What a start decides; that it does so is guarded with chapter 12."""

import numpy as np
import pytest

from rnnlib import ElmanCell, GRUCell, tree, unroll
from rnnlib.product import (
    critical_gain,
    fan_middle,
    gaussian_log_volume,
    log_step_volumes,
    mean_field,
)
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network


@for_all(any_sizes())
def test_of_a_padded_batch_each_sequence_has_its_own(sizes: Sizes):
    cell, xs, h0 = network(sizes, "logistic")
    lengths = sizes.rng.integers(1, sizes.T, sizes.B, endpoint=True)
    xs[np.arange(sizes.T)[:, None] >= lengths] = 1e300
    found = fan_middle(unroll(cell, xs, h0, lengths=lengths))
    assert found.rate.shape == found.inputs.shape == (sizes.B,)
    for b, T in enumerate(lengths):
        alone = unroll(cell, xs[:T, [b]], h0[[b]])
        volume = log_step_volumes(cell, alone.pre).sum() / (T * sizes.H)
        scale = 1 + np.abs(found.start) + np.linalg.cond(cell.W_hh)
        assert_close(found.rate[b], volume, scale)
        assert_close(fan_middle(alone).inputs[0], found.inputs[b], 1 + np.abs(found.inputs[b]))


def test_in_single_precision():
    cell = ElmanCell.random(2, 5, np.random.default_rng(0))
    xs = np.random.default_rng(1).standard_normal((20, 3, 2))
    single = fan_middle(unroll(tree.astype(cell, np.float32), xs.astype(np.float32)))
    assert_close(single.rate, fan_middle(unroll(cell, xs)).rate, 1.0, rtol=1e-5)


def test_nothing_gets_through():
    dead = ElmanCell(np.eye(2), np.ones((2, 1)), np.full(2, -1.0), "relu")
    assert fan_middle(unroll(dead, np.zeros((3, 1, 1)))).rate == -np.inf
    singular = ElmanCell(np.zeros((2, 2)), np.ones((2, 1)), np.zeros(2))
    assert fan_middle(unroll(singular, np.zeros((3, 1, 1)))).start == -np.inf


def test_without_inputs_a_large_gain_drives_itself():
    assert mean_field(1.0).variance < 1e-3 and mean_field(2.0).variance > 0.5
    assert mean_field(2.0).log_mean_square > 0 > mean_field(2.0).log_middle
    gains = [critical_gain(sd) for sd in (0.0, 0.1, 0.5, 2.0)]
    assert np.all(np.diff(gains) > 0.1)


def test_bad_input():
    gru = GRUCell.random(1, 2, np.random.default_rng(0))
    cases = {
        "run: expected the Unrolled of an ElmanCell, got a GRUCell's": lambda: fan_middle(
            unroll(gru, np.zeros((2, 1, 1)))
        ),
        "run: expected what unroll returns, got": lambda: fan_middle(np.eye(2)),
        "gain: expected a finite number > 0, got 0": lambda: mean_field(0),
        "input_sd: expected a finite number >= 0, got -1": lambda: critical_gain(-1),
        "hidden_size: expected at least 1, got 0": lambda: gaussian_log_volume(0),
        "gain: expected a finite number > 0, got nan": lambda: gaussian_log_volume(
            2, gain=float("nan")
        ),
    }
    for message, call in cases.items():
        with pytest.raises((ValueError, TypeError), match=message):
            call()
