"""Networks, rosters and choices with whole numbers, as people lay them out: SUMIF, SUMPRODUCT, INDEX, VLOOKUP.

Optima are published ones, found by trying everything, or by scipy's mixed-integer solver on matrices written by hand.
"""

from __future__ import annotations

import math

from tests.problems.known import Cells, Known
from tests.problems.linear import across, block, down

from cellgrad.solver_models import Engine

SAMPLES = "SOLVSAMP.XLS, the samples that come with Excel's Solver"
TRIED = "everything tried"
MATRICES = "scipy's HiGHS on matrices written by hand"
LP = Engine.SIMPLEX_LP

SHIPPING = Known(
    {
        "A6": "Plants:", **across("B6", "Total", "San Fran", "Denver", "Chicago", "Dallas", "New York"),
        **down("A8", "S. Carolina", "Tennessee", "Arizona"), "B8:B10": "=SUM(C8:G8)", "C8:G10": 1, "C12:G12": "=SUM(C8:C10)",
        "A12": "Totals:", "A14": "Demands by Whse -->", **across("C14", 180, 80, 200, 160, 220), **down("B16", 310, 260, 280),
        **block("C16", [[10, 8, 6, 5, 4], [6, 5, 4, 3, 6], [3, 4, 5, 5, 9]]), "C20:G20": "=C8*C16+C9*C17+C10*C18",
        "A20": "Shipping:", "B20": "=SUM(C20:G20)",
    },
    "B20", "C8:G10", 3200, SAMPLES + ": 3,200", constraints=(
        ("B8:B10", "<=", "B16:B18"), ("C12:G12", ">=", "C14:G14"), ("C8:G10", ">=", "0"),
    ),
)  # fmt: skip

AMUSEMENT_PARK = Known(
    {
        **across("A6", "Sch.", "Days off", "Employees", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"), **down("A7", *"ABCDEFG"),
        **down("C7", 4, 4, 4, 6, 6, 4, 4),
        **block("D7", [[0, 0, 1, 1, 1, 1, 1], [1, 0, 0, 1, 1, 1, 1], [1, 1, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 1, 1],
                       [1, 1, 1, 1, 0, 0, 1], [1, 1, 1, 1, 1, 0, 0], [0, 1, 1, 1, 1, 1, 0]]),
        "C15": "=SUM(C7:C13)", "D15:J15": "=$C$7*D7+$C$8*D8+$C$9*D9+$C$10*D10+$C$11*D11+$C$12*D12+$C$13*D13",
        **across("D17", 22, 17, 13, 14, 15, 18, 24), "C19": 40, "A20": "Payroll/Week:", "C20": "=C15*C19",
    },
    "C20", "C7:C13", 1000, SAMPLES + ": 25 employees, $1,000", constraints=(
        ("C7:C13", "int", ""), ("C7:C13", ">=", "0"), ("D15:J15", ">=", "D17:J17"),
    ),
)  # fmt: skip

WORKING_CAPITAL = Known(
    {
        **across("A5", "", "Yield", "Term"), **block("B6", [[0.01, 1], [0.04, 3], [0.09, 6]]), "A10": "Month:",
        **across("B10", *(f"Month {i}" for i in range(1, 7)), "End"), "A11": "Init Cash:", "B11": 400000, "C11:H11": "=B18",
        "A12": "Matur CDs:", **across("C12", "=B14", "=C14", "=D14+B15", "=E14", "=F14", "=G14+E15+B16"), "A13": "Interest:",
        **across("C13", "=B14*$B$6", "=C14*$B$6", "=D14*$B$6+B15*$B$7", "=E14*$B$6", "=F14*$B$6",
                 "=G14*$B$6+E15*$B$7+B16*$B$8"), "A14": "1-mo CDs:", "B14:G14": 100000, "A15": "3-mo CDs:", "B15": 10000,
        "E15": 10000, "A16": "6-mo CDs:", "B16": 10000, "A17": "Cash Uses:",
        **across("B17", 75000, -10000, -20000, 80000, 50000, -15000, 60000), "A18": "End Cash:",
        "B18:H18": "=SUM(B11:B13)-SUM(B14:B17)", "H8": "=SUM(B13:H13)", "G8": "Total Interest",
    },
    "H8", "B14:G14,B15,E15,B16", 16531.436500380805, SAMPLES + ", in our own layout; " + MATRICES, goal="max",
    constraints=(("B14:G14", ">=", "0"), ("B15:B16", ">=", "0"), ("E15", ">=", "0"), ("B18:H18", ">=", "100000")),
)  # fmt: skip

ARCS = (
    ("S", "A", 7, 4), ("S", "B", 9, 3), ("S", "C", 6, 6), ("A", "B", 3, 1), ("A", "D", 5, 7), ("B", "D", 4, 2), ("B", "E", 6, 5),
    ("C", "B", 2, 2), ("C", "E", 5, 3), ("D", "T", 8, 4), ("E", "D", 3, 1), ("E", "T", 9, 6), ("C", "T", 2, 12),
)  # fmt: skip
NODES = "SABCDET"


def _network(start: float = 0) -> dict[str, float | str]:
    """Arcs with capacity and cost in rows 4 to 16, nodes with what leaves less what comes in beside them."""
    return {
        "A1": "Network", **across("A3", "From", "To", "Flow", "Capacity", "Cost"), **down("A4", *(arc[0] for arc in ARCS)),
        **down("B4", *(arc[1] for arc in ARCS)), "C4:C16": start, **down("D4", *(arc[2] for arc in ARCS)),
        **down("E4", *(arc[3] for arc in ARCS)), **across("G3", "Node", "Net flow", "Supply/Demand"), **down("G4", *NODES),
        "H4:H10": "=SUMIF(From,G4,Flow)-SUMIF(To,G4,Flow)",
    }  # fmt: skip


_NAMES = {
    "From": "=model!$A$4:$A$16",
    "To": "=model!$B$4:$B$16",
    "Flow": "=model!$C$4:$C$16",
    "TotalCost": "=model!$H$13",
}

MOST_FLOW = Known(
    {**_network(), "I5:I9": 0, "G13": "most flow", "H13": "=H4"},
    "H13", "C4:C16", 19, MATRICES, goal="max", names=_NAMES, non_negative=True,
    constraints=(("H5:H9", "=", "I5:I9"), ("Flow", "<=", "D4:D16")),
)  # fmt: skip

CHEAPEST_FLOW = Known(
    {**_network(1), "I4": 12, "I5:I9": 0, "I10": -12, "G13": "total cost", "H13": "=SUMPRODUCT(E4:E16,Flow)"},
    "TotalCost", "Flow", 148, MATRICES, names=_NAMES, non_negative=True,
    constraints=(("H4:H10", "=", "I4:I10"), ("C4:C16", "<=", "D4:D16")), engine=LP,
)  # fmt: skip

SHORTEST = Known(
    {**_network(), "I4": 1, "I5:I9": 0, "I10": -1, "G13": "distance", "H13": "=SUMPRODUCT(E4:E16,C4:C16)"},
    "H13", "C4:C16", 9, TRIED, names=_NAMES, constraints=(("H4:H10", "=", "I4:I10"), ("C4:C16", "bin", "")), engine=LP,
)  # fmt: skip

COSTS = [
    [9, 2, 7, 8, 4, 6],
    [6, 4, 3, 7, 8, 5],
    [5, 8, 1, 8, 6, 9],
    [7, 6, 9, 4, 3, 2],
    [8, 3, 5, 6, 7, 4],
    [4, 7, 6, 5, 9, 8],
]
ASSIGNMENT = Known(
    {
        "A1": "minutes a job", **across("B2", *(f"job {i}" for i in range(1, 7))), **down("A3", "Ann", "Bob", "Cid", "Dee", "Eva", "Fay"),
        **block("B3", COSTS), "B11:G16": "", "H11:H16": "=SUM(B11:G11)", "B17:G17": "=SUM(B11:B16)", "A19": "total",
        "B19": "=SUMPRODUCT(B3:G8,B11:G16)",
    },
    "B19", "B11:G16", 21, TRIED, non_negative=True, constraints=(("H11:H16", "=", "1"), ("B17:G17", "=", "1")),
)  # fmt: skip

PROJECTS = ((151, 75, 7, 4), (197, 7, 21, 5), (119, 2, 3, 9), (70, 32, 6, 1), (130, 15, 4, 3), (253, 20, 30, 17), (165, 47, 8, 2),
            (300, 40, 26, 20), (82, 11, 9, 1), (110, 18, 2, 7))  # fmt: skip
CAPITAL_BUDGET = Known(
    {
        **across("A2", "project", "NPV", "year 1", "year 2", "year 3", "do it?"), **down("A3", *range(1, 11)),
        **block("B3", [list(project) for project in PROJECTS]), "F3:F12": 0, "A13": "used", "C13:E13": "=SUMPRODUCT(C3:C12,$F$3:$F$12)",
        "A14": "budget", **across("C14", 120, 60, 35), "A16": "at most one of 6 and 8", "B16": "=F8+F10", "A17": "3 needs 5", "B17": "=F5-F7",
        "A18": "total NPV", "B18": "=SUMPRODUCT(B3:B12,F3:F12)",
    },
    "B18", "F3:F12", 803, TRIED, goal="max",
    constraints=(("C13:E13", "<=", "C14:E14"), ("B16", "<=", "1"), ("B17", "<=", "0"), ("F3:F12", "bin", ""), ("F3:F12", "<=", "1")),
)  # fmt: skip

FIXED = (450, 510, 380, 620)
UNIT = [[4, 6, 9, 5, 7], [6, 3, 4, 8, 5], [9, 5, 3, 4, 8], [5, 7, 6, 3, 4]]
WANTED = (60, 80, 50, 70, 40)
LOCATION = Known(
    {
        **across("B1", *(f"region {i}" for i in range(1, 6)), "fixed"), **down("A2", "Leeds", "Hull", "York", "Bath"), **block("B2", UNIT),
        **down("G2", *FIXED), "A7": "shipped", "B8:F11": 0, "G7": "out", "G8:G11": "=SUM(B8:F8)", "H7": "open?", "H8:H11": 0,
        "I7": "room", "I8:I11": "=H8*180", "A12": "in", "B12:F12": "=SUM(B8:B11)", "A13": "demand", **across("B13", *WANTED),
        "A15": "cost", "B15": "=SUMPRODUCT(B2:F5,B8:F11)+SUMPRODUCT(G2:G5,H8:H11)",
    },
    "B15", "B8:F11,H8:H11", 2120, TRIED, non_negative=True, engine=LP,
    constraints=(("G8:G11", "<=", "I8:I11"), ("B12:F12", "=", "B13:F13"), ("H8:H11", "bin", "")),
)  # fmt: skip

FIXED_CHARGE_IF = Known(
    {
        **across("A1", "machine", "set-up", "unit cost", "most", "made", "cost"),
        **block("B2", [[300, 5, 50], [100, 9, 40], [180, 7, 60], [0, 14, 30]]), **down("A2", *"PQRS"), "E2:E5": 10,
        "F2:F5": "=IF(E2>0,B2,0)+C2*E2", "E6": "=SUM(E2:E5)", "F6": "=SUM(F2:F5)", "D6": "wanted 75:", "D7": 75,
    },
    "F6", "E2:E5", 810, TRIED, non_negative=True, constraints=(("E6", ">=", "D7"), ("E2:E5", "<=", "D2:D5"), ("E2:E5", "int", "")),
)  # fmt: skip

PATTERNS = [[4, 0, 0], [2, 1, 0], [2, 0, 1], [0, 2, 0], [0, 1, 1], [0, 0, 2], [1, 0, 2], [1, 2, 0]]
CUTTING = Known(
    {
        **across("A1", "pattern", "25 cm", "37 cm", "45 cm", "rolls"), **down("A2", *range(1, 9)), **block("B2", PATTERNS), "E2:E9": 0,
        "A10": "cut", "B10:D10": "=SUMPRODUCT(B2:B9,$E$2:$E$9)", "A11": "ordered", **across("B11", 211, 95, 120), "E10": "=SUM(E2:E9)",
    },
    "E10", "E2:E9", 134, MATRICES, non_negative=True, constraints=(("B10:D10", ">=", "B11:D11"), ("E2:E9", "int", "")),
)  # fmt: skip

KNAPSACK = Known(
    {
        **across("A1", "kg", "value", "take", "most"), **block("A2", [[12, 24, 0, 3], [7, 13, 0, 5], [11, 23, 0, 2], [8, 15, 0, 4], [9, 16, 0, 6]]),
        "A8": "=SUMPRODUCT(A2:A6,C2:C6)", "B8": "=SUMPRODUCT(B2:B6,C2:C6)", "A9": 79,
    },
    "B8", "C2:C6", 157, TRIED, goal="max", constraints=(("A8", "<=", "A9"), ("C2:C6", "int", ""), ("C2:C6", "<=", "D2:D6"), ("C2:C6", ">=", "0")),
)  # fmt: skip

SIZES = (42, 63, 67, 57, 93, 90, 38, 36, 45, 42)
BINS = Known(
    {
        "A1": "load", **down("A2", *SIZES), **across("B1", *(f"truck {i}" for i in range(1, 8))), "B2:H11": 0, "I2:I11": "=SUM(B2:H2)",
        "B12:H12": 0, "A12": "used?", "B13:H13": "=SUMPRODUCT($A$2:$A$11,B2:B11)", "B14:H14": "=100*B12", "A16": "=SUM(B12:H12)",
    },
    "A16", "B2:H11,B12:H12", 7, TRIED, constraints=(
        ("I2:I11", "=", "1"), ("B13:H13", "<=", "B14:H14"), ("B2:H12", "bin", ""),
    ), engine=LP,
)  # fmt: skip

STOPS = ((0, 0), (3, 7), (6, 2), (8, 8), (1, 5), (9, 3), (4, 4), (7, 6), (2, 9))
DISTANCES = [[round(math.dist(a, b), 2) for b in STOPS] for a in STOPS]
ROUTE = Known(
    {
        "A1": "order", **down("A2", *range(1, 10)), "B1": "leg", "B2:B9": "=INDEX(Dist,A2,A3)", "B10": "=INDEX(Dist,A10,A2)",
        "B12": "=SUM(B2:B10)", "A12": "length",
    },
    "B12", "A2:A10", 33.75, TRIED, sheets={"Distances": block("B2", DISTANCES)}, names={"Dist": "=Distances!$B$2:$J$10"},
    constraints=(("A2:A10", "dif", ""),), engine=Engine.EVOLUTIONARY,
)  # fmt: skip

QUEENS = Known(
    {
        **across("A1", "row", "column", "sum", "difference"), **down("A2", *range(1, 9)), **down("B2", *range(1, 9)), "C2:C9": "=A2+B2",
        "D2:D9": "=A2-B2", "F1": "clashes", "F2": "=SUMPRODUCT((COUNTIF(C2:C9,C2:C9)>1)+(COUNTIF(D2:D9,D2:D9)>1))",
    },
    "F2", "B2:B9", 0, "eight queens can be placed", constraints=(("B2:B9", "dif", ""),), engine=Engine.EVOLUTIONARY,
)  # fmt: skip

QUEENS_BINARY = Known(
    {
        "A1": "board", "B2:G7": 0, "H2:H7": "=SUM(B2:G2)", "B8:G8": "=SUM(B2:B7)", "J1": "up", "K1": "down",
        **down("J2", *("=" + "+".join(f"{'BCDEFG'[j]}{2 + i}" for i in range(6) for j in range(6) if i + j == s) for s in range(1, 10))),
        **down("K2", *("=" + "+".join(f"{'BCDEFG'[j]}{2 + i}" for i in range(6) for j in range(6) if i - j == s) for s in range(-4, 5))),
        "A10": "=SUM(B2:G7)",
    },
    "A10", "B2:G7", 6, "six queens can be placed", goal="max",
    constraints=(("H2:H7", "<=", "1"), ("B8:G8", "<=", "1"), ("J2:K10", "<=", "1"), ("B2:G7", "bin", "")), engine=LP,
)  # fmt: skip

MAGIC = Known(
    {
        **block("B2", [[1, 2, 3], [4, 5, 6], [7, 8, 9]]), "E2:E4": "=SUM(B2:D2)", "B5:D5": "=SUM(B2:B4)", "A5": "=B4+C3+D2", "E5": "=B2+C3+D4",
        "G2": "=SUM(B2:D4)", "G1": "all", "H2": 15,
    },
    "G2", "B2:D4", 45, "the Lo Shu", constraints=(
        ("B2:D4", "dif", ""), ("E2:E5", "=", "H2"), ("B5:D5", "=", "H2"), ("A5", "=", "H2"),
    ), goal="max",
)  # fmt: skip


def _timetable() -> Cells:
    """Six lessons in four hours: a 1 where a lesson is held; how much each hour is liked; clashes of teachers."""
    likes = [[5, 3, 1, 2], [4, 5, 2, 1], [1, 4, 5, 3], [2, 2, 4, 5], [3, 5, 4, 1], [5, 1, 2, 4]]
    return {
        "A1": "timetable", **across("B2", "8:00", "9:00", "10:00", "11:00"), **down("A3", "math", "physics", "art", "music", "sport", "latin"),
        **block("B3", likes), "B11:E16": 0, "F11:F16": "=SUM(B11:E11)", "G10": "Miss Hay: math, physics", "B18:E18": "=B11+B12",
        "G11": "Mr Lee: art, sport", "B19:E19": "=B13+B15", "B20:E20": "=SUM(B11:B16)", "A20": "rooms", "A22": "liked",
        "B22": "=SUMPRODUCT(B3:E8,B11:E16)", "H11": "music after latin", "H12": "=SUMPRODUCT(B14:E14,{1,2,3,4})-SUMPRODUCT(B16:E16,{1,2,3,4})",
    }  # fmt: skip


TIMETABLE = Known(
    _timetable(), "B22", "B11:E16", 30, TRIED, goal="max", engine=LP, constraints=(
        ("F11:F16", "=", "1"), ("B18:E19", "<=", "1"), ("B20:E20", "<=", "2"), ("H12", ">=", "1"), ("B11:E16", "bin", ""),
    ),
)  # fmt: skip

PRICE_BREAKS = Known(
    {
        **across("A1", "from", "price"), **block("A2", [[0, 5.0], [500, 4.8], [1000, 4.65], [2500, 4.6]]), "D1": "quantity", "E1": 100,
        "D2": "price", "E2": "=VLOOKUP(E1,A2:B5,2)", "D3": "demand", "E3": 7000, "D4": "order cost", "E4": 45,
        "D5": "holding", "E5": 0.2, "D6": "cost a year", "E6": "=E3*E2+E3/E1*E4+E1/2*E5*E2",
    },
    "E6", "E1", 33330, TRIED, constraints=(("E1", ">=", "1"), ("E1", "<=", "10000")), non_negative=True,
)  # fmt: skip

QUEUE = Known(
    {
        **across("A1", "shift", "calls an hour", "agents", "load", "p(wait)", "wait, s", "cost"), **down("A2", "night", "morning", "noon", "evening"),
        **down("B2", 20, 95, 130, 60), "C2:C5": 20, "D2:D5": "=B2*6/60",
        "E2:E5": "=POISSON.DIST(C2,D2,FALSE)/(POISSON.DIST(C2,D2,FALSE)+(1-D2/C2)*POISSON.DIST(C2-1,D2,TRUE))",
        "F2:F5": "=E2*360/(C2-D2)", "G2:G5": "=C2*21+B2*F2*0.04", "G6": "=SUM(G2:G5)", "I1": 30,
    },
    "G6", "C2:C5", 1100.5308015866865, TRIED, constraints=(("C2:C5", "int", ""), ("F2:F5", "<=", "I1"), ("C2:C5", ">=", "D2:D5"), ("C2:C5", "<=", "30")),
)  # fmt: skip

SALES_TEAM = Known(
    {
        **across("A1", "region", "people", "sales"), **down("A2", "north", "south", "east", "west"), "B2:B5": 1,
        "C2": "=60*B2^0.6", "C3": "=45*B3^0.7", "C4": "=80*LN(1+B4)", "C5": "=120*(1-EXP(-B5/4))", "B6": "=SUM(B2:B5)", "C6": "=SUM(C2:C5)-8*B6",
    },
    "C6", "B2:B5", 334.54415710030344, TRIED, goal="max", constraints=(("B6", "<=", "15"), ("B2:B5", "int", ""), ("B2:B5", ">=", "1")),
)  # fmt: skip

CHOICES: dict[str, Known] = {
    "shipping": SHIPPING, "amusement park": AMUSEMENT_PARK, "working capital": WORKING_CAPITAL, "most flow": MOST_FLOW,
    "cheapest flow": CHEAPEST_FLOW, "shortest": SHORTEST, "assignment": ASSIGNMENT, "capital budget": CAPITAL_BUDGET, "location": LOCATION,
    "fixed charge": FIXED_CHARGE_IF, "cutting": CUTTING, "knapsack": KNAPSACK, "bins": BINS, "route": ROUTE, "queens": QUEENS,
    "queens on a board": QUEENS_BINARY, "magic": MAGIC, "timetable": TIMETABLE, "price breaks": PRICE_BREAKS, "queue": QUEUE,
    "sales team": SALES_TEAM,
}  # fmt: skip
