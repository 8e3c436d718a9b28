"""An open workbook: its models, and the new values that a save will write."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cellgrad import solver_models
from cellgrad.address import Region, split_sheet
from cellgrad.blocks.block import Block
from cellgrad.blocks.data_tables import data_table_cells
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import ArgumentError, CellgradError, FormulaError, ModelError, WriteError
from cellgrad.hosts import package
from cellgrad.optimize.problem import Goal
from cellgrad.program.compiling import constant_live, distinct, values_of
from cellgrad.program.lowering import Failure
from cellgrad.program.recalculate import Recalculated, recalculate
from cellgrad.program.values import Values
from cellgrad.session.model import Model
from cellgrad.session.promise import Promise
from cellgrad.solver_models import Constraint, ModelConditions, SolverModel, disjoint, read_models, resolve
from cellgrad.solver_models import areas as areas_of
from cellgrad.values import Kind
from cellgrad.workbook import CellValues, Workbook


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
    changes: Sequence[package.Change] = field(repr=False)
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
        self._to_save: dict[str, SolverModel] = {}
        self._recalculated: Recalculated | None = None
        self._promise: Promise | None = None
        self._state = state
        self._in_file: dict[str, CellValues] = {}

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
        *,
        subject_to: Sequence[str | Constraint] = (),
        bounds: Sequence[str] = (),
    ) -> Model:
        """A model of this workbook, compiled.

        sheet: where cell names without a sheet lie; see `model_sheet`.
        objective, changing, goal: what the model saved in the sheet says unless given. References are A1 text or
        defined names; several areas are separated by commas or given as a list.
        subject_to: constraints such as ``B7<=100`` or ``C3:C9=int``; bounds: such as ``B2:B5=0..1``. Those of the saved
        model hold as well, unless both objective and changing cells are given.
        Raises ModelError, FormulaError or ArgumentError, naming the cell.
        """
        sheet = self.model_sheet(sheet, objective)
        saved = self.saved.get(sheet) if objective is None or changing is None else None
        if saved is not None:
            saved.check()
        elif changing is None or (objective is None and not (subject_to or bounds)):
            raise ModelError(
                f"the sheet {sheet} has no saved model",
                action="name the objective and the changing cells: --objective B9 --changing B2:B5",
                sheet_action="select the cell to minimise and press Set objective; then select the cells that may "
                "change and press Set changing cells",
            )
        areas = self._changing(sheet, changing, saved)
        if objective is None and saved is not None and not saved.seeks_feasibility:
            objective, goal = str(saved.objective_region(self.workbook)), goal or saved.goal_text
        cell = None if objective is None else self.cell(objective, sheet, "objective")
        wanted = self._wanted(sheet, areas, saved, subject_to, bounds)
        model = Model(self, sheet, cell, areas, Goal.parse(goal or "min"), wanted, saved)
        self._models.append(model)
        return model

    def _wanted(
        self,
        sheet: str,
        areas: Sequence[Region],
        saved: SolverModel | None,
        subject_to: Sequence[str | Constraint],
        bounds: Sequence[str],
    ) -> ModelConditions | None:
        """What the changing cells must satisfy: the saved constraints and those given; None where there are none."""
        lines = [] if saved is None else list(saved.constraints)
        lines += [text if isinstance(text, Constraint) else solver_models.parse_subject_to(text) for text in subject_to]
        lines += [line for text in bounds for line in solver_models.parse_bounds(text)]
        non_negative = saved is not None and saved.non_negative
        if not lines and not non_negative:
            return None
        ignored = saved is not None and saved.ignore_integers
        return resolve(self.workbook, sheet, areas, lines, non_negative=non_negative, ignore_integers=ignored)

    def _changing(self, sheet: str, changing: str | Sequence[str] | None, saved: SolverModel | None) -> list[Region]:
        if changing is not None:
            return self.regions(changing, sheet)
        assert saved is not None
        return self.regions(list(map(str, saved.changing_regions(self.workbook))), sheet)

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

    def cell(self, reference: str, sheet: str, what: str = "cell") -> Region:
        """The one cell that a reference typed by a person names; `what` it is to be. Raises ArgumentError."""
        found = self.regions(reference, sheet)
        if len(found) != 1 or found[0].size != 1:
            raise ArgumentError(f"the {what} '{reference}' is not one cell", action="name a single cell")
        return found[0]

    def put(self, areas: Sequence[Region], values: np.ndarray, promise: Promise | None = None) -> None:
        """New values (n,) for the cells of `areas` in reading order, saved by the next `write`.

        promise: what they make of an objective. It is held against the recalculated workbook before any of its values
        is read or saved, and before other cells move.
        """
        before = self._promise
        if before is not None and before.areas != tuple(areas):
            self.recalculated()
            before = None
        new, start = {}, 0
        for area in areas:
            new[area] = np.array(values[start : start + area.size], np.float64)
            start += area.size
        if any(region not in new for region in self.new):
            new |= {r: values_of(r, self.new) for r in distinct((*areas, *self.new))[len(areas) :]}
        self.restore(new)
        if promise is not None:
            self._promise = promise if before is None else replace(promise, before=before.before)

    def restore(self, new: Mapping[Region, np.ndarray]) -> None:
        """Make `new` all the new values there are."""
        self.new = dict(new)
        self._recalculated = self._promise = None

    def elsewhere(self, areas: Sequence[Region]) -> dict[Region, np.ndarray]:
        """The new values of cells that lie in none of these areas."""
        if all(region in areas for region in self.new):
            return {}
        return {region: values_of(region, self.new) for region in distinct((*areas, *self.new))[len(areas) :]}

    def recalculated(self) -> Recalculated:
        """The values of every cell that depends on the new values of changing cells.

        Raises ModelError, with the values from before a search put back, where they belie what it has promised.
        """
        if self._recalculated is None:
            areas = tuple(self.new)
            dependents = self.dependence.dependents(areas)
            live = constant_live(areas, np.concatenate(list(self.new.values()))) if areas else {}
            self._recalculated = recalculate(self.dependence, dependents, live, self._settled(set(dependents)))
        promise, self._promise = self._promise, None
        if promise is not None:
            value = self.value(promise.cell)
            if not promise.kept_by(value):
                self.restore(promise.before)
                raise promise.broken(value, self.dependence)
        return self._recalculated

    def value(self, cell: Region) -> float:
        """The number in a formula cell, recalculated where it depends on new values; nan where it holds none."""
        for block, (kinds, data) in self.recalculated().blocks.items():
            if cell in block.region:
                at = cell.top - block.region.top, cell.left - block.region.left
                return float(data[at]) if kinds[at] == Kind.NUMBER else math.nan
        cached = self.workbook.cached(cell.sheet, cell.top, cell.left)
        return cached if isinstance(cached, float) else math.nan

    def save_model(self, model: SolverModel) -> None:
        """Make `model` the saved one of its sheet; the next `write` puts it where Excel's Solver finds it.

        Raises ModelError for one that cannot be compiled; then everything stays as it was.
        """
        model = solver_models.anchored(model)
        before = dict(self.saved)
        self.saved[model.sheet] = model
        try:
            self.model(model.sheet)
        except CellgradError:
            self.saved = before
            raise
        self._to_save[model.sheet] = model

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
        changes = package.write(self.path, path, edits, full_recalculation=stale, models=list(self._to_save.values()))
        if path.exists() and path.samefile(self.path):
            self._state, self._in_file = package.state(self.path), edits
        return Written(path, changes, lost, time.perf_counter() - began)

    def _edits(self, result: Recalculated) -> dict[str, CellValues]:
        """Every cell whose value differs from what the file now holds."""
        parts: dict[str, list[CellValues]] = {}
        strings = self.workbook.strings
        for sheet, old in self._in_file.items():  # back to what was read, unless one of the others says otherwise
            read = self.workbook.sheet(sheet).cells.values_at(old.rows, old.columns)
            parts[sheet] = [CellValues(old.rows, old.columns, *read, strings)]
        for sheet, cells in result.cells(self.dependence).items():
            parts.setdefault(sheet, []).append(cells)
        for area, values in self.new.items():
            rows, columns = (part.ravel() for part in np.mgrid[area.top : area.bottom, area.left : area.right])
            numbers = CellValues(rows, columns, np.full(area.size, Kind.NUMBER), values, strings)
            parts.setdefault(area.sheet, []).append(numbers)
        return {sheet: CellValues.joined(found) for sheet, found in parts.items()}
