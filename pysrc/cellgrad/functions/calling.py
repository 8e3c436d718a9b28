"""Calling a function as Excel does: coercion by parameter, lifting over arrays, errors in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from cellgrad.functions.operands import (
    OMITTED,
    Areas,
    Argument,
    Fault,
    Lazy,
    Matrix,
    Operand,
    to_logical,
    to_number,
    to_text,
)
from cellgrad.functions.registry import SCALARS, Function, Takes
from cellgrad.values import CellError, Value

Read: TypeAlias = Callable[[Areas], Matrix]
"""Reads the cells of a reference."""

_OMITTED_VALUE: dict[Takes, Value] = {
    Takes.NUMBER: 0.0,
    Takes.TEXT: "",
    Takes.LOGICAL: False,
    Takes.VALUE: None,
    Takes.RANGE: 0.0,
}


def call(function: Function, arguments: Sequence[Argument], read: Read) -> Operand:
    """The function's answer to arguments that are already evaluated (lazy ones are thunks), each as its parameter takes it.

    A one-value parameter that gets a Matrix lifts the function over it: one answer an element, with one row or one
    column repeating and #N/A beyond an argument's end. Cell errors are answers, never exceptions.
    """
    lifted = [
        argument
        for index, argument in enumerate(arguments)
        if isinstance(argument, Matrix) and function.parameter(index).takes in SCALARS
    ]
    if not lifted:
        return _once(function, arguments)
    arguments = [_settled(function, index, argument, read) for index, argument in enumerate(arguments)]
    branches = [argument for argument in arguments if isinstance(argument, _Branch)]
    grids = lifted + [branch.matrix for branch in branches]
    height, width = max(grid.height for grid in grids), max(grid.width for grid in grids)

    def element(row: int, column: int) -> Value:
        ones = [
            _element(argument, function.parameter(index).takes, row, column) for index, argument in enumerate(arguments)
        ]
        answer = _once(function, ones)
        if isinstance(answer, Areas):
            answer = read(answer)
        return answer.rows[0][0] if isinstance(answer, Matrix) else answer

    return Matrix.build(height, width, element)


class _Branch:
    """A lazy argument of a lifted call: evaluated once, as a matrix."""

    def __init__(self, thunk: Lazy, read: Read) -> None:
        operand = thunk()
        if isinstance(operand, Areas):
            operand = read(operand)
        self.matrix = operand if isinstance(operand, Matrix) else Matrix(((operand,),))


def _settled(function: Function, index: int, argument: Argument, read: Read) -> Argument | _Branch:
    if function.parameter(index).takes is Takes.LAZY and callable(argument):
        return _Branch(argument, read)
    return argument


def _element(argument: Argument | _Branch, takes: Takes, row: int, column: int) -> Argument:
    if isinstance(argument, _Branch):
        value = argument.matrix.broadcast(row, column)
        return lambda: value
    if isinstance(argument, Matrix) and takes in SCALARS:
        return argument.broadcast(row, column)
    return argument


def _once(function: Function, arguments: Sequence[Argument]) -> Operand:
    try:
        ready = [_coerced(function.parameter(index).takes, argument) for index, argument in enumerate(arguments)]
        answer: Operand = function.value(*ready)
    except Fault as fault:
        return fault.error
    return answer


def _coerced(takes: Takes, argument: Argument) -> Argument:
    if argument is OMITTED:
        return _OMITTED_VALUE.get(takes)
    match takes:
        case Takes.NUMBER:
            return to_number(argument)  # type: ignore[arg-type]
        case Takes.TEXT:
            return to_text(argument)  # type: ignore[arg-type]
        case Takes.LOGICAL:
            return to_logical(argument)  # type: ignore[arg-type]
        case Takes.ARRAY:
            return argument if isinstance(argument, Matrix) else Matrix(((argument,),))  # type: ignore[arg-type]
        case Takes.REFERENCE if isinstance(argument, CellError):
            raise Fault(argument)
    return argument
