"""A worker: a sandboxed process, its pipes, and a watchdog."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from typing import Any

from coursework.grader.sandbox import SandboxUnavailable
from coursework.grader.wire import WireError, pack, read_frame, unpack

START_SECONDS = 120  # on a machine that is short of everything


class WorkerEnded(Exception):
    """The worker is gone; the text says how."""


class Worker:
    """A sandboxed process, its pipes, and a watchdog."""

    def __init__(self, process: subprocess.Popen[bytes], answer_limit: int):
        self.process, self.answer_limit = process, answer_limit
        try:  # nothing of the student's has run yet: if this fails, it is the machine's fault
            self._within(START_SECONDS, self._answer)
        except (WorkerEnded, WireError) as error:
            self.end()
            raise SandboxUnavailable(f"a worker did not start: {error}") from None

    def ask(self, question: Mapping[str, Any], seconds: float) -> Any:
        """Return what comes back within the time; otherwise end the worker, raise WorkerEnded."""
        try:
            return self._within(seconds, lambda: self._ask(pack(question)))
        except WireError as error:
            self.end()
            raise WorkerEnded(f"sent back something that is no answer ({error})") from None

    def _within(self, seconds: float, talk: Callable[[], Any]) -> Any:
        """Talk to the worker; a watchdog kills it after the time, which ends all waiting for it."""
        too_long = threading.Event()

        def stop() -> None:
            too_long.set()
            self._kill()

        watchdog = threading.Timer(seconds, stop)
        watchdog.daemon = True
        watchdog.start()
        try:
            return talk()
        except (EOFError, OSError):
            self.end()
            how = "ended Python, or used more memory or processor time than is allowed"
            if too_long.is_set():
                how = f"took longer than {seconds:.0f} seconds and was stopped"
            raise WorkerEnded(how) from None
        finally:
            watchdog.cancel()

    def _ask(self, frame: bytes) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(frame)
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        return unpack(read_frame(self._read, self.answer_limit))

    def _read(self, size: int) -> bytes:
        assert self.process.stdout is not None
        data = self.process.stdout.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def _kill(self) -> None:
        """Kill it, with everything that it started."""
        if os.name == "posix" and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()

    def end(self) -> None:
        """Kill it, and wait until it is gone."""
        self._kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):  # a question that nobody was there to read
                pipe.close()
