"""The thread in a chapter's header is what its numbers are."""

import re
from pathlib import Path

import numpy as np
import pytest

from rnnlib import ElmanCell, unroll
from rnnlib.product import log_norms, step_jacobians
from tests.site.checks import parse
from tools.thread import NETWORKS, STEPS, Network, drawing


@pytest.mark.parametrize("chapter", [4, 9, 10, 12])
def test_states_and_sizes_are_those_of_the_library(chapter: int) -> None:
    network = NETWORKS[chapter]
    W, xs = network.weights(chapter)
    cell = ElmanCell(W, np.eye(len(W)), np.zeros(len(W)))
    run = unroll(cell, xs[:, None])
    hs, logs = network.run(chapter)
    np.testing.assert_allclose(hs, run.hs[:, 0], atol=1e-12)
    expected = log_norms(step_jacobians(cell, run)[:, 0], norm="frobenius")
    np.testing.assert_allclose(logs[::-1], (expected - expected[0]) / np.log(10), atol=1e-9)


def test_a_gate_keeps_what_it_keeps() -> None:
    kept = Network(kept=1.0)
    hs, logs = kept.run(1)
    assert not hs.any() and not logs.any()


def test_chapters_look_as_they_are_called() -> None:
    left = {chapter: NETWORKS[chapter].run(chapter)[1][1] for chapter in (9, 10, 13)}
    assert left[9] < -2 < -1 < left[13] < 0.1 < 2 < left[10]
    assert "thread" not in re.sub("header-thread", "", drawing(1))


def test_every_chapter_has_one(site: Path) -> None:
    pages = sorted((site / "chapters").glob("[0-9]*.html"))
    assert len(pages) >= 13
    for number, page in enumerate(pages, 1):
        (thread,) = parse(page).select("svg.header-thread")
        assert thread["role"] == "img" and f"{STEPS} states" in thread["aria-label"]
        assert bool(thread.select("polygon")) == (number > 3)
    assert not parse(site / "chapters" / "index.html").select("svg.header-thread")
