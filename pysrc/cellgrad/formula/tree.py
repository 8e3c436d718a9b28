"""The formula tree, relative to the cell that holds it.

A filled-down formula has one tree: a reference's corner is stored as an offset from the host cell unless it is
absolute (``$``). Trees are immutable and hashable; two equal trees are the same formula. `position` (an index into
the formula text with its ``=``, for carets) takes no part in equality.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cellgrad.values import CellError


class Coordinate(NamedTuple):
    """One row or column: the index itself (from zero) when absolute, else the offset from the host cell."""

    value: int
    absolute: bool

    def at(self, host: int) -> int:
        return self.value if self.absolute else host + self.value


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all tree nodes."""


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, text, boolean or error written in the formula."""

    value: float | str | bool | CellError
    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class ArrayConstant(Node):
    """``{1,2;3,4}``: rows of plain values, all of one length."""

    rows: tuple[tuple[float | str | bool | CellError, ...], ...]
    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Range(Node):
    """A cell or rectangle. `sheet` None is the host's own sheet; `last_sheet` is set for a 3-D reference.

    top and bottom are both None for whole columns, left and right for whole rows; bottom and right are inclusive,
    as written, and not yet ordered (``B$5:B2`` can turn over when it is filled).
    """

    top: Coordinate | None
    left: Coordinate | None
    bottom: Coordinate | None
    right: Coordinate | None
    sheet: str | None = None
    last_sheet: str | None = None
    position: int = field(default=0, compare=False, kw_only=True)

    @property
    def is_cell(self) -> bool:
        """One cell, written as one cell."""
        return self.top is not None and self.left is not None and (self.top, self.left) == (self.bottom, self.right)


@dataclass(frozen=True, slots=True)
class Structured(Node):
    """A structured reference. `table` None: the table the host cell stands in.

    items: lower-case item specifiers without '#': 'all', 'data', 'headers', 'totals', 'this row'; empty means data.
    first, last: column names, unescaped; None for every column.
    """

    table: str | None
    items: frozenset[str]
    first: str | None
    last: str | None
    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A defined name; `sheet` when it is written with one."""

    name: str
    sheet: str | None = None
    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class External(Node):
    """A reference into another workbook, as the text that it is in the formula's first cell.

    reference: what it says, where that is cells (of a sheet such as ``[1]Sheet1``) or a name (of a sheet, or ``[1]``).
    """

    text: str
    reference: Range | Name | None = field(default=None, compare=False)
    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Missing(Node):
    """An omitted argument, as in ``IF(A1,,2)``."""

    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`operator`: '-', '+', '%' (after its operand), '@' (implicit intersection) or '#' (spill)."""

    operator: str
    operand: Node
    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`operator`: + - * / ^ & = <> < <= > >=, or the reference operators ':' ',' (union) ' ' (intersection)."""

    operator: str
    left: Node
    right: Node
    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function call; `function` upper case, without _xlfn. and its kin, and without an add-in's ``[1]!``."""

    function: str
    arguments: tuple[Node, ...]
    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """What a formula gives, called: ``LAMBDA(x,x+1)(3)``, or a local name, ``f(3)`` where LET or LAMBDA gives f."""

    function: Node
    arguments: tuple[Node, ...]
    position: int = field(default=0, compare=False, kw_only=True)


# ---------------------------------------------------------------- what binding makes of LET and LAMBDA


@dataclass(frozen=True, slots=True)
class Local(Node):
    """A name that LET or LAMBDA gives, where it is used. `calls`: it is known to be a function."""

    name: str
    calls: bool = field(default=False, compare=False, kw_only=True)
    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Let(Node):
    """``LET``: each value may use the names before it; each is evaluated once, if it is needed."""

    names: tuple[str, ...]
    values: tuple[Node, ...]
    body: Node
    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    """A function as a value. `required`: how many of the parameters must be given; `own`: the name by which its body
    calls the function itself, where it is the formula of a defined name."""

    parameters: tuple[str, ...]
    required: int
    body: Node
    own: str | None = None
    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class FunctionName(Node):
    """A function's bare name as a value: the SUM of ``BYROW(A1:C9,SUM)``."""

    function: str
    position: int = field(default=0, compare=False, kw_only=True)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly under a node, in reading order."""
    match node:
        case Unary():
            return (node.operand,)
        case Binary():
            return node.left, node.right
        case Call():
            return node.arguments
        case Apply():
            return node.function, *node.arguments
        case Let():
            return *node.values, node.body
        case Lambda():
            return (node.body,)
    return ()


def with_children(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with `change` made to each node directly under it; the node itself where nothing changes."""
    before = children(node)
    after = tuple(map(change, before))
    if all(new is old for new, old in zip(after, before, strict=True)):
        return node
    match node:
        case Unary():
            return replace(node, operand=after[0])
        case Binary():
            return replace(node, left=after[0], right=after[1])
        case Call():
            return replace(node, arguments=after)
        case Apply():
            return replace(node, function=after[0], arguments=after[1:])
        case Let():
            return replace(node, values=after[:-1], body=after[-1])
        case Lambda():
            return replace(node, body=after[0])
    raise TypeError(f"no node with others under it: {node!r}")


def walk(node: Node) -> Iterator[Node]:
    """The node and everything under it, each before its own children."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))
