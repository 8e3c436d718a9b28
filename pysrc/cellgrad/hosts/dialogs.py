"""Words to the user of an open program, in its own windows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import xlwings as xw

from cellgrad.errors import CellgradError
from cellgrad.hosts.live import status

_LONGEST_MESSAGE = 1000
"""Excel cuts longer ones in the middle of a word."""
_TITLE = "Cellgrad"


@contextmanager
def faults_told(app: xw.App) -> Iterator[None]:
    """What goes wrong is told in the program, in our words; a fault in our own code with its kind, and raised."""
    try:
        yield
    except CellgradError as error:
        tell(app, str(error))
    except Exception as error:
        tell(app, f"A fault in Cellgrad itself: {type(error).__name__}: {error}. Please report it.")
        raise


def tell(app: xw.App, text: str) -> None:
    """A message that waits until it has been read; where the program has no dialogs, in the status bar."""
    _dialog(app, text, "ok")


def agreed(app: xw.App, question: str) -> bool:
    """Whether the user says yes to a question; no where the program cannot ask."""
    return _dialog(app, question, "yes_no") == "yes"


def _dialog(app: xw.App, text: str, buttons: str) -> str | None:
    shown = text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 3] + "..."
    try:
        return app.alert(shown, _TITLE, buttons)
    except NotImplementedError:
        status(app, f"{_TITLE}: {shown}")
        return None
