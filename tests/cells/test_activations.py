"""Every activation: its derivative, the derivative's bound, where it saturates, what it accepts."""

import copy
import pickle

import numpy as np
import pytest

from rnnlib.cells import activations

ALL = [activations.get(name) for name in ("tanh", "logistic", "relu", "identity")]
S = np.concatenate([np.linspace(-8, 8, 321), [-800.0, 800.0]])


@pytest.mark.parametrize("phi", ALL, ids=lambda phi: phi.name)
class TestEveryActivation:
    def test_derivative_is_the_slope(self, phi):
        s, step = S[np.abs(S) > 1e-4], 6e-6  # away from the corner of ReLU
        slope = (phi(s + step) - phi(s - step)) / (2 * step)
        np.testing.assert_allclose(phi.derivative(s), slope, atol=1e-7)

    def test_derivative_bound_holds_and_is_attained(self, phi):
        values = np.abs(phi.derivative(S))
        assert values.max() <= phi.derivative_bound
        assert values.max() == pytest.approx(phi.derivative_bound, rel=1e-12)

    @pytest.mark.parametrize("threshold", [0.01, 0.1, 0.5, 0.9])
    def test_active_range_ends_where_the_derivative_crosses_the_threshold(self, phi, threshold):
        bound = threshold * phi.derivative_bound
        for end, inwards in zip(phi.active_range(threshold), (1, -1), strict=True):
            if np.isfinite(end):
                inside, outside = np.array([end + inwards * 1e-6, end - inwards * 1e-6])
                assert phi.derivative(np.array([inside]))[0] >= bound
                assert phi.derivative(np.array([outside]))[0] <= bound

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_keeps_shape_and_dtype_and_leaves_its_input_alone(self, phi, dtype):
        s = np.linspace(-2, 2, 6, dtype=dtype).reshape(2, 3)
        s.flags.writeable = False
        for result in (phi(s), phi(s), phi.derivative(s)):
            assert result.shape == s.shape and result.dtype == dtype

    def test_complex_step_sees_the_derivative(self, phi):
        s = np.array([-1.7, -0.2, 0.4, 2.5])
        by_complex_step = phi(s + 1e-30j).imag / 1e-30
        np.testing.assert_allclose(by_complex_step, phi.derivative(s), rtol=1e-12)


def test_tanh_and_logistic_reach_their_bound_only_at_zero():
    for phi in (activations.tanh, activations.logistic):
        assert phi.derivative(np.array([0.0]))[0] == phi.derivative_bound
        assert np.all(phi.derivative(np.array([-1e-3, 1e-3])) < phi.derivative_bound)


def test_logistic_neither_overflows_nor_leaves_the_unit_interval():
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(activations.logistic(np.array([-1e4, 1e4])), [0.0, 1.0])


def test_get_returns_an_activation_of_ones_own_as_it_is():
    assert activations.get(activations.relu) is activations.relu


def test_a_copy_is_the_activation_itself():
    """Else a cell from another process would not be the cell that a run was made by."""
    for phi in (activations.tanh, activations.logistic, activations.relu, activations.identity):
        assert pickle.loads(pickle.dumps(phi)) is copy.deepcopy(phi) is phi
    own = type("Own", (type(activations.tanh),), {"name": "own"})()
    assert copy.deepcopy(own) is not own
