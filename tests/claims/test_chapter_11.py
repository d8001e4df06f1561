"""The claims of chapter 11, How far back can it learn?"""

import numpy as np
import pytest

import experiments
from experiments import grouped
from rnnlib.sweeps import median_interval, sign_test, wilson_interval
from tests.claims.guards import Again, Counter, column, hold_against, made_again, supports

HALF, ONE, THREE = ({"activation": "tanh", "gain": gain} for gain in (0.5, 1.0, 3.0))
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
    Counter("gain ½ is as quick", HALF | OVER_20, {"steps_made": 100}),
    again=Again(HALF | OVER_20, [0], {"solved": 0}),
)
def test_a_small_product_is_learned(rows):
    counts = learned(rows, 20)
    assert [counts[start] for start in (("tanh", 0.5), ("tanh", 1.0), ("relu", 1.0))] == [20] * 3
    assert median_needed(rows, HALF).low > median_needed(rows, ONE).high


@supports(
    "claim-a-large-product-is-learned",
    "count",
    "agreement_by_rate",
    Counter("none in 1000 updates", THREE | OVER_20, {"solved": False}),
    Counter("all in 1000 updates", THREE | OVER_20, {"solved": True}),
    again=Again(THREE | {"trained_on": 14}, [0], {"solved": 0}),
)
def test_a_large_product_is_learned_by_most(rows):
    """By more than none, which is what the rate 0.03 gave, and by fewer than all."""
    m = learned(rows, 20)["tanh", 3.0]
    assert wilson_interval(m, 20).low > wilson_interval(0, 20).high
    assert sign_test(20 - m, 0) < 0.05
    assert median_needed(rows, THREE).low > median_needed(rows, ONE).high


def median_needed(rows, start):
    """The interval of the median number of updates over 20 words."""
    runs = [row for row in rows if (start | OVER_20).items() <= row.items()]
    assert len(runs) == 20
    return median_interval([row["steps_made"] if row["solved"] else np.inf for row in runs])


@supports(
    "claim-gain-three-in-time",
    "count",
    "agreement_longer",
    Counter("a large product is not learned", THREE, {"solved": False}),
    Counter("no later than with gain ½", THREE, {"steps_made": 300}),
    again=Again(THREE, [0], {"solved": 0}),
)
def test_a_large_product_is_learned_in_time(rows):
    """By nearly all networks, and later than with other starts, whose medians are 400 at most."""
    needs = column(rows, THREE, "steps_made")
    solved = column(rows, THREE, "solved") == 1
    assert len(needs) == 20 and solved.sum() >= 18
    assert median_interval(np.where(solved, needs, np.inf)).low > 400


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
OMEGA_50 = {"length": 50, "method": "omega"}


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
    "temporal_order_longer",
    Counter("1500 updates are enough", OMEGA_50, {"steps_made": 1000}),
    Counter("4000 are not", OMEGA_50, {"solved": False}),
    Counter("clipping solves it", {"length": 50, "method": "clip"}, {"solved": True}),
    again=Again({"length": 30, "method": "omega"}, [1], {"solved": 0}),
)
def test_basic_tanh_at_50(rows):
    """Within 1500 updates nobody; within 4000 most with Ω, and hardly any with clipping."""
    clip, omega = needed(rows, 50)
    assert wilson_interval(int((clip <= 1500).sum()), 20).high < 0.3
    assert wilson_interval(int((omega <= 1500).sum()), 20).high < 0.3
    assert wilson_interval(int(np.isfinite(clip).sum()), 20).high < 0.3
    more, less = int((omega < clip).sum()), int((clip < omega).sum())
    assert more > less and sign_test(more, less) < 0.01
    assert wilson_interval(int(np.isfinite(omega).sum()), 20).low > 0.5


@supports(
    "claim-omega-at-30",
    "count",
    "temporal_order_longer",
    Counter("Ω is as slow", {"length": 30, "method": "omega"}, {"steps_made": 4000}),
    Counter("clipping fails", {"length": 30, "method": "clip"}, {"solved": False}),
    again=Again({"length": 30, "method": "omega"}, [0], {"solved": 0}),
)
def test_omega_at_30(rows):
    """Both solve it; by seed, Ω needs fewer updates."""
    clip, omega = needed(rows, 30)
    assert min(np.isfinite(clip).sum(), np.isfinite(omega).sum()) >= 18
    fewer, more = int((omega < clip).sum()), int((clip < omega).sum())
    assert fewer > more and sign_test(fewer, more) < 0.05


def needed(rows, length):
    """How many updates each seed needed, with clipping and with Ω; infinite if it failed."""
    chosen = sorted((row for row in rows if row["length"] == length), key=lambda row: row["seed"])
    methods = grouped(chosen, "method")
    found = [
        np.array([row["steps_made"] if row["solved"] else np.inf for row in methods[name]])
        for name in ("clip", "omega")
    ]
    assert [len(each) for each in found] == [20, 20]
    return found


@pytest.mark.parametrize(
    ("experiment", "start_from", "method"),
    [("temporal_order", "identity ReLU", "clip"), ("adding", "tanh", "clip")],
)
def test_a_slice_of_what_the_chapter_tabulates_is_made_again(experiment, start_from, method):
    """Of settings at length 10 in which all 20 stored runs agree."""
    protocol = experiments.load(experiment)
    setting = {"start_from": start_from, "method": method, "length": 10}
    again = Again(setting, [0], {"solved": 0})
    rows = [row for row in protocol.results() if setting.items() <= row.items()]
    assert len(rows) == 20 and all(row["solved"] for row in rows)
    fresh = made_again(protocol, again)
    hold_against(rows, fresh, again)
    with pytest.raises(AssertionError):
        hold_against(again.doctored(rows, "solved"), fresh, again)
