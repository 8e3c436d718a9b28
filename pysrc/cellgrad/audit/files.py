"""Many workbooks audited side by side, each within its time; what happens to one is no matter to the others."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from cellgrad.answers import error_answer
from cellgrad.audit.auditing import TOLERANCE, audit
from cellgrad.audit.buckets import Audit
from cellgrad.errors import CellgradError, RunError

Found = tuple[int, Audit | CellgradError]
"""The number of a file in the list, and what came of it."""


def audit_files(
    paths: Sequence[Path],
    tolerance: float = TOLERANCE,
    against: str = "file",
    jobs: int = 1,
    timeout: float = 600.0,
) -> Iterator[Found]:
    """The audit of each file, or the error that kept it from being one, as they come in.

    jobs: processes side by side. timeout: seconds for one file, beyond which its process is ended and the file
    answered with a RunError. A process that dies (out of memory, or a fault of ours, whose traceback it prints) is
    answered with a RunError too, and replaced.
    """
    waiting = list(enumerate(paths))
    workers = [_Auditor() for _ in range(max(1, min(jobs, len(paths))))]
    try:
        while waiting or any(worker.at is not None for worker in workers):
            for worker in workers:
                if waiting and worker.at is None:
                    at, path = waiting.pop(0)
                    worker.begin(at, (path, tolerance, against), timeout)
            busy = [worker for worker in workers if worker.at is not None]
            first_end = min(worker.deadline for worker in busy)
            wait([worker.pipe for worker in busy], max(0.0, first_end - time.monotonic()))
            for worker in busy:
                answer = worker.answer()
                if answer is not None:
                    yield answer
    finally:
        for worker in workers:
            worker.end()


def file_answer(path: Path, found: Audit | CellgradError) -> dict[str, Any]:
    """One file's part of `audit --json`."""
    return found.answer() if isinstance(found, Audit) else {"file": str(path), "error": error_answer(found)}


class _Auditor:
    """A process that audits one file after the other."""

    def __init__(self) -> None:
        self.at: int | None = None
        self.deadline = 0.0
        self._timeout = 0.0
        self._path = Path()
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()  # so that its death is seen as the end of the pipe

    def begin(self, at: int, task: tuple[Path, float, str], timeout: float) -> None:
        self.at, self._path, self._timeout = at, task[0], timeout
        self.deadline = time.monotonic() + timeout
        try:
            self.pipe.send(task)
        except OSError:  # it died between two files: its successor takes this one
            self._replace()
            self.pipe.send(task)

    def answer(self) -> Found | None:
        """What came of the file at hand, None while it is under way."""
        assert self.at is not None
        at = self.at
        try:
            if self.pipe.poll():
                answer = self.pipe.recv()
            elif time.monotonic() < self.deadline:
                return None
            else:
                answer = RunError(
                    f"'{self._path}' took more than {self._timeout:g} s and was given up",
                    action="give it more with --timeout",
                )
                self._replace()
        except (EOFError, OSError):
            self._process.join()
            answer = RunError(
                f"the audit of '{self._path}' ended before it was done (exit code {self._process.exitcode})",
                action="audit this file alone to see why",
            )
            self._replace()
        self.at = None
        return at, answer

    def _replace(self) -> None:
        self.end()
        self._start()

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _serve(pipe: Connection) -> None:
    """The work of an auditing process: a file after the other until the pipe ends."""
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        try:
            answer: Audit | CellgradError = audit(*task)
        except CellgradError as error:
            answer = error
        except Exception:  # a fault in our own code: told in full, and this process ends as it would anywhere else
            traceback.print_exc()
            raise SystemExit(70) from None
        pipe.send(answer)
