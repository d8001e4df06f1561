"""A linear network taken apart into units that never meet."""

import numpy as np
import pytest

from rnnlib import DiagonalCell, ElmanCell, bptt, unroll
from rnnlib.cells import Modes
from tests.strategies import Sizes, any_sizes, assert_close, for_all


@for_all(any_sizes())
def test_states_and_errors_are_those_of_the_network(sizes: Sizes):
    """States back by S, errors there by its transpose; lengths differ, and h_0 is not 0."""
    rng, (T, B, I, H) = sizes.rng, (sizes.T, sizes.B, sizes.I, sizes.H)  # noqa: E741
    shapes = ((H, H), (H, I), (H,))
    net = ElmanCell(*(rng.standard_normal(shape) for shape in shapes), "identity")
    modes = Modes.of(net)
    S = modes.vectors
    xs, h0, dhs = (rng.standard_normal(s) for s in ((T, B, I), (B, H), (T, B, H)))
    lengths = rng.integers(1, T, B, endpoint=True)
    run = unroll(net, xs, h0, lengths=lengths)
    apart = unroll(modes.cell, xs, np.linalg.solve(S, h0.T).T, lengths=lengths)
    size = (1 + np.abs(run.hs).max()) * np.linalg.cond(S) * 100
    assert_close(apart.hs @ S.T, run.hs, size)
    theirs, ours = bptt(net, run, dhs), bptt(modes.cell, apart, dhs @ S)
    size = (1 + np.abs(theirs.xs).max()) * np.linalg.cond(S) * 100
    assert_close(ours.xs, theirs.xs, size)
    assert_close(ours.h0 @ np.linalg.inv(S), theirs.h0, size * np.linalg.cond(S))


def test_a_symmetric_network_stays_real():
    modes = Modes.of(ElmanCell([[0.0, 0.5], [0.5, 0.0]], np.eye(2), [0.0, 0.0], "identity"))
    assert modes.cell.W_hh.dtype == np.float64
    assert_close(np.sort(modes.cell.W_hh), [-0.5, 0.5], 1.0)
    with pytest.raises(ValueError, match="read-only"):
        modes.vectors[0, 0] = 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_keeps_the_precision(dtype):
    arrays = (np.array(a, dtype) for a in ([[0.5, -1.0], [1.0, 0.5]], np.eye(2), [0.0, 0.0]))
    modes = Modes.of(ElmanCell(*arrays, "identity"))
    assert modes.cell.W_hh.dtype == np.result_type(dtype, np.complex64)


@pytest.mark.parametrize(
    ("network", "error", "message"),
    [
        (ElmanCell([[0.5]], [[1.0]], [0.0]), ValueError, "activation identity, got tanh"),
        (DiagonalCell([0.5], [[1.0]], [0.0]), TypeError, "an ElmanCell, got DiagonalCell"),
        (
            ElmanCell([[0.5, 1.0], [0.0, 0.5]], np.eye(2), [0.0, 0.0], "identity"),
            ValueError,
            "expected eigenvectors that span the space",
        ),
    ],
)
def test_bad_input(network, error, message):
    with pytest.raises(error, match=message):
        Modes.of(network)
