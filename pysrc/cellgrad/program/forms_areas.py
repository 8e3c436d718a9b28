"""References that are computed by choosing: what they come to where a whole range is taken, as SUM takes it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.formula.tree import Binary, Call, Coordinate, Node, Range
from cellgrad.functions.arrays import Array, NoKernel, scalar
from cellgrad.graph.binding import region_of
from cellgrad.program.forms import Evaluation, Form, index
from cellgrad.values import Kind


def _constant_number(array: Array, evaluation: Evaluation) -> float | None:
    number = evaluation.texts.numbers(array)
    if number.value is None or number.size != 1 or not math.isfinite(number.value.item()):
        return None
    return number.value.item()


def choice(tree: Call, first: Array, evaluation: Evaluation) -> Node | None:
    """The branch that IF or CHOOSE takes where `first`, its first argument, is constant; None where not or outside."""
    if tree.function == "CHOOSE":
        number = _constant_number(first, evaluation)
        known = number is not None and 1 <= number < len(tree.arguments)
        return tree.arguments[int(number)] if known else None  # type: ignore[arg-type] # known
    _, truth = evaluation.texts.logicals(first)
    if truth.value is None or truth.size != 1 or not math.isfinite(truth.value.item()):
        return None
    branch = 1 if truth.value.item() else 2
    return tree.arguments[branch] if branch < len(tree.arguments) else _NOTHING


_NOTHING = Node()
"""The branch that IF leaves out, which is FALSE."""


def _chosen(take: Callable[[Evaluation, Node, bool], Array]) -> Form:
    def form(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
        first = evaluation.of(tree.arguments[0], array_mode)
        branch = choice(tree, first, evaluation)
        if branch is None:
            return evaluation.by_kernel(tree, array_mode, first)  # not evaluated twice: it may be a large mask
        return scalar(0, Kind.BOOLEAN) if branch is _NOTHING else take(evaluation, branch, array_mode)

    return form


def common_range(tree: Node, host: Region) -> Range | None:
    """The cells that two references share, for all cells of `host`; None for no cell.

    Raises NoKernel where it varies from cell to cell, or an operand is no plain reference.
    """
    if isinstance(tree, Range) and tree.last_sheet is None:
        corners = (tree.top, tree.left, tree.bottom, tree.right)
        if host.size > 1 and any(corner is not None and not corner.absolute for corner in corners):
            raise NoKernel("an intersection of references that move")
        r = region_of(tree, host.sheet, host.top, host.left)
    elif isinstance(tree, Binary) and tree.operator == " ":
        left, right = common_range(tree.left, host), common_range(tree.right, host)
        if left is None or right is None:
            return None
        met = region_of(left, host.sheet, 0, 0).intersect(region_of(right, host.sheet, 0, 0))
        if met is None:
            return None
        r = met
    else:
        raise NoKernel("an intersection of what is no plain reference")
    rows = (None, None) if r.height == MAX_ROWS else (Coordinate(r.top, True), Coordinate(r.bottom - 1, True))
    columns = (None, None) if r.width == MAX_COLUMNS else (Coordinate(r.left, True), Coordinate(r.right - 1, True))
    return Range(rows[0], columns[0], rows[1], columns[1], r.sheet)


AREA_FORMS: dict[str, Form] = {
    "INDEX": functools.partial(index, area=True),
    "IF": _chosen(lambda evaluation, branch, mode: evaluation.area(branch, mode)),
    "CHOOSE": _chosen(lambda evaluation, branch, mode: evaluation.area(branch, mode)),
}
BRANCH_FORMS: dict[str, Form] = {
    "IF": _chosen(lambda evaluation, branch, mode: evaluation.branch(branch, mode)),
    "CHOOSE": _chosen(lambda evaluation, branch, mode: evaluation.branch(branch, mode)),
}
"""Only the branch that is taken is evaluated, so that a LAMBDA that calls itself ends."""
