"""Angles that are made of others, and power series."""

from __future__ import annotations

CASES: list[tuple[str, dict[str, float | tuple[float, float]]]] = [
    ("COT(A1)+SEC(A1)*CSC(A1)", {"A1": (0.3, 1.2)}),
    ("COTH(A1)+SECH(A1)*CSCH(A1)", {"A1": (0.3, 2)}),
    ("COTH(A1)+SECH(A1)*CSCH(A1)", {"A1": (-2, -0.3)}),
    ("ACOT(A1)+ACOTH(A1)", {"A1": (1.2, 3)}),
    ("SERIESSUM(A1,A2,A3,A4:A6)",
     {"A1": (0.5, 2), "A2": (-1, 2), "A3": (-1, 2), "A4": (-1, 1), "A5": (-1, 1), "A6": (-1, 1)}),
]  # fmt: skip
