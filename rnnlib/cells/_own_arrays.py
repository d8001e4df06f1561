"""Parameters of a cell's own: arrays beside the weights of its total input, such as a leak.

The gradient of every weight comes from ∂L/∂s_t. An array of the cell's own acts past s_t, so only
the cell can say how: its `pull_to_own` does, and what it says is summed and checked here.
"""

from dataclasses import fields
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array, check_precision, describe, frozen
from rnnlib.cells._layout import names_in, places

WEIGHTS = ("W_hh", "W_xh", "b_h")
"""The arrays that every cell has."""


def own_arrays(cell: Any) -> dict[str, Array]:
    """Return the arrays past s_t, those with no number in ``cell.weights()``, by name.

    Where a class says itself how a gradient goes back, its `from_weights` knows all of its fields.
    """
    rest = {name: array for name, array in tree.named_leaves(cell) if name not in WEIGHTS}
    if not rest:
        return {}
    kinds = type(cell).__mro__
    lays_out = next(kind for kind in kinds if "weights" in vars(kind))
    goes_back = next(kind for kind in kinds if "from_weights" in vars(kind))
    if kinds.index(goes_back) <= kinds.index(lays_out):
        known = {field.name for field in fields(goes_back)}
    else:
        known = names_in(places(cell), cell)
    return {name: array for name, array in rest.items() if name not in known}


def check_own_arrays(cell: Any, default: Any) -> None:
    """Check the other arrays as the weights, and that a gradient can be pulled back to them."""
    for field in fields(cell):
        value = getattr(cell, field.name)
        if field.name not in WEIGHTS and isinstance(value, (np.ndarray, list, tuple)):
            array = check_array(field.name, value)
            check_precision(W_xh=cell.W_xh, **{field.name: array})
            object.__setattr__(cell, field.name, frozen(array))
    if type(cell).pull_to_own is default and (own := own_arrays(cell)):
        raise TypeError(
            f"{type(cell).__name__}: expected pull_to_own, since it has {', '.join(own)} beside "
            "W_hh, W_xh and b_h; a constant is a number, or an attribute of the class"
        )


def own_gradient(cell: Any, dh: Array, slopes: Any) -> tuple[Array, ...]:
    """Return ∂L/∂(each own array) from ∂L/∂h of one step or a block of them; () if there is none.

    Raises
    ------
    TypeError, ValueError
        If `pull_to_own` does not return one array for each, of its shape with the leading axes of
        `dh` in front or summed over.
    """
    own = own_arrays(cell)
    if not own:
        return ()
    found = cell.pull_to_own(dh, *slopes)
    if not isinstance(found, tuple) or len(found) != len(own):
        raise TypeError(
            f"pull_to_own: expected a tuple of {len(own)} arrays, for {', '.join(own)}, "
            f"got {describe(found)}"
        )
    return tuple(
        _summed(name, np.asarray(gradient), array.shape)
        for (name, array), gradient in zip(own.items(), found, strict=True)
    )


def _summed(name: str, gradient: Array, shape: tuple[int, ...]) -> Array:
    leading = gradient.ndim - len(shape)
    if leading < 0 or gradient.shape[leading:] != shape:
        expected = ", ".join(["...", *map(str, shape)])
        raise ValueError(
            f"pull_to_own: expected shape ({expected}) for {name}, got {gradient.shape}"
        )
    return np.asarray(gradient.sum(axis=tuple(range(leading))))
