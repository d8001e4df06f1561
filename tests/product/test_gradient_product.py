"""The gradient product against its definition and the complex step, in and out of the denormals."""

import numpy as np
import pytest

from rnnlib import ElmanCell, unroll
from rnnlib.product import (
    diagonal_formula,
    products_from_first,
    products_to_last,
    step_jacobians,
)
from tests.equations.guards import catches
from tests.networks import KINDS, random_case
from tests.product.jacobians import product
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

PRODUCT = "rnnlib/product/gradient_product.py"


def check_products(sizes):
    J = np.random.default_rng(sizes.seed).standard_normal((sizes.T, sizes.B, sizes.H, sizes.H))
    to_last, from_first = products_to_last(J), products_from_first(J)
    for b in range(sizes.B):
        scale = max(1.0, *np.linalg.norm(J[:, b], axis=(-2, -1))) ** sizes.T
        for k in range(sizes.T + 1):
            assert_close(to_last[k, b], product(J[:, b], sizes.T, k), scale)
            assert_close(from_first[k, b], product(J[:, b], k, 0), scale)


@for_all(any_sizes())
def test_products_are_their_definition(sizes: Sizes):
    check_products(sizes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("np.matmul(products[k + 1], J,", "np.matmul(J, products[k + 1],"),
        ("np.matmul(products[k + 1], J,", "np.matmul(products[-1], J,"),
        ("np.matmul(J, products[t - 1],", "np.matmul(products[t - 1], J,"),
        ("np.matmul(J, products[t - 1],", "np.matmul(J, products[0],"),
        ("np.matmul(J, products[t - 1],", "np.matmul(J.mT, products[t - 1],"),
    ],
)
def test_seeded_bugs_in_the_products_are_caught(old, new):
    sizes = Sizes(T=4, B=2, I=1, H=3, V=1, seed=0)
    catches(lambda: check_products(sizes), PRODUCT, Mutant("seeded", old, new))


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), examples=8)
def test_the_product_is_the_derivative_of_the_last_state(kind, sizes: Sizes):
    case = random_case(kind, sizes, lengths=True)
    P = products_to_last(step_jacobians(case.cell, case.run))[0]
    for j in range(case.cell.state_size):
        nudged = case.h0.astype(complex)
        nudged[:, j] += 1e-100j
        moved = unroll(case.cell, case.run.xs, nudged, lengths=case.run.lengths).states[-1]
        assert_close(P[:, :, j], moved.imag / 1e-100, 100.0, rtol=1e-11)


@for_all(any_sizes(smallest=2))
def test_diagonal_formula_is_exact_where_nothing_comes_back(sizes: Sizes):
    rng = np.random.default_rng(sizes.seed)
    J = rng.standard_normal((sizes.T, sizes.H, sizes.H))
    triangular = np.tril(J)
    scale = max(1.0, *np.linalg.norm(J, axis=(-2, -1))) ** sizes.T
    exact = np.diagonal(products_to_last(triangular), axis1=1, axis2=2)
    assert_close(diagonal_formula(triangular), exact, scale)
    exact = np.diagonal(products_to_last(J), axis1=1, axis2=2)
    assert_close(diagonal_formula(J)[-2:], exact[-2:], scale)
    assert np.abs(diagonal_formula(J) - exact)[:-2].max() > 1e-3 * np.abs(exact[:-2]).max()


def test_the_textbooks_1024():
    cell = ElmanCell([[2.0]], [[1.0]], [0.0], activation="identity")
    J = step_jacobians(cell, unroll(cell, np.zeros((10, 1, 1))))
    assert diagonal_formula(J)[0].item() == products_to_last(J)[0].item() == 1024.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_what_is_nearly_denormal_is_flushed(dtype):
    """A turn by 90° holds a product wherever it has come to: there it must not stay."""
    turn = np.array([[0.0, -1.0], [1.0, 0.0]], dtype)
    for size, left in ((1e2, False), (1e7, False), (1e9, True)):
        J = np.tile(turn, (40, 1, 1))
        J[-1] *= size * np.finfo(dtype).tiny
        assert products_to_last(J)[0].any() == products_from_first(J[::-1])[-1].any() == left
    real = turn.real.dtype
    cell = ElmanCell(0.5 * turn.real, np.ones((2, 1), real), np.zeros(2, real))
    run = unroll(cell, np.zeros((5000, 3, 1), real))
    found = np.abs(products_to_last(run))
    assert not ((found > 0) & (found < np.finfo(found.dtype).tiny)).any()
    healthy = found[-20:].max(axis=(1, 2, 3))
    np.testing.assert_allclose(healthy, 0.5 ** np.arange(19, -1, -1), rtol=1e-6)


LSTM_RUN = random_case("lstm", Sizes(1, 1, 1, 1, 1, 0)).run


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: products_to_last(np.ones((2, 2))), r"jacobians: expected shape \(T, ..., H, H\)"),
        (lambda: products_to_last(np.ones((0, 2, 2))), "jacobians: expected T >= 1 steps"),
        (lambda: products_to_last(np.ones((2, 0, 2, 2))), r"jacobians: .* got \(2, 0, 2, 2\)"),
        (lambda: products_from_first(np.ones((2, 2, 3))), r"jacobians: .* got \(2, 2, 3\)"),
        (lambda: diagonal_formula(np.full((1, 1, 1), np.nan)), "jacobians: expected finite"),
        (
            lambda: step_jacobians(ElmanCell([[1.0]], [[1.0]], [0.0]), LSTM_RUN),
            "run: expected a run of this ElmanCell, got one of a LSTMCell",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
