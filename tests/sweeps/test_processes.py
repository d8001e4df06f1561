"""Sweeps in several processes: the same results, and what becomes of them when processes die."""

import contextlib
import os
import re
import signal
import subprocess
import sys

import pytest

from rnnlib.sweeps import SweepFailed, read_results, sweep
from tests.sweeps import runs
from tests.sweeps.test_sweeping import numbers, quietly
from tools.equations import ROOT

GRID = {"a": [0, 1, 2]}
has_signals = pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="processes ended by signals, which Windows has not"
)
CALL = """
import sys
from rnnlib.sweeps import sweep
from tests.sweeps.runs import RUN
sweep(RUN, {"a": [0, 1, 2, 3]}, seeds=5, path=sys.argv[1], jobs=2,
      settings={"folder": sys.argv[2], OTHERS})
"""
THREADS = """
import sys
import numpy
from rnnlib.sweeps import sweep
from tests.sweeps.runs import blas_threads
path, jobs = sys.argv[1], int(sys.argv[2])
for row in sweep(blas_threads, {"a": [0, 1]}, seeds=2, path=path, jobs=jobs, progress=False):
    assert row["pools"] >= 1
    print(row["threads"])
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.csv"


def test_results_do_not_depend_on_the_number_of_workers(tmp_path):
    grid = {"size": [3, 200]}
    rows = [
        numbers(quietly(runs.trained, grid, seeds=3, path=tmp_path / f"{n}.csv", jobs=n))
        for n in (1, 2, 3)
    ]
    assert rows[0] == rows[1] == rows[2]


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_blas_thread_for_each_process(path, jobs):
    """Also where nobody has set OMP_NUM_THREADS."""
    free = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", THREADS, str(path), str(jobs)]
    done = subprocess.run(command, cwd=ROOT, env=free, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"] * 4


def test_a_notebooks_function_reaches_the_workers(path):
    factor = 3
    rows = quietly(lambda a, seed: {"value": factor * a}, GRID, seeds=1, path=path, jobs=2)
    assert [row["value"] for row in rows] == [0, 3, 6]


@has_signals
def test_a_killed_worker_loses_no_result(path, tmp_path):
    settings = {"folder": str(tmp_path), "results": str(path)}
    run = runs.kills_its_worker_once
    rows = quietly(run, GRID, seeds=4, path=path, jobs=2, settings=settings)
    assert [row["value"] for row in rows] == [10 * a + seed for a in range(3) for seed in range(4)]
    again = {name: count for name, count in runs.starts(tmp_path).items() if count > 1}
    beside = (tmp_path / "other").read_text()
    assert again == {"1-1": 2, beside: 2}


def test_a_run_that_always_kills_its_worker_is_given_up(path, tmp_path):
    settings = {"folder": str(tmp_path), "wait": 0.1}
    run = runs.kills_its_worker_always
    with pytest.raises(SweepFailed, match=r"1 of 9 runs failed") as caught:
        quietly(run, GRID, seeds=3, path=path, jobs=2, settings=settings)
    assert [failure.run for failure in caught.value.failures] == [{"a": 1, "seed": 1}]
    assert "died, three times: TerminatedWorkerError" in str(caught.value)
    assert len(read_results(path, complete=False)) == 8
    assert runs.starts(tmp_path)["1-1"] == 3


def interrupted(path, folder, number):
    """Start a sweep of 20 runs, end it while two of them are held up, return its lines."""
    call = CALL.replace("RUN", "held").replace("OTHERS", "")
    command = [sys.executable, "-c", call, str(path), str(folder)]
    with open(folder / "stderr", "w+") as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stderr=errors,
            start_new_session=True,
            # a shell's background job, as CI may run this in, ignores Ctrl-C and bequeaths that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        runs.wait_until(lambda: runs.stored(path) == 5 and sum(runs.starts(folder).values()) == 7)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as Ctrl-C does
        else:
            process.kill()
        code = process.wait(timeout=60)
        kept = path.read_text().splitlines()
        with contextlib.suppress(ProcessLookupError):  # workers that have lost their parent
            os.killpg(process.pid, signal.SIGKILL)
        errors.seek(0)
        return code, errors.read(), kept


@has_signals
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"], ids=["Ctrl-C", "kill -9"])
def test_an_interrupted_sweep_goes_on_where_it_was(path, tmp_path, name):
    number = getattr(signal, name)
    code, errors, kept = interrupted(path, tmp_path, number)
    assert code == -signal.SIGKILL if number == signal.SIGKILL else "KeyboardInterrupt" in errors
    assert len(kept) == 2 + 5
    (tmp_path / "go").touch()
    settings = {"folder": str(tmp_path)}
    grid = {"a": [0, 1, 2, 3]}
    rows = quietly(runs.held, grid, seeds=5, path=path, settings=settings, jobs=2)
    assert path.read_text().splitlines()[: len(kept)] == kept
    assert [row["value"] for row in rows] == [10 * a + seed for a in range(4) for seed in range(5)]
    again = sorted(runs.starts(tmp_path).values())
    assert again == [1] * 18 + [2, 2]


LONG = """
import sys
from rnnlib.sweeps import sweep
from tests.sweeps.runs import marked
sweep(marked, {"a": [0, 1]}, seeds=1, path=sys.argv[1], jobs=2, progress=False,
      settings={"folder": sys.argv[2], "wait": float(sys.argv[3])})
"""


def is_alive(pid):
    """Whether a process runs; one that has ended and that nobody has asked for does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="looks into /proc")
@pytest.mark.parametrize("wait", [0.0, 600.0], ids=["idle", "busy"])
def test_workers_end_with_a_parent_that_is_killed(path, tmp_path, wait):
    """Busy ones within a run, idle ones that wait for more."""
    code = LONG if wait else LONG + "import time; time.sleep(600)"
    command = [sys.executable, "-c", code, str(path), str(tmp_path), str(wait)]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as process:
        try:
            runs.wait_until(  # until two marks are written, and not only begun
                lambda: sum(runs.starts(tmp_path).values()) == 2 and (wait or path.exists())
            )
            workers = {int(mark.read_text()) for mark in tmp_path.glob("?-?")}
            assert process.pid not in workers and all(map(is_alive, workers))
            process.kill()
            process.wait()
            runs.wait_until(lambda: not any(map(is_alive, workers)))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_progress_shows_the_time_left(path, tmp_path):
    call = CALL.replace("RUN", "marked").replace("OTHERS", "'wait': 0.05")
    command = [sys.executable, "-c", call, str(path), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    # runs made of all, time spent and time left
    assert re.search(r"\b1?\d/20 \[\d\d:\d\d<\d\d:\d\d, ", done.stderr)


def test_reading_needs_no_joblib(path):
    sweep(runs.product, {"a": [1], "b": ["x"]}, seeds=1, path=path, progress=False)
    code = (
        "import sys; from rnnlib.sweeps.sweeping import read_results; read_results(sys.argv[1]); "
        "print({'joblib', 'cloudpickle', 'threadpoolctl', 'tqdm'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
