"""Pack what a release carries: `python -m tools.pack`, which `make pack` runs after the book.

Writes `_build/release/notebooks.zip`, the chapters with all their outputs, and
`_build/release/website.zip`, the site, to be read without a network.
"""

import zipfile
from pathlib import Path

BUILD = Path(__file__).resolve().parent.parent / "_build"


def pack(archive: Path, folder: Path, pattern: str) -> int:
    """Write the files below `folder` that match into an archive; return how many there were."""
    files = [path for path in sorted(folder.rglob(pattern)) if path.is_file()]
    if not files:
        raise SystemExit(f"{folder}: no {pattern} to pack; run make book first")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in files:
            packed.write(path, Path(archive.stem, path.relative_to(folder)))
    return len(files)


if __name__ == "__main__":
    executed = BUILD / "work" / "_build" / "jupyter_execute"
    for name, folder, pattern in (
        ("notebooks", executed, "*.ipynb"),
        ("website", BUILD / "html", "*"),
    ):
        archive = BUILD / "release" / f"{name}.zip"
        print(f"{archive}: {pack(archive, folder, pattern)} files")
