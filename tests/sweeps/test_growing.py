"""Sweeps that grow: what is new is run, and nothing else."""

import pytest

from rnnlib.sweeps import SweepFailed, read_results
from tests.equations.guards import catches
from tests.sweeps import runs
from tests.sweeps.test_sweeping import counting, expected, numbers, quietly
from tools.equations import Mutant

SMALL = {"a": [1, 2], "b": ["x"]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.csv"


GROWTH = {
    "seeds": (SMALL, 4),
    "seeds in another order": (SMALL, [7, 1, 0]),
    "rates": ({"a": [0, 1, 5, 2], "b": ["x"]}, 2),
    "another name's values": ({"a": [1, 2], "b": ["", "x"]}, 2),
    "both": ({"a": [2, 1, 3], "b": ["x", "y"]}, [3, 0, 1]),
    "names in another order": ({"b": ["x", "y"], "a": [1, 2]}, 2),
    "settings one by one": ([{"b": b, "a": a} for a in (1, 2, 3) for b in "xy"], 3),
    "nothing": (SMALL, 2),
}


def check_growth(path, grid, seeds):
    first = quietly(counting()[0], SMALL, seeds=2, path=path)
    kept = path.read_text().splitlines()[1:]
    run, calls = counting()
    rows = quietly(run, grid, seeds=seeds, path=path)
    listed = range(seeds) if isinstance(seeds, int) else seeds
    if isinstance(grid, dict):
        settings = [(a, b) for a in grid["a"] for b in grid["b"]]
        if [*grid] == ["b", "a"]:
            settings = [(a, b) for b in grid["b"] for a in grid["a"]]
    else:
        settings = [(each["a"], each["b"]) for each in grid]
    order = [(a, b, seed) for a, b in settings for seed in listed]
    assert [(row["a"], row["b"], row["seed"]) for row in rows] == order
    assert all(row["value"] == row["a"] / 3 + row["seed"] for row in rows)
    stored = {(row["a"], row["b"], row["seed"]) for row in first}
    assert sorted(calls) == sorted(set(order) - stored)
    by_key = {(row["a"], row["b"], row["seed"]): row for row in rows}
    for row in first:  # when they were made, and by which version, too
        assert by_key[row["a"], row["b"], row["seed"]] == row
    assert path.read_text().splitlines()[1 : 1 + len(kept)] == kept
    assert read_results(path, grid, seeds=seeds) == rows == read_results(path)
    again, none = counting()
    assert quietly(again, grid, seeds=seeds, path=path) == rows and none == []


@pytest.mark.parametrize("case", GROWTH)
def test_a_sweep_grows(case, path):
    check_growth(path, *GROWTH[case])


def check_refusals(path):
    quietly(runs.product, SMALL, seeds=2, path=path)
    for change in ({"grid": {"a": [1], "b": ["x"]}}, {"settings": {"more": 1}}, {"seeds": [1, 2]}):
        with pytest.raises(ValueError) as refusal:
            quietly(**{"run": runs.product, "grid": SMALL, "seeds": 5, "path": path} | change)
        assert "holds the results of other settings" in str(refusal.value)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("_plan.py", "<= {self.key(run) for run in asked.runs}", "!= set()"),
        ("_plan.py", "self._shown() != asked._shown()", "False"),
        ("results.py", "for row in stored.rows.values()}", "for row in ()}"),
    ],
)
def test_seeded_bugs_are_caught(tmp_path, file, old, new):
    attempt = iter(range(100))

    def check():
        path = tmp_path / f"{next(attempt)}.csv"
        check_refusals(path)
        try:
            check_growth(path.with_suffix(".grown.csv"), *GROWTH["both"])
        except ValueError as error:  # a run that is stored twice cannot be read
            raise AssertionError from error

    def check_with_failures():
        try:
            check()
        except (SweepFailed, pytest.fail.Exception) as error:
            raise AssertionError from error

    catches(check_with_failures, f"rnnlib/sweeps/{file}", Mutant("seeded", old, new))


def test_growing_goes_on_after_an_interruption(path):
    quietly(counting()[0], SMALL, seeds=2, path=path)
    with pytest.raises(KeyboardInterrupt):
        quietly(counting(stop_at=3)[0], SMALL, seeds=5, path=path)
    assert len(read_results(path, complete=False)) == 6
    run, calls = counting()
    rows = quietly(run, SMALL, seeds=5, path=path)
    assert numbers(rows) == expected(SMALL, range(5)) and len(calls) == 4


def test_a_grown_file_cut_anywhere_is_taken_up_again(path):
    quietly(counting()[0], SMALL, seeds=1, path=path)
    quietly(counting()[0], SMALL, seeds=2, path=path)
    whole = path.read_bytes()
    for size in range(0, len(whole), 9):
        path.write_bytes(whole[:size])
        rows = quietly(counting()[0], SMALL, seeds=3, path=path)
        assert numbers(rows) == expected(SMALL, range(3))


def test_what_does_not_grow_is_refused(path):
    quietly(runs.product, SMALL, seeds=2, path=path)
    before = path.read_bytes()
    for change, message in (
        ({"seeds": 1}, r"seeds: stored \[0, 1\], asked \[0\]"),
        ({"seeds": [1, 2, 3]}, r"seeds: stored \[0, 1\], asked \[1, 2, 3\]"),
        ({"grid": {"a": [1.0, 2, 3], "b": ["x"]}}, r"asked \[1.0, 2, 3\]"),
        ({"grid": {"a": [1, 2], "b": ["x"], "c": [0]}}, r"grid\['c'\]: stored nothing"),
        ({"settings": {"rate": 1}, "seeds": 3}, r"settings\['rate'\]: stored nothing, asked 1"),
    ):
        with pytest.raises(ValueError, match=message):
            quietly(**{"run": runs.product, "grid": SMALL, "seeds": 2, "path": path} | change)
    with pytest.raises(ValueError, match="call sweep to add what is new"):
        read_results(path, SMALL, seeds=3)
    assert path.read_bytes() == before
