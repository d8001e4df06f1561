"""A process of the student's own: bubblewrap, rlimits and seccomp on Linux, or nothing at all.

Inside there is no network, no file but the system's libraries, Python's and rnnlib's (read-only), a
small folder in memory that is gone afterwards, no other process, and no right to anything. What is
not mounted cannot be read: tests, sources, other submissions, grades.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rnnlib
from coursework.grader import seccomp

HERE = Path(__file__).resolve().parent
FIRST_USER, NOBODY = 61184, 65534  # between them, systemd has users that come and go
HIDDEN = [HERE.parent / "source", HERE.parent / "grades"]
PROBE_SECONDS = 60
SYSTEM = ("/bin", "/lib", "/lib64", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/local/lib")
SYSTEM += ("/etc/alternatives", "/etc/ld.so.cache")  # where Debian's numpy looks for its BLAS
MEGABYTE = 2**20


class SandboxUnavailable(RuntimeError):
    """There is no way on this machine to keep a student's code apart."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times are those of the clock, in seconds.

    An honest answer takes a thousandth of them; they are far enough away that a machine under load
    gives the same points.
    """

    cell_seconds: float = 20
    call_seconds: float = 10
    test_seconds: float = 30  # all calls of one test
    notebook_seconds: float = 120  # all cells but the answers; beyond it, only what they define
    again_seconds: float = 240  # all cells that are run again after Python has ended
    cpu_seconds: int = 300  # should nobody be left to look at the clock
    memory: int = 1024 * MEGABYTE
    threads: int = 8
    disk: int = 32 * MEGABYTE  # a folder in memory
    answer: int = 16 * MEGABYTE
    restarts: int = 16  # of the sandbox, after the student's code has ended it

    def of_process(self) -> dict[str, int]:
        """Return the rlimits by name."""
        return {
            "RLIMIT_AS": self.memory,
            "RLIMIT_CPU": self.cpu_seconds,
            "RLIMIT_NPROC": self.threads,
            "RLIMIT_FSIZE": self.disk,
            "RLIMIT_CORE": 0,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_NOFILE": 128,
        }


ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": "/course",
}
PROBE = """
import os, sys, numpy, rnnlib
if seen := [path for path in sys.argv[1:] if os.path.exists(path)]:
    sys.exit(f"it can see {seen[0]}; move the course elsewhere")
"""


def bubblewrap(limits: Limits) -> list[str]:
    """Return the command line up to the program to be run; its file 0 is the filter's.

    Root's processes are exempt from a limit on their number, so root's student becomes somebody
    without a name after the mounts are made; for others a user namespace does both. There is no
    /proc, in which bubblewrap's own process could be read and written to.
    """
    command = ["bwrap", "--die-with-parent", "--new-session", "--clearenv", "--chdir", "/tmp"]
    command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    command += ["--unshare-cgroup-try", "--hostname", "sandbox"]
    as_root = os.geteuid() == 0
    if not as_root:
        command += ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    command += mounts(limits)
    if as_root:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            command += ["--cap-add", capability]
        # one for each sandbox, since the kernel counts threads by user
        user = FIRST_USER + threading.get_native_id() % (NOBODY - FIRST_USER)
        command += ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        command += ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    return command


def mounts(limits: Limits) -> list[str]:
    """Return what the sandbox sees of the disk; everything but /tmp read-only.

    Of a prefix that is only what Python needs: a course may be kept in /usr/src, and nbgrader keeps
    what students hand in under /usr/local/share.
    """
    shown = {Path("/course/rnnlib"): Path(rnnlib.__file__).parent}
    shown |= {Path("/course", name): HERE / name for name in ("magics.py", "wire.py", "worker.py")}
    for prefix in {sys.base_prefix, sys.prefix}:
        for name in ("bin", "lib", "lib64", "pyvenv.cfg"):
            if (path := Path(prefix, name)).exists():
                shown[path] = path
    options = ["--dev", "/dev", "--perms", "1777", "--size", str(limits.disk), "--tmpfs", "/tmp"]
    shown = {inside: path for inside, path in shown.items() if str(inside) not in SYSTEM}
    insides = [*shown, *map(Path, SYSTEM)]
    for parent in sorted({parent for inside in insides for parent in inside.parents[:-1]}):
        options += ["--perms", "0755", "--dir", str(parent)]  # bwrap's own would be 0700
    for folder in SYSTEM:
        options += ["--ro-bind-try", folder, folder]
    for inside, outside in sorted(shown.items()):
        options += ["--ro-bind", str(outside), str(inside)]
    return [*options, "--remount-ro", "/", "--remount-ro", "/dev"]


def run_inside(limits: Limits, program: list[str], **pipes: Any) -> subprocess.Popen[bytes]:
    """Start a program in the sandbox; it takes nothing along from here, the environment neither."""
    end, beginning = os.pipe()
    try:
        os.write(beginning, seccomp.program())
        os.close(beginning)
        command = bubblewrap(limits)
        command[1:1] = ["--seccomp", str(end)]
        return subprocess.Popen(
            [*command, *program],
            env={"PATH": os.environ.get("PATH", os.defpath)},
            pass_fds=[end],
            start_new_session=True,  # Ctrl-C is for the grader
            **pipes,
        )
    finally:
        os.close(end)


def start(limits: Limits, unsafe: bool = False) -> subprocess.Popen[bytes]:
    """Start a worker; with `unsafe`, as an ordinary process without any limit."""
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
    }
    if not unsafe:
        rlimits = json.dumps(limits.of_process())
        return run_inside(limits, [sys.executable, "/course/worker.py", rlimits], **pipes)
    own = {name: value for name, value in ENVIRONMENT.items() if name.startswith(("O", "MPLB"))}
    path = os.pathsep.join([str(HERE), str(Path(rnnlib.__file__).parent.parent)])
    return subprocess.Popen(
        [sys.executable, str(HERE / "worker.py"), "{}"],
        env={**os.environ, **own, "PYTHONPATH": path},
        start_new_session=True,
        **pipes,
    )


def check_available(limits: Limits) -> None:
    """Raise SandboxUnavailable, saying why, unless Python and numpy start inside."""
    advice = "grade on Linux with bubblewrap, or use --unsafe for submissions that you trust"
    if not sys.platform.startswith("linux"):
        raise SandboxUnavailable(f"no sandbox on {sys.platform}: {advice}")
    if not shutil.which("bwrap"):
        raise SandboxUnavailable(f"no bwrap here (apt install bubblewrap): {advice}")
    probe = [sys.executable, "-c", PROBE, *map(str, HIDDEN)]
    pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    try:
        with run_inside(limits, probe, stdin=subprocess.DEVNULL, **pipes) as process:
            try:
                _, errors = process.communicate(timeout=PROBE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise SandboxUnavailable(f"bwrap did not end: {advice}") from None
    except RuntimeError as error:
        raise SandboxUnavailable(f"{error}: {advice}") from None
    if process.returncode:
        lines = errors.decode(errors="replace").strip().splitlines()[-1:]
        why = lines[0] if lines else f"exit status {process.returncode}"
        raise SandboxUnavailable(f"bwrap failed ({why}): {advice}")
