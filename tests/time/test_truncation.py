"""Truncated gradients: what is lazy, what is refused, and that the drawn ones have no bias."""

import numpy as np
import pytest

from rnnlib import ElmanCell, LSTMCell, bptt, unroll
from rnnlib.time import (
    beyond,
    chunk_weights,
    contributions,
    geometric_survival,
    geometric_variance,
    random_variance,
    random_weights,
    sliding_window_gradient,
    weighted_gradient,
)
from tests.strategies import assert_close


@pytest.mark.parametrize("draw", [ElmanCell, LSTMCell])
def test_all_ones_is_the_gradient_and_some_ones_a_window(draw):
    rng = np.random.default_rng(0)
    cell = draw.random(2, 3, rng)
    run, dhs = unroll(cell, rng.standard_normal((6, 2, 2))), rng.standard_normal((6, 2, 3))
    for name in ("W_hh", "W_xh", "b_h"):
        parts = [getattr(part, name) for part in contributions(cell, run, dhs)]
        whole = getattr(bptt(cell, run, dhs).cell, name)
        window = getattr(sliding_window_gradient(cell, run, dhs, 2), name)
        for _ in range(2):
            assert_close(weighted_gradient(parts, np.ones(6)), whole, np.abs(parts).sum(axis=0))
            assert_close(weighted_gradient(parts, np.ones(2)), window, np.abs(parts).sum(axis=0))
            assert_close(beyond(parts)[0], whole, np.abs(parts).sum(axis=0))


def test_no_part_is_computed_that_is_not_needed():
    drawn = []
    parts = (drawn.append(d) or np.full(2, float(d)) for d in range(9))
    np.testing.assert_array_equal(weighted_gradient(parts, [1.0, 1.0, 0.5]), [2.0, 2.0])
    assert drawn == [0, 1, 2]


def test_weights_beyond_the_last_part_do_not_count():
    np.testing.assert_array_equal(weighted_gradient([1.0, 2.0], chunk_weights(4, 9)), 2.5)


def test_complex_parts():
    parts = np.array([[1.0 + 1j], [2j]])
    np.testing.assert_array_equal(weighted_gradient(parts, [1.0, 0.5]), [1 + 2j])
    assert random_variance(parts, [1.0, 0.5]) == 4.0


def test_draws_have_the_mean_and_the_variance_that_are_said():
    rng = np.random.default_rng(0)
    parts, survival = rng.standard_normal((8, 3)), geometric_survival(4, 8)
    drawn = np.array([weighted_gradient(parts, random_weights(survival, rng)) for _ in range(4000)])
    variance = random_variance(parts, survival)
    whole = parts.sum(axis=0)
    assert ((drawn.mean(axis=0) - whole) ** 2).sum() < 5 * variance / 4000
    assert 0.85 < ((drawn - whole) ** 2).sum(axis=1).mean() / variance < 1.15


def test_how_many_steps_are_taken_in_the_mean():
    survival = geometric_survival(3, 400)
    assert_close(survival.sum(), 3.0, 1.0)


@pytest.mark.parametrize(
    ("survival", "message"),
    [
        ([0.5, 0.2], "survival: expected 1 at first"),
        ([1.0, 0.2, 0.3], "survival: expected 1 at first, never rising"),
        ([1.0, 0.0], "survival: expected 1 at first, never rising, above 0"),
        ([[1.0]], "survival: expected shape"),
        ([1.0, np.nan], "survival: expected finite"),
    ],
)
def test_probabilities_that_are_none(survival, message):
    with pytest.raises(ValueError, match=message):
        random_weights(survival, np.random.default_rng(0))


def test_bad_input():
    with pytest.raises(ValueError, match="survival: expected 3, one for each part, got 2"):
        random_variance(np.ones((3, 2)), [1.0, 0.5])
    for call in (beyond, lambda parts: weighted_gradient(parts, [1.0])):
        with pytest.raises(ValueError, match="parts: expected at least one array"):
            call([])
    with pytest.raises(ValueError, match="parts: expected a rectangular array"):
        weighted_gradient([[1.0, 2.0], [1.0]], [1.0, 1.0])
    with pytest.raises(ValueError, match="window: expected at least 1"):
        chunk_weights(0, 3)
    with pytest.raises(ValueError, match="steps: expected more than 1, got 1"):
        geometric_survival(1, 3)
    with pytest.raises(ValueError, match="decay: expected a finite number > 0"):
        geometric_variance(0.0, 3)
