"""LET and LAMBDA over whole blocks: local names, functions as values, and the functions that call them.

MAP, BYROW, BYCOL and MAKEARRAY put the entries that they go over on the axes of the block, so that the function's body
is evaluated once, as a filled-down formula is; where these axes are taken it is evaluated entry by entry. REDUCE and
SCAN are unrolled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeAlias

import torch

from cellgrad.formula.tree import Apply, Call, FunctionName, Lambda, Let, Local, Missing, Node
from cellgrad.functions.arrays import Array, NoKernel, kind_node, scalar, simple_kind
from cellgrad.functions.local_names import is_deep, on_a_fresh_stack
from cellgrad.program.forms import Evaluation, Form
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.nodes import broadcast_shapes, constant
from cellgrad.values import Kind

MOST_DEEP = 256
"""How deep a LAMBDA may call itself in a compiled program."""
MOST_CALLS = 50_000
"""How many calls of LAMBDAs a formula may be unrolled into."""
MOST_STEPS = 20_000
"""How many entries REDUCE and SCAN, or a function evaluated entry by entry, may go over."""


class Scoped(Evaluation, Protocol):
    """An evaluation that knows the local names of the place it has come to.

    scope: what each name stands for. taken: the axes of the block hold the entries of an array.
    depth, calls: of LAMBDAs, those under way and all of them.
    """

    scope: Mapping[str, Given]
    taken: bool
    depth: int
    calls: int


Function: TypeAlias = Callable[["Sequence[Given]"], Array]


class Deferred:
    """A formula that is evaluated when it is first asked for, among the names of the place where it stands."""

    def __init__(self, tree: Node, evaluation: Scoped) -> None:
        self._tree, self._evaluation, self._scope = tree, evaluation, evaluation.scope
        self._known: dict[bool, Array | Function] = {}

    def value(self, array_mode: bool) -> Array | Function:
        if array_mode not in self._known:
            with _among(self._evaluation, self._scope):
                self._known[array_mode] = _resolved(self._tree, self._evaluation, array_mode)
        return self._known[array_mode]

    def area(self, array_mode: bool) -> Array:
        """What it comes to where a range is taken whole."""
        with _among(self._evaluation, self._scope):
            return self._evaluation.area(self._tree, array_mode)


Given: TypeAlias = Array | Function | Deferred | None
"""What a local name stands for; None for a parameter that was left out."""


@contextmanager
def _among(evaluation: Scoped, scope: Mapping[str, Given]) -> Iterator[None]:
    before, evaluation.scope = evaluation.scope, scope
    try:
        yield
    finally:
        evaluation.scope = before


def local_value(tree: Node, evaluation: Scoped, array_mode: bool) -> Array:
    """The value of a Let, Local, Lambda, FunctionName or Apply node. Raises NoKernel for a function that is a value."""
    found = _resolved(tree, evaluation, array_mode)
    if not isinstance(found, Array):
        raise NoKernel("a function where a value is wanted")
    return found


def local_area(tree: Local, evaluation: Scoped, array_mode: bool) -> Array:
    """A local name where a range is taken whole."""
    given = evaluation.scope.get(tree.name)
    return given.area(array_mode) if isinstance(given, Deferred) else local_value(tree, evaluation, array_mode)


def _resolved(tree: Node, evaluation: Scoped, array_mode: bool) -> Array | Function:
    match tree:
        case Let():
            scope = dict(evaluation.scope)
            with _among(evaluation, scope):
                for name, value in zip(tree.names, tree.values, strict=True):
                    scope = {**scope, name: Deferred(value, evaluation)}
                    evaluation.scope = scope
                return _resolved(tree.body, evaluation, array_mode)
        case Local():
            given = evaluation.scope[tree.name]
            if given is None:
                return scalar(0, Kind.BLANK)
            return given.value(array_mode) if isinstance(given, Deferred) else given
        case Lambda():
            return _closure(tree, evaluation, array_mode)
        case FunctionName():
            return _named(tree, evaluation, array_mode)
        case Apply():
            function = _resolved(tree.function, evaluation, array_mode)
            if isinstance(function, Array):
                raise NoKernel("what is called is no function")
            return function([None if isinstance(a, Missing) else Deferred(a, evaluation) for a in tree.arguments])
    return evaluation.of(tree, array_mode)


def _closure(tree: Lambda, evaluation: Scoped, array_mode: bool) -> Function:
    outer = evaluation.scope

    def function(arguments: Sequence[Given]) -> Array:
        if not tree.required <= len(arguments) <= len(tree.parameters):
            raise NoKernel("a LAMBDA called with arguments that do not fit")
        if evaluation.depth >= MOST_DEEP:
            raise NoKernel("a LAMBDA that calls itself deeper than a program can be unrolled")
        given = [*arguments, *[None] * (len(tree.parameters) - len(arguments))]
        scope = {**outer, **dict(zip(tree.parameters, given, strict=True))}
        if tree.own is not None:
            scope[tree.own] = function
        evaluation.calls += 1
        if evaluation.calls > MOST_CALLS:
            raise NoKernel(f"LAMBDAs that are called more than {MOST_CALLS:,} times")
        evaluation.depth += 1
        try:
            with _among(evaluation, scope):
                run = lambda: local_value(tree.body, evaluation, array_mode)  # noqa: E731 - one call, here or there
                return on_a_fresh_stack(run) if is_deep() else run()
        finally:
            evaluation.depth -= 1

    return function


def _named(tree: FunctionName, evaluation: Scoped, array_mode: bool) -> Function:
    outer = evaluation.scope

    def function(arguments: Sequence[Given]) -> Array:
        names = {f"argument {at}": argument for at, argument in enumerate(arguments)}
        with _among(evaluation, {**outer, **names}):
            return evaluation.of(Call(tree.function, tuple(map(Local, names)), position=tree.position), array_mode)

    return function


def _function(tree: Node, evaluation: Scoped) -> Function:
    found = _resolved(tree, evaluation, True)
    if isinstance(found, Array):
        raise NoKernel("a value where a function is wanted")
    return found


# Entries ------------------------------------------------------------------------------------------------------------


def _permuted(array: Array, axes: tuple[int, ...]) -> Array:
    kind = array.kind
    if not isinstance(kind, int):
        kind = t.permute(t.broadcast(kind, array.data.shape), axes)
    return Array(t.permute(array.data, axes), kind, array.reference)


def _part(array: Array, rows: slice, columns: slice) -> Array:
    b1, b2, height, width = array.data.shape
    starts = (0, 0, rows.indices(height)[0], columns.indices(width)[0])
    stops = (b1, b2, rows.indices(height)[1], columns.indices(width)[1])
    kind = array.kind
    if not isinstance(kind, int):
        kind = simple_kind(t.crop(t.broadcast(kind, array.data.shape), starts, stops))
    return Array(t.crop(array.data, starts, stops), kind, array.reference)


def _cell(array: Array, row: int, column: int) -> Array:
    return _part(array, slice(row, row + 1), slice(column, column + 1))


def _one(array: Array) -> Array:
    """An answer that is one value. Raises NoKernel for an array, which is #CALC!."""
    if array.inner != (1, 1):
        raise NoKernel("an array where a function has to give one value")
    return array


def grid(rows: Sequence[Sequence[Array]]) -> Array:
    """Single values put together as an array."""
    cells = [cell for row in rows for cell in row]
    b1, b2 = broadcast_shapes(*(cell.data.shape[:2] for cell in cells))
    shape = (b1, b2, len(rows), len(rows[0]))
    places = [(0, 0, r, c) for r, row in enumerate(rows) for c in range(len(row))]

    def together(nodes: Sequence[Tensor]) -> Tensor:
        spread = [t.broadcast(node, (b1, b2, 1, 1)) for node in nodes]
        return t.assemble(shape, list(zip(spread, places, strict=True)))

    data = together([cell.data for cell in cells])
    kinds = {cell.kind for cell in cells if isinstance(cell.kind, int)}
    if len(kinds) == 1 and all(isinstance(cell.kind, int) for cell in cells):
        return Array(data, kinds.pop())
    return Array(data, simple_kind(together([kind_node(cell.kind) for cell in cells])))


def _over(arrays: Sequence[Array], axes: tuple[int, ...], function: Function, evaluation: Scoped) -> Array | None:
    """The function of every entry at once, these on the block's axes; None where the axes are taken."""
    if evaluation.taken or evaluation.host.size != 1 or any(a.data.shape[:2] != (1, 1) for a in arrays):
        return None
    evaluation.taken = True
    try:
        answer = _one(function([_permuted(array, axes) for array in arrays]))
    except NoKernel:
        return None
    finally:
        evaluation.taken = False
    shape = broadcast_shapes(answer.data.shape, *((a.data.shape[axes[0]], a.data.shape[axes[1]], 1, 1) for a in arrays))
    kind = answer.kind if isinstance(answer.kind, int) else t.broadcast(answer.kind, shape)
    return _permuted(Array(t.broadcast(answer.data, shape), kind), _back(axes))


def _back(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(axes.index(axis) for axis in range(len(axes)))


def _checked(count: int) -> None:
    if count > MOST_STEPS:
        raise NoKernel(f"a function that is called {count:,} times, entry by entry")


# Functions ----------------------------------------------------------------------------------------------------------


def _map(tree: Call, evaluation: Scoped, array_mode: bool) -> Array:
    *trees, last = tree.arguments
    arrays = [evaluation.of(argument, True) for argument in trees]
    function = _function(last, evaluation)
    if len({array.inner for array in arrays}) != 1:
        raise NoKernel("arrays of different sizes")
    together = _over(arrays, (2, 3, 0, 1), function, evaluation)
    if together is not None:
        return together
    height, width = arrays[0].inner
    _checked(height * width)
    return grid([[_one(function([_cell(a, r, c) for a in arrays])) for c in range(width)] for r in range(height)])


def _byrow(tree: Call, evaluation: Scoped, array_mode: bool) -> Array:
    array, function = evaluation.of(tree.arguments[0], True), _function(tree.arguments[1], evaluation)
    together = _over([array], (2, 1, 0, 3), function, evaluation)
    if together is not None:
        return together
    _checked(array.inner[0])
    return grid([[_one(function([_part(array, slice(r, r + 1), slice(None))]))] for r in range(array.inner[0])])


def _bycol(tree: Call, evaluation: Scoped, array_mode: bool) -> Array:
    array, function = evaluation.of(tree.arguments[0], True), _function(tree.arguments[1], evaluation)
    together = _over([array], (0, 3, 2, 1), function, evaluation)
    if together is not None:
        return together
    _checked(array.inner[1])
    return grid([[_one(function([_part(array, slice(None), slice(c, c + 1))])) for c in range(array.inner[1])]])


def _makearray(tree: Call, evaluation: Scoped, array_mode: bool) -> Array:
    sizes = [evaluation.texts.numbers(evaluation.of(argument, array_mode)) for argument in tree.arguments[:2]]
    if any(size.value is None or size.size != 1 for size in sizes):
        raise NoKernel("an array whose size varies")
    given = [float(size.value.item()) for size in sizes if size.value is not None]
    if not all(map(math.isfinite, given)) or min(given) < 1:
        return scalar(math.nan)
    height, width = map(int, given)
    function = _function(tree.arguments[2], evaluation)
    rows = Array(constant(torch.arange(1.0, height + 1, dtype=torch.float64).reshape(1, 1, height, 1)))
    columns = Array(constant(torch.arange(1.0, width + 1, dtype=torch.float64).reshape(1, 1, 1, width)))
    together = _over([rows, columns], (2, 3, 0, 1), function, evaluation)
    if together is not None:
        return together
    _checked(height * width)
    return grid([[_one(function([scalar(r), scalar(c)])) for c in range(1, width + 1)] for r in range(1, height + 1)])


def _steps(tree: Call, evaluation: Scoped, array_mode: bool) -> Iterator[Array]:
    """What REDUCE comes to after each entry."""
    start, over, last = tree.arguments
    array, function = evaluation.of(over, True), _function(last, evaluation)
    height, width = array.inner
    _checked(height * width)
    so_far = None if isinstance(start, Missing) else evaluation.of(start, array_mode)
    for row in range(height):
        for column in range(width):
            entry = _cell(array, row, column)
            so_far = entry if so_far is None else function([so_far, entry])
            yield so_far


def _reduce(tree: Call, evaluation: Scoped, array_mode: bool) -> Array:
    *_, result = _steps(tree, evaluation, array_mode)
    return result


def _scan(tree: Call, evaluation: Scoped, array_mode: bool) -> Array:
    found = [_one(step) for step in _steps(tree, evaluation, array_mode)]
    width = evaluation.of(tree.arguments[1], True).inner[1]
    return grid([found[at : at + width] for at in range(0, len(found), width)])


def _isomitted(tree: Call, evaluation: Scoped, array_mode: bool) -> Array:
    argument = tree.arguments[0]
    omitted = isinstance(argument, Local) and evaluation.scope[argument.name] is None
    return scalar(float(omitted), Kind.BOOLEAN)


LAMBDA_FORMS: dict[str, Form] = {
    "MAP": _map,  # type: ignore[dict-item] # a form of an evaluation that knows local names, as all are
    "BYROW": _byrow,  # type: ignore[dict-item]
    "BYCOL": _bycol,  # type: ignore[dict-item]
    "MAKEARRAY": _makearray,  # type: ignore[dict-item]
    "REDUCE": _reduce,  # type: ignore[dict-item]
    "SCAN": _scan,  # type: ignore[dict-item]
    "ISOMITTED": _isomitted,  # type: ignore[dict-item]
}
