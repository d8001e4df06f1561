"""The landing page says of the book what the table of contents says."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_the_landing_page_counts_the_chapters_that_are_there() -> None:
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    page = (ROOT / "chapters" / "index.md").read_text(encoding="utf-8")
    last = 0
    for part in (part for part in parts if part["caption"].startswith("Part")):
        first, last = last + 1, last + len(part["chapters"])
        card = page.partition(part["caption"])[2].partition(":::")[0]
        footer = re.search(r"Chapters (\d+) to (\d+)(.*)", card)
        assert footer, part["caption"]
        assert [int(n) for n in footer.groups()[:2]] == [first, last], part["caption"]
        assert "preparation" not in footer[3], part["caption"]
    assert f"The first {last} are here now" in page
