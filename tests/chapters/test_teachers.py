"""The sections, predictions and exercises in the teachers' lines of 45 minutes are there."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "chapters" / "teachers.md").read_text(encoding="utf-8")
CHAPTERS = sorted((ROOT / "chapters").glob("[01][0-9]-*.ipynb"))


def faults(page: str) -> list[str]:
    """Name what a line lacks, or names that its chapter does not have."""
    entries = re.findall(r"^Chapter (\d+), \{doc\}`([^`]+)`\n: (.+)$", page, re.MULTILINE)
    lines = {name: line for number, name, line in entries if name.startswith(f"{number:0>2}-")}
    found = [f"{name}: no such chapter" for name in {*lines} - {path.stem for path in CHAPTERS}]
    for chapter in CHAPTERS:
        line = lines.get(chapter.stem, "")
        cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
        there = {
            "section": re.findall(r"^## (.+)$", text, re.MULTILINE),
            "prediction": re.findall(r"^```\{predict\} (.+)$", text, re.MULTILINE),
            "exercise": re.findall(r"^:label: (ex-.+)$", text, re.MULTILINE),
        }
        named = {
            "section": re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", line),
            "prediction": re.findall(r'"([^"]+)"', line),
            "exercise": re.findall(r"\{ref\}`(ex-[^`]+)`", line),
        }
        for kind, names in named.items():
            found += [f"{chapter.stem}: no {kind} named"] * (not names)
            found += [f"{chapter.stem}: no {kind} {name}" for name in {*names} - {*there[kind]}]
        found += [f"{chapter.stem}: nothing to leave out"] * (
            not re.search(r"[Ll]eave|Skip", line) or "In 45 minutes" not in line
        )
    return found


def test_every_chapter_has_its_45_minutes() -> None:
    assert faults(PAGE) == []


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("Chapter 15, {doc}", "Chapter 14, {doc}", "15-lyapunov-exponents: no section named"),
        ("*The latching dilemma* as far", "*The latch* as far", "no section The latch"),
        ('"Chunks of ten"', '"Chunks of twelve"', "no prediction Chunks of twelve"),
        ("{ref}`ex-15-floor` (5)", "{ref}`ex-15-flaw` (5)", "no exercise ex-15-flaw"),
        ("Leave out *Words in", "Then *Words in", "02-the-forward-equations: nothing to leave"),
    ],
)
def test_what_a_chapter_does_not_have_is_named(right: str, wrong: str, complaint: str) -> None:
    assert PAGE.count(right) == 1
    assert any(complaint in fault for fault in faults(PAGE.replace(right, wrong)))
