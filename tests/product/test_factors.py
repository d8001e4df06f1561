"""The stream of factors that the room's functions read: its pieces, its ends, its scale."""

import numpy as np
import pytest

from rnnlib import unroll
from rnnlib.product import step_jacobians
from rnnlib.product._factors import Factors, by_distance, flush_denormals, pull_out_power_of_two
from tests.networks import KINDS, random_case
from tests.strategies import Sizes, any_sizes, assert_close, for_all


@pytest.mark.parametrize("at_once", [1, 700, 1 << 30])
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_gives_the_same_in_pieces_of_any_size(kind, at_once, monkeypatch):
    monkeypatch.setattr("rnnlib.product._factors.AT_ONCE", at_once)
    case = random_case(kind, Sizes(T=6, B=3, I=2, H=2, V=1, seed=0), lengths=True)
    J = step_jacobians(case.cell, case.run)
    factors = Factors.of(case.run)
    size = case.cell.state_size
    assert (factors.steps, factors.shape, factors.dtype) == (6, (3, size, size), np.float64)
    assert_close(np.stack(list(factors.forward())), J, 10.0)
    ks, newest_first = zip(*factors.backward(), strict=True)
    assert ks == (5, 4, 3, 2, 1, 0)
    assert_close(np.stack(newest_first), J[::-1], 10.0)
    for b, alone in enumerate(factors.alone()):
        assert (alone.steps, alone.shape) == (case.run.lengths[b], (size, size))
        assert_close(np.stack(list(alone.forward())), J[: alone.steps, b], 10.0)


def test_nothing_is_computed_where_a_sequence_is_over():
    case = random_case("gru", Sizes(T=5, B=3, I=2, H=2, V=1, seed=0))
    run = unroll(case.cell, case.run.xs, lengths=[1, 3, 1])
    seen = []
    factors = Factors.of(run)
    make = factors.make
    object.__setattr__(
        factors, "make", lambda *arrays: seen.append(len(arrays[0])) or make(*arrays)
    )
    factors.between(0, 5)
    assert seen == [5]  # 1 + 3 + 1 real steps of 15
    assert (factors.between(3, 5) == np.eye(2)).all() and seen == [5]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@for_all(any_sizes(), examples=10)
def test_a_power_of_two_is_pulled_out_exactly(dtype, sizes: Sizes):
    A = -np.abs(sizes.rng.standard_normal((sizes.T, sizes.B, sizes.H, sizes.I))) * np.exp(
        sizes.rng.uniform(-40, 40, (sizes.T, sizes.B, 1, 1))
    )
    if np.iscomplexobj(dtype()):
        A = A * np.exp(2j * sizes.rng.standard_normal(A.shape))
    A = A.astype(dtype)
    scaled, exponents = pull_out_power_of_two(A)
    assert scaled.dtype == np.result_type(dtype, np.float64)
    assert exponents.shape == (sizes.T, sizes.B)
    np.testing.assert_array_equal(scaled * 2.0 ** exponents[..., None, None], A)
    largest = np.maximum(np.abs(scaled.real), np.abs(scaled.imag)).max(axis=(-2, -1))
    assert (largest >= 0.5).all() and (largest < 1).all()


@pytest.mark.parametrize("size", [5e-324, 1e-310, 2.0**-1022, 1.0, -1.7e308, 1e308 + 1e308j])
def test_the_power_of_two_of_the_ends_of_the_floats(size):
    scaled, exponent = pull_out_power_of_two(np.array([[size, 0], [0, size]]))
    assert 0.5 <= max(abs(scaled[0, 0].real), abs(scaled[0, 0].imag)) < 1
    half = int(exponent) // 2
    assert scaled[0, 0] * 2.0**half * 2.0 ** (int(exponent) - half) == size
    scaled, exponent = pull_out_power_of_two(np.zeros((2, 2)))
    assert exponent == 0 and not scaled.any()


def test_by_distance():
    table = np.arange(8.0).reshape(4, 2)
    found = by_distance(table, np.array([3, 1]))
    np.testing.assert_array_equal(found, [[6, 3], [4, 1], [2, np.nan], [0, np.nan]])
    np.testing.assert_array_equal(by_distance(table[:, 0], np.array(3)), [6, 4, 2, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
def test_what_is_flushed(dtype):
    tiny = np.finfo(dtype).tiny
    A = np.array([1, -1, 0.9e8 * tiny, -0.9e8 * tiny, 1.1e8 * tiny, -1.1e8 * tiny, 0], dtype)
    flushed = A.copy()
    flush_denormals(flushed)
    np.testing.assert_array_equal(flushed, np.where([1, 1, 0, 0, 1, 1, 0], A, 0))
