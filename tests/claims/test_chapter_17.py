"""The claims of chapter 17, How far back, revisited: every cell on two tasks and on text."""

import numpy as np

from rnnlib.sweeps import median_interval, sign_test
from tests.claims.guards import Again, Counter, column, supports


def solved(rows, task, network, length, encoder="none"):
    """How many runs solved the task."""
    at = {"task": task, "network": network, "length": length, "encoder": encoder}
    return column(rows, at, "solved").sum()


def needed(rows, network, encoder):
    """The updates that adding over 60 steps took, by seed."""
    at = {"task": "adding", "network": network, "encoder": encoder, "length": 60}
    solved_it = column(rows, at, "solved")
    return np.where(solved_it, column(rows, at, "steps_made"), np.inf)


ORDER = {"task": "order", "length": 60, "encoder": "none"}
ADDING = {"task": "adding", "length": 30}
FAILED, DONE = {"solved": False}, {"solved": True}


@supports(
    "claim-order-at-sixty",
    "count",
    "every_cell",
    Counter("the GRU fails too", ORDER | {"network": "gru"}, FAILED),
    Counter("a linear memory does not do", ORDER | {"network": "lru", "seed": 4}, FAILED),
    Counter("tanh does it once", ORDER | {"network": "tanh", "seed": 3}, DONE),
    again=Again(ORDER | {"network": "lru"}, seeds=[0, 1], within={"solved": 0}),
)
def test_order_over_sixty_steps(rows):
    assert solved(rows, "order", "lru", 60) == solved(rows, "order", "gru", 60) == 20
    assert solved(rows, "order", "tanh", 60) == 0


@supports(
    "claim-adding-the-other-way-round",
    "count",
    "every_cell",
    Counter("the LSTM fails", ADDING | {"network": "lstm"}, FAILED),
    Counter("the LRU adds", ADDING | {"network": "lru", "encoder": "none", "seed": 0}, DONE),
    Counter("tanh adds", ADDING | {"network": "tanh", "seed": 7}, DONE),
    again=Again(ADDING | {"network": "lstm"}, seeds=[0], within={"solved": 0}),
)
def test_gates_add_and_the_others_do_not(rows):
    for network in ("lstm", "gru"):
        assert min(solved(rows, "adding", network, length) for length in (30, 60)) >= 19
    assert solved(rows, "adding", "tanh", 30) == solved(rows, "adding", "tanh", 60) == 0
    assert solved(rows, "adding", "lru", 30) == 0


@supports(
    "claim-lstm-by-rate",
    "count",
    "lstm_by_rate",
    Counter("no better", {"learning_rate": 0.003, "seed": 0}, FAILED),
    Counter("the other as good", {"learning_rate": 0.01}, DONE),
    again=Again({"learning_rate": 0.003}, seeds=[12, 13], within={"solved": 0}),
)
def test_a_third_of_the_rate_solves_it_more_often(rows):
    slow, fast = (column(rows, dict(learning_rate=rate), "solved") for rate in (0.003, 0.01))
    assert slow.sum() == 17 and fast.sum() == 10


@supports(
    "claim-encoder-decides",
    "cause",
    "every_cell",
    Counter("ReLU fails once", ADDING | {"network": "lru", "encoder": "relu", "seed": 2}, FAILED),
    Counter("tanh does it", ADDING | {"network": "lru", "encoder": "tanh", "seed": 0}, DONE),
    again=Again(ADDING | {"network": "lru", "encoder": "relu"}, seeds=[0, 1], within={"solved": 0}),
)
def test_the_encoder_decides_what_the_lru_adds(rows):
    assert solved(rows, "adding", "lru", 30, "relu") == 20
    assert solved(rows, "adding", "lru", 30, "tanh") == solved(rows, "adding", "lru", 30) == 0


WIDER = {"task": "adding", "network": "gru", "length": 60}
BARE, BEHIND_TANH, BEHIND_RELU = (WIDER | {"encoder": name} for name in ("none", "tanh", "relu"))


@supports(
    "claim-gru-and-encoders",
    "count",
    "every_cell_wider",
    Counter("none is as quick as tanh", BARE, {"steps_made": 80}),
    Counter("tanh is slow", BEHIND_TANH, {"steps_made": 200}),
    Counter("ReLU is quicker than none, too", BEHIND_RELU, {"steps_made": 60}),
    again=Again(BEHIND_TANH, seeds=[0], within={"solved": 0}),
)
def test_of_the_encoders_only_tanh_is_quicker_for_the_gru(rows):
    none, tanh, relu = (needed(rows, "gru", encoder) for encoder in ("none", "tanh", "relu"))
    assert max(map(np.max, (none, tanh, relu))) < np.inf
    by_tanh, by_relu = (
        sign_test(int((other < none).sum()), int((other > none).sum())) for other in (tanh, relu)
    )
    assert np.median(tanh) < np.median(none) and by_tanh < 0.05 < by_relu


@supports(
    "claim-tanh-at-seven-rates",
    "count",
    "every_cell_wider",
    Counter("tanh does it once", {"network": "tanh", "seed": 3}, DONE),
    again=Again({"network": "tanh"}, seeds=[0], within={"solved": 0}),
)
def test_order_over_sixty_steps_at_seven_rates(rows):
    assert len(column(rows, ORDER, "solved")) == 20 and solved(rows, "order", "tanh", 60) == 0


LRU_ADDS = ADDING | {"network": "lru"}


@supports(
    "claim-encoder-at-seven-rates",
    "count",
    "every_cell_wider",
    Counter("the bare LRU adds", LRU_ADDS | {"encoder": "none", "seed": 0}, DONE),
    Counter("tanh does it", LRU_ADDS | {"encoder": "tanh", "seed": 5}, DONE),
    again=Again(LRU_ADDS | {"encoder": "tanh"}, seeds=[0], within={"solved": 0}),
)
def test_the_lru_adds_at_none_of_seven_rates(rows):
    assert len(column(rows, LRU_ADDS, "solved")) == 40
    assert solved(rows, "adding", "lru", 30, "tanh") == solved(rows, "adding", "lru", 30) == 0


@supports(
    "claim-reach-before",
    "count",
    "every_cell",
    Counter("as much", ORDER | {"network": "gru", "seed": 3}, {"far_before": -4.0}),
    Counter("the GRU fails", ORDER | {"network": "gru", "seed": 3}, FAILED),
    again=Again(ORDER | {"network": "lru"}, seeds=[2], within={"far_before": 1e-6}),
)
def test_the_gru_gets_less_and_learns(rows):
    gru, tanh = (
        column(rows, dict(network=name, **ORDER), "far_before") for name in ("gru", "tanh")
    )
    assert np.all(gru < tanh) and np.median(tanh - gru) > 2
    assert solved(rows, "order", "gru", 60) == 20 and solved(rows, "order", "tanh", 60) == 0


@supports(
    "claim-reach-after",
    "count",
    "every_cell",
    Counter("learned without reach", ORDER | {"network": "lru", "seed": 0}, {"far_after": -2.0}),
    Counter("reach without success", ORDER | {"network": "tanh", "seed": 0}, {"far_after": 0.0}),
    again=Again(ORDER | {"network": "lru"}, seeds=[3], within={"far_after": 0.5}),
)
def test_who_solved_order_listens_far_back(rows):
    solved_it, far = column(rows, ORDER, "solved"), column(rows, ORDER, "far_after")
    assert far[solved_it == 1].min() > np.log10(1 / 6)
    assert far[solved_it == 0].max() < np.log10(0.1)


LSTM, GRU, LRU, TANH = ({"network": name} for name in ("lstm", "gru", "lru", "tanh"))


@supports(
    "claim-horizons-in-text",
    "count",
    "reach_in_text",
    Counter("an LSTM hears as far as before", LSTM | {"seed": 3}, {"horizon_after": 21.0}),
    Counter("a GRU forgets", GRU | {"seed": 3}, {"horizon_after": 8.0}),
    again=Again(TANH, seeds=[0], within={"horizon_before": 2}),
)
def test_training_shortens_some_horizons_and_not_others(rows):
    for network in ("tanh", "lstm"):
        before, after = (
            column(rows, dict(network=network), f"horizon_{when}") for when in ("before", "after")
        )
        assert np.all(after < before)
    assert np.all(column(rows, GRU, "horizon_after") == 39)
    assert np.all(column(rows, GRU, "horizon_before") < 39)


@supports(
    "claim-nothing-beyond-five-words",
    "count",
    "reach_in_text",
    Counter("one gains a little", LRU | {"seed": 0}, {"loss_5": 9.0}),
    Counter("LSTMs do", LSTM, {"loss_5": 4.6}),
    again=Again(LSTM, seeds=[0], within={"horizon_before": 3}),
)
def test_nothing_is_gained_from_more_than_five_words(rows):
    gain = np.array([row["loss_5"] - row["loss"] for row in rows])
    assert len(gain) == 80 and gain.max() < 0.02


@supports(
    "claim-short-reach-small-loss",
    "count",
    "reach_in_text",
    Counter("GRUs are better", GRU, {"loss": 4.3}),
    Counter("LSTMs reach as far", LSTM, {"horizon_after": 39.0}),
    again=Again(GRU, seeds=[0], within={"horizon_before": 2}),
)
def test_the_lstm_hears_less_and_predicts_better(rows):
    loss = {name: column(rows, dict(network=name), "loss") for name in ("lstm", "gru", "lru")}
    horizon = {name: column(rows, dict(network=name), "horizon_after") for name in loss}
    assert horizon["lstm"].max() <= 4
    for name in ("gru", "lru"):
        assert median_interval(loss["lstm"]).high < median_interval(loss[name]).low
        assert np.median(horizon[name]) == 39
