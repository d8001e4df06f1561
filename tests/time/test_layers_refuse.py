"""What layers refuse, and what nobody can change in them."""

import pickle

import numpy as np
import pytest

from rnnlib import ElmanCell, GRUCell, LSTMCell, bptt, tree, unroll
from rnnlib.checks import check_cell
from rnnlib.product import log_norms, lyapunov_spectrum, step_jacobians
from rnnlib.time import (
    Dense,
    Parallel,
    Residual,
    Reverse,
    Stack,
    contributions,
    forward_sensitivities,
    loss_reach,
    reverse,
)
from tests.compositions import Nested, arrays_of_start
from tests.strategies import Sizes

CELL = GRUCell.random(2, 3, np.random.default_rng(0))
OF_A_CELL = r"expected matrices or a run of a cell, got a LayerRun; ask the cells in it, with run\."
RUN = unroll(Stack([CELL]), np.zeros((4, 1, 2)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Stack([]), ValueError, "layers: expected at least one cell or layer, got none"),
        (lambda: Stack(CELL), TypeError, "layers: expected a list of cells and layers, got GRUC"),
        (lambda: Stack([CELL, 3]), TypeError, "layers: expected cells and layers, got int 3"),
        (
            lambda: Stack([CELL, CELL]),
            ValueError,
            r"layers\[1\]: expected input_size 3, as layers\[0\] gives, got 2",
        ),
        (
            lambda: Parallel([CELL, LSTMCell.random(3, 3, np.random.default_rng(0))]),
            ValueError,
            r"layers: expected one input_size, got \[2, 3\]",
        ),
        (lambda: Reverse("gru"), TypeError, "layer: expected cells and layers, got str 'gru'"),
        (lambda: Residual(CELL), ValueError, "layer: expected hidden_size 2, .* got 3"),
        (
            lambda: unroll(Stack([CELL]), np.zeros((4, 1, 3))),
            ValueError,
            r"xs: expected shape \(T, B, 2\), got \(4, 1, 3\)",
        ),
        (
            lambda: unroll(Stack([CELL]), np.zeros((4, 1, 2)), np.zeros((1, 3))),
            ValueError,
            "h0: expected a tuple of 1 initial states, one for each layer, got an array",
        ),
        (
            lambda: unroll(Stack([CELL]), np.zeros((4, 1, 2)), lengths=[5]),
            ValueError,
            r"lengths: expected 1..4, got 5..5",
        ),
        (
            lambda: unroll(Dense([[1.0]], [0.0]), np.zeros((4, 1, 1)), np.zeros((1, 1))),
            ValueError,
            r"h0: expected shape \(1, 0\), got \(1, 1\)",
        ),
        (
            lambda: bptt(Stack([CELL]), unroll(CELL, np.zeros((4, 1, 2))), np.zeros((1, 3))),
            TypeError,
            "run: expected what unroll returns of a Stack, got Unrolled",
        ),
        (
            lambda: bptt(Reverse(CELL), RUN, np.zeros((1, 3))),
            ValueError,
            "run: expected a run of this Reverse, got one of a Stack",
        ),
        (
            lambda: bptt(RUN.cell, RUN, np.zeros((1, 2))),
            ValueError,
            r"dhs: expected shape \(4, 1, 3\) or \(1, 3\), got \(1, 2\)",
        ),
        (
            lambda: bptt(RUN.cell, RUN, np.zeros((1, 3), np.float32)),
            TypeError,
            "dhs: expected the precision of run",
        ),
        (
            lambda: bptt(RUN.cell, RUN, np.zeros((1, 3)), window=0),
            ValueError,
            "window: expected at least 1, got 0",
        ),
        (
            lambda: bptt(RUN.cell, RUN, np.zeros((1, 3)), deltas=True),
            ValueError,
            "deltas: expected False of a Stack, got True",
        ),
        (lambda: unroll([CELL], RUN.xs), TypeError, "cell: expected a cell or a layer, got list"),
        (
            lambda: step_jacobians(RUN.cell, RUN),
            TypeError,
            r"cell: expected a Cell, got a Stack; ask the cells in it, with run\.runs",
        ),
        (
            lambda: next(contributions(RUN.cell, RUN, np.zeros((1, 3)))),
            TypeError,
            "cell: expected a Cell, got a Stack",
        ),
        (
            lambda: loss_reach(RUN.cell, RUN, np.zeros((1, 3))),
            TypeError,
            "cell: expected a Cell, got a Stack",
        ),
        (
            lambda: forward_sensitivities(RUN.cell, RUN, np.zeros((1, 3))),
            TypeError,
            "cell: expected a Cell, got a Stack",
        ),
        (
            lambda: check_cell(RUN.cell),
            TypeError,
            "cell: expected a Cell, got a Stack; of a layer check the cells in it, or its gradient",
        ),
        *(
            (lambda function=function: function(RUN), TypeError, f"jacobians: {OF_A_CELL}")
            for function in (log_norms, lyapunov_spectrum)
        ),
        (lambda: reverse([1.0, 2.0]), ValueError, r"xs: expected shape \(T, B, \.\.\.\), got \(2,"),
        (lambda: reverse(np.zeros((2, 1)), [3]), ValueError, "lengths: expected 1..2, got 3..3"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_overflow_between_layers_is_named():
    big = ElmanCell([[1e200]], [[1e200]], [0.0], activation="identity")
    with np.errstate(over="ignore"), pytest.raises(FloatingPointError, match=r"layers\[0\]"):
        unroll(Stack([big, big]), np.ones((3, 1, 1)))
    steep = ElmanCell([[0.0]], [[1e200]], [0.0], activation="identity")
    with np.errstate(over="ignore"):
        run = unroll(Stack([steep, steep]), np.full((3, 1, 1), 1e-300))
        with pytest.raises(FloatingPointError, match=r"layers\[1\]"):
            bptt(run.cell, run, np.full((1, 1), 1e200))


def test_nothing_of_a_layer_or_its_run_can_be_written_to():
    plan = ("stack", (("both", ("gru",), ("lru",)), ("residual", ("tanh",)), ("dense",)))
    nested = Nested(plan, Sizes(T=5, B=3, I=2, H=3, V=1, seed=4))
    mine = nested.layer.layers[2].W.copy()
    dense = Dense(mine, np.zeros(len(mine)))
    mine[:] = 7.0
    assert not (dense.W == 7.0).any()
    run = nested.run()
    found = bptt(nested.layer, run, nested.dhs)
    again = pickle.loads(pickle.dumps((nested.layer, run)))
    assert tree.same(again[0], nested.layer)
    for layer, its in ((nested.layer, run), again):
        arrays = [*tree.leaves(layer), its.xs, its.outputs, *arrays_of_start(its.final)]
        arrays += [inner.outputs for inner in its.runs]
        for array in (*arrays, found.xs):
            with pytest.raises(ValueError, match="read-only"):
                array += 1
