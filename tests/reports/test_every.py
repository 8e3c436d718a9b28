"""The one door to the reports: which there are, their sheets, tables and JSON, alone and together."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from tests import libreoffice
from tests.reports.product_mix import INFEASIBLE, SHEET, SOLUTION, run, saved, workbook
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.errors import ArgumentError, ModelError
from cellgrad.gradients.structure import Form, Reason, Structure
from cellgrad.optimize.constraint_cells import ConstraintCell
from cellgrad.optimize.solution import Basin, Solution, StartOutcome, Status
from cellgrad.reports.answer import AnswerReport
from cellgrad.reports.basins import BasinsReport
from cellgrad.reports.contents import Run, run_of
from cellgrad.reports.every import KINDS, answers, known_reports, report_on, write_reports
from cellgrad.reports.history import HistoryReport
from cellgrad.reports.structure import StructureReport
from cellgrad.session import Book

BASINS = [Basin(25000.0, 3, np.array([200.0, 200.0, 0.0]), 1), Basin(20000.0, 1, np.array([0.0, 0.0, 600.0]), 0)]
SEARCHED: Solution = dataclasses.replace(
    SOLUTION, basins=BASINS, best_start=1,
    starts=[StartOutcome(20000.0, Status.CONVERGED, 3), *[StartOutcome(25000.0, Status.OPTIMAL, 9)] * 3],
)  # fmt: skip
HARD = Structure(
    Form.SMOOTH, (Form.LINEAR, Form.LINEAR, Form.DISCONTINUOUS), False, 12,
    (Reason(parse_region("E13", SHEET), "=INT(B2)", Form.DISCONTINUOUS, "INT jumps"),),
)  # fmt: skip
FAILED = Run("Other", "", "min", ModelError("there is nothing to change"))


def said(page: Worksheet) -> dict[object, object]:
    """What stands beside each label of the first column."""
    return {row[0].value: row[1].value for row in page.iter_rows(max_col=2) if row[0].value is not None}


def written(tmp_path: Path, which: list[str] | None, *runs: Run) -> openpyxl.Workbook:
    write_reports(tmp_path / "r.xlsx", which, runs, workbook(), "mix.xlsx")
    return openpyxl.load_workbook(tmp_path / "r.xlsx")


# ---------------------------------------------------------------- which reports there are

NAMES = [
    ("", tuple(KINDS)), ("all", tuple(KINDS)), ("answer", ("answer",)),
    ("structure, Answer", ("answer", "structure")), ("least_squares", ("least-squares",)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), NAMES)
def test_reports_are_asked_for_by_name(text: str, expected: tuple[str, ...]) -> None:
    assert known_reports(text) == expected


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(
        ArgumentError, match=r"no report is called 'margins'.*\n?.*answer, sensitivity, limits, least-squares"
    ):
        known_reports("answer,margins")


SHEETS = [
    (None, [run()], ["answer", "sensitivity", "run history", "structure"]),
    (None, [run(None)], ["answer", "structure"]),
    (None, [run(INFEASIBLE, structure=None)], ["answer"]),
    (None, [run(SEARCHED)], ["answer", "sensitivity", "basins", "run history", "structure"]),
    (["basins"], [run()], ["basins"]),
    (["answer"], [run(), FAILED], ["summary", f"answer {SHEET}", "answer Other"]),
    (None, [FAILED], ["answer"]),
    (["sensitivity"], [run(sheet="a sheet with a name as long as they may be"[:31])] * 2,
     ["summary", "sensitivity a sheet with a name", "sensitivity a sheet with a  (2)"]),
]  # fmt: skip


@pytest.mark.parametrize(("which", "runs", "expected"), SHEETS)
def test_each_report_that_there_is_has_a_sheet(which, runs, expected, tmp_path: Path) -> None:
    book = written(tmp_path, which, *runs)
    assert book.sheetnames == expected
    assert all(len(name) <= 31 for name in book.sheetnames)


def test_one_asked_for_that_cannot_be_says_why(tmp_path: Path) -> None:
    page = written(tmp_path, ["basins"], run())["basins"]
    assert page["A4"].value == "There is no such report here: there was one start only: ask for more, to see where " \
                               "others end."  # fmt: skip
    assert answers(["basins"], run(), workbook())[0]["none_because"].startswith("there was one start only")
    assert answers(None, FAILED, workbook()) == []


@pytest.mark.parametrize("made", [run(), run(None), run(INFEASIBLE), run(SEARCHED, structure=HARD)],
                         ids=["linear", "before", "infeasible", "several starts"])  # fmt: skip
def test_every_report_is_a_frame_json_and_a_sheet(made: Run, tmp_path: Path) -> None:
    told = answers(None, made, workbook())
    json.dumps(told, allow_nan=False)
    reports = [report for kind in KINDS if (report := report_on(kind, made, workbook())) is not None]
    assert [one["report"] for one in told] == [report.answer()["report"] for report in reports]
    assert all(isinstance(report.frame(), pd.DataFrame) for report in reports)
    book = written(tmp_path, None, made)
    for page in book.worksheets:
        assert page.print_area, "what is printed is set"
        assert page.freeze_panes, "titles stay in view"
        assert all(cell.value != "#NUM!" for row in page.iter_rows() for cell in row)


# ---------------------------------------------------------------- the answer


def test_the_answer_lists_constraints_as_solver_does(tmp_path: Path) -> None:
    page = written(tmp_path, ["answer"], run())["answer"]
    (top,) = [
        row[0].row for row in page.iter_rows(max_col=1) if row[0].value == "5 constraints: 2 binding, 3 not binding"
    ]
    rows = [[cell.value for cell in row] for row in page.iter_rows(top + 1, top + 6, 1, 6)]
    assert rows == [
        ["cell", "name", "value", "formula", "status", "slack"],
        ["'Product mix'!E11", "Chassis used", 400, "E11 <= F11 (450)", "Not binding", 50],
        ["'Product mix'!E12", "Picture tube used", 200, "E12 <= F12 (250)", "Not binding", 50],
        ["'Product mix'!E13", "Speaker cone used", 800, "E13 <= F13 (800)", "Binding", 0],
        ["'Product mix'!E14", "Power supply used", 400, "E14 <= F14 (450)", "Not binding", 50],
        ["'Product mix'!E15", "Electronics used", 600, "E15 <= F15 (600)", "Binding", 0],
    ]
    words = said(page)
    assert words["warning"] == "The constraint on E12 is small."
    assert words["method"] == "simplex-lp (a linear model with 5 constraints)"


def test_whole_numbers_are_marked() -> None:
    whole = ConstraintCell(parse_region("B2", SHEET), "int", place=0)
    frame = AnswerReport.of(run(SOLUTION, whole), workbook()).frame()
    assert frame["kind"].tolist() == ["whole", "", ""]
    assert frame["bounds"].tolist() == [">= 0, whole", ">= 0", ">= 0"]


def test_an_infeasible_model_names_what_is_in_conflict(tmp_path: Path) -> None:
    words = said(written(tmp_path, ["answer"], run(INFEASIBLE))["answer"])
    assert words["in conflict"] == (
        "E11 <= F11 (450); E13 <= F13 (800); C2 >= 0. These cannot hold together; leave out any one of them and the "
        "others can"
    )
    assert str(words["note"]).startswith("the workbook keeps its start values")
    told = AnswerReport.of(run(INFEASIBLE), workbook()).answer()
    assert told["conflict"] == {
        "irreducible": True, "among": ["E11 <= F11 (450)", "E13 <= F13 (800)", "C2 >= 0"]
    }  # fmt: skip


STARTS = [
    (SEARCHED, "4 starts; number 2 was the best, with 25000. The sheet's own gave 20000 (converged)"),
    (dataclasses.replace(SEARCHED, best_start=0, starts=[StartOutcome(25000.0, Status.OPTIMAL, 3)] * 2),
     "2 starts; the sheet's own was the best and gave 25000 (optimal)"),
    (dataclasses.replace(SEARCHED, starts=[StartOutcome(math.nan, Status.ERROR_VALUE, 0), *SEARCHED.starts[1:]]),
     "4 starts; number 2 was the best, with 25000. The sheet's own gave no value (error value)"),
]  # fmt: skip


@pytest.mark.parametrize(("solution", "words"), STARTS)
def test_the_answer_tells_what_the_sheets_own_start_gave(solution: Solution, words: str, tmp_path: Path) -> None:
    assert said(written(tmp_path, ["answer"], run(solution))["answer"])["starts"] == words


def test_a_real_run_tells_its_constraints() -> None:
    model = saved().model(SHEET)
    before = AnswerReport.of(run_of(model), workbook()).constraints_frame()
    assert before["value"].tolist() == [200, 100, 500, 200, 400], "from 100 of each, by hand"
    model.optimize()
    after = AnswerReport.of(run_of(model), workbook()).constraints_frame()
    assert after["value"].tolist() == pytest.approx([400, 200, 800, 400, 600])
    assert after["slack"].tolist() == pytest.approx([50, 50, 0, 50, 0], abs=1e-9)


def test_a_right_side_that_moves_is_told_with_its_value() -> None:
    """The most of A1 with A1 <= 10 - A1: at 5, where the right side is 5."""
    book = Book(Path("b.xlsx"), book_of({"S": {"A1": 1.0, "B1": "=10-A1", "C1": "=A1*2"}}))
    model = book.model("S", "C1", "A1", "max", subject_to=["A1<=B1"])
    model.optimize()
    (line,) = AnswerReport.of(run_of(model), book.workbook).constraints
    assert (line.value, line.limit, line.slack) == pytest.approx((5, 5, 0), abs=1e-7)
    assert (line.formula, line.standing.value) == ("A1 <= B1 (5)", "Binding")


def test_a_model_that_only_has_to_be_made_feasible_is_reported(tmp_path: Path) -> None:
    book = Book(Path("b.xlsx"), book_of({"S": {"A1": 1.0, "B1": "=A1*2"}}))
    model = book.model("S", changing="A1", subject_to=["B1>=6"])
    made = run_of(model)
    write_reports(tmp_path / "r.xlsx", None, [made], book.workbook, "b.xlsx")
    page = openpyxl.load_workbook(tmp_path / "r.xlsx")["answer"]
    assert page["A1"].value == "Answer: S"
    assert [row[4].value for row in page.iter_rows() if row[0].value == "S!B1"] == ["Violated"]


# ---------------------------------------------------------------- basins, history, structure


def test_basins_are_counted_and_drawn(tmp_path: Path) -> None:
    report = BasinsReport.of(run(SEARCHED))
    frame = report.frame()
    assert list(frame) == ["objective", "starts", "share", "first start", "B2", "C2", "D2"]
    assert frame.loc[1].tolist() == [25000, 3, 0.75, 2, 200, 200, 0]
    assert frame.loc[2].tolist() == [20000, 1, 0.25, 1, 0, 0, 600]
    page = written(tmp_path, ["basins"], run(SEARCHED))["basins"]
    assert str(page["A4"].value).startswith("4 starts ended in 2 different places; 3 of them were in the best, where")
    rows = [[cell.value for cell in row] for row in page.iter_rows(max_col=8) if row[0].value in (1, 2)]
    assert rows == [[1, 25000, 3, 0.75, 2, 200, 200, 0], [2, 20000, 1, 0.25, 1, 0, 0, 600]]
    assert len(page._charts) == 1


def test_of_many_changing_cells_the_first_are_told() -> None:
    cells = tuple(parse_region(f"B{row}", SHEET) for row in range(1, 31))
    basins = [Basin(1.0, 2, np.arange(30.0), 0)]
    report = BasinsReport.of(run(dataclasses.replace(SEARCHED, basins=basins), cells=cells))
    assert len(report.frame().columns) == 4 + 20
    assert len(report.answer()["basins"][0]["changing"]) == 20


def test_history_is_a_row_a_step(tmp_path: Path) -> None:
    history = [(1, 20000.0, 0.5), (2, 25000.0, 0.25)]
    made = run(dataclasses.replace(SOLUTION, history=history))
    frame = HistoryReport.of(made).frame()
    assert frame["objective"].to_dict() == {0: 16000, 1: 20000, 2: 25000}
    assert frame["change"].tolist() == pytest.approx([math.nan, 4000, 5000], nan_ok=True)
    page = written(tmp_path, ["history"], made)["run history"]
    assert [[cell.value for cell in row] for row in page.iter_rows(7, 9, 1, 4)] == [
        [0, 16000, None, None], [1, 20000, 4000, 0.5], [2, 25000, 5000, 0.25],
    ]  # fmt: skip
    assert len(page._charts) == 2, "the objective, and the rate"


def test_what_falls_by_powers_is_drawn_on_a_logarithmic_axis(tmp_path: Path) -> None:
    for factor, expected in ((0.9, None), (0.1, 10)):
        history = [(step, 16000 * factor**step, math.nan) for step in range(1, 9)]
        page = written(tmp_path, ["history"], run(dataclasses.replace(SOLUTION, history=history)))["run history"]
        (chart,) = page._charts
        assert chart.y_axis.scaling.logBase == expected


def test_structure_names_the_cells_to_blame(tmp_path: Path) -> None:
    report = StructureReport.of(run(structure=HARD))
    assert report.frame().reset_index().to_dict("records") == [
        {"cell": "'Product mix'!E13", "formula": "=INT(B2)", "makes it": "discontinuous", "why": "INT jumps"}
    ]
    told = report.answer()
    assert (told["form"], told["objective"]["form"], told["convex"]) == ("discontinuous", "smooth", False)
    assert (told["rows"], told["row_forms"]) == (3, {"linear": 2, "discontinuous": 1})
    words = said(written(tmp_path, ["structure"], run(structure=HARD))["structure"])
    assert words["'Product mix'!E13"] == "=INT(B2)"
    assert words["size"] == "3 changing cells, 3 constrained cells"
    assert words["sum of squares"] == "of 12 residuals"
    assert str(words["convex"]).startswith("no")
    assert (words["linear"], words["smooth"], words["discontinuous"]) == (
        "2 constrained cells", "the objective", "1 constrained cell",
    )  # fmt: skip


def test_the_summary_has_a_line_a_model(tmp_path: Path) -> None:
    page = written(tmp_path, ["answer"], run(), FAILED)["summary"]
    assert [[cell.value for cell in row] for row in page.iter_rows(5, 6, 1, 9)] == [
        [SHEET, "'Product mix'!E18", "the most", 16000, 25000, "simplex-lp", 3, 0.0123, "optimal"],
        ["Other", None, "the least", None, None, None, None, None, "there is nothing to change"],
    ]


@pytest.mark.libreoffice
def test_libreoffice_opens_every_report(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    runs = [run(SEARCHED, structure=HARD), run(INFEASIBLE)]
    write_reports(path, tuple(KINDS), runs, workbook(), "mix.xlsx")
    again = openpyxl.load_workbook(libreoffice.recalculate(path, tmp_path / "again"))
    first = openpyxl.load_workbook(path)
    assert again.sheetnames == first.sheetnames
    for name in first.sheetnames:
        assert len(again[name]._charts) == len(first[name]._charts), name
        assert said(again[name]) == said(first[name])


def test_a_model_without_an_objective(tmp_path: Path) -> None:
    """What is said of an objective has no place there."""
    feasible = dataclasses.replace(run(), objective="")
    assert [report["report"] for report in answers(None, feasible, workbook())] == ["answer", "structure"]
    (told,) = answers(["sensitivity"], feasible, workbook())
    assert told["none_because"] == "the model has no objective"
    write_reports(tmp_path / "report.xlsx", None, [feasible], workbook(), "book.xlsx")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames == ["answer", "structure"]
    said = [str(value) for row in book["answer"].iter_rows(values_only=True) for value in row if value is not None]
    assert "none: the constraints have to hold" in said and "objective" not in said
