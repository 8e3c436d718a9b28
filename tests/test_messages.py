"""Every way a command can fail, as a table: exit code, the message in its parts, the caret, and nothing touched."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.commands import Ran, run, workbook

from cellgrad.cli import main
from cellgrad.errors import CellgradError, FormulaError

OLE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)
"""The head of an OLE container: old Excel files, and password-protected new ones."""


# ---- files that cannot be read: exit code 2 --------------------------------------------------------------------------


def good(path: Path) -> Path:
    return workbook(path, {"A1": 2, "B1": "=(A1-3)^2"})


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def truncated(path: Path) -> Path:
    return written(path, good(path).read_bytes()[:-300])


def bomb(path: Path) -> Path:
    """A sheet that holds 64 MiB of blanks in a few kilobytes."""
    whole = good(path)
    with zipfile.ZipFile(whole) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    members["xl/worksheets/sheet1.xml"] = sheet.replace(b"<sheetData>", b"<sheetData>" + b" " * (64 << 20))
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return whole


def xlsb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Override PartName="/xl/workbook.bin" '
            'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="rId1" Target="xl/workbook.bin" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>',
        )
        archive.writestr("xl/workbook.bin", b"\x83\x01\x00")
    return path


FILES: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    # the file -> how it is made, what the message says of it, what to do
    "not a zip": (lambda p: written(p, b"name,age\nAnn,3\n"), "is not an Excel workbook", "save it as .xlsx"),
    "truncated": (truncated, "may be cut off", "take a backup"),
    "zip bomb": (bomb, "as in a zip bomb", "do not open this file"),
    "password": (lambda p: written(p, OLE + "EncryptedPackage".encode("utf-16-le")), "password", "remove the password"),
    "xls": (lambda p: written(p, OLE + "Workbook".encode("utf-16-le")), "an old .xls workbook", "save it as .xlsx"),
    "xlsb": (xlsb, ".xlsb", "save it as .xlsx"),
    "empty": (lambda p: written(p, b""), "is empty", "take a backup"),
    "a folder": (lambda p: p.mkdir() or p, "is a folder", "name a workbook file"),  # type: ignore[func-returns-value]
    "missing": (lambda p: p, "there is no file", "check the path"),
}


@pytest.mark.parametrize("command", ["optimize", "audit", "models", "gradients"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, command: str) -> None:
    make, cause, action = FILES[name]
    path = make(tmp_path / "my book.xlsx")
    before = snapshot(tmp_path)
    ran = run(command, path, "--json")
    assert ran.code == 2
    error = ran.json["error"]
    assert error["kind"] == "FileError"
    assert "my book.xlsx" in error["cause"] and cause in error["cause"]
    assert action in error["action"]
    assert ran.err.strip() == error["message"]
    assert snapshot(tmp_path) == before


# ---- models that cannot run: exit code 1 -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """Cells of Sheet1 beside A1 = 2 and A2 = 3; the message's cell, what stands under the caret, cause and action."""

    cells: dict[str, object]
    cell: str
    cause: str
    action: str
    caret: str | None = None
    objective: str = "B1"
    changing: str = "A1"
    subject_to: str | None = None


MODELS = {
    "the objective is a text": Row({"B1": "profit"}, "B1", "holds the text 'profit' and no formula", "choose the cell"),
    "its formula gives a text": Row(
        {"B1": '=IF(A1>0,"yes","no")'}, "B1", "the objective is a text", "choose a cell that computes a number"
    ),
    "the objective is an error": Row({"B1": "=A1+NA()"}, "B1", "#N/A here makes the objective", "correct the formula"),
    "an error that comes from elsewhere": Row(
        {"D1": "=MATCH(9,A2:A2,0)", "C1": "=D1*2", "B1": "=C1+A1"}, "D1", "#N/A here", "correct the formula"
    ),
    "the objective is a constant": Row({"B1": 7}, "B1", "holds the number 7 and no formula", "choose the cell"),
    "the objective is blank": Row({}, "B1", "holds nothing and no formula", "choose the cell"),
    "its formula is constant": Row({"B1": "=3*4"}, "B1", "does not depend on the changing cells", "choose changing"),
    "it does not depend on the changing cells": Row(
        {"B1": "=A2^2"}, "B1", "does not depend on the changing cells Sheet1!A1: it is 9 always", "choose changing"
    ),
    "the objective is a changing cell": Row(
        {"B1": "=A1"}, "B1", "is itself one of the changing cells", "choose a cell", changing="A1:B1"
    ),
    "a changing cell holds a formula": Row(
        {"A1": "=A2*2", "B1": "=A1^2"}, "A1", "must hold a number, and this one holds a formula", "choose the cells"
    ),
    "a changing cell holds a text": Row(
        {"A1": "two", "B1": "=A2^2"}, "A1", "must hold a number, and this one holds the text 'two'", "put a number"
    ),
    "an unknown function": Row(
        {"C1": "=1+SUMM(A1,A2)", "B1": "=C1^2"}, "C1", "no Excel function SUMM", "did you mean SUM?", "SUMM"
    ),
    "an unknown function, filled down": Row(
        {"C1": "=XLOOKUPP(A1,A1)", "C2": "=XLOOKUPP(A2,A2)", "B1": "=C1+C2"},
        "C1", "no Excel function XLOOKUPP", "did you mean XLOOKUP?", "XLOOKUPP",
    ),
    "a function that is not supported": Row(
        {"C1": "=1+FILTERXML(A1,1)", "B1": "=C1^2"}, "C1", "FILTERXML is not supported", "write the formula without it",
        "FILTERXML",
    ),
    "a circular reference": Row(
        {"C1": "=D1+A1", "D1": "=C1*2", "B1": "=C1^2"}, "C1", "Sheet1!C1 -> Sheet1!D1 -> Sheet1!C1", "break the circle"
    ),
    "#DIV/0! on the path": Row(
        {"C1": "=A1/E1", "D1": "=C1*2", "B1": "=D1^2"}, "C1", "#DIV/0! here makes the objective", "correct the formula"
    ),
    "#DIV/0! on the path, whatever the changing cells": Row(
        {"C1": "=5/E1", "D1": "=C1*2", "B1": "=D1^2+A1"}, "C1", "#DIV/0! here makes", "correct the formula"
    ),
    "an error that no shorter step avoids": Row(
        {"C1": "=IF(A1<2,NA(),A1)", "B1": "=C1*3"}, "C1", "every step from the start, however short", "start from other"
    ),
    "a formula that cannot be read": Row({"C1": "=A1+*3", "B1": "=C1"}, "C1", "cannot be read", "correct it", "*"),
    "a sheet that a formula names and nobody has": Row(
        {"C1": "=A1*Costs!A1", "B1": "=C1"}, "C1", "there is no sheet 'Costs'", "the sheets are Sheet1", "Costs"
    ),
    "a constrained cell is an error, whatever the changing cells": Row(
        {"C1": "=1/E1", "D1": "=C1+A1", "B1": "=A1^2"}, "C1", "#DIV/0! here makes the constraint Sheet1!D1 >= 5",
        "take the constraint out", subject_to="D1>=5",
    ),
    "a constrained cell is an error, and all is linear": Row(
        {"C1": "=LN(E1)", "D1": "=C1+A1", "B1": "=A1+1"}, "C1", "#NUM! here makes the constraint Sheet1!D1 >= 5",
        "correct the formula", subject_to="D1>=5",
    ),
    "the limit of a constraint is an error": Row(
        {"C1": "=1/E1", "D1": "=C1+A1", "B1": "=A1^2"}, "C1", "#DIV/0! here makes the constraint Sheet1!A1 <=",
        "or start from other values", subject_to="A1<=D1",
    ),
    "a formula beside a constraint is an error": Row(
        {"D1": "=A1^2", "B1": "=A1+1"}, "D1", "a side of the constraint Sheet1!D1 <= =A1/E1 is an error or a text",
        "correct the cells of the constraint", subject_to="D1<=A1/E1",
    ),
    "the objective of a constrained model is an error": Row(
        {"C1": "=1/E1", "D1": "=A1+1", "B1": "=C1+A1"}, "C1", "#DIV/0! here makes the objective Sheet1!B1 an error",
        "correct the formula", subject_to="D1<=5",
    ),
    "a constrained cell is an error that nothing moves": Row(
        {"C1": "=1/E1", "B1": "=A1^2"}, "C1", "is an error or a text, and no changing cell moves it",
        "correct the cell or the constraint", subject_to="C1<=5",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_cannot_run(tmp_path: Path, name: str) -> None:
    row = MODELS[name]
    path = workbook(tmp_path / "book.xlsx", {"A1": 2, "A2": 3, **row.cells})
    before = snapshot(tmp_path)
    words = ["optimize", path, "--objective", row.objective, "--changing", row.changing, "--in-place"]
    words += [] if row.subject_to is None else ["--subject-to", row.subject_to]
    ran = run(*words, "--json")
    assert ran.code == 1
    (answer,) = ran.json
    assert (answer["sheet"], answer["status"], answer["out"]) == ("Sheet1", "cannot run", None)
    error = answer["error"]
    assert error["cell"] == f"Sheet1!{row.cell}"
    assert row.cause in error["cause"]
    assert row.action in error["action"]
    if row.caret is not None:
        assert error["formula"][error["position"] :].startswith(row.caret)
        above, under = error["message"].splitlines()
        assert above[under.index("^") :].startswith(row.caret)
    assert snapshot(tmp_path) == before
    spoken = run(*words)
    assert spoken.code == 1
    assert error["message"] in spoken.err
    assert "no file was written" in spoken.err
    assert snapshot(tmp_path) == before


# ---- arguments that make no sense: exit code 2 -----------------------------------------------------------------------

ARGUMENTS = {
    # options -> what the message says
    "--sheet Sheet9": "no sheet 'Sheet9'; the sheets are Sheet1",
    "--objective Sheet9!B1 --changing A1": "no sheet 'Sheet9'",
    "--objective B1:B2 --changing A1": "the objective 'B1:B2' is not one cell",
    "--objective profit --changing A1": "'profit' names no cells of this workbook",
    "--objective B1 --changing A1,": "names no cells of this workbook",
    "--objective B1 --changing A1 --goal best": "no goal is called 'best'; use min, max or value=NUMBER",
    "--objective B1 --changing A1 --goal value=nan": "no goal is called 'value=nan'",
    "--objective B1 --changing A1 --method newton": "no method is called 'newton'; use one of auto",
    "--objective B1 --changing A1 --steps -1": "--steps -1 is below zero",
    "--objective B1 --changing A1 --steps many": "'many' is not a valid integer",
    "--objective B1 --changing A1 --starts 0": "--starts 0 is too few",
    "--objective B1 --changing A1 --seed -1": "--seed -1 is below zero",
    "--objective B1 --changing A1 --seconds 0": "--seconds 0.0 is no time",
    "--objective B1 --changing A1 --method adam --learning-rate 0": "a learning rate of 0.0 goes nowhere",
    "--objective B1 --changing A1 --learning-rate inf": "a learning rate of inf goes nowhere",
    "--objective B1 --changing A1 --method l-bfgs --learning-rate 1": "l-bfgs sets its own steps",
    "--objective B1 --changing A1 --device tpu": "no device is called 'tpu'",
    "--objective B1 --changing A1 --in-place --out x.xlsx": "--in-place and --out contradict each other",
    "--objective B1 --changing A1 --out x.xlsm": "does not end in .xlsx",
    "--objective B1 --changing A1 --out book.xlsx": "is the workbook itself; say --in-place",
    "--objectve B1": "No such option",
}


@pytest.mark.parametrize("options", ARGUMENTS)
def test_arguments_that_make_no_sense(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str) -> None:
    monkeypatch.chdir(tmp_path)
    good(tmp_path / "book.xlsx")
    before = snapshot(tmp_path)
    ran = run("optimize", "book.xlsx", *options.split(), "--json")
    assert ran.code == 2
    assert ARGUMENTS[options] in ran.json["error"]["message"]
    assert ran.json["error"]["kind"] == "ArgumentError"
    assert ran.err.strip()
    assert snapshot(tmp_path) == before


def test_no_model_at_all(tmp_path: Path) -> None:
    ran = run("optimize", good(tmp_path / "book.xlsx"), "--json")
    assert ran.code == 1
    assert "no model is saved in" in ran.json["error"]["cause"]
    assert "--objective" in ran.json["error"]["action"]


# ---- results that cannot be saved: exit code 1 -----------------------------------------------------------------------

SOLVABLE = ("--objective", "B1", "--changing", "A1")


def refused(ran: Ran, cause: str, action: str) -> None:
    assert ran.code == 1
    assert ran.json["error"]["kind"] == "WriteError"
    assert cause in ran.json["error"]["cause"]
    assert action in ran.json["error"]["action"]


@contextmanager
def unprivileged() -> Iterator[None]:
    """As somebody who may not write everywhere: root becomes nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("options", [("--in-place",), (), ("--out", "other.xlsx")], ids=["in place", "default", "out"])
def test_no_permission_to_write(monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        folder = Path(name)
        path = good(folder / "book.xlsx")
        assert run("optimize", path, *SOLVABLE, "--in-place").code == 0  # all that is imported late is there now
        assert run("undo", path).code == 0
        monkeypatch.chdir(folder)
        folder.chmod(0o555)
        before = snapshot(folder)
        with unprivileged():
            ran = run("optimize", path, *SOLVABLE, *options, "--json")
        folder.chmod(0o755)
        refused(ran, "no permission to write there", "--out")
        assert snapshot(folder) == before


def test_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = good(tmp_path / "book.xlsx")
    before = snapshot(tmp_path)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    refused(run("optimize", path, *SOLVABLE, "--in-place", "--json"), "the disk is full", "free some space")
    assert snapshot(tmp_path) == before


def test_the_disk_is_full_for_real(tmp_path: Path, titanic: Path) -> None:
    """The kernel refuses every file beyond 300 kB, as a full disk or a quota would."""
    before = snapshot(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-m", "cellgrad", "optimize", titanic, "--sheet", "linear", "--in-place"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "was not written: the file would be larger than the disk or a limit allows" in ran.stderr
    assert snapshot(tmp_path) == before


def test_the_workbook_is_open_elsewhere(tmp_path: Path) -> None:
    path = good(tmp_path / "book.xlsx")
    (tmp_path / ".~lock.book.xlsx#").write_text("ann")
    refused(run("optimize", path, *SOLVABLE, "--in-place", "--json"), "it is open in Excel or LibreOffice", "close it")


def test_no_folder_to_write_into(tmp_path: Path) -> None:
    path = good(tmp_path / "book.xlsx")
    ran = run("optimize", path, *SOLVABLE, "--out", tmp_path / "none" / "x.xlsx", "--json")
    refused(ran, "its folder does not exist", "create the folder")


def test_an_earlier_result_that_somebody_has_edited_is_theirs(tmp_path: Path) -> None:
    path = good(tmp_path / "book.xlsx")
    result = tmp_path / "book-optimized.xlsx"
    assert run("optimize", path, *SOLVABLE).code == 0
    assert run("optimize", path, *SOLVABLE).code == 0  # our own result is replaced
    workbook(result, {"A1": "mine"})
    before = snapshot(tmp_path)
    refused(run("optimize", path, *SOLVABLE, "--json"), "it is not, or no longer, what Cellgrad wrote there", "--out")
    assert snapshot(tmp_path) == before
    assert run("optimize", path, *SOLVABLE, "--out", result).code == 0


def test_nothing_to_undo(tmp_path: Path) -> None:
    refused(run("undo", good(tmp_path / "book.xlsx"), "--json"), "there is nothing to undo", "saved from here")


# ---- how a message looks ---------------------------------------------------------------------------------------------


def test_a_message_in_its_four_parts() -> None:
    error = FormulaError(
        "no Excel function XLOOKUPP",
        cell="Sheet1!D7", formula="=XLOOKUPP(B7,A:A)", position=1, action="did you mean XLOOKUP?",
    )  # fmt: skip
    assert str(error).splitlines() == [
        "Sheet1!D7: =XLOOKUPP(B7,A:A)",
        "            ^ no Excel function XLOOKUPP; did you mean XLOOKUP?",
    ]


@pytest.mark.parametrize(
    ("formula", "position", "under"),
    [
        ("=1+\nSUMM(A1)", 4, "SUMM"),  # people break long formulas over lines
        ('="é"&SUMM(A1)', 5, "SUMM"),
        ("=" + "A1+" * 100 + "SUMM(A1)", 301, "SUMM"),  # cut around the caret
        ("=\x1b[31mSUMM(A1)", 6, "SUMM"),  # nothing in a workbook commands the terminal
    ],
)
def test_the_caret_stands_under_the_right_character(formula: str, position: int, under: str) -> None:
    text = str(CellgradError("wrong", cell="A!B1", formula=formula, position=position))
    above, below = text.splitlines()
    assert above[below.index("^") :].startswith(under)
    assert "\x1b" not in text


def test_wide_characters_take_two_columns() -> None:
    above, below = str(CellgradError("wrong", cell="売上!B1", formula='="合計"&SUMM()', position=6)).splitlines()
    assert below.index("^") == above.index("SUMM") + 4


def test_ctrl_c_before_anything_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cellgrad.session.open_book", interrupted)
    assert main(["optimize", str(good(tmp_path / "book.xlsx"))]) == 130


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file of a folder and its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
