"""The library's wheel: what is in it, and when it is built again."""

import shutil
import zipfile
from pathlib import Path

import pytest
from sphinx.errors import ExtensionError

from coursework.grader import problem_set as sets
from coursework.release import scan
from tools.reader.install import Install
from tools.reader.wheel import PACKED, build_wheel

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(ROOT, tmp_path_factory.mktemp("wheel") / "cache")


def test_it_holds_the_library_and_the_stored_sweeps(wheel: Path, tmp_path: Path) -> None:
    """And so neither a test nor anything of the coursework."""
    assert wheel.name == Install.of(ROOT, "", "").wheel
    shutil.unpack_archive(wheel, tmp_path, "zip")
    files = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*") if path.is_file()}
    packed = {path.as_posix() for path in files if ".dist-info" not in path.parts[0]}
    wanted = [
        path.relative_to(ROOT).as_posix()
        for top, kinds in (("rnnlib", (".py", ".js")), ("experiments", (".py", ".csv", ".npz")))
        for path in (ROOT / top).rglob("*")
        if path.suffix in kinds
    ]
    fonts = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rnnlib").rglob("fonts/*")}
    assert packed == {*wanted, *fonts, "rnnlib/py.typed"} and fonts
    assert scan(files.values(), sets.names()) == []
    (metadata,) = tmp_path.glob("*.dist-info/METADATA")
    assert "Provides-Extra: notebooks" in metadata.read_text(encoding="utf-8")


def test_it_is_built_again_when_the_library_has_changed_and_only_then(
    wheel: Path, tmp_path: Path
) -> None:
    root, cache = tmp_path / "a copy, é", tmp_path / "cache"
    for name in PACKED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        root.mkdir(exist_ok=True)
        copy(ROOT / name, root / name)
    first = build_wheel(root, cache)
    assert first.read_bytes() == wheel.read_bytes()  # in another folder, at another time
    built = first.stat().st_mtime_ns
    assert build_wheel(root, cache).stat().st_mtime_ns == built
    assert sorted(path.name for path in root.iterdir()) == sorted(PACKED)  # setuptools left nothing
    with (root / "rnnlib" / "__init__.py").open("a", encoding="utf-8") as module:
        module.write("\nPLANTED = 1\n")
    with zipfile.ZipFile(build_wheel(root, cache)) as packed:
        assert b"PLANTED = 1" in packed.read("rnnlib/__init__.py")
    assert not first.exists()


def test_what_stops_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[build-system]\nrequires = []\n[project]\nname = 1\n")
    with pytest.raises(ExtensionError, match=r"(?s)wheel:.*`project` must contain"):
        build_wheel(tmp_path, tmp_path / "cache")
