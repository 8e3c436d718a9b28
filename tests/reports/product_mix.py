"""The product-mix model of the samples that come with Excel's Solver, in its linear form, and runs of it by hand.

Its sensitivity report is printed in Frontline Systems' tutorial on sensitivity analysis, number by number as below.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.constraint_cells import ConstraintCell
from cellgrad.optimize.solution import Conflict, Multipliers, Ranges, Solution, StartOutcome, Status
from cellgrad.reports.bounds import bounds_of
from cellgrad.reports.contents import Run
from cellgrad.session import Book
from cellgrad.solver_models import Constraint, Engine, Relation, SolverModel
from cellgrad.workbook import Workbook

SHEET = "Product mix"
PARTS = ("Chassis", "Picture tube", "Speaker cone", "Power supply", "Electronics")
NEEDS = {"B": (1, 1, 2, 1, 2), "C": (1, 0, 2, 1, 1), "D": (0, 0, 1, 0, 1)}
INVENTORY = (450.0, 250.0, 800.0, 450.0, 600.0)

# final value, reduced cost, objective coefficient, allowable increase and decrease
CELLS = {
    "B2": (200, 0, 75, 25, 5),
    "C2": (200, 0, 50, 25, 12.5),
    "D2": (0, -2.5, 35, 2.5, math.inf),
}
# final value, shadow price, right-hand side, allowable increase and decrease
ROWS = {
    "E11": (400, 0, 450, math.inf, 50),
    "E12": (200, 0, 250, math.inf, 50),
    "E13": (800, 12.5, 800, 100, 100),
    "E14": (400, 0, 450, math.inf, 50),
    "E15": (600, 25, 600, 50, 200),
}


def workbook() -> Workbook:
    """The sheet: what each product needs, what there is, and the profit in E18."""
    cells: dict[str, float | str] = {
        "A1": "Product", "B1": "TV set", "C1": "Stereo", "D1": "Speaker", "A2": "Number to build", "B2": 100.0,
        "C2": 100.0, "D2": 100.0, "E10": "used", "F10": "inventory", "A17": "Profit each", "B17": 75.0, "C17": 50.0,
        "D17": 35.0, "A18": "Profit", "E18": "=SUMPRODUCT(B17:D17,B2:D2)",
    }  # fmt: skip
    for row, (part, *needs, stock) in enumerate(zip(PARTS, *NEEDS.values(), INVENTORY, strict=True), start=11):
        cells |= {f"A{row}": part, f"F{row}": stock, f"E{row}": f"=SUMPRODUCT(B{row}:D{row},$B$2:$D$2)"}
        cells |= {f"{column}{row}": float(need) for column, need in zip(NEEDS, needs, strict=True)}
    return book_of({SHEET: cells})


def saved() -> Book:
    """The workbook with the model saved in it."""
    book, sheet = Book(Path("mix.xlsx"), workbook()), f"'{SHEET}'!"
    book.saved[SHEET] = SolverModel(
        SHEET, f"{sheet}$E$18", f"{sheet}$B$2:$D$2", goal="max", engine=Engine.SIMPLEX_LP, non_negative=True,
        constraints=(Constraint(f"{sheet}$E$11:$E$15", Relation.AT_MOST, f"{sheet}$F$11:$F$15"),),
    )  # fmt: skip
    return book


SOLUTION = Solution(
    x=np.array([row[0] for row in CELLS.values()], float), value=25000.0, start_value=16000.0, status=Status.OPTIMAL,
    message="Proven.", method="simplex-lp", reason="a linear model with 5 constraints", iterations=3, evaluations=2,
    seconds=0.0123, history=[(1, 20000.0, math.nan), (2, 25000.0, math.nan)],
    starts=[StartOutcome(25000.0, Status.OPTIMAL, 3)], rows=np.array([row[0] for row in ROWS.values()], float),
    multipliers=Multipliers(
        np.array([row[1] for row in ROWS.values()], float), np.array([row[1] for row in CELLS.values()], float)
    ),
    ranges=Ranges(
        *(np.array(column, float) for column in list(zip(*CELLS.values(), strict=True))[2:]),
        *(np.array(column, float) for column in list(zip(*ROWS.values(), strict=True))[3:]),
    ),
    warnings=("The constraint on E12 is small.",),
)  # fmt: skip
"""The answer, as an engine for linear programmes tells it."""

INFEASIBLE = dataclasses.replace(
    SOLUTION, x=np.array([900.0, 200.0, 0.0]), status=Status.INFEASIBLE, multipliers=None, ranges=None, history=[],
    rows=np.array([1100.0, 200.0, 800.0, 400.0, 600.0]), conflict=Conflict((0, 2), (1,)), violation=1.4,
)  # fmt: skip
"""An answer that breaks the first constraint."""

CONSTRAINTS = tuple(
    ConstraintCell(parse_region(f"E{row}", SHEET), "<=", f"'{SHEET}'!$F${row}", INVENTORY[row - 11], row=row - 11)
    for row in range(11, 16)
)


def run(solution: Solution | None = SOLUTION, *more: ConstraintCell, **changes: object) -> Run:
    """A run by hand, with the constraints on the inventory and more."""
    cells = tuple(parse_region(cell, SHEET) for cell in CELLS)
    constraints = (*CONSTRAINTS, *more)
    conditions = Conditions(np.zeros(3), np.full(3, np.inf), np.full(5, -np.inf), np.array(INVENTORY))
    start = np.full(3, 100.0)
    made = Run(
        SHEET, f"'{SHEET}'!E18", "max", None, solution, cells, start, start if solution is None else solution.x,
        np.array([75.0, 50.0, 35.0]), 16000.0, 16000.0 if solution is None else solution.value,
        bounds_of(cells, constraints, conditions), "cpu", "", constraints, conditions, {},
        Structure(Form.LINEAR, (Form.LINEAR,) * 5, True),
    )  # fmt: skip
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]
