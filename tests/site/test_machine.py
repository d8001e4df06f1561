"""Trouble with the machine: who interrupts, what cannot be written, which Python it is."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.site.books import BUILD, Book


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("waited for two minutes")


def processes_in(folder: Path) -> list[psutil.Process]:
    """List what runs in a folder: the build, its kernels, Node."""

    def inside(process: psutil.Process) -> bool:
        try:
            return Path(process.cwd()).is_relative_to(folder)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError):
            return False

    return [process for process in psutil.process_iter() if inside(process)]


def hear_signals() -> None:
    """Do not inherit deafness: what a shell runs in the background ignores Ctrl-C."""
    for name in ("SIGINT", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


@pytest.fixture
def waiting(book: Book) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start a build that waits in a chapter's cell until the file `go` is there."""
    book.write(
        cells=(
            "import pathlib, time\n\npathlib.Path('reached').touch()\n"
            "while not pathlib.Path('go').exists():\n    time.sleep(0.1)",
        )
    )
    reached, started = book.root / "chapters" / "reached", []

    def start() -> subprocess.Popen[str]:
        reached.unlink(missing_ok=True)
        build = subprocess.Popen(
            BUILD,
            cwd=book.root,
            env=book.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
            preexec_fn=None if os.name == "nt" else hear_signals,
        )
        started.append(build)
        wait_for(reached.exists)
        return build

    yield start
    for build in started:
        build.kill()
        build.communicate()


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals on Windows")
def test_a_build_that_is_ended_leaves_no_process_and_the_next_one_works(
    book: Book, waiting: Callable[[], subprocess.Popen[str]]
) -> None:
    before = book.digest()
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP):
        build = waiting()
        assert len(processes_in(book.root)) >= 2
        os.killpg(build.pid, how) if how == signal.SIGINT else build.send_signal(how)
        printed, _ = build.communicate(timeout=120)
        assert build.returncode != 0
        if how == signal.SIGINT:
            assert "The book was not built: it was interrupted." in printed
            assert "Traceback" not in printed
        wait_for(lambda: not processes_in(book.root))
        assert book.digest() == before
    (book.root / "chapters" / "go").touch()
    book.build()


def test_of_two_builds_the_second_waits(
    book: Book, waiting: Callable[[], subprocess.Popen[str]]
) -> None:
    first = waiting()
    second = subprocess.Popen(
        BUILD, cwd=book.root, env=book.variables(), stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert second.stdout is not None
    assert "Another build of this book is running" in second.stdout.readline()
    (book.root / "chapters" / "go").touch()
    assert "The book was built" in first.communicate(timeout=120)[0]
    second.communicate(timeout=120)
    assert (first.returncode, second.returncode) == (0, 0)


def in_own_mounts(script: str) -> tuple[str, ...]:
    """Return a command's beginning that mounts something first, where that is allowed."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"]).returncode:
        pytest.skip("mounting needs Linux and its administrator")
    return ("unshare", "-m", "sh", "-c", f'{script} && exec "$@"', "_")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ('mount --bind "$PWD" "$PWD" && mount -o remount,ro,bind "$PWD" && cd "$PWD"', "copy it"),
        ("mount -t tmpfs -o size=64k tmpfs _build/work", "the disk is full"),
        ("mount -t tmpfs -o size=2m tmpfs _build/work", "the disk is full"),
    ],
)
def test_a_disk_that_cannot_be_written_is_said_in_a_sentence(
    book: Book, script: str, message: str
) -> None:
    before = book.digest()
    result = book.try_build(*in_own_mounts(script))
    assert result.returncode == 1, result.stdout + result.stderr
    assert message in result.stdout
    assert "previous site is still" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert book.digest() == before


def test_a_python_without_the_packages_is_told_what_to_do(book: Book, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    bare = tmp_path / "bare" / ("Scripts" if os.name == "nt" else "bin") / "python"
    result = book.try_build(python=str(bare))
    assert result.returncode == 1
    assert "pip install -r requirements.txt -c constraints.txt" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def test_an_old_python_is_refused(book: Book) -> None:
    script = "import sys; sys.version_info = (3, 10); import tools.book"
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, cwd=book.root, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("Python 3.11 or newer is needed; this is Python 3.")
