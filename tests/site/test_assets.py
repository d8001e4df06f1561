"""The files that the site carries with it."""

import re
import struct
from pathlib import Path

import pytest
from sphinxcontrib import katex

STATIC = Path(__file__).resolve().parents[2] / "_static"


def test_the_style_sheet_is_that_of_the_katex_which_renders() -> None:
    readme = (STATIC / "katex" / "README.md").read_text(encoding="utf-8")
    assert f"katex@{katex.katex_version}`" in readme
    style = (STATIC / "katex" / "katex.min.css").read_text(encoding="utf-8")
    assert f'"{katex.katex_version}"' in style


@pytest.mark.parametrize("style", sorted(STATIC.rglob("*.css")), ids=lambda path: path.name)
def test_style_sheets_name_only_files_that_are_there(style: Path) -> None:
    for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", style.read_text(encoding="utf-8")):
        assert (style.parent / address).is_file(), address


def test_the_link_preview_has_the_size_that_is_said() -> None:
    start = (STATIC / "social-preview.png").read_bytes()[:24]
    assert struct.unpack(">II", start[16:24]) == (1200, 630)
