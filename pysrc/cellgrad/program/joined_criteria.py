"""Criteria that join a sign and a live number: ``COUNTIF(A1:A9,"<"&B3)``, without the text between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgrad.formula.tree import Binary, Node
from cellgrad.functions.arrays import Array
from cellgrad.functions.criteria_masks import COMPARISONS, Limit, values_of
from cellgrad.values import Kind

if TYPE_CHECKING:
    from cellgrad.program.evaluation import Evaluation

WITH_CRITERIA = frozenset(
    {"COUNTIF", "COUNTIFS", "SUMIF", "SUMIFS", "AVERAGEIF", "AVERAGEIFS", "MAXIFS", "MINIFS"}
)  # fmt: skip
"""Functions of ranges and criteria: whatever they take that is no range is a criterion."""


def criterion(evaluation: Evaluation, tree: Node, array_mode: bool | None = None) -> Array:
    """The value of a criterion, a `Limit` where it is a sign and a live number. Raises NoKernel as evaluating does."""
    if not isinstance(tree, Binary) or tree.operator != "&":
        return evaluation.of(tree, array_mode)
    number = evaluation.of(tree.right, array_mode)
    if number.is_constant or number.kind != Kind.NUMBER:
        return evaluation.of(tree, array_mode)
    before = evaluation.of(tree.left, array_mode)
    signs = set(values_of(before, evaluation.texts)) if before.is_constant else set()
    sign = signs.pop() if len(signs) == 1 else None
    if not isinstance(sign, str) or sign not in COMPARISONS:
        return evaluation.of(tree, array_mode)
    return Limit(number.data, sign=sign)
