"""The answer report: what it says of a run, read with openpyxl."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from tests import commands
from tests.sheets import book_of

from cellgrad.reports.answer import CHANGING, HISTORY_AT
from cellgrad.reports.contents import MOST_POINTS, run_of, thinned
from cellgrad.reports.every import write_reports
from cellgrad.session import Book, open_book
from cellgrad.solver_models import Constraint, Relation, SolverModel

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"


def texts(page: Worksheet) -> dict[str, object]:
    """What stands beside each label of the first column."""
    return {row[0].value: row[1].value for row in page.iter_rows() if isinstance(row[0].value, str)}


def table(page: Worksheet, first: str) -> list[list[object]]:
    """The rows below the header that begins with this word, down to the first blank."""
    top = next(row[0].row for row in page.iter_rows(max_col=1) if row[0].value == first)
    rows = []
    for row in page.iter_rows(top + 1, max_col=len(CHANGING)):
        if row[0].value is None:
            break
        rows.append([cell.value for cell in row])
    return rows


def test_a_run_by_hand(tmp_path: Path) -> None:
    """(x - 3)^2 + 1 from x = 0: before 10, after 1 at x = 3, where the slope is 0."""
    source = commands.workbook(tmp_path / "b.xlsx", {"A1": "price", "B1": 0, "B2": "=(B1-3)^2+1", "A2": "cost"})
    report = tmp_path / "r.xlsx"
    ran = commands.run("optimize", source, "--objective", "B2", "--changing", "B1", "--report", report, "--json")
    (answer,) = ran.json
    assert (ran.code, answer["report"]) == (0, str(report))
    page = openpyxl.load_workbook(report)["answer"]
    assert page["A1"].value == "Answer: Sheet1!B2"
    assert str(page["A2"].value).startswith("b.xlsx, 20")
    assert table(page, "objective")[0][:5] == ["Sheet1!B2", "cost", 10, pytest.approx(1), pytest.approx(-9)]
    assert table(page, "cell") == [
        ["Sheet1!B1", "price", 0, pytest.approx(3), pytest.approx(3), pytest.approx(0, abs=1e-6), None]
    ]
    said = texts(page)
    assert said["goal"] == "the least"
    assert answer["status"] in str(said["ended"])
    assert answer["message"] in str(said["ended"])
    assert said["in Solver's words"] == f"{answer['solver_message']} (Solver's result 0)"
    assert said["method"] == f"{answer['method']} ({answer['reason']})"
    assert str(said["effort"]).startswith(f"{answer['iterations']:,} steps, {answer['evaluations']:,} evaluations")
    assert str(said["time"]).endswith("s on cpu")


def test_the_history_is_a_table_and_a_chart(tmp_path: Path) -> None:
    report = tmp_path / "r.xlsx"
    ran = commands.run(
        "step", TITANIC, "--sheet", "nnet", "--steps", 40, "--learning-rate", 0.1, "--out", tmp_path / "o.xlsx",
        "--report", report, "--json",
    )  # fmt: skip
    (answer,) = ran.json
    page = openpyxl.load_workbook(report)["answer"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(5, 45, HISTORY_AT + 1, HISTORY_AT + 2)]
    assert [step for step, _ in rows] == list(range(41))
    losses = np.array([loss for _, loss in rows], float)
    assert losses[0] == pytest.approx(answer["objective"]["before"], rel=1e-15)
    assert losses[-1] == pytest.approx(answer["objective"]["after"], rel=1e-12)
    assert (np.diff(losses) <= 0).all(), "the best value so far"
    assert len(page._charts) == 1


def test_several_models_have_a_sheet_each_and_a_summary(tmp_path: Path) -> None:
    report = tmp_path / "r.xlsx"
    ran = commands.run("optimize", TITANIC, "--out", tmp_path / "o.xlsx", "--report", report, "--reports", "answer",
                       "--json")  # fmt: skip
    assert ran.code == 0
    book = openpyxl.load_workbook(report)
    assert book.sheetnames == ["summary", *(f"answer {answer['sheet']}" for answer in ran.json)]
    assert len(ran.json) == 5
    rows = [[cell.value for cell in row] for row in book["summary"].iter_rows(5, 9, 1, 9)]
    for row, answer in zip(rows, ran.json, strict=True):
        objective = answer["objective"]
        assert row[:2] == [answer["sheet"], objective["cell"]]
        assert row[3:5] == [pytest.approx(objective["before"]), pytest.approx(objective["after"])]
        assert row[8] == answer["status"]
    for answer in ran.json:
        found = table(book[f"answer {answer['sheet']}"], "cell")
        assert [row[0] for row in found] == [one["cell"] for one in answer["changing"]]
        assert [row[2:4] for row in found] == [
            [pytest.approx(one["before"]), pytest.approx(one["after"])] for one in answer["changing"]
        ]


def test_a_model_that_cannot_run_says_why(tmp_path: Path) -> None:
    cells = {"A1": 1, "B1": "=A1/0"}
    source, report = commands.workbook(tmp_path / "b.xlsx", cells), tmp_path / "r.xlsx"
    ran = commands.run("optimize", source, "--objective", "B1", "--changing", "A1", "--report", report)
    assert ran.code == 1
    page = openpyxl.load_workbook(report)["answer"]
    assert "#DIV/0!" in str(page["A4"].value)


def test_before_any_run_the_report_tells_what_is(tmp_path: Path) -> None:
    book = open_book(TITANIC)
    model = book.model("linear")
    write_reports(tmp_path / "r.xlsx", ["answer"], [run_of(model)], book.workbook, "titanic.xlsx")
    page = openpyxl.load_workbook(tmp_path / "r.xlsx")["answer"]
    assert str(texts(page)["run"]).startswith("none yet")
    rows = table(page, "cell")
    assert [row[2] for row in rows] == [row[3] for row in rows] == pytest.approx(model.x0.tolist())
    assert [row[5] for row in rows] == pytest.approx(model.gradients().tolist())
    assert rows[0][1] == "parameters SibSp"


def test_a_long_history_is_thinned_and_keeps_its_end() -> None:
    history = [(step, 1.0 / step, 0.1) for step in range(1, 100_001)]
    kept = thinned(history)
    assert len(kept) <= MOST_POINTS + 1
    assert (kept[0], kept[-1]) == (history[0], history[-1])
    assert thinned(history[:7]) == history[:7]
    assert thinned([]) == []


BOUNDS = [
    (Constraint("S!$A$1:$A$2", Relation.AT_MOST, "5"), {"A1": "<= 5", "A2": "<= 5"}),
    (Constraint("S!$A$2", Relation.AT_LEAST, "S!$D$1"), {"A2": ">= 0.5"}),
    (Constraint("S!$A$1:$A$2", Relation.AT_LEAST, "S!$D$1:$D$2"), {"A1": ">= 0.5", "A2": ">= -4"}),
    (Constraint("S!$A$1", Relation.INTEGER, "integer"), {"A1": "whole"}),
    (Constraint("S!$C$1", Relation.AT_MOST, "5"), {}),
]


def saved(*constraints: Constraint, non_negative: bool = False) -> Book:
    """A workbook with a saved model in A1, A2 and C1, and numbers in D1, D2."""
    cells = {"A1": 1.0, "A2": 2.0, "C1": "=A1*A2", "D1": 0.5, "D2": -4.0}
    book = Book(Path("b.xlsx"), book_of({"S": cells}))
    book.saved["S"] = SolverModel("S", "S!$C$1", "S!$A$1:$A$2", non_negative=non_negative, constraints=constraints)
    return book


@pytest.mark.parametrize(("constraint", "expected"), BOUNDS, ids=[str(row[0]) for row in BOUNDS])
def test_bounds_are_those_of_the_saved_model(constraint: Constraint, expected: dict[str, str]) -> None:
    run = run_of(saved(constraint).model("S"))
    assert {cell.a1: text for cell, text in run.bounds.items()} == expected


def test_bounds_get_a_column(tmp_path: Path) -> None:
    book = saved(Constraint("S!$A$2", Relation.AT_MOST, "9"), non_negative=True)
    write_reports(tmp_path / "r.xlsx", ["answer"], [run_of(book.model("S"))], book.workbook, "b.xlsx")
    rows = table(openpyxl.load_workbook(tmp_path / "r.xlsx")["answer"], "cell")
    assert [row[6] for row in rows] == [">= 0", ">= 0, <= 9"]


def test_a_report_in_the_workbooks_own_place_is_refused(tmp_path: Path) -> None:
    source = commands.workbook(tmp_path / "b.xlsx", {"A1": 2, "C1": "=A1^2"})
    for report in (source, tmp_path / "b-optimized.xlsx"):
        ran = commands.run("optimize", source, "--objective", "C1", "--changing", "A1", "--report", report)
        assert ran.code == 2
        assert "is the workbook itself" in ran.err
