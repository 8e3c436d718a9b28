"""Models of customers, epidemics, markets and teams, with the functions that such workbooks lean on.

GAMMALN, IRR, CORREL, PERCENTILE, SMALL, SUMIF by live keys, IFERROR, ROUNDUP, MIN over centres, XNPV. Optima are published ones,
closed forms, or the best of many starts of scipy on the same function written by hand.
"""

from __future__ import annotations

import math

from tests.problems.known import Known
from tests.problems.linear import across, block, down

SEARCHED = "scipy, best of many starts, on the function written by hand"

KEPT = (1000, 869, 743, 653, 593, 551, 517, 491)
CHURN = Known(
    {
        **across("A1", "year", "customers", "lost", "P(lost)", "S", "ln L"), **down("A2", *range(8)), **down("B2", *KEPT), "C3:C9": "=B2-B3",
        "D3": "=alpha/(alpha+beta)", "D4:D9": "=D3*(beta+A4-2)/(alpha+beta+A4-1)", "E3": "=1-D3", "E4:E9": "=E3-D4", "F3:F9": "=C3*LN(D3)",
        "F10": "=B9*LN(E9)", "H1": "alpha", "H2": 1, "I1": "beta", "I2": 1, "H4": "LL", "H5": "=SUM(F3:F10)",
    },
    "H5", "H2:I2", -1611.158147391156, "Fader and Hardie (2007), How to project customer retention: 0.668, 3.806, -1611.2", goal="max",
    names={"alpha": "=model!$H$2", "beta": "=model!$I$2"}, constraints=(("H2:I2", ">=", "0.0001"),),
)  # fmt: skip

CUSTOMERS = [(x, round(0 if x == 0 else 39 * (1 - math.exp(-0.5 * x)) * (0.6 + 0.4 * math.sin(i) ** 2), 2)) for i, x in enumerate(
    [0, 1, 0, 2, 0, 5, 1, 0, 3, 0, 1, 0, 8, 2, 0, 1, 4, 0, 0, 2, 1, 0, 6, 0, 3, 1, 0, 0, 11, 1]
)]  # fmt: skip
BUYING = Known(
    {
        **across("A1", "r", 1, "", "LL"), **across("A2", "alpha", 1, "", "=SUM(C6:C35)"), **across("A3", "a", 1), **across("A4", "b", 1),
        **across("A5", "repeats", "last, weeks", "ln L", "A1", "A2", "A3", "A4"), **block("A6", [list(pair) for pair in CUSTOMERS]),
        "D6:D35": "=GAMMALN($B$1+A6)-GAMMALN($B$1)+$B$1*LN($B$2)",
        "E6:E35": "=GAMMALN($B$3+$B$4)+GAMMALN($B$4+A6)-GAMMALN($B$4)-GAMMALN($B$3+$B$4+A6)", "F6:F35": "=-($B$1+A6)*LN($B$2+39)",
        "G6:G35": "=IF(A6>0,LN($B$3)-LN($B$4+A6-1)-($B$1+A6)*LN($B$2+B6),0)", "C6:C35": "=D6+E6+LN(EXP(F6)+(A6>0)*EXP(G6))",
    },
    "D2", "B1:B4", -196.05068089730156, SEARCHED + " (the BG/NBD model of Fader, Hardie and Lee 2005)", goal="max",
    constraints=(("B1:B4", ">=", "0.00001"), ("B1:B4", "<=", "100")),
)  # fmt: skip

IN_BED = (3, 8, 26, 76, 225, 298, 258, 233, 189, 128, 68, 29, 14, 4)
INFLUENZA = Known(
    {
        **across("A1", "beta", "gamma", "N", "step"), **across("A2", 1.5, 0.4, 763, 0.25), **across("A4", "day", "S", "I", "R"), "A5": 0, "A6:A57": "=A5+$D$2",
        "C5": 3, "B5": "=C2-C5-D5", "D5": 0, "B6:B57": "=B5-$D$2*$A$2*B5*C5/$C$2", "C6:C57": "=C5+$D$2*($A$2*B5*C5/$C$2-$B$2*C5)",
        "D6:D57": "=D5+$D$2*$B$2*C5", **across("F4", "day", "in bed", "model"), **down("F5", *range(14)), **down("G5", *IN_BED),
        "H5:H18": "=INDEX($C$5:$C$57,1+F5/$D$2)", "G2": "=SUMXMY2(G5:G18,H5:H18)", "F2": "SSE",
    },
    "G2", "A2:B2", 5060.9916469469445, SEARCHED + "; boys in bed, British Medical Journal 1978", constraints=(("A2:B2", "<=", "10"),), non_negative=True,
)  # fmt: skip

WATER = Known(
    {"A1": "[H+]", "B1": 0.001, "A2": "[OH-]", "B2": "=1E-14/B1", "A3": "charge", "B3": "=B1-B2", "A4": "pH", "B4": "=-LOG10(B1)"},
    "B3", "B1", 0, "pure water has pH 7", goal="value=0", constraints=(("B1", ">=", "1E-14"),), x=(1e-7,),
)  # fmt: skip

BUYER = Known(
    {
        **down("A1", "price", "rent", "resale", "IRR"), "B1": 100000, **across("A6", "year", *range(6)), "A7": "cash", "B7": "=-B1", "C7:F7": 9000,
        "G7": "=9000+120000", "B4": "=IRR(B7:G7)",
    },
    "B4", "B1", 0.15, "the price at which the return is 15 per cent", goal="value=0.15", non_negative=True,
    x=(sum(9000 / 1.15**t for t in range(1, 6)) + 120000 / 1.15**5,),
)  # fmt: skip

POWER = Known(
    {
        **across("A1", "speed", "fuel", "speed^k"), **down("A2", *range(10, 90, 8)), **down("B2", 1.2, 1.9, 3.3, 5.1, 7.6, 10.2, 13.9, 17.8, 22.1, 27.6),
        "C2:C11": "=A2^$E$2", "E1": "k", "E2": 1, "E4": "=CORREL(B2:B11,C2:C11)", "E5": "=RSQ(B2:B11,C2:C11)",
    },
    "E4", "E2", 0.9999059290528174, SEARCHED, goal="max", constraints=(("E2", "<=", "5"), ("E2", ">=", "0.1")),
)  # fmt: skip

DAYS = [
    [round(0.01 * math.sin(2.3 * i * i + 1.1 * j) + 0.012 * math.sin(0.37 * i * i * (j + 1) + j) + 0.0004 * (j + 1), 5) for j in range(4)] for i in range(60)
]  # fmt: skip
SHORTFALL = Known(
    {
        "A1": "weights", "B1:E1": 0.25, "F1": "=SUM(B1:E1)", **block("B5", DAYS), "F5:F64": "=SUMPRODUCT(B5:E5,B$1:E$1)", "H1": "worst five days, mean",
        "H2": "=-(SMALL(F5:F64,1)+SMALL(F5:F64,2)+SMALL(F5:F64,3)+SMALL(F5:F64,4)+SMALL(F5:F64,5))/5*100", "H3": "5% quantile",
        "H4": "=PERCENTILE(F5:F64,0.05)",
    },
    "H2", "B1:E1", 0.7458857646718995, "linear programme (Rockafellar and Uryasev 2000)", non_negative=True, constraints=(("F1", "=", "1"),),
)  # fmt: skip

SKILLS = (93, 88, 71, 65, 64, 60, 52, 47, 45, 39, 31, 22)
TEAMS = Known(
    {
        **across("A1", "player", "skill", "team"), **down("A2", *"ABCDEFGHIJKL"), **down("B2", *SKILLS), "C2:C13": 1, **across("E1", "team", "skill", "players"),
        **down("E2", 1, 2, 3), "F2:F4": "=SUMIF($C$2:$C$13,E2,$B$2:$B$13)", "G2:G4": "=COUNTIF($C$2:$C$13,E2)", "E6": "spread", "F6": "=MAX(F2:F4)-MIN(F2:F4)",
    },
    "F6", "C2:C13", 1, "everything tried", constraints=(("C2:C13", "int", ""), ("C2:C13", ">=", "1"), ("C2:C13", "<=", "3"), ("G2:G4", "=", "4")),
)  # fmt: skip

PLACES = [[round(10 * (0.5 + 0.5 * math.sin(7.1 * i * i + 1)) / 3 + 6 * (i % 3), 2), round(10 * (0.5 + 0.5 * math.sin(3.7 * i * i)) / 3 + 5 * (i % 3 == 1), 2)]
          for i in range(24)]  # fmt: skip
CENTRES = Known(
    {
        **across("A1", "x", "y", "to 1", "to 2", "to 3", "nearest"), **block("A2", PLACES), "C2:C25": "=($A2-$I$2)^2+($B2-$J$2)^2",
        "D2:D25": "=($A2-$I$3)^2+($B2-$J$3)^2", "E2:E25": "=($A2-$I$4)^2+($B2-$J$4)^2", "F2:F25": "=MIN(C2:E2)", "H1": "centre", **down("H2", 1, 2, 3),
        **block("I2", [[1, 1], [1, 2], [2, 1]]), "H6": "=SUM(F2:F25)",
    },
    "H6", "I2:J4", 56.41645, SEARCHED,
)  # fmt: skip

TREND_SEASON = Known(
    {
        **across("A1", "quarter", "of year", "sales", "forecast", "error^2"), **down("A2", *range(1, 13)), **down("B2", *(1 + i % 4 for i in range(12))),
        **down("C2", 362, 385, 432, 341, 382, 409, 498, 387, 473, 513, 582, 474), "D2:D13": "=($H$1+$H$2*A2)*VLOOKUP(B2,$G$4:$H$7,2)", "E2:E13": "=(C2-D2)^2",
        "G1": "base", "H1": 100, "G2": "trend", "H2": 10, **down("G4", 1, 2, 3, 4), "H4:H7": 1, "G8": "mean", "H8": "=AVERAGE(H4:H7)", "E14": "=SUM(E2:E13)",
    },
    "E14", "H1:H2,H4:H7", 2590.9832530513204, SEARCHED, constraints=(("H8", "=", "1"),), non_negative=True,
)  # fmt: skip

TURNOVER = Known(
    {
        **across("A1", "fund", "held", "wanted", "traded", "return"), **down("A2", *"PQRS"), **down("B2", 0.4, 0.3, 0.2, 0.1), **down("C2", 0.4, 0.3, 0.2, 0.1), "D2:D5": "=ABS(C2-B2)",
        **down("E2", 0.05, 0.07, 0.09, 0.12), **block("G2", [[0.02, 0.004, 0.006, 0.005], [0.004, 0.03, 0.01, 0.012], [0.006, 0.01, 0.05, 0.02], [0.005, 0.012, 0.02, 0.09]]),
        "C6": "=SUM(C2:C5)", "D6": "=SUM(D2:D5)", "A8": "utility, %",
    },
    "B8", "C2:C5", 5.144601666666667, "quadratic programme",
    arrays={"B8": "=100*(SUM(C2:C5*E2:E5)-1.5*SUM(MMULT(TRANSPOSE(C2:C5),MMULT(G2:J5,C2:C5)))-0.01*D6)"}, goal="max", non_negative=True, constraints=(("C6", "=", "1"), ("D6", "<=", "0.3")),
)  # fmt: skip

GUARDED = Known(
    {
        **across("A1", "t", "y", "model", "sq"), **down("A2", *range(1, 11)), **down("B2", 2.9, 3.8, 4.3, 4.7, 5.0, 5.2, 5.4, 5.6, 5.75, 5.9), "B12": "n/a",
        "C2:C12": '=IFERROR($F$1+$F$2*LN(A2-$F$3),"")', "D2:D12": '=IFERROR((B2-C2)^2,0)', "A12": 11, **down("E1", "a", "b", "c", "SSE"), **down("F1", 0, 0, 0),
        "F4": "=SUM(D2:D12)",
    },
    "F4", "F1:F3", 0.0017721291420575173, SEARCHED + "; the last month has no figure yet", constraints=(("F3", "<=", "0.9"), ("F3", ">=", "-10")),
)  # fmt: skip

ARMA = Known(
    {
        **across("A1", "y", "fitted", "residual"), **down("A2", *(round(10 + 3 * math.sin(0.5 * i) + 2 * math.sin(9.7 * i * i), 2) for i in range(60))), "B2": "=E1",
        "C2:C61": "=A2-B2", "B3:B61": "=$E$1+$E$2*(A2-$E$1)+$E$3*C2", **down("D1", "mean", "phi", "theta", "CSS"), **down("E1", 0, 0, 0),
        "E4": "=SUMSQ(C2:C61)",
    },
    "E4", "E1:E3", 299.7117602070353, SEARCHED, constraints=(("E2:E3", "<=", "0.99"), ("E2:E3", ">=", "-0.99")),
)  # fmt: skip

BATCHES = Known(
    {
        **across("A1", "week", "demand", "lorries", "stock", "cost"), **down("A2", *range(1, 7)), **down("B2", 35, 62, 18, 80, 44, 51), "C2:C7": 3,
        "D2": "=20*C2-B2+10", "D3:D7": "=D2+20*C3-B3", "E2:E7": "=IF(C2>0,90,0)+55*C2+0.8*D2", "E8": "=SUM(E2:E7)",
    },
    "E8", "C2:C7", 1207.2, "everything tried", constraints=(("C2:C7", "int", ""), ("C2:C7", "<=", "6"), ("D2:D7", ">=", "0")), non_negative=True,
)  # fmt: skip

MODELS: dict[str, Known] = {
    "churn": CHURN, "buying": BUYING, "influenza": INFLUENZA, "water": WATER, "buyer": BUYER, "power": POWER, "shortfall": SHORTFALL, "teams": TEAMS,
    "centres": CENTRES, "trend and season": TREND_SEASON, "turnover": TURNOVER, "guarded": GUARDED, "arma": ARMA, "batches": BATCHES,
}  # fmt: skip
