"""Open, compile, optimise, write back: the only place where hosts and the compiler meet.

book = cellgrad.open("titanic.xlsx")
model = book.model("linear")
solution = model.optimize()
book.write("titanic-optimized.xlsx")
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from cellgrad.address import Region, full_name
from cellgrad.blocks.block import Block
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import ArgumentError, CellgradError, ModelError
from cellgrad.gradients.gradcheck import GradientCheck, check_gradient
from cellgrad.gradients.kinks import flat_blocks
from cellgrad.hosts import package
from cellgrad.optimize.optimizer import optimize
from cellgrad.optimize.problem import Goal
from cellgrad.optimize.solution import Callback, Solution
from cellgrad.program.compiling import Compiled, compile_model, constant_live
from cellgrad.program.lowering import Failure, Values
from cellgrad.program.objective import CompiledObjective
from cellgrad.program.recalculate import Recalculated, recalculate
from cellgrad.reference import Reference
from cellgrad.solver_models import SolverModel, disjoint, read_models
from cellgrad.solver_models import areas as areas_of
from cellgrad.values import CellError, Value
from cellgrad.workbook import Workbook

AGREEMENT = 1e-9
"""The optimised objective and its recalculation through the whole workbook agree within this, relative."""


def open_book(path: str | Path) -> Book:
    """The workbook of a file (.xlsx or .xlsm). Raises FileError where it cannot be read."""
    began = time.perf_counter()
    workbook = package.read(path)
    return Book(Path(path), workbook, time.perf_counter() - began)


@dataclass(frozen=True)
class Written:
    """What a save did: the file, every cell whose value changed, and cells that lost theirs (with the reason)."""

    path: Path
    changes: list[package.Change]
    lost: list[tuple[Region, CellgradError]]


class Book:
    """An open workbook: its models, and the new values that `write` will save."""

    def __init__(self, path: Path, workbook: Workbook, seconds: float = 0.0) -> None:
        self.path = path
        self.workbook = workbook
        self.read_seconds = seconds
        self.dependence = Dependence(workbook)
        self.saved = read_models(workbook)
        self._new: dict[Region, np.ndarray] = {}
        self._models: list[Model] = []

    @property
    def sheets(self) -> list[str]:
        """The names of the sheets, in order."""
        return list(self.workbook.sheets)

    def model(
        self,
        sheet: str | None = None,
        objective: str | None = None,
        changing: str | Sequence[str] | None = None,
        goal: str | None = None,
    ) -> Model:
        """A model of this workbook, compiled.

        sheet: where cell names without a sheet lie; by default the first with a saved model, else the first sheet.
        objective, changing, goal: what the model saved in the sheet says unless given. References are A1 text or
        defined names; several areas are separated by commas or given as a list.
        Raises ModelError, FormulaError or ArgumentError, naming the cell.
        """
        if sheet is None:
            sheet = next(iter(self.saved), self.sheets[0])
        sheet = self.workbook.sheet(sheet).name
        saved = self.saved.get(sheet)
        if saved is None and (objective is None or changing is None):
            raise ModelError(
                f"the sheet {sheet} has no saved model",
                action="name the objective and the changing cells: --objective B9 --changing B2:B5",
            )
        if saved is not None and (objective is None or changing is None):
            require_unconstrained(saved)
        areas = (
            self._regions(changing, sheet) if changing is not None else _known(saved).changing_regions(self.workbook)
        )
        if objective is None:
            target = _known(saved).objective_region(self.workbook)
        else:
            target = self._objective(objective, sheet)
        wanted = goal or (_saved_goal(saved) if saved is not None and objective is None else "min")
        model = Model(self, sheet, target, areas, Goal.parse(wanted))
        self._models.append(model)
        return model

    def _regions(self, references: str | Sequence[str], sheet: str) -> list[Region]:
        text = references if isinstance(references, str) else ",".join(references)
        return disjoint(list(areas_of(self.workbook, sheet, text)))

    def _objective(self, reference: str, sheet: str) -> Region:
        found = self._regions(reference, sheet)
        if len(found) != 1 or found[0].size != 1:
            raise ArgumentError(f"the objective '{reference}' is not one cell", action="name a single cell")
        return found[0]

    def put(self, areas: Sequence[Region], values: np.ndarray) -> None:
        """New values for changing cells, saved by the next `write`."""
        start = 0
        for area in areas:
            self._new[area] = np.array(values[start : start + area.size], np.float64)
            start += area.size

    def recalculated(self) -> Recalculated:
        """The values of every cell that depends on the new values of changing cells."""
        areas = tuple(self._new)
        dependents = self.dependence.dependents(areas)
        live = constant_live(areas, np.concatenate(list(self._new.values()))) if areas else {}
        return recalculate(self.dependence, dependents, live, self._settled(set(dependents)))

    def _settled(self, dependents: set[Block]) -> dict[Block, Values | Failure]:
        """Blocks already evaluated that the new values do not touch."""
        known: dict[Block, Values | Failure] = {}
        for model in self._models:
            for block, values in model.compiled.lowering.values.items():
                if block not in dependents and isinstance(values, Values) and values.is_constant:
                    known[block] = values
        return known

    def write(self, path: str | Path) -> Written:
        """Save the workbook with the new values and everything that depends on them; the same path saves in place.

        Raises WriteError, with the file untouched, where it cannot be saved.
        """
        result = self.recalculated()
        edits = result.cells(self.dependence)
        for area, values in self._new.items():
            cells = edits.setdefault(area.sheet, {})
            cells.update(zip(area.cells(), values.tolist(), strict=True))
        lost = [(block.region, error) for block, error in result.failures.items()]
        changes = package.write(self.path, path, edits, full_recalculation=bool(lost))
        return Written(Path(path), changes, lost)


class Model:
    """An objective cell and its changing cells: a differentiable function."""

    def __init__(self, book: Book, sheet: str, objective: Region, changing: Sequence[Region], goal: Goal) -> None:
        began = time.perf_counter()
        self.book = book
        self.sheet = sheet
        self.goal = goal
        self.compiled: Compiled = compile_model(book.dependence, objective, changing)
        self.compile_seconds = time.perf_counter() - began
        self.solution: Solution | None = None

    @property
    def objective(self) -> Region:
        """The objective cell."""
        return self.compiled.objective

    @property
    def x0(self) -> np.ndarray:
        """The changing cells' values in the file (n,), in reading order of the areas."""
        return self.compiled.x0.copy()

    @property
    def cells(self) -> list[str]:
        """The full names of the changing cells, in the order of x0."""
        return [full_name(*cell) for cell in self.compiled.cells]

    @property
    def function(self) -> CompiledObjective:
        """The objective as a batched function of the changing cells."""
        return self.compiled.function

    def value_and_gradient(self, x: np.ndarray | None = None) -> tuple[float, np.ndarray]:
        """The objective and its gradient (n,) at x (n,), or at the file's values; not finite where it is an error."""
        point = torch.as_tensor(self.compiled.x0 if x is None else np.asarray(x, np.float64).reshape(-1))
        if point.shape != (len(self.compiled.x0),):
            raise ArgumentError(f"{point.numel()} values were given for {len(self.compiled.x0)} changing cells")
        value, slope = self.function.value_and_gradient(point.to(self.function.device, self.function.dtype)[None])
        return float(value[0]), slope[0].double().cpu().numpy()

    def gradients(self, x: np.ndarray | None = None) -> pd.Series:
        """The derivative of the objective by each changing cell, indexed by cell name."""
        self._require_start(x)
        _, slope = self.value_and_gradient(x)
        return pd.Series(slope, index=pd.Index(self.cells, name="cell"), name=str(self.objective))

    def check(self, x: np.ndarray | None = None) -> GradientCheck:
        """The gradient at x (or at the file's values) against central differences."""
        self._require_start(x)
        point = self.compiled.x0 if x is None else np.asarray(x, np.float64).reshape(-1)
        _, slope = self.value_and_gradient(point)
        function = self.function
        return check_gradient(lambda X: function.value(X.to(function.device, function.dtype)), slope, point)

    def optimize(
        self,
        method: str = "auto",
        steps: int | None = None,
        learning_rate: float | None = None,
        starts: int = 1,
        seed: int = 0,
        device: str = "auto",
        seconds: float = math.inf,
        callback: Callback | None = None,
    ) -> Solution:
        """Search for the best values of the changing cells; `Book.write` then saves them.

        Raises ModelError where the objective is an error at the start values, naming the cell the error comes from.
        """
        if starts == 1:
            self._require_start(None)
        function = self.function.on(choose_device(device))
        solution = optimize(
            function, self.compiled.x0, self.goal, method=method, rate=learning_rate, steps=steps, starts=starts,
            seed=seed, seconds=seconds, callback=callback,
        )  # fmt: skip
        if not math.isfinite(solution.value):
            raise self._error_value()
        self.solution = solution
        self.book.put(self.compiled.areas, solution.x)
        return solution

    def flat(self, x: np.ndarray | None = None) -> list[Region]:
        """Regions of formulas that have gone flat at x: no change of the changing cells comes through them."""
        return [block.region for block in flat_blocks(self.compiled, self.compiled.x0 if x is None else x)]

    def _require_start(self, x: np.ndarray | None) -> None:
        value, _ = self.value_and_gradient(x)
        if not math.isfinite(value):
            raise self._error_value(x)

    def _error_value(self, x: np.ndarray | None = None) -> ModelError:
        """The error of the objective, told at the cell where it begins."""
        values = self.compiled.x0 if x is None else np.asarray(x, np.float64).reshape(-1)
        overrides: dict[tuple[str, int, int], Value] = dict(zip(self.compiled.cells, values.tolist(), strict=True))
        cell, error = first_error(self.book.dependence, Reference(self.book.workbook, overrides), self.objective)
        block = self.book.dependence.touching(cell)
        return ModelError(
            f"{error or 'an error value'} here makes the objective {self.objective} an error at the start",
            cell=str(cell),
            formula=self.book.dependence.text_at(block[0], cell.top, cell.left) if block else None,
            action="correct the formula or its inputs, or start from other values",
        )


def first_error(dependence: Dependence, reference: Reference, cell: Region) -> tuple[Region, CellError | None]:
    """Follow an error from a cell to the cell where it begins: one whose precedents are no errors."""
    seen = {cell}
    while True:
        value = reference.value(cell.sheet, cell.top, cell.left)
        found = None
        for block in dependence.touching(cell):
            single = block if block.spread else block.cell(cell.top, cell.left)
            for region in dependence.reads(single):
                found = found or _error_in(dependence, reference, region, seen)
        if found is None:
            return cell, value if isinstance(value, CellError) else None
        seen.add(found)
        cell = found


def _error_in(dependence: Dependence, reference: Reference, region: Region, seen: set[Region]) -> Region | None:
    cells = dependence.book.sheet(region.sheet).cells
    for column, part in cells.entries(region.top, region.left, region.bottom, region.right):
        for row in cells.rows[part].tolist():
            cell = Region(region.sheet, row, column, row + 1, column + 1)
            if cell not in seen and isinstance(reference.value(region.sheet, row, column), CellError):
                return cell
    return None


def choose_device(name: str) -> torch.device:
    """'auto' (cuda where there is one, else the CPU), 'cpu', 'cuda' or 'mps'. Raises ArgumentError for others."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    kind = name.partition(":")[0]
    if kind not in available:
        raise ArgumentError(f"no device is called '{name}'", action="use auto, cpu, cuda or mps")
    if not available[kind]:
        raise ArgumentError(f"this machine has no {kind} device that torch can use", action="use --device cpu")
    return torch.device(name)


def require_unconstrained(saved: SolverModel) -> None:
    """Raises ModelError for a saved model with conditions this version cannot keep: it is never run without them."""
    saved.check()
    conditions = [str(constraint) for constraint in saved.constraints]
    if saved.non_negative:
        conditions.append("changing cells non-negative")
    if conditions:
        listed = "; ".join(conditions[:4]) + ("; ..." if len(conditions) > 4 else "")
        raise ModelError(
            f"the model saved in the sheet {saved.sheet} has constraints, which this version cannot keep: {listed}",
            action="remove them from the saved model, or name --objective and --changing to run without them",
        )


def _known(saved: SolverModel | None) -> SolverModel:
    assert saved is not None  # `Book.model` has refused by now
    return saved


def _saved_goal(saved: SolverModel) -> str:
    return f"value={saved.value!r}" if saved.goal == "value" else saved.goal
