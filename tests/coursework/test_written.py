"""Answers in words are found wherever they stand; a notebook of another seed is told apart."""

from dataclasses import replace

import pytest

from coursework.grader.marking import mark
from coursework.grader.problem_set import load, names
from coursework.grader.recognise import seeds_differ
from coursework.grader.submissions import Submission, read_cells
from tests.coursework import FULL, PATIENT, TOY, cells, code, graded, notebook, points, untouched

ABOVE = "## Exercise 4 · Why (3 points)\n\nWhy?"
PROSE = replace(
    TOY, cells=tuple(replace(c) for c in TOY.cells), prose=("# Toys", ABOVE, "Now look.")
)


def text(source, grade_id="", kind="markdown"):
    return {**code(source, grade_id), "cell_type": kind}


def stripped(own):
    return [{**cell, "metadata": {}} for cell in own]


def with_prose(own):
    """Return the notebook with the texts between its cells."""
    return [text("# Toys"), *own[:-1], text(ABOVE + "  \r\n"), own[-1], text("Now look.\n")]


def report_on(own, problem_set=PROSE):
    submission = Submission("1001", "1001.ipynb", "", read_cells(notebook(own)))
    return mark(problem_set, submission, PATIENT)


MINE = text("Mine.")
FOUND = {
    "in its cell": (with_prose(cells()), "Because.\n", []),
    "in two cells": ([*with_prose(cells()), text("And so.", "toy-why")],
                     "Because.\n\n\nAnd so.", []),
    "in the second of two": ([*with_prose(cells(why="Your answer.")), text("So.", "toy-why")],
                             "So.", []),
    "in a raw cell": ([*with_prose(cells())[:-2], text("Raw.", "toy-why", "raw")], "Raw.", []),
    "metadata stripped": (stripped(with_prose(cells())), "Because.\n", []),
    "metadata stripped, below what was there": (
        stripped(with_prose([*cells(why="Your answer.\n"), MINE])), "Mine.", []),
    "metadata stripped, no headings": (stripped(cells()), "Because.\n", []),
    "metadata stripped, no headings, a note above": (
        stripped([text("A note."), *cells()]), "Because.\n", ["A note."]),
    "metadata stripped, a note at the end": (
        stripped([*with_prose(cells()), code("1"), text("A note.")]), "Because.\n", ["A note."]),
    "written into the question": (
        stripped([*with_prose(cells())[:-3], text(ABOVE + "\nBecause.")]),
        ABOVE + "\nBecause.", []),
    "a note elsewhere": ([*with_prose(cells()), text("A note.")], "Because.\n", ["A note."]),
}  # fmt: skip


@pytest.mark.parametrize(("own", "answer", "prose"), FOUND.values(), ids=FOUND)
def test_answers_in_words_are_found(own, answer, prose):
    report = report_on(own)
    assert report.written["toy-why"] == answer
    assert report.prose == prose
    assert not [flag for flag in report.flags if "written" in flag]
    assert points(report) == FULL


def test_an_answer_in_a_cell_below_is_shown_among_the_other_texts():
    report = report_on([*with_prose(cells(why="Your answer.")), MINE])
    assert (report.written, report.prose) == ({"toy-why": "Your answer."}, ["Mine."])
    assert report.flags == ["written answer untouched"]


@pytest.mark.parametrize("answer", ["Your answer.\n", "", " \n"])
def test_an_answer_that_is_untouched(answer):
    assert report_on(with_prose(cells(why=answer))).flags == ["written answer untouched"]


def test_no_answer_at_all():
    report = report_on(with_prose(cells()[:-1]))
    assert report.written == {}
    assert report.flags == ["missing: toy-why", "no written answer found"]


def test_a_notebook_that_is_untouched_has_no_flag():
    assert report_on(with_prose(untouched())).flags == []


@pytest.mark.parametrize(
    "image",
    [
        "![scan](attachment:scan.png)",
        '<IMG src="data:image/png;base64,AA">',
        "[see](attachment:a.png)",
        "![](scan.png)",
    ],
)
@pytest.mark.parametrize("where", ["answer", "note"])
def test_an_image_is_flagged(image, where):
    own = cells(why=image) if where == "answer" else [*cells(), text(image)]
    assert graded(own).flags == ["an image in the written answer: open the file"]


def test_texts_without_end_are_cut():
    report = graded([*cells(why="x" * 10**6), *[text("y" * 15_000)] * 100])
    assert len(report.written["toy-why"]) == 20_000
    assert sum(map(len, report.prose)) == 20_000
    assert report.flags == ["an answer in words of 1,000,000 characters"]


def test_words_are_no_image():
    assert graded(cells(why="The data: $n!$ [many](https://example.org)")).flags == []


@pytest.mark.parametrize("name", names())
def test_the_texts_of_the_problem_sets_are_nobodys_own(name):
    problem_set = load(name, seed=0)
    own = [text(each) for each in problem_set.prose]
    own += [code(each.released) for each in problem_set.of_kind("given", "look", "test")]
    own += [text(each.released) for each in problem_set.of_kind("written")]
    assert report_on(own, problem_set).prose == []
    assert any(problem_set.of_kind("written")[0].title in each for each in problem_set.prose)


def with_seed(seed, own):
    given = own[0]["source"].replace("SEED = 7", f"SEED = {seed}")
    return [{**own[0], "source": given}, *own[1:]]


@pytest.mark.parametrize("strip", [False, True], ids=["", "metadata stripped"])
def test_another_seed_is_told_and_costs_nothing(strip):
    own = cells(ex3="def running(xs):\n    return np.cumsum(xs) + scale - own\n")
    own = with_seed(8, [*own[:1], code("own = scale"), *own[1:]])
    report = graded(stripped(own) if strip else own)
    assert points(report) == FULL
    assert [flag for flag in report.flags if "missing" not in flag] == ["its SEED is 8"]


def test_another_seed_in_a_given_cell_with_other_changes():
    own = with_seed(8, cells())
    own[0]["source"] += "\nscale = 1\n"
    assert graded(own).flags == ["edited: toy-given", "its SEED is 8"]


def test_a_seed_in_a_cell_of_ones_own():
    """It counts only if the given cell has none."""
    assert graded([code("SEED = 9"), *cells()]).flags == []
    assert "its SEED is 9" in graded([code("SEED = 9"), *stripped(cells()[1:])]).flags


SEEDS = {
    "all another": ([8, 8, 8], "3 of 3 notebooks carry SEED = 8, you are grading with SEED = 7: "
                               "say SEED=8, or SEED=7 to grade them all the same"),
    "most another": ([8, 7, 8, 8, 9], "3 of 5 notebooks carry SEED = 8, you are grading with "
                                      "SEED = 7: say SEED=8, or SEED=7 to grade them all the same"),
    "half another": ([8, 8, 7, 7], ""),
    "one other": ([7, 7, 8], ""),
    "all others": ([8, 9, 10], ""),
    "right": ([7, 7], ""),
    "one late one": ([8], ""),
    "two": ([8, 8], ""),
    "none": ([], ""),
}  # fmt: skip


@pytest.mark.parametrize(("seeds", "message"), SEEDS.values(), ids=SEEDS)
def test_a_class_with_another_seed(seeds, message):
    found = [
        Submission(str(seed), "", "", read_cells(notebook(with_seed(seed, cells()))))
        for seed in seeds
    ]
    found += [Submission("0", "", "", flags=("nothing handed in",))] * 9
    assert seeds_differ(TOY, found) == message


def test_a_seed_of_another_problem_set_does_not_count():
    other = read_cells(notebook([code("SEED = 8", "other-ex1")]))
    assert seeds_differ(TOY, [Submission("1", "", "", other)]) == ""
