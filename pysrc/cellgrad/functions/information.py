"""What kind of value something is."""

from __future__ import annotations

import math
from collections.abc import Callable

from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value


def _register(name: str, test: Callable[[Value], bool], summary: str, *cases: tuple[str, object]) -> None:
    function(f"{name}(value: value)", Shape.ELEMENTWISE, Smoothness.NONE, summary, cases=cases, source="IS functions")(
        test
    )


def _is_error(value: Value) -> bool:
    return isinstance(value, CellError)


_register(
    "ISNUMBER", lambda value: type(value) is float, "Whether it is a number.",
    ("ISNUMBER(1)", True), ('ISNUMBER("1")', False), ("ISNUMBER(TRUE)", False), ("ISNUMBER(#N/A)", False),
)  # fmt: skip
_register(
    "ISTEXT", lambda value: isinstance(value, str), "Whether it is text.", ('ISTEXT("")', True), ("ISTEXT(1)", False)
)
_register(
    "ISNONTEXT", lambda value: not isinstance(value, str), "Whether it is anything but text.", ("ISNONTEXT(1)", True)
)
_register(
    "ISLOGICAL", lambda value: isinstance(value, bool), "Whether it is TRUE or FALSE.", ("ISLOGICAL(FALSE)", True)
)
_register("ISBLANK", lambda value: value is None, "Whether the cell is blank.", ('ISBLANK("")', False))
_register("ISERROR", _is_error, "Whether it is an error.", ("ISERROR(1/0)", True), ("ISERROR(1)", False))
_register(
    "ISERR", lambda value: _is_error(value) and value is not CellError.NA, "Whether it is an error other than #N/A.",
    ("ISERR(1/0)", True), ("ISERR(#N/A)", False),
)  # fmt: skip
_register(
    "ISNA", lambda value: value is CellError.NA, "Whether it is #N/A.", ("ISNA(NA())", True), ("ISNA(1/0)", False)
)


@function("NA()", Shape.REDUCE, Smoothness.NONE, "The error #N/A.", cases=(("NA()", CellError.NA),))
def na() -> CellError:
    return CellError.NA


@function(
    "N(value: value)", Shape.ELEMENTWISE, Smoothness.PIECEWISE,
    "The value as a number: numbers themselves, TRUE 1, anything else 0; errors stay.",
    subgradient="the number itself",
    cases=(("N(7)", 7), ("N(TRUE)", 1), ('N("7")', 0), ("N(#N/A)", CellError.NA)),
)  # fmt: skip
def n(value: Value) -> Value:
    if isinstance(value, CellError):
        return value
    return float(value) if isinstance(value, float | bool) else 0.0


@function(
    "ERROR.TYPE(value: value)", Shape.ELEMENTWISE, Smoothness.NONE, "The number of an error; #N/A for anything else.",
    cases=(("ERROR.TYPE(#N/A)", 7), ("ERROR.TYPE(1/0)", 2), ("ERROR.TYPE(1)", CellError.NA)),
)  # fmt: skip
def error_type(value: Value) -> Value:
    return float(value.code) if isinstance(value, CellError) else CellError.NA


def _parity(name: str, rest: int, case: tuple[str, object]) -> None:
    def value(number: float) -> bool:
        return math.trunc(number) % 2 == rest

    summary = f"Whether the whole part is {name[2:].lower()}."
    function(f"{name}(number: number!)", Shape.ELEMENTWISE, Smoothness.NONE, summary, cases=(case,))(value)


_parity("ISEVEN", 0, ("ISEVEN(-2.9)", True))
_parity("ISODD", 1, ("ISODD(3.5)", True))
