"""A plugin for pytest: how long each test took, into `_build/mutation/seconds.json`."""

import json
from pathlib import Path

SECONDS: dict[str, float] = {}


def pytest_runtest_logreport(report):
    SECONDS[report.nodeid] = SECONDS.get(report.nodeid, 0.0) + report.duration


def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):  # with several workers, the one that hears all
        work = Path(session.config.rootpath) / "_build" / "mutation"
        (work / "seconds.json").write_text(json.dumps(SECONDS))
