"""What holds for every test: its environment, which process runs it, and what is said at the end.

Tests run side by side in processes (pytest-xdist), a file in one of them unless the file says how
it may be divided; what takes longest is begun first. A test is skipped only for want of something
that cannot be had on this machine: the last line names it. In CI on Linux everything can be had,
and a skip is a failure.
"""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
# One BLAS thread for each process, also in the kernels and the programs that tests start.
for _name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"
# What a program that a test starts would obey, and its test does not expect.
for _name in (
    "COLUMNS COURSE_REPOSITORY COURSE_SITE FORCE_COLOR MPLBACKEND PYTEST_ADDOPTS PYTHONIOENCODING "
    "PYTHONWARNINGS PY_COLORS"
).split():
    os.environ.pop(_name, None)
# Seconds by the clock, measured once, of the files that take longest. All others take less.
LONGEST: dict[str, int] = {}


def group(item: pytest.Item) -> str:
    """Return what is to run in one process with a test: its file, or what the file says."""
    mark = item.get_closest_marker("xdist_group")
    return mark.args[0] if mark else item.path.relative_to(ROOT).as_posix()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep groups together, the longest first."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: -LONGEST.get(group(item), 0))


def _unavailable(config: pytest.Config) -> Counter[str]:
    """Count the skipped tests by reason."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    return Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI on Linux, where everything can be installed, let a skipped test fail the run."""
    in_ci = os.environ.get("CI") and sys.platform.startswith("linux")
    if in_ci and session.exitstatus == pytest.ExitCode.OK and _unavailable(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say in the very last line what was not tested, and why."""
    if found := _unavailable(config):
        parts = [f"{count} tests ({reason})" for reason, count in found.items()]
        print(f"Not tested on this machine: {'; '.join(parts)}")
