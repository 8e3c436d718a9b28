"""Spread, order, moments, pairs, regression, matrices and tests of hypotheses."""

from __future__ import annotations

Cells = dict[str, float | tuple[float, float]]


def _cells(names: str, low: float = -2, high: float = 2) -> Cells:
    return dict.fromkeys(names.split(), (low, high))


_FIVE = _cells("A1 A2 A3 A4 A5")
_POSITIVE = _cells("A1 A2 A3 A4 A5", 0.5, 3)
_SEVEN = _cells("A1 A2 A3 A4 A5 A6 A7")
_PAIRS = {**_cells("A1 A2 A3 A4 A5", 0, 4), **_cells("B1 B2 B3 B4 B5")}
_TABLE = {**_cells("A1 A2 A3 A4 A5 A6", 1, 5), **_cells("B1 B2 B3 B4 B5 B6"), **_cells("C1 C2 C3 C4 C5 C6")}
_SQUARE = {**_cells("A1 B2 C3", 2, 4), **_cells("A2 A3 B1 B3 C1 C2", -1, 1)}
_WEIGHTS = "{1,2,3;-1,0.5,2;3,1,-2}"

CASES: list[tuple[str, Cells]] = [
    ("VAR.S(A1:A5)+VAR(A1:A5,A1)*VAR.P(A1:A5)+VARP(A1:A4)", _FIVE),
    ("STDEV.S(A1:A5)+STDEV(A1:A5,A1)*STDEV.P(A1:A5)+STDEVP(A1:A4)", _FIVE),
    ("VARA(A1:A6)+VARPA(A1:A6)*STDEVA(A1:A6)+STDEVPA(A1:A6,2)", _FIVE),
    ("AVERAGEA(A1:A6)*MAXA(A1:A6)+MINA(A1:A6)", _FIVE),
    ("DEVSQ(A1:A5)*AVEDEV(A1:A5)", _FIVE),
    ("GEOMEAN(A1:A5)*HARMEAN(A1:A5)", _POSITIVE),
    ("SKEW(A1:A7)+SKEW.P(A1:A7)*KURT(A1:A7)", _SEVEN),
    ("MEDIAN(A1:A5)+MEDIAN(A1:A4,7)", _FIVE),
    ("LARGE(A1:A5,2)*SMALL(A1:A5,1)+SUM(LARGE(A1:A5,{1,3}))", _FIVE),
    ("PERCENTILE(A1:A5,A6)+PERCENTILE.INC(A1:A5,0.9)*PERCENTILE.EXC(A1:A5,A6)", {**_FIVE, "A6": (0.3, 0.45)}),
    ("QUARTILE(A1:A5,1)+QUARTILE.INC(A1:A4,3)*QUARTILE.EXC(A1:A5,3)", _FIVE),
    ("TRIMMEAN(A1:A7,0.4)+TRIMMEAN(A1:A7,0)", _SEVEN),
    ("CORREL(A1:A5,B1:B5)+PEARSON(B1:B5,A1:A5)*COVAR(A1:A5,B1:B5)", _PAIRS),
    ("COVARIANCE.P(A1:A5,B1:B5)*COVARIANCE.S(A1:A6,B1:B6)", _PAIRS),
    ("SLOPE(A1:A5,B1:B5)+INTERCEPT(A1:A5,B1:B5)*RSQ(A1:A5,B1:B5)+STEYX(A1:A5,B1:B5)", _PAIRS),
    ("FORECAST(C1,A1:A5,B1:B5)+FORECAST.LINEAR(2,A1:A5,B1:B5)", {**_PAIRS, "C1": (0, 1)}),
    ("SUMPRODUCT(LINEST(A1:A6,B1:C6),{1,2,3})", _TABLE),
    ("SUMPRODUCT(LINEST(A1:A6,B1:C6,FALSE),{1,2,3})", _TABLE),
    ("SUMPRODUCT(IFERROR(LINEST(A1:A6,B1:C6,TRUE,TRUE),0),{1,2,3;4,5,6;7,8,0;0.1,1,0;2,3,0})", _TABLE),
    ("SUMPRODUCT(IFERROR(LINEST(A1:A6,B1:C6,FALSE,TRUE),0),{1,2,3;4,5,6;7,8,0;0.1,1,0;2,3,0})", _TABLE),
    ("SUMPRODUCT(IFERROR(LINEST(A1:A6,,TRUE,TRUE),0),{1,2;3,4;5,6;0.1,8;2,1})", _TABLE),
    ("SUMPRODUCT(LINEST(A1:A6,B1:B6^{1,2}),{1,2,3})", _TABLE),
    ("SUMPRODUCT(IFERROR(LOGEST(A1:A6,B1:C6,TRUE,TRUE),0),{1,2,3;4,5,6;7,8,0;0.1,1,0;2,3,0})", _TABLE),
    ("SUMPRODUCT(TREND(A1:A6,B1:C6,{0.3,0.5;1,2}),{1;2})+SUMPRODUCT(TREND(A1:A6,B1:B6),{1;2;3;4;5;6})", _TABLE),
    ("SUMPRODUCT(GROWTH(A1:A6,B1:B6,C1:C3),{1;2;3})+SUM(TREND(A1:A6,B1:B6,C1:C2,FALSE))", _TABLE),
    (f"SUMPRODUCT(MINVERSE(A1:C3),{_WEIGHTS})", _SQUARE),
    ("MDETERM(A1:C3)", _SQUARE),
    ("T.TEST(A1:A5,B1:B5,2,1)+TTEST(A1:A5,B1:B5,1,1)", _PAIRS),
    ("T.TEST(A1:A5,B1:B4,2,2)+T.TEST(A1:A5,B1:B4,1,3)", _PAIRS),
    ("F.TEST(A1:A5,B1:B4)+FTEST(B1:B5,A1:A5)", _PAIRS),
    ("Z.TEST(A1:A5,B1)+ZTEST(A1:A5,B1,B2)", {**_FIVE, "B1": (-0.5, 0.5), "B2": (1, 2)}),
    ("CHISQ.TEST(A1:B3,C1:D3)+CHITEST(A1:A3,C1:C3)",
     {**_cells("A1 A2 A3 B1 B2 B3", 4, 8), **_cells("C1 C2 C3 D1 D2 D3", 5, 7)}),
]  # fmt: skip
