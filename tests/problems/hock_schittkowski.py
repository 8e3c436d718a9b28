"""Problems of Hock and Schittkowski, Test Examples for Nonlinear Programming Codes (Springer 1981), as workbooks.

x1, x2, ... are the cells A1, A2, ...; the objective is B1, the rows are C1, C2, .... Starts are those of the book. The
book prints optima to some ten digits; where there is no closed form they were computed anew, by Newton's method on the
Karush-Kuhn-Tucker equations at 40 digits (sympy's derivatives, mpmath's arithmetic). They agree with the book's but
for 72, 106 and 112, where the book's are right to some three to five digits only.

Where a problem has several local minima the optimum is the global one, which is the book's in every problem here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.problems.known import Known

Row = tuple[str, str, float]
Bound = tuple[float | None, float | None]

ROSENBROCK = "100*(x2-x1^2)^2+(1-x1)^2"


@dataclass(frozen=True)
class Example:
    """number: in the book. rows: (formula, relation, limit). bounds: (lower, upper) a cell, None where there is none.
    local: the published starts lead downhill to a worse local minimum."""

    number: int
    objective: str
    start: Sequence[float]
    optimum: float
    rows: tuple[Row, ...] = ()
    bounds: Sequence[Bound] = ()
    local: bool = False

    @property
    def known(self) -> Known:
        """The problem as a workbook."""
        cells: dict[str, float | str] = {f"A{i}": value for i, value in enumerate(self.start, 1)}
        cells["B1"] = "=" + _cells(self.objective)
        constraints = []
        for k, (formula, relation, limit) in enumerate(self.rows, 1):
            cells[f"C{k}"] = "=" + _cells(formula)
            constraints.append((f"C{k}", relation, repr(float(limit))))
        for i, (low, high) in enumerate(self.bounds, 1):
            constraints += [(f"A{i}", ">=", repr(float(low)))] if low is not None else []
            constraints += [(f"A{i}", "<=", repr(float(high)))] if high is not None else []
        return Known(
            cells, "B1", f"A1:A{len(self.start)}", self.optimum, f"Hock and Schittkowski (1981), problem {self.number}",
            constraints=tuple(constraints),
        )  # fmt: skip

    def rescaled(self) -> Example:
        """The same with its first cell in units a million times smaller and its first row divided by a million."""

        def widened(formula: str) -> str:
            return re.sub(r"\bx1\b", "(x1/1000000)", formula)

        rows = [(widened(formula), relation, limit) for formula, relation, limit in self.rows]
        if rows:
            formula, relation, limit = rows[0]
            rows[0] = (f"({formula})/1000000", relation, limit / 1e6)
        bounds = [list(bound) for bound in self.bounds]
        if bounds:
            bounds[0] = [None if limit is None else limit * 1e6 for limit in bounds[0]]
        start = (self.start[0] * 1e6, *self.start[1:])
        return replace(
            self, objective=widened(self.objective), start=start, rows=tuple(rows),
            bounds=[(low, high) for low, high in bounds],
        )  # fmt: skip


def _cells(formula: str) -> str:
    return re.sub(r"\bx(\d+)\b", r"A\1", formula)


def _at_least_zero(*formulas: str) -> tuple[Row, ...]:
    return tuple((formula, ">=", 0.0) for formula in formulas)


def _zero(*formulas: str) -> tuple[Row, ...]:
    return tuple((formula, "=", 0.0) for formula in formulas)


FREE: Bound = (None, None)
POSITIVE: Bound = (0, None)
ROOT_2, ROOT_3, ROOT_7 = math.sqrt(2), math.sqrt(3), math.sqrt(7)
_A2 = math.sqrt(598 / 1200)
_X2 = 2 * _A2 * math.cos(math.acos(1 / (400 * _A2**3)) / 3)

_ROWS_78 = (
    ("x1^2+x2^2+x3^2+x4^2+x5^2", "=", 10), ("x2*x3-5*x4*x5", "=", 0), ("x1^3+x2^3", "=", -1),
)  # fmt: skip
_QUADRATIC_51 = "(x2+x3-2)^2+(x4-1)^2+(x5-1)^2"
_GIBBS = (-6.089, -17.164, -34.054, -5.914, -24.721, -14.986, -24.1, -10.708, -26.662, -22.179)
_LOGARITHMS_110 = "+".join(f"LN(x{i}-2)^2+LN(10-x{i})^2" for i in range(1, 11))
_PRODUCT_110 = "*".join(f"x{i}" for i in range(1, 11))
_SUM_112 = "(" + "+".join(f"x{i}" for i in range(1, 11)) + ")"
_ENERGY_112 = "+".join(f"x{i}*({c}+LN(x{i}/{_SUM_112}))" for i, c in enumerate(_GIBBS, 1))

EXAMPLES = (
    Example(1, ROSENBROCK, (-2, 1), 0.0, bounds=(FREE, (-1.5, None))),
    Example(2, ROSENBROCK, (-2, 1), 100 * (1.5 - _X2**2) ** 2 + (1 - _X2) ** 2, bounds=(FREE, (1.5, None)), local=True),
    Example(3, "x2+0.00001*(x2-x1)^2", (10, 1), 0.0, bounds=(FREE, POSITIVE)),
    Example(4, "(x1+1)^3/3+x2", (1.125, 0.125), 8 / 3, bounds=((1, None), POSITIVE)),
    Example(
        5, "SIN(x1+x2)+(x1-x2)^2-1.5*x1+2.5*x2+1", (0, 0), -ROOT_3 / 2 - math.pi / 3, bounds=((-1.5, 4), (-3, 3))
    ),
    Example(6, "(1-x1)^2", (-1.2, 1), 0.0, _zero("10*(x2-x1^2)")),
    Example(7, "LN(1+x1^2)-x2", (2, 2), -ROOT_3, (("(1+x1^2)^2+x2^2", "=", 4),)),
    Example(9, "SIN(PI()*x1/12)*COS(PI()*x2/16)", (0, 0), -0.5, _zero("4*x1-3*x2")),
    Example(10, "x1-x2", (-10, 10), -1.0, _at_least_zero("2*x1*x2-3*x1^2-x2^2+1")),
    Example(11, "(x1-5)^2+x2^2-25", (4.9, 0.1), -8.498464223154677, _at_least_zero("x2-x1^2")),
    Example(12, "0.5*x1^2+x2^2-x1*x2-7*x1-7*x2", (0, 0), -30.0, (("4*x1^2+x2^2", "<=", 25),)),
    Example(
        14, "(x1-2)^2+(x2-1)^2", (2, 2), 9 - 2.875 * ROOT_7, (("x1-2*x2", "=", -1), ("x1^2/4+x2^2", "<=", 1))
    ),
    Example(
        15, ROSENBROCK, (-2, 1), 306.5, (("x1*x2", ">=", 1), *_at_least_zero("x1+x2^2")), ((None, 0.5), FREE),
        local=True,
    ),
    Example(16, ROSENBROCK, (-2, 1), 0.25, _at_least_zero("x1+x2^2", "x1^2+x2"), ((-2, 0.5), (None, 1)), local=True),
    Example(17, ROSENBROCK, (-2, 1), 1.0, _at_least_zero("x2^2-x1", "x1^2-x2"), ((-0.5, 0.5), (None, 1)), local=True),
    Example(
        18, "0.01*x1^2+x2^2", (2, 2), 5.0, (("x1*x2", ">=", 25), ("x1^2+x2^2", ">=", 25)), ((2, 50), (0, 50))
    ),
    Example(
        19, "(x1-10)^3+(x2-20)^3", (20.1, 5.84), -6961.813875580139,
        (("(x1-5)^2+(x2-5)^2", ">=", 100), ("(x1-6)^2+(x2-5)^2", "<=", 82.81)), ((13, 100), (0, 100)),
    ),
    Example(
        20, ROSENBROCK, (-2, 1), 81.5 - 25 * ROOT_3,
        (*_at_least_zero("x1+x2^2", "x1^2+x2"), ("x1^2+x2^2", ">=", 1)), ((-0.5, 0.5), FREE), local=True,
    ),
    Example(21, "0.01*x1^2+x2^2-100", (-1, -1), -99.96, (("10*x1-x2", ">=", 10),), ((2, 50), (-50, 50))),
    Example(22, "(x1-2)^2+(x2-1)^2", (2, 2), 1.0, (("x1+x2", "<=", 2), *_at_least_zero("x2-x1^2"))),
    Example(
        23, "x1^2+x2^2", (3, 1), 2.0,
        (("x1+x2", ">=", 1), ("x1^2+x2^2", ">=", 1), ("9*x1^2+x2^2", ">=", 9), *_at_least_zero("x1^2-x2", "x2^2-x1")),
        ((-50, 50), (-50, 50)),
    ),
    Example(
        24, "((x1-3)^2-9)*x2^3/(27*SQRT(3))", (1, 0.5), -1.0,
        (*_at_least_zero("x1/SQRT(3)-x2", "x1+SQRT(3)*x2"), ("x1+SQRT(3)*x2", "<=", 6)), (POSITIVE, POSITIVE),
    ),
    Example(26, "(x1-x2)^2+(x2-x3)^4", (-2.6, 2, 2), 0.0, (("(1+x2^2)*x1+x3^4", "=", 3),)),
    Example(27, "0.01*(x1-1)^2+(x2-x1^2)^2", (2, 2, 2), 0.04, (("x1+x3^2", "=", -1),)),
    Example(28, "(x1+x2)^2+(x2+x3)^2", (-4, 1, 1), 0.0, (("x1+2*x2+3*x3", "=", 1),)),
    Example(29, "-x1*x2*x3", (1, 1, 1), -16 * ROOT_2, (("x1^2+2*x2^2+4*x3^2", "<=", 48),)),
    Example(
        30, "x1^2+x2^2+x3^2", (1, 1, 1), 1.0, (("x1^2+x2^2", ">=", 1),), ((1, 10), (-10, 10), (-10, 10))
    ),
    Example(
        31, "9*x1^2+x2^2+9*x3^2", (1, 1, 1), 6.0, (("x1*x2", ">=", 1),), ((-10, 10), (1, 10), (-10, 1))
    ),
    Example(
        32, "(x1+3*x2+x3)^2+4*(x1-x2)^2", (0.1, 0.7, 0.2), 1.0,
        (("6*x2+4*x3-x1^3", ">=", 3), ("x1+x2+x3", "=", 1)), (POSITIVE,) * 3,
    ),
    Example(
        33, "(x1-1)*(x1-2)*(x1-3)+x3", (0, 0, 3), ROOT_2 - 6,
        (*_at_least_zero("x3^2-x2^2-x1^2"), ("x1^2+x2^2+x3^2", ">=", 4)), (POSITIVE, POSITIVE, (0, 5)), local=True,
    ),
    Example(
        34, "-x1", (0, 1.05, 2.9), -math.log(math.log(10)), _at_least_zero("x2-EXP(x1)", "x3-EXP(x2)"),
        ((0, 100), (0, 100), (0, 10)),
    ),
    Example(
        35, "9-8*x1-6*x2-4*x3+2*x1^2+2*x2^2+x3^2+2*x1*x2+2*x1*x3", (0.5, 0.5, 0.5), 1 / 9,
        (("x1+x2+2*x3", "<=", 3),), (POSITIVE,) * 3,
    ),
    Example(
        36, "-x1*x2*x3", (10, 10, 10), -3300.0, (("x1+2*x2+2*x3", "<=", 72),), ((0, 20), (0, 11), (0, 42))
    ),
    Example(
        37, "-x1*x2*x3", (10, 10, 10), -3456.0, (("x1+2*x2+2*x3", "<=", 72), ("x1+2*x2+2*x3", ">=", 0)), ((0, 42),) * 3
    ),
    Example(
        38, ROSENBROCK + "+90*(x4-x3^2)^2+(1-x3)^2+10.1*((x2-1)^2+(x4-1)^2)+19.8*(x2-1)*(x4-1)", (-3, -1, -3, -1), 0.0,
        bounds=((-10, 10),) * 4,
    ),
    Example(39, "-x1", (2, 2, 2, 2), -1.0, _zero("x2-x1^3-x3^2", "x1^2-x2-x4^2")),
    Example(
        40, "-x1*x2*x3*x4", (0.8,) * 4, -0.25, (("x1^3+x2^2", "=", 1), *_zero("x1^2*x4-x3", "x4^2-x2"))
    ),
    Example(41, "2-x1*x2*x3", (2,) * 4, 52 / 27, _zero("x1+2*x2+2*x3-x4"), ((0, 1),) * 3 + ((0, 2),)),
    Example(
        42, "(x1-1)^2+(x2-2)^2+(x3-3)^2+(x4-4)^2", (1,) * 4, 28 - 10 * ROOT_2, (("x1", "=", 2), ("x3^2+x4^2", "=", 2))
    ),
    Example(
        43, "x1^2+x2^2+2*x3^2+x4^2-5*x1-5*x2-21*x3+7*x4", (0,) * 4, -44.0,
        (
            ("x1^2+x2^2+x3^2+x4^2+x1-x2+x3-x4", "<=", 8), ("x1^2+2*x2^2+x3^2+2*x4^2-x1-x4", "<=", 10),
            ("2*x1^2+x2^2+x3^2+2*x1-x2-x4", "<=", 5),
        ),
    ),
    Example(
        44, "x1-x2-x3-x1*x3+x1*x4+x2*x3-x2*x4", (0,) * 4, -15.0,
        (
            ("x1+2*x2", "<=", 8), ("4*x1+x2", "<=", 12), ("3*x1+4*x2", "<=", 12),
            ("2*x3+x4", "<=", 8), ("x3+2*x4", "<=", 8), ("x3+x4", "<=", 5),
        ),
        (POSITIVE,) * 4, local=True,
    ),
    Example(45, "2-x1*x2*x3*x4*x5/120", (2,) * 5, 1.0, bounds=((0, 1), (0, 2), (0, 3), (0, 4), (0, 5))),
    Example(
        46, "(x1-x2)^2+(x3-1)^2+(x4-1)^4+(x5-1)^6", (ROOT_2 / 2, 1.75, 0.5, 2, 2), 0.0,
        (("x1^2*x4+SIN(x4-x5)", "=", 1), ("x2+x3^4*x4^2", "=", 2)),
    ),
    Example(
        48, "(x1-1)^2+(x2-x3)^2+(x4-x5)^2", (3, 5, -3, 2, -2), 0.0,
        (("x1+x2+x3+x4+x5", "=", 5), ("x3-2*(x4+x5)", "=", -3)),
    ),
    Example(
        49, "(x1-x2)^2+(x3-1)^2+(x4-1)^4+(x5-1)^6", (10, 7, 2, -3, 0.8), 0.0,
        (("x1+x2+x3+4*x4", "=", 7), ("x3+5*x5", "=", 6)),
    ),
    Example(
        50, "(x1-x2)^2+(x2-x3)^2+(x3-x4)^4+(x4-x5)^2", (35, -31, 11, 5, -5), 0.0,
        (("x1+2*x2+3*x3", "=", 6), ("x2+2*x3+3*x4", "=", 6), ("x3+2*x4+3*x5", "=", 6)),
    ),
    Example(
        51, "(x1-x2)^2+" + _QUADRATIC_51, (2.5, 0.5, 2, -1, 0.5), 0.0,
        (("x1+3*x2", "=", 4), *_zero("x3+x4-2*x5", "x2-x5")),
    ),
    Example(52, "(4*x1-x2)^2+" + _QUADRATIC_51, (2,) * 5, 1859 / 349, _zero("x1+3*x2", "x3+x4-2*x5", "x2-x5")),
    Example(
        53, "(x1-x2)^2+" + _QUADRATIC_51, (2,) * 5, 176 / 43, _zero("x1+3*x2", "x3+x4-2*x5", "x2-x5"), ((-10, 10),) * 5
    ),
    Example(
        55, "x1+2*x2+4*x5+EXP(x1*x4)", (1, 2, 0, 0, 0, 2), 19 / 3,
        (
            ("x1+2*x2+5*x5", "=", 6), ("x1+x2+x3", "=", 3), ("x4+x5+x6", "=", 2),
            ("x1+x4", "=", 1), ("x2+x5", "=", 2), ("x3+x6", "=", 2),
        ),
        ((0, 1), POSITIVE, POSITIVE, (0, 1), POSITIVE, POSITIVE), local=True,
    ),    Example(
        60, "(x1-1)^2+(x1-x2)^2+(x2-x3)^4", (2,) * 3, 0.03256820025506984, (("x1*(1+x2^2)+x3^4-4-3*SQRT(2)", "=", 0),),
        ((-10, 10),) * 3,
    ),
    Example(
        61, "4*x1^2+2*x2^2+2*x3^2-33*x1+16*x2-24*x3", (0,) * 3, -143.64614219778025,
        (("3*x1-2*x2^2", "=", 7), ("4*x1-x3^2", "=", 11)),
    ),
    Example(
        63, "1000-x1^2-2*x2^2-x3^2-x1*x2-x1*x3", (2,) * 3, 961.7151721300522,
        (("8*x1+14*x2+7*x3", "=", 56), ("x1^2+x2^2+x3^2", "=", 25)), (POSITIVE,) * 3,
    ),
    Example(
        64, "5*x1+50000/x1+20*x2+72000/x2+10*x3+144000/x3", (1,) * 3, 6299.8424279215205,
        (("4/x1+32/x2+120/x3", "<=", 1),), ((1e-5, None),) * 3,
    ),
    Example(
        65, "(x1-x2)^2+(x1+x2-10)^2/9+(x3-5)^2", (-5, 5, 0), 0.9535288568047828,
        (("x1^2+x2^2+x3^2", "<=", 48),), ((-4.5, 4.5), (-4.5, 4.5), (-5, 5)),
    ),
    Example(
        66, "0.2*x3-0.8*x1", (0, 1.05, 2.9), 0.518163274181541, _at_least_zero("x2-EXP(x1)", "x3-EXP(x2)"),
        ((0, 100), (0, 100), (0, 10)),
    ),
    Example(
        71, "x1*x4*(x1+x2+x3)+x3", (1, 5, 5, 1), 17.014017289156303,
        (("x1*x2*x3*x4", ">=", 25), ("x1^2+x2^2+x3^2+x4^2", "=", 40)), ((1, 5),) * 4,
    ),
    Example(
        72, "1+x1+x2+x3+x4", (1,) * 4, 727.6793577896129,
        (
            ("4/x1+2.25/x2+1/x3+0.25/x4", "<=", 0.0401), ("0.16/x1+0.36/x2+0.64/x3+0.64/x4", "<=", 0.010085),
        ),
        ((0.001, 4e5), (0.001, 3e5), (0.001, 2e5), (0.001, 1e5)),
    ),
    Example(
        73, "24.55*x1+26.75*x2+39*x3+40.5*x4", (1,) * 4, 29.894378159143354,
        (
            ("2.3*x1+5.6*x2+11.1*x3+1.3*x4", ">=", 5),
            ("12*x1+11.9*x2+41.8*x3+52.1*x4-1.645*SQRT(0.28*x1^2+0.19*x2^2+20.5*x3^2+0.62*x4^2)", ">=", 21),
            ("x1+x2+x3+x4", "=", 1),
        ),
        (POSITIVE,) * 4,
    ),
    Example(
        76, "x1^2+0.5*x2^2+x3^2+0.5*x4^2-x1*x3+x3*x4-x1-3*x2+x3-x4", (0.5,) * 4, -103 / 22,
        (("x1+2*x2+x3+x4", "<=", 5), ("3*x1+x2+2*x3-x4", "<=", 4), ("x2+4*x3", ">=", 1.5)), (POSITIVE,) * 4,
    ),
    Example(
        77, "(x1-1)^2+(x1-x2)^2+(x3-1)^2+(x4-1)^4+(x5-1)^6", (2,) * 5, 0.24150512879017869,
        (("x1^2*x4+SIN(x4-x5)-2*SQRT(2)", "=", 0), ("x2+x3^4*x4^2-8-SQRT(2)", "=", 0)),
    ),
    Example(78, "x1*x2*x3*x4*x5", (-2, 1.5, 2, -1, -1), -2.9197004089636795, _ROWS_78),
    Example(
        79, "(x1-1)^2+(x1-x2)^2+(x2-x3)^2+(x3-x4)^4+(x4-x5)^4", (2,) * 5, 0.0787768208710569,
        (("x1+x2^2+x3^3-2-3*SQRT(2)", "=", 0), ("x2-x3^2+x4+2-2*SQRT(2)", "=", 0), ("x1*x5", "=", 2)),
    ),
    Example(
        80, "EXP(x1*x2*x3*x4*x5)", (-2, 2, 2, -1, -1), 0.05394984777027201, _ROWS_78,
        ((-2.3, 2.3),) * 2 + ((-3.2, 3.2),) * 3,
    ),
    Example(
        81, "EXP(x1*x2*x3*x4*x5)-0.5*(x1^3+x2^3+1)^2", (-2, 2, 2, -1, -1), 0.05394984777027201, _ROWS_78,
        ((-2.3, 2.3),) * 2 + ((-3.2, 3.2),) * 3,
    ),
    Example(
        100, "(x1-10)^2+5*(x2-12)^2+x3^4+3*(x4-11)^2+10*x5^6+7*x6^2+x7^4-4*x6*x7-10*x6-8*x7", (1, 2, 0, 4, 0, 1, 1),
        680.6300573744021,
        (
            ("2*x1^2+3*x2^4+x3+4*x4^2+5*x5", "<=", 127), ("7*x1+3*x2+10*x3^2+x4-x5", "<=", 282),
            ("23*x1+x2^2+6*x6^2-8*x7", "<=", 196), ("4*x1^2+x2^2-3*x1*x2+2*x3^2+5*x6-11*x7", "<=", 0),
        ),
    ),
    Example(
        106, "x1+x2+x3", (5000, 5000, 5000, 200, 350, 150, 225, 425), 7049.248020528666,
        (
            ("0.0025*(x4+x6)", "<=", 1), ("0.0025*(x5+x7-x4)", "<=", 1), ("0.01*(x8-x5)", "<=", 1),
            ("x1*x6-833.33252*x4-100*x1", ">=", -83333.333), ("x2*x7-1250*x5-x2*x4+1250*x4", ">=", 0),
            ("x3*x8-x3*x5+2500*x5", ">=", 1250000),
        ),
        ((100, 10000),) + ((1000, 10000),) * 2 + ((10, 1000),) * 5,
    ),
    Example(
        110, f"{_LOGARITHMS_110}-({_PRODUCT_110})^0.2", (9,) * 10, -45.77846970744627, bounds=((2.001, 9.999),) * 10
    ),
    Example(
        112, _ENERGY_112, (0.1,) * 10, -47.761090859365865,
        (("x1+2*x2+2*x3+x6+x10", "=", 2), ("x4+2*x5+x6+x7", "=", 1), ("x3+x7+x8+2*x9+x10", "=", 1)),
        ((1e-6, None),) * 10,
    ),
    Example(
        113,
        "x1^2+x2^2+x1*x2-14*x1-16*x2+(x3-10)^2+4*(x4-5)^2+(x5-3)^2+2*(x6-1)^2+5*x7^2+7*(x8-11)^2+2*(x9-10)^2"
        "+(x10-7)^2+45",
        (2, 3, 5, 5, 1, 2, 7, 3, 6, 10), 24.306209068179808,
        (
            ("4*x1+5*x2-3*x7+9*x8", "<=", 105), ("10*x1-8*x2-17*x7+2*x8", "<=", 0), ("8*x1-2*x2-5*x9+2*x10", ">=", -12),
            ("3*(x1-2)^2+4*(x2-3)^2+2*x3^2-7*x4", "<=", 120), ("5*x1^2+8*x2+(x3-6)^2-2*x4", "<=", 40),
            ("0.5*(x1-8)^2+2*(x2-4)^2+3*x5^2-x6", "<=", 30), ("x1^2+2*(x2-2)^2-2*x1*x2+14*x5-6*x6", "<=", 0),
            ("12*(x9-8)^2-3*x1+6*x2-7*x10", "<=", 0),
        ),
    ),
)  # fmt: skip
