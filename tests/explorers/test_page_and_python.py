"""The module of an explorer and its class say the same: what may be set, and what comes of it.

The module is read by Node here. That it draws what it computes is tested in a browser, in
tests/site/test_explorer_numbers.py.
"""

import json
import subprocess
from functools import cache

import numpy as np
import pytest
import traitlets

from rnnlib import ElmanCell, Model, Readout
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
from rnnlib.explorers._base import whole_module
from tools.equations import ROOT
from tools.node import NODE

SCRIPT = """
const {compute, spec} = (await import(process.argv[1])).default;
const given = (await import("node:fs")).readFileSync(0, "utf8");
const states = JSON.parse(given).map(state => ({...spec.defaults, ...state}));
console.log(JSON.stringify({
  defaults: spec.defaults, controls: spec.controls, found: states.map(state => compute(state)),
}));
"""


def module(name, states=()):
    """Return what a module says of itself, and what it computes of some states."""
    path = (ROOT / "rnnlib" / "explorers" / f"{name}.js").as_uri()
    run = subprocess.run(
        [NODE, "--input-type=module", "-e", SCRIPT, path],
        input=json.dumps(list(states)),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


spec_of = cache(module)


@pytest.mark.parametrize(
    "kind",
    [
        UnitExplorer,
        MatrixExplorer,
        WallExplorer,
        NetworkExplorer,
        ReachExplorer,
        TruncationExplorer,
        FanExplorer,
        GatesExplorer,
    ],
)
def test_a_page_begins_where_python_does(kind):
    defaults = spec_of(kind.module)["defaults"]
    assert defaults == {name: getattr(kind(), name) for name in defaults}


@pytest.mark.parametrize(
    "kind",
    [
        UnitExplorer,
        MatrixExplorer,
        WallExplorer,
        ReachExplorer,
        TruncationExplorer,
        FanExplorer,
        GatesExplorer,
    ],
)
def test_a_page_takes_what_python_takes(kind):
    traits = kind().traits()
    for control in spec_of(kind.module)["controls"]:
        trait = traits[control["name"]]
        if control["kind"] == "number":
            assert [trait.min, trait.max] == control.get("range", [control["min"], control["max"]])
            assert isinstance(trait, traitlets.Int) == control.get("integer", False)
        else:
            assert list(trait.values) == [value for value, _ in control["options"]]


def test_a_page_and_python_have_the_same_norms():
    rng = np.random.default_rng(0)
    states = [
        {
            "form": form,
            "slopes": slopes,
            **{name: rng.uniform(-2, 2) for name in ("w11", "w12", "w21", "w22", "shear")},
            **{name: rng.uniform(0, 2) for name in ("sigma1", "sigma2")},
            **{name: rng.uniform(-180, 180) for name in ("out", "into")},
            **{name: rng.uniform(-1, 1) for name in ("lambda1", "lambda2", "start1", "start2")},
            **{name: rng.uniform(0.1, 1) for name in ("slope1", "slope2")},
            "steps": int(rng.integers(1, 9)),
        }
        for form in ("entries", "singular", "eigen")
        for slopes in ("constant", "alternating", "tanh")
        for _ in range(3)
    ]
    for state, page in zip(states, module("matrix", states)["found"], strict=True):
        explorer = MatrixExplorer(**state)
        np.testing.assert_allclose(page["norms"], explorer.log_norms, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(page["norms"], np.log10(explorer.norms), rtol=1e-9, atol=1e-9)
        assert page["radiusW"] == pytest.approx(explorer.spectral_radius)


@pytest.mark.parametrize(("most", "steps"), [(1.2, 100), (4.0, 12)])
def test_a_page_and_python_have_the_same_reach(most, steps):
    """Above a gain of about 1.4 a run is chaotic, and rounding grows: then over few steps only."""
    rng, drive = np.random.default_rng(1), ReachExplorer().drive[:steps]
    gains = [
        dict(zip(("first", "second", "third"), rng.uniform(0.1, most, 3), strict=True))
        for _ in range(8)
    ]
    tried = [ReachExplorer(**each, drive=drive) for each in gains]
    found = module("reach", [explorer.state() for explorer in tried])["found"]
    for explorer, page in zip(tried, found, strict=True):
        np.testing.assert_allclose(page["curves"], explorer.log_reach, rtol=1e-7, atol=1e-7)


def test_a_page_and_python_truncate_alike():
    rng = np.random.default_rng(3)
    states = [
        {
            "way": way,
            "n": int(rng.integers(2, 61)),
            "drawn": int(rng.integers(0, 40)),
            **{name: rng.uniform(*ends) for name, ends in bounds.items()},
        }
        for way in ("window", "chunks", "chance")
        for _ in range(20)
        for bounds in [{"far": (-1, 1), "slow": (0.5, 0.99), "near": (0.1, 0.9)}]
    ]
    for state, page in zip(states, module("truncation", states)["found"], strict=True):
        explorer = TruncationExplorer(**state)
        size = np.abs(explorer.parts).sum()
        assert page["sum"] == pytest.approx(explorer.sum, abs=1e-9 * size * explorer.weights.max())
        assert page["whole"] == pytest.approx(explorer.whole, abs=1e-12 * size)
        assert page["bias"] == pytest.approx(explorer.bias, abs=1e-12 * size**2)
        for name in ("variance", "draws"):
            assert page[name] == pytest.approx(getattr(explorer, name), rel=1e-7)


@pytest.mark.parametrize("kind", [ReachExplorer, FanExplorer])
def test_what_a_page_remembers_is_of_the_same_data(kind):
    """Two explorers on a page share a module; the second may read something else."""
    first, name = kind(), "drive" if kind is ReachExplorer else "xs"
    other = kind(**{name: (-2 * np.array(getattr(first, name))).tolist()})
    states = [first.state(), other.state(), first.state()]
    one, two, again = module(kind.module, states)["found"]
    assert one == again != two
    assert two == module(kind.module, states[1:2])["found"][0]


STARTS = ("orthogonal", "gaussian", "identity", "uniform")


def fans(most, steps):
    """Explorers at random settings; those of a high gain are chaotic, and rounding grows."""
    rng = np.random.default_rng(4)
    xs = FanExplorer().xs[:steps]
    return [
        FanExplorer(
            start=start,
            gain=rng.uniform(0.2, most),
            loudness=rng.choice([0.0, 0.01, rng.uniform(0, 2)]),
            n=int(rng.integers(1, steps + 1)),
            xs=xs,
        )
        for start in STARTS
        for _ in range(6)
    ]


@pytest.mark.parametrize(("most", "steps"), [(1.1, 100), (3.0, 8)])
def test_a_page_and_python_have_the_same_fan(most, steps):
    """All singular values, though the page finds them by rotations and rnnlib by QR."""
    tried = fans(most, steps)
    found = module("fan", [explorer.state() for explorer in tried])["found"]
    for explorer, page in zip(tried, found, strict=True):
        for name, activation in (("linear", "identity"), ("bent", "tanh")):
            expected = explorer.fan(activation)
            np.testing.assert_allclose(page[name][explorer.n], expected, rtol=1e-7, atol=1e-7)
        shares = explorer.shares
        assert [page["ofStart"], page["ofInputs"]] == pytest.approx(shares, rel=1e-7, abs=1e-9)
        assert page["edge"] == pytest.approx(explorer.edge, rel=1e-6)
        squares = np.log10(np.mean(100 ** (expected - expected[0]))) / 2 + expected[0]
        assert page["rms"] == pytest.approx(squares, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize(("most", "steps"), [(1.5, 100), (4.0, 60)])
def test_a_page_and_python_have_the_same_gates(most, steps):
    """Above a gain of about 2 a run is chaotic: then only the last steps are compared."""
    rng, xs = np.random.default_rng(5), GatesExplorer().xs[-steps:]
    tried = [
        GatesExplorer(
            kind=kind,
            bias=rng.uniform(-2, 6),
            gain=rng.uniform(0.2, most),
            loudness=rng.choice([0.0, rng.uniform(0.1, 2)]),
            n=int(rng.integers(1, 61 if steps == 100 else 9)),
            xs=xs,
        )
        for kind in ("lstm", "closed", "gru")
        for _ in range(10)
    ]
    found = module("gates", [explorer.state() for explorer in tried])["found"]
    for explorer, page in zip(tried, found, strict=True):
        sizes = page["sizes"][explorer.n]
        for name in ("share", "whole", "straight", "along"):
            assert sizes[name] == pytest.approx(getattr(explorer, name), rel=1e-6), explorer
        eigenvalues = explorer.eigenvalues
        shown = np.array(page["rest"]["values"]) @ [1, 1j]
        apart = np.abs(shown[:, None] - eigenvalues)
        np.testing.assert_allclose(apart.min(axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(apart.min(axis=1), 0, atol=1e-9)
        assert page["rest"]["largest"] == pytest.approx(np.abs(eigenvalues).max())
        if explorer.kind != "gru":
            assert page["full"] == pytest.approx(explorer.full)


@pytest.mark.parametrize("start", [False, True])
def test_a_page_and_python_have_the_same_words(start):
    """With and without a model before training, which need not be as sure of the same guess."""
    rng, V, H = np.random.default_rng(2), 9, 5
    vocabulary = Vocabulary(("<unk>", *"abcdefgh"), "<unk>")
    models = [Model(ElmanCell.random(V, H, rng, gain=1.5), Readout.random(H, V, rng)) for _ in "ab"]
    trained, before = models[0], models[1] if start else None
    explorer = WordsExplorer(trained.cell, trained.readout, vocabulary, start=before)
    for sentence in ("", "a", "a b zorn c d", "h " * 30):
        explorer.sentence = sentence
        (page,) = module("words", [explorer.state()])["found"]
        np.testing.assert_allclose(page["reach"], explorer.reach, rtol=1e-9)
        np.testing.assert_allclose(page["before"] or [], explorer.reach_before, rtol=1e-9)
        assert page["next"][0]["word"] == explorer.words.tokens[explorer.guess] != "<unk>"
        assert page["other"] == pytest.approx(explorer.probabilities[0])


def test_the_unknown_word_is_no_guess_even_where_it_is_likeliest():
    cell, H = ElmanCell.random(3, 4, np.random.default_rng(0)), 4
    sure_of_unknown = Readout(np.zeros((3, H)), np.array([5.0, 0.0, 1.0]))
    explorer = WordsExplorer(cell, sure_of_unknown, Vocabulary(("<unk>", "a", "b"), "<unk>"))
    (page,) = module("words", [explorer.state()])["found"]
    assert explorer.probabilities.argmax() == 0 and page["other"] > 0.9
    assert [guess["word"] for guess in page["next"]] == ["b", "a"]
    assert explorer.guess == 2 and "b (" in explorer.still().partition("expects")[2]


@pytest.mark.parametrize(
    "name", ["fan", "gates", "matrix", "network", "reach", "truncation", "unit", "wall", "words"]
)
def test_a_widgets_module_is_one_program(name, tmp_path):
    """What its parts declare does not meet: a name given twice is no program."""
    file = tmp_path / "whole.mjs"
    file.write_text(whole_module(name), encoding="utf-8")
    run = subprocess.run([NODE, "--check", file], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_every_place_on_a_page_has_a_name_of_its_own(monkeypatch):
    monkeypatch.setattr(UnitExplorer, "_numbers", {})
    places = [UnitExplorer()._repr_mimebundle_()[0]["text/html"] for _ in range(3)]
    names = [place.partition('id="')[2].partition('"')[0] for place in places]
    assert names == ["explorer-unit", "explorer-unit-2", "explorer-unit-3"]
