"""Lessons whose formulas get their values from the reference evaluator: a workbook is drawn twice.

The first drawing knows no values. They are computed from it, one cell at a time and with exactly rounded sums, and
the second drawing writes them beside the formulas, so that charts and readers that do not calculate show them too.
LibreOffice is the second opinion on them: `cellgrad audit --against libreoffice`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cellgrad.hosts import package
from cellgrad.lessons.package import BUILT, finish
from cellgrad.reference import Reference
from cellgrad.solver_models import SolverModel, solver_names
from cellgrad.values import CellError, Value

Values = Mapping[str, Mapping[tuple[int, int], Value]]
"""Sheet -> (row, column), counted from 0 -> value, of the cells that hold formulas."""

Draw = Callable[[xlsxwriter.Workbook, Values], Mapping[str, SolverModel]]
"""Draws a workbook, with the values known so far; the saved model of each sheet that has one."""


class Page:
    """A sheet under way, whose formulas are written with their values."""

    def __init__(self, book: xlsxwriter.Workbook, name: str, values: Values) -> None:
        self.name = name
        self.sheet: Worksheet = book.add_worksheet(name)
        self._values = values.get(name, {})

    def formula(self, row: int, column: int, text: str, style: Format) -> None:
        """A formula, with its ``=``, in a cell counted from 0."""
        self.sheet.write_formula(row, column, text, style, self._value(row, column))

    def array(self, top: int, left: int, bottom: int, right: int, text: str, style: Format) -> None:
        """One array formula, with its ``=`` and without braces, that fills a block."""
        self.sheet.write_array_formula(top, left, bottom, right, f"{{{text}}}", style, self._value(top, left))
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if (row, column) != (top, left):
                    self.sheet.write(row, column, self._value(row, column), style)

    def _value(self, row: int, column: int) -> float | str | bool:
        value = self._values.get((row, column))
        return str(value) if isinstance(value, CellError) else 0 if value is None else value


def write(path: Path, title: str, draw: Draw, only: Collection[str] | None = None) -> Path:
    """Write the workbook that `draw` draws, with every value; the same bytes each time.

    only: the sheets whose values are asked for here, where `draw` knows those of the others; or all.
    Raises FormulaError for a formula that cannot be evaluated.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch) / "draft.xlsx"
        _draw(draft, title, draw, {})
        models = _draw(draft, title, draw, computed(draft, only))
        return finish(draft, path, {sheet: dict(solver_names(model)) for sheet, model in models.items()})


def _draw(draft: Path, title: str, draw: Draw, values: Values) -> Mapping[str, SolverModel]:
    with xlsxwriter.Workbook(draft) as book:
        book.set_properties({"title": title, "author": "Cellgrad", "created": BUILT})
        return draw(book, values)


def computed(path: Path, only: Collection[str] | None = None) -> Values:
    """The values of all cells that hold a formula, those in the blocks of array formulas among them.

    only: the sheets wanted, or all."""
    book = package.read(path)
    reference = Reference(book)
    found: dict[str, dict[tuple[int, int], Value]] = {}
    for name, sheet in book.sheets.items():
        if only is not None and name not in only:
            continue
        cells = sheet.cells
        places = [
            (int(cells.rows[entry]), int(column))
            for column, first, end in zip(cells.columns, cells.starts, cells.starts[1:], strict=False)
            for entry in range(first, end)
            if cells.formulas[entry] >= 0
        ]
        found[name] = {place: reference.value(name, *place) for place in places}
    return found
