"""The library's wheel, which the site serves: built again when what is packed has changed."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sphinx.errors import ExtensionError

PACKED = ("pyproject.toml", "README.md", "LICENSE", "rnnlib", "experiments")
EPOCH = "315532800"  # 1980, the first year that a zip knows: the same files make the same wheel


def packed_files(root: Path) -> list[Path]:
    """List the files that the wheel is made of."""
    found: list[Path] = []
    for path in (root / name for name in PACKED):
        found += [path] if path.is_file() else sorted(path.rglob("*"))
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def build_wheel(root: Path, cache: Path) -> Path:
    """Return the wheel of the library in `root`, from `cache` if nothing has changed since.

    It is built from a copy: setuptools leaves things in the folder where it works.

    Raises
    ------
    ExtensionError
        If pip cannot build it; with what pip says.
    """
    digest = hashlib.sha256(sys.version.encode())
    for path in packed_files(root):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    folder = cache / digest.hexdigest()[:16]
    if not list(folder.glob("*.whl")):
        shutil.rmtree(cache, ignore_errors=True)
        with tempfile.TemporaryDirectory() as name:
            copy = Path(name)
            for path in packed_files(root):
                (copy / path.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy / path.relative_to(root))
            _run_pip(copy)
            shutil.copytree(copy / "wheel", folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _run_pip(folder: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            *options,
            "--no-build-isolation",
            "-w",
            "wheel",
            ".",
        ],
        cwd=folder,
        env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH},
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        said = f"{built.stdout}{built.stderr}"
        raise ExtensionError(f"pip and setuptools could not build the library's wheel:\n{said}")
