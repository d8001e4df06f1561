"""Every public function takes a layer, or refuses it by name: none fails in the midst of it."""

import inspect
from dataclasses import dataclass
from importlib import import_module

import numpy as np
import pytest

import rnnlib
from rnnlib import ElmanCell, GRUCell, unroll
from rnnlib.checks import check_cell
from rnnlib.product import horizon_bound, step_jacobians
from rnnlib.time import (
    LRU,
    Dense,
    Layer,
    LayerRun,
    Parallel,
    Residual,
    Reverse,
    Stack,
    bidirectional,
)
from tests.equations.guards import catches
from tests.test_floors import ROOMS
from tools.equations import Mutant

T, B, H = 4, 2, 3
RNG = np.random.default_rng(0)
GRU, ELMAN = GRUCell.random(H, H, RNG), ElmanCell.random(H, H, RNG)


@dataclass(frozen=True, eq=False)
class Scale(Layer):
    """A layer of the reader's own, as the docstring of `Layer` shows it."""

    gain: np.ndarray
    input_size = hidden_size = property(lambda self: len(self.gain))

    def forward(self, xs, h0, lengths):
        return LayerRun(self, xs, lengths, xs * self.gain, np.zeros((xs.shape[1], 0)), ())

    def backward(self, run, dhs, window):
        return Scale((dhs * run.xs).sum(axis=(0, 1))), run.final, dhs * self.gain


LAYERS = {
    "stack": Stack([GRU, ELMAN]),
    "parallel": Parallel([GRU, ELMAN]),
    "both directions": bidirectional(GRU, ELMAN),
    "reverse": Reverse(GRU),
    "residual": Residual(ELMAN),
    "dense": Dense.random(H, H, RNG),
    "LRU": LRU.random(H, H, RNG),
    "own": Scale(np.arange(1.0, H + 1)),
}
OF_A_NETWORK = {"cell", "layer", "stack", "run", "jacobians", "ahead", "back"}
GIVEN = {
    "xs": np.ones((T, B, H)),
    "dh": np.ones((B, H)),
    "signs": np.array([1, -1]),
    "s": np.ones((B, H)),
    "deltas": np.ones((T, B, H)),
    "steps": 2,
    "window": 2,
    "source": 0,
    "target": 0,
    "upper": 1,
    "lower": 0,
}
TAKERS = {"unroll", "bptt", "input_products", "input_reach", "bidirectional"}
TAKE_SOME = {"layer_products"}  # and to_torch, for which there is `tests/peers`


def functions():
    """Every public function of rnnlib that is given a network, or what one did."""
    for room in ["rnnlib", *(f"rnnlib.{room}" for room in ROOMS if room not in ("sweeps", "fast"))]:
        module = import_module(room)
        for name in getattr(module, "__all__", ()):
            function = getattr(module, name)
            if inspect.isfunction(function) and name != "to_torch":
                needed = [p for p in parameters(function) if p in OF_A_NETWORK]
                if needed and not (room != "rnnlib" and name in rnnlib.__all__):
                    yield function


def parameters(function, required=True):
    found = inspect.signature(function).parameters.values()
    return [p.name for p in found if p.default is p.empty or not required]


def call(function, network, run, jacobians=None):
    """Call a function with a network and its run, and something that fits for all the rest."""
    arguments = {"dhs": np.ones(run.outputs.shape), **GIVEN}
    arguments |= dict.fromkeys(("cell", "layer", "stack", "ahead", "back"), network)
    arguments |= {"run": run, "jacobians": run if jacobians is None else jacobians}
    found = function(**{name: arguments[name] for name in parameters(function)})
    return list(found) if inspect.isgenerator(found) else found


def refusal(function, network, run):
    """Return how a function refuses, or None if it does not."""
    try:
        call(function, network, run)
    except Exception as error:
        assert isinstance(error, (TypeError, ValueError)), repr(error)
        assert str(error).partition(":")[0] in parameters(function), repr(error)
        assert any(type(one).__name__ in str(error) for one in (network, run)), repr(error)
        return str(error)
    return None


FUNCTIONS = {function.__name__: function for function in functions()}


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_layer_is_taken_or_refused_by_name(name, kind):
    layer, function = LAYERS[kind], FUNCTIONS[name]
    run = unroll(layer, GIVEN["xs"], lengths=[4, 2])
    refused = refusal(function, layer, run)
    if name not in TAKE_SOME:
        assert bool(refused) == (name not in TAKERS)
    if "run" in parameters(function):  # a cell's function is not fooled by a layer's run, nor
        assert refusal(function, GRU, run)  # by a layer
        assert refusal(function, layer, unroll(GRU, GIVEN["xs"]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_same_call_with_a_cell_is_right(name):
    """So that it is the layer that was refused, and not the call."""
    cell = Stack([ELMAN, ELMAN]) if name == "layer_products" else ELMAN
    run = unroll(cell, GIVEN["xs"])
    call(
        FUNCTIONS[name],
        cell,
        run,
        step_jacobians(cell, run)[:, 0] if name == "path_terms" else None,
    )


def test_the_table_has_every_function():
    assert {"check_cell", "contributions", "forward_sensitivities", "log_norms"} <= set(FUNCTIONS)
    assert len(FUNCTIONS) >= 30


def test_seeded_bugs_are_caught():
    def check():
        for function in (check_cell, horizon_bound):
            assert refusal(function, LAYERS["stack"], unroll(LAYERS["stack"], GIVEN["xs"]))

    for path, old in (
        ("checks/_contract.py", "if not isinstance(cell, Cell):"),
        ("product/bounds.py", "if not isinstance(cell, ElmanCell):"),
    ):
        catches(check, f"rnnlib/{path}", Mutant("seeded", old, "if False:"))
