"""Whole numbers bit by bit: BITAND, BITOR, BITXOR, BITLSHIFT, BITRSHIFT."""

from __future__ import annotations

import operator
from collections.abc import Callable

from cellgrad.functions.operands import Fault
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError

_LARGEST = 2**48 - 1
_MOST_BITS = 53


def _whole(number: float) -> int:
    """Faults: #NUM! for what is below 0, above 2^48-1 or not whole."""
    if not 0 <= number <= _LARGEST or not number.is_integer():
        raise Fault(CellError.NUM)
    return int(number)


def _bitwise(name: str, combine: Callable[[int, int], int], summary: str, *cases: tuple[str, object]) -> None:
    def value(left: float, right: float) -> float:
        return float(combine(_whole(left), _whole(right)))

    errors = ((f"{name}(-1,1)", CellError.NUM), (f"{name}(1,281474976710656)", CellError.NUM),
              (f"{name}(1.5,1)", CellError.NUM), (f'{name}("a",1)', CellError.VALUE))  # fmt: skip
    function(f"{name}(left: number, right: number)", Shape.ELEMENTWISE, Smoothness.STEP, summary, cases=cases + errors)(
        value
    )


_bitwise("BITAND", operator.and_, "The bits that both have.", ("BITAND(1,5)", 1), ("BITAND(13,25)", 9))
_bitwise("BITOR", operator.or_, "The bits that either has.", ("BITOR(23,10)", 31))
_bitwise("BITXOR", operator.xor, "The bits that one of both has.", ("BITXOR(5,3)", 6))


def _shifted(number: float, left: float) -> float:
    whole = _whole(number)
    if abs(left) > _MOST_BITS:
        raise Fault(CellError.NUM)
    bits = int(left)
    result = whole << bits if bits >= 0 else whole >> -bits
    if result > _LARGEST:
        raise Fault(CellError.NUM)
    return float(result)


@function(
    "BITLSHIFT(number: number, bits: number)", Shape.ELEMENTWISE, Smoothness.STEP, "The bits moved up.",
    cases=(("BITLSHIFT(4,2)", 16), ("BITLSHIFT(4,-2)", 1), ("BITLSHIFT(1,54)", CellError.NUM),
           ("BITLSHIFT(1,48)", CellError.NUM), ("BITLSHIFT(-1,1)", CellError.NUM)),
)  # fmt: skip
def bitlshift(number: float, bits: float) -> float:
    return _shifted(number, bits)


@function(
    "BITRSHIFT(number: number, bits: number)", Shape.ELEMENTWISE, Smoothness.STEP, "The bits moved down.",
    cases=(("BITRSHIFT(13,2)", 3), ("BITRSHIFT(13,-2)", 52), ("BITRSHIFT(1,-54)", CellError.NUM)),
)  # fmt: skip
def bitrshift(number: float, bits: float) -> float:
    return _shifted(number, -bits)
