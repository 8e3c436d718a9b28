"""A sum or difference that is the last operation of a formula: exactly 0 where it comes very close.

Excel shows ``=0.5-0.4-0.1`` as 0 and ``=(0.5-0.4-0.1)`` as -2.78E-17. Source: Microsoft, "Floating-point arithmetic may
give inaccurate results in Excel", the example of adding when a very small number results: since Excel 97 "should an
addition or subtraction operation result in a value at or very close to zero", the error of its operands is made up for.
That the operation must be the formula's last, outside of any bracket, is what Excel does; how close is very close is
not documented, and taken here as Excel's ``=``: operands that are equal in their first 15 digits.

This holds for values. A compiled program of changing cells does without it, so that it stays smooth: its value can
differ from the cell's by the rounding that Excel hides.
"""

from __future__ import annotations

import dataclasses

import torch

from cellgrad.functions.arrays import Array, Texts
from cellgrad.functions.kernels import KERNELS
from cellgrad.functions.operands import same_number
from cellgrad.functions.operators import add, subtract
from cellgrad.functions.registry import FUNCTIONS, Function
from cellgrad.tensors.nodes import constant


def last_sum(left: float, right: float) -> float:
    """``left + right``, 0 where they cancel in their first 15 digits. Faults as `+` does."""
    return 0.0 if same_number(left, -right) else add(left, right)


def last_difference(left: float, right: float) -> float:
    """``left - right``, 0 where they are equal in their first 15 digits. Faults as `-` does."""
    return 0.0 if same_number(left, right) else subtract(left, right)


LAST: dict[str, Function] = {
    "+": dataclasses.replace(FUNCTIONS["+"], value=last_sum),
    "-": dataclasses.replace(FUNCTIONS["-"], value=last_difference),
}
"""The operators as they work where they are a formula's last operation."""


def last_over_blocks(operator: str, left: Array, right: Array, texts: Texts) -> Array:
    """The sum or difference over whole blocks; constants as `last_sum` and `last_difference` have them."""
    found = KERNELS[operator]((left, right), texts)
    result, a, b = found.data.value, texts.numbers(left).value, texts.numbers(right).value
    if result is None or a is None or b is None:
        return found
    result, a, b = torch.broadcast_tensors(result, a, b if operator == "-" else -b)
    near = (a != b) & (result.abs() <= 1e-14 * torch.maximum(a.abs(), b.abs()))
    if not bool(near.any()):
        return found
    same = [same_number(p, q) for p, q in zip(a[near].tolist(), b[near].tolist(), strict=True)]
    settled = result.clone()
    settled[near] = torch.where(torch.tensor(same), 0.0, settled[near])
    return Array(constant(settled), found.kind)
