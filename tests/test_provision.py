"""What the tests need of a machine is found where it lies, tried, and fetched where that may be."""

import os
import sys
from pathlib import Path

import pytest

from coursework.grader import sandbox
from tools import provision

posix_only = pytest.mark.skipif(os.name == "nt", reason="programs that are scripts of the shell")


def program(path: Path, script: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a machine that has nothing: no program, no home, and no Playwright."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "PLAYWRIGHT_BROWSERS_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


PLACES = (
    "bin/chromium",
    "bin/google-chrome-stable",
    "bin/microsoft-edge",
    "home/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "local/Microsoft/Edge/Application/msedge.exe",
    "home/.cache/ms-playwright/chromium-1187/chrome-linux/chrome",
    "home/Library/Caches/ms-playwright/chromium-1/chrome-mac/Chromium.app/Contents/MacOS/Chromium",
    "home/AppData/Local/ms-playwright/chromium-1187/chrome-win/chrome.exe",
)


@posix_only
@pytest.mark.parametrize("place", PLACES)
def test_a_browser_is_found(machine: Path, place: str) -> None:
    assert provision.find_browser() is None
    assert "no Chromium, Chrome or Edge" in provision.browser_trouble()
    browser = program(machine / place)
    assert provision.find_browser() == browser
    assert provision.browser_trouble() == ""


@posix_only
def test_a_browser_that_does_not_start_is_passed_over(machine: Path) -> None:
    program(machine / "bin" / "chromium", "echo requires the snap >&2; exit 1")
    assert provision.find_browser() is None
    other = program(machine / "bin" / "google-chrome")
    assert provision.find_browser() == other


@posix_only
@pytest.mark.parametrize("name", ["firefox-esr", "firefox"])
def test_firefox_is_found_if_it_starts(machine: Path, name: str) -> None:
    assert provision.firefox_trouble() == "no Firefox that starts"
    program(machine / "bin" / name, "echo a snap is needed >&2; exit 1")
    assert provision.find_firefox() is None
    browser = program(machine / "bin" / name)
    assert provision.find_firefox() == browser and provision.firefox_trouble() == ""


@posix_only
@pytest.mark.parametrize(
    ("user", "sudo", "expected"),
    [
        (0, None, ""),
        (1000, 'exec "$@"', ""),
        (1000, "exit 1", "is for root"),
        (1000, None, "is for root"),
    ],
    ids=["root", "sudo", "sudo with a password", "a reader"],
)
def test_apt_is_for_root_and_who_may_sudo(
    machine: Path, monkeypatch: pytest.MonkeyPatch, user: int, sudo: str | None, expected: str
) -> None:
    bin = machine / "bin"
    program(bin / "apt-get", f'[ "$2" = update ] || echo made > {bin}/made')
    program(bin / "env", 'shift; exec "$@"')
    program(bin / "true")
    if sudo:
        program(bin / "sudo", f"shift\n{sudo}")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    hindrance = provision.apt_install("chromium")
    assert hindrance.endswith(expected) and bool(hindrance) == bool(expected)
    assert (bin / "made").exists() != bool(expected)


@posix_only
def test_no_apt_and_an_apt_that_fails_are_told(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provision.apt_install("chromium") == "there is no apt here"
    program(machine / "bin" / "apt-get", "echo 'E: no such package'; exit 100")
    program(machine / "bin" / "env", 'shift; exec "$@"')
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert provision.apt_install("chromium") == "E: no such package"


def test_ways_are_tried_in_turn_until_one_leads_there() -> None:
    tried: list[str] = []

    def way(name: str, hindrance: str = ""):
        return lambda: tried.append(name) or hindrance

    trouble = lambda: "" if "b" in tried else "nothing there"  # noqa: E731
    assert provision.provide(trouble, way("a", "refused"), way("b"), way("c")) == ""
    assert tried == ["a", "b"]
    assert provision.provide(lambda: "nothing there", way("a", "refused")) == (
        "nothing there; refused"
    )


@posix_only
@pytest.mark.parametrize(
    ("bwrap", "expected"),
    [
        (None, "no bwrap here (apt install bubblewrap)"),
        ("echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1", "Permission denied"),
    ],
    ids=["not there", "forbidden"],
)
def test_a_sandbox_is_tried(machine: Path, bwrap: str | None, expected: str) -> None:
    """Where user namespaces are forbidden, bubblewrap may be there and of no use."""
    if bwrap:
        program(machine / "bin" / "bwrap", bwrap)
    assert expected in provision.sandbox_trouble()


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_elsewhere_there_is_no_sandbox(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sandbox.sys, "platform", system)
    assert provision.sandbox_trouble() == f"no sandbox on {system}"
