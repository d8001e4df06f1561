"""Where the numbers of a cell go in its total input, and how a gradient finds its way back.

A kind of cell may lay out its arrays anew for `Cell.weights`: turn blocks of rows round, put a bias
behind another. Where each number went is seen by laying out labels instead, so that such a cell
need not say how a gradient goes back.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array
from rnnlib.cells.total_input import TotalInput

STEP = ("weights", "transition", "slopes", "pull_back")
"""The methods that say what a step is: a closed-form Jacobian holds for these and no others."""


def closed_form_is_of_another_step(kind: type) -> bool:
    """Return whether a class changes the step, and inherits a Jacobian from before it did."""
    methods = kind.__mro__
    first = {n: next(i for i, k in enumerate(methods) if n in vars(k)) for n in (*STEP, "jacobian")}
    return first.pop("jacobian") > min(first.values())


def places(cell: Any) -> TotalInput:
    """Return ``cell.weights()`` with each number's place in `tree.flatten`, from 1, in its stead.

    A 0 stands where no number of the cell's went.

    Raises
    ------
    TypeError
        If `weights` does more than move numbers about.
    """
    numbers = np.concatenate([[0], tree.flatten(cell)])
    labels = tree.unflatten(np.arange(1.0, numbers.size), like=cell).weights()
    weights = cell.weights()
    for name in ("W_hh", "W_xh", "b"):
        label, number = getattr(labels, name), getattr(weights, name)
        inside = (label == label.astype(int)) & (label >= 0) & (label < numbers.size)
        if not (inside.all() and np.array_equal(numbers[label.astype(int)], number)):
            raise TypeError(
                f"{type(cell).__name__}: expected from_weights beside weights, which does more "
                f"than move numbers about: {name} has others"
            )
    return labels


def names_in(labels: TotalInput, cell: Any) -> set[str]:
    """Return the names of the arrays that have a number in the total input."""
    there = np.unique(np.concatenate([a.ravel() for a in (labels.W_hh, labels.W_xh, labels.b)]))
    names, start = set(), 1
    for name, array in tree.named_leaves(cell):
        if np.isin(there, np.arange(start, start + array.size)).any():
            names.add(name)
        start += array.size
    return names


def back_to_their_places(cell: Any, gradient: TotalInput, own: dict[str, Array]) -> Iterator[Array]:
    """Yield ∂L/∂(array) for each array of a cell: what each number got, summed; or its own."""
    labels = places(cell)
    total = np.zeros(tree.flatten(cell).size + 1, gradient.b.dtype)
    for name in ("W_hh", "W_xh", "b"):
        at, gained = getattr(labels, name).astype(int), getattr(gradient, name)
        np.add.at(total, at, gained)
    start = 1
    for name, array in tree.named_leaves(cell):
        part = total[start : start + array.size].reshape(array.shape)
        yield own.get(name, part)
        start += array.size
