"""What kind of functions of the changing cells a model is made of, and which cells make it so.

Decided in three looks, each only where the one before leaves it open: at the operations on the way (an upper bound for
every row, `node_forms`); at switches on live conditions, whether they jump (`switches`); at exact derivatives, whether
what might be curved is (`degrees`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cellgrad.address import Region
from cellgrad.gradients.blame import Reason, reasons_of, used_parts, values_of
from cellgrad.gradients.convexity import curves
from cellgrad.gradients.degrees import NOTHING, SCALES, Surroundings, degrees
from cellgrad.gradients.form import Form
from cellgrad.gradients.node_forms import forms_of, hardest, total_elements
from cellgrad.gradients.switches import switches_of, verdicts
from cellgrad.program.compiling import Compiled, CompiledWithRows
from cellgrad.program.objective import CompiledObjective
from cellgrad.tensors.derivatives import push_forward
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import Node, input_node, topological

__all__ = ["Form", "Reason", "Structure", "structure_of"]

TOGETHER = 2**23
"""How many elements are evaluated at once."""
FAR = 1e3
"""How long a step makes a curvature show that is the same everywhere."""
MOST_NODES = 5_000
"""A model of more operations is taken at its bound: it is cells by the thousand with formulas of their own."""
LARGE = 2**20
"""A model that evaluates more elements is looked at on one scale alone."""


@dataclass(frozen=True)
class Structure:
    """objective, rows: the forms of the objective cell and of each row. convex: of a quadratic objective (in the
    direction of its goal), whether it curves one way only; None where nothing is known. squares: how many residuals
    the objective is a sum of squares of, or 0; straight: whether these are all linear, by the operations that make
    them. reasons: the cells to blame, the hardest first; a few of each form.
    """

    objective: Form
    rows: tuple[Form, ...] = ()
    convex: bool | None = None
    squares: int = 0
    reasons: tuple[Reason, ...] = ()
    straight: bool = False

    @property
    def form(self) -> Form:
        """That of the whole model."""
        return max((self.objective, *self.rows))

    @property
    def linear(self) -> bool:
        """Whether objective and rows are all linear: a linear programme."""
        return self.form <= Form.LINEAR

    def answer(self) -> dict[str, Any]:
        """For JSON: the forms in words, how many rows there are of each, and the reasons."""
        rows = {form.name.lower(): self.rows.count(form) for form in Form if form in self.rows}
        return {
            "form": self.form.name.lower(),
            "objective": self.objective.name.lower(),
            "rows": rows,
            "convex": self.convex,
            "squares": self.squares,
            "reasons": [
                {"cell": str(reason.cell), "formula": reason.formula, "form": reason.form.name.lower(),
                 "why": reason.why}
                for reason in self.reasons
            ],
        }  # fmt: skip


def structure_of(
    compiled: Compiled,
    goal: str = "min",
    lower: np.ndarray | None = None,
    upper: np.ndarray | None = None,
    seed: int = 0,
) -> Structure:
    """The structure of a compiled model, with its rows where it has some.

    goal: ``min``, ``max`` or ``value``, for convexity. lower, upper (n,): bounds of the changing cells, between which
    is looked. seed: of the points that are looked at.
    """
    function = compiled.function
    value, x = function.value_node, function.x
    rows = compiled.system.rows_node if isinstance(compiled, CompiledWithRows) else None
    outputs = [value, *([] if rows is None else [rows])]
    around = Surroundings(compiled.x0, lower, upper, seed)
    forms = forms_of(outputs)
    found = verdicts(switches_of(outputs, forms), x, around)
    if found:
        forms = forms_of(outputs, found)
    objective = Form(hardest(forms[id(value)]))
    few = len(topological(outputs)) <= MOST_NODES
    if few and Form.QUADRATIC <= objective <= Form.SMOOTH:
        objective = min(objective, _objective_form(compiled, objective, around))
    levels = np.zeros(0, np.int64)
    if rows is not None:
        levels = np.broadcast_to(forms[id(rows)].numpy(), rows.shape).astype(np.int64)
        levels = _row_forms(x, rows, levels, around) if few else levels
    structure = Structure(
        objective,
        tuple(Form(level) for level in levels.tolist()),
        _convex(compiled, objective, goal),
        function.residual_count,
        straight=_straight(function),
    )
    if structure.form < Form.QUADRATIC:
        return structure
    used = used_parts(compiled, _roots(compiled))
    forms = forms_of([values_of(compiled, block) for block in used], found, forms)
    reasons = reasons_of(compiled, used, forms, structure.form)
    return replace(structure, reasons=reasons)


def _straight(function: CompiledObjective) -> bool:
    residuals = function.residuals_node
    return residuals is not None and hardest(forms_of([residuals])[id(residuals)]) <= Form.LINEAR


def _roots(compiled: Compiled) -> Sequence[Region]:
    objective = [] if compiled.objective is None else [compiled.objective]
    return [*objective, *(compiled.rows.regions if isinstance(compiled, CompiledWithRows) else ())]


def _objective_form(compiled: Compiled, bound: Form, around: Surroundings) -> Form:
    """What the derivatives of the objective say; the bound where it has no values around the start."""
    function = compiled.function
    elements = total_elements([function.value_node])

    def slopes(X: Tensor) -> Tensor:
        return _in_parts(lambda part: _where_finite(*function.value_and_gradient(part)), [X], elements)

    def bends(X: Tensor, directions: Tensor) -> Tensor:
        return _in_parts(function.hessian_product, [X, directions], elements)

    if bound is Form.QUADRATIC:  # its curvature is the same everywhere: a look at one point is enough
        if function.has_residuals and not function.rooted:
            return bound
        point, step = (torch.from_numpy(one[None]) for one in (around.x0, around.step(FAR)))
        bend = bends(point, step).abs().max()
        return Form.LINEAR if bool(bend <= NOTHING * slopes(point).abs().max()) else bound
    found = int(degrees(slopes, bends, around, _scales(elements)).max(initial=0))
    return Form(found) if found else bound


def _row_forms(x: Node, rows: Node, bounds: np.ndarray, around: Surroundings) -> np.ndarray:
    """The forms of rows (c,) whose bounds leave open what they are, by their derivatives in a random direction."""
    open_ = (bounds >= Form.QUADRATIC) & (bounds <= Form.SMOOTH)
    if not open_.any():
        return bounds
    fixed = {"direction": torch.from_numpy(around.step(1.0)[None])}
    slope = push_forward(rows, x, input_node("direction", x.shape))
    elements = total_elements([slope])
    program = Program([rows, slope], ["x"], fixed=fixed)

    def first(part: Tensor) -> Tensor:
        g, found = (one.expand(len(part), rows.size) for one in program(part))
        return torch.where(g.isfinite(), found, torch.nan)

    def slopes(X: Tensor) -> Tensor:
        return _in_parts(first, [X], elements)

    @cache
    def second() -> tuple[Program, int]:
        bend = push_forward(slope, x, input_node("tangent", x.shape))
        return Program([bend], ["x", "tangent"], fixed=fixed), total_elements([bend])

    def bends(X: Tensor, directions: Tensor) -> Tensor:
        run, size = second()
        return _in_parts(lambda *given: run(*given)[0].expand(len(given[0]), rows.size), [X, directions], size)

    found = degrees(slopes, bends, around, _scales(elements))
    return np.where(open_ & (found > 0), np.minimum(bounds, found), bounds)


def _where_finite(values: Tensor, slopes: Tensor) -> Tensor:
    """Slopes (K, n) of the points whose value (K,) is none: NaN."""
    return torch.where(values.isfinite()[:, None], slopes, torch.nan)


def _scales(elements: int) -> tuple[float, ...]:
    return SCALES if elements <= LARGE else SCALES[:1]


def _in_parts(run: Callable[..., Tensor], given: Sequence[Tensor], elements: int) -> Tensor:
    """A function of points run on a few of them at a time."""
    together = max(1, TOGETHER // max(1, elements))
    return torch.cat([run(*parts) for parts in zip(*(one.split(together) for one in given), strict=True)])


def _convex(compiled: Compiled, objective: Form, goal: str) -> bool | None:
    """Whether an objective that is quadratic at most curves towards its goal alone; None where it is neither."""
    if objective <= Form.LINEAR:
        return True
    if objective is not Form.QUADRATIC or goal == "value":
        return None
    if goal == "min" and compiled.function.has_residuals and not compiled.function.rooted:
        return True  # a sum of squares
    low, high = curves(compiled.function, compiled.x0)
    if np.isnan(low):
        return None
    return low >= 0 if goal == "min" else high <= 0
