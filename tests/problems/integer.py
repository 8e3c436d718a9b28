"""Mixed-integer linear programmes with published optima, written as people write them in Excel."""

from __future__ import annotations

from tests.problems.known import Known
from tests.problems.linear import POST_OFFICE_CELLS, across, block, down

from cellgrad.solver_models import Engine

KNAPSACK = Known(
    {
        **down("A2", 23, 31, 29, 44, 53, 38, 63, 85, 89, 82), **down("B2", 92, 57, 49, 68, 60, 43, 67, 84, 87, 72),
        "C2:C11": 0, "A13": "=SUMPRODUCT(A2:A11,C2:C11)", "B13": "=SUMPRODUCT(B2:B11,C2:C11)", "A14": 165,
    },
    "B13", "C2:C11", 309, "Kreher and Stinson (1999), Combinatorial Algorithms, chapter 4; Burkardt's KNAPSACK_01, P01",
    goal="max", constraints=(("A13", "<=", "A14"), ("C2:C11", "bin", "")), engine=Engine.SIMPLEX_LP,
    x=(1, 1, 1, 1, 0, 1, 0, 0, 0, 0),
)  # fmt: skip

STOCKCO = Known(
    {
        **across("B2", 16, 22, 12, 8), **across("B3", 5, 7, 4, 3), "B5:E5": 0,
        "G2:G3": "=SUMPRODUCT(B2:E2,$B$5:$E$5)", "H3": 14,
    },
    "G2", "B5:E5", 42, "Winston (2004), Operations Research, 4th edition, section 9.2: Stockco",
    goal="max", constraints=(("B5:E5", "bin", ""), ("G3", "<=", "H3")), engine=Engine.SIMPLEX_LP, x=(0, 1, 1, 1),
)  # fmt: skip

FIRE_STATIONS = Known(
    {
        # a 1 where a station in the column's city reaches the row's city in 15 minutes
        **block("B2", [
            [1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 1], [0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1],
            [0, 1, 0, 0, 1, 1],
        ]),
        "B9:G9": 1, "H2:H7": "=SUMPRODUCT(B2:G2,$B$9:$G$9)", "H9": "=SUM(B9:G9)",
    },
    "H9", "B9:G9", 2, "Winston (2004), section 9.2: Kilroy County", constraints=(
        ("H2:H7", ">=", "1"), ("B9:G9", "bin", ""),
    ),
    engine=Engine.SIMPLEX_LP, x=(0, 1, 0, 1, 0, 0),
)  # fmt: skip

LOCKBOXES = Known(
    {
        # thousand dollars a year: interest lost by region (rows) and city (columns); fixed cost of a box below
        **block("B2", [[28, 84, 112, 112], [60, 20, 50, 50], [96, 60, 24, 60], [64, 40, 40, 16]]),
        **across("B6", 50, 50, 50, 50), "B8:E11": 0, "B12:E12": 0, "F8:F11": "=SUM(B8:E8)",
        "B14:E17": "=B8-B$12", "B19": "=SUMPRODUCT(B2:E5,B8:E11)+SUMPRODUCT(B6:E6,B12:E12)",
    },
    "B19", "B8:E12", 242, "Winston (2004), section 9.2: J. C. Nickles", constraints=(
        ("F8:F11", "=", "1"), ("B14:E17", "<=", "0"), ("B8:E12", "bin", ""),
    ),
    engine=Engine.SIMPLEX_LP, x=(1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0),
)  # fmt: skip

GANDHI = Known(
    {
        # shirts, shorts, trousers: labour, cloth, margin, rent of the machine, the most that can be sold
        **block("B2", [[3, 2, 6], [4, 3, 4], [6, 4, 7], [200, 150, 100], [40, 53, 25]]), "B8:D8": 0, "B9:D9": 0,
        "B10:D10": "=B6*B9", "E2:E3": "=SUMPRODUCT(B2:D2,$B$8:$D$8)", **down("F2", 150, 160),
        "E8": "=SUMPRODUCT(B4:D4,B8:D8)-SUMPRODUCT(B5:D5,B9:D9)",
    },
    "E8", "B8:D9", 75, "Winston (2004), section 9.2: Gandhi Cloth Company", goal="max", constraints=(
        ("B8:D8", "int", ""), ("B9:D9", "bin", ""), ("B8:D8", "<=", "B10:D10"), ("E2:E3", "<=", "F2:F3"),
    ),
    non_negative=True, engine=Engine.SIMPLEX_LP, x=(0, 0, 25, 0, 0, 1),
)  # fmt: skip

CITIES = [
    [0, 2451, 713, 1018, 1631, 1374, 2408, 213],
    [2451, 0, 1745, 1524, 831, 1240, 959, 2596],
    [713, 1745, 0, 355, 920, 803, 1737, 851],
    [1018, 1524, 355, 0, 700, 862, 1395, 1123],
    [1631, 831, 920, 700, 0, 663, 1021, 1769],
    [1374, 1240, 803, 862, 663, 0, 1681, 1551],
    [2408, 959, 1737, 1395, 1021, 1681, 0, 2493],
    [213, 2596, 851, 1123, 1769, 1551, 2493, 0],
]
"""Miles between New York, Los Angeles, Chicago, Minneapolis, Denver, Dallas, Seattle and Boston."""

SALESMAN = Known(
    {
        **block("B2", CITIES), "B12:I19": 0, "J12:J19": "=SUM(B12:I12)", "B20:I20": "=SUM(B12:B19)",
        "A12:A19": 1, **across("B10", *range(1, 9)), **down("K12", *range(1, 9)),
        # Miller, Tucker and Zemlin: whoever drives from i to j is one stop further; not asked of the first city
        "B23:I29": "=$A13-INDEX($A$12:$A$19,B$10)+8*B13", "B31": "=SUMPRODUCT(B2:I9,B12:I19)",
        "B32": "=SUMPRODUCT((B10:I10=K12:K19)*B12:I19)",
    },
    "B31", "A13:A19,B12:I19", 6641,
    "Miles of the travelling salesman sample of Google OR-Tools (first 8 of 13 cities); optimum by enumeration",
    constraints=(
        ("J12:J19", "=", "1"), ("B20:I20", "=", "1"), ("B12:I19", "bin", ""), ("C23:I29", "<=", "7"), ("B32", "=", "0"),
        ("A13:A19", ">=", "2"), ("A13:A19", "<=", "8"),
    ),
    engine=Engine.SIMPLEX_LP,
)  # fmt: skip

GIVENS = (
    "53..7....", "6..195...", ".98....6.", "8...6...3", "4..8.3..1", "7...2...6", ".6....28.", "...419..5", "....8..79",
)  # fmt: skip
SOLVED = (
    "534678912", "672195348", "198342567", "859761423", "426853791", "713924856", "961537284", "287419635", "345286179",
)  # fmt: skip


def _sudoku() -> Known:
    """Nine rows, nine columns and nine boxes, each all different; every given is a constraint on its cell."""
    given = [(f"{chr(66 + j)}{2 + i}", "=", digit) for i, line in enumerate(GIVENS) for j, digit in enumerate(line)]
    rows = [(f"B{row}:J{row}", "dif", "") for row in range(2, 11)]
    columns = [(f"{letter}2:{letter}10", "dif", "") for letter in "BCDEFGHIJ"]
    boxes = [(f"{left}{top}:{right}{top + 2}", "dif", "") for top in (2, 5, 8) for left, right in ("BD", "EG", "HJ")]
    return Known(
        {"B2:J10": 1, "L2": "=SUM(B2:J10)"}, "L2", "B2:J10", 405,
        "Stellmach's puzzle, from the article Sudoku of the English Wikipedia, with its solution",
        goal="value=405", constraints=(*rows, *columns, *boxes, *(given_ for given_ in given if given_[2] != ".")),
        x=tuple(float(digit) for line in SOLVED for digit in line),
    )  # fmt: skip


UNIT_JOBS = Known(
    {
        # seven jobs of a day: weight, the day it is done; the heaviest first, but job 1 before job 2 and 6 before 3
        **down("A2", 3, 9, 7, 2, 8, 1, 5), **down("B2", *range(1, 8)), "C2": "=B3-B2", "C3": "=B4-B7",
        "B10": "=SUMPRODUCT(A2:A8,B2:B8)",
    },
    "B10", "B2:B8", 122, "Smith (1956), Naval Research Logistics Quarterly 3: heaviest chain first; by enumeration too",
    constraints=(("B2:B8", "dif", ""), ("C2:C3", ">=", "1")), engine=Engine.SIMPLEX_LP,
)  # fmt: skip

MACHINES = Known(
    {
        **down("A2", 5, 5, 4, 4, 3, 3, 3), "B2:D8": 0, "E2:E8": "=SUM(B2:D2)",
        "B10:D10": "=SUMPRODUCT($A$2:$A$8,B2:B8)", "A12": 0, "A14": "=A12",
    },
    "A14", "B2:D8,A12", 9, "Graham (1969), SIAM Journal on Applied Mathematics 17: three machines, the longest first "
    "takes 11, the best 9",
    constraints=(("B2:D8", "bin", ""), ("E2:E8", "=", "1"), ("B10:D10", "<=", "A12")), engine=Engine.SIMPLEX_LP,
)  # fmt: skip

WOODCO = Known(
    {
        # patterns to cut a board of 17 feet into pieces of 3, 5 and 9 feet, a column a pattern
        **block("B2", [[5, 4, 2, 2, 1, 0], [0, 1, 2, 0, 1, 3], [0, 0, 0, 1, 1, 0]]), **down("A2", 3, 5, 9),
        "B6:G6": 0, "H2:H4": "=SUMPRODUCT(B2:G2,$B$6:$G$6)", **down("I2", 25, 20, 15), "H6": "=SUM(B6:G6)",
    },
    "H6", "B6:G6", 19, "Winston (2004), section 10.3: Woodco; 310 feet of pieces need 18.2 boards of 17 feet or more",
    constraints=(("H2:H4", ">=", "I2:I4"), ("B6:G6", "int", "")), non_negative=True, engine=Engine.SIMPLEX_LP,
)  # fmt: skip

BINS = Known(
    {
        **down("A2", 70, 60, 50, 33, 33, 33, 11, 7, 3), "B2:G10": 0, "B12:G12": 0, "H2:H10": "=SUM(B2:G2)",
        "B11:G11": "=SUMPRODUCT($A$2:$A$10,B2:B10)-100*B12", "H12": "=SUM(B12:G12)",
    },
    "H12", "B2:G10,B12:G12", 4, "Burkardt's BIN_PACKING, P01: no two of 70, 60, 50 share a bin of 100, and of the "
    "three of 33 only two find room with them",
    constraints=(("B2:G10", "bin", ""), ("B12:G12", "bin", ""), ("H2:H10", "=", "1"), ("B11:G11", "<=", "0")),
    engine=Engine.SIMPLEX_LP,
)  # fmt: skip

POST_OFFICE_WHOLE = Known(
    POST_OFFICE_CELLS, "A10", "A2:A8", 23, "Winston (2004), section 3.5: the post office, whole people",
    constraints=(("B10:H10", ">=", "B11:H11"), ("A2:A8", "int", "")), non_negative=True, engine=Engine.SIMPLEX_LP,
)  # fmt: skip

INTEGER = {
    "knapsack": KNAPSACK, "stockco": STOCKCO, "fire stations": FIRE_STATIONS, "lockboxes": LOCKBOXES,
    "gandhi": GANDHI, "salesman": SALESMAN, "sudoku": _sudoku(), "unit jobs": UNIT_JOBS, "machines": MACHINES,
    "woodco": WOODCO, "bins": BINS, "post office": POST_OFFICE_WHOLE,
}  # fmt: skip
