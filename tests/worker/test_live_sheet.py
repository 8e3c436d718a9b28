"""What a press of Optimize does in a live sheet: the answer, Stop, and nothing half done when the worker dies."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import xlwings as xw
from tests.calc.hosts import running

from cellgrad.errors import RunError
from cellgrad.hosts.settings import Settings
from cellgrad.live_run import search
from cellgrad.worker.process import shared_worker
from cellgrad.worker.turn import ask_to_stop

pytestmark = pytest.mark.libreoffice

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"
ENDLESS = Settings(method="gradient-descent", steps=10**9, rate=1e-4)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[xw.Book]:
    with running("calc") as app:
        yield app.books.open(str(shutil.copy(TITANIC, tmp_path)))


def test_stop_from_elsewhere_keeps_the_best_within_a_second(book: xw.Book) -> None:
    sheet = book.sheets["nnet"]
    loss, pressed = sheet["AA1"].value, 0.0

    def press_stop() -> None:
        nonlocal pressed
        pressed = time.monotonic()
        assert ask_to_stop(book.fullname)

    shared_worker().start()
    time.sleep(4)  # the worker has loaded torch by then
    person = threading.Timer(4, press_stop)
    person.start()
    answer = search(book, "nnet", ENDLESS)
    assert time.monotonic() - pressed < 1.5  # one second to stop, the rest to write and recalculate on a busy machine
    assert answer.status == "stopped by user"
    assert sheet["AA1"].value == pytest.approx(answer.value, rel=1e-9)
    assert answer.value < loss
    assert sheet["G1:P2"].value == answer.x.reshape(2, 10).tolist()


@pytest.mark.parametrize("times", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_random_moments_the_sheet_holds_the_old_set_and_the_next_press_works(
    book: xw.Book, times: int
) -> None:
    draw = random.Random(0)
    sheet = book.sheets["nnet"]
    for _ in range(times):
        before, loss = sheet["G1:P2"].value, sheet["AA1"].value
        shared_worker().start()
        with killing(draw.uniform(0.1, 5.0)), pytest.raises(RunError, match="press again"):
            search(book, "nnet", ENDLESS)
        assert sheet["G1:P2"].value == before
        assert sheet["AA1"].value == loss
    answer = search(book, "nnet", Settings())
    assert sheet["G1:P2"].value == answer.x.reshape(2, 10).tolist()
    assert answer.kept


@contextmanager
def killing(seconds: float) -> Iterator[None]:
    """Kill the worker after so long, and again every two seconds: the first may fall before the run has begun."""
    ended = threading.Event()

    def kill() -> None:
        wait = seconds
        while not ended.wait(wait):
            with suppress(ProcessLookupError):
                if (pid := shared_worker().pid) is not None:  # 0 would be this process group
                    os.kill(pid, signal.SIGKILL)
            wait = 2.0

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        ended.set()
        killer.join()
