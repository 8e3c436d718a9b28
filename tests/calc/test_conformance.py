"""One table of operations through xlwings' plain API, run on every spreadsheet program there is.

The expected results are Excel's, from Microsoft's documentation of Range, Name, ListObject and Application, and from
xlwings' own. On a machine with Excel the same table runs there.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xlwings as xw
from tests.calc.hosts import HOSTS, running

from cellgrad.hosts import calc


@pytest.fixture(scope="module", params=HOSTS)
def app(request: pytest.FixtureRequest) -> Iterator[xw.App]:
    with running(request.param) as started:
        yield started


@pytest.fixture(scope="module")
def book(app: xw.App) -> Iterator[xw.Book]:
    made = app.books.add()
    yield made
    made.close()


@pytest.fixture
def sheet(book: xw.Book) -> xw.Sheet:
    made = book.sheets[0]
    made.clear()
    made["A1:H20"].number_format = "General"
    return made


DAY = datetime.datetime(2020, 1, 2)
MOMENT = datetime.datetime(2020, 1, 2, 3, 4, 5)

# what is written to A1 (or from A1 on), what reading it back gives
VALUES: list[tuple[str, Any, Any]] = [
    ("a whole number is a float", 3, 3.0),
    ("a float to the bit", 0.1 + 0.2, 0.1 + 0.2),
    ("a small one", 1e-300, 1e-300),
    ("a text", "abc", "abc"),
    ("a text in another script", "π ≈ 3 😀", "π ≈ 3 😀"),
    ("true", True, True),
    ("false", False, False),
    ("blank", None, None),
    ("an empty text is blank", "", None),
    ("a day", DAY, DAY),
    ("a moment", MOMENT, MOMENT),
    ("a numeral is a number", "007", 7.0),
    ("a numeral with an exponent", "1e3", 1000.0),
    ("TRUE in letters", "TRUE", True),
    ("after an apostrophe it is text", "'007", "007"),
    ("a formula after an apostrophe", "'=1+1", "=1+1"),
    ("a formula", "=1+1", 2.0),
    ("a formula with a boolean result", "=1>0", True),
    ("a formula with a text result", '="a"&"b"', "ab"),
    ("an error is None unless asked for", "=1/0", None),
    ("a row", [1, "x", None, True], [1.0, "x", None, True]),
    ("a block", [[1, 2], ["=A1+B1", None]], [[1.0, 2.0], [3.0, None]]),
    ("numpy", np.array([[1.5, np.nan], [3, 4]]), [[1.5, None], [3.0, 4.0]]),
]


@pytest.mark.parametrize(("written", "expected"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_value(sheet: xw.Sheet, written: Any, expected: Any) -> None:
    height = len(expected) if isinstance(expected, list) and isinstance(expected[0], list) else 1
    width = len(np.atleast_2d(np.array(expected, object))[0]) if isinstance(expected, list) else 1
    sheet["A1"].value = written
    found = sheet["A1"].resize(height, width).value
    assert found == expected
    assert type(found) is type(expected)


# formula in A1, beside 1 2 / 3 4 in D1:E2; the error that Excel shows
ERRORS = [
    ("=1/0", "#DIV/0!"),
    ("=NA()", "#N/A"),
    ("=SQRT(-1)", "#NUM!"),
    ("=LN(0)", "#NUM!"),
    ('="a"+1', "#VALUE!"),
    ("=nosuchname", "#NAME?"),
    ("=#REF!+1", "#REF!"),
    ("=MATCH(9,D1:D2,0)", "#N/A"),
]


@pytest.mark.parametrize(("formula", "error"), ERRORS)
def test_error(sheet: xw.Sheet, formula: str, error: str) -> None:
    sheet["D1"].value = [[1, 2], [3, 4]]
    sheet["A1"].formula = formula
    assert sheet["A1"].options(err_to_str=True).value == error
    assert sheet["A1"].value is None


def test_many_errors(sheet: xw.Sheet) -> None:
    sheet["A1:A60"].formula = "=1/0"
    sheet["B1:B60"].formula = "=NA()"
    found = sheet["A1:B60"].options(err_to_str=True).value
    assert found == [["#DIV/0!", "#N/A"]] * 60


def test_a_constant_error_is_one(sheet: xw.Sheet) -> None:
    sheet["A1"].value = "#N/A"
    assert sheet["A1"].formula == "#N/A"
    assert sheet["A1"].options(err_to_str=True).value == "#N/A"


# typed into A1 beside 1 2 / 3 4 in D1:E2: the formula and the value that come back
FORMULAS: list[tuple[str, str, Any]] = [
    ("=SUM(D1:E2)", "=SUM(D1:E2)", 10.0),
    ("=SUM(D1,E1,2)", "=SUM(D1,E1,2)", 5.0),
    ("=SUM((D1,E1))", "=SUM((D1,E1))", 3.0),
    ("=SUM(D1:E1 E1:E2)", "=SUM(D1:E1 E1:E2)", 2.0),
    ("=SUM({1,2;3,4})", "=SUM({1,2;3,4})", 10.0),
    ("=IF(D1>0,TRUE,FALSE)", "=IF(D1>0,TRUE,FALSE)", True),
    ("=IF(D1<0,1,)", "=IF(D1<0,1,)", 0.0),
    ('=IFERROR(1/0,"a;b,c")', '=IFERROR(1/0,"a;b,c")', "a;b,c"),
    ("=-2^2", "=-2^2", 4.0),
    ("=2^3^2", "=2^3^2", 64.0),
    ("=50%", "=50%", 0.5),
    ("=SUM(D:D)", "=SUM(D:D)", 4.0),
    ("=SUM(D$1:$E2)", "=SUM(D$1:$E2)", 10.0),
    ("=CEILING(2.5,1)", "=CEILING(2.5,1)", 3.0),
    ("=MROUND(5,2)", "=MROUND(5,2)", 6.0),
    ("=EDATE(1,2)", "=EDATE(1,2)", 60.0),
    ("=ISEVEN(2)", "=ISEVEN(2)", True),
    ("=NORM.S.DIST(0,TRUE)", "=NORM.S.DIST(0,TRUE)", 0.5),
    ("=STDEV.S(D1,E2)", "=STDEV.S(D1,E2)", 2.1213203435596424),
    ("=SUMPRODUCT(D1:E1,D2:E2)", "=SUMPRODUCT(D1:E1,D2:E2)", 11.0),
    ("=ERROR.TYPE(#N/A)", "=ERROR.TYPE(#N/A)", 7.0),
    ('=COUNTIF(D1:E2,">1")', '=COUNTIF(D1:E2,">1")', 3.0),
    ("12", "12", 12.0),
    ("abc", "abc", "abc"),
    ("TRUE", "TRUE", True),
]


@pytest.mark.parametrize(("typed", "formula", "value"), FORMULAS)
def test_formula(sheet: xw.Sheet, typed: str, formula: str, value: Any) -> None:
    sheet["D1"].value = [[1, 2], [3, 4]]
    sheet["A1"].formula = typed
    assert sheet["A1"].formula == formula
    assert sheet["A1"].formula2 == formula
    assert sheet["A1"].value == (pytest.approx(value, rel=1e-15) if isinstance(value, float) else value)


def test_one_formula_fills_a_range(sheet: xw.Sheet) -> None:
    sheet["A1:A3"].formula = "=$D1*E$1"
    assert sheet["A1:A3"].formula == (("=$D1*E$1",), ("=$D2*E$1",), ("=$D3*E$1",))


def test_a_filled_formula_of_another_sheet(book: xw.Book, sheet: xw.Sheet) -> None:
    name = book.sheets.add(after=sheet).name
    sheet["B2:C3"].formula = f"={name}!A1+$A2+A$1"
    assert sheet["B2:C3"].formula == (
        (f"={name}!A1+$A2+A$1", f"={name}!B1+$A2+B$1"),
        (f"={name}!A2+$A3+A$1", f"={name}!B2+$A3+B$1"),
    )


def test_formulas_and_constants_in_bulk(sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["x", 1.5, None], ["=B1*2", True, DAY]]
    assert sheet["A1:C2"].formula == (("x", "1.5", ""), ("=B1*2", "TRUE", "43832"))


def test_formula_of_another_sheet(book: xw.Book, sheet: xw.Sheet) -> None:
    other = book.sheets.add("My sheet", after=sheet)
    other["A1"].value = 7
    sheet["A1"].formula = "='My sheet'!A1*2"
    assert sheet["A1"].formula == "='My sheet'!A1*2"
    assert sheet["A1"].value == 14.0


def test_array_formula(sheet: xw.Sheet) -> None:
    sheet["D1"].value = [[1, 2], [3, 4]]
    sheet["A1:B2"].formula_array = "=MMULT(D1:E2,{1,0;0,2})"
    assert sheet["A1:B2"].value == [[1.0, 4.0], [3.0, 8.0]]
    assert sheet["A1:B2"].formula == (("=MMULT(D1:E2,{1,0;0,2})",) * 2,) * 2
    assert sheet["B2"].formula_array == "=MMULT(D1:E2,{1,0;0,2})"
    assert [sheet[cells].has_array for cells in ("A1:B2", "B1", "C1", "A1:C1")] == [True, True, False, None]
    sheet["D1"].value = 10
    assert sheet["A1"].value == 10.0


def test_a_part_of_an_array_formula_is_not_written(sheet: xw.Sheet) -> None:
    sheet["A1:B2"].formula_array = "={1,2;3,4}"
    with pytest.raises(Exception, match=r"(?i)array"):
        sheet["B2"].value = 5
    assert sheet["A1:B2"].value == [[1.0, 2.0], [3.0, 4.0]]
    sheet["A1:B2"].value = [[5, 6], [7, 8]]
    assert sheet["A1:B2"].has_array is False


def test_a_number_after_a_boolean_is_a_number(sheet: xw.Sheet) -> None:
    sheet["A1"].formula = "=1>0"
    sheet["A1"].value = 1
    assert sheet["A1"].value == 1.0
    assert not isinstance(sheet["A1"].value, bool)


def test_where_ranges_lie(sheet: xw.Sheet) -> None:
    sheet["B2"].value = [[1, 2, 3], [4, 5, 6]]
    assert sheet.used_range.address == "$B$2:$D$3"
    assert sheet["B2"].expand().address == "$B$2:$D$3"
    assert sheet["C3"].current_region.address == "$B$2:$D$3"
    assert [sheet["B2"].end(way).address for way in ("down", "right")] == ["$B$3", "$D$2"]
    assert sheet["A2"].end("right").address == "$B$2"
    assert sheet["B9"].end("up").address == "$B$3"
    assert sheet["B3"].end("down").address == "$B$1048576"
    found = sheet["B2:D3"]
    assert (found.row, found.column, found.shape, found.size) == (2, 2, (2, 3), 6)
    assert found[1, 2].address == "$D$3"
    assert found[:, 1].value == [2.0, 5.0]
    assert found.offset(1, 1).resize(1, 2).address == "$C$3:$D$3"
    assert sheet.range((2, 2), (3, 4)).address == "$B$2:$D$3"
    assert found.get_address(False, False) == "B2:D3"
    assert found.get_address(True, True, include_sheetname=True) == f"{sheet.name}!$B$2:$D$3"
    assert found(4).value == 4.0


def test_clearing(sheet: xw.Sheet) -> None:
    sheet["A1:B1"].value = [0.25, 2]
    sheet["A1"].number_format = "0.00%"
    assert sheet["A1"].number_format == "0.00%"
    sheet["A1"].clear_contents()
    assert (sheet["A1"].value, sheet["A1"].number_format) == (None, "0.00%")
    sheet["A1:B1"].clear()
    assert (sheet["B1"].value, sheet["A1"].number_format) == (None, "General")


def test_color(sheet: xw.Sheet) -> None:
    assert sheet["A1"].color is None
    sheet["A1"].color = (255, 128, 1)
    assert sheet["A1"].color == (255, 128, 1)
    sheet["A1"].color = "#0a0b0c"
    assert sheet["A1"].color == (10, 11, 12)
    sheet["A1"].color = None
    assert sheet["A1"].color is None


def test_frame(sheet: xw.Sheet) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", None]}, index=pd.Index([10.0, 20.0], name="i"))
    sheet["A1"].value = frame
    back = sheet["A1"].options(pd.DataFrame, expand="table").value
    assert list(back["a"]) == [1.0, 2.0]
    assert list(back.index) == [10.0, 20.0]


def test_names(book: xw.Book, sheet: xw.Sheet) -> None:
    book.names.add("rate", "=0.07")
    book.names.add("corner", f"={sheet.name}!$A$1:$B$2")
    sheet.names.add("own", f"={sheet.name}!$A$3")
    sheet["A1"].value = 2
    sheet["D1"].formula = "=SUM(corner)*rate"
    assert sheet["D1"].value == pytest.approx(0.14)
    assert book.names["rate"].refers_to == "=0.07"
    assert book.names["corner"].refers_to_range.address == "$A$1:$B$2"
    assert sheet["corner"].shape == (2, 2)
    assert f"{sheet.name}!own" in [name.name for name in book.names]
    assert [name.name.split("!")[-1] for name in sheet.names] == ["own"]
    for name in ("rate", "corner", f"{sheet.name}!own"):
        book.names[name].delete()
    assert "rate" not in book.names


def test_table(book: xw.Book, sheet: xw.Sheet) -> None:
    sheet = book.sheets.add(after=sheet)
    sheet["A1"].value = [["x", "y z"], [1, 2], [3, 4]]
    table = sheet.tables.add(source=sheet["A1:B3"], name="Points")
    assert [t.name for t in sheet.tables] == ["Points"]
    assert table.range.address == "$A$1:$B$3"
    assert table.header_row_range.value == ["x", "y z"]
    assert table.data_body_range.value == [[1.0, 2.0], [3.0, 4.0]]
    sheet["D2"].formula = "=Points[[#This Row],[x]]*SUM(Points[y z])"
    sheet["D3"].formula = "=SUM(Points[#All])"
    assert sheet["D2"].formula.replace("@", "[#This Row],") in (
        "=Points[[#This Row],[x]]*SUM(Points[y z])",
        "=Points[[#This Row],x]*SUM(Points[y z])",  # Excel shortens to @x
    )
    assert sheet["D2:D3"].value == [6.0, 10.0]
    assert sheet["A2"].table.name == "Points"


def test_sheets(book: xw.Book, sheet: xw.Sheet) -> None:
    made = book.sheets.add("Extra", after=sheet)
    assert made.index == sheet.index + 1
    assert "Extra" in book.sheet_names
    made.name = "Renamed"
    made.visible = False
    assert not book.sheets["renamed"].visible
    made.visible = True
    made.delete()
    assert "Renamed" not in book.sheet_names


def test_merged_cells(sheet: xw.Sheet) -> None:
    sheet["B2:C3"].merge()
    assert [sheet[cells].merge_cells for cells in ("B2", "C3", "A1", "B2:C3", "A1:B2")] == [
        True, True, False, True, None,
    ]  # fmt: skip
    assert sheet["C3"].merge_area.address == "$B$2:$C$3"
    sheet["B2:C3"].unmerge()
    assert sheet["B2"].merge_cells is False


def test_hidden_rows(sheet: xw.Sheet) -> None:
    sheet["A2:A3"].rows.hidden = True
    assert sheet["A2"].impl.row_hidden is True
    sheet["A2:A3"].value = [[1], [2]]
    assert sheet["A2:A3"].value == [1.0, 2.0]
    sheet["A2:A3"].rows.hidden = False


def test_application(app: xw.App, book: xw.Book, sheet: xw.Sheet) -> None:
    app.status_bar = "step 12"
    assert app.status_bar == "step 12"
    app.status_bar = False
    assert app.status_bar is False
    app.screen_updating = False
    assert app.screen_updating is False
    app.screen_updating = True
    assert app.screen_updating is True
    sheet["A1"].value = 1
    sheet["A2"].formula = "=A1*2"
    app.calculation = "manual"
    assert app.calculation == "manual"
    sheet["A1"].value = 5
    assert sheet["A2"].value == 2.0
    app.calculate()
    assert sheet["A2"].value == 10.0
    app.calculation = "automatic"
    with app.properties(enable_events=False):
        assert app.enable_events is False
    assert book.name in [one.name for one in app.books]


def test_save_close_open(app: xw.App, tmp_path: Path) -> None:
    path = tmp_path / "saved.xlsx"
    made = app.books.add()
    sheet = made.sheets[0]
    sheet["A1"].value = [[1.5, "x", True, DAY], ["=A1*2", "=1/0", None, "=C1"]]
    sheet["F1:G1"].formula_array = "={1,2}*A1"
    made.names.add("half", f"={sheet.name}!$A$1")
    made.save(path)
    assert (made.name, Path(made.fullname)) == ("saved.xlsx", path.resolve())
    made.close()
    assert "saved.xlsx" not in [one.name for one in app.books]
    again = app.books.open(str(path))
    sheet = again.sheets[0]
    assert sheet["A1:D2"].value == [[1.5, "x", True, DAY], [3.0, None, None, True]]
    assert sheet["A2:B2"].formula == (("=A1*2", "=1/0"),)
    assert sheet["G1"].formula_array == "={1,2}*A1"
    assert again.names["half"].refers_to_range.value == 1.5
    sheet["A1"].value = 2
    again.save()
    again.close()
    last = app.books.open(str(path), read_only=True)
    assert last.sheets[0]["A2"].value == 4.0
    last.close()


def test_a_missing_file_is_told(app: xw.App, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"missing\.xlsx"):
        app.books.open(str(tmp_path / "missing.xlsx"))


@pytest.mark.libreoffice
class TestCalcAlone:
    """What holds for Calc only."""

    def test_a_stale_lock_of_a_killed_office_is_no_hindrance(self, tmp_path: Path) -> None:
        path = tmp_path / "locked.xlsx"
        with running("calc") as app:
            made = app.books.add()
            made.save(path)
            made.close()
            app.books.open(str(path))
            app.kill()
        assert (tmp_path / ".~lock.locked.xlsx#").exists()
        with running("calc") as app:
            assert app.books.open(str(path)).sheets[0]["A1"].value is None

    def test_notes_outlive_a_write(self) -> None:
        with running("calc") as app:
            sheet = app.books.add().sheets[0]
            cell = sheet.impl.sheet.getCellByPosition(0, 0)
            sheet.impl.sheet.Annotations.insertNew(cell.CellAddress, "keep me")
            sheet["A1:B1"].value = [1, "=A1+1"]
            assert sheet.impl.sheet.Annotations.getByIndex(0).String == "keep me"
            assert sheet["A1:B1"].value == [1.0, 2.0]

    def test_a_protected_sheet_is_not_written(self) -> None:
        with running("calc") as app:
            sheet = app.books.add().sheets[0]
            sheet.impl.sheet.protect("")
            with pytest.raises(calc.CalcError, match="protected"):
                sheet["A1"].value = 1
            sheet.impl.sheet.unprotect("")
            assert sheet["A1"].value is None

    def test_nothing_is_left_of_it(self) -> None:
        with running("calc") as app:
            profile = app.impl.office.profile
            assert profile.exists()
        assert not profile.exists()
        assert app.pid not in [known.pid for known in xw.engines["calc"].apps]
