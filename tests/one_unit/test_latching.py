"""A unit that holds a bit: safe levels are fixed points, and what they cost."""

import numpy as np
import pytest

from rnnlib.one_unit import latched_factor, noise_margin, safe_level
from tests.strategies import assert_close


@pytest.mark.parametrize("u", [1.001, 1.1, 1.5, 2.0, 10.0])
def test_safe_levels_are_resting_states(u):
    for share in (0.0, 0.3, 0.99):
        noise = share * noise_margin(u)
        c = safe_level(u, noise)
        for _ in range(2):
            assert_close(np.tanh(u * c - noise), c, 1.0, rtol=1e-10)
        assert c > np.sqrt(1 - 1 / u)
        assert 0 < latched_factor(u, noise) < 1


def test_more_noise_lower_level_slower_forgetting():
    shares = np.linspace(0, 0.999, 20)
    levels = [safe_level(1.5, share * noise_margin(1.5)) for share in shares]
    factors = [latched_factor(1.5, share * noise_margin(1.5)) for share in shares]
    assert np.all(np.diff(levels) < 0) and np.all(np.diff(factors) > 0)
    assert factors[-1] > 0.9


def test_small_excess_weight():
    excess = 1e-4
    assert_close(noise_margin(1 + excess), 2 / 3 * excess**1.5, excess**1.5, rtol=1e-3)
    assert_close(latched_factor(1 + excess), 1 - 2 * excess, excess, rtol=1e-3)


def test_bad_input():
    with pytest.raises(ValueError, match="u: expected a number above 1, got 1"):
        noise_margin(1.0)
    with pytest.raises(ValueError, match=r"margin 0\.5328, got 0\.6"):
        safe_level(2.0, noise=0.6)
    with pytest.raises(ValueError, match="noise: expected a finite number >= 0"):
        latched_factor(2.0, noise=-0.1)
    with pytest.raises(TypeError, match="u: expected a number"):
        noise_margin("2")
