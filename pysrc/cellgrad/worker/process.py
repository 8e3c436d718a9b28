"""The worker process: it computes, and nothing else. The spreadsheet is written by whoever started it.

The two talk over a pipe of their own that no other process can open. Everything that crosses it is made by this
package: jobs and errands one way, advances and the answer the other. A worker that has died, or that was ended because
it did not listen, is replaced at once, so that the next press finds one that has loaded torch.

The engine is named here and loaded there: whoever writes the sheet starts in a moment.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import math
import multiprocessing
import pkgutil
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from cellgrad.errors import CellgradError, RunError
from cellgrad.worker.job import STOPPED, Advance, Answer, Job

STOP = "stop"
RUN = "cellgrad.worker.work:run"
"""What does a job."""
PATIENCE = 0.7
"""Seconds that a worker has to answer a stop, before it is ended: a step of a huge model can take longer."""

KEEP_SECONDS = 1.0
"""How often a worker that is kept is looked after."""

ADVANCE_SECONDS = 0.05
"""No more than one advance in so long."""


@dataclass(frozen=True)
class _Errand:
    """A function, by name, and what it is called with."""

    function: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class _Result:
    """What an errand's function has given."""

    value: Any


@dataclass(frozen=True)
class _Fault:
    """A fault in our own Python, as the worker's traceback tells it."""

    trace: str


class Worker:
    """A process that runs one job after the other. Starting it takes seconds (torch), so keep it."""

    def __init__(self) -> None:
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._sending: threading.Thread | None = None
        self._used = threading.RLock()
        self._keeper: threading.Thread | None = None
        self._ended = threading.Event()

    def start(self) -> None:
        """Start the process ahead of the first job; `run` does so itself where none is alive."""
        with self._used:
            self._start()

    def keep(self) -> None:
        """Start the process, and from now on a new one whenever it dies, in use or not, until `end`."""
        self.start()
        if self._keeper is None:
            self._ended.clear()
            self._keeper = threading.Thread(target=self._keep, daemon=True)
            self._keeper.start()

    def _keep(self) -> None:
        while not self._ended.wait(KEEP_SECONDS):
            if self._used.acquire(blocking=False):  # else a run is under way, which replaces it itself
                try:
                    if not self._ended.is_set():
                        self._start()
                finally:
                    self._used.release()

    def _start(self) -> None:
        if self._process is not None and self._process.is_alive():
            return
        self._end()
        context = multiprocessing.get_context("spawn")  # fork would copy what holds the spreadsheet
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), name="cellgrad-worker", daemon=True)
        self._process.start()
        theirs.close()  # so that its death is seen as the end of the pipe

    @property
    def pid(self) -> int | None:
        """The process id, None while there is none."""
        return None if self._process is None else self._process.pid

    def run(
        self,
        job: Job,
        watch: Callable[[Advance], object] = lambda advance: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """The answer to a job. Meanwhile `watch` is shown the latest advance, and `stop` asked every few milliseconds.

        A stop keeps the best values so far; a worker that does not listen is ended and answers with its last advance.
        Raises what the model raises (CellgradError), RunError where the process died or was stopped before there was
        anything to keep, and RuntimeError with the worker's traceback for a fault in our own code.
        """
        answer = self._ask(job, watch, stop)
        assert isinstance(answer, Answer), answer
        return answer

    def call(self, function: str, *arguments: Any, stop: Callable[[], bool] = lambda: False) -> Any:
        """What a function (``package.module:name``) gives there, for what needs the engine but no watching.

        Its module is loaded in the worker alone; arguments and result are copied. Raises as `run` does.
        """
        result = self._ask(_Errand(function, arguments), lambda advance: None, stop)
        assert isinstance(result, _Result), result
        return result.value

    def _ask(self, job: Job | _Errand, watch: Callable[[Advance], object], stop: Callable[[], bool]) -> object:
        with self._used:
            self._ended.clear()
            self._start()
            message = self._hear(job, watch, stop)
        if isinstance(message, CellgradError):
            raise message
        if isinstance(message, _Fault):
            raise RuntimeError(f"a fault in Cellgrad's worker process:\n{message.trace}")
        return message

    def _hear(self, job: Job | _Errand, watch: Callable[[Advance], object], stop: Callable[[], bool]) -> object:
        """What the worker sends at the end."""
        assert self._pipe is not None
        asked, latest = None, None
        sending = self._sending = threading.Thread(target=_send, args=(self._pipe, job), daemon=True)
        sending.start()
        try:
            while True:
                if asked is None and stop():
                    asked = time.monotonic()
                    if not sending.is_alive():
                        self._pipe.send(STOP)
                if self._pipe.poll(0.02):
                    message = self._pipe.recv()
                    while isinstance(message, Advance) and self._pipe.poll():
                        latest, message = message, self._pipe.recv()
                    if not isinstance(message, Advance):
                        return message
                    latest = message
                    watch(message)
                elif asked is not None and time.monotonic() - asked > PATIENCE:
                    self._replace()
                    return _cut_short(latest)
        except (EOFError, ConnectionError) as error:
            code = self._exit_code()
            self._replace()
            raise RunError(
                f"the process that searches ended before its answer came ({code}); the sheet holds whole sets of "
                "values only",
                action="press again: a new one is started",
            ) from error
        except BaseException:
            self._replace()  # its answer would be taken for the next job's
            raise

    def end(self) -> None:
        """End the process at once, if there is one."""
        self._ended.set()
        self._keeper = None
        self._end()

    def _replace(self) -> None:
        """A new process in the place of one that died or does not listen: it is ready by the next press."""
        self._end()
        if not self._ended.is_set():
            self._start()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._sending is not None:
            self._sending.join()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = self._sending = None

    def _exit_code(self) -> str:
        assert self._process is not None
        self._process.join(1)
        code = self._process.exitcode
        return "no exit status" if code is None else f"signal {-code}" if code < 0 else f"exit status {code}"


@functools.cache
def shared_worker() -> Worker:
    """The worker of this process, ended with it."""
    worker = Worker()
    atexit.register(worker.end)
    return worker


def _send(pipe: Connection, job: Job | _Errand) -> None:
    """A large job waits in the pipe until the worker, which may still be starting, has read it; nobody else does."""
    with contextlib.suppress(ConnectionError):  # whoever reads the pipe sees its end too
        pipe.send(job)


def _cut_short(latest: Advance | None) -> Answer:
    """What a stopped worker that did not answer has left."""
    if latest is None:
        raise RunError("the run was stopped before its first step; nothing was changed")
    if latest.objective is None or not math.isfinite(latest.value):
        raise RunError("the run was stopped before it had found values that will do; nothing was changed")
    return Answer(
        latest.objective, latest.changing, latest.x, latest.value, latest.value, STOPPED,
        "The run was stopped in the middle of a step. The best values of the step before are kept.",
        "", "", latest.step, True, latest.elapsed,
    )  # fmt: skip


def _serve(pipe: Connection) -> None:
    """The worker's life: jobs and errands, until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for whoever started it
    pkgutil.resolve_name(RUN)  # torch loads before the first job
    while True:
        try:
            asked = pipe.recv()
        except (EOFError, ConnectionError):
            return
        if asked == STOP:  # it came after the answer had gone
            continue
        try:
            pipe.send(_outcome(asked, pipe))
        except ConnectionError:
            return


def _outcome(asked: Job | _Errand, pipe: Connection) -> object:
    told, stopped = -ADVANCE_SECONDS, False

    def tell(advance: Callable[[], Advance]) -> bool:
        nonlocal told, stopped
        if pipe.poll():
            pipe.recv()
            stopped = True
        if stopped:  # however many searches a run is made of
            return True
        if (now := time.monotonic()) - told >= ADVANCE_SECONDS:
            told = now
            pipe.send(advance())
        return False

    try:
        if isinstance(asked, _Errand):
            return _Result(pkgutil.resolve_name(asked.function)(*asked.arguments))
        return pkgutil.resolve_name(RUN)(asked, tell)
    except CellgradError as error:
        return error
    except ConnectionError:
        raise
    except Exception:  # not swallowed: the other side raises it
        return _Fault(traceback.format_exc())
