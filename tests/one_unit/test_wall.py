"""rnnlib.one_unit.wall: the loss of one unit over its two weights, and descent on it."""

from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from rnnlib import ElmanCell, bptt, mean_squared_error, unroll
from rnnlib.one_unit import OneUnit, Wall, descend
from rnnlib.training import SGD, clip_by_global_norm
from tests.strategies import Sizes, any_sizes, assert_close, for_all


def some_wall(rng, steps):
    return Wall(h0=rng.uniform(-0.9, 0.9), target=rng.uniform(-1, 1), steps=steps)


@for_all(any_sizes())
def test_the_surface_is_that_of_a_network_of_one_unit(sizes: Sizes):
    """The same numbers as unroll, the loss and bptt give for each unit by itself."""
    rng = sizes.rng
    wall = some_wall(rng, sizes.T)
    units = OneUnit(rng.normal(scale=2, size=(sizes.B, 1)), rng.standard_normal(sizes.H))
    loss, gradient, reach = wall.loss(units), wall.gradient(units), wall.reach(units)
    for i in np.ndindex(units.u.shape):
        cell = ElmanCell([[units.u[i]]], [[0.0]], [units.b[i]])
        run = unroll(cell, np.zeros((sizes.T, 1, 1)), [[wall.h0]])
        error = mean_squared_error(run.hs[-1], [[wall.target]])
        back = bptt(cell, run, error.gradient)
        scale = 10 * (1 + abs(units.u[i])) ** sizes.T
        assert_close(loss[i], error.value, 4.0)
        assert_close(gradient.u[i], back.cell.W_hh[0, 0], scale)
        assert_close(gradient.b[i], back.cell.b_h[0], scale)
        assert_close(reach[0][i], back.h0[0, 0], scale)
        assert_close(reach[-1][i], error.gradient[0, 0], 4.0)


def test_initial_states_may_be_many():
    h0 = np.linspace(-0.5, 0.5, 4)
    together = Wall(h0=h0, steps=5).gradient(OneUnit(1.5, 0.1))
    apart = [Wall(h0=h, steps=5).gradient(OneUnit(1.5, 0.1)).u[0] for h in h0]
    np.testing.assert_allclose(together.u, apart, rtol=1e-12)


@pytest.mark.parametrize("max_norm", [None, 0.05, 1.0])
def test_descent_makes_the_steps_of_sgd_and_of_clipping(max_norm):
    wall, start = Wall(steps=8), OneUnit([2.0, 0.5], [-0.1, 0.4])
    paths = descend(wall, start, learning_rate=0.3, steps=40, max_norm=max_norm)
    assert paths.u.shape == paths.gradient_norm.shape == (41, 2)
    assert (paths.gradient_norm > 0.05).any()
    for i in range(2):
        sgd = SGD(0.3)
        state = sgd.start(OneUnit(start.u[i], start.b[i]))
        for step in range(41):
            here = state.parameters
            np.testing.assert_allclose([here.u[0], here.b[0]], [paths.u[step, i], paths.b[step, i]])
            np.testing.assert_allclose(wall.loss(here)[0], paths.loss[step, i])
            gradient = wall.gradient(here)
            np.testing.assert_allclose(gradient.norm[0], paths.gradient_norm[step, i])
            if max_norm is not None:
                gradient = clip_by_global_norm(gradient, max_norm).gradient
            state = sgd.step(state, gradient)


@for_all(any_sizes())
def test_a_unit_on_the_wall_by_the_complex_step(sizes: Sizes):
    rng = sizes.rng
    wall = Wall(h0=rng.uniform(-0.9, 0.9), steps=sizes.T)
    u = rng.normal(scale=2, size=(sizes.B, sizes.H))
    found, b = wall.on_the_wall(u), np.arctanh(wall.h0) - u * wall.h0
    for gradient, nudges in ((found.u, (1e-30j, 0)), (found.b, (0, 1e-30j))):
        h = wall.h0
        for _ in range(sizes.T):
            h = np.tanh((u + nudges[0]) * h + b + nudges[1])
        assert_close(gradient, h.imag / 1e-30, 10 * (1 + np.abs(u)) ** sizes.T)


def test_units_are_arrays_of_one_shape_and_have_a_norm():
    units = OneUnit([[3], [5]], [4, 12])
    assert units.u.shape == units.b.shape == (2, 2)
    assert units.u.dtype == units.b.dtype == float
    np.testing.assert_allclose(units.norm, [[5, np.hypot(3, 12)], [np.hypot(5, 4), 13]])
    np.testing.assert_array_equal(OneUnit(np.float32(2), 1).u, [2.0])


def test_states_start_at_h0_and_take_every_step():
    wall = Wall(h0=[0.5, -0.5], target=0.0, steps=3)
    states = wall.states(OneUnit(2.0, 0.1))
    assert states.shape == (4, 2)
    np.testing.assert_array_equal(states[0], [0.5, -0.5])
    np.testing.assert_allclose(states[1:], np.tanh(2 * states[:-1] + 0.1))
    assert Wall().states(OneUnit(1.0, 0.0)).shape == (26, 1)


def test_a_gradient_at_the_limit_is_not_clipped():
    wall, start = Wall(h0=0.0, target=0.5, steps=1), OneUnit(2.0, 0.0)  # gradient (0, −1)
    for limit, moved in ((0.5, 0.05), (1.0, 0.1), (2.0, 0.1), (None, 0.1)):
        path = descend(wall, start, learning_rate=0.1, steps=1, max_norm=limit)
        np.testing.assert_allclose(path.gradient_norm[0], [1.0])
        np.testing.assert_allclose([path.u[1, 0], path.b[1, 0]], [2.0, moved])


def test_the_wall_of_the_paper():
    wall = Wall()
    assert (wall.h0, wall.target, wall.steps) == (0.25, 0.7, 25)


@pytest.mark.parametrize(
    "record",
    [OneUnit(1.0, 0.0), Wall(), descend(Wall(), OneUnit(1.0, 0.0), learning_rate=1.0, steps=1)],
    ids=lambda record: type(record).__name__,
)
def test_a_record_is_itself_and_stays_as_it_is(record):
    assert record == record and record != replace(record)
    for field in fields(record):
        with pytest.raises(FrozenInstanceError):
            setattr(record, field.name, None)


BAD = {
    "u is NaN": (lambda: OneUnit(np.nan, 0.0), ValueError, "u: "),
    "b does not fit": (lambda: OneUnit([1.0, 2.0], [1.0, 2.0, 3.0]), ValueError, "b: .*fits"),
    "u is text": (lambda: OneUnit("two", 0.0), TypeError, "u: "),
    "h0 of 1": (lambda: Wall(h0=1.0), ValueError, "h: .*between -1 and 1"),
    "no steps": (lambda: Wall(steps=0), ValueError, "steps: "),
    "infinite target": (lambda: Wall(target=np.inf), ValueError, "target: "),
    "infinite weight": (lambda: Wall().on_the_wall(np.inf), ValueError, "u: expected finite"),
    "half a step": (lambda: Wall(steps=2.5), TypeError, "steps: expected an integer"),
    "no descent": (
        lambda: descend(Wall(), OneUnit(1, 0), learning_rate=1, steps=0),
        ValueError,
        "steps: ",
    ),
    "rate 0": (
        lambda: descend(Wall(), OneUnit(1, 0), learning_rate=0, steps=3),
        ValueError,
        "learning_rate: ",
    ),
    "clip to 0": (
        lambda: descend(Wall(), OneUnit(1, 0), learning_rate=1, steps=3, max_norm=0),
        ValueError,
        "max_norm: ",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    call, error, message = BAD[case]
    with pytest.raises(error, match=message):
        call()
