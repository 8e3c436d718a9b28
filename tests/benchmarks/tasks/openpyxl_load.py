"""openpyxl loads a workbook, as any script would."""

from __future__ import annotations

import time

import openpyxl


def run(path: str) -> dict[str, float]:
    began = time.perf_counter()
    openpyxl.load_workbook(path)
    return {"seconds": time.perf_counter() - began}
