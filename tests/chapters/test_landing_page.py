"""The landing page says of the book what the table of contents says."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


NUMBERS = (
    "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen"
)


def test_the_landing_page_lists_the_chapters_that_are_there() -> None:
    """Each with its number, its link and its minutes."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    page = (ROOT / "chapters" / "index.md").read_text(encoding="utf-8")
    last = 0
    for part in (part for part in parts if part["caption"].startswith("Part")):
        card = page.partition(f"grid-item-card}} {part['caption']}")[2].partition(":::")[0]
        listed = re.findall(
            r"^(\d+)\. \[.*\]\((.*)\) · \{reading-time\}`(\d+)`", card, re.MULTILINE
        )
        files = [chapter["file"].removeprefix("chapters/") for chapter in part["chapters"]]
        numbers = [str(last + i) for i in range(1, len(files) + 1)]
        assert listed == list(zip(numbers, files, numbers, strict=True)), part["caption"]
        assert "preparation" not in card, part["caption"]
        last += len(files)
    assert f"{NUMBERS.split()[last].capitalize()} chapters" in page
    assert f"{{reading-time}}`1-{last}`" in page
    assert not re.findall(r"^(\d+)\. (?!\[)", page, re.MULTILINE)
