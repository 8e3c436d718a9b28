"""Saving: what changes in a package, and that nothing else does."""

from __future__ import annotations

import errno
import functools
import io
import os
import re
import resource
import signal
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hosts.tiny_package import STRICT, parts, save, tiny, worksheet
from tests.libreoffice import recalculate

from cellgrad.errors import ArgumentError, WriteError
from cellgrad.hosts import replace
from cellgrad.hosts.package import NO_VALUE, Change, read, undo, write
from cellgrad.hosts.writer import with_full_recalculation
from cellgrad.values import CellError, Value

SHEET = "xl/worksheets/sheet1.xml"


def part(path: Path, name: str = SHEET) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def raw_members(path: Path) -> dict[str, bytes]:
    """Each member's bytes as they are in the file: local header, name, compressed data, descriptor."""
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
        ends = [*(info.header_offset for info in infos[1:]), archive.start_dir]
    return {info.filename: data[info.header_offset : end] for info, end in zip(infos, ends, strict=True)}


def rows_of(path: Path) -> str:
    return re.search(r"<sheetData>(.*)</sheetData>|$", part(path).decode(), re.DOTALL)[1]  # type: ignore[index]


TABLE = [
    # the rows, (row, column), the new value -> the new rows
    ('<row r="1"><c r="A1"><v>1</v></c></row>', (0, 0), 2.5, '<row r="1"><c r="A1"><v>2.5</v></c></row>'),
    ('<row r="1"><c r="A1"><v>1</v></c></row>', (0, 0), 0.1 + 0.2,
     '<row r="1"><c r="A1"><v>0.30000000000000004</v></c></row>'),
    ('<row r="1"><c r="A1"><v>1</v></c></row>', (0, 0), 1e300, '<row r="1"><c r="A1"><v>1e+300</v></c></row>'),
    ('<row r="1"><c r="A1"><v>1</v></c></row>', (0, 0), -0.0, '<row r="1"><c r="A1"><v>0</v></c></row>'),
    ('<row r="1"><c r="A1"><v>1.00</v></c></row>', (0, 0), 1.0, '<row r="1"><c r="A1"><v>1.00</v></c></row>'),
    # attributes stay where they are; `t` is dropped, changed or added, `vm` goes with the old value
    ('<row r="1"><c s="3" r="A1" t="s" ><v>0</v></c></row>', (0, 0), 2.0,
     '<row r="1"><c s="3" r="A1" ><v>2</v></c></row>'),
    ('<row r="1"><c r="A1" t="b" s="1"><v>1</v></c></row>', (0, 0), "x",
     '<row r="1"><c r="A1" t="inlineStr" s="1"><is><t>x</t></is></c></row>'),
    ('<row r="1"><c r="A1" vm="1" t="e"><v>#VALUE!</v></c></row>', (0, 0), CellError.NA,
     '<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>'),
    ('<row r="1"><c r="A1" cm="1"><f t="array" ref="A1">B1</f><v>1</v></c></row>', (0, 0), True,
     '<row r="1"><c r="A1" cm="1" t="b"><f t="array" ref="A1">B1</f><v>1</v></c></row>'),
    # formulas stay; their text values are `str`
    ('<row r="1"><c r="A1"><f ca="1">B1</f><v>1</v></c></row>', (0, 0), " a<b&\r",
     '<row r="1"><c r="A1" t="str"><f ca="1">B1</f><v xml:space="preserve"> a&lt;b&amp;_x000D_</v></c></row>'),
    ('<row r="1"><c r="A1"><f>B1</f></c></row>', (0, 0), 3.0, '<row r="1"><c r="A1"><f>B1</f><v>3</v></c></row>'),
    ('<row r="1"><c r="A1"><f t="shared" si="0">C1</f></c><c r="B1"><f t="shared" si="0"/><v>1</v></c></row>',
     (0, 1), 3.0,
     '<row r="1"><c r="A1"><f t="shared" si="0">C1</f></c><c r="B1"><f t="shared" si="0"/><v>3</v></c></row>'),
    ('<row r="1"><c r="A1" t="str"><f>B1</f><v>x</v></c></row>', (0, 0), NO_VALUE,
     '<row r="1"><c r="A1"><f>B1</f></c></row>'),
    ('<row r="1"><c r="A1" s="2"><v>1</v></c></row>', (0, 0), NO_VALUE, '<row r="1"><c r="A1" s="2"/></row>'),
    ('<row r="1"><c r="A1"><v>1</v><extLst><ext/></extLst></c></row>', (0, 0), 2.0,
     '<row r="1"><c r="A1"><v>2</v><extLst><ext/></extLst></c></row>'),
    ('<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>', (0, 0), 2.0,
     '<row r="1"><c r="A1"><v>2</v></c></row>'),
    # a cell, a row or the sheet data that are not there yet
    ('<row r="1"><c r="A1" s="3"/></row>', (0, 0), 2.0, '<row r="1"><c r="A1" s="3"><v>2</v></c></row>'),
    ('<row r="1"><c r="B1"><v>1</v></c></row>', (0, 0), 2.0,
     '<row r="1"><c r="A1"><v>2</v></c><c r="B1"><v>1</v></c></row>'),
    ('<row r="1" spans="2:2"><c r="B1"><v>1</v></c></row>', (0, 2), "é",
     '<row r="1" spans="2:3"><c r="B1"><v>1</v></c><c r="C1" t="inlineStr"><is><t>é</t></is></c></row>'),
    ('<row r="1" s="7" customFormat="1"/>', (0, 0), 2.0,
     '<row r="1" s="7" customFormat="1"><c r="A1" s="7"><v>2</v></c></row>'),
    ('<row r="1"/><row r="5"/>', (2, 1), 2.0, '<row r="1"/><row r="3"><c r="B3"><v>2</v></c></row><row r="5"/>'),
    ('<row r="5"/>', (6, 0), 2.0, '<row r="5"/><row r="7"><c r="A7"><v>2</v></c></row>'),
    ("", (6, 0), 2.0, '<row r="7"><c r="A7"><v>2</v></c></row>'),
    ('<row r="5"/>', (6, 0), NO_VALUE, '<row r="5"/>'),
    # rows and cells that do not say where they are
    ("<row><c/><c><v>1</v></c></row><row><c><v>2</v></c></row>", (1, 0), 7.0,
     "<row><c/><c><v>1</v></c></row><row><c><v>7</v></c></row>"),
    ("<row><c/><c><v>1</v></c></row>", (0, 1), 7.0, "<row><c/><c><v>7</v></c></row>"),
    ("<row><c><v>1</v></c></row>", (0, 1), 7.0, '<row><c><v>1</v></c><c r="B1"><v>7</v></c></row>'),
    # comments, CDATA and odd layout among the cells
    ('<!-- <row r="1"> --><row r="1"><!-- <c r="A1"/> --><c r="A1"><f><![CDATA[B1</c>]]></f><v>1</v></c></row>',
     (0, 0), 2.0,
     '<!-- <row r="1"> --><row r="1"><!-- <c r="A1"/> --><c r="A1"><f><![CDATA[B1</c>]]></f><v>2</v></c></row>'),
    ('<row\nr="1" ><c\n  r = "A1"\t><v >1</v ></c ></row >', (0, 0), 2.0,
     '<row\nr="1" ><c\n  r = "A1"\t><v>2</v></c></row>'),
    ('<row r="1" x="<c>"/>'.replace("<c>", "/>"), (0, 0), 2.0, '<row r="1" x="/>"><c r="A1"><v>2</v></c></row>'),
]  # fmt: skip


@pytest.mark.parametrize(("before", "cell", "value", "after"), TABLE)
def test_only_the_cell_changes(tmp_path: Path, before: str, cell: tuple[int, int], value: Value, after: str) -> None:
    source = tiny(tmp_path, f"<sheetData>{before}</sheetData><legacy/>", strings=["<t>plain</t>"])
    target = tmp_path / "out.xlsx"
    old = read(source).cached("Sheet1", *cell)
    changes = write(source, target, {"Sheet1": {cell: value}})
    assert rows_of(target) == after
    assert part(target) == part(source).replace(before.encode(), after.encode()) or not before
    found = read(target).cached("Sheet1", *cell)
    assert (type(found), found) == (type(value), value)
    assert changes == ([] if before == after else [Change("Sheet1", *cell, old, value)])


def test_empty_sheet_data(tmp_path: Path) -> None:
    for number, written in enumerate(("<sheetData/>", "<sheetData />", "<sheetData></sheetData>")):
        source = tiny(tmp_path, written)
        write(source, tmp_path / f"{number}.xlsx", {"Sheet1": {(0, 0): 1.0}})
        assert rows_of(tmp_path / f"{number}.xlsx") == '<row r="1"><c r="A1"><v>1</v></c></row>'


def test_new_cells_take_the_column_style(tmp_path: Path) -> None:
    source = tiny(tmp_path, '<cols><col min="1" max="1" width="9"/><col min="2" max="3" style="4"/></cols><sheetData/>')
    write(source, tmp_path / "o.xlsx", {"Sheet1": {(0, 0): 1.0, (0, 2): 1.0}})
    assert rows_of(tmp_path / "o.xlsx") == '<row r="1"><c r="A1"><v>1</v></c><c r="C1" s="4"><v>1</v></c></row>'


def test_a_prefixed_namespace_and_another_encoding(tmp_path: Path) -> None:
    xml = (
        '<?xml version="1.0" encoding="iso-8859-1"?><x:worksheet xmlns:x="' + STRICT + '"><x:sheetData>'
        '<x:row r="1"><x:c r="A1"><x:f>"ü"</x:f><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    ).encode("latin-1")
    source = save(tmp_path / "a.xlsx", {**parts(""), SHEET: xml})
    write(source, tmp_path / "b.xlsx", {"Sheet1": {(0, 0): "ä€", (1, 1): 5.0}})
    assert part(tmp_path / "b.xlsx") == xml.replace(b'"A1"><', b'"A1" t="str"><').replace(
        b"<x:v>1</x:v>", b"<x:v>&#228;&#8364;</x:v>"
    ).replace(b"</x:row>", b'</x:row><x:row r="2"><x:c r="B2"><x:v>5</x:v></x:c></x:row>')
    assert read(tmp_path / "b.xlsx").cached("Sheet1", 0, 0) == "ä€"


@functools.cache
def realistic_bytes() -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        bold = book.add_format({"bold": True})
        for name in ("one", "two"):
            sheet = book.add_worksheet(name)
            for r in range(40):
                sheet.write_row(r, 0, [r * 1.5, f"text {r % 5}", r % 2 == 0], bold)
                sheet.write_formula(r, 3, f"=A{r + 1}*2", bold, r * 3.0)
            sheet.add_table("F1:G9", {"columns": [{"header": "x"}, {"header": "y"}]})
            chart = book.add_chart({"type": "line"})
            chart.add_series({"values": f"={name}!$A$1:$A$9"})
            sheet.insert_chart("L2", chart)
        book.set_properties({"title": "t"})
    return stream.getvalue()


def realistic(path: Path) -> Path:
    path.write_bytes(realistic_bytes())
    return path


values = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0),
    st.booleans(),
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.sampled_from(list(CellError)),
    st.none(),
)
edits = st.dictionaries(st.tuples(st.integers(0, 60), st.integers(0, 9)), values, min_size=1, max_size=30)


@given(edits)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_random_edits_read_back_and_nothing_else_changes(
    tmp_path_factory: pytest.TempPathFactory, wanted: dict[tuple[int, int], Value]
) -> None:
    folder = tmp_path_factory.mktemp("random")
    source, target = realistic(folder / "a.xlsx"), folder / "b.xlsx"
    before = read(source)
    changes = write(source, target, {"one": wanted})
    after = read(target)
    for r in range(62):
        for c in range(11):
            expected = wanted.get((r, c), before.cached("one", r, c))
            found = after.cached("one", r, c)
            assert (type(found), found) == (type(expected), expected), (r, c)
            assert before.formula("one", r, c) == after.formula("one", r, c)
    assert {(change.row, change.column) for change in changes} == {
        cell
        for cell, value in wanted.items()
        if (type(value), value) != (type(old := before.cached("one", *cell)), old)
    }
    ours, theirs = raw_members(target), raw_members(source)
    assert list(ours) == list(theirs)
    assert {name for name in ours if ours[name] != theirs[name]} == ({SHEET} if changes else set())
    openpyxl.load_workbook(target)


def test_the_table_of_contents_keeps_all_it_says(tmp_path: Path) -> None:
    """Order, dates, flags, comments, extra fields, the archive's comment and what stands before the first member."""
    source = tmp_path / "a.xlsx"
    contents = parts('<row r="1"><c r="A1"><v>1</v></c></row>')
    with source.open("wb") as file:
        file.write(b"#! something before the zip\n")
        with zipfile.ZipFile(file, "w") as archive:
            archive.comment = b"a comment"
            for number, (name, text) in enumerate(contents.items()):
                info = zipfile.ZipInfo(name, (2001 + number, 2, 3, 4, 5, 6))
                info.comment, info.extra = f"no {number}".encode(), struct.pack("<HHI", 0xCAFE, 4, number)
                info.external_attr, info.compress_type = number << 16, zipfile.ZIP_DEFLATED if number % 2 else 0
                archive.writestr(info, text)
    target = tmp_path / "b.xlsx"
    source.write_bytes(source.read_bytes())
    with pytest.raises(Exception, match="is not an Excel workbook"):
        read(source)  # not a package at all for us: the zip must come first
    source.write_bytes(source.read_bytes().partition(b"\n")[2])
    write(source, target, {"Sheet1": {(0, 0): 2.0}})
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target) as new:
        assert new.comment == old.comment == b"a comment"
        fields = ["filename", "date_time", "comment", "extra", "external_attr", "create_system", "flag_bits"]
        for a, b in zip(old.infolist(), new.infolist(), strict=True):
            assert [getattr(a, f) for f in fields] == [getattr(b, f) for f in fields]
        assert new.testzip() is None


def test_members_written_as_a_stream(tmp_path: Path) -> None:
    """Sizes behind the data (flag bit 3) and zip64 fields, as programs write that do not seek."""
    source, target = tmp_path / "a.xlsx", tmp_path / "b.xlsx"

    class Pipe:
        def __init__(self) -> None:
            self.data = bytearray()

        def write(self, block: bytes) -> int:
            self.data += block
            return len(block)

        def flush(self) -> None:
            pass

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, text in parts('<row r="1"><c r="A1"><v>1</v></c></row>').items():
            with archive.open(name, "w", force_zip64=True) as out:
                out.write(text.encode())
    source.write_bytes(pipe.data)
    write(source, target, {"Sheet1": {(0, 0): 2.0}})
    ours, theirs = raw_members(target), raw_members(source)
    assert [name for name in ours if ours[name] != theirs[name]] == [SHEET]
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
    assert read(target).cached("Sheet1", 0, 0) == 2.0


@pytest.mark.parametrize(
    ("workbook", "expected"),
    [
        ("<workbook><sheets/></workbook>", '<workbook><sheets/><calcPr fullCalcOnLoad="1"/></workbook>'),
        ("<workbook><sheets><s/></sheets><definedNames>x</definedNames><extLst/></workbook>",
         "<workbook><sheets><s/></sheets><definedNames>x</definedNames>"
         '<calcPr fullCalcOnLoad="1"/><extLst/></workbook>'),
        ('<w:workbook><w:sheets/><w:calcPr calcId="1"/></w:workbook>',
         '<w:workbook><w:sheets/><w:calcPr calcId="1" fullCalcOnLoad="1"/></w:workbook>'),
        ('<workbook><sheets/><calcPr fullCalcOnLoad="0" calcId="1"/></workbook>',
         '<workbook><sheets/><calcPr fullCalcOnLoad="1" calcId="1"/></workbook>'),
        ("<workbook><sheets/><calcPr></calcPr></workbook>",
         '<workbook><sheets/><calcPr fullCalcOnLoad="1"></calcPr></workbook>'),
        ("<workbook><!-- <sheets/> --><sheets/></workbook>",
         '<workbook><!-- <sheets/> --><sheets/><calcPr fullCalcOnLoad="1"/></workbook>'),
    ],
)  # fmt: skip
def test_marking_for_full_recalculation(workbook: str, expected: str) -> None:
    assert with_full_recalculation(workbook.encode()) == expected.encode()


def test_full_recalculation_touches_the_workbook_part_alone(tmp_path: Path) -> None:
    source, target = tiny(tmp_path, {"one": "", "two": '<row r="1"/>'}), tmp_path / "b.xlsx"
    write(source, target, {"two": {(0, 0): 9.0}}, full_recalculation=True)
    ours, theirs = raw_members(target), raw_members(source)
    changed = [name for name in ours if ours[name] != theirs[name]]
    assert sorted(changed) == ["xl/workbook.xml", "xl/worksheets/sheet2.xml"]
    assert part(target, "xl/workbook.xml") == part(source, "xl/workbook.xml").replace(
        b"</sheets>", b'</sheets><calcPr fullCalcOnLoad="1"/>'
    )


def test_a_save_without_changes_leaves_every_byte(tmp_path: Path) -> None:
    source = realistic(tmp_path / "a.xlsx")
    data, inode = source.read_bytes(), source.stat().st_ino
    assert write(source, source, {"one": {(0, 0): 0.0, (1, 1): "text 1"}}) == []
    assert (source.read_bytes(), source.stat().st_ino) == (data, inode)
    assert write(source, tmp_path / "b.xlsx", {}) == []
    assert (tmp_path / "b.xlsx").read_bytes() == data
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]


REFUSED = [
    # edits, the error and what it says
    ({"none": {(0, 0): 1.0}}, ArgumentError, "no sheet 'none'"),
    ({"Sheet1": {(0, 0): float("nan")}}, WriteError, "Sheet1!A1: it cannot hold nan"),
    ({"Sheet1": {(0, 0): float("inf")}}, WriteError, "Sheet1!A1: it cannot hold inf"),
    ({"Sheet1": {(0, 0): "x" * 32768}}, WriteError, "more than 32767 characters"),
    ({"Sheet1": {(1048576, 0): 1.0}}, WriteError, "outside the sheet"),
]


@pytest.mark.parametrize(("edits", "error", "message"), REFUSED)
def test_edits_that_are_refused(tmp_path: Path, edits: dict, error: type[Exception], message: str) -> None:
    source = tiny(tmp_path, "")
    with pytest.raises(error, match=message):
        write(source, tmp_path / "out.xlsx", edits)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny.xlsx"]


SHEETS_REFUSED = {
    '<row r="2"/><row r="1"/>': "row 1 comes after row 2",
    '<row r="1"/><row r="1"/>': "row 1 comes after row 1",
    '<row r="1"><c r="B1"/><c r="A1"/></row>': "A1 comes after B1",
    f'{worksheet("").partition("?>")[0]}?><worksheet xmlns="{STRICT}"></worksheet>': "no sheet data",
    worksheet("").replace("<sheetData>", f'<sheetData xmlns:y="{STRICT}">'): "names its namespace twice",
}


@pytest.mark.parametrize("xml", SHEETS_REFUSED)
def test_sheets_that_cannot_be_edited_safely(tmp_path: Path, xml: str) -> None:
    source = tiny(tmp_path, xml)
    with pytest.raises(WriteError, match=SHEETS_REFUSED[xml]):
        write(source, source, {"Sheet1": {(0, 0): 1.0}})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny.xlsx"]


def test_a_signed_workbook_is_refused(tmp_path: Path) -> None:
    source = save(tmp_path / "a.xlsx", parts("") | {"_xmlsignatures/sig1.xml": "<s/>"})
    with pytest.raises(WriteError, match="digitally signed"):
        write(source, source, {"Sheet1": {(0, 0): 1.0}})


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "books"
    folder.mkdir()
    return tiny(folder, '<row r="1"><c r="A1"><v>1</v></c></row>')


EDIT: dict[str, dict[tuple[int, int], Value]] = {"Sheet1": {(0, 0): 2.0}}


def assert_untouched(book: Path, data: bytes) -> None:
    assert book.read_bytes() == data
    assert [p.name for p in book.parent.iterdir()] == [book.name]


def test_a_target_that_is_a_folder(book: Path) -> None:
    data = book.read_bytes()
    with pytest.raises(WriteError, match="it is a folder"):
        write(book, book.parent, EDIT)
    assert_untouched(book, data)


def test_a_folder_that_does_not_exist(book: Path) -> None:
    with pytest.raises(WriteError, match="its folder does not exist"):
        write(book, book.parent / "none" / "x.xlsx", EDIT)
    with pytest.raises(WriteError, match="its folder does not exist"):
        write(book, book / "x.xlsx", EDIT)
    with pytest.raises(WriteError, match="its name is too long"):
        write(book, book.parent / ("x" * 300), EDIT)


def test_a_target_without_write_permission(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = book.read_bytes()
    book.chmod(0o444)
    if os.access(book, os.W_OK):  # root may write everything: answer as the system does to others
        monkeypatch.setattr(os, "access", lambda path, mode: not (Path(path) == book and mode & os.W_OK))
    with pytest.raises(WriteError, match="no permission to write there"):
        write(book, book, EDIT)
    assert_untouched(book, data)


@pytest.mark.parametrize("lock", ["~$tiny.xlsx", ".~lock.tiny.xlsx#"])
def test_a_target_that_is_open_elsewhere(book: Path, lock: str) -> None:
    (book.parent / lock).touch()
    with pytest.raises(WriteError, match="it is open in Excel or LibreOffice") as caught:
        write(book, book, EDIT)
    assert lock in str(caught.value)


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "message"),
    [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "no permission"), (errno.EIO, "Input/output error")],
)
def test_a_failing_system_call(
    book: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, message: str
) -> None:
    data = book.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    if call == "fsync":
        monkeypatch.setattr(replace.os, "fsync", fail)
    elif call == "replace":
        monkeypatch.setattr(Path, "replace", fail)
    else:

        class Full(replace.Replacement):
            def __init__(self, target: Path) -> None:
                super().__init__(target)
                real = self.file

                class Failing:
                    write = staticmethod(fail)

                    def __getattr__(self, name: str) -> object:
                        return getattr(real, name)

                self.file = Failing()  # type: ignore[assignment]

        monkeypatch.setattr("cellgrad.hosts.writer.Replacement", Full)
    with pytest.raises(WriteError, match=message):
        write(book, book, EDIT)
    assert_untouched(book, data)


def test_a_full_disk(tmp_path: Path) -> None:
    """A file size limit of the system, in a process of its own: the same error path as a full disk, for real."""
    big = "".join(f'<row r="{r}"><c r="A{r}"><v>{r * 0.123456789}</v></c></row>' for r in range(1, 9000))
    source = tiny(tmp_path, big)
    data = source.read_bytes()

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    code = (
        "import sys\nfrom cellgrad.hosts.package import write\nfrom cellgrad.errors import WriteError\n"
        "try: write(sys.argv[1], sys.argv[1], {'Sheet1': {(0, 0): 5.0}})\n"
        "except WriteError as error: print(error)"
    )
    run = subprocess.run(
        [sys.executable, "-B", "-c", code, str(source)], preexec_fn=limit, capture_output=True, text=True, check=True
    )
    assert "was not written: the file would be larger than the disk or a limit allows" in run.stdout
    assert_untouched(source, data)


def test_permissions_are_kept_and_links_followed(book: Path, tmp_path: Path) -> None:
    book.chmod(0o640)
    link = tmp_path / "link.xlsx"
    link.symlink_to(book)
    write(link, link, EDIT)
    assert link.is_symlink()
    assert book.stat().st_mode & 0o777 == 0o640
    assert read(book).cached("Sheet1", 0, 0) == 2.0
    old = os.umask(0o027)
    try:
        write(book, tmp_path / "new.xlsx", {"Sheet1": {(0, 0): 3.0}})
    finally:
        os.umask(old)
    assert (tmp_path / "new.xlsx").stat().st_mode & 0o777 == 0o640


def test_openpyxl_and_we_agree_on_what_was_written(tmp_path: Path) -> None:
    source, target = realistic(tmp_path / "a.xlsx"), tmp_path / "b.xlsx"
    write(source, target, {"one": {(0, 0): 3.25, (0, 1): "new", (0, 3): 6.5, (50, 3): True, (1, 3): CellError.DIV0}})
    sheet = openpyxl.load_workbook(target, data_only=True)["one"]
    assert [sheet[name].value for name in ("A1", "B1", "D1", "D51", "D2")] == [3.25, "new", 6.5, True, "#DIV/0!"]
    sheet = openpyxl.load_workbook(target)["one"]
    assert [sheet[name].value for name in ("D1", "D2")] == ["=A1*2", "=A2*2"]
    assert sheet["A1"].font.b


@pytest.mark.libreoffice
def test_libreoffice_opens_what_was_written(tmp_path: Path) -> None:
    source = tiny(tmp_path, '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1*2</f><v>2</v></c></row>')
    write(source, tmp_path / "out.xlsx", {"Sheet1": {(0, 0): 2.5, (2, 2): "new <&>", (0, 1): NO_VALUE}}, True)
    values = read(recalculate(tmp_path / "out.xlsx", tmp_path / "recalculated"))
    assert [values.cached("Sheet1", *cell) for cell in ((0, 0), (0, 1), (2, 2))] == [2.5, 5.0, "new <&>"]


@pytest.mark.slow
def test_killed_at_any_moment_the_file_is_old_or_new(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{r}"><c r="A{r}"><v>{r * 0.1}</v></c></row>' for r in range(1, 60_000))
    source = tiny(tmp_path, rows)
    data = source.read_bytes()
    code = (
        "import sys\nfrom cellgrad.hosts.package import write\nprint('go', flush=True)\n"
        "write(sys.argv[1], sys.argv[1], {'Sheet1': {(r, 0): 1.5 for r in range(60000)}})"
    )

    def started() -> subprocess.Popen[bytes]:
        source.write_bytes(data)
        process = subprocess.Popen([sys.executable, "-c", code, str(source)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    whole = started()
    began = time.perf_counter()
    whole.wait()
    took = time.perf_counter() - began  # as long as it takes on this machine today
    seen = set()
    # Kills spread over the save, and later ones until a save was let through: how long it takes varies.
    delay = 0.0
    while delay < took or 1.5 not in seen:
        process = started()
        time.sleep(delay)
        process.kill()
        process.wait()
        value = read(source).cached("Sheet1", 0, 0)
        assert value == 1.5 or source.read_bytes() == data
        seen.add(value)
        delay += took / 40
        assert delay < 20 * took
    assert seen == {0.1, 1.5}


def test_undo_brings_back_whatever_file_a_save_replaced(tmp_path: Path) -> None:
    row = '<row r="1"><c r="A1"><v>1</v></c></row>'
    source = tiny(tmp_path, row)
    other = tmp_path / "other.xlsx"
    other.write_bytes(b"somebody's work, not even a workbook")
    write(source, other, EDIT)
    first = other.read_bytes()
    write(source, other, {"Sheet1": {(0, 0): 5.0}})
    undo(other)
    assert other.read_bytes() == first
    undo(other)
    assert other.read_bytes() == b"somebody's work, not even a workbook"


def test_a_save_over_a_file_with_a_history_of_its_own_can_be_undone_all_the_way(tmp_path: Path) -> None:
    source = tiny(tmp_path, '<row r="1"><c r="A1"><v>1</v></c></row>')
    mine = tmp_path / "mine.xlsx"
    mine.write_bytes(source.read_bytes())
    write(mine, mine, {"Sheet1": {(0, 0): 7.0}})
    improved = mine.read_bytes()
    write(source, mine, {"Sheet1": {(0, 0): 9.0}})
    undo(mine)
    assert mine.read_bytes() == improved
    undo(mine)
    assert mine.read_bytes() == source.read_bytes()
