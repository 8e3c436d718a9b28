"""An open workbook read, written, undone and optimised, on every spreadsheet program there is."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import openpyxl
import pytest
import xlwings as xw
from tests.calc.hosts import HOSTS, running

from cellgrad.address import Region
from cellgrad.errors import ArgumentError, CellgradError, ModelError, WriteError
from cellgrad.formula.parse import parse
from cellgrad.hosts import live, package
from cellgrad.hosts.calc.bridge import import_uno
from cellgrad.hosts.live import Transaction, differences, record, snapshot, undo, write, writing
from cellgrad.hosts.live.packing import code
from cellgrad.hosts.live.record import MAX_STEPS
from cellgrad.hosts.live.stores import InSheet
from cellgrad.live import optimize_live
from cellgrad.reference import Reference
from cellgrad.values import CellError, Kind
from cellgrad.workbook import Workbook
from cellgrad.worker.work import run

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"


@pytest.fixture(scope="module", params=HOSTS)
def app(request: pytest.FixtureRequest) -> Iterator[xw.App]:
    with running(request.param) as started:
        yield started


@pytest.fixture
def book(app: xw.App) -> Iterator[xw.Book]:
    made = app.books.add()
    made.sheets[0].name = "Sheet1"
    yield made
    made.close()


@pytest.fixture
def titanic(app: xw.App, tmp_path: Path) -> Iterator[xw.Book]:
    path = tmp_path / "titanic.xlsx"
    shutil.copy(TITANIC, path)
    opened = app.books.open(str(path))
    yield opened
    opened.close()


def assert_same(found: Workbook, expected: Workbook, rel: float) -> None:
    """Two snapshots are of the same workbook; formulas are compared as trees, numbers to `rel`."""
    assert list(found.sheets) == list(expected.sheets)
    trees: dict[tuple[int, int], bool] = {}
    for name, sheet in expected.sheets.items():
        ours, theirs = found.sheet(name).cells, sheet.cells
        assert ours.columns.tolist() == theirs.columns.tolist()
        assert ours.rows.tolist() == theirs.rows.tolist()
        assert (ours.formulas >= 0).tolist() == (theirs.formulas >= 0).tolist()
        assert ours.kinds.tolist() == theirs.kinds.tolist()
        for a, b in set(zip(ours.formulas.tolist(), theirs.formulas.tolist(), strict=True)) - {(-1, -1)}:
            if (a, b) not in trees:
                one, other = found.formulas[a], expected.formulas[b]
                trees[a, b] = parse(one.text, one.row, one.column) == parse(other.text, other.row, other.column)
                assert trees[a, b], (one, other)
        numbers = ours.kinds == Kind.NUMBER
        np.testing.assert_allclose(ours.data[numbers], theirs.data[numbers], rtol=rel, atol=1e-15)
        texts = np.flatnonzero(ours.kinds == Kind.TEXT)
        assert [found.strings[int(ours.data[at])] for at in texts] == [
            expected.strings[int(theirs.data[at])] for at in texts
        ]
        others = (ours.kinds == Kind.ERROR) | (ours.kinds == Kind.BOOLEAN)
        assert ours.data[others].tolist() == theirs.data[others].tolist()
        assert [array.region for array in found.sheet(name).arrays] == [array.region for array in sheet.arrays]
        assert found.sheet(name).visible == sheet.visible
    assert found.tables == expected.tables
    listed = [
        {
            (name.sheet, name.name.casefold()): parse(name.text, 0, 0)
            for name in one.names
            if not name.name.startswith("_xlnm")
        }
        for one in (found, expected)
    ]
    assert listed[0] == listed[1]
    assert found.date1904 == expected.date1904


def test_snapshot_is_what_the_file_reads_as(titanic: xw.Book) -> None:
    assert_same(snapshot(titanic), package.read(TITANIC), rel=1e-11)


def test_snapshot_of_every_kind_of_cell(app: xw.App, book: xw.Book, tmp_path: Path) -> None:
    sheet = book.sheets[0]
    sheet["B2"].value = [[1.5, "x", True, "'=1+1"], ["=B2*2", "=1/0", "=B2>1", None], [None, '=""', "=B$2", "'007"]]
    sheet["B6:C7"].formula_array = "={1,2;3,4}*B2"
    sheet["G1"].value = [["a", "b c"], [1, 2], [3, 4]]
    sheet.tables.add(source=sheet["G1:H3"], name="Points")
    sheet["J2:J3"].formula = [["=SUM(Points[[#This Row],[a]:[b c]])"], ["=SUM(Points[[#This Row],[a]:[b c]])"]]
    book.sheets.add("My sheet", after=sheet)["A1"].formula = "=Sheet1!B2+SUM(Sheet1!B:B)"
    book.names.add("rate", "=0.07")
    sheet.names.add("solver_opt", "=Sheet1!$B$2")
    path = tmp_path / "every.xlsx"
    book.save(path)
    assert_same(snapshot(book), package.read(path), rel=1e-14)
    sheet["B4"].value = "#N/A"  # Calc saves it as a formula
    taken = snapshot(book)
    assert taken.cached("Sheet1", 1, 4) == "=1+1"
    assert taken.formula("Sheet1", 1, 4) is None
    assert taken.cached("Sheet1", 3, 1) is CellError.NA
    assert taken.formula("Sheet1", 3, 1) is None
    assert taken.cached("Sheet1", 3, 4) == "007"
    assert taken.find_name("SOLVER_OPT", "Sheet1") is not None


def test_constants_of_a_file_are_constants(app: xw.App, tmp_path: Path) -> None:
    """Calc makes formulas of a file's constant booleans and errors."""
    path = tmp_path / "constants.xlsx"
    made = openpyxl.Workbook()
    made.active.append([True, False, "#N/A", 1.5, "x"])
    made.save(path)
    opened = app.books.open(str(path))
    assert_same(snapshot(opened), package.read(path), rel=0)
    write(opened, {"Sheet": {(0, column): 2.0 for column in range(5)}})
    undo(opened)
    assert_same(snapshot(opened), package.read(path), rel=0)
    opened.close()


def test_array_blocks_are_found_by_halving(book: xw.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in Excel, which says of a range only whether all, none or some of it is in array formulas."""
    sheet = book.sheets[0]
    sheet["A1:J40"].value = 1
    blocks = {"$B$2:$C$31": "=ROW(2:31)+{1,2}", "$D$2": "=SUM({1,2})", "$D$3": "=SUM({1,3})", "$H$35:$J$40": "={1,2,3}"}
    for address, formula in blocks.items():
        sheet[address].formula_array = formula
    if book.app.engine.name == "calc":
        monkeypatch.setattr(differences, "_current_array", lambda cell: xw.Range(impl=cell.impl.array_blocks[0]))
    found = differences._array_blocks(sheet["A1:J40"])
    assert sorted(block.address for block in found) == sorted(blocks)


def test_snapshot_sees_unsaved_edits(titanic: xw.Book) -> None:
    sheet = titanic.sheets["mmult"]
    sheet["S4"].value = 0.1 + 0.2
    sheet["Z4"].formula = "=X4-Y4"
    taken = snapshot(titanic)
    assert taken.cached("mmult", 3, 18) == 0.1 + 0.2
    formula = taken.formula("mmult", 3, 25)
    assert formula is not None
    assert formula.text == "X4-Y4"


# before, after: what a cell holds, exact to the bit
VALUES: list[tuple[Any, Any]] = [
    (0.1 + 0.2, 1 / 3),
    (1e-300, -5e-324),
    (1.7976931348623157e308, -0.1),
    (None, 2.0),
    (3.0, None),
    (True, 1.0),
    (1.0, False),
    ("text", 4.0),
    ("'007", 7.0),
    ("'=1+1", 1.0),
    ("'it's", "it isn't"),
    (5.0, "'quoted"),
    (6.0, "=not a formula"),
    (7.0, "TRUE"),
    (8.0, "3 May"),
    ("#N/A", 1.0),
    (9.0, CellError.DIV0),
]


@pytest.fixture(params=["own", "sheet"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the before-values are: where the program keeps them, and in a hidden sheet, as Excel does."""
    if request.param == "sheet":
        monkeypatch.setattr(record, "stores", lambda book: [InSheet(book)])
    return str(request.param)


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_write_and_undo_to_the_bit(app: xw.App, book: xw.Book, tmp_path: Path, kept: str, ending: str) -> None:
    if ending == "ods" and app.engine.name != "calc":
        pytest.skip("Excel's .ods keeps no number to the bit")
    sheet = book.sheets[0]
    cells = {f"A{row}": pair for row, pair in enumerate(VALUES, 1)}
    for cell, (before, _) in cells.items():
        sheet[cell].value = before
    sheet["B1"].formula = "=A1*2"
    start = held(book, len(VALUES))
    changes = write(book, {"Sheet1": {(row, 0): after for row, (_, after) in enumerate(VALUES)}})
    assert held(book, len(VALUES)) == [code(after) for _, after in VALUES]
    assert len(changes) == len(VALUES)
    assert changes[0].cell == "Sheet1!A1"
    assert (changes[0].before, changes[0].after) == (0.1 + 0.2, 1 / 3)
    assert sheet["B1"].value == 2 / 3
    path = tmp_path / f"later.{ending}"
    book.save(path)
    book.close()
    again = app.books.open(str(path))
    undo(again)
    assert held(again, len(VALUES)) == start
    assert again.sheets["Sheet1"]["B1"].value == 2 * (0.1 + 0.2)
    again.close()
    app.books.add()  # for the fixture to close


def held(book: xw.Book, rows: int) -> list[str]:
    """The codes of A1:A(rows): exact to the bit."""
    taken = snapshot(book)
    return [code(taken.cached("Sheet1", row, 0)) for row in range(rows)]


def test_calc_adds_no_sheet_and_office_takes_what_it_adds(book: xw.Book, tmp_path: Path) -> None:
    """A new sheet has every formula computed; Office keeps 255 characters of a custom property, and may crash over
    more (github.com/OfficeDev/office-js/issues/4378)."""
    if book.app.engine.name != "calc":
        pytest.skip("Excel has the hidden sheet")
    sheets, numbers = book.sheet_names, np.random.default_rng(0).normal(size=500).tolist()
    write(book, {"Sheet1": {(row, 0): number for row, number in enumerate(numbers)}})
    assert book.sheet_names == sheets
    path = tmp_path / "later.xlsx"
    book.save(path)
    with ZipFile(path) as package:
        text = package.read("docProps/custom.xml").decode()
    parts = re.findall(r'name="Cellgrad undo (\w+ 1) (\d+)"><vt:lpwstr>([^<]*)<', text)
    assert {key for key, _, _ in parts} == {"before 1", "after 1"}
    assert len(parts) > 4
    assert all(0 < len(part) <= 255 for _, _, part in parts)
    undo(book)
    assert book.impl.custom_properties.read() == {}


def test_other_properties_of_the_document_stay(book: xw.Book) -> None:
    properties = differences.custom_properties(book)
    if properties is None:
        pytest.skip("Excel on macOS does not say them")
    theirs = {"Cellgrad undo": "x", "Cellgrad undo before": "y", "Client": "Cellgrad undo before 1 1"}
    for name, text in theirs.items():
        properties.add(name, text)
    write(book, {"Sheet1": {(0, 0): 5.0}})
    undo(book)
    assert properties.read() == theirs


def test_what_an_older_version_kept_in_a_sheet_is_undone(book: xw.Book) -> None:
    """It had a row a cell; `open` where a run was cut off."""
    sheet = book.sheets[0]
    sheet["A1:B2"].value = [[5, 6], [7, "x"]]
    old = book.sheets.add(live.UNDO_SHEET, after=sheet)
    old["A1"].value = [
        [1, "s:Sheet1", "$A1", "n:0x1.8p+1", "n:0x1.0p+2"],
        [1, "s:Sheet1", "$A2", "damaged", "open"],
        [2, "s:Sheet1", "$A1", "n:0x1.0p+2", "n:0x1.4p+2"],
        [2, "s:Sheet1", "$B2", "e:#N/A", "t:x"],
        [3, "s:Sheet1", "$A2", "n:0x1.999999999999ap-4", "open"],
    ]
    write(book, {"Sheet1": {(0, 1): 9.0}})
    found = []
    for _ in range(4):
        undo(book)
        found.append([code(value) for row in differences.exact_values(sheet["A1:B2"]) for value in row])
    assert found == [
        [code(value) for value in row]
        for row in (
            (5.0, 6.0, 7.0, "x"),
            (5.0, 6.0, 0.1, "x"),
            (4.0, 6.0, 0.1, CellError.NA),
            (3.0, 6.0, 0.1, CellError.NA),
        )
    ]
    with pytest.raises(WriteError, match="nothing to undo"):
        undo(book)
    assert old.used_range.value is None


def test_large_records_give_way_to_new_ones(book: xw.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MAX_CHARACTERS", 2000)
    draw = np.random.default_rng(0)
    for _ in range(4):  # some 700 characters each
        write(book, {"Sheet1": {(row, 0): float(draw.normal()) for row in range(100)}})
    for left in (True, True, True, False):
        with nullcontext() if left else pytest.raises(WriteError, match="nothing to undo"):
            undo(book)


def test_undo_goes_back_step_by_step(book: xw.Book, kept: str) -> None:
    sheet = book.sheets[0]
    for value in range(MAX_STEPS + 3):
        write(book, {"Sheet1": {(0, 0): float(value + 1), (2, 1): float(-value)}})
    for value in reversed(range(3, MAX_STEPS + 3)):
        assert sheet["A1"].value == value + 1
        undo(book)
    assert sheet["A1"].value == 3.0
    with pytest.raises(WriteError, match="nothing to undo"):
        undo(book)
    assert live.UNDO_SHEET not in snapshot(book).sheets


def test_undo_does_not_run_over_later_edits(book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1:A2"].value = [[1], [2]]
    write(book, {"Sheet1": {(0, 0): 5.0, (1, 0): 6.0}})
    sheet["A2"].value = 99
    with pytest.raises(WriteError, match=r"changed since the run: Sheet1!A2"):
        undo(book)
    assert sheet["A1:A2"].value == [5.0, 99.0]
    undo(book, force=True)
    assert sheet["A1:A2"].value == [1.0, 2.0]


def test_a_run_that_was_cut_off_is_undone(book: xw.Book, kept: str) -> None:
    sheet = book.sheets[0]
    sheet["A1:B2"].value = [[1, 2], [3, 4]]
    dead = Transaction(book, [Region("Sheet1", 0, 0, 2, 2)]).__enter__()
    dead.show([[[5.0, 6.0], [7.0, 8.0]]])
    assert sheet["A1:B2"].value == [[5.0, 6.0], [7.0, 8.0]]
    undo(book)
    assert sheet["A1:B2"].value == [[1.0, 2.0], [3.0, 4.0]]


def test_an_error_puts_everything_back(app: xw.App, book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1:A2"].value = [[1], [2]]
    with pytest.raises(KeyError), Transaction(book, [Region("Sheet1", 0, 0, 2, 1)]) as transaction:
        transaction.show([[[8.0], [9.0]]])
        raise KeyError("stop")
    assert sheet["A1:A2"].value == [1.0, 2.0]
    assert (app.screen_updating, app.enable_events, app.calculation) == (True, True, "automatic")
    with pytest.raises(WriteError, match="nothing to undo"):
        undo(book)


# what is wrong, how to make it so, what is told; the cells A1:A2 are to be written
def _formula(sheet: xw.Sheet) -> None:
    sheet["A2"].formula = "=1+1"


def _array(sheet: xw.Sheet) -> None:
    sheet["A2:B3"].formula_array = "={1,2;3,4}"


def _merged(sheet: xw.Sheet) -> None:
    sheet["A2:B2"].merge()


def _merged_from_above(sheet: xw.Sheet) -> None:
    sheet["A1:A3"].merge()


def _protected(sheet: xw.Sheet) -> None:
    if sheet.book.app.engine.name == "calc":
        sheet.api.protect("")
    else:
        sheet.api.Protect()


def _protected_but_the_first(sheet: xw.Sheet) -> None:
    _unlock(sheet["A1"])
    _protected(sheet)


def _unlock(cells: xw.Range) -> None:
    if cells.sheet.book.app.engine.name == "calc":
        kept = cells.api.CellProtection
        kept.IsLocked = False
        cells.api.CellProtection = kept
    else:
        cells.api.Locked = False


REFUSED = [
    (_formula, r"Sheet1!A2: =1\+1\n.*holds a formula"),
    (_array, r"Sheet1!A2: =\{1,2;3,4\}\n.*holds a formula"),
    (_merged, r"Sheet1!A1:A2: it is part of merged cells"),
    (_merged_from_above, r"Sheet1!A1:A2: it is part of merged cells"),
    (_protected, r"Sheet1!A1: the sheet is protected and this cell is locked; .*unlock the changing cells"),
    (_protected_but_the_first, r"Sheet1!A2: the sheet is protected and this cell is locked"),
]


@pytest.mark.parametrize(("spoil", "message"), REFUSED, ids=[row[0].__name__[1:] for row in REFUSED])
def test_refused_in_words(app: xw.App, book: xw.Book, spoil: Any, message: str) -> None:
    sheet = book.sheets[0]
    sheet["A1"].value = 1
    spoil(sheet)
    before = sheet["A1:B3"].formula
    with pytest.raises(WriteError, match=message):
        write(book, {"Sheet1": {(0, 0): 5.0, (1, 0): 6.0}})
    assert sheet["A1:B3"].formula == before
    assert (app.screen_updating, app.enable_events, app.calculation) == (True, True, "automatic")


def test_the_first_of_merged_cells_can_be_written(book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1:B1"].merge()
    write(book, {"Sheet1": {(0, 0): 5.0}})
    assert sheet["A1"].value == 5.0


def test_hidden_rows_are_written(book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A2:A3"].rows.hidden = True
    write(book, {"Sheet1": {(row, 0): float(row) for row in range(4)}})
    assert sheet["A1:A4"].value == [0.0, 1.0, 2.0, 3.0]
    assert sheet["A2"].impl.row_hidden is True


def test_rows_that_a_filter_hides_are_written(book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1"].value = [["x", "y"], [1, 0.1], [2, 0.2], [3, 0.3], [4, 0.4]]
    if book.app.engine.name == "calc":
        _filter(sheet["A1:B5"].api, over=2.0)
        assert [sheet.api.Rows.getByIndex(row).IsFiltered for row in range(5)] == [False, True, True, False, False]
    else:
        sheet["A1:B5"].api.AutoFilter(1, ">2")
    write(book, {"Sheet1": {(row, 1): float(10 * row) for row in range(1, 5)}})
    assert sheet["B2:B5"].value == [10.0, 20.0, 30.0, 40.0]
    undo(book)
    assert sheet["B2:B5"].value == [0.1, 0.2, 0.3, 0.4]


def test_rows_that_are_not_shown_are_read_where_a_formula_leaves_them_out(book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1"].value = [["x"], [1], [2], [3], [4], [5]]
    sheet["C1"].formula = "=SUBTOTAL(9,A2:A6)"
    sheet["C2"].formula = "=SUBTOTAL(109,A2:A6)"
    if book.app.engine.name == "calc":
        _filter(sheet["A1:A6"].api, over=2.0)
    else:
        sheet["A1:A6"].api.AutoFilter(1, ">2")
    sheet["A6"].rows.hidden = True
    read = snapshot(book).sheets["Sheet1"]
    assert (read.hidden_rows, read.filtered_rows) == ((1, 2, 5), (1, 2))
    values = Reference(snapshot(book))
    assert [values.value("Sheet1", row, 2) for row in (0, 1)] == sheet["C1:C2"].value == [12.0, 7.0]


def _filter(area: Any, over: float) -> None:
    """Show the rows of a range with headers whose first column holds more than this."""
    uno = import_uno()
    field = uno.createUnoStruct("com.sun.star.sheet.TableFilterField")
    field.Field, field.IsNumeric, field.NumericValue = 0, True, over
    field.Operator = uno.Enum("com.sun.star.sheet.FilterOperator", "GREATER")
    descriptor = area.createFilterDescriptor(True)
    descriptor.ContainsHeader = True
    descriptor.setFilterFields((field,))
    area.filter(descriptor)


def test_unlocked_cells_of_a_protected_sheet_are_written_and_undone(book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1"].value = [[1, True, "x"], [2, None, 3], ["=A1*10", "=A2*10", None]]
    _unlock(sheet["A1:C2"])
    _protected(sheet)
    write(book, {"Sheet1": {(0, 0): 5.0, (0, 1): 6.0, (0, 2): 7.0, (1, 0): 8.0, (1, 1): 9.0, (1, 2): 0.5}})
    assert sheet["A1:C2"].value == [[5.0, 6.0, 7.0], [8.0, 9.0, 0.5]]
    assert sheet["A3:B3"].value == [50.0, 80.0]
    undo(book)
    assert sheet["A1:C2"].value == [[1.0, True, "x"], [2.0, None, 3.0]]
    assert sheet["A3:B3"].value == [10.0, 20.0]
    assert differences.is_protected(sheet)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 1), (6, 5)], ids=str)
def test_the_first_locked_cell_is_found_by_halving(book: xw.Book, size: tuple[int, int]) -> None:
    sheet = book.sheets[0]
    cells = sheet["B3"].resize(*size)
    last = cells[-1, -1]
    _unlock(cells)
    _protected(sheet)
    assert differences.first_locked(cells) is None
    _unprotect(sheet)
    if sheet.book.app.engine.name == "calc":
        kept = last.api.CellProtection
        kept.IsLocked = True
        last.api.CellProtection = kept
    else:
        last.api.Locked = True
    assert differences.first_locked(cells) is None  # nothing is, while the sheet is not protected
    _protected(sheet)
    found = differences.first_locked(cells)
    assert found is not None
    assert found.address == last.address


def _unprotect(sheet: xw.Sheet) -> None:
    if sheet.book.app.engine.name == "calc":
        sheet.api.unprotect("")
    else:
        sheet.api.Unprotect()


@pytest.mark.parametrize("twice", [False, True])
def test_a_book_that_is_open_for_reading_alone_is_refused_in_words(app: xw.App, tmp_path: Path, twice: bool) -> None:
    """Asked to be, or open in another LibreOffice, which then offers it for reading."""
    path = tmp_path / "kept.xlsx"
    made = openpyxl.Workbook()
    made.active.append([1.0, "=(A1-3)^2"])
    made.save(path)
    before = path.read_bytes()
    other = app.books.open(str(path)) if twice else None
    with running(app.engine.name) if twice else nullcontext(app) as reader:
        if twice and app.engine.name == "calc":
            with pytest.raises(xw.XlwingsError, match="another program has it open"):
                reader.books.open(str(path))
        _assert_refused(reader, reader.books.open(str(path), read_only=True))
    if other is not None:
        other.close()
    assert path.read_bytes() == before


def _assert_refused(app: xw.App, book: xw.Book) -> None:
    sheets = book.sheet_names
    words = r"'kept\.xlsx' is open read-only, because its file is write-protected or somebody else has it open; save it"
    with pytest.raises(WriteError, match=words):
        write(book, {"Sheet": {(0, 0): 5.0}})
    with pytest.raises(WriteError, match=words):
        optimize_live(book, objective="B1", changing="A1", runner=lambda job, heard: pytest.fail("it was run"))
    with pytest.raises(WriteError, match=words):
        undo(book)
    assert book.sheets["Sheet"]["A1"].value == 1.0
    assert book.sheet_names == sheets
    assert (app.screen_updating, app.enable_events, app.calculation, app.status_bar) == (True, True, "automatic", False)
    book.close()


class Busy(xw.XlwingsError):
    """What Excel answers while a cell is being edited."""

    hresult = -2146777998


def test_a_snapshot_while_a_cell_is_edited_is_refused_in_words(book: xw.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(cells: xw.Range) -> Any:
        raise Busy("Exception from HRESULT: 0x800AC472")

    monkeypatch.setattr(sys.modules["cellgrad.hosts.live.snapshot"], "everything", refuse)
    with pytest.raises(CellgradError, match=r"cannot be read: .*0x800AC472; finish editing the cell"):
        optimize_live(book, objective="A2", changing="A1")


@pytest.mark.parametrize("patience", [60.0, 0.0])
def test_an_answer_waits_for_the_end_of_editing(
    titanic: xw.Book, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    """Showings are skipped meanwhile, and the answer comes after; past all patience the sheet is as it was."""
    monkeypatch.setattr("cellgrad.live.EDITING_SECONDS", patience)
    refusals, put = 5, writing._put
    sheet = titanic.sheets["linear"]
    before = sheet["G2:P2"].value

    def refuse(*arguments: Any) -> None:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            raise Busy("Exception from HRESULT: 0x800AC472")
        put(*arguments)

    monkeypatch.setattr(writing, "_put", refuse)
    if patience:
        answer = optimize_live(titanic, "linear", every=0.0, runner=run)
        assert sheet["G2:P2"].value == answer.x.tolist()
    else:
        refusals = 1  # none when the sheet is put back
        with pytest.raises(WriteError, match="finish editing the cell"):
            optimize_live(titanic, "linear", every=None, runner=run)
        assert sheet["G2:P2"].value == before
    assert (titanic.app.screen_updating, titanic.app.calculation) == (True, "automatic")


def test_a_missing_sheet_is_told(book: xw.Book) -> None:
    with pytest.raises(ArgumentError, match="no sheet 'Nope'; the sheets are Sheet1"):
        write(book, {"Nope": {(0, 0): 1.0}})


def test_a_manual_workbook_stays_manual(app: xw.App, book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1"].value = 1
    sheet["A2"].formula = "=A1*2"
    app.calculation = "manual"
    try:
        write(book, {"Sheet1": {(0, 0): 5.0}})
        assert app.calculation == "manual"
        assert sheet["A2"].value == 2.0
        assert snapshot(book).manual
    finally:
        app.calculation = "automatic"


def test_optimising_in_the_open_sheet(app: xw.App, titanic: xw.Book) -> None:
    """The sheet's own recalculated loss is ours to 1e-9; the optimum of the linear model is known."""
    sheet = titanic.sheets["linear"]
    before, parameters = sheet["AA1"].value, sheet["G2:P2"].value
    answer = optimize_live(titanic, "linear")
    assert sheet["AA1"].value == pytest.approx(answer.value, rel=1e-9)
    assert answer.value == pytest.approx(0.144227149307, abs=1e-11)
    assert app.status_bar is False
    undo(titanic)
    assert sheet["G2:P2"].value == parameters
    assert sheet["AA1"].value == before


def test_a_class_watches_it_learn(app: xw.App, titanic: xw.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status bar tells the step, the cells move before the end, and a stop keeps the best values so far."""
    monkeypatch.setattr("cellgrad.live.STATUS_SECONDS", 0.0)
    sheet = titanic.sheets["mmult"]
    seen: list[tuple[object, float]] = []

    def stop() -> bool:
        seen.append((app.status_bar, sheet["AA1"].value))
        return len(seen) == 6

    start = sheet["AA1"].value
    answer = optimize_live(titanic, "mmult", every=0.0, stop=stop, runner=run, method="adam")
    assert answer.status == "stopped by user"
    assert str(seen[1][0]).startswith("Cellgrad: step ")
    assert len({value for _, value in seen}) > 2
    assert sheet["AA1"].value == pytest.approx(answer.value, rel=1e-9)
    assert answer.value < start


def test_a_run_that_fails_leaves_the_sheet_alone(book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1"].value = [[-1], ["=LN(A1)"]]
    with pytest.raises(ModelError, match=r"#NUM!"):
        optimize_live(book, objective="A2", changing="A1")
    assert sheet["A1"].value == -1.0
    assert live.UNDO_SHEET not in book.sheet_names


def test_an_interrupted_run_leaves_the_sheet_as_it_was(titanic: xw.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellgrad.live.STATUS_SECONDS", 0.0)
    sheet = titanic.sheets["mmult"]
    before = sheet["S4:T13"].value
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        if asked == 4:
            assert sheet["S4:T13"].value != before
            raise CellgradError("the power fails")
        return False

    with pytest.raises(CellgradError, match="power"):
        optimize_live(titanic, "mmult", every=0.0, stop=stop, runner=run)
    assert sheet["S4:T13"].value == before
