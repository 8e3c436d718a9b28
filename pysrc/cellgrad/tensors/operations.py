"""The whole language of tensor expressions in one place: `from cellgrad.tensors import operations as t`."""

from __future__ import annotations

from cellgrad.tensors import elementwise_rules, reduction_rules, shape_rules  # noqa: F401 - they fill OPERATIONS
from cellgrad.tensors.building import NAN, ONE, OPERATIONS, ZERO, Operation, number
from cellgrad.tensors.elementwise import (
    add,
    arctan2,
    compare,
    div,
    guard,
    is_finite,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    mul,
    neg,
    power,
    select,
    square,
    sub,
    to_number,
    unary,
)
from cellgrad.tensors.picking import order, pick, seek
from cellgrad.tensors.rebuilding import rebuild
from cellgrad.tensors.reductions import all_of, any_of, largest, matmul, product, smallest, total
from cellgrad.tensors.shapes import assemble, broadcast, concatenate, crop, permute, reshape, take, transpose, windows

__all__ = [
    "NAN",
    "ONE",
    "OPERATIONS",
    "ZERO",
    "Operation",
    "add",
    "all_of",
    "any_of",
    "arctan2",
    "assemble",
    "broadcast",
    "compare",
    "concatenate",
    "crop",
    "div",
    "guard",
    "is_finite",
    "largest",
    "logical_and",
    "logical_not",
    "logical_or",
    "matmul",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "number",
    "order",
    "permute",
    "pick",
    "power",
    "product",
    "rebuild",
    "reshape",
    "seek",
    "select",
    "smallest",
    "square",
    "sub",
    "take",
    "to_number",
    "total",
    "transpose",
    "unary",
    "windows",
]
