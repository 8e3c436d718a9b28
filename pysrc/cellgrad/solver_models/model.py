"""A Solver model as a worksheet keeps it: objective, changing cells, constraints and options, in Solver's own words."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from cellgrad.address import Region, quote_sheet
from cellgrad.errors import ArgumentError, FormulaError, ModelError
from cellgrad.solver_models.areas import areas, disjoint
from cellgrad.workbook import Workbook

MAX_CHANGING_CELLS = 10_000_000
NO_LIMIT = 2_147_483_647
"""How Solver writes that there is no limit on time or iterations."""


class Relation(enum.Enum):
    """How a constraint's sides relate; the number is Solver's own (``solver_relN``)."""

    AT_MOST = (1, "<=")
    EQUAL = (2, "=")
    AT_LEAST = (3, ">=")
    INTEGER = (4, "int")
    BINARY = (5, "bin")
    ALL_DIFFERENT = (6, "dif")

    def __init__(self, number: int, symbol: str) -> None:
        self.number = number
        self.symbol = symbol

    @property
    def is_discrete(self) -> bool:
        """Whether it says what values a changing cell may take, and so needs no right side."""
        return self in (Relation.INTEGER, Relation.BINARY, Relation.ALL_DIFFERENT)


class Engine(enum.Enum):
    """The solving method chosen in the dialog (``solver_eng``)."""

    GRG_NONLINEAR = 1
    SIMPLEX_LP = 2
    EVOLUTIONARY = 3


@dataclass(frozen=True, slots=True)
class Constraint:
    """One line of the constraint list. `left` may be a whole range: one constraint a cell.

    typed: given by who asks for the run, and not saved in the workbook: what is wrong with it is a wrong argument.
    """

    left: str
    relation: Relation
    right: str
    typed: bool = field(default=False, compare=False, repr=False)

    def __str__(self) -> str:
        if self.relation.is_discrete:
            return f"{self.left} {self.relation.symbol}"
        equals = "=" if any(sign in self.right for sign in "<=>") else ""  # a comparison is no second relation
        return f"{self.left} {self.relation.symbol} {equals}{self.right}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a saved model that cannot be used: a name, its text and what is wrong with it."""

    name: str
    text: str
    cause: str

    def __str__(self) -> str:
        said = f"={self.text}" if self.text else "missing"
        return f"{self.name} is {said}: {self.cause}"


def _option(name: str, default: Any) -> Any:
    return field(default=default, metadata={"name": name})


@dataclass(frozen=True)
class SolverModel:
    """A saved model as the file has it, with Solver's defaults where a name is missing.

    objective, changing: references as text, '' where there is none; `objective_region` and `changing_regions` resolve
    them. goal: 'min', 'max' or 'value' (of `value`). Limits are whole numbers, `NO_LIMIT` for none; seconds and
    fractions are numbers. problems: what `check` raises. notes: what was wrong but does no harm, because an option has
    its default instead; a model is run with it, and the user told.
    """

    sheet: str
    objective: str = _option("solver_opt", "")
    changing: str = _option("solver_adj", "")
    goal: str = _option("solver_typ", "max")
    value: float = _option("solver_val", 0.0)
    constraints: tuple[Constraint, ...] = ()
    engine: Engine = _option("solver_eng", Engine.GRG_NONLINEAR)  # noqa: RUF009
    non_negative: bool = _option("solver_neg", True)
    precision: float = _option("solver_pre", 1e-6)
    convergence: float = _option("solver_cvg", 1e-4)
    central_derivatives: bool = _option("solver_drv", False)
    scaling: bool = _option("solver_scl", True)
    max_seconds: int = _option("solver_tim", NO_LIMIT)
    max_iterations: int = _option("solver_itr", NO_LIMIT)
    show_iterations: bool = _option("solver_sho", False)
    integer_tolerance: float = _option("solver_tol", 0.01)
    ignore_integers: bool = _option("solver_rlx", False)
    max_subproblems: int = _option("solver_nod", NO_LIMIT)
    max_feasible: int = _option("solver_mip", NO_LIMIT)
    multistart: bool = _option("solver_msl", False)
    population: int = _option("solver_ssz", 100)
    seed: int = _option("solver_rsd", 0)
    require_bounds: bool = _option("solver_rbv", True)
    mutation_rate: float = _option("solver_mrt", 0.075)
    max_seconds_without_improvement: int = _option("solver_mni", 30)
    quadratic_estimates: bool = _option("solver_est", False)
    conjugate_search: bool = _option("solver_nwt", False)
    assume_linear: bool = _option("solver_lin", False)
    version: int = _option("solver_ver", 3)
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()

    def check(self) -> None:
        """Raises ModelError, with the sheet and the name, for the first thing in the model that cannot be used."""
        for problem in self.problems:
            raise unusable(self.sheet, problem)

    @property
    def goal_text(self) -> str:
        """The goal as --goal takes it."""
        return f"value={self.value!r}" if self.goal == "value" else self.goal

    @property
    def seeks_feasibility(self) -> bool:
        """Whether there is no objective: any values that satisfy the constraints will do, as in Solver."""
        return not self.objective

    def objective_region(self, book: Workbook) -> Region:
        """The objective cell. Raises ModelError where the model is unusable or names no single cell, and where it has
        no objective (`seeks_feasibility`)."""
        self.check()
        if self.seeks_feasibility:
            raise unusable(self.sheet, Problem("solver_opt", "", "the model has no objective cell"))
        found = self._areas(book, "solver_opt", self.objective)
        if len(found) != 1 or found[0].size != 1:
            raise unusable(self.sheet, Problem("solver_opt", self.objective, "the objective must be one cell"))
        return found[0]

    def changing_regions(self, book: Workbook) -> list[Region]:
        """The changing cells as areas that do not overlap, in the order written; a cell named twice counts once.

        Raises ModelError where the model is unusable or what is named is no cells.
        """
        self.check()
        found = self._areas(book, "solver_adj", self.changing)
        if sum(area.size for area in found) > MAX_CHANGING_CELLS:
            cause = f"it names more than {MAX_CHANGING_CELLS} changing cells"
            raise unusable(self.sheet, Problem("solver_adj", self.changing, cause))
        return disjoint(found)

    def _areas(self, book: Workbook, name: str, text: str) -> list[Region]:
        try:
            return list(areas(book, self.sheet, text))
        except (ArgumentError, FormulaError) as error:
            raise unusable(self.sheet, Problem(name, text, error.cause)) from error


def unusable(sheet: str, problem: Problem, cell: str | None = None, formula: str | None = None) -> ModelError:
    """The error for a saved model that cannot be run, with the cell that is wrong where it is one."""
    return ModelError(
        f"the Solver model saved in sheet {quote_sheet(sheet)} cannot be used: {problem}",
        cell=cell,
        formula=formula,
        action="set the model up again in Solver, or name the cells with --objective and --changing",
        sheet_action="set the model up again: select its cells and press Set objective and Set changing cells",
    )
