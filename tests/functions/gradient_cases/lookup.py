"""Lookups, dynamic arrays, and functions that call functions: the gradient flows to the entries picked."""

from __future__ import annotations

_LIVE = (-2.0, 2.0)
_VALUES = {f"A{row}": _LIVE for row in range(1, 5)}
_PAIRS = {**_VALUES, **{f"B{row}": _LIVE for row in range(1, 5)}}
_KEYS = {"C1": 1.0, "C2": 3.0, "C3": 4.0, "C4": 9.0, "D1": 5.0, "D2": 8.0, "D3": 6.0, "D4": 7.0}
_TABLE = {**_PAIRS, **_KEYS}
_KEY = {"E1": (3.2, 3.8)}

CASES: list[tuple[str, dict[str, float | tuple[float, float]]]] = [
    ("VLOOKUP(4,CHOOSE({1,2},C1:C4,A1:A4),2,FALSE)^2", _TABLE),
    ("INDEX(A1:B4,MATCH(3,C1:C4,0),2)^2*INDEX(A1:A4,MATCH(E1,C1:C4))", {**_TABLE, **_KEY}),
    ("VLOOKUP(E1,C1:D4,2)*E1^2", {**_TABLE, **_KEY}),
    ("HLOOKUP(4,TRANSPOSE(HSTACK(C1:C4,A1:A4)),2,FALSE)^3", _TABLE),
    ("LOOKUP(E1,C1:C4,A1:A4)*E1", {**_TABLE, **_KEY}),
    ("XLOOKUP(E1,D1:D4,A1:A4,B1^2,-1)*XLOOKUP(6,D1:D4,B1:B4)", {**_TABLE, **_KEY}),
    ("XLOOKUP(E1,C1:C4,A1:A4,0,1)+XMATCH(E1,C1:C4,1)*E1", {**_TABLE, **_KEY}),
    ("IFNA(VLOOKUP(5,C1:D4,2,FALSE),B1^2)*IFNA(INDEX(A1:A4,MATCH(3,C1:C4,0)),7)", _TABLE),
    ("IF(ISNA(MATCH(5,C1:C4,0)),B1^2,A1)+IF(ISNA(INDEX(A1:A4,MATCH(4,C1:C4,0))),1,A3^2)", _TABLE),
    ("IFNA(XLOOKUP(2,D1:D4,A1:A4),A1*A2)+IFNA(LOOKUP(0,C1:C4,D1:D4),B1^2)+IF(ISNA(VLOOKUP(8,D1:D4,1,0)),2,A2)", _TABLE),
    ("INDEX(A1:A4,E1)*E1", {**_VALUES, "E1": (2.1, 2.9)}),
    ("SUMPRODUCT(FILTER(A1:B4,C1:C4>2),{1,2;3,4;5,6})^2", _TABLE),
    ("SUMPRODUCT(SORT(A1:A4,,-1),{1;2;4;8})", _VALUES),
    ("SUMPRODUCT(SORTBY(A1:A4,B1:B4),{1;2;4;8})+SUMPRODUCT(SORTBY(A1:A4,D1:D4,-1),{1;2;4;8})", _TABLE),
    ("SUMPRODUCT(UNIQUE(A1:A4),{1;2;4;8})^2", _VALUES),
    ("SUMSQ(SEQUENCE(3,2,A1,A2))", _VALUES),
    ("SUMSQ(TAKE(A1:B4,2))*SUM(DROP(A1:B4,3,-1))", _PAIRS),
    ("SUMPRODUCT(CHOOSECOLS(A1:B4,2,1),{1,2;3,4;5,6;7,8})*SUM(CHOOSEROWS(A1:B4,-1,{2,2}))", _PAIRS),
    ("SUMPRODUCT(VSTACK(A1:A4,B1:B2),{1;2;3;4;5;6})*SUMPRODUCT(HSTACK(A1:A2,B1:B2),{1,2;3,4})", _PAIRS),
    ("SUMPRODUCT(WRAPROWS(A1:A4,3,B1),{1,2,3;4,5,6})*SUMPRODUCT(WRAPCOLS(A1:A4,2),{1,2;3,4})", _PAIRS),
    ("SUMPRODUCT(TOCOL(A1:B2,,TRUE),{1;2;3;4})*SUMPRODUCT(TOROW(A1:B2),{1,2,3,4})", _PAIRS),
    ("SUMPRODUCT(EXPAND(A1:B2,3,3,B4),{1,2,3;4,5,6;7,8,9})^2", _PAIRS),
    ("SUMSQ(TRIMRANGE(A1:A9))", _VALUES),
    ("SUM(MAP(A1:A4,B1:B4,LAMBDA(a,b,a*b^2)))", _PAIRS),
    ("REDUCE(1,A1:A4,LAMBDA(a,b,a*b+b))^2", _VALUES),
    ("SUMPRODUCT(SCAN(0,A1:A4,LAMBDA(a,b,a*0.5+b)),{1;2;3;4})", _VALUES),
    ("SUMPRODUCT(BYROW(A1:B4,LAMBDA(r,SUMSQ(r))),BYROW(A1:B4,SUM))", _PAIRS),
    ("PRODUCT(BYCOL(A1:B4,SUM))", _PAIRS),
    ("SUMSQ(MAKEARRAY(2,2,LAMBDA(r,c,INDEX(A1:B4,r,c)*r+A4^c)))", _PAIRS),
    ("LET(x,A1^2,y,x*A2,LAMBDA(a,b,a*b+y)(x,y))", _VALUES),
]
