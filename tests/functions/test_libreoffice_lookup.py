"""Lookups against LibreOffice, over sorted and shuffled tables of numbers and texts.

LibreOffice 7.4 has neither XLOOKUP nor dynamic arrays nor LAMBDA; those are tested against worked-out values and
Microsoft's examples (tests/language, and the records' own cases).
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import libreoffice
from tests.functions.test_libreoffice import Case, write

from cellgrad.hosts.package import read
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value

pytestmark = pytest.mark.libreoffice

_WORDS = ["ash", "Beech", "elm", "fir", "Hazel", "larch", "oak", "pine", "rowan", "yew"]
_CHANCE = random.Random(3)
# Columns of the sheet "table": numbers rising, shuffled and falling, words rising and shuffled, results.
_RISING = [1.0, 2.5, 4.0, 4.5, 7.0, 10.0, 11.0, 15.5, 20.0, 31.0]
_TABLE: list[list[Value]] = [
    list(row)
    for row in zip(
        _RISING, _CHANCE.sample(_RISING, 10), _RISING[::-1], _WORDS, _CHANCE.sample(_WORDS, 10),
        [float(at * at) for at in range(10)], strict=True,
    )
]  # fmt: skip
_ACROSS: list[list[Value]] = [list(column) for column in zip(*_TABLE, strict=True)]

NUMBERS = ["0", "1", "2", "2.5", "4.2", "10", "15.5", "31", "40", "-3"]
WORDS = ['"ash"', '"BEECH"', '"e*"', '"?ak"', '"zebra"', '"aaa"', '"hazelnut"', '"p*e"', '"nothing*"', '"larch"']


def cases() -> Iterator[str]:
    for key in NUMBERS:
        for kind, column in itertools.product(("0", "1"), ("A", "B")):
            if (kind, column) != ("1", "B"):  # nearest of what is not sorted
                yield f"MATCH({key},table!${column}$1:${column}$10,{kind})"
        yield f"MATCH({key},table!$C$1:$C$10,-1)"
        yield from (f"VLOOKUP({key},table!$A$1:$F$10,{at},{how})" for at in (1, 4, 6) for how in ("TRUE", "FALSE"))
        yield from (f"VLOOKUP({key},table!$B$1:$F$10,5,FALSE)", f"VLOOKUP({key},table!A:F,6)")
        yield from (f"HLOOKUP({key},across!$A$1:$J$6,{at},{how})" for at in (1, 4, 6) for how in ("TRUE", "FALSE"))
        yield from (f"LOOKUP({key},table!$A$1:$A$10,table!$F$1:$F$10)", f"LOOKUP({key},table!$A$1:$F$10)")
        yield from (f"LOOKUP({key},across!$A$1:$J$1,table!$F$1:$F$10)", f"LOOKUP({key},across!$A$1:$J$6)")
        yield f"INDEX(table!$A$1:$F$10,MATCH({key},table!$A$1:$A$10),6)"
    for key in WORDS:
        yield from (f"MATCH({key},table!${column}$1:${column}$10,0)" for column in "DE")
        yield from (f"VLOOKUP({key},table!$D$1:$F$10,{at},FALSE)" for at in (1, 3))
        if "*" not in key and "?" not in key:
            yield from (f"VLOOKUP({key},table!$D$1:$F$10,3)", f"LOOKUP({key},table!$D$1:$D$10,table!$F$1:$F$10)")
        yield f"SUM(INDEX(table!$A$1:$F$10,MATCH({key},table!$E$1:$E$10,0),0))"


def _same(ours: Value, theirs: Value) -> bool:
    if type(ours) is float and type(theirs) is float:
        return math.isclose(ours, theirs, rel_tol=1e-13)
    return type(ours) is type(theirs) and ours == theirs


def test_agrees_with_libreoffice(tmp_path: Path) -> None:
    written = [Case(formula) for formula in cases()]
    places = write(tmp_path / "cases.xlsx", written, {"table": _TABLE, "across": _ACROSS})
    theirs = libreoffice.recalculated(tmp_path / "cases.xlsx", tmp_path / "recalculated")["cases"]
    reference = Reference(read(tmp_path / "cases.xlsx"))
    found = [
        (case.formula, reference.value("cases", *place), theirs.get(place, ""))
        for case, place in zip(written, places, strict=True)
    ]
    wrong = [
        f"{formula}: ours {ours!r}, LibreOffice {other!r}" for formula, ours, other in found if not _same(ours, other)
    ]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(found)} differ", *wrong])
    assert len(found) >= 250
    assert sum(ours is not CellError.NA for _, ours, _ in found) > 150
