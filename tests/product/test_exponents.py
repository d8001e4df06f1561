"""Exponents without a long run; that they are right is guarded with chapter 15."""

import numpy as np
import pytest

from rnnlib import ElmanCell, unroll
from rnnlib.product import (
    LyapunovSpectrum,
    cycle_exponents,
    exponent_floor,
    gaussian_exponents,
    log_summed_growth,
    lyapunov_spectrum,
    step_jacobians,
)
from tests.strategies import assert_close


def test_of_a_run_and_of_each_sequence_of_a_batch():
    rng = np.random.default_rng(0)
    cell = ElmanCell.random(2, 4, rng)
    run = unroll(cell, rng.standard_normal((3, 5, 2)))
    found = cycle_exponents(run)
    assert found.shape == (5, 4)
    for b in range(5):
        alone = cycle_exponents(step_jacobians(cell, run)[:, b])
        assert_close(found[b], alone, 1.0)


def test_a_long_round_leaves_the_floats_and_a_singular_one_has_no_exponent():
    long = np.tile(1e-200 * np.diag([2.0, 1.0]), (9, 1, 1))
    assert_close(cycle_exponents(long), np.log(1e-200) + np.log([2.0, 1.0]), 1e3)
    np.testing.assert_array_equal(cycle_exponents(np.diag([0.0, 1.0])[None]), [0.0, -np.inf])


def test_two_that_turn_share_an_exponent():
    turn = 3 * np.array([[0.6, -0.8], [0.8, 0.6]])
    assert_close(cycle_exponents(turn[None]), np.log([3.0, 3.0]), 1.0)


def test_the_fresh_draws_have_a_limit():
    share = (np.arange(4000) + 0.5) / 4000  # the law of large H: ½ log of what is left of 1
    found = gaussian_exponents(4000)
    assert np.abs(found - np.log(1 - share) / 2)[:3900].max() < 0.01
    assert np.all(np.diff(found) < 0)


def test_a_spectrum_in_part_or_out_of_order():
    J = np.tile(np.diag([0.5, 3.0, 0.1]), (4, 1, 1))  # the axes never turn
    whole, first = lyapunov_spectrum(J), lyapunov_spectrum(J, leading=1)
    assert whole.exponents[0] < whole.exponents[1]
    assert_close(whole.dimension, 2 + np.log(1.5) / np.log(10), 1.0)
    assert_close(whole.entropy_rate, np.log(3), 1.0)
    assert first.dimension == 0 and first.entropy_rate == 0
    growing = lyapunov_spectrum(2 * np.eye(3)[None], leading=2)
    assert growing.dimension == 2 and isinstance(growing, LyapunovSpectrum)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cycle_exponents(np.eye(2)), ValueError, r"\(T, ..., H, H\), got \(2, 2\)"),
        (lambda: cycle_exponents(ragged()), ValueError, r"rounds of 3 steps, got lengths \[3 2\]"),
        (lambda: exponent_floor(0.0, 0), ValueError, "interval: expected at least 1, got 0"),
        (lambda: exponent_floor(np.inf, 2), ValueError, "largest: expected finite"),
        (lambda: exponent_floor(0.0, 2, dtype=int), TypeError, "dtype: expected float32 or"),
        (lambda: log_summed_growth(np.nan, 2), ValueError, "rate: expected finite"),
        (lambda: log_summed_growth(0.0, 2.0), TypeError, "steps: expected an integer"),
        (lambda: gaussian_exponents(0), ValueError, "hidden_size: expected at least 1, got 0"),
        (lambda: gaussian_exponents(2, gain=-1), ValueError, "gain: expected a finite number > 0"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def ragged():
    cell = ElmanCell.random(1, 2, np.random.default_rng(0))
    return unroll(cell, np.zeros((3, 2, 1)), lengths=[3, 2])
