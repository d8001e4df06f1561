"""An array or a record of arrays as one real vector, and back."""

from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array


class Coordinates:
    """The numbers of `at` as real coordinates with names; a complex number is a pair of them.

    Attributes
    ----------
    vector : ndarray, shape (n,)
    names : list of str
        Such as ``"cell.W_hh[0, 2]"``, or ``"Im W_hh[1]"``.
    has_complex : bool
    """

    def __init__(self, at: Any) -> None:
        self._like = at
        self._leaves = _leaves("at", at)
        parts, self.names = [], []
        for name, leaf in self._leaves.items():
            entries = [
                f"{name}[{', '.join(map(str, index))}]" if index else name or "at"
                for index in np.ndindex(leaf.shape)
            ]
            parts.append(leaf.real.ravel())
            self.names += entries
            if leaf.dtype.kind == "c":
                parts.append(leaf.imag.ravel())
                self.names += [f"Im {entry}" for entry in entries]
        self.vector = np.concatenate([np.zeros(0), *parts])
        self.has_complex = any(leaf.dtype.kind == "c" for leaf in self._leaves.values())
        if not self.names:
            raise ValueError("at: expected at least one number, got none")

    def of_gradient(self, gradient: Any) -> Array:
        """Return ∂L/∂ every coordinate; of a complex number z, `gradient` has ∂L/∂Re − i ∂L/∂Im."""
        given = _leaves("gradient", gradient, scalars=self._leaves)
        expected = {name: leaf.shape for name, leaf in self._leaves.items()}
        shapes = {name: leaf.shape for name, leaf in given.items()}
        if shapes != expected:
            raise ValueError(f"gradient: expected the shapes of at, {expected}, got {shapes}")
        parts = []
        for name, leaf in self._leaves.items():
            parts.append(given[name].real.ravel())
            if leaf.dtype.kind == "c":
                parts.append(-given[name].imag.ravel())
        return np.concatenate(parts)

    def place(self, vector: Array) -> Any:
        """Return what `at` is, with new arrays of these coordinates."""
        arrays, start = [], 0
        for leaf in self._leaves.values():
            part = vector[start : start + leaf.size].reshape(leaf.shape).copy()
            start += leaf.size
            if leaf.dtype.kind == "c":
                part = np.asarray(part + 1j * vector[start : start + leaf.size].reshape(leaf.shape))
                start += leaf.size
            arrays.append(part)
        return tree.build(self._like, iter(arrays)) if is_dataclass(self._like) else arrays[0]


def _leaves(name: str, value: Any, scalars: Iterable[str] = ()) -> dict[str, Array]:
    """Return the arrays of a record by their paths, or the one array.

    At the paths in `scalars` a number will do: arithmetic makes numbers of arrays without axes.
    """
    if is_dataclass(value) and not isinstance(value, type):
        named: dict[str, Any] = dict(tree.named_leaves(value))
        for path in scalars:
            number: Any = value
            for part in path.split("."):
                number = getattr(number, part, None)
            if path not in named and np.isscalar(number):
                named[path] = number
    else:
        named = {"": value}
    for path, given in named.items():
        leaf = named[path] = check_array(f"{name}.{path}" if path else name, given)
        if leaf.dtype not in (np.float64, np.complex128):
            raise TypeError(
                f"{name}: expected float64, got {leaf.dtype}, whose differences show two or three "
                "digits of a slope; check in float64: rnnlib.tree.astype converts a record"
            )
    return named
