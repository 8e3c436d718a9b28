"""`cellgrad lessons check`: on workbooks that are good, stale, broken, or missing, with LibreOffice and without."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import xlsxwriter
from tests.commands import run
from tests.libreoffice import require

from cellgrad import lessons
from cellgrad.errors import ArgumentError, FileError
from cellgrad.hosts import libreoffice, rendering
from cellgrad.hosts.libreoffice import Converter
from cellgrad.lessons.computed import Page, Values, write
from cellgrad.solver_models import SolverModel


def draw(book: xlsxwriter.Workbook, values: Values) -> Mapping[str, SolverModel]:
    """Two pages; A3 = 5 and A4 = 10 on the first."""
    page, other = (Page(book, name, values) for name in ("sums", "other"))
    page.sheet.write_column(0, 0, [2, 3])
    page.formula(2, 0, "=A1+A2", book.add_format())
    page.formula(3, 0, "=2*A3", book.add_format())
    other.sheet.write_string(0, 0, "nothing to compute")
    return {}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the lesson small.xlsx, built."""
    monkeypatch.setattr(lessons, "BUILDERS", {"small.xlsx": lambda data, path: write(path, "small", draw)})
    lessons.build(tmp_path)
    return tmp_path


def change(path: Path, before: bytes, after: bytes) -> None:
    """Replace a piece of the first sheet's XML."""
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    assert parts["xl/worksheets/sheet1.xml"].count(before) == 1
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(before, after)
    with zipfile.ZipFile(path, "w") as target:
        for name, content in parts.items():
            target.writestr(name, content)


def width(picture: Path) -> int:
    """In pixels: bytes 16 to 19 of a PNG."""
    return struct.unpack(">I", picture.read_bytes()[16:20])[0]


@pytest.mark.libreoffice
def test_a_good_workbook(folder: Path, tmp_path: Path) -> None:
    require()
    before = (folder / "small.xlsx").read_bytes()
    ran = run("lessons", "check", folder, "--pictures", tmp_path / "pictures", "--json")
    assert (ran.code, ran.json["stale"], ran.json["libreoffice"]) == (0, [], True)
    (one,) = ran.json["workbooks"]
    assert one["state"] == "current" and one["good"]
    assert (one["formulas"], one["held"]["matched"], one["libreoffice"]["matched"]) == (2, 2, 2)
    assert (one["pages"], one["too_narrow"]) == (2, [])
    assert one["pictures"] == [str(tmp_path / "pictures" / f"small.xlsx-{at}.png") for at in (1, 2)]
    assert width(tmp_path / "pictures" / "small.xlsx-1.png") > 500
    assert sorted(file.name for file in tmp_path.iterdir()) == ["pictures", "small.xlsx"]
    assert (folder / "small.xlsx").read_bytes() == before
    words = run("lessons", "check", folder)
    assert words.code == 0
    assert words.out.splitlines() == [
        f"{folder / 'small.xlsx'}: up to date; 2 of 2 formula cells are LibreOffice's; 2 pages",
        "every lesson workbook is up to date, and LibreOffice agrees with every value",
    ]


@pytest.mark.libreoffice
def test_a_wrong_value_is_told_with_its_cell(folder: Path) -> None:
    """A3 holds 6 where 2 + 3 is 5; A4, which holds 10, is as it should be."""
    require()
    change(folder / "small.xlsx", b"<f>A1+A2</f><v>5.0</v>", b"<f>A1+A2</f><v>6</v>")
    ran = run("lessons", "check", folder, "--json")
    assert (ran.code, ran.json["stale"]) == (1, [str(folder / "small.xlsx")])
    (one,) = ran.json["workbooks"]
    assert one["state"] == "stale" and not one["good"]
    (wrong,) = one["held"]["mismatched"]
    assert wrong == {"cell": "sums!A3", "formula": "=A1+A2", "cached": 6, "computed": 5, "origin": "sums!A3"}
    assert one["libreoffice"]["mismatched"] == []
    words = run("lessons", "check", folder)
    assert words.code == 1
    assert "  sums!A3 holds 6; =A1+A2 comes to 5\n" in words.out
    assert "1 hold what they come to" in words.out
    assert words.out.splitlines()[-1] == "1 of 1 lesson workbooks are not as they should be"


@pytest.mark.libreoffice
def test_a_number_wider_than_its_column_is_told(folder: Path) -> None:
    require()
    path = folder / "small.xlsx"
    change(path, b"<sheetData>", b'<cols><col min="1" max="1" width="3" customWidth="1"/></cols><sheetData>')
    change(path, b"<v>2</v>", b"<v>123456789012</v>")
    assert "3 numbers wider than their column; 2 pages" in run("lessons", "check", folder).out


@pytest.mark.libreoffice
def test_what_is_no_workbook_is_told_and_the_others_go_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require()
    builder = lessons.BUILDERS["small.xlsx"]
    monkeypatch.setattr(lessons, "BUILDERS", {"broken.xlsx": builder, "absent.xlsx": builder, "small.xlsx": builder})
    (folder / "broken.xlsx").write_text("nothing that Excel ever wrote")
    ran = run("lessons", "check", folder, "--json")
    assert ran.code == 1
    broken, absent, small = ran.json["workbooks"]
    assert "broken.xlsx" in broken["error"]["cause"]
    assert (absent["state"], absent["pages"]) == ("missing", 0)
    assert small["good"]


def test_without_libreoffice_the_bytes_are_compared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    ran = run("lessons", "check", folder)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"{folder / 'small.xlsx'}: up to date", "every lesson workbook is up to date",
    ]  # fmt: skip
    assert "LibreOffice is not installed (no soffice on the PATH)" in ran.err
    change(folder / "small.xlsx", b"<v>2</v>", b"<v>3</v>")
    ran = run("lessons", "check", folder, "--no-libreoffice", "--json")
    assert (ran.code, ran.json["stale"], ran.json["libreoffice"]) == (1, [str(folder / "small.xlsx")], False)
    (folder / "small.xlsx").unlink()
    assert ": missing" in run("lessons", "check", folder, "--no-libreoffice").out


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (("--pictures", "p"), "LibreOffice is not installed"),
        (("--libreoffice",), "LibreOffice is not installed"),
        (("--pictures", "p", "--no-libreoffice"), "--pictures needs LibreOffice"),
        (("--only", "large"), "no lesson is called 'large'; choose among: small"),
    ],
)
def test_what_cannot_be_asked(folder: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str], cause: str) -> None:
    monkeypatch.setenv("PATH", "")
    ran = run("lessons", "check", folder, *options)
    assert ran.code == 2 and cause in ran.err
    assert not (folder / "p").exists()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("  1.5   ###   2.5", 1),
        ("name     ### ####", 2),
        ("###\n  ####  \n", 2),
        ("text FA to ##### to receive entry", 0),
        ("call #####. Claim code KL341", 0),
        ("a # b   ##   c", 0),
    ],
)
def test_numbers_too_wide_and_texts_that_hold_the_same_sign(text: str, count: int) -> None:
    """As pdftotext lays a page out: two spaces and more between cells."""
    assert rendering._too_narrow(text) == count


def test_pages_need_poppler(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering.shutil, "which", lambda program: None if program == "pdftoppm" else "/bin/true")
    with Converter() as office, pytest.raises(ArgumentError, match="pdftoppm; install poppler"):
        rendering.render(folder / "small.xlsx", office, folder)


def test_only_some_lessons_are_built_and_checked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = lessons.BUILDERS["small.xlsx"]
    names = ("one.xlsx", "two.xlsx", "two.xlsm")
    monkeypatch.setattr(lessons, "BUILDERS", dict.fromkeys(names, builder))
    assert lessons.chosen(["two"]) == ["two.xlsx", "two.xlsm"]
    assert lessons.chosen(["two.xlsm", "one"]) == ["one.xlsx", "two.xlsm"]
    ran = run("lessons", "build", folder, "--only", "two.xlsm", "--only", "one", "--json")
    assert ran.json == {"built": [str(folder / "one.xlsx"), str(folder / "two.xlsm")]}
    assert run("lessons", "check", folder, "--only", "one", "--no-libreoffice").code == 0
    assert run("lessons", "check", folder, "--no-libreoffice", "--json").json["stale"] == [str(folder / "two.xlsx")]


def test_a_libreoffice_that_hangs_is_ended_with_its_children(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in is a launcher, as soffice is: its child would sleep on."""
    hanging = folder / "soffice"
    hanging.write_text(f"#!/bin/sh\nsleep 987 & echo $! > '{folder}/child'; wait\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(libreoffice, "find_soffice", lambda: str(hanging))
    with Converter() as office, pytest.raises(FileError, match="took more than 1 s over"):
        office.convert(folder / "small.xlsx", "pdf", folder, seconds=1)
    listed = subprocess.run(["ps", "-o", "stat=", "-p", (folder / "child").read_text().strip()],
                            capture_output=True, text=True, check=False).stdout  # fmt: skip
    assert re.fullmatch(r"(Z.*)?", listed.strip())


def test_a_libreoffice_that_fails_is_told_with_what_it_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = folder / "soffice"
    failing.write_text("#!/bin/sh\necho source file could not be loaded >&2\nexit 1\n")
    failing.chmod(0o755)
    monkeypatch.setattr(libreoffice, "find_soffice", lambda: str(failing))
    shutil.copy(folder / "small.xlsx", folder / "copy.xlsx")
    with Converter() as office, pytest.raises(FileError, match=r"copy\.xlsx' \(source file could not be loaded\)"):
        office.convert(folder / "copy.xlsx", "pdf", folder)
