"""The check is not mistaken: 150 of the cases that ``python -m tests.checks.table`` runs."""

import pytest

from rnnlib.checks.report import judge
from tests.checks.cases import FAMILIES, cases
from tests.checks.table import tabulate, text


def trial(seed):
    return tabulate(cases(150, seed))


def test_no_false_alarm_no_miss_and_few_undecided():
    assert sum(FAMILIES.values()) == 1000
    rows = trial(seed=1)
    total = rows["all"]
    assert total["cases"] == pytest.approx(150, abs=5) and len(rows) == len(FAMILIES) + 1
    assert total["right"] > 60 and total["wrong"] > 45
    assert total["false alarms"] == total["misses"] == 0, text(rows)
    assert total["UNDECIDED"] <= 0.05 * total["cases"], text(rows)


@pytest.mark.parametrize("fault", ["false alarms", "misses"])
def test_the_trial_finds_a_check_that_is_mistaken(monkeypatch, fault):
    def mistaken(derived, slope, *options):
        honest = judge(derived, slope, *options)
        return "RIGHT" if fault == "misses" else "WRONG" if honest == "RIGHT" else honest

    monkeypatch.setattr("rnnlib.checks.gradcheck.judge", mistaken)
    assert tabulate(cases(30, seed=1))["all"][fault] > 5
