"""The gradient product entry by entry: a sum over paths through the units.

An entry of a product of matrices is a sum of products of entries. For P_{t,k} each term follows one
path from a unit at step k to a unit at step t, and there are H^(t-k-1) of them: these functions
serve to see the paths, not to compute the product.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np

from rnnlib._validate import Array, check_array, check_size
from rnnlib.product._factors import Jacobians
from rnnlib.product.gradient_product import products_to_last
from rnnlib.product.unit_product import diagonal_formula

MAX_PATHS = 1_000_000
"""More are not listed, since their number grows as H^(t-k-1)."""


def paths(hidden_size: int, steps: int, source: int, target: int) -> Iterator[tuple[int, ...]]:
    """Yield every path of `steps` steps from unit `source` to unit `target`, oldest unit first.

    Parameters
    ----------
    hidden_size : int
        H.
    steps : int
        t − k, at least 1.
    source, target : int
        Units at steps k and t, counted from 0.

    Yields
    ------
    tuple of int, length steps + 1
        The units visited at steps k, k + 1, …, t; in lexicographic order.

    Raises
    ------
    ValueError, TypeError
        If a size is not an integer >= 1, a unit is not one of 0 … H − 1, or there are more than a
        million paths.

    Examples
    --------
    >>> list(paths(2, 3, source=0, target=0))
    [(0, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0), (0, 1, 1, 0)]
    """
    hidden_size, steps = check_size("hidden_size", hidden_size), check_size("steps", steps)
    source = _check_unit("source", source, hidden_size)
    target = _check_unit("target", target, hidden_size)
    if hidden_size ** (steps - 1) > MAX_PATHS:
        raise ValueError(
            f"steps: expected at most {MAX_PATHS:,} paths, got {hidden_size}^{steps - 1}"
        )
    for between in product(range(hidden_size), repeat=steps - 1):
        yield (source, *between, target)


def path_terms(jacobians: Array, source: int, target: int) -> Array:
    """Return what each path contributes to ∂h_T^(target)/∂h_0^(source).

    Parameters
    ----------
    jacobians : ndarray, shape (T, H, H)
        J_1 … J_T of one sequence; pass ``jacobians[k:t]`` for P_{t,k}.
    source, target : int
        Units at the first and the last step, counted from 0.

    Returns
    -------
    ndarray, shape (H^(T-1),)
        In the order of `paths`; their sum is the entry (target, source) of the product.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, H, H), an entry is not a finite number, a unit is not one of
        0 … H − 1, or there are more than a million paths.

    Examples
    --------
    >>> swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> path_terms([swap, swap], source=0, target=0)  # by unit 0, by unit 1
    array([0., 1.])
    """
    jacobians = check_array("jacobians", jacobians, ("T", "H", "H"))
    T, H = jacobians.shape[:2]
    units = np.array(list(paths(H, T, source, target)))
    factors = jacobians[np.arange(T), units[:, 1:], units[:, :-1]]  # eq-path-sum
    terms: Array = np.prod(factors, axis=1)
    return terms


def count_paths(W_hh: Array, steps: int) -> Array:
    """Return how many paths lead from every unit to every unit in `steps` steps.

    Parameters
    ----------
    W_hh : ndarray, shape (H, H)
        Only which weights are not zero matters.
    steps : int
        t − k, at least 1.

    Returns
    -------
    ndarray of Python integers, shape (H, H)
        Entry (i, j) counts the paths to unit i from unit j, exactly, however many.

    Raises
    ------
    ValueError, TypeError
        If `W_hh` is not a square matrix of finite numbers or `steps` is not an integer >= 1.

    Examples
    --------
    >>> count_paths(np.ones((100, 100)), steps=10)[0, 0]
    1000000000000000000
    """
    W_hh = check_array("W_hh", W_hh, ("H", "H"))
    arrows = (W_hh != 0).astype(int).astype(object)  # Python's integers never overflow
    counts: Array = np.linalg.matrix_power(arrows, check_size("steps", steps))  # eq-path-count
    return counts


def closed_detours(jacobians: Jacobians) -> Array:
    """Return what the textbook's product leaves out of ∂h_T^(i)/∂h_k^(i): the closed detours.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), or Unrolled
        J_1 … J_T, perhaps of a batch; or a run.

    Returns
    -------
    ndarray, shape (T + 1, ..., H)
        Entry k, unit i: the sum over all paths from unit i at step k to unit i at step T that
        visit another unit in between; 0 for T − k <= 1.

    Raises
    ------
    ValueError, TypeError
        If the shape is not (T, ..., H, H) or an entry is not a finite number.

    Examples
    --------
    >>> swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> closed_detours([swap, swap])
    array([[1., 1.],
           [0., 0.],
           [0., 0.]])
    """
    true = np.diagonal(products_to_last(jacobians), axis1=-2, axis2=-1)
    detours: Array = true - diagonal_formula(jacobians)  # eq-closed-detours
    return detours


def _check_unit(name: str, unit: int, hidden_size: int) -> int:
    unit = check_size(name, unit, minimum=0)
    if unit >= hidden_size:
        raise ValueError(f"{name}: expected one of the units 0 … {hidden_size - 1}, got {unit}")
    return unit
