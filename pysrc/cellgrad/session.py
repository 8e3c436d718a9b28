"""Open, compile, optimise, write back: the only place where hosts and the compiler meet."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from cellgrad.address import Region, full_name, split_sheet
from cellgrad.blocks.block import Block
from cellgrad.blocks.data_tables import data_table_cells
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import ArgumentError, CellgradError, FormulaError, ModelError, NoProgressError, WriteError
from cellgrad.gradients.gradcheck import GradientCheck, check_gradient
from cellgrad.gradients.kinks import flat_regions
from cellgrad.gradients.sensitivities import Sensitivities, sensitivities
from cellgrad.hosts import package
from cellgrad.hosts.package import Edits
from cellgrad.optimize.optimizer import optimize
from cellgrad.optimize.problem import Goal
from cellgrad.optimize.solution import Callback, Solution, Status
from cellgrad.optimize.starts import make_starts
from cellgrad.program.compiling import Compiled, compile_model, constant_live, distinct, values_of
from cellgrad.program.lowering import Failure
from cellgrad.program.objective import CompiledObjective, choose_device
from cellgrad.program.origin import Evaluated, Origin
from cellgrad.program.recalculate import Recalculated, recalculate
from cellgrad.program.values import Values
from cellgrad.solver_models import SolverModel, disjoint, read_models
from cellgrad.solver_models import areas as areas_of
from cellgrad.values import Kind
from cellgrad.workbook import Workbook

AGREEMENT = {torch.float64: 1e-9, torch.float32: 1e-4}
"""The optimised objective and its recalculation through the whole workbook agree within this part of its size."""


def open_book(path: str | Path) -> Book:
    """The workbook of a file (.xlsx or .xlsm). Raises FileError where it cannot be read."""
    began = time.perf_counter()
    state = package.state(Path(path))
    workbook = package.read(path)
    return Book(Path(path), workbook, time.perf_counter() - began, state)


@dataclass(frozen=True)
class Written:
    """What a save did: the file, every cell whose value changed, and cells that lost theirs (with the reason)."""

    path: Path
    changes: list[package.Change] = field(repr=False)
    lost: list[tuple[Region, CellgradError]]
    seconds: float


class Book:
    """An open workbook: its models, and the new values that `write` will save."""

    def __init__(
        self, path: Path, workbook: Workbook, seconds: float = 0.0, state: tuple[int, int] | None = None
    ) -> None:
        self.path = path
        self.workbook = workbook
        self.read_seconds = seconds
        self.dependence = Dependence(workbook)
        self.saved = read_models(workbook)
        self.new: dict[Region, np.ndarray] = {}
        """New values of changing cells, flat, by regions that do not overlap: what `write` will save."""
        self._models: list[Model] = []
        self._recalculated: Recalculated | None = None
        self._state = state
        self._in_file: Edits = {}

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

        sheet: where cell names without a sheet lie; see `model_sheet`.
        objective, changing, goal: what the model saved in the sheet says unless given. References are A1 text or
        defined names; several areas are separated by commas or given as a list.
        Raises ModelError, FormulaError or ArgumentError, naming the cell.
        """
        sheet, saved = self.model_sheet(sheet, objective), None
        if objective is None or changing is None:
            saved = self.saved.get(sheet)
            if saved is None:
                raise ModelError(
                    f"the sheet {sheet} has no saved model",
                    action="name the objective and the changing cells: --objective B9 --changing B2:B5",
                    sheet_action="select the cell to minimise and press Set objective; then select the cells that may "
                    "change and press Set changing cells",
                )
            saved.check()
            if changing is None:
                changing = list(map(str, saved.changing_regions(self.workbook)))
            if objective is None:
                objective, goal = str(saved.objective_region(self.workbook)), goal or saved.goal_text
        areas = self.regions(changing, sheet)
        model = Model(self, sheet, self._objective(objective, sheet), areas, Goal.parse(goal or "min"))
        model.saved = saved
        self._models.append(model)
        return model

    def model_sheet(self, sheet: str | None = None, objective: str | None = None) -> str:
        """The sheet of a model: the one given, the objective's, the first with a saved model, or the first."""
        if sheet is None and objective is not None:
            sheet = split_sheet(objective)[0]
        return self.workbook.sheet(sheet or next(iter(self.saved), self.sheets[0])).name

    def regions(self, references: str | Sequence[str], sheet: str) -> list[Region]:
        """The cells that references typed by a person name, as areas without overlap; `sheet` where they name none.

        Raises ArgumentError for what names no cells of this workbook.
        """
        found: list[Region] = []
        for text in [references] if isinstance(references, str) else references:
            try:
                found += areas_of(self.workbook, sheet, text)
            except FormulaError as error:
                raise ArgumentError(
                    f"'{text[:80]}' names no cells of this workbook",
                    action="write cells like B7, B2:B9 or 'My sheet'!B2, separated by commas, or a defined name",
                ) from error
        return disjoint(found)

    def _objective(self, reference: str, sheet: str) -> Region:
        found = self.regions(reference, sheet)
        if len(found) != 1 or found[0].size != 1:
            raise ArgumentError(f"the objective '{reference}' is not one cell", action="name a single cell")
        return found[0]

    def put(self, areas: Sequence[Region], values: np.ndarray) -> None:
        """New values (n,) for the cells of `areas` in reading order, saved by the next `write`."""
        new, start = {}, 0
        for area in areas:
            new[area] = np.array(values[start : start + area.size], np.float64)
            start += area.size
        self.restore(new | {r: values_of(r, self.new) for r in distinct((*areas, *self.new))[len(areas) :]})

    def restore(self, new: dict[Region, np.ndarray]) -> None:
        """Make `new` all the new values there are."""
        self.new = new
        self._recalculated = None

    def recalculated(self) -> Recalculated:
        """The values of every cell that depends on the new values of changing cells."""
        if self._recalculated is None:
            areas = tuple(self.new)
            dependents = self.dependence.dependents(areas)
            live = constant_live(areas, np.concatenate(list(self.new.values()))) if areas else {}
            self._recalculated = recalculate(self.dependence, dependents, live, self._settled(set(dependents)))
        return self._recalculated

    def value(self, cell: Region) -> float:
        """The number in a formula cell, recalculated where it depends on new values; nan where it holds none."""
        for block, (kinds, data) in self.recalculated().blocks.items():
            if cell in block.region:
                at = cell.top - block.region.top, cell.left - block.region.left
                return float(data[at]) if kinds[at] == Kind.NUMBER else math.nan
        cached = self.workbook.cached(cell.sheet, cell.top, cell.left)
        return cached if isinstance(cached, float) else math.nan

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
        began, path = time.perf_counter(), Path(path)
        if self._state is not None and package.state(self.path) != self._state:
            raise WriteError(
                f"'{self.path}' has been changed by another program since it was read",
                action="open it again and repeat the run",
            )
        result = self.recalculated()
        edits = self._edits(result)
        lost = [(block.region, error) for block, error in result.failures.items()]
        stale = bool(lost) or data_table_cells(self.workbook) > 0  # which only a spreadsheet fills anew
        changes = package.write(self.path, path, edits, full_recalculation=stale)
        if path.exists() and path.samefile(self.path):
            self._state, self._in_file = package.state(self.path), edits
        return Written(path, changes, lost, time.perf_counter() - began)

    def _edits(self, result: Recalculated) -> Edits:
        """Every cell whose value differs from what the file now holds."""
        edits = {
            sheet: {cell: self.workbook.cached(sheet, *cell) for cell in cells}
            for sheet, cells in self._in_file.items()
        }
        for sheet, cells in result.cells(self.dependence).items():
            edits.setdefault(sheet, {}).update(cells)
        for area, values in self.new.items():
            edits.setdefault(area.sheet, {}).update(zip(area.cells(), values.tolist(), strict=True))
        return edits


class Model:
    """An objective cell and its changing cells: a differentiable function. `saved`: the saved model it comes from."""

    def __init__(self, book: Book, sheet: str, objective: Region, changing: Sequence[Region], goal: Goal) -> None:
        began = time.perf_counter()
        self.saved: SolverModel | None = None
        self.book = book
        self.sheet = sheet
        self.goal = goal
        self.compiled: Compiled = compile_model(book.dependence, objective, changing, book.new)
        self.compile_seconds = time.perf_counter() - began
        self.solution: Solution | None = None
        self.ran_on = self.function
        """The objective on the device of the last run."""

    @property
    def objective(self) -> Region:
        """The objective cell."""
        return self.compiled.objective

    @property
    def x0(self) -> np.ndarray:
        """The changing cells' values (n,) when the model was made, in reading order of the areas."""
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
        self.require_start(x)
        _, slope = self.value_and_gradient(x)
        return pd.Series(slope, index=pd.Index(self.cells, name="cell"), name=str(self.objective))

    def gradient_map(self) -> Sensitivities:
        """The derivative of the objective by every number that reaches it, data too, at the values the book has."""
        self.require_start()
        return sensitivities(self.book.dependence, self.objective, self.compiled.areas, self.book.new)

    def check(self, x: np.ndarray | None = None) -> GradientCheck:
        """The gradient at x (or at the file's values) against central differences."""
        self.require_start(x)
        point = self.compiled.x0 if x is None else np.asarray(x, np.float64).reshape(-1)
        _, slope = self.value_and_gradient(point)
        function = self.function
        return check_gradient(lambda X: function.value(X.to(function.device, function.dtype)), slope, point)

    def checks(self, points: int = 0, seed: int = 0) -> list[GradientCheck]:
        """`check` at the file's values, and at random points drawn as the starts of a search are."""
        found = [self.check()]
        if points:
            drawn = make_starts(torch.as_tensor(self.compiled.x0), points + 1, seed).numpy()[1:]
            found += [self.check(point) for point in drawn if math.isfinite(self.value_and_gradient(point)[0])]
        return found

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
        """Search for the best values of the changing cells; `Book.write` then saves them, where they are of use.

        Raises ModelError where the saved model has constraints, which a run cannot keep (a gradient asks for none), or
        where the objective is an error at the start values, and NoProgressError where every step from them leads into
        one, naming the cell the error comes from.
        """
        if self.saved is not None:
            self.saved.require_unconstrained()
        if starts == 1:
            self.require_start()
        function = self.ran_on = self.function.on(choose_device(device))
        solution = optimize(
            function, self.compiled.x0, self.goal, method=method, rate=learning_rate, steps=steps, starts=starts,
            seed=seed, seconds=seconds, callback=callback,
        )  # fmt: skip
        if not math.isfinite(solution.value) or (solution.status is Status.ERROR_VALUE and not solution.improved):
            raise self._endless_slope() if math.isfinite(self.value_and_gradient()[0]) else self._error_value()
        if not solution.improved and solution.status is Status.NO_FINITE_STEP:
            raise self._no_step(solution)
        self.solution = solution
        if solution.usable:
            self._keep(solution)
        return solution

    def _keep(self, solution: Solution) -> None:
        """Hand the answer to the book, once the whole workbook, recalculated, agrees with it."""
        before = self.book.new
        self.book.put(self.compiled.areas, solution.x)
        value = self.book.value(self.objective)
        sizes = [abs(v) for v in (value, solution.value, solution.start_value) if math.isfinite(v)]
        if not abs(value - solution.value) <= AGREEMENT[self.ran_on.dtype] * max(sizes) + sys.float_info.epsilon:
            self.book.restore(before)
            block = self.book.dependence.touching(self.objective)[0]
            raise ModelError(
                f"the search ended at {solution.value!r}, but recalculating the workbook gives {value!r}; "
                "nothing was kept",
                cell=str(self.objective),
                formula=self.book.dependence.text(block),
                action="make the model again if other cells have changed since; else please report this workbook",
            )

    def flat(self, x: np.ndarray | None = None) -> list[Region]:
        """Regions of formulas that have gone flat at x: no change of the changing cells comes through them."""
        return flat_regions(self.compiled, self.compiled.x0 if x is None else np.asarray(x, np.float64))

    def require_start(self, x: np.ndarray | None = None) -> None:
        """Raises ModelError, naming the cell where it begins, where the objective is an error at x (or at x0)."""
        value, _ = self.value_and_gradient(x)
        if not math.isfinite(value):
            raise self._error_value(x)

    def _error_value(self, x: np.ndarray | None = None) -> ModelError:
        """The error of the objective at x, told at the cell where it begins."""
        origin = self._origin(self.compiled.x0 if x is None else np.asarray(x, np.float64).reshape(-1))
        return ModelError(
            f"{origin.error or 'an error'} here makes the objective {self.objective} an error at the start",
            cell=str(origin.cell),
            formula=origin.formula,
            action="correct the formula or its inputs, or start from other values",
        )

    def _no_step(self, solution: Solution) -> NoProgressError:
        """The error that stands in every way on, told at the cell where it begins a little way down the slope."""
        value, slope = self.value_and_gradient(solution.x)
        uphill = self.goal.kind == "max" or (self.goal.kind == "value" and value < self.goal.target)
        scale = np.abs(solution.x).max(initial=1.0) / np.abs(slope).max()
        # No nearer than the fifteen digits in which a sheet compares numbers.
        points = (solution.x + (slope if uphill else -slope) * scale * 2.0**-power for power in range(45, -1, -1))
        wall = next((point for point in points if not math.isfinite(self.value_and_gradient(point)[0])), solution.x)
        origin = self._origin(wall)
        return NoProgressError(
            f"{origin.error or 'an error'} here as soon as the changing cells move: every step from the start, however "
            f"short, makes the objective {self.objective} an error",
            cell=str(origin.cell),
            formula=origin.formula,
            action="let the formula answer with a number there, start from other values, or try --method auto",
            sheet_action="let the formula answer with a number there, start from other values, or choose the automatic "
            "method",
        )

    def _origin(self, x: np.ndarray) -> Origin:
        """Where the objective's error at x begins."""
        new = {r: values_of(r, self.book.new) for r in distinct((*self.compiled.areas, *self.book.new))}
        fixed = list(new)[len(self.compiled.areas) :]
        live = constant_live([*self.compiled.areas, *fixed], np.concatenate([x, *(new[r] for r in fixed)]))
        return Evaluated(self.book.dependence, self.objective, live).error_origin()

    def _endless_slope(self) -> ModelError:
        _, slope = self.value_and_gradient()
        cell = next(cell for cell, one in zip(self.cells, slope, strict=True) if not math.isfinite(one))
        return ModelError(
            f"the objective {self.objective} has no finite slope in this changing cell at its start value, as SQRT(x) "
            "has none at 0",
            cell=cell,
            action="start from another value",
        )
