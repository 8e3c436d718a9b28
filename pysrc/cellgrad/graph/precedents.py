"""Which regions a formula reads, for the rectangle of cells that share it."""

from __future__ import annotations

from dataclasses import dataclass

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region
from cellgrad.formula.tree import Binary, Call, Coordinate, External, Literal, Node, Range, walk
from cellgrad.functions.references import CACHED_OF_CELLS, CACHED_OF_PROGRAM
from cellgrad.functions.registry import FUNCTIONS
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


def regions_read(tree: Node, host: Region, book: Workbook) -> list[Region]:
    """Every region that the cells of `host` read through a bound tree.

    Of a range whose ends are computed (``A1:INDEX(B1:B9,n)``) it is the whole rectangle that they can span: a
    function's reference lies within the references it is given.
    """
    found = [
        region_read(node, host, book, sheet)
        for node in walk(tree)
        if isinstance(node, Range)
        for sheet in sheets_of(node, host.sheet, book)
    ]
    for node in walk(tree):
        if isinstance(node, Binary) and node.operator == ":":
            found += _spanned(regions_read(node.left, host, book) + regions_read(node.right, host, book))
    return found


def _spanned(regions: list[Region]) -> list[Region]:
    """The smallest rectangle around the regions of each sheet."""
    sheets = dict.fromkeys(region.sheet for region in regions)
    return [
        Region(
            sheet,
            min(r.top for r in regions if r.sheet == sheet),
            min(r.left for r in regions if r.sheet == sheet),
            max(r.bottom for r in regions if r.sheet == sheet),
            max(r.right for r in regions if r.sheet == sheet),
        )
        for sheet in sheets
    ]


def is_uniform(tree: Node, host: Region) -> bool:
    """Whether every cell of `host` reads regions of the same size (``SUM(B$2:B2)`` filled down does not)."""
    return all(axes(node, host) is not None for node in walk(tree) if isinstance(node, Range))


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
