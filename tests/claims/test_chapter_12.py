"""The claims of chapter 12, Initialisation: what twenty draws of each start do."""

import numpy as np

from rnnlib.product import critical_gain
from rnnlib.sweeps import median_interval, sign_test
from tests.claims.guards import Again, Counter, column, supports

LINEAR = {"activation": "identity"}
LOUD = {"activation": "tanh", "gain": 1.0, "input_sd": 1.0}
CRITICAL = {"activation": "tanh", "gain": round(critical_gain(1.0), 3), "input_sd": 1.0}
ENDS = {"top": 1e-6, "middle": 1e-6}


@supports(
    "claim-gaussian-fan",
    "count",
    "fans",
    Counter("the middle is kept", {"start": "Gaussian"} | LINEAR, {"middle": 0.0}),
    Counter("all tops are alike", {"start": "Gaussian"} | LINEAR, {"top": 3.0}),
    again=Again({"start": "Gaussian"} | LINEAR, seeds=[0, 7], within=ENDS),
)
def test_a_gaussian_start_has_a_wide_fan(rows):
    top, middle, bottom = (
        column(rows, dict(start="Gaussian", **LINEAR), name) for name in ("top", "middle", "bottom")
    )
    assert np.ptp(top) > 10 and top.min() < -3 and top.max() > 9
    assert -24 < np.median(middle) < -22 and np.median(bottom) < -90


@supports(
    "claim-loud-inputs-overrule",
    "count",
    "fans",
    Counter("orthogonal is better", {"start": "orthogonal"} | LOUD, {"top": -13.0}),
    Counter("orthogonal is isometric", {"start": "orthogonal"} | LOUD, {"top": 0.0}),
    again=Again({"start": "orthogonal"} | LOUD, seeds=[3], within=ENDS),
)
def test_under_loud_inputs_the_largest_values_are_alike(rows):
    orthogonal, gaussian = (
        column(rows, dict(start=start, **LOUD), "top") for start in ("orthogonal", "Gaussian")
    )
    assert orthogonal.max() < -15 and gaussian.max() < -14
    assert gaussian.min() < orthogonal.min() and orthogonal.max() < gaussian.max()
    low, high = median_interval(gaussian).low, median_interval(gaussian).high
    assert low - 0.5 < np.median(orthogonal) < high + 0.5


@supports(
    "claim-critical-not-isometric",
    "count",
    "fans",
    Counter("isometric", {"start": "orthogonal"} | CRITICAL, {"middle": 0.0}),
    Counter("it vanishes", {"start": "orthogonal"} | CRITICAL, {"root_mean_square": -20.0}),
    Counter("no wider", {"start": "Gaussian"} | CRITICAL, {"middle": -49.0}),
    again=Again({"start": "orthogonal"} | CRITICAL, seeds=[5], within=ENDS),
)
def test_at_the_edge_the_mean_square_is_kept_and_the_middle_is_not(rows):
    for start, middle in (("orthogonal", -49), ("Gaussian", -72)):
        kept = column(rows, dict(start=start, **CRITICAL), "root_mean_square")
        assert abs(np.median(kept)) < 2.5 and np.abs(kept).max() < 6
        assert abs(np.median(column(rows, dict(start=start, **CRITICAL), "middle")) - middle) < 3
        assert np.all(column(rows, dict(start=start, **CRITICAL), "bottom") < -150)


@supports(
    "claim-edge-moves-with-the-input",
    "count",
    "edges",
    Counter("always at 1", {"input_sd": 1.0}, {"gain": 1.0}),
    Counter("does not move", {"input_sd": 1.0}, {"gain": 1.4}),
    again=Again({"start": "orthogonal", "input_sd": 0.3}, seeds=[0], within={"gain": 0.02}),
)
def test_the_edge_moves_with_the_input(rows):
    for sd in (0.3, 1.0):
        for start in ("orthogonal", "Gaussian"):
            gains = column(rows, dict(start=start, input_sd=sd), "gain")
            assert abs(np.median(gains) - critical_gain(sd)) < 0.12
            assert np.abs(gains - critical_gain(sd)).max() < 0.35


@supports(
    "claim-library-horizons",
    "count",
    "library_starts",
    Counter("Flax as far", {"library": "Flax", "input_size": 1}, {"horizon": 40.0}),
    Counter("PyTorch as far", {"library": "PyTorch"}, {"horizon": 17.0}),
    again=Again({"library": "Keras", "input_size": 1}, seeds=[0, 1], within={"horizon": 0}),
)
def test_horizons_of_the_libraries(rows):
    reach = {
        (library, size): column(rows, dict(library=library, input_size=size), "horizon")
        for library in ("PyTorch", "Keras", "Flax", "rnnlib")
        for size in (1, 8, 64)
    }
    medians = {key: np.median(values) for key, values in reach.items()}
    assert all(medians["PyTorch", size] <= 10 for size in (1, 8, 64))
    assert medians["Keras", 1] > 2 * medians["Flax", 1]
    assert reach["Keras", 1].min() > reach["Flax", 1].max()
    alike = [medians[name, size] for name in ("Flax", "rnnlib") for size in (1, 8, 64)]
    assert 11 <= min(alike) and max(alike) <= 17


def compared(rows, one, other, rate):
    """How often one start solves what the other does not with the same seed, and the reverse."""
    first, second = (
        column(rows, dict(start=start, learning_rate=rate), "solved") for start in (one, other)
    )
    return int(np.sum(first > second)), int(np.sum(second > first))


SLOW, FAST = {"learning_rate": 0.003}, {"learning_rate": 0.03}


@supports(
    "claim-gain-not-orthogonality",
    "cause",
    "first_bit",
    Counter("orthogonality does it", {"start": "orthogonal 1"} | SLOW, {"solved": True}),
    Counter("nothing does", {"start": "orthogonal 1.4"} | SLOW, {"solved": False}),
    again=Again(
        {"start": "orthogonal 1.4"} | SLOW, seeds=[0, 1], within={"horizon": 0, "solved": 0}
    ),
)
def test_at_the_lowest_rate_the_gain_counts(rows):
    for kind in ("orthogonal", "Gaussian"):
        assert sign_test(*compared(rows, f"{kind} 1.4", f"{kind} 1", 0.003)) < 0.01
    for gain in ("1", "1.4"):
        better, worse = compared(rows, f"orthogonal {gain}", f"Gaussian {gain}", 0.003)
        assert better <= worse


@supports(
    "claim-rate-undoes-the-start",
    "count",
    "first_bit",
    Counter("it stays behind", {"start": "uniform"} | FAST, {"solved": False}),
    Counter("it never was behind", {"start": "uniform"} | SLOW, {"solved": True}),
    Counter("the start still tells", {"start": "Gaussian 1.4"} | FAST, {"solved": False}),
    again=Again({"start": "uniform"} | FAST, seeds=[0, 1], within={"horizon": 0, "solved": 0}),
)
def test_at_the_highest_rate_a_short_horizon_does_not_count(rows):
    """The counts are near one another, and no pair of starts differs by seed."""
    assert column(rows, dict(start="uniform", learning_rate=0.003), "solved").sum() == 0
    assert column(rows, dict(start="uniform", learning_rate=0.03), "solved").sum() >= 18
    for start in {row["start"] for row in rows} - {"uniform"}:
        assert sign_test(*compared(rows, "uniform", start, 0.03)) > 0.1


AFTER = {"start": "orthogonal 1", "learning_rate": 0.01}


@supports(
    "claim-orthogonality-does-not-last",
    "count",
    "first_bit",
    Counter("it lasts", AFTER, {"turned_away": 0.5}),
    again=Again(AFTER, seeds=[0], within={"turned_away": 0.5}),
)
def test_orthogonality_does_not_last(rows):
    """A fresh Gaussian W has E‖WᵀW − I‖² = H + 1, here 25."""
    away = column(rows, AFTER, "turned_away")
    assert away.min() > 1 and median_interval(away).low > 5
