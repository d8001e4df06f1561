"""rnnlib.one_unit.bifurcation: where a tanh unit without input comes to rest."""

import numpy as np
import pytest

from rnnlib.one_unit import fixed_points, multiplier, resting_bias, saddle_node


@pytest.mark.parametrize("u", [-2.0, 0.0, 0.7, 1.0, 1.3, 2.0, 6.0])
def test_every_fixed_point_is_found(u):
    """As many as a fine grid shows sign changes, and each is one."""
    grid = np.linspace(-1, 1, 200_002)
    for b in (-0.7, -0.1, 0.0, 0.05, 0.8):
        found = fixed_points(u, b)
        np.testing.assert_allclose(np.tanh(u * found + b), found, rtol=0, atol=1e-14)
        excess = np.tanh(u * grid + b) - grid
        assert len(found) == np.count_nonzero(np.diff(np.sign(excess)))
        assert np.all(np.diff(found) > 0)
        if len(found) == 3:
            slopes = multiplier(u, found)
            assert slopes[1] > 1 and max(slopes[0], slopes[2]) < 1


def test_a_resting_unit_rests():
    h = np.linspace(-0.99, 0.99, 25)
    u = np.linspace(-3, 5, 9)[:, None]
    rested = np.tanh(u * h + resting_bias(u, h))
    np.testing.assert_allclose(rested, np.broadcast_to(h, (9, 25)), atol=1e-13)


@pytest.mark.parametrize("u", [1.01, 1.3, 2.0, 6.0])
def test_two_fixed_points_meet_on_the_saddle_node_curve(u):
    beta = float(saddle_node(u))
    assert beta > 0
    for sign in (1, -1):
        assert len(fixed_points(u, sign * beta * 0.999)) == 3
        assert len(fixed_points(u, sign * beta * 1.001)) == 1
    fold = np.sqrt(1 - 1 / u)  # where the multiplier is 1
    np.testing.assert_allclose(multiplier(u, [fold, -fold]), 1)
    np.testing.assert_allclose(resting_bias(u, [fold, -fold]), [-beta, beta])


def test_the_cusp():
    np.testing.assert_allclose(saddle_node([1.0, 2.0]), [0, np.sqrt(2) - np.arccosh(np.sqrt(2))])
    np.testing.assert_allclose(fixed_points(1.0, 0.0), [0], atol=1e-5)


def test_the_multiplier_is_the_slope_of_a_step():
    u, h = np.array([[-2.0], [0.5], [3.0]]), np.array([-0.9, 0.0, 0.4, 0.99])
    step = np.tanh(u * (h + 1e-30j) + resting_bias(u, h)).imag / 1e-30
    np.testing.assert_allclose(multiplier(u, h), step, rtol=1e-10)


def test_fixed_points_where_tanh_is_rounded_to_its_ends():
    """A unit driven far had no fixed point at all, or one in place of three."""
    near = {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(fixed_points(2.0, 0.0)[1], 0, **near)
    np.testing.assert_allclose(fixed_points(0.5, 0.0), [0.0], **near)
    for b in (50.0, -50.0):
        for u in (-3.0, 0.0, 1.0, 2.0):
            np.testing.assert_allclose(fixed_points(u, b), [np.sign(b)], **near)
    np.testing.assert_allclose(fixed_points(40.0, 0.0), [-1, 0, 1], **near)
    np.testing.assert_allclose(fixed_points(50.0, 10.0)[[0, 2]], [-1, 1], **near)


BAD = {
    "rest at 2": (lambda: resting_bias(1.0, 2.0), ValueError, "h: "),
    "multiplier at -1": (lambda: multiplier(1.0, -1.0), ValueError, "h: "),
    "one rest of many at 1": (lambda: resting_bias(1.0, [0.0, 1.0]), ValueError, "h: .*got 1.0"),
    "one of many at -1": (lambda: multiplier(1.0, [[-1.0], [0.5]]), ValueError, "h: .*got 1.0"),
    "one fold of many below 1": (lambda: saddle_node([2.0, 0.5]), ValueError, "u: .* got 0.5"),
    "infinite weight": (lambda: fixed_points(np.inf, 0.0), ValueError, "u: expected finite"),
    "bias of text": (lambda: fixed_points(1.0, "b"), TypeError, "b: expected numbers"),
    "fold below 1": (lambda: saddle_node(0.5), ValueError, "u: .*>= 1"),
    "two units at once": (lambda: fixed_points([1.0, 2.0], 0.0), ValueError, "u: expected shape"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    call, error, message = BAD[case]
    with pytest.raises(error, match=message):
        call()
