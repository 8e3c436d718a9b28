"""Words to the user of an open program, in its own windows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import xlwings as xw

from cellgrad.errors import ArgumentError, CellgradError
from cellgrad.hosts.calc.bridge import Office
from cellgrad.hosts.calc.form import Field, Form
from cellgrad.hosts.live import status
from cellgrad.hosts.live.differences import HOST_ERRORS
from cellgrad.hosts.settings import DEVICE_LABELS, METHOD_LABELS, Settings, number_given

_LONGEST_MESSAGE = 1000
"""Excel cuts longer ones in the middle of a word."""
_TITLE = "Cellgrad"


@contextmanager
def faults_told(app: xw.App) -> Iterator[None]:
    """What goes wrong is told in the program: in our words, or, where the program itself refuses, in its own; a fault
    in our own code with its kind, and raised."""
    try:
        yield
    except CellgradError as error:
        tell(app, error.in_sheet())
    except HOST_ERRORS as error:
        tell(app, f"This could not be done: {error}")
    except Exception as error:
        tell(app, f"A fault in Cellgrad itself: {type(error).__name__}: {error}. Please report it.")
        raise


def tell(app: xw.App, text: str) -> None:
    """A message that waits until it has been read; where the program has no dialogs, in the status bar."""
    _dialog(app, text, "ok")


def agreed(app: xw.App, question: str) -> bool:
    """Whether the user says yes to a question; no where the program cannot ask."""
    return _dialog(app, question, "yes_no") == "yes"


def settings_asked(book: xw.Book, settings: Settings) -> Settings | None:
    """What the user makes of the settings in a dialog over a workbook of Calc; None where it is cancelled.

    An entry that makes no sense is told, and asked again. Raises ArgumentError where LibreOffice has no windows.
    """
    office: Office = book.app.impl.office
    if not office.visible:
        raise ArgumentError("this LibreOffice has no windows to ask in")
    form = settings_form(office, settings)
    while form.show(book.api.CurrentController.Frame):
        try:
            return settings_in(form)
        except ArgumentError as error:
            tell(book.app, error.in_sheet())
    return None


def settings_form(office: Office, settings: Settings) -> Form:
    """The dialog of the settings, in the words of Excel's ribbon."""
    fields = (
        Field(
            "Method", METHOD_LABELS[settings.method],
            "How the search goes. Automatic takes what suits the model: linear, a sum of squares, smooth, constraints, "
            "whole numbers. The last three are the names of Solver's own.", tuple(METHOD_LABELS.values()),
        ),
        Field(
            "Device", DEVICE_LABELS[settings.device],
            "Where gradients and steps are computed: on the processor or on a graphics card. Automatic takes a CUDA "
            "card where there is one.", tuple(DEVICE_LABELS.values()),
        ),
        Field(
            "Steps", "" if settings.steps is None else str(settings.steps),
            "The most steps of a run; empty: as many as the method usually needs.",
        ),
        Field(
            "Learning rate", "" if settings.rate is None else f"{settings.rate:.15g}",
            "A fixed learning rate for gradient descent, momentum and Adam; empty: found by the method.",
        ),
    )  # fmt: skip
    return Form(office, f"{_TITLE}: settings", fields)


def settings_in(form: Form) -> Settings:
    """What a settings form holds. Raises ArgumentError, in words, for an entry that makes no sense."""
    method, device, steps, rate = form.values
    most = number_given(steps, "The number of steps")
    return Settings(
        {label: method for method, label in METHOD_LABELS.items()}[method],
        {label: device for device, label in DEVICE_LABELS.items()}[device],
        None if most is None else max(1, int(most)),
        number_given(rate, "The learning rate"),
    )


def _dialog(app: xw.App, text: str, buttons: str) -> str | None:
    shown = text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 3] + "..."
    try:
        return app.alert(shown, _TITLE, buttons)
    except NotImplementedError:
        status(app, f"{_TITLE}: {shown}")
        return None
