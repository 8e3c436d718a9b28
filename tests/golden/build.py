"""Builds the golden workbooks of this folder: formulas with the values that Excel documents for them.

``python -m tests.golden.build`` writes them all. Every expectation is Microsoft's documented behaviour, or arithmetic
done here in plain Python; none was taken from Cellgrad. What no library writes is put in by editing the sheet's XML.
"""

from __future__ import annotations

import datetime
import math
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

FOLDER = Path(__file__).parent
WRITTEN = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)
"""Stamped into every file, so that a rebuild is the same bytes."""

Cells = Mapping[str, Any]
"""Address -> a constant, or (formula, the value it must show)."""

BUILDERS: dict[str, Callable[[Path], None]] = {}


def golden(build: Callable[[Path], None]) -> Callable[[Path], None]:
    """Registers a builder: the workbook goes by its name."""
    BUILDERS[build.__name__] = build
    return build


def fill(sheet: Worksheet, cells: Cells) -> None:
    """Writes constants and formulas; a formula's value is stored beside it."""
    for address, content in cells.items():
        if isinstance(content, str):
            sheet.write_string(address, content)
            continue
        if not isinstance(content, tuple):
            sheet.write(address, content)
            continue
        formula, value = content
        if ":" in address:
            block(sheet, address, formula, value)
        else:
            sheet.write_formula(address, formula, None, value)


def block(sheet: Worksheet, address: str, formula: str, rows: Sequence[Sequence[Any]]) -> None:
    """An array formula over a block; with the values of all its cells. A leading ~ makes it a spilling one."""
    if formula.startswith("~"):
        sheet.write_dynamic_array_formula(address, formula[1:], None, rows[0][0])
    else:
        sheet.write_array_formula(address, formula, None, rows[0][0])
    from_row, from_column = xlsxwriter.utility.xl_cell_to_rowcol(address.split(":")[0])
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if (r, c) != (0, 0):
                put(sheet, from_row + r, from_column + c, value)


def put(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    """A value in a cell of an array block. What stands there as an error `edit` must mark as one."""
    if isinstance(value, str):
        sheet.write_string(row, column, value)
    else:
        sheet.write(row, column, value)


def simple(path: Path, sheets: Mapping[str, Cells], names: Mapping[str, str] | None = None, **options: Any) -> None:
    """A workbook of plain sheets and names."""
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": WRITTEN})
        for name, cells in sheets.items():
            fill(book.add_worksheet(name), cells)
        for name, text in (names or {}).items():
            book.define_name(name, text)


def edit(path: Path, changes: Mapping[str, Callable[[str], str]]) -> None:
    """Rewrites parts of a package, each by a function of its text."""
    with zipfile.ZipFile(path) as package:
        members = {info: package.read(info) for info in package.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for info, content in members.items():
            if info.filename in changes:
                content = changes[info.filename](content.decode()).encode()
            package.writestr(info, content)


# ---- the grammar -----------------------------------------------------------------------------------------------------


@golden
def operators(path: Path) -> None:
    simple(path, {"Sheet1": {
        "A1": 2, "A2": 3, "A3": "text", "A4": True, "A6": "5", "A7": "=", "A8": 0.1,
        "B1": ("=-A1^2", 4), "B2": ("=2^3^2", 64), "B3": ("=-2^-2", 0.25), "B4": ("=5%", 0.05), "B5": ("=500%%", 0.05),
        "B6": ("=TRUE+TRUE", 2), "B7": ("=A4+1", 2), "B8": ("=SUM(A1:A6)", 5), "B9": ("=SUM(A1,A2,TRUE,\"4\")", 10),
        "B10": ("=--A4", 1), "B11": ("=+A3", "text"), "B12": ("=A6+1", 6), "B13": ("=A6&1", "51"),
        "B14": ("=1-2-3", -4), "B15": ("=12/3/2", 2), "B16": ("=1+2&3+4", "37"), "B17": ("=1+2=3", True),
        "B18": ("=1<2<3", False),  # TRUE is after every number
        "B19": ("=(1+2)*3%", 0.09), "B20": ("=-(1+2)", -3), "B21": ("=2*-3", -6), "B22": ("=+-+1", -1),
        "C1": ("=\"abc\"=\"ABC\"", True), "C2": ("=\"a\"<TRUE", True), "C3": ("=99<\"a\"", True),
        "C4": ("=A5=0", True), "C5": ("=A5=\"\"", True), "C6": ("=A5=FALSE", True), "C7": ("=A5&\"x\"", "x"),
        "C8": ("=0.1+0.2=0.3", True), "C10": ("=A8*3=0.3", True),
        "C11": ("=(0.1+0.2-0.3)=0", False),  # in brackets the small difference stays
        "C13": ("=\"10\"=10", False), "C14": ("=\"b\">\"A\"", True),
        "C15": ("=A7=\"=\"", True), "C16": ("=A4=1", False), "C17": ("=A4=TRUE", True),
        "D1": ("=1/0", "#DIV/0!"), "D2": ("=A3+1", "#VALUE!"), "D3": ("=SQRT(-1)", "#NUM!"), "D4": ("=NA()+1/0", "#N/A"),
        "D5": ("=1/0+NA()", "#DIV/0!"), "D6": ("=nosuchname", "#NAME?"), "D7": ("=#REF!+1", "#REF!"),
        "D8": ("=IF(FALSE,1/0,7)", 7), "D9": ("=IFERROR(1/0,8)", 8), "D10": ("=0^0", "#NUM!"), "D11": ("=(-8)^(1/3)", -2), "D18": ("=(-8)^0.5", "#NUM!"),
        "D12": ("=A1:A2 A2:A3", 3), "D13": ("=A1 A2", "#NULL!"), "D14": ("=10^308*10", "#NUM!"),
        "D15": ("=ISERROR(D14)", True), "D16": ("=ERROR.TYPE(D1)", 2), "D17": ("=IF(A3=\"TEXT\",\"same\",\"not\")", "same"),
    }})  # fmt: skip


@golden
def texts_as_numbers(path: Path) -> None:
    simple(path, {"Sheet1": {
        "A1": "3", "A2": "1,234", "A3": "50%", "A4": " 7 ", "A5": "1e3", "A6": "(3)", "A7": "$5", "A8": "abc", "A9": "",
        "B1": ("=A1*2", 6), "B2": ("=A2+0", 1234), "B3": ("=A3*2", 1), "B4": ("=A4+0", 7), "B5": ("=A5+0", 1000),
        "B6": ("=A6+0", -3), "B7": ("=A7+0", 5), "B8": ("=A8+0", "#VALUE!"), "B9": ("=\"\"+1", "#VALUE!"),
        "B10": ("=SUM(A1:A7)", 0), "B11": ("=SUM(A1,A2)", 0), "B12": ("=SUM(\"3\",\"4\")", 7),
        "B13": ("=SUM(A1*1,A2*1)", 1237), "B14": ("=COUNT(A1:A8,\"3\")", 1), "B15": ("=AVERAGE(\"3\",5)", 4),
        "B16": ("=MAX(A1:A7)", 0), "B17": ("=VALUE(\"1,000\")", 1000), "B18": ("=N(A1)", 0), "B19": ("=\"2\"^\"3\"", 8),
        "B20": ("=\"1/2/2020\"+1", 43833), "B21": ("=\"12:00\"*1", 0.5), "B22": ("=LEN(12.50)", 4),
        "B23": ("=1/3&\"\"", "0.333333333333333"), "B24": ("=1E+21&\"\"", "1E+21"), "B25": ("=0.1+0.2&\"\"", "0.3"),
        "B26": ("=TRUE&\"\"", "TRUE"),
        "B28": ("=IF(\"TRUE\",1,2)", 1), "B29": ("=AND(\"TRUE\",TRUE)", True), "B30": ("=NOT(\"FALSE\")", True),
    }})  # fmt: skip


@golden
def references(path: Path) -> None:
    sheets: dict[str, Cells] = {
        "First": {"A1": 1, "A2": 2, "B1": 10, "B2": 20, "C5": 100},
        "O'Hara's": {"A1": 3, "C5": 200},
        "Last one": {"A1": 5, "C5": 300, "E1": "x"},
        "Ends": {
            "A1": ("=SUM(First!C5:C5)", 100), "A2": ("=SUM('First:Last one'!C5)", 600),
            "A3": ("=AVERAGE('First:Last one'!A1)", 3), "A4": ("=MAX('First:Last one'!A1:C5)", 300),
            "A5": ("='O''Hara''s'!A1+1", 4), "A6": ("=SUM((First!A1,First!B2))", 21),
            "A7": ("=SUM(First!A1:B2 First!B1:C5)", 30), "A8": ("=SUM(First!A:A)", 3), "A9": ("=SUM(First!1:1)", 11),
            "A10": ("=SUM(First!$A$1:First!$B$2)", 33), "A11": ("=COUNTA('Last one'!A:XFD)", 3),
            "A12": ("=SUM(First!B2:A1)", 33), "A13": ("=ROWS(First!A:A)", 1048576), "A14": ("=COLUMNS(1:1)", 16384),
            "A15": ("=SUM(INDEX(First!A1:B2,2,0))", 22), "A16": ("=SUM(First!A1:INDEX(First!A1:B2,2,2))", 33),
            "A17": ("=COUNT('First:Last one'!A1:A2)", 4), "A18": ("=AREAS((First!A1,First!B1:B2))", 2),
            "A19": ("=SUM(OFFSET(First!A1,1,0,1,2))", 22), "A20": ("=INDIRECT(\"First!B\"&2)", 20),
            "A21": ("=SUM(INDIRECT(\"'Last one'!A1:C5\"))", 305), "A22": ("=INDIRECT(\"R2C1\",FALSE)", 600),
            "A23": ("=INDIRECT(\"nothing here\")", "#REF!"), "A24": ("=OFFSET(First!A1,-1,0)", "#REF!"),
            "A25": ("=SUM(OFFSET(First!A1:A2,,1))", 30), "A26": ("=CELL(\"row\",First!B2)", 2),
            "A27": ("=ADDRESS(2,3)", "$C$2"), "A28": ("=ADDRESS(2,3,4,TRUE,\"Last one\")", "'Last one'!C2"),
            "A29": ("=SHEET()", 4), "A30": ("=SHEETS()", 4), "A31": ("=ISFORMULA(A1)", True),
            "A32": ("=FORMULATEXT(A1)", "=SUM(First!C5:C5)"), "A33": ("=ISREF(First!A1)", True),
        },
    }  # fmt: skip
    simple(path, sheets)


@golden
def names_and_tables(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": WRITTEN})
        sheet = book.add_worksheet("Data")
        other = book.add_worksheet("Other")
        columns = [
            {"header": "Item", "total_string": "Total"},
            {"header": "Price [net]"},
            {"header": "It's #1", "total_function": "sum"},
            {"header": "Sum", "formula": "=[@[Price '[net']]]*[@[It''s '#1]]"},
        ]
        rows = [["a", 1.5, 2, 3.0], ["b", 2.5, 4, 10.0], ["c", 4.0, 5, 20.0]]
        sheet.add_table("B2:E6", {"name": "Sales", "columns": columns, "data": rows, "total_row": True})
        for r, row in enumerate(rows):
            sheet.write_formula(
                2 + r, 4, "=Sales[[#This Row],[Price '[net']]]*Sales[[#This Row],[It''s '#1]]", None, row[3]
            )
        sheet.write_formula("D6", "=SUBTOTAL(109,[It''s '#1])", None, 11)
        book.define_name("rate", "=0.07")
        book.define_name("total", "=SUM(Sales[Sum])")
        book.define_name("Other!local", "=Other!$A$1")
        book.define_name("grow", "=Data!$B$9:$B$11*2")
        book.define_name("left_of", "=Other!XFD1")  # one to the left, stored as seen from A1
        for at, number in enumerate((1, 2, 3)):
            sheet.write(8 + at, 1, number)
        fill(other, {
            "A1": 7, "A2": ("=local*rate", 7 * 0.07), "A3": ("=total", 33), "A4": ("=SUM(grow)", 12),
            "A5": ("=SUM(Sales[[Price '[net']]:[It''s '#1]])", 19), "A6": ("=Sales[[#Headers],[Sum]]", "Sum"),
            "A7": ("=Sales[[#Totals],[It''s '#1]]", 11), "A8": ("=ROWS(Sales[#All])", 5), "A9": ("=ROWS(Sales)", 3),
            "A10": ("=COLUMNS(Sales[#Data])", 4), "A11": ("=INDEX(Sales[Item],2)", "b"),
            "A12": ("=SUMIF(Sales[Item],\"b\",Sales[Sum])", 10), "A13": ("=VLOOKUP(\"c\",Sales[#Data],4,FALSE)", 20),
            "A14": ("=MAX(Sales[[#Data],[Sum]])", 20), "B14": ("=left_of+1", 21), "A15": ("=RATE*100", 7.000000000000001),
        })  # fmt: skip


@golden
def arrays(path: Path) -> None:
    simple(path, {"Sheet1": {
        "A1": 1, "A2": 2, "A3": 3, "B1": 10, "B2": 20, "B3": 30, "C1": 5, "C3": 7, "D2": "t",
        "F1:F1": ("{=SUM(A1:A3*B1:B3)}", [[140]]), "F2:F2": ("{=MAX(0,SUM(A1:B2*$A$1:$B$2))}", [[505]]),
        "F3:F3": ("{=SUM(IF(A1:A3>1,B1:B3))}", [[50]]),
        "G1:H2": ("{=MMULT(A1:B2,{1,0;0,1})}", [[1, 10], [2, 20]]),
        "G4:I4": ("{=TRANSPOSE(A1:A3)}", [[1, 2, 3]]), "G5:I7": ("{=A1:A3*{1,2,3}}", [[1, 2, 3], [2, 4, 6], [3, 6, 9]]),
        "G8:H10": ("{=A1:A3}", [[1, 1], [2, 2], [3, 3]]), "G11:G14": ("{=A1:A3}", [[1], [2], [3], ["#N/A"]]),
        "J1": ("=SUM({1,2;3,4})", 10), "J2": ("=SUMPRODUCT(A1:A3,B1:B3)", 140), "J3": ("=SUMPRODUCT((A1:A3>1)*B1:B3)", 50),
        "J4": ("=SUMPRODUCT(--(A1:A3>1))", 2), "J5": ("=SUMXMY2(A1:A3,C1:C3)", 32), "J6": ("=SUMX2MY2(A1:A3,C1:C3)", -64),
        "J7": ("=SUMX2PY2(A1:A3,C1:C3)", 84), "J8": ("=INDEX(A1:B3*2,2,2)", 40), "J9": ("=SUMPRODUCT(A1:A3,C1:C3)", 26),
        "J11": ("=MAX(LEN({\"a\",\"bcd\"}))", 3), "J12": ("=COUNT({1,\"a\",TRUE,#N/A})", 1),
        "J13": ("=MDETERM({1,2;3,4})", -2), "J14": ("=SUM(MINVERSE({2,0;0,4}))", 0.75),
        "L1:L3": ("~=A1:A3*10", [[10], [20], [30]]), "N1": ("=SUM(L1#)", 60), "N2": ("=ROWS(L1#)", 3),
        "M1:M3": ("~=_xlfn.SEQUENCE(3,1,5,-1)", [[5], [4], [3]]), "N3": ("=INDEX(M1#,2)", 4),
    }})  # fmt: skip

    def hollow(text: str) -> str:
        """Excel writes an empty formula element into the other cells of some array blocks."""
        text = re.sub(r'<c r="(G14)" t="s"><v>\d+</v></c>', r'<c r="\1" t="e"><v>#N/A</v></c>', text)
        return text.replace('<c r="H1"><v>10</v></c>', '<c r="H1"><f/><v>10</v></c>')

    edit(path, {"xl/worksheets/sheet1.xml": hollow})


# ---- functions -------------------------------------------------------------------------------------------------------


@golden
def lookups(path: Path) -> None:
    simple(path, {"Sheet1": {
        "A1": "apple", "A2": "Banana", "A3": "cherry", "A4": "b*", "B1": 10, "B2": 20, "B3": 30, "B4": 40,
        "C1": 1, "C2": 3, "C3": 5, "C4": 7,
        "E1": ("=VLOOKUP(\"banana\",A1:B4,2,FALSE)", 20), "E2": ("=VLOOKUP(\"ch*\",A1:B4,2,FALSE)", 30),
        "E3": ("=VLOOKUP(\"b~*\",A1:B4,2,0)", 40), "E4": ("=VLOOKUP(\"zebra\",A1:B4,2,FALSE)", "#N/A"),
        "E5": ("=VLOOKUP(4,C1:C4,1)", 3), "E6": ("=VLOOKUP(0,C1:C4,1)", "#N/A"), "E7": ("=MATCH(5,C1:C4,0)", 3),
        "E8": ("=MATCH(6,C1:C4)", 3), "E9": ("=MATCH(6,{9,7,5},-1)", 2), "E10": ("=INDEX(B1:B4,MATCH(\"cherry\",A1:A4,0))", 30),
        "E11": ("=LOOKUP(4,C1:C4,B1:B4)", 20), "E12": ("=HLOOKUP(2,{1,2,3;4,5,6},2,FALSE)", 5),
        "E13": ("=_xlfn.XLOOKUP(\"cherry\",A1:A4,B1:B4)", 30), "E14": ("=_xlfn.XLOOKUP(6,C1:C4,B1:B4,\"none\",-1)", 30),
        "E15": ("=_xlfn.XLOOKUP(6,C1:C4,B1:B4,\"none\",1)", 40), "E16": ("=_xlfn.XLOOKUP(9,C1:C4,B1:B4,\"none\")", "none"),
        "E17": ("=_xlfn.XMATCH(7,C1:C4)", 4), "E18": ("=CHOOSE(2,\"x\",\"y\")", "y"), "E19": ("=SUM(CHOOSE(2,A1:A4,B1:B4))", 100),
        "E20": ("=MATCH(\"BANANA\",A1:A4,0)", 2), "E21": ("=VLOOKUP(3,C1:C4,2,FALSE)", "#REF!"),
        "E22": ("=LOOKUP(2,1/(B1:B4>15),B1:B4)", 40),
        "G1:G2": ("~=_xlfn._xlws.FILTER(B1:B4,C1:C4>4)", [[30], [40]]),
        "H1:H4": ("~=_xlfn._xlws.SORT(B1:B4,1,-1)", [[40], [30], [20], [10]]),
        "I1:I2": ("~=_xlfn.UNIQUE({\"a\";\"A\";\"b\"})", [["a"], ["b"]]),
        "J1:J4": ("~=_xlfn.SORTBY(B1:B4,C1:C4,-1)", [[40], [30], [20], [10]]),
        "K1": ("=SUM(_xlfn.TAKE(B1:B4,2))", 30), "K2": ("=SUM(_xlfn.DROP(B1:B4,-1))", 60),
        "K3": ("=SUM(_xlfn.VSTACK(B1:B2,C1:C2))", 34), "K4": ("=COLUMNS(_xlfn.HSTACK(B1:B2,C1:C2))", 2),
    }})  # fmt: skip


@golden
def conditions(path: Path) -> None:
    simple(path, {"Sheet1": {
        "A1": "red", "A2": "Blue", "A3": "red", "A4": "green", "A6": "r*", "B1": 1, "B2": 2, "B3": 3, "B4": 4, "B5": 5, "B6": 6,
        "D1": ("=SUMIF(A1:A6,\"RED\",B1:B6)", 4), "D2": ("=SUMIF(B1:B6,\">2\")", 18), "D3": ("=COUNTIF(A1:A6,\"r*\")", 3),
        "D4": ("=COUNTIF(A1:A6,\"r~*\")", 1), "D5": ("=COUNTIF(A1:A6,\"\")", 1), "D6": ("=COUNTIF(A1:A6,\"<>\")", 5),
        "D7": ("=SUMIFS(B1:B6,A1:A6,\"red\",B1:B6,\">1\")", 3), "D8": ("=AVERAGEIF(A1:A6,\"red\",B1:B6)", 2),
        "D9": ("=COUNTIFS(A1:A6,\"<>red\",B1:B6,\"<5\")", 2), "D10": ("=_xlfn.MAXIFS(B1:B6,A1:A6,\"red\")", 3),
        "D11": ("=SUMIF(A1:A6,\"red\",B1)", 4), "D12": ("=SUMIF(A1:A6,\"none\",B1:B6)", 0),
        "D13": ("=AVERAGEIF(A1:A6,\"none\",B1:B6)", "#DIV/0!"), "D14": ("=COUNTIF(B1:B6,3)", 1),
        "D15": ("=COUNTIF(B1:B6,\"=3\")", 1), "D16": ("=SUMPRODUCT(COUNTIF(A1:A6,{\"red\",\"green\"}))", 3),
        "D17": ("=COUNTBLANK(A1:A6)", 1), "D18": ("=SUM(SUMIF(A1:A6,{\"red\",\"blue\"},B1:B6))", 6),
        "D19": ("=_xlfn.IFS(B1>1,\"a\",B2>1,\"b\")", "b"), "D20": ("=_xlfn.SWITCH(B2,1,\"one\",2,\"two\",\"more\")", "two"),
        "D21": ("=_xlfn.XOR(TRUE,TRUE,TRUE)", True), "D22": ("=IF(B1,\"yes\")", "yes"), "D23": ("=IF(B1>1,\"yes\")", False),
        "D24": ("=SUBTOTAL(9,B1:B6)", 21), "D25": ("=SUBTOTAL(1,B1:B6,D24)", 3.5), "D26": ("=AGGREGATE(14,6,B1:B6/(B1:B6<5),1)", 4),
        "D27": ("=SUBTOTAL(3,A1:A6)", 5),
    }})  # fmt: skip


def serial(year: int, month: int, day: int) -> int:
    """Excel's number for a day from 1 March 1900 on."""
    return (datetime.date(year, month, day) - datetime.date(1899, 12, 30)).days


@golden
def dates(path: Path) -> None:
    day = serial(2024, 2, 29)
    simple(path, {"Sheet1": {
        "A1": day, "A2": serial(2024, 12, 31), "A3": 60, "A4": 59, "A5": 1, "A6": 0.75,
        "B1": ("=YEAR(A1)", 2024), "B2": ("=MONTH(A1)", 2), "B3": ("=DAY(A1)", 29), "B4": ("=DATE(2024,2,30)", serial(2024, 3, 1)),
        "B5": ("=DATE(2024,14,1)", serial(2025, 2, 1)), "B6": ("=EDATE(A1,12)", serial(2025, 2, 28)), "B7": ("=EOMONTH(A1,-1)", serial(2024, 1, 31)),
        "B8": ("=WEEKDAY(A1)", 5), "B9": ("=WEEKDAY(A1,2)", 4), "B10": ("=DAY(A3)", 29), "B11": ("=MONTH(A3)", 2), "B12": ("=DAY(A4)", 28),
        "B13": ("=YEAR(A5)", 1900), "B14": ("=HOUR(A6)", 18), "B15": ("=TIME(12,30,0)", 12.5 / 24), "B16": ("=DATEDIF(A1,A2,\"m\")", 10),
        "B17": ("=DAYS(A2,A1)", 306), "B18": ("=DAYS360(A1,A2)", 300), "B19": ("=YEARFRAC(A1,A2,1)", 306 / 366), "B20": ("=YEARFRAC(A1,A2,3)", 306 / 365),
        "B21": ("=NETWORKDAYS(A1,A2)", 219), "B22": ("=WORKDAY(A1,1)", serial(2024, 3, 1)), "B23": ("=WEEKNUM(A1)", 9), "B24": ("=_xlfn.ISOWEEKNUM(A1)", 9),
        "B25": ("=DATE(108,1,2)", serial(2008, 1, 2)), "B26": ("=TEXT(A1,\"yyyy-mm-dd\")", "2024-02-29"), "B27": ("=TEXT(A1,\"dddd, d mmmm\")", "Thursday, 29 February"),
        "B28": ("=TEXT(A6,\"h:mm AM/PM\")", "6:00 PM"), "B29": ("=DATEVALUE(\"2/29/2024\")", day), "B30": ("=WEEKDAY(1)", 1), "B31": ("=YEAR(-1)", "#NUM!"),
        "B32": ("=MINUTE(0.78125)", 45), "B33": ("=SECOND(TIMEVALUE(\"4:48:18 PM\"))", 18),
    }})  # fmt: skip


@golden
def dates_from_1904(path: Path) -> None:
    day = serial(2024, 2, 29) - 1462
    simple(path, {"Sheet1": {
        "A1": day, "B1": ("=YEAR(A1)", 2024), "B2": ("=DAY(A1)", 29), "B3": ("=DATE(2024,2,29)", day), "B4": ("=WEEKDAY(A1)", 5),
        "B5": ("=TEXT(A1,\"yyyy-mm-dd\")", "2024-02-29"), "B6": ("=EDATE(A1,1)", day + 29), "B7": ("=YEAR(0)", 1904),
    }}, date_1904=True)  # fmt: skip


@golden
def finance(path: Path) -> None:
    """Microsoft's examples where a page has one with all digits, closed forms elsewhere."""
    rate, periods = 0.08 / 12, 10
    payment = -10000 * rate / (1 - (1 + rate) ** -periods)
    flows = [-70000, 12000, 15000, 18000, 21000, 26000]
    simple(path, {"Sheet1": {
        **{f"A{at + 1}": flow for at, flow in enumerate(flows)},
        "C1": ("=PMT(8%/12,10,10000)", payment), "C2": ("=PV(8%/12,10,C1)", 10000), "C3": ("=FV(0,5,-100)", 500), "C4": ("=NPER(0,-100,500)", 5),
        "C5": ("=NPV(10%,A2:A6)", sum(f / 1.1**t for t, f in enumerate(flows[1:], 1))), "C6": ("=IRR(A1:A6)", irr(flows)),
        "C7": ("=ROUND(RATE(48,-200,8000),8)", round(annuity_rate(48, -200, 8000), 8)),
        "C8": ("=SLN(30000,7500,10)", 2250), "C9": ("=SYD(30000,7500,10,1)", 22500 * 10 / 55), "C10": ("=DDB(2400,300,10,1)", 480),
        "C11": ("=EFFECT(0.0525,4)", (1 + 0.0525 / 4) ** 4 - 1), "C12": ("=IPMT(0.1/12,1,36,8000)", -8000 * 0.1 / 12),
        "C13": ("=CUMIPMT(0.1,3,1000,1,1,0)", -100), "C14": ("=PMT(0,10,1000)", -100), "C15": ("=IRR(A2:A6)", "#NUM!"),
    }})  # fmt: skip


def irr(flows: Sequence[float]) -> float:
    """The rate of no present value, by bisection."""
    return bisected(lambda r: sum(f / (1 + r) ** t for t, f in enumerate(flows)), -0.9, 1.0)


def annuity_rate(periods: int, payment: float, value: float) -> float:
    """The rate of an annuity, by bisection."""
    return bisected(lambda r: value + payment * (1 - (1 + r) ** -periods) / r, 1e-9, 1.0)


def bisected(function: Callable[[float], float], low: float, high: float) -> float:
    """A root between two points of opposite sign."""
    rising = function(high) > 0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if (function(middle) > 0) == rising else (middle, high)
    return (low + high) / 2


@golden
def statistics(path: Path) -> None:
    xs, ys = [1, 2, 3, 4, 5], [2.1, 3.9, 6.2, 7.8, 10.1]
    mx, my = sum(xs) / 5, sum(ys) / 5
    sxy, sxx = sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)), sum((x - mx) ** 2 for x in xs)
    syy = sum((y - my) ** 2 for y in ys)
    slope = sxy / sxx
    simple(path, {"Sheet1": {
        **{f"A{r + 1}": x for r, x in enumerate(xs)}, **{f"B{r + 1}": y for r, y in enumerate(ys)},
        "D1": ("=SLOPE(B1:B5,A1:A5)", slope), "D2": ("=INTERCEPT(B1:B5,A1:A5)", my - slope * mx), "D3": ("=CORREL(A1:A5,B1:B5)", sxy / math.sqrt(sxx * syy)),
        "D4": ("=RSQ(B1:B5,A1:A5)", sxy**2 / sxx / syy), "D5": ("=FORECAST(6,B1:B5,A1:A5)", my + slope * (6 - mx)), "D6": ("=VAR(A1:A5)", 2.5),
        "D7": ("=STDEVP(A1:A5)", math.sqrt(2)), "D8": ("=MEDIAN(A1:A5)", 3), "D9": ("=PERCENTILE(A1:A5,0.1)", 1.4), "D10": ("=QUARTILE(A1:A5,1)", 2),
        "D11": ("=LARGE(A1:A5,2)", 4), "D12": ("=RANK(4,A1:A5)", 2), "D13": ("=NORMSDIST(0)", 0.5), "D14": ("=_xlfn.NORM.DIST(1,0,1,TRUE)", 0.5 * math.erfc(-1 / math.sqrt(2))),
        "D15": ("=NORMSINV(0.5)", 0), "D16": ("=_xlfn.EXPON.DIST(0.2,10,TRUE)", 1 - math.exp(-2)), "D17": ("=BINOMDIST(6,10,0.5,FALSE)", 210 / 1024),
        "D18": ("=POISSON(2,5,FALSE)", math.exp(-5) * 12.5), "D19": ("=COVAR(A1:A5,B1:B5)", sxy / 5), "D20": ("=_xlfn.COVARIANCE.S(A1:A5,B1:B5)", sxy / 4),
        "D21": ("=MODE(1,2,2,3)", 2), "D22": ("=GEOMEAN(1,4)", 2), "D23": ("=HARMEAN(1,3)", 1.5), "D24": ("=COMBIN(5,2)", 10), "D25": ("=FACT(5)", 120),
        "D26": ("=CONFIDENCE(0.05,1,100)", 0.1959963984540054), "D27": ("=STANDARDIZE(3,1,2)", 1), "D28": ("=TREND(B1:B5,A1:A5,7)", my + slope * (7 - mx)),
        "F1:G1": ("{=LINEST(B1:B5,A1:A5)}", [[slope, my - slope * mx]]), "F3:F5": ("{=FREQUENCY(A1:A5,{1;3})}", [[1], [2], [2]]),
        "H1": ("=SUM(FREQUENCY(A1:A5,{2}))", 5), "H2": ("=GAMMALN(5)", math.lgamma(5)), "H3": ("=ERF(0.5)", math.erf(0.5)),
    }})  # fmt: skip


@golden
def texts(path: Path) -> None:
    simple(path, {"Sheet1": {
        "A1": "Hello World", "A2": 1234.567, "A3": "  a  b ",
        "B1": ("=LEFT(A1,5)", "Hello"), "B2": ("=MID(A1,7,99)", "World"), "B3": ("=SEARCH(\"w?r\",A1)", 7), "B4": ("=FIND(\"w\",A1)", "#VALUE!"),
        "B5": ("=SUBSTITUTE(A1,\"o\",\"0\",2)", "Hello W0rld"), "B6": ("=TRIM(A3)", "a b"), "B7": ("=TEXT(A2,\"#,##0.00\")", "1,234.57"), "B8": ("=TEXT(0.256,\"0.0%\")", "25.6%"),
        "B9": ("=TEXT(-5,\"0;(0)\")", "(5)"), "B10": ("=TEXT(1234567,\"0.0,,\")", "1.2"), "B11": ("=TEXT(0.5,\"# ?/?\")", " 1/2"), "B12": ("=TEXT(A2,\"0.00E+00\")", "1.23E+03"),
        "B13": ("=REPT(\"ab\",3)", "ababab"), "B14": ("=PROPER(\"o'neil is 2nd\")", "O'Neil Is 2Nd"), "B15": ("=_xlfn.TEXTJOIN(\", \",TRUE,\"a\",\"\",\"b\")", "a, b"),
        "B16": ("=EXACT(\"a\",\"A\")", False), "B17": ("=CHAR(65)&CODE(\"a\")", "A97"), "B18": ("=FIXED(1234.567,1)", "1,234.6"), "B19": ("=DOLLAR(-2.5)", "($2.50)"),
        "B20": ("=REPLACE(\"abcdef\",2,3,\"X\")", "aXef"), "B21": ("=LEN(\"\U0001f600\")", 2), "B22": ("=UPPER(\"straße\")", "STRAßE"), "B23": ("=T(1)&\"|\"&T(\"x\")", "|x"),
        "B24": ("=_xlfn.TEXTBEFORE(A1,\" \")", "Hello"), "B25": ("=_xlfn.TEXTAFTER(A1,\" \")", "World"), "B26": ("=NUMBERVALUE(\"1.234,5\",\",\",\".\")", 1234.5),
        "B27": ("=CONCATENATE(1,TRUE,\"x\")", "1TRUEx"), "B28": ("=_xlfn.CONCAT(A1:A2)", "Hello World1234.567"), "B29": ("=HEX2DEC(\"FF\")", 255), "B30": ("=DEC2BIN(-1)", "1111111111"),
        "B31": ("=CONVERT(1,\"mi\",\"km\")", 1.609344), "B32": ("=ROMAN(1999)", "MCMXCIX"), "B33": ("=COMPLEX(3,-4)", "3-4i"), "B34": ("=IMABS(\"3+4i\")", 5), "B35": ("=BITAND(13,25)", 9),
    }})  # fmt: skip


@golden
def lambdas(path: Path) -> None:
    simple(path, {"Sheet1": {
        "A1": 1, "A2": 2, "A3": 3, "B1": 4, "B2": 5, "B3": 6,
        "C1": ("=_xlfn.LET(_xlpm.x,A1+1,_xlpm.y,_xlpm.x*2,_xlpm.x+_xlpm.y)", 6), "C2": ("=_xlfn.LAMBDA(_xlpm.x,_xlpm.x^2)(3)", 9), "C3": ("=double(A3)", 6),
        "C4": ("=SUM(_xlfn.MAP(A1:A3,_xlfn.LAMBDA(_xlpm.v,_xlpm.v*10)))", 60), "C5": ("=_xlfn.REDUCE(0,A1:A3,_xlfn.LAMBDA(_xlpm.a,_xlpm.v,_xlpm.a+_xlpm.v^2))", 14),
        "C6": ("=SUM(_xlfn.BYROW(A1:B3,_xlfn.LAMBDA(_xlpm.r,MAX(_xlpm.r))))", 15), "C7": ("=SUM(_xlfn.MAKEARRAY(2,3,_xlfn.LAMBDA(_xlpm.r,_xlpm.c,_xlpm.r*_xlpm.c)))", 18),
        "C8": ("=factorial(5)", 120), "C9": ("=SUM(_xlfn.MAP(A1:A3,B1:B3,_xlfn.LAMBDA(_xlpm.a,_xlpm.b,_xlpm.a*_xlpm.b)))", 32),
        "D1:D3": ("~=_xlfn.SCAN(0,A1:A3,_xlfn.LAMBDA(_xlpm.a,_xlpm.v,_xlpm.a+_xlpm.v))", [[1], [3], [6]]),
        "E1:F1": ("~=_xlfn.BYCOL(A1:B3,_xlfn.LAMBDA(_xlpm.c,SUM(_xlpm.c)))", [[6, 15]]),
    }}, {"double": "=_xlfn.LAMBDA(_xlpm.n,_xlpm.n*2)", "factorial": "=_xlfn.LAMBDA(_xlpm.n,IF(_xlpm.n<2,1,_xlpm.n*factorial(_xlpm.n-1)))"})  # fmt: skip


# ---- shapes ----------------------------------------------------------------------------------------------------------


@golden
def shapes(path: Path) -> None:
    """Filled columns, rows and rectangles, windows, running totals, recurrences both ways, a dynamic programme."""
    cells: dict[str, Any] = {"N1": 0.05, "N2": 3.0}
    n = 40
    data = [((7 * i) % 11) / 4 - 1 for i in range(n)]
    total, balance, largest = 0.0, 100.0, -math.inf
    x, momentum = 3.0, 0.0
    backward = [0.0] * (n + 1)
    for i in reversed(range(n)):
        backward[i] = data[i] + 0.9 * backward[i + 1]
    cells |= {"C1": 100.0, "G1": 3.0, "H1": 0.0}
    for i in range(n):
        r = i + 2
        total, largest = total + data[i], max(largest, data[i])
        balance = balance * (1 + 0.05) - data[i]
        gradient = 2 * (x - 1)
        momentum = 0.9 * momentum + gradient
        x = x - 0.05 * momentum
        window = sum(data[max(0, i - 2) : i + 1])
        cells |= {
            f"A{r}": data[i], f"B{r}": (f"=SUM($A$2:A{r})", total), f"C{r}": (f"=C{r - 1}*(1+$N$1)-A{r}", balance),
            f"D{r}": (f"=MAX(A$2:A{r})", largest), f"E{r}": (f"=A{r}+0.9*E{r + 1}", backward[i]),
            f"F{r}": (f"=IF(ROW()>3,SUM(A{r - 2}:A{r}),SUM(A$2:A{r}))", window) if r > 3 else (f"=SUM(A$2:A{r})", window),
            f"H{r}": (f"=0.9*H{r - 1}+2*(G{r - 1}-1)", momentum), f"G{r}": (f"=G{r - 1}-$N$1*H{r}", x),
            f"I{r}": (f"=AVERAGE(A{r}:A$41)", sum(data[i:]) / (n - i)), f"J{r}": (f"=A{r}*$N$2+COUNTIF(A$2:A{r},A{r})", 3 * data[i] + data[: i + 1].count(data[i])),
        }  # fmt: skip
    grid: list[list[float]] = []
    table: dict[str, Any] = {}
    for r in range(12):
        row: list[float] = []
        for c in range(12):
            name = xlsxwriter.utility.xl_rowcol_to_cell(r, c)
            if r == 0 or c == 0:
                row.append(float(r + c))
                table[name] = row[-1]
            else:
                left, up, both = row[c - 1], grid[r - 1][c], grid[r - 1][c - 1]
                cost = (r * c) % 3
                row.append(min(left + 1, up + 1, both + cost))
                a, b, d = (xlsxwriter.utility.xl_rowcol_to_cell(*at) for at in ((r, c - 1), (r - 1, c), (r - 1, c - 1)))
                table[name] = (f"=MIN({a}+1,{b}+1,{d}+MOD((ROW()-1)*(COLUMN()-1),3))", row[-1])
        grid.append(row)
    kernel = [[1, 2, 1], [0, 3, 0], [1, 2, 1]]
    picture = [[(r * 3 + c * 5) % 7 for c in range(8)] for r in range(8)]
    convolution: dict[str, Any] = {
        xlsxwriter.utility.xl_rowcol_to_cell(r, c): picture[r][c] for r in range(8) for c in range(8)
    }
    convolution |= {xlsxwriter.utility.xl_rowcol_to_cell(r, 10 + c): kernel[r][c] for r in range(3) for c in range(3)}
    for r in range(6):
        for c in range(6):
            value = sum(picture[r + i][c + j] * kernel[i][j] for i in range(3) for j in range(3))
            corner, end = xlsxwriter.utility.xl_rowcol_to_cell(r, c), xlsxwriter.utility.xl_rowcol_to_cell(r + 2, c + 2)
            name = xlsxwriter.utility.xl_rowcol_to_cell(10 + r, c)
            convolution[name] = (f"=SUMPRODUCT({corner}:{end},$K$1:$M$3)", value)
    simple(path, {"Columns": cells, "Programme": table, "Convolution": convolution})


# ---- what only a file can say ----------------------------------------------------------------------------------------


@golden
def shared_formulas(path: Path) -> None:
    """As Excel writes a filled-down formula: once, with its range, then by number."""
    simple(
        path,
        {
            "Sheet1": {f"A{r}": float(r) for r in range(1, 9)}
            | {f"B{r}": (f"=A{r}*$A$1+SUM(A$1:A{r})", r + r * (r + 1) / 2) for r in range(1, 9)}
        },
    )

    def share(text: str) -> str:
        first = "<f>A1*$A$1+SUM(A$1:A1)</f>"
        text = text.replace(first, first.replace("<f>", '<f t="shared" ref="B1:B8" si="0">'))
        for r in range(2, 9):
            text = text.replace(f"<f>A{r}*$A$1+SUM(A$1:A{r})</f>", '<f t="shared" si="0"/>')
        return text

    edit(path, {"xl/worksheets/sheet1.xml": share})


@golden
def iteration(path: Path) -> None:
    """A circle that the file allows: interest on the average of an opening and a closing balance."""
    closing = 1000 * (1 + 0.05) / (1 - 0.05)  # of B2 = 1000 + 0.1 * (1000 + B2) / 2
    simple(
        path,
        {
            "Sheet1": {
                "A1": 1000,
                "A2": 0.1,
                "B1": ("=A2*(A1+B2)/2", closing - 1000),
                "B2": ("=A1+B1", closing),
                "B3": ("=ROUND(B2,6)", round(closing, 6)),
            }
        },
    )
    edit(
        path,
        {
            "xl/workbook.xml": lambda text: text.replace(
                "<calcPr ", '<calcPr iterate="1" iterateCount="200" iterateDelta="1E-12" '
            )
        },
    )


@golden
def hidden_rows(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": WRITTEN})
        sheet = book.add_worksheet()
        fill(sheet, {f"A{r}": r for r in range(1, 7)})
        for row in (1, 3):
            sheet.set_row(row, options={"hidden": True})
        fill(sheet, {"A8": ("=SUBTOTAL(9,A1:A6)", 21), "A9": ("=SUBTOTAL(109,A1:A6)", 15), "A10": ("=SUBTOTAL(102,A1:A6)", 4),
                     "A11": ("=AGGREGATE(9,5,A1:A6)", 15), "A12": ("=SUM(A1:A6)", 21), "A13": ("=SUBTOTAL(9,A1:A12)", 42)})  # fmt: skip


@golden
def filtered_rows(path: Path) -> None:
    """Rows hidden by a filter are left out of every SUBTOTAL."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": WRITTEN})
        sheet = book.add_worksheet()
        fill(sheet, {"A1": "n"} | {f"A{r}": r for r in range(2, 8)})
        sheet.autofilter("A1:A7")
        sheet.filter_column(0, "x > 3")
        for row in (1, 2):
            sheet.set_row(row, options={"hidden": True})
        fill(sheet, {"C1": ("=SUBTOTAL(9,A2:A7)", 22), "C3": ("=SUBTOTAL(109,A2:A7)", 22), "C4": ("=SUM(A2:A7)", 27)})


def main() -> None:
    """Build them all."""
    for name, build in BUILDERS.items():
        build(FOLDER / f"{name}.xlsx")


if __name__ == "__main__":
    main()
