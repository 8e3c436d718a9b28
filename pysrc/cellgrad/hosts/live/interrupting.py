"""Esc in the program while a run is under way: what Stop does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType

import xlwings as xw

from cellgrad.hosts.calc.keys import EscapeKey
from cellgrad.hosts.live.differences import HOST_ERRORS, program

RELEASE = "cellgrad.xlam!CellgradKeys.ReleaseEscape"
"""The add-in's macro that gives Excel its Esc key back."""


def on_escape(book: xw.Book, pressed: Callable[[], object]) -> EscapeKey | ExcelEscape:
    """A context manager: inside its block Esc, pressed in a window of the workbook, calls `pressed`.

    In Excel the add-in's macros listen to the key, and press Stop; here it is only given back.
    """
    return EscapeKey(book.api, pressed) if program(book) == "calc" else ExcelEscape(book.app)


class ExcelEscape:
    """Ends what the macro behind Optimize and Step has begun: Excel's Esc key is bound to Stop for a run."""

    def __init__(self, app: xw.App) -> None:
        self._app = app

    def __enter__(self) -> ExcelEscape:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(*HOST_ERRORS):  # no add-in there; else the next Esc gives the key back
            self._app.macro(RELEASE)()
