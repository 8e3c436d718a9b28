"""Which regions a formula reads, for the rectangle of cells that share it."""

from __future__ import annotations

from dataclasses import dataclass

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.formula.tree import (
    Binary,
    Call,
    Coordinate,
    External,
    Literal,
    Missing,
    Node,
    Range,
    Unary,
    children,
    walk,
)
from cellgrad.functions.references import CACHED_OF_CELLS, CACHED_OF_PROGRAM
from cellgrad.functions.registry import FUNCTIONS, SCALARS
from cellgrad.values import fold_case
from cellgrad.workbook import Workbook


def only_the_file_knows(tree: Node) -> bool:
    """Whether a formula's value is data that only the file holds: chance, a clock, another workbook."""
    return any(isinstance(node, External) or (isinstance(node, Call) and _is_data(node)) for node in walk(tree))


def _is_data(call: Call) -> bool:
    """Whether a call's value is data: volatile, from outside, or about what a snapshot does not keep."""
    record = FUNCTIONS.get(call.function)
    if record is None:
        return False
    if call.function in _ASK and call.arguments:
        asked = call.arguments[0]
        known = isinstance(asked, Literal) and isinstance(asked.value, str) and fold_case(asked.value)
        return bool(known) and known in _ASK[call.function]
    return record.volatile or record.external


_ASK = {"CELL": CACHED_OF_CELLS, "INFO": CACHED_OF_PROGRAM}


@dataclass(frozen=True, slots=True)
class Axis:
    """What a reference reads along rows or columns, for `count` cells in a line that share the formula.

    start, length: the whole stretch read. inner: how much of it each cell reads. Where `moving`, cell i reads the
    stretch from start + i; else all cells read the same.
    """

    start: int
    length: int
    inner: int
    moving: bool


def axis(first: Coordinate | None, last: Coordinate | None, host: int, count: int, limit: int) -> Axis | None:
    """The axis of a reference from cells host .. host+count-1; None where it grows or shrinks from cell to cell."""
    if first is None or last is None:
        return Axis(0, limit, limit, False)
    a, b = first.at(host), last.at(host)
    if count > 1 and first.absolute != last.absolute:
        return None
    low, high = min(a, b), max(a, b)
    inner = high - low + 1
    moving = count > 1 and not first.absolute
    return Axis(low, inner + count - 1 if moving else inner, inner, moving)


def axes(reference: Range, host: Region, used: tuple[int, int] = (MAX_ROWS, MAX_COLUMNS)) -> tuple[Axis, Axis] | None:
    """Row and column axis of a reference read by every cell of `host`; None where its size varies from cell to cell.

    used: how far whole columns and rows reach.
    """
    rows = axis(reference.top, reference.bottom, host.top, host.height, max(used[0], 1))
    columns = axis(reference.left, reference.right, host.left, host.width, max(used[1], 1))
    return None if rows is None or columns is None else (rows, columns)


def _bounds(first: Coordinate | None, last: Coordinate | None, host: int, count: int, limit: int) -> tuple[int, int]:
    if first is None or last is None:
        return 0, limit
    ends = [corner.at(at) for corner in (first, last) for at in (host, host + count - 1)]
    return min(ends), max(ends) + 1


def region_read(reference: Range, host: Region, book: Workbook, sheet: str | None = None) -> Region:
    """The bounding region of what a reference reads for all cells of `host`; whole columns clip to the used range."""
    sheet = book.sheet(sheet or reference.sheet or host.sheet).name
    used = book.sheet(sheet).cells.extent
    top, bottom = _bounds(reference.top, reference.bottom, host.top, host.height, max(used[0], 1))
    left, right = _bounds(reference.left, reference.right, host.left, host.width, max(used[1], 1))
    return Region(sheet, top, left, bottom, right)


def sheets_of(reference: Range, host: str, book: Workbook) -> list[str]:
    """The sheets a reference reads: one, or for a 3-D reference all from its first to its last, in workbook order."""
    if reference.last_sheet is None:
        return [book.sheet(reference.sheet or host).name]
    names = list(book.sheets)
    first = names.index(book.sheet(reference.sheet or host).name)
    last = names.index(book.sheet(reference.last_sheet).name)
    return names[min(first, last) : max(first, last) + 1]


COMPUTE_REFERENCES = frozenset({"OFFSET", "INDIRECT"})
"""Functions that make a reference out of values: their formulas read cells that they do not name."""

_LOOK_AT = frozenset(
    {"ROW", "COLUMN", "ROWS", "COLUMNS", "AREAS", "ISREF", "ISFORMULA", "FORMULATEXT", "SHEET", "SHEETS"}
)
"""Functions that ask where a reference is, and not what stands in its cells."""

_PASS_ON = {"OFFSET": (0,), "INDEX": (0,), "IF": (1, 2), "CHOOSE": range(1, 255)}
"""Functions that answer with a reference, and the arguments that it is made of."""


def computes_reference(node: Node, by_place: bool = False) -> bool:
    """Whether a node makes a reference by OFFSET or INDIRECT, be it one end of a range (``B2:OFFSET(B9,-1,0)``).

    by_place: INDEX of a range counts as well, read only where it lands.
    """
    if isinstance(node, Call):
        return node.function in COMPUTE_REFERENCES or (by_place and picks_a_place(node))
    if isinstance(node, Binary) and node.operator in _OF_REFERENCES:
        return computes_reference(node.left, by_place) or computes_reference(node.right, by_place)
    return False


def picks_a_place(node: Node) -> bool:
    """Whether a node is INDEX of a range: it reads one place of that, and may itself stand in another."""
    return isinstance(node, Call) and node.function == "INDEX" and bool(node.arguments) and (
        isinstance(node.arguments[0], Range) and node.arguments[0].last_sheet is None
    )  # fmt: skip


_OF_REFERENCES = frozenset({":", " "})


def what_is_read(tree: Node, by_place: bool = False) -> tuple[list[Node], list[Node]]:
    """The nodes of a bound tree whose cells it reads: ranges (and spans of them), and references that are computed.

    Not among them are references that are only measured or moved away from: ``ROW(A1)``, the first argument of OFFSET.
    by_place: INDEX of a range is computed too (see `computes_reference`).
    """
    written: list[Node] = []
    computed: list[Node] = []
    stack = [(tree, True)]
    while stack:
        node, reads = stack.pop()
        match node:
            case Range() if reads:
                written.append(node)
            case Binary() if node.operator in _OF_REFERENCES:
                if reads:
                    (computed if computes_reference(node, by_place) else written).append(node)
                stack += [(node.left, False), (node.right, False)]
            case Call():
                if reads and computes_reference(node, by_place):
                    computed.append(node)
                passed_on = _PASS_ON.get(node.function, ())
                for index, argument in enumerate(node.arguments):
                    moved_from = node.function == "OFFSET" or (by_place and picks_a_place(node))
                    if node.function in _LOOK_AT or (moved_from and index == 0):
                        stack.append((argument, False))
                    else:
                        stack.append((argument, reads or index not in passed_on))
            case Unary():
                stack.append((node.operand, reads or node.operator not in "@#"))
            case _:
                stack += [(child, True) for child in children(node)]
    return written[::-1], computed[::-1]


def regions_read(tree: Node, host: Region, book: Workbook, by_place: bool = False) -> list[Region]:
    """Every region that the cells of `host` read through the references written in a bound tree.

    Of a range whose ends are computed (``A1:INDEX(B1:B9,n)``) it is the whole rectangle that they can span: INDEX's
    reference lies within the one it is given. What OFFSET and INDIRECT come to is not among them.
    """
    found = []
    for node in what_is_read(tree, by_place)[0]:
        found += _spanned(node, host, book)
    return found


def is_anchored(tree: Node) -> bool:
    """Whether a reference that a tree computes is the same for every cell of a sheet that holds the formula."""
    for node in walk(tree):
        if isinstance(node, Range):
            corners = (node.top, node.left, node.bottom, node.right)
            if not all(corner is None or corner.absolute for corner in corners):
                return False
        elif isinstance(node, Call):
            record = FUNCTIONS.get(node.function)
            if record is None or record.context or record.arity_complaint(len(node.arguments)):
                return False
            for index, argument in enumerate(node.arguments):
                wide = isinstance(argument, Range) and not argument.is_cell
                if wide and record.parameter(index).takes in SCALARS:  # it meets the host's row
                    return False
            if len(node.arguments) < len(record.parameters) and any(p.from_host for p in record.parameters):
                return False
        elif isinstance(node, Unary | Binary) and any(isinstance(c, Range) and not c.is_cell for c in children(node)):
            if not isinstance(node, Binary) or node.operator not in _OF_REFERENCES:
                return False
        elif not isinstance(node, Literal | Missing | Unary | Binary):
            return False
    return True


def _named(node: Range, host: Region, book: Workbook) -> list[Region]:
    return [region_read(node, host, book, sheet) for sheet in sheets_of(node, host.sheet, book)]


def _spanned(node: Node, host: Region, book: Workbook) -> list[Region]:
    """What a reference can come to: a range, what two references share, or the rectangle between the ends of one."""
    if isinstance(node, Range):
        return _named(node, host, book)
    if isinstance(node, Binary) and node.operator == " ":
        left, right = _spanned(node.left, host, book), _spanned(node.right, host, book)
        return [met for a in left for b in right if (met := a.intersect(b)) is not None]
    return around(_ends(node, host, book))


def _ends(node: Node, host: Region, book: Workbook) -> list[Region]:
    return [region for end in walk(node) if isinstance(end, Range) for region in _named(end, host, book)]


def around(regions: list[Region]) -> list[Region]:
    """The smallest rectangle around the regions of each sheet."""
    found: dict[str, Region] = {}
    for r in regions:
        b = found.get(r.sheet, r)
        found[r.sheet] = Region(
            r.sheet, min(b.top, r.top), min(b.left, r.left), max(b.bottom, r.bottom), max(b.right, r.right)
        )
    return list(found.values())


MAY_GROW = frozenset(
    {
        *("SUM", "SUMSQ", "COUNT", "COUNTA", "COUNTBLANK", "AVERAGE", "MAX", "MIN", "PRODUCT", "AND", "OR"),
        *("SUMPRODUCT", "SUMIF", "SUMIFS", "COUNTIF", "COUNTIFS", "MEDIAN", "GEOMEAN", "HARMEAN", "DEVSQ"),
        *("STDEV", "STDEV.S", "STDEV.P", "STDEVP", "VAR", "VAR.S", "VAR.P", "VARP", "ROWS", "COLUMNS"),
    }
)
"""Functions that a block can take references of other than one size to: what lies beyond the end counts for nothing."""


def is_uniform(tree: Node, host: Region) -> bool:
    """Whether the cells of `host` can be evaluated as one: every one reads regions of the same size.

    Arguments of certain aggregates may grow from cell to cell, as in ``SUM(B$2:B2)`` filled down.
    """
    may_grow = {
        id(argument)
        for node in walk(tree)
        if isinstance(node, Call) and node.function in MAY_GROW
        for argument in node.arguments
    }
    return all(id(node) in may_grow or axes(node, host) is not None for node in walk(tree) if isinstance(node, Range))


def cells_reading(tree: Node, host: Region, region: Region, book: Workbook) -> list[Region]:
    """The parts of `host`, whose cells share the bound `tree`, that read a cell of `region`."""
    found = []
    for node in walk(tree):
        if not isinstance(node, Range) or region.sheet not in sheets_of(node, host.sheet, book):
            continue
        both = axes(node, host)
        if both is None:
            found.append(host)
            continue
        rows = _reading(both[0], region.top, region.bottom, host.top, host.height)
        columns = _reading(both[1], region.left, region.right, host.left, host.width)
        if rows is not None and columns is not None:
            found.append(Region(host.sheet, rows[0], columns[0], rows[1], columns[1]))
    return found


def _reading(axis: Axis, first: int, last: int, host: int, count: int) -> tuple[int, int] | None:
    """Which of the cells host .. host+count-1 read something of the stretch first .. last-1."""
    if not axis.moving:
        return (host, host + count) if axis.start < last and first < axis.start + axis.inner else None
    low, high = max(first - axis.start - axis.inner + 1, 0), min(last - axis.start, count)
    return (host + low, host + high) if low < high else None
