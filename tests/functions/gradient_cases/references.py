"""Functions that make references, and aggregates that leave cells out."""

from __future__ import annotations

_LIVE = {f"A{row}": (0.5, 3.0) for row in range(1, 6)}
_PICKED = {f"A{row}": (row - 0.3, row + 0.3) for row in range(1, 6)}

CASES: list[tuple[str, dict[str, float | str | tuple[float, float]]]] = [
    ("SUBTOTAL(9,A1:A5)^2+SUBTOTAL(1,A2:A4)*SUBTOTAL(106,A1:A3)+SUBTOTAL(8,A1:A5)", _LIVE),
    ("SUBTOTAL(104,A1:A5)*SUBTOTAL(5,A1:A5)", _PICKED),
    ("AGGREGATE(9,6,A1:A5)^2+AGGREGATE(7,4,A1:A5)*AGGREGATE(6,0,A1:A3)", _LIVE),
    ("AGGREGATE(14,6,A1:A5,2)^2+AGGREGATE(16,6,A1:A5,0.3)", _PICKED),
    ("SUM(OFFSET(A1,1,0,3,1))^2*OFFSET(A1,B1,0)", {**_LIVE, "B1": 4.0}),
    ('INDIRECT("A"&B1)^3+SUM(INDIRECT("A1:A"&B1))^2', {**_LIVE, "B1": 3.0}),
]
