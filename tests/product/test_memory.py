"""What goes through a run goes through it in pieces: no array of all its Jacobians is made."""

import tracemalloc

import numpy as np
import pytest

from rnnlib import DiagonalCell, ElmanCell, GRUCell, LSTMCell, unroll
from rnnlib.product import (
    horizon,
    log_bounds,
    log_norms,
    log_singular_values,
    log_volumes,
    lyapunov_spectrum,
    step_jacobians,
)


def random_cells(H):
    rng = np.random.default_rng(0)
    yield ElmanCell.random(4, H, rng)
    yield GRUCell.random(4, H, rng)
    yield LSTMCell.random(4, H // 2, rng)
    yield DiagonalCell(rng.uniform(-1, 1, H), rng.standard_normal((H, 4)), np.zeros(H))


STREAMED = {
    "log_norms": log_norms,
    "horizon": horizon,
    "log_bounds": log_bounds,
    "log_volumes": log_volumes,
    "log_singular_values": log_singular_values,
    "lyapunov_spectrum": lambda run: lyapunov_spectrum(run, interval=500, leading=1),
}


def peak_of(function, cell, T, B=4):
    run = unroll(cell, 0.1 * np.ones((T, B, 4)), lengths=np.arange(T - B, T) + 1)
    run.states  # noqa: B018 once computed they belong to the run
    tracemalloc.start()
    function(run)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("function", STREAMED.values(), ids=STREAMED)
@pytest.mark.parametrize("cell", list(random_cells(16)), ids=lambda cell: type(cell).__name__)
def test_memory_does_not_grow_as_time_times_jacobians(cell, function):
    one_step = 4 * 16 * 16 * 8
    short, long = (peak_of(function, cell, T) for T in (50, 200))
    # 150 Jacobians more would be 150 steps' worth; what does grow are a few numbers a step.
    assert long - short < 12 * one_step
    assert long < 75 * one_step
    assert peak_of(lambda run: step_jacobians(run.cell, run), cell, 200) > 200 * one_step
