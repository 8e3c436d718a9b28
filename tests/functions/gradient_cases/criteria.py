"""Functions with criteria, databases and CONVERT."""

from __future__ import annotations

_LIVE = (-2.0, 2.0)
_KEYS = {"B1": 1.0, "B2": 2.0, "B3": 1.0, "B4": 3.0, "C1": 5.0, "C2": 6.0, "C3": 7.0, "C4": 8.0}
_VALUES = {f"A{row}": _LIVE for row in range(1, 5)}
_TABLE = {"A1": "x", "B1": "key", **{f"A{row}": _LIVE for row in range(2, 6)},
          "B2": 1.0, "B3": 2.0, "B4": 1.0, "B5": 3.0, "D1": "key", "D2": "<3"}  # fmt: skip

CASES: list[tuple[str, dict[str, float | str | tuple[float, float]]]] = [
    ('SUMIF(B1:B4,1,A1:A4)^2+SUMIF(B1:B4,">1",A1:A4)*3', {**_VALUES, **_KEYS}),
    ('SUMIFS(A1:A4,B1:B4,"<3",C1:C4,">5")^2', {**_VALUES, **_KEYS}),
    ('AVERAGEIF(B1:B4,"<>2",A1:A4)^2*AVERAGEIFS(A1:A4,B1:B4,1,C1:C4,"<9")', {**_VALUES, **_KEYS}),
    ('MAXIFS(A1:A4,B1:B4,1)*MINIFS(A1:A4,C1:C4,">5")', {**_VALUES, **_KEYS}),
    ("SUM(SUMIF(B1:B4,{1,2,9},A1:A4)*{3,5,7})", {**_VALUES, **_KEYS}),
    ('SUMIF(A1:A4,">0")^2+AVERAGEIF(A1:A4,"<0")', {"A1": (0.5, 2), "A2": (-2, -0.5), "A3": (0.5, 2), "A4": (-2, -1)}),
    ('SUMIFS(A1:A4,A1:A4,">0",B1:B4,1)+MAXIFS(A1:A4,A1:A4,"<0")+MINIFS(A1:A4,A1:A4,">0")+COUNTIF(A1:A4,">0")',
     {"A1": (0.5, 2), "A2": (-2, -0.5), "A3": (0.5, 2), "A4": (-9, -5), **_KEYS}),
    ("DSUM(A1:B5,1,D1:D2)^2+DAVERAGE(A1:B5,\"x\",D1:D2)*DPRODUCT(A1:B5,\"x\",D1:D2)", _TABLE),
    ("DMAX(A1:B5,1,D1:D2)*DMIN(A1:B5,1,D1:D2)", _TABLE),
    ("DVAR(A1:B5,1,D1:D2)*DVARP(A1:B5,1,D1:D2)+DSTDEV(A1:B5,1,D1:D2)*DSTDEVP(A1:B5,1,D1:D2)", _TABLE),
    ("DGET(A1:B5,1,D1:D2)^2", {**_TABLE, "D2": 2.0}),
    ("CHOOSE(A2,A1,A1^2,A3)*A1+SWITCH(A2,2,A1*3,A1)+IFNA(A1*A3,7)+N(A1)^2+XOR(A1>0,A3>0)*A1",
     {"A1": (0.5, 2), "A2": 2.0, "A3": (0.5, 2)}),
    ("IF(ISTEXT(A1),9,A1)*IF(ISEVEN(A2),A1,A3)*IF(ISODD(A1),1,2)*IF(ISBLANK(A1),3,4)*IF(ISLOGICAL(A1),5,6)",
     {"A1": (2.2, 2.8), "A2": 2.0, "A3": (0.5, 2)}),
    ('CONVERT(A1,"F","C")^2+CONVERT(A2,"mi","km")^2*N(A1)', {"A1": (-2, 2), "A2": (1, 2)}),
]  # fmt: skip
