"""The claims of chapter 14, Truncation: bias, the price of chance, and learning past a window."""

import numpy as np

from rnnlib.sweeps import median_interval
from tests.claims.guards import Again, Counter, supports
from tests.claims.test_chapter_13 import column

FORGETFUL = {"network": "Gaussian"}
QUIET = {"network": "orthogonal", "setting": 0.1}
OPEN = {"network": "LSTM", "setting": 3.0}
TRAINED = {"updates": 400}
KINDS = [
    FORGETFUL,
    *({"network": "orthogonal", "setting": loudness} for loudness in (1.0, 0.1, 0.01)),
    *({"network": "LSTM", "setting": bias} for bias in (0.0, 1.0, 3.0)),
]


@supports(
    "claim-memory-is-cut",
    "count",
    "truncated_gradients",
    Counter("a network that forgets loses as much", FORGETFUL, {"window_off_10": 0.5}),
    Counter("quiet input makes no difference", QUIET, {"window_off_10": 0.01}),
    Counter("an open forget gate makes none", OPEN, {"window_off_10": 0.1}),
    again=Again(QUIET, seeds=[0, 7], within={"window_off_10": 1e-9}),
)
def test_the_longer_it_remembers_the_more_is_cut(rows):
    by_kind = [column(rows, kind, "window_off_10") for kind in KINDS]
    gaussian, loud, quiet, very_quiet, closed, usual, opened = by_kind
    for forgetful in (gaussian, loud, closed):
        assert np.median(forgetful) < 0.02
    assert np.all(loud < quiet) and np.all(quiet < very_quiet)
    assert np.all(closed < usual) and np.all(usual < opened)
    assert median_interval(quiet).low > 0.4 and opened.min() > 0.5


@supports(
    "claim-chunks-lose-more",
    "count",
    "truncated_gradients",
    Counter("chunks lose no more", QUIET, {"chunk_off_10": 0.4}),
    again=Again(FORGETFUL, seeds=[3], within={"chunk_off_10": 1e-9}),
)
def test_chunks_lose_more(rows):
    more = sum(row["chunk_off_10"] > row["window_off_10"] for row in rows)
    assert len(rows) == 140 and more == 140


@supports(
    "claim-bias-in-the-noise",
    "count",
    "truncation_on_text",
    Counter("chunks are off by as much", TRAINED, {"chunk_off_10": 0.85}),
    Counter("a window is no better than chunks", TRAINED, {"window_off_10": 0.42}),
    Counter("a minibatch is nearly right", TRAINED, {"minibatch_off": 0.1}),
    again=Again({"updates": 0}, seeds=[0], within={"chunk_off_10": 1e-9, "minibatch_off": 1e-9}),
)
def test_the_bias_of_a_chunk_drowns_in_one_minibatch(rows):
    window, chunk, batch = (
        column(rows, TRAINED, name) for name in ("window_off_10", "chunk_off_10", "minibatch_off")
    )
    assert 0.3 < np.median(chunk) < 0.5 < np.median(batch) < 1.1
    assert np.all(window < chunk) and np.sum(batch > chunk) >= 18
    assert 2 < np.median((batch / chunk) ** 2) < 7


@supports(
    "claim-chance-costs-draws",
    "count",
    "truncated_gradients",
    Counter("one draw will do", QUIET, {"variance_10": 0.2}),
    Counter("of the LSTM, too, some ten will do", OPEN, {"variance_10": 6.0}),
    Counter("a long reach is no better", OPEN, {"variance_50": 60.0}),
    again=Again(OPEN, seeds=[1], within={"window_off_10": 1e-9}),
)
def test_several_draws_are_needed(rows):
    for row in rows:
        for n in (5, 10, 20, 50):
            assert row[f"variance_{n}"] > 3 * row[f"window_off_{n}"] ** 2
    medians = {
        (name, n): np.median(
            column(rows, kind, f"variance_{n}") / column(rows, kind, f"window_off_{n}") ** 2
        )
        for name, kind in (("quiet", QUIET), ("open", OPEN))
        for n in (5, 10, 50)
    }
    assert medians["quiet", 5] > 1000 and medians["open", 5] > 1e6
    assert 7 < medians["quiet", 10] < 15 and medians["quiet", 50] > 100
    assert 100 < medians["open", 10] and 4 < medians["open", 50] < 12


SHORT = {"network": "trained", "window": 4}
GENTLE, HASTY = [SHORT | {"share": share} for share in (0.01, 0.03, 0.1)], SHORT | {"share": 1.0}
LONG = {"network": "trained", "window": 20, "share": 1.0}


@supports(
    "claim-beyond-the-window",
    "cause",
    "beyond_the_window",
    Counter("it learns nothing", GENTLE[1], {"right": 0.6}),
    Counter("at one of the rates it does not", GENTLE[2], {"right": 0.85}),
    again=Again({"network": "fitted"}, seeds=[0, 5], within={"right": 0.005}),
)
def test_a_short_window_teaches_what_lies_beyond_it(rows):
    found = column(rows, {"network": "fitted"}, "right")
    for setting in GENTLE:
        assert np.sum(column(rows, setting, "right") > found) >= 18
    assert median_interval(column(rows, GENTLE[1], "right")).low > median_interval(found).high


@supports(
    "claim-a-rate-unlearns",
    "count",
    "beyond_the_window",
    Counter("it learns as well", HASTY, {"right": 0.95}),
    Counter("chunks that see the bit fail, too", LONG, {"right": 0.6}),
    again=Again(HASTY, seeds=[0], within={"right": 0.1}),
)
def test_at_the_full_rate_it_unlearns(rows):
    hasty, frozen = (column(rows, each, "right") for each in (HASTY, {"network": "frozen"}))
    assert np.all(hasty < frozen) and np.median(hasty) < 0.65
    assert np.median(column(rows, LONG, "right")) > 0.97
