"""What is wrong with a saved model, all of it, by name and cell: models outlive the sheets they were made for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cellgrad.address import Region, full_name
from cellgrad.errors import ModelError
from cellgrad.solver_models.model import Problem, SolverModel, unusable
from cellgrad.solver_models.resolving import resolve
from cellgrad.values import Kind
from cellgrad.workbook import Workbook


def faults(model: SolverModel, book: Workbook) -> list[ModelError]:
    """Everything that keeps a saved model from being run, as far as its cells show before anything is calculated.

    Names that are missing, make no sense or have lost their cells; an objective that is no formula; changing cells
    that hold formulas or texts; constraints that ask what cannot be asked. A model without faults can still end in an
    error, or have an objective that its changing cells do not move.
    """
    if model.problems:  # the rest would only follow from these
        return [unusable(model.sheet, problem) for problem in model.problems]
    return [*_of_objective(model, book), *_of_changing_and_constraints(model, book)]


def _of_objective(model: SolverModel, book: Workbook) -> Iterator[ModelError]:
    if model.seeks_feasibility:
        return
    try:
        cell = model.objective_region(book)
    except ModelError as error:
        yield error
        return
    sheet = book.sheet(cell.sheet)
    if book.formula(cell.sheet, cell.top, cell.left) or any(cell in table for table in sheet.data_tables):
        return
    value = book.cached(cell.sheet, cell.top, cell.left)
    held = "is blank" if value is None else f"holds the text '{value}'" if isinstance(value, str) else "is a constant"
    cause = f"the objective must be a formula, and this cell {held}"
    yield unusable(model.sheet, Problem("solver_opt", model.objective, cause), str(cell))


def _of_changing_and_constraints(model: SolverModel, book: Workbook) -> Iterator[ModelError]:
    try:
        changing = model.changing_regions(book)
    except ModelError as error:
        yield error
        return
    for area in changing:
        yield from _of_area(model, book, area)
    for line in model.constraints:
        try:
            resolve(book, model.sheet, changing, [line], ignore_integers=model.ignore_integers)
        except ModelError as error:
            yield error


def _of_area(model: SolverModel, book: Workbook, area: Region) -> Iterator[ModelError]:
    """The faults of one area of changing cells: each kind once, at its first cell."""
    kinds, _, formulas = book.sheet(area.sheet).cells.dense(area.top, area.left, area.bottom, area.right)
    of_formulas = formulas >= 0
    for what, wrong in (("formula", of_formulas), ("text", ~of_formulas & (kinds == Kind.TEXT))):
        count = int(wrong.sum())
        if not count:
            continue
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        others = "" if count == 1 else f" (as do {count - 1} more of {area})"
        cause = f"a changing cell must hold a number, and this one holds a {what}{others}"
        cell = full_name(area.sheet, area.top + row, area.left + column)
        yield unusable(model.sheet, Problem("solver_adj", model.changing, cause), cell)
