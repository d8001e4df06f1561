"""Successive halving: it finds the best, on the seeds that it was given, and for little."""

from itertools import product

import numpy as np
import pytest

from rnnlib.sweeps import successive_halving

RATES = [{"rate": rate} for rate in (0.01, 0.03, 0.1, 0.3, 1.0)]


class Runs:
    """A table of losses, and what was asked of it."""

    def __init__(self, losses):
        self.losses, self.asked = losses, []

    def __call__(self, number, settings, seeds):
        self.asked.append((number, settings, [*seeds]))
        runs = product(settings, seeds)
        return [each | {"seed": s, "loss": self.losses(each, s)} for each, s in runs]


def choose(runs, cases=({"length": 30},), candidates=RATES, seeds=range(100, 108), **how):
    return successive_halving(cases, candidates, seeds, runs, lambda row: row["loss"], **how)


@pytest.mark.parametrize("seed", range(20))
def test_without_noise_each_case_gets_its_best(seed):
    rng = np.random.default_rng(seed)
    cases = [{"length": length} for length in range(1 + seed % 4)]
    candidates = RATES[: rng.integers(1, 6)]
    table = {
        (case["length"], each["rate"]): rng.uniform() for case, each in product(cases, candidates)
    }
    runs = Runs(lambda setting, _: table[setting["length"], setting["rate"]])
    chosen = choose(runs, cases, candidates, range(int(rng.integers(1, 9))))
    for case, found in zip(cases, chosen, strict=True):
        best = min(candidates, key=lambda each: table[case["length"], each["rate"]])
        assert found == case | best


def test_each_round_takes_as_many_new_seeds_as_there_were_and_half_of_what_is_left():
    runs = Runs(lambda setting, _: setting["rate"])
    assert choose(runs) == [{"length": 30, "rate": 0.01}]
    rates = [[each["rate"] for each in settings] for _, settings, _ in runs.asked]
    assert rates == [[0.01, 0.03, 0.1, 0.3, 1.0], [0.01, 0.03, 0.1], [0.01, 0.03]]
    assert [number for number, *_ in runs.asked] == [1, 2, 3]
    assert [s for *_, s in runs.asked] == [[100, 101], [102, 103], [104, 105, 106, 107]]


def test_the_mean_over_all_seeds_decides():
    """At the first two seeds one rate looks best, over four another is."""
    losses = {0.01: [0, 0, 9, 9], 0.03: [1, 1, 1, 1], 0.1: [5, 5, 0, 0]}
    runs = Runs(lambda setting, seed: losses[setting["rate"]][seed])
    assert choose(runs, candidates=RATES[:3], seeds=range(4)) == [{"length": 30, "rate": 0.03}]
    assert choose(runs, candidates=RATES[:3], seeds=range(2)) == [{"length": 30, "rate": 0.01}]


def test_nan_is_worst_and_the_earlier_of_equals_stays():
    runs = Runs(lambda setting, _: np.nan if setting["rate"] == 0.01 else 1.0)
    assert choose(runs) == [{"length": 30, "rate": 0.03}]


def test_one_candidate_costs_nothing():
    runs = Runs(lambda *_: 0.0)
    assert choose(runs, candidates=RATES[:1]) == [{"length": 30, "rate": 0.01}]
    assert runs.asked == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cases": []}, "cases: expected at least one"),
        ({"candidates": []}, "candidates: expected at least one"),
        ({"candidates": [{"length": 3}]}, r"candidates: expected names that no case has.*length"),
        ({"seeds": []}, "seeds: expected at least one"),
        ({"first": 0}, "first: expected at least 1, got 0"),
    ],
)
def test_refused(change, message):
    with pytest.raises(ValueError, match=message):
        choose(Runs(lambda *_: 0.0), **change)
