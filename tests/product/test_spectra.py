"""Spectral radius, powers, the Kreiss constant; that the bounds hold is guarded with chapter 8."""

import numpy as np
import pytest

from rnnlib import ElmanCell
from rnnlib.product import (
    gelfand_radii,
    kreiss_bound,
    log_absolute_bound,
    log_radius_bound,
    log_similarity_bound,
    resolvent_norms,
    spectral_radius,
)
from tests.strategies import Sizes, any_sizes, for_all

SHEAR = np.array([[0.5, 10.0], [0.0, 0.5]])
NILPOTENT = 4 * np.array([[1.0, -1.0], [1.0, -1.0]])


def test_many_matrices_at_once():
    stack = np.array([[SHEAR, NILPOTENT, 3 * np.eye(2)]])
    np.testing.assert_allclose(spectral_radius(stack), [[0.5, 0.0, 3.0]], atol=1e-6)


@for_all(any_sizes())
def test_gelfand_never_rises_and_ends_at_the_radius(sizes: Sizes):
    M = sizes.rng.standard_normal((sizes.H, sizes.H))
    radii = gelfand_radii(M, 40)
    assert np.all(np.diff(radii) <= 1e-12 * radii[:-1])
    np.testing.assert_allclose(radii[-1], spectral_radius(M), rtol=1e-9)
    assert radii[0] == pytest.approx(np.linalg.norm(M, 2))


def test_gelfand_where_powers_overflow_or_end():
    radii = gelfand_radii(1e200 * SHEAR, 30)
    np.testing.assert_allclose(radii[-1], 5e199, rtol=1e-6)
    assert gelfand_radii(NILPOTENT, 3).tolist() == [pytest.approx(8.0), 0.0, 0.0, 0.0]


def test_a_radius_of_zero():
    assert log_radius_bound(np.zeros((2, 2)), 2).tolist() == [0.0, -np.inf, -np.inf]
    cell = ElmanCell(np.triu(np.ones((3, 3)), 1), np.ones((3, 1)), np.zeros(3))
    assert np.isneginf(log_absolute_bound(cell, 5)[3:]).all()  # no path is longer than two steps


@for_all(any_sizes())
def test_resolvent_of_a_normal_matrix_is_one_over_the_distance(sizes: Sizes):
    eigenvalues = sizes.rng.standard_normal(sizes.H)
    Q = np.linalg.qr(sizes.rng.standard_normal((sizes.H, sizes.H)))[0]
    z = sizes.rng.standard_normal((sizes.T, sizes.B)) + 1j
    distance = np.abs(z[..., None] - eigenvalues).min(axis=-1)
    np.testing.assert_allclose(resolvent_norms(Q * eigenvalues @ Q.T, z), 1 / distance)


def test_resolvent_at_an_eigenvalue():
    assert resolvent_norms(np.eye(2), 1.0) == np.inf


def test_bounds_start_at_the_identity_and_end_at_the_last_step():
    M = np.diag([4.0, 2.0])
    np.testing.assert_allclose(log_radius_bound(M, 3) / np.log(2), [0, 2, 4, 6])
    basis = np.array([[1.0, 0.0], [0.0, 8.0]])
    np.testing.assert_allclose(log_similarity_bound(M, basis, 3) / np.log(2), [3, 5, 7, 9])
    np.testing.assert_allclose(gelfand_radii(M, 3), [4, 4, 4, 4])


@for_all(any_sizes(), examples=10)
def test_the_similarity_bound_is_its_definition(sizes: Sizes):
    M, S = sizes.rng.standard_normal((2, sizes.H, sizes.H)) + 2 * np.eye(sizes.H)
    log_condition, rate = (
        np.log(np.linalg.svd(A, compute_uv=False)) for A in (S, np.linalg.inv(S) @ M @ S)
    )
    expected = log_condition[0] - log_condition[-1] + np.arange(sizes.T + 1) * rate[0]
    np.testing.assert_allclose(log_similarity_bound(M, S, sizes.T), expected, rtol=1e-8, atol=1e-8)


@for_all(any_sizes(), examples=10)
def test_in_single_precision(sizes: Sizes):
    M = sizes.rng.standard_normal((sizes.H, sizes.H)).astype(np.float32)
    S = np.eye(sizes.H, dtype=np.float32) + 0.1 * np.tril(M)
    functions = {
        "radius": spectral_radius,
        "powers": lambda M: log_radius_bound(M, sizes.T),
        "similarity": lambda M: log_similarity_bound(M, S.astype(M.dtype), sizes.T),
        "Gelfand": lambda M: gelfand_radii(M, sizes.T),
        "resolvent": lambda M: resolvent_norms(M, np.array([4j, 9])),
        "Kreiss": lambda M: kreiss_bound(M / np.linalg.norm(M, 2)).value,
    }
    for function in functions.values():
        np.testing.assert_allclose(function(M), function(M.astype(float)), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("a", [0.3, 3.0, 40.0])
def test_kreiss_search_finds_the_maximum(a: float):
    """Against a fine grid over real z: the resolvent of ½I + aN depends on |z − ½| only."""
    matrix = np.array([[0.5, a], [0.0, 0.5]])
    z = 1 + np.geomspace(1e-4, 1e4, 20_001)
    best = ((z - 1) * resolvent_norms(matrix, z)).max()
    found = kreiss_bound(matrix)
    assert best * (1 - 1e-4) <= found.value <= max(best, 1.0) * (1 + 1e-6)
    assert abs(found.z) > 1 and found.z.imag >= 0


@pytest.mark.parametrize("angle", [0.02, 0.9, np.pi / 2, 2.5, 3.12])
def test_kreiss_search_finds_it_at_any_angle(angle: float):
    """A turn that shears: the resolvent is largest on the ray of its double eigenvalues."""
    turn = 0.9 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.block([[turn, 5 * np.eye(2)], [np.zeros((2, 2)), turn]])
    radii, angles = 1 + np.geomspace(1e-3, 1e2, 120), angle + np.linspace(-0.03, 0.03, 61)
    z = radii[:, None] * np.exp(1j * angles)
    best = ((np.abs(z) - 1) * resolvent_norms(matrix, z)).max()
    found = kreiss_bound(matrix)
    assert best * (1 - 1e-3) <= found.value <= best * (1 + 1e-2)
    assert abs(np.angle(found.z) - angle) < 0.02
    assert found.value == pytest.approx((abs(found.z) - 1) * resolvent_norms(matrix, found.z))


def test_kreiss_search_by_rounds():
    values = [kreiss_bound(SHEAR, rounds=n).value for n in (1, 2, 3, 6)]
    assert values[-1] == kreiss_bound(SHEAR).value
    assert np.all(np.diff(values) >= 0) and values[0] > 0.5 * values[-1] and values[1] > values[0]


def test_kreiss_of_powers_that_grow():
    assert kreiss_bound(np.diag([1.2, 0.1])).value > 100


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: spectral_radius(np.ones(2)), ValueError, r"matrices: expected shape \(..., H, H"),
        (lambda: spectral_radius(np.ones((2, 3))), ValueError, r"matrices: .* got \(2, 3\)"),
        (lambda: spectral_radius(np.ones((0, 2, 2))), ValueError, r"matrices: .* got \(0, 2, 2\)"),
        (lambda: spectral_radius([[np.nan]]), ValueError, "matrices: expected finite"),
        (lambda: log_radius_bound(np.ones((2, 3)), 2), ValueError, "matrix: expected shape"),
        (lambda: log_radius_bound(SHEAR, 0), ValueError, "steps: expected at least 1"),
        (lambda: log_similarity_bound(SHEAR, np.eye(3), 2), ValueError, "basis: expected shape"),
        (lambda: log_similarity_bound(SHEAR, NILPOTENT, 2), ValueError, "basis: expected an inv"),
        (lambda: gelfand_radii(SHEAR, 2.0), TypeError, "doublings: expected an integer"),
        (lambda: resolvent_norms(SHEAR, "z"), TypeError, "z: expected numbers"),
        (lambda: kreiss_bound(1j * SHEAR), TypeError, "matrix: expected real numbers"),
        (lambda: kreiss_bound(SHEAR, rounds=0), ValueError, "rounds: expected at least 1"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
