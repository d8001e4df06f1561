"""Every experiment has its results, and they are of the settings that its module names."""

import importlib.util
import linecache
import shutil
import textwrap

import pytest

import experiments
from rnnlib.sweeps import sweep

STORED = """
    from pathlib import Path
    GRID = {"length": [10, 20], "clip_norm": [None, 1.0]}
    SEEDS = 2
    SETTINGS = {"steps": 5}
    PATH = Path(__file__).with_suffix(".csv")
    def run(length, clip_norm, steps, seed):
        return {"solved": length > steps * seed}
"""


@pytest.mark.parametrize("name", experiments.names())
def test_results_are_of_the_settings(name):
    experiments.results(experiments.load(name))


def test_no_results_without_an_experiment():
    assert {path.stem for path in experiments.FOLDER.glob("*.csv")} <= set(experiments.names())


def script(path, source):
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    # Python takes byte code of the same second and length for that of this text.
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
    spec = importlib.util.spec_from_file_location("one_experiment", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    linecache.checkcache()  # or inspect would give the source of the file that was here before
    return module


@pytest.fixture
def path(tmp_path):
    """Return an experiment of which the results are stored."""
    one = script(tmp_path / "one.py", STORED)
    sweep(one.run, one.GRID, seeds=2, settings=one.SETTINGS, path=one.PATH, progress=False)
    return tmp_path / "one.py"


def test_stored_results_are_taken(path):
    rows = experiments.results(script(path, STORED))
    assert [row["solved"] for row in rows] == [True] * 8


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("[10, 20]", "[10, 30]", r"grid\['length'\]: stored \[10, 20\], asked \[10, 30\]"),
        ("None, 1.0", "None, 1", r"grid\['clip_norm'\]: stored \[None, 1.0\], asked \[None, 1\]"),
        (', "clip_norm": [None, 1.0]', "", r"grid\['clip_norm'\]: stored .*, asked nothing"),
        ("SEEDS = 2", "SEEDS = 3", r"seeds: stored \[0, 1\], asked \[0, 1, 2\]"),
        ('"steps": 5', '"steps": 6', r"settings\['steps'\]: stored 5, asked 6"),
        ('{"steps": 5}', "{}", r"settings\['steps'\]: stored 5, asked nothing"),
    ],
)
def test_an_edited_setting_is_refused(path, old, new, difference):
    edited = script(path, STORED.replace(old, new))
    with pytest.raises(ValueError, match=r"one.csv holds the results of other settings.*"):
        experiments.results(edited)
    with pytest.raises(ValueError, match=difference):
        experiments.results(edited)


def test_an_edited_run_is_refused(path):
    edited = script(path, STORED.replace("length > steps * seed", "length >= steps * seed"))
    with pytest.raises(ValueError, match=r"one.csv holds the results of another `run`"):
        experiments.results(edited)


def test_a_gap_is_refused(path):
    csv = path.with_suffix(".csv")
    csv.write_text("".join(csv.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ValueError, match=r"lacks 1 of 8 runs.* = \(20, 1.0, 1\)"):
        experiments.results(script(path, STORED))


def test_no_results_are_refused(path):
    path.with_suffix(".csv").unlink()
    with pytest.raises(FileNotFoundError):
        experiments.results(script(path, STORED))


def test_a_module_without_settings_is_refused(monkeypatch, tmp_path):
    (tmp_path / "empty_experiment.py").write_text("GRID = {}")
    monkeypatch.setattr(experiments, "__path__", [str(tmp_path)])
    with pytest.raises(AttributeError, match=r"experiments/empty_experiment.py: .* define run"):
        experiments.load("empty_experiment")
