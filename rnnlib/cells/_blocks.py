"""Arrays whose last axis holds one block of columns for each gate.

The columns of one gate lie apart in memory, and elementwise work on them takes two to four times
as long as on memory in one piece. So the cells with gates compute in arrays ``(..., gates, B, H)``,
where each gate is one piece, and `by_gate` shows columns in that shape.
"""

import numpy as np

from rnnlib._validate import Array


def parts(a: Array, size: int) -> list[Array]:
    """Cut the last axis into blocks of `size`, as views."""
    return [a[..., k : k + size] for k in range(0, a.shape[-1], size)]


def by_gate(a: Array, gates: int, size: int) -> Array:
    """View columns (..., B, gates · size) as (..., gates, B, size).

    Raises
    ------
    ValueError
        If there is no axis for B or the columns are others.
    """
    if a.ndim < 2 or a.shape[-1] != gates * size:
        raise ValueError(f"s: expected shape (..., B, {gates * size}), got {a.shape}")
    return a.reshape(*a.shape[:-1], gates, size).swapaxes(-3, -2)


def diagonal(v: Array) -> Array:
    """Make a diagonal matrix of every vector v, shape (..., H)."""
    return v[..., None] * np.eye(v.shape[-1], dtype=v.dtype)
