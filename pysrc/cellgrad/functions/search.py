"""Looking values up: MATCH, VLOOKUP and HLOOKUP."""

from __future__ import annotations

from collections.abc import Sequence

from cellgrad.errors import UnsupportedError
from cellgrad.functions.criteria import wildcards
from cellgrad.functions.operands import Fault, Matrix, as_matrix, compare
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value, fold_case

_WHICH = "the place has no slope; the entry that is found gives it"


def _same_type(a: Value, b: Value) -> bool:
    return type(a) is type(b) and a is not None and not isinstance(a, CellError)


def _exact(wanted: Value, line: Sequence[Value]) -> int:
    """The first place equal to what is wanted, text with wildcards. Faults: #N/A."""
    pattern = wildcards(wanted) if isinstance(wanted, str) else None
    for place, value in enumerate(line):
        if not _same_type(value, wanted):
            continue
        if pattern.fullmatch(fold_case(value)) if pattern else compare(value, wanted) == 0:  # type: ignore[arg-type]
            return place
    raise Fault(CellError.NA)


def _sorted(wanted: Value, line: Sequence[Value], descending: bool = False) -> int:
    """The last place not beyond what is wanted, in a sorted line; other types are skipped. Faults: #N/A.

    Excel searches by halves, which on a line that is sorted, as it asks for, comes to the same place. Raises
    UnsupportedError where it might not.
    """
    found, passed = -1, False
    for place, value in enumerate(line):
        if not _same_type(value, wanted):
            continue
        order = compare(value, wanted)
        if order > 0 if not descending else order < 0:
            passed = True
        elif passed:
            raise UnsupportedError(
                "the nearest value is looked up among entries that are not sorted the way the formula says",
                action="sort them, or look up an exact match",
            )
        else:
            found = place
    if found < 0:
        raise Fault(CellError.NA)
    return found


def _wanted(value: Value) -> Value:
    if isinstance(value, CellError):
        raise Fault(value)
    return 0.0 if value is None else value


@function(
    "MATCH(value: value, array: range, [type: number])", Shape.REDUCE, Smoothness.NONE,
    "The place of a value in a row or column: 0 exact, 1 the last not above in rising order, -1 in falling order.",
    cases=(("MATCH(5,{1,5,9},0)", 2), ("MATCH(6,{1,5,9})", 2), ("MATCH(0,{1,5,9})", CellError.NA),
           ("MATCH(6,{9,7,5},-1)", 2), ('MATCH("B*",{"a","bc"},0)', 2), ('MATCH("1",{1,2},0)', CellError.NA),
           ("MATCH(1,{1,2;3,4},0)", CellError.NA)),
)  # fmt: skip
def match(value: Value, array: Value | Matrix, kind: float = 1.0) -> float:
    value, matrix = _wanted(value), as_matrix(array)
    if 1 not in matrix.shape:
        raise Fault(CellError.NA)
    line = list(matrix)
    place = _exact(value, line) if kind == 0 else _sorted(value, line, descending=kind < 0)
    return float(place + 1)


def _looked_up(value: Value, lines: Sequence[Sequence[Value]], index: float, approximate: bool) -> Value:
    """The value in line number `index` at the place found in the first line."""
    value = _wanted(value)
    if index < 1:
        raise Fault(CellError.VALUE)
    if int(index) > len(lines):
        raise Fault(CellError.REF)
    return lines[int(index) - 1][(_sorted if approximate else _exact)(value, lines[0])]


@function(
    "VLOOKUP(value: value, table: range, column: number, [approximate: logical])", Shape.REDUCE, Smoothness.PIECEWISE,
    "The entry of a column, in the row whose first entry is found.", subgradient=_WHICH,
    cases=(("VLOOKUP(2,{1,10;2,20;3,30},2,FALSE)", 20), ("VLOOKUP(2.5,{1,10;2,20;3,30},2)", 20),
           ("VLOOKUP(9,{1,10;2,20},2,FALSE)", CellError.NA), ("VLOOKUP(1,{1,10},3,FALSE)", CellError.REF),
           ("VLOOKUP(1,{1,10},0,FALSE)", CellError.VALUE), ('VLOOKUP("A",{"a",1},2,)', 1)),
)  # fmt: skip
def vlookup(value: Value, table: Value | Matrix, column: float, approximate: bool = True) -> Value:
    return _looked_up(value, list(zip(*as_matrix(table).rows, strict=True)), column, approximate)


@function(
    "HLOOKUP(value: value, table: range, row: number, [approximate: logical])", Shape.REDUCE, Smoothness.PIECEWISE,
    "The entry of a row, in the column whose first entry is found.", subgradient=_WHICH,
    cases=(("HLOOKUP(2,{1,2,3;10,20,30},2,FALSE)", 20), ("HLOOKUP(2.5,{1,2,3;10,20,30},2)", 20)),
)  # fmt: skip
def hlookup(value: Value, table: Value | Matrix, row: float, approximate: bool = True) -> Value:
    return _looked_up(value, as_matrix(table).rows, row, approximate)
