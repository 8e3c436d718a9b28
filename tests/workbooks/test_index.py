"""workbooks/index.xlsx: what it says of the other workbooks is what they say of themselves."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from tests.libreoffice import require
from tests.workbooks import lesson_checks as checks

import cellgrad
from cellgrad.lessons import BUILDERS
from cellgrad.lessons.index.contents import FILES, GLOSSARY, LESSONS, TRAINED
from cellgrad.lessons.index.shipped import read_shipped
from cellgrad.lessons.index.training import train
from cellgrad.lessons.training import read_results

WORKBOOKS = checks.WORKBOOKS
TRAIN = "stale: run `cellgrad lessons train --only index`, then `cellgrad lessons build --only index`"


@pytest.fixture(scope="module")
def values():
    return checks.opened("index.xlsx", data_only=True)


@pytest.fixture(scope="module")
def formulas():
    return checks.opened("index.xlsx")


def table(sheet: Worksheet) -> list[dict[str, object]]:
    """The rows below the header in row 4, down to the first without a workbook."""
    header = [cell.value for cell in sheet[4]]
    rows = []
    for row in sheet.iter_rows(min_row=5, values_only=True):
        if row[0] is None:
            return rows
        rows.append(dict(zip(header, row, strict=True)))
    return rows


@functools.cache
def sheet_names(file: str) -> list[str]:
    return openpyxl.load_workbook(WORKBOOKS / file, read_only=True).sheetnames


@functools.cache
def objective(file: str, sheet: str) -> object:
    """The value of the objective cell of a saved model, as openpyxl reads it."""
    book = openpyxl.load_workbook(WORKBOOKS / file, read_only=True, data_only=True)
    at, cell = book[sheet].defined_names["solver_opt"].attr_text.split("!")
    return book[at.strip("'")][cell.replace("$", "")].value


def test_it_is_about_every_workbook_and_built_after_them():
    assert list(BUILDERS)[-1] == "index.xlsx"
    assert set(FILES) == set(BUILDERS) - {"index.xlsx"}


def test_it_is_rebuilt_byte_for_byte(tmp_path: Path):
    assert checks.rebuilt_the_same("index.xlsx", tmp_path)


def test_every_value_is_recalculated():
    assert checks.wrong_values(WORKBOOKS / "index.xlsx") == []


@pytest.mark.libreoffice
def test_every_value_is_libreoffices():
    require()
    assert checks.wrong_values(WORKBOOKS / "index.xlsx", "libreoffice") == []


def test_the_order_sheets_and_times(values):
    rows = table(values["lessons"])
    assert [row["workbook"] for row in rows] == [lesson.file for lesson in LESSONS]
    for row in rows:
        names = sheet_names(row["workbook"])
        many = f"{', '.join(names[:8])} and {len(names) - 8} more"
        assert row["sheets"] == (", ".join(names) if len(names) < 10 else many)
    begins = [sum(lesson.minutes for lesson in LESSONS[:at]) for at in range(len(LESSONS))]
    assert [row["begins at"] for row in rows] == begins
    total = values["lessons"].cell(5 + len(rows), 4).value
    assert total == sum(lesson.minutes for lesson in LESSONS)


@pytest.mark.parametrize("sheet", ["lessons", "models"])
def test_the_figures_are_those_of_the_workbooks(values, sheet: str):
    for row in table(values[sheet]):
        name = row["its model" if sheet == "lessons" else "sheet"]
        if name is None:
            continue

        assert row["optimised"] is not None, TRAIN
        if key := TRAINED.get((row["workbook"], name)):  # it opens as it ended
            assert row["at first"] == read_results(WORKBOOKS / "data", Path(row["workbook"]).stem)[key]
            assert row["optimised"] == pytest.approx(objective(row["workbook"], name), rel=1e-3)
        else:
            assert row["at first"] == pytest.approx(objective(row["workbook"], name), rel=1e-14)
        assert row["of it left"] == row["optimised"] / row["at first"]


def test_a_lesson_shows_the_model_that_stands_for_it(values):
    for lesson, row in zip(LESSONS, table(values["lessons"]), strict=True):
        assert (row["its model"] or "") == lesson.sheet


def test_the_count_of_parameters(values):
    """Compiled by the engine, in place of read from the saved model."""
    for row in table(values["models"]):
        if row["workbook"] in ("quadratic.xlsm", "relu.xlsm", "matmul.xlsx", "three-classes.xlsx"):
            assert row["parameters"] == len(cellgrad.open(WORKBOOKS / row["workbook"]).model(row["sheet"]).x0)


def test_every_saved_model_is_listed_once(values):
    listed = [(row["workbook"], row["sheet"]) for row in table(values["models"])]
    assert len(set(listed)) == len(listed)
    twins = {lesson.twin: lesson.file for lesson in LESSONS if lesson.twin}
    there = {(twins.get(file, file), sheet) for file in FILES for sheet in cellgrad.open(WORKBOOKS / file).saved}
    assert there == {(twins.get(file, file), sheet) for file, sheet in listed}


def test_links_lead_to_files_and_sheets_that_are_there(formulas):
    links = [cell.hyperlink for sheet in formulas for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert len(links) > 2 * len(LESSONS) + len(GLOSSARY)
    for link in links:
        assert (WORKBOOKS / link.target).is_file()  # relative: beside the index
        if link.location:
            assert link.location.split("!")[0].strip("'") in sheet_names(link.target)


def test_the_look_names_and_words(formulas):
    assert checks.not_set_up(formulas) == []
    assert formulas.defined_names["minutes"].attr_text == f"lessons!$D$5:$D${4 + len(LESSONS)}"
    words = {word for row in table_of_words(formulas["words"]) for word in row[0].split(", ")}
    assert words >= {
        "parameter", "loss", "gradient", "learning rate", "ReLU", "layer", "softmax", "cross-entropy", "embedding",
        "validation",
    }  # fmt: skip
    assert [file for *_, file in table_of_words(formulas["words"])] == [file for *_, file in GLOSSARY]
    assert all(file in FILES for *_, file in GLOSSARY)


def table_of_words(sheet: Worksheet) -> list[tuple[str, str, str]]:
    return [row for row in sheet.iter_rows(min_row=5, max_col=3, values_only=True) if row[0]]


def test_an_optimum_counts_only_for_the_model_it_was_found_for():
    path, known = WORKBOOKS / "three-classes.xlsx", read_results(WORKBOOKS / "data", "index")["three-classes.xlsx"]
    assert read_shipped(path, known).models["softmax"].after == known["softmax"]["after"]
    for change in ({"changing": 14}, {"before": known["softmax"]["before"] * (1 + 1e-6)}):
        assert read_shipped(path, {"softmax": known["softmax"] | change}).models["softmax"].after is None
    assert read_shipped(path, {}).models["softmax"].after is None


@pytest.mark.slow
def test_training_finds_the_optima_again():
    """One start each; beyond some digits another processor may end elsewhere."""
    before = read_results(WORKBOOKS / "data", "index")
    again = train(WORKBOOKS / "data")
    assert again.keys() == before.keys()
    for file, models in again.items():
        assert models.keys() == before[file].keys()
        for sheet, found in models.items():
            assert math.isclose(found["after"], before[file][sheet]["after"], rel_tol=1e-3, abs_tol=1e-9), TRAIN
