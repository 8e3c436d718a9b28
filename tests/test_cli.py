"""The commands: options, JSON fields, exit codes, where results go, and what people read."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from tests import libreoffice
from tests.commands import run, workbook

from cellgrad import __version__
from cellgrad.console import progress_line
from cellgrad.lessons import BUILDERS
from cellgrad.optimize.solution import Progress

RUN_FIELDS = {
    "sheet", "objective", "changing", "goal", "status", "message", "method", "device", "dtype", "iterations",
    "evaluations", "seconds", "out",
}  # fmt: skip
"""The fields of the contract; others may stand beside them."""

LEAST_SQUARES = 0.1442271493073
TITANIC_LOSSES = ["linear!AA1", "nnet!AA1", "mmult!AA1", "sigmoid!F2", "linear_split!F2"]


def parabola(path: Path, **more: object) -> Path:
    """B1 = (A1-3)^2 from A1 = 2, and C1 that depends on it."""
    return workbook(path, {"A1": 2, "B1": "=(A1-3)^2", "C1": "=B1+1", **more})


PARABOLA = ("--objective", "B1", "--changing", "A1")


# ---- optimize --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def optimized(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict]]:
    """The Titanic workbook optimised, and the answer."""
    source = Path(__file__).parents[1] / "workbooks" / "titanic.xlsx"
    path = Path(shutil.copy(source, tmp_path_factory.mktemp("optimized") / "titanic.xlsx"))
    ran = run("optimize", path, "--json")
    assert (ran.code, ran.err) == (0, "")
    return path, ran.json


def test_every_saved_model_in_turn(optimized: tuple[Path, list[dict]]) -> None:
    path, answer = optimized
    assert [one["objective"]["cell"] for one in answer] == TITANIC_LOSSES
    for one in answer:
        assert one.keys() >= RUN_FIELDS
        assert one["objective"]["cell"].startswith(f"{one['sheet']}!")
        assert one["objective"]["after"] < one["objective"]["before"]
        assert set(one["changing"][0]) == {"cell", "before", "after"}
        assert (one["goal"], one["device"].split(":")[0] in ("cpu", "cuda"), one["dtype"]) == ("min", True, "float64")
        assert set(one["seconds"]) == {"read", "compile", "optimize", "write"}
        assert all(second > 0 for second in one["seconds"].values())
        assert one["iterations"] > 0 and one["evaluations"] > 0
        assert one["out"] == str(path.with_name("titanic-optimized.xlsx"))
        assert one["error"] is None
    assert [len(one["changing"]) for one in answer] == [10, 20, 20, 20, 10]


def test_linear_reaches_the_least_squares_optimum_in_two_steps(optimized: tuple[Path, list[dict]]) -> None:
    answer = optimized[1][0]
    assert answer["objective"]["after"] == pytest.approx(LEAST_SQUARES, abs=1e-12)
    assert answer["method"] == "levenberg-marquardt"
    assert answer["iterations"] <= 2


@pytest.mark.parametrize("number", [1, 2])
def test_the_net_ends_below_excels_solver(optimized: tuple[Path, list[dict]], number: int) -> None:
    assert optimized[1][number]["objective"]["after"] <= 0.14315


def test_the_file_holds_the_answer_to_the_last_bit(optimized: tuple[Path, list[dict]]) -> None:
    path, answer = optimized
    book = openpyxl.load_workbook(path.with_name("titanic-optimized.xlsx"), data_only=True)
    for one in answer:
        for cell, value in [(c["cell"], c["after"]) for c in (*one["changing"], one["objective"])]:
            sheet, address = cell.split("!")
            assert book[sheet][address].value == value


def test_inside_the_changed_sheets_only_values_differ(optimized: tuple[Path, list[dict]]) -> None:
    path, _ = optimized
    value = re.compile(rb"<v>[^<]*</v>")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(path.with_name("titanic-optimized.xlsx")) as after:
        assert before.namelist() == after.namelist()
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
        assert changed == [f"xl/worksheets/sheet{number}.xml" for number in range(3, 10)]
        for name in changed:
            assert value.sub(b"", before.read(name)) == value.sub(b"", after.read(name))


@pytest.mark.libreoffice
def test_libreoffice_recalculates_the_same_losses(optimized: tuple[Path, list[dict]], tmp_path: Path) -> None:
    path, answer = optimized
    theirs = libreoffice.recalculated(path.with_name("titanic-optimized.xlsx"), tmp_path)
    for one in answer:
        sheet, cell = one["objective"]["cell"].split("!")
        row, column = openpyxl.utils.cell.coordinate_to_tuple(cell)
        assert theirs[sheet][row - 1, column - 1] == pytest.approx(one["objective"]["after"], rel=1e-9)


def test_a_sheet_that_cannot_run_says_so_and_the_others_go_on(titanic: Path) -> None:
    broken(titanic, "linear", "G2", "lots")
    ran = run("optimize", titanic, "--json")
    assert ran.code == 0
    linear, *nets = ran.json
    assert (linear["status"], linear["out"], linear["error"]["cell"]) == ("cannot run", None, "linear!G2")
    assert linear["objective"] == {"cell": "linear!AA1", "before": None, "after": None}
    assert linear.keys() == nets[0].keys()
    assert all(net["out"] for net in nets)
    said = run("optimize", titanic)
    assert "linear!G2: a changing cell must hold a number" in said.err
    assert "nnet!AA1" in said.out


def broken(path: Path, sheet: str, cell: str, value: object) -> None:
    """Put a value into a cell of a workbook, by openpyxl, which keeps Solver's names."""
    book = openpyxl.load_workbook(path)
    book[sheet][cell] = value
    book.save(path)


def test_one_model_after_another_that_feeds_it(tmp_path: Path) -> None:
    """The second sheet's model starts from what the first one's found: 3, then 3 + 4."""
    path = parabola(tmp_path / "book.xlsx")
    with_models(path, {"Sheet1": ("B1", "A1"), "Sheet2": ("B1", "A1")}, {"A1": 1, "B1": "=(A1-Sheet1!A1-4)^2"})
    first, second = run("optimize", path, "--in-place", "--json").json
    assert first["changing"][0]["after"] == pytest.approx(3, rel=1e-12)
    assert second["changing"][0]["after"] == pytest.approx(7, rel=1e-12)
    assert run("audit", path, "--json").json[0]["mismatched"] == []


def with_models(path: Path, models: dict[str, tuple[str, str]], second: dict[str, object]) -> None:
    """Add Sheet2 with these cells, and a Solver model to each sheet named: (objective, changing)."""
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Sheet2")
    for address, value in second.items():
        sheet[address] = value
    for name, (objective, changing) in models.items():
        for key, text in (("opt", f"{name}!{objective}"), ("adj", f"{name}!{changing}"), ("typ", "2"), ("neg", "2")):
            defined = openpyxl.workbook.defined_name.DefinedName(f"solver_{key}", attr_text=text, hidden=True)
            book[name].defined_names[f"solver_{key}"] = defined
    book.save(path)


@pytest.mark.parametrize(
    ("goal", "cell", "formula", "after", "value"),
    [
        ("min", "A1", "=(A1-3)^2+1", 3, 1),
        ("max", "A1", "=5-(A1-3)^2", 3, 5),
        ("value=9", "A1", "=A1^2", 3, 9),
    ],
)
def test_goals(tmp_path: Path, goal: str, cell: str, formula: str, after: float, value: float) -> None:
    path = workbook(tmp_path / "book.xlsx", {"A1": 2, "B1": formula})
    (answer,) = run("optimize", path, *PARABOLA, "--goal", goal, "--json").json
    assert answer["changing"][0]["after"] == pytest.approx(after, rel=1e-6)
    assert answer["objective"]["after"] == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("method", ["gradient-descent", "momentum", "adam", "l-bfgs", "levenberg-marquardt"])
def test_methods(tmp_path: Path, method: str) -> None:
    (answer,) = run("optimize", parabola(tmp_path / "b.xlsx"), *PARABOLA, "--method", method, "--json").json
    assert answer["method"] == method
    assert answer["changing"][0]["after"] == pytest.approx(3, abs=1e-4)


def test_starts_and_seed(tmp_path: Path) -> None:
    """COS(A1) + A1^2/50 from A1 = 9 rolls into the valley near 9.06; other starts find the lowest, near +-3.02."""
    path = workbook(tmp_path / "book.xlsx", {"A1": 9, "B1": "=COS(A1)+A1^2/50"})
    (alone,) = run("optimize", path, *PARABOLA, "--starts", 1, "--json").json
    (many,) = run("optimize", path, *PARABOLA, "--starts", 32, "--seed", 1, "--json").json
    (again,) = run("optimize", path, *PARABOLA, "--starts", 32, "--seed", 1, "--json").json
    assert abs(alone["changing"][0]["after"]) > 8
    assert abs(many["changing"][0]["after"]) == pytest.approx(3.02, abs=0.05)
    assert len(many["starts"]) == 32
    assert many["changing"] == again["changing"]


def test_dead_units_are_named_by_cell(titanic: Path) -> None:
    """Every parameter of the first unit at -1: its ReLU is 0 for all passengers and stays so."""
    book = openpyxl.load_workbook(titanic)
    for column in "GHIJKLMNOP":
        book["nnet"][f"{column}1"] = -1
    book.save(titanic)
    (answer,) = run("optimize", titanic, "--sheet", "nnet", "--starts", 1, "--json").json
    assert answer["flat"] == ["nnet!X4:X715"]
    assert "nnet!X4:X715 went flat" in answer["message"]
    assert "nnet!G1, nnet!H1, nnet!I1, ... nnet!P1 (10 cells) no longer move the objective" in answer["message"]
    assert "--starts 64" in answer["message"]


def test_when_everything_is_dead_nothing_is_solved(titanic: Path) -> None:
    book = openpyxl.load_workbook(titanic)
    for column in "GHIJKLMNOP":
        book["nnet"][f"{column}1"] = book["nnet"][f"{column}2"] = -1
    book.save(titanic)
    ran = run("optimize", titanic, "--sheet", "nnet", "--starts", 1, "--json")
    (answer,) = ran.json
    assert (ran.code, answer["status"], answer["out"]) == (1, "flat", None)
    assert answer["flat"] == ["nnet!X4:X715", "nnet!Y4:Y715"]
    assert not titanic.with_name("titanic-optimized.xlsx").exists()


def test_without_options_a_dead_net_comes_alive(titanic: Path) -> None:
    """All parameters at -1: from there no descent moves. Further starts do, and the answer says what was tried."""
    book = openpyxl.load_workbook(titanic)
    for column in "GHIJKLMNOP":
        book["nnet"][f"{column}1"] = book["nnet"][f"{column}2"] = -1
    book.save(titanic)
    (answer,) = run("optimize", titanic, "--sheet", "nnet", "--json").json
    assert answer["objective"]["after"] < 0.1325
    assert answer["flat"] == []
    assert "63 other starts were tried besides the sheet's own, which ended at 0.404494" in answer["message"]
    assert sum(basin["starts"] for basin in answer["basins"]) == 64


def test_the_bottom_of_a_valley_is_not_called_flat(tmp_path: Path) -> None:
    (answer,) = run("optimize", parabola(tmp_path / "book.xlsx"), *PARABOLA, "--json").json
    assert (answer["status"], answer["flat"]) == ("optimal", [])


@pytest.mark.parametrize(
    ("formula", "options", "status"),
    [
        ("=A1", (), "unbounded"),
        ("=A1^2+1", ("--goal", "value=0"), "target not reached"),
        (
            "=A1^2",
            ("--method", "gradient-descent", "--learning-rate", "1e6", "--steps", "5"),
            "learning rate too large",
        ),
    ],
)
def test_an_answer_worse_than_none_is_not_saved(
    tmp_path: Path, formula: str, options: tuple[str, ...], status: str
) -> None:
    path = workbook(tmp_path / "book.xlsx", {"A1": 2, "B1": formula})
    ran = run("optimize", path, *PARABOLA, *options, "--json")
    assert (ran.code, ran.json[0]["status"], ran.json[0]["out"]) == (1, status, None)
    assert not path.with_name("book-optimized.xlsx").exists()


def test_what_cannot_be_recalculated_loses_its_value_and_is_listed(tmp_path: Path) -> None:
    path = parabola(tmp_path / "book.xlsx", D1="=FILTERXML(A1,1)")
    (answer,) = run("optimize", path, *PARABOLA, "--json").json
    (lost,) = answer["lost_cells"]
    assert (lost["cells"], lost["because"]["kind"]) == ("Sheet1!D1", "UnsupportedError")
    saved = path.with_name("book-optimized.xlsx")
    assert openpyxl.load_workbook(saved, data_only=True)["Sheet1"]["D1"].value is None
    assert openpyxl.load_workbook(saved).calculation.fullCalcOnLoad
    assert (
        "Sheet1!D1 depends on the changing cells and could not be recalculated" in run("optimize", path, *PARABOLA).err
    )


# ---- where the result goes, and back -------------------------------------------------------------------------------


def test_by_default_beside_the_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    path = parabola(folder / "my book.xlsx")
    before = path.read_bytes()
    monkeypatch.chdir(tmp_path)
    ran = run("optimize", "a folder/my book.xlsx", *PARABOLA)
    assert ran.code == 0
    assert "saved as a folder/my book-optimized.xlsx" in ran.out
    assert path.read_bytes() == before
    assert openpyxl.load_workbook(folder / "my book-optimized.xlsx", data_only=True)["Sheet1"]["A1"].value == 3


def test_out_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    parabola(tmp_path / "book.xlsx")
    (answer,) = run("optimize", "book.xlsx", *PARABOLA, "--out", "other.xlsx", "--json").json
    assert answer["out"] == "other.xlsx"
    assert (tmp_path / "other.xlsx").is_file()


def test_in_place_and_undo(tmp_path: Path) -> None:
    path = parabola(tmp_path / "book.xlsx")
    before = path.read_bytes()
    assert "`cellgrad undo` takes it back" in run("optimize", path, *PARABOLA, "--in-place").out
    assert path.read_bytes() != before
    ran = run("undo", path, "--json")
    assert ran.code == 0
    changes = {change["cell"]: (change["before"], change["after"]) for change in ran.json["changes"]}
    assert changes["Sheet1!A1"] == (3.0, 2.0)
    assert path.read_bytes() == before


# ---- step ------------------------------------------------------------------------------------------------------------


def test_a_step_is_gradient_descent_at_the_rate_given(tmp_path: Path) -> None:
    """(A1-3)^2 at 2 has slope -2: a step at rate 0.1 goes to 2.2, the next to 2.36."""
    path = parabola(tmp_path / "book.xlsx")
    (one,) = run("step", path, *PARABOLA, "--learning-rate", 0.1, "--json").json
    (two,) = run("step", path, *PARABOLA, "--learning-rate", 0.1, "--steps", 2, "--json").json
    assert one["changing"][0]["after"] == pytest.approx(2.2, rel=1e-15)
    assert two["changing"][0]["after"] == pytest.approx(2.36, rel=1e-15)
    assert (one["method"], one["iterations"], one["status"]) == ("gradient-descent", 1, "step limit")
    assert one.keys() >= RUN_FIELDS


# ---- gradients -------------------------------------------------------------------------------------------------------


def test_gradients_of_one_model(tmp_path: Path) -> None:
    ran = run("gradients", parabola(tmp_path / "book.xlsx"), *PARABOLA, "--check", "--json")
    assert ran.code == 0
    answer = ran.json
    assert answer["objective"] == {"cell": "Sheet1!B1", "value": 1.0}
    assert answer["gradients"] == {"Sheet1!A1": -2.0}
    assert answer["max_relative_error"] < 1e-9


def test_gradients_of_every_saved_model_at_ten_random_points(titanic: Path) -> None:
    ran = run("gradients", titanic, "--check", "--at-random", 10, "--json")
    assert [answer["objective"]["cell"] for answer in ran.json] == TITANIC_LOSSES
    for answer in ran.json:
        assert answer["points_checked"] == 11
        assert answer["max_relative_error"] < 1e-6


def test_gradients_for_people(titanic: Path) -> None:
    ran = run("gradients", titanic, "--sheet", "linear", "--check")
    assert re.search(r"linear!P2\s+0\.0796169385336\s+1\.4725162015", ran.out)
    assert "largest relative error against central differences, at 1 point:" in ran.out


# ---- models, explain, doctor, lessons --------------------------------------------------------------------------------


def test_models(titanic: Path) -> None:
    ran = run("models", titanic, "--json")
    assert [(one["sheet"], one["goal"], one["can_run"]) for one in ran.json] == [
        ("linear", "min", True), ("nnet", "min", True), ("mmult", "min", True), ("sigmoid", "min", True),
        ("linear_split", "min", True),
    ]  # fmt: skip
    assert ran.json[2]["changing"] == "mmult!$S$4:$T$13"


def test_a_saved_model_with_constraints(tmp_path: Path) -> None:
    """(A1-3)^2 with A1 <= 2.5: the bound binds, and moving it by one would change the objective by 2 (2.5 - 3)."""
    path = parabola(tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    for name, text in (("opt", "Sheet1!B1"), ("adj", "Sheet1!A1"), ("typ", "2"), ("neg", "2"), ("num", "1"),
                       ("lhs1", "Sheet1!A1"), ("rel1", "1"), ("rhs1", "2.5")):  # fmt: skip
        defined = openpyxl.workbook.defined_name.DefinedName(f"solver_{name}", attr_text=text, hidden=True)
        book["Sheet1"].defined_names[f"solver_{name}"] = defined
    book.save(path)
    (listed,) = run("models", path, "--json").json
    assert (listed["can_run"], listed["constraints"]) == (True, ["Sheet1!A1 <= 2.5"])
    assert "  Sheet1!A1 <= 2.5\n  can run" in run("models", path).out
    (answer,) = run("optimize", path, "--json").json
    assert answer["changing"][0]["after"] == 2.5
    (constraint,) = answer["constraints"]
    assert (constraint["cell"], constraint["standing"], constraint["slack"]) == ("Sheet1!A1", "binding", 0)
    (exact,) = run("gradients", path, "--check", "--json").json  # a derivative asks nothing of the constraints
    assert exact["gradients"]["Sheet1!A1"] == pytest.approx(run_named(path)["gradients"]["Sheet1!A1"])
    assert exact["max_relative_error"] < 1e-6


@pytest.mark.parametrize(
    ("options", "after"),
    [
        (("--bounds", "A1=0..2"), 2),
        (("--subject-to", "A1>=4"), 4),
        (("--subject-to", "A1<=2.5", "--subject-to", "A1=int"), 2),
        (("--subject-to", "A1<="), None),
        (("--subject-to", "A1+0.5<=B1"), 1.5635083269),  # A1 + 0.5 = (A1 - 3)^2
    ],
)
def test_conditions_on_the_command_line(tmp_path: Path, options: tuple[str, ...], after: float | None) -> None:
    """(A1-3)^2 between what the options allow."""
    ran = run("optimize", parabola(tmp_path / "book.xlsx"), *PARABOLA, *options, "--json")
    if after is None:
        assert (ran.code, ran.json["error"]["kind"]) == (2, "ArgumentError")
    else:
        assert ran.json[0]["changing"][0]["after"] == pytest.approx(after, abs=1e-9)


def test_the_readme_knows_every_field(optimized: tuple[Path, list[dict]]) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| fields of `optimize`") :].split("\n\n")[0]
    answer = optimized[1][0]
    fields = {*answer, *answer["seconds"], *answer["objective"], *answer["changing"][0], *answer["starts"][0]}
    assert fields - set(re.findall(r"[a-z_]+", table)) == set()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--bounds", "A1=0..2"), 0, "2 constraints: all hold, 1 binds"),
        (("--subject-to", "A1>=4", "--subject-to", "A1<=3"), 1, "in conflict: Sheet1!A1 >= 4"),
        (("--subject-to", "C1<=0.5"), 1, "1 constraint: 0 of them hold"),  # C1 = (A1-3)^2 + 1
        (("--method", "simplex-lp"), 1, "Sheet1!B1: =(A1-3)^2 ("),
        (("--goal", "value=1"), 0, "(value=1)"),
    ],
)
def test_what_is_said_of_constraints(tmp_path: Path, options: tuple[str, ...], code: int, said: str) -> None:
    ran = run("optimize", parabola(tmp_path / "book.xlsx"), *PARABOLA, *options)
    assert ran.code == code
    assert said in ran.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--subject-to", "Nope!A1<=3"), "the constraint Nope!A1 <= 3 cannot be used: its left side names no cells"),
        (("--subject-to", "A1<=Nope!B2"), "its right side cannot be read: there is no sheet 'Nope'"),
        (("--subject-to", "C1=int"), "Sheet1!C1: the constraint C1 int cannot be used: only a changing cell"),
        (("--bounds", "ZZZZ9=0..1"), "the constraint ZZZZ9 >= 0 cannot be used"),
    ],
)
def test_a_constraint_typed_wrong_is_a_bad_argument(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    ran = run("optimize", parabola(tmp_path / "book.xlsx"), *PARABOLA, *options)
    assert ran.code == 2
    assert said in ran.err


def test_models_that_lack_something_are_listed(tmp_path: Path) -> None:
    """No objective is a model to make feasible; an objective or a constraint whose cells are gone is a stale model."""
    whole = {"opt": "Sheet1!$B$1", "adj": "Sheet1!$A$1", "typ": "2", "neg": "2", "num": "1", "lhs1": "Sheet1!$A$1",
             "rel1": "1", "rhs1": "1.5"}  # fmt: skip
    lacking: tuple[dict[str, str | None], ...] = ({}, {"opt": None}, {"opt": "#REF!"}, {"lhs1": "Sheet1!#REF!"})
    said = []
    for number, odd in enumerate(lacking):
        path = parabola(tmp_path / f"book{number}.xlsx")
        book = openpyxl.load_workbook(path)
        for name, text in (whole | odd).items():
            if text is not None:
                defined = openpyxl.workbook.defined_name.DefinedName(f"solver_{name}", attr_text=text, hidden=True)
                book["Sheet1"].defined_names[f"solver_{name}"] = defined
        book.save(path)
        said.append(run("models", path).out.splitlines())
    assert said == [
        ["Sheet1: min Sheet1!$B$1 by changing Sheet1!$A$1", "  Sheet1!$A$1 <= 1.5", "  can run"],
        ["Sheet1: no objective, by changing Sheet1!$A$1", "  Sheet1!$A$1 <= 1.5", "  can run"],
        ["Sheet1: min #REF! by changing Sheet1!$A$1", "  Sheet1!$A$1 <= 1.5", "  cannot run:"],
        ["Sheet1: min Sheet1!$B$1 by changing Sheet1!$A$1", "  #REF! <= 1.5", "  cannot run:"],
    ]
    (answer,) = run("optimize", tmp_path / "book1.xlsx", "--json").json
    assert answer["objective"] == {"cell": None, "before": None, "after": None}
    assert (answer["status"], answer["constraints"][0]["standing"] != "violated") == ("optimal", True)


def test_bounds_in_conflict_are_told(tmp_path: Path) -> None:
    asked = ("--subject-to", "A1>=4", "--subject-to", "A1<=3")
    (answer,) = run("optimize", parabola(tmp_path / "book.xlsx"), *PARABOLA, *asked, "--json").json
    assert (answer["status"], answer["conflict"]) == ("bounds conflict", ["Sheet1!A1 >= 4", "Sheet1!A1 <= 3"])


def test_a_checkpoint_goes_on_where_a_run_was_broken_off(tmp_path: Path) -> None:
    """Rosenbrock by plain descent, broken off after 50 steps, each with a checkpoint; the next run starts there."""
    path = workbook(tmp_path / "book.xlsx", {"A1": -1.2, "A2": 1, "B1": "=100*(A2-A1^2)^2+(1-A1)^2"})
    asked = ("--objective", "B1", "--changing", "A1:A2", "--method", "gradient-descent", "--json")
    source = tmp_path / "source.xlsx"
    path.rename(source)
    kept = tmp_path / "source-optimized.xlsx.checkpoint"

    class BrokenOffError(Exception):
        pass

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cellgrad.session.Book.write", lambda *_: (_ for _ in ()).throw(BrokenOffError))
        with pytest.raises(BrokenOffError):
            run("optimize", source, *asked, "--steps", 50, "--checkpoint", 1e-9)
    (held,) = json.loads(kept.read_text())["models"].values()
    reached = float.fromhex(held["value"])
    (more,) = run("optimize", source, *asked, "--steps", 1, "--resume").json
    assert more["objective"]["before"] == pytest.approx(24.2)
    assert more["objective"]["after"] <= reached < 24
    assert not kept.exists()
    assert run("optimize", source, *asked, "--resume").code == 2  # it has served


def test_progress_in_a_line() -> None:
    def line(value: float, rate: float) -> str:
        return progress_line("s", Progress(3, value, rate, 1, 0.5, 2.0, lambda: np.zeros(1)))

    assert line(1.5, 0.25) == "s  step 3  1.5  rate 0.25  0.5 s, at most 2 s left  Ctrl-C keeps the best"
    assert line(math.nan, 0.0) == "s  step 3  no answer yet  0.5 s, at most 2 s left  Ctrl-C keeps the best"


def run_named(path: Path) -> Any:
    """The gradient of the model named by its cells, the saved one unread."""
    return run("gradients", path, "--objective", "B1", "--changing", "A1", "--json").json


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("nnet!AA1", {"formula": "=AVERAGE(AA4:AA715)", "dependents": 3, "model": "objective cell"}),
        ("nnet!G1", {"formula": None, "model": "changing cell"}),
        # the unit's output feeds its row's prediction and error, the loss, the share predicted right, and their copies
        ("nnet!X10", {"relative": "=IF(RC[-2]>0,RC[-2],0)", "dependents": 8, "block": "nnet!X4:Y715"}),
        ("mmult!W715", {"formula": "=MMULT(MatrixData[[SibSp]:[Ones]],$S$4:$T$13)", "block": "mmult!V4:W715"}),
    ],
)
def test_explain(titanic: Path, cell: str, expected: dict[str, object]) -> None:
    answer = run("explain", titanic, cell, "--json").json
    assert answer["cell"] == cell
    assert answer["value"]["cached"] == pytest.approx(answer["value"]["computed"], rel=1e-12)
    found = answer | {"model": answer["model"]["role"], "block": (answer["block"] or {}).get("cells")}
    assert {name: found[name] for name in expected} == expected


def test_explain_tells_where_an_error_begins(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", {"A1": 2, "D1": "=A1/E1", "C1": "=D1*2", "B1": "=C1+1"})
    answer = run("explain", path, "B1", "--json").json
    assert answer["value"]["computed"] == "#DIV/0!"
    assert answer["error_begins"] == {"cell": "Sheet1!D1", "formula": "=A1/E1"}
    assert re.search(r"error begins +Sheet1!D1  =A1/E1", run("explain", path, "B1").out)


def test_explain_gives_the_derivative_by_a_cell_of_the_data_too(titanic: Path) -> None:
    """By hand: the mean of 712 squared errors, by a fare that enters as LOG10(fare + 1) times its parameter J2."""
    answer = run("explain", titanic, "linear!F10", "--json").json
    at = openpyxl.load_workbook(titanic, data_only=True)["linear"]
    error = at["A10"].value - at["Z10"].value
    by_hand = -2 / 712 * error * at["J2"].value / ((at["F10"].value + 1) * math.log(10))
    assert answer["model"]["role"].startswith("data")
    assert answer["derivative"] == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize(
    ("cell", "role", "constraints"),
    [
        ("B1", "objective cell", []),
        ("A1", "changing cell", ["Sheet1!A1 <= 9"]),
        ("E1", "constrained cell", ["Sheet1!E1 <= Sheet1!F1"]),
        ("C1", "on the way from the changing cells to the objective", []),
        ("D1", "on the way from the changing cells to a constraint", []),
        ("F1", "data: the limit of a constraint", []),
        ("G1", "data: a constraint depends on it, and it does not depend on the changing cells", []),
        ("H1", "none: the objective does not depend on it", []),
    ],
)
def test_explain_knows_the_parts_of_constraints(tmp_path: Path, cell: str, role: str, constraints: list[str]) -> None:
    cells = {"A1": 2, "B1": "=C1^2", "C1": "=A1-3", "D1": "=A1*2", "E1": "=D1+1", "F1": "=G1+1", "G1": 6, "H1": "=E1"}
    model = ("--subject-to", "E1<=F1", "--subject-to", "A1<=9", "--save", "--in-place")
    path = workbook(tmp_path / "book.xlsx", cells)
    assert run("models", path, *PARABOLA, *model).code == 0
    answer = run("explain", path, cell, "--json").json
    assert answer["model"] == {"objective": "Sheet1!B1", "role": role, "constraints": constraints}


@pytest.mark.parametrize(
    ("cell", "standing", "slack", "said"),
    [
        ("A1", "not binding", 7.0, "Sheet1!A1 <= 9: not binding, slack 7"),
        ("E1", "violated", -1.0, "Sheet1!E1 <= 4: violated, slack -1"),
        ("D1", "binding", 0.0, "Sheet1!D1 = 4: binding, slack 0"),
        ("A2", "violated", None, "Sheet1!A2 int: violated\n"),
        ("F1", "violated", None, "Sheet1!F1 >= 1: violated\n"),  # an error holds nothing
    ],
)
def test_explain_tells_how_constraints_stand(
    tmp_path: Path, cell: str, standing: str, slack: float | None, said: str
) -> None:
    cells = {"A1": 2, "A2": 0.5, "B1": "=A1^2+A2", "D1": "=A1*2", "E1": "=D1+1", "F1": "=A1/G1"}
    path = workbook(tmp_path / "book.xlsx", cells)
    options = [word for one in ("A1<=9", "E1<=4", "D1=4", "A2=int", "F1>=1") for word in ("--subject-to", one)]
    named = ("--objective", "B1", "--changing", "A1:A2")
    assert run("models", path, *named, *options, "--save", "--in-place").code == 0
    (found,) = run("explain", path, cell, "--json").json["standings"]
    assert (found["standing"], found["slack"]) == (standing, slack)
    assert said in run("explain", path, cell).out


def test_explain_tells_why_a_cell_makes_the_model_hard(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", {"A1": 2, "C1": "=ROUND(A1,0)", "D1": "=A1*2", "B1": "=C1+D1"})
    assert run("models", path, "--objective", "B1", "--changing", "A1", "--save", "--in-place").code == 0
    reason = run("explain", path, "C1", "--json").json["reason"]
    assert reason["form"] == "discontinuous" and "ROUND" in reason["why"]
    assert "is discontinuous because of this cell: " + reason["why"] in run("explain", path, "C1").out
    assert run("explain", path, "D1", "--json").json["reason"] is None


def test_explain_wants_one_cell(titanic: Path) -> None:
    assert run("explain", titanic, "A1:B2").code == 2
    assert run("explain", titanic, "nowhere").code == 2


def test_doctor() -> None:
    ran = run("doctor", "--json")
    assert ran.code == 0 and ran.json["ok"] and ran.json["version"] == __version__
    names = [check["name"] for check in ran.json["checks"]]
    assert "torch" in names and "make, read, optimise and save a small workbook" in names


def test_lessons_check_and_build(tmp_path: Path) -> None:
    """Two of them, and that there is a builder for every workbook; tests/workbooks/ builds them all."""
    source = Path(__file__).parents[1] / "workbooks"
    assert set(BUILDERS) == {file.name for file in source.iterdir() if file.suffix in (".xlsx", ".xlsm")}
    two = ("--only", "quadratic", "--only", "matmul")
    assert run("lessons", "check", source, *two, "--no-libreoffice", "--json").json["stale"] == []
    shutil.copytree(source / "data", tmp_path / "data")
    stale = run("lessons", "check", tmp_path, *two, "--no-libreoffice", "--json")
    names = [str(tmp_path / "quadratic.xlsm"), str(tmp_path / "matmul.xlsx")]
    assert (stale.code, stale.json["stale"]) == (1, names)
    assert run("lessons", "build", tmp_path, *two, "--json").json == {"built": names}
    assert (tmp_path / "matmul.xlsx").read_bytes() == (source / "matmul.xlsx").read_bytes()


# ---- what people read ------------------------------------------------------------------------------------------------


def test_the_answer_in_words(titanic: Path) -> None:
    ran = run("optimize", titanic, "--sheet", "linear")
    assert "linear: linear!AA1  1.09215751066 -> 0.144227149307  (min)" in ran.out
    assert "levenberg-marquardt (the objective is a sum or mean of 712 squares in 10 changing cells," in ran.out
    assert " linear in them), 1 step" in ran.out
    assert "optimal: The gradient is zero to rounding" in ran.out
    assert re.search(
        r"1,457 cells changed \(10 changing cells, the rest recalculated\); saved as .*-optimized\.xlsx", ran.out
    )
    assert ran.err == ""


def test_a_console_that_cannot_show_a_sheets_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", {}, 売上={"A1": 2, "B1": "=(A1-3)^2"})
    ran = subprocess.run(
        [sys.executable, "-m", "cellgrad", "optimize", path, "--objective", "売上!B1", "--changing", "売上!A1"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(r"\u58f2\u4e0a: \u58f2\u4e0a!B1  1 -> 0  (min)")


def test_version_and_help() -> None:
    assert run("--version").out.strip() == f"cellgrad, version {__version__}"
    for command in ("optimize", "step", "gradients", "audit", "models", "explain", "undo", "doctor", "lessons"):
        ran = run(command, "--help")
        assert ran.code == 0 and "--help" in ran.out
    assert run().code == 2
    assert run("optimise").code == 2


# ---- Ctrl-C ----------------------------------------------------------------------------------------------------------


def test_ctrl_c_keeps_the_best_so_far(titanic: Path) -> None:
    """A rate so small that it would take for ever; the signal comes once the search shows that it runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED, "optimize", titanic, "--method", "adam", "--learning-rate", "1e-5",
         "--steps", "100000000", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline() == "running\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    linear, *rest = json.loads(out)
    assert linear["status"] == "stopped by user"
    assert linear["message"] == "The run was stopped. The best values so far are kept."
    assert linear["objective"]["after"] < linear["objective"]["before"]
    assert len(rest) == 4 and {one["status"] for one in rest} == {"not run"}
    saved = openpyxl.load_workbook(linear["out"], data_only=True)["linear"]
    assert saved["AA1"].value == linear["objective"]["after"]


WATCHED = """
import sys
from cellgrad import cli, console

def watch(self, name):
    def callback(progress):
        if progress.step == 20:
            print("running", file=sys.stderr, flush=True)
    return callback

console.LiveProgress.watch = watch
sys.exit(cli.main())
"""
"""The command line, with a word on stderr when the search has made twenty steps."""


def test_a_time_limit_keeps_the_best_so_far(titanic: Path) -> None:
    began = time.perf_counter()
    (answer,) = run(
        "optimize", titanic, "--sheet", "linear", "--method", "adam", "--learning-rate", "1e-5", "--steps", 10**8,
        "--seconds", 0.5, "--json",
    ).json  # fmt: skip
    assert answer["status"] == "time limit"
    assert answer["out"] is not None
    assert time.perf_counter() - began < 30
