"""The claims of chapter 15, Lyapunov exponents: what drowns, what noise quiets, what explodes."""

import numpy as np

from experiments.growing_gradients import LENGTHS
from experiments.long_runs import GAINS
from rnnlib.product import mean_field
from rnnlib.sweeps import median_interval
from tests.claims.guards import Again, Counter, supports
from tests.claims.test_chapter_13 import column

SILENT, NOISY = ({"gain": 2.0, "input_sd": sd} for sd in (0.0, 1.0))


@supports(
    "claim-low-exponents-drown",
    "count",
    "drowned_exponents",
    Counter("none drown", {"interval": 20}, {"drowned": 0}),
    Counter("all are a little wrong", {"interval": 20}, {"drowned": 64}),
    Counter("the largest moves, too", {"interval": 100}, {"largest_moved": 1e-6}),
    Counter("there is no floor", {"interval": 20}, {"lowest_found": -3.0}),
    again=Again({"interval": 20}, seeds=[0, 7], within={"drowned": 1, "lowest_found": 0.02}),
)
def test_the_low_exponents_drown(rows):
    for interval, least, most in ((2, 0, 0), (5, 0, 0), (10, 0, 3), (20, 8, 14), (100, 40, 45)):
        count = column(rows, {"interval": interval}, "drowned")
        assert least <= count.min() and count.max() <= most
    assert column(rows, {}, "largest_moved").max() < 1e-13
    for interval in (20, 50, 100):
        over = column(rows, {"interval": interval}, "lowest_found") - column(
            rows, {"interval": interval}, "floor"
        )
        assert np.abs(over).max() < 0.2


@supports(
    "claim-mean-field-exponent",
    "count",
    "long_runs",
    Counter("noise changes nothing", {"gain": 1.5, "input_sd": 1.0}, {"largest": 0.015}),
    Counter("far off", {"gain": 0.5, "input_sd": 0.25}, {"largest": -0.5}),
    again=Again({"gain": 1.5, "input_sd": 1.0}, seeds=[0, 3], within={"largest": 1e-6}),
)
def test_the_mean_field_has_the_exponent(rows):
    for sd in (0.25, 1.0):
        for gain in (gain for gain in GAINS if gain <= 3):
            mean = column(rows, {"gain": gain, "input_sd": sd}, "largest").mean()
            assert abs(mean - mean_field(gain, sd).exponent) < 0.065


def sure(rows, gain):
    """In how many silent networks λ_1 is above 0 by more than two standard errors."""
    setting = {"gain": gain, "input_sd": 0.0}
    return np.sum(column(rows, setting, "largest") > 2 * column(rows, setting, "standard_error"))


@supports(
    "claim-chaos-by-gain",
    "count",
    "long_runs",
    Counter("all are beyond gain 1", {"gain": 1.25, "input_sd": 0.0}, {"largest": 0.1}),
    Counter("none is at gain 2", SILENT, {"largest": 0.0}),
    again=Again({"gain": 0.9, "input_sd": 0.0}, seeds=[1], within={"largest": 1e-6}),
)
def test_chaos_by_gain(rows):
    assert sure(rows, 1.25) <= 4 and 5 <= sure(rows, 1.5) <= 15 and sure(rows, 2.0) >= 17


@supports(
    "claim-noise-quiets",
    "cause",
    "long_runs",
    Counter("as many grow", NOISY, {"growing": 6}),
    Counter("no noise, no growth", SILENT, {"entropy_rate": 0.01}),
    again=Again(NOISY, seeds=[0, 2], within={"largest": 1e-3, "growing": 1}),
)
def test_noise_quiets(rows):
    silent, noisy = (column(rows, each, "entropy_rate") for each in (SILENT, NOISY))
    assert np.median(silent) > 5 * np.median(noisy) and np.sum(silent > noisy) >= 18
    assert column(rows, NOISY, "growing").max() <= 3
    assert np.median(column(rows, SILENT, "growing")) >= 5


CHAOTIC = [{"gain": gain, "input_sd": 0.0} for gain in (2.0, 3.0)]
QUIET = {"gain": 2.0, "input_sd": 2.0}
WEAK = {"gain": 1.5, "input_sd": 0.25}


def rise(rows, setting, first, last):
    """How many powers of ten a weight gradient gains from one length to another."""
    return column(rows, setting, f"weights_{last}") - column(rows, setting, f"weights_{first}")


@supports(
    "claim-gradients-grow-at-the-exponent",
    "cause",
    "growing_gradients",
    Counter("at half of it", CHAOTIC[0], {"exponent": 0.2}),
    Counter("not at all", CHAOTIC[1], {f"weights_{LENGTHS[-1]}": 5.0}),
    Counter("under noise, too", QUIET, {f"weights_{LENGTHS[-1]}": 5.0}),
    again=Again(QUIET, seeds=[0, 4], within={"exponent": 1e-6, "weights_320": 1e-4}),
)
def test_gradients_grow_at_the_exponent(rows):
    for setting in CHAOTIC:
        per_step = rise(rows, setting, 40, 320) * np.log(10) / 280
        assert np.abs(per_step - column(rows, setting, "exponent")).max() < 0.015
    assert column(rows, QUIET, "exponent").max() < -0.1
    assert np.abs(rise(rows, QUIET, 40, 320)).max() < 0.01
    assert np.median(column(rows, CHAOTIC[0], "weights_320")) > 14


@supports(
    "claim-weak-chaos-takes-its-time",
    "count",
    "growing_gradients",
    Counter("it explodes at once", WEAK, {"weights_80": 6.0}),
    Counter("it does not grow", WEAK, {"weights_80": 1.1}),
    Counter("they are not chaotic", WEAK, {"exponent": -0.01}),
    again=Again(WEAK, seeds=[1], within={"weights_10": 1e-3, "weights_80": 0.01}),
)
def test_weak_chaos_takes_its_time(rows):
    assert np.sum(column(rows, WEAK, "exponent") > 0) >= 15
    assert 0.6 < np.median(rise(rows, WEAK, 10, 80)) < 1.2
    assert column(rows, WEAK, "weights_80").max() < 3.5


LONG = [{"r": r, "window": window} for r in (3.7, 3.9) for window in (24, 32)]


@supports(
    "claim-windows-end-with-chaos",
    "cause",
    "chaotic_windows",
    Counter("long ones are learned", LONG[-1], {"learned": True}),
    Counter("short ones are not", {"r": 3.9, "window": 8}, {"learned": False}),
    Counter("nor of a round", {"r": 3.5, "window": 32}, {"learned": False}),
    again=Again({"r": 3.9, "window": 8}, seeds=[0, 1], within={"learned": 0}),
)
def test_windows_end_with_chaos(rows):
    def learned(r, window):
        return column(rows, {"r": r, "window": window}, "learned").sum()

    assert all(learned(3.5, window) == 20 for window in (1, 4, 8, 12, 16, 24, 32))
    assert all(learned(r, window) >= 19 for r in (3.7, 3.9) for window in (1, 4, 8, 12))
    assert learned(3.7, 16) >= 18 and learned(3.9, 24) <= 4
    assert learned(3.7, 32) <= 4 and learned(3.9, 32) <= 4


@supports(
    "claim-windows-and-budget",
    "count",
    "chaotic_windows_longer",
    Counter("as few as in 400", {"r": 3.7}, {"learned": False}),
    Counter("beyond it, too", {"r": 3.9}, {"learned": True}),
    again=Again({"r": 3.9}, seeds=[0], within={"learned": 0}),
)
def test_ten_times_the_updates_move_the_end_of_the_windows(rows):
    """At r = 3.7 and 24 steps, where two of twenty learn within 400 updates."""
    assert column(rows, {"r": 3.7}, "learned").sum() >= 16
    assert column(rows, {"r": 3.9}, "learned").sum() <= 4


@supports(
    "claim-dimension-falls-again",
    "count",
    "long_runs",
    Counter("it goes on rising", {"gain": 5.0, "input_sd": 0.0}, {"dimension": 18.0}),
    Counter("it fills the space", {"gain": 3.0, "input_sd": 0.0}, {"dimension": 40.0}),
    again=Again({"gain": 5.0, "input_sd": 0.0}, seeds=[0], within={"dimension": 2.0}),
)
def test_the_dimension_falls_again(rows):
    at = {
        gain: {
            name: column(rows, {"gain": gain, "input_sd": 0.0}, name)
            for name in ("dimension", "growing", "entropy_rate")
        }
        for gain in (1.5, 2.0, 3.0, 5.0)
    }
    assert median_interval(at[3.0]["dimension"] - at[5.0]["dimension"]).low > 0.5
    assert median_interval(at[3.0]["dimension"] - at[2.0]["dimension"]).low > 0.5
    assert max(at[gain]["dimension"].max() for gain in at) < 20
    assert at[5.0]["growing"].mean() < at[3.0]["growing"].mean()
    assert np.all(at[5.0]["entropy_rate"] > at[3.0]["entropy_rate"])
