"""The files that the site carries with it."""

import re
import struct
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC, TEMML = ROOT / "_static", ROOT / "tools" / "temml"


def test_the_library_of_the_formulas_is_the_one_that_its_note_names() -> None:
    readme = (TEMML / "README.md").read_text(encoding="utf-8")
    found = re.search(r'version:"([\d.]+)"', (TEMML / "temml.min.js").read_text(encoding="utf-8"))
    assert found and f"temml@{found[1]}`" in readme


@pytest.mark.parametrize("style", sorted(STATIC.rglob("*.css")), ids=lambda path: path.name)
def test_style_sheets_name_only_files_that_are_there(style: Path) -> None:
    for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", style.read_text(encoding="utf-8")):
        assert (style.parent / address).is_file(), address


def test_the_link_preview_has_the_size_that_is_said() -> None:
    start = (STATIC / "social-preview.png").read_bytes()[:24]
    assert struct.unpack(">II", start[16:24]) == (1200, 630)
