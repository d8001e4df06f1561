"""What is it in clipping by value that helps? Controls of `clipping` (chapter 10).

Clipping by value shortens a step, turns it, and raises the share of what is small. Task, networks,
budget and criterion are those of `clipping`, whose "as long" keeps the length alone. Here each step
is as long as the one by value, and turned by as much, but in a random direction; or it is the one
by value in W_hh only, or in everything but W_hh, and "as long" elsewhere. In two more W_hh alone is
as long as by value: unturned, or turned by as much at random.
"""

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from experiments import clipping
from experiments._protocol import pace, protocol
from rnnlib import tree


def at_random(g: np.ndarray, by_value: np.ndarray) -> np.ndarray:
    """Return g as long as, and turned by as much as, by value: in a random direction.

    The direction is drawn anew for each gradient, which is its seed.
    """
    length, along = np.linalg.norm(by_value), g / np.linalg.norm(g)
    cosine = min(np.vdot(along, by_value) / length, 1.0)
    aside = np.random.default_rng(zlib.crc32(g.tobytes())).standard_normal(g.shape)
    aside -= np.vdot(aside, along) * along
    aside *= np.sqrt(1 - cosine**2) / np.linalg.norm(aside)
    return (length * (cosine * along + aside)).astype(g.dtype)


def unturned(g: np.ndarray, by_value: np.ndarray) -> np.ndarray:
    """Return g as long as by value."""
    return g * (np.linalg.norm(by_value) / np.linalg.norm(g))


def turned(gradient: Any) -> Any:
    """Return the whole gradient turned at random."""
    g, by_value = map(tree.flatten, (gradient, clipping.DIRECTIONS["value"](gradient)))
    return tree.unflatten(at_random(g, by_value), gradient)


def recurrent(way: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[Any], Any]:
    """Return the way to step that makes W_hh's part from g and by value, and is unturned else."""

    def direction(gradient: Any) -> Any:
        step, by_value = (clipping.DIRECTIONS[name](gradient) for name in ("as long", "value"))
        W_hh = way(gradient.cell.W_hh, by_value.cell.W_hh)
        return replace(step, cell=replace(step.cell, W_hh=W_hh))

    return direction


def all_but_recurrent(gradient: Any) -> Any:
    """Return the unturned step for W_hh, and the one by value for everything else."""
    step, by_value = (clipping.DIRECTIONS[name](gradient) for name in ("as long", "value"))
    return replace(by_value, cell=replace(by_value.cell, W_hh=step.cell.W_hh))


WAYS: dict[str, Callable[[Any], Any]] = {
    "turned": turned,
    "only W_hh": recurrent(lambda g, by_value: by_value),
    "all but W_hh": all_but_recurrent,
    "W_hh unturned": recurrent(unturned),
    "W_hh at random": recurrent(at_random),
}


@protocol(
    criterion=clipping.run.criterion,
    grid={"method": [*WAYS]},
    choose={"learning_rate": [3.0, 10.0, 30.0]},
    loss=pace(clipping.STEPS),
    selection_seeds=range(100, 104),
    seeds=20,
    settings={"steps": clipping.STEPS},
)
def run(method: str, **how: Any) -> dict:
    """Train one network; the results are those of `clipping`."""
    clipping.DIRECTIONS[method] = WAYS[method]
    return clipping.run(method=method, **how)
