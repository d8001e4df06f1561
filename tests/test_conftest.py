"""What conftest.py promises of every run: its environment, its last line, its order."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site.test_pages import LOOKS
from tools.equations import ROOT

LAST = (
    "Not tested on this machine: pages in a browser: none here (3 skipped); a fork: no (1 skipped)"
)


def run(folder: Path, *options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run pytest in a folder with this conftest.py and with no other settings."""
    shutil.copy(ROOT / "conftest.py", folder)
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "no:cacheprovider"]
    command += ["-c", os.devnull]
    own = {name: value for name, value in os.environ.items() if name != "CI"}
    own["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the others take a second to load
    return subprocess.run(
        [*command, "--rootdir", str(folder), *options, str(folder)],
        cwd=folder,
        env=own | environment,
        capture_output=True,
        text=True,
        check=False,
    )


PROCESSES = {"here": (), "in two processes": ("-n2",)}


@pytest.mark.parametrize("options", PROCESSES.values(), ids=PROCESSES)
def test_the_last_line_says_what_was_not_tested(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "test_a.py").write_text(
        "import pytest\n\n"
        "def test_good(): pass\n"
        "@pytest.mark.parametrize('n', range(3))\n"
        "def test_pages(n): pytest.skip('pages in a browser: none here')\n"
        "@pytest.mark.skip(reason='a fork: no')\n"
        "def test_fork(): pass\n"
    )
    done = run(tmp_path, *options)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == LAST
    in_ci = run(tmp_path, *options, CI="true")
    assert in_ci.stdout.splitlines()[-1] == LAST
    assert in_ci.returncode == (1 if sys.platform.startswith("linux") else 0)


@pytest.mark.parametrize("options", PROCESSES.values(), ids=PROCESSES)
def test_a_module_that_is_skipped_is_told(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "test_a.py").write_text("def test_good(): pass\n")
    (tmp_path / "test_b.py").write_text(
        "import pytest\npytest.importorskip('no_such', reason='no_such: pip install no_such')\n"
    )
    done = run(tmp_path, *options)
    assert done.returncode == 0, done.stdout
    last = "Not tested on this machine: no_such: pip install no_such (1 skipped)"
    assert done.stdout.splitlines()[-1] == last
    assert run(tmp_path, *options, CI="1").returncode == sys.platform.startswith("linux")


def test_nothing_is_said_where_everything_was_tested(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_good(): pass\n")
    done = run(tmp_path, CI="true")
    assert done.returncode == 0
    assert "Not tested" not in done.stdout


def test_what_tests_start_has_one_blas_thread_and_no_settings_of_the_shell(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import os\n\n"
        "def test_environment():\n"
        "    assert {os.environ[f'{n}_NUM_THREADS'] for n in ('OMP', 'OPENBLAS', 'MKL')} == {'1'}\n"
        "    assert not {'PYTEST_ADDOPTS', 'MPLBACKEND', 'COLUMNS'} & set(os.environ)\n"
    )
    shell = {"OMP_NUM_THREADS": "8", "PYTEST_ADDOPTS": "-q", "MPLBACKEND": "agg", "COLUMNS": "40"}
    done = run(tmp_path, **shell)
    assert done.returncode == 0, done.stdout


NOTING = """
import os
import pytest

@pytest.mark.parametrize("n", range(4))
def test_{name}(n):
    with open("order", "a") as order:
        order.write("{name} " + os.environ.get("PYTEST_XDIST_WORKER", "") + "\\n")
"""


@pytest.fixture
def noting(tmp_path: Path) -> Path:
    """Make three files whose tests note the order and the process that they run in."""
    for name in ("a", "b", "c"):
        (tmp_path / f"test_{name}.py").write_text(NOTING.format(name=name))
    return tmp_path


def test_a_file_stays_in_one_process(noting: Path) -> None:
    done = run(noting, *PROCESSES["in two processes"])
    assert done.returncode == 0, done.stdout
    assert len(set((noting / "order").read_text().splitlines())) == 3


def test_the_longest_is_begun_first(noting: Path) -> None:
    longest = "import conftest\nconftest.LONGEST.update({'test_c.py': 9, 'test_b.py': 1})\n"
    (noting / "test_a.py").write_text(longest + NOTING.format(name="a"))
    assert run(noting).returncode == 0
    order = [line[0] for line in (noting / "order").read_text().splitlines()]
    assert "".join(order) == "ccccbbbbaaaa"


def test_the_longest_are_there() -> None:
    import conftest

    files = [name.partition("[")[0] for name in conftest.LONGEST]
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_a_look_at_the_pages_is_a_group_of_its_own() -> None:
    import conftest

    assert conftest.group("a/test_b.py::test_c[1]") == "a/test_b.py"
    looks = {conftest.group(f"tests/site/test_pages.py::test_c[{look}]") for look in LOOKS}
    assert len(looks) == 2 and looks <= set(conftest.LONGEST)


ELSEWHERE = """
import signal, sys
for name in ("SIGKILL", "SIGHUP", "SIGALRM"):
    delattr(signal, name)
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"resource", "fcntl", "pwd", "grp", "torch", "dask"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Block())
"""


def test_collection_needs_neither_extras_nor_what_windows_lacks(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(ELSEWHERE)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    folders = [f"tests/{name}" for name in ("coursework", "sweeps", "peers")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *folders],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path, "CI": ""},  # where a skip is a failure
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "error" not in done.stdout.splitlines()[-2]
