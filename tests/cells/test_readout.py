"""The readout's vector-Jacobian product against finite differences and against linearity."""

import numpy as np

from rnnlib import Readout
from tests.strategies import Sizes, any_sizes, assert_close, for_all


@for_all(any_sizes())
def test_vjp_against_the_definition(sizes: Sizes):
    """Σ dz · (change of z) must be Σ gradient · (change of what caused it): the map is affine."""
    rng = sizes.rng
    W, dW = rng.standard_normal((2, sizes.V, sizes.H))
    b, db = rng.standard_normal((2, sizes.V))
    h, dh = rng.standard_normal((2, sizes.T, sizes.B, sizes.H))
    dz = rng.standard_normal((sizes.T, sizes.B, sizes.V))
    gradient, grad_h = Readout(W, b).vjp(h, dz)

    for change, by_gradient in [
        (Readout(W + dW, b)(h) - Readout(W, b)(h), gradient.W_ho * dW),
        (Readout(W, b + db)(h) - Readout(W, b)(h), gradient.b_o * db),
        (Readout(W, b)(h + dh) - Readout(W, b)(h), grad_h * dh),
    ]:
        scale = np.abs(dz * change).sum() + np.abs(by_gradient).sum() + np.abs(dz).sum()
        assert_close(np.sum(dz * change), np.sum(by_gradient), scale)


def test_gradient_is_a_record_of_the_same_type():
    readout = Readout.random(3, 5, np.random.default_rng(0))
    gradient, dh = readout.vjp(np.ones((2, 3)), np.ones((2, 5)))
    assert isinstance(gradient, Readout)
    assert gradient.W_ho.shape == readout.W_ho.shape and dh.shape == (2, 3)


def test_gain_zero_predicts_uniformly():
    assert not Readout.random(3, 5, np.random.default_rng(0), gain=0.0)(np.ones(3)).any()
