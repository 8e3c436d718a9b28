"""The reader of many cells at once against the cell-by-cell one, over sheets of random content and layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hosts.tiny_package import tiny

from cellgrad.address import cell_name
from cellgrad.errors import FileError
from cellgrad.formula.pool import FormulaPool
from cellgrad.hosts import sheet_reader
from cellgrad.hosts.container import Package
from cellgrad.hosts.sheet_builder import Shared, SheetBuilder
from cellgrad.values import Strings
from cellgrad.workbook import FormulaText, Sheet

SHEET = "xl/worksheets/sheet1.xml"

spaces = st.sampled_from([" ", " ", " ", "  ", "\n"])
quotes = st.sampled_from(['"', '"', '"', "'"])
text = st.sampled_from(
    ["x", "größe 漢😀", "a&amp;b &lt;c&gt;", "&#65;&#x42;", "_x000D_", "a\r\nb\rc", "", " ", ">", "_x0041"]
)
number = st.sampled_from(["0", "1.5", "-2E3", " 7 ", "", "1e400", "0.30000000000000004", "12345678901234567890"])
formula = st.sampled_from(
    ["<f>A{r}*2</f>", "<f>A{r}*2</f>", "<f>A{r}&gt;B{q}</f>", '<f>"A{r}"</f>', "<f>T[[#This Row],[a]]</f>", "<f/>",
     "<f></f>", '<f ca="1">A{r}*2</f>', '<f t="shared" ref="A1:Z9" si="0">A{r}+1</f>', '<f t="shared" si="0"/>',
     "<f t='shared' si='0' />", '<f t="shared" si="0"></f>', '<f t="array" ref="{n}">B{r}</f>', "<f>größe+A{r}</f>",
     '<f xml:space="preserve"> A{r} *2</f>', '<f t="dataTable" ref="{n}" r1="A1"/>']
)  # fmt: skip


@st.composite
def cell(draw: st.DrawFn, row: int, column: int) -> str:
    name = cell_name(row, column)
    attributes, contents = [], ""
    kind = draw(st.sampled_from(["n", "n", "n", "", "", "s", "str", "b", "e", "inlineStr", "d"]))
    if kind and not (kind == "n" and draw(st.booleans())):
        attributes.append(("t", kind))
    if draw(st.booleans()):
        attributes.insert(draw(st.integers(0, len(attributes))), ("s", draw(st.sampled_from(["1", "12345"]))))
    if draw(st.integers(0, 9)) == 0:
        attributes.append((draw(st.sampled_from(["cm", "vm", "ph", "x"])), "1"))
    written = f'<c r="{name}"' if draw(st.integers(0, 30)) else f"<c  r='{name}'"
    for key, value in attributes:
        quote = draw(quotes)
        written += f"{draw(spaces)}{key}={quote}{value}{quote}"
    written += draw(st.sampled_from(["", "", " "]))
    if kind not in ("inlineStr",) and draw(st.booleans()):
        contents += draw(formula).format(r=row + 1, q=row + 3, n=name)
    value = {
        "s": st.sampled_from(["0", "1", "2"]), "str": text, "b": st.sampled_from(["0", "1", "true"]),
        "e": st.sampled_from(["#N/A", "#DIV/0!", "#BUSY!"]), "d": st.just("2024-01-02"),
    }.get(kind, number)  # fmt: skip
    if kind == "inlineStr":
        inside = draw(text)
        contents += draw(
            st.sampled_from(
                [f"<is><t>{inside}</t></is>", f'<is><t xml:space="preserve">{inside}</t></is>', "<is><t/></is>",
                 "<is/>", f"<is><r><t>{inside}</t></r></is>", f"<is><t>{inside}</t><rPh><t>p</t></rPh></is>"]
            )
        )  # fmt: skip
    elif draw(st.integers(0, 4)):
        tag = draw(st.sampled_from(["<v>", "<v>", "<v>", '<v xml:space="preserve">']))
        contents += f"{tag}{draw(value)}</v>"
    elif draw(st.booleans()):
        contents += "<v/>"
    if draw(st.integers(0, 20)) == 0:
        contents += "<extLst><ext><y/></ext></extLst>"
    return f"{written}/>" if not contents and draw(st.booleans()) else f"{written}>{contents}</c>"


@st.composite
def sheets(draw: st.DrawFn) -> str:
    rows = []
    for row in sorted(draw(st.sets(st.integers(0, 40), min_size=1, max_size=8))):
        columns = sorted(draw(st.sets(st.integers(0, 30), max_size=6)))
        cells = draw(st.sampled_from(["", "\n "])).join(draw(cell(row, column)) for column in columns)
        rows.append(f'<row r="{row + 1}" spans="1:9">{cells}</row>')
    return "".join(rows)


def outcome(read, path: Path) -> tuple[Sheet, list[FormulaText], Strings] | str:
    """What a reader makes of the first sheet, or what it says is wrong with it."""
    strings = Strings(["s0", "s1", "s2"])
    shared = Shared(str(path), FormulaPool(), strings, np.arange(3))
    with Package(path) as package:
        try:
            return read(package, shared), shared.pool.formulas, strings
        except FileError as error:
            return str(error)


def quick(package: Package, shared: Shared) -> Sheet:
    return sheet_reader._lex(package, "Sheet1", SHEET, shared).finish(visible=True)


def careful(package: Package, shared: Shared) -> Sheet:
    builder = SheetBuilder("Sheet1", shared)
    with package.open(SHEET) as stream:
        sheet_reader.walk(package, SHEET, stream, builder)  # type: ignore[arg-type]
    return builder.finish(visible=True)


def assert_equal(path: Path) -> bool:
    """Whether the quick reader took the sheet; if so, that both agree."""
    try:
        one = outcome(quick, path)
    except sheet_reader.Irregular:
        return False
    other = outcome(careful, path)
    if isinstance(one, str) or isinstance(other, str):
        assert isinstance(one, str)
        assert isinstance(other, str)
        return True
    (a, a_formulas, a_strings), (b, b_formulas, b_strings) = one, other
    for field in ("rows", "kinds", "columns", "starts"):
        assert getattr(a.cells, field).tolist() == getattr(b.cells, field).tolist(), field
    is_text = a.cells.kinds == 3
    assert a.cells.data[~is_text].tolist() == b.cells.data[~is_text].tolist()
    texts = [
        [strings[int(i)] for i in cells.data[is_text]]
        for cells, strings in ((a.cells, a_strings), (b.cells, b_strings))
    ]
    assert texts[0] == texts[1]
    # ids and first cells may differ, what is one formula may not
    pairs = set(zip(a.cells.formulas.tolist(), b.cells.formulas.tolist(), strict=True))
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
    assert all((i < 0) == (j < 0) for i, j in pairs)
    assert [(x.region, x.dynamic) for x in a.arrays] == [(x.region, x.dynamic) for x in b.arrays]
    assert sorted(map(str, a.data_tables)) == sorted(map(str, b.data_tables))
    assert a.protected == b.protected
    pool = FormulaPool()
    for i, j in pairs:
        if i >= 0:
            first, second = a_formulas[i], b_formulas[j]
            assert pool.intern(first.text, first.row, first.column) == pool.intern(
                second.text, second.row, second.column
            )
    return True


@given(sheets())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_both_readers_agree(tmp_path_factory: pytest.TempPathFactory, xml: str) -> None:
    assert_equal(tiny(tmp_path_factory.mktemp("two"), xml))


@pytest.mark.slow
@given(sheets())
@settings(max_examples=5000, deadline=None)
def test_both_readers_agree_at_length(tmp_path_factory: pytest.TempPathFactory, xml: str) -> None:
    assert_equal(tiny(tmp_path_factory.mktemp("two"), xml))


def test_the_quick_reader_takes_what_programs_write(tmp_path: Path) -> None:
    """The comparison above would prove little if every sheet were too irregular for the quick reader."""
    assert assert_equal(Path(__file__).parents[2] / "workbooks" / "titanic.xlsx")
    rows = "".join(
        f'<row r="{r}"><c r="A{r}" s="1"><f>B{r}</f><v>{r}</v></c><c r="B{r}" s="1" /></row>' for r in range(1, 9)
    )
    assert assert_equal(tiny(tmp_path, rows))


def test_sheets_longer_than_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that end before, at and after the border of what is read at a time."""
    row = '<row r="{0}"><c r="A{0}"><v>{0}</v></c><c r="B{0}" t="str"><f>A{0}&amp;"ä"</f><v>{1}</v></c></row>'
    rows = "".join(row.format(r, "ä" * (r % 7)) for r in range(1, 200))
    path = tiny(tmp_path, f"<sheetData>{rows}</sheetData><sheetProtection sheet='1'/>")
    for size in (60, 97, 100, 1000, 5000):
        monkeypatch.setattr("cellgrad.hosts.sheet_markup.CHUNK_BYTES", size)
        assert assert_equal(path)
