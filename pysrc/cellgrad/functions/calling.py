"""Calling a function as Excel does: coercion by parameter, lifting over arrays, errors in order."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeAlias

from cellgrad.functions.context import Context
from cellgrad.functions.operands import (
    OMITTED,
    Areas,
    Argument,
    Fault,
    FunctionValue,
    Lazy,
    Matrix,
    Operand,
    as_matrix,
    to_logical,
    to_number,
    to_text,
)
from cellgrad.functions.registry import SCALARS, Function, Parameter, Takes
from cellgrad.values import CellError, Value

OVER_AREAS = frozenset(
    {
        "LARGE", "MEDIAN", "PERCENTILE", "PERCENTILE.EXC", "PERCENTILE.INC", "PERCENTRANK", "PERCENTRANK.EXC",
        "PERCENTRANK.INC",
        "QUARTILE", "QUARTILE.EXC", "QUARTILE.INC", "RANK", "RANK.AVG", "RANK.EQ", "SMALL", "TRIMMEAN",
    }
)  # fmt: skip
"""Functions that take one range and also several areas, or several sheets, in its place: as if they were one line."""

Read: TypeAlias = Callable[[Areas], Matrix]
"""Reads the cells of a reference."""

_OMITTED_VALUE: dict[Takes, Value] = {
    Takes.NUMBER: 0.0,
    Takes.TEXT: "",
    Takes.LOGICAL: False,
    Takes.VALUE: None,
    Takes.RANGE: 0.0,
}


def call(function: Function, arguments: Sequence[Argument], read: Read, context: Context | None = None) -> Operand:
    """The function's answer to evaluated arguments, each as its parameter takes it; lazy ones are thunks.

    context: what a function registered with `context=True` gets before its arguments.

    A one-value parameter that gets a Matrix lifts the function over it: one answer an element, with one row or one
    column repeating and #N/A beyond an argument's end. Cell errors are answers, never exceptions.
    """
    takes = [function.parameter(index).takes for index in range(len(arguments))]
    if not any(
        isinstance(argument, Matrix) and kind in SCALARS for argument, kind in zip(arguments, takes, strict=True)
    ):
        return _once(function, arguments, context)
    if Takes.LAZY not in takes and not any(argument is OMITTED for argument in arguments):
        return _element_by_element(function, arguments, read, context)
    grids: dict[int, Matrix] = {}
    for index, (argument, kind) in enumerate(zip(arguments, takes, strict=True)):
        if kind is Takes.LAZY and callable(argument):
            grids[index] = as_matrix(_read_if_areas(argument(), read))
        elif kind in SCALARS and isinstance(argument, Matrix):
            grids[index] = argument

    def element(row: int, column: int) -> Value:
        ones = list(arguments)
        for index, grid in grids.items():
            value = grid.broadcast(row, column)
            ones[index] = _thunk(value) if takes[index] is Takes.LAZY else value
        answer = _read_if_areas(_once(function, ones, context), read)
        if isinstance(answer, FunctionValue):
            return CellError.CALC
        return answer.rows[0][0] if isinstance(answer, Matrix) else answer

    height, width = max(grid.height for grid in grids.values()), max(grid.width for grid in grids.values())
    return Matrix.build(height, width, element)


def _element_by_element(
    function: Function, arguments: Sequence[Argument], read: Read, context: Context | None
) -> Matrix:
    """The answers to arrays where one value is taken; each element of an array is coerced once, not once a pair."""
    date_1904 = context is not None and context.date_1904
    parameters = [function.parameter(index) for index in range(len(arguments))]

    def coerced(parameter: Parameter, argument: Argument) -> Argument | Fault:
        try:
            return _coerced(parameter, argument, date_1904)
        except Fault as fault:
            return fault

    def answer(ones: tuple[Argument | Fault, ...]) -> Value:
        for one in ones:
            if isinstance(one, Fault):
                return one.error
        try:
            found: Operand = function.value(context, *ones) if function.context else function.value(*ones)
        except Fault as fault:
            return fault.error
        value = _read_if_areas(found, read)
        if isinstance(value, FunctionValue):
            return CellError.CALC
        return value.rows[0][0] if isinstance(value, Matrix) else value

    grids = [
        argument if isinstance(argument, Matrix) and parameter.takes in SCALARS else None
        for parameter, argument in zip(parameters, arguments, strict=True)
    ]
    height = max(grid.height for grid in grids if grid is not None)
    width = max(grid.width for grid in grids if grid is not None)
    lines: list[Callable[[int], Iterable[Argument | Fault]]] = []
    for parameter, argument, grid in zip(parameters, arguments, grids, strict=True):
        if grid is None:
            lines.append(partial(_the_same, [coerced(parameter, argument)] * width))
        else:
            beyond = coerced(parameter, CellError.NA)
            wide: list[list[Argument | Fault]] = []
            before: tuple[Value, ...] = ()
            for row in grid.rows:
                if not wide or not _is_the_same(row, before):
                    line = [coerced(parameter, value) for value in row]
                    wide.append(line * width if grid.width == 1 else line + [beyond] * (width - len(line)))
                else:  # one list for all of equal rows, such as the blank ones of a whole column
                    wide.append(wide[-1])
                before = row
            below = [beyond] * width
            lines.append(
                partial(_the_same, wide[0]) if grid.height == 1 else (wide + [below] * (height - len(wide))).__getitem__
            )
    found: list[tuple[Value, ...]] = []
    last: list[Iterable[Argument | Fault]] = []
    for r in range(height):
        now = [line(r) for line in lines]
        same = bool(last) and all(map(operator.is_, now, last)) and not function.volatile
        found.append(found[-1] if same else tuple(map(answer, zip(*now, strict=True))))
        last = now
    return Matrix(tuple(found))


def _is_the_same(row: tuple[Value, ...], other: tuple[Value, ...]) -> bool:
    """Whether two rows hold the very same values; equal ones that are told apart do not count."""
    return row is other or (len(row) == len(other) and all(map(operator.is_, row, other)))


def _the_same(line: list[Argument | Fault], row: int) -> list[Argument | Fault]:
    return line


def _thunk(value: Value) -> Lazy:
    return lambda: value


def _read_if_areas(operand: Operand, read: Read) -> Value | Matrix:
    return read(operand) if isinstance(operand, Areas) else operand  # type: ignore[return-value]


def _once(function: Function, arguments: Sequence[Argument], context: Context | None) -> Operand:
    try:
        date_1904 = context is not None and context.date_1904
        ready = [_coerced(function.parameter(index), argument, date_1904) for index, argument in enumerate(arguments)]
        for index, argument in enumerate(arguments):
            # An array that must be there, or that is one of many, is the one value 0 where it is left empty.
            parameter = function.parameter(index)
            required = (index < function.minimum or function.repeats) and not parameter.none_if_empty
            if argument is OMITTED and required and parameter.takes is Takes.ARRAY:
                ready[index] = Matrix(((0.0,),))
        answer: Operand = function.value(context, *ready) if function.context else function.value(*ready)
    except Fault as fault:
        return fault.error
    return answer


def _coerced(parameter: Parameter, argument: Argument, date_1904: bool) -> Argument:
    takes = parameter.takes
    if argument is OMITTED and takes is not Takes.FUNCTION:
        return None if parameter.none_if_empty else _OMITTED_VALUE.get(takes)
    match takes:
        case Takes.NUMBER:
            if parameter.no_boolean and isinstance(argument, bool):
                raise Fault(CellError.VALUE)
            return to_number(argument, date_1904)  # type: ignore[arg-type]
        case Takes.TEXT:
            return to_text(argument)  # type: ignore[arg-type]
        case Takes.LOGICAL:
            return to_logical(argument)  # type: ignore[arg-type]
        case Takes.ARRAY:
            return argument if isinstance(argument, Matrix) else Matrix(((argument,),))  # type: ignore[arg-type]
        case Takes.REFERENCE if isinstance(argument, CellError):
            raise Fault(argument)
    return argument
