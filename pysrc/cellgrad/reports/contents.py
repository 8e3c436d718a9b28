"""What every report is made from: one model of a workbook, and what became of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cellgrad.address import Region, parse_region, quote_sheet
from cellgrad.errors import CellgradError
from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize.conditions import PRECISION, Conditions, System
from cellgrad.optimize.constraint_cells import ConstraintCell, Standing
from cellgrad.optimize.fit_statistics import FitStatistics, fit_statistics_at
from cellgrad.optimize.solution import Solution, Status
from cellgrad.program.compiling import CompiledWithRows
from cellgrad.reports.bounds import KINDS, Bounds, bounds_of
from cellgrad.reports.page import Page
from cellgrad.reports.style import name_of
from cellgrad.session import Model
from cellgrad.workbook import Workbook

if TYPE_CHECKING:
    import pandas as pd

EXCELS_INFINITY = 1e30
"""What Solver's reports write where there is no limit."""
MOST_WORK = 4e9
"""Residuals x changing cells^2, from which on the statistics of a fit would take longer than anybody asked for."""
MOST_CELLS = 50_000
"""No more changing cells, and no more constraints, are listed in a table."""
MOST_POINTS = 1000
"""A longer history is thinned to so many."""


class Report(Protocol):
    """A report as plain data. Sheets, tables and JSON are made from it."""

    def frame(self) -> pd.DataFrame:
        """Its main table; infinite where there is no limit, nan where there is no number."""

    def answer(self) -> dict[str, Any]:
        """The whole of it, ready for JSON: no NaN (null), 1e30 for an allowable change without end."""

    def write(self, page: Page) -> None:
        """Fill a new sheet with it."""


@dataclass(frozen=True)
class Run:
    """One model of a workbook and what became of it.

    cells: the changing cells' regions, one each; start, end, slopes (n,): their values before and after, and the
    derivative of the objective by them at `end`. solution: how the run went; None where there was none, and before is
    after. error: why the model cannot run, instead of all that. since: what has happened to the workbook since.
    constraints: what the model asks for, cell by cell. lefts: the values of their left cells at `end`, where the rows
    do not tell them. structure: what kind of functions the model is made of, where that is known. fit: the statistics
    of a least-squares fit at `end`. system: the objective and the rows as functions of the changing cells.
    """

    sheet: str
    objective: str
    goal: str
    error: CellgradError | None = None
    solution: Solution | None = None
    cells: tuple[Region, ...] = ()
    start: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    end: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    slopes: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    before: float = math.nan
    after: float = math.nan
    bounds: Bounds = field(default_factory=dict)
    device: str = ""
    since: str = ""
    constraints: tuple[ConstraintCell, ...] = ()
    conditions: Conditions | None = None
    lefts: dict[Region, float] = field(default_factory=dict, repr=False)
    structure: Structure | None = None
    fit: FitStatistics | None = None
    system: System | None = field(default=None, repr=False)

    @property
    def objective_cell(self) -> Region | None:
        """None for a model that only has to be made feasible."""
        return parse_region(self.objective, self.sheet) if self.objective else None

    def short(self, text: str) -> str:
        """References without dollar signs, and without the name of the model's own sheet."""
        text = text.replace("$", "").removeprefix("=")
        for sheet in (quote_sheet(self.sheet), self.sheet):
            text = text.removeprefix(f"{sheet}!")
        return text

    @property
    def kinds(self) -> dict[int, str]:
        """What changing cells must be besides numbers, one of `KINDS` each, by their places."""
        return {c.place: KINDS[c.symbol] for c in self.constraints if c.place is not None and c.discrete}

    @property
    def discrete(self) -> bool:
        """Whether any changing cell must be whole or different from others."""
        return bool(self.kinds) or (self.conditions is not None and self.conditions.discrete)


def run_of(
    model: Model, solution: Solution | None = None, start: np.ndarray | None = None, device: str | None = None
) -> Run:
    """A model's last run; without one, the model as it is.

    solution, start, device: a run of an earlier time, the values it started from (n,), and what it ran on.
    """
    past, solution = solution is not None, solution or model.solution
    start = model.x0 if start is None else start
    end = model.x0 if solution is None else solution.x
    value, slopes = model.value_and_gradient(end)
    constraints = tuple(model.constraints)
    cells = tuple(Region(sheet, row, column, row + 1, column + 1) for sheet, row, column in model.compiled.cells)
    return Run(
        model.sheet,
        str(model.objective) if model.has_objective else "",
        str(model.goal),
        None,
        solution,
        cells,
        start,
        end,
        slopes,
        value if solution is None else solution.start_value,
        value if solution is None else solution.value,
        bounds_of(cells, constraints, model.conditions),
        device or str(model.ran_on.device),
        _since(model, solution, value) if past and solution is not None else "",
        constraints,
        model.conditions,
        _lefts(model, cells, constraints, solution),
        model.structure,
        _fit(model, solution),
        model.system,
    )


def _fit(model: Model, solution: Solution | None) -> FitStatistics | None:
    """The statistics of a fit that is to be as close as can be; None for any other model, and before a run."""
    function, n = model.function, len(model.compiled.x0)
    wanted = model.has_objective and model.goal.kind == "min" and function.has_residuals
    if solution is None or not solution.usable or not wanted or function.residual_count * n * n > MOST_WORK:
        return None
    observed = function.observed
    found = fit_statistics_at(
        function, solution.x, model.conditions, scale=function.residual_scale,
        observed=None if observed is None else observed.double().cpu().numpy(),
    )  # fmt: skip
    return found if found is not None and found.degrees_of_freedom > 0 else None


def _since(model: Model, solution: Solution, value: float) -> str:
    """In words, whether the workbook still is as a run has left it; value: of the objective at its answer, now."""
    if not math.isclose(value, solution.value, rel_tol=1e-6, abs_tol=1e-12):
        return f"the workbook has changed: at the values of the run the objective is now {value:.6g}"
    if not np.array_equal(model.x0, solution.x):
        return "the changing cells hold other values now; those of the run are told here"
    return ""


def _lefts(
    model: Model, cells: Sequence[Region], constraints: Sequence[ConstraintCell], solution: Solution | None
) -> dict[Region, float]:
    """The values of left cells that rows do not tell, as far as they are known: at the start, and where the book holds
    what the run found."""
    compiled = model.compiled
    if solution is None and isinstance(compiled, CompiledWithRows):
        return dict(zip(compiled.rows.cells, compiled.rows.left.tolist(), strict=True))
    if solution is None or not solution.usable:
        return {}
    places = {cell: place for place, cell in enumerate(cells)}
    asked = [constraint.left for constraint in constraints if constraint.moving]
    return {cell: float(solution.x[places[cell]]) if cell in places else model.book.value(cell) for cell in asked}


@dataclass(frozen=True)
class ConstraintLine:
    """A constraint at the answer. limit: the right side's value there. slack: how far from it, in the cell's own
    units; nan for whole numbers. multiplier: by how much the objective cell changes per unit of the limit, 0 where it
    does not bind, nan where unknown. in_conflict: whether it is among those that cannot hold together."""

    constraint: ConstraintCell
    name: str
    formula: str
    value: float
    limit: float
    standing: Standing
    slack: float
    multiplier: float
    in_conflict: bool


def constraint_lines(run: Run, workbook: Workbook) -> list[ConstraintLine]:
    """What became of every constraint of a run, in the model's order; none whose value nobody knows."""
    names: dict[Region, str] = {}
    lines = []
    for constraint in run.constraints:
        value, limit = _sides(run, constraint)
        if math.isnan(value) and run.solution is None:
            continue
        if constraint.left not in names:
            names[constraint.left] = name_of(workbook, constraint.left)
        standing = _standing(run, constraint, value, limit)
        slack = math.nan if constraint.discrete else constraint.slack(value, limit)
        lines.append(ConstraintLine(
            constraint, names[constraint.left], _formula(run, constraint, limit), value, limit, standing, slack,
            _multiplier(run, constraint, standing), _in_conflict(run, constraint),
        ))  # fmt: skip
    return lines


def shortcomings(run: Run, lines: Sequence[ConstraintLine]) -> list[str]:
    """The constraints and cells that the end of a run is about, a line each: what makes a model not linear, constraints
    in conflict or, where none are known to be, those missed, and changing cells that lack what the status says."""
    solution = run.solution
    told: list[str] = []
    if solution is None:
        return told
    if solution.status is Status.NOT_LINEAR and run.structure is not None:
        bent = (reason for reason in run.structure.reasons if reason.form > Form.LINEAR)
        told += [f"{reason.cell}: {reason.formula} ({reason.why})" for reason in bent]
    conflict = [line for line in lines if line.in_conflict]
    missed = [line for line in lines if line.standing is Standing.VIOLATED]
    for line in conflict or missed:
        what = "in conflict" if line.in_conflict else "missed"
        told.append(f"{what}: {line.constraint} (the cell is {line.value:.12g})")
    named = {line.constraint.place for line in conflict}
    return told + [str(run.cells[place]) for place in solution.places if place not in named]


def _sides(run: Run, constraint: ConstraintCell) -> tuple[float, float]:
    """The values of both sides of a constraint at the answer."""
    known = math.nan if constraint.constant is None else constraint.constant
    left = run.lefts.get(constraint.left, known)
    if constraint.place is not None:
        left = float(run.end[constraint.place])
    if constraint.row is None:
        return left, constraint.limit
    rows = None if run.solution is None else run.solution.rows
    if rows is None or constraint.row >= len(rows):
        return left, constraint.limit
    row = float(rows[constraint.row])
    if not constraint.moving:
        return row, constraint.limit
    return (left, left - row) if math.isfinite(left) else (row, 0.0)


def _standing(run: Run, constraint: ConstraintCell, value: float, limit: float) -> Standing:
    conditions, place = run.conditions, constraint.place
    precision = PRECISION if conditions is None else conditions.precision
    if constraint.symbol == "dif" and conditions is not None and place is not None:
        for group in conditions.different:
            if place in group:
                wrong = np.abs(np.sort(run.end[group]) - np.arange(1, len(group) + 1)).max() > precision
                return Standing.VIOLATED if wrong else Standing.BINDING
    return constraint.standing(value, limit, precision)


def _formula(run: Run, constraint: ConstraintCell, limit: float) -> str:
    """``B7 <= D7 (320)``, with the limit's value where the right side is not itself a number."""
    left, right = run.short(str(constraint.left)), run.short(constraint.right)
    if constraint.discrete:
        return f"{left} {'=' if constraint.symbol != 'dif' else 'are'} {KINDS[constraint.symbol]}"
    if constraint.moving and constraint.place is None and not math.isfinite(run.lefts.get(constraint.left, math.nan)):
        return f"{left} - {right} {constraint.symbol} 0"
    try:
        float(right)
    except ValueError:
        return f"{left} {constraint.symbol} {right} ({limit:.6g})"
    return f"{left} {constraint.symbol} {right}"


def _multiplier(run: Run, constraint: ConstraintCell, standing: Standing) -> float:
    if run.solution is None or run.solution.multipliers is None or constraint.discrete:
        return math.nan
    if constraint.row is None and constraint.place is None:
        return 0.0
    if standing is not Standing.BINDING:
        return 0.0
    costs = run.solution.multipliers
    return float(costs.cells[constraint.place] if constraint.row is None else costs.rows[constraint.row])


def _in_conflict(run: Run, constraint: ConstraintCell) -> bool:
    """Whether a constraint is among those that cannot hold together. Of several on one row only that with the row's own
    limit is: the others ask for less."""
    conflict, conditions = None if run.solution is None else run.solution.conflict, run.conditions
    if run.solution is not None and run.solution.status is Status.BOUNDS_CONFLICT:
        return constraint.place is not None and constraint.place in run.solution.places
    if conflict is None or constraint.discrete:
        return False
    if constraint.row is None:
        return constraint.place in conflict.cells
    if constraint.row not in conflict.rows:
        return False
    if constraint.moving or conditions is None or constraint.row >= conditions.count:
        return True
    limits = {"<=": conditions.row_upper, ">=": conditions.row_lower}.get(constraint.symbol)
    return limits is None or float(limits[constraint.row]) == constraint.limit


def thinned(history: Sequence[tuple[int, float, float]]) -> list[tuple[int, float, float]]:
    """At most about `MOST_POINTS` of a history, evenly spread, the last among them."""
    stride = -(-len(history) // MOST_POINTS) or 1
    kept = list(history[::stride])
    return kept if not history or kept[-1] == history[-1] else [*kept, history[-1]]


def counted(count: int, thing: str) -> str:
    """``3 changing cells``; of more than a table lists, that it has the first."""
    many = f"{count:,} {thing}{'' if count == 1 else 's'}"
    return many + (f", of which the first {MOST_CELLS:,} are listed" if count > MOST_CELLS else "")


def goal_in_words(goal: str) -> str:
    """``min`` -> the least, ``value=3`` -> the value 3."""
    return {"min": "the least", "max": "the most"}.get(goal, goal.replace("value=", "the value "))


def finite(value: float | None) -> float | None:
    """A number for JSON: None where it is none or not finite."""
    return None if value is None or not math.isfinite(value) else float(value)


def without_end(value: float) -> float | None:
    """A number for JSON that may be infinite: then +-1e30, as in Solver's reports; None where it is none."""
    if math.isnan(value):
        return None
    return float(np.clip(value, -EXCELS_INFINITY, EXCELS_INFINITY))
