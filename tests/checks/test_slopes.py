"""What a measured slope promises: the true one lies within its bound, and the bound is of use."""

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib.checks.differences import EPS
from rnnlib.checks.slopes import by_complex_step, by_differences, noise_level, rounding
from tests.equations.guards import catches
from tests.strategies import for_all
from tools.equations import Mutant

FUNCTIONS = {
    "sine": (np.sin, np.cos),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "exponential": (np.exp, np.exp),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "line": (lambda x: 3 * x + 1, lambda x: 3.0),
}
ONE = np.ones(1)


def noisy(f, grain):
    """Return f with values that are rounded to multiples of `grain`."""
    return lambda x: float(np.round(f(x[0]) / grain) * grain)


def check_differences(name, place, log_grain):
    (f, derivative), x, grain = FUNCTIONS[name], np.array([place]), 10.0**log_grain
    level = max(grain, EPS * abs(f(place)))
    slope = by_differences(noisy(f, grain), x, ONE, noise=level, rtol=1e-12)
    assert abs(slope.value - derivative(place)) <= slope.bound
    # Error of the third order in the step, over noise in the step: no worse than (noise)^(2/3).
    assert slope.bound <= 100 * level ** (2 / 3) * max(1.0, abs(f(place)), abs(place)) ** 2


@pytest.mark.parametrize("name", FUNCTIONS)
@for_all(st.floats(-3, 3), st.floats(-15, -6), examples=60)
def test_the_true_slope_lies_within_the_bound(name, place, log_grain):
    check_differences(name, place, log_grain)


def shaken(f, size):
    """Return f with a random error of this size in every value, the same at the same place."""

    def value(x):
        seed = int(np.float64(x[0]).view(np.uint64))
        return float(f(x[0]) + size * np.random.default_rng(seed).standard_normal())

    return value


def check_under_noise():
    for place in np.linspace(-2, 2, 400):
        f = shaken(np.sin, 1e-8)
        slope = by_differences(f, np.array([place]), ONE, noise=4e-8, rtol=1e-12)
        assert abs(slope.value - np.cos(place)) <= slope.bound


def test_two_answers_that_agree_by_chance_are_not_believed():
    check_under_noise()
    old, new = "2 * noise / step", "2 * noise * step"
    catches(check_under_noise, "rnnlib/checks/slopes.py", Mutant("no noise", old, new))


@for_all(st.floats(0.5, 2), st.floats(-12, -7), examples=40)
def test_the_level_of_noise_is_that_of_the_values(place, log_size):
    size = 10.0**log_size
    level = noise_level(shaken(np.sin, size), np.array([place]), ONE)
    assert 0.3 * size < level < 12 * size  # about 4 σ, as eight values tell it


@for_all(st.floats(-3, 3), examples=20)
def test_the_complex_step_has_all_digits_and_says_so(place):
    for f, derivative in FUNCTIONS.values():
        slope = by_complex_step(lambda x, f=f: f(x[0]), np.array([place]), ONE, EPS * ONE)
        assert abs(slope.value - derivative(place)) <= slope.bound + 4 * EPS * abs(slope.value)
        assert slope.bound <= 100 * EPS * (1 + abs(f(place)) + abs(derivative(place)))


def test_rounding_is_as_large_as_what_the_parameter_does():
    """A move by the parameter's size, or by 1, to either side; here or with parameters capped."""
    square = rounding(lambda x: x[0] ** 2, np.array([0.5]), ONE, noise=1.0, scale=3.0)
    np.testing.assert_allclose(square, (16 * EPS * 2, 16 * EPS * 2 * 3))  # 1.5² − 0.5²
    saturated = rounding(lambda x: np.tanh(x[0]), np.array([20.0]), ONE, noise=1.0, scale=1.0)
    np.testing.assert_allclose(saturated, (16 * EPS, 16 * EPS))  # from 20 to 0
    lost = rounding(lambda x: 1.0, np.array([20.0]), ONE, noise=1.0, scale=1.0)
    assert lost == (0.0, 0.0)
