"""Criteria over live cells: every cell is compared anew at every evaluation, and what is picked changes by steps.

Live are the cells that are tested, or the numbers they are compared with. Several criteria at once, as in
``COUNTIF(A1:A9,A1:A9)``, are a matrix of comparisons: a row for each criterion, a column for each cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from cellgrad.functions.arrays import Array, NoKernel, Texts, lifted
from cellgrad.functions.criteria_index import Cells, Criterion
from cellgrad.functions.operands import number_to_text, text_to_number
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node, constant
from cellgrad.tensors.pointwise import stepwise
from cellgrad.values import CellError, Kind, Value
from cellgrad.workbook import decode

_MOST_COMPARED = 40_000_000
COMPARISONS = {"": "eq", "=": "eq", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}

Conditions = Sequence[tuple[Array, Array]]
"""Pairs of a range and its criteria."""


@dataclass(frozen=True, slots=True)
class Limit(Array):
    """A criterion joined of a sign and a live number, as in ``COUNTIF(A1:A9,"<"&B3)``: `data` is the number alone."""

    sign: str = "="


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which cells count for which criterion.

    holds: boolean node. Of one criterion a formula it has the shape of the range behind the axes of the block; of an
    array of criteria the cells are in one line behind it. asked: the shape of that array, None for one criterion.
    fine: not finite where a criterion is an error.
    """

    holds: Node
    asked: tuple[int, int] | None
    fine: Node

    def beside(self, values: Array) -> Array:
        """A range of the size of those tested, laid out as they are."""
        return values if self.asked is None else _in_a_line(values)

    def folded(self, reduce: Callable[[Node, tuple[int, ...]], Node], node: Node) -> Node:
        """A reduction over the cells: one number for each criterion."""
        if self.asked is None:
            return reduce(node, (2, 3))
        found = reduce(node, (3,))
        return t.reshape(found, (*found.shape[:2], *self.asked))


def compared(conditions: Conditions, texts: Texts, counts_blanks: bool) -> Comparison:
    """Every cell with every criterion. Raises NoKernel for criteria that change between texts and numbers, and for
    more comparisons than memory should hold."""
    given = [criterion.data for _, criterion in conditions if not criterion.is_constant]
    asked = None
    if any(criterion.inner != (1, 1) for _, criterion in conditions):
        *_, height, width = lifted(*(criterion.data.shape for _, criterion in conditions))
        asked = height, width
        conditions = [(_in_a_line(cells), _in_a_column(criterion, asked)) for cells, criterion in conditions]
    holds: Node | None = None
    for cells, criterion in conditions:
        if math.prod(lifted(cells.data.shape, criterion.data.shape)) > _MOST_COMPARED:
            raise NoKernel("more comparisons than fit into memory")
        own = _holds(cells, criterion, texts, counts_blanks)
        holds = own if holds is None else t.logical_and(holds, own)
    assert holds is not None
    fine = t.ZERO
    for number in given:
        fine = t.add(fine, t.mul(t.ZERO, number))
    return Comparison(holds, asked, fine)


def values_of(array: Array, texts: Texts) -> list[Value]:
    """The values of a constant array in reading order; any error stands as #N/A."""
    assert array.data.value is not None
    numbers = array.data.value.flatten().tolist()
    if isinstance(array.kind, int):
        kinds = [array.kind] * len(numbers)
    else:
        assert array.kind.value is not None
        kinds = [int(k) for k in array.kind.value.expand(array.data.shape).flatten().tolist()]
    return [
        CellError.NA if not math.isfinite(number) else decode(kind, number, texts.strings)
        for kind, number in zip(kinds, numbers, strict=True)
    ]


def criterion_of(value: Value) -> Criterion:
    """A criterion taken apart. Raises NoKernel for one that is an error or asks for one."""
    if isinstance(value, CellError):
        raise NoKernel("a criterion that is an error")
    criterion = Criterion.of(value)
    if isinstance(criterion.wanted, CellError):
        raise NoKernel("a criterion that asks for an error")
    return criterion


def meets_blank(criterion: Criterion) -> bool:
    """Whether a blank cell meets a criterion."""
    return len(Cells((None,)).meeting(criterion)) > 0


def _in_a_line(array: Array) -> Array:
    """(block rows, block columns, 1, cells)"""
    shape = (*array.data.shape[:2], 1, math.prod(array.inner))
    kind = array.kind
    if not isinstance(kind, int):
        kind = t.reshape(t.broadcast(kind, array.data.shape), shape)
    return Array(t.reshape(array.data, shape), kind, array.reference, array.beyond, array.mixed)


def _in_a_column(criterion: Array, asked: tuple[int, int]) -> Array:
    """(block rows, block columns, criteria, 1)"""
    full = (*criterion.data.shape[:2], *asked)
    shape = (*full[:2], math.prod(asked), 1)
    kind = criterion.kind
    if not isinstance(kind, int):
        kind = t.reshape(t.broadcast(kind, full), shape)
    data = t.reshape(t.broadcast(criterion.data, full), shape)
    return Limit(data, kind, sign=criterion.sign) if isinstance(criterion, Limit) else Array(data, kind)


def _holds(cells: Array, criterion: Array, texts: Texts, counts_blanks: bool) -> Node:
    if not criterion.is_constant:
        return _within_live(cells, criterion, texts, counts_blanks)
    criteria = [criterion_of(value) for value in values_of(criterion, texts)]
    if counts_blanks and cells.beyond and any(meets_blank(one) for one in criteria):
        raise NoKernel("a criterion that blank cells meet, which whole columns have without end")
    if cells.is_constant:
        return _of_constants(cells, criterion, criteria, texts)
    if any(type(one.wanted) is not float for one in criteria):
        raise NoKernel("a criterion that is no number over live cells")
    limits = torch.tensor([float(one.wanted) for one in criteria], dtype=torch.float64)  # type: ignore[arg-type]
    signs = np.array([COMPARISONS[one.sign] for one in criteria])
    shape, holds = criterion.data.shape, None
    for name in dict.fromkeys(signs.tolist()):
        own = _numbers_compared(cells, name, constant(limits.reshape(shape)), texts)
        if len(set(signs.tolist())) > 1:
            own = t.logical_and(own, constant(torch.from_numpy(signs == name).reshape(shape)))
        holds = own if holds is None else t.logical_or(holds, own)
    assert holds is not None
    return holds


def _within_live(cells: Array, criterion: Array, texts: Texts, counts_blanks: bool) -> Node:
    kind, sign = criterion.kind, criterion.sign if isinstance(criterion, Limit) else ""
    blank_is_zero = not isinstance(criterion, Limit)  # beside a sign a blank is no character
    if not isinstance(kind, int) and kind.value is not None and blank_is_zero:
        fine = bool(((kind.value == Kind.NUMBER) | (kind.value == Kind.BLANK)).all())
    else:
        fine = kind == Kind.NUMBER
    if not fine:
        raise NoKernel("a criterion that is live text")
    if sign == "<>" and cells.beyond and counts_blanks:
        raise NoKernel("a criterion that blank cells meet, which whole columns have without end")
    name, limit = COMPARISONS[sign], criterion.data
    if name not in ("eq", "ne"):
        limit = stepwise(_by_text, limit)
    return _numbers_compared(cells, name, limit, texts)


def _by_text(number: float) -> float:
    """A number as it comes back from the text that it was joined to, in 15 digits."""
    return text_to_number(number_to_text(number))


def _numbers_compared(cells: Array, name: str, limit: Node, texts: Texts) -> Node:
    """Numbers compared with a limit; for equality alone a text counts as the number it reads as."""
    if not isinstance(cells.kind, int) and not cells.kind.is_constant:
        raise NoKernel("live cells whose types change")
    number, text = cells.is_kind(Kind.NUMBER), cells.is_kind(Kind.TEXT)
    if name == "eq" and text is not False:
        reads = texts.look_up("numbers", cells)
        same = t.compare("eq", reads, limit) if text is True else t.logical_and(text, t.compare("eq", reads, limit))
    else:
        same = None
    holds = t.compare("eq" if name == "ne" else name, cells.data, limit)
    if number is not True:
        other = constant(torch.zeros((1,) * 4, dtype=torch.bool))
        holds = other if number is False else t.logical_and(number, holds)
    holds = holds if same is None else t.logical_or(holds, same)
    return t.logical_not(holds) if name == "ne" else holds


def _of_constants(cells: Array, criterion: Array, criteria: list[Criterion], texts: Texts) -> Node:
    """Constant cells in windows that move with the block, tested one window and criterion after the other."""
    shape = lifted(cells.data.shape, criterion.data.shape)
    values = values_of(cells, texts)
    size = math.prod(cells.inner)
    result = np.zeros(shape, dtype=bool)
    places = np.arange(len(values)).reshape(cells.data.shape)[..., 0, 0] // size
    wanted = np.arange(len(criteria)).reshape(criterion.data.shape)[..., 0]
    windows: dict[int, Cells] = {}
    for row, column in np.ndindex(shape[:2]):
        window = int(np.broadcast_to(places, shape[:2])[row, column])
        if window not in windows:
            windows[window] = Cells(values[window * size : (window + 1) * size])
        asked = np.broadcast_to(wanted, (*shape[:2], wanted.shape[2]))[row, column]
        target = result[row, column].reshape(len(asked), size)
        for line, number in zip(target, asked.tolist(), strict=True):
            line[windows[window].meeting(criteria[number])] = True
    return constant(torch.from_numpy(result))
