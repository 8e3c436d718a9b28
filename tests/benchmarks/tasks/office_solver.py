"""A saved linear model solved by LibreOffice's own solvers, in the open document, and by Cellgrad."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.races.race import Race
from tests.benchmarks.races.table import RACES
from tests.benchmarks.tasks.solving import timed

import cellgrad
from cellgrad.address import parse_region
from cellgrad.hosts import calc
from cellgrad.hosts.calc.bridge import Office, import_uno
from cellgrad.solver_models import Relation

SOLVERS = ("com.sun.star.comp.Calc.CoinMPSolver", "com.sun.star.comp.Calc.LpsolveSolver")
"""The linear ones, the better one first; a LibreOffice has those it was built with."""
OPERATORS = {
    Relation.AT_MOST: "LESS_EQUAL", Relation.EQUAL: "EQUAL", Relation.AT_LEAST: "GREATER_EQUAL",
    Relation.INTEGER: "INTEGER", Relation.BINARY: "BINARY",
}  # fmt: skip
SHEET = "model"


def run(race: str, rounds: int) -> dict[str, Any]:
    """Seconds of every round, each solver's time from the document as it was opened, and the two ends.

    absent: why there is nothing to measure, where this LibreOffice has no linear solver.
    """
    raced = RACES[race]()
    with tempfile.TemporaryDirectory() as folder, calc.start() as app:
        path = raced.known.write(Path(folder) / "race.xlsx")
        model = cellgrad.open(path).model()
        model.optimize(starts=1)
        ours, theirs, end, name = [], [], 0.0, ""
        for _ in range(rounds):
            book = app.books.open(str(path))
            solver, name = _solver(app.impl.office, book.api, raced)
            if solver is None:
                return {"absent": "this LibreOffice has no linear solver"}
            theirs.append(timed(solver.solve)[0])
            if not solver.Success:
                raise ArithmeticError(f"{name} found no solution of {raced.name}")
            end = float(solver.ResultValue)
            book.close()
            seconds, solution = timed(lambda: model.optimize(starts=1))
            ours.append(seconds)
    return {
        "name": raced.name, "solver": name.rpartition(".")[2], "ours": ours, "theirs": theirs,
        "value": solution.value, "end": end,
    }  # fmt: skip


def _solver(office: Office, document: Any, race: Race) -> tuple[Any, str]:
    """A solver that holds the race's model, and its name; None where there is none."""
    for name in SOLVERS:
        solver = office.service(name)
        if solver is not None:
            break
    else:
        return None, ""
    model = race.known.model
    solver.Document = document
    solver.Objective = _cells(document, str(model.objective))[0]
    solver.Variables = tuple(_cells(document, str(model.changing)))
    solver.Maximize = model.goal == "max"
    solver.setPropertyValue("NonNegative", model.non_negative)
    limits: list[Any] = []
    for constraint in model.constraints:
        left = _cells(document, constraint.left)
        right: list[Any] = [0.0] * len(left)
        if constraint.relation not in (Relation.INTEGER, Relation.BINARY):
            number = _number(constraint.right)
            right = [number] * len(left) if number is not None else _cells(document, constraint.right)
        for cell, limit in zip(left, right, strict=True):
            made = import_uno().createUnoStruct("com.sun.star.sheet.SolverConstraint")
            made.Left, made.Right = cell, limit
            made.Operator = import_uno().Enum(
                "com.sun.star.sheet.SolverConstraintOperator", OPERATORS[constraint.relation]
            )
            limits.append(made)
    solver.Constraints = tuple(limits)
    return solver, name


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _cells(document: Any, references: str) -> list[Any]:
    """The addresses of the cells of references such as ``model!$A$1:$B$3,model!$D$4``."""
    sheet = document.Sheets.getByName(SHEET)
    return [
        sheet.getCellByPosition(column, row).CellAddress
        for reference in references.split(",")
        for row, column in parse_region(reference.replace("$", ""), SHEET).cells()
    ]
