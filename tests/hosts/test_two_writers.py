"""The way to write many cells at once against the one row by row, over sheets of random content and layout."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hosts.test_two_readers import sheets
from tests.hosts.tiny_package import tiny

from cellgrad.errors import CellgradError
from cellgrad.hosts.cell_tags import Stretch
from cellgrad.hosts.package import Change, read, write
from cellgrad.values import CellError, Value
from cellgrad.workbook import CellValues

values = st.one_of(
    st.sampled_from([0.0, 1.5, -2000.0, 7.0, 0.1 + 0.2, 1e300, True, False, None, "", "x", "größe", CellError.NA]),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0),
)
edits = st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 6)), values, min_size=1, max_size=20)


def outcome(source: Path, target: Path, wanted: dict[tuple[int, int], Value]) -> tuple[bytes, list[Change]] | str:
    """The written sheet and what changed, or what was said against it."""
    try:
        changes = list(write(source, target, {"Sheet1": wanted}))
    except CellgradError as error:
        return str(error).replace(str(source), "").replace(str(target), "")
    return target.read_bytes(), changes


def both(folder: Path, xml: str, wanted: dict[tuple[int, int], Value]) -> object:
    source = tiny(folder, xml, strings=["<t>s0</t>", "<t>s1</t>", "<t>s2</t>"])
    quick = outcome(source, folder / "quick.xlsx", wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stretch, "order", lambda self: None)
        assert outcome(source, folder / "slow.xlsx", wanted) == quick
    return quick


@given(sheets(), edits)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_both_ways_write_the_same(
    tmp_path_factory: pytest.TempPathFactory, xml: str, wanted: dict[tuple[int, int], Value]
) -> None:
    both(tmp_path_factory.mktemp("two"), xml, wanted)


@pytest.mark.slow
@given(sheets(), edits)
@settings(max_examples=3000, deadline=None)
def test_both_ways_write_the_same_at_length(
    tmp_path_factory: pytest.TempPathFactory, xml: str, wanted: dict[tuple[int, int], Value]
) -> None:
    both(tmp_path_factory.mktemp("two"), xml, wanted)


def test_a_type_that_stays_is_left_as_it_is_written(tmp_path: Path) -> None:
    """Told as t="n" or not at all, beside cells whose value has to be read in the careful way."""
    cells = '<c r="A3" t="n"><v>{0}</v></c><c r="B3"><v>{0}</v></c><c r="C3" t="b"><v>1</v></c>'
    for number in ("0", "1e5", " 7 ", "1E+300"):
        xml = f'<sheetData><row r="3">{cells.format(number)}</row></sheetData>'
        wanted: dict[tuple[int, int], Value] = {(2, 0): 1.5, (2, 1): 2.5, (2, 2): False}
        both(tmp_path, xml, wanted)
        with zipfile.ZipFile(tmp_path / "quick.xlsx") as package:
            written = package.read("xl/worksheets/sheet1.xml").decode()
        expected = '<c r="A3" t="n"><v>1.5</v></c><c r="B3"><v>2.5</v></c><c r="C3" t="b"><v>0</v></c>'
        assert expected in written


def test_many_stretches_with_edits_in_and_between_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers, texts, types that change, new cells and rows, over stretches of a few rows; read back, and in order."""
    row = '<row r="{0}"><c r="A{0}"><f>B{0}*2</f><v>{0}</v></c><c r="C{0}" t="str"><f>D{0}</f><v>ä{0}</v></c></row>'
    xml = "".join(row.format(r) for r in range(1, 200, 2))
    kinds: list[Value] = [2.5, "text", True, CellError.DIV0, None]
    wanted = {(r, c): kinds[(r + c) % 5] for r in range(0, 205, 3) for c in range(4)}
    for size in (90, 1000, 100_000):
        monkeypatch.setattr("cellgrad.hosts.sheet_markup.CHUNK_BYTES", size)
        found = both(tmp_path, f"<sheetData>{xml}</sheetData>", wanted)
        assert isinstance(found, tuple)
        changed = [(change.row, change.column) for change in found[1]]
        assert changed == sorted(changed) and len(changed) > 100
        book = read(tmp_path / "quick.xlsx")
        assert {cell: book.cached("Sheet1", *cell) for cell in wanted} == wanted


def test_cell_values_are_a_mapping_in_reading_order() -> None:
    given_values: dict[tuple[int, int], Value] = {
        (3, 1): "x",
        (0, 2): 1.0,
        (3, 0): None,
        (1, 1): True,
        (0, 0): CellError.NA,
    }
    found = CellValues.of(given_values)
    assert dict(found) == given_values and list(found) == sorted(given_values)
    assert (9, 9) not in found and (3, 1) in found
    later = CellValues.of({(0, 2): 5.0, (7, 7): 2.0}, found.strings)
    assert dict(CellValues.joined([found, later])) == given_values | dict(later)
