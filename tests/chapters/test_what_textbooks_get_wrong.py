"""Each statement of "What textbooks get wrong" has a source, what holds, and where it is shown."""

import re
from pathlib import Path

import pytest

from tools.claims import claims
from tools.equations import equations

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "chapters" / "what-textbooks-get-wrong.md").read_text(encoding="utf-8")
PARTS = ("**Said.** ", "**What holds.** ", "**Shown in** ")


def faults(page: str) -> list[str]:
    """Name what an entry lacks, or links to that is not there."""
    bibliography = (ROOT / "references.bib").read_text(encoding="utf-8")
    sources = set(re.findall(r"^@\w+\{([^,]+),", bibliography, re.MULTILINE))
    labels = {equation.label for equation in equations()} | {claim.label for claim in claims()}
    found = []
    for entry in page.split("\n### ")[1:]:
        name, *paragraphs = entry.partition("\n## ")[0].strip().split("\n\n")
        if [next((p for p in PARTS if text.startswith(p)), "") for text in paragraphs] != [*PARTS]:
            found.append(f"{name}: expected three paragraphs, {', '.join(PARTS)}")
            continue
        said, _, shown = paragraphs
        cited = re.findall(r"\{cite:[tp]\}`([^`]+)`", said)
        linked = re.findall(r"\{eq\}`([^`]+)`|\{ref\}`[^`]*<(claim-[^`]+)>`", shown)
        found += [f"{name}: no source {key}" for key in {*cited} - sources]
        found += [f"{name}: no label {key}" for key in {a or b for a, b in linked} - labels]
        found += [f"{name}: nothing is cited"] * (not cited)
        found += [f"{name}: nothing is linked"] * (not linked)
    return found


def test_every_entry_has_a_source_and_a_label() -> None:
    assert PAGE.count("\n### ") >= 20
    assert faults(PAGE) == []


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("{cite:t}`merity2016orthogonal`", "everybody", "nothing is cited"),
        ("`merity2016orthogonal`", "`merity1916`", "no source merity1916"),
        ("{eq}`eq-scan-back` and {eq}`eq-scan-join`", "chapter 16", "nothing is linked"),
        ("`eq-scan-join`", "`eq-scan-joint`", "no label eq-scan-joint"),
        ("<claim-direct-share>", "<claim-direct>", "no label claim-direct"),
        ("**What holds.** The test,", "The test,", "expected three paragraphs"),
    ],
)
def test_what_an_entry_lacks_is_named(right: str, wrong: str, complaint: str) -> None:
    assert PAGE.count(right) == 1
    (fault,) = faults(PAGE.replace(right, wrong))
    assert complaint in fault
