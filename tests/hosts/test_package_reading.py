"""What a package's XML says, and what the snapshot must hold. Every sheet is read by both readers, the quick one and
the cell-by-cell one: a comment among the rows is what sends a sheet to the second."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from tests.hosts.tiny_package import (
    HEADER,
    STRICT,
    STRICT_RELATIONS,
    parts,
    relationships,
    save,
    tiny,
    with_names,
    worksheet,
)

from cellgrad.address import cell_name, parse_region
from cellgrad.hosts.package import read
from cellgrad.values import CellError
from cellgrad.workbook import ArrayFormula, DefinedName, Workbook


@pytest.fixture(params=["many cells at once", "cell by cell"])
def rows(request: pytest.FixtureRequest):
    """Rows, laid out for one reader or the other."""
    return (lambda text: text) if request.param == "many cells at once" else (lambda text: f"<!-- slow -->{text}")


def values(book: Workbook, sheet: str = "Sheet1") -> dict[str, object]:
    """Every stored cell by its name."""
    cells = book.sheets[sheet].cells
    places = [(int(r), int(c)) for c, part in cells.entries(0, 0, 1 << 20, 1 << 14) for r in cells.rows[part]]
    return {cell_name(r, c): book.cached(sheet, r, c) for r, c in places}


def formulas(book: Workbook, sheet: str = "Sheet1") -> dict[str, str]:
    """The text of every formula cell, as written for the first cell that had it, with that cell's name."""
    found = {}
    for name in values(book, sheet):
        region = parse_region(name, sheet)
        formula = book.formula(sheet, region.top, region.left)
        if formula is not None:
            found[name] = f"{formula.text} in {cell_name(formula.row, formula.column)}"
    return found


def cell(inside: str, attributes: str = "", name: str = "A1") -> str:
    row = name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f'<row r="{row}"><c r="{name}"{attributes}>{inside}</c></row>'


STRINGS = ["<t>plain</t>", "<r><t>ri</t></r><r><rPr><b/></rPr><t>ch</t></r>", "<t>漢字</t><rPh><t>かんじ</t></rPh>"]


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        # ECMA-376 part 1, 18.18.11 (ST_CellType): n, s, str, b, e, inlineStr, d
        ("<v>1.5</v>", 1.5),
        ("<v> 2 </v>", 2.0),
        ("<v>1E-3</v>", 0.001),
        ("<v>-.5e+2</v>", -50.0),
        ("<v>0.1</v>", 0.1),
        ("<v></v>", None),
        ("<v/>", None),
        ("", None),
        ("n|<v>7</v>", 7.0),
        ("s|<v>0</v>", "plain"),
        ("s|<v>1</v>", "rich"),
        ("s|<v>2</v>", "漢字"),
        ("str|<v>text</v>", "text"),
        ("str|<f>A9</f><v></v>", ""),
        ('str|<v xml:space="preserve"> x </v>', " x "),
        ("str|<v>&lt;a&gt; &amp; &quot;b&quot; &#65;&#x42;</v>", '<a> & "b" AB'),
        ("str|<v>a_x000D_b</v>", "a\rb"),
        ("str|<v>_x005F_x000D_</v>", "_x000D_"),
        ("str|<v>_xD83D__xDE00_</v>", "\N{GRINNING FACE}"),
        ("str|<v>größe 漢 😀</v>", "größe 漢 😀"),
        ("str|<v>a\r\nb\rc</v>", "a\nb\nc"),  # XML 1.0, 2.11: line ends become one
        ("b|<v>1</v>", True),
        ("b|<v>0</v>", False),
        ("b|<v>true</v>", True),
        ("e|<v>#DIV/0!</v>", CellError.DIV0),
        ("e|<v>#n/a</v>", CellError.NA),
        ("e|<v>#FIELD!</v>", CellError.VALUE),  # an error without a code of its own is an error all the same
        ("inlineStr|<is><t>in</t></is>", "in"),
        ('inlineStr|<is><t xml:space="preserve"> in </t></is>', " in "),
        ("inlineStr|<is><r><t>i</t></r><r><t>n</t></r></is>", "in"),
        ("inlineStr|<is><t>k</t><rPh><t>z</t></rPh></is>", "k"),
        ("inlineStr|<is><t/></is>", ""),
        ("d|<v>1900-01-01</v>", 1.0),
        ("d|<v>1900-03-01</v>", 61.0),
        ("d|<v>2024-05-17T12:00:00Z</v>", 45429.5),
        ("d|<v>18:00:00</v>", 0.75),
        ("d|<v>T06:00</v>", 0.25),
        ("s|<v></v>", None),
        ("s|<v> </v>", None),
        ("<v>NaN</v>", CellError.NUM),
        ("<v>1e999</v>", CellError.NUM),
        ("<v>1</v><extLst><ext/></extLst>", 1.0),
        ("<f>1+1</f><v>2</v>", 2.0),
        ("<f>1+1</f>", None),
        ("str|<f>A9</f><v>x</v>", "x"),
    ],
)
def test_a_value_of_each_type(tmp_path: Path, rows, xml: str, expected: object) -> None:
    kind, bar, inside = xml.rpartition("|")
    path = tiny(tmp_path, rows(cell(inside, f' t="{kind}"' if bar else "")), strings=STRINGS)
    found = read(path).cached("Sheet1", 0, 0)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (' s="3" t="b"', True),
        (' t="b" s="3"', True),
        (' s="3" t="b" cm="1"', True),
        (" s='3' t='b'", True),
        (' s="3"  t = "b" ', True),
        (' ph="1" t="b"', True),
        (' s="12345"', 1.0),
        (' s="3" ', 1.0),
        ("\n  s='3'\n", 1.0),
    ],
)
def test_attributes_in_any_order_and_layout(tmp_path: Path, rows, attributes: str, expected: object) -> None:
    found = read(tiny(tmp_path, rows(cell("<v>1</v>", attributes)))).cached("Sheet1", 0, 0)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ('<row><c><v>1</v></c><c/><c><v>3</v></c></row><row r="4"><c r="C4"><v>5</v></c><c><v>6</v></c></row>'
         "<row><c><v>7</v></c></row>", {"A1": 1.0, "C1": 3.0, "C4": 5.0, "D4": 6.0, "A5": 7.0}),
        ('<row r="2"/><row><c><v>1</v></c></row>', {"A3": 1.0}),
        ('<row r="1"><c r="A1" s="1"/><c r="B1" s="1" /><c r="C1"></c><c r="XFD1"><v>1</v></c></row>', {"XFD1": 1.0}),
        ('<row r="1048576"><c r="AB1048576"><v>1</v></c></row>', {"AB1048576": 1.0}),
        ('<row r="1"><c r="a1"><v>1</v></c></row>', {"A1": 1.0}),
        ("", {}),
        ("<sheetData/>", {}),
        ('<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData><sheetData2/>', {"A1": 1.0}),
        ('<row r="1" x=">"><c r="A1" y="/>"><v>1</v></c><c r="B1" y="/>"/></row>', {"A1": 1.0}),
    ],
)  # fmt: skip
def test_where_cells_are(tmp_path: Path, xml: str, expected: dict[str, float]) -> None:
    assert values(read(tiny(tmp_path, xml))) == expected


@pytest.mark.parametrize(
    "wrap",
    [
        lambda body: worksheet(body, STRICT),
        lambda body: worksheet(body).replace("UTF-8", "utf-8").replace("<row", "<!--x--><row"),
        lambda body: worksheet(body).replace("<c ", "<?pi x?><c ", 1),
        lambda body: worksheet(body.replace("A1*2", "<![CDATA[A1*2]]>")),
        lambda body: worksheet(body).replace(' encoding="UTF-8"', "").encode("utf-16").decode("latin-1"),
        lambda body: worksheet(body).replace(
            "<worksheet ", '<worksheet mc:Ignorable="x" xmlns:mc="urn:mc" xmlns:x="u" '
        ),
        lambda body: prefixed(worksheet(body)),
        lambda body: "\ufeff".encode().decode("latin-1") + worksheet(body),
    ],
    ids=["strict", "comment", "instruction", "CDATA", "UTF-16", "ignorable", "prefix", "byte order mark"],
)
def test_any_conforming_xml(tmp_path: Path, wrap) -> None:
    body = '<row r="1"><c r="A1"><v>4</v></c><c r="B1"><f>A1*2</f><v>8</v></c></row>'
    contents: dict[str, str | bytes] = dict(parts(body))
    contents["xl/worksheets/sheet1.xml"] = wrap(body).encode("latin-1")
    book = read(save(tmp_path / "x.xlsx", contents))
    assert values(book) == {"A1": 4.0, "B1": 8.0}
    assert formulas(book) == {"B1": "A1*2 in B1"}


def prefixed(xml: str) -> str:
    """The sheet with its namespace under a prefix instead of as the default."""
    for tag in ("worksheet", "sheetData", "row", "c", "f", "v"):
        xml = (
            xml.replace(f"<{tag} ", f"<x:{tag} ").replace(f"<{tag}>", f"<x:{tag}>").replace(f"</{tag}>", f"</x:{tag}>")
        )
    return xml.replace(" xmlns=", " xmlns:x=")


SHARED = '<f t="shared" {}si="{}">{}</f>'
CHILD = '<f t="shared" si="{}"/>'


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        # one text, filled down; structured references stay as they are
        ({"B1": SHARED.format('ref="B1:B3" ', 0, "A1*Table1[[#This Row],[x]]"), "B2": CHILD.format(0),
          "B3": CHILD.format(0)},
         {"B1": "A1*Table1[[#This Row],[x]] in B1", "B2": "A1*Table1[[#This Row],[x]] in B1",
          "B3": "A1*Table1[[#This Row],[x]] in B1"}),
        # the master after its children, and a `ref` that leaves them out
        ({"B1": CHILD.format(3), "B2": SHARED.format('ref="B2" ', 3, "A2+1")},
         {"B1": "A2+1 in B2", "B2": "A2+1 in B2"}),
        # a child with text of its own keeps it; a second master with the number takes over
        ({"B1": SHARED.format('ref="B1:B9" ', 0, "A1"), "B2": SHARED.format("", 0, "A2*9"), "B3": CHILD.format(0),
          "B4": SHARED.format('ref="B4:B5" ', 0, "A4-1"), "B5": CHILD.format(0)},
         {"B1": "A1 in B1", "B2": "A2*9 in B2", "B3": "A1 in B1", "B4": "A4-1 in B4", "B5": "A4-1 in B4"}),
        # references that leave the sheet come in on the other side
        ({"B2": SHARED.format('ref="A1:B2" ', 0, "A1+$A$1"), "B1": CHILD.format(0), "A2": CHILD.format(0)},
         {"B2": "A1+$A$1 in B2", "B1": "A1048576+$A$1 in B1", "A2": "XFD1+$A$1 in A2"}),
        # plain texts that are one relative formula; a text literal is no reference
        ({"B1": "<f>A1&amp;\"A1\"</f>", "B2": "<f>A2&amp;\"A1\"</f>", "B3": "<f>A3&amp;\"A3\"</f>"},
         {"B1": 'A1&"A1" in B1', "B2": 'A1&"A1" in B1', "B3": 'A3&"A3" in B3'}),
        ({"B1": "<f>LOG10(A1)</f>", "B2": "<f>LOG10(A2)</f>", "B3": "<f/>", "B4": "<f></f>", "B5": "<f>_x000D_1</f>"},
         {"B1": "LOG10(A1) in B1", "B2": "LOG10(A1) in B1", "B5": "\r1 in B5"}),
        ({"B1": "<f>IF(A1&lt;&gt;&quot;ä&quot;,1,2)</f>", "B2": "<f>IF(A2&lt;&gt;\"ä\",1,2)</f>"},
         {"B1": 'IF(A1<>"ä",1,2) in B1', "B2": 'IF(A1<>"ä",1,2) in B1'}),
        ({"B1": '<f ca="1">A1</f>', "B2": "<f ca='1' t=\"normal\">A2</f>", "B3": '<f t="array" ref="B3">A3</f>'},
         {"B1": "A1 in B1", "B2": "A1 in B1", "B3": "A1 in B1"}),
    ],
)  # fmt: skip
def test_formulas(tmp_path: Path, rows, xml: dict[str, str], expected: dict[str, str]) -> None:
    in_order = sorted(xml, key=lambda name: (int(name[1:]), name))
    text = "".join(cell(f"{xml[name]}<v>1</v>", name=name) for name in in_order)
    assert formulas(read(tiny(tmp_path, rows(text)))) == expected


def test_an_array_formula_fills_its_whole_block(tmp_path: Path, rows) -> None:
    """Only the first cell has the text; others have an empty <f/>, a bare value, or no element at all."""
    text = (
        '<row r="1"><c r="A1"><f t="array" ref="A1:B3">MMULT(D1:E3,G1:H2)</f><v>1</v></c><c r="B1"><v>2</v></c></row>'
        '<row r="2"><c r="A2"><f/><v>3</v></c></row>'
        '<row r="4"><c r="A4" cm="1"><f t="array" ref="A4:A5">_xlfn._xlws.SORT(D1:D2)</f><v>9</v></c></row>'
    )
    book = read(tiny(tmp_path, rows(text)))
    assert values(book) == {"A1": 1.0, "B1": 2.0, "A2": 3.0, "B2": None, "A3": None, "B3": None, "A4": 9.0, "A5": None}
    assert set(formulas(book)) == {"A1", "A2", "A3", "B1", "B2", "B3", "A4", "A5"}
    first, second = book.sheets["Sheet1"].arrays
    assert (first.region.a1, first.dynamic) == ("A1:B3", False)
    assert (second.region.a1, second.dynamic) == ("A4:A5", True)
    assert book.formulas[first.formula].text == "MMULT(D1:E3,G1:H2)"
    assert book.formulas[second.formula].text == "_xlfn._xlws.SORT(D1:D2)"


@pytest.mark.parametrize(("metadata", "dynamic"), [("1", True), ("2", False), ("0", False)])
def test_the_metadata_part_says_which_arrays_spill(tmp_path: Path, metadata: str, dynamic: bool) -> None:
    contents = parts(cell('<f t="array" ref="A1">B1:B2</f>', f' cm="{metadata}"'))
    contents["xl/_rels/workbook.xml.rels"] = relationships(
        ("worksheet", "worksheets/sheet1.xml"), ("sheetMetadata", "metadata.xml")
    )
    contents["xl/metadata.xml"] = (
        f'{HEADER}<metadata xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:d="urn:d">'
        '<metadataTypes><metadataType name="XLDAPR"/></metadataTypes><futureMetadata name="XLDAPR">'
        '<bk><extLst><ext><d:dynamicArrayProperties fDynamic="1"/></ext></extLst></bk>'
        '<bk><extLst><ext><d:dynamicArrayProperties fDynamic="0"/></ext></extLst></bk></futureMetadata>'
        '<cellMetadata><bk><rc t="1" v="0"/></bk><bk><rc t="1" v="1"/></bk></cellMetadata></metadata>'
    )
    (array,) = read(save(tmp_path / "x.xlsx", contents)).sheets["Sheet1"].arrays
    assert array.dynamic is dynamic


def test_a_data_table_is_data(tmp_path: Path, rows) -> None:
    text = '<row r="1"><c r="A1"><f t="dataTable" ref="A1:B2" dt2D="1" r1="D1" r2="D2"/><v>5</v></c></row>'
    book = read(tiny(tmp_path, rows(text)))
    assert [region.a1 for region in book.sheets["Sheet1"].data_tables] == ["A1:B2"]
    assert (values(book), formulas(book)) == ({"A1": 5.0}, {})


def test_tables(tmp_path: Path) -> None:
    contents = parts({"In": cell("<v>1</v>"), "Out": cell("<v>2</v>")})
    contents["xl/worksheets/_rels/sheet2.xml.rels"] = relationships(
        ("table", "../tables/t.xml"), ("table", "/xl/u.xml")
    )
    table = f'{HEADER}<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" '
    contents["xl/tables/t.xml"] = (
        table + 'name="n" displayName="Table1" ref="B2:C9" totalsRowCount="1"><tableColumns count="2">'
        '<tableColumn id="1" name="a_x000a_b"/><tableColumn id="2" name="[x] \'#&amp; "/></tableColumns></table>'
    )
    contents["xl/u.xml"] = (
        table + 'displayName="Bare" ref="E1:E4" headerRowCount="0"><tableColumns>'
        '<tableColumn id="1" name="Column1"/></tableColumns></table>'
    )
    book = read(save(tmp_path / "x.xlsx", contents))
    table1, bare = book.tables["Table1"], book.tables["Bare"]
    assert (str(table1.region), str(table1.body)) == ("Out!B2:C9", "Out!B3:C8")
    assert table1.columns == ("a\nb", "[x] '#& ")
    assert (str(bare.body), bare.header_rows, bare.totals_rows) == ("Out!E1:E4", 0, 0)
    assert book.find_table("table1") is table1


def test_defined_names_with_scope_and_constants(tmp_path: Path) -> None:
    names = with_names(
        ("rate", "0.07", None, False), ("rate", "'My sheet'!$A$1", 1, False), ("solver_opt", "#REF!", 0, True)
    )
    book = read(tiny(tmp_path, {"Sheet1": "", "My sheet": ""}, names=names))
    assert book.names == (
        DefinedName("rate", "0.07"),
        DefinedName("rate", "'My sheet'!$A$1", "My sheet"),
        DefinedName("solver_opt", "#REF!", "Sheet1", hidden=True),
    )
    assert book.find_name("RATE", "my sheet") == book.names[1]
    assert book.find_name("RATE", "Sheet1") == book.names[0]


@pytest.mark.parametrize(
    ("head", "tail", "expected"),
    [
        ("", "", {"date1904": False, "iterate": False, "iterate_count": 100, "iterate_delta": 0.001, "manual": False}),
        ('<workbookPr date1904="1"/>', "", {"date1904": True}),
        ('<workbookPr date1904="false"/>', "", {"date1904": False}),
        ("", '<calcPr iterate="1" iterateCount="7" iterateDelta="1E-4" refMode="R1C1" calcMode="manual"/>',
         {"iterate": True, "iterate_count": 7, "iterate_delta": 1e-4, "r1c1": True, "manual": True}),
        ('<mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice Requires="x15"><x/></mc:Choice></mc:AlternateContent>', "",
         {"manual": False}),
    ],
)  # fmt: skip
def test_workbook_settings(tmp_path: Path, head: str, tail: str, expected: dict[str, object]) -> None:
    book = read(tiny(tmp_path, "", workbook_head=head, workbook_tail=tail))
    assert {name: getattr(book, name) for name in expected} == expected


def test_dates_written_as_text_count_from_1904_where_the_workbook_does(tmp_path: Path) -> None:
    path = tiny(tmp_path, cell("<v>1904-01-02T06:00:00</v>", ' t="d"'), workbook_head='<workbookPr date1904="1"/>')
    assert read(path).cached("Sheet1", 0, 0) == 1.25


def test_sheets_of_every_kind_in_any_order(tmp_path: Path) -> None:
    contents = parts(
        {"Two": cell("<v>2</v>"), "One": cell("<v>1</v>"), "Hidden": cell("<v>3</v>"), "Chart": "", "Old": ""}
    )
    contents["xl/workbook.xml"] = contents["xl/workbook.xml"].replace(
        'name="Hidden"', 'name="Hidden" state="veryHidden"'
    )
    contents["xl/_rels/workbook.xml.rels"] = relationships(
        ("worksheet", "/xl/worksheets/sheet1.xml"),
        ("worksheet", "../xl/./worksheets/SHEET2.xml"),
        ("worksheet", "worksheets\\sheet3.xml"),
        ("chartsheet", "chartsheets/sheet1.xml"),
        ("dialogsheet", "dialogsheets/sheet1.xml"),
    )
    book = read(save(tmp_path / "x.xlsx", contents))
    assert {name: book.cached(name, 0, 0) for name in book.sheets} == {"Two": 2.0, "One": 1.0, "Hidden": 3.0}
    assert [sheet.visible for sheet in book.sheets.values()] == [True, True, False]


def test_a_protected_sheet(tmp_path: Path, rows) -> None:
    data = f"<sheetData>{rows(cell('<v>1</v>'))}</sheetData>"
    book = read(
        tiny(tmp_path, {"a": data + '<sheetProtection algorithmName="x" sheet="1" objects="1"/>', "b": data}),
    )
    assert [sheet.protected for sheet in book.sheets.values()] == [True, False]


def test_strict_workbooks(tmp_path: Path) -> None:
    path = tiny(tmp_path, cell("<v>0</v>", ' t="s"'), strings=["<t>x</t>"], namespace=STRICT, base=STRICT_RELATIONS)
    assert read(path).cached("Sheet1", 0, 0) == "x"


def test_external_books_are_text(tmp_path: Path) -> None:
    contents = parts(
        cell("<f>[1]!CG_RELU(B1)+[2]Data!$A$1</f><v>5</v>"),
        workbook_tail='<externalReferences><externalReference r:id="rId2"/><externalReference r:id="rId3"/>'
        "</externalReferences>",
    )
    contents["xl/_rels/workbook.xml.rels"] = relationships(
        ("worksheet", "worksheets/sheet1.xml"), ("externalLink", "e/1.xml"), ("externalLink", "e/2.xml")
    )
    contents["xl/e/_rels/1.xml.rels"] = relationships(("externalLinkPath", "cellgrad.xlam", "External"))
    contents["xl/e/_rels/2.xml.rels"] = relationships(("externalLinkPath", "file:///C:/a%20b.xlsx", "External"))
    book = read(save(tmp_path / "x.xlsx", contents))
    assert book.externals == ("cellgrad.xlam", "file:///C:/a%20b.xlsx")
    assert (values(book), formulas(book)) == ({"A1": 5.0}, {"A1": "[1]!CG_RELU(B1)+[2]Data!$A$1 in A1"})


def test_a_workbook_that_openpyxl_cannot_open(tmp_path: Path) -> None:
    """A pivot cache with a calculated item; its formula is optional in the schema, and openpyxl insists on one."""
    contents = parts(
        cell("<f>1+1</f><v>2</v>"), workbook_tail='<pivotCaches><pivotCache cacheId="1" r:id="rId2"/></pivotCaches>'
    )
    contents["xl/_rels/workbook.xml.rels"] = relationships(
        ("worksheet", "worksheets/sheet1.xml"), ("pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml")
    )
    contents["xl/worksheets/_rels/sheet1.xml.rels"] = relationships()
    contents["xl/pivotCache/pivotCacheDefinition1.xml"] = (
        f'{HEADER}<pivotCacheDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<cacheSource type="worksheet"><worksheetSource ref="A1:A2" sheet="Sheet1"/></cacheSource>'
        '<cacheFields count="0"/>'
        '<calculatedItems count="1"><calculatedItem field="1"><pivotArea cacheIndex="1"/></calculatedItem>'
        "</calculatedItems></pivotCacheDefinition>"
    )
    path = save(tmp_path / "pivot.xlsx", contents)
    with pytest.raises(TypeError):
        openpyxl.load_workbook(path)
    assert values(read(path)) == {"A1": 2.0}


def test_the_same_as_openpyxl_reads_from_xlsxwriter(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("A b")
        for r in range(300):
            sheet.write_row(r, 0, [r * 1.1, f"t{r % 7} ä", r % 2 == 0])
            sheet.write_formula(r, 3, f'=IF(A{r + 1}>5,A{r + 1}*2,"none")', None, r * 2.2 if r > 4 else "none")
        sheet.write_array_formula("F1:G5", "{=MMULT(A1:B5,A1:B2)}", None, 1)
        sheet.write_formula("L1", "=1/0", None, "#DIV/0!")
        sheet.write_datetime("M1", datetime.datetime(2024, 5, 17, 12))
    ours, theirs = read(path), openpyxl.load_workbook(path, data_only=True)["A b"]
    expected = {c.coordinate: c.value for row in theirs.iter_rows() for c in row if c.value is not None}
    expected["L1"] = CellError.DIV0
    expected["M1"] = 45429.5
    assert {name: value for name, value in values(ours, "A b").items() if value is not None} == expected
    assert len(ours.formulas) == 3  # the filled-down IF, the MMULT and 1/0


def test_the_same_as_openpyxl_reads_from_itself(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    for r in range(1, 200):
        book.active.append([r, r / 4, f"s{r}", r % 3 == 0, f"=A{r}+B{r}"])
    book.save(path)
    ours = read(path)
    for r in range(1, 200):
        assert [ours.cached("Sheet", r - 1, c) for c in range(5)] == [r, r / 4, f"s{r}", r % 3 == 0, None]
    assert [f.text for f in ours.formulas] == ["A1+B1"]


def test_a_cell_given_twice_keeps_the_last(tmp_path: Path, rows) -> None:
    text = '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>'
    assert values(read(tiny(tmp_path, rows(text)))) == {"A1": 2.0}


def test_array_formula_record_names_its_region(tmp_path: Path) -> None:
    book = read(tiny(tmp_path, cell('<f t="array" ref="A1:A2">B1:B2</f>')))
    assert book.sheets["Sheet1"].arrays == (ArrayFormula(parse_region("A1:A2", "Sheet1"), 0),)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["<t>a&amp;b&#65;</t>", "<t/>", "", "<t></t>"], ["a&bA", "", "", ""]),
        (["<t>x\r\ny</t>", '<t xml:space="preserve"> z </t>'], ["x\ny", " z "]),
        (["<r><t>1</t></r><rPh sb='0' eb='1'><t>no</t></rPh><r><t>2</t></r><phoneticPr/>"], ["12"]),
        (["<t>größe_x0041_</t>", "<!-- c --><t>b</t>", "<t><![CDATA[<c>]]></t>"], ["größeA", "b", "<c>"]),
    ],
)
def test_shared_strings(tmp_path: Path, items: list[str], expected: list[str]) -> None:
    cells = "".join(f'<c r="A{r}" t="s"><v>{r - 1}</v></c>' for r in range(1, len(items) + 1))
    contents = parts(f"<row>{cells}</row>", strings=items)
    contents["xl/sharedStrings.xml"] = contents["xl/sharedStrings.xml"].replace("<si></si>", "<si />")
    assert list(values(read(save(tmp_path / "x.xlsx", contents))).values()) == expected
