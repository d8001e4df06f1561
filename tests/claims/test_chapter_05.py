"""The claims of chapter 5, Checking gradients, and training: what the carry buys."""

import numpy as np

from rnnlib.sweeps import sign_test
from tests.claims.guards import Again, Counter, column, supports

BPTT, NO_CARRY, READOUT = ({"method": name} for name in ("BPTT", "no carry", "readout only"))


def part_without_carry(rows, group):
    """How much of what BPTT gains over the readout alone the program without a carry gains."""
    whole, one_step, none = (
        column(rows, each, f"right_{group}") for each in (BPTT, NO_CARRY, READOUT)
    )
    return (one_step - none) / (whole - none)


@supports(
    "claim-carry-agreement",
    "cause",
    "carry",
    Counter("as good without it", NO_CARRY, {"right_4_7": 0.995}),
    Counter("worse in one start", NO_CARRY | {"seed": 3}, {"right_4_7": 0.999}),
    again=Again(BPTT, seeds=[0], within={"right_4_7": 0.03}),
)
def test_the_carry_makes_more_verbs_agree(rows):
    gain = column(rows, BPTT, "right_4_7") - column(rows, NO_CARRY, "right_4_7")
    assert len(gain) == 20 and np.all(gain > 0) and sign_test(20, 0) < 0.001
    assert np.all(column(rows, NO_CARRY, "right_4_7") > column(rows, READOUT, "right_4_7"))


@supports(
    "claim-one-step-gains",
    "count",
    "carry",
    Counter("no more than the readout", NO_CARRY, {"right_4_7": 0.55}),
    Counter("far away, too", NO_CARRY, {"right_11": 0.74}),
    again=Again(NO_CARRY, seeds=[1], within={"right_4_7": 0.05}),
)
def test_one_step_gains_most_near_by_and_less_than_half_far_away(rows):
    assert part_without_carry(rows, "4_7").min() > 0.5
    assert np.median(part_without_carry(rows, "11")) < 0.5
