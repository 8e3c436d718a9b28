"""Files that are no readable workbook: one clear FileError each, in bounded time and memory."""

from __future__ import annotations

import os
import resource
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.hosts.tiny_package import HEADER, TRANSITIONAL, parts, relationships, save, tiny, worksheet

from cellgrad.errors import FileError
from cellgrad.hosts import container, sheet_builder
from cellgrad.hosts.package import read

OLE = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 504
GOOD = '<row r="1"><c r="A1"><v>1</v></c></row>'


def good(folder: Path) -> bytes:
    return tiny(folder, GOOD).read_bytes()


FILES: dict[str, tuple[Callable[[Path], bytes], str]] = {
    # what the file holds -> what the message says
    "empty": (lambda _: b"", "is empty"),
    "text": (lambda _: b"a,b\n1,2\n", "is not an Excel workbook"),
    "html": (lambda _: b"<html><table></table></html>", "is not an Excel workbook"),
    "xls": (lambda _: OLE + "Workbook".encode("utf-16-le"), "is an old .xls workbook"),
    "xls of Excel 4": (lambda _: bytes.fromhex("0904060000000200"), "is an old .xls workbook"),
    "password": (lambda _: OLE + "EncryptedPackage".encode("utf-16-le"), "is protected with a password"),
    "cut off": (lambda folder: good(folder)[:-200], "cut off"),
    "only the start of a zip": (lambda _: b"PK\3\4", "cut off"),
    "an empty zip": (lambda _: b"PK\5\6" + b"\0" * 18, "no Excel workbook"),
    "zeros in the middle": (lambda folder: zeroed(good(folder)), "is damaged"),
}


def zeroed(data: bytes) -> bytes:
    """The compressed sheet overwritten with zeros."""
    at = data.index(b"xl/worksheets/sheet1.xml") + 24
    return data[:at] + b"\0" * 40 + data[at + 40 :]


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_workbook(tmp_path: Path, name: str) -> None:
    make, message = FILES[name]
    path = tmp_path / "file.xlsx"
    path.write_bytes(make(tmp_path))
    with pytest.raises(FileError, match=message) as caught:
        read(path)
    assert "file.xlsx" in str(caught.value)
    assert caught.value.action
    assert caught.value.exit_code == 2


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no file"):
        read(tmp_path / "none.xlsx")
    with pytest.raises(FileError, match="not a file name"):
        read("a\0b.xlsx")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a folder"):
        read(tmp_path)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tiny(tmp_path, GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):  # root may read everything: let the system call answer as it does to others

        def refuse(self: Path, *_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileError, match="no permission to read"):
        read(path)


OTHERS = {
    "ods": ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}, "OpenDocument"),
    "xlsb": ({"_rels/.rels": relationships(("officeDocument", "xl/workbook.bin"))}, "binary workbook"),
    "docx": ({"_rels/.rels": relationships(("officeDocument", "word/document.xml"))}, "Word document"),
    "pptx": ({"_rels/.rels": relationships(("officeDocument", "/ppt/presentation.xml"))}, "PowerPoint"),
    "any zip": ({"readme.txt": "x"}, "no Excel workbook"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_packages(tmp_path: Path, name: str) -> None:
    contents, message = OTHERS[name]
    with pytest.raises(FileError, match=message):
        read(save(tmp_path / "file.xlsx", contents))


def without(part: str) -> dict[str, str]:
    contents = parts('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=["<t>x</t>"])
    del contents[part]
    return contents


def with_part(part: str, text: str) -> dict[str, str]:
    return {**parts(GOOD, strings=["<t>x</t>"]), part: text}


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
LOCAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
WORKBOOK = parts(GOOD)["xl/workbook.xml"]
PACKAGES = {
    "no workbook part": (without("xl/workbook.xml"), "xl/workbook.xml is missing"),
    "no sheet part": (without("xl/worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml is missing"),
    "no strings part": (without("xl/sharedStrings.xml"), "xl/sharedStrings.xml is missing"),
    "no relationships": (without("xl/_rels/workbook.xml.rels"), "relationship 'rId1' that does not exist"),
    "malformed workbook": (with_part("xl/workbook.xml", "<workbook>"), "xl/workbook.xml cannot be read"),
    "other root": (with_part("xl/workbook.xml", "<other/>"), "not <workbook>"),
    "no sheets": (with_part("xl/workbook.xml", "<workbook/>"), "lists no sheets"),
    "the same sheet twice": (parts({"a": GOOD, "A": GOOD}), "two sheets are named 'A'"),
    "a name of a sheet that is not there": (
        parts(GOOD, names='<definedName name="n" localSheetId="1">1</definedName>'),
        "'n' belongs to sheet number 1",
    ),
    "malformed strings": (with_part("xl/sharedStrings.xml", "<sst><si>"), "sharedStrings.xml cannot be read"),
    "malformed sheet": (parts(f"{HEADER}<worksheet"), "cannot be read"),
    "tags that do not match": (parts(worksheet("<row><c></row></c>")), "cannot be read"),
    "an undefined entity": (parts(worksheet('<row r="1"><c r="A1"><v>&x;</v></c></row>')), "cannot be read"),
    "no sheet at all": (parts(f"{HEADER}<chart/>"), "not <worksheet>"),
    "a sheet of another namespace": (parts(f'{HEADER}<worksheet xmlns="urn:x"/>'), "not <worksheet>"),
    "entities in a sheet": (parts(worksheet(GOOD).replace("<worksheet", BOMB + "<worksheet")), "document type"),
    "a file's text in a sheet": (parts(worksheet(GOOD).replace("<worksheet", LOCAL + "<worksheet")), "document type"),
    "entities in the workbook": (
        with_part("xl/workbook.xml", WORKBOOK.replace("<work", BOMB + "<work")),
        "document type",
    ),
    "entities in the strings": (
        with_part("xl/sharedStrings.xml", BOMB + "<sst><si><t>&b;</t></si></sst>"),
        "document type",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_with_bad_parts(tmp_path: Path, name: str) -> None:
    contents, message = PACKAGES[name]
    with pytest.raises(FileError, match=message):
        read(save(tmp_path / "file.xlsx", contents))


CELLS = {
    # a sheet's rows -> the cell and the cause that the message names
    '<row r="1"><c r="B1" t="s"><v>7</v></c></row>': r"Sheet1!B1.*shared string 7, and there are 1",
    '<row r="1"><c r="B1" t="s"><v>-1</v></c></row>': r"Sheet1!B1.*shared string -1",
    '<row r="1"><c r="B1" t="s"><v>x</v></c></row>': r"Sheet1!B1.*shared string x",
    '<row r="1"><c r="B1"><v>1,5</v></c></row>': r"Sheet1!B1.*'1,5' is no number",
    '<row r="1"><c r="B1"><v>1_000</v></c></row>': r"Sheet1!B1.*'1_000' is no number",
    '<row r="1"><c r="B1"><v>0x1A</v></c></row>': r"Sheet1!B1.*'0x1A' is no number",
    '<row r="1"><c r="B1" t="b"><v>2</v></c></row>': r"Sheet1!B1.*'2' is no boolean",
    '<row r="1"><c r="B1" t="d"><v>soon</v></c></row>': r"Sheet1!B1.*'soon' is no date",
    '<row r="1"><c r="B1" t="q"><v>1</v></c></row>': r"Sheet1!B1.*unknown cell type 'q'",
    '<row r="1"><c r="1B"><v>1</v></c></row>': r"a cell is named '1B'",
    '<row r="1"><c r="ABCD1"><v>1</v></c></row>': r"a cell is named 'ABCD1'",
    '<row r="1"><c r="A0"><v>1</v></c></row>': r"a cell is named 'A0'",
    '<row r="1"><c r="XFE1"><v>1</v></c></row>': r"lies outside the sheet",
    '<row r="1048577"><c r="A1048577"><v>1</v></c></row>': r"lies outside the sheet",
    '<row r="x"><c><v>1</v></c></row>': r"a row is numbered 'x'",
    '<row r="99999999999"><c><v>1</v></c></row>': r"lies outside the sheet",
    '<row r="1"><c r="B1"><f t="array" ref="B:1">1</f></c></row>': r"Sheet1!B1.*covers 'B:1', no range",
    '<row r="1"><c r="B1"><f t="array">1</f></c></row>': r"Sheet1!B1.*covers None, no range",
    '<row r="1"><c r="B1"><f t="array" ref="D1:E9">1</f></c></row>': r"Sheet1!B1.*without the cell itself",
    '<row r="1"><c r="A1"><f t="array" ref="A1:XFD1048576">1</f></c></row>': r"cover more than 5000000 cells",
    '<row r="1"><c r="A1"><f t="array" ref="A1:XFD9999999">1</f></c></row>': r"no range",
}  # fmt: skip


@pytest.mark.parametrize("slow", ["", "<!-- slow -->"], ids=["many cells at once", "cell by cell"])
@pytest.mark.parametrize("xml", CELLS)
def test_cells_that_make_no_sense(tmp_path: Path, xml: str, slow: str) -> None:
    with pytest.raises(FileError, match=CELLS[xml]):
        read(tiny(tmp_path, slow + xml, strings=["<t>x</t>"]))


def table(ref: str, attributes: str = "") -> dict[str, str]:
    contents = parts(GOOD)
    contents["xl/worksheets/_rels/sheet1.xml.rels"] = relationships(("table", "../t.xml"))
    contents["xl/t.xml"] = (
        f'{HEADER}<table displayName="T" ref="{ref}"{attributes}>'
        '<tableColumns><tableColumn name="a"/></tableColumns></table>'
    )
    return contents


@pytest.mark.parametrize(
    ("ref", "attributes", "message"),
    [
        ("A1:B9", "", "table 'T' has 1 columns"),
        ("A1", ' headerRowCount="2"', r"2\+0 extra rows over A1"),
        ("A1:A9", ' headerRowCount="x"', "xl/t.xml cannot be read"),
        ("nowhere", "", "'nowhere' is not a cell or range"),
    ],
)
def test_tables_that_make_no_sense(tmp_path: Path, ref: str, attributes: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read(save(tmp_path / "x.xlsx", table(ref, attributes)))


def test_a_wrong_checksum(tmp_path: Path) -> None:
    path = tiny(tmp_path, GOOD)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    crc = struct.pack("<I", info.CRC)
    assert data.count(crc) == 2  # local header and table of contents
    path.write_bytes(bytes(data).replace(crc, b"\1\2\3\4"))
    with pytest.raises(FileError, match=r"sheet1\.xml cannot be read"):
        read(path)


def test_an_encrypted_member(tmp_path: Path) -> None:
    path = tiny(tmp_path, GOOD)
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1) if data.count(b"PK\1\2") > 1 else 0
    for start in [i for i in range(len(data) - 4) if data[i : i + 4] == b"PK\1\2"]:
        data[start + 8] |= 1
    assert at
    path.write_bytes(bytes(data))
    with pytest.raises(FileError, match="encrypted zip"):
        read(path)


def test_names_that_point_outside_are_only_names(tmp_path: Path) -> None:
    """Nothing is ever unpacked to disk, and a target with too many '..' stays inside the package."""
    contents = parts(GOOD) | {"../../../etc/evil.xml": "x", "/abs.xml": "y"}
    contents["xl/_rels/workbook.xml.rels"] = relationships(("worksheet", "../../../../xl/worksheets/sheet1.xml"))
    assert read(save(tmp_path / "x.xlsx", contents)).cached("Sheet1", 0, 0) == 1.0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.xlsx"]


def bomb(path: Path, part: str, start: bytes, filling: bytes, megabytes: int) -> Path:
    """A workbook with one part that is `filling` over and over."""
    contents = parts(GOOD, strings=["<t>x</t>"])
    del contents[part]
    save(path, contents)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(part, "w") as out:
        out.write(start)
        block = filling * ((1 << 20) // len(filling))
        for _ in range(megabytes):
            out.write(block)
    return path


@pytest.mark.parametrize(
    ("part", "start", "filling"),
    [
        ("xl/worksheets/sheet1.xml", worksheet("<sheetData>").split("</worksheet>")[0].encode(), b" "),
        ("xl/worksheets/sheet1.xml", worksheet("<sheetData>").split("</worksheet>")[0].encode(), b"<row></row>"),
        ("xl/sharedStrings.xml", f'<sst xmlns="{TRANSITIONAL}">'.encode(), b"<si><t/></si>"),
        ("xl/sharedStrings.xml", f'<sst xmlns="{TRANSITIONAL}">'.encode(), b"<si><r><t>same text here</t></r></si>"),
        ("xl/workbook.xml", b"<workbook>", b"<sheets/>"),
        ("xl/_rels/workbook.xml.rels", b"<Relationships>", b"<R/>"),
    ],
)
def test_every_part_is_guarded_against_bombs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, start: bytes, filling: bytes
) -> None:
    monkeypatch.setattr(container, "RATIO_FREE_BYTES", 1 << 20)
    monkeypatch.setattr(container, "MAX_RATIO", 100)
    with pytest.raises(FileError, match="zip bomb"):
        read(bomb(tmp_path / "bomb.xlsx", part, start, filling, 16))


def test_a_zip_bomb_is_left_early(tmp_path: Path) -> None:
    start = worksheet("<sheetData>").split("</worksheet>")[0].encode()
    path = bomb(tmp_path / "bomb.xlsx", "xl/worksheets/sheet1.xml", start, b"<row></row>", 300)
    assert path.stat().st_size < 2 << 20
    before, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FileError, match="zip bomb"):
        read(path)
    assert time.process_time() - before < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 400 << 10  # KiB


def test_a_lying_header_does_not_help_a_bomb(tmp_path: Path) -> None:
    """The sizes in the headers say 100 bytes; what is decompressed is never more than they say."""
    path = bomb(tmp_path / "bomb.xlsx", "xl/workbook.xml", b"<workbook>", b"<sheets/>", 100)
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/workbook.xml")
    true = struct.pack("<2I", info.compress_size, info.file_size)
    path.write_bytes(data.replace(true, struct.pack("<2I", info.compress_size, 100)))
    with pytest.raises(FileError):
        read(path)


def test_the_total_of_many_parts_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MAX_TOTAL_BYTES", 100_000)
    row = "".join(f'<row r="{r}"><c r="A{r}"><v>{r}</v></c></row>' for r in range(1, 1000))
    with pytest.raises(FileError, match="decompresses to more than"):
        read(tiny(tmp_path, {f"s{n}": row for n in range(9)}))


def test_the_number_of_cells_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_builder, "MAX_CELLS", 2)
    row = "<row>" + "<c><v>1</v></c>" * 3 + "</row>"
    with pytest.raises(FileError, match="more than 2 cells"):
        read(tiny(tmp_path, row))


def test_deep_nesting(tmp_path: Path) -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    with pytest.raises(FileError):
        read(save(tmp_path / "x.xlsx", with_part("xl/workbook.xml", f"<workbook>{deep}</workbook>")))
    book = read(tiny(tmp_path, f"<sheetData>{GOOD}</sheetData>{deep}"))
    assert book.cached("Sheet1", 0, 0) == 1.0


def test_every_cut_and_many_flips_are_file_errors_or_a_workbook(tmp_path: Path) -> None:
    """No other exception comes out of a damaged file (seeded; the slow tier of fuzzing goes further)."""
    data = good(tmp_path)
    path = tmp_path / "x.xlsx"
    damaged = [data[:end] for end in range(0, len(data), 97)]
    state = 12345
    for _ in range(300):
        state = zlib.crc32(state.to_bytes(4, "little"))
        at, bit = state % len(data), 1 << (state >> 16) % 8
        damaged.append(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
    errors = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            read(path)
        except FileError:
            errors += 1
    assert errors > 100
