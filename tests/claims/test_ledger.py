"""Every claim has its protocol and its check, and the mechanism itself can fail."""

from pathlib import Path

import nbformat
import pytest

import experiments
from rnnlib.sweeps.results import load
from tests.claims.guards import Again, Counter, hold_against, supports
from tests.planting import copied, rewrite
from tools.claims import checks, claims, problems, protocols

LABEL = "claim-not-the-length"


def test_every_claim_is_supported():
    assert problems() == []


def test_there_are_claims():
    """An empty ledger would let the test above pass without looking at anything."""
    assert {LABEL} <= {claim.label for claim in claims()}


def test_everything_is_read_with_its_place():
    (claim,) = [claim for claim in claims() if claim.label == LABEL]
    assert claim.chapter == Path("chapters/10-exploding.ipynb") and "{claim}" not in claim.sentence
    (check,) = [check for check in checks() if check.label == LABEL]
    assert (check.kind, check.experiment) == ("cause", "clipping")
    assert check.counters[0] == "by value no more"
    (protocol,) = [each for each in protocols() if each.experiment == "clipping"]
    assert protocol.has_control and protocol.seeds == 20


@pytest.mark.parametrize("name", experiments.names())
def test_a_protocol_read_as_text_is_the_one_that_is_run(name):
    (text,) = [each for each in protocols() if each.experiment == name]
    protocol = experiments.load(name)
    assert text.seeds == len(protocol.seeds)
    assert text.has_control == (protocol.control is not None)


@pytest.mark.parametrize("name", sorted({check.experiment for check in checks()}))
def test_results_behind_a_claim_know_the_protocol_that_made_them(name):
    """Without a fingerprint in its first line a CSV is taken as it is, whatever has changed."""
    for path in experiments.FOLDER.glob(f"{name}.*csv"):
        assert load(path).plan.code, path.name


def test_results_without_a_fingerprint_are_told(tmp_path):
    text = (experiments.FOLDER / "clipping.csv").read_text(encoding="utf-8")
    first, _, rest = text.partition("\n")
    assert '"run": "' in first
    doctored = first.partition(', "run"')[0] + "}\n" + rest
    (tmp_path / "clipping.csv").write_text(doctored, encoding="utf-8")
    assert not load(tmp_path / "clipping.csv").plan.code


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy what joins claims, protocols and checks, to plant a gap in."""
    return copied(tmp_path, "chapters", "experiments", "tests/claims")


def plant(copy: Path, line: str) -> list[str]:
    """Return what is said against a page with one more line."""
    chapter = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"Before.\n{line}")])
    nbformat.write(chapter, copy / "chapters" / "99-planted.ipynb")
    return problems(copy)


def test_a_sentence_without_a_check_is_found(copy: Path):
    found = plant(copy, "Ten of 20 did. {claim}`claim-of-nobody`")
    assert found == ["claim-of-nobody has no check"]


@pytest.mark.parametrize(
    "line",
    [
        "Ten of 20 did. {claim}`ten`",
        "Ten of 20 did. {claim}``",
        "Ten of 20 did. {claim}`Claim-X`",
        "{claim}`claim-x`",
        "Ten of 20 did {claim}`claim-x`, and more.",
        "Ten of 20 {claim}`claim-x` did. {claim}`claim-y`",
    ],
)
def test_a_mark_without_label_or_sentence_is_found(copy: Path, line: str):
    found = plant(copy, line)
    assert any("99-planted.ipynb: expected a sentence and {claim}" in each for each in found)


def test_a_page_of_markdown_is_read_too(copy: Path):
    rewrite(copy / "chapters" / "index.md", "\n## ", "\nTen did. {claim}`claim-of-nobody`\n\n## ")
    assert "claim-of-nobody has no check" in problems(copy)


def test_a_check_without_a_sentence_is_found(copy: Path):
    rewrite(copy / "chapters" / "10-exploding.ipynb", f" {{claim}}`{LABEL}`", "")
    assert problems(copy) == [f"{LABEL} has no sentence"]


def test_a_label_that_stands_twice_is_found(copy: Path):
    assert plant(copy, f"Again. {{claim}}`{LABEL}`") == [f"{LABEL} has 2 of: sentence"]


def test_a_check_without_a_protocol_is_found(copy: Path):
    rewrite(copy / "experiments" / "clipping.py", "@protocol(", "@another(")
    assert f"{LABEL} has no protocol: experiments/clipping.py" in problems(copy)


def test_a_cause_without_a_control_is_found(copy: Path):
    rewrite(copy / "experiments" / "clipping.py", "    control=Control(", "    other=Control(")
    message = f"{LABEL} gives a cause, and experiments/clipping has no control"
    assert problems(copy) == [message]


@pytest.mark.parametrize("said", ["They did, because of it.", "This helped.", "It is due to it."])
def test_a_cause_that_is_checked_as_a_count_is_found(copy: Path, said: str):
    count = "claim-value-turns"
    rewrite(copy / "chapters" / "10-exploding.ipynb", f" {{claim}}`{count}`", "")
    (found,) = plant(copy, f"{said} {{claim}}`{count}`")
    assert found.startswith(f"{count} says ") and found.endswith("as a count, not a cause")


def test_too_few_seeds_are_found(copy: Path):
    rewrite(copy / "experiments" / "clipping.py", "    seeds=20,", "    seeds=range(3, 8),")
    assert f"{LABEL} rests on 5 seeds, expected 20" in problems(copy)


def test_a_check_that_nothing_would_refute_is_found(copy: Path):
    text = '@supports("claim-value-turns", "count", "clipping", again=None)\ndef test_x(rows): ...'
    (copy / "tests" / "claims" / "test_chapter_10.py").write_text(text)
    assert "claim-value-turns: test_x names no result that would refute it" in problems(copy)


AGAIN = Again({"method": "value"}, seeds=[0], within={"far_of_step": 1e-6})


def test_a_check_that_cannot_fail_is_refused():
    """A vacuous check passes on the counter-case too, and on the control's."""
    counter = Counter("by value no more", {"method": "value"}, {"solved": False})

    @supports(LABEL, "cause", "clipping", counter, again=AGAIN)
    def vacuous(rows):
        assert rows

    vacuous("holds")
    for case in (counter, "the control does the same"):
        with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
            vacuous(case)


def test_a_counter_case_that_fits_no_run_is_refused():
    rows = experiments.load("clipping").results()
    with pytest.raises(LookupError, match=r"'typo': no run has the setting \{'method': 'valu'\}"):
        Counter("typo", {"method": "valu"}, {"solved": True}).among(rows)


def test_a_fresh_run_that_comes_out_otherwise_is_refused():
    rows = experiments.load("clipping").results()
    (stored,) = [row for row in rows if row["method"] == "value" and row["seed"] == 0]
    hold_against(rows, [stored], AGAIN)
    with pytest.raises(AssertionError, match="far_of_step"):
        hold_against(rows, [stored | {"far_of_step": stored["far_of_step"] + 2e-6}], AGAIN)


@pytest.mark.parametrize(("seeds", "within"), [([], {"solved": 0}), ([0], {})])
def test_making_nothing_again_is_refused(seeds, within):
    with pytest.raises(ValueError, match="again: expected seeds and results to compare"):
        Again({"method": "value"}, seeds, within)


def test_an_unknown_kind_and_a_cause_without_control_are_refused():
    with pytest.raises(ValueError, match="kind: expected one of"):
        supports(LABEL, "guess", "clipping", again=AGAIN)
    with pytest.raises(ValueError, match="expected experiments/adding to have a control"):
        supports(LABEL, "cause", "adding", again=AGAIN)
