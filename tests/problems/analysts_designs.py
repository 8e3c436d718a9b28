"""Designs, equilibria and calibrations, and saved models with odd forms, as people leave them in workbooks.

Optima are published ones, closed forms, or the best of many starts of scipy on the same function written by hand.
"""

from __future__ import annotations

import itertools
import math

from tests.problems.known import Cells, Known
from tests.problems.linear import across, block, down

SEARCHED = "scipy, best of many starts, on the function written by hand"

# -- designs -----------------------------------------------------------------------------------------------------------

CAN = Known(
    {
        **across("A1", "radius, cm", "height, cm", "volume", "surface", "ratio"), "A2": 1, "B2": 1, "C2": "=PI()*A2^2*B2",
        "D2": "=2*PI()*A2^2+2*PI()*A2*B2", "E2": "=B2/(2*A2)", "C3": 330,
    },
    "D2", "A2:B2", 3 * (2 * math.pi) ** (1 / 3) * 330 ** (2 / 3), "as high as wide", non_negative=True,
    constraints=(("C2", "=", "C3"), ("A2:B2", "<=", "50")),
)  # fmt: skip

SPRING = Known(
    {
        **down("A1", "wire d", "coil D", "coils N", "", "weight", "deflection", "shear", "surge", "outside"), "B1": 0.1, "B2": 0.5, "B3": 5,
        "B5": "=(B3+2)*B2*B1^2", "B6": "=1-B2^3*B3/(71785*B1^4)", "B7": "=(4*B2^2-B1*B2)/(12566*(B2*B1^3-B1^4))+1/(5108*B1^2)-1",
        "B8": "=1-140.45*B1/(B2^2*B3)", "B9": "=(B1+B2)/1.5-1", **down("D1", 0.05, 0.25, 2), **down("E1", 2, 1.3, 15),
    },
    "B5", "B1:B3", 0.012665232788, "Arora (2004), Introduction to Optimum Design: 0.0126652",
    constraints=(("B6:B9", "<=", "0"), ("B1:B3", ">=", "D1:D3"), ("B1:B3", "<=", "E1:E3")),
)  # fmt: skip

WELDED_BEAM = Known(
    {
        **across("A1", "h", "l", "t", "b"), **across("A2", 1, 1, 8, 1), "A4": "cost", "B4": "=1.10471*A2^2*B2+0.04811*C2*D2*(14+B2)",
        "A6": "tau'", "B6": "=6000/(SQRT(2)*A2*B2)", "A7": "M", "B7": "=6000*(14+B2/2)", "A8": "R", "B8": "=SQRT(B2^2/4+((A2+C2)/2)^2)",
        "A9": "J", "B9": "=2*SQRT(2)*A2*B2*(B2^2/12+((A2+C2)/2)^2)", "A10": "tau''", "B10": "=B7*B8/B9", "A11": "tau",
        "B11": "=SQRT(B6^2+2*B6*B10*B2/(2*B8)+B10^2)", "A12": "sigma", "B12": "=6*6000*14/(D2*C2^2)", "A13": "delta",
        "B13": "=4*6000*14^3/(30000000*C2^3*D2)", "A14": "P",
        "B14": "=4.013*30000000*SQRT(C2^2*D2^6/36)/14^2*(1-C2/(2*14)*SQRT(30000000/(4*12000000)))",
    },
    "B4", "A2:D2", 1.7248523, "Rao (1996) and many since: 1.724852", non_negative=True, constraints=(
        ("B11", "<=", "13600"), ("B12", "<=", "30000"), ("A2", "<=", "D2"), ("B13", "<=", "0.25"), ("B14", ">=", "6000"),
        ("A2:D2", ">=", "0.1"), ("A2", "<=", "2"), ("B2:C2", "<=", "10"), ("D2", "<=", "2"),
    ),
)  # fmt: skip


def _chain(links: int) -> Known:
    """A chain of links of length 1 that hangs between (0, 0) and (0.6 n, 0)."""
    last = links + 2
    return Known(
        {
            **across("A1", "x", "y", "link"), **down("A2", *(round(0.6 * i, 2) for i in range(links + 1))), f"B2:B{last}": 0,
            f"C3:C{last}": "=(A3-A2)^2+(B3-B2)^2", "E1": "energy", "E2": f"=SUMPRODUCT(B2:B{last - 1}+B3:B{last})/2",
        },
        "E2", f"A3:B{last - 1}", -30.740323280168045, SEARCHED, constraints=((f"C3:C{last}", "=", "1"),),
    )  # fmt: skip


CHAIN = _chain(12)


def _circles(start: list[list[float]]) -> Known:
    """Points in the unit square as far from each other as can be; every pair keeps the distance."""
    pairs = list(itertools.combinations(range(2, 2 + len(start)), 2))
    return Known(
        {
            **across("A1", "x", "y"), **block("A2", start), **down("D2", *(f"=SQRT((A{i}-A{j})^2+(B{i}-B{j})^2)" for i, j in pairs)),
            "F1": "distance", "F2": 0.1, "H1": "most", "H2": "=F2",
        },
        "H2", f"A2:B{1 + len(start)},F2", math.sqrt(13) / 6, "six points: square root of 13, over 6 (Graham 1963)", goal="max",
        constraints=((f"D2:D{1 + len(pairs)}", ">=", "F2"), (f"A2:B{1 + len(start)}", "<=", "1"), (f"A2:B{1 + len(start)}", ">=", "0")),
    )  # fmt: skip


CIRCLES = _circles([[0.1, 0.1], [0.5, 0.2], [0.9, 0.1], [0.1, 0.8], [0.5, 0.9], [0.9, 0.8]])

# -- equilibria and probabilities ----------------------------------------------------------------------------------------

GIBBS = Known(
    {
        **across("A1", "species", "c", "moles", "share term", "H", "N", "O"),
        **down("A2", "H", "H2", "H2O", "N", "N2", "NH", "NO", "O", "O2", "OH"),
        **down("B2", -6.089, -17.164, -34.054, -5.914, -24.721, -14.986, -24.1, -10.708, -26.662, -22.179), "C2:C11": 0.1,
        "D2:D11": "=C2*(B2+LN(C2/SUM($C$2:$C$11)))",
        **block("E2", [[1, 0, 0], [2, 0, 0], [2, 0, 1], [0, 1, 0], [0, 2, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 2], [1, 0, 1]]),
        "E12:G12": "=SUMPRODUCT($C$2:$C$11,E2:E11)", **across("E13", 2, 1, 1), "D12": "=SUM(D2:D11)",
    },
    "D12", "C2:C11", -47.76109085936586, "White, Johnson and Dantzig (1958): -47.761", constraints=(
        ("E12:G12", "=", "E13:G13"), ("C2:C11", ">=", "0.000001"),
    ),
)  # fmt: skip

DIE = Known(
    {
        **across("A1", "eyes", "p", "p ln p"), **down("A2", 1, 2, 3, 4, 5, 6), "B2:B7": 0, "C2:C7": "=IF(B2>0,-B2*LN(B2),0)", "B8": "=SUM(B2:B7)",
        "B9": "=SUMPRODUCT(A2:A7,B2:B7)", "C9": 4.5, "C8": "=SUM(C2:C7)",
    },
    "C8", "B2:B7", 1.613581098153829, "Jaynes (1978), the Brandeis dice: 1.61358", goal="max", non_negative=True,
    constraints=(("B8", "=", "1"), ("B9", "=", "C9")),
)  # fmt: skip

KELLY = Known(
    {
        **across("A1", "horse", "odds", "chance", "bet", "wealth if it wins", "p*ln"), **down("A2", "a", "b", "c", "d"), **down("B2", 1.6, 3.5, 6, 12),
        **down("C2", 0.45, 0.28, 0.2, 0.07), "D2:D5": 0, "E2:E5": "=1-$D$6+D2*(1+B2)", "F2:F5": "=C2*LN(E2)", "D6": "=SUM(D2:D5)",
        "F6": "=SUM(F2:F5)",
    },
    "F6", "D2:D5", 0.19432034205299803, SEARCHED, goal="max", constraints=(("D6", "<=", "0.99"), ("D2:D5", ">=", "0")),
)  # fmt: skip

EFFICIENCY = Known(
    {
        **across("A1", "branch", "staff", "rent", "loans", "deposits", "in", "out", "ratio"), **down("A2", *"UVWXY"),
        **block("B2", [[20, 300, 150, 95], [15, 250, 140, 60], [25, 280, 155, 110], [18, 400, 190, 70], [30, 310, 160, 120]]),
        "F2:F6": "=$B$8*B2+$C$8*C2", "G2:G6": "=$D$8*D2+$E$8*E2", "H2:H6": "=G2/F2", "A8": "weights", "B8:E8": 0, "A9": "branch U", "B9": "=H2",
    },
    "B9", "B8:E8", 1, "linear programme of data envelopment", goal="max",
    constraints=(("H2:H6", "<=", "1"), ("B8:E8", ">=", "0.0001"), ("F2", "=", "1")),
)  # fmt: skip

STYLE = Known(
    {
        **across("A1", "fund", "bills", "bonds", "value", "growth", "tracking"), **block("B2", [
            [round(0.002 + 0.001 * math.sin(i), 4), round(0.004 + 0.012 * math.sin(1.3 * i * i), 4), round(0.007 + 0.035 * math.sin(2.1 * i * i + 1), 4),
             round(0.009 + 0.045 * math.sin(0.7 * i * i + 2), 4)] for i in range(24)
        ]),
        **down("A2", *(
            round(0.2 * (0.004 + 0.012 * math.sin(1.3 * i * i)) + 0.65 * (0.007 + 0.035 * math.sin(2.1 * i * i + 1))
                  + 0.15 * (0.009 + 0.045 * math.sin(0.7 * i * i + 2)) + 0.004 * math.sin(5.1 * i * i), 4) for i in range(24)
        )),
        "F2:F25": "=A2-SUMPRODUCT(B2:E2,$B$27:$E$27)", "A27": "weights", "B27:E27": 0.25, "F27": "=SUM(B27:E27)", "H1": "variance, bp",
        "H2": "=VAR.S(F2:F25)*10000", "H3": "=STDEV.S(F2:F25)", "H4": "=RSQ(A2:A25,F2:F25)",
    },
    "H2", "B27:E27", 0.09230014411120417, SEARCHED, constraints=(("F27", "=", "1"), ("B27:E27", "<=", "1"), ("B27:E27", ">=", "0")),
)  # fmt: skip

MERTON = Known(
    {
        **down("A1", "equity", "its volatility", "debt", "rate", "years", "assets", "volatility", "d1", "d2"), **down("B1", 4.1, 0.7, 10, 0.04, 1, 10, 0.3),
        "B8": "=(LN(B6/B3)+(B4+B7^2/2)*B5)/(B7*SQRT(B5))", "B9": "=B8-B7*SQRT(B5)",
        "C1": "=B6*NORMSDIST(B8)-B3*EXP(-B4*B5)*NORMSDIST(B9)", "C2": "=NORMSDIST(B8)*B7*B6/B1", "B11": "=(C1/B1-1)^2+(C2/B2-1)^2",
    },
    "B11", "B6:B7", 0, "two equations, two unknowns", constraints=(("B6:B7", ">=", "0.01"),),
)  # fmt: skip

# -- saved models with odd forms ------------------------------------------------------------------------------------------

BALANCED = Known(
    {
        **across("B1", "x", "y", "z"), "B2:D4": 1, "E2:E4": "=SUM(B2:D2)", "B5:D5": "=SUM(B2:B4)", **down("F2", 30, 20, 50), **across("B6", 40, 35, 25),
        "B8": "=SUMPRODUCT(B2:D4^2,{1,2,3;3,1,2;2,3,1})+SUM(B2:D4)", "G2:G4": "=F2",
    },
    "B8", "B2:D4", 3406.3098591549297, SEARCHED + "; one equality follows from the others", constraints=(
        ("E2:E4", "=", "F2:F4"), ("B5:D5", "=", "B6:D6"), ("E2:E4", "<=", "G2:G4"), ("B2", "=", "=10+2"), ("F2", "<=", "30"),
        ("D4", ">=", "5"), ("D4", "<=", "5"),
    ), non_negative=True,
)  # fmt: skip

OVERLAPPING = Known(
    {"A1": "a", "A5": "a heading in the range", "B1:B6": 3, "D1": "=SUMPRODUCT((B1:B6-{1;2;3;4;5;6})^2)", "B7": "=SUM(B1:B6)"},
    "D1", "B1:B4,B3:B6,B2", 6 * (5 / 6) ** 2, "each 5/6 less", constraints=(("B7", "<=", "16"),),
)  # fmt: skip

HEADED = Known(
    {
        **down("A1", "machine", "mill", "lathe", "people", "Ann", "Bob"), **down("C1", "limit", 40, 50, "limit", 38, 30), **across("E1", "p", "q"),
        "E2:F2": 0, "B1": "used", "B4": "used", "B2": "=2*E2+F2", "B3": "=E2+3*F2", "B5": "=E2+F2", "B6": "=1.5*E2", "E4": "=30*E2+40*F2",
    },
    "E4", "E2:F2", 900, "linear programme; headings stand in both sides of a constraint", goal="max",
    constraints=(("B1:B6", "<=", "C1:C6"),), non_negative=True,
)  # fmt: skip

NO_OBJECTIVE = Known(
    {"A1": "x", "B1": 1, "A2": "y", "B2": 1, "C1": "=B1^2+B2^2", "C2": "=B1*B2", "D1": 25, "D2": 12},
    "", "B1:B2", 0, "a system of equations: 3 and 4, with no objective cell", constraints=(("C1:C2", "=", "D1:D2"), ("B1", ">=", "B2")),
)  # fmt: skip

ALREADY = Known(
    {"A1": "w", "A2:A5": 0.25, "A6": "=SUM(A2:A5)", "B6": "=SUMSQ(A2:A5)"},
    "B6", "A2:A5", 0.25, "equal weights, where the sheet starts", constraints=(("A6", "=", "1"),), non_negative=True,
)  # fmt: skip

SCALES = Known(
    {
        **down("A1", "revenue, $", "rate", "units"), **down("B1", 2500000, 0.0001, 1),
        "B5": "=(B1/1000000-3)^2+(B2*100000-7)^2+(B3-200)^2/10^4", "B6": "=B1*B2", "B7": "=B3*1000",
    },
    "B5", "B1:B3", 0.1610327228115899, SEARCHED, constraints=(("B6", "<=", "=0.00006*3000000"), ("B1", ">=", "B7"), ("B1:B3", ">=", "0")),
)  # fmt: skip

TIMES = [[5, 9, 4], [7, 3, 8], [6, 6, 2], [3, 8, 7], [9, 2, 5], [4, 7, 6], [8, 5, 3]]


def _flow_shop() -> Cells:
    """Seven jobs over three machines in one order; when each is done, machine by machine."""
    return {
        **across("A1", "job", "cut", "drill", "paint"), **block("A2", [[i + 1, *row] for i, row in enumerate(TIMES)]), "F1": "order",
        **down("F2", *range(1, 8)), "G2": "=INDEX($B$2:$B$8,F2)", "G3:G8": "=G2+INDEX($B$2:$B$8,F3)",
        "H2": "=G2+INDEX($C$2:$C$8,F2)", "H3:H8": "=MAX(G3,H2)+INDEX($C$2:$C$8,F3)", "I2": "=H2+INDEX($D$2:$D$8,F2)",
        "I3:I8": "=MAX(H3,I2)+INDEX($D$2:$D$8,F3)", "I10": "=MAX(I2:I8)", "H10": "done at",
    }  # fmt: skip


FLOW_SHOP = Known(_flow_shop(), "I10", "F2:F8", 49, "everything tried", constraints=(("F2:F8", "dif", ""),))

DESIGNS: dict[str, Known] = {
    "can": CAN, "spring": SPRING, "welded beam": WELDED_BEAM, "chain": CHAIN, "circles": CIRCLES, "gibbs": GIBBS, "die": DIE, "kelly": KELLY,
    "efficiency": EFFICIENCY, "style": STYLE, "merton": MERTON, "balanced": BALANCED, "overlapping": OVERLAPPING, "headed": HEADED,
    "no objective": NO_OBJECTIVE, "already": ALREADY, "scales": SCALES, "flow shop": FLOW_SHOP,
}  # fmt: skip
