"""Dynamic arrays over whole blocks.

A function that moves elements by constant places is asked where it moves them: its plain value, called with the
elements' numbers in place of the elements, tells which one stands where. So live elements are picked as constants are.
Sorting by live keys finds its order when the program runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from cellgrad.formula.tree import Call, Missing, Node
from cellgrad.functions.arrays import Array, NoKernel, kind_node, scalar, simple_kind
from cellgrad.functions.calling import call
from cellgrad.functions.dynamic_arrays_shapes import trimmed
from cellgrad.functions.operands import OMITTED, Areas, Argument, Matrix, as_matrix
from cellgrad.functions.registry import Takes, find
from cellgrad.program.by_value import called_by_value, values_of
from cellgrad.program.forms import Evaluation, Form
from cellgrad.program.picking import entries
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.nodes import broadcast_shapes, constant
from cellgrad.values import CellError, Kind

_MOVED = {
    "TAKE": (0,), "DROP": (0,), "CHOOSEROWS": (0,), "CHOOSECOLS": (0,), "EXPAND": (0, 3), "WRAPROWS": (0, 2),
    "WRAPCOLS": (0, 2), "TOCOL": (0,), "TOROW": (0,), "FILTER": (0,), "SORTBY": (0,), "VSTACK": None, "HSTACK": None,
}  # fmt: skip
"""Which arguments hold the elements that are moved; None: all. The others have to be constant."""

_OTHERWISE = "otherwise"


def _moves(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    which = _MOVED[tree.function]
    if tree.function in ("TOCOL", "TOROW") and _number(tree, 1, evaluation, 0.0):
        raise NoKernel(f"{tree.function} leaves out what it finds blank or an error")
    moved: list[Array] = []
    arguments: list[Argument] = []
    count = 0
    for index, argument in enumerate(tree.arguments):
        if isinstance(argument, Missing):
            arguments.append(OMITTED)
        elif which is None or index in which:
            array = evaluation.of(argument, True)
            height, width = array.inner
            arguments.append(_numbered(array.inner, count))
            count += height * width
            moved.append(array)
        elif find(tree.function).parameter(index).takes is Takes.LAZY:
            arguments.append(lambda: _OTHERWISE)
        else:
            constants = values_of(evaluation.of(argument, True), evaluation.texts, tree.function)
            arguments.append(constants.rows[0][0] if constants.shape == (1, 1) else constants)
    if not moved:
        raise NoKernel("no array to take elements from")
    answer = call(find(tree.function), arguments, _unread)
    if answer == _OTHERWISE:
        return evaluation.of(tree.arguments[-1], array_mode)
    if isinstance(answer, CellError):
        return scalar(math.nan)
    return _picked(moved, as_matrix(answer))  # type: ignore[arg-type]


def _numbered(shape: tuple[int, int], start: int) -> Matrix | float:
    """The elements of an array counted in reading order."""
    if shape == (1, 1):
        return float(start)
    return Matrix.build(*shape, lambda row, column: float(start + row * shape[1] + column))


def _unread(areas: Areas) -> Matrix:
    raise NoKernel("a reference among elements that are moved")


def _picked(arrays: Sequence[Array], numbers: Matrix) -> Array:
    """The elements of arrays, counted through, where a matrix has their numbers; errors stay errors."""
    lead = broadcast_shapes(*(array.data.shape[:2] for array in arrays))
    vector = _in_a_row(arrays, [array.data for array in arrays], lead)
    kinds = {array.kind for array in arrays if isinstance(array.kind, int)}
    if len(kinds) == 1 and all(isinstance(array.kind, int) for array in arrays):
        kind: Tensor | int = kinds.pop()
    else:
        kind = simple_kind(_in_a_row(arrays, [kind_node(array.kind) for array in arrays], lead))
    places = [[number if isinstance(number, float) else math.nan for number in row] for row in numbers.rows]
    index = constant(torch.tensor(places, dtype=torch.float64).reshape(1, 1, *numbers.shape))
    zero = constant(torch.zeros((1, 1, 1, 1), dtype=torch.float64))
    return entries(Array(vector, kind), zero, index)


def _in_a_row(arrays: Sequence[Array], nodes: Sequence[Tensor], lead: tuple[int, ...]) -> Tensor:
    flat = [
        t.reshape(t.broadcast(node, (*lead, *array.inner)), (*lead, 1, array.inner[0] * array.inner[1]))
        for array, node in zip(arrays, nodes, strict=True)
    ]
    return t.concatenate(flat, 3)


def _number(tree: Call, index: int, evaluation: Evaluation, default: float) -> float:
    """An argument that is one constant number."""
    if index >= len(tree.arguments) or isinstance(tree.arguments[index], Missing):
        return default
    number = evaluation.texts.numbers(evaluation.of(tree.arguments[index], True))
    if number.value is None or number.size != 1 or not math.isfinite(number.value.item()):
        raise NoKernel(f"{tree.function} by what varies")
    return number.value.item()


# Order --------------------------------------------------------------------------------------------------------------


def _turned(array: Array) -> Array:
    kind = array.kind if isinstance(array.kind, int) else t.transpose(t.broadcast(array.kind, array.data.shape))
    return Array(t.transpose(array.data), kind, array.reference)


def _sorted_by(array: Array, key: Array, order: float) -> Array:
    """The rows in order of a live column of numbers."""
    if key.kind != Kind.NUMBER:
        raise NoKernel("sorting by what may be no number and depends on the changing cells")
    if order not in (1.0, -1.0):
        return scalar(math.nan)
    places = t.transpose(t.order(t.transpose(key.data), order < 0))
    width = array.inner[1]
    return entries(array, places, constant(torch.arange(width, dtype=torch.float64).reshape(1, 1, 1, width)))


def _sort(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    array = evaluation.of(tree.arguments[0], True)
    if array.is_constant:
        return _constant(tree, evaluation)
    by_column = bool(_number(tree, 3, evaluation, 0.0))
    cells = _turned(array) if by_column else array
    index, order = int(_number(tree, 1, evaluation, 1.0)), _number(tree, 2, evaluation, 1.0)
    if not 1 <= index <= cells.inner[1]:
        return scalar(math.nan)
    result = _sorted_by(cells, _column(cells, index - 1), order)
    return _turned(result) if by_column else result


def _column(array: Array, index: int) -> Array:
    starts, stops = (0, 0, 0, index), (*array.data.shape[:3], index + 1)
    kind = array.kind
    if not isinstance(kind, int):
        kind = simple_kind(t.crop(t.broadcast(kind, array.data.shape), starts, stops))
    return Array(t.crop(array.data, starts, stops), kind, array.reference)


def _sortby(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    key = evaluation.of(tree.arguments[1], True)
    if key.is_constant:
        return _moves(tree, evaluation, array_mode)
    if len(tree.arguments) > 3:
        raise NoKernel("sorting by several keys that depend on the changing cells")
    array, order = evaluation.of(tree.arguments[0], True), _number(tree, 2, evaluation, 1.0)
    if key.inner == (array.inner[0], 1):
        return _sorted_by(array, key, order)
    if key.inner == (1, array.inner[1]):
        return _turned(_sorted_by(_turned(array), _turned(key), order))
    return scalar(math.nan)


def _unique(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    """UNIQUE of live numbers: the numbers themselves, and an error where two are equal, since one would be left out."""
    array = evaluation.of(tree.arguments[0], True)
    if array.is_constant:
        return _constant(tree, evaluation)
    upright = array.inner[1] == 1
    if array.kind != Kind.NUMBER or 1 not in array.inner or upright == bool(_number(tree, 1, evaluation, 0.0)):
        raise NoKernel("UNIQUE of rows that depend on the changing cells")
    line = t.transpose(array.data) if upright else array.data
    *lead, count = line.shape
    if count == 1:
        return array
    places = t.order(line)
    ranked = entries(Array(line), constant(torch.zeros((1, 1, 1, 1), dtype=torch.float64)), places).data
    low = t.crop(ranked, (0, 0, 0, 0), (*lead, count - 1))
    high = t.crop(ranked, (0, 0, 0, 1), (*lead, count))
    apart = t.all_of(t.compare("lt", low, high), (2, 3))
    return Array(t.guard(array.data, t.select(apart, t.ZERO, t.NAN)), array.kind)


def _constant(tree: Call, evaluation: Evaluation) -> Array:
    arguments = [
        scalar(0, Kind.BLANK) if isinstance(argument, Missing) else evaluation.of(argument, True)
        for argument in tree.arguments
    ]
    return called_by_value(find(tree.function), arguments, evaluation.texts)


def _sequence(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    height, width = (int(_number(tree, index, evaluation, 1.0)) for index in (0, 1))
    if height < 1 or width < 1 or height * width > 5_000_000:
        raise NoKernel("SEQUENCE of a size that there is not")

    def live(index: int) -> Tensor:
        given: Node | None = tree.arguments[index] if index < len(tree.arguments) else None
        if given is None or isinstance(given, Missing):
            return t.ONE
        array = evaluation.of(given, array_mode)
        if array.inner != (1, 1):
            raise NoKernel("SEQUENCE from several starts, or by several steps")
        return evaluation.texts.numbers(array)

    steps = constant(torch.arange(height * width, dtype=torch.float64).reshape(1, 1, height, width))
    return Array(t.add(live(2), t.mul(live(3), steps)))


def _trimrange(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    """TRIMRANGE: which cells are blank does not depend on the changing cells, or the size of the answer would."""
    array = evaluation.of(tree.arguments[0], True)
    kinds = kind_node(array.kind).value
    if kinds is None or array.data.shape[:2] != (1, 1):
        raise NoKernel("TRIMRANGE of what may be blank or not")
    filled = (kinds != Kind.BLANK).expand(array.data.shape)[0, 0]
    how = [int(_number(tree, index, evaluation, 3.0)) for index in (1, 2)]
    if not all(0 <= edges <= 3 for edges in how):
        return scalar(math.nan)
    rows, columns = trimmed(filled.any(1).tolist(), how[0]), trimmed(filled.any(0).tolist(), how[1])
    starts = (0, 0, rows.start or 0, columns.start or 0)
    stops = (1, 1, rows.stop, columns.stop)
    kind = (
        array.kind if isinstance(array.kind, int) else t.crop(t.broadcast(array.kind, array.data.shape), starts, stops)
    )
    return Array(t.crop(array.data, starts, stops), simple_kind(kind), array.reference)


ARRAY_FORMS: dict[str, Form] = {
    **dict.fromkeys(_MOVED, _moves),
    "SORT": _sort,
    "SORTBY": _sortby,
    "UNIQUE": _unique,
    "SEQUENCE": _sequence,
    "TRIMRANGE": _trimrange,
}
