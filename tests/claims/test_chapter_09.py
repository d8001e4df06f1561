"""The claims of chapter 9, Vanishing: before training and after it, over many networks."""

import numpy as np

from experiments import grouped
from rnnlib.sweeps import median_interval, sign_test
from tests.claims.guards import Again, Counter, column, supports

BEFORE, AFTER = {"updates": 0}, {"updates": 1000}
HALF, GRAMMAR = {"gain": 0.5}, {"text": "grammar"}


@supports(
    "claim-three-starts-one-reach",
    "count",
    "horizon_by_start",
    Counter("the short one stays short", HALF | GRAMMAR, {"after": 8.0}),
    Counter("the long ones stay long", {"gain": 1.5} | GRAMMAR, {"after": 60.0}),
    Counter("whatever the rate", GRAMMAR, {"after": 20.0}),
    Counter("all start short", {"gain": 1.0} | GRAMMAR, {"before": 8.0}),
    again=Again({"gain": 1.0, "learning_rate": 0.1} | GRAMMAR, [4], {"after": 4.0}),
)
def test_three_starts_come_to_one_reach(rows):
    starts = grouped([row for row in rows if GRAMMAR.items() <= row.items()], "gain")
    before = {gain: np.median([row["before"] for row in runs]) for gain, runs in starts.items()}
    assert before[0.5] < 10 and before[1.0] == before[1.5] == np.inf
    after = {
        gain: [
            np.median(column(runs, {"learning_rate": rate}, "after")) for rate in (0.03, 0.1, 0.3)
        ]
        for gain, runs in starts.items()
    }
    assert np.all(np.ptp(list(after.values()), axis=0) <= 2)
    assert all(15 < fast < middle < slow < 30 for slow, middle, fast in after.values())


@supports(
    "claim-the-text-lengthens-the-horizon",
    "cause",
    "horizon_by_start",
    Counter("not on the grammar either", HALF | GRAMMAR, {"after": 8.0}),
    Counter("on single words too", HALF | {"text": "single words"}, {"after": 20.0}),
    again=Again(HALF | GRAMMAR | {"learning_rate": 0.1}, [0], {"before": 0, "after": 4.0}),
)
def test_the_text_lengthens_the_horizon(rows):
    short = grouped([row for row in rows if HALF.items() <= row.items()], "text")
    longer = {text: [row["after"] > row["before"] for row in runs] for text, runs in short.items()}
    assert len(longer["grammar"]) == 60 and all(longer["grammar"])
    assert len(longer["single words"]) == 40 and not any(longer["single words"])


@supports(
    "claim-far-before-training",
    "count",
    "before_training",
    Counter("all of it is in the sum", BEFORE, {"projection_of_text": 0.29}),
    Counter("hardly any is said", BEFORE, {"norm_of_text": 0.05}),
    again=Again(BEFORE, seeds=[1], within={"projection_of_text": 1e-9, "norm_of_text": 1e-9}),
)
def test_most_of_the_far_part_is_not_in_the_sum(rows):
    norm, projection = (column(rows, BEFORE, f"{name}_of_text") for name in ("norm", "projection"))
    assert median_interval(projection).high < median_interval(norm).low
    smaller = np.sum(np.abs(projection) < norm / 2)
    assert sign_test(int(smaller), int(len(norm) - smaller)) < 0.05


@supports(
    "claim-far-of-a-batch-before",
    "count",
    "before_training",
    Counter("it is always negative", BEFORE, {"projection_of_batch": -0.14}),
    Counter("it always cancels", BEFORE, {"projection_of_batch": 0.0}),
    Counter("it is always large", BEFORE, {"projection_of_batch": 0.5}),
    again=Again(BEFORE, seeds=[1, 6], within={"projection_of_batch": 1e-9}),
)
def test_the_far_part_of_a_batch_differs_from_network_to_network(rows):
    projection = column(rows, BEFORE, "projection_of_batch")
    assert projection.min() < -0.1 and projection.max() > 0.5
    assert np.sum(projection < -0.05) == 1 and 5 <= np.sum(projection > 0.05) <= 8


@supports(
    "claim-far-after-training",
    "count",
    "before_training",
    Counter("as much as before", AFTER, {"norm_of_text": 0.29}),
    again=Again(AFTER, seeds=[2], within={"norm_of_text": 0.01}),
)
def test_the_median_text_says_little_from_afar(rows):
    before, after = (grouped(rows, "updates")[each["updates"]] for each in (BEFORE, AFTER))
    for one, other in zip(before, after, strict=True):
        assert one["seed"] == other["seed"] and other["norm_of_text"] < one["norm_of_text"] / 1.5
    assert np.median(column(rows, AFTER, "norm_of_text")) < 0.05
