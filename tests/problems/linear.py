"""Linear programmes from textbooks, written as people write them in Excel, with the optima that the books print."""

from __future__ import annotations

from tests.problems.known import Cells, Known

from cellgrad.solver_models import Engine


def block(corner: str, rows: list[list[float]]) -> Cells:
    """Numbers as a table whose top left cell is `corner` (one letter, then the row)."""
    column, row = ord(corner[0]), int(corner[1:])
    return {f"{chr(column + j)}{row + i}": value for i, line in enumerate(rows) for j, value in enumerate(line)}


def across(corner: str, *values: float) -> Cells:
    """Numbers in a row."""
    return block(corner, [list(values)])


def down(corner: str, *values: float) -> Cells:
    """Numbers in a column."""
    return block(corner, [[value] for value in values])


CANNERIES = Known(
    {
        **block("B3", [[2.5, 1.7, 1.8], [2.5, 1.8, 1.4]]), "B5:D5": "=SUM(B9:B10)",  # thousand miles; shipped to
        "F1": 90, "B14:D15": "=$F$1*B3/1000", "B9:D10": 0, "E9:E10": "=SUM(B9:D9)",
        **down("F9", 350, 600), **across("B11", 325, 300, 275), "A17": "=SUMPRODUCT(B14:D15,B9:D10)",
    },
    "A17", "B9:D10", 153.675,
    "Dantzig (1963), Linear Programming and Extensions, section 3.3; GAMS model library, trnsport",
    constraints=(("E9:E10", "<=", "F9:F10"), ("B5:D5", ">=", "B11:D11")), non_negative=True, engine=Engine.SIMPLEX_LP,
)  # fmt: skip

POWERCO = Known(
    {
        **block("B3", [[8, 6, 10, 9], [9, 12, 13, 7], [14, 9, 16, 5]]), "B9:E11": 0, "F9:F11": "=SUM(B9:E9)",
        **down("H9", 35, 50, 40), "B12:E12": "=SUM(B9:B11)", **across("B14", 45, 20, 30, 30),
        "B16": "=SUMPRODUCT(B3:E5,B9:E11)",
    },
    "B16", "B9:E11", 1020, "Winston (2004), Operations Research, 4th edition, section 7.1: Powerco",
    constraints=(("F9:F11", "<=", "H9:H11"), ("B12:E12", ">=", "B14:E14"), ("B9:E11", ">=", "0")),
    engine=Engine.SIMPLEX_LP,
)  # fmt: skip

DIET = Known(
    {
        # brownies, ice cream, cola, cheesecake: calories, chocolate, sugar, fat; cents
        **block("B2", [[400, 200, 150, 500], [3, 2, 0, 0], [2, 2, 4, 4], [2, 4, 1, 5]]), **down("G2", 500, 6, 10, 8),
        **across("B7", 50, 20, 30, 80), "B9:E9": 1, "F2:F5": "=SUMPRODUCT(B2:E2,$B$9:$E$9)",
        "B11": "=SUMPRODUCT(B7:E7,B9:E9)",
    },
    "B11", "B9:E9", 90, "Winston (2004), section 3.4: the diet problem",
    constraints=(("F2:F5", ">=", "G2:G5"),), non_negative=True, engine=Engine.SIMPLEX_LP, x=(0, 3, 1, 0),
)  # fmt: skip

DAKOTA = Known(
    {
        **block("B2", [[8, 6, 1], [4, 2, 1.5], [2, 1.5, 0.5]]), **down("F2", 48, 20, 8), **down("B7", 0, 0, 0),
        **across("B11", 60, 30, 20),
    },
    "B13", "B7:B9", 280, "Winston (2004), section 6.3: Dakota Furniture",
    goal="max", constraints=(("E2:E4", "<=", "F2:F4"),), non_negative=True, engine=Engine.SIMPLEX_LP, x=(2, 0, 8),
    arrays={"E2:E4": "=MMULT(B2:D4,B7:B9)", "B13": "=SUM(MMULT(B11:D11,B7:B9))"},
)  # fmt: skip

SUNCO = Known(
    {
        # barrels of crude 1..3 (rows) in gasoline 1..3 (columns); dollars of advertising below
        "B2:D4": 0, "B5:D5": 0, "B6:D6": "=SUM(B2:B4)", "E2:E4": "=SUM(B2:D2)", **down("F2", 5000, 5000, 5000),
        **down("G2", 45, 35, 25), **across("B8", 70, 60, 50), **down("H2", 12, 6, 8), **down("I2", 0.005, 0.02, 0.03),
        **across("B9", 10, 8, 6), **across("B10", 0.01, 0.02, 0.01), **across("B11", 3000, 2000, 1000),
        "B13:D13": "=SUMPRODUCT(B2:B4,$H$2:$H$4)-B9*B6", "B14:D14": "=SUMPRODUCT(B2:B4,$I$2:$I$4)-B10*B6",
        "B15:D15": "=B11+10*B5", "E6": "=SUM(E2:E4)",
        "B17": "=SUMPRODUCT(B8:D8,B6:D6)-SUMPRODUCT(G2:G4,E2:E4)-4*E6-SUM(B5:D5)",
    },
    "B17", "B2:D5", 287_750, "Winston (2004), section 3.8: Sunco Oil",
    goal="max", constraints=(
        ("E2:E4", "<=", "F2:F4"), ("E6", "<=", "14000"), ("B13:D13", ">=", "0"), ("B14:D14", "<=", "0"),
        ("B6:D6", "=", "B15:D15"),
    ),
    non_negative=True, engine=Engine.SIMPLEX_LP,
)  # fmt: skip

POST_OFFICE_CELLS: Cells = {
    # a row a first day of work, a column a day of the week
    **block("B2", [[1 if (day - first) % 7 < 5 else 0 for day in range(7)] for first in range(7)]),
    "A2:A8": 0, "B10:H10": "=SUMPRODUCT($A$2:$A$8,B2:B8)", **across("B11", 17, 13, 15, 19, 14, 16, 11),
    "A10": "=SUM(A2:A8)",
}  # fmt: skip

POST_OFFICE = Known(
    POST_OFFICE_CELLS, "A10", "A2:A8", 67 / 3, "Winston (2004), section 3.5: the post office",
    constraints=(("B10:H10", ">=", "B11:H11"),), non_negative=True, engine=Engine.SIMPLEX_LP,
)  # fmt: skip

MACHINECO = Known(
    {
        **block("B2", [[14, 5, 8, 7], [2, 12, 6, 5], [7, 8, 3, 9], [2, 4, 6, 10]]), "B8:E11": 0,
        "F8:F11": "=SUM(B8:E8)", "B12:E12": "=SUM(B8:B11)", "B14": "=SUMPRODUCT(B2:E5,B8:E11)",
    },
    "B14", "B8:E11", 15, "Winston (2004), section 7.5: Machineco",
    constraints=(("F8:F11", "=", "1"), ("B12:E12", "=", "1")), non_negative=True, engine=Engine.SIMPLEX_LP,
)  # fmt: skip

FINCO = Known(
    {
        # cash flows of A..E at times 0..3 for a dollar put in; money market in between at 8 %
        **block("B2", [[-1, 0, -1, -1, 0], [0.5, -1, 1.2, 0, 0], [1, 0.5, 0, 0, -1], [0, 1, 0, 1.9, 1.5]]),
        "B8:F8": 0, "G8": 100_000, "G2": "=G8+SUMPRODUCT(B2:F2,$B$8:$F$8)",
        "G3:G5": "=1.08*G2+SUMPRODUCT(B3:F3,$B$8:$F$8)",
    },
    "G5", "B8:F8", 218_500, "Winston (2004), section 3.11: Finco Investment Corporation",
    goal="max", constraints=(("B8:F8", "<=", "75000"), ("G2:G4", ">=", "0")), non_negative=True,
    engine=Engine.SIMPLEX_LP, x=(60_000, 30_000, 0, 40_000, 75_000),
)  # fmt: skip

SEERVADA_ARCS = ("OA", "OB", "OC", "AB", "AD", "BC", "BD", "BE", "CE", "DT", "ED", "ET")
SEERVADA_ROADS = ("OA", "OB", "OC", "AB", "AD", "BC", "BD", "BE", "CE", "DE", "DT", "ET")


def network(arcs: tuple[str, ...], numbers: tuple[float, ...], nodes: str) -> Cells:
    """A row an arc: from, to, number, flow; and a row a node: what flows out less what flows in."""
    last = len(arcs) + 1
    net = f"=SUMIF($A$2:$A${last},F2,$D$2:$D${last})-SUMIF($B$2:$B${last},F2,$D$2:$D${last})"
    return {
        **{f"A{row}": arc[0] for row, arc in enumerate(arcs, 2)},
        **{f"B{row}": arc[1] for row, arc in enumerate(arcs, 2)},
        **down("C2", *numbers), f"D2:D{last}": 0, **{f"F{row}": node for row, node in enumerate(nodes, 2)},
        f"G2:G{len(nodes) + 1}": net,
    }  # fmt: skip


MAXIMUM_FLOW = Known(
    network(SEERVADA_ARCS, (5, 7, 4, 1, 3, 2, 4, 5, 4, 9, 1, 6), "OABCDET"), "G2", "D2:D13", 14,
    "Hillier and Lieberman (2010), Introduction to Operations Research, 9th edition, section 9.5: Seervada Park",
    goal="max", constraints=(("G3:G7", "=", "0"), ("D2:D13", "<=", "C2:C13")), non_negative=True,
    engine=Engine.SIMPLEX_LP,
)  # fmt: skip

SHORTEST_PATH = Known(
    {
        **network(SEERVADA_ROADS, (2, 5, 4, 2, 7, 1, 4, 3, 4, 1, 5, 7), "OABCDET"), **down("H2", 1, 0, 0, 0, 0, 0, -1),
        "D15": "=SUMPRODUCT(C2:C13,D2:D13)",
    },
    "D15", "D2:D13", 13, "Hillier and Lieberman (2010), section 9.3: Seervada Park",
    constraints=(("G2:G8", "=", "H2:H8"),), non_negative=True, engine=Engine.SIMPLEX_LP,
)  # fmt: skip

SAILCO = Known(
    {
        **across("B2", 40, 60, 75, 25), "B3:E3": 0, "B4:E4": 0, "A5": 10, "B5:E5": "=A5+B3+B4-B2",
        "B7": "=400*SUM(B3:E3)+450*SUM(B4:E4)+20*SUM(B5:E5)",
    },
    "B7", "B3:E4", 78_450, "Winston (2004), section 3.10: Sailco",
    constraints=(("B3:E3", "<=", "40"), ("B5:E5", ">=", "0")), non_negative=True, engine=Engine.SIMPLEX_LP,
)  # fmt: skip

LINEAR = {
    "canneries": CANNERIES, "powerco": POWERCO, "diet": DIET, "dakota": DAKOTA, "sunco": SUNCO,
    "post office": POST_OFFICE, "machineco": MACHINECO, "finco": FINCO, "maximum flow": MAXIMUM_FLOW,
    "shortest path": SHORTEST_PATH, "sailco": SAILCO,
}  # fmt: skip
