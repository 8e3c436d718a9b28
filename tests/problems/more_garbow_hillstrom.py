"""Problems of More, Garbow and Hillstrom (1981), Testing Unconstrained Optimization Software, ACM TOMS 7:17, as sheets.

The changing cells are A2, A3, ... (x1, x2, ... of a problem), what is given for each residual (t, y) stands from column
C on, the residuals in column G, one formula filled down where there is one, and their sum of squares in I1. Starts are
those of the paper; its optima have six digits, and the further ones are those of the problem solved more precisely.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from tests.problems.known import Known
from tests.problems.nist import DATASETS


@dataclass(frozen=True)
class Minima:
    """A problem, and the values of other local minima that the paper tells: a local search may end in one of them."""

    known: Known
    others: tuple[float, ...] = ()


def sheet(
    number: int,
    start: Sequence[float],
    residuals: str | Sequence[str],
    optimum: float,
    *given: Sequence[float],
    others: tuple[float, ...] = (),
    more: Mapping[str, float | str] | None = None,
) -> Minima:
    """Problem `number` of the paper. residuals: the formula of row 2, filled down beside what is `given` (columns from
    C on), or one a row. x1 stands for the first changing cell, and so on. more: further cells."""
    cells: dict[str, float | str] = {f"A{row}": value for row, value in enumerate(start, 2)}
    for column, values in zip("CDEF", given, strict=False):
        cells |= {f"{column}{row}": value for row, value in enumerate(values, 2)}
    cells |= more or {}
    if isinstance(residuals, str):
        last = len(given[0]) + 1
        cells[f"G2:G{last}"] = _named(residuals)
    else:
        last = len(residuals) + 1
        cells |= {f"G{row}": _named(formula) for row, formula in enumerate(residuals, 2)}
    source = f"More, Garbow and Hillstrom 1981, problem {number}"
    known = Known(cells | {"I1": f"=SUMSQ(G2:G{last})"}, "I1", f"A2:A{len(start) + 1}", optimum, source)
    return Minima(known, others)


def _named(formula: str) -> str:
    return "=" + re.sub(r"\bx(\d+)\b", lambda found: f"$A${int(found[1]) + 1}", formula)


def counted(count: int) -> list[float]:
    """1, 2, ... count"""
    return [float(i) for i in range(1, count + 1)]


BARD = (0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39)
BELL = (0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989)
OSBORNE_2 = (
    1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608, 0.655, 0.616, 0.606,
    0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661, 0.612, 0.558, 0.533, 0.495, 0.500, 0.423,
    0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428, 0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668,
    0.645, 0.632, 0.591, 0.559, 0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098,
    0.054,
)  # fmt: skip
GULF = [i / 100 for i in range(1, 100)]
TENTHS = [i / 10 for i in range(1, 14)]


def _columns(name: str) -> tuple[list[float], ...]:
    """The data of a problem that NIST took from the paper: y, t."""
    return tuple(list(column) for column in zip(*DATASETS[name]["data"], strict=True))


def _chebyshev(count: int) -> dict[str, float | str]:
    """The polynomials T0, T1, ... Tn of z = 2x - 1 from row 2 on, a column for each x from K on."""
    letters = [chr(ord("K") + i) for i in range(count)]
    cells: dict[str, float | str] = {f"{letters[0]}2:{letters[-1]}2": "=1"}
    cells |= {f"{letter}3": f"=2*A{row}-1" for row, letter in enumerate(letters, 2)}
    cells[f"{letters[0]}4:{letters[-1]}{count + 2}"] = "=2*K$3*K3-K2"
    return cells


def _watson(terms: int) -> list[str]:
    slope = "+".join(f"{j - 1}*x{j}*C{{row}}^{j - 2}" for j in range(3, terms + 1))
    value = "+".join(f"x{j}*C{{row}}^{j - 1}" for j in range(2, terms + 1))
    rows = [f"x2+{slope}-(x1+{value})^2-1".format(row=row) for row in range(2, 31)]
    return [*rows, "x1", "x2-x1^2-1"]


PROBLEMS: dict[str, Minima] = {
    "Rosenbrock": sheet(1, [-1.2, 1], ["10*(x2-x1^2)", "1-x1"], 0),
    "Freudenstein and Roth": sheet(
        2, [0.5, -2], ["-13+x1+((5-x2)*x2-2)*x2", "-29+x1+((x2+1)*x2-14)*x2"], 0, others=(48.98425368,)
    ),
    "Powell badly scaled": sheet(3, [0, 1], ["10^4*x1*x2-1", "EXP(-x1)+EXP(-x2)-1.0001"], 0),
    "Brown badly scaled": sheet(4, [1, 1], ["x1-10^6", "x2-2*10^-6", "x1*x2-2"], 0),
    "Beale": sheet(5, [1, 1], "D2-x1*(1-x2^C2)", 0, counted(3), [1.5, 2.25, 2.625]),
    "Jennrich and Sampson": sheet(6, [0.3, 0.4], "2+2*C2-(EXP(C2*x1)+EXP(C2*x2))", 124.3621823556, counted(10)),
    "helical valley": sheet(
        7, [-1, 0, 0], ["10*(x3-10*ATAN2(x1,x2)/(2*PI()))", "10*(SQRT(x1^2+x2^2)-1)", "x3"], 0
    ),
    "Bard": sheet(8, [1, 1, 1], "D2-(x1+C2/((16-C2)*x2+MIN(C2,16-C2)*x3))", 8.21487730658e-3, counted(15), BARD),
    "Gaussian": sheet(
        9, [0.4, 1, 0], "x1*EXP(-x2*((8-C2)/2-x3)^2/2)-D2", 1.12793276962e-8, counted(15), BELL + BELL[-2::-1]
    ),
    "Meyer": sheet(10, [0.02, 4000, 250], "x1*EXP(x2/(D2+x3))-C2", 87.945855171, *_columns("MGH10")),
    "Gulf research": sheet(
        11, [5, 2.5, 0.15], "EXP(-(ABS(D2-x2)^x3)/x1)-C2", 0, GULF, [25 + (-50 * np.log(t)) ** (2 / 3) for t in GULF]
    ),
    "Box": sheet(12, [0, 10, 20], "EXP(-C2*x1)-EXP(-C2*x2)-x3*(EXP(-C2)-EXP(-10*C2))", 0, TENTHS[:10]),
    "Powell singular": sheet(
        13, [3, -1, 0, 1], ["x1+10*x2", "SQRT(5)*(x3-x4)", "(x2-2*x3)^2", "SQRT(10)*(x1-x4)^2"], 0
    ),
    "Wood": sheet(
        14, [-3, -1, -3, -1],
        ["10*(x2-x1^2)", "1-x1", "SQRT(90)*(x4-x3^2)", "1-x3", "SQRT(10)*(x2+x4-2)", "(x2-x4)/SQRT(10)"], 0,
    ),
    "Kowalik and Osborne": sheet(
        15, [0.25, 0.39, 0.415, 0.39], "C2-x1*(D2^2+D2*x2)/(D2^2+D2*x3+x4)", 3.07505603849e-4, *_columns("MGH09")
    ),
    "Brown and Dennis": sheet(
        16, [25, 5, -5, -1], "(x1+C2*x2-EXP(C2))^2+(x3+x4*SIN(C2)-COS(C2))^2", 85822.2016263,
        [i / 5 for i in range(1, 21)],
    ),
    "Osborne 1": sheet(
        17, [0.5, 1.5, -1, 0.01, 0.02], "C2-(x1+x2*EXP(-D2*x4)+x3*EXP(-D2*x5))", 5.46489469748e-5, *_columns("MGH17")
    ),
    "Biggs": sheet(
        18, [1, 2, 1, 1, 1, 1],
        "x3*EXP(-C2*x1)-x4*EXP(-C2*x2)+x6*EXP(-C2*x5)-(EXP(-C2)-5*EXP(-10*C2)+3*EXP(-4*C2))", 0, TENTHS,
        others=(5.65565e-3,),
    ),
    "Osborne 2": sheet(
        19, [1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5],
        "D2-(x1*EXP(-C2*x5)+x2*EXP(-((C2-x9)^2)*x6)+x3*EXP(-((C2-x10)^2)*x7)+x4*EXP(-((C2-x11)^2)*x8))",
        4.01377362935e-2, [i / 10 for i in range(65)], OSBORNE_2,
    ),
    "Watson": sheet(20, [0] * 6, _watson(6), 2.28767005355e-3, [i / 29 for i in range(1, 30)]),
    "penalty": sheet(
        23, [1, 2, 3, 4], [*(f"SQRT(10^-5)*(x{i}-1)" for i in range(1, 5)), "SUMSQ(A2:A5)-1/4"], 2.24997750089e-5
    ),
    "variably dimensioned": sheet(
        25, [1 - i / 10 for i in range(1, 11)],
        [*(f"x{i}-1" for i in range(1, 11)), "SUMPRODUCT(ROW(A2:A11)-1,A2:A11-1)", "G12^2"], 0,
    ),
    "Brown almost linear": sheet(
        27, [0.5] * 10, [*(f"x{i}+SUM(A2:A11)-11" for i in range(1, 10)), "PRODUCT(A2:A11)-1"], 0, others=(1.0,)
    ),
    "boundary value": sheet(
        28, [i / 11 * (i / 11 - 1) for i in range(1, 11)], "2*A2-A1-A3+(A2+C2+1)^3/(2*11^2)", 0,
        [i / 11 for i in range(1, 11)],
    ),
    "Broyden tridiagonal": sheet(30, [-1] * 10, "(3-2*A2)*A2-A1-2*A3+1", 0, counted(10)),
    "linear, full rank": sheet(32, [1] * 5, "N(A2)-2/10*SUM(A$2:A$6)-1", 5, counted(10)),
    "linear, rank 1": sheet(33, [1] * 5, "C2*SUMPRODUCT(C$2:C$6,A$2:A$6)-1", 10 * 9 / (2 * 21), counted(10)),
    "Chebyquad": sheet(
        35, [i / 9 for i in range(1, 9)], "AVERAGE(K3:R3)-IF(MOD(C2,2)=0,-1/(C2^2-1),0)", 3.51687372568e-3, counted(8),
        more=_chebyshev(8),
    ),
}  # fmt: skip
