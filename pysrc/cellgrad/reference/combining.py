"""References made of references: range, union and intersection."""

from __future__ import annotations

from cellgrad.address import Region
from cellgrad.functions.operands import Areas, Operand
from cellgrad.values import CellError


def combined(operator: str, left: Operand, right: Operand) -> Operand:
    """Range, union or intersection of two references. #VALUE! for what is no reference, #NULL! for no common cell."""
    for operand in (left, right):
        if isinstance(operand, CellError):
            return operand
    if not isinstance(left, Areas) or not isinstance(right, Areas):
        return CellError.VALUE
    if operator == ",":
        return Areas(left.regions + right.regions)
    if operator == " ":
        common = [met for a in left.regions for b in right.regions if (met := a.intersect(b)) is not None]
        return Areas(tuple(common)) if common else CellError.NULL
    both = left.regions + right.regions
    if len({region.sheet for region in both}) != 1:
        return CellError.VALUE
    return Areas(
        (
            Region(
                both[0].sheet,
                min(region.top for region in both),
                min(region.left for region in both),
                max(region.bottom for region in both),
                max(region.right for region in both),
            ),
        )
    )
