"""What code in the sandbox can see and do, and what is said where there is no sandbox."""

import os
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from coursework.grade import grade
from coursework.grader import sandbox, seccomp
from coursework.grader.memory import small_memory
from coursework.grader.sandbox import Limits, SandboxUnavailable, check_available
from coursework.grader.session import Session
from tests.coursework import DISK, PATIENT, TOY, cells, graded
from tools.equations import ROOT

TRY = """
def tried(what, *names):
    \"\"\"Return what an expression gives, or the error's name.\"\"\"
    import ctypes, glob, os, socket
    try:
        return str(eval(what))
    except BaseException as error:
        return type(error).__name__
"""


@pytest.fixture(scope="module")
def inside():
    """Return a function that evaluates an expression in the sandbox."""
    os.environ["GRADERS_SECRET"] = "sesame"
    session = Session(partial(sandbox.start, PATIENT), PATIENT)
    try:
        assert session.run_cell("code cell 1", TRY) is None
        yield lambda what: session.call("tried", (what,), {})
    finally:
        session.close()
        del os.environ["GRADERS_SECRET"]


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "tests",
        ROOT / "coursework",
        ROOT / "coursework" / "grader" / "marking.py",
        ROOT / ".git",
        Path(os.environ.get("HOME", "/root"), ".bashrc"),
        Path("/etc/passwd"),
        Path("/etc/shadow"),
        Path("/proc/self"),  # where bubblewrap's own process would be as 1
        Path("/sys/kernel"),
        Path("/run"),
        Path("/usr/local/share"),  # nbgrader's exchange: what other students have handed in
        Path("/usr/src"),
        Path("/usr/share"),
    ],
    ids=str,
)
def test_what_is_not_there(inside, path):
    assert inside(f"os.path.lexists({str(path)!r})") == "False"


def test_submissions_and_results_are_not_there(inside, tmp_path):
    (tmp_path / "1002.ipynb").write_text("{}")
    assert inside(f"os.path.lexists({str(tmp_path)!r})") == "False"
    pythons = [Path(prefix) for prefix in (sys.prefix, sys.base_prefix)]  # of a course in /tmp
    own = sorted({path.parts[2] for path in pythons if path.is_relative_to("/tmp")})
    assert inside("sorted(os.listdir('/tmp'))") == str(own)
    assert (
        inside("sorted(os.listdir('/course'))") == "['magics.py', 'rnnlib', 'wire.py', 'worker.py']"
    )


def test_neither_environment_nor_files_are_handed_down(inside):
    assert "sesame" not in inside("dict(os.environ)")
    assert inside("sorted(os.environ)") == str(sorted([*sandbox.ENVIRONMENT, "PWD"]))
    opened = "sum(tried(f'os.fstat({n})') != 'OSError' for n in range(128))"
    assert inside(opened) == "5"  # the standard ones, which lead nowhere, and two pipes


@pytest.mark.parametrize(
    "folder",
    ["/", "/course", "/course/rnnlib", "/dev", "/dev/shm", "/usr/lib", sys.prefix],
    ids=str,
)
def test_nothing_can_be_written_but_to_tmp(inside, folder):
    assert inside(f"open({folder + '/new'!r}, 'w')") in ("OSError", "PermissionError")


def test_tmp_is_its_own_and_small(inside):
    assert inside("open('/tmp/a', 'w').write('x')") == "1"
    assert not Path("/tmp/a").exists() or Path("/tmp/a").read_text() != "x"
    size = "os.statvfs('/tmp').f_blocks * os.statvfs('/tmp').f_frsize"
    assert inside(size) == str(DISK)


SYSTEM_CALLS = {
    "a network": "socket.create_connection(('127.0.0.1', 22), 1)",
    "a name server": "socket.getaddrinfo('example.org', 80)",
    "a socket of the system's": "socket.socket(socket.AF_UNIX)",
    "a process": "os.fork()",
    "a process without memory": "os.posix_spawn('/bin/true', ['true'], {})",
    "a program": "__import__('subprocess').run(['/usr/bin/env'])",
    "the limits": "__import__('resource').setrlimit(__import__('resource').RLIMIT_AS, (-1, -1))",
    "another user": "os.setuid(0)",
    "a root of its own": "os.chroot('/tmp')",
    "a device": "os.mknod('/tmp/disk', 0o60600, os.makedev(8, 0))",
}


@pytest.mark.parametrize("what", SYSTEM_CALLS.values(), ids=SYSTEM_CALLS)
def test_what_the_system_refuses(inside, what):
    assert inside(what) in ("PermissionError", "OSError", "gaierror", "ValueError")


LIBC = {
    "user namespaces": "unshare(0x10000000)",
    "mounts": "mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "shared memory": "shmget(0, 2**20, 0o1600)",
    "files in memory": "memfd_create(b'x', 0)",
    "tracing the sandbox": "ptrace(16, 1, 0, 0)",
    "keys of the teacher's session": "syscall(250, 11, -3)",
    "io_uring": "syscall(425, 1, 0)",
    "new mounts": "syscall(430, b'tmpfs', 0)",
    "clone3": "syscall(435, 0, 0)",
}


@pytest.mark.parametrize("call", LIBC.values(), ids=LIBC)
def test_system_calls_that_are_denied(inside, call):
    assert inside(f"ctypes.CDLL(None).{call}") == "-1"


def test_no_process_but_its_own(inside):
    assert inside("os.getpid()") == "2"
    assert inside("os.kill(1, 9)") in ("None", "PermissionError")  # 1 takes no signal from inside
    assert inside("os.kill(-1, 9)") in ("None", "ProcessLookupError")
    assert inside("1 + 1") == "2"


@pytest.mark.usefixtures("needs_sandbox")
def test_the_filter_is_for_known_processors_only(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "vax")
    with pytest.raises(RuntimeError, match="processor of type vax"):
        seccomp.program()
    with pytest.raises(SandboxUnavailable, match=r"processor of type vax.*--unsafe"):
        check_available(Limits())


def test_the_filter_is_whole_for_each_processor(monkeypatch):
    assert seccomp.DENIED.keys() == seccomp.ARCHITECTURES.keys() == seccomp.CLONE.keys()
    for machine in seccomp.ARCHITECTURES:
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        steps = len(seccomp.program()) // 8
        assert steps == 11 + 2 * len(seccomp.DENIED[machine])


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_no_sandbox_on_other_systems(monkeypatch, tmp_path, system):
    monkeypatch.setattr(sys, "platform", system)
    with pytest.raises(SandboxUnavailable, match=f"no sandbox on {system}.*--unsafe"):
        grade(TOY, [], tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_no_bubblewrap(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match=r"apt install bubblewrap.*--unsafe"):
        grade(TOY, [], tmp_path / "out", progress=False)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'bwrap: No permissions to create new namespace' >&2; exit 1", "No permissions"),
        ("exit 3", "exit status 3"),
        ("exec sleep 60", "did not end"),
    ],
)
def test_bubblewrap_that_does_not_work(monkeypatch, tmp_path, script, why):
    (tmp_path / "bwrap").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(sandbox, "PROBE_SECONDS", 1)
    with pytest.raises(SandboxUnavailable, match=f"{why}.*--unsafe"):
        check_available(Limits())


@pytest.mark.usefixtures("needs_sandbox")
def test_a_course_that_the_sandbox_would_show(monkeypatch):
    monkeypatch.setattr(sandbox, "HIDDEN", [Path(sys.prefix, "lib")])
    with pytest.raises(SandboxUnavailable, match=r"it can see .*lib; move the course elsewhere"):
        check_available(Limits())


def test_a_machine_that_fails_on_the_way_costs_no_points(monkeypatch):
    """The worker ended in the test, and no other starts."""
    starts = iter([sandbox.start])

    def start(limits, unsafe):
        real = next(starts, None)
        if real is None:
            return sandbox.run_inside(limits, ["/bin/false"], stdin=-1, stdout=-1)
        return real(limits, unsafe)

    monkeypatch.setattr("coursework.grader.marking.sandbox.start", start)
    own = cells(ex1="import os\n\n\ndef double(x):\n    os._exit(0)\n")
    with pytest.raises(SandboxUnavailable, match="a worker did not start"):
        graded(own)


def test_the_graders_own_memory_is_bounded_while_it_looks_at_an_answer():
    resource = pytest.importorskip("resource", reason="limits of memory, which Windows has not")

    def limit():
        return resource.getrlimit(resource.RLIMIT_AS)

    before = limit()
    with small_memory():
        with pytest.raises(MemoryError):
            np.empty(3 * 2**30, dtype="u1")
        with small_memory():  # as another thread would
            pass
        with pytest.raises(MemoryError):
            np.empty(3 * 2**30, dtype="u1")
    assert limit() == before
    assert np.empty(3 * 2**30, dtype="u1").nbytes == 3 * 2**30
