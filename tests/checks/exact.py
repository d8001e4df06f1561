"""Slopes in 60 digits, and every cell's step in a form for numbers of any kind."""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from rnnlib._validate import Array

mpmath.mp.dps = 60
STEP = mpmath.mpf(10) ** -25


def slopes(function: Callable[[Array], Any], x: Array) -> Array:
    """Return the gradient of a function of a vector in 60 digits."""
    exact = np.array([mpmath.mpf(number) for number in x.tolist()], dtype=object)
    found = []
    for j in range(x.size):
        v = np.array([STEP * (j == k) for k in range(x.size)], dtype=object)
        found.append((function(exact + v) - function(exact - v)) / (2 * STEP))
    return np.array(found)


def truth_of(gradient: Array, right: Array, exact: Array) -> str:
    """Say whether a gradient is wrong, given the right program's floats and the exact slopes.

    It is wrong if an entry is off by more than 1e-5 of it, and not by rounding: ten times as far as
    the right program's. It is right if no entry is off by more than 1e-6, or twice the rounding.
    """
    error, rounding = abs(gradient - exact), abs(right - exact)
    larger = np.maximum(abs(gradient), abs(exact))
    if ((error > 1e-5 * larger) & (error > 10 * rounding)).any():
        return "wrong"
    return "right" if ((error <= 1e-6 * larger) | (error <= 2 * rounding)).all() else "between"


# --- what is elementary, for floats, complex numbers and 60 digits alike


def elementwise(name: str) -> Callable[[Array], Array]:
    exact = np.vectorize(getattr(mpmath, name), otypes=[object])

    def function(x):
        x = np.asarray(x)
        return exact(x) if x.dtype == object else getattr(np, name)(x)

    return function


tanh, sin, exp = map(elementwise, ("tanh", "sin", "exp"))


def logistic(s):
    return 0.5 + 0.5 * tanh(0.5 * s)


def relu(s):
    return np.where(np.real(s) > 0, s, 0 * s)


# --- one step of every cell, in bare form


def elman(phi):
    def step(c, h, x):
        return phi(h @ c.W_hh.T + x @ c.W_xh.T + c.b_h)

    return step


def diagonal(c, h, x):
    return h * c.W_hh + x @ c.W_xh.T + c.b_h


def leaky(c, h, x):
    return h * 0.9 + 0.1 * tanh(h @ c.W_hh.T + x @ c.W_xh.T + c.b_h)


def lstm(c, h, x):
    H = h.shape[1] // 2
    i, f, g, o = np.split(h[:, :H] @ c.W_hh.T + x @ c.W_xh.T + c.b_h, 4, axis=1)
    new = logistic(f) * h[:, H:] + logistic(i) * tanh(g)
    return np.concatenate([logistic(o) * tanh(new), new], axis=1)


def gru(c, h, x):
    from_h, from_x = np.split(h @ c.W_hh.T, 3, axis=1), np.split(x @ c.W_xh.T + c.b_h, 3, axis=1)
    r, z = (logistic(from_h[k] + from_x[k]) for k in (0, 1))
    n = tanh(from_x[2] + r * (from_h[2] + c.b_n))
    return (1 - z) * n + z * h


BARE = {
    "tanh": elman(tanh),
    "logistic": elman(logistic),
    "relu": elman(relu),
    "identity": elman(lambda s: s),
    "lstm": lstm,
    "gru": gru,
    "diagonal": diagonal,
    "leaky": leaky,
}
