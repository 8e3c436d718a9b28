"""Audit: every formula cell recomputed, in the right bucket."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest
from tests import libreoffice
from tests.commands import run, workbook
from tests.hosts.tiny_package import tiny, with_names

from cellgrad.hosts import package

TITANIC = Path(__file__).parents[1] / "workbooks" / "titanic.xlsx"
FIELDS = {"file", "formulas", "matched", "mismatched", "unsupported", "no_cached_value", "volatile", "errors"}


def audited(path: Path, *options: object) -> dict:
    ran = run("audit", path, *options, "--json")
    assert ran.code == 0
    (answer,) = ran.json
    assert answer.keys() >= FIELDS
    counted = answer["matched"] + len(answer["mismatched"]) + sum(answer["unsupported"].values())
    assert counted + answer["no_cached_value"] + answer["volatile"] + answer["errors"] == answer["formulas"]
    return answer


def test_titanic_matches_its_own_values() -> None:
    answer = audited(TITANIC, "--tolerance", 1e-12)
    book = openpyxl.load_workbook(TITANIC)
    formulas = sum(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    arrays = (2, 2, 1)  # columns of mmult!V4:W715, sigmoid!O4:P715, linear_split!N4:N715: openpyxl shows the first cell
    rest = sum(712 * columns - 1 for columns in arrays)
    assert answer["formulas"] == answer["matched"] == formulas + rest


@pytest.mark.libreoffice
def test_titanic_matches_what_libreoffice_computes_to_1e_12() -> None:
    libreoffice.require()
    answer = audited(TITANIC, "--tolerance", 1e-12, "--against", "libreoffice")
    assert answer["matched"] == answer["formulas"] > 20_000


@pytest.mark.libreoffice
def test_against_libreoffice_the_values_in_the_file_do_not_count(tmp_path: Path) -> None:
    libreoffice.require()
    path = workbook(tmp_path / "book.xlsx", {"A1": 2, "B1": "=A1*3", "C1": '="a"&A1', "D1": "=A1>1"})
    assert [m["cell"] for m in audited(path)["mismatched"]] == ["Sheet1!B1", "Sheet1!C1", "Sheet1!D1"]  # stored as 0
    assert audited(path, "--against", "libreoffice")["matched"] == 3


def test_a_stale_value_is_found(tmp_path: Path) -> None:
    path = tmp_path / "stale.xlsx"
    package.write(TITANIC, path, {"nnet": {(9, 21): 5.0}})  # V10, by hand
    (found,) = audited(path)["mismatched"]
    assert (found["cell"], found["cached"]) == ("nnet!V10", 5.0)
    assert found["formula"] == "=SUMPRODUCT(NetData[[#This Row],[SibSp]:[Ones]],$G$1:$P$1)"
    assert run("audit", path, "--fail-on", "mismatched,unsupported").code == 3
    assert run("audit", TITANIC, "--fail-on", "mismatched,unsupported").code == 0


BUCKETS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    # cells beside A1 = 2, with values stored as 0 -> what the audit says
    "equal": ({"B1": "=A1-2"}, {"matched": 1}),
    "another kind": ({"B1": '=""'}, {"mismatched": [("Sheet1!B1", 0.0, "")]}),
    "an error value": ({"B1": "=1/0"}, {"mismatched": [("Sheet1!B1", 0.0, "#DIV/0!")], "error_values": 1}),
    "a function we lack, and who needs it": (
        {"B1": "=FILTERXML(A1,1)", "C1": "=B1+1", "D1": "=A1-2"}, {"unsupported": {"FILTERXML": 2}, "matched": 1},
    ),
    "a function nobody has": ({"B1": "=SUMM(A1)"}, {"unsupported": {"SUMM": 1}}),
    "chance, and who needs it": ({"B1": "=RAND()", "C1": "=B1*2", "D1": "=A1-2"}, {"volatile": 2, "matched": 1}),
    "a circle": ({"B1": "=C1", "C1": "=B1", "D1": "=A1-2"}, {"errors": 2, "matched": 1}),
    "no formula to read": ({"B1": "=A1+*2", "C1": "=A1-2"}, {"errors": 1, "matched": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", BUCKETS)
def test_buckets(tmp_path: Path, name: str) -> None:
    cells, expected = BUCKETS[name]
    answer = audited(workbook(tmp_path / "book.xlsx", {"A1": 2, **cells}))
    answer["mismatched"] = [(m["cell"], m["cached"], m["computed"]) for m in answer["mismatched"]]
    assert {field: answer[field] for field in expected} == expected
    assert answer["formulas"] == len(cells)


def test_a_shared_formula_that_the_file_lacks_is_an_error_of_its_cells_alone(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><v>2</v></c><c r="B1"><f t="shared" si="9"/><v>4</v></c><c r="C1"><f>B1+1</f><v>5</v></c>'
        '<c r="D1"><f>A1*2</f><v>4</v></c></row>'
    )
    answer = audited(tiny(tmp_path, rows))
    assert (answer["formulas"], answer["errors"], answer["matched"]) == (3, 2, 1)
    assert "shared formula 9" in answer["failed"][0]["formula"]


def test_names_that_excel_gives_itself(tmp_path: Path) -> None:
    """Stored with a prefix, ECMA-376 part 1, 18.2.5; formulas are written without."""
    names = with_names(
        ("_xlnm.Print_Area", "Sheet1!$A$1:$A$2", 0, False), ("_xlnm.Database", "Sheet1!$A$2", None, True)
    )
    cells = ("SUM(Print_Area)", 5), ("SUM(_xlnm.Print_Area)", 5), ("database*2", 6), ("SUM(Sheet1!Print_Area)", 5)
    formulas = "".join(f"<c><f>{formula}</f><v>{value}</v></c>" for formula, value in cells)
    rows = f'<row r="1"><c r="A1"><v>2</v></c>{formulas}</row><row r="2"><c r="A2"><v>3</v></c></row>'
    assert audited(tiny(tmp_path, rows, names=names))["matched"] == 4


def test_cells_without_a_stored_value(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B1"] = 2, "=A1*2"
    book.save(tmp_path / "book.xlsx")
    assert audited(tmp_path / "book.xlsx")["no_cached_value"] == 1


def test_several_files_one_of_them_unreadable(tmp_path: Path) -> None:
    (tmp_path / "bad.xlsx").write_text("no")
    good = Path(shutil.copy(TITANIC, tmp_path / "good.xlsx"))
    ran = run("audit", good, tmp_path / "bad.xlsx", "--json")
    assert ran.code == 2
    assert ran.json[0]["matched"] > 0
    assert ran.json[1]["error"]["kind"] == "FileError"


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    paths = [workbook(tmp_path / f"{name}.xlsx", {"A1": 2, "B1": "=A1-2"}) for name in ("one", "two")]
    ran = run("audit", *paths, "--timeout", 0.01, "--json")  # less than a process needs to begin
    assert ran.code == 1
    assert [one["error"]["kind"] for one in ran.json] == ["RunError", "RunError"]
    assert "took more than 0.01 s" in ran.json[1]["error"]["cause"]


def test_of_a_chain_of_differences_the_first_is_named(tmp_path: Path) -> None:
    cells = {"A1": 2, "A2": "=A1-1", "A3": "=A2*2", "A4": "=SUM(A1:A3)", "B1": "=A1-2", "B2": "=B1+A4"}
    answer = audited(workbook(tmp_path / "book.xlsx", cells))  # all stored as 0: B1 alone is right
    assert {m["cell"]: m["origin"] for m in answer["mismatched"]} == dict.fromkeys(
        ("Sheet1!A2", "Sheet1!A3", "Sheet1!A4", "Sheet1!B2"), "Sheet1!A2"
    )
    assert (answer["distinct"], answer["distinct_matched"]) == (5, 1)


def test_nonsense_options() -> None:
    assert "--fail-on knows no 'matched'" in run("audit", TITANIC, "--fail-on", "matched").err
    assert "is no tolerance" in run("audit", TITANIC, "--tolerance", -1).err
    assert run("audit", TITANIC, "--against", "excel").code == 2


def test_for_people(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", {"A1": 2, "B1": "=A1*3", "C1": "=FILTERXML(A1,1)"})
    ran = run("audit", path)
    assert "0 of 2 formula cells match the values in the file" in ran.out
    assert "1 differ" in ran.out and "FILTERXML (1)" in ran.out
    assert "FILTERXML is not supported" in ran.err
