"""Typed arrays: what kernels work on when whole regions are evaluated at once.

An `Array` holds a number for every element and says what kind each element is. Errors have no kind of their own here:
an error is an element of kind NUMBER that is not finite, so that arithmetic carries it along for nothing. Which error
it is, the per-cell reference knows; whoever needs it asks there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from cellgrad.functions.operands import Fault, text_to_number, to_logical
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node, broadcast_shapes, constant
from cellgrad.values import Kind, Strings


class NoKernel(Exception):  # noqa: N818 - not an error: the caller falls back to the per-cell reference
    """This case has no kernel over whole regions; the per-cell reference evaluates it."""


@dataclass(frozen=True, slots=True)
class Array:
    """Typed values of a block of cells.

    data: float64 node of four axes (block rows, block columns, rows, columns): the last two are the array that one
    cell's formula sees, the first two the cells of the block; either pair is 1 where nothing varies. Numbers, 0 and 1
    for booleans, indexes into the workbook's strings for text; not finite for an error.
    kind: one `Kind` for every element, or a node of kinds that broadcasts to data.
    reference: read from cells, rather than computed or written in the formula. What IF chooses between is both: a
    number counts the same either way, and anything else makes it `mixed`, which no aggregate can take.
    beyond: a whole column or row, of which the blank cells behind the used ones were left out.
    """

    data: Node
    kind: Node | int = int(Kind.NUMBER)
    reference: bool = False
    beyond: bool = False
    mixed: bool = False

    @property
    def inner(self) -> tuple[int, int]:
        """The shape of the array that one cell's formula sees."""
        return self.data.shape[-2], self.data.shape[-1]

    @property
    def is_constant(self) -> bool:
        return self.data.is_constant and (isinstance(self.kind, int) or self.kind.is_constant)

    def is_kind(self, kind: Kind) -> bool | Node:
        """Whether elements are of `kind`: one answer for all where it is known, else a boolean node."""
        if isinstance(self.kind, int):
            return self.kind == kind
        return t.compare("eq", self.kind, t.number(kind))


def scalar(value: float, kind: Kind = Kind.NUMBER) -> Array:
    """One value for every cell of the block."""
    return Array(constant(torch.full((1, 1, 1, 1), float(value), dtype=torch.float64)), int(kind))


def simple_kind(kind: Node | int) -> Node | int:
    """A node of kinds that are all the same, as that one kind."""
    if isinstance(kind, int) or kind.value is None or not kind.value.numel():
        return kind
    first = kind.value.flatten()[0]
    return int(first.item()) if bool((kind.value == first).all()) else kind


def kind_node(kind: Node | int) -> Node:
    return t.number(kind) if isinstance(kind, int) else kind


def merged(condition: Node, a: Array, b: Array) -> Array:
    """a where the condition holds, else b: values and kinds."""
    lifted(condition.shape, a.data.shape, b.data.shape)
    data = t.select(condition, a.data, b.data)
    # A number counts the same whether read or computed, so the other branch has the say on which the choice is.
    reference = all(array.reference or array.kind == Kind.NUMBER for array in (a, b)) and (a.reference or b.reference)
    computed = all(not array.reference or array.kind == Kind.NUMBER for array in (a, b))
    mixed = a.mixed or b.mixed or not (reference or computed)
    if isinstance(a.kind, int) and a.kind == b.kind:
        return Array(data, a.kind, reference, mixed=mixed)
    kind = simple_kind(t.select(condition, kind_node(a.kind), kind_node(b.kind)))
    return Array(data, kind, reference, mixed=mixed)


def spoiled(array: Array, *suspects: Node) -> Array:
    """The array, but an error (so of kind NUMBER) wherever a suspect is not finite."""
    data = t.guard(array.data, *suspects)
    kind = array.kind
    for suspect in suspects:
        if kind != Kind.NUMBER and not suspect.always_finite:
            kind = simple_kind(t.select(t.is_finite(suspect), kind_node(kind), t.number(Kind.NUMBER)))
    return Array(data, kind, array.reference, mixed=array.mixed)


def lifted(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape of operands. Raises NoKernel where Excel would fill up with #N/A."""
    try:
        return broadcast_shapes(*shapes)
    except ValueError:
        raise NoKernel("arrays of different sizes") from None


class Texts:
    """The workbook's strings as Excel's coercions see them: tables over string indexes, made when first asked for."""

    def __init__(self, strings: Strings, date_1904: bool = False) -> None:
        self.strings = strings
        self.date_1904 = date_1904
        self._tables: dict[str, tuple[int, Node]] = {}

    def _table(self, name: str) -> Node:
        size = len(self.strings)
        known = self._tables.get(name)
        if known is not None and known[0] >= size:
            return known[1]
        node = constant(torch.tensor(getattr(self, "_" + name)(), dtype=torch.float64))
        self._tables[name] = (max(size, len(self.strings)), node)
        return node

    def _numbers(self) -> list[float]:
        return [_number_or_nan(text, self.date_1904) for text in self.strings.texts] or [math.nan]

    def _logicals(self) -> list[float]:
        return [_logical_or_nan(text) for text in self.strings.texts] or [math.nan]

    def _order(self) -> list[float]:
        folded = [text.lower() for text in self.strings.texts]
        rank = {text: float(place) for place, text in enumerate(sorted(set(folded)))}
        return [rank[text] for text in folded] or [0.0]

    def look_up(self, table: str, array: Array) -> Node:
        """For elements that are text: the table's entry; for others something arbitrary but finite or NaN."""
        text = array.is_kind(Kind.TEXT)
        node = self._table(table)
        if text is True:
            return t.take(node, array.data)
        assert not isinstance(text, bool)
        return t.take(node, t.select(text, array.data, t.ZERO))

    def numbers(self, array: Array, no_boolean: bool = False) -> Node:
        """Elements as numbers: blank 0, TRUE 1 (or an error), text read as a number or else an error."""
        data = self._coerced("numbers", array)
        boolean = no_boolean and array.is_kind(Kind.BOOLEAN)
        if boolean is True:
            return t.broadcast(t.NAN, data.shape)
        return data if boolean is False else t.select(boolean, t.NAN, data)

    def logicals(self, array: Array) -> tuple[Node, Node]:
        """Elements as conditions: (boolean node, node that is not finite where the condition is an error)."""
        data = self._coerced("logicals", array)
        return t.compare("ne", data, t.ZERO), data

    def _coerced(self, table: str, array: Array) -> Node:
        text = array.is_kind(Kind.TEXT)
        if text is False:
            return array.data
        read = self.look_up(table, array)
        return read if text is True else t.select(text, read, array.data)


def _number_or_nan(text: str, date_1904: bool) -> float:
    try:
        return text_to_number(text, date_1904)
    except Fault:
        return math.nan


def _logical_or_nan(text: str) -> float:
    try:
        return float(to_logical(text))
    except Fault:
        return math.nan
