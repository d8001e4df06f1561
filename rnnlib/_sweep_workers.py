"""Send a sweep's runs to worker processes, and outlive those that die."""

import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from typing import Any

from rnnlib._sweep_plan import Setting, to_plain
from rnnlib._validate import describe

Run = Callable[..., Mapping[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What a worker sends back: a result, or an error."""

    index: int
    result: Setting
    seconds: float = 0.0
    error: str = ""
    traceback: str = ""


def _attempt(run: Run, index: int, arguments: Setting) -> Outcome:
    """Run once, in the worker; whatever the run raises comes back as text."""
    from threadpoolctl import threadpool_limits

    start = time.perf_counter()
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            result = _plain_results(run(**arguments))
    except (Exception, SystemExit) as error:
        message = "".join(traceback.format_exception_only(error)).strip()
        return Outcome(index, {}, error=message, traceback=traceback.format_exc())
    return Outcome(index, result, time.perf_counter() - start)


def _plain_results(result: Any) -> Setting:
    if not isinstance(result, Mapping) or not result:
        raise TypeError(f"run: expected it to return results by name, got {describe(result)}")
    return {str(name): to_plain(f"run: result {name!r}", value) for name, value in result.items()}


def outcomes(
    run: Run, todo: Sequence[Setting], jobs: int, backend: str | None
) -> Iterator[Outcome]:
    """Yield what becomes of each run, as it arrives.

    When a worker dies, joblib gives up the whole call. Whatever had been sent out and not come back
    is sent again; a run that was under way at two deaths goes alone, so that a third is its own.
    """
    left = dict(enumerate(todo))
    deaths: Counter[int] = Counter()
    while left:
        alone = [index for index in left if deaths[index] == 2]
        together = [index for index in left if deaths[index] < 2]
        for batch in [together, *([index] for index in alone)]:
            sent: list[int] = []
            try:
                for outcome in _parallel(run, {i: left[i] for i in batch}, sent, jobs, backend):
                    del left[outcome.index]
                    yield outcome
            except _worker_deaths() as death:
                deaths.update(index for index in sent if index in left)
                if batch[0] in alone:
                    del left[batch[0]]
                    why = str(death).partition("\n")[0]
                    error = f"its worker process died three times: {type(death).__name__}: {why}"
                    yield Outcome(batch[0], {}, error=error)


def _parallel(
    run: Run, todo: Mapping[int, Setting], sent: list[int], jobs: int, backend: str | None
) -> Iterator[Outcome]:
    """Yield outcomes as joblib brings them; `sent` grows by what has been handed to a worker."""
    from joblib import Parallel, delayed

    def calls() -> Iterator[Any]:
        for index, arguments in todo.items():
            sent.append(index)
            yield delayed(_attempt)(run, index, arguments)

    workers = Parallel(
        n_jobs=jobs,
        backend=_reporting_deaths(backend),
        return_as="generator_unordered",
        batch_size=1,  # so that a result comes back as soon as it is there,
        pre_dispatch="n_jobs",  # and what is sent and not back is what was under way
    )
    return workers(calls())


def _worker_deaths() -> tuple[type[Exception], ...]:
    """Return what joblib raises when a worker has died: loky's error, and Dask's where it is."""
    distributed = sys.modules.get("distributed")
    return (BrokenExecutor, *([distributed.KilledWorker] if distributed else []))


def _reporting_deaths(backend: str | None) -> Any:
    """Return the backend asked for, with Dask's mended.

    joblib 1.6 waits for ever for a task that Dask has given up because its workers died (the error
    ends the task's future, but nobody calls back), and runs everything in this process while only
    one worker is there, such as when the others are being restarted.
    """
    from joblib.parallel import get_active_backend

    active = None
    if backend is None and "distributed" in sys.modules:
        active, _ = get_active_backend()
    if backend != "dask" and type(active).__name__ != "DaskDistributedBackend":
        return backend

    from joblib._dask import DaskDistributedBackend

    class Reporting(DaskDistributedBackend):  # type: ignore[misc]
        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(2, super().effective_n_jobs(n_jobs))

        def submit(self, func: Any, callback: Any = None) -> Any:
            future = super().submit(func, callback)
            future.add_done_callback(
                lambda done: callback(done.exception()) if done.exception() else None
            )
            return future

    return Reporting(client=active.client, **active.submit_kwargs) if active else Reporting()
