"""Writes a large workbook."""

from __future__ import annotations

from tests.workbooks.scale import titanic_at_scale


def run(path: str, rows: int, sheet: str, formulas: str) -> dict[str, object]:
    titanic_at_scale(path, rows, formulas, sheet)
    return {}
