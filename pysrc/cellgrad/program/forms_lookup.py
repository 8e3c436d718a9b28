"""Lookups over whole blocks: MATCH, VLOOKUP, HLOOKUP, LOOKUP, XMATCH, XLOOKUP.

Constant keys in a constant line are found as the reference finds them, by hash; live ones by a tensor operation. The
place is flat; the gradient flows to the entry that is picked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from cellgrad.errors import UnsupportedError
from cellgrad.formula.tree import Call, Coordinate, Missing, Node, Range
from cellgrad.functions.arrays import Array, NoKernel, Texts, kind_node, merged, scalar, simple_kind, spoiled
from cellgrad.functions.lookup_lines import Line
from cellgrad.functions.lookup_x import in_line
from cellgrad.functions.operands import Fault
from cellgrad.functions.search import exact_place, sought
from cellgrad.program.forms import Evaluation
from cellgrad.program.picking import entries
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.nodes import constant
from cellgrad.values import CellError, Kind, Value
from cellgrad.workbook import decode

Search = Callable[[Value, Line], int | None]
"""How the reference finds a value's place in a line. Raises Fault for #VALUE! and its kin."""


def _exact(value: Value, line: Line) -> int | None:
    return exact_place(sought(value), line)


def _rising(value: Value, line: Line) -> int | None:
    return line.sorted(sought(value))


def _falling(value: Value, line: Line) -> int | None:
    return line.sorted(sought(value), descending=True)


_LEGACY = {"exact": _exact, "rising": _rising, "falling": _falling}


# Tables ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """A rectangle that a lookup reads; of cells only the rows or columns that are asked for are read.

    tree: the argument as written, where it is a reference to cells.
    """

    array: Array | None
    tree: Range | None
    evaluation: Evaluation

    @classmethod
    def of(cls, tree: Node, evaluation: Evaluation, array_mode: bool = True) -> Table:
        if isinstance(tree, Range) and tree.last_sheet is None:
            return cls(None, tree, evaluation)
        return cls(evaluation.of(tree, array_mode), None, evaluation)

    def line(self, upright: bool, index: int) -> Array:
        """Column (upright) or row number `index`."""
        if self.tree is not None:
            part = _narrowed(self.tree, upright, index)
            if part is not None:
                return self.evaluation.range(part)
        whole = self.whole()
        starts, stops = [0, 0, 0, 0], list(whole.data.shape)
        axis = 3 if upright else 2
        starts[axis], stops[axis] = index, index + 1
        data = t.crop(whole.data, tuple(starts), tuple(stops))
        if isinstance(whole.kind, int):
            return Array(data, whole.kind, reference=whole.reference)
        kind = t.crop(t.broadcast(whole.kind, whole.data.shape), tuple(starts), tuple(stops))
        return Array(data, simple_kind(kind), reference=whole.reference)

    def whole(self) -> Array:
        """Everything in it."""
        if self.array is not None:
            return self.array
        assert self.tree is not None
        return self.evaluation.range(self.tree)

    def count(self, upright: bool) -> int:
        """How many columns (upright) or rows it has."""
        ends = None if self.tree is None else _ends(self.tree, upright)
        if ends is not None:
            return abs(ends[1].value - ends[0].value) + 1
        return self.whole().inner[1 if upright else 0]


def _ends(tree: Range, upright: bool) -> tuple[Coordinate, Coordinate] | None:
    """First and last column (row) of a reference, where both move alike."""
    first, last = (tree.left, tree.right) if upright else (tree.top, tree.bottom)
    if first is None or last is None or first.absolute != last.absolute:
        return None
    return first, last


def _narrowed(tree: Range, upright: bool, index: int) -> Range | None:
    ends = _ends(tree, upright)
    if ends is None:
        return None
    at = Coordinate(min(ends[0].value, ends[1].value) + index, ends[0].absolute)
    return replace(tree, left=at, right=at) if upright else replace(tree, top=at, bottom=at)


# Places -------------------------------------------------------------------------------------------------------------


def values_of(array: Array, texts: Texts) -> list[Value]:
    """The values of a constant array in order of its four axes; what is an error is #VALUE!, whichever it is."""
    data = array.data.value
    assert data is not None
    kinds = kind_node(array.kind).value
    assert kinds is not None
    pairs = zip(data.flatten().tolist(), kinds.expand(data.shape).flatten().tolist(), strict=True)
    return [
        decode(int(kind), number, texts.strings) if math.isfinite(number) else CellError.VALUE for number, kind in pairs
    ]


def _line(array: Array) -> tuple[Array, bool]:
    """A row or column to search, as a row, and whether it stood upright."""
    height, width = array.inner
    if height > 1 and width > 1:
        raise NoKernel("a rectangle where a row or column is searched")
    if height == 1:
        return array, False
    lead = array.data.shape[:2]
    kind = array.kind
    if not isinstance(kind, int):
        kind = t.reshape(t.broadcast(kind, array.data.shape), (*lead, 1, height))
    return Array(t.reshape(array.data, (*lead, 1, height)), kind, array.reference), True


def places(key: Array, line: Array, search: Search, how: str, last: bool, texts: Texts) -> Tensor:
    """Where each key stands in a line (1 x n), from zero; not finite where nowhere."""
    if key.is_constant and line.is_constant and line.data.shape[:2] == (1, 1):
        return _settled(key, Line(values_of(line, texts)), search, texts)
    if key.kind not in (Kind.NUMBER, Kind.BLANK):
        raise NoKernel("looking up what is no number among values that depend on the changing cells")
    data = line.data
    if line.kind != Kind.NUMBER:
        if not isinstance(line.kind, int) and not line.kind.is_constant:
            raise NoKernel("looking up among values whose type depends on the changing cells")
        kinds = kind_node(line.kind).value
        assert kinds is not None
        if how == "larger" and bool(((kinds == Kind.TEXT) | (kinds == Kind.BOOLEAN)).any()):
            raise NoKernel("the next larger value among texts or truth values, which count as larger than any number")
        data = t.select(t.compare("eq", kind_node(line.kind), t.number(Kind.NUMBER)), data, t.NAN)
    return t.seek(key.data, t.broadcast(data, line.data.shape), how, last)


def _settled(key: Array, line: Line, search: Search, texts: Texts) -> Tensor:
    known: dict[tuple[type, Value], float] = {}
    found = []
    for value in values_of(key, texts):
        name = type(value), value
        place = known.get(name)
        if place is None:
            try:
                at = search(value, line)
            except Fault:
                at = None
            place = known[name] = math.nan if at is None else float(at)
        found.append(place)
    return constant(torch.tensor(found, dtype=torch.float64).reshape(key.data.shape))


def number_in(tree: Node | None, evaluation: Evaluation, default: float) -> float:
    """An argument that is one number for all cells of the block."""
    if tree is None:
        return default
    if isinstance(tree, Missing):
        return 0.0
    number = evaluation.texts.numbers(evaluation.of(tree))
    if number.value is None or number.size != 1 or not math.isfinite(number.value.item()):
        raise NoKernel("a way of looking up that varies from cell to cell")
    return number.value.item()


def _argument(tree: Call, index: int) -> Node | None:
    return tree.arguments[index] if index < len(tree.arguments) else None


# Functions ----------------------------------------------------------------------------------------------------------


def _match(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    kind = number_in(_argument(tree, 2), evaluation, 1.0)
    how = "exact" if kind == 0 else "rising" if kind > 0 else "falling"
    key = evaluation.of(tree.arguments[0], array_mode)
    line, _ = _line(Table.of(tree.arguments[1], evaluation, array_mode).whole())
    return Array(t.add(t.ONE, places(key, line, _LEGACY[how], how, False, evaluation.texts)))


def _in_table(upright: bool) -> Callable[[Call, Evaluation, bool], Array]:
    """VLOOKUP (upright) and HLOOKUP."""

    def form(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
        how = "rising" if number_in(_argument(tree, 3), evaluation, 1.0) else "exact"
        key = evaluation.of(tree.arguments[0], array_mode)
        table = Table.of(tree.arguments[1], evaluation, array_mode)
        if table.array is not None and table.array.inner == (1, 1) and not table.array.reference:
            raise NoKernel("one value in the place of a table")
        index = evaluation.texts.numbers(evaluation.of(tree.arguments[2], array_mode))
        count = table.count(upright)
        line, _ = _line(table.line(upright, 0))
        place = places(key, line, _LEGACY[how], how, False, evaluation.texts)
        if index.value is not None and index.size == 1:
            number = index.value.item()
            if not 1 <= number < count + 1:
                return scalar(math.nan)
            answers, other = table.line(upright, int(number) - 1), t.number(0)
        else:
            answers, other = table.whole(), t.sub(t.unary("floor", index), t.ONE)
        other = t.reshape(other, (1,) * (4 - len(other.shape)) + other.shape)
        return entries(answers, place, other) if upright else entries(answers, other, place)

    return form


def _lookup(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    key = evaluation.of(tree.arguments[0], array_mode)
    table = Table.of(tree.arguments[1], evaluation)
    height, width = table.count(False), table.count(True)
    upright = height >= width
    if len(tree.arguments) == 2:
        line, _ = _line(table.line(upright, 0))
        answers = table.line(upright, (width if upright else height) - 1)
    else:
        line, _ = _line(table.whole())
        answers = Table.of(tree.arguments[2], evaluation).whole()
    results, _ = _line(answers)
    if results.inner != line.inner:
        raise NoKernel("results that are more or fewer than what is searched")
    place = places(key, line, _rising, "rising", False, evaluation.texts)
    return entries(results, _zeros(), place)


def _zeros() -> Tensor:
    return constant(torch.zeros((1, 1, 1, 1), dtype=torch.float64))


def _x_places(
    tree: Call, evaluation: Evaluation, array_mode: bool, modes: Sequence[Node | None]
) -> tuple[Array, Tensor, bool, int]:
    """Key, places, whether the line stands upright, and its length: what XMATCH and XLOOKUP share."""
    match = number_in(modes[0], evaluation, 0.0)
    search = number_in(modes[1], evaluation, 1.0) or 1.0
    key = evaluation.of(tree.arguments[0], array_mode)
    line, upright = _line(evaluation.of(tree.arguments[1], True))
    names = {0: "exact", -1: "smaller", 1: "larger", 2: "exact"}
    if int(match) not in names or int(search) not in (-2, -1, 1, 2):
        raise NoKernel("a mode of looking up that there is not")
    if not (key.is_constant and line.is_constant) and abs(search) == 2:
        raise UnsupportedError(
            "a search by halves among values that depend on the changing cells",
            action="search from first to last, which is search mode 1",
        )

    def find(value: Value, among: Line) -> int | None:
        return in_line(value, among, match, search)

    place = places(key, line, find, names[int(match)], search == -1, evaluation.texts)
    return key, place, upright, line.inner[1]


def _xmatch(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    _, place, _, _ = _x_places(tree, evaluation, array_mode, (_argument(tree, 2), _argument(tree, 3)))
    return Array(t.add(t.ONE, place))


def _xlookup(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    key, place, upright, length = _x_places(tree, evaluation, array_mode, (_argument(tree, 4), _argument(tree, 5)))
    answers = Table.of(tree.arguments[2], evaluation).whole()
    height, width = answers.inner
    if length == 1 and height == 1:
        upright = True
    if (height if upright else width) != length:
        return scalar(math.nan)
    across = width if upright else height
    if across > 1 and key.inner != (1, 1):
        across = 1  # of several keys Excel answers with the first entry of each
    other = torch.arange(across, dtype=torch.float64).reshape((1, 1, 1, across) if upright else (1, 1, across, 1))
    found = entries(answers, place, constant(other)) if upright else entries(answers, constant(other), place)
    otherwise = _argument(tree, 3)
    if otherwise is None or isinstance(otherwise, Missing):
        return found
    missing = t.logical_not(t.is_finite(place))
    return spoiled(merged(missing, evaluation.of(otherwise, array_mode), found), key.data)


LOOKUP_FORMS = {
    "MATCH": _match,
    "VLOOKUP": _in_table(True),
    "HLOOKUP": _in_table(False),
    "LOOKUP": _lookup,
    "XMATCH": _xmatch,
    "XLOOKUP": _xlookup,
}
