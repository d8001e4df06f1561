"""What of a gradient product an error can use."""

import numpy as np
import pytest

from rnnlib import ElmanCell, bptt, unroll
from rnnlib.product import error_projection, products_to_last
from tests.strategies import any_sizes, assert_close, for_all, network


@for_all(any_sizes())
def test_errors_are_those_of_bptt(sizes):
    cell, xs, h0 = network(sizes)
    run = unroll(cell, xs, h0)
    dh = sizes.rng.standard_normal((sizes.B, sizes.H))
    found = error_projection(cell, run, dh, np.ones(sizes.B), step=0)
    assert_close(
        found.errors, bptt(cell, run, dh).h0, 1 + 100 * np.abs(found.errors).max(), rtol=1e-10
    )


def test_at_the_last_step_nothing_is_lost():
    rng = np.random.default_rng(0)
    cell = ElmanCell.random(2, 4, rng)
    run = unroll(cell, rng.standard_normal((5, 3, 2)))
    dh = rng.standard_normal((3, 4))
    found = error_projection(cell, run, dh, [1, 1, -1], step=5)
    np.testing.assert_array_equal(found.errors, dh)
    assert found.reach == pytest.approx(1)


def test_signal_of_errors_without_anything_in_common():
    """Independent directions: about reach/√B, where equal ones would give the reach."""
    rng = np.random.default_rng(0)
    cell = ElmanCell.random(2, 40, rng)
    run = unroll(cell, np.ones((3, 400, 2)))
    dh = rng.standard_normal((400, 40))
    found = error_projection(cell, run, dh, rng.choice([-1, 1], 400))
    assert 0.5 < found.signal / (found.reach / 20) < 2


def test_reach_of_one_sequence_is_below_the_norm():
    rng = np.random.default_rng(1)
    cell = ElmanCell.random(2, 4, rng)
    run = unroll(cell, rng.standard_normal((6, 1, 2)))
    P = products_to_last(run)[2, 0]
    U, values, _ = np.linalg.svd(P)
    for direction, value in zip(U.T, values, strict=True):
        found = error_projection(cell, run, 5 * direction[None], [1], step=2)
        assert found.reach == pytest.approx(value) and found.signal == pytest.approx(value)


def test_lengths_are_refused():
    cell = ElmanCell.random(2, 4, np.random.default_rng(0))
    run = unroll(cell, np.ones((5, 3, 2)), lengths=np.array([5, 4, 5]))
    with pytest.raises(ValueError, match="run: expected sequences of one length"):
        error_projection(cell, run, np.ones((3, 4)), [1, -1, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"signs": [1, 0, 1]}, "signs: expected"),
        ({"signs": [1, 1]}, "signs: expected shape"),
        ({"dh": np.ones((2, 4))}, "dhs: expected shape"),
        ({"step": 6}, "step: expected at most T = 5, got 6"),
        ({"step": -1}, "step: expected at least 0"),
    ],
)
def test_bad_input(change, message):
    rng = np.random.default_rng(0)
    cell = ElmanCell.random(2, 4, rng)
    run = unroll(cell, np.ones((5, 3, 2)))
    with pytest.raises(ValueError, match=message):
        error_projection(cell, run, **{"dh": np.ones((3, 4)), "signs": [1, -1, 1], **change})
