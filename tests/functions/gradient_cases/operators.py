"""Operators, elementary functions and aggregates."""

from __future__ import annotations

CASES: list[tuple[str, dict[str, float | tuple[float, float]]]] = [
    ("A1+A2-A3*A4/A5", {"A1": (-2, 2), "A2": (-2, 2), "A3": (-2, 2), "A4": (-2, 2), "A5": (0.5, 2)}),
    ("A1^A2-(+A1)%+-A2", {"A1": (0.5, 2), "A2": (-2, 3)}),
    ("POWER(A1,A2)*EXP(A2)", {"A1": (0.5, 2), "A2": (-2, 2)}),
    ("ABS(A1)*SQRT(A2)", {"A1": (-2, -0.5), "A2": (0.5, 2)}),
    ("LN(A1)+LOG(A1,A2)+LOG10(A1)", {"A1": (0.5, 2), "A2": (2, 5)}),
    ("MOD(A1,A2)", {"A1": (7.2, 7.8), "A2": (2.1, 2.2)}),
    ("SIN(A1)*COS(A1)+TAN(A1)", {"A1": (-1, 1)}),
    ("ASIN(A1)+ACOS(A1)*ATAN(A1)", {"A1": (-0.9, 0.9)}),
    ("SINH(A1)*COSH(A1)*TANH(A1)", {"A1": (-1, 1)}),
    ("ASINH(A1)*ACOSH(A1+2)*ATANH(A1)", {"A1": (-0.9, 0.9)}),
    ("DEGREES(A1)*RADIANS(A2)+ATAN2(A1,A2)", {"A1": (0.5, 2), "A2": (-2, 2)}),
    ("SQRTPI(A1)", {"A1": (0.5, 2)}),
    ("SUM(A1:A4)*AVERAGE(A1:A4)", {f"A{r}": (-2, 2) for r in range(1, 5)}),
    ("SUMSQ(A1:A4)+PRODUCT(A1:A4)", {f"A{r}": (-2, 2) for r in range(1, 5)}),
    ("MAX(A1:A4)*MIN(A1:A4)", {"A1": (-2, -1), "A2": (0, 1), "A3": (1.5, 2), "A4": (0, 1)}),
    ("SUMPRODUCT(A1:A3,B1:B3)", dict.fromkeys(("A1", "A2", "A3", "B1", "B2", "B3"), (-2, 2))),
    ("SUMXMY2(A1:A3,B1:B3)+SUMX2MY2(A1:A3,B1:B3)*SUMX2PY2(A1:A3,B1:B3)",
     dict.fromkeys(("A1", "A2", "A3", "B1", "B2", "B3"), (-2, 2))),
    ("SUMPRODUCT(MMULT(A1:B2,TRANSPOSE(A1:B2)),{1,2;3,4})", dict.fromkeys(("A1", "A2", "B1", "B2"), (-2, 2))),
    ("IF(A1>0,A1*A2,A2^2)+IFERROR(A1/A2,7)+IFS(A1>0,A1,TRUE,A2)", {"A1": (0.5, 2), "A2": (0.5, 2)}),
]  # fmt: skip
