"""Make the course's environment: `make` runs ``python3 tools/environment.py .venv``.

It holds what requirements.txt names, in the versions of constraints.txt, and notes in its file
``ready`` which folder it was made for. Without that note it is half made or was copied along with
the course, and is made anew; with it, only what has changed is installed. What stands in the way
is said in one sentence.
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, BEYOND = (3, 11), (3, 16)  # as in pyproject.toml, which older Pythons cannot read
# What pip says, in which case, and what to do. The first that fits is told.
TROUBLE = (
    (
        ("Failed to establish a new connection", "NameResolutionError", "ProxyError", "timed out"),
        "pip reached no package index. The first time needs a network: try again with one",
    ),
    (("No space left on device",), "the disk is full: make room and try again"),
    (
        ("ResolutionImpossible", "No matching distribution", "requires a different Python"),
        "constraints.txt does not fit this Python or what requirements.txt asks for: "
        "write it anew by `make lock`, or take another Python by `make PYTHON=python3.11`",
    ),
)


def refusal() -> str:
    """Say why this Python cannot make an environment; nothing if it can."""
    if not OLDEST <= sys.version_info[:2] < BEYOND:
        wanted = f"Python 3.{OLDEST[1]} to 3.{BEYOND[1] - 1} is needed"
        found = f"{sys.executable} is {sys.version.split()[0]}"
        return f"{wanted}; {found}: name another by `make PYTHON=python3.{OLDEST[1]}`"
    if importlib.util.find_spec("ensurepip") is None:
        return (
            f"{sys.executable} cannot make virtual environments: "
            "on Debian and Ubuntu, apt install python3-venv"
        )
    return ""


def python_of(folder: Path) -> Path:
    """Return where an environment's Python is."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_whole(folder: Path) -> bool:
    """Say whether an environment was made to its end, for this folder, and its Python runs."""
    ready = folder / "ready"
    if not ready.is_file() or ready.read_text(encoding="utf-8") != str(ROOT):
        return False
    try:
        return subprocess.run([python_of(folder), "-c", ""], check=False).returncode == 0
    except OSError:  # the Python that it was made with has gone
        return False


def clear(folder: Path) -> None:
    """Remove what stands in the environment's place, if it is an environment."""
    if folder.is_symlink():
        folder.unlink()
    elif (folder / "pyvenv.cfg").exists() or (folder.is_dir() and not any(folder.iterdir())):
        shutil.rmtree(folder)
    elif folder.exists():
        raise SystemExit(f"{folder} is in the way and is no environment of Python's: move it")


def install(folder: Path, what: list[str]) -> None:
    """Install requirements in the lock's versions, or say in a sentence why that failed."""
    lock = os.environ.get("COURSE_LOCK", "constraints.txt")  # CI also tries what has no lock
    options = ["--quiet", "--disable-pip-version-check", "-c", lock]
    command = [python_of(folder), "-m", "pip", "install", *options, *what]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        with tempfile.NamedTemporaryFile("w", suffix=".log", delete=False, encoding="utf-8") as log:
            log.write(done.stdout)
        said = (advice for signs, advice in TROUBLE if any(sign in done.stdout for sign in signs))
        why = next(said, "pip failed")
        raise SystemExit(f"The environment was not made: {why}. pip's own words: {log.name}")


def main() -> None:
    """Make an environment, or bring it up to date."""
    parser = argparse.ArgumentParser(description="Make the course's environment.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", nargs=argparse.REMAINDER, help="for pip, else requirements.txt")
    options = parser.parse_args()
    folder: Path = options.folder.absolute()
    if why := refusal():
        raise SystemExit(why)
    ready = folder / "ready"
    if not is_whole(folder):
        clear(folder)
        print(f"Making the environment in {options.folder}, which takes a minute", flush=True)
        try:
            venv.create(folder, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SystemExit(f"The environment was not made: {error}") from None
    ready.unlink(missing_ok=True)
    install(folder, options.what or ["-r", "requirements.txt"])
    ready.write_text(str(ROOT), encoding="utf-8")


if __name__ == "__main__":
    main()
