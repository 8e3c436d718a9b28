"""Solver models saved into a file: read, written and read again, and nothing else touched."""

from __future__ import annotations

import dataclasses
import re
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hosts.tiny_package import STRICT, parts, save, tiny, with_names
from tests.libreoffice import recalculate

from cellgrad.errors import ArgumentError, WriteError
from cellgrad.hosts.defined_names import with_names as names_put_in
from cellgrad.hosts.package import read, save_model, undo, write
from cellgrad.hosts.undo import undo_path
from cellgrad.solver_models import (
    NO_LIMIT,
    Constraint,
    Engine,
    Relation,
    SolverModel,
    anchored,
    anchored_text,
    is_model_name,
    read_models,
)

ROWS = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1^2</f><v>1</v></c></row>'
WORKBOOK = "xl/workbook.xml"
MODEL = SolverModel(
    "Sheet1", "Sheet1!$B$1", "Sheet1!$A$1,'My sheet'!$A$1", "min",
    constraints=(
        Constraint("Sheet1!$A$1", Relation.AT_LEAST, "-2"),
        Constraint("'My sheet'!$A$1", Relation.AT_MOST, 'IF(Sheet1!$C$1<"&",1,2)'),
        Constraint("Sheet1!$A$1", Relation.INTEGER, "integer"),
    ),
    non_negative=False,
    convergence=1e-7,
)  # fmt: skip


def workbook_part(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(WORKBOOK).decode()


def members(path: Path) -> dict[str, bytes]:
    """Every part but the workbook's, in order."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != WORKBOOK}


def names_in(path: Path) -> list[tuple[str, str]]:
    """(attributes, text) of every defined name in the order of the file."""
    return re.findall(r"<definedName ([^>]*)>([^<]*)</definedName>", workbook_part(path))


def model_in(path: Path, sheet: str = "Sheet1") -> SolverModel:
    return read_models(read(path))[sheet]


def book(folder: Path, names: str = "", **options: object) -> Path:
    return tiny(folder, {"Sheet1": ROWS, "My sheet": ROWS}, names=names, **options)


def test_a_model_in_a_file_without_names(tmp_path: Path) -> None:
    """definedNames follows sheets and comes before calcPr; the names are sorted, hidden and the sheet's own."""
    path = book(tmp_path, workbook_tail='<calcPr calcId="1"/><extLst/>')
    before, others = path.read_bytes(), members(path)
    save_model(path, path, MODEL)
    assert model_in(path) == MODEL
    assert members(path) == others
    assert re.search(r'</sheets><definedNames>.*</definedNames><calcPr calcId="1"/><extLst/>', workbook_part(path))
    names = [re.fullmatch(r'name="(solver_\w+)" localSheetId="0" hidden="1"', found) for found, _ in names_in(path)]
    listed = [name[1] for name in names if name]
    assert len(listed) == len(names)
    assert listed == sorted(listed)
    assert ('name="solver_rhs2" localSheetId="0" hidden="1"', escape(MODEL.constraints[1].right)) in names_in(path)
    undo(path)
    assert path.read_bytes() == before


def test_saved_twice_nothing_changes(tmp_path: Path) -> None:
    path, again = book(tmp_path), tmp_path / "again.xlsx"
    save_model(path, path, MODEL)
    save_model(path, again, model_in(path))
    assert again.read_bytes() == path.read_bytes()
    assert not undo_path(again).exists()


def test_other_names_stay_as_they_are(tmp_path: Path) -> None:
    """Those of other programs, of other sheets and of the workbook; a name that means the same keeps its bytes."""
    old = with_names(
        ("_xlnm.Print_Area", "'My sheet'!$A$1", 1, False),
        ("rate", "Sheet1!$A$1", None, False),
        ("solver_adj", "Sheet1!$A$1:$A$9", 0, True),
        ("solver_adj", "'My sheet'!$A$1", 1, True),
        ("solver_cvg", "1E-7", 0, True),
        ("solver_int", "0", 0, True),
        ("solver_lhs1", "Sheet1!$A$1", 0, True),
        ("solver_lhs9", "#REF!", 0, True),
        ("solver_lo_eng", "com.sun.star.comp.Calc.CoinMPSolver", 0, True),
        ("SOLVER_OPT", "Sheet1!$B$9", 0, True),
        ("solver_rhs3", '"integer"', 0, True),
        ("Zebra", "1&2", None, False),
    )
    path = book(tmp_path, old)
    kept = names_in(path)
    save_model(path, path, MODEL)
    found = names_in(path)
    assert model_in(path) == MODEL
    assert [name for name in found if name in kept] == [name for at, name in enumerate(kept) if at not in (2, 7, 9)]
    assert not any("solver_lhs9" in attributes or "SOLVER_OPT" in attributes for attributes, _ in found)
    order = [re.search(r'name="(?:_xlnm\.)?(\w+)"', attributes)[1].lower() for attributes, _ in found]  # type: ignore[index]
    assert order == sorted(order)
    assert read(path).find_name("solver_adj", "My sheet") == read(book(tmp_path, old)).find_name(
        "solver_adj", "My sheet"
    )


def test_the_sheet_is_found_in_any_case(tmp_path: Path) -> None:
    path = book(tmp_path)
    save_model(path, path, dataclasses.replace(MODEL, sheet="my SHEET"))
    assert model_in(path, "My sheet").objective == "Sheet1!$B$1"
    assert 'localSheetId="1"' in names_in(path)[0][0]


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        # the part, with a name a=1 of sheet 0 put in
        ("<w><sheets/></w>", "<w><sheets/><definedNames>NEW</definedNames></w>"),
        ("<w><sheets><s/></sheets><externalReferences><e/></externalReferences><calcPr/></w>",
         "<w><sheets><s/></sheets><externalReferences><e/></externalReferences><definedNames>NEW</definedNames><calcPr/></w>"),
        ("<x:w><x:sheets/></x:w>",
         '<x:w><x:sheets/><x:definedNames><x:definedName name="a" localSheetId="0" hidden="1">1</x:definedName>'
         "</x:definedNames></x:w>"),
        ("<w><sheets/><definedNames/></w>", "<w><sheets/><definedNames>NEW</definedNames></w>"),
        ("<w><sheets/><definedNames></definedNames></w>", "<w><sheets/><definedNames>NEW</definedNames></w>"),
        ("<w><alternate><sheets/></alternate><sheets/><!-- <definedNames/> --></w>",
         "<w><alternate><sheets/></alternate><sheets/><definedNames>NEW</definedNames><!-- <definedNames/> --></w>"),
        ("<w><sheets/><definedNames>\n <definedName name='B'>2</definedName>\n</definedNames></w>",
         "<w><sheets/><definedNames>\n NEW\n <definedName name='B'>2</definedName>\n</definedNames></w>"),
        ("<w><sheets/><definedNames ><definedName hidden='1' localSheetId='0' name='a'>=1</definedName>"
         "</definedNames ></w>",
         "<w><sheets/><definedNames ><definedName hidden='1' localSheetId='0' name='a'>=1</definedName>"
         "</definedNames ></w>"),
        ("<w><sheets/><definedNames><definedName localSheetId='0' name='a'>1</definedName></definedNames></w>",
         "<w><sheets/><definedNames>NEW</definedNames></w>"),
        ("<w><sheets/><definedNames><definedName localSheetId='0' name='a'/></definedNames></w>",
         "<w><sheets/><definedNames>NEW</definedNames></w>"),
        ("<w><sheets/><definedNames><definedName localSheetId='0' name='a'><![CDATA[1]]></definedName>"
         "</definedNames></w>",
         "<w><sheets/><definedNames>NEW</definedNames></w>"),
        ("<w><noSheets/></w>", None),
    ],
)  # fmt: skip
def test_where_names_go(xml: str, expected: str | None) -> None:
    new = '<definedName name="a" localSheetId="0" hidden="1">1</definedName>'
    found = names_put_in(xml.encode(), 0, [("a", "1")], lambda name: name in ("a", "old"))
    assert found == (None if expected is None else expected.replace("NEW", new).encode())


def test_names_that_nobody_needs_leave_no_empty_element() -> None:
    """An empty definedNames is not allowed (ECMA-376, CT_DefinedNames)."""
    xml = b'<w><sheets/><definedNames><definedName localSheetId="0" name="old">1</definedName></definedNames></w>'
    assert names_put_in(xml, 0, [], lambda name: True) == b"<w><sheets/></w>"
    assert names_put_in(xml, 1, [], lambda name: True) == xml


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "US-ASCII", "Shift_JIS"])
def test_letters_of_any_language(tmp_path: Path, encoding: str) -> None:
    contents = parts({"Löwe & <日本>": ROWS, "_x0041_": ROWS})
    text = contents[WORKBOOK].replace('encoding="UTF-8"', f'encoding="{encoding}"')
    path = save(tmp_path / "b.xlsx", {**contents, WORKBOOK: text.encode(encoding, "xmlcharrefreplace")})
    model = SolverModel("Löwe & <日本>", "'Löwe & <日本>'!$B$1", "_x0041_!$A$1", "min")
    save_model(path, path, model)
    assert model_in(path, model.sheet) == model


def test_a_strict_workbook(tmp_path: Path) -> None:
    path = book(tmp_path, namespace=STRICT)
    save_model(path, path, MODEL)
    assert model_in(path) == MODEL


def test_references_are_saved_absolute_and_with_their_sheet(tmp_path: Path) -> None:
    path = book(tmp_path)
    typed = SolverModel(
        "My sheet", "b1", "A1:A3,rate", "value", 2.5,
        constraints=(
            Constraint("A1:A3", Relation.AT_MOST, "SUM(Sheet1!B$1:B$4)+rate"),
            Constraint("A1", Relation.BINARY, ""),
        ),
    )  # fmt: skip
    save_model(path, path, typed)
    found = model_in(path, "My sheet")
    assert (found.objective, found.changing) == ("'My sheet'!$B$1", "'My sheet'!$A$1:$A$3,rate")
    assert [str(line) for line in found.constraints] == [
        "'My sheet'!$A$1:$A$3 <= SUM(Sheet1!$B$1:$B$4)+rate",
        "'My sheet'!$A$1 bin",
    ]
    assert anchored(found) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100", "100"), ("1E-6", "1E-6"), ("A1", "S!$A$1"), ("S!$A$1", "S!$A$1"), ("$A:$A", "S!$A:$A"),
        ("2:3", "S!$2:$3"), ("T[a]", "T[a]"), ("#REF!", "#REF!"), ("SUM(", "SUM("), ("", ""),
        ("SUM( A1 , 2 )", "SUM(S!$A$1,2)"), ("SUM( S!$A$1 , 2 )", "SUM( S!$A$1 , 2 )"),
    ],
)  # fmt: skip
def test_anchored(text: str, expected: str) -> None:
    assert anchored_text(text, "S") == expected


def test_cells_and_models_in_one_save(tmp_path: Path) -> None:
    path = book(tmp_path)
    before = path.read_bytes()
    other = SolverModel("My sheet", "'My sheet'!$B$1", "'My sheet'!$A$1", "min")
    changes = write(path, path, {"Sheet1": {(0, 0): 5.0}}, full_recalculation=True, models=[MODEL, other])
    assert [change.after for change in changes] == [5.0]
    assert read_models(read(path)) == {"Sheet1": MODEL, "My sheet": other}
    assert 'fullCalcOnLoad="1"' in workbook_part(path)
    undo(path)
    assert path.read_bytes() == before


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    path = book(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ArgumentError, match=r"no sheet 'Gone' in .*the sheets are Sheet1, My sheet"):
        save_model(path, path, dataclasses.replace(MODEL, sheet="Gone"))
    utf16 = parts({"Sheet1": ROWS})
    utf16_part = utf16[WORKBOOK].replace("UTF-8", "UTF-16").encode("utf-16")
    odd = save(tmp_path / "odd.xlsx", {**utf16, WORKBOOK: utf16_part})
    with pytest.raises(WriteError, match="laid out unusually"):
        save_model(odd, odd, MODEL)
    assert path.read_bytes() == before


def test_openpyxl_reads_the_model(tmp_path: Path) -> None:
    path = book(tmp_path)
    save_model(path, path, MODEL)
    names = openpyxl.load_workbook(path)["Sheet1"].defined_names
    assert names["solver_adj"].attr_text == MODEL.changing
    assert names["solver_rhs2"].attr_text == MODEL.constraints[1].right
    assert all(name.hidden for name in names.values())


@pytest.mark.libreoffice
def test_libreoffice_keeps_the_model(tmp_path: Path) -> None:
    """LibreOffice 7.4 has no solver settings in files, but saves every name again, though not hidden."""
    path = book(tmp_path)
    save_model(path, path, MODEL)
    again = recalculate(path, tmp_path / "out")
    assert model_in(again) == MODEL
    save_model(again, again, MODEL)
    assert all('hidden="1"' in attributes for attributes, _ in names_in(again))


numbers = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=0, max_value=1e6)
limits = st.integers(0, NO_LIMIT)
cells = st.from_regex(
    r"(Sheet1|'My sheet'|'a<b & \"c\"''d')!\$[A-Z]{1,2}\$[1-9][0-9]{0,4}(:\$[A-Z]\$[1-9])?", fullmatch=True
)
areas_of_cells = st.lists(cells, min_size=1, max_size=3).map(",".join)
plain_lines = st.builds(
    Constraint,
    areas_of_cells,
    st.sampled_from([Relation.AT_MOST, Relation.EQUAL, Relation.AT_LEAST]),
    st.one_of(cells, numbers.map(repr), st.sampled_from(["SUM(Sheet1!$A$1:$A$3)", 'IF(rate<2,"a","b&")', "rate"])),
)
WORDS = {Relation.INTEGER: "integer", Relation.BINARY: "binary", Relation.ALL_DIFFERENT: "AllDifferent"}
discrete_lines = st.builds(
    lambda left, relation, other: Constraint(left, relation, "entier" if other else WORDS[relation]),
    cells,
    st.sampled_from(list(WORDS)),
    st.booleans(),
)
models = st.builds(
    SolverModel,
    st.just("Sheet1"),
    cells, areas_of_cells, st.sampled_from(["min", "max", "value"]), numbers,
    st.lists(st.one_of(plain_lines, discrete_lines), max_size=6).map(tuple),
    st.sampled_from(Engine), st.booleans(), positive, positive, st.booleans(), st.booleans(), limits, limits,
    st.booleans(), positive, st.booleans(), limits, limits, st.booleans(), limits, limits, st.booleans(), positive,
    limits, st.booleans(), st.booleans(), st.booleans(), limits,
)  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True)
@given(first=models, second=models)
def test_any_model_survives(tmp_path_factory: pytest.TempPathFactory, first: SolverModel, second: SolverModel) -> None:
    path = book(tmp_path_factory.mktemp("model"))
    others = members(path)
    for model in (first, second):
        save_model(path, path, model)
        assert model_in(path) == model
        assert members(path) == others
        assert all(is_model_name(re.search(r'name="(\w+)"', attributes)[1]) for attributes, _ in names_in(path))  # type: ignore[index]
