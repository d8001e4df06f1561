"""Measured slopes: exact where theory says so, and refusals that name the argument."""

import numpy as np
import pytest

from rnnlib import Readout, tree
from rnnlib.checks import differences
from tests.strategies import assert_close

RULES = (differences.central_difference, differences.complex_step)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3)])
def test_a_parabola_is_exact_at_any_step(rule, shape):
    rng = np.random.default_rng(0)
    x, v = rng.standard_normal((2, *shape))
    for step in (2.0, 0.1):
        terms = 2 * x * v
        for _ in range(2):
            assert_close(
                rule(lambda x: (x * x).sum(), x, v, step), terms.sum(), 10 + np.abs(terms).sum()
            )


def test_the_complex_step_sees_what_differences_cannot():
    def tiny(x):
        return 1.0 + 1e-26 * np.sin(x)

    assert differences.central_difference(tiny, 0.3, 1.0, 6e-6) == 0
    assert_close(differences.complex_step(tiny, 0.3, 1.0), 1e-26 * np.cos(0.3), 1e-26)


@pytest.mark.parametrize("rule", RULES)
def test_bad_input(rule):
    with pytest.raises(ValueError, match="direction: expected"):
        rule(np.sum, np.zeros(2), np.zeros(3), 1e-6)
    with pytest.raises(ValueError, match="step: expected a finite number > 0"):
        rule(np.sum, np.zeros(2), np.zeros(2), 0.0)
    with pytest.raises(ValueError, match="at: expected finite"):
        rule(np.sum, np.array([np.nan]), np.ones(1), 1e-6)
    with pytest.raises(ValueError, match="function: expected it to return one finite number"):
        rule(lambda x: x, np.zeros(2), np.ones(2), 1e-6)
    with pytest.raises(ValueError, match="noise: expected"):
        differences.central_error_bound(0.1, noise=-1.0, third=1.0)
    with pytest.raises(ValueError, match="third: expected"):
        differences.best_step(noise=1.0, third=0.0)


def test_inner_product_of_records():
    a, b = Readout([[1.0, 2.0]], [3.0]), Readout([[4.0, 5.0]], [6.0])
    assert tree.inner(a, b) == tree.inner(b, a) == 32.0
    assert_close(tree.inner(a, a), tree.global_norm(a) ** 2, 14.0)
    with pytest.raises(ValueError, match="others: expected records"):
        tree.inner(a, Readout([[1.0]], [2.0]))
