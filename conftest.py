"""What holds for every test: its environment, which process runs it, and what is said at the end.

Tests run side by side in processes (pytest-xdist), a file in one of them; what takes longest is
begun first. A test is skipped only for want of something that cannot be had on this machine: the
last line names it. In CI on Linux everything can be had, and a skip is a failure.
"""

import os
import re
import sys
from collections import Counter

import pytest

# One BLAS thread for each process, also in the kernels and the programs that tests start.
for _name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"
# What a program that a test starts would obey, and its test does not expect.
for _name in (
    "COLUMNS COURSE_REPOSITORY COURSE_SITE FORCE_COLOR MPLBACKEND PYTEST_ADDOPTS PYTHONIOENCODING "
    "PYTHONWARNINGS PY_COLORS"
).split():
    os.environ.pop(_name, None)
# Seconds of the groups of tests that take longest, of which the longest is begun first.
LONGEST: dict[str, int] = {
    "tests/site/test_build.py": 60,
    "tests/site/test_pages.py[in the light on a desk]": 60,
    "tests/site/test_pages.py[in the dark on a phone]": 60,
    "tests/coursework/test_sets.py": 50,
    "tests/coursework/test_nbgrader.py": 46,
    "tests/coursework/test_hostile.py": 40,
    "tests/coursework/test_runs.py": 30,
    "tests/site/test_explorers.py": 30,
    "tests/site/test_explorers_by_hand.py": 60,
    "tests/site/test_firefox.py": 40,
    "tests/site/test_pdf.py": 30,
    "tests/site/test_predictions.py": 30,
    "tests/site/test_reading.py": 30,
    "tests/chapters/test_notebooks_can_fail.py": 20,
    "tests/test_code_style.py": 20,
}
DIVIDED = re.compile(r"::.*(\[in the [^]]*\])$")


def group(nodeid: str) -> str:
    """Return what runs in one process with a test: its file, or one look at all pages."""
    file, _, _ = nodeid.partition("::")
    look = DIVIDED.search(nodeid)
    return file + (look[1] if look else "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first, and each group together."""
    items.sort(key=lambda item: -LONGEST.get(group(item.nodeid), 0))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Deal out groups in this order: the cells of a notebook, too, are no use one by one."""
    from xdist.scheduler import LoadFileScheduling

    class ByGroup(LoadFileScheduling):
        _split_scope = staticmethod(group)

    config.option.loadscopereorder = False
    return ByGroup(config, log)


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
        parts = [f"{reason} ({count} skipped)" for reason, count in found.items()]
        print(f"Not tested on this machine: {'; '.join(parts)}")
