"""The program's own doings around a write: what it shows and computes meanwhile, and its status bar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import xlwings as xw

from cellgrad.hosts.live.differences import HOST_ERRORS, is_busy


@contextmanager
def quiet(app: xw.App) -> Iterator[None]:
    """Screen updating, events and automatic calculation off; all back as they were afterwards, error or not."""
    screen, events, calculation = app.screen_updating, app.enable_events, app.calculation
    try:
        app.screen_updating = False
        app.enable_events = False
        app.calculation = "manual"
        yield
    finally:
        app.calculation = calculation
        app.enable_events = events
        app.screen_updating = screen
    if calculation == "automatic":
        app.calculate()


def status(app: xw.App, text: str | None) -> None:
    """Show a text in the status bar; None gives the bar back to the program. Left alone while a cell is edited."""
    try:
        app.status_bar = False if text is None else text[:250]
    except HOST_ERRORS as error:
        if not is_busy(error):
            raise


def give_back_status(app: xw.App, text: str) -> None:
    """Give the status bar back to the program, if this is still what it shows."""
    if app.status_bar == text[:250]:
        status(app, None)
