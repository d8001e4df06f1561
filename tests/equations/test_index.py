"""Every numbered equation has its line and its check, and the mechanism itself can fail."""

from pathlib import Path

import nbformat
import pytest

from rnnlib import ElmanCell
from tests.equations.guards import guards, planted
from tests.planting import copied, rewrite
from tools.equations import Mutant, checks, code_lines, equations, problems


def test_every_equation_has_a_line_and_a_check():
    assert problems() == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy what joins equations, lines and checks, to plant a gap in."""
    return copied(tmp_path, "chapters", "rnnlib", "tests/equations")


def test_an_equation_without_code_and_check_is_found(copy: Path):
    chapter = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("$$\na = b\n$$ (eq-of-nobody)")]
    )
    nbformat.write(chapter, copy / "chapters" / "99-planted.ipynb")
    assert problems(copy) == ["eq-of-nobody has no line of rnnlib", "eq-of-nobody has no check"]


def test_a_line_without_its_label_is_found(copy: Path):
    rewrite(copy / "rnnlib" / "cells" / "readout.py", "  # eq-readout\n", "\n")
    assert problems(copy) == ["eq-readout has no line of rnnlib"]


def test_a_check_without_an_equation_is_found(copy: Path):
    rewrite(copy / "chapters" / "02-the-forward-equations.ipynb", "(eq-readout)", "")
    assert problems(copy) == ["eq-readout has no chapter"]


def test_a_missing_or_double_check_is_found(copy: Path):
    path = copy / "tests" / "equations" / "test_chapter_02.py"
    rewrite(path, '"eq-readout",\n', '"eq-state",\n')
    assert problems(copy) == ["eq-readout has no check", "eq-state has 2 of: check"]


def test_a_check_without_a_mutant_is_found(copy: Path):
    path = copy / "tests" / "equations" / "test_chapter_02.py"
    path.write_text('@guards("eq-readout", "definition")\ndef test_readout(): ...\n')
    assert "eq-readout: test_readout names no mutant that it must catch" in problems(copy)


def test_everything_is_read_with_its_place():
    assert {"eq-total-input", "eq-state"} <= {equation.label for equation in equations()}
    (line,) = [line for line in code_lines() if line.label == "eq-total-input"]
    assert line.path == Path("rnnlib/cells/total_input.py") and "W_hh.T" in line.source
    (check,) = [check for check in checks() if check.label == "eq-total-input"]
    assert check.kind == "definition" and check.function == "test_total_input"
    assert Mutant("spurious transpose", "h @ self.W_hh.T", "h @ self.W_hh") in (check.mutants)


def test_a_planted_mutant_changes_the_library_and_leaves_no_trace():
    cell = ElmanCell([[0.5, 0.0], [1.0, 0.0]], [[0.0], [0.0]], [0.0, 0.0])
    mutant = Mutant("spurious transpose", "self.W_hh.T", "self.W_hh")
    right = cell.total_input([[1.0, 0.0]], [[0.0]]).tolist()
    with planted("eq-total-input", mutant):
        wrong = cell.total_input([[1.0, 0.0]], [[0.0]]).tolist()
    assert right == [[0.5, 1.0]] and wrong == [[0.5, 0.0]]
    assert cell.total_input([[1.0, 0.0]], [[0.0]]).tolist() == right


def test_a_mutant_that_fits_no_line_is_refused():
    with (
        pytest.raises(LookupError, match="'typo': expected one line of rnnlib that carries eq-sta"),
        planted("eq-state", Mutant("typo", "no such text", "")),
    ):
        pass


def test_a_check_that_cannot_fail_is_refused():
    """A vacuous check passes on the mutant too, and then pytest.raises makes the test fail."""

    @guards("eq-readout", "definition", Mutant("bias left out", " + self.b_o", ""))
    def vacuous():
        assert True

    vacuous(None)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        vacuous(Mutant("bias left out", " + self.b_o", ""))


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind: expected one of"):
        guards("eq-state", "guess")
