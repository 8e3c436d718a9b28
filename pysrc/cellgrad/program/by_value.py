"""Constant parts of a live formula: functions without a kernel are called by their plain values, cell by cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NoReturn, cast

import torch

from cellgrad.functions.arrays import Array, NoKernel, Texts, kind_node, simple_kind
from cellgrad.functions.calling import call
from cellgrad.functions.context import Context
from cellgrad.functions.operands import Areas, Matrix, Operand, as_matrix
from cellgrad.functions.registry import Function, Takes
from cellgrad.tensors.nodes import broadcast_shapes, constant
from cellgrad.values import Kind, Value
from cellgrad.workbook import Workbook, decode, encode

_TAKEN = frozenset({Takes.NUMBER, Takes.TEXT, Takes.LOGICAL, Takes.VALUE, Takes.RANGE, Takes.ARRAY, Takes.CELLS})


class _DateSystem:
    """All that a function may ask of the workbook here is how it counts days; whatever else it asks is refused."""

    def __init__(self, book: Workbook) -> None:
        self.date_1904 = book.date1904

    def __getattr__(self, name: str) -> NoReturn:
        raise NoKernel("a function that asks the workbook for more than its arguments")


_ASK_THE_BOOK = frozenset({"CELL", "INFO", "SHEET", "SHEETS"})
"""Functions that ask a context for more than the date system."""


def called_by_value(record: Function, arguments: Sequence[Array], texts: Texts, book: Workbook | None = None) -> Array:
    """What a function gives to constant arguments. Raises NoKernel where one is live, or holds an error.

    book: for functions that ask how it counts days, such as TEXT.
    """
    if (record.context and book is None) or record.volatile or record.name in _ASK_THE_BOOK or any(
        record.parameter(index).takes not in _TAKEN for index in range(len(arguments))
    ):  # fmt: skip
        raise NoKernel(f"{record.name} has no derivative here")
    lead = broadcast_shapes((1, 1), *(array.data.shape[:2] for array in arguments))
    given = [
        _cells(array, lead, texts, record.name, array.reference and record.parameter(index).takes is Takes.RANGE)
        for index, array in enumerate(arguments)
    ]
    each = zip(*given, strict=True) if given else [()]
    context = None if book is None else cast(Context, _DateSystem(book))
    answers = [call(record, list(one), _unread, context) for one in each]
    return _joined(answers, lead, texts)


def _unread(areas: Areas) -> Matrix:
    raise NoKernel("a reference where a value is called for")


def values_of(array: Array, texts: Texts, what: str) -> Matrix:
    """The constant array that every cell of the block sees. Raises NoKernel where it varies, is live or has errors."""
    if array.data.shape[:2] != (1, 1):
        raise NoKernel(f"{what} by what varies from cell to cell")
    return as_matrix(_cells(array, (1, 1), texts, what)[0])


def _cells(array: Array, lead: tuple[int, ...], texts: Texts, what: str, whole: bool = False) -> list[Value | Matrix]:
    """The argument as each cell of the block sees it, one value or an array; one cell of a range too where `whole`."""
    if not array.is_constant:
        raise NoKernel(f"{what} has no derivative here")
    height, width = array.inner
    shape = (*lead, height, width)
    data, kinds = array.data.value, kind_node(array.kind).value
    assert data is not None
    assert kinds is not None
    if not bool(data.isfinite().all()):
        raise NoKernel(f"{what} of an error")
    numbers = data.expand(shape).reshape(-1, height, width).tolist()
    sorts = kinds.expand(shape).reshape(-1, height, width).tolist()
    found: list[Value | Matrix] = []
    for rows, own in zip(numbers, sorts, strict=True):
        matrix = Matrix(
            tuple(
                tuple(decode(int(kind), number, texts.strings) for number, kind in zip(line, kinds_, strict=True))
                for line, kinds_ in zip(rows, own, strict=True)
            )
        )
        found.append(matrix if whole or (height, width) != (1, 1) else matrix.rows[0][0])
    return found


def _joined(answers: Sequence[Operand], lead: tuple[int, ...], texts: Texts) -> Array:
    matrices = [as_matrix(answer) for answer in answers]  # type: ignore[arg-type]
    if len({matrix.shape for matrix in matrices}) != 1:
        raise NoKernel("arrays of different sizes in the cells of a block")
    shape = (*lead, *matrices[0].shape)
    encoded = [encode(value, texts.strings) for matrix in matrices for value in matrix]
    data = [math.nan if kind == Kind.ERROR else number for kind, number in encoded]
    kinds = [float(Kind.NUMBER if kind == Kind.ERROR else kind) for kind, _ in encoded]
    kind = simple_kind(constant(torch.tensor(kinds, dtype=torch.float64).reshape(shape)))
    return Array(constant(torch.tensor(data, dtype=torch.float64).reshape(shape)), kind)
