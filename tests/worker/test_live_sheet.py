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
from typing import Any

import pytest
import xlwings as xw
from tests.calc.hosts import running

from cellgrad.errors import RunError
from cellgrad.hosts.calc.bridge import import_uno
from cellgrad.hosts.calc.keys import ESCAPE, EscapeKey
from cellgrad.hosts.live import give_back_status, snapshot, undo
from cellgrad.hosts.settings import Settings
from cellgrad.live_run import in_words, search
from cellgrad.worker.process import shared_worker
from cellgrad.worker.turn import Turn, ask_to_stop

pytestmark = pytest.mark.libreoffice

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"
F1, SHIFT = 768, 1  # com.sun.star.awt.Key, KeyModifier
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


def test_esc_in_the_middle_of_a_run_leaves_one_complete_set(book: xw.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key as LibreOffice hands it over; the key of a keyboard is pressed in tests/window."""
    listening: list[EscapeKey] = []

    class Watched(EscapeKey):
        def __enter__(self) -> EscapeKey:
            listening.append(self)
            return super().__enter__()

    monkeypatch.setattr("cellgrad.hosts.live.interrupting.EscapeKey", Watched)
    sheet, app = book.sheets["nnet"], book.app
    before, loss = sheet["G1:P2"].value, sheet["AA1"].value
    shared_worker().call("cellgrad.worker.work:check", snapshot(book), book.name, "nnet")  # torch is loaded

    def press_keys() -> None:
        listening[0].keyPressed(key(F1))  # nobody's
        listening[0].keyPressed(key(ESCAPE, SHIFT))
        assert not Turn(book.fullname).stop_asked
        assert listening[0].keyPressed(key(ESCAPE)) is False  # Calc does with it what it always does

    person = threading.Timer(2, press_keys)
    person.start()
    answer = search(book, "nnet", ENDLESS)
    assert answer.status == "stopped by user"
    assert sheet["G1:P2"].value == answer.x.reshape(2, 10).tolist() != before
    assert sheet["AA1"].value == pytest.approx(answer.value, rel=1e-9)
    assert (app.calculation, app.screen_updating, app.enable_events) == ("automatic", True, True)
    assert str(app.status_bar) == in_words(answer)[:250]
    give_back_status(app, str(app.status_bar))
    assert app.status_bar is False
    undo(book)
    assert sheet["G1:P2"].value == before
    assert sheet["AA1"].value == loss


def key(code: int, modifiers: int = 0) -> Any:
    """com.sun.star.awt.KeyEvent."""
    event = import_uno().createUnoStruct("com.sun.star.awt.KeyEvent")
    event.KeyCode, event.Modifiers = code, modifiers
    return event


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
