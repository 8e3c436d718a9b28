"""The twenty points that the lessons on descent share, and the loss of a parabola through them, as formulas.

The formulas use the names data_x and data_y, which a workbook gives to the points.
"""

from __future__ import annotations

X = (-2.0, -1.79, -1.58, -1.37, -1.16, -0.95, -0.74, -0.53, -0.32, -0.11,
     0.11, 0.32, 0.53, 0.74, 0.95, 1.16, 1.37, 1.58, 1.79, 2.0)  # fmt: skip
Y = (9.41, 8.02, 5.73, 2.33, 3.8, 2.34, 0.52, 1.48, 1.1, 1.17,
     1.29, 2.6, 2.02, 3.93, 5.03, 8.08, 9.42, 11.3, 13.25, 16.69)  # fmt: skip
"""3x²+2x+1 with normal noise of standard deviation 1.2 (numpy's default_rng(1)), rounded to two places."""
LEAST = "=INDEX(LINEST(data_y,data_x^{1,2},TRUE,TRUE),5,2)/COUNT(data_x)"
"""The mean squared error of the least-squares parabola through the points; an array formula. LINEST's fifth row, second
column, is the sum of the squared errors that remain."""

WEIGHTS = ("a", "b", "c")
POWERS = ("data_x^2", "data_x", "1")
CURVE = "({a}*data_x^2+{b}*data_x+{c}-data_y)"
"""The errors of all points at once, for an a, b and c."""


def loss(a: str, b: str, c: str) -> str:
    """The mean squared error of a·x² + b·x + c for the cells a, b and c: a formula without its ``=``."""
    return f"SUMPRODUCT({CURVE.format(a=a, b=b, c=c)}^2)/COUNT(data_x)"


def slope(weight: int, a: str, b: str, c: str) -> str:
    """The derivative of `loss` in the weight of that number, likewise."""
    return f"2*SUMPRODUCT({POWERS[weight]}*{CURVE.format(a=a, b=b, c=c)})/COUNT(data_x)"
