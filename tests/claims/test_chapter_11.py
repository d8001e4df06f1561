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


@supports(
    "claim-the-mixture-is-learned",
    "count",
    "agreement_by_rate",
    Counter("not with gain 3", THREE | {"trained_on": "all"}, {"solved": False}),
    Counter("not with gain ½", HALF | {"trained_on": "all"}, {"solved": False}),
    again=Again(THREE | {"trained_on": 14}, [1], {"solved": 0}),
)
def test_the_mixture_is_learned(rows):
    """By more networks than the four and two of 20 that the rate 0.03 gave."""
    mixed = [row for row in rows if row["trained_on"] == "all"]
    for runs in grouped(mixed, "gain").values():
        assert len(runs) == 20
        assert wilson_interval(sum(row["solved"] for row in runs), 20).low > 0.8


def by_method(rows, start_from, length):
    """Whether each seed solved temporal order: with clipping, and with clipping and Ω."""
    setting = {"start_from": start_from, "length": length}
    chosen = [row for row in rows if setting.items() <= row.items()]
    methods = grouped(sorted(chosen, key=lambda row: row["seed"]), "method")
    return [[row["solved"] for row in methods[name]] for name in ("clip", "omega")]


IDENTITY_50 = {"start_from": "identity ReLU", "length": 50}
TANH_50, TANH_30 = ({"start_from": "basic tanh", "length": length} for length in (50, 30))


@supports(
    "claim-identity-at-50",
    "count",
    "temporal_order_by_rate",
    Counter("clipping fails", IDENTITY_50 | {"method": "clip"}, {"solved": False}),
    Counter("Ω fails", IDENTITY_50 | {"method": "omega"}, {"solved": False}),
    again=Again(IDENTITY_50 | {"method": "omega"}, [0], {"solved": 0}),
)
def test_identity_at_50(rows):
    for solved in by_method(rows, "identity ReLU", 50):
        assert len(solved) == 20 and wilson_interval(sum(solved), 20).low > 0.6


@supports(
    "claim-basic-tanh-at-50",
    "count",
    "temporal_order_by_rate",
    Counter("clipping solves it", TANH_50 | {"method": "clip"}, {"solved": True}),
    Counter("Ω solves it", TANH_50 | {"method": "omega"}, {"solved": True}),
    again=Again(TANH_50 | {"method": "clip"}, [0], {"solved": 0}),
)
def test_basic_tanh_at_50(rows):
    for solved in by_method(rows, "basic tanh", 50):
        assert len(solved) == 20 and wilson_interval(sum(solved), 20).high < 0.25


@supports(
    "claim-omega-at-30",
    "count",
    "temporal_order_by_rate",
    Counter("Ω does no more", TANH_30 | {"method": "omega"}, {"solved": False}),
    Counter("clipping does as much", TANH_30 | {"method": "clip"}, {"solved": True}),
    again=Again(TANH_30 | {"method": "omega"}, [0], {"solved": 0}),
)
def test_omega_at_30(rows):
    """By seed, against clipping at its own rate."""
    pairs = list(zip(*by_method(rows, "basic tanh", 30), strict=True))
    more, less = pairs.count((False, True)), pairs.count((True, False))
    assert more > less and sign_test(more, less) < 0.05
