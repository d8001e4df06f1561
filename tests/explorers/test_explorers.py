"""The explorers' Python side: traits, what they refuse, and the place they leave on a page.

That page and Python show the same numbers is tested in a browser: tests/site/test_explorer_*.py.
"""

import json
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from traitlets import TraitError

from rnnlib import ElmanCell, Model, Readout
from rnnlib.cells import LSTMCell
from rnnlib.corpora import Vocabulary
from rnnlib.explorers import (
    FanExplorer,
    GatesExplorer,
    MatrixExplorer,
    NetworkExplorer,
    ReachExplorer,
    TruncationExplorer,
    UnitExplorer,
    WallExplorer,
    WordsExplorer,
)

VOCABULARY = Vocabulary(("<unk>", "a", "b"), "<unk>")


def words(**settings):
    rng = np.random.default_rng(0)
    cell, readout = ElmanCell.random(3, 4, rng), Readout.random(4, 3, rng)
    return WordsExplorer(cell, readout, VOCABULARY, **settings)


def forward():
    return NetworkExplorer(backward=False, forward=3)


ALL = [UnitExplorer, MatrixExplorer, WallExplorer, NetworkExplorer, forward, ReachExplorer, words]
ALL += [TruncationExplorer, FanExplorer, GatesExplorer]


@pytest.mark.parametrize("make", ALL)
def test_a_page_gets_a_place_with_all_that_the_module_reads(make):
    explorer = make()
    data, _ = explorer._repr_mimebundle_()
    place = BeautifulSoup(data["text/html"], "html.parser").div
    assert place["data-explorer"] == explorer.module
    assert json.loads(place["data-state"]) == explorer.state()
    assert explorer.still() in place.get_text()  # what is read where no script runs
    assert data["text/plain"] == repr(explorer) and len(repr(explorer)) < 300
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.parametrize("make", ALL)
def test_the_widgets_module_is_whole(make):
    module = str(make()._esm)
    assert not re.search(r"^import ", module, flags=re.MULTILINE)
    assert re.findall(r"^export .*", module, flags=re.MULTILINE) == ["export default explorer({"]


@pytest.mark.parametrize("make", ALL)
def test_every_trait_that_the_module_reads_is_synchronised(make):
    explorer = make()
    assert set(explorer.shared_traits) <= set(explorer.traits(sync=True))


def test_python_reads_and_sets_traits():
    unit = UnitExplorer()
    assert unit.norms[-1] == 1024 and unit.log_norms[-1] == pytest.approx(10 * np.log10(2))
    unit.activation, unit.start = "tanh", 1e-4
    assert round(unit.norms[-1]) == 1010
    unit.drive = "sentence"
    assert unit.norms[-1] < 1
    unit.u, unit.distance, unit.activation = 100.0, 10_000, "identity"
    assert unit.log_norms[-1] == pytest.approx(20_000) and np.isinf(unit.norms[-1])


def test_a_matrix_may_be_given_in_three_forms():
    turned = MatrixExplorer(form="singular", sigma1=2.0, sigma2=0.5, out=30.0, into=10.0)
    np.testing.assert_allclose(np.linalg.svd(turned.W, compute_uv=False), [2, 0.5])
    sheared = MatrixExplorer(form="eigen", lambda1=0.5, lambda2=-0.25, shear=10.0)
    assert sheared.spectral_radius == pytest.approx(0.5)
    swapped = MatrixExplorer(w11=0, w12=2, w21=2, w22=0, slopes="alternating", slope2=0.05)
    assert swapped.norms[-1] == pytest.approx(1024)
    orbit = MatrixExplorer(slopes="tanh", start1=0.5, steps=3)
    np.testing.assert_allclose(orbit.norms[3], np.linalg.norm(orbit.products[3], 2))


def test_the_page_and_python_have_the_same_rounded_weights():
    explorer = words(sentence="a b")
    again = WordsExplorer(explorer.cell, explorer.readout, VOCABULARY, sentence="a b")
    assert again.state() == explorer.state()  # rounding what is rounded changes nothing
    assert len(explorer.W_xh) == 12 and explorer.reach.shape == (2,)
    explorer.sentence = ""
    assert explorer.reach.size == 0 and explorer.probabilities.sum() == pytest.approx(1)


def test_truncation_in_three_ways():
    explorer = TruncationExplorer(near=0.5, far=0.0, n=2)
    assert explorer.whole == pytest.approx(2) and explorer.sum == 1.5
    assert explorer.bias == pytest.approx(0.25) and explorer.draws == pytest.approx(8)
    explorer.way = "chunks"
    assert explorer.sum == 1.25
    explorer.way, explorer.drawn = "chance", 3
    assert explorer.sum == 4 and explorer.bias == 0  # 1 + 2/2 + 4/4 + 8/8


def test_a_fan_is_what_its_start_and_its_inputs_make():
    explorer = FanExplorer()
    np.testing.assert_allclose(explorer.fan("identity"), 0, atol=1e-12)
    for start in ("gaussian", "identity", "uniform"):
        explorer.start, explorer.gain, explorer.n = start, 0.9, 40
        assert explorer.fan("tanh").mean() == pytest.approx(sum(explorer.shares))
    explorer.start = "uniform"
    assert np.abs(explorer.W_hh).max() <= 0.9 / 4
    explorer.start, explorer.loudness = "orthogonal", 0.0  # in silence tanh is the identity
    np.testing.assert_allclose(explorer.fan("tanh"), 40 * np.log10(0.9), atol=1e-12)
    assert explorer.edge == pytest.approx(1, abs=1e-6)


def test_what_goes_straight_and_what_rests():
    explorer = GatesExplorer()
    assert explorer.share == pytest.approx(explorer.straight / explorer.whole)
    shares = {}
    for explorer.kind in ("lstm", "closed", "gru"):
        explorer.bias = 3.0
        shares[explorer.kind] = explorer.share
        disc = explorer.eigenvalues - 1 / (1 + np.exp(-3))
        radius = {"lstm": 1 / 4}.get(explorer.kind, (1 - 1 / (1 + np.exp(-3))) / 2)
        spectrum = np.array(explorer.spectrum) @ [1, 1j]
        assert np.abs(disc).max() == pytest.approx(radius * np.abs(spectrum).max())
    assert shares["closed"] > 0.95 > shares["lstm"] and shares["gru"] > 0.9
    explorer.kind, explorer.n, explorer.loudness = "lstm", 60, 0.0
    assert explorer.full == 0 and explorer.whole > 1e3  # unstable at rest


BAD = {
    "a cell of another name": (lambda: GatesExplorer(kind="elman"), TraitError, "kind"),
    "a gate wide open": (lambda: GatesExplorer(bias=np.inf), TraitError, "bias"),
    "a start of another name": (lambda: FanExplorer(start="xavier"), TraitError, "start"),
    "beyond the first step": (lambda: FanExplorer(n=101), TraitError, "n"),
    "further back than there are inputs": (
        lambda: FanExplorer(xs=FanExplorer().xs[:9]).fan("tanh"),
        ValueError,
        "n: expected at most 9, the number of inputs, got 100",
    ),
    "a run too short": (
        lambda: GatesExplorer(xs=GatesExplorer().xs[:9]),
        ValueError,
        "xs: expected at least 60 inputs, got 9",
    ),
    "no far part as strong": (lambda: TruncationExplorer(far=2.0), TraitError, "far"),
    "no window of one": (lambda: TruncationExplorer(n=1), TraitError, "n"),
    "u infinite": (lambda: UnitExplorer(u=np.inf), TraitError, "u"),
    "u not a number": (lambda: UnitExplorer(u=np.nan), TraitError, "u: expected a number"),
    "no step": (lambda: UnitExplorer(distance=0), TraitError, "distance"),
    "unknown activation": (lambda: UnitExplorer(activation="swish"), TraitError, "activation"),
    "slope above 1": (lambda: MatrixExplorer(slope1=2.0), TraitError, "slope1"),
    "one word": (lambda: NetworkExplorer(sentence="a"), ValueError, "at least two words"),
    "not tanh": (
        lambda: NetworkExplorer(ElmanCell(np.eye(2), np.ones((2, 2)), np.zeros(2), "relu")),
        ValueError,
        "cell: expected tanh, got relu",
    ),
    "another vocabulary": (
        lambda: WordsExplorer(words().cell, words().readout, Vocabulary(("a", "b"))),
        ValueError,
        "vocabulary: expected 3 words",
    ),
    "a start of another size": (
        lambda: words(
            start=Model(ElmanCell(np.eye(4), np.ones((4, 2)), np.zeros(4)), words().readout)
        ),
        ValueError,
        "start: vocabulary: expected 2 words",
    ),
    "a start of another kind": (
        lambda: words(
            start=Model(LSTMCell.random(3, 4, np.random.default_rng(0)), words().readout)
        ),
        TypeError,
        "start: expected an ElmanCell, got a LSTMCell",
    ),
    "words with relu": (
        lambda: WordsExplorer(
            ElmanCell(np.eye(4), np.ones((4, 3)), np.zeros(4), "relu"), words().readout, VOCABULARY
        ),
        ValueError,
        "cell: expected tanh, got relu",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
