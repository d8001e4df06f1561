"""What a cell's three methods owe each other in form, before any number of theirs is compared.

`bptt` asks for the slopes of a whole block of steps and takes them one step at a time. A cell that
passes for a single step may not stand that; here it is found out and named.
"""

from typing import Any

import numpy as np

from rnnlib._validate import Array, describe
from rnnlib.cells.cell import Cell


def check_contract(cell: Cell, rng: np.random.Generator) -> None:
    """Raise unless `transition`, `slopes` and `pull_back` return what `unroll` and `bptt` need.

    Raises
    ------
    TypeError, ValueError
        Naming the method, what came and what was expected.
    """
    if not isinstance(cell, Cell):
        raise TypeError(
            f"cell: expected a Cell, got a {type(cell).__name__}; of a layer check the cells in "
            "it, or its gradient: check_gradient of a loss of unroll, with what bptt gives"
        )
    block, state = (3, 2), cell.state_size
    h_prev = rng.uniform(-0.9, 0.9, (*block, state))
    s = rng.standard_normal((*block, cell.weights().b.size))
    dh = rng.standard_normal(h_prev.shape)
    given = [array.copy() for array in (h_prev, s, dh)]

    h = cell.transition(h_prev, s)
    _check_shape("transition", h, h_prev.shape)
    slopes = cell.slopes(h_prev, s, h)
    _check_slopes(slopes, block[0])
    for k in range(block[0]):
        for i, slope in enumerate(cell.slopes(h_prev[k], s[k], h[k])):
            if not np.allclose(slope, slopes[i][k]):
                raise ValueError(
                    f"slopes[{i}]: expected entry k of a block to be that of step k, got others"
                )
        _check_pull_back(cell, dh[k], [slope[k] for slope in slopes], s.shape[-1])
    for name, array, before in zip(("h_prev", "s", "dh"), (h_prev, s, dh), given, strict=True):
        if not np.array_equal(array, before):
            raise ValueError(f"{name}: expected the cell's methods not to write to it, but one did")
    _check_leading_axes(cell, dh, slopes)


def _check_slopes(slopes: Any, steps: int) -> None:
    if not isinstance(slopes, tuple):
        raise TypeError(f"slopes: expected a tuple of arrays, got {describe(slopes)}")
    for i, slope in enumerate(slopes):
        if np.shape(slope)[:1] != (steps,):
            raise ValueError(
                f"slopes[{i}]: expected time as the first axis, shape ({steps}, ...) for a block "
                f"of {steps} steps, got {np.shape(slope)}"
            )


def _check_pull_back(cell: Cell, dh: Array, slopes: list[Array], columns: int) -> None:
    pulled = cell.pull_back(dh, *slopes)
    if not isinstance(pulled, tuple) or len(pulled) != 2:
        raise TypeError(f"pull_back: expected (∂L/∂s, ∂L/∂h_prev or None), got {describe(pulled)}")
    ds, direct = pulled
    _check_shape("pull_back", ds, (*dh.shape[:-1], columns), "for ∂L/∂s")
    if direct is not None:
        _check_shape("pull_back", direct, dh.shape, "for ∂L/∂h_prev")
        if np.shares_memory(direct, dh):
            raise ValueError("pull_back: expected a new array for ∂L/∂h_prev, got dh itself")


def _check_leading_axes(cell: Cell, dh: Array, slopes: tuple[Array, ...]) -> None:
    """Raise unless a block of gradients is pulled back as one by one.

    Each through a step of its own, as in `bptt`, or all of them through one step, as the rows of a
    product are.
    """
    for of_block in (slopes, tuple(slope[:1] for slope in slopes)):
        try:
            whole = cell.pull_back(dh, *of_block)
        except (ValueError, TypeError, IndexError) as error:
            raise ValueError(
                f"pull_back: expected any leading axes, but dh of shape {dh.shape} ended in "
                f"{error!r}"
            ) from error
        one_by_one = [
            cell.pull_back(row, *(slope[min(k, len(slope) - 1)] for slope in of_block))
            for k, row in enumerate(dh)
        ]
        for found, expected in zip(whole, zip(*one_by_one, strict=True), strict=True):
            if found is None:
                continue
            _check_shape("pull_back", found, np.shape(expected), "for a block")
            if not np.allclose(found, expected):
                raise ValueError(
                    "pull_back: expected entry k of a block to be that of dh[k], got others"
                )


def _check_shape(method: str, array: Any, shape: tuple[int, ...], what: str = "") -> None:
    if np.shape(array) != shape:
        where = f" {what}" if what else ""
        raise ValueError(f"{method}: expected shape {shape}{where}, got {np.shape(array)}")
