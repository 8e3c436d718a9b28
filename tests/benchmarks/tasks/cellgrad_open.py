"""Cellgrad opens a workbook and, if asked, compiles every model saved in it."""

from __future__ import annotations

import time

from cellgrad.session import open_book


def run(path: str, compiled: bool) -> dict[str, float]:
    began = time.perf_counter()
    book = open_book(path)
    opened = time.perf_counter()
    for sheet in book.saved if compiled else ():
        book.model(sheet)
    return {"seconds": time.perf_counter() - began, "read": opened - began, "compile": time.perf_counter() - opened}
