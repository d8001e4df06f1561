"""Every function of the room takes a run, and gives what it gives for each sequence alone."""

import numpy as np
import pytest

from rnnlib import ElmanCell, tree, unroll
from rnnlib.product import (
    closed_detours,
    diagonal_formula,
    horizon,
    log_bounds,
    log_norm_table,
    log_norms,
    log_singular_values,
    log_unit_products,
    log_volumes,
    lyapunov_spectrum,
    products_from_first,
    products_to_last,
    step_jacobians,
)
from tests.cells.test_own_arrays import OwnCell
from tests.equations.guards import catches
from tests.networks import KINDS, random_cell
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

FACTORS = "rnnlib/product/_factors.py"
PRODUCTS = "rnnlib/product/gradient_product.py"
TYPES = (np.float64, np.float32, np.complex128)


def random_run(kind, sizes: Sizes, dtype=np.float64, *, lengths=True, padding=1e300):
    """A run with its initial state, and numbers in the padding that must not matter."""
    cell = tree.map_leaves(lambda a: a.astype(dtype), random_cell(kind, sizes))
    rng = np.random.default_rng([sizes.seed, 1])
    xs = rng.standard_normal((sizes.T, sizes.B, sizes.I)).astype(dtype)
    h0 = rng.uniform(-0.9, 0.9, (sizes.B, cell.state_size)).astype(dtype)
    ends = rng.integers(1, sizes.T, sizes.B, endpoint=True)
    if lengths:
        xs[np.arange(sizes.T)[:, None] >= ends] = min(padding, 1e-3 * float(np.finfo(dtype).max))
    return unroll(cell, xs, h0, lengths=ends if lengths else None), h0


# What has one entry for each distance or step, one for each pair, and none of either.
BY_STEP = {
    "log_norms": log_norms,
    "Frobenius": lambda J: log_norms(J, norm="frobenius"),
    "log_volumes": log_volumes,
    "lower": lambda J: log_bounds(J).lower,
    "volume": lambda J: log_bounds(J).volume,
    "upper": lambda J: log_bounds(J).upper,
    "products_to_last": products_to_last,
    "products_from_first": products_from_first,
    "diagonal_formula": diagonal_formula,
    "log_unit_products": log_unit_products,
    "closed_detours": closed_detours,
}
BY_PAIR = {
    "spectral": log_norm_table,
    "frobenius": lambda J: log_norm_table(J, norm="frobenius"),
}
WHOLE = {
    "horizon": horizon,
    "another threshold": lambda J: horizon(J, threshold=0.5),
    "log_singular_values": lambda J: log_singular_values(J).logs,
    "resolved": lambda J: log_singular_values(J).resolved,
    "exponents": lambda J: lyapunov_spectrum(J).exponents,
    "errors": lambda J: lyapunov_spectrum(J).standard_errors,
    "in intervals": lambda J: lyapunov_spectrum(J, interval=2, leading=1).exponents,
}
OF_LOGS = {"log_norms", "Frobenius", "log_volumes", "lower", "volume", "upper"}


def same(actual, expected, dtype=np.float64):
    """Equal infinities and NaN, and near otherwise, one of a size of 1 by its rounding errors."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    kinds = (np.isnan, np.isposinf, np.isneginf) if expected.dtype.kind == "f" else (np.isnan,)
    for kind in kinds:
        np.testing.assert_array_equal(kind(actual), kind(expected))
    there = np.isfinite(expected)
    near = 1e4 * np.finfo(dtype).eps
    np.testing.assert_allclose(actual[there], expected[there], rtol=near, atol=near)


def check_steps(name, run, dtype=np.float64):
    J, found = step_jacobians(run.cell, run), BY_STEP[name](run)
    for b, length in enumerate(run.lengths):
        # The Jacobians in the padding are left away: where they are, nothing is.
        same(found[: length + 1, b], BY_STEP[name](J[:length, b]), dtype)
        if name in OF_LOGS:
            assert np.isnan(found[length + 1 :, b]).all()
        elif name == "products_from_first":
            assert (found[length + 1 :, b] == found[length, b]).all()
        else:
            assert (found[length + 1 :, b] == found[-1, b]).all()


def check_the_rest(run, dtype=np.float64):
    J = step_jacobians(run.cell, run)
    for function in BY_PAIR.values():
        found = function(run)
        for b, n in enumerate(run.lengths):
            same(found[: n + 1, : n + 1, b], function(J[:n, b]), dtype)
            assert not np.isnan(found[n, : n + 1, b]).any()
            assert np.isnan(found[n + 1 :, :, b]).all() and np.isnan(found[:, n + 1 :, b]).all()
    for function in WHOLE.values():
        found = function(run)
        for b, n in enumerate(run.lengths):
            same(found[b], function(J[:n, b]), dtype)


@pytest.fixture
def a_few_steps_at_once(monkeypatch):
    monkeypatch.setattr("rnnlib.product._factors.AT_ONCE", 700)
    monkeypatch.setattr("rnnlib.product.gradient_product.CHUNK", 700)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(largest=4), examples=4)
def test_a_padded_batch_is_its_sequences_alone(a_few_steps_at_once, kind, dtype, sizes: Sizes):
    if dtype is np.complex128 and kind not in ("identity", "diagonal"):
        return
    run, _ = random_run(kind, sizes, dtype)
    for name in BY_STEP:
        check_steps(name, run, dtype)
    check_the_rest(run, dtype)


@pytest.mark.parametrize("dtype", TYPES[:2])
@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(largest=4), examples=10)
def test_jacobians_are_those_of_the_sequence_alone(kind, dtype, sizes: Sizes):
    run, h0 = random_run(kind, sizes, dtype)
    J = step_jacobians(run.cell, run)
    assert J.dtype == dtype
    for b, length in enumerate(run.lengths):
        alone = unroll(run.cell, run.xs[:length, b : b + 1], h0[b : b + 1])
        expected = step_jacobians(run.cell, alone)[:, 0]
        assert_close(J[:length, b], expected, 10.0, rtol=100 * np.finfo(dtype).eps)
        assert (J[length:, b] == np.eye(run.cell.state_size)).all()


@for_all(any_sizes(largest=3), examples=8)
def test_a_batch_of_arrays_is_its_sequences(sizes: Sizes):
    J = sizes.rng.standard_normal((sizes.T, sizes.B, 2, sizes.H, sizes.H))
    for functions, batch_at in ((BY_STEP, 1), (BY_PAIR, 2), (WHOLE, 0)):
        for function in functions.values():
            found = function(J)
            for at in np.ndindex(sizes.B, 2):
                same(found[(*[slice(None)] * batch_at, *at)], function(J[(slice(None), *at)]))


def test_growth_of_a_padded_batch():
    run, _ = random_run("lstm", Sizes(7, 4, 2, 2, 1, 0))
    J = step_jacobians(run.cell, run)
    for interval, leading in ((1, 2), (2, 2), (3, 1), (9, 1)):
        options = {"interval": interval, "leading": leading}
        found = lyapunov_spectrum(run, **options).growth
        for b, length in enumerate(run.lengths):
            expected = lyapunov_spectrum(J[:length, b], **options).growth
            same(found[: len(expected), b], expected)
            assert np.isnan(found[len(expected) :, b]).all()


def test_what_is_discarded_of_a_padded_batch():
    cell, xs = ElmanCell([[0.5]], [[1.0]], [0.0]), np.ones((6, 2, 1))
    run = unroll(cell, xs, lengths=[6, 3])
    J = step_jacobians(cell, run)
    found = lyapunov_spectrum(run, discard=2).exponents
    for b, length in enumerate((6, 3)):
        same(found[b], lyapunov_spectrum(J[:length, b], discard=2).exponents)
    with pytest.raises(ValueError, match="jacobians: expected more than discard = 3 steps, got 3"):
        lyapunov_spectrum(run, discard=3)


def test_the_horizon_that_was_16():
    """A padded sequence's horizon counted its padding: 16 in place of 6."""
    cell = ElmanCell([[0.5]], [[1.0]], [0.0], activation="identity")
    alone, padded = np.ones((10, 1, 1)), np.ones((20, 1, 1))
    assert horizon(unroll(cell, alone)) == horizon(unroll(cell, padded, lengths=[10])) == 6
    assert horizon(step_jacobians(cell, unroll(cell, padded, lengths=[10]))[:, 0]) == 16


SMALL = Sizes(T=6, B=3, I=2, H=3, V=1, seed=1)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (FACTORS, "real = steps <= self.lengths", "real = steps < self.lengths"),
        (FACTORS, "np.arange(start + 1, stop + 1)", "np.arange(start, stop)"),
        (FACTORS, "run.xs, run.states[:-1]", "run.xs, run.states[1:]"),
        (FACTORS, "k >= 0,", "k > 0,"),
        (FACTORS, "k = lengths - np.arange", "k = len(table) - 1 - np.arange"),
        (FACTORS, "self.between(start, stop)[::-1]", "self.between(start, stop)"),
        ("rnnlib/product/norms.py", "t <= lengths", "t < lengths"),
        ("rnnlib/product/norms.py", "threshold=threshold, lengths=", "threshold=threshold) # "),
        ("rnnlib/product/norms.py", "counts = distances <= furthest", "counts = distances < 99"),
        ("rnnlib/product/lyapunov.py", "np.minimum(lengths, np.reshape(ends", "(np.reshape(ends"),
    ],
)
def test_seeded_bugs_are_caught(path, old, new):
    run, h0 = random_run("gru", SMALL)
    assert len(set(run.lengths)) > 1

    def check():
        for name in BY_STEP:
            check_steps(name, run)
        try:
            check_the_rest(run)
        except ValueError as refused:
            raise AssertionError("one function refuses what another returned") from refused
        for b, length in enumerate(run.lengths):
            alone = unroll(run.cell, run.xs[:length, b : b + 1], h0[b : b + 1])
            expected = run.cell.jacobian(alone.pre, alone.states[:-1])
            same(step_jacobians(run.cell, run)[:length, b : b + 1], expected)

    catches(check, path, Mutant("seeded", old, new))


def check_products(run):
    plain = products_to_last(step_jacobians(run.cell, run))
    fast = products_to_last(run)
    assert fast.dtype == run.states.dtype
    assert_close(fast, plain, 100.0, rtol=100 * np.finfo(fast.dtype).eps)


@pytest.mark.parametrize("lengths", [False, True], ids=["whole", "lengths"])
@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), examples=8)
def test_the_rows_pulled_back_are_the_product(a_few_steps_at_once, kind, lengths, sizes: Sizes):
    check_products(random_run(kind, sizes, lengths=lengths)[0])


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.complex64, np.complex128])
def test_the_product_in_every_precision(dtype, batch):
    rng = np.random.default_rng(0)
    cell = tree.map_leaves(lambda a: a.astype(dtype), ElmanCell.random(2, 4, rng))
    check_products(unroll(cell, rng.standard_normal((5, batch, 2)).astype(dtype)))


@pytest.mark.parametrize("batch", [1, 3])
def test_the_product_of_a_cell_of_the_readers_own(batch):
    rng = np.random.default_rng(0)
    W_hh, W_xh, b, leak, mix = (rng.uniform(-1, 1, s) for s in ((4, 4), (4, 2), 4, 4, (4, 4)))
    check_products(unroll(OwnCell(W_hh, W_xh, b, leak, mix), rng.standard_normal((5, batch, 2))))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (PRODUCTS, "where=over[k]", "where=over[k - 1]"),
        (PRODUCTS, "later = out", "later = table[-1]"),
        (PRODUCTS, "(table[:-1], *slopes)", "(table[:-1], slopes[0][::-1])"),
        (PRODUCTS, "products.swapaxes(1, 2)", "products.swapaxes(1, 2).mT"),
        ("rnnlib/cells/total_input.py", "product(rows, self.W_hh", "product(rows, self.W_hh.T"),
    ],
)
def test_seeded_bugs_in_the_rows_are_caught(path, old, new):
    run, _ = random_run("tanh", SMALL)
    assert len(set(run.lengths)) > 1
    catches(lambda: check_products(run), path, Mutant("seeded", old, new))
