"""On a live LibreOffice Calc: the gradient map and the answer report, opened beside the user's workbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
import xlwings as xw
from tests.libreoffice import require

from cellgrad import live_reports, live_run, macros
from cellgrad.errors import ModelError
from cellgrad.hosts import calc
from cellgrad.hosts.settings import Settings
from cellgrad.reports.answer import HISTORY_AT
from cellgrad.reports.gradient_map import TABLE_AT
from cellgrad.reports.record import read_record, record_of
from cellgrad.session import open_book
from cellgrad.worker import last_run

POINTS = [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0), (3.0, 7.5)]


@pytest.fixture(scope="module")
def office() -> Iterator[xw.App]:
    require()
    with calc.start() as app:
        yield app


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports and records of runs go into the test's own folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))


def line(path: Path) -> Path:
    """A line a x + b through four points, its model saved as Solver saves it."""
    with xlsxwriter.Workbook(path) as file:
        sheet = file.add_worksheet("Line")
        sheet.write_row("A1", [0.25, -0.75])
        for row, (x, y) in enumerate(POINTS, 2):
            sheet.write_row(row - 1, 0, [x, y])
            sheet.write_formula(row - 1, 2, f"=$A$1*A{row}+$B$1")
        sheet.write("C1", "squares")
        sheet.write_formula("D1", "=SUMXMY2(B2:B5,C2:C5)")
        for name, text in (("opt", "Line!$D$1"), ("adj", "Line!$A$1:$B$1"), ("typ", "2"), ("neg", "2"), ("num", "0")):
            file.define_name(f"Line!solver_{name}", f"={text}")
        file.add_worksheet("Empty")
    return path


@pytest.fixture
def book(office: xw.App, tmp_path: Path) -> Iterator[xw.Book]:
    opened = office.books.open(str(line(tmp_path / "line.xlsx")))
    opened.set_mock_caller()
    yield opened
    for one in [one for one in office.books if one.name != opened.name]:
        one.close()
    opened.close()


@pytest.mark.libreoffice
def test_the_gradient_map_of_unsaved_edits(book: xw.Book) -> None:
    """The derivative of the sum of squares by a is -2 sum x (y - a x - b), by y 2 (y - a x - b), and so on."""
    a, b = 0.5, 0.25
    book.sheets["Line"]["A1:B1"].value = [a, b]
    report = live_reports.gradient_map(book, "Line")
    assert (book.name, report.name) == ("line.xlsx", "line gradient map.xlsx")
    assert [sheet.name for sheet in report.sheets] == ["gradient map", "Line"]
    x, y = np.array(POINTS).T
    off = y - a * x - b
    mirror = report.sheets["Line"]
    assert mirror["A1:B1"].value == pytest.approx([-2 * x @ off, -2 * off.sum()], rel=1e-12)
    assert mirror["A2:A5"].value == pytest.approx((-2 * a * off).tolist(), rel=1e-12)
    assert mirror["B2:B5"].value == pytest.approx((2 * off).tolist(), rel=1e-12)
    assert mirror["D1"].value == pytest.approx(off @ off, rel=1e-12)
    assert mirror["C1"].value == "squares"
    listed = report.sheets["gradient map"].range((TABLE_AT + 2, 1)).value
    assert listed == "Line!A1"
    assert "save it where you want to keep it" in str(book.app.status_bar)
    assert live_reports.gradient_map(book, "Line").name == "line gradient map 2.xlsx", "the first is still open"


@pytest.mark.libreoffice
def test_the_report_on_the_last_run_and_what_happened_since(book: xw.Book) -> None:
    answer = live_run.search(book, "Line", Settings("gradient-descent", "cpu", 5, 0.01))
    page = live_reports.answer_report(book, "Line").sheets["answer"]
    assert page["A1"].value == "Answer: Line!D1"
    assert page["C5:D5"].value == pytest.approx([answer.start_value, answer.value], rel=1e-12)
    rows = {row[0]: row for row in page["A7:D17"].value if row[0]}
    assert rows["ended"][1] == f"{answer.status}. {answer.message}"
    assert rows["effort"][1].startswith("5 steps")
    assert "since then" not in rows
    assert page["C16:D16"].value == pytest.approx([0.25, answer.x[0]], rel=1e-12)
    steps = page.range((5, HISTORY_AT + 1), (10, HISTORY_AT + 1)).value
    assert steps == [0, 1, 2, 3, 4, 5]
    macros.undo()
    page = live_reports.answer_report(book, "Line").sheets["answer"]
    said = {row[0]: row[1] for row in page["A7:B14"].value if row[0]}
    assert said["since then"].startswith("the changing cells hold other values now")
    book.sheets["Line"]["B5"].value = 20
    page = live_reports.answer_report(book, "Line").sheets["answer"]
    assert any(str(row[1]).startswith("the workbook has changed") for row in page["A7:B14"].value)


@pytest.mark.libreoffice
def test_without_a_run_it_reports_on_the_model(book: xw.Book) -> None:
    page = live_reports.answer_report(book, "Line").sheets["answer"]
    assert {row[0]: row[1] for row in page["A7:B14"].value}["run"].startswith("none yet")
    assert page["C12:D12"].value == [0.25, 0.25]


@pytest.mark.libreoffice
def test_a_sheet_without_a_model_is_refused_in_words_and_opens_nothing(book: xw.Book) -> None:
    before = len(book.app.books)
    for button in (live_reports.gradient_map, live_reports.answer_report):
        with pytest.raises(ModelError, match="has no saved model"):
            button(book, "Empty")
    assert len(book.app.books) == before


# ---------------------------------------------------------------- what a run leaves for its report


def test_a_record_keeps_every_digit(tmp_path: Path) -> None:
    model = open_book(line(tmp_path / "line.xlsx")).model("Line")
    solution = model.optimize(starts=3, seed=1)
    found = read_record(record_of(model, solution))
    assert found is not None
    assert (found.sheet, found.objective, found.changing, found.goal) == ("Line", "Line!D1", ["Line!A1:B1"], "min")
    assert found.start.tolist() == [0.25, -0.75]
    assert found.solution.x.tolist() == solution.x.tolist()
    assert found.solution.history == solution.history
    for name in ("value", "start_value", "status", "message", "method", "reason", "iterations", "starts", "seconds"):
        assert getattr(found.solution, name) == getattr(solution, name)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"solution": 1}', '{"solution": {"x": [1]}}', "no JSON"])
def test_a_record_that_is_none_is_no_run(text: str) -> None:
    assert read_record(text) is None


def test_the_last_run_of_each_workbook_is_kept_apart() -> None:
    last_run.keep("/one.xlsx", "first")
    last_run.keep("/other.xlsx", "second")
    last_run.keep("/one.xlsx", "third")
    assert (last_run.find("/one.xlsx"), last_run.find("/other.xlsx")) == ("third", "second")
    last_run.keep("/one.xlsx", "")
    assert last_run.find("/one.xlsx") == ""


def test_old_reports_are_swept_away(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    for number in range(live_reports.KEPT + 5):
        (folder / f"{number}.xlsx").touch()
    live_reports._sweep(folder)
    assert len(list(folder.iterdir())) == live_reports.KEPT
