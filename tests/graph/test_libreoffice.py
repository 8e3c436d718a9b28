"""Names, structured references, 3-D references and implicit intersection: what LibreOffice makes of the same file."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import xlsxwriter
from tests import libreoffice

from cellgrad.hosts.package import read
from cellgrad.reference import Reference
from cellgrad.values import CellError

pytestmark = pytest.mark.libreoffice

# Plain formulas in column H of the sheet "calc", from row 1; the table People is data!B3:E9 with a totals row.
PLAIN = [
    "SUM(People[Age])", "SUM(People[])", "SUM(People[[Age]:[Fare]])", "COUNTA(People[#Headers])", "SUM(People[#All])",
    "SUM(People[[#Totals],[Fare]])", "SUM(People[[#Data],[#Totals],[Fare]])", "COUNTA(People[[#Headers],[Age]])",
    "MAX(People[Age])-MIN(People[Age])", "SUMPRODUCT(People[Age],People[Fare])", "AVERAGE(People[Odd name '[x']])",
    "rate*100", "SUM(Block)", "Block2+1", "SUM(doubled)", "local", "data!local", "total", "nothing_of_this_name",
    "IFERROR(nothing_of_this_name,3)", "SUM(one:three!A1)", "SUM(one:three!A1:B2)",
    "MAX(one:three!B:B)", "AVERAGE(two!A:A)",
    "two!A1", "SUM(two!A1:two!B2)", "SUM('a sheet, it''s odd'!A1:B2)", "COUNT(one:three!A1:B2)",
    "SUM((two!A1,two!B2))", "SUM(two!A1:B2 two!B1:C9)", "SUM(two!A1:INDEX(two!A1:B9,2,2))", "two!A1:A2 two!A2:B2",
]  # fmt: skip
# Plain formulas that depend on where they stand: (row, column, formula) on "calc", rows and columns from zero.
PLACED = [
    (3, 9, "People[[#This Row],[Age]]*2"), (4, 9, "People[[#This Row],[Age]]*2"),
    (3, 10, "People[[#This Row],[Age]]+People[[#This Row],[Fare]]"),
    (5, 9, "SUM(People[#This Row])"), (6, 9, "SUM(People[[#This Row],[Age]:[Fare]])"),
    (40, 9, "data!C4:C9*2"), (4, 11, "data!C4:C9*2"),
    (4, 12, "data!$C$4:$C$9"), (2, 2, "data!B4:E4+1"), (5, 13, "left_one*10"), (5, 12, "5"), (7, 13, "ABS(data!C:C)"),
    (50, 3, "data!4:4&\"\""), (60, 1, "IF(data!C4:C9>1,1,2)"), (4, 14, "IF(data!C4:C9>1,1,2)"),
    (4, 15, "SUM(data!C4:C9*2)"), (4, 16, "SUMPRODUCT(data!C4:C9*2)"), (4, 17, "SUM(INDEX(data!C4:C9*2,0))"),
    (4, 18, "MAX(IF(data!C4:C9>20,data!C4:C9))"), (4, 19, "SUMPRODUCT(ABS(data!C4:C9),--(data!D4:D9>8))"),
]  # fmt: skip

LIBREOFFICE_DIFFERS = {
    "COUNTA(People[#Headers])": (1.0, "it counts one of the four headers"),
    "SUM(People[#All])": (CellError.NAME, "it does not read #All of a table with a totals row"),
    "SUM(doubled)": (CellError.VALUE, 'names evaluate as arrays in Excel ("Names in formulas"), not here'),
    "MAX(one:three!B:B)": (CellError.NAME, "it has no 3-D references of whole columns"),
    "SUM(two!A1:two!B2)": (2.5, "it loses the second sheet's name"),
    "SUM(People[#This Row])": (CellError.NA, "it has no whole rows of tables"),
    "left_one*10": (0.0, "relative names do not wrap around the sheet"),
    "SUM(INDEX(data!C4:C9*2,0))": (CellError.VALUE, 'INDEX takes arrays in Excel ("INDEX function")'),
}


def test_binding_agrees_with_libreoffice(tmp_path: Path) -> None:
    path = tmp_path / "binding.xlsx"
    placed = _write(path)
    theirs = libreoffice.recalculated(path, tmp_path / "recalculated")["calc"]
    reference = Reference(read(path))
    failures = []
    for row, column, formula in placed:
        ours = reference.value("calc", row, column)
        other = theirs.get((row, column), "")
        if isinstance(ours, float) and isinstance(other, float):
            same = math.isclose(ours, other, rel_tol=1e-12)
        else:
            same = ours == other
        known = LIBREOFFICE_DIFFERS.get(formula)
        if not same and (known is None or other != known[0]):
            failures.append(f"{formula}: ours {ours!r}, LibreOffice {other!r}")
    assert not failures, "\n".join(failures)


def _write(path: Path) -> list[tuple[int, int, str]]:
    book = xlsxwriter.Workbook(str(path))
    calc = book.add_worksheet("calc")
    data = book.add_worksheet("data")
    people = [
        [22.0, 7.25, "m", 1.0],
        [38.0, 71.5, "f", 2.0],
        [26.0, 8.0, "f", 4.0],
        [1.5, 9.0, "m", 8.0],
        [0.5, 3.0, "m", 9.0],
    ]
    data.add_table(2, 1, 8, 4, {
        "name": "People", "data": people, "total_row": True,
        "columns": [{"header": "Age", "total_string": "total"}, {"header": "Fare", "total_string": "99"},
                    {"header": "Sex"}, {"header": "Odd name [x]"}],
    })  # fmt: skip
    for number, name in enumerate(["one", "two", "three", "a sheet, it's odd"]):
        sheet = book.add_worksheet(name)
        sheet.write_column(0, 0, [number + 1.0, 10.0 * (number + 1)])
        sheet.write_column(0, 1, [0.5, "text"])
    book.define_name("rate", "=0.07")
    book.define_name("Block", "=data!$B$4:$C$8")
    book.define_name("Block2", "=two!$A$2")
    book.define_name("doubled", "=two!$A$1:$A$2*2")
    book.define_name("left_one", "=calc!XFD1")
    book.define_name("calc!local", "=11")
    book.define_name("data!local", "=12")
    book.define_name("total", "=SUM(Block)+rate")
    placed = [(row, 7, formula) for row, formula in enumerate(PLAIN)] + PLACED
    for row, column, formula in placed:
        calc.write_formula(row, column, f"={formula}", None, "")
    book.close()
    return placed
