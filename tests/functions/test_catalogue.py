"""The committed table of functions is the generated one, and it says what is true."""

from __future__ import annotations

from pathlib import Path

from tests.functions import compared
from tests.functions.catalogue import is_function, markdown

from cellgrad.functions.registry import FUNCTIONS

NOT_COMPARED = {
    "what LibreOffice 7.4 lacks": """
        ARRAYTOTEXT BYCOL BYROW CHOOSECOLS CHOOSEROWS DROP EXPAND FILTER HSTACK ISOMITTED MAKEARRAY MAP RANDARRAY REDUCE
        REGEXEXTRACT REGEXREPLACE REGEXTEST SCAN SEQUENCE SORT SORTBY TAKE TEXTAFTER TEXTBEFORE TEXTSPLIT TOCOL TOROW
        TRIMRANGE UNIQUE VALUETOTEXT VSTACK WRAPCOLS WRAPROWS XLOOKUP XMATCH
    """,
    "what LibreOffice computes for itself, or writes and does not read": "INFO ODDFPRICE ODDFYIELD USDOLLAR",
}


def test_the_table_of_functions_is_not_stale() -> None:
    committed = Path(__file__).parents[2] / "pysrc" / "FUNCTIONS.md"
    assert committed.read_text(encoding="utf-8") == markdown(), (
        "write it anew: python -m tests.functions.catalogue pysrc/FUNCTIONS.md"
    )


def test_at_least_three_hundred_functions_are_computed() -> None:
    assert len([name for name, record in FUNCTIONS.items() if is_function(name) and not record.external]) >= 300


def test_every_function_that_libreoffice_has_is_compared_with_it() -> None:
    left_out = {name for names in NOT_COMPARED.values() for name in names.split()}
    names = {
        name
        for name, record in FUNCTIONS.items()
        if is_function(name) and not (record.volatile or record.external or name.startswith("CG_"))
    }  # our own functions are compared with torch in test_neural.py
    assert sorted(names - compared.with_libreoffice() - left_out) == []
