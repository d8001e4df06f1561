"""A linear unit that reads noise; its laws are guarded with chapter 16."""

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib.one_unit import (
    mode_likeness,
    modulus_sensitivity,
    phase_sensitivity,
    sensitivity_variance,
    state_variance,
)
from rnnlib.time import linear_scan
from tests.equations.guards import catches
from tests.strategies import assert_close, for_all
from tools.equations import Mutant

MODULI = st.floats(0, 0.999)
PHASES = st.floats(-4, 4)


@pytest.mark.parametrize("decay", [0.9, -0.8, 0.95 * np.exp(0.7j)])
@pytest.mark.parametrize("correlation", [0.0, 0.6, -0.5])
def test_noise_makes_the_variances(decay, correlation):
    """Four thousand units that read noise of their own, within four standard errors."""
    rng, units, steps = np.random.default_rng(0), 4000, 400
    noise = rng.standard_normal((steps, 1, units))
    xs = linear_scan([correlation], np.sqrt(1 - correlation**2) * noise, noise[0])[1:]
    hs = linear_scan(np.array([decay]), xs)
    measured = np.abs(hs[-1, 0]) ** 2
    error = 4 * measured.std() / np.sqrt(units)
    assert abs(measured.mean() - state_variance(decay, correlation=correlation)) < error
    if correlation == 0:
        touchy = np.abs(linear_scan(np.array([decay]), hs[:-1])[-1, 0]) ** 2
        error = 4 * touchy.std() / np.sqrt(units)
        assert abs(touchy.mean() - sensitivity_variance(decay)) < error


def check_bounds(modulus, phase, other):
    """What holds between them: a tied scale helps, near states are alike, 1 − r² and r are mild."""
    bare = modulus_sensitivity(modulus)
    apart = modulus_sensitivity(modulus, scale="apart")
    tied = modulus_sensitivity(modulus, scale="tied")
    assert_close(bare, sensitivity_variance(modulus * np.exp(1j * phase)), 1e3 * bare)
    assert tied <= apart <= bare
    assert phase_sensitivity(modulus) <= apart
    likeness = mode_likeness(modulus * np.exp(1j * phase), other)
    assert 0 < likeness <= 1 + 1e-12
    assert_close(likeness, mode_likeness(other, modulus * np.exp(1j * phase)), 1.0)
    assert_close(mode_likeness(modulus, modulus), 1.0, 1e4)


@for_all(MODULI, PHASES, MODULI, examples=100)
def test_what_holds_between_them(modulus, phase, other):
    check_bounds(modulus, phase, other)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('left if scale == "apart" else 1.0', '1.0 if scale == "apart" else left'),
        ("modulus**2 * modulus_sensitivity", "2 * modulus_sensitivity"),
        ("decay.conj() * other", "decay.conj() * decay"),
    ],
)
def test_seeded_bugs_are_caught(old, new):
    mutant = Mutant("seeded", old, new)
    catches(lambda: check_bounds(0.5, 0.3, 0.7), "rnnlib/one_unit/linear.py", mutant)


def test_parametrisations_that_do_not_feel_the_memory():
    """Tied: 1 for |λ| = tanh a; a quarter, far out, for exp(−exp a) and the logistic function."""
    r = 1 - np.logspace(-1, -6, 6)
    for _ in range(2):
        assert_close(modulus_sensitivity(r, 1 - r**2, scale="tied"), np.ones(6), 1.0, rtol=1e-9)
        for slope in (r * np.log(r), r * (1 - r)):
            far = modulus_sensitivity(r, slope, scale="tied")
            assert_close(far[-1], 0.25, 1.0, rtol=1e-5)
            assert np.all(far <= 0.25)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: state_variance(1.0), ValueError, "decay: expected a modulus below 1, got 1"),
        (lambda: state_variance([0.5, np.nan]), ValueError, "decay: expected finite numbers"),
        (lambda: state_variance(0.5, correlation=-1.0), ValueError, "correlation: .* got 1"),
        (lambda: sensitivity_variance(2j), ValueError, "decay: expected a modulus below 1, got 2"),
        (lambda: sensitivity_variance("a"), TypeError, "decay: expected numbers"),
        (lambda: modulus_sensitivity(-0.5), ValueError, "modulus: expected real numbers in"),
        (lambda: modulus_sensitivity(0.5j), ValueError, "modulus: expected real numbers in"),
        (lambda: modulus_sensitivity(0.5, np.inf), ValueError, "slope: expected finite numbers"),
        (lambda: modulus_sensitivity(0.5, scale="own"), ValueError, "scale: .* got 'own'"),
        (lambda: phase_sensitivity(1.5), ValueError, "modulus: expected a modulus below 1"),
        (lambda: mode_likeness(0.5, 1j), ValueError, "other: expected a modulus below 1, got 1"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
