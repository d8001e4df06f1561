"""The course in 80 lines: numpy alone, each line's equation with its number, and right."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rnnlib import ElmanCell, Readout, bptt, unroll
from rnnlib.corpora import one_hot
from rnnlib.product import products_to_last
from rnnlib.training import softmax_cross_entropy
from tests.site.books import Book
from tests.site.checks import parse
from tools.code_numbers import LISTING, PROGRAM, program
from tools.equations import LABEL, ROOT

SOURCE = program(ROOT / f"{LISTING}.ipynb")
SHORT = SOURCE.replace("range(1500)", "range(30)")


@pytest.fixture(scope="module")
def run() -> dict[str, object]:
    """What the program has defined after thirty steps of training."""
    names: dict[str, object] = {}
    exec(SHORT, names)
    return names


def test_it_has_80_lines_and_needs_numpy_alone() -> None:
    assert len([line for line in SOURCE.splitlines() if line.strip()]) <= 80
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {"numpy", "pydoc_data.topics"}


def gradient_by_rnnlib(run: dict[str, object], words, following):
    p, V = run["p"], run["V"]
    cell, readout = ElmanCell(p["W_hh"], p["W_xh"], p["b_h"]), Readout(p["W_ho"], p["b_o"])
    forward = unroll(cell, one_hot(words, V))
    loss = softmax_cross_entropy(readout(forward.hs[1:]), following)
    of_readout, dhs = readout.vjp(forward.hs[1:], loss.gradient)
    of_cell = bptt(cell, forward, dhs).cell
    return forward, {
        **{name: getattr(of_cell, name) for name in ("W_hh", "W_xh", "b_h")},
        **{name: getattr(of_readout, name) for name in ("W_ho", "b_o")},
    }


def test_its_gradient_and_its_product_are_rnnlibs(run: dict[str, object]) -> None:
    words, following = run["batch"]()
    _, hs, os = run["forward"](run["p"], words, following)
    found = run["backward"](run["p"], words, following, hs, os)
    forward, expected = gradient_by_rnnlib(run, words, following)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-9, atol=1e-14)
    run["batch"] = lambda: (words, following)
    products = products_to_last(forward)[:-1][::-1]
    norms = np.median(np.linalg.norm(products, 2, axis=(2, 3)), axis=1)
    np.testing.assert_allclose(run["reach"](run["p"]), norms[4::5], rtol=1e-9)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (" + back", ""),
        ('delta @ p["W_hh"]', 'delta @ p["W_hh"].T'),
        ("(1 - hs[t] ** 2) * dh", "(1 - hs[t - 1] ** 2) * dh"),
    ],
)
def test_its_own_check_finds_a_planted_bug(right: str, wrong: str) -> None:
    """The two slopes that it prints agree to five digits, and with a bug they do not."""
    assert SHORT.count(right) == 1
    for source, agree in ((SHORT, True), (SHORT.replace(right, wrong), False)):
        command = [sys.executable, "-c", source.replace("range(30)", "range(0)")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        slope = re.search(r"gradient (\S+), by differences (\S+)", done.stdout)
        assert slope
        assert (abs(float(slope[1]) / float(slope[2]) - 1) < 1e-5) == agree


def test_every_label_leads_to_its_equation(site: Path) -> None:
    page = site / f"{LISTING}.html"
    links = parse(page).select(".cell_input .c1 a")
    assert len(links) == len(LABEL.findall(SOURCE)) > 20
    for link in links:
        assert re.fullmatch(r"\(\d+\.\d+\)", link.get_text())
        target, _, anchor = str(link["href"]).partition("#")
        assert parse(page.parent / target).find(id=anchor)
    offered = (site / PROGRAM).read_text(encoding="utf-8")
    assert "eq-" not in offered
    assert len(offered.splitlines()) == len(SOURCE.splitlines())


def test_a_label_of_no_equation_is_told(book: Book) -> None:
    book.write(cells=("print(1)  # eq-nothing",))
    result = book.try_build()
    assert result.returncode == 1
    assert "a comment in a cell names eq-nothing, which is no equation" in result.stdout
    book.write(cells=("print(1)  # eq-first",))
    book.build()
    assert '<a href="#equation-eq-first">(1)</a>' in book.page()
