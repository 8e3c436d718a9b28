"""The spreadsheet programs that live tests run on: LibreOffice Calc, and Excel where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import xlwings as xw
from tests.libreoffice import require

from cellgrad.hosts import calc

calc.register()

HOSTS = [pytest.param("calc", marks=pytest.mark.libreoffice)]
if "excel" in [engine.name for engine in xw.engines]:
    HOSTS.append(pytest.param("excel"))


@contextmanager
def running(host: str) -> Iterator[xw.App]:
    """A program of its own, without a book, ended afterwards."""
    if host == "calc":
        require()
        app = calc.start()
    else:
        xw.engines[host].activate()
        app = xw.App(visible=False, add_book=False)
    try:
        yield app
    finally:
        app.quit()
