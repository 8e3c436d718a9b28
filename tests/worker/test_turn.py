"""One run at a time in a workbook, whichever process it is in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cellgrad.errors import RunError
from cellgrad.worker.turn import Turn, ask_to_stop

HOLD = """
import sys
from cellgrad.worker.turn import Turn
with Turn(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))


def hold(book: str) -> subprocess.Popen[str]:
    """Another process that has the turn."""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, book], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    return other


def test_a_second_press_is_refused_in_words_and_a_free_workbook_is_not() -> None:
    other = hold("/books/a.xlsx")
    with pytest.raises(RunError, match=r"a run is under way in 'a\.xlsx'; wait for its end, or press Stop"), \
            Turn("/books/a.xlsx"):  # fmt: skip
        pass
    with Turn("/books/b.xlsx"):
        pass
    other.communicate("\n")
    with Turn("/books/a.xlsx"):
        pass


def test_a_killed_run_gives_its_turn_back() -> None:
    other = hold("a.xlsx")
    other.kill()
    other.communicate()
    with Turn("a.xlsx"):
        pass


def test_stop_reaches_the_run_that_has_the_turn_and_no_later_one() -> None:
    with Turn("a.xlsx") as turn:
        assert not turn.stop_asked
        assert ask_to_stop("a.xlsx")
        assert turn.stop_asked
    with Turn("a.xlsx") as turn:
        assert not turn.stop_asked


def test_stop_says_when_there_is_nothing_to_stop() -> None:
    assert not ask_to_stop("a.xlsx")
