"""IF where the condition is constant: only the branch taken is evaluated, so a LAMBDA that calls itself ends."""

from __future__ import annotations

import math

from cellgrad.formula.tree import Call
from cellgrad.functions.arrays import Array, scalar
from cellgrad.program.forms import Evaluation, Form
from cellgrad.values import Kind


def _if(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    condition = evaluation.of(tree.arguments[0], array_mode)
    _, number = evaluation.texts.logicals(condition)
    if number.value is None or number.size != 1 or not math.isfinite(number.value.item()):
        return evaluation.by_kernel(tree, array_mode)
    branch = 1 if number.value.item() else 2
    if branch == len(tree.arguments):
        return scalar(0, Kind.BOOLEAN)
    return evaluation.branch(tree.arguments[branch], array_mode)


BRANCH_FORMS: dict[str, Form] = {"IF": _if}
