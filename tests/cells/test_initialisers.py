"""Initialisers, and the cells they make."""

import numpy as np
import pytest

from rnnlib import DiagonalCell, ElmanCell, GRUCell, LSTMCell
from rnnlib.cells import initialisers
from tests.strategies import Sizes, any_sizes, assert_close, for_all


def test_initialisers_have_the_spread_they_promise():
    rng, shape = np.random.default_rng(0), (400, 300)
    assert_close(initialisers.uniform(shape, rng).std(), 1 / np.sqrt(3 * 300), 1.0, rtol=1e-3)
    assert_close(initialisers.glorot(shape, rng).std(), np.sqrt(2 / 700), 1.0, rtol=1e-3)
    bias = initialisers.chrono(5000, 100, rng)
    forget = bias[5000:10_000]
    assert np.all((1 <= np.exp(forget)) & (np.exp(forget) <= 99))
    assert_close(np.exp(forget).mean(), 50.0, 50.0, rtol=0.03)
    np.testing.assert_array_equal(bias[:5000], -forget)
    assert not bias[10_000:].any()
    np.testing.assert_array_equal(initialisers.forget_bias(2, 3.0)[2:4], [3.0, 3.0])


@for_all(any_sizes())
def test_orthogonal_is_orthogonal(sizes: Sizes):
    W = initialisers.orthogonal((sizes.H, sizes.I), sizes.rng, gain=2.0)
    values = np.linalg.svd(W, compute_uv=False)
    assert_close(values, np.full(min(sizes.H, sizes.I), 2.0), 1.0, rtol=1e-12)


def test_orthogonal_is_uniform():
    """Without the signs, QR leaves the diagonal of Q biased."""
    rng = np.random.default_rng(0)
    diagonal = [initialisers.orthogonal((3, 3), rng)[0, 0] for _ in range(4000)]
    assert abs(np.mean(diagonal)) < 0.05


def test_random_cells_of_every_kind():
    rng = np.random.default_rng(0)
    for kind in (ElmanCell, LSTMCell, GRUCell, DiagonalCell):
        cell = kind.random(2, 5, rng)
        assert (cell.input_size, cell.hidden_size) == (2, 5)
    ring = DiagonalCell.random(2, 2000, rng, smallest=0.6, largest=0.8).W_hh
    assert_close((np.abs(ring) ** 2).mean(), (0.36 + 0.64) / 2, 1.0, rtol=0.01)


BAD = {
    "chrono too short": (
        lambda: initialisers.chrono(2, 2, np.random.default_rng(0)),
        ValueError,
        "longest: expected at least 3, got 2",
    ),
    "ring inside out": (
        lambda: DiagonalCell.random(1, 1, np.random.default_rng(0), smallest=2.0),
        ValueError,
        "smallest: expected at most largest = 1.0, got 2.0",
    ),
    "orthogonal with a seed": (
        lambda: initialisers.orthogonal((2, 2), 0),
        TypeError,
        "rng: expected a numpy.random.Generator, got int",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
