"""Send a sweep's runs to worker processes, and outlive those that die."""

import os
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from typing import Any

from rnnlib._optional import needs
from rnnlib._validate import describe
from rnnlib.sweeps._plan import Setting, to_plain

Run = Callable[..., Mapping[str, Any]]
WAIT_FOR_WORKERS = 120  # seconds: all of a cluster's may be restarting at once


@dataclass(frozen=True)
class Outcome:
    """What a worker sends back: a result, or an error."""

    index: int
    result: Setting
    seconds: float = 0.0
    error: str = ""
    traceback: str = ""
    worker_died: bool = False


def _attempt(run: Run, index: int, arguments: Setting, parent: int) -> Outcome:
    """Run once, in the worker; whatever the run raises comes back as text."""
    with needs("sweep"):
        from threadpoolctl import threadpool_limits

    _end_with(parent)
    start = time.perf_counter()
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            result = _plain_results(run(**arguments))
    except (Exception, SystemExit) as error:
        message = "".join(traceback.format_exception_only(error)).strip()
        return Outcome(index, {}, error=message, traceback=traceback.format_exc())
    return Outcome(index, result, time.perf_counter() - start)


_watching = threading.Lock()


def _end_with(parent: int) -> None:
    """See to it that this worker ends soon after the process that sent the run, if it is its child.

    A worker of joblib's whose parent was killed waits for more work for minutes: nobody closes its
    end of the pipe, which the other workers hold too. A cluster's workers look after themselves.
    """
    if os.getppid() != parent or not _watching.acquire(blocking=False):
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _plain_results(result: Any) -> Setting:
    if not isinstance(result, Mapping) or not result:
        raise TypeError(f"run: expected it to return results by name, got {describe(result)}")
    return {str(name): to_plain(f"run: result {name!r}", value) for name, value in result.items()}


def outcomes(
    run: Run, todo: Sequence[Setting], jobs: int, backend: str | None
) -> Iterator[Outcome]:
    """Yield what becomes of each run, as it arrives.

    A run that was under way when a worker died is run again. After a second death it goes alone, so
    that a third is its own, and then it is given up.
    """
    left = dict(enumerate(todo))
    deaths: Counter[int] = Counter()
    while left:
        alone = [[index] for index in left if deaths[index] == 2]
        together = [index for index in left if deaths[index] < 2]
        for batch in [together, *alone]:
            for outcome in _parallel(run, {i: left[i] for i in batch}, jobs, backend):
                deaths[outcome.index] += outcome.worker_died
                if not outcome.worker_died or batch in alone:
                    del left[outcome.index]
                    yield outcome


def _parallel(
    run: Run, todo: Mapping[int, Setting], jobs: int, backend: str | None
) -> Iterator[Outcome]:
    """Yield outcomes as joblib brings them, until the end or until it gives up the whole call.

    It does so when a process of its own has died. Then what was under way has died, too.
    """
    with needs("sweep"):
        from joblib import Parallel, delayed

    under_way = set()

    def calls() -> Iterator[Any]:
        for index, arguments in todo.items():
            under_way.add(index)
            yield delayed(_attempt)(run, index, arguments, os.getpid())

    workers = Parallel(
        n_jobs=jobs,
        backend=_reporting_deaths(backend),
        return_as="generator_unordered",
        batch_size=1,  # so that a result comes back as soon as it is there,
        pre_dispatch="n_jobs",  # and nothing is sent that would have to wait
    )
    try:
        for outcome in workers(calls()):
            under_way.remove(outcome.index)
            yield outcome
    except BrokenExecutor as death:
        for index in sorted(under_way):
            yield _died(index, death)


def _died(index: int, error: BaseException) -> Outcome:
    why = str(error).partition("\n")[0]
    text = f"its worker process died, three times: {type(error).__name__}: {why}"
    return Outcome(index, {}, error=text, worker_died=True)


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
            self.client.wait_for_workers(1, timeout=WAIT_FOR_WORKERS)
            return max(2, sum(self.client.ncores().values()))

        def submit(self, func: Any, callback: Any = None) -> Any:
            [(_, (_, index, *_), _)] = func.items

            def report(done: Any) -> None:
                if error := done.exception():
                    callback([_died(index, error)])

            future = super().submit(func, callback)
            future.add_done_callback(report)
            return future

    return Reporting(client=active.client, **active.submit_kwargs) if active else Reporting()
