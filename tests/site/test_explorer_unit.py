"""One unit's explorer shows rnnlib's numbers."""

import math
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from rnnlib.explorers import UnitExplorer
from tests.site.explorers import explore


def random_settings(count: int) -> list[dict[str, object]]:
    rng = np.random.default_rng(0)
    return [
        {
            "u": round(rng.uniform(-3, 3), 2),
            "distance": int(rng.integers(1, 101)),
            "start": round(rng.uniform(-1, 1), 4),
            "activation": str(rng.choice(["identity", "tanh", "logistic", "relu"])),
            "drive": str(rng.choice(["none", "sentence"])),
        }
        for _ in range(count)
    ]


def test_the_numbers_are_rnnlibs(browser: Browser, site: Path, base: str):
    settings = random_settings(200)
    with explore(browser, site, base, "unit") as explored:
        shown = explored.at(settings)
    assert len({found["product"] for found in shown}) > 100
    for setting, found in zip(settings, shown, strict=True):
        expected = UnitExplorer(**setting)
        assert abs(found["product"]) == pytest.approx(expected.norms[-1], rel=1e-9), setting
        assert (
            math.copysign(1, found["product"]) == np.prod(np.sign(expected.factors))
            or not found["product"]
        )
        assert found["linear"] == pytest.approx(setting["u"] ** setting["distance"], rel=1e-9)


def test_1024_and_what_becomes_of_it(browser: Browser, site: Path, base: str):
    with explore(browser, site, base, "unit") as explored:
        assert explored.numbers()["product"] == 1024
        assert explored.place.locator('dd[data-name="product"]').inner_text() == "1024"
        explored.button("tanh from 0.0001").click()
        explored.wait()
        assert round(explored.numbers()["product"]) == 1010
        explored.button("logistic").click()
        explored.wait()
        assert 0 < explored.numbers()["product"] < 1 / 1024


EXTREMES = [
    ({"u": 0}, "0"),
    ({"u": 100, "distance": 10000}, "1 × 10²⁰⁰⁰⁰"),
    ({"u": -0.01, "distance": 9999}, "−1 × 10⁻¹⁹⁹⁹⁸"),
    ({"u": 3, "start": 1000, "distance": 10000, "activation": "tanh"}, "0"),
]


def test_extremes(browser: Browser, site: Path, base: str):
    with explore(browser, site, base, "unit") as explored:
        for setting, said in EXTREMES:
            explored.button("Reset").click()
            explored.at([setting])
            assert explored.place.locator('dd[data-name="product"]').inner_text() == said
            assert "NaN" not in explored.place.locator("svg").first.evaluate("s => s.outerHTML")
