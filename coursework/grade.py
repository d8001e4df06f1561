"""Grade a folder of submissions: ``python -m coursework.grade ps1 FOLDER`` (`make grade`)."""

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tqdm.auto import tqdm

from coursework.grader import sandbox
from coursework.grader.answered import answered
from coursework.grader.by_hand import read_hand_marks
from coursework.grader.journal import Journal, alone, from_dict, key_of
from coursework.grader.late import read_rule
from coursework.grader.lms import Gradebook
from coursework.grader.marking import Report, mark
from coursework.grader.problem_set import COURSEWORK, ProblemSet, load, released_exercises
from coursework.grader.recognise import seeds_differ
from coursework.grader.report import BY_HAND, write_all
from coursework.grader.roster import Roster
from coursework.grader.sandbox import Limits
from coursework.grader.submissions import Submission, absent, collect, read_roster
from rnnlib.sweeps._workers import outcomes

WARNING = (
    "--unsafe runs what students handed in without the sandbox, with all that you may do "
    "and see; only for submissions that you have read"
)


def warn(text: str) -> None:
    """Tell the teacher something that does not stop the run."""
    print(f"warning: {text}", file=sys.stderr)


class ReferenceFailed(RuntimeError):
    """The model answers do not get full marks: the tests, not the students, are at fault."""


def check_reference(problem_set: ProblemSet, limits: Limits, unsafe: bool) -> None:
    """Raise ReferenceFailed unless the model answers get every point."""
    report = mark(problem_set, answered(problem_set), limits, unsafe)
    wrong = [f"{each.grade_id}: {each.why}" for each in report.marks if each.why]
    if wrong or report.flags or report.troubles:
        lines = "\n  ".join([*wrong, *report.flags, *report.troubles])
        raise ReferenceFailed(f"the model answers of {problem_set.name} fail:\n  {lines}")


def grade_one(
    problem_set: ProblemSet, submission: Submission, limits: Limits, unsafe: bool
) -> dict[str, str]:
    """Mark a submission in a worker process of joblib's."""
    return {"report": json.dumps(asdict(mark(problem_set, submission, limits, unsafe)))}


def grade(
    problem_set: ProblemSet,
    submissions: Sequence[Submission],
    out: Path,
    *,
    limits: Limits | None = None,
    jobs: int = -1,
    unsafe: bool = False,
    progress: bool = True,
    book: Gradebook | None = None,
) -> list[Report]:
    """Grade what has not been graded yet, then write the tables and pages.

    Parameters
    ----------
    problem_set : ProblemSet
    submissions : list of Submission
    out : Path
        The folder of results. A run that was interrupted goes on from what is in it.
    limits : Limits, optional
    jobs : int
        How many processes; −1 takes all cores, or all workers of a Dask cluster if joblib's backend
        is that.
    unsafe : bool
        Without the sandbox.
    progress : bool
    book : Gradebook, optional
        The class, its rule for late work, and where its points go.

    Raises
    ------
    SandboxUnavailable, ReferenceFailed
        Before anything is graded.
    RuntimeError
        After all others, if some submissions could not be graded for reasons of the machine's.
    """
    if jobs != -1 and jobs < 1:
        raise ValueError(f"jobs: expected -1 (all) or at least 1, got {jobs}")
    limits = limits or Limits()
    if unsafe:
        warn(WARNING)
    else:
        sandbox.check_available(limits)
    with alone(out):
        read_hand_marks(out / BY_HAND, problem_set)  # if that fails, then before the work
        check_reference(problem_set, limits, unsafe)
        journal = Journal(out / "journal.jsonl")
        keys = {key_of(problem_set, each, unsafe): each for each in submissions}
        left = [key for key in keys if key not in journal.reports]
        shared = {"problem_set": problem_set, "limits": limits, "unsafe": unsafe}
        todo = [{**shared, "submission": keys[key]} for key in left]
        failed = []
        bar = tqdm(
            outcomes(grade_one, todo, jobs, None),
            total=len(keys),
            initial=len(keys) - len(left),
            unit="submission",
            disable=not progress,
        )
        for outcome in bar:
            key = left[outcome.index]
            if outcome.error:
                failed.append(f"{keys[key].file}: {outcome.error}")
            else:
                journal.append(key, from_dict(json.loads(outcome.result["report"])))
        reports = [journal.reports[key] for key in keys if key in journal.reports]
        notes = write_all(out, problem_set, reports, unsafe, book)
    for note in notes:
        warn(note)
    if failed:
        listed = "\n  ".join(failed[:10])
        raise RuntimeError(
            f"{len(failed)} of {len(keys)} submissions could not be graded; the same command tries "
            f"them again:\n  {listed}"
        )
    return reports


@contextlib.contextmanager
def backend(cluster: str | None) -> Iterator[None]:
    """Send joblib's work to a Dask scheduler's address, if there is one."""
    if cluster is None:
        yield
        return
    from dask.distributed import Client
    from joblib import parallel_config

    with Client(cluster), parallel_config(backend="dask"):
        yield


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m coursework.grade", description=__doc__)
    parser.add_argument("problem_set", help="such as ps1")
    parser.add_argument("submissions", type=Path, help="the folder with what was handed in")
    parser.add_argument("--out", type=Path, help="where results go (coursework/grades/PS)")
    parser.add_argument("--seed", type=int, help="the class's seed (that of the last release)")
    parser.add_argument("--roster", type=Path, help="Canvas's gradebook, Moodle's grading worksheet"
                        " or a list of ids, as CSV")  # fmt: skip
    parser.add_argument("--id-column", default="", help="the roster's column of the ids in files")
    parser.add_argument("--column", default="", help="the roster's column for these points")
    parser.add_argument("--due", default="", help="when it was due, such as 2026-03-01T23:59")
    parser.add_argument("--late", type=float, default=0.0, help="share lost for each day begun")
    parser.add_argument("--times", type=Path, help="a CSV of ids and times of handing in")
    parser.add_argument("--extensions", type=Path, help="a CSV of ids and other due dates")
    parser.add_argument("--jobs", type=int, default=-1, help="processes (all cores)")
    parser.add_argument("--cluster", help="the address of a Dask scheduler")
    parser.add_argument("--unsafe", action="store_true", help="without the sandbox")
    return parser.parse_args(arguments)


def read_book(
    options: argparse.Namespace, problem_set: ProblemSet, roster: Roster | None
) -> Gradebook:
    """Return what is known of the class; what the teacher has named wrongly stops the run."""
    given = ("due", "times", "extensions")
    rule = read_rule(roster, share=options.late, **{name: getattr(options, name) for name in given})
    book = Gradebook(roster, rule, options.column)
    if options.column:
        book.place(problem_set)
    return book


def load_released(name: str, seed: int | None) -> ProblemSet:
    """Return the problem set with the exercises that were handed out."""
    return load(name, seed, released_exercises(name))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; exit with a message that says what to do."""
    options = parse(arguments)
    try:
        problem_set = load_released(options.problem_set, options.seed)
        roster = read_roster(options.roster, options.id_column) if options.roster else None
        out = (options.out or COURSEWORK / "grades" / problem_set.name).expanduser()
        if out.resolve().is_relative_to(options.submissions.expanduser().resolve()):
            raise ValueError(f"out: expected a folder outside that of submissions, got {out}")
        submissions = collect(options.submissions, problem_set.name, roster)
        if options.seed is None and (wrong_seed := seeds_differ(problem_set, submissions)):
            raise ValueError(wrong_seed)
        submissions += absent(submissions, roster)
        book = read_book(options, problem_set, roster)
        with backend(options.cluster):
            asked = {"jobs": options.jobs, "unsafe": options.unsafe, "book": book}
            reports = grade(problem_set, submissions, out, **asked)
    except (RuntimeError, ValueError, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on where it was")
    flagged = sum(bool(report.flags) for report in reports)
    print(f"{len(reports)} submissions, {flagged} to be looked at: {out / 'summary.html'}")


if __name__ == "__main__":
    main()
