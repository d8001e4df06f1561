"""What a sweep says of its failures, and how precisely it stores a time."""

from pathlib import Path

import pytest

from rnnlib.sweeps import Failure, SweepFailed, read_results
from rnnlib.sweeps._plan import make_plan
from rnnlib.sweeps.results import ResultsFile


@pytest.mark.parametrize(("count", "rest"), [(1, None), (10, None), (11, 1), (25, 15)])
def test_ten_failures_are_listed_and_the_others_counted(count, rest):
    failures = [Failure({"a": k, "seed": 0}, "ValueError: no") for k in range(count)]
    lines = str(SweepFailed(failures, 30, Path("r.csv"), Path("r.log"))).splitlines()
    assert f"{count} of 30 runs failed" in lines[0]
    assert lines[1:11] == [f"  a={k}, seed=0: ValueError: no" for k in range(min(count, 10))]
    assert lines[11:] == ([] if rest is None else [f"  and {rest} more"])


def test_a_runs_time_is_stored_to_a_millisecond(tmp_path):
    plan = make_plan({"a": [1]}, 1, {})
    file = ResultsFile(tmp_path / "r.csv", plan, same_run=False)
    file.append({"a": 1, "seed": 0}, {"loss": 0.5}, 1.23456)
    assert read_results(tmp_path / "r.csv")[0]["seconds"] == 1.235
