"""References made, measured and described: OFFSET, INDIRECT, ADDRESS, and what kind of thing a cell holds."""

from __future__ import annotations

import math

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region, column_letters, quote_sheet
from cellgrad.functions.context import Context, OnlyTheFileKnows
from cellgrad.functions.operands import Areas, Fault, Lazy, Matrix, Operand, Value, to_text
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, fold_case

_LANDING = "the position has no slope; the cells that it lands on give it"


def one_region(reference: Areas | Matrix | Value) -> Region:
    """The one region of a reference. Faults: #VALUE! for several areas and for what is no reference."""
    if isinstance(reference, CellError):
        raise Fault(reference)
    if not isinstance(reference, Areas) or len(reference.regions) != 1:
        raise Fault(CellError.VALUE)
    return reference.regions[0]


def moved(region: Region, rows: int, columns: int, height: int, width: int) -> Region:
    """The region moved and resized as OFFSET does: a negative size counts back. Faults: #REF! off the sheet."""
    if not height or not width:
        raise Fault(CellError.REF)
    top, left = region.top + rows, region.left + columns
    top, bottom = (top, top + height) if height > 0 else (top + height + 1, top + 1)
    left, right = (left, left + width) if width > 0 else (left + width + 1, left + 1)
    if top < 0 or left < 0 or bottom > MAX_ROWS or right > MAX_COLUMNS:
        raise Fault(CellError.REF)
    return Region(region.sheet, top, left, bottom, right)


def size(number: float) -> int:
    """How many rows or columns OFFSET takes a number for: its whole part, and 1 for what lies between 0 and 1."""
    return 1 if 0 < number < 1 else math.trunc(number)


@function(
    "OFFSET(reference: reference, rows: number, columns: number, [height: number?, width: number?])",
    Shape.REFERENCE, Smoothness.PIECEWISE,
    "The cells so many rows and columns away, of a size of their own; #REF! off the sheet.", subgradient=_LANDING,
    cases=(("ROW(OFFSET(B2,3,0))", 5), ("COLUMN(OFFSET(B2,0,-1))", 1), ("ROWS(OFFSET(B2,0,0,4,2))", 4),
           ("COLUMNS(OFFSET(B2:D5,1,1))", 3), ("ROW(OFFSET(B9,0,0,-3))", 7), ("OFFSET(A1,-1,0)", CellError.REF),
           ("OFFSET(A1,0,0,0)", CellError.REF), ("ROW(OFFSET(A1,1.9,0))", 2), ("OFFSET(1,0,0)", CellError.VALUE),
           ("ROWS(OFFSET(A1:A3,0,0,,2))", 3),
           ("COLUMNS(OFFSET(A1,0,0,3,0.9))", 1)),  # as Excel stores it
)  # fmt: skip
def offset(
    reference: Areas | Matrix | Value,
    rows: float,
    columns: float,
    height: float | None = None,
    width: float | None = None,
) -> Areas:
    region = one_region(reference)
    tall = region.height if height is None else size(height)
    wide = region.width if width is None else size(width)
    return Areas((moved(region, math.trunc(rows), math.trunc(columns), tall, wide),))


@function(
    "INDIRECT(text: text, [a1: logical])", Shape.REFERENCE, Smoothness.PIECEWISE,
    "The cells that a text refers to, in A1 or R1C1 notation or by a name; #REF! where it is no reference.",
    subgradient=_LANDING, context=True,
    cases=(('ROW(INDIRECT("B7"))', 7), ('COLUMNS(INDIRECT("$B$7:D9"))', 3), ('ROW(INDIRECT("R4C2",FALSE))', 4),
           ('ROW(INDIRECT("R[-2]C",FALSE))', 8), ('ROWS(INDIRECT("R2C1:R5C1",FALSE))', 4),
           ('ROWS(INDIRECT("A:B"))', 1048576), ("ROW(INDIRECT(\"'Sheet1'!C3\"))", 3),
           ('INDIRECT("nothing")', CellError.REF), ('INDIRECT("")', CellError.REF),
           ('INDIRECT("Nowhere!A1")', CellError.REF),
           ('ROW(INDIRECT("R[-12]C",FALSE))', 1048574), ('INDIRECT("R[-1048576]C",FALSE)', CellError.REF),
           ('INDIRECT("R1C1:R2",FALSE)', CellError.REF), ('INDIRECT("A1",FALSE)', CellError.REF)),
)  # fmt: skip
def indirect(context: Context, text: str, a1: bool = True) -> Areas:
    found = context.reference(text, a1)
    if found is None:
        raise Fault(CellError.REF)
    return found


@function(
    "AREAS(reference: reference)", Shape.REDUCE, Smoothness.NONE, "How many areas a reference has.",
    cases=(("AREAS(B2:D4)", 1), ("AREAS((B2:D4,E5,F6:I9))", 3), ("AREAS(B2:D4 B2)", 1), ("AREAS(1)", CellError.VALUE)),
)  # fmt: skip
def areas(reference: Areas | Matrix | Value) -> float:
    if not isinstance(reference, Areas):
        raise Fault(CellError.VALUE)
    return float(len(reference.regions))


@function(
    "ISREF(value: lazy)", Shape.REDUCE, Smoothness.NONE, "Whether it is a reference.",
    cases=(("ISREF(G8)", True), ('ISREF("G8")', False), ("ISREF(OFFSET(G8,1,0))", True),
           ("ISREF(OFFSET(A1,-1,0))", False)),
)  # fmt: skip
def isref(value: Lazy) -> bool:
    return isinstance(value(), Areas)


@function(
    "ADDRESS(row: number, column: number, [kind: number?, a1: logical?, sheet: text?])",
    Shape.ELEMENTWISE, Smoothness.NONE,
    "A cell's address as text: kind 1 absolute, 2 absolute row, 3 absolute column, 4 relative; in A1 or R1C1 notation.",
    cases=(("ADDRESS(2,3)", "$C$2"), ("ADDRESS(2,3,2)", "C$2"), ("ADDRESS(2,3,2,FALSE)", "R2C[3]"),
           ('ADDRESS(2,3,1,FALSE,"[Book1]Sheet1")', "'[Book1]Sheet1'!R2C3"),
           ('ADDRESS(2,3,1,FALSE,"EXCEL SHEET")', "'EXCEL SHEET'!R2C3"), ("ADDRESS(2,3,4)", "C2"),
           ("ADDRESS(2,3,3)", "$C2"), ("ADDRESS(0,1)", CellError.VALUE), ("ADDRESS(1,1,5)", CellError.VALUE),
           ("ADDRESS(1,16384)", "$XFD$1"), ("ADDRESS(1,16385)", CellError.VALUE)),
)  # fmt: skip
def address(
    row: float, column: float, kind: float | None = None, a1: bool | None = None, sheet: str | None = None
) -> str:
    r, c, style = math.trunc(row), math.trunc(column), 1 if kind is None else math.trunc(kind)
    if not (1 <= r <= MAX_ROWS and 1 <= c <= MAX_COLUMNS and 1 <= style <= 4):
        raise Fault(CellError.VALUE)
    row_fixed, column_fixed = style in (1, 2), style in (1, 3)
    if a1 is None or a1:
        text = f"{'$' * column_fixed}{column_letters(c - 1)}{'$' * row_fixed}{r}"
    else:
        text = (f"R{r}" if row_fixed else f"R[{r}]") + (f"C{c}" if column_fixed else f"C[{c}]")
    if sheet is None:
        return text
    return f"{quote_sheet(sheet) if sheet else ''}!{text}"


@function(
    "SHEET([value: reference^])", Shape.REDUCE, Smoothness.NONE,
    "The number of a sheet, by its name as text or by a reference into it; without either, of the formula's own.",
    context=True,
    cases=(("SHEET()", 1), ("SHEET(B7)", 1), ('SHEET("sheet1")', 1), ('SHEET("nowhere")', CellError.NA)),
)  # fmt: skip
def sheet(context: Context, value: Areas | Matrix | Value) -> float:
    if isinstance(value, Areas):
        name = value.regions[0].sheet
    elif isinstance(value, Matrix):
        name = to_text(value.rows[0][0])
    else:
        name = to_text(value)
    folded = [fold_case(tab) for tab in context.book.tabs]
    if fold_case(name) not in folded:
        raise Fault(CellError.NA)
    return float(folded.index(fold_case(name)) + 1)


@function(
    "SHEETS([reference: reference])", Shape.REDUCE, Smoothness.NONE,
    "How many sheets the workbook has, or a reference spans.", context=True,
    cases=(("SHEETS()", 1), ("SHEETS(A1:B2)", 1), ("SHEETS(1)", CellError.VALUE)),
)  # fmt: skip
def sheets(context: Context, reference: Areas | Matrix | Value | None = None) -> float:
    if reference is None:
        return float(len(context.book.tabs))
    if not isinstance(reference, Areas):
        raise Fault(CellError.VALUE)
    return float(len({region.sheet for region in reference.regions}))


@function(
    "ISFORMULA(reference: reference)", Shape.ARRAY, Smoothness.NONE, "Whether a cell holds a formula.", context=True,
    cases=(("ISFORMULA(A1)", False), ("ISFORMULA(1)", CellError.VALUE)),
)  # fmt: skip
def isformula(context: Context, reference: Areas | Matrix | Value) -> Operand:
    region = one_region(reference)
    if region.size == 1:
        return _formula_of(context, region) is not None
    return Matrix.build(
        min(region.height, _MOST), min(region.width, _MOST),
        lambda r, c: context.formula(region.sheet, region.top + r, region.left + c) is not None,
    )  # fmt: skip


_MOST = 1 << 16


def _formula_of(context: Context, region: Region) -> str | None:
    return context.formula(region.sheet, region.top, region.left)


@function(
    "FORMULATEXT(reference: reference)", Shape.REDUCE, Smoothness.NONE,
    "The formula of a cell as text; of several cells the first one's. #N/A where it holds none.", context=True,
    cases=(("FORMULATEXT(A1)", CellError.NA), ("FORMULATEXT(1)", CellError.VALUE)),
)  # fmt: skip
def formulatext(context: Context, reference: Areas | Matrix | Value) -> str:
    text = _formula_of(context, one_region(reference))
    if text is None or len(text) > 8192:
        raise Fault(CellError.NA)
    return text


@function(
    "HYPERLINK(link: value, [friendly: value])", Shape.ELEMENTWISE, Smoothness.NONE,
    "The friendly name of a link, or the link.",
    cases=(('HYPERLINK("http://example.com","Site")', "Site"), ('HYPERLINK("http://example.com")', "http://example.com"),
           ('HYPERLINK("#A1",7)', 7), ('HYPERLINK("#A1",1/0)', CellError.DIV0)),
)  # fmt: skip
def hyperlink(link: Value, *friendly: Value) -> Value:
    return friendly[0] if friendly else link


@function(
    "TYPE(value: lazy)", Shape.REDUCE, Smoothness.NONE,
    "1 a number, 2 text, 4 TRUE or FALSE, 16 an error, 64 an array.", context=True,
    cases=(("TYPE(1)", 1), ('TYPE("a")', 2), ("TYPE(TRUE)", 4), ("TYPE({1,2;3,4})", 64), ("TYPE(A1)", 1),
           ("TYPE(A1:B2)", 64), ("TYPE(1/0)", 16)),
)  # fmt: skip
def type_(context: Context, argument: Lazy) -> float:
    value = argument()
    if isinstance(value, Areas):
        value = context.read(value) if one_region(value).size > 1 else context.read(value).rows[0][0]
    if isinstance(value, Matrix):
        return 64.0
    if isinstance(value, CellError):
        return 16.0
    return 4.0 if isinstance(value, bool) else 2.0 if isinstance(value, str) else 1.0


_KNOWN_OF_CELLS = frozenset({"address", "col", "contents", "row", "type"})
CACHED_OF_CELLS = frozenset({"color", "filename", "format", "parentheses", "prefix", "protect", "width"})
"""What CELL is asked for that a snapshot does not keep: formats and file names."""


@function(
    "CELL(what: text, [reference: reference])", Shape.REDUCE, Smoothness.NONE,
    "What there is to know of a cell: its address, row, col, contents or type; formats and file names are cached data.",
    context=True,
    cases=(('CELL("row",A20)', 20), ('CELL("col",C5:D9)', 3), ('CELL("address",C5)', "$C$5"), ('CELL("type",A1)', "b"),
           ('CELL("contents",A1)', 0), ('CELL("nonsense",A1)', CellError.VALUE)),
)  # fmt: skip
def cell(context: Context, what: str, reference: Areas | Matrix | Value = None) -> Value:
    kind = fold_case(what)
    if kind not in _KNOWN_OF_CELLS | CACHED_OF_CELLS:
        raise Fault(CellError.VALUE)
    if kind in CACHED_OF_CELLS or reference is None:
        raise OnlyTheFileKnows(f'CELL("{kind}"), which asks for what a snapshot does not keep,')
    region = one_region(reference)
    if kind == "row":
        return float(region.top + 1)
    if kind == "col":
        return float(region.left + 1)
    if kind == "address":
        if region.sheet != context.host.sheet:
            raise OnlyTheFileKnows('CELL("address") of another sheet, which includes the file\'s name,')
        return f"${column_letters(region.left)}${region.top + 1}"
    first = Region(region.sheet, region.top, region.left, region.top + 1, region.left + 1)
    value = context.read(Areas((first,))).rows[0][0]
    if kind == "contents":
        return 0.0 if value is None else value
    return "b" if value is None else "l" if isinstance(value, str) else "v"


CACHED_OF_PROGRAM = frozenset({"directory", "numfile", "origin", "osversion", "release", "system"})
"""What INFO is asked for that is no property of the workbook."""


@function(
    "INFO(what: text)", Shape.REDUCE, Smoothness.NONE,
    "What there is to know of the program: the mode of recalculation; all else is cached data.", context=True,
    cases=(('INFO("recalc")', "Automatic"), ('INFO("nonsense")', CellError.VALUE)),
)  # fmt: skip
def info(context: Context, what: str) -> Value:
    kind = fold_case(what)
    if kind == "recalc":
        return "Manual" if context.book.manual else "Automatic"
    if kind not in CACHED_OF_PROGRAM:
        raise Fault(CellError.VALUE)
    raise OnlyTheFileKnows(f'INFO("{kind}"), which asks for the program and its machine,')


def _external(name: str, arguments: str, summary: str) -> None:
    """A function whose value comes from outside the workbook: what the file holds is data."""

    def value(*arguments: object) -> Value:
        raise AssertionError("what is external is never computed")

    function(f"{name}({arguments})", Shape.REDUCE, Smoothness.NONE, summary, external=True)(value)


_external("GETPIVOTDATA", "field: lazy, [table: lazy, item: lazy...]", "A figure of a pivot table.")
_external("CUBEVALUE", "connection: lazy, [member: lazy...]", "An aggregate of a cube.")
_external("CUBEMEMBER", "connection: lazy, member: lazy, [caption: lazy]", "A member of a cube.")
_external("CUBEMEMBERPROPERTY", "connection: lazy, member: lazy, property: lazy", "A property of a cube's member.")
_external("CUBERANKEDMEMBER", "connection: lazy, set: lazy, rank: lazy, [caption: lazy]", "The n-th member of a set.")
_external(
    "CUBESET", "connection: lazy, set: lazy, [caption: lazy, order: lazy, by: lazy]", "A set of a cube's members."
)
_external("CUBESETCOUNT", "set: lazy", "How many members a set has.")
_external("CUBEKPIMEMBER", "connection: lazy, name: lazy, property: lazy, [caption: lazy]", "A key figure of a cube.")
_external("WEBSERVICE", "url: lazy", "What a web service answers.")
_external("RTD", "program: lazy, server: lazy, topic: lazy, [more: lazy...]", "A figure from a real-time server.")
_external(
    "STOCKHISTORY", "stock: lazy, start: lazy, [end: lazy, interval: lazy, headers: lazy, property: lazy...]",
    "Past prices of a stock.",
)  # fmt: skip
_external("IMAGE", "source: lazy, [text: lazy, sizing: lazy, height: lazy, width: lazy]", "A picture from the web.")
_external("TRANSLATE", "text: lazy, [from: lazy, to: lazy]", "Text in another language, by a web service.")
_external("DETECTLANGUAGE", "text: lazy", "The language of a text, by a web service.")
_external(
    "CALL", "module: lazy, [procedure: lazy, type: lazy, argument: lazy...]", "What a library's procedure answers."
)
_external("REGISTER.ID", "module: lazy, procedure: lazy, [type: lazy]", "The number of a library's procedure.")
_external(
    "SQL.REQUEST", "connection: lazy, [output: lazy, driver: lazy, query: lazy, names: lazy]", "A database's answer."
)
