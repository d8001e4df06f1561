"""Plant a gap in a copy of the course's own files, for a check that must find it."""

import shutil
from pathlib import Path

from tools.equations import ROOT


def copied(tmp_path: Path, *folders: str) -> Path:
    """Copy folders of the course, and return where they stand."""
    for folder in folders:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def rewrite(path: Path, old: str, new: str) -> None:
    """Exchange a text that the file has."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
