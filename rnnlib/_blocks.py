"""Arrays whose last axis holds one block of columns for each gate."""

import numpy as np

from rnnlib._validate import Array


def parts(a: Array, size: int) -> list[Array]:
    """Cut the last axis into blocks of `size`, as views."""
    return [a[..., k : k + size] for k in range(0, a.shape[-1], size)]


def diagonal(v: Array) -> Array:
    """Make a diagonal matrix of every vector v, shape (..., H)."""
    return v[..., None] * np.eye(v.shape[-1], dtype=v.dtype)
