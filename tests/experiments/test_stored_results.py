"""Every protocol has its results, they are its own, and a change of it is refused."""

import importlib.util
import linecache
import shutil
import textwrap

import pytest

import experiments
from experiments import _ledger

STORED = """
    from experiments._protocol import Control, protocol
    GRID = {"length": [10, 20], "clip_norm": [None, 1.0]}
    SEEDS = range(2)
    RATES = [0.1, 0.2]
    def far_from_two(row):
        return abs(row["rate"] * row["length"] - 2)
    @protocol(
        criterion="at once",
        grid=GRID,
        choose={"rate": RATES},
        loss=far_from_two,
        selection_seeds=[100, 101],
        seeds=SEEDS,
        settings={"steps": 5},
        control=Control({"clip_norm": 1.0}, {"clip_norm": None}, "no clipping", "that it is luck"),
    )
    def run(length, clip_norm, rate, steps, seed):
        return {"solved": length > steps * seed, "norm": rate * seed}
"""


def test_there_are_experiments():
    """An empty folder would let every test below pass without looking at anything."""
    assert len(experiments.names()) >= 4


@pytest.mark.parametrize("name", experiments.names())
def test_results_are_of_the_protocol(name):
    experiments.load(name).results()


@pytest.mark.parametrize("name", experiments.names())
def test_the_ledger_has_these_results_and_no_others(name):
    lines = [line for line in _ledger.stored() if line["experiment"] == name]
    assert lines == list(_ledger.entries(experiments.load(name)))


def test_no_results_without_an_experiment():
    stems = {path.name.partition(".")[0] for path in experiments.FOLDER.glob("*.csv")}
    assert stems - {"ledger"} <= set(experiments.names())
    assert {line["experiment"] for line in _ledger.stored()} <= set(experiments.names())


def script(path, source):
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    # Python takes byte code of the same second and length for that of this text.
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
    spec = importlib.util.spec_from_file_location("one_experiment", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    linecache.checkcache()  # or inspect would give the source of the file that was here before
    return module.run


@pytest.fixture
def path(tmp_path):
    """Return an experiment of which the results are stored."""
    script(tmp_path / "one.py", STORED).carry_out(jobs=1)
    return tmp_path / "one.py"


def test_stored_results_are_taken_at_the_chosen_values(path):
    protocol = script(path, STORED)
    assert [row["solved"] for row in protocol.results()] == [True] * 8
    rates = {(each["length"], each["clip_norm"]): each["rate"] for each in protocol.choice()}
    assert rates == {(10, None): 0.2, (10, 1.0): 0.2, (20, None): 0.1, (20, 1.0): 0.1}
    assert {row["seed"] for row in protocol.results()} == {0, 1}


def test_a_protocol_grows_by_what_its_constants_name(path):
    grown = STORED.replace("[10, 20]", "[10, 20, 40]").replace("range(2)", "range(3)")
    before = path.with_suffix(".csv").read_text().splitlines()[2:]
    script(path, grown).carry_out(jobs=1)
    assert len(script(path, grown).results()) == 18
    assert path.with_suffix(".csv").read_text().splitlines()[2 : 2 + len(before)] == before


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("[10, 20]", "[10, 30]", r"grid\['length'\]: stored \[10, 20\], asked \[10, 30\]"),
        ("None, 1.0]", "None, 1]", r"grid\['clip_norm'\]: stored \[None, 1.0\], asked \[None, 1\]"),
        (', "clip_norm": [None, 1.0]', "", r"grid\['clip_norm'\]: stored .*, asked nothing"),
        ("range(2)", "range(3)", r"seeds: stored \[0, 1\], asked \[0, 1, 2\]"),
        ('"steps": 5', '"steps": 6', r"settings\['steps'\]: stored 5, asked 6"),
        ('settings={"steps": 5},', "", r"settings\['steps'\]: stored 5, asked nothing"),
        ("[0.1, 0.2]", "[0.1, 0.3]", r"grid\['rate'\]: stored \[0.1, 0.2\], asked \[0.1, 0.3\]"),
        ("[100, 101]", "[100, 102]", r"seeds: stored \[100, 101\], asked \[100, 102\]"),
    ],
)
def test_an_edited_setting_is_refused(path, old, new, difference):
    edited = script(path, STORED.replace(old, new, 1))
    with pytest.raises(ValueError, match=r"one.*csv holds the results of other settings.*"):
        edited.results()
    with pytest.raises(ValueError, match=difference):
        edited.results()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("length > steps * seed", "length >= steps * seed"),
        ("at once", "at last"),
        ("that it is luck", "that it was luck"),
        ('{"clip_norm": None}, ', '{"clip_norm": 2.0}, '),
    ],
)
def test_another_run_or_criterion_or_control_is_refused(path, old, new):
    edited = script(path, STORED.replace(old, new))
    with pytest.raises(ValueError, match=r"one.*csv holds the results of another `run`"):
        edited.results()


def test_another_loss_that_chooses_otherwise_is_refused(path):
    edited = script(path, STORED.replace('row["rate"] * row["length"] - 2', 'row["rate"]'))
    with pytest.raises(ValueError, match=r"one.csv holds the results of other settings"):
        edited.results()


@pytest.mark.parametrize("suffix", [".csv", ".choice-1.csv"])
def test_a_gap_or_an_absent_file_is_refused(path, suffix):
    csv = path.with_suffix(suffix)
    csv.write_text("".join(csv.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ValueError, match=r"lacks 1 of \d+ runs"):
        script(path, STORED).results()
    csv.unlink()
    with pytest.raises(FileNotFoundError):
        script(path, STORED).results()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"at once"', '" "', "criterion: expected what was fixed"),
        ("selection_seeds=[100, 101]", "selection_seeds=[1, 2]", "not reported, got 1"),
        ('choose={"rate": RATES},', "", "choose: expected it with loss and selection_seeds"),
        ("selection_seeds=[100, 101],", "", "choose: expected it with loss and selection_seeds"),
    ],
)
def test_a_protocol_that_fixes_too_little_is_refused(tmp_path, old, new, message):
    with pytest.raises(ValueError, match=message):
        script(tmp_path / "one.py", STORED.replace(old, new))


def test_a_module_without_a_protocol_is_refused(monkeypatch, tmp_path):
    (tmp_path / "empty_experiment.py").write_text("def run(seed): ...")
    monkeypatch.setattr(experiments, "__path__", [str(tmp_path)])
    with pytest.raises(TypeError, match=r"experiments/empty_experiment.py: .* under @protocol"):
        experiments.load("empty_experiment")


def test_the_ledger_counts_and_takes_medians(path, tmp_path):
    protocol, ledger = script(path, STORED), tmp_path / "ledger.csv"
    _ledger.enter(protocol, ledger)
    _ledger.enter(protocol, ledger)
    lines = _ledger.stored(ledger)
    assert len(lines) == 8
    solved, norm = lines[0], lines[1]
    assert solved["setting"] == "length 10, clip_norm None, rate 0.2"
    assert [solved[name] for name in ("kind", "estimate", "seeds", "low")] == [
        "count",
        "2",
        "2",
        "0.3424",
    ]
    assert [norm[name] for name in ("kind", "estimate", "low", "high")] == [
        "median",
        "0.1",
        "0",
        "0.2",
    ]


def test_a_doctored_ledger_is_told_from_the_stored_results(path, tmp_path):
    protocol, ledger = script(path, STORED), tmp_path / "ledger.csv"
    _ledger.enter(protocol, ledger)
    ledger.write_text(ledger.read_text().replace(",2,2,", ",2,1,", 1))
    assert _ledger.stored(ledger) != list(_ledger.entries(protocol))


def test_the_control_takes_the_results_of_what_it_controls(path):
    protocol = script(path, STORED)
    rows = [row | {"norm": row["clip_norm"]} for row in protocol.results()]
    granted = protocol.control.granted(rows, protocol.measured(rows))
    assert [row["norm"] for row in rows] == [None, None, 1.0, 1.0] * 2
    assert [row["norm"] for row in granted] == [1.0] * 8
    assert [row["clip_norm"] for row in granted] == [row["clip_norm"] for row in rows]


def test_rows_are_grouped():
    rows = [{"a": a, "b": b} for a in (1, 2) for b in (3, 4)]
    assert experiments.grouped(rows, "a") == {1: rows[:2], 2: rows[2:]}
    assert list(experiments.grouped(rows, "a", "b")) == [(1, 3), (1, 4), (2, 3), (2, 4)]
