"""Formulas between Excel's words and Calc's, without a running Calc."""

from __future__ import annotations

import pytest

from cellgrad.hosts.calc.grammar import Translator

TRANSLATOR = Translator(
    {"CEILING.XCL": "CEILING", "CEILING": "CEILING.MATH"},
    {"CEILING": "CEILING.XCL", "CEILING.MATH": "CEILING"},
    lambda: ["Sheet1", "Sheet2", "My sheet", "O'Brien", "v1.2"],
)

# Excel, Calc as LibreOffice 7.4 answers it (getFormulaArray), read back and typed in
BOTH_WAYS = [
    ("=SUM(A1,B1)", "=SUM(A1;B1)"),
    ("=Sheet2!A1", "=$Sheet2.A1"),
    ("=Sheet2!$A:$C", "=$Sheet2.$A:$C"),
    ("=SUM(Sheet2!1:2)", "=SUM($Sheet2.1:2)"),
    ("='My sheet'!A1:B2*2", "=$'My sheet'.A1:B2*2"),
    ("='O''Brien'!A1", "=$'O''Brien'.A1"),
    ("=v1.2!A1", "=$'v1.2'.A1"),
    ("=SUM(Sheet1:Sheet2!A1)", "=SUM($Sheet1.A1:$Sheet2.A1)"),
    ("=SUM('Sheet1:My sheet'!A1:B2)", "=SUM($Sheet1.A1:$'My sheet'.B2)"),
    ("=SUM({1,2;3,4})", "=SUM({1;2|3;4})"),
    ('=IF(A1="a;b,c",{1;2},3)', '=IF(A1="a;b,c";{1|2};3)'),
    ("=SUM((A1,B1),C1)", "=SUM((A1~B1);C1)"),
    ("=SUM(A1:B2 B1:C2)", "=SUM(A1:B2!B1:C2)"),
    ("=IF(A1,,2)", "=IF(A1;;2)"),
    ("=IF(A1>0,TRUE,FALSE)", "=IF(A1>0;TRUE();FALSE())"),
    ("=IFERROR(#N/A,#DIV/0!)", "=IFERROR(#N/A;#DIV/0!)"),
    ("=CEILING(A1,1)+CEILING.MATH(A1)", "=CEILING.XCL(A1;1)+CEILING(A1)"),
    ("=Table1[[#This Row],[a]]*2", "=Table1[[#This Row];[a]]*2"),
    ("=SUM(Table1[[#All],[a]:[b, c]])", "=SUM(Table1[[#All];[a]:[b, c]])"),
    ("=SUM(Table1[#All])", "=SUM(Table1[[#All]])"),
    ("=SUM(Table1[a; b])", "=SUM(Table1[a; b])"),
    ('=COUNTIF(A1:A9,"<>""x""")', '=COUNTIF(A1:A9;"<>""x""")'),
    ("=-2^2%", "=-2^2%"),
    ("=LOG10(1.5E-3)", "=LOG10(1.5E-3)"),
    ("=rate*Sheet2!own", "=rate*$Sheet2.own"),
    ("='/dir/[b.xlsx]S'!A1", "='file:///dir/b.xlsx'#$S.A1"),
]


@pytest.mark.parametrize(("excel", "calc"), BOTH_WAYS)
def test_both_ways(excel: str, calc: str) -> None:
    assert TRANSLATOR.to_calc(excel) == calc
    assert TRANSLATOR.to_excel(calc) == excel


# one way only: several ways of writing come to one
TO_CALC = [
    ("=Table1[@a]", "=Table1[[#This Row];[a]]"),
    ("=Table1[@[a b]]", "=Table1[[#This Row];[a b]]"),
    ("=[@a]+[b]", "=Own[[#This Row];[a]]+Own[b]"),
    ("=Table1[@]", "=Table1[[#This Row]]"),
    ("=_xlfn.CEILING.MATH(A1)", "=CEILING(A1)"),
    ("='Sheet1'!A1", "=$Sheet1.A1"),
    ("=@A1:A3", "=A1:A3"),
    ("=sum(a1, b1)", "=SUM(a1; b1)"),
    ("=true", "=TRUE()"),
]
TO_EXCEL = [
    ("{=MMULT(A1:B2;$D$1:$E$2)}", "=MMULT(A1:B2,$D$1:$E$2)"),
    ("=Sheet2.A1", "=Sheet2!A1"),
    ("=SUM(A1~B1;C1)", "=SUM((A1,B1),C1)"),
    ("=NORM.S.DIST(A1;TRUE())", "=NORM.S.DIST(A1,TRUE)"),
    ("=xlookup(1;A1:A2;B1:B2)", "=XLOOKUP(1,A1:A2,B1:B2)"),
    ("=my.name+1", "=my.name+1"),
]


@pytest.mark.parametrize(("excel", "calc"), TO_CALC)
def test_to_calc(excel: str, calc: str) -> None:
    assert TRANSLATOR.to_calc(excel, own_table=lambda: "Own") == calc


@pytest.mark.parametrize(("calc", "excel"), TO_EXCEL)
def test_to_excel(calc: str, excel: str) -> None:
    assert TRANSLATOR.to_excel(calc) == excel


def test_a_structured_reference_outside_every_table_names_none() -> None:
    with pytest.raises(ValueError, match="names no table"):
        TRANSLATOR.to_calc("=[@a]")
