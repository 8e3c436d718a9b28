"""Calls that cannot be interrupted, run so that clock, callback and Ctrl-C are still heard.

HiGHS looks at neither signals nor callbacks while it runs, but lets other threads run. So every call runs in a thread
of its own while this one listens. A call that is given up is left behind; it was given a time limit of its own, and
what it returns is dropped.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Callback, Progress, Status

T = TypeVar("T")
Floats = NDArray[np.float64]

LISTEN_SECONDS = 0.1
REPORT_SECONDS = 0.5
"""How often the callback hears of a call that is still running."""

GRACE_SECONDS = 2.0
"""How long after the end of the run a call may take to come back before it is left behind."""


class OutOfTime(Exception):  # noqa: N818
    """The run is over: `status` says why."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.word)
        self.status = status


class _Call(threading.Thread, Generic[T]):
    """A call and what came of it."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(daemon=True, name="linear programme")
        self.work = work
        self.result: T | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.result = self.work()
        except Exception as error:  # raised again by whoever waits
            self.error = error


class Watch:
    """Limits, callback and the best point so far of one run.

    x (n,): the best feasible point, or the start while there is none. value: the objective cell there, nan before.
    overtime: seconds beyond the limit that may be used to bring home what was found within it.
    """

    def __init__(self, limits: Limits, callback: Callback | None, start: Floats) -> None:
        self.limits = limits
        self.callback = callback
        self.x = start
        self.value = math.nan
        self.steps = 0
        self.overtime = 0.0
        self.history: list[tuple[int, float, float]] = []
        self._told = time.perf_counter()

    @property
    def left(self) -> float:
        """Seconds left, infinite where there is no limit."""
        return self.limits.seconds + self.overtime - self.elapsed

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.limits.elapsed

    @property
    def found(self) -> bool:
        """Whether a feasible point was kept."""
        return not math.isnan(self.value)

    def keep(self, x: Floats, value: float, rate: float = 0.0) -> None:
        """A better feasible point: to be handed back if nothing better comes; told to the callback."""
        self.x, self.value = x, value
        self.history.append((self.steps, value, rate))
        self.report()

    def report(self) -> None:
        """Tell the callback. Raises OutOfTime where it answers True."""
        self._told = time.perf_counter()
        if self.callback is None:
            return
        elapsed = self._told - self.limits.began
        left = self.left if math.isfinite(self.limits.seconds) else None
        point = self.x
        if self.callback(Progress(self.steps, self.value, 0.0, 1, elapsed, left, lambda: point.copy())) is True:
            raise OutOfTime(Status.STOPPED)

    def call(self, work: Callable[[float], T], seconds: float = math.inf) -> T:
        """work(the seconds it may take), at most `seconds` and what is left of the run. Raises OutOfTime where the
        limits of the run end it; KeyboardInterrupt passes through."""
        allowed = min(self.left, seconds)
        if self.left <= 0:
            raise OutOfTime(Status.TIME_LIMIT)
        call = _Call(lambda: work(allowed))
        deadline = time.perf_counter() + self.left + GRACE_SECONDS
        call.start()
        while call.is_alive():
            call.join(LISTEN_SECONDS)
            now = time.perf_counter()
            if call.is_alive() and now > deadline:
                raise OutOfTime(Status.TIME_LIMIT)
            if now - self._told > REPORT_SECONDS:
                self.report()
        if call.error is not None:
            raise call.error
        return call.result  # type: ignore[return-value]
