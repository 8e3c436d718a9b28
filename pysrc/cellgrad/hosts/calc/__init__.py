"""xlwings for LibreOffice Calc: an engine that drives a live Calc through xlwings' own API.

    import xlwings as xw
    from cellgrad.hosts import calc

    calc.register()
    with xw.App(visible=False) as app:
        book = app.books.open("model.xlsx")
        sheet = book.sheets["Sheet1"]
        sheet["A1"].value = [[1, 2], [3, "=A1+B1"]]
        print(sheet["A1:B2"].formula, sheet["B2"].value)

What it does: apps, books, sheets, ranges with values, formulas and array formulas, names, tables, number formats,
colours, status bar, screen updating, calculation mode, save and close. Formulas are in Excel's words both ways.
Values are as in Excel: booleans, dates (in cells with a date format) and errors keep their kind. What Excel has and
Calc has not raises CalcError or NotImplementedError in words.

How it differs from Excel: no formula spills, so `formula2` is `formula`; `very hidden` is hidden; a text that reads as
a date stays a text; a sheet is never protected against its own user interface. `save` is LibreOffice's own export,
which loses what it does not model: to save an Excel file unharmed, write into the file with `cellgrad.hosts.package`.

Needs LibreOffice 7.4 or later and its Python bridge `uno` for this Python (Debian and Ubuntu: python3-uno).
"""

from __future__ import annotations

import xlwings as xw

from cellgrad.hosts.calc.app import App, CalcEngine, engine
from cellgrad.hosts.calc.bridge import CalcError
from cellgrad.hosts.calc.bridge import attach as _attach
from cellgrad.hosts.calc.bridge import start as _start

__all__ = ["CalcEngine", "CalcError", "attach", "register", "start"]


def register(activate: bool | None = None) -> xw.Engine:
    """Make xlwings know the engine ``calc``, once.

    activate: make it the engine that `xw.App()` and `xw.Book()` use; by default where there is no other, which is so
    wherever Excel is not.
    """
    if engine.name not in [known.name for known in xw.engines]:
        xw.engines.add(xw.Engine(impl=engine))
    registered = xw.engines[engine.name]
    if activate or (activate is None and xw.engines.active is None):
        registered.activate()
    return registered


def start(visible: bool = False) -> xw.App:
    """A LibreOffice of its own, without a book. Raises CalcError where it does not start."""
    register()
    return xw.App(impl=App(_start(visible)))


def attach(pipe: str, seconds: float = 10.0) -> xw.App:
    """The running LibreOffice that listens on this pipe (``soffice --accept=pipe,name=PIPE;urp;``)."""
    register()
    return xw.App(impl=App(_attach(pipe, seconds)))
