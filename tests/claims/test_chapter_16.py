"""The claims of chapter 16, Linear recurrences: coordinates, rates and gates."""

import numpy as np

from rnnlib.sweeps import sign_test
from tests.claims.guards import Again, Counter, column, supports

BARE = {"written": "direct", "scaled": False, "optimiser": "descent"}
SCALED = BARE | {"scaled": True}
OWN_RATES, ADAM = BARE | {"optimiser": "own rates"}, BARE | {"optimiser": "adam"}
WRITTEN = [
    {"written": written, "scaled": scaled, "optimiser": "descent"}
    for written in ("exp exp", "tanh")
    for scaled in (False, True)
]


@supports(
    "claim-eigenvectors",
    "count",
    "eigenvectors",
    Counter("the coordinates are orthogonal", {"hidden_size": 64}, {"condition": 1.0}),
    Counter("half of the eigenvalues are real", {"hidden_size": 64}, {"real": 32}),
    again=Again({"hidden_size": 64}, seeds=[0, 1], within={"condition": 1e-6, "real": 0}),
)
def test_coordinates_cost_something(rows):
    condition = {H: column(rows, {"hidden_size": H}, "condition") for H in (16, 64, 256)}
    assert condition[64].min() > 20 and 40 < np.median(condition[64]) < 120
    assert np.median(condition[16]) < np.median(condition[64]) < np.median(condition[256])
    real = column(rows, {"hidden_size": 64}, "real")
    assert abs(real.mean() - np.sqrt(2 * 64 / np.pi)) < 1.5


@supports(
    "claim-one-rate",
    "cause",
    "shared_rate",
    Counter("λ itself is learned at one rate", BARE, {"solved": True, "error": 0.01}),
    Counter("a scale is of no use", SCALED, {"solved": False, "error": 0.5}),
    Counter("a scale is enough", SCALED, {"solved": True, "error": 0.01}),
    again=Again(OWN_RATES, seeds=[0, 3], within={"solved": 0, "error": 1e-6}),
)
def test_one_rate_does_not_serve_two_memories(rows):
    bare, scaled, own = (column(rows, each, "solved") for each in (BARE, SCALED, OWN_RATES))
    assert own.all() and own.sum() - bare.sum() >= 10
    assert sign_test((own > bare).sum(), (own < bare).sum()) < 0.001
    assert bare.sum() + 5 <= scaled.sum() <= own.sum() - 5


@supports(
    "claim-written",
    "count",
    "shared_rate",
    Counter("not bare exp exp", WRITTEN[0], {"solved": False}),
    Counter("not scaled exp exp", WRITTEN[1], {"solved": False}),
    Counter("not bare tanh", WRITTEN[2], {"solved": False}),
    Counter("not scaled tanh", WRITTEN[3], {"solved": False}),
    again=Again(WRITTEN[1], seeds=[0, 3], within={"solved": 0, "error": 1e-6}),
)
def test_written_otherwise_it_does(rows):
    for each in WRITTEN:
        assert column(rows, each, "solved").all()


@supports(
    "claim-adam-needs-no-trick",
    "count",
    "shared_rate",
    Counter("Adam needs it, too", ADAM, {"solved": False}),
    again=Again(ADAM, seeds=[1], within={"solved": 0, "error": 1e-6}),
)
def test_adam_needs_no_trick(rows):
    assert column(rows, ADAM, "solved").all()


@supports(
    "claim-input-gates",
    "count",
    "input_gates",
    Counter(
        "an exact formula is a long one", {"recurrent": False, "bias": 0.0}, {"horizon": 100.0}
    ),
    Counter("detours add nothing", {"recurrent": True, "bias": 2.0}, {"horizon": 36.0}),
    again=Again({"recurrent": False, "bias": 2.0}, seeds=[0, 5], within={"horizon": 0}),
)
def test_gates_that_hear_only_inputs_reach_as_far_as_their_bias(rows):
    for bias, low, high in ((0.0, 5, 13), (2.0, 25, 50), (4.0, 160, 290)):
        alone, full = (
            column(rows, {"recurrent": recurrent, "bias": bias}, "horizon")
            for recurrent in (False, True)
        )
        assert low < alone.min() and alone.max() < high
        assert np.all(full > alone)
