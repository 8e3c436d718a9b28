"""Problems with a published optimum, as workbooks: tables in this folder, one a family.

A problem is cells, an objective, changing cells and constraints, written as an Excel file with a saved Solver model, so
that a test goes the way a user goes: open the file, optimise the model saved in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter
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
    cell). objective, changing: references in the only sheet, named "model". constraints: (left, relation, right) with
    relation one of RELATIONS, right a number, a reference or ''. optimum: the objective cell's best value; x: the
    changing cells there, where they are unique. source: who published it.
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

    @property
    def model(self) -> SolverModel:
        """The problem as Solver saves it."""
        constraints = []
        for left, word, right in self.constraints:
            relation = RELATIONS[word]
            constraints.append(Constraint(_absolute(left), relation, WORDS.get(relation, _absolute(right))))
        goal, _, value = self.goal.partition("=")
        return SolverModel(
            "model", objective=_absolute(self.objective), changing=_absolute(self.changing), goal=goal,
            value=float(value or 0), constraints=tuple(constraints), non_negative=self.non_negative, engine=self.engine,
        )  # fmt: skip

    def write(self, path: Path) -> Path:
        """The workbook, saved."""
        with xlsxwriter.Workbook(str(path)) as file:
            sheet = file.add_worksheet("model")
            for address, value in self.cells.items():
                region = parse_region(address, "model")
                if isinstance(value, str) and value.startswith("="):
                    _fill(sheet, region, value)
                    continue
                for row, column in region.cells():
                    sheet.write(row, column, value)
            for address, formula in self.arrays.items():
                sheet.write_array_formula(address, formula)
            for name, text in solver_names(self.model):
                file.define_name(f"model!{name}", f"={text}")
        return path


def _fill(sheet: Worksheet, region: Region, formula: str) -> None:
    """A formula filled over a region: relative references move with the cell."""
    tree = parse(formula[1:], region.top, region.left)
    for row, column in region.cells():
        sheet.write_formula(row, column, "=" + to_text(tree, row, column))


def _absolute(text: str) -> str:
    """References with sheet and dollars, as Solver writes them; numbers stay."""
    try:
        float(text)
    except ValueError:
        return ",".join("model!" + _dollars(part.strip()) for part in text.split(","))
    return text


def _dollars(a1: str) -> str:
    corners = (corner.rstrip("0123456789") for corner in a1.split(":"))
    return ":".join(
        f"${letters}${corner[len(letters) :]}" for letters, corner in zip(corners, a1.split(":"), strict=True)
    )
