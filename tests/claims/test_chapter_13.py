"""The claims of chapter 13, Gates: the straight path, untrained and trained, and what biases do."""

import numpy as np

from rnnlib.sweeps import median_interval
from tests.claims.guards import Again, Counter, column, supports

LSTM = {"network": "lstm", "gain": 1.0}
USUAL, OPEN = LSTM | {"bias": 1.0}, LSTM | {"bias": 3.0}
CLOSED = {"network": "closed", "bias": 3.0}
TRAINED, UNTRAINED = {"updates": 400}, {"updates": 0}


@supports(
    "claim-direct-share",
    "count",
    "direct_path",
    Counter("nearly all goes straight", USUAL, {"share_10": 0.9}),
    Counter("it lasts", USUAL, {"share_50": 0.4}),
    Counter("it is as much in the whole's direction", USUAL, {"projection_10": 0.43}),
    again=Again(USUAL, seeds=[0, 7], within={"share_10": 1e-9, "share_50": 1e-9}),
)
def test_half_of_it_goes_straight_for_ten_steps(rows):
    share = column(rows, USUAL, "share_10")
    assert 0.35 < np.median(share) < 0.5 and share.max() < 0.6
    assert median_interval(column(rows, USUAL, "projection_10")).high < median_interval(share).low
    assert column(rows, USUAL, "share_50").max() < 0.1
    assert np.abs(column(rows, USUAL, "projection_20")).max() < 0.1


@supports(
    "claim-direct-share-by-gain",
    "count",
    "direct_path",
    Counter(
        "large weights keep it as straight", {"network": "lstm", "gain": 2.0}, {"share_10": 0.43}
    ),
    Counter("small weights do", {"network": "lstm", "gain": 0.5}, {"share_10": 0.43}),
    again=Again({"network": "lstm", "gain": 2.0}, seeds=[1], within={"share_10": 1e-9}),
)
def test_smaller_weights_keep_more_straight(rows):
    small, usual, large = (
        column(rows, {"network": "lstm", "bias": 1.0, "gain": gain}, "share_10")
        for gain in (0.5, 1.0, 2.0)
    )
    assert small.min() > usual.max() and np.median(large) < np.median(usual) / 2
    assert np.all(large < usual)


@supports(
    "claim-open-gates-saturate",
    "cause",
    "direct_path",
    Counter("open gates leave the cells alone", OPEN, {"saturated": 0.0}),
    again=Again(OPEN, seeds=[0, 3], within={"saturated": 0.01}),
)
def test_what_comes_in_saturates_the_cells(rows):
    piled, closed = (column(rows, each, "saturated") for each in (OPEN, CLOSED))
    assert piled.min() > 0.1 and closed.max() < 0.02


@supports(
    "claim-closed-gates-go-straight",
    "cause",
    "direct_path",
    Counter("it does not help", CLOSED, {"share_10": 0.75}),
    again=Again(CLOSED, seeds=[2], within={"share_10": 1e-9}),
)
def test_closed_input_gates_keep_it_straight(rows):
    straight, crooked = (column(rows, each, "share_10") for each in (CLOSED, OPEN))
    assert np.all(straight > crooked) and straight.min() > 0.9 > crooked.max()


@supports(
    "claim-gru-goes-straight",
    "count",
    "direct_path",
    Counter("a GRU is like an LSTM", {"network": "gru", "bias": 3.0}, {"share_10": 0.75}),
    again=Again({"network": "gru", "bias": 3.0}, seeds=[4], within={"share_10": 1e-9}),
)
def test_a_gru_goes_straight(rows):
    assert column(rows, {"network": "gru", "bias": 3.0}, "share_10").min() > 0.9


@supports(
    "claim-training-straightens-the-cell",
    "count",
    "trained_gates",
    Counter("training changes nothing", TRAINED, {"cell_share_50": 1e-5}),
    Counter("it was so before", UNTRAINED, {"cell_share_50": 0.5}),
    again=Again(UNTRAINED, seeds=[0], within={"cell_share_50": 1e-9}),
)
def test_training_straightens_the_way_from_cell_to_cell(rows):
    before, after = (column(rows, each, "cell_share_50") for each in (UNTRAINED, TRAINED))
    assert before.max() < 0.01 and np.all(after > before)
    assert median_interval(after).low > 0.6


@supports(
    "claim-the-output-is-another-matter",
    "count",
    "trained_gates",
    Counter("the output sees as much", TRAINED, {"output_50": 0.05, "cell_50": 0.4}),
    Counter("no cell is full", TRAINED, {"saturated": 0.1}),
    again=Again(UNTRAINED, seeds=[1], within={"output_50": 1e-9, "cell_50": 1e-9}),
)
def test_the_output_is_another_matter(rows):
    cell, output = (column(rows, TRAINED, f"{name}_50") for name in ("cell", "output"))
    assert np.min(cell / output) > 1000
    before = [column(rows, UNTRAINED, f"{name}_50") for name in ("cell", "output")]
    assert np.max(before[0] / before[1]) < 4
    assert np.median(column(rows, TRAINED, "saturated")) > 0.5


BIASES = (0.0, 1.0, 2.0, 3.0)
BY_FORMULA = (6.6, 14.7, 36.3, 94.8)


@supports(
    "claim-horizon-by-bias",
    "count",
    "gate_horizons",
    Counter("the line is all", {"network": "lstm", "bias": 2.0}, {"horizon": 36.0}),
    Counter("the formula is right", {"network": "lstm", "bias": 3.0}, {"typical_path": 94.8}),
    again=Again({"network": "lstm", "bias": 1.0}, seeds=[0, 5], within={"horizon": 0}),
)
def test_the_line_is_shorter_and_the_whole_longer(rows):
    for bias, formula in zip(BIASES, BY_FORMULA, strict=True):
        lstm = {"network": "lstm", "bias": bias}
        assert np.all(column(rows, lstm, "typical_path") < formula)
        assert np.all(column(rows, lstm, "horizon") > column(rows, lstm, "best_path"))


@supports(
    "claim-no-further-than-elman",
    "count",
    "gate_horizons",
    Counter("it reaches twice as far", {"network": "lstm", "bias": 0.0}, {"horizon": 24.0}),
    Counter("an Elman network does", {"network": "elman"}, {"horizon": 24.0}),
    again=Again({"network": "elman"}, seeds=[0, 1], within={"horizon": 0}),
)
def test_without_a_forget_bias_it_reaches_no_further(rows):
    lstm = column(rows, {"network": "lstm", "bias": 0.0}, "horizon")
    elman = column(rows, {"network": "elman"}, "horizon")
    assert abs(np.median(lstm) - np.median(elman)) <= 2 and lstm.max() <= elman.max() + 2


@supports(
    "claim-chrono-twice",
    "count",
    "gate_horizons",
    Counter("twice is as once", {"network": "chrono twice"}, {"horizon": 120.0}),
    again=Again({"network": "chrono"}, seeds=[0], within={"horizon": 0}),
)
def test_drawn_twice_it_reaches_many_times_as_far(rows):
    once, twice = (
        column(rows, {"network": name}, "horizon") for name in ("chrono", "chrono twice")
    )
    assert 80 <= once.min() and once.max() < 200 and twice.min() > 1000
    assert 1500 < np.median(twice) < 3000
