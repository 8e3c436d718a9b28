"""The generator of large sheets: what the benchmarks and the slow tests open is a real workbook with right values."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.formula import ArrayFormula
from tests.workbooks.recalculation import disagreements
from tests.workbooks.scale import DATA, sample, titanic_at_scale

KINDS = [("plain", "nnet"), ("shared", "nnet"), ("rowwise", "nnet"), ("plain", "mmult"), ("shared", "mmult")]


@pytest.fixture(scope="module", params=KINDS, ids=" ".join)
def workbook(request, tmp_path_factory) -> tuple[Path, str, str]:
    formulas, sheet = request.param
    path = tmp_path_factory.mktemp("scale") / f"{sheet}.xlsx"
    return titanic_at_scale(path, 1000, formulas, sheet), formulas, sheet


def test_it_opens_with_formulas_table_and_solver_model(workbook):
    path, formulas, name = workbook
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sheet = openpyxl.load_workbook(path)[name]
    assert sheet.dimensions == "A1:AA1003"
    assert sheet.tables["People"].ref == "A3:P1003"
    last = {column: sheet[f"{column}1003"].value for column in ("I", "X", "AA")}
    if formulas == "plain" or name == "nnet":
        count = sum(cell.data_type == "f" for row in sheet["A4:AA1003"] for cell in row)
        assert count == (13_000 if name == "nnet" else 11_001)
    assert last == {
        "I": "=People[[#This Row],[Age]]/" + ("74" if formulas == "rowwise" else "MAX(People[Age])"),
        "X": "=IF(V1003>0,V1003,0)",
        "AA": "=(People[[#This Row],[Survived]]-Z1003)^2",
    }
    if name == "mmult":
        product = sheet["V4"].value
        assert isinstance(product, ArrayFormula) and product.ref == "V4:W1003"
    assert sheet.defined_names["solver_opt"].attr_text == f"{name}!$AA$1"
    assert sheet.defined_names["solver_adj"].hidden


@pytest.mark.libreoffice
def test_its_cached_values_are_libreoffices(workbook, tmp_path):
    path, _, _ = workbook
    assert disagreements(path, tmp_path) == []


def test_its_people_are_those_of_the_hand_written_models():
    """They take `data.iloc[default_rng(0).integers(0, 712, rows)]` of the complete rows."""
    d = pd.read_csv(DATA).dropna(subset=["Age", "Embarked"])
    expected = d.iloc[np.random.default_rng(0).integers(0, len(d), 5000)].reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.DataFrame(sample(5000)), expected, check_dtype=False)


def test_712_rows_are_the_lesson_itself(tmp_path):
    lesson = openpyxl.load_workbook(DATA.parents[1] / "titanic.xlsx", data_only=True)["nnet"]
    made = openpyxl.load_workbook(titanic_at_scale(tmp_path / "a.xlsx", 712), data_only=True)["nnet"]
    for region in ("G1:P2", "A4:P715", "V4:AA715", "AA1:AA1"):
        pairs = [
            (a.value, b.value)
            for r, s in zip(lesson[region], made[region], strict=True)
            for a, b in zip(r, s, strict=True)
        ]
        assert all(a == b or a == pytest.approx(b, rel=1e-15) for a, b in pairs), region


@pytest.mark.parametrize(("formulas", "sheet"), [("dense", "nnet"), ("plain", "linear")])
def test_other_words_are_refused(tmp_path, formulas, sheet):
    with pytest.raises(ValueError, match="plain, shared or rowwise"):
        titanic_at_scale(tmp_path / "a.xlsx", 10, formulas, sheet)
