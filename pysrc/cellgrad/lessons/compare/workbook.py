"""Many models on the same passengers: compare.xlsx.

Sheets: `models` (the table, the pick), `splits` (the same split by split), `to_the_end` (without early stopping),
`learning_curve`, `smallest` (to be optimised), `data`, a sheet for each size of model, and `curve_sets`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import xlsxwriter

from cellgrad.lessons.compare import curve_sheets, net_sheets, people, smallest_sheet, table_sheets
from cellgrad.lessons.compare.parts import Passengers, passengers
from cellgrad.lessons.compare.results import Trained, read_trained
from cellgrad.lessons.computed import Page, Values, write
from cellgrad.lessons.style import Look
from cellgrad.solver_models import SolverModel


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path` from `data`/titanic.csv and `data`/trained/compare.json.

    Raises FileError where one is missing or other, or where the results are of other data or models.
    """
    everyone = passengers(data)
    return write(path, "Which model?", partial(_draw, everyone, read_trained(data, everyone)))


def _draw(
    everyone: Passengers, trained: Trained, book: xlsxwriter.Workbook, values: Values
) -> Mapping[str, SolverModel]:
    look = Look(book)
    for name, text in (people.names(everyone) | table_sheets.names()).items():
        book.define_name(name, text)
    first = (table_sheets.MODELS, table_sheets.SPLITS_SHEET, table_sheets.TO_THE_END, curve_sheets.CURVE_SHEET,
             smallest_sheet.SHEET, people.SHEET)  # fmt: skip
    models, splits, to_the_end, curve, smallest, data = (Page(book, name, values) for name in first)
    table_sheets.draw_models(book, models, look, everyone, trained)
    table_sheets.draw_splits(book, splits, look, everyone, trained)
    table_sheets.draw_to_the_end(book, to_the_end, look, trained)
    curve_sheets.draw(book, curve, look)
    smallest_sheet.draw(book, smallest, look, everyone)
    people.draw(data, look, everyone)
    net_sheets.draw(book, values, look, everyone, trained)
    curve_sheets.draw_sets(Page(book, curve_sheets.SETS, values), look, everyone, trained)
    return {smallest_sheet.SHEET: smallest_sheet.MODEL}
