"""Random layers made of layers, and the same run by hand: one sequence, one step at a time."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from rnnlib import Cell, unroll
from rnnlib._validate import Array
from rnnlib.time import LRU, Dense, Parallel, Residual, Reverse, Stack, bidirectional
from tests.networks import SMOOTH, random_cell
from tests.strategies import Sizes

Plan = tuple[str, ...] | tuple[Any, ...]
"""What a layer is made of: ``("lstm",)``, ``("stack", (plan, plan))``, ``("reverse", plan)``."""


def plans(*leaves: str) -> st.SearchStrategy[Plan]:
    """Plans of any nesting over kinds of cells, "dense" and "lru"."""
    leaf = st.sampled_from(leaves).map(lambda kind: (kind,))
    return st.recursive(
        leaf,
        lambda plan: st.one_of(
            st.lists(plan, min_size=1, max_size=3).map(lambda some: ("stack", tuple(some))),
            st.lists(plan, min_size=1, max_size=2).map(lambda some: ("parallel", tuple(some))),
            st.tuples(st.sampled_from(["reverse", "residual"]), plan),
            st.tuples(st.just("both"), plan, plan),
        ),
        max_leaves=5,
    )


ANALYTIC = (*SMOOTH, "dense")
ANY = (*ANALYTIC, "lru")
AHEAD = tuple(kind for kind in ANY if kind != "dense")


def random_layer(plan: Plan, input_size: int, rng: np.random.Generator, H: int = 0) -> Any:
    """Draw the layer of a plan, with H outputs, or a few."""
    size = H or int(rng.integers(1, 4))
    match plan:
        case ("stack", some):
            layers = []
            for k, part in enumerate(some):
                wanted = H if k == len(some) - 1 else 0
                layers.append(random_layer(part, input_size, rng, wanted))
                input_size = layers[-1].hidden_size
            return Stack(layers)
        case ("parallel", some) if H and len(some) > H:
            return random_layer(some[0], input_size, rng, H)
        case ("parallel", some):
            first = H - len(some) + 1 if H else 0
            sizes = [first, *[1 if H else 0] * (len(some) - 1)]
            return Parallel(
                [random_layer(p, input_size, rng, h) for p, h in zip(some, sizes, strict=True)]
            )
        case ("both", ahead, _) if H == 1:
            return random_layer(ahead, input_size, rng, H)
        case ("both", ahead, back):
            one, other = (H - 1, 1) if H else (0, 0)
            return bidirectional(
                random_layer(ahead, input_size, rng, one),
                random_layer(back, input_size, rng, other),
            )
        case ("reverse", part):
            return Reverse(random_layer(part, input_size, rng, H))
        case ("residual", part) if H and H != input_size:
            return random_layer(part, input_size, rng, H)
        case ("residual", part):
            return Residual(random_layer(part, input_size, rng, input_size))
        case ("dense",):
            W, b = rng.standard_normal((size, input_size)), rng.standard_normal(size)
            return Dense(W, b, "logistic")
        case ("lru",):
            return LRU.random(input_size, size, rng, state_size=2, smallest=0.5, largest=0.95)
        case (kind,):
            return random_cell(kind, Sizes(1, 1, input_size, size, 1, int(rng.integers(2**32))))
    raise ValueError(plan)


def random_start(layer: Any, batch: int, rng: np.random.Generator) -> Any:
    """Draw initial states, in the layout that `unroll` takes."""
    match layer:
        case Stack() | Parallel():
            return tuple(random_start(part, batch, rng) for part in layer.layers)
        case Reverse() | Residual():
            return random_start(layer.layer, batch, rng)
        case LRU():
            return rng.standard_normal((batch, 2)) + 1j * rng.standard_normal((batch, 2))
        case Cell():
            return rng.uniform(-0.9, 0.9, (batch, layer.state_size))
    return np.zeros((batch, 0))  # a Dense remembers nothing


def of_sequence(start: Any, b: int) -> Any:
    """Return the initial states of sequence b alone."""
    return map_states(lambda array: array[b : b + 1], start)


def map_states(function: Any, *starts: Any) -> Any:
    """Apply a function to all arrays of states in step."""
    if isinstance(starts[0], tuple):
        return tuple(map_states(function, *parts) for parts in zip(*starts, strict=True))
    return function(*starts)


def arrays_of_start(start: Any) -> list[Array]:
    """Return all arrays of states in order."""
    if isinstance(start, tuple):
        return [array for part in start for array in arrays_of_start(part)]
    return [start]


def by_hand(layer: Any, x: Array, h0: Any) -> Array:
    """Return the outputs (n, H) of one sequence x (n, I), one step after the other."""
    match layer:
        case Stack():
            for part, start in zip(layer.layers, h0, strict=True):
                x = by_hand(part, x, start)
            return x
        case Parallel():
            each = [by_hand(part, x, start) for part, start in zip(layer.layers, h0, strict=True)]
            return np.hstack(each)
        case Reverse():
            return by_hand(layer.layer, x[::-1], h0)[::-1]
        case Residual():
            return x + by_hand(layer.layer, x, h0)
        case Dense():
            return 1 / (1 + np.exp(-(x @ layer.W.T + layer.b)))
        case LRU():
            lam = np.exp(-np.exp(layer.nu)) * np.exp(1j * np.exp(layer.theta))
            h, ys = h0[0], []
            for x_t in x:
                h = lam * h + np.exp(layer.gamma) * (layer.B @ x_t)
                ys.append((layer.C @ h).real + layer.D @ x_t)
            return np.array(ys)
        case Cell():
            h, hs = h0, []
            for x_t in x:
                h = layer.step(h, x_t[None])
                hs.append(h[0, : layer.hidden_size])
            return np.array(hs)
    raise TypeError(layer)


class Nested:
    """A random layer, and random data for it."""

    def __init__(self, plan, sizes, *, lengths=True, start=True):
        rng = np.random.default_rng(sizes.seed)
        self.layer = random_layer(plan, sizes.I, rng)
        self.xs = rng.standard_normal((sizes.T, sizes.B, sizes.I))
        self.lengths = rng.integers(1, sizes.T, sizes.B, endpoint=True) if lengths else None
        self.h0 = random_start(self.layer, sizes.B, rng) if start else None
        self.dhs = rng.standard_normal((sizes.T, sizes.B, self.layer.hidden_size))
        self.last = rng.standard_normal(self.dhs.shape[1:])
        self.ends = np.full(sizes.B, sizes.T) if self.lengths is None else self.lengths
        self.scale = 10 * (1 + np.abs(self.dhs).sum()) * (1 + np.abs(self.xs).sum())

    def run(self, layer=None, xs=None, h0=None):
        return unroll(
            self.layer if layer is None else layer,
            self.xs if xs is None else xs,
            self.h0 if h0 is None else h0,
            lengths=self.lengths,
        )
