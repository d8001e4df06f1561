"""Each kernel computes what the plain loops compute, on every combination of what they take."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

from rnnlib import Cell, ElmanCell, GRUCell, LSTMCell, bptt, tree, unroll
from rnnlib._validate import Array
from rnnlib.cells.activations import Activation
from rnnlib.fast import kernel
from rnnlib.fast._rows import flush_denormals
from rnnlib.time.unrolling import Steps
from tests.cells.test_own_arrays import own_cell
from tests.equations.guards import catches
from tests.networks import plain, random_cell
from tests.strategies import Sizes, assert_close, for_all
from tools.equations import Mutant

FAST = ("tanh", "logistic", "relu", "identity", "own activation", "lstm", "gru")


class Softsign(Activation):
    """An activation of the reader's own, whose slope needs s."""

    name, derivative_bound = "softsign", 1.0

    def __call__(self, s):
        return s / (1 + np.abs(s))

    def derivative(self, s):
        return 1 / (1 + np.abs(s)) ** 2

    def active_range(self, threshold=0.1):
        end = threshold**-0.5 - 1
        return -end, end


@dataclass(frozen=True)
class Combination:
    """One choice of all that `unroll` and `bptt` take."""

    sizes: Sizes
    dtype: str
    lengths: bool
    window: int | None
    h0: bool
    loss: str
    inputs: bool
    deltas: bool
    working_set: int
    complex_too: str | None = None


COMBINATIONS = st.builds(
    Combination,
    st.builds(Sizes, *(st.integers(1, n) for n in (9, 4, 9, 5, 1)), seed=st.integers(0, 2**32 - 1)),
    st.sampled_from(["float32", "float64", "complex64", "complex128"]),
    lengths=st.booleans(),
    window=st.none() | st.integers(1, 10),
    h0=st.booleans(),
    loss=st.sampled_from(["last state", "every state", "last whole state", "every whole state"]),
    inputs=st.booleans(),
    deltas=st.booleans(),
    working_set=st.sampled_from([1, 1000, 2**21]),
    complex_too=st.sampled_from([None, None, "xs", "h0", "dhs"]),
)


def cell_of(kind: str, c: Combination) -> Cell:
    if kind == "own activation":
        cell = random_cell("tanh", c.sizes)
        cell = ElmanCell(cell.W_hh, cell.W_xh, cell.b_h, Softsign())
    else:
        cell = random_cell(kind, c.sizes)
    return tree.astype(cell, c.dtype)


def given(cell: Cell, c: Combination) -> tuple[Array, Array | None, Array | None, Array]:
    """Draw inputs, an initial state, lengths and the derivatives of a loss."""
    T, B, rng = c.sizes.T, c.sizes.B, np.random.default_rng([c.sizes.seed, 1])
    xs = rng.standard_normal((T, B, c.sizes.I)).astype(c.dtype)
    h0 = rng.uniform(-0.9, 0.9, (B, cell.state_size)).astype(c.dtype) if c.h0 else None
    lengths = rng.integers(1, T, B, endpoint=True) if c.lengths else None
    columns = cell.state_size if "whole" in c.loss else cell.hidden_size
    shape = (B, columns) if c.loss.startswith("last") else (T, B, columns)
    dhs = rng.standard_normal(shape).astype(c.dtype)
    turn = np.exp(0.5j).astype(np.result_type(c.dtype, np.complex64))  # as for a complex step
    match c.complex_too:
        case "xs":
            xs = xs * turn
        case "dhs":
            dhs = dhs * turn
        case "h0" if h0 is not None:
            h0 = h0 * turn
    return xs, h0, lengths, dhs


def close(fast, slow) -> None:
    if fast is None or slow is None:
        assert fast is slow is None
        return
    assert fast.dtype == slow.dtype
    scale = 100 * (1 + np.abs(slow).max(initial=0))
    assert_close(fast, slow, scale, rtol=5 * float(np.finfo(slow.dtype).eps))


def check(kind: str, c: Combination) -> None:
    cell = cell_of(kind, c)
    xs, h0, lengths, dhs = given(cell, c)
    assert kernel(cell) is not None and kernel(plain(cell)) is None
    runs = [unroll(one, xs, h0, lengths=lengths) for one in (cell, plain(cell))]
    np.testing.assert_array_equal(*(run.xs for run in runs))  # complex if a state is
    for name in ("states", "hs", "cs", "pre"):
        close(*(getattr(run, name) for run in runs))
    options = {"window": c.window, "inputs": c.inputs, "deltas": c.deltas}
    for _ in range(2):  # the second time from the same run
        fast, slow = (bptt(run.cell, run, dhs, **options) for run in runs)
        for name in ("h0", "xs", "deltas"):
            close(getattr(fast, name), getattr(slow, name))
        for one, other in zip(tree.leaves(fast.cell), tree.leaves(slow.cell), strict=True):
            close(one, other)


def with_chunks(kind: str, c: Combination) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnlib.fast._rows.WORKING_SET", c.working_set)
        check(kind, c)


@pytest.mark.parametrize("kind", FAST)
@for_all(COMBINATIONS, examples=150)
def test_a_kernel_is_the_plain_path(kind, combination):
    if kind in ("relu", "own activation"):  # neither is a function of complex numbers
        assume(not combination.dtype.startswith("complex"))
        assume(combination.complex_too in (None, "dhs"))
    with_chunks(kind, combination)


ALL_AT_ONCE = Combination(
    Sizes(T=9, B=3, I=2, H=3, V=1, seed=5), "float64", True, 4, True, "every whole state",
    True, True, 1000,
)  # fmt: skip
ONE_ROW = Combination(
    Sizes(T=9, B=1, I=2, H=3, V=1, seed=5), "float64", False, None, True, "every whole state",
    True, True, 1000,
)  # fmt: skip
BUGS = [
    ("lstm", "lstm", "i f g o as they are", "weights(cell), H", "weights(cell), 0"),
    ("lstm", "lstm", "no ½ s", "weights[: 3 * H] *= 0.5", "pass"),
    ("lstm", "lstm", "h moves on beyond the end", "np.copyto(h, hs[t - 1]", "np.copyto(h, h"),
    ("lstm", "lstm", "c moves on beyond the end", "np.copyto(c, gates[t - 1, 4]", "np.copyto(c, c"),
    ("lstm", "lstm", "the loss does not see c", "dc += own_dcs[t - 1]", "pass"),
    ("lstm", "lstm", "c's own path left out", "np.multiply(dc, f, out=dc)", "dc.fill(0)"),
    ("lstm", "lstm", "h's share of c left out", "np.add(dc, by_h, out=dc)", "pass"),
    ("lstm", "lstm", "the window left out", "both.fill(0)", "pass"),
    ("lstm", "_rows", "the last chunk only", "if not self.parts", "if True"),
    ("lstm", "lstm", "deltas in the kernel's order", "np.roll(ds, -H", "np.roll(ds, 0"),
    ("lstm", "lstm", "the bias for a weight", ", total[H + 1 :]", ", total[H:-1]"),
    ("lstm", "lstm", "g for i", "np.multiply(c_by_ifg[:, 0], g,", "np.multiply(c_by_ifg[:, 0], i,"),
    ("gru", "gru", "no ½ s", "weights[H : 3 * H] *= 0.5", "pass"),
    ("gru", "gru", "n for q", "by_r *= q", "by_r *= n"),
    ("gru", "gru", "z keeps the new", "(dh, z, out=kept)", "(dh, 1 - z, out=kept)"),
    ("gru", "gru", "the first step's window", "t % window == 0", "t % window == 1"),
    ("gru", "gru", "q for n", "(flat[:, : 3 * H]", "(flat[:, H:]"),
    ("gru", "gru", "state moves on", "np.copyto(h, h_prev", "np.copyto(h, h"),
    ("tanh", "elman", "slope of the state before", "start + 1 : stop + 1", "start:stop"),
    ("tanh", "elman", "other weights", "np.ascontiguousarray(weights.T)", "weights[::-1].T.copy()"),
    ("tanh", "elman", "state moves on", "np.copyto(h, hs[t - 1]", "np.copyto(h, h"),
    ("tanh", "elman", "missing carry", "np.add(later, own, out=dh)", "np.copyto(dh, own)"),
    ("relu", "elman", "s of the step before", "run.s[start:stop]", "run.s[start:stop][::-1]"),
    ("tanh", "elman", "the first chunk of inputs", "dxs[start:stop] = ", "dxs[:stop - start] = "),
    ("tanh", "_rows", "the inputs in reverse", "H + 1 :] = xs", "H + 1 :] = xs[::-1]"),
    ("lstm", "_rows", "gates mixed", "used.reshape(G", "used[::-1].reshape(G"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "module", "name", "old", "new"), BUGS, ids=lambda v: str(v)[:24])
def test_seeded_bugs_are_caught(kind, module, name, old, new):
    catches(
        lambda: with_chunks(kind, ALL_AT_ONCE),
        f"rnnlib/fast/{module}.py",
        Mutant(name, old, new),
    )


@pytest.mark.parametrize("kind", ["lstm", "gru", "relu"])
def test_one_sequence_has_a_product_of_its_own(kind):
    mutant = Mutant("others", "used.T", "used[::-1].T")
    catches(lambda: with_chunks(kind, ONE_ROW), "rnnlib/fast/_rows.py", mutant)


@pytest.mark.parametrize("kind", ["lstm", "gru", "tanh", "relu"])
def test_wide_inputs_are_projected_for_many_steps_at_once(kind):
    wide = replace(ALL_AT_ONCE, sizes=Sizes(T=9, B=3, I=10, H=3, V=1, seed=5))
    for old, new in (("H + 1 :], gates)", "H:-1], gates)"), ("np.add(out, p", "np.add(0, p")):
        catches(lambda: with_chunks(kind, wide), "rnnlib/fast/_rows.py", Mutant("wide", old, new))


@pytest.mark.parametrize("kind", [ElmanCell, LSTMCell, GRUCell])
def test_wide_inputs_are_copied_only_if_somebody_may_write_to_them(kind):
    cell, mine = kind.random(9, 3, np.random.default_rng(0)), np.eye(9)[:, None]
    fixed = mine.copy()
    fixed.flags.writeable = False
    run, same = unroll(cell, mine), unroll(cell, fixed)
    assert np.shares_memory(same.xs, fixed) and not same.xs.flags.writeable
    mine[:] = 7.0
    np.testing.assert_array_equal(run.xs, fixed)
    gradients = (bptt(cell, r, np.ones((1, 3))).cell for r in (run, same))
    assert tree.same(*gradients)


def test_who_goes_which_way():
    """A subclass may have changed its step, and an array of its own is past it."""
    rng = np.random.default_rng(0)
    for kind in (ElmanCell, LSTMCell, GRUCell):
        cell = kind.random(2, 3, rng)
        assert not isinstance(unroll(cell, np.ones((2, 1, 2)))._trace, Steps)
        assert isinstance(unroll(plain(cell), np.ones((2, 1, 2)))._trace, Steps)
    for own in (own_cell("own"), own_cell("gru"), random_cell("diagonal", ALL_AT_ONCE.sizes)):
        assert isinstance(unroll(own, np.ones((2, 1, 2)))._trace, Steps)


def test_a_copy_of_the_cell_goes_the_way_of_its_run():
    cell = LSTMCell.random(2, 3, np.random.default_rng(0))
    run, dhs = unroll(cell, np.ones((4, 2, 2))), np.ones((2, 3))
    one, other = (bptt(c, run, dhs).cell for c in (cell, tree.map_leaves(np.copy, cell)))
    assert tree.same(one, other)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_flushed_is_near_the_denormal_numbers(dtype):
    floor = 1e8 * np.finfo(dtype).tiny
    numbers = np.array([0.0, 0.5 * floor, -0.5 * floor, floor, -2 * floor, 1e-20, 1.0], dtype)
    kept = numbers.copy()
    flush_denormals(kept)
    np.testing.assert_array_equal(kept, np.where(np.abs(numbers) < floor, 0, numbers))
    assert np.count_nonzero(kept) == 4
