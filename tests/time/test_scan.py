"""The linear scan: three groupings of one recurrence, its gradient, its rounding and its growth."""

import warnings

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib import DiagonalCell, bptt, unroll
from rnnlib.time import linear_scan, linear_scan_gradient
from tests.equations.guards import catches
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

METHODS = ("chunks", "loop", "tree")
STEPS = st.sampled_from([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100])
DECAYS = st.sampled_from(["real", "complex", "each step", "each batch", "one", "zero", "growing"])


class Scan:
    """A random recurrence: λ of one kind, inputs, an initial state, lengths, upstream gradients."""

    def __init__(self, kind, steps, sizes, padded=True):
        rng, shape = sizes.rng, (steps, sizes.B, sizes.H)
        size = {"each step": shape, "each batch": shape[1:]}.get(kind, shape[2:])
        decay = rng.uniform(-1, 1, size)
        if kind in ("complex", "each step"):
            decay = decay * np.exp(1j * rng.uniform(0, 7, size))
        fixed = {"one": np.exp(1j * rng.uniform(0, 7, size)), "zero": 0 * decay}
        self.decay = {**fixed, "growing": 1 + 0.1 * decay}.get(kind, decay)
        self.inputs = rng.standard_normal(shape)
        self.h0 = rng.standard_normal(shape[1:])
        self.lengths = rng.integers(1, steps, sizes.B, endpoint=True) if padded else None
        self.dhs = rng.standard_normal(shape)
        self.size = 1 + np.abs(self.inputs).sum() + np.abs(self.h0).sum()
        self.size *= max(1, np.abs(self.decay).max()) ** steps

    def states(self, method, decay=None, inputs=None, h0=None):
        return linear_scan(
            self.decay if decay is None else decay,
            self.inputs if inputs is None else inputs,
            self.h0 if h0 is None else h0,
            lengths=self.lengths,
            method=method,
        )

    def by_hand(self, decay, inputs, h0):
        """One number after the other, in plain Python; a sequence that is over stays as it is."""
        hs = np.zeros((len(inputs) + 1, *h0.shape), np.result_type(decay, inputs, h0))
        factors = np.broadcast_to(decay, inputs.shape)
        for b, i in np.ndindex(h0.shape):
            h = hs[0, b, i] = h0[b, i]
            for t in range(1, len(hs)):
                if self.lengths is None or t <= self.lengths[b]:
                    h = factors[t - 1, b, i] * h + inputs[t - 1, b, i]
                hs[t, b, i] = h
        return hs


def check_states(scan, method):
    expected = scan.by_hand(scan.decay, scan.inputs, scan.h0)
    assert_close(scan.states(method), expected, scan.size, rtol=1e-14)


@pytest.mark.parametrize("method", METHODS)
@for_all(DECAYS, STEPS, any_sizes(1, 3), st.booleans(), examples=50)
def test_states_are_those_by_hand(method, kind, steps, sizes: Sizes, padded):
    check_states(Scan(kind, steps, sizes, padded), method)


def check_gradient_along_a_line(scan, method):
    """The derivative of Σ dhs ⊙ h along a direction in λ, inputs and h_0, by a difference."""
    rng = np.random.default_rng(0)
    found = linear_scan_gradient(
        scan.decay, scan.states(method), scan.dhs, lengths=scan.lengths, method=method
    )
    given = (scan.decay, scan.inputs, scan.h0)
    along = [rng.standard_normal(array.shape) for array in given]
    along[0] = along[0] * np.exp(1j * np.angle(rng.standard_normal())) * (1 + 0j)
    if np.iscomplexobj(scan.decay):
        along[0] = along[0] + 1j * rng.standard_normal(scan.decay.shape)
    else:
        along[0] = along[0].real
    step = 1e-5
    values = []
    for sign in (1, -1):
        moved = [array + sign * step * by for array, by in zip(given, along, strict=True)]
        values.append((scan.dhs * scan.by_hand(*moved)[1:]).sum())
    slope = sum(
        (gradient * by).sum()
        for gradient, by in zip((found.decay, found.inputs, found.h0), along, strict=True)
    )
    scale = scan.size * (1 + np.abs(scan.dhs).sum()) * len(scan.inputs)
    assert_close(slope, (values[0] - values[1]) / (2 * step), scale, rtol=1e-8)
    assert found.decay.dtype == scan.decay.dtype and found.decay.shape == scan.decay.shape


@pytest.mark.parametrize("method", METHODS)
@for_all(DECAYS, STEPS, any_sizes(1, 3), st.booleans(), examples=25)
def test_gradients_are_slopes(method, kind, steps, sizes: Sizes, padded):
    check_gradient_along_a_line(Scan(kind, steps, sizes, padded), method)


def check_against_bptt(scan, method, window):
    H = scan.h0.shape[1]
    cell = DiagonalCell(scan.decay, np.eye(H), np.zeros(H))
    run = unroll(cell, scan.inputs, scan.h0, lengths=scan.lengths)
    assert_close(scan.states(method), run.hs, scan.size)
    dhs = scan.dhs
    ours = linear_scan_gradient(
        scan.decay, run.hs, dhs, lengths=scan.lengths, window=window, method=method
    )
    its = bptt(cell, run, dhs, window=window)
    scale = scan.size * (1 + np.abs(dhs).sum()) * len(dhs)
    assert_close(ours.decay, its.cell.W_hh, scale)
    assert_close(ours.inputs, its.xs, scale)
    assert_close(ours.h0, its.h0, scale)


@pytest.mark.parametrize("method", METHODS)
@for_all(
    st.sampled_from(["real", "complex", "one", "zero", "growing"]),
    STEPS, any_sizes(1, 3), st.booleans(), st.sampled_from([None, 1, 2, 3, 7]), examples=40,
)  # fmt: skip
def test_it_is_the_diagonal_cell(method, kind, steps, sizes: Sizes, padded, window):
    check_against_bptt(Scan(kind, steps, sizes, padded), method, window)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99, 0.9999, 1.0, -1.0, 1.01, 1j, 0.99 * np.exp(1j)])
def test_rounding(method, dtype, decay):
    """The error of h_t is at most ε Σ_j (t − j + 2) |λ|^(t−j) |b_j|, in every grouping."""
    if isinstance(decay, complex):
        dtype = np.result_type(dtype, np.complex64)
    rng, eps = np.random.default_rng(0), np.finfo(dtype).eps
    b = rng.standard_normal((1000, 1, 4)).astype(dtype)
    factor = 3 if np.iscomplexobj(b) else 1
    wide = np.result_type(dtype, np.longdouble)
    lam = np.array([decay], dtype)
    hs = linear_scan(lam, b, method=method)
    assert hs.dtype == dtype
    exact = np.zeros(b.shape[1:], wide)
    terms, with_age = exact.real.copy(), exact.real.copy()
    for t, b_t in enumerate(b.astype(wide), start=1):
        exact = lam.astype(wide) * exact + b_t
        size = np.abs(lam).astype(np.longdouble)
        with_age = size * (with_age + terms)
        terms = size * terms + np.abs(b_t)
        assert (np.abs(hs[t] - exact) <= factor * eps * (with_age + 2 * terms)).all(), t


def test_growth():
    """Products of λ overflow where the state is 0: chunks are cut shorter, the tree refuses."""
    nothing = np.zeros((3000, 1, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not linear_scan([1e3], nothing).any()
        late = nothing.copy()
        late[-2:] = 1.0
        np.testing.assert_array_equal(linear_scan([1e3], late)[-2:, 0, 0], [1.0, 1001.0])
        lams = np.where(np.arange(3000) % 2, 1e-3, 1e3)[:, None, None]  # h stays where it is
        assert_close(linear_scan(lams, nothing, [[1.0]])[-1], [[1.0]], 1.0)
        with pytest.raises(ValueError, match=r"decay: expected products .* take method='chunks'"):
            linear_scan([1e3], nothing, method="tree")


@pytest.mark.parametrize(
    ("check", "method", "old", "new"),
    [
        ("states", "chunks", "else 0] * hs[c * length]", "else 0] * hs[0]"),
        ("states", "chunks", "chunks[c] += products", "chunks[c] -= products"),
        ("states", "tree", "factors[between] * joined_sums[:n]", "joined_sums[:n]"),
        ("states", "tree", "products * h0 + sums", "products + sums"),
        ("states", "tree", "factors[odd] * sums[even]", "factors[even] * sums[even]"),
        ("states", "loop", "np.ones((), decay.dtype), decay", "np.zeros((), decay.dtype), decay"),
        ("slope", "loop", "back[1:], np.zeros_like", "back[:-1], np.zeros_like"),
        ("bptt", "loop", "ds * hs[:-1]", "ds * hs[1:]"),
        ("bptt", "loop", "dh0 = back[0] * ds[0]", "dh0 = ds[0]"),
        ("slope", "tree", "dhs = at_the_end(dhs, beyond_the_end(lengths, dhs), lengths)", "pass"),
        ("bptt", "chunks", ") == 0] = 0", ") == 1] = 0"),
    ],
)  # fmt: skip
def test_seeded_bugs_are_caught(check, method, old, new):
    scan = Scan("each step", 10, Sizes(1, 3, 1, 3, 1, seed=1))
    diagonal = Scan("complex", 10, Sizes(1, 3, 1, 3, 1, seed=1))
    checks = {
        "states": lambda: check_states(scan, method),
        "slope": lambda: check_gradient_along_a_line(scan, method),
        "bptt": lambda: check_against_bptt(diagonal, method, 3),
    }
    catches(checks[check], "rnnlib/time/scan.py", Mutant("seeded", old, new))


B = np.zeros((4, 2, 3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: linear_scan([0.5, 0.5], B), ValueError, r"decay: .* \(4, 2, 3\), got \(2,"),
        (lambda: linear_scan(np.ones((1, 4, 2, 3)), B), ValueError, "decay: expected a shape that"),
        (lambda: linear_scan([np.nan], B), ValueError, "decay: expected finite numbers"),
        (lambda: linear_scan([0.5], B[0]), ValueError, r"inputs: expected shape \(T, B, H\)"),
        (lambda: linear_scan([0.5], B, B[0, :1]), ValueError, r"h0: expected shape \(2, 3\)"),
        (lambda: linear_scan([0.5], B, lengths=[0, 4]), ValueError, "lengths: expected 1..4"),
        (
            lambda: linear_scan(np.float32([0.5]), B),
            TypeError,
            "inputs: expected the precision of decay, float32, got float64",
        ),
        (lambda: linear_scan([0.5], B, method="fast"), ValueError, "method: .* got 'fast'"),
        (
            lambda: linear_scan_gradient([0.5], B, B),
            ValueError,
            r"dhs: expected shape \(3, 2, 3\), got \(4, 2, 3\)",
        ),
        (lambda: linear_scan_gradient([0.5], B[:1], B), ValueError, "hs: expected the T . 1 >= 2"),
        (
            lambda: linear_scan_gradient([0.5], B, B[1:], window=0),
            ValueError,
            "window: expected at least 1, got 0",
        ),
    ],
)  # fmt: skip
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "shape", [(), (1,), (3,), (2, 1), (1, 3), (4, 1, 1), (1, 2, 1), (4, 1, 3), (4, 2, 1), (4, 2, 3)]
)
@pytest.mark.parametrize("method", ["loop", "chunks", "tree"])
def test_a_decay_that_is_shared_gets_the_sum_of_what_its_copies_get(shape, method):
    rng = np.random.default_rng(0)
    decay, inputs, dhs = (rng.uniform(-1, 1, size) for size in (shape, (4, 2, 3), (4, 2, 3)))
    copies = np.broadcast_to(decay, inputs.shape)
    hs = linear_scan(decay, inputs, method=method)
    assert_close(hs, linear_scan(copies, inputs, method=method), 10.0)
    found = linear_scan_gradient(decay, hs, dhs, method=method).decay
    each = linear_scan_gradient(copies, hs, dhs, method=method).decay
    expected = np.zeros(shape)
    for place in np.ndindex(each.shape):
        where = place[len(place) - len(shape) :]
        expected[tuple(k if size > 1 else 0 for k, size in zip(where, shape, strict=True))] += each[
            place
        ]
    assert found.shape == shape
    assert_close(found, expected, 100.0)
