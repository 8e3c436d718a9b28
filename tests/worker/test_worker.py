"""The worker process: the same answer as without it, stopped within a second, and no harm done by its death."""

from __future__ import annotations

import dataclasses
import itertools
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.sheets import book_of

from cellgrad.errors import ArgumentError, FormulaError, ModelError, RunError
from cellgrad.session import open_book
from cellgrad.values import Value
from cellgrad.worker.job import Advance, Job
from cellgrad.worker.process import KEEP_SECONDS, Worker

ROOT = Path(__file__).parents[2]
TITANIC = open_book(ROOT / "workbooks" / "titanic.xlsx").workbook

NET = Job(TITANIC, "titanic.xlsx", "nnet")
ENDLESS = Job(TITANIC, "titanic.xlsx", "nnet", method="gradient-descent", learning_rate=1e-4, steps=10**9)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    worker.start()
    yield worker
    worker.end()


def in_this_process() -> np.ndarray:
    return open_book(ROOT / "workbooks" / "titanic.xlsx").model("nnet").optimize(starts=8).x


def test_the_answer_is_that_of_the_engine_itself(worker: Worker) -> None:
    answer = worker.run(dataclasses.replace(NET, starts=8))  # unasked, further starts go by how fast the machine is
    np.testing.assert_array_equal(answer.x, in_this_process())
    assert (str(answer.objective), *map(str, answer.changing)) == ("nnet!AA1", "nnet!G1:P2")
    assert answer.kept


def test_every_advance_is_a_complete_set_that_gives_the_value_it_names(worker: Worker) -> None:
    seen: list[Advance] = []
    worker.run(Job(TITANIC, "titanic.xlsx", "nnet", starts=16), seen.append)
    model = open_book(ROOT / "workbooks" / "titanic.xlsx").model("nnet")
    assert seen
    for advance in seen:
        assert model.value_and_gradient(advance.x)[0] == pytest.approx(advance.value, rel=1e-12)
    assert all(later.value <= earlier.value for earlier, later in itertools.pairwise(seen))


def test_a_stop_is_answered_within_a_second_with_the_best_so_far(worker: Worker) -> None:
    asked = Asked(worker, after=5)
    answer = worker.run(ENDLESS, asked.watch, asked.stop)
    assert time.monotonic() - asked.at < 1
    assert answer.status == "stopped by user"
    assert answer.value < answer.start_value


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP to hang a process with")
def test_a_worker_that_hangs_is_stopped_within_a_second_too(worker: Worker) -> None:
    asked = Asked(worker, after=5, hang=True)
    answer = worker.run(ENDLESS, asked.watch, asked.stop)
    assert time.monotonic() - asked.at < 1
    np.testing.assert_array_equal(answer.x, asked.seen[-1].x)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP to hang a process with")
def test_a_stop_before_the_first_step_changes_nothing(worker: Worker) -> None:
    worker.start()
    os.kill(pid_of(worker), signal.SIGSTOP)
    with pytest.raises(RunError, match="stopped before its first step; nothing was changed"):
        worker.run(NET, stop=lambda: True)
    assert worker.run(NET).kept


@pytest.mark.parametrize(
    ("cells", "error", "message"),
    [
        ({"A1": 1.0, "B1": "=NOSUCH(A1)"}, FormulaError, "NOSUCH"),
        ({"A1": 0.0, "B1": "=1/A1"}, ModelError, "#DIV/0!"),
    ],
)
def test_errors_cross_the_pipe_with_all_their_parts(
    worker: Worker, cells: dict[str, Value], error: type[Exception], message: str
) -> None:
    job = Job(book_of({"Sheet1": cells}), "small.xlsx", objective="B1", changing="A1")
    with pytest.raises(error, match=message) as raised:
        worker.run(job)
    assert isinstance(raised.value, FormulaError | ModelError)
    assert (raised.value.cell, raised.value.formula) == ("Sheet1!B1", cells["B1"])
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), vars(again)) == (str(raised.value), vars(raised.value))


def test_an_exception_of_the_watcher_does_not_spoil_the_next_run(worker: Worker) -> None:
    def watch(advance: Advance) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker.run(ENDLESS, watch)
    assert worker.run(NET).kept


@pytest.mark.parametrize("times", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_random_moments(worker: Worker, times: int) -> None:
    """The written cells are the old ones or one complete set, and the next press works."""
    draw = random.Random(0)
    model = open_book(ROOT / "workbooks" / "titanic.xlsx").model("nnet")
    written = model.x0
    for _ in range(times):
        worker.run(Job(TITANIC, "titanic.xlsx", "nnet", steps=1))  # warm: the moments then fall into a run
        complete = [model.x0]

        def watch(advance: Advance, complete: list[np.ndarray] = complete) -> None:
            complete.append(advance.x)

        killer = threading.Timer(draw.uniform(0.0, 0.6), os.kill, (pid_of(worker), signal.SIGTERM))
        killer.start()
        with pytest.raises(RunError, match="press again"):
            worker.run(ENDLESS, watch)
        killer.join()
        written = complete[-1]
        assert written.shape == model.x0.shape
        assert np.isfinite(model.value_and_gradient(written)[0])
    assert worker.run(NET).kept


def test_what_the_model_refuses_costs_no_worker(worker: Worker) -> None:
    worker.start()
    before = worker.pid
    with pytest.raises(ModelError):
        worker.run(Job(book_of({"Sheet1": {"A1": 0.0, "B1": "=1/A1"}}), "small.xlsx", objective="B1", changing="A1"))
    assert worker.pid == before
    assert worker.run(NET).kept


def test_an_errand_is_done_in_the_worker_and_its_error_told_here(worker: Worker) -> None:
    assert worker.call("os:getpid") == worker.pid
    with pytest.raises(ArgumentError, match="no sheet 'nope'"):
        worker.call("cellgrad.worker.work:check", TITANIC, "titanic.xlsx", "nope")
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        worker.call("operator:truediv", 1, 0)
    assert worker.call("os:getpid") == worker.pid


def test_a_kept_worker_that_dies_between_two_runs_is_replaced() -> None:
    worker = Worker()
    worker.keep()
    first = pid_of(worker)
    os.kill(first, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while worker.pid in (first, None):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert worker.call("os:getpid") == worker.pid
    worker.end()
    time.sleep(KEEP_SECONDS + 0.5)
    assert worker.pid is None


def test_who_writes_the_sheet_loads_no_torch() -> None:
    """Python starts in a moment where only the worker loads the engine."""
    code = "import sys, cellgrad.addin.calc_server; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def pid_of(worker: Worker) -> int:
    assert worker.pid is not None
    return worker.pid


class Asked:
    """A person at the Stop button: presses after so many advances, once the worker hangs where it is to hang."""

    def __init__(self, worker: Worker, after: int, hang: bool = False) -> None:
        self.worker, self.after, self.hang = worker, after, hang
        self.seen: list[Advance] = []
        self.at = 0.0
        self.stop: Callable[[], bool] = lambda: self.at > 0

    def watch(self, advance: Advance) -> None:
        self.seen.append(advance)
        if len(self.seen) == self.after:
            if self.hang:
                os.kill(pid_of(self.worker), signal.SIGSTOP)
            self.at = time.monotonic()
