"""Problems with a published optimum, as workbooks: tables in this folder, one a family.

A problem is cells, an objective, changing cells and constraints, written as an Excel file with a saved Solver model, so
that a test goes the way a user goes: open the file, optimise the model saved in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cellgrad.address import Region, parse_region
from cellgrad.formula.parse import parse
from cellgrad.formula.printing import to_text
from cellgrad.solver_models import Constraint, Engine, Relation, SolverModel, solver_names

RELATIONS = {
    "<=": Relation.AT_MOST, "=": Relation.EQUAL, ">=": Relation.AT_LEAST,
    "int": Relation.INTEGER, "bin": Relation.BINARY, "dif": Relation.ALL_DIFFERENT,
}  # fmt: skip
WORDS = {Relation.INTEGER: "integer", Relation.BINARY: "binary", Relation.ALL_DIFFERENT: "AllDifferent"}

Cells = Mapping[str, float | str]


@dataclass(frozen=True)
class Known:
    """A problem and its answer.

    cells: A1 address or range -> number, text, or formula (filled over its range as if filled down from the first
    cell). objective, changing: references in the sheet named "model". constraints: (left, relation, right) with
    relation one of RELATIONS, right a number, a reference, a formula after '=' or ''; references may name a sheet.
    optimum: the objective cell's best value; x: the changing cells there, where they are unique. source: who published
    it. arrays: range -> array formula. sheets: the other sheets' names -> cells; names: name -> what it stands for;
    tables: name -> range of the sheet "model", headings in its first row.
    """

    cells: Cells
    objective: str
    changing: str
    optimum: float
    source: str
    goal: str = "min"
    constraints: tuple[tuple[str, str, str], ...] = ()
    non_negative: bool = False
    engine: Engine = Engine.GRG_NONLINEAR
    arrays: Mapping[str, str] = field(default_factory=dict)
    x: tuple[float, ...] | None = None
    sheets: Mapping[str, Cells] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> SolverModel:
        """The problem as Solver saves it."""
        constraints = []
        for left, word, right in self.constraints:
            relation = RELATIONS[word]
            constraints.append(Constraint(_absolute(left), relation, WORDS.get(relation, _absolute(right))))
        goal, _, value = self.goal.partition("=")
        objective = _absolute(self.objective) if self.objective else ""
        return SolverModel(
            "model", objective=objective, changing=_absolute(self.changing), goal=goal,
            value=float(value or 0), constraints=tuple(constraints), non_negative=self.non_negative, engine=self.engine,
        )  # fmt: skip

    def write(self, path: Path) -> Path:
        """The workbook, saved."""
        with xlsxwriter.Workbook(str(path)) as file:
            sheet = file.add_worksheet("model")
            _write(sheet, self.cells)
            for title, cells in self.sheets.items():
                _write(file.add_worksheet(title), cells)
            for name, region in self.tables.items():
                first, last = (parse_region(region, "model").cells()[i] for i in (0, -1))
                headings = [self.cells[xl_rowcol_to_cell(first[0], j)] for j in range(first[1], last[1] + 1)]
                columns = [{"header": heading} for heading in headings]
                sheet.add_table(*first, *last, {"name": name, "columns": columns})
            for address, formula in self.arrays.items():
                sheet.write_array_formula(address, formula)
            for name, text in self.names.items():
                file.define_name(name, text)
            for name, text in solver_names(self.model):
                file.define_name(f"model!{name}", f"={text}")
        return path


def _write(sheet: Worksheet, cells: Cells) -> None:
    for address, value in cells.items():
        region = parse_region(address, "model")
        if isinstance(value, str) and value.startswith("="):
            _fill(sheet, region, value)
            continue
        for row, column in region.cells():
            sheet.write(row, column, value)


def _fill(sheet: Worksheet, region: Region, formula: str) -> None:
    """A formula filled over a region: relative references move with the cell."""
    tree = parse(formula[1:], region.top, region.left)
    for row, column in region.cells():
        sheet.write_formula(row, column, "=" + to_text(tree, row, column))


def _absolute(text: str) -> str:
    """References with sheet and dollars, as Solver writes them; numbers and formulas stay."""
    if text.startswith("="):
        return text[1:]
    try:
        float(text)
    except ValueError:
        return ",".join(_reference(part.strip()) for part in text.split(","))
    return text


def _reference(text: str) -> str:
    """A reference with sheet and dollars; a name as it is."""
    sheet, _, a1 = text.rpartition("!")
    return f"{sheet or 'model'}!{_dollars(a1)}" if a1[-1:].isdigit() else text


def _dollars(a1: str) -> str:
    corners = (corner.rstrip("0123456789") for corner in a1.split(":"))
    return ":".join(
        f"${letters}${corner[len(letters) :]}" for letters, corner in zip(corners, a1.split(":"), strict=True)
    )
