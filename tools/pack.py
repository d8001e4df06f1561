"""Pack what a release carries: `python -m tools.pack`, which `make pack` runs after the book.

Writes `_build/release/notebooks`, the notebooks that readers download with the library's wheel and
the files from which Binder makes an environment; `notebooks.zip`, the same packed; and
`website.zip`, the site, to be read without a network.
"""

import shutil
import zipfile
from pathlib import Path

from tools.reader.install import EXTRA, FOLDER

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "python-3.13"  # as Binder's runtime.txt wants it; a version that constraints.txt is for
REQUIREMENTS = """\
# pip install -r requirements.txt, in this folder: what the course is tested with.
-c constraints.txt
jupyterlab
./{wheel}[{extra}]
"""
README = """\
# Gradients Through Time: the notebooks

The chapters, executed; the problem sets, unanswered, in `problem-sets/`; and the library they
import, `{wheel}`. With Python 3.11 or newer, in this folder:

    pip install jupyterlab "./{wheel}[{extra}]"
    jupyter lab

`pip install -r requirements.txt` instead of the first line takes the versions that the course is
tested with. Made from the course's sources by `make pack`; what is changed here is lost.
Text and figures: CC BY 4.0. Code: MIT.
"""


def gather(site: Path, folder: Path) -> Path:
    """Copy the site's notebooks into a folder of their own, with what installs them."""
    if not (site / FOLDER).is_dir():
        raise SystemExit(f"{site}: no notebooks to pack; run make book first")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(site / FOLDER, folder)
    (wheel,) = folder.glob("*.whl")
    for name, text in (("requirements.txt", REQUIREMENTS), ("README.md", README)):
        (folder / name).write_text(text.format(wheel=wheel.name, extra=EXTRA), encoding="utf-8")
    (folder / "runtime.txt").write_text(f"{PYTHON}\n")
    shutil.copy(ROOT / "constraints.txt", folder)
    for name in ("LICENSE", "LICENSE-CONTENT"):
        shutil.copy(ROOT / name, folder)
    return folder


def pack(archive: Path, folder: Path) -> int:
    """Write the files below `folder` into an archive; return how many there were."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in files:
            packed.write(path, Path(archive.stem, path.relative_to(folder)))
    return len(files)


def main(build: Path = ROOT / "_build") -> None:
    """Write the folder and both archives, and say so."""
    site, release = build / "html", build / "release"
    for folder in (gather(site, release / FOLDER), site):
        name = FOLDER if folder != site else "website"
        archive = release / f"{name}.zip"
        print(f"{archive}: {pack(archive, folder)} files")


if __name__ == "__main__":
    main()
