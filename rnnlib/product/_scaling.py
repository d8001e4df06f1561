"""Matrices of any size of entries, kept where their squares and sums are still floats."""

import numpy as np

from rnnlib._validate import Array


def pull_out_power_of_two(A: Array) -> tuple[Array, float]:
    """Write A as exp(scale) · A', exactly, with the largest entry of A' in [½, 1).

    Returns
    -------
    tuple of ndarray and float
        A' and scale; A itself and 0 if A is zero.
    """
    exponent = int(np.frexp(np.abs(A).max())[1])
    half = exponent // 2  # in two factors: for the smallest float one of them is no float itself
    return A * 2.0**-half * 2.0 ** (half - exponent), exponent * np.log(2.0)
