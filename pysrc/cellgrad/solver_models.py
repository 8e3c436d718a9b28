"""Excel Solver's saved models: hidden defined names of a worksheet, one model a sheet.

Each name's text is what stands after the ``=`` (``solver_opt`` is ``Sheet1!$AA$1``). Names we do not know, such as
LibreOffice's own, are left alone. A model that makes no sense is no reason to refuse a file: what is wrong is noted
while it is read, and raised by `check` when somebody wants to use the model.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cellgrad.address import Region, quote_sheet
from cellgrad.errors import ArgumentError, FormulaError, ModelError
from cellgrad.formula.parse import parse
from cellgrad.formula.tree import Binary, Literal, Node, Range
from cellgrad.graph.binding import bind, regions_of
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


class Engine(enum.Enum):
    """The solving method chosen in the dialog (``solver_eng``)."""

    GRG_NONLINEAR = 1
    SIMPLEX_LP = 2
    EVOLUTIONARY = 3


@dataclass(frozen=True, slots=True)
class Constraint:
    """One line of the constraint list. `left` may be a whole range: one constraint a cell."""

    left: str
    relation: Relation
    right: str

    def __str__(self) -> str:
        return f"{self.left} {self.relation.symbol} {self.right}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a saved model that cannot be used."""

    name: str
    text: str
    cause: str


def _option(name: str, default: Any) -> Any:
    return field(default=default, metadata={"name": name})


@dataclass(frozen=True)
class SolverModel:
    """A saved model as the file has it, with Solver's defaults where a name is missing.

    objective, changing: references as text, '' where the name is missing; `objective_region` and `changing_regions`
    resolve them. goal: 'min', 'max' or 'value' (of `value`). Limits are whole numbers, `NO_LIMIT` for none; seconds
    and fractions are numbers; `problems` is what `check` raises.
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

    def check(self) -> None:
        """Raises ModelError, with the sheet and the name, for the first thing in the model that cannot be used."""
        for problem in self.problems:
            raise _error(self.sheet, problem)

    @property
    def goal_text(self) -> str:
        """The goal as --goal takes it."""
        return f"value={self.value!r}" if self.goal == "value" else self.goal

    def require_unconstrained(self) -> None:
        """Raises ModelError for conditions that this version cannot keep: a model is never run without them."""
        self.check()
        conditions = [str(constraint) for constraint in self.constraints]
        if self.non_negative:
            conditions.append("changing cells non-negative")
        if conditions:
            listed = "; ".join(conditions[:4]) + ("; ..." if len(conditions) > 4 else "")
            raise ModelError(
                f"the model saved in the sheet {self.sheet} has constraints, which this version cannot keep: {listed}",
                action="remove them from the saved model, or name --objective and --changing to run without them",
                sheet_action="take them out of the model in Excel's Solver (Data, Solver)",
            )

    def objective_region(self, book: Workbook) -> Region:
        """The objective cell. Raises ModelError where the model is unusable or names no single cell."""
        self.check()
        areas = self._areas(book, "solver_opt", self.objective)
        if len(areas) != 1 or areas[0].size != 1:
            raise _error(self.sheet, Problem("solver_opt", self.objective, "the objective must be one cell"))
        return areas[0]

    def changing_regions(self, book: Workbook) -> list[Region]:
        """The changing cells as areas that do not overlap, in the order written; a cell named twice counts once.

        Raises ModelError where the model is unusable or what is named is no cells.
        """
        self.check()
        areas = self._areas(book, "solver_adj", self.changing)
        if sum(area.size for area in areas) > MAX_CHANGING_CELLS:
            cause = f"it names more than {MAX_CHANGING_CELLS} changing cells"
            raise _error(self.sheet, Problem("solver_adj", self.changing, cause))
        return disjoint(areas)

    def _areas(self, book: Workbook, name: str, text: str) -> list[Region]:
        try:
            return list(areas(book, self.sheet, text))
        except (ArgumentError, FormulaError) as error:
            raise _error(self.sheet, Problem(name, text, error.cause)) from error


def areas(book: Workbook, sheet: str, text: str) -> Iterator[Region]:
    """The areas that a reference names: ``Sheet1!$A$1:$B$3,Table1[Weight],rate`` gives three, in that order.

    Raises FormulaError for text that is no reference, or names what the workbook does not have.
    """
    pending: list[Node] = [bind(parse(text, 0, 0), book, sheet, 0, 0)]
    while pending:
        node = pending.pop()
        match node:
            case Binary(operator=",", left=left, right=right):
                pending += [right, left]
            case Range():
                yield from regions_of(node, book, sheet, 0, 0)
            case Literal(value=value):
                raise FormulaError(f"'{value}' is no reference to cells")
            case _:
                raise FormulaError(f"'{text}' is not a list of cells, ranges, table columns and names")


def disjoint(regions: list[Region]) -> list[Region]:
    """The same cells in the same order with no cell twice; what is left of an overlapping area is cut into rows."""
    kept: list[Region] = []
    for region in regions:
        overlapping = [other for other in kept if region.intersect(other)]
        if not overlapping:
            kept.append(region)
            continue
        for row in range(region.top, region.bottom):
            covered = sorted((o.left, o.right) for o in overlapping if o.top <= row < o.bottom)
            left = region.left
            for start, end in [*covered, (region.right, region.right)]:
                if left < min(start, region.right):
                    kept.append(Region(region.sheet, row, left, row + 1, min(start, region.right)))
                left = max(left, end)
    return kept


def read_models(book: Workbook) -> dict[str, SolverModel]:
    """The saved models by sheet, in sheet order. Never raises: see `SolverModel.check`."""
    by_sheet: dict[str, dict[str, str]] = {name: {} for name in book.sheets}
    for name in book.names:
        if name.sheet in by_sheet and name.name.lower().startswith("solver_"):
            by_sheet[name.sheet][name.name.lower()] = name.text.strip().removeprefix("=")
    return {
        sheet: _model(sheet, texts)
        for sheet, texts in by_sheet.items()
        if "solver_opt" in texts or "solver_adj" in texts
    }


def _model(sheet: str, texts: Mapping[str, str]) -> SolverModel:
    problems: list[Problem] = []
    values: dict[str, Any] = {}

    def read(name: str, convert: Callable[[str], Any], otherwise: Any) -> Any:
        text = texts.get(name)
        if text is None:
            return otherwise
        try:
            return convert(text)
        except _UnusableError as error:
            problems.append(Problem(name, text, str(error)))
            return otherwise

    for option in dataclasses.fields(SolverModel):
        if name := option.metadata.get("name"):
            values[option.name] = read(name, _READERS.get(name) or _reader(option.default), option.default)
    for name, what in (("solver_opt", "objective cell"), ("solver_adj", "changing cells")):
        if not texts.get(name):
            problems.append(Problem(name, texts.get(name, ""), f"the model has no {what}"))
    constraints = []
    count = read("solver_num", _whole, 0)
    for number in range(1, count + 1):
        parts = [f"solver_{part}{number}" for part in ("lhs", "rel", "rhs")]
        missing = next((part for part in parts[:2] if part not in texts), None)
        if missing:
            problems.append(Problem(missing, "", f"the model counts {count} constraints, and this one is incomplete"))
            break
        relation = read(parts[1], _relation, None)
        left = read(parts[0], _reference, "")
        right = read(parts[2], _reference, "")
        if relation is not None:
            constraints.append(Constraint(left, relation, right))
    return SolverModel(sheet, **values, constraints=tuple(constraints), problems=tuple(problems))


def solver_names(model: SolverModel) -> list[tuple[str, str]]:
    """The hidden names that save a model, as (name, text after the ``=``); `read_models` reads the same model back."""
    found = []
    for option in dataclasses.fields(SolverModel):
        if name := option.metadata.get("name"):
            found.append((name, _text(name, getattr(model, option.name))))
    found.append(("solver_num", str(len(model.constraints))))
    for number, constraint in enumerate(model.constraints, 1):
        found.append((f"solver_lhs{number}", constraint.left))
        found.append((f"solver_rel{number}", str(constraint.relation.number)))
        found.append((f"solver_rhs{number}", constraint.right))
    return found


class _UnusableError(ValueError):
    """A name's text that cannot be used; the message is the cause."""


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _UnusableError("it should be a number") from None
    if not math.isfinite(number) or "_" in text:
        raise _UnusableError("it should be a number")
    return number


def _whole(text: str) -> int:
    number = _number(text)
    if number != int(number) or not 0 <= number <= NO_LIMIT:
        raise _UnusableError("it should be a whole number, zero or more")
    return int(number)


def _reference(text: str) -> str:
    if "#REF!" in text.upper():
        raise _UnusableError("the cells it named have been deleted")
    return text


def _choice(choices: Mapping[int, Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        number = _whole(text)
        if number not in choices:
            raise _UnusableError("it should be one of " + ", ".join(map(str, choices)))
        return choices[number]

    return read


_GOALS = {1: "max", 2: "min", 3: "value"}
_YES_NO = {1: True, 2: False, 0: False}
_SECOND = {1: False, 2: True}
"""Options where 2 is what our field names: central derivatives, quadratic estimates, conjugate search."""
_relation = _choice({relation.number: relation for relation in Relation})
_CHOICES: dict[str, dict[int, Any]] = {
    "solver_typ": _GOALS,
    "solver_eng": {engine.value: engine for engine in Engine},
    "solver_drv": _SECOND,
    "solver_est": _SECOND,
    "solver_nwt": _SECOND,
}
_READERS: dict[str, Callable[[str], Any]] = {
    "solver_opt": _reference,
    "solver_adj": _reference,
    **{name: _choice(choices) for name, choices in _CHOICES.items()},
}


def _reader(default: object) -> Callable[[str], Any]:
    """How to read an option, from the type of its default."""
    if isinstance(default, bool):
        return _choice(_YES_NO)
    return _whole if isinstance(default, int) else _number


def _text(name: str, value: Any) -> str:
    if name in _CHOICES:
        return str(next(number for number, choice in _CHOICES[name].items() if choice == value))
    if isinstance(value, bool):
        return "1" if value else "2"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")  # Excel writes 0.000001, not 1e-06
    return str(value)


def _error(sheet: str, problem: Problem) -> ModelError:
    said = f"={problem.text}" if problem.text else "missing"
    return ModelError(
        f"the Solver model saved in sheet {quote_sheet(sheet)} cannot be used: {problem.name} is {said}: "
        f"{problem.cause}",
        action="set the model up again in Solver, or name the cells with --objective and --changing",
        sheet_action="set the model up again: select its cells and press Set objective and Set changing cells",
    )
