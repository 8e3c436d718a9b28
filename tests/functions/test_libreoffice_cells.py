"""What functions say of cells and references, and counts of bytes, against LibreOffice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests import libreoffice
from tests.functions.test_libreoffice import Case, Difference, same, write

from cellgrad.hosts.package import read
from cellgrad.reference import Reference
from cellgrad.values import CellError

pytestmark = pytest.mark.libreoffice

_FUTURE = re.compile(r"\b(FORMULATEXT|ISFORMULA|SHEETS?|SWITCH)\(")
WORDS = ['"Hello World"', '"abc"', '""', "data!A10", "data!A1"]


def cases() -> list[str]:
    """The formulas; the cells of the sheet "data" are those of test_libreoffice."""
    return [
        *(f"AREAS({one})" for one in ("data!A1", "(data!A1,data!C1:D2)", "(data!A1:B2 data!B2:C3)")),
        *(f'CELL("{of}",data!{at})' for of in ("row", "col", "contents", "type") for at in ("A1", "A10", "C7", "D3")),
        *(f"FORMULATEXT({cell})" for cell in ("data!A16", "data!A1")),
        *(f'HYPERLINK("#data!A1",{name})' for name in ('"there"', "data!A1", "1/0")),
        *(f"ISFORMULA({cell})" for cell in ("A1", "data!A1", "data!A16")),
        *(f"ISREF({one})" for one in ("data!A1", "data!C1:D2", "1", '"A1"', "INDEX(data!C1:D2,1,1)")),
        *("SHEET()", "SHEET(data!A1)", 'SHEET("data")', "SHEETS()"),
        *(f"TYPE({one})" for one in ("1", '"a"', "TRUE", "1/0", "data!A1", "data!A10", "data!A15", "{1,2}")),
        *(f'SWITCH(data!{at},2,"two",TRUE,"true","abc","text","none")' for at in ("A1", "A2", "A10", "A15")),
        *(f'{name}("l",{text})' for name in ("FINDB", "SEARCHB") for text in WORDS),
        *(f"RIGHTB({text},{count})" for text in WORDS for count in (0, 2, 99)),
        *(f"MIDB({text},2,{count})" for text in WORDS for count in (0, 2, 99)),
        *(f'REPLACEB({text},2,{count},"xy")' for text in WORDS for count in (0, 2, 99)),
    ]  # fmt: skip


KNOWN_DIFFERENCES = [
    Difference(
        "TRUE is of the type of a number in LibreOffice",
        "TYPE function: 4 for a logical value",
        lambda formula, ours, theirs: formula == "TYPE(TRUE)",
    ),
    Difference(
        "replacing beyond the end of a text is #VALUE! in LibreOffice, of bytes alone",
        "REPLACE, REPLACEB functions: as many characters as there are",
        lambda formula, ours, theirs: formula.startswith("REPLACEB(") and theirs is CellError.VALUE,
    ),
]


def test_agrees_with_libreoffice(tmp_path: Path) -> None:
    formulas = cases()
    places = write(tmp_path / "cases.xlsx", [Case(_FUTURE.sub(r"_xlfn.\1(", formula)) for formula in formulas])
    theirs = libreoffice.recalculated(tmp_path / "cases.xlsx", tmp_path / "recalculated")["cases"]
    reference = Reference(read(tmp_path / "cases.xlsx"))
    failures = []
    for formula, (row, column) in zip(formulas, places, strict=True):
        ours, other = reference.value("cases", row, column), theirs.get((row, column), "")
        known = any(difference.covers(formula, ours, other) for difference in KNOWN_DIFFERENCES)
        if not (same(ours, other, booleans_are_numbers=False) or known):
            failures.append(f"{formula}: ours {ours!r}, LibreOffice {other!r}")
    assert not failures, "\n".join(failures)
