"""Jacobians for the tests of the gradient product, and the product by its definition."""

import numpy as np

from rnnlib import ElmanCell, unroll
from rnnlib.product import step_jacobians


def jacobians_of(H, T, gain, seed=0):
    rng = np.random.default_rng(seed)
    cell = ElmanCell.random(3, H, rng, gain=gain)
    return step_jacobians(cell, unroll(cell, rng.standard_normal((T, 1, 3))))[:, 0]


def product(jacobians, t, k):
    """P_{t,k} by its definition, the newest factor on the left."""
    P = np.eye(jacobians.shape[-1])
    for j in range(t, k, -1):
        P = P @ jacobians[j - 1]
    return P
