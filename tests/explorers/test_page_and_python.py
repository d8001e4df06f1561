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

from rnnlib.explorers import MatrixExplorer, NetworkExplorer, UnitExplorer, WallExplorer
from tools.equations import ROOT
from tools.node import NODE

SCRIPT = """
const {compute, spec} = (await import(process.argv[1])).default;
const states = JSON.parse(process.argv[2]).map(state => ({...spec.defaults, ...state}));
console.log(JSON.stringify({
  defaults: spec.defaults, controls: spec.controls, found: states.map(state => compute(state)),
}));
"""


def module(name, states=()):
    """Return what a module says of itself, and what it computes of some states."""
    path = (ROOT / "rnnlib" / "explorers" / f"{name}.js").as_uri()
    run = subprocess.run(
        [NODE, "--input-type=module", "-e", SCRIPT, path, json.dumps(list(states))],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


spec_of = cache(module)


@pytest.mark.parametrize("kind", [UnitExplorer, MatrixExplorer, WallExplorer, NetworkExplorer])
def test_a_page_begins_where_python_does(kind):
    defaults = spec_of(kind.module)["defaults"]
    assert defaults == {name: getattr(kind(), name) for name in defaults}


@pytest.mark.parametrize("kind", [UnitExplorer, MatrixExplorer, WallExplorer])
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


def test_every_place_on_a_page_has_a_name_of_its_own(monkeypatch):
    monkeypatch.setattr(UnitExplorer, "_numbers", {})
    places = [UnitExplorer()._repr_mimebundle_()[0]["text/html"] for _ in range(3)]
    names = [place.partition('id="')[2].partition('"')[0] for place in places]
    assert names == ["explorer-unit", "explorer-unit-2", "explorer-unit-3"]
