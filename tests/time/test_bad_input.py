"""unroll, bptt and what stands on them answer bad input by name."""

import re
import textwrap
from dataclasses import dataclass

import numpy as np
import pytest

from rnnlib import Cell, DiagonalCell, ElmanCell, GRUCell, LSTMCell, bptt, tree, unroll
from rnnlib.cells import cell
from rnnlib.checks import check_cell
from rnnlib.product import step_jacobians
from rnnlib.time import contributions, forward_sensitivities, loss_reach, sliding_window_gradient

RNG = np.random.default_rng(0)
ELMAN, LSTM, GRU = (kind.random(2, 3, RNG) for kind in (ElmanCell, LSTMCell, GRUCell))
XS = np.ones((4, 5, 2))
RUN, LSTM_RUN = unroll(ELMAN, XS), unroll(LSTM, XS)
DHS = np.ones((4, 5, 3))
SINGLE = tree.map_leaves(lambda a: a.astype(np.float32), ELMAN)

CASES = {
    "rows for gates": (
        lambda: LSTMCell(np.ones((3, 2)), np.ones((8, 1)), np.ones(8)),
        ValueError,
        r"W_hh: expected shape \(8, 2\), got \(3, 2\)",
    ),
    "second bias": (
        lambda: GRUCell(np.ones((6, 2)), np.ones((6, 1)), np.ones(6), np.ones(3)),
        ValueError,
        r"b_n: expected shape \(2,\), got \(3,\)",
    ),
    "diagonal as a matrix": (
        lambda: DiagonalCell(np.eye(2), np.ones((2, 1)), np.ones(2)),
        ValueError,
        r"W_hh: expected shape \(H,\), got \(2, 2\)",
    ),
    "weights of two precisions": (
        lambda: ElmanCell(np.eye(2), np.ones((2, 1), np.float32), np.ones(2)),
        TypeError,
        "W_xh: expected the precision of W_hh, float64, got float32",
    ),
    "inputs of another precision": (
        lambda: unroll(SINGLE, XS),
        TypeError,
        "xs: expected the precision of cell, float32, got float64",
    ),
    "gradient of another precision": (
        lambda: bptt(ELMAN, RUN, DHS.astype(np.float32)),
        TypeError,
        "dhs: expected the precision of run, float64, got float32",
    ),
    "no steps": (
        lambda: unroll(GRU, np.ones((0, 5, 2))),
        ValueError,
        r"xs: .*, got shape \(0, 5, 2\)",
    ),
    "NaN in xs": (lambda: unroll(GRU, XS * np.nan), ValueError, "xs: expected finite"),
    "h0 without c": (
        lambda: unroll(LSTM, XS, np.zeros((5, 3))),
        ValueError,
        r"h0: expected shape \(5, 6\), got \(5, 3\)",
    ),
    "length beyond T": (
        lambda: unroll(GRU, XS, lengths=[1, 2, 3, 4, 5]),
        ValueError,
        r"lengths: expected 1\.\.4, got 1\.\.5",
    ),
    "length zero": (lambda: unroll(GRU, XS, lengths=[0] * 5), ValueError, r"got 0\.\.0"),
    "one length": (lambda: unroll(GRU, XS, lengths=[4]), ValueError, r"lengths: .* \(5,\), got"),
    "length not whole": (
        lambda: unroll(GRU, XS, lengths=[1.0] * 5),
        TypeError,
        "lengths: .*integers",
    ),
    "run of another cell": (
        lambda: bptt(ELMAN, LSTM_RUN, DHS),
        ValueError,
        "run: expected a run of this ElmanCell, got one of a LSTMCell; unroll this cell",
    ),
    "states for a run": (lambda: bptt(ELMAN, XS, DHS), TypeError, "run: expected what unroll"),
    "dhs of one step less": (
        lambda: bptt(ELMAN, RUN, DHS[1:]),
        ValueError,
        r"dhs: expected shape \(4, 5, 3\) or \(5, 3\), got \(3, 5, 3\)",
    ),
    "NaN in dhs": (lambda: bptt(ELMAN, RUN, DHS * np.nan), ValueError, "dhs: expected finite"),
    "window zero": (lambda: bptt(ELMAN, RUN, DHS, window=0), ValueError, "window: .* 1, got 0"),
    "sliding window": (
        lambda: sliding_window_gradient(ELMAN, RUN, DHS, window=1.5),
        TypeError,
        "window: expected an integer",
    ),
    "contributions": (lambda: next(contributions(GRU, LSTM_RUN, DHS)), ValueError, "run: expected"),
    "loss reach": (lambda: loss_reach(GRU, LSTM_RUN, DHS), ValueError, "run: expected"),
    "forward in float32": (
        lambda: forward_sensitivities(
            SINGLE, unroll(SINGLE, XS.astype(np.float32)), DHS.astype(np.float32)
        ),
        TypeError,
        "cell: expected float64, got float32",
    ),
    "gates of the wrong width": (
        lambda: LSTM.jacobian(np.ones((1, 3)), np.ones((1, 6))),
        ValueError,
        r"s: expected shape \(..., 12\), got \(1, 3\)",
    ),
    "jacobian without a state": (
        lambda: GRU.jacobian(np.ones((1, 12))),
        ValueError,
        "h_prev: expected the states before, as GRUCell needs",
    ),
    "diagonal jacobian": (
        lambda: DiagonalCell([0.5], [[1.0]], [0.0]).jacobian(np.ones((1, 2))),
        ValueError,
        r"s: expected shape \(..., 1\), got \(1, 2\)",
    ),
    "vjp of another width": (
        lambda: LSTM.vjp(np.zeros((1, 6)), np.zeros((1, 2)), np.zeros((1, 3))),
        ValueError,
        r"dh: expected shape \(1, 6\), got \(1, 3\)",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), CASES.values(), ids=CASES.keys())
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_cell_of_the_readers_own_in_the_docs_works():
    leaky, learnable = re.findall(r"::\n\n((?:    .*\n|\n)+)", cell.__doc__)
    scope = {"dataclass": dataclass, "Cell": Cell, "np": np, "__name__": __name__}
    exec(textwrap.dedent(leaky), scope)
    exec(textwrap.dedent(learnable), scope)
    own = scope["LeakyCell"](ELMAN.W_hh, ELMAN.W_xh, ELMAN.b_h)
    assert check_cell(own).passed
    leak = np.array([0.1, 0.5, 0.9])
    assert check_cell(scope["LearnableLeak"](ELMAN.W_hh, ELMAN.W_xh, ELMAN.b_h, leak)).passed
    assert len(textwrap.dedent(leaky).strip().splitlines()) <= 15
    assert unroll(own, XS).cs.shape == (5, 5, 0)
    assert LSTM_RUN.cs.shape == (5, 5, 3)


BACKWARD = {
    "bptt": lambda cell, run: bptt(cell, run, DHS),
    "step_jacobians": step_jacobians,
    "contributions": lambda cell, run: next(contributions(cell, run, DHS)),
    "sliding_window_gradient": lambda cell, run: sliding_window_gradient(cell, run, DHS, 2),
    "loss_reach": lambda cell, run: loss_reach(cell, run, DHS),
    "forward_sensitivities": lambda cell, run: forward_sensitivities(cell, run, DHS),
}
STRANGERS = {
    "other weights": ElmanCell.random(2, 3, RNG),
    "one number moved": ElmanCell(ELMAN.W_hh, ELMAN.W_xh, ELMAN.b_h + 1e-9),
    "another activation": ElmanCell(ELMAN.W_hh, ELMAN.W_xh, ELMAN.b_h, "relu"),
    "another kind": GRU,
    "another input size": ElmanCell.random(4, 3, RNG),
}


@pytest.mark.parametrize("backward", BACKWARD.values(), ids=BACKWARD)
@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_a_run_of_another_cell_is_refused(backward, stranger):
    with pytest.raises(ValueError, match=r"run: expected a run of this .* got one of .*run\.cell"):
        backward(stranger, RUN)


@pytest.mark.parametrize("backward", BACKWARD.values(), ids=BACKWARD)
def test_a_copy_of_the_cell_will_do(backward):
    backward(tree.map_leaves(np.copy, ELMAN), RUN)
    assert RUN.cell is ELMAN
