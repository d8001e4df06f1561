"""Many runs: every setting of a grid with every seed, in parallel, each result kept at once.

Running needs joblib, which rnnlib's extra ``sweep`` brings; reading the results does not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from rnnlib._optional import needs
from rnnlib._validate import check_size, describe
from rnnlib.sweeps._fingerprint import fingerprint
from rnnlib.sweeps._plan import Grid, Plain, Setting, make_plan
from rnnlib.sweeps._workers import Outcome, Run, outcomes
from rnnlib.sweeps.results import ResultsFile, read_results


@dataclass(frozen=True)
class Failure:
    """A run that gave no result.

    Attributes
    ----------
    run : dict
        Its setting and seed.
    error : str
        The exception's type and message.
    traceback : str
    """

    run: Setting
    error: str
    traceback: str = ""

    def __str__(self) -> str:
        return (
            ", ".join(f"{name}={value!r}" for name, value in self.run.items()) + f": {self.error}"
        )


class SweepFailed(RuntimeError):
    """Some runs gave no result; the others' are stored. `failures` has all of them."""

    def __init__(self, failures: Sequence[Failure], total: int, path: Path, log: Path):
        self.failures = list(failures)
        lines = [f"  {failure}" for failure in failures[:10]]
        if len(failures) > 10:
            lines.append(f"  and {len(failures) - 10} more")
        super().__init__(
            f"{len(failures)} of {total} runs failed (tracebacks in {log}); the results of the "
            f"others are in {path}, and the same call runs the failed ones again:\n"
            + "\n".join(lines)
        )


def sweep(
    run: Run,
    grid: Grid,
    *,
    seeds: int | Iterable[int],
    path: str | PathLike[str],
    jobs: int | None = 1,
    backend: str | None = None,
    settings: Mapping[str, Any] | None = None,
    same_run: bool = False,
    progress: bool = True,
) -> list[dict[str, Plain]]:
    """Run every setting with every seed; append each result to a CSV the moment it arrives.

    Called again after an interruption, or with more seeds or settings than are stored, it does what
    is missing; with fewer it is refused: a sweep grows, and `read_results` gives all of it. A run
    that raises does not stop the others, and neither does a worker process that dies: the runs that
    it took with it are run again, and one that does so again and again is given up. With one BLAS
    thread for each process, the results do not depend on how many there are.

    Parameters
    ----------
    run : callable
        ``run(**setting, **settings, seed=seed)`` → dict of numbers, strings, bools or None, with
        the same names each time; it draws from ``np.random.default_rng(seed)``.
    grid : mapping of str to list, or list of mappings
        Values by name, of which every combination is run; or the settings one by one.
    seeds : int or iterable of int
        A number n stands for 0 … n−1.
    path : str or path
        The CSV. Only one sweep at a time may write to it.
    jobs : int, optional
        How many processes; 1 stays in this one, None takes all cores (or the cluster's workers).
    backend : str, optional
        joblib's, such as ``"loky"``; by default that of ``joblib.parallel_config``, so that inside
        ``with joblib.parallel_config(backend="dask"):`` the same call runs on a Dask cluster (whose
        workers should have one thread each).
    settings : mapping, optional
        What all runs share. It is stored, and a change refused.
    same_run : bool
        Go on although `run` has changed, because the change cannot alter a result. Otherwise a
        stored result of another `run` is refused: one whose source differs, or that of something
        it uses from its own package (not comments or docstrings). A lambda's cannot be told.
    progress : bool
        Show a progress bar with the time left.

    Returns
    -------
    list of dict
        As `read_results` gives them: in the order of grid and seeds.

    Raises
    ------
    SweepFailed
        After all runs, if some of them failed.
    TypeError, ValueError
        If an argument is out of range, `run` cannot be sent to another process, or `path` holds the
        results of another sweep, other settings or another `run`.

    Examples
    --------
    >>> import tempfile
    >>> def run(gain, length, seed):
    ...     return {"norm": gain**length}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "norms.csv")
    ...     rows = sweep(run, {"gain": [0.5, 2.0]}, settings={"length": 10}, seeds=1, path=path,
    ...                  progress=False)
    >>> [row["norm"] for row in rows]
    [0.0009765625, 1024.0]
    """
    _check_can_travel(run)
    plan = make_plan(grid, seeds, settings, code=fingerprint(run))
    processes = -1 if jobs is None else check_size("jobs", jobs)
    path = Path(path)
    log = path.with_suffix(".failed.log")
    file = ResultsFile(path, plan, same_run=same_run)
    log.unlink(missing_ok=True)
    todo = [each for each in plan.runs if not file.has(each)]
    failures = []
    arriving = outcomes(run, [{**each, **plan.fixed} for each in todo], processes, backend)
    for outcome in _with_progress(arriving, len(plan.runs), len(todo), progress):
        error = outcome.error
        if not error:
            try:
                file.append(todo[outcome.index], outcome.result, outcome.seconds)
            except ValueError as refused:
                error = str(refused)
        if error:
            failures.append(Failure(todo[outcome.index], error, outcome.traceback))
            with open(log, "a", encoding="utf-8") as kept:
                kept.write(f"{failures[-1]}\n{outcome.traceback}\n")
    if failures:
        raise SweepFailed(failures, len(plan.runs), path, log)
    return read_results(path, grid, seeds=plan.seeds, settings=settings)


def _check_can_travel(run: Any) -> None:
    with needs("sweep"):
        import cloudpickle

    if not callable(run):
        raise TypeError(f"run: expected a function, got {describe(run)}")
    try:
        cloudpickle.dumps(run)
    except Exception as error:
        raise TypeError(
            f"run: expected a function that can be sent to another process, got {describe(run)}: "
            f"{error}"
        ) from error


def _with_progress(
    arriving: Iterator[Outcome], total: int, left: int, progress: bool
) -> Iterable[Outcome]:
    if not progress:
        return arriving
    with needs("sweep"):
        from tqdm.auto import tqdm

    return tqdm(arriving, total=total, initial=total - left, unit="run")
