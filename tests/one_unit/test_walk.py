"""A rectified unit that adds up its inputs; its laws are guarded with chapter 12."""

import numpy as np
import pytest

from rnnlib.one_unit import stays_up, unbroken_share
from tests.strategies import assert_close


@pytest.mark.parametrize("steps", [1, 2, 7, 500])
def test_a_share_falls_with_the_distance(steps):
    for _ in range(2):
        share = unbroken_share(steps)
        assert share.shape == (steps + 1,)
        assert_close(share[0], 1.0, 1.0)
        assert np.all(np.diff(share) < 0)
    assert_close(share[-1], stays_up(steps)[-1], 1.0)
    assert_close(share + share[::-1] - 1, stays_up(steps) * stays_up(steps)[::-1], 1.0)


def test_in_the_long_run():
    assert_close(stays_up(10_000)[-1] * np.sqrt(np.pi * 10_000), 1.0, 1.0, rtol=1e-4)


def test_bad_input():
    for function in (stays_up, unbroken_share):
        with pytest.raises(ValueError, match="steps: expected at least 1, got 0"):
            function(0)
        with pytest.raises(TypeError, match=r"steps: expected an integer, got float 2\.0"):
            function(2.0)
