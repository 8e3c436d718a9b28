"""Looking values up: MATCH, VLOOKUP, HLOOKUP and LOOKUP."""

from __future__ import annotations

from cellgrad.errors import UnsupportedError
from cellgrad.functions.lookup_lines import Line, column_line, row_line
from cellgrad.functions.operands import Fault, Matrix, as_matrix
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

WHICH = "the place has no slope; the entry that is found gives it"
_LONGEST_TEXT = 255


def sought(value: Value) -> Value:
    """A value as it is looked up: blank is 0. Faults: its own error; #VALUE! for a text of over 255 characters."""
    if isinstance(value, CellError):
        raise Fault(value)
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise Fault(CellError.VALUE)
    return 0.0 if value is None else value


def searched(array: Value | Matrix) -> Matrix:
    """What is searched. Faults: an error that stands in its place, such as that of a formula in the argument."""
    if isinstance(array, CellError):
        raise Fault(array)
    return as_matrix(array)


def _table(table: Value | Matrix) -> Matrix:
    """The table of VLOOKUP and HLOOKUP. Faults: #VALUE! for a text in its place."""
    matrix = searched(table)
    if isinstance(table, str):
        raise Fault(CellError.VALUE)
    return matrix


def exact_place(value: Value, line: Line) -> int | None:
    """The first place equal to what is sought, text with wildcards; None for nowhere."""
    return line.matching(value) if isinstance(value, str) else line.exact(value)


def found(place: int | None) -> int:
    """The place, or the fault #N/A where there is none."""
    if place is None:
        raise Fault(CellError.NA)
    return place


@function(
    "MATCH(value: value, array: range, [type: number])", Shape.REDUCE, Smoothness.STEP,
    "The place of a value in a row or column: 0 exact, 1 the last not above in rising order, -1 in falling order.",
    cases=(("MATCH(5,{1,5,9},0)", 2), ("MATCH(6,{1,5,9})", 2), ("MATCH(0,{1,5,9})", CellError.NA),
           ("MATCH(6,{9,7,5},-1)", 2), ('MATCH("B*",{"a","bc"},0)', 2), ('MATCH("1",{1,2},0)', CellError.NA),
           ("MATCH(1,{1,2;3,4},0)", CellError.NA), ("MATCH(39,{25;38;40;41},1)", 2), ("MATCH(41,{25;38;40;41},0)", 4),
           ("MATCH(40,{25;38;40;41},-1)", CellError.NA), ("MATCH(0.1,{0.09999999999999964},0)", CellError.NA),
           ('MATCH(REPT("a",256),{"a"},0)', CellError.VALUE), ("MATCH(TRUE,{1,TRUE},0)", 2)),
)  # fmt: skip
def match(value: Value, array: Value | Matrix, kind: float = 1.0) -> float:
    value, matrix = sought(value), searched(array)
    if 1 not in matrix.shape:
        raise Fault(CellError.NA)
    line = column_line(matrix) if matrix.width == 1 else row_line(matrix)
    return float(found(exact_place(value, line) if kind == 0 else line.sorted(value, descending=kind < 0)) + 1)


def _number_of_line(index: float, count: int) -> int:
    if index < 1:
        raise Fault(CellError.VALUE)
    if int(index) > count:
        raise Fault(CellError.REF)
    return int(index) - 1


@function(
    "VLOOKUP(value: value, table: range, column: number, [approximate: logical])", Shape.REDUCE, Smoothness.PIECEWISE,
    "The entry of a column, in the row whose first entry is found.", subgradient=WHICH,
    cases=(("VLOOKUP(2,{1,10;2,20;3,30},2,FALSE)", 20), ("VLOOKUP(2.5,{1,10;2,20;3,30},2)", 20),
           ("VLOOKUP(9,{1,10;2,20},2,FALSE)", CellError.NA), ("VLOOKUP(1,{1,10},3,FALSE)", CellError.REF),
           ("VLOOKUP(1,{1,10},0,FALSE)", CellError.VALUE), ('VLOOKUP("A",{"a",1},2,)', 1),
           ('VLOOKUP("b?t*e",{"bat",1;"bottle",2},2,FALSE)', 2), ('VLOOKUP("m",{"a",1;"k",2;"x",3},2)', 2),
           ("VLOOKUP(1,{1,10;1,20},2,TRUE)", 20), ("VLOOKUP(1,{1,10;1,20},2,FALSE)", 10),
           ("SUM(VLOOKUP({1,3},{1,10;2,20;3,30},2,FALSE))", 40), ("VLOOKUP(0,{1,10},2)", CellError.NA),
           ('VLOOKUP("a","a",1)', CellError.VALUE)),
)  # fmt: skip
def vlookup(value: Value, table: Value | Matrix, column: float, approximate: bool = True) -> Value:
    value, matrix = sought(value), _table(table)
    number = _number_of_line(column, matrix.width)
    line = column_line(matrix)
    return matrix.rows[found(line.sorted(value) if approximate else exact_place(value, line))][number]


@function(
    "HLOOKUP(value: value, table: range, row: number, [approximate: logical])", Shape.REDUCE, Smoothness.PIECEWISE,
    "The entry of a row, in the column whose first entry is found.", subgradient=WHICH,
    cases=(("HLOOKUP(2,{1,2,3;10,20,30},2,FALSE)", 20), ("HLOOKUP(2.5,{1,2,3;10,20,30},2)", 20),
           # Microsoft, "HLOOKUP function", example
           ('HLOOKUP("Axles",{"Axles","Bearings","Bolts";4,4,9;5,7,10;6,8,11},2,TRUE)', 4),
           ('HLOOKUP("B",{"Axles","Bearings","Bolts";4,4,9;5,7,10;6,8,11},3,TRUE)', 5),
           ('HLOOKUP(3,{1,2,3;"a","b","c";"d","e","f"},2,TRUE)', "c")),
)  # fmt: skip
def hlookup(value: Value, table: Value | Matrix, row: float, approximate: bool = True) -> Value:
    value, matrix = sought(value), _table(table)
    number = _number_of_line(row, matrix.height)
    line = row_line(matrix)
    return matrix.rows[number][found(line.sorted(value) if approximate else exact_place(value, line))]


@function(
    "LOOKUP(value: value, vector: cells, [result: cells])", Shape.REDUCE, Smoothness.PIECEWISE,
    "The entry of the result at the last place not above the value in a sorted row or column; of a table, searched "
    "along its longer side, the last row or column is the result.", subgradient=WHICH,
    # Microsoft, "LOOKUP function", examples
    cases=(('LOOKUP(4.19,{4.14;4.19;5.17;5.77;6.39},{"red";"orange";"yellow";"green";"blue"})', "orange"),
           ('LOOKUP(5.75,{4.14;4.19;5.17;5.77;6.39},{"red";"orange";"yellow";"green";"blue"})', "yellow"),
           ('LOOKUP(7.66,{4.14;4.19;5.17;5.77;6.39},{"red";"orange";"yellow";"green";"blue"})', "blue"),
           ('LOOKUP(0,{4.14;4.19;5.17;5.77;6.39},{"red";"orange";"yellow";"green";"blue"})', CellError.NA),
           ('LOOKUP("C",{"a","b","c","d";1,2,3,4})', 3), ('LOOKUP("bump",{"a",1;"b",2;"c",3})', 2),
           ("LOOKUP(9,{1;5;7})", 7), ("LOOKUP(2,1/({1,0,3}>0),{7,8,9})", 9)),
)  # fmt: skip
def lookup(value: Value, vector: Value | Matrix, result: Value | Matrix | None = None) -> Value:
    value, matrix = sought(value), searched(vector)
    wide = matrix.width > matrix.height
    if result is None:
        place = found((row_line(matrix) if wide else column_line(matrix)).sorted(value))
        return matrix.rows[-1][place] if wide else matrix.rows[place][-1]
    if 1 not in matrix.shape:
        raise Fault(CellError.NA)
    place = found((row_line(matrix) if wide else column_line(matrix)).sorted(value))
    return nth(as_matrix(result), place, max(matrix.shape) + matrix.beyond)


def nth(results: Matrix, place: int, length: int) -> Value:
    """Entry `place` of a row or column that goes with a line of `length` entries. Faults: #N/A for a rectangle."""
    if 1 not in results.shape:
        raise Fault(CellError.NA)
    if max(results.shape) + results.beyond != length:
        raise UnsupportedError(
            "the results that go with what is looked up are fewer or more", action="give both ranges one size"
        )
    if place >= max(results.shape):
        return None
    return results.rows[place][0] if results.width == 1 else results.rows[0][place]
