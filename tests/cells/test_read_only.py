"""Nobody can write to the arrays of a record, and whoever gave them may go on writing to theirs."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

from rnnlib import DiagonalCell, ElmanCell, GRUCell, LSTMCell, Readout, bptt, tree, unroll
from tests.networks import KINDS, plain, random_case, random_cell
from tests.strategies import Sizes

SIZES = Sizes(T=5, B=2, I=2, H=3, V=1, seed=3)


def arrays_of(record, prefix=""):
    """All arrays within a record and what it shows."""
    for name in dir(record):
        value = getattr(record, name) if not name.startswith("_") else None
        if isinstance(value, np.ndarray):
            yield prefix + name, value


@pytest.mark.parametrize("kind", KINDS)
def test_no_array_of_a_record_can_be_written_to(kind):
    case = random_case(kind, SIZES, lengths=True)
    gradients = bptt(case.cell, case.run, case.dhs, deltas=True)
    records = [case.cell, case.run, gradients, gradients.cell, tree.astype(case.cell, np.float32)]
    records += [Readout([[1.0, 2.0]], [0.0]), tree.unflatten(tree.flatten(case.cell), case.cell)]
    records += [case.cell.vjp(case.h0, case.run.xs[0], np.ones_like(case.h0))]
    for record in records:
        for other in (record, copy.deepcopy(record), copy.copy(record)):
            found = dict(arrays_of(other))
            assert found
            for name, array in found.items():
                assert not array.flags.writeable, (type(other), name)
    sent = pickle.loads(pickle.dumps(case.run))
    assert not any(array.flags.writeable for _, array in arrays_of(sent))


def test_what_a_record_was_made_of_may_be_written_to():
    W, b, xs, vector = np.eye(2), np.zeros(2), np.ones((3, 1, 2)), np.ones(10)
    cell, like = ElmanCell(W, W, b), ElmanCell(np.eye(2), np.eye(2), np.zeros(2))
    run, flat = unroll(cell, xs, lengths=None), tree.unflatten(vector, like=like)
    before = run.hs.copy()
    for mine in (W, b, xs, vector):
        mine[...] = 7.0
    assert tree.same(cell, like) and (flat.W_hh == 1).all() and (run.xs == 1).all()
    np.testing.assert_array_equal(unroll(cell, run.xs).hs, before)


@pytest.mark.parametrize(
    "make",
    [
        lambda a: ElmanCell(a, np.ones((2, 1)), np.zeros(2)).W_hh,
        lambda a: DiagonalCell(np.diag(a), np.ones((2, 1)), np.zeros(2)).W_hh,
        lambda a: LSTMCell(np.tile(a, (4, 1)), np.ones((8, 1)), np.zeros(8)).W_hh,
        lambda a: GRUCell(np.tile(a, (3, 1)), np.ones((6, 1)), np.zeros(6), a[0]).b_n,
        lambda a: Readout(a, np.zeros(2)).W_ho,
        lambda a: unroll(ElmanCell(np.eye(2), a, np.zeros(2)), a[None]).xs,
    ],
)
def test_writing_is_refused_before_anything_has_changed(make):
    own = np.array([[1.0, 2.0], [3.0, 4.0]])
    held = make(own)
    before = held.copy()
    with pytest.raises(ValueError, match="read-only"):
        held -= 0.1
    np.testing.assert_array_equal(held, before)
    own[...] = 9.0
    np.testing.assert_array_equal(held, before)


def test_a_record_made_of_another_shares_its_arrays():
    cell = random_cell("tanh", SIZES)
    assert replace(cell, b_h=np.zeros(3)).W_hh is cell.W_hh
    fixed = np.ones((3, 1, 2))
    fixed.flags.writeable = False
    assert unroll(plain(cell), fixed).xs is fixed


def test_what_a_run_says_of_itself_is_short():
    """Its cell and lengths, but not the thousands of numbers of what it did."""
    short, long = (unroll(random_cell("tanh", SIZES), np.zeros((T, 1, 2))) for T in (1, 500))
    assert repr(long) == repr(short)
