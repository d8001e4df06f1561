"""Find what the tests use beside Python, and fetch what is missing where that may be done.

`python -m tools.provision`, which `make test` runs first, looks for two browsers and for the
grader's sandbox. Chromium is downloaded by Playwright, or else installed by apt; Firefox and
bubblewrap are installed by apt; apt is for root, and for those who may `sudo` without a password.
What cannot be had is told in a sentence, and the tests that need it are skipped.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from coursework.grader.sandbox import Limits, SandboxUnavailable, check_available
from tools.node import NODE

PATIENCE = 600  # seconds for a download or an installation
NAMES = (
    "chromium chromium-browser google-chrome google-chrome-stable chrome "
    "microsoft-edge microsoft-edge-stable msedge"
).split()
# Below the folders for programs of macOS and Windows, and below Playwright's own.
PLACES = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-win*/chrome.exe",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)


def use_own_node() -> None:
    """Let Playwright run on the environment's Node: its own needs libatomic of the system."""
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(NODE))


def program_folders() -> Iterator[Path]:
    """Yield where programs lie that are not on the PATH."""
    for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if name in os.environ:
            yield Path(os.environ[name])
    home = Path.home()
    yield from (Path("/Applications"), home / "Applications")
    if "PLAYWRIGHT_BROWSERS_PATH" in os.environ:
        yield Path(os.environ["PLAYWRIGHT_BROWSERS_PATH"])
    for cache in (".cache", "Library/Caches", "AppData/Local"):
        yield home / cache / "ms-playwright"


def browsers() -> Iterator[Path]:
    """Yield each Chromium, Chrome or Edge of this machine: those on the PATH come first."""
    yield from (Path(path) for name in NAMES if (path := shutil.which(name)))
    for folder in program_folders():
        for place in PLACES:
            yield from (path for path in sorted(folder.glob(place)) if path.is_file())


def runs(browser: Path) -> bool:
    """Say whether a browser starts: a library may be missing, and Ubuntu has empty shells of it."""
    if not sys.platform.startswith("linux"):
        return True  # elsewhere it comes whole, and --version would open a window on Windows
    command = [browser, "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def find_browser() -> Path | None:
    """Return a browser that starts, if there is one."""
    return next(filter(runs, browsers()), None)


def browser_trouble() -> str:
    """Say why no page can be looked at; nothing if it can."""
    return "" if find_browser() else "no Chromium, Chrome or Edge that starts"


def find_firefox() -> Path | None:
    """Return a Firefox that starts, by either name, if there is one."""
    found = (Path(path) for name in ("firefox-esr", "firefox") if (path := shutil.which(name)))
    return next(filter(runs, found), None)


def firefox_trouble() -> str:
    """Say why no page can be looked at in Firefox; nothing if it can."""
    return "" if find_firefox() else "no Firefox that starts"


def sandbox_trouble() -> str:
    """Say why the grader's sandbox cannot be used, having tried it; nothing if it can."""
    try:
        check_available(Limits())
    except SandboxUnavailable as error:
        return str(error).partition(": grade on")[0]
    return ""


def attempt(*command: str | Path) -> str:
    """Run a command; return its last words if it failed."""
    print(f"$ {' '.join(map(str, command))}", flush=True)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    errors = [line for line in said if line.startswith(("E:", "Error"))]
    return [f"exit status {done.returncode}", *said[-1:], *errors][-1]


def download_browser() -> str:
    """Fetch Playwright's own browser; return what stood in the way."""
    use_own_node()
    return attempt(sys.executable, "-m", "playwright", "install", "chromium")


def apt_install(package: str) -> str:
    """Install a package of Debian's or Ubuntu's where that may be done; return what hindered."""
    if not shutil.which("apt-get"):
        return "there is no apt here"
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and (not shutil.which("sudo") or attempt("sudo", "-n", "true")):
        return f"`apt install {package}` is for root"
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    install = [*apt, "install", "-y", "--no-install-recommends", package]
    return attempt(*apt, "update") or attempt(*install)


def provide(trouble: Callable[[], str], *ways: Callable[[], str]) -> str:
    """Try one way after the other until there is no trouble; return what is left of it."""
    hindrances = []
    for way in ways:
        if not trouble():
            break
        if hindrance := way():
            hindrances.append(hindrance)
    left = trouble()
    return "; ".join([left, *hindrances]) if left else ""


def main() -> None:
    """Look for everything and say what is not to be had."""
    lacking = [provide(browser_trouble, download_browser, lambda: apt_install("chromium"))]
    if sys.platform.startswith("linux"):
        ways = [] if shutil.which("bwrap") else [lambda: apt_install("bubblewrap")]
        lacking.append(provide(sandbox_trouble, *ways))
        lacking.append(provide(firefox_trouble, lambda: apt_install("firefox-esr")))
    for trouble in filter(None, lacking):
        print(f"Not everything can be tested on this machine: {trouble}", flush=True)


if __name__ == "__main__":
    main()
