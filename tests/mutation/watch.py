"""A plugin for pytest: which lines of rnnlib each test runs, and how long each test takes.

Into `_build/mutation`: a file of coverage's for each process, and `seconds.json`.
"""

import json
from pathlib import Path

from coverage import Coverage

WORK = Path(__file__).resolve().parents[2] / "_build" / "mutation"
SECONDS: dict[str, float] = {}
COVERAGE = Coverage(data_file=str(WORK / "coverage"), data_suffix=True, source=["rnnlib"])
COVERAGE.start()  # before anything imports rnnlib: lines that run then are of no test


def pytest_runtest_logstart(nodeid):
    COVERAGE.switch_context(nodeid)


def pytest_runtest_logfinish():
    COVERAGE.switch_context("")


def pytest_runtest_logreport(report):
    SECONDS[report.nodeid] = SECONDS.get(report.nodeid, 0.0) + report.duration


def pytest_sessionfinish(session):
    COVERAGE.stop()
    if hasattr(session.config, "workerinput"):  # one of the processes that run the tests
        COVERAGE.save()
    else:  # the one that hears of all
        (WORK / "seconds.json").write_text(json.dumps(SECONDS))
