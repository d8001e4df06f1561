"""What of a gradient product an error can use."""

from dataclasses import replace

import numpy as np
import pytest

from rnnlib import ElmanCell, bptt, tree, unroll
from rnnlib.product import error_projection, products_to_last, step_jacobians
from tests.equations.guards import catches
from tests.networks import KINDS, random_case
from tests.strategies import Sizes, any_sizes, assert_close, for_all, network
from tools.equations import Mutant


@for_all(any_sizes())
def test_errors_are_those_of_bptt(sizes):
    cell, xs, h0 = network(sizes)
    run = unroll(cell, xs, h0)
    dh = sizes.rng.standard_normal((sizes.B, sizes.H))
    found = error_projection(cell, run, dh, np.ones(sizes.B), step=0)
    assert_close(found.errors, bptt(cell, run, dh).h0, 1 + 100 * np.abs(found.errors).max())


def test_at_the_last_step_nothing_is_lost():
    rng = np.random.default_rng(0)
    cell = ElmanCell.random(2, 4, rng)
    run = unroll(cell, rng.standard_normal((5, 3, 2)))
    dh = rng.standard_normal((3, 4))
    found = error_projection(cell, run, dh, [1, 1, -1], step=5)
    np.testing.assert_array_equal(found.errors, dh)
    assert found.reach == pytest.approx(1)


def test_signal_of_errors_without_anything_in_common():
    """Independent directions: about reach/√B, where equal ones would give the reach."""
    rng = np.random.default_rng(0)
    cell = ElmanCell.random(2, 40, rng)
    run = unroll(cell, np.ones((3, 400, 2)))
    dh = rng.standard_normal((400, 40))
    found = error_projection(cell, run, dh, rng.choice([-1, 1], 400))
    assert 0.5 < found.signal / (found.reach / 20) < 2


def test_reach_of_one_sequence_is_below_the_norm():
    rng = np.random.default_rng(1)
    cell = ElmanCell.random(2, 4, rng)
    run = unroll(cell, rng.standard_normal((6, 1, 2)))
    P = products_to_last(run)[2, 0]
    U, values, _ = np.linalg.svd(P)
    for direction, value in zip(U.T, values, strict=True):
        found = error_projection(cell, run, 5 * direction[None], [1], step=2)
        assert found.reach == pytest.approx(value) and found.signal == pytest.approx(value)


def check_against_products(case, dh, step):
    """Each error is g P_{T,k}, whatever the cell, its lengths and its numbers."""
    signs = np.where(np.arange(len(dh)) % 3, 1.0, -1.0)
    found = error_projection(case.cell, case.run, dh, signs, step=step)
    g = np.zeros((len(dh), case.cell.state_size), dh.dtype)
    g[:, : dh.shape[1]] = dh
    P = products_to_last(step_jacobians(case.cell, case.run))[step]
    errors = np.einsum("bi,bij->bj", g, P)
    near = 1e4 * np.finfo(dh.dtype).eps
    assert_close(found.errors, errors, 10.0, rtol=near)
    size = np.linalg.norm(dh)
    assert_close(found.reach, np.linalg.norm(errors) / size, 10.0, rtol=near)
    mean = np.linalg.norm((signs[:, None] * errors).mean(axis=0)) * np.sqrt(len(dh))
    assert_close(found.signal, mean / size, 10.0, rtol=near)
    assert type(found.reach) is type(found.signal) is float
    assert found.signal <= found.reach * (1 + near)


@pytest.mark.parametrize("whole_state", [False, True], ids=["h", "whole state"])
@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), examples=8)
def test_for_every_cell_with_lengths(kind, whole_state, sizes: Sizes):
    case = random_case(kind, sizes, lengths=True, whole_state=whole_state)
    for step in range(sizes.T + 1):
        check_against_products(case, case.dhs[0], step)


@pytest.mark.parametrize("dtype", [np.float32, np.complex64, np.complex128])
@for_all(any_sizes(), examples=8)
def test_in_every_precision(dtype, sizes: Sizes):
    """Of a complex cell the imaginary parts count; once they were dropped."""
    case = random_case("diagonal", sizes, lengths=True)
    turn = np.exp(1j * np.arange(1, sizes.H + 1)) if np.iscomplexobj(dtype()) else np.ones(sizes.H)
    cell = tree.astype(case.cell, np.finfo(dtype).dtype)
    cell = replace(cell, W_hh=(cell.W_hh * turn).astype(dtype))
    xs, h0 = (array.astype(cell.W_xh.dtype) for array in (case.run.xs, case.h0))
    run = unroll(cell, xs, h0, lengths=case.run.lengths)
    dh = (case.dhs[0] * turn).astype(dtype)
    for step in range(sizes.T + 1):
        check_against_products(replace(case, cell=cell, run=run), dh, step)


def test_errors_whose_squares_are_no_floats():
    cell = ElmanCell([[0.1]], [[1.0]], [0.0], activation="identity")
    run = unroll(cell, np.ones((201, 2, 1)))
    found = error_projection(cell, run, 1e-90 * np.ones((2, 1)), [1, 1])
    assert (found.reach, found.signal) == pytest.approx((1e-200, 1e-200), 1e-9, 0)
    found = error_projection(cell, run, 1e250 * np.ones((2, 1)), [1, 1], step=200)
    assert (found.reach, found.signal) == pytest.approx((0.1, 0.1))


def test_after_the_end_of_a_sequence_its_error_stays():
    cell = ElmanCell([[0.5]], [[1.0]], [0.0], activation="identity")
    run = unroll(cell, np.ones((4, 3, 1)), lengths=[4, 2, 1])
    found = error_projection(cell, run, np.ones((3, 1)), [1, 1, 1], step=2)
    np.testing.assert_array_equal(found.errors.ravel(), [0.25, 1, 1])
    found = error_projection(cell, run, np.ones((3, 1)), [1, 1, 1], step=1)
    np.testing.assert_array_equal(found.errors.ravel(), [0.125, 0.5, 1])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("np.where(left[:, None] > 0, back, errors)", "back"),
        ("np.where(left[:, None] > 0,", "np.where(left[:, None] > 1,"),
        ("run.lengths - step", "run.lengths"),
        ("run.states[step]", "run.states[step - 1]"),
        ("errors[:, : dh.shape[1]] = dh", "errors[:] = dh[:, :1]"),
        ("largest * np.linalg.norm", "np.linalg.norm"),
        ("(signs[:, None] * errors)", "errors"),
    ],
)
def test_seeded_bugs_are_caught(old, new):
    case = random_case("gru", Sizes(T=5, B=4, I=2, H=3, V=1, seed=0), lengths=True)

    def check():
        for step in range(6):
            check_against_products(case, case.dhs[0], step)

    catches(check, "rnnlib/product/projection.py", Mutant("seeded", old, new))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"signs": [1, 0, 1]}, "signs: expected"),
        ({"signs": [1, 1]}, "signs: expected shape"),
        ({"dh": np.ones((2, 4))}, "dh: expected shape"),
        ({"step": 6}, "step: expected at most T = 5, got 6"),
        ({"step": -1}, "step: expected at least 0"),
        ({"dh": np.ones((3, 5))}, r"dh: expected shape \(3, 4\), got \(3, 5\)"),
        ({"dh": np.zeros((3, 4))}, "dh: expected errors that are not all 0"),
    ],
)
def test_bad_input(change, message):
    rng = np.random.default_rng(0)
    cell = ElmanCell.random(2, 4, rng)
    run = unroll(cell, np.ones((5, 3, 2)))
    with pytest.raises(ValueError, match=message):
        error_projection(cell, run, **{"dh": np.ones((3, 4)), "signs": [1, -1, 1], **change})
