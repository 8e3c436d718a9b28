"""A model: an objective cell, its changing cells and what they must satisfy, compiled; search and keep."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from cellgrad.address import Region, full_name
from cellgrad.errors import ArgumentError, ModelError, NoProgressError
from cellgrad.gradients.gradcheck import GradientCheck, check_gradient
from cellgrad.gradients.kinks import flat_regions
from cellgrad.gradients.sensitivities import Sensitivities, sensitivities
from cellgrad.gradients.structure import Form, Structure, structure_of
from cellgrad.late import Late
from cellgrad.optimize.choice import FREE, known_method
from cellgrad.optimize.conditions import PRECISION, Conditions
from cellgrad.optimize.constraint_cells import ConstraintCell
from cellgrad.optimize.engines import Effort
from cellgrad.optimize.first_order import FirstOrderOptions
from cellgrad.optimize.optimizer import optimize
from cellgrad.optimize.problem import Goal, Problem
from cellgrad.optimize.rate_finder import RateCurve, find_rate
from cellgrad.optimize.scaling import Conditioning, conditioning_at
from cellgrad.optimize.search import Tolerances
from cellgrad.optimize.solution import Callback, Solution, Status
from cellgrad.optimize.starts import make_starts
from cellgrad.optimize.threads import threads_for
from cellgrad.program.compiling import Compiled, CompiledWithRows, compile_model, compile_system, distinct
from cellgrad.program.devices import CPU, Placement
from cellgrad.program.objective import CompiledObjective
from cellgrad.program.origin import Origin
from cellgrad.program.system import CompiledSystem
from cellgrad.session.conditions import asked
from cellgrad.session.error_cells import endless_slope, origin_of, require_no_error
from cellgrad.session.options import settled
from cellgrad.session.placing import placed
from cellgrad.session.promise import Promise, differ, rounding
from cellgrad.solver_models import ModelConditions, SolverModel
from cellgrad.tensors.nodes import constant

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")

if TYPE_CHECKING:
    from cellgrad.session.book import Book

AGREEMENT = {torch.float64: 1e-9, torch.float32: 1e-4}
"""The optimised objective and its recalculation through the whole workbook agree within this part of its size."""


class Model:
    """An objective cell, its changing cells and what they must satisfy: differentiable functions.

    objective: None for a model that only has to be made feasible. wanted: the conditions, None for none. saved: the
    saved model it comes from, whose options hold where `optimize` is told no others.
    conditions: bounds, rows and kinds of numbers, as the search takes them. constraints: cell by cell, for people.
    """

    def __init__(
        self,
        book: Book,
        sheet: str,
        objective: Region | None,
        changing: Sequence[Region],
        goal: Goal,
        wanted: ModelConditions | None = None,
        saved: SolverModel | None = None,
    ) -> None:
        began = time.perf_counter()
        self.saved = saved
        self.book = book
        self.sheet = sheet
        self.goal = goal
        self.compiled: Compiled
        self.constraints: list[ConstraintCell] = []
        self.notes: tuple[str, ...] = () if wanted is None else wanted.notes
        asked_for = None
        if wanted is not None:
            precision = PRECISION if saved is None else saved.precision
            asked_for = asked(book.dependence, wanted, distinct(changing), book.new, precision)
        rows = None
        if asked_for is not None and (asked_for.needs_rows or objective is None):
            self.compiled = compile_system(book.dependence, objective, changing, asked_for.sides, book.new)
            rows = self.compiled.rows
        elif objective is not None:
            self.compiled = compile_model(book.dependence, objective, changing, book.new)
        else:
            raise ModelError(
                f"the model of the sheet {sheet} has neither an objective nor constraints",
                action="name an objective cell, or constraints that should be met",
            )
        self._elsewhere = book.elsewhere(self.compiled.areas)
        self.conditions = Conditions.none(len(self.compiled.x0))
        if asked_for is not None:
            self.conditions = asked_for.conditions_for(rows)
            self.constraints = asked_for.constraint_cells(rows)
        self.compile_seconds = time.perf_counter() - began
        self.solution: Solution | None = None
        self.ran_on = self.function
        """The objective on the device of the last run."""
        self.placement = Placement(CPU, "nothing has run yet")

    @property
    def objective(self) -> Region:
        """The objective cell. Raises ModelError for a model that has none."""
        if self.compiled.objective is None:
            raise ModelError(
                f"the model of the sheet {self.sheet} has no objective cell",
                action="name one with --objective",
                sheet_action="select the cell and press Set objective",
            )
        return self.compiled.objective

    @property
    def has_objective(self) -> bool:
        """Whether there is something to optimise, and not only constraints to meet."""
        return self.compiled.objective is not None

    @cached_property
    def system(self) -> CompiledSystem:
        """The objective and the rows as batched functions of the changing cells."""
        if isinstance(self.compiled, CompiledWithRows):
            return self.compiled.system
        function = self.compiled.function
        return CompiledSystem(function.x, function.value_node, constant(torch.zeros(0)))

    @property
    def known_structure(self) -> Structure | None:
        """The structure where anybody has asked for it yet."""
        found: Structure | None = self.__dict__.get("structure")
        return found

    @cached_property
    def structure(self) -> Structure:
        """What kind of functions objective and rows are, and which cells make them so; found when first asked for."""
        conditions = self.conditions
        return structure_of(self.compiled, self.goal.kind, conditions.lower, conditions.upper)

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
        starts: int | None = None,
        seed: int | None = None,
        device: str = "auto",
        seconds: float = math.inf,
        callback: Callback | None = None,
        *,
        start: np.ndarray | None = None,
        effort: Effort | None = None,
        tolerances: Tolerances | None = None,
        solver_options: bool = False,
        evaluations: int | None = None,
        options: FirstOrderOptions | None = None,
        validation: str | None = None,
        dtype: str = "",
        compile: bool = False,
    ) -> Solution:
        """Search for the best values of the changing cells; `Book.write` then saves them, where they are of use.

        What is None is as the saved model says, or as suits the model. starts: None is the sheet's own values and,
        where that is cheap and several valleys are possible, others besides. start: other values (n,) to begin from,
        as a run that was broken off left them. solver_options: do what Excel's Solver would with the saved options,
        its method and its convergence too (see `options.settled`). options: of a first-order method, as schedule,
        mini-batches and rows held out. validation: a cell, such as the loss on other data, that says when to stop.
        dtype: float32 computes in single precision but for the last sums, and without constraints. compile: run long
        tables through torch's compiler, which takes some seconds to begin.
        Raises ModelError where the objective is an error at the start values, and NoProgressError where every step
        from them leads into one, naming the cell the error comes from.
        """
        chosen = settled(
            self.saved, len(self.compiled.x0), method, starts, seed, seconds, effort, tolerances, solver_options
        )
        began = self.compiled.x0 if start is None else np.asarray(start, np.float64).reshape(-1)
        rescued = chosen.starts is None and self.conditions.bounded  # further starts between bounds may do
        looked_at = known_method(chosen.method) not in FREE  # who names a way of descent asks for no analysis
        with threads_for(self.function.elements):
            seen = self.known_structure is not None and self.known_structure.straight  # by the fit itself, as it begins
            if chosen.starts in (None, 1) and not self.conditions.count and not rescued and not seen:
                self.require_start(self.conditions.clipped(began))
            structure = self.structure if looked_at else None
            single = "" if self.conditions.count else dtype
            there = placed(self.function, began, device, chosen.starts, steps, single, compile)
            self.ran_on, self.placement = there.function, there.placement
            where = self.placement.device
            solution = optimize(
                self.ran_on, began, self.goal, conditions=self.conditions, system=self.system.on(where),
                structure=structure, method=chosen.method, rate=learning_rate, steps=steps,
                iterations=chosen.iterations, starts=chosen.starts, seed=chosen.seed, seconds=chosen.seconds,
                evaluations=evaluations, callback=callback, effort=chosen.effort, tolerances=chosen.tolerances,
                options=options, validation=None if validation is None else self._judge(validation, where),
            )  # fmt: skip
            return self._finished(solution, start is not None, looked_at)

    def _finished(self, solution: Solution, elsewhere: bool, looked_at: bool) -> Solution:
        """A solution with all there is to say of it, handed to the book where it is of use.

        elsewhere: the run did not begin at the sheet's values. looked_at: the model was analysed."""
        if self.conditions.count:
            constrained = self.compiled.areas, self.compiled.objective, self.constraints
            require_no_error(self.book, *constrained, solution)
        elif self.has_objective:
            self._require_sound(solution)
        badly = self._told_of_conditioning(solution) if looked_at else []
        warnings = (*self._told_before(), *solution.warnings, *badly)
        if warnings != solution.warnings:
            solution = dataclasses.replace(solution, warnings=warnings)
        if elsewhere:
            solution = self._from_the_sheets_values(solution)
        self.solution = solution
        if solution.usable:
            self._keep(solution)
        return solution

    def _judge(self, cell: str, device: torch.device) -> CompiledObjective:
        """Another cell as a function of the same changing cells."""
        region = self.book.cell(cell, self.sheet)
        return compile_model(self.book.dependence, region, self.compiled.areas, self.book.new).function.on(device)

    def find_rate(self, method: str = "gradient-descent", options: FirstOrderOptions | None = None) -> RateCurve:
        """The loss against a growing learning rate, from the sheet's values: see `rate_finder.find_rate`."""
        _ = self.objective  # which raises where there is none
        self.require_start()
        x0 = torch.as_tensor(self.compiled.x0).to(self.function.device, self.function.dtype)
        return find_rate(self._problem, method, options or FirstOrderOptions(), x0)

    def _told_before(self) -> list[str]:
        """What was odd about the saved model and its constraints, a sentence each."""
        saved = [] if self.saved is None else [f"{note}." for note in map(str, self.saved.notes)]
        return [*saved, *(f"{note}." for note in self.notes)]

    def _told_of_conditioning(self, solution: Solution) -> list[str]:
        """A warning where the answer is badly determined, naming the cells that make it so."""
        conditions, structure = self.conditions, self.structure
        if not solution.usable or conditions.discrete or not Form.LINEAR < structure.form <= Form.SMOOTH:
            return []
        if structure.straight and self.goal.kind == "min" and not (conditions.count or conditions.bounded):
            return self._told_of_the_fit
        prices = solution.multipliers
        return self._warned(conditioning_at(self._problem, solution.x, None if prices is None else prices.rows))

    @cached_property
    def _told_of_the_fit(self) -> list[str]:
        """The warning about a linear fit without bounds, whose condition is the same everywhere."""
        return self._warned(conditioning_at(self._problem, self.compiled.x0))

    @property
    def _problem(self) -> Problem:
        return Problem(self.function, self.goal, self.conditions, self.system)

    def _warned(self, found: Conditioning | None) -> list[str]:
        warning = found and found.warning(self.cells)
        return [warning] if warning else []

    def _at_start(self) -> tuple[float, float]:
        """The objective at the sheet's values, and by how much conditions are missed there."""
        value, rows = (
            found[0].double().numpy() for found in self.system.values(torch.as_tensor(self.compiled.x0)[None])
        )
        return float(value), self.conditions.violation(self.compiled.x0, rows)

    def feasible(self) -> bool:
        """Whether the sheet's own values satisfy every condition."""
        return self._at_start()[1] <= self.conditions.precision

    def _from_the_sheets_values(self, solution: Solution) -> Solution:
        """A solution told as a change of what the sheet holds, wherever the run began."""
        value, violation = self._at_start()
        return dataclasses.replace(solution, start_value=value, start_violation=violation)

    def _require_sound(self, solution: Solution) -> None:
        """Raises the error that an unusable end deserves, where it is a cell's."""
        if solution.places or solution.status in (Status.NOT_LINEAR, Status.TOO_LARGE, Status.UNBOUNDED):
            return
        if not math.isfinite(solution.value) or (solution.status is Status.ERROR_VALUE and not solution.improved):
            start = self.conditions.clipped(self.compiled.x0)
            value, slope = self.value_and_gradient(start)
            raise endless_slope(self.objective, self.cells, slope) if math.isfinite(value) else self._error_value(start)
        if not solution.improved and solution.status is Status.NO_FINITE_STEP:
            raise self._no_step(solution)

    def _keep(self, solution: Solution) -> None:
        """Hand the answer to the book, which keeps it once the whole workbook, recalculated, agrees with it: before
        any of its values is read or saved. What the search alone can get wrong is looked at here."""
        book, areas = self.book, self.compiled.areas
        if not self.has_objective:
            book.put(areas, solution.x)
            return
        within = rounding(AGREEMENT[self.ran_on.arithmetic], solution.value, solution.start_value)
        promise = Promise(areas, self.objective, solution.value, within, book.new)
        moved = differ(self._elsewhere, book.elsewhere(areas))
        book.put(areas, solution.x, promise)
        if moved or not promise.kept_by(self.function.value_as_lowered(torch.from_numpy(solution.x))):
            book.recalculated()

    def flat(self, x: np.ndarray | None = None) -> list[Region]:
        """Regions of formulas that have gone flat at x: no change of the changing cells comes through them."""
        return flat_regions(self.compiled, self.compiled.x0 if x is None else np.asarray(x, np.float64))

    def require_start(self, x: np.ndarray | None = None) -> None:
        """Raises ModelError, naming the cell where it begins, where the objective is an error at x (or at x0)."""
        point = torch.as_tensor(self.compiled.x0 if x is None else np.asarray(x, np.float64).reshape(-1))
        if not math.isfinite(float(self.function.value(point.to(self.function.device, self.function.dtype)[None]))):
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
        return origin_of(self.book, self.compiled.areas, self.objective, x)
