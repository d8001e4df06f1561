"""The linear recurrent unit: its equations, its gradient as pairs of real numbers, its start."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib import bptt, tree, unroll
from rnnlib.checks import check_gradient
from rnnlib.product import products_to_last
from rnnlib.time import LRU
from tests.compositions import by_hand
from tests.equations.guards import catches
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

CASE = Sizes(T=6, B=3, I=2, H=3, V=4, seed=1)
SMALL = Sizes(T=3, B=2, I=2, H=2, V=2, seed=1)


def random_lru(sizes):
    """A layer with V memories and H outputs, its arrays far from where a start would put them."""
    rng = sizes.rng
    layer = LRU.random(sizes.I, sizes.H, rng, state_size=sizes.V, smallest=0.4, largest=0.95)
    layer = replace(layer, gamma=rng.standard_normal(sizes.V))
    xs = rng.standard_normal((sizes.T, sizes.B, sizes.I))
    h0 = rng.standard_normal((sizes.B, sizes.V)) + 1j * rng.standard_normal((sizes.B, sizes.V))
    return layer, xs, h0, rng


def as_reals(record):
    """All numbers of a record, a complex one as two real ones."""
    return [array[..., None].view(array.real.dtype) for array in tree.leaves(record)]


def from_reals(reals, like):
    complex_or_not = zip(reals, tree.leaves(like), strict=True)
    return tree.build(
        like, [np.ascontiguousarray(r).view(a.dtype)[..., 0] for r, a in complex_or_not]
    )


def check_lru_gradient(sizes, lengths=None):
    layer, xs, h0, rng = random_lru(sizes)
    dhs = rng.standard_normal((sizes.T, sizes.B, sizes.H))
    found = bptt(layer, unroll(layer, xs, h0, lengths=lengths), dhs)

    def loss(layer, xs=xs, h0=h0):
        return (dhs * unroll(layer, xs, h0, lengths=lengths).outputs).sum()

    # ∂L/∂Re − i ∂L/∂Im is the conjugate of the gradient with respect to the two real numbers.
    gradient = as_reals(tree.map_leaves(np.conj, found.cell))
    report = check_gradient(
        lambda flat: loss(from_reals(_cut(flat, gradient), layer)),
        np.concatenate([part.ravel() for part in gradient]),
        at=np.concatenate([part.ravel() for part in as_reals(layer)]),
    )
    assert "WRONG" not in str(report), str(report)
    report = check_gradient(lambda xs: loss(layer, xs=xs), found.xs, at=xs)
    assert "WRONG" not in str(report), str(report)
    for report in (
        check_gradient(lambda re: loss(layer, h0=re + 1j * h0.imag), found.h0.real, at=h0.real),
        check_gradient(lambda im: loss(layer, h0=h0.real + 1j * im), -found.h0.imag, at=h0.imag),
    ):
        assert "WRONG" not in str(report), str(report)


def _cut(flat, like):
    parts = np.split(flat, np.cumsum([part.size for part in like])[:-1])
    return [part.reshape(its.shape) for part, its in zip(parts, like, strict=True)]


@for_all(any_sizes(1, 3), st.booleans(), examples=25)
def test_gradients_as_pairs_of_reals(sizes: Sizes, padded):
    check_lru_gradient(
        sizes, sizes.rng.integers(1, sizes.T, sizes.B, endpoint=True) if padded else None
    )


@for_all(any_sizes(), examples=20)
def test_it_is_its_equations(sizes: Sizes):
    layer, xs, h0, _ = random_lru(sizes)
    run = unroll(layer, xs, h0)
    assert run.outputs.dtype == np.float64 and run.final.dtype == np.complex128
    for b in range(sizes.B):
        assert_close(run.outputs[:, b], by_hand(layer, xs[:, b], h0[b : b + 1]), 100.0)


def test_gradients_are_real_where_the_parameters_are():
    layer, xs, h0, rng = random_lru(CASE)
    found = bptt(layer, unroll(layer, xs, h0), rng.standard_normal((6, 3, 3)))
    plain = replace(layer, B=layer.B.real, C=layer.C.real)
    real = bptt(plain, unroll(plain, xs, h0), rng.standard_normal((6, 3, 3)))
    for start, gradient in ((layer, found.cell), (plain, real.cell)):
        for mine, its in zip(tree.leaves(start), tree.leaves(gradient), strict=True):
            assert mine.dtype == its.dtype and mine.shape == its.shape
    assert found.xs.dtype == np.float64


def test_the_product_of_its_memory_is_a_power_of_lambda():
    layer, xs, h0, _ = random_lru(CASE)
    inside = unroll(layer, xs, h0).runs[0]
    products = products_to_last(inside)
    expected = layer.eigenvalues ** np.arange(6, -1, -1)[:, None]
    assert_close(np.diagonal(products[:, 0], axis1=-2, axis2=-1), expected, 10.0)


@pytest.mark.parametrize(
    ("smallest", "largest", "phase"), [(0.0, 1.0, 2 * np.pi), (0.9, 0.999, 0.3)]
)
def test_it_starts_on_a_ring(smallest, largest, phase):
    layer = LRU.random(
        2, 3, np.random.default_rng(0), state_size=4000, smallest=smallest, largest=largest,
        largest_phase=phase,
    )  # fmt: skip
    modulus, angle = np.abs(layer.eigenvalues), np.exp(layer.theta)
    assert (smallest <= modulus).all() and (modulus <= largest).all() and (modulus < 1).all()
    share = (modulus**2 - smallest**2) / (largest**2 - smallest**2)  # uniform in area
    for values in (share, angle / phase):
        assert abs(np.mean(values) - 1 / 2) < 4 / np.sqrt(12 * 4000)
        assert abs(np.mean(values**2) - 1 / 3) < 4 * 0.3 / np.sqrt(4000)
    assert_close(np.exp(layer.gamma), np.sqrt(1 - modulus**2), 1.0)
    assert abs(np.mean(np.abs(layer.B) ** 2) * 2 - 1) < 0.05


def test_gamma_normalises_white_input():
    rng = np.random.default_rng(2)
    layer = LRU.random(1, 1, rng, state_size=50, smallest=0.8, largest=0.99)
    layer = replace(layer, B=np.exp(1j * rng.uniform(0, 6, (50, 1))))
    memory = unroll(layer, rng.standard_normal((2000, 8, 1))).runs[0].hs[1000:]
    assert np.abs(np.mean(np.abs(memory) ** 2) - 1) < 0.1


@for_all(any_sizes(), examples=10)
def test_single_precision(sizes: Sizes):
    layer, xs, h0, _ = random_lru(sizes)
    single = tree.astype(layer, np.float32)
    run = unroll(single, xs.astype(np.float32), h0.astype(np.complex64))
    assert run.outputs.dtype == np.float32 and run.final.dtype == np.complex64
    found = bptt(single, run, np.ones_like(run.outputs))
    assert [a.dtype for a in tree.leaves(found.cell)] == [a.dtype for a in tree.leaves(single)]
    assert_close(run.outputs, unroll(layer, xs, h0).outputs, 100.0, rtol=1e-5)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-np.exp(self.theta) * by_log.imag", "np.exp(self.theta) * by_log.imag"),
        ("-np.exp(self.nu) * by_log.real", "-np.exp(self.nu) * by_log.imag"),
        ("dhs @ self.C, window", "dhs @ self.C.conj(), window"),
        ("(dB * self.B).real", "(dB * self.B.conj()).real"),
        ("found.xs.real + dhs", "found.xs.imag + dhs"),
        ("(inside.outputs @ self.C.T).real", "(inside.outputs @ self.C.T).imag"),
    ],
)
def test_seeded_bugs_are_caught(old, new):
    catches(
        lambda: check_lru_gradient(SMALL, [3, 2]),
        "rnnlib/time/lru.py",
        Mutant("seeded", old, new),
    )


ONE, PLANE = np.zeros(2), np.zeros((2, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: LRU(ONE, ONE[:1], ONE, PLANE, PLANE, PLANE), ValueError, r"theta: .* \(2,\), got"),
        (lambda: LRU(ONE, ONE, ONE * 1j, PLANE, PLANE, PLANE), TypeError, "gamma: expected real"),
        (lambda: LRU(ONE, ONE, ONE, PLANE, PLANE[:, :1], PLANE), ValueError, "C: expected shape"),
        (lambda: LRU(ONE, ONE, ONE, PLANE, PLANE, PLANE[:1]), ValueError, r"D: .* shape \(2, 2"),
        (
            lambda: LRU(ONE, ONE, ONE, PLANE.astype(np.float32), PLANE, PLANE),
            TypeError,
            "B: expected the precision of nu",
        ),
        (
            lambda: LRU.random(2, 3, np.random.default_rng(0), smallest=0.9, largest=0.5),
            ValueError,
            "smallest: expected 0 <= smallest < largest <= 1, got 0.9 and 0.5",
        ),
        (
            lambda: LRU.random(2, 3, np.random.default_rng(0), largest=1.5),
            ValueError,
            "smallest: expected 0 <= smallest < largest <= 1, got 0.0 and 1.5",
        ),
        (
            lambda: unroll(LRU(ONE, ONE + 800, ONE, PLANE, PLANE, PLANE), np.zeros((1, 1, 2))),
            FloatingPointError,
            "theta, gamma: expected exponentials that do not overflow",
        ),
    ],
)  # fmt: skip
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
