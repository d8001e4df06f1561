"""Sweeps in this process: what is stored, what is resumed, what is refused."""

import itertools
import re
import threading

import numpy as np
import pytest

from rnnlib.sweeps import SweepFailed, read_results, sweep
from tests.sweeps import runs

GRID = {"a": [1, 2, 3], "b": ["x", "1", ""]}
PROVENANCE = ("seconds", "rnnlib", "date")


def quietly(run, grid, **arguments):
    return sweep(run, grid, progress=False, **arguments)


def numbers(rows):
    """Return rows without what differs from one sweep to the next."""
    return [{k: v for k, v in row.items() if k not in PROVENANCE} for row in rows]


def expected(grid=GRID, seeds=(0, 1)):
    return [
        {"a": a, "b": b, "seed": seed, **runs.product(a, b, seed)}
        for a, b, seed in itertools.product(grid["a"], grid["b"], seeds)
    ]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.csv"


def same_types(rows):
    return [[(name, type(value), value) for name, value in row.items()] for row in rows]


def test_results_come_back_as_they_were(path):
    rows = quietly(runs.product, GRID, seeds=2, path=path)
    assert same_types(numbers(rows)) == same_types(expected())
    assert same_types(read_results(path, GRID, seeds=2)) == same_types(rows)
    assert same_types(read_results(path)) == same_types(rows)
    for row in rows:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", row["date"])
        assert row["rnnlib"] and row["seconds"] >= 0


def test_settings_one_by_one(path):
    settings = [{"a": 1, "b": "x"}, {"b": "y", "a": 0}]
    rows = quietly(runs.product, settings, seeds=[5, 3], path=path)
    order = [(1, "x", 5), (1, "x", 3), (0, "y", 5), (0, "y", 3)]
    assert [(row["a"], row["b"], row["seed"]) for row in rows] == order


def test_seeds_alone(path):
    rows = quietly(lambda seed: {"value": seed}, {}, seeds=3, path=path)
    assert numbers(rows) == [{"seed": seed, "value": seed} for seed in range(3)]


def test_a_grid_and_its_settings_are_the_same_sweep(path):
    rows = quietly(runs.product, GRID, seeds=2, path=path)
    settings = [{"a": a, "b": b} for a in GRID["a"] for b in GRID["b"]]
    assert read_results(path, settings, seeds=[0, 1]) == rows


def test_numpy_numbers_are_plain_ones(path):
    def run(size, seed):
        return {"a": np.float64(0.1), "b": np.bool_(True), "c": np.int64(3), "d": np.float32(0.5)}

    row = quietly(run, {"size": np.array([2])}, seeds=1, path=path)[0]
    assert [type(row[name]) for name in ("size", *"abcd")] == [int, float, bool, int, float]
    assert quietly(run, {"size": [2]}, seeds=1, path=path) == [row]


def counting(stop_at=None):
    """Return a run that counts its calls, and is interrupted at one of them."""
    calls = []

    class Count:
        def __call__(self, a, b, seed):
            calls.append((a, b, seed))
            if len(calls) == self.stop_at:
                raise KeyboardInterrupt
            return runs.product(a, b, seed)

        def __reduce__(self):  # it stays in this process; only the check sends it
            return (Count, ())

    Count.stop_at = stop_at  # no part of the source: an interruption is no other function
    return Count(), calls


@pytest.mark.parametrize("stop_at", [1, 2, 10, 18])
def test_resumes_where_it_was_interrupted(path, stop_at):
    first, done = counting(stop_at)
    with pytest.raises(KeyboardInterrupt):
        quietly(first, GRID, seeds=2, path=path)
    second, rest = counting()
    assert numbers(quietly(second, GRID, seeds=2, path=path)) == expected()
    assert len(rest) == 18 - (stop_at - 1) and not set(rest) & set(done[:-1])
    third, nothing = counting()
    quietly(third, GRID, seeds=2, path=path)
    assert nothing == []


def test_a_file_cut_anywhere_is_taken_up_again(path):
    """What kill -9 can leave: any beginning of the file. Only the cut line's run is lost."""
    quietly(counting()[0], GRID, seeds=1, path=path)
    whole = path.read_bytes()
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        run, calls = counting()
        assert numbers(quietly(run, GRID, seeds=1, path=path)) == expected(seeds=[0])
        assert len(calls) == 9 - max(0, whole[:size].count(b"\n") - 2)


def test_results_are_in_the_file_as_they_arrive(path):
    seen = []

    def run(a, seed):
        seen.append(len(path.read_bytes().splitlines()) if path.exists() else 0)
        return {"value": a}

    quietly(run, {"a": [1, 2, 3]}, seeds=1, path=path)
    assert seen == [0, 3, 4]


def test_failures_are_named_and_stop_nobody(path):
    with pytest.raises(SweepFailed, match=r"2 of 6 runs failed") as caught:
        quietly(runs.raises_at_two, {"a": [1, 2, 3]}, seeds=2, path=path)
    assert "a=2, seed=1: ZeroDivisionError: nothing at seed 1" in str(caught.value)
    assert [failure.run for failure in caught.value.failures] == [
        {"a": 2, "seed": 0},
        {"a": 2, "seed": 1},
    ]
    assert 'raise ZeroDivisionError(f"nothing' in caught.value.failures[0].traceback
    log = path.with_suffix(".failed.log")
    assert log.read_text().count("Traceback") == 2
    assert [row["a"] for row in read_results(path, complete=False)] == [1, 1, 3, 3]
    with pytest.raises(ValueError, match=r"lacks 2 of 6 runs; .*\(a, seed\) = \(2, 0\)"):
        read_results(path)


def test_failed_runs_are_run_again(path):
    with pytest.raises(SweepFailed):
        quietly(runs.raises_at_two, {"a": [1, 2]}, seeds=1, path=path)
    rows = quietly(lambda a, seed: {"value": -a}, {"a": [1, 2]}, seeds=1, path=path)
    assert [row["value"] for row in rows] == [1, -2]
    assert not path.with_suffix(".failed.log").exists()


RESULTS = {
    "an array": ({"x": np.zeros(2)}, r"result 'x': expected a number, .*array of dtype float64"),
    "a list": ({"x": [1]}, "result 'x': expected a number, .*, got list"),
    "no dict": (3, "expected it to return results by name, got int 3"),
    "no results": ({}, "expected it to return results by name, got dict"),
    "a setting's name": ({"a": 1}, "expected results with names of their own, got {'a'}"),
    "another name": ({"other": 1}, r"expected results \['value'\] as before, got \['other'\]"),
    "one more": ({"value": 1, "more": 1}, r"as before, got \['value', 'more'\]"),
}


@pytest.mark.parametrize("case", RESULTS)
def test_results_that_do_not_fit_are_failures(path, case):
    result, message = RESULTS[case]
    first_fits = "before" in message

    def run(a, seed):
        return {"value": a} if a == 0 else result

    with pytest.raises(SweepFailed, match=message):
        quietly(run, {"a": [0, 1] if first_fits else [1]}, seeds=1, path=path)
    assert len(read_results(path, complete=False) if first_fits else []) == first_fits


def test_exit_in_a_run_is_a_failure(path):
    def run(a, seed):
        raise SystemExit("enough")

    with pytest.raises(SweepFailed, match="SystemExit: enough"):
        quietly(run, {"a": [1]}, seeds=1, path=path)


OTHERS = {
    "values": (
        {"grid": {"a": [1, 4], "b": ["x"]}},
        r"grid\['a'\]: stored \[1, 2\], asked \[1, 4\]",
    ),
    "types": ({"grid": {"a": [1, 2.0], "b": ["x"]}}, r"asked \[1, 2.0\]"),
    "a name": ({"grid": {"a": [1, 2], "c": ["x"]}}, r"grid\['b'\]: .* asked nothing.*grid\['c'\]"),
    "combinations": ({"grid": [{"a": 1, "b": "x"}]}, r"grid\['a'\]: stored \[1, 2\], asked \[1\]"),
    "seeds": ({"seeds": [1, 2]}, r"seeds: stored \[0, 1\], asked \[1, 2\]"),
    "fewer seeds": ({"seeds": 1}, r"seeds: stored \[0, 1\], asked \[0\]"),
    "settings": ({"settings": {"rate": 0.1}}, r"settings\['rate'\]: stored nothing, asked 0.1"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_another_sweeps_results_are_refused(path, case):
    change, message = OTHERS[case]
    mine = {"grid": {"a": [1, 2], "b": ["x"]}, "seeds": 2}
    quietly(runs.product, **mine, path=path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        quietly(runs.product, **{**mine, **change}, path=path)
    with pytest.raises(ValueError, match=message):
        read_results(path, **{**mine, **change})
    assert path.read_bytes() == before


def test_other_combinations_of_the_same_values_are_refused(path):
    diagonal = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    quietly(runs.product, diagonal, seeds=1, path=path)
    with pytest.raises(ValueError, match=r"grid: stored \[{'a': 1"):
        read_results(path, {"a": [1, 2], "b": ["x", "y"]}, seeds=1)


FILES = {
    "somebody else's": ("length,error\n1,2\n", "its first line does not begin with"),
    "no line end": ("notes", "its first line does not begin with"),
    "a short line": ("{whole}1,x\n", "line .* has 2 cells"),
    "a run twice": ("{whole}{last}", "line .* repeats a run"),
    "a stray run": ("{whole}{stray}", "holds a run that its grid does not"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_damaged_file_is_refused_and_left_alone(path, case):
    text, message = FILES[case]
    grid = {"a": [1], "b": ["x"]}
    quietly(runs.product, grid, seeds=2, path=path)
    whole = path.read_text()
    last = whole.splitlines(keepends=True)[-1]
    path.write_text(text.format(whole=whole, last=last, stray=last.replace("1,x", "7,x", 1)))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"path: .*{message}"):
        quietly(runs.product, grid, seeds=2, path=path)
    assert path.read_bytes() == before


ARGUMENTS = {
    "jobs zero": ({"jobs": 0}, "jobs: expected at least 1, got 0"),
    "jobs not whole": ({"jobs": 1.5}, "jobs: expected an integer"),
    "no function": ({"run": 3}, "run: expected a function, got int 3"),
    "cannot travel": (
        {"run": threading.Lock().acquire},
        "run: expected a function that can be sent to another process, got builtin",
    ),
    "no folder": ({"path": "nowhere/results.csv"}, "path: expected a file in an existing folder"),
    "no seeds": ({"seeds": []}, "seeds: expected at least one"),
    "seeds zero": ({"seeds": 0}, "seeds: expected at least 1, got 0"),
    "a seed twice": ({"seeds": [1, 2, 1]}, "seeds: expected each once, got 1 twice"),
    "a later one": ({"seeds": [1, 2, 2]}, "seeds: expected each once, got 2 twice"),
    "a seed not whole": ({"seeds": [0.5]}, "seeds: expected an integer, got float"),
    "a value for a list": ({"grid": {"a": 1}}, r"grid\['a'\]: expected a list, got int 1"),
    "a word for a list": ({"grid": {"a": "xy"}}, r"grid\['a'\]: expected a list, got str 'xy'"),
    "no values": ({"grid": {"a": []}}, r"grid\['a'\]: expected at least one value"),
    "no settings": ({"grid": []}, "grid: expected at least one setting"),
    "an array as value": (
        {"grid": {"a": [np.zeros(2)]}},
        r"grid\['a'\]: expected a number, .*array",
    ),
    "nan": ({"grid": {"a": [float("nan")]}}, r"grid\['a'\]: expected a value, got nan"),
    "a value twice": ({"grid": {"a": [1, 1], "b": ["x"]}}, "expected every setting once"),
    "names differ": ({"grid": [{"a": 1}, {"b": 1}]}, "grid: expected the same names throughout"),
    "names not words": ({"grid": {1: [2]}}, "grid: expected values by name"),
    "seed in the grid": ({"grid": {"seed": [1]}}, "grid: 'seed' is a column of the sweep's own"),
    "settings in the grid": ({"settings": {"a": 1}}, "settings: expected names that the grid"),
    "settings no dict": ({"settings": 3}, "settings: expected values by name, got int 3"),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_bad_input(path, case):
    change, message = ARGUMENTS[case]
    arguments = {"run": runs.product, "grid": GRID, "seeds": 2, "path": path, **change}
    with pytest.raises((ValueError, TypeError), match=message):
        quietly(**arguments)
    assert not path.exists()


def test_grid_without_seeds_is_refused(path):
    quietly(runs.product, GRID, seeds=1, path=path)
    with pytest.raises(ValueError, match="grid: expected it together with seeds"):
        read_results(path, GRID)


def test_progress_says_how_many_are_left(path, capsys):
    first, _ = counting(stop_at=10)
    with pytest.raises(KeyboardInterrupt):
        quietly(first, GRID, seeds=2, path=path)
    sweep(counting()[0], GRID, seeds=2, path=path)
    assert "9/18" in capsys.readouterr().err
