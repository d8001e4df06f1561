"""Write the exact versions that the course is built and tested with: `make lock`.

constraints.txt is one lock for every supported Python on Linux, macOS and Windows: where these
differ, a line has a marker. After a change in requirements.txt or pyproject.toml, versions that
still fit stay; ``make lock UPGRADE=1`` takes the newest that the ranges allow. Whatever was
written is then resolved for each Python on each platform, from wheels alone and without
installing, since a stranger has no compiler.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "constraints.txt"
PLATFORMS = (
    "x86_64-manylinux_2_28",
    "aarch64-manylinux_2_28",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
)
# A resolver looks at what packages say, and not at which wheels there are.
WHEELS = """\
numpy>=2.5; python_full_version >= '3.15'
contourpy>=1.4; python_full_version >= '3.15'
pyyaml>=6.0.4; python_full_version >= '3.15'
argon2-cffi-bindings<26; sys_platform == 'darwin' and platform_machine == 'x86_64'
"""
# What PyTorch adds on Linux for graphics cards: gigabytes that nothing here uses.
GRAPHICS = re.compile(r"(nvidia|cuda)-|triton=")
HEADER = "# Made by `make lock`, for Python {} on Linux, macOS and Windows.\n"


def pythons() -> list[str]:
    """List the supported Pythons: the oldest release, then the newest of each minor version."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    said = tomllib.loads(text)["project"]["requires-python"]
    low, beyond = map(int, re.fullmatch(r">=3\.(\d+),<3\.(\d+)", said).groups())
    return [f"3.{low}.0", *(f"3.{minor}" for minor in range(low, beyond))]


def compiled(*options: str) -> str:
    """Return what uv resolves the course's requirements to, one line a package."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-annotate"]
    command += ["--no-header", "--no-emit-package", "rnnlib", "requirements.txt", "pyproject.toml"]
    environment = os.environ | {"UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(
        [*command, *options], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ValueError(done.stderr.strip())
    return done.stdout


def lock(*, upgrade: bool) -> str:
    """Return the lock's text."""
    with tempfile.TemporaryDirectory() as folder:
        wheels, kept = Path(folder, "wheels.txt"), Path(folder, "constraints.txt")
        wheels.write_text(WHEELS, encoding="utf-8")
        if LOCK.exists():
            kept.write_bytes(LOCK.read_bytes())  # uv keeps the versions that it finds there
        options = ["--universal", "--python-version", pythons()[0], "--all-extras"]
        options += ["--fork-strategy", "fewest", "-c", str(wheels), "-o", str(kept)]
        compiled(*options, *["--upgrade"] * upgrade)
        lines = kept.read_text(encoding="utf-8").splitlines(keepends=True)
    supported = f"{pythons()[0]} to {pythons()[-1]}"
    return HEADER.format(supported) + "".join(x for x in lines if not GRAPHICS.match(x))


def misfits() -> list[str]:
    """Resolve the lock for every Python and platform; say where it does not fit."""
    wrong = []
    for python in pythons():
        for platform in PLATFORMS:
            options = ["--python-version", python, "--python-platform", platform]
            options += ["--extra", "cluster", "--only-binary", ":all:", "-c", str(LOCK)]
            try:
                found = compiled(*options)
            except ValueError as error:
                wrong.append(f"Python {python} on {platform}: {error}")
            else:
                print(f"Python {python} on {platform}: {found.count('==')} packages", flush=True)
    return wrong


def main() -> int:
    """Write the lock and try it."""
    parser = argparse.ArgumentParser(prog="make lock", description="Write constraints.txt anew.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    parser.add_argument("--check", action="store_true", help="change nothing, only resolve")
    options = parser.parse_args()
    if not options.check:
        LOCK.write_text(lock(upgrade=options.upgrade), encoding="utf-8")
    wrong = misfits()
    print("\n".join(wrong), file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
