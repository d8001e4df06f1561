"""Another `run` is noticed: by its source, and that of what it uses from its own package."""

import functools
import importlib.util
import linecache
import shutil
import sys
import textwrap

import pytest

from rnnlib.sweeps import read_results, sweep
from rnnlib.sweeps._fingerprint import fingerprint
from tests.sweeps import runs
from tests.sweeps.test_sweeping import quietly


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.csv"


SCRIPT = '''
    """What a sweep runs."""

    from dataclasses import dataclass, field

    import numpy as np

    SCALE = 2.0
    TABLE = {"a": 1}
    seen = []


    class Base:
        def shift(self):
            return 1


    @dataclass
    class Setting:
        rate: float = 0.5
        marks: list = field(default_factory=list)


    class Helper(Base):
        """Helps."""

        def scaled(self, a):
            return SCALE * a + self.shift() * Setting().rate


    def used(a, rate=SCALE):
        # a comment
        return Helper().scaled(a) * np.exp(0) * rate


    def unused(a):
        return 7


    def run(a, seed):
        """Run once."""
        seen.append(a)
        TABLE.setdefault(a, 0)
        return {"value": used(a) + TABLE["a"]}
'''
CHANGES = {
    "run itself": ('+ TABLE["a"]', '- TABLE["a"]', True),
    "a function that it calls": ("np.exp(0)", "np.exp(1)", True),
    "a method of a class that it uses": ("SCALE * a", "SCALE + a", True),
    "a method of the class below": ("return 1", "return 2", True),
    "a constant": ("SCALE = 2.0", "SCALE = 3.0", True),
    "a constant that runs change": ('TABLE = {"a": 1}', 'TABLE = {"a": 2}', True),
    "a field of a dataclass": ("rate: float = 0.5", "rate: float = 0.25", True),
    "a default": ("rate=SCALE", "rate=1.0", True),
    "a comment": ("# a comment", "# another one", False),
    "a docstring": ('"""Run once."""', '"""Run twice."""', False),
    "a docstring that goes": ('"""Helps."""', "", False),
    "the module's docstring": ("What a sweep runs.", "What it runs.", False),
    "what it does not use": ("return 7", "return 8", False),
    "line breaks": ("used(a, rate=SCALE):", "used(\n        a,\n        rate=SCALE\n    ):", False),
}


def script(folder, source):
    file = folder / "one_script.py"
    file.write_text(textwrap.dedent(source), encoding="utf-8")
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    spec = importlib.util.spec_from_file_location("one_script", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    linecache.checkcache()
    return module


@pytest.fixture
def as_module(tmp_path, monkeypatch):
    """Return a function that imports a source as the module ``one_script``."""

    def load(source):
        module = script(tmp_path, source)
        monkeypatch.setitem(sys.modules, "one_script", module)
        return module

    return load


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_run_is_noticed(change, path, as_module):
    old, new, noticed = CHANGES[change]
    assert textwrap.dedent(SCRIPT).count(old) == 1
    quietly(as_module(SCRIPT).run, {"a": [1]}, seeds=1, path=path)
    edited = as_module(SCRIPT.replace(old, new)).run
    if not noticed:
        quietly(edited, {"a": [1]}, seeds=2, path=path)
        read_results(path, run=edited)
        return
    before = path.read_bytes()
    for again in (
        lambda: quietly(edited, {"a": [1]}, seeds=2, path=path),
        lambda: quietly(edited, {"a": [1]}, seeds=1, path=path),
        lambda: read_results(path, run=edited),
    ):
        with pytest.raises(ValueError, match=r"results of another `run`: its source, .* changed"):
            again()
    assert path.read_bytes() == before
    rows = quietly(edited, {"a": [1]}, seeds=2, path=path, same_run=True)
    assert rows == quietly(edited, {"a": [1]}, seeds=2, path=path) == read_results(path, run=edited)


def test_the_same_run_is_the_same_after_it_ran(as_module):
    run = as_module(SCRIPT).run
    first = fingerprint(run)
    run(3, 0)
    assert fingerprint(run) == first == fingerprint(as_module(SCRIPT).run) != ""


def test_what_is_bound_to_a_run_belongs_to_it():
    def made(scale):
        def run(a, seed):
            return {"value": scale * a}

        return run

    assert fingerprint(made(1)) == fingerprint(made(1)) != fingerprint(made(2))
    bound = [functools.partial(runs.product, b=b) for b in ("x", "y")]
    assert fingerprint(bound[0]) != fingerprint(bound[1]) != fingerprint(runs.product)
    assert fingerprint(functools.partial(runs.product, b="x")) == fingerprint(bound[0])
    assert len({fingerprint(f) for f in (runs.product, runs.marked, runs.trained)}) == 3


@pytest.mark.parametrize("run", [lambda a, seed: {"value": a}, print, len, [].append])
def test_a_source_that_is_not_to_be_had_is_unknown(run):
    assert fingerprint(run) == ""


def test_an_unknown_run_is_taken_and_stays_unknown(path):
    quietly(lambda a, seed: {"value": a}, {"a": [1]}, seeds=1, path=path)
    assert '"run"' not in path.read_text().splitlines()[0]

    def run(a, seed):
        return {"value": a}

    quietly(run, {"a": [1]}, seeds=2, path=path)
    assert '"run"' not in path.read_text().splitlines()[0]
    sweep(run, {"a": [1]}, seeds=2, path=path, same_run=True, progress=False)
    assert f'"run": "{fingerprint(run)}"' in path.read_text().splitlines()[0]
