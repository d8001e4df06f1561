"""Parameters of a cell's own: arrays beside the weights of its total input, such as a leak.

The gradient of every weight comes from ∂L/∂s_t. An array of the cell's own acts past s_t, so only
the cell can say how: its `pull_to_own` does, and what it says is summed and checked here.
"""

from dataclasses import fields
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_array, check_precision, describe, frozen


def own_arrays(cell: Any) -> dict[str, Any]:
    """Return the fields that `cell.weights` does not know of, those that are numbers, by name.

    `weights` knows the fields of the class that defines it, and of those before: of a GRU b_n too.
    """
    knows = next(kind for kind in type(cell).__mro__ if "weights" in vars(kind))
    known = {field.name for field in fields(knows)}
    rest = {f.name: getattr(cell, f.name) for f in fields(cell) if f.name not in known}
    return {
        name: value for name, value in rest.items() if isinstance(value, (np.ndarray, list, tuple))
    }


def check_own_arrays(cell: Any, default: Any) -> None:
    """Check the cell's own arrays as its weights, and that it can pull a gradient back to them."""
    own = own_arrays(cell)
    if own and type(cell).pull_to_own is default:
        raise TypeError(
            f"{type(cell).__name__}: expected pull_to_own, since it has {', '.join(own)} beside "
            "W_hh, W_xh and b_h; a constant is no field but an attribute of the class"
        )
    for name, value in own.items():
        array = check_array(name, value)
        check_precision(W_xh=cell.W_xh, **{name: array})
        object.__setattr__(cell, name, frozen(array))


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
        _summed(name, gradient, array.shape)
        for (name, array), gradient in zip(own.items(), found, strict=True)
    )


def _summed(name: str, gradient: Array, shape: tuple[int, ...]) -> Array:
    leading = gradient.ndim - len(shape)
    if leading < 0 or gradient.shape[leading:] != shape:
        expected = ", ".join(["...", *map(str, shape)])
        raise ValueError(
            f"pull_to_own: expected shape ({expected}) for {name}, got {gradient.shape}"
        )
    total: Array = gradient.sum(axis=tuple(range(leading)))
    return total
