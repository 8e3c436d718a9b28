"""Cellgrad opens a workbook and, if asked, compiles every model saved in it."""

from __future__ import annotations

import time

from cellgrad.session import open_book


def run(path: str, compiled: bool) -> dict[str, float]:
    began, processor = time.perf_counter(), time.process_time()
    book = open_book(path)
    opened = time.perf_counter()
    for sheet in book.saved if compiled else ():
        book.model(sheet)
    ended = time.perf_counter()
    return {
        "seconds": ended - began, "processor": time.process_time() - processor, "read": opened - began,
        "compile": ended - opened,
    }  # fmt: skip
