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
    "claim-value-brings-the-far",
    "cause",
    "clipping",
    Counter("by value no more", {"method": "value"}, {"solved": False}),
    Counter("the far part stays small", {"method": "value"}, {"far_of_step": 1e-5}),
    again=Again({"method": "value"}, seeds=[0], within={"solved": 0, "far_of_step": 1e-6}),
)
def test_value_brings_the_far(rows):
    """By seed against its control: as long a step, unturned."""
    by_method = grouped(rows, "method")
    pairs = list(zip(by_method["value"], by_method["as long"], strict=True))
    assert all(value["seed"] == control["seed"] for value, control in pairs)
    better = sum(value["solved"] > control["solved"] for value, control in pairs)
    worse = sum(value["solved"] < control["solved"] for value, control in pairs)
    assert better > worse and sign_test(better, worse) < 0.01
    grown = [row["far_of_step"] / row["far_of_gradient"] for row in by_method["value"]]
    assert min(grown) > 5


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
