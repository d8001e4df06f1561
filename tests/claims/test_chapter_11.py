"""The claims of chapter 11, How far back can it learn?"""

from experiments import grouped
from rnnlib.sweeps import sign_test, wilson_interval
from tests.claims.guards import Again, Counter, supports

HALF, THREE = {"activation": "tanh", "gain": 0.5}, {"activation": "tanh", "gain": 3.0}
OVER_20 = {"trained_on": 20}


def learned(rows, distance):
    """How many of 20 networks of each start learn a distance, at the start's own rate."""
    chosen = [row for row in rows if row["trained_on"] == distance]
    starts = grouped(chosen, "activation", "gain")
    assert len(starts) == 4 and all(len(runs) == 20 for runs in starts.values())
    return {start: sum(row["solved"] for row in runs) for start, runs in starts.items()}


@supports(
    "claim-agreement-over-14",
    "count",
    "agreement_by_rate",
    Counter("one start does not learn it", {**THREE, "trained_on": 14}, {"solved": False}),
    again=Again({"activation": "tanh", "gain": 1.0, "trained_on": 14}, [0], {"solved": 0}),
)
def test_every_start_learns_14(rows):
    assert set(learned(rows, 14).values()) == {20}


@supports(
    "claim-a-small-product-is-learned",
    "count",
    "agreement_by_rate",
    Counter("a small product is not learned", HALF | OVER_20, {"solved": False}),
    Counter("the identity does not learn", {"activation": "relu"} | OVER_20, {"solved": False}),
    again=Again(HALF | OVER_20, [0], {"solved": 0}),
)
def test_a_small_product_is_learned(rows):
    counts = learned(rows, 20)
    assert [counts[start] for start in (("tanh", 0.5), ("tanh", 1.0), ("relu", 1.0))] == [20] * 3


@supports(
    "claim-a-large-product-is-learned",
    "count",
    "agreement_by_rate",
    Counter("a large product is not learned", THREE | OVER_20, {"solved": False}),
    Counter("by all it is", THREE | OVER_20, {"solved": True}),
    again=Again(THREE | {"trained_on": 14}, [0], {"solved": 0}),
)
def test_a_large_product_is_learned_by_most(rows):
    """By more than none, which is what the rate 0.03 gave, and by fewer than all."""
    m = learned(rows, 20)["tanh", 3.0]
    assert wilson_interval(m, 20).low > wilson_interval(0, 20).high
    assert sign_test(20 - m, 0) < 0.05
