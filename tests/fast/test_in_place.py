"""The fast forms of a run beside the plain ones: the same numbers, however they are come by."""

import numpy as np
import pytest

from rnnlib import bptt, tree, unroll
from rnnlib.fast._steps_in_place import AnyCell, in_place
from tests.equations.guards import catches
from tests.networks import plain, random_case
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

FAST = ("tanh", "lstm", "gru")
GATE_IS_SMALL = 40
"""For H = 3 and B = 4 between the multiplications for one gate, 36, and those for all of them."""
CASE = Sizes(T=5, B=4, I=2, H=3, V=1, seed=6)


def check_against_plain(case):
    cell, lengths = plain(case.cell), case.run.lengths
    assert type(in_place(cell)) is AnyCell
    assert type(in_place(case.cell)) is not AnyCell
    run = unroll(cell, case.run.xs, case.h0, lengths=lengths)
    assert_close(case.run.states, run.states, 10.0)
    assert_close(case.run.pre, run.pre, 100.0)
    assert_close(case.run.hs, run.hs, 10.0)
    assert_close(case.run.cs, run.cs, 10.0)
    fast = bptt(case.cell, case.run, case.dhs, deltas=True)
    slow = bptt(cell, run, case.dhs, deltas=True)
    scale = 10 * (1 + np.abs(case.dhs).sum()) * (1 + np.abs(case.run.xs).sum())
    assert_close(tree.flatten(fast.cell), tree.flatten(slow.cell), scale)
    for name in ("h0", "xs", "deltas"):
        assert_close(getattr(fast, name), getattr(slow, name), scale)


@pytest.mark.parametrize("kind", FAST)
@pytest.mark.parametrize("small_product", [0, GATE_IS_SMALL, 10**6])
@pytest.mark.parametrize("variant", [{}, {"lengths": True}, {"whole_state": True}])
@for_all(any_sizes(), examples=5)
def test_in_place_is_the_plain_form(kind, small_product, variant, sizes: Sizes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnlib.fast._products_in_time.SMALL_PRODUCT", small_product)
        for size in (sizes, CASE):
            check_against_plain(random_case(kind, size, **variant))


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("lstm", "by_f *= h_prev[:, 1]", "by_f *= h[:, 1]"),
        ("lstm", "dc += own * h_by_c", "pass"),
        ("lstm", "        dc *= f", "        pass"),
        ("lstm", "[rows[: 2 * H], rows[3 * H :], rows[2 * H : 3 * H]]", "[rows]"),
        ("gru", "by_r *= q", "by_r *= n"),
        ("gru", "dh *= z", "dh *= 1 - z"),
        ("gru", "slice(self.hidden_size, 3 * self.hidden_size)", "slice(2 * self.hidden_size)"),
    ],
)
def test_a_seeded_bug_in_place_is_caught(kind, old, new):
    case = random_case(kind, CASE, whole_state=True)

    def check():
        again = unroll(case.cell, case.run.xs, case.h0)
        check_against_plain(type(case)(case.cell, again, case.h0, case.dhs))

    catches(check, "rnnlib/fast/_steps_in_place.py", Mutant("seeded", old, new))


@pytest.mark.parametrize("old", ["np.add.reduce(products, axis=0)", "by_gate(ds), self.W_hh, out"])
def test_a_seeded_bug_gate_by_gate_is_caught(old, monkeypatch):
    monkeypatch.setattr("rnnlib.fast._products_in_time.SMALL_PRODUCT", GATE_IS_SMALL)
    new = {"np": "products[0]", "by": "by_gate(ds), self.W_hh[::-1], out"}[old[:2]]
    catches(
        lambda: check_against_plain(random_case("lstm", CASE)),
        "rnnlib/fast/_products_in_time.py",
        Mutant("seeded", old, new),
    )
