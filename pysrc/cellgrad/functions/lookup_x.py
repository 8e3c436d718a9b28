"""XLOOKUP and XMATCH."""

from __future__ import annotations

import functools
import itertools

from cellgrad.address import Region
from cellgrad.errors import UnsupportedError
from cellgrad.functions.lookup_lines import Line, column_line, row_line
from cellgrad.functions.operands import Areas, Fault, Lazy, Matrix, Operand, as_matrix, to_text
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.functions.regular_expressions import fits_text
from cellgrad.functions.search import WHICH, found
from cellgrad.values import CellError, Value


def _line(array: Matrix) -> Line:
    """The row or column to search. Faults: #VALUE! for a rectangle."""
    if 1 not in array.shape:
        raise Fault(CellError.VALUE)
    return column_line(array) if array.width == 1 else row_line(array)


def in_line(value: Value, line: Line, match: float, search: float, beyond: int | None = None) -> int | None:
    """Where the value stands, from zero; `beyond`: the first of the blanks that the line leaves out.

    Faults: #VALUE! for modes that there are not, and the value's own error.
    """
    match, search = int(match), int(search)
    if match not in (-1, 0, 1, 2, 3) or search not in (-2, -1, 1, 2):
        raise Fault(CellError.VALUE)
    if isinstance(value, CellError):
        raise Fault(value)
    last = search == -1
    if value is None:  # a blank finds a blank
        place = line.blank(last)
        return beyond if place is None else place
    if match in (2, 3) and abs(search) == 2:
        raise Fault(CellError.VALUE)
    if match == 3:
        return _fitting(to_text(value), line, last)
    if match == 2:
        return line.matching(value, last) if isinstance(value, str) else line.exact(value, last)
    if abs(search) == 2:
        return line.halved(value, match, descending=search == -2)
    return line.exact(value, last) if match == 0 else line.nearest(value, larger=match == 1, last=last)


def _fitting(pattern: str, line: Line, last: bool) -> int | None:
    """The first (or last) text that a regular expression fits.

    Whether it has to fit the whole text and whether case counts is not documented; where the answer hangs on either,
    and where the text of a number would fit, it is refused.
    """
    found = set()
    places = range(len(line.values))
    for case_blind, whole in itertools.product((False, True), repeat=2):
        fits = functools.partial(fits_text, pattern, case_blind, whole)
        shown = ((place, line.values[place]) for place in (reversed(places) if last else places))
        found.add(
            next((p for p, v in shown if v is not None and not isinstance(v, CellError) and fits(to_text(v))), None)
        )
    place = next(iter(found))
    if len(found) > 1 or (place is not None and not isinstance(line.values[place], str)):
        raise UnsupportedError(
            "looking up by a regular expression that fits only a part of a text, its other case or a number is not "
            "supported", action="write a pattern that fits the whole text, as in ^.*x.*$",
        )  # fmt: skip
    return place


def _place(value: Value, array: Matrix, match: float, search: float) -> int | None:
    return in_line(value, _line(array), match, search, max(array.shape) if array.beyond else None)


@function(
    "XMATCH(value: value, array: cells, [match: number, search: number])", Shape.REDUCE, Smoothness.STEP,
    "The place of a value: match 0 exact, -1 or the next smaller, 1 or the next larger, 2 wildcards; search 1 from the "
    "first, -1 from the last, 2 and -2 by halves.",
    cases=(('XMATCH("Gra?",{"Apple";"Grape";"Gran";"Pear"},2)', 3), ('XMATCH("Gra",{"Apple";"Grape"},1)', 2),
           ("XMATCH(4,{5,4,3,2,1})", 2), ("XMATCH(4.5,{5,4,3,2,1},1)", 1), ("XMATCH(4.5,{5,4,3,2,1},-1)", 2),
           ("XMATCH(1,{1,2,1},0,-1)", 3), ("XMATCH(9,{1,2})", CellError.NA), ("XMATCH(2,{1,2,3},0,2)", 2),
           ("XMATCH(1,{1,2},5)", CellError.VALUE), ("XMATCH(1,{1,2;3,4})", CellError.VALUE),
           ('XMATCH("a*",{"ab","a*"})', 2), ('XMATCH("b",{"A","B"})', 2),
           # as Excel stores them
           ('XMATCH("[A-Z][a-z]+y",{"India","Germany","Spain","Francialy"},3)', 2),
           ('XMATCH("[A-Z][a-z]+y",{"India","Germany","Spain","Francialy"},3,-1)', 4),
           ('XMATCH(42,{"apple","banana"},3)', CellError.NA), ('XMATCH("qwerty",{5,TRUE,"ala"},-1)', 3),
           ('XMATCH(FALSE,{5,TRUE,"ala"},-1)', 3), ('XMATCH("qwerty",{5,TRUE,"ala"},1)', 2),
           ('XMATCH(10,{5,TRUE,"ala"},1)', 3), ("XMATCH(1,{5,TRUE},-1)", CellError.NA),
           ("XMATCH(5,{1,5,5,5,7},0,2)", 2), ("XMATCH(6,{1,5,5,5,7},-1,2)", 4), ("XMATCH(6,{1,5,5,5,7},1,2)", 5),
           ("XMATCH(5,{7,5,5,5,1},0,-2)", 4), ("XMATCH(6,{7,5,5,5,1},-1,-2)", 2),
           ('XMATCH("a",{2,3,4},-1,2)', 3), ('XMATCH("a",{2,3,4},1,2)', CellError.NA)),
)  # fmt: skip
def xmatch(value: Value, array: Value | Matrix, match: float = 0.0, search: float = 1.0) -> float:
    return float(found(_place(value, as_matrix(array), match, search or 1.0)) + 1)


@function(
    "XLOOKUP(value: value, array: cells, result: reference, [otherwise: lazy?, match: number, search: number])",
    Shape.REFERENCE, Smoothness.PIECEWISE,
    "The entry, row or column of the result where the value is found; modes as in XMATCH.", subgradient=WHICH,
    cases=(("XLOOKUP(2,{1;2;3},{10;20;30})", 20), ("SUM(XLOOKUP(2,{1;2;3},{10,1;20,2;30,3}))", 22),
           ("SUM(XLOOKUP(2,{1,2,3},{10,20,30;1,2,3}))", 22), ('XLOOKUP(9,{1;2},{10;20},"none")', "none"),
           ("XLOOKUP(9,{1;2},{10;20})", CellError.NA), ("XLOOKUP(9,{1;2},{10;20},)", CellError.NA),
           ("XLOOKUP(1.5,{1;2},{10;20},,-1)", 10),
           # Microsoft, "XLOOKUP function", example 4: the tax rate of an income, the next larger bracket
           ("XLOOKUP(46523,{9700;39475;84200;160726},{0.1;0.12;0.22;0.24},0,1,1)", 0.22),
           ("XLOOKUP(1.5,{1;2},{10;20},,1)", 20), ("XLOOKUP(1,{1;2;1},{10;20;30},,0,-1)", 30),
           ('XLOOKUP("b*",{"a";"bc"},{1;2},,2)', 2), ("XLOOKUP(1,{1;2},{10;20;30})", CellError.VALUE),
           ("ROW(XLOOKUP(0,A1:A3,B4:B6,1))", CellError.VALUE), ("SUM(XLOOKUP({1,3},{1,2,3},{10,20,30}))", 40)),
)  # fmt: skip
def xlookup(
    value: Value, array: Value | Matrix, result: Areas | Matrix | Value, otherwise: Lazy | None = None,
    match: float = 0.0, search: float = 1.0,
) -> Operand:  # fmt: skip
    line = as_matrix(array)
    upright = line.width == 1 and (line.height + line.beyond > 1 or _extent(result)[0] == 1)
    length = (line.height if upright else line.width) + line.beyond
    if 1 not in line.shape or length != _extent(result)[0 if upright else 1]:
        raise Fault(CellError.VALUE)
    place = _place(value, line, match, search or 1.0)
    if place is None:
        if otherwise is None:
            raise Fault(CellError.NA)
        return otherwise()
    return _slice(result, place, upright)


def _extent(result: Areas | Matrix | Value) -> tuple[int, int]:
    if isinstance(result, Areas):
        if len(result.regions) != 1:
            raise Fault(CellError.VALUE)
        return result.regions[0].height, result.regions[0].width
    return as_matrix(result).shape


def _slice(result: Areas | Matrix | Value, place: int, upright: bool) -> Operand:
    """Row (or column) number `place`; of a reference as a reference."""
    if isinstance(result, Areas):
        r = result.regions[0]
        if upright:
            return Areas((Region(r.sheet, r.top + place, r.left, r.top + place + 1, r.right),))
        return Areas((Region(r.sheet, r.top, r.left + place, r.bottom, r.left + place + 1),))
    matrix = as_matrix(result)
    part = (matrix.rows[place],) if upright else tuple((row[place],) for row in matrix.rows)
    return part[0][0] if len(part) == 1 == len(part[0]) else Matrix(part)
