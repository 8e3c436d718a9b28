"""Functions that call a function for the entries of arrays: MAP, REDUCE, SCAN, BYROW, BYCOL, MAKEARRAY."""

from __future__ import annotations

from collections.abc import Iterator

from cellgrad.address import Region
from cellgrad.errors import UnsupportedError
from cellgrad.functions.operands import (
    OMITTED,
    Areas,
    Argument,
    Fault,
    FunctionValue,
    Matrix,
    Operand,
    as_matrix,
    to_number,
)
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_MOST_CALLS = 1_000_000
_AS_ITS_FUNCTION = "that of the function it calls"


def _function(argument: Operand) -> FunctionValue:
    """The function to call. Faults: #VALUE! for anything else."""
    if isinstance(argument, CellError):
        raise Fault(argument)
    if not isinstance(argument, FunctionValue):
        raise Fault(CellError.VALUE)
    return argument


def _shape(array: Operand) -> tuple[int, int]:
    if isinstance(array, Areas):
        if len(array.regions) != 1:
            raise Fault(CellError.VALUE)
        return array.regions[0].height, array.regions[0].width
    if isinstance(array, FunctionValue):
        raise Fault(CellError.VALUE)
    return as_matrix(array).shape


def _part(array: Operand, rows: slice, columns: slice) -> Operand:
    """Some of the rows and columns: of a reference a reference, of an array an array, of one entry the value."""
    if isinstance(array, Areas):
        r = array.regions[0]
        tall, wide = range(r.top, r.bottom)[rows], range(r.left, r.right)[columns]
        return Areas((Region(r.sheet, tall[0], wide[0], tall[-1] + 1, wide[-1] + 1),))
    assert not isinstance(array, FunctionValue)
    part = tuple(row[columns] for row in as_matrix(array).rows[rows])
    return part[0][0] if len(part) == 1 == len(part[0]) else Matrix(part)


def _cell(array: Operand, row: int, column: int) -> Operand:
    return _part(array, slice(row, row + 1), slice(column, column + 1))


def _one_value(called: FunctionValue, *arguments: Argument) -> Value:
    """The function's answer where one value fits: #CALC! for an array, as for a function."""
    answer = called.apply(arguments)
    if isinstance(answer, Areas):
        answer = called.read(answer)
    if isinstance(answer, Matrix):
        return answer.rows[0][0] if answer.shape == (1, 1) else CellError.CALC
    return CellError.CALC if isinstance(answer, FunctionValue) else answer


def _checked(count: int) -> None:
    if count > _MOST_CALLS:
        raise UnsupportedError(
            f"a function is called here {count:,} times", action="name the rows that hold data, not whole columns"
        )


@function(
    "MAP(array: function, array_or_function: function...)", Shape.ARRAY, Smoothness.PIECEWISE,
    "A function of each entry, or of the entries of several arrays of one size at one place.",
    subgradient=_AS_ITS_FUNCTION,
    cases=(("SUM(MAP({1,2;3,4},LAMBDA(a,IF(a>2,a*a,a))))", 28), ("SUM(MAP({1,2},{3,4},LAMBDA(a,b,a*b)))", 11),
           ("MAP({1,2},LAMBDA(a,b,a))", CellError.VALUE), ("MAP({1,2},3)", CellError.VALUE),
           ("MAP({1,2},LAMBDA(a,{1,2}))", CellError.CALC), ("SUM(MAP({1,-2},ABS))", 3)),
)  # fmt: skip
def map_(*arguments: Operand) -> Matrix:
    *arrays, last = arguments
    called = _function(last)
    shapes = [_shape(array) for array in arrays]
    if len(set(shapes)) != 1:
        raise UnsupportedError("arrays of different sizes are mapped together", action="give them one size")
    height, width = shapes[0]
    _checked(height * width)
    return Matrix.build(height, width, lambda r, c: _one_value(called, *(_cell(array, r, c) for array in arrays)))


def _entries(array: Operand) -> Iterator[Operand]:
    height, width = _shape(array)
    _checked(height * width)
    return (_cell(array, row, column) for row in range(height) for column in range(width))


@function(
    "REDUCE(start: function, array: function, function: function)", Shape.REFERENCE, Smoothness.PIECEWISE,
    "What is left when a function takes up one entry after the other: function(so far, entry).",
    subgradient=_AS_ITS_FUNCTION,
    # Microsoft, "REDUCE function"; without a start the first entry is the start
    cases=(("REDUCE(0,{1,2;3,4},LAMBDA(a,b,a+b^2))", 30), ("REDUCE(,{2,3},LAMBDA(a,b,a*b))", 6),
           ("REDUCE(1,{1,60,70},LAMBDA(a,b,IF(b>50,a*b,a)))", 4200), ("REDUCE(0,{1,2},LAMBDA(a,a))", CellError.VALUE),
           ("SUM(REDUCE(0,{1,2},LAMBDA(a,b,VSTACK(a,b))))", 3)),
)  # fmt: skip
def reduce_(start: Argument, array: Operand, called: Operand) -> Operand:
    run, entries, so_far = _function(called), _entries(array), start
    result: Argument = next(entries) if so_far is OMITTED else so_far
    for entry in entries:
        result = run.apply((result, entry))
    return result  # type: ignore[return-value]


@function(
    "SCAN(start: function, array: function, function: function)", Shape.ARRAY, Smoothness.PIECEWISE,
    "What REDUCE comes to after each entry.", subgradient=_AS_ITS_FUNCTION,
    # Microsoft, "SCAN function": the list of factorials
    cases=(("INDEX(SCAN(1,{1,2,3;4,5,6},LAMBDA(a,b,a*b)),2,3)", 720), ("SUM(SCAN(0,{1,2,3},LAMBDA(a,b,a+b)))", 10),
           ("INDEX(SCAN(,{2,3,4},LAMBDA(a,b,a*b)),3)", 24), ('INDEX(SCAN("",{"a","b"},LAMBDA(a,b,a&b)),2)', "ab"),
           ("SCAN(0,{1,2},3)", CellError.VALUE)),
)  # fmt: skip
def scan(start: Argument, array: Operand, called: Operand) -> Matrix:
    run, (_, width), so_far = _function(called), _shape(array), start
    found: list[Value] = []
    for entry in _entries(array):
        first = FunctionValue(lambda given: given[1], run.read)  # type: ignore[arg-type, return-value]
        so_far = _one_value(first if so_far is OMITTED else run, so_far, entry)
        found.append(so_far)
    return Matrix(tuple(tuple(found[at : at + width]) for at in range(0, len(found), width)))


@function(
    "BYROW(array: function, function: function)", Shape.ARRAY, Smoothness.PIECEWISE, "A function of each row.",
    subgradient=_AS_ITS_FUNCTION,
    cases=(("INDEX(BYROW({1,5;7,2},LAMBDA(r,MAX(r))),2)", 7), ("SUM(BYROW({1,2;3,4},SUM))", 10),
           ("BYROW({1,2},LAMBDA(r,r))", CellError.CALC), ("ROWS(BYROW({1,2;3,4},LAMBDA(r,SUM(r))))", 2)),
)  # fmt: skip
def byrow(array: Operand, called: Operand) -> Matrix:
    run, (height, _) = _function(called), _shape(array)
    _checked(height)
    every = slice(None)
    return Matrix(tuple((_one_value(run, _part(array, slice(row, row + 1), every)),) for row in range(height)))


@function(
    "BYCOL(array: function, function: function)", Shape.ARRAY, Smoothness.PIECEWISE, "A function of each column.",
    subgradient=_AS_ITS_FUNCTION,
    cases=(("INDEX(BYCOL({1,5;7,2},LAMBDA(c,MAX(c))),1,2)", 5), ("SUM(BYCOL({1,2;3,4},SUM))", 10),
           ("COLUMNS(BYCOL({1,2;3,4},LAMBDA(c,SUM(c))))", 2)),
)  # fmt: skip
def bycol(array: Operand, called: Operand) -> Matrix:
    run, (_, width) = _function(called), _shape(array)
    _checked(width)
    every = slice(None)
    return Matrix((tuple(_one_value(run, _part(array, every, slice(at, at + 1))) for at in range(width)),))


@function(
    "MAKEARRAY(rows: value, columns: value, function: function)", Shape.ARRAY, Smoothness.PIECEWISE,
    "A function of each row and column number.", subgradient=_AS_ITS_FUNCTION,
    cases=(("SUM(MAKEARRAY(2,3,LAMBDA(r,c,r*c)))", 18), ("MAKEARRAY(0,1,LAMBDA(r,c,1))", CellError.VALUE),
           ("INDEX(MAKEARRAY(2,2,LAMBDA(r,c,r-c)),1,2)", -1)),
)  # fmt: skip
def makearray(rows: Value, columns: Value, called: Operand) -> Matrix:
    run, height, width = _function(called), int(to_number(rows)), int(to_number(columns))
    if height < 1 or width < 1:
        raise Fault(CellError.VALUE)
    _checked(height * width)
    return Matrix.build(height, width, lambda r, c: _one_value(run, float(r + 1), float(c + 1)))


@function(
    "ISOMITTED(argument: function)", Shape.REDUCE, Smoothness.STEP, "Whether a LAMBDA's argument was left out.",
    # Microsoft, "ISOMITTED function"
    cases=(("LAMBDA(x,[y],ISOMITTED(y))(1)", True), ("LAMBDA(x,[y],ISOMITTED(y))(1,2)", False),
           ("LAMBDA(x,[y],IF(ISOMITTED(y),x,x+y))(1,)", 1)),
)  # fmt: skip
def isomitted(argument: Argument) -> bool:
    return argument is OMITTED
