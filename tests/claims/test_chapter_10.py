"""The claims of chapter 10, Exploding."""

import numpy as np

from experiments import grouped
from rnnlib.sweeps import sign_test, wilson_interval
from tests.claims.guards import Again, Counter, supports

SCALED = ("plain", "norm", "as long")


def solved(rows):
    """How many networks solved the task, by method."""
    return {m: sum(r["solved"] for r in runs) for m, runs in grouped(rows, "method").items()}


@supports(
    "claim-scaling-leaves-the-far",
    "count",
    "clipping",
    Counter("plain descent solves it", {"method": "plain"}, {"solved": True}),
    Counter("clipping by norm solves it", {"method": "norm"}, {"solved": True}),
    Counter("long steps solve it", {"method": "as long"}, {"solved": True}),
    Counter("the share of the far part changes", {"method": "norm"}, {"far_of_step": 1e-3}),
    again=Again({"method": "norm"}, seeds=[0], within={"solved": 0, "far_of_step": 1e-8}),
)
def test_scaling_leaves_the_far(rows):
    counts = solved(rows)
    for method in SCALED:
        assert wilson_interval(counts[method], 20).high < 0.25
        for row in grouped(rows, "method")[method]:
            assert np.isclose(row["far_of_step"], row["far_of_gradient"], rtol=1e-4)


@supports(
    "claim-not-the-length",
    "cause",
    "clipping",
    Counter("by value no more", {"method": "value"}, {"solved": False}),
    again=Again({"method": "value"}, seeds=[0], within={"solved": 0}),
)
def test_not_the_length(rows):
    """By seed against its control: as long a step, unturned."""
    better, worse = pairs(rows, "value", "as long")
    assert better > worse and sign_test(better, worse) < 0.01


def pairs(rows, method, other):
    """In how many seeds only the one method solves the task, and in how many only the other."""
    by_method = grouped(sorted(rows, key=lambda row: row["seed"]), "method")
    both = [
        (a["solved"], b["solved"])
        for a, b in zip(by_method[method], by_method[other], strict=True)
        if a["seed"] == b["seed"]
    ]
    assert len(both) == 20
    return both.count((True, False)), both.count((False, True))


TURNED, AT_RANDOM = {"method": "turned"}, {"method": "W_hh at random"}
RECURRENT, REST = {"method": "only W_hh"}, {"method": "all but W_hh"}


@supports(
    "claim-a-random-turn",
    "count",
    "turning",
    Counter("turned at random, none", TURNED, {"solved": False}),
    Counter("hardly turned", TURNED, {"cosine": 0.99}),
    again=Again(TURNED, seeds=[1], within={"cosine": 0.02}),
)
def test_a_random_turn_can_do(rows):
    """In more networks than no turn, which is none of 20 in `clipping`; turned by as much."""
    assert wilson_interval(solved(rows)["turned"], 20).low > wilson_interval(0, 20).high
    angles = [np.degrees(np.arccos(r["cosine"])) for r in grouped(rows, "method")["turned"]]
    assert 40 < np.median(angles) < 50


@supports(
    "claim-in-the-recurrent-weights",
    "count",
    "turning",
    Counter("W_hh alone does nothing", RECURRENT, {"solved": False}),
    Counter("the rest does it too", REST, {"solved": True}),
    again=Again(RECURRENT, seeds=[2], within={"cosine": 0.02}),
)
def test_in_the_recurrent_weights(rows):
    better, worse = pairs(rows, "only W_hh", "all but W_hh")
    assert better > worse and sign_test(better, worse) < 0.001
    assert wilson_interval(solved(rows)["all but W_hh"], 20).high < 0.25


@supports(
    "claim-turn-or-length",
    "count",
    "turning",
    Counter("length does it", {"method": "W_hh unturned"}, {"solved": True}),
    Counter("a random turn of W_hh does nothing", AT_RANDOM, {"solved": False}),
    again=Again(AT_RANDOM, seeds=[3], within={"cosine": 0.02}),
)
def test_a_turn_and_not_only_the_length(rows):
    better, worse = pairs(rows, "W_hh at random", "W_hh unturned")
    assert better > worse and sign_test(better, worse) < 0.01


@supports(
    "claim-value-turns",
    "count",
    "clipping",
    Counter("the direction is kept", {"method": "value"}, {"cosine": 0.99}),
    Counter("all but lost", {"method": "value"}, {"cosine": 0.1}),
    again=Again({"method": "value"}, seeds=[1], within={"cosine": 0.02}),
)
def test_value_turns(rows):
    angles = [np.degrees(np.arccos(r["cosine"])) for r in grouped(rows, "method")["value"]]
    assert 40 < np.median(angles) < 50
