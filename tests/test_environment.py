"""The environment: one range of Pythons everywhere, and what hinders it said in a sentence."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import environment, lock
from tools.equations import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_one_range_of_pythons() -> None:
    """pyproject.toml, the environment, the lock, the README and the workflows say the same."""
    (_, low), (_, beyond) = environment.OLDEST, environment.BEYOND
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">=3.{low},<3.{beyond}"
    assert (
        (ROOT / "constraints.txt")
        .read_text()
        .startswith(f"# Made by `make lock`, for Python 3.{low}.0 to 3.{beyond - 1} ")
    )
    assert f"Python 3.{low} to 3.{beyond - 1}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Python 3.{low} to 3.{beyond - 1}" in (ROOT / "Makefile").read_text(encoding="utf-8")
    binder = (ROOT / ".binder" / "runtime.txt").read_text().strip()
    assert binder in {f"python-3.{minor}" for minor in range(low, beyond)}
    tested = re.findall(r'"3\.(\d+)"', "".join(path.read_text() for path in WORKFLOWS))
    assert {low, beyond - 1} <= set(map(int, tested)) <= set(range(low, beyond))


def test_every_package_of_the_requirements_is_locked() -> None:
    """Also those that only an extra asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [one for extra in project["optional-dependencies"].values() for one in extra]
    asked += (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = {re.match(r"[\w-]*", line)[0].lower() for line in asked} - {"", "-e", "rnnlib"}
    locked = re.findall(r"^([\w-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert names <= {name.lower().replace("_", "-") for name in locked}


def test_no_file_names_a_registry() -> None:
    """A lock that did would not be for everybody."""
    files = [ROOT / "constraints.txt", ROOT / "requirements.txt", ROOT / "pyproject.toml"]
    files += [ROOT / "Makefile", ROOT / ".ci" / "run", *WORKFLOWS]
    named = [
        path.name
        for path in files
        if re.search(r"index-url|find-links|pypi|https?://[^ ]*simple", path.read_text())
    ]
    assert named == []


def test_the_resolvers_trouble_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: str) -> str:
        raise ValueError("no wheel of numpy")

    monkeypatch.setattr(lock, "compiled", fail)
    found = lock.misfits()
    assert len(found) == len(lock.pythons()) * len(lock.PLATFORMS)
    assert found[0] == f"Python 3.11.0 on {lock.PLATFORMS[0]}: no wheel of numpy"


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 16, 0), (4, 0, 0)])
def test_another_python_is_refused(monkeypatch: pytest.MonkeyPatch, version: tuple) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert "Python 3.11 to 3.15 is needed" in environment.refusal()
    assert "make PYTHON=python3.11" in environment.refusal()


def test_a_python_without_venv_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.refusal() == ""
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    assert environment.refusal().endswith("apt install python3-venv")


def test_only_a_whole_environment_of_this_folder_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / ".venv"
    python = environment.python_of(folder)
    assert not environment.is_whole(folder)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert not environment.is_whole(folder)  # half made
    (folder / "ready").write_text(str(ROOT))
    assert environment.is_whole(folder)
    (folder / "ready").write_text(str(ROOT.with_name("original")))
    assert not environment.is_whole(folder)  # copied along with the course
    (folder / "ready").write_text(str(ROOT))
    python.unlink()
    python.symlink_to(tmp_path / "gone")
    assert not environment.is_whole(folder)  # the system's Python is another one now


def test_what_is_in_the_way_is_removed_only_if_it_is_an_environment(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "bin").mkdir(parents=True)
    with pytest.raises(SystemExit, match="in the way and is no environment of Python's: move it"):
        environment.clear(own)
    (own / "pyvenv.cfg").touch()
    link = tmp_path / "link"
    link.symlink_to(own)
    environment.clear(link)
    assert own.exists() and not link.exists()
    environment.clear(own)
    assert not own.exists()
    environment.clear(own)


# Nobody listens on port 1; that there is no index at all is what pip is told in the second case.
HINDERED = {
    "no network": ({"PIP_INDEX_URL": "http://127.0.0.1:1/"}, "needs a network: try again"),
    "a lock that does not fit": ({"PIP_NO_INDEX": "1"}, r"does not fit this Python.*make lock"),
}


@pytest.mark.parametrize("case", HINDERED)
def test_what_pip_says_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    variables, expected = HINDERED[case]
    for name, value in ({"PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull} | variables).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=rf"The environment was not made: .*{expected}") as caught:
        environment.install(Path(sys.prefix), ["there-is-no-such-package"])
    assert "\n" not in str(caught.value)
    log = Path(str(caught.value).rpartition(": ")[2])
    assert "there-is-no-such-package" in log.read_text()
    log.unlink()


def test_a_full_disk_and_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    said = ["[Errno 28] No space left on device", "something new"]

    def run(*_: object, **__: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess([], 1, said.pop(0))

    monkeypatch.setattr(environment.subprocess, "run", run)
    for expected in ("the disk is full", "pip failed"):
        with pytest.raises(SystemExit, match=expected) as caught:
            environment.install(Path("nowhere"), [])
        Path(str(caught.value).rpartition(": ")[2]).unlink()
