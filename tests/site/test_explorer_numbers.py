"""The explorers show rnnlib's numbers, at random settings and at extreme ones."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from rnnlib import ElmanCell, Readout, softmax, softmax_cross_entropy, unroll
from rnnlib.corpora import Vocabulary
from rnnlib.explorers import (
    FanExplorer,
    GatesExplorer,
    MatrixExplorer,
    TruncationExplorer,
    UnitExplorer,
    WallExplorer,
    WordsExplorer,
)
from rnnlib.product import products_to_last, step_jacobians
from rnnlib.time import loss_reach
from tests.site.explorers import Explored, data_of, explore

COUNT = 200


def settings(seed: int, **draws: Any) -> list[dict[str, Any]]:
    """Draw settings: (low, high, decimals) of a number, (low, high) of an integer, or a list."""
    rng = np.random.default_rng(seed)

    def draw(of: Any) -> Any:
        if isinstance(of, list):
            return of[rng.integers(len(of))]
        if len(of) == 3:
            return round(float(rng.uniform(*of[:2])), of[2])
        return int(rng.integers(of[0], of[1] + 1))

    return [{name: draw(of) for name, of in draws.items()} for _ in range(COUNT)]


def close(shown: float, expected: Any, where: object, rel: float = 1e-9) -> None:
    assert shown == pytest.approx(float(expected), rel=rel, abs=1e-300), (
        f"{where}: {shown}, {float(expected)}"
    )


def test_one_unit(browser: Browser, site: Path, base: str) -> None:
    tried = settings(
        0,
        u=(-3, 3, 2),
        distance=(1, 100),
        start=(-1, 1, 4),
        activation=["identity", "tanh", "logistic", "relu"],
        drive=["none", "sentence"],
    )
    with explore(browser, site, base, "unit") as explored:
        shown = explored.at(tried)
    assert len({found["product"] for found in shown}) > COUNT / 2
    for setting, found in zip(tried, shown, strict=True):
        expected = UnitExplorer(**setting)
        close(abs(found["product"]), expected.norms[-1], setting)
        if found["product"]:
            assert math.copysign(1, found["product"]) == np.prod(np.sign(expected.factors))
        close(found["linear"], setting["u"] ** setting["distance"], setting)


def test_a_product_of_matrices(browser: Browser, site: Path, base: str) -> None:
    """Where tanh's orbit may be chaotic, over ten steps only."""
    entry, slope = (-2, 2, 2), (0, 1, 2)
    given = settings(
        1, slopes=["constant", "alternating"], slope1=slope, slope2=slope, steps=(1, 50),
        form=["entries", "singular", "eigen"], w11=entry, w12=entry, w21=entry, w22=entry,
        sigma1=(0, 3, 2), sigma2=(0, 3, 2), out=(-180, 180), into=(-180, 180),
        lambda1=entry, lambda2=entry, shear=(-9, 9, 1),
    )  # fmt: skip
    orbits = settings(
        2, slopes=["tanh"], start1=(-1, 1, 2), start2=(-1, 1, 2), steps=(1, 10),
        form=["entries"], w11=entry, w12=entry, w21=entry, w22=entry,
    )  # fmt: skip
    with explore(browser, site, base, "matrix") as explored:
        shown = explored.at(given + orbits)
    for setting, found in zip(given + orbits, shown, strict=True):
        expected = MatrixExplorer(**setting)
        close(found["sigma"], np.linalg.norm(expected.W, 2), setting)
        # the discriminant of a double eigenvalue loses half of the digits, here as in LAPACK
        close(found["radiusW"], expected.spectral_radius, setting, rel=1e-7)
        bound = np.linalg.cond(expected.W) if np.linalg.det(expected.W) else np.inf
        if bound < 1e6:  # else all of a product's digits may have cancelled
            close(found["norm"], expected.norms[-1], setting, rel=max(1e-9, 1e-15 * bound**2))


def test_the_wall(browser: Browser, site: Path, base: str) -> None:
    tried = settings(
        3, u=(0, 4, 2), b=(-2.5, 1.5, 2), rate=(0.005, 0.05, 3), maxNorm=(0.1, 2, 1),
        updates=(1, 30), steps=(1, 15), h0=(-0.9, 0.9, 2), target=(-1, 1, 2),
    )  # fmt: skip
    with explore(browser, site, base, "wall") as explored:
        shown = explored.at(tried)
    compared = 0
    for setting, found in zip(tried, shown, strict=True):
        expected = WallExplorer(**setting)
        size = float(expected.gradient.norm[0])
        close(found["loss"], expected.wall.loss(expected.start)[0], setting)
        assert found["du"] == pytest.approx(expected.gradient.u[0], rel=1e-9, abs=1e-9 * size)
        assert found["db"] == pytest.approx(expected.gradient.b[0], rel=1e-9, abs=1e-9 * size)
        for name, clip in (("free", False), ("clipped", True)):
            path = expected.descent(clip=clip)
            if path.gradient_norm.max() < 3:  # where a step is steep, rounding is thrown far
                close(found[name], path.loss[-1, 0], (name, setting), rel=1e-7)
                compared += 1
    assert compared > COUNT


def test_truncation(browser: Browser, site: Path, base: str) -> None:
    tried = settings(
        6, far=(-1, 1, 2), slow=(0.5, 0.99, 2), near=(0.1, 0.9, 2), n=(2, 60), drawn=(0, 119),
        way=["window", "chunks", "chance"],
    )  # fmt: skip
    with explore(browser, site, base, "truncation") as explored:
        shown = explored.at(tried)
    for setting, found in zip(tried, shown, strict=True):
        expected = TruncationExplorer(**setting)
        size = np.abs(expected.parts).sum()  # what cancels is no more exact than its terms
        drawn = (np.abs(expected.parts)[: len(expected.weights)] * expected.weights).sum()
        assert found["sum"] == pytest.approx(expected.sum, abs=1e-9 * drawn), setting
        assert found["whole"] == pytest.approx(expected.whole, abs=1e-9 * size), setting
        assert found["bias"] == pytest.approx(expected.bias, abs=1e-9 * size**2), setting
        close(found["variance"], expected.variance, setting, rel=1e-7)


def test_the_fan(browser: Browser, site: Path, base: str) -> None:
    """At gains that are not chaotic; beyond them over few steps, in test_page_and_python.py."""
    tried = settings(
        7, start=["orthogonal", "gaussian", "identity", "uniform"], gain=(0.2, 1.1, 2),
        loudness=(0, 2, 2), n=(1, 100),
    )[:60]  # fmt: skip
    with explore(browser, site, base, "fan") as explored:
        shown = explored.at(tried)
    for setting, found in zip(tried, shown, strict=True):
        expected = FanExplorer(**setting)
        fan, (start, inputs) = expected.fan("tanh"), expected.shares
        logs = {"top": fan[0], "bottom": fan[-1], "middle": fan.mean()}
        logs |= {"ofStart": start, "ofInputs": inputs}
        for name, log in logs.items():
            close(found[name], 10.0**log, (name, setting), rel=1e-6)
        close(found["edge"], expected.edge, setting, rel=1e-6)


def test_the_gates(browser: Browser, site: Path, base: str) -> None:
    """At gains that are not chaotic; beyond them over few steps, in test_page_and_python.py."""
    tried = settings(
        8, kind=["lstm", "closed", "gru"], bias=(-2, 6, 2), gain=(0.2, 1.5, 2), n=(1, 60),
        loudness=[0, 0.3, 1, 2],
    )[:100]  # fmt: skip
    with explore(browser, site, base, "gates") as explored:
        shown = explored.at(tried)
    for setting, found in zip(tried, shown, strict=True):
        expected = GatesExplorer(**setting)
        for name in ("share", "whole", "straight", "along"):
            close(found[name], getattr(expected, name), (name, setting), rel=1e-6)
        close(found["largest"], np.abs(expected.eigenvalues).max(), setting)
        if setting["kind"] != "gru":
            close(found["full"], expected.full, setting)


def test_the_network(browser: Browser, site: Path, base: str) -> None:
    backwards = "&quot;backward&quot;: true"  # chapter 2's goes forward only
    with explore(browser, site, base, "network", mark=backwards) as explored:
        data = data_of(explored)
        cell = ElmanCell(data["W_hh"], np.eye(len(data["W_hh"])), np.zeros(len(data["W_hh"])))
        run = unroll(cell, np.array(data["drive"])[:, None])
        pairs = [(t, k) for t in range(1, len(run.hs)) for k in range(t + 1)]
        rng = np.random.default_rng(4)
        chosen = [pairs[i] for i in rng.integers(len(pairs), size=COUNT)]
        tried = [{"later": t, "earlier": k} for t, k in chosen]
        shown = explored.at(tried)
    readout = Readout(data["W_ho"], data["b_o"])
    jacobians = step_jacobians(cell, run)[:, 0]
    loss = softmax_cross_entropy(
        readout(run.hs[1:]), np.array(data["targets"])[:, None], reduction="sum"
    )
    _, dhs = readout.vjp(run.hs[1:], loss.gradient)
    errors = loss_reach(cell, run, dhs)[:, :, 0]
    for (t, k), found in zip(chosen, shown, strict=True):
        close(found["norm"], np.linalg.norm(products_to_last(jacobians[:t])[k]), (t, k))
        close(found["error"], np.linalg.norm(errors[t - 1, k]), (t, k))
        if k:
            slopes = 1 - run.hs[k, 0] ** 2
            close(found["delta"], np.linalg.norm(errors[t - 1, k] * slopes), (t, k))
        o = softmax(readout(run.hs[t]))[0]
        close(found["loss"], -np.log(o[data["targets"][t - 1]]), (t, k))


def test_the_words(browser: Browser, site: Path, base: str) -> None:
    with explore(browser, site, base, "words") as explored:
        expected = words_explorer(data_of(explored))
        rng = np.random.default_rng(5)
        vocabulary = [*expected.words.tokens[1:], "zorn", "Don't", "naïve", "x_1", "(", "…"]
        tried = [
            {"sentence": " ".join(rng.choice(vocabulary, size=rng.integers(0, 30)))}
            for _ in range(COUNT)
        ]
        shown = explored.at(tried)
    for setting, found in zip(tried, shown, strict=True):
        expected.sentence = setting["sentence"]
        o = expected.probabilities
        best = np.sort(o[1:])[::-1]  # a word that the model does not know is no guess
        close(found["first"], best[0], setting)
        close(found["second"], best[1], setting)
        close(found["other"], o[0], setting)
        close(found["entropy"], -(o * np.log2(o)).sum(), setting)
        reach = expected.reach if expected.tokens else np.zeros(1)
        close(found["newest"], reach[-1], setting)
        close(found["oldest"], reach[0], setting)


def words_explorer(data: dict[str, Any]) -> WordsExplorer:
    """Read the weights off the page: one letter each, times the scale of its unit."""
    tokens = data["vocabulary"].split(" ")
    letters = "".join(map(chr, [*range(65, 91), *range(97, 123), *range(48, 58)])) + "+/"

    def weights(name: str, columns: int) -> Any:
        levels = np.array([letters.index(letter) for letter in data[name]]).reshape(-1, columns)
        return (2 * levels - 63) / 63

    H, scales = len(data["b_h"]), {name: np.array(s) for name, s in data["scales"].items()}
    cell = ElmanCell(
        weights("W_hh", H) * scales["W_hh"][:, None],
        (weights("W_xh", H) * scales["W_xh"]).T,
        data["b_h"],
    )
    readout = Readout(weights("W_ho", H) * scales["W_ho"], data["b_o"])
    return WordsExplorer(cell, readout, Vocabulary(tuple(tokens), tokens[0]))


def test_1024_and_what_becomes_of_it(browser: Browser, site: Path, base: str) -> None:
    with explore(browser, site, base, "unit") as explored:
        assert explored.numbers()["product"] == 1024
        assert text_of(explored, "product") == "1024"
        explored.button("tanh from 0.0001").click()
        explored.wait()
        assert round(explored.numbers()["product"]) == 1010
        explored.button("logistic").click()
        explored.wait()
        assert 0 < explored.numbers()["product"] < 1 / 1024


def text_of(explored: Explored, number: str) -> str:
    return explored.place.locator(f'dd[data-name="{number}"]').inner_text()


EXTREMES = {
    "unit": [
        ({"u": 0}, "product", "0"),
        ({"u": 100, "distance": 10000}, "product", "1 × 10²⁰⁰⁰⁰"),
        ({"u": -0.01, "distance": 9999}, "product", "−1 × 10⁻¹⁹⁹⁹⁸"),
        ({"u": 3, "start": 1000, "distance": 10000, "activation": "tanh"}, "product", "0"),
    ],
    "matrix": [
        ({"w11": 0, "w12": 0, "w21": 0, "w22": 0, "steps": 10000}, "norm", "0"),
        ({"w11": 100, "w12": 0, "w21": 0, "w22": 100, "steps": 10000}, "norm", "1 × 10²⁰⁰⁰⁰"),
        ({"slope1": 0, "slope2": 0}, "norm", "0"),
        ({"form": "eigen", "lambda1": 0, "lambda2": 0, "shear": 100, "steps": 2}, "norm", "0"),
    ],
    "wall": [
        ({"u": 100, "b": 100, "steps": 200, "updates": 2000}, "du", "0"),
        ({"u": 0, "b": 0, "target": 0}, "loss", "0"),
        ({"rate": 100, "maxNorm": 1000000}, "loss", None),
    ],
    "truncation": [
        ({"far": 0, "near": 0.1, "n": 60}, "bias", None),
        ({"far": -1, "slow": 0.5, "near": 0.5, "n": 2}, "whole", "0"),
        ({"way": "chance", "drawn": 119, "n": 2}, "bias", "0"),
    ],
    "fan": [
        ({"loudness": 0}, "middle", "1"),
        ({"start": "gaussian", "gain": 3, "loudness": 2}, "bottom", None),
        ({"start": "identity", "gain": 0.2, "n": 1, "loudness": 0}, "top", "0.2"),
    ],
    "gates": [
        ({"loudness": 0, "bias": 6, "gain": 4, "n": 60}, "full", "0"),
        ({"kind": "gru", "bias": 6, "gain": 4, "n": 60}, "share", None),
        ({"bias": -2, "gain": 0.2, "n": 60}, "whole", None),
    ],
    "words": [({"sentence": ""}, "oldest", "0"), ({"sentence": "the " * 500}, "oldest", None)],
}


@pytest.mark.parametrize("module", EXTREMES)
def test_extremes(browser: Browser, site: Path, base: str, module: str) -> None:
    with explore(browser, site, base, module) as explored:
        for setting, number, said in EXTREMES[module]:
            explored.button("Reset").click()
            explored.at([setting])
            assert text_of(explored, number) == said or said is None, setting
            picture = explored.place.locator("svg").first.evaluate("s => s.outerHTML")
            assert "NaN" not in picture and "Infinity" not in picture, setting
