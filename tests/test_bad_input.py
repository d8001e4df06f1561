"""Every public function answers bad input with an error that names the argument and what came."""

import numpy as np
import pytest

from rnnlib import ElmanCell, Readout, unroll
from rnnlib.cells import activations, initialisers
from rnnlib.pictures import diagrams, plotting
from rnnlib.product import log_norms
from rnnlib.training import losses

RNG = np.random.default_rng(0)
CELL = ElmanCell.random(2, 3, RNG)
READOUT = Readout.random(3, 4, RNG)
NAN = np.full((1, 3), np.nan)
ROW = np.zeros((1, 3))

CASES = {
    "W_hh not square": (
        lambda: ElmanCell(np.ones((2, 3)), np.ones((2, 1)), np.ones(2)),
        r"W_hh: expected shape \(H, H\), got \(2, 3\)",
    ),
    "W_xh of another size": (
        lambda: ElmanCell(np.eye(2), np.ones((3, 1)), np.ones(2)),
        r"W_xh: expected shape \(2, I\), got \(3, 1\)",
    ),
    "bias of another size": (
        lambda: ElmanCell(np.eye(2), np.ones((2, 1)), np.ones(3)),
        r"b_h: expected shape \(2,\), got \(3,\)",
    ),
    "no units": (
        lambda: ElmanCell(np.ones((0, 0)), np.ones((0, 1)), np.ones(0)),
        r"W_hh: expected shape \(H, H\), got \(0, 0\)",
    ),
    "ragged weights": (lambda: ElmanCell([[1, 2], [3]], [[1]], [0]), "W_hh: .* rows that differ"),
    "weights of text": (lambda: ElmanCell([["a"]], [[1]], [0]), "W_hh: expected numbers, got"),
    "NaN in a weight": (
        lambda: ElmanCell([[np.nan]], [[1]], [0]),
        r"W_hh: expected finite numbers, got nan at index \(0, 0\)",
    ),
    "unknown activation": (
        lambda: ElmanCell([[1]], [[1]], [0], activation="swish"),
        r"activation: expected one of \['identity', 'logistic', 'relu', 'tanh'\], got 'swish'",
    ),
    "activation of another type": (lambda: activations.get(3), "activation: expected a name"),
    "threshold above one": (lambda: activations.tanh.active_range(2), "threshold: .* got 2"),
    "threshold zero": (lambda: activations.relu.active_range(0), "threshold: .* > 0, got 0"),
    "hidden_size zero": (
        lambda: ElmanCell.random(2, 0, RNG),
        "hidden_size: expected at least 1, got 0",
    ),
    "hidden_size not whole": (
        lambda: ElmanCell.random(2, 3.0, RNG),
        "hidden_size: expected an integer, got float 3.0",
    ),
    "gain negative": (lambda: ElmanCell.random(2, 3, RNG, gain=-1), "gain: .* >= 0, got -1"),
    "seed for a generator": (lambda: ElmanCell.random(2, 3, 42), "rng: expected a numpy.*got int"),
    "shape not a pair": (lambda: initialisers.gaussian((3,), RNG), r"shape: expected a pair"),
    "h_prev too wide": (
        lambda: CELL.step(np.zeros((1, 4)), np.zeros((1, 2))),
        r"h_prev: expected shape \(B, 3\), got \(1, 4\)",
    ),
    "x of another batch": (
        lambda: CELL.step(np.zeros((2, 3)), np.zeros((1, 2))),
        r"x: expected shape \(2, 2\), got \(1, 2\)",
    ),
    "s of another size": (lambda: CELL.jacobian(np.zeros((1, 4))), r"s: expected shape .*3"),
    "xs without a batch axis": (
        lambda: unroll(CELL, np.zeros((5, 2))),
        r"xs: expected shape \(T, B, 2\), got \(5, 2\)",
    ),
    "empty sequence": (
        lambda: unroll(CELL, np.zeros((0, 1, 2))),
        r"xs: expected T >= 1 steps of B >= 1 sequences, got shape \(0, 1, 2\)",
    ),
    "h0 of another batch": (
        lambda: unroll(CELL, np.zeros((5, 1, 2)), np.zeros((2, 3))),
        r"h0: expected shape \(1, 3\), got \(2, 3\)",
    ),
    "infinite input": (
        lambda: unroll(CELL, np.full((1, 1, 2), np.inf)),
        r"xs: expected finite numbers, got inf at index \(0, 0, 0\)",
    ),
    "states too wide": (lambda: READOUT(np.zeros(4)), r"h: expected shape \(\.\.\., 3\), got"),
    "NaN in states": (lambda: READOUT(NAN), "h: expected finite numbers, got nan"),
    "dlogits of another shape": (
        lambda: READOUT.vjp(ROW, np.zeros((1, 3))),
        r"dlogits: expected shape \(1, 4\), got \(1, 3\)",
    ),
    "b_o of another size": (
        lambda: Readout(np.ones((4, 3)), np.ones(3)),
        r"b_o: expected shape \(4,\), got \(3,\)",
    ),
    "output_size zero": (lambda: Readout.random(3, 0, RNG), "output_size: expected at least 1"),
    "NaN in logits": (lambda: losses.softmax(NAN), "logits: expected finite numbers, got nan"),
    "no logits": (lambda: losses.log_sum_exp(np.zeros((2, 0))), "logits: expected shape"),
    "temperature zero": (
        lambda: losses.softmax(ROW, temperature=0),
        "temperature: expected a finite number > 0, got 0",
    ),
    "temperature a word": (
        lambda: losses.softmax(ROW, temperature="hot"),
        "temperature: expected a number, got str 'hot'",
    ),
    "target outside the vocabulary": (
        lambda: losses.softmax_cross_entropy(ROW, [3]),
        r"targets: expected tokens in 0..2, got 3 at index \(0,\)",
    ),
    "negative target": (lambda: losses.softmax_cross_entropy(ROW, [-1]), "targets: .* got -1"),
    "targets not whole": (
        lambda: losses.softmax_cross_entropy(ROW, [1.0]),
        "targets: expected integer tokens, got list",
    ),
    "targets of another shape": (
        lambda: losses.softmax_cross_entropy(ROW, [0, 1]),
        r"targets: expected shape \(1,\), got \(2,\)",
    ),
    "no targets": (
        lambda: losses.softmax_cross_entropy(np.zeros((1, 2)), np.zeros((0,), dtype=int)),
        "targets: expected at least one token",
    ),
    "unknown reduction": (
        lambda: losses.softmax_cross_entropy(ROW, [0], reduction="none"),
        "reduction: expected 'mean' or 'sum', got 'none'",
    ),
    "mask of numbers": (
        lambda: losses.softmax_cross_entropy(ROW, [0], mask=[1.0]),
        "mask: expected booleans",
    ),
    "mask of another shape": (
        lambda: losses.softmax_cross_entropy(ROW, [0], mask=[True, True]),
        r"mask: expected shape \(1,\), got \(2,\)",
    ),
    "mask keeps nothing": (
        lambda: losses.softmax_cross_entropy(ROW, [0], mask=[False]),
        "mask: expected at least one position",
    ),
    "targets of another shape (MSE)": (
        lambda: losses.mean_squared_error(ROW, np.zeros(3)),
        r"targets: expected shape \(1, 3\), got \(3,\)",
    ),
    "no outputs": (lambda: losses.mean_squared_error([], []), "outputs: expected at least one"),
    "jacobians not square": (lambda: log_norms(np.ones((2, 3, 4))), "jacobians: expected shape"),
    "steps zero": (lambda: diagrams.draw_unrolled(0), "steps: expected at least 1, got 0"),
    "too few words": (
        lambda: diagrams.draw_unrolled(3, inputs=["one"]),
        "inputs: expected 3 words, one per step, got 1",
    ),
    "words for states": (
        lambda: plotting.state_heatmap(None, np.zeros((3, 2)), ["one"]),
        "words: expected 2, one for each step, got 1",
    ),
    "nothing to draw": (lambda: plotting.gradient_reach(None, {}), "log_norms: expected at least"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input(case):
    call, message = CASES[case]
    with pytest.raises((ValueError, TypeError), match=message):
        call()
