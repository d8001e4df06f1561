"""Random cases for properties, and how near is near enough."""

from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rnnlib import ElmanCell
from rnnlib._validate import Array


@dataclass(frozen=True)
class Sizes:
    """Sizes of a network and its data, and a seed for their numbers."""

    T: int
    B: int
    I: int  # noqa: E741
    H: int
    V: int
    seed: int

    @property
    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)


def network(sizes: Sizes, activation: str = "tanh") -> tuple[ElmanCell, Array, Array]:
    """Draw a cell with an asymmetric W_hh and a bias, inputs (T, B, I) and a first state (B, H)."""
    rng = sizes.rng
    cell = ElmanCell(
        W_hh=rng.standard_normal((sizes.H, sizes.H)),
        W_xh=rng.standard_normal((sizes.H, sizes.I)),
        b_h=rng.standard_normal(sizes.H),
        activation=activation,
    )
    xs = rng.standard_normal((sizes.T, sizes.B, sizes.I))
    return cell, xs, rng.uniform(-0.9, 0.9, (sizes.B, sizes.H))


def any_sizes(smallest: int = 1, largest: int = 5) -> st.SearchStrategy[Sizes]:
    """Sizes from `smallest`; start from 2 where a mutant must not hide in a degenerate case."""
    size = st.integers(smallest, largest)
    return st.builds(Sizes, size, size, size, size, size, st.integers(0, 2**32 - 1))


def for_all(*strategies: st.SearchStrategy[object], examples: int = 25):
    """``@given`` with the same cases on every run: what is green today is green tomorrow."""

    def decorate(test):
        deterministic = settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        return deterministic(given(*strategies)(test))

    return decorate


def assert_close(actual: Array, expected: Array, scale: Array | float, rtol: float = 1e-12) -> None:
    """Assert |actual − expected| <= rtol · scale, the scale being the sum of the absolute terms.

    A sum of terms that cancel cannot be more accurate than its terms, so an error relative to the
    sum itself would be unfair, and an absolute error would be blind for small numbers.
    """
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"shape {actual.shape}, expected {expected.shape}"
    error = np.abs(actual - expected) / np.maximum(scale, np.finfo(float).tiny)
    assert np.all(error <= rtol), f"relative error {error.max():.3g}, allowed {rtol:.3g}"
