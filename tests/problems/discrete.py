"""Problems with whole numbers, permutations and jumps that are not linear, as people write them in a workbook.

Optima are published ones (with the source), closed forms, or found here by trying everything with plain Python.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from tests.problems.known import Known

from cellgrad.solver_models import Engine

Matrix = Sequence[Sequence[float]]


def _column(number: int) -> str:
    return chr(ord("A") + number)


def _table(top: int, left: int, rows: Matrix) -> dict[str, float | str]:
    """Numbers from a cell on (zero-based row and column)."""
    return {
        f"{_column(left + j)}{top + i + 1}": float(value) for i, row in enumerate(rows) for j, value in enumerate(row)
    }


def _down(letter: str, top: int, values: Iterable[float]) -> dict[str, float | str]:
    """Numbers down a column from row `top`."""
    return {f"{letter}{top + i}": float(value) for i, value in enumerate(values)}


# -- travelling salesmen ----------------------------------------------------------------------------------------------

BURMA14 = (
    (16.47, 96.10), (16.47, 94.44), (20.09, 92.54), (22.39, 93.37), (25.23, 97.24), (22.00, 96.05), (20.47, 97.02),
    (17.20, 96.29), (16.30, 97.38), (14.05, 98.12), (16.53, 97.38), (21.52, 95.59), (19.41, 97.13), (20.09, 94.55),
)  # fmt: skip
ULYSSES22 = (
    (38.24, 20.42), (39.57, 26.15), (40.56, 25.32), (36.26, 23.12), (33.48, 10.54), (37.56, 12.19), (38.42, 13.11),
    (37.52, 20.44), (41.23, 9.10), (41.17, 13.05), (36.08, -5.21), (38.47, 15.13), (38.15, 15.35), (37.51, 15.17),
    (35.49, 14.32), (39.36, 19.56), (38.09, 24.36), (36.09, 23.00), (40.44, 13.57), (40.33, 14.15), (40.37, 14.23),
    (37.57, 22.56),
)  # fmt: skip


def _geographic(places: Matrix) -> list[list[float]]:
    """TSPLIB's distances GEO between places in degrees and minutes (Reinelt 1991)."""
    radians = [[3.141592 * (math.trunc(d) + 5 * (d - math.trunc(d)) / 3) / 180 for d in place] for place in places]

    def distance(a: Sequence[float], b: Sequence[float]) -> float:
        q1, q2, q3 = math.cos(a[1] - b[1]), math.cos(a[0] - b[0]), math.cos(a[0] + b[0])
        return math.floor(6378.388 * math.acos(0.5 * ((1 + q1) * q2 - (1 - q1) * q3)) + 1)

    return [[0.0 if a is b else distance(a, b) for b in radians] for a in radians]


def _tour(distances: Matrix, optimum: float, source: str) -> Known:
    """The order of the cities in column A, the legs beside it, the table of distances further right."""
    n = len(distances)
    last = f"{_column(3 + n)}{n + 1}"
    cells: dict[str, float | str] = _down("A", 2, range(1, n + 1)) | _table(1, 4, distances)
    cells |= {"A1": "City", "B1": "Distance", "E1": "Distances"}
    cells[f"B2:B{n}"] = f"=INDEX($E$2:{last[0]}${last[1:]},A2,A3)".replace(":" + last[0], f":${last[0]}")
    cells[f"B{n + 1}"] = f"=INDEX($E$2:${last[0]}${last[1:]},A{n + 1},A2)"
    cells[f"B{n + 2}"] = f"=SUM(B2:B{n + 1})"
    return Known(
        cells, f"B{n + 2}", f"A2:A{n + 1}", optimum, source, constraints=((f"A2:A{n + 1}", "dif", ""),),
        engine=Engine.EVOLUTIONARY,
    )  # fmt: skip


def _shortest(distances: Matrix) -> float:
    """The length of the shortest tour, of all."""
    n = len(distances)
    return min(
        sum(distances[a][b] for a, b in itertools.pairwise((0, *tour, 0)))
        for tour in itertools.permutations(range(1, n))
        if tour[0] < tour[-1]
    )


# -- assignment, sequencing, magic ------------------------------------------------------------------------------------

NUG5 = ("0 5 2 4 1", "5 0 3 0 2", "2 3 0 0 0", "4 0 0 0 5", "1 2 0 5 0")
NUG5_DISTANCES = ("0 1 1 2 3", "1 0 2 1 2", "1 2 0 1 2", "2 1 1 0 1", "3 2 2 1 0")
NUG12 = (
    "0 5 2 4 1 0 0 6 2 1 1 1", "5 0 3 0 2 2 2 0 4 5 0 0", "2 3 0 0 0 0 0 5 5 2 2 2", "4 0 0 0 5 2 2 10 0 0 5 5",
    "1 2 0 5 0 10 0 0 0 5 1 1", "0 2 0 2 10 0 5 1 1 5 4 0", "0 2 0 2 0 5 0 10 5 2 3 3", "6 0 5 10 0 1 10 0 0 0 5 0",
    "2 4 5 0 0 1 5 0 0 0 10 10", "1 5 2 0 5 5 2 0 0 0 5 0", "1 0 2 5 1 4 3 5 10 5 0 2", "1 0 2 5 1 0 3 0 10 0 2 0",
)  # fmt: skip


def _numbers(rows: Sequence[str]) -> list[list[float]]:
    return [[float(word) for word in row.split()] for row in rows]


def _assignment(flows: Matrix, distances: Matrix, optimum: float, source: str) -> Known:
    """Flows between facilities, below them the distances between locations, right of them the cost of each pair; the
    location of each facility stands in column A, and across row 1 again as people need it to fill the formula."""
    n = len(flows)
    first, last = _column(1), _column(n)
    cost_first, cost_last = _column(n + 1), _column(2 * n) if 2 * n < 26 else f"A{_column(2 * n - 26)}"
    cells: dict[str, float | str] = _down("A", 2, range(1, n + 1)) | _table(1, 1, flows) | _table(n + 2, 1, distances)
    cells[f"{first}1:{last}1"] = f"=INDEX($A$2:$A${n + 1},COLUMN()-1)"
    where = f"$B${n + 3}:${last}${2 * n + 2}"
    cells[f"{cost_first}2:{cost_last}{n + 1}"] = f"=B2*INDEX({where},$A2,B$1)"
    cells["A30"] = f"=SUM({cost_first}2:{cost_last}{n + 1})"
    return Known(
        cells, "A30", f"A2:A{n + 1}", optimum, source, constraints=((f"A2:A{n + 1}", "dif", ""),),
        engine=Engine.EVOLUTIONARY,
    )  # fmt: skip


JOBS = ((12, 26, 3), (6, 18, 1), (9, 30, 5), (14, 40, 2), (5, 15, 4), (8, 33, 3), (11, 47, 1), (7, 22, 2))
"""Eight jobs: how long each takes, when it is due, and what a day of delay costs."""


def _least_tardiness() -> float:
    def cost(order: Sequence[int]) -> float:
        ends = itertools.accumulate(JOBS[job][0] for job in order)
        return sum(JOBS[job][2] * max(0, end - JOBS[job][1]) for job, end in zip(order, ends, strict=True))

    return min(map(cost, itertools.permutations(range(len(JOBS)))))


def _jobs() -> Known:
    cells: dict[str, float | str] = _table(1, 6, [(k, *job) for k, job in enumerate(JOBS, 1)])
    cells |= _down("A", 2, range(1, 9))
    cells["B2"] = "=VLOOKUP(A2,$G$2:$J$9,2,FALSE)"
    cells["B3:B9"] = "=B2+VLOOKUP(A3,$G$2:$J$9,2,FALSE)"
    cells["C2:C9"] = "=MAX(0,B2-VLOOKUP(A2,$G$2:$J$9,3,FALSE))"
    cells["D2:D9"] = "=C2*VLOOKUP(A2,$G$2:$J$9,4,FALSE)"
    cells["D10"] = "=SUM(D2:D9)"
    return Known(
        cells, "D10", "A2:A9", _least_tardiness(), "all 40,320 orders tried", constraints=(("A2:A9", "dif", ""),),
        engine=Engine.EVOLUTIONARY,
    )  # fmt: skip


MAGIC = Known(
    {
        "A1:C3": 1.0, **_table(0, 0, ((1, 2, 3), (4, 5, 6), (7, 8, 9))), "D1:D3": "=SUM(A1:C1)", "A4:C4": "=SUM(A1:A3)",
        "D4": "=A1+B2+C3", "D5": "=A3+B2+C1",
        "F1": "=SUMXMY2(D1:D3,H1:H3)+SUMXMY2(A4:C4,I1:K1)+(D4-15)^2+(D5-15)^2", "H1:H3": 15, "I1:K1": 15,
    },
    "F1", "A1:C3", 0.0, "the Lo Shu: every line adds up to 15", constraints=(("A1:C3", "dif", ""),),
)  # fmt: skip


# -- whole numbers ----------------------------------------------------------------------------------------------------

GEARS = Known(
    {"A1:A4": 30, "B1": "=A1*A2/(A3*A4)", "B2": "=1/6.931", "B3": "=ABS(B1-B2)*10^6"},
    "B3", "A1:A4", math.sqrt(2.7008571488865e-12) * 1e6,
    "Sandgren (1990), Journal of Mechanical Design 112, gear train; the squared error 2.70e-12 "
    "is the least of all 49^4 combinations",
    constraints=(("A1:A4", ">=", "12"), ("A1:A4", "<=", "60"), ("A1:A4", "int", "")), engine=Engine.EVOLUTIONARY,
)  # fmt: skip

PRESSURE_VESSEL = Known(
    {
        "A1": 20, "A2": 20, "A3": 50, "A4": 100, "B1:B2": "=0.0625*A1",
        "C1": "=0.6224*B1*A3*A4+1.7781*B2*A3^2+3.1661*B1^2*A4+19.84*B1^2*A3",
        "D1": "=0.0193*A3", "D2": "=0.00954*A3", "D3": "=PI()*A3^2*A4+4/3*PI()*A3^3",
    },
    "C1", "A1:A4", 6059.714335048436,
    "Sandgren (1990), pressure vessel; best known 6059.714335 (Gandomi, Yang and Alavi 2013 and many since)",
    constraints=(
        ("B1", ">=", "D1"), ("B2", ">=", "D2"), ("D3", ">=", "1296000"), ("A1:A2", ">=", "1"), ("A1:A2", "<=", "99"),
        ("A3:A4", ">=", "10"), ("A3:A4", "<=", "200"), ("A1:A2", "int", ""),
    ),
)  # fmt: skip

KOCIS_GROSSMANN = Known(
    {"A1": 1, "A2": 0, "B1": "=2*A1+A2", "B2": "=A1^2+A2", "B3": "=A1+A2"},
    "B1", "A1:A2", 2.0, "Kocis and Grossmann (1988), Industrial and Engineering Chemistry Research 27, example 1",
    constraints=(("B2", ">=", "1.25"), ("B3", "<=", "1.6"), ("A1", "<=", "1.6"), ("A2", "bin", "")),
    non_negative=True, x=(0.5, 1.0),
)  # fmt: skip

FLOUDAS = Known(
    {"A1": 0.5, "A2": -1, "A3": 0, "B1": "=-0.7*A3+5*(A1-0.5)^2+0.8", "B2": "=-EXP(A1-0.2)-A2", "B3": "=A2+1.1*A3",
     "B4": "=A1-1.2*A3"},
    "B1", "A1:A3", 0.1 + 5 * (0.2 + math.log(2.1) - 0.5) ** 2,
    "Floudas (1995), Nonlinear and Mixed-Integer Optimization, example 6.6.5: 1.0765, at x1 = 0.2 + ln 2.1",
    constraints=(("B2", "<=", "0"), ("B3", "<=", "-1"), ("B4", "<=", "0.2"), ("A1", ">=", "0.2"), ("A1", "<=", "1"),
                 ("A2", ">=", "-2.22554"), ("A2", "<=", "-1"), ("A3", "bin", "")),
)  # fmt: skip

DURAN_GROSSMANN = Known(
    {
        "A1:A3": 0, "A4:A6": 0,
        "B1": "=5*A1+6*A2+8*A3+10*A4-7*A6-18*LN(A5+1)-19.2*LN(A4-A5+1)+10",
        "B2": "=0.8*LN(A5+1)+0.96*LN(A4-A5+1)-0.8*A6", "B3": "=LN(A5+1)+1.2*LN(A4-A5+1)-A6-2*A3", "B4": "=A5-2*A1",
        "B5": "=A4-A5-2*A2", "B6": "=A1+A2",
    },
    "B1", "A1:A6", 10 * math.exp(5 / 6) - 17.0,
    "Duran and Grossmann (1986), Mathematical Programming 36, test problem 1: 6.0098, at y = (0, 1, 0), x3 = 1",
    constraints=(("B2", ">=", "0"), ("B3", ">=", "-2"), ("A5", "<=", "A4"), ("B4:B5", "<=", "0"), ("B6", "<=", "1"),
                 ("A4:A5", "<=", "2"), ("A6", "<=", "1"), ("A1:A3", "bin", "")),
    non_negative=True,
)  # fmt: skip

YUAN = Known(
    {
        "A1:A4": 0, "A5:A7": 0,
        "B1": "=(A1-1)^2+(A2-2)^2+(A3-1)^2-LN(A4+1)+(A5-1)^2+(A6-2)^2+(A7-3)^2",
        "B2": "=A1+A2+A3+A5+A6+A7", "B3": "=A3^2+SUMSQ(A5:A7)", "B4:B6": "=A1+A5", "B7": "=A4+A5", "B8": "=A2^2+A6^2",
        "B9": "=A3^2+A7^2", "B10": "=A2^2+A7^2",
        "C2": 5, "C3": 5.5, "C4": 1.2, "C5": 1.8, "C6": 2.5, "C7": 1.2, "C8": 1.64, "C9": 4.25, "C10": 4.64,
    },
    "B1", "A1:A7", 2 + 0.64 + 1.44 + (math.sqrt(3.64) - 3) ** 2 - math.log(2),
    "Yuan, Zhang, Pibouleau and Domenech (1988), RAIRO 22: 4.5796, at y = (1, 1, 0, 1)",
    constraints=(("B2:B10", "<=", "C2:C10"), ("A1:A4", "bin", "")), non_negative=True,
)  # fmt: skip


KNAPSACK = ((31, 9), (12, 4), (45, 17), (22, 6), (38, 12), (17, 3), (9, 5), (27, 11), (41, 14), (15, 8))
CAPACITY = 120


def _best_knapsack() -> float:
    """The most that SUMPRODUCT(value, SQRT(units)) can be, by dynamic programming over the weight."""
    best = [0.0] * (CAPACITY + 1)
    for value, weight in KNAPSACK:
        best = [
            max(best[room - units * weight] + value * math.sqrt(units) for units in range(10) if units * weight <= room)
            for room in range(CAPACITY + 1)
        ]
    return best[CAPACITY]


NONLINEAR_KNAPSACK = Known(
    {**_table(0, 1, KNAPSACK), "A1:A10": 1, "D1:D10": "=B1*SQRT(A1)", "E1": "=SUM(D1:D10)",
     "E2": "=SUMPRODUCT(A1:A10,C1:C10)"},
    "E1", "A1:A10", _best_knapsack(), "dynamic programming", goal="max",
    constraints=(("E2", "<=", str(CAPACITY)), ("A1:A10", "<=", "9"), ("A1:A10", "int", "")), non_negative=True,
)  # fmt: skip

PAIRS = np.round(np.random.default_rng(4).uniform(-8, 10, (14, 14)))


def _best_pairs() -> float:
    chosen = np.array(list(itertools.product((0, 1), repeat=14)))
    gains = ((chosen @ PAIRS) * chosen).sum(1)
    return float(gains[chosen.sum(1) <= 6].max())


QUADRATIC_KNAPSACK = Known(
    {**_table(0, 2, PAIRS), "A1:A14": 0, "R1:R14": "=A1*SUMPRODUCT(TRANSPOSE(C1:P1),$A$1:$A$14)", "S1": "=SUM(A1:A14)"},
    "R15", "A1:A14", _best_pairs(), "all 2^14 choices tried", goal="max",
    constraints=(("A1:A14", "bin", ""), ("S1", "<=", "6")),
    arrays={"R15": "=SUMPRODUCT(A1:A14,MMULT(C1:P14,A1:A14))"},
)  # fmt: skip

LATTICE = np.round(np.random.default_rng(7).standard_normal((8, 5)) * 10)
AIM = np.round(LATTICE @ np.array([3.4, -2.3, 0.6, 5.5, -1.4]) + np.random.default_rng(8).standard_normal(8))


def _closest() -> float:
    grid = np.array(list(itertools.product(range(-8, 9), repeat=5)))
    return float(((grid @ LATTICE.T - AIM) ** 2).sum(1).min())


INTEGER_LEAST_SQUARES = Known(
    {**_table(1, 1, LATTICE), "B1:F1": 0, **_down("H", 2, AIM), "G2:G9": "=SUMPRODUCT(B2:F2,B$1:F$1)",
     "I1": "=SUMXMY2(G2:G9,H2:H9)"},
    "I1", "B1:F1", _closest(), "all 17^5 points around the unrounded solution tried",
    constraints=(("B1:F1", "int", ""),),
)  # fmt: skip


# -- portfolios -------------------------------------------------------------------------------------------------------

RETURNS = (0.08, 0.12, 0.10, 0.15, 0.07, 0.11)
SPREADS = (0.12, 0.25, 0.18, 0.32, 0.09, 0.2)
TOGETHER = ((1, .3, .2, .1, .0, .4), (.3, 1, .5, .4, .1, .3), (.2, .5, 1, .3, .2, .1), (.1, .4, .3, 1, .1, .5),
            (.0, .1, .2, .1, 1, .2), (.4, .3, .1, .5, .2, 1))  # fmt: skip
COVARIANCE = np.round(np.outer(SPREADS, SPREADS) * np.array(TOGETHER), 6)


def _least_variance(most: int, wanted: float) -> float:
    """The least variance with at most so many assets: of all sets, the minimum on each face that is feasible."""
    best = math.inf
    for size in range(1, most + 1):
        for held in itertools.combinations(range(6), size):
            part, rates = COVARIANCE[np.ix_(held, held)], np.array(RETURNS)[list(held)]
            for rows in ([np.ones(size)], [np.ones(size), rates]):
                a = np.array(rows)
                if size < len(a):
                    continue
                kkt = np.block([[2 * part, a.T], [a, np.zeros((len(a), len(a)))]])
                if abs(np.linalg.det(kkt)) < 1e-14:
                    continue
                w = np.linalg.solve(kkt, np.r_[np.zeros(size), 1.0, *([wanted] if len(a) == 2 else [])])[:size]
                if (w >= 0).all() and rates @ w >= wanted - 1e-12:
                    best = min(best, float(w @ part @ w))
    return best


PORTFOLIO = Known(
    {**_table(1, 4, COVARIANCE), **_down("A", 2, RETURNS), "B2:B7": 1 / 6, "C2:C7": 1, "K2": "=SUM(B2:B7)",
     "K3": "=SUMPRODUCT(A2:A7,B2:B7)", "K4": "=SUM(C2:C7)"},
    "K5", "B2:C7", _least_variance(3, 0.105) * 1e4, "the minimum on every face of every set of three assets",
    constraints=(("K2", "=", "1"), ("K3", ">=", "0.105"), ("K4", "<=", "3"), ("B2:B7", "<=", "C2:C7"),
                 ("C2:C7", "bin", "")),
    non_negative=True, arrays={"K5": "=10000*SUMPRODUCT(B2:B7,MMULT(E2:J7,B2:B7))"},
)  # fmt: skip


# -- jumps ------------------------------------------------------------------------------------------------------------

QUANTITY_DISCOUNT = Known(
    {
        "A1": 200, "D1": 1, "D2": 1000, "D3": 2000, "E1": 5.0, "E2": 4.8, "E3": 4.75, "B1": 5000, "B2": 49, "B3": 0.2,
        "B4": "=VLOOKUP(A1,D1:E3,2,TRUE)", "B5": "=B1*B4+B1/A1*B2+A1/2*B3*B4",
    },
    "B5", "A1", 24725.0, "Heizer and Render, Operations Management, quantity discounts: 1,000 cars at 24,725",
    constraints=(("A1", ">=", "1"), ("A1", "<=", "5000")), x=(1000.0,),
)  # fmt: skip

LOT_SIZE = Known(
    {"A1": 900, "B1": "=ROUNDUP(1000/A1,0)*150", "B2": "=1.2*A1", "B3": "=B1+B2"},
    "B3", "A1", 850.0, "k lots of 1000 / k cost 150 k + 1200 / k: least at k = 3",
    constraints=(("A1", ">=", "10"), ("A1", "<=", "1000")),
)  # fmt: skip

FREIGHT = Known(
    {"A1": 10, "A2": 10, "A3": 10, "B1:B3": "=IF(A1>20,60,0)+IF(A1>0,25,0)+(A1-C1)^2/10", "C1": 12, "C2": 30, "C3": 26,
     "B4": "=SUM(B1:B3)", "A4": "=SUM(A1:A3)"},
    "B4", "A1:A3", 14.4 + (25 + 10.0) + (25 + 3.6),
    "nothing is worth 60 for more than 20, and the first not even the 25: best at 0, 20 and 20",
    constraints=(("A1:A3", ">=", "0"), ("A1:A3", "<=", "50"), ("A4", "<=", "60")), x=(0.0, 20.0, 20.0),
)  # fmt: skip


def _least_staff() -> float:
    return min(
        140 * full + 65 * part + 30 * temps
        for full in range(31)
        for part in range(31)
        for temps in range(31)
        if math.floor(7.5 * full / 2) + math.floor(4 * part / 3) + math.floor(temps / 2) >= 61
        and full >= math.ceil((part + temps) / 4)
    )


STAFFING = Known(
    {
        "A1:A3": 10, "B1": "=INT(7.5*A1/2)+INT(4*A2/3)+INT(A3/2)", "B2": "=ROUNDUP((A2+A3)/4,0)",
        "B3": "=140*A1+65*A2+30*A3",
    },
    "B3", "A1:A3", _least_staff(), "all 31^3 rosters tried",
    constraints=(("B1", ">=", "61"), ("A1", ">=", "B2"), ("A1:A3", "<=", "30"), ("A1:A3", "int", "")),
    non_negative=True,
)  # fmt: skip

GRID_12 = [[abs(a // 4 - b // 4) + abs(a % 4 - b % 4) for b in range(12)] for a in range(12)]
_BURMA8 = _geographic(BURMA14[:8])
_NUGENT: Callable[[int, int], str] = "Nugent, Vollmann and Ruml (1968), nug{}: {}".format

PROBLEMS: dict[str, Known] = {
    "tour of 8": _tour(_BURMA8, _shortest(_BURMA8), "all 2,520 tours of the first cities of TSPLIB's burma14"),
    "burma14": _tour(_geographic(BURMA14), 3323.0, "TSPLIB (Reinelt 1991): 3323"),
    "nug5": _assignment(_numbers(NUG5), _numbers(NUG5_DISTANCES), 50.0, _NUGENT(5, 50)),
    "weighted tardiness": _jobs(),
    "magic square": MAGIC,
    "gear train": GEARS,
    "pressure vessel": PRESSURE_VESSEL,
    "Kocis and Grossmann": KOCIS_GROSSMANN,
    "Floudas": FLOUDAS,
    "Duran and Grossmann": DURAN_GROSSMANN,
    "Yuan": YUAN,
    "nonlinear knapsack": NONLINEAR_KNAPSACK,
    "quadratic knapsack": QUADRATIC_KNAPSACK,
    "integer least squares": INTEGER_LEAST_SQUARES,
    "portfolio": PORTFOLIO,
    "quantity discount": QUANTITY_DISCOUNT,
    "lot size": LOT_SIZE,
    "freight": FREIGHT,
    "staffing": STAFFING,
}
LONG = {
    "nug12": _assignment(_numbers(NUG12), GRID_12, 578.0, _NUGENT(12, 578)),
    "ulysses22": _tour(_geographic(ULYSSES22), 7013.0, "TSPLIB (Reinelt 1991): 7013"),
}
