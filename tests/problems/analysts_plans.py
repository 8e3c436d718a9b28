"""Plans with smooth and kinked formulas: money, portfolios, production, control; with headings, names, other sheets.

Optima are published ones, closed forms, or the best of many starts of scipy on the same function written by hand.
"""

from __future__ import annotations

import math

from tests.problems.known import Known
from tests.problems.linear import across, block, down

SEARCHED = "scipy, best of many starts, on the function written by hand"
SAMPLES = "SOLVSAMP.XLS, the samples that come with Excel's Solver"

# -- the samples that come with Solver ---------------------------------------------------------------------------------

QUICK_TOUR = Known(
    {
        **across("A2", "Month", "Q1", "Q2", "Q3", "Q4", "Total"), "A3": "Seasonality", **across("B3", 0.9, 1.1, 0.8, 1.2),
        "A5": "Units Sold", "B5:E5": "=35*B3*(B11+3000)^0.5", "A6": "Sales Revenue", "B6:E6": "=B5*$B$18",
        "A7": "Cost of Sales", "B7:E7": "=B5*$B$19", "A8": "Gross Margin", "B8:E8": "=B6-B7",
        "A10": "Salesforce", **across("B10", 8000, 8000, 9000, 9000), "A11": "Advertising", "B11:E11": 10000,
        "A12": "Corp Overhead", "B12:E12": "=0.15*B6", "A13": "Total Costs", "B13:E13": "=SUM(B10:B12)",
        "A15": "Prod. Profit", "B15:E15": "=B8-B13", "A16": "Profit Margin", "B16:E16": "=B15/B6",
        "F5:F13": "=SUM(B5:E5)", "F15": "=SUM(B15:E15)", "F16": "=F15/F6", "A18": "Product Price", "B18": 40,
        "A19": "Product Cost", "B19": 25,
    },
    "F15", "B11:E11", 71446.79439575147, SAMPLES + ": 71,447", goal="max", constraints=(("F11", "<=", "40000"),),
    non_negative=True,
)  # fmt: skip

PRODUCT_MIX = Known(
    {
        **across("A8", "Part Name", "Inventory", "No. Used", "TV set", "Stereo", "Speaker"), "D9:F9": 100,
        "C9": "Number to Build->", **down("A10", "Chassis", "Picture Tube", "Speaker Cone", "Power Supply", "Electronics"),
        **down("B10", 450, 250, 800, 450, 600), "C10:C14": "=$D$9*D10+$E$9*E10+$F$9*F10",
        **block("D10", [[1, 1, 0], [1, 0, 0], [2, 2, 1], [1, 1, 0], [2, 1, 1]]), "H15": 0.9, "G15": "exponent",
        "D17": "=75*MAX(D9,0)^$H$15", "E17": "=50*MAX(E9,0)^$H$15", "F17": "=35*MAX(F9,0)^$H$15", "A17": "By Product",
        "A18": "Total", "D18": "=SUM(D17:F17)",
    },
    "D18", "D9:F9", 14917.445682228327, SAMPLES + ": 14,917", goal="max",
    constraints=(("C10:C14", "<=", "B10:B14"), ("D9:F9", ">=", "0")),
)  # fmt: skip

SHARPE_INDEX = Known(
    {
        "A2": "Risk-free rate", "B2": 0.06, "A3": "Market rate", "B3": 0.15, "A4": "Market variance", "B4": 0.03,
        **across("A6", "", "Beta", "ResVar", "Weight", "*Beta", "*Var."), "A7:A10": "Stock",
        **block("B7", [[0.8, 0.04], [1.0, 0.20], [1.8, 0.12], [2.2, 0.40], [0, 0]]), "A11": "T-bills", "D7:D11": 0.2,
        "E7:E11": "=D7*B7", "F7:F11": "=D7^2*C7", "A14": "Total", "D14": "=SUM(D7:D13)", "E14": "=SUM(E7:E11)",
        "F14": "=SUM(F7:F11)", "A16": "Return", "B16": "=B2+E14*(B3-B2)", "A17": "Variance", "B17": "=E14^2*B4+F14",
        "A18": "Maximum variance", "B18": 0.071,
    },
    "B16", "D7:D11", 0.17104458130294758, SAMPLES + ": 16.4%", goal="max",
    constraints=(("D7:D11", ">=", "0"), ("D14", "=", "1"), ("B17", "<=", "B18")),
)  # fmt: skip

RLC = Known(
    {
        **across("A2", "q0", 9.0e-4), **across("A3", "t", 0.05), **across("A4", "L", 8), **across("A5", "C", 0.0001),
        **across("A6", "R", 300), "A8": "1/(LC)", "B8": "=1/(B4*B5)", "A9": "(R/2L)^2", "B9": "=(B6/(2*B4))^2",
        "A10": "Root", "B10": "=SQRT(B8-B9)", "A11": "Cosine", "B11": "=COS(B10*B3)", "A12": "-Rt/2L",
        "B12": "=-B6*B3/(2*B4)", "A13": "Exp", "B13": "=EXP(B12)", "A15": "q[t]", "B15": "=B2*B13*B11",
    },
    "B15", "B6", 9.0e-5, SAMPLES + ": the resistor in an electrical circuit", goal="value=0.00009",
    constraints=(("B6", "<=", "500"), ("B6", ">=", "10")),
)  # fmt: skip

# -- portfolios --------------------------------------------------------------------------------------------------------

MEANS = (0.082, 0.115, 0.064, 0.147, 0.098, 0.041)
COVARIANCE = [
    [0.0225, 0.0110, 0.0041, 0.0152, 0.0087, 0.0004], [0.0110, 0.0361, 0.0058, 0.0214, 0.0120, -0.0011],
    [0.0041, 0.0058, 0.0100, 0.0066, 0.0039, 0.0012], [0.0152, 0.0214, 0.0066, 0.0784, 0.0201, -0.0036],
    [0.0087, 0.0120, 0.0039, 0.0201, 0.0289, 0.0002], [0.0004, -0.0011, 0.0012, -0.0036, 0.0002, 0.0016],
]  # fmt: skip
_DATA = {
    "Data": {
        **across("A1", "fund", "mean"), **down("A2", *"ABCDEF"), **down("B2", *MEANS), **across("D1", *"ABCDEF"),
        **block("D2", COVARIANCE),
    }
}  # fmt: skip
_FUNDS = {
    **across("A1", "fund", "weight", "most"), **down("A2", *"ABCDEF"), "C2:C7": 0.35, "A8": "budget", "B8": "=SUM(B2:B7)",
    "A10": "return", "B10": "=SUMPRODUCT(Data!B2:B7,B2:B7)", "A11": "risk", "B11": "=SQRT(B13)", "A13": "variance",
    "A14": "wanted", "B14": 0.1,
}  # fmt: skip
_VARIANCE = {"B13": "=SUM(MMULT(TRANSPOSE(B2:B7),MMULT(Data!D2:I7,B2:B7)))"}

MARKOWITZ = Known(
    {**_FUNDS, "B2:B7": 0},
    "B13", "B2:B7", 0.014618458409428807, SEARCHED, arrays=_VARIANCE, sheets=_DATA, non_negative=True,
    constraints=(("B8", "=", "1"), ("B10", ">=", "B14"), ("B2:B7", "<=", "C2:C7")),
)  # fmt: skip

MAX_SHARPE = Known(
    {**_FUNDS, "B2:B7": 0.16, "B15": "=(B10-0.03)/B11", "A15": "Sharpe"},
    "B15", "B2:B7", 0.684118839639732, SEARCHED, goal="max", arrays=_VARIANCE, sheets=_DATA, non_negative=True,
    constraints=(("B8", "=", "1"),),
)  # fmt: skip

SHARPE_FROM_ZERO = Known(
    {**_FUNDS, "B15": "=(B10-0.03*B8)/B11", "A15": "Sharpe", "B2:B7": 0},
    "B15", "B2:B7", 0.6253862370037457, SEARCHED + "; the sheet starts in #DIV/0!", goal="max", arrays=_VARIANCE, sheets=_DATA,
    non_negative=True, constraints=(("B8", "=", "1"), ("B2:B7", "<=", "C2:C7")),
)  # fmt: skip

FRONTIER = Known(
    {**_FUNDS, "B2:B7": 0.1},
    "B11", "B2:B7", 0.13, "a value goal: the risk asked for", goal="value=0.13", arrays=_VARIANCE, sheets=_DATA,
    non_negative=True, constraints=(("B8", "=", "1"), ("B10", ">=", "B14")),
)  # fmt: skip

RISK_PARITY = Known(
    {**_FUNDS, "B2:B7": 0.2, "D1": "share of risk", "D8": "=SUMPRODUCT((D2:D7/B13-1/6)^2)"},
    "D8", "B2:B7", 0, "shares of risk can be equal", sheets=_DATA,
    arrays={**_VARIANCE, "D2:D7": "=B2:B7*MMULT(Data!D2:I7,B2:B7)"},
    constraints=(("B8", "=", "1"), ("B2:B7", ">=", "0.0001")),
)  # fmt: skip

MONTHS = [
    [round(0.012 * math.sin(2.1 * i + 1.7 * j) + 0.03 * math.sin(7.3 * i * i + 2.9 * j * i + j) + 0.004 + 0.002 * j, 4)
     for j in range(4)] for i in range(24)
]  # fmt: skip
DRAWDOWN = Known(
    {
        **across("B1", "A", "B", "C", "D"), "A2": "weights", "B2:E2": 0.25, "F2": "=SUM(B2:E2)", "F1": "total",
        **across("A4", "month", "A", "B", "C", "D", "return", "wealth", "peak", "drawdown"), **down("A5", *range(24)),
        **block("B5", MONTHS), "F5:F28": "=SUMPRODUCT(B5:E5,$B$2:$E$2)", "G4": "wealth", "G5": "=1+F5",
        "G6:G28": "=G5*(1+F6)", "H5": "=MAX(1,G5)", "H6:H28": "=MAX(H5,G6)", "I5:I28": "=1-G5/H5",
        "K1": "final wealth", "L1": "=G28", "K2": "largest drawdown", "L2": "=MAX(I5:I28)", "K3": "allowed", "L3": 0.03,
    },
    "L1", "B2:E2", 1.1771115150649616, SEARCHED, goal="max", non_negative=True, constraints=(("F2", "=", "1"), ("L2", "<=", "L3")),
)  # fmt: skip

MAXIMIN = Known(
    {
        "B2:E2": 0.25, "F2": "=SUM(B2:E2)", "A4": "month", "B4:E4": "return", **block("B5", MONTHS), "F5:F28": "=SUMPRODUCT(B5:E5,B$2:E$2)",
        "H1": "worst month", "H2": "=MIN(F5:F28)",
    },
    "H2", "B2:E2", -0.017928944734606683, "linear programme", goal="max", non_negative=True, constraints=(("F2", "=", "1"),),
)  # fmt: skip

# -- goals -------------------------------------------------------------------------------------------------------------

BREAK_EVEN = Known(
    {
        **down("A1", "price", "unit cost", "fixed", "units"), **down("B1", 19.9, 11.35, 42000), "A6": "profit",
        "B6": "=B4*(B1-B2)-B3",
    },
    "B6", "B4", 0, "42000/8.55", goal="value=0", x=(42000 / 8.55,), non_negative=True,
)  # fmt: skip

RETURN_RATE = Known(
    {
        **across("A1", "year", *range(6)), **across("A2", "cash", -1000, 120, 250, 400, 400, 300), "A4": "rate", "B4": 0,
        "A5": "NPV", "B5": "=B2+NPV(B4,C2:G2)",
    },
    "B5", "B4", 0, "the rate at which the present value is nothing", goal="value=0",
)  # fmt: skip

LOAN = Known(
    {
        **down("A1", "price", "down", "years", "rate", "payment", "left after 5 years"), **down("B1", 250000, 0, 25, 0.0475),
        "B5": "=-PMT(B4/12,B3*12,B1-B2)", "B6": "=-FV(B4/12,60,-B5,B1-B2)",
    },
    "B5", "B2", 1100, "the down payment that makes 1,100 a month", goal="value=1100",
    x=(250000 - 1100 * (1 - (1 + 0.0475 / 12) ** -300) / (0.0475 / 12),),
    constraints=(("B2", ">=", "0"), ("B2", "<=", "B1")),
)  # fmt: skip

BOND = Known(
    {
        **across("A1", "period", "payment", "present value"), **down("A2", *range(1, 21)), "B2:B20": 2.75, "B21": 102.75,
        "C2:C21": "=B2/(1+$F$1/2)^A2", "E1": "yield", "F1": 0, "E2": "price", "F2": "=SUM(C2:C21)", "E3": "quoted", "F3": 93.25,
    },
    "F2", "F1", 93.25, "the yield of a quoted price", goal="value=93.25", non_negative=True,
)  # fmt: skip

IMPLIED = Known(
    {
        **down("A1", "spot", "strike", "rate", "years", "sigma", "d1", "d2", "call"), **down("B1", 102.5, 110, 0.035, 0.4, 0),
        "B6": "=(LN(B1/B2)+(B3+B5^2/2)*B4)/(B5*SQRT(B4))", "B7": "=B6-B5*SQRT(B4)",
        "B8": "=B1*NORM.S.DIST(B6,TRUE)-B2*EXP(-B3*B4)*NORM.S.DIST(B7,TRUE)",
    },
    "B8", "B5", 4.2, "the volatility of a quoted price; the sheet starts in #DIV/0!", goal="value=4.2",
    constraints=(("B5", ">=", "0.0001"), ("B5", "<=", "5")),
)  # fmt: skip

RETIREMENT = Known(
    {
        **across("A1", "age", "balance", "saved"), **down("A2", *range(30, 66)), "C2:C37": "=$F$1*(1+$F$2)^(A2-30)", "B2": "=C2",
        "B3:B37": "=B2*(1+$F$3)+C3", **down("E1", "first year", "raise", "interest"), **down("F1", 1000, 0.02, 0.05),
        "E5": "at 65", "F5": "=VLOOKUP(65,A2:C37,2,FALSE)",
    },
    "F5", "F1", 1_000_000, "linear in the first year's saving", goal="value=1000000", non_negative=True,
)  # fmt: skip

# -- production, stocks, control ----------------------------------------------------------------------------------------

GASOLINE = Known(
    {
        **across("A1", "crude", "octane", "sulphur", "cost", "have"),
        **block("B2", [[84, 0.9, 58, 5000], [91, 0.6, 69, 4000], [97, 0.3, 81, 2500]]), **down("A2", "light", "medium", "heavy"),
        **across("G1", "regular", "premium"), "G2:H4": 0, "I2:I4": "=SUM(G2:H2)", "F5": "barrels", "G5:H5": "=SUM(G2:G4)",
        "F6": "octane", "G6:H6": "=SUMPRODUCT($B2:$B4,G2:G4)/G5", "F7": "sulphur", "G7:H7": "=SUMPRODUCT($C2:$C4,G2:G4)/G5",
        **across("G8", 87, 93), **across("G9", 0.8, 0.6), **across("G10", 72, 86), **across("G11", 6000, 3500), "F12": "profit",
        "G12": "=SUMPRODUCT(G10:H10,G5:H5)-SUMPRODUCT(D2:D4,I2:I4)",
    },
    "G12", "G2:H4", 99961.53846153845, "linear programme after multiplying out; the sheet starts in #DIV/0!", goal="max", non_negative=True,
    constraints=(("I2:I4", "<=", "E2:E4"), ("G6:H6", ">=", "G8:H8"), ("G7:H7", "<=", "G9:H9"), ("G5:H5", "<=", "G11:H11")),
)  # fmt: skip

NEWSVENDOR = Known(
    {
        **down("A1", "mean", "sd", "price", "cost", "salvage", "order"), **down("B1", 500, 120, 25, 14, 6, 0),
        "A8": "z", "B8": "=(B6-B1)/B2", "A9": "lost", "B9": "=B2*(NORM.S.DIST(B8,FALSE)-B8*(1-NORM.S.DIST(B8,TRUE)))",
        "A10": "sold", "B10": "=B1-B9", "A11": "profit", "B11": "=B3*B10+B5*(B6-B10)-B4*B6",
    },
    "B11", "B6", 4608.280514622578, "critical ratio (25-14)/(25-6)", goal="max", non_negative=True,
)  # fmt: skip

EOQ = Known(
    {
        **across("A1", "item", "demand", "order cost", "holding", "size", "quantity", "cost", "space"), **down("A2", *"KLMN"),
        **block("B2", [[1200, 40, 3, 2], [5300, 25, 1.2, 1], [640, 60, 8, 6], [9000, 15, 0.7, 0.5]]), "F2:F5": 1,
        "G2:G5": "=B2/F2*C2+F2/2*D2", "H2:H5": "=E2*F2", "G6": "=SUM(G2:G5)", "H6": "=SUM(H2:H5)", "H7": 900,
    },
    "G6", "F2:F5", 2826.7021199872165, SEARCHED, constraints=(("H6", "<=", "H7"), ("F2:F5", ">=", "1")), non_negative=True,
)  # fmt: skip

DEMAND = (40, 60, 75, 25, 36, 80, 95, 60, 30, 55, 70, 45)
INVENTORY = Known(
    {
        **across("A1", "month", "demand", "made", "stock", "cost"), **down("A2", *range(1, 13)), **down("B2", *DEMAND), "C2:C13": 0,
        "D2": "=10+C2-B2", "D3:D13": "=D2+C3-B3", "E2": "=12*C2+0.05*C2^2+2*D2+0.3*(C2-50)^2",
        "E3:E13": "=12*C3+0.05*C3^2+2*D3+0.3*(C3-C2)^2", "D14": "total", "E14": "=SUM(E2:E13)", "G1": "capacity", "G2": 70,
    },
    "E14", "C2:C13", 10486.715998997577, SEARCHED + " (a convex quadratic programme)", non_negative=True,
    constraints=(("D2:D13", ">=", "0"), ("C2:C13", "<=", "G2"), ("D13", "=", "15")),
)  # fmt: skip

BACKORDERS = Known(
    {
        **across("A1", "month", "demand", "made", "stock", "cost"), **down("A2", *range(1, 9)),
        **down("B2", 40, 60, 75, 25, 36, 80, 95, 60), "C2:C9": 50, "D1": "stock", "D2": "=C2-B2", "D3:D9": "=D2+C3-B3",
        "E2:E9": "=IF(D2>=0,1.5*D2,-6*D2)+IF(C2>60,14*(C2-60),0)+10*C2", "E10": "=SUM(E2:E9)",
    },
    "E10", "C2:C9", 4936.5, "linear programme", non_negative=True, constraints=(("D9", ">=", "0"), ("C2:C9", "<=", "90")),
)  # fmt: skip

WEBER = Known(
    {
        **across("A1", "x", "y", "tons", "distance"), **block("A2", [[2, 9, 40], [7, 1, 25], [9, 8, 60], [1, 2, 30], [5, 5, 10]]),
        "D2:D6": "=SQRT((A2-$F$2)^2+(B2-$G$2)^2)", **across("F1", "x", "y"), **across("F2", 5, 5), "F4": "=SUMPRODUCT(C2:C6,D2:D6)",
    },
    "F4", "F2:G2", 748.1198442406355, SEARCHED + "; the sheet starts on a customer, where SQRT has no slope",
)  # fmt: skip

PRICING = Known(
    {
        **across("A1", "room", "price", "elasticity", "base", "base price", "demand", "revenue"), **down("A2", "single", "double", "suite"),
        "B2:B4": 90, **down("C2", -1.5, -2, -1.2), **down("D2", 250, 100, 50), **down("E2", 85, 98, 139),
        "F2:F4": "=D2+C2*(D2/E2)*(B2-E2)", "G2:G4": "=B2*F2", "F5": "=SUM(F2:F4)", "G5": "=SUM(G2:G4)", "F6": 450,
        **down("I2", 70, 90, 120), **down("J2", 90, 110, 149),
    },
    "G5", "B2:B4", 39376.47597254121, SEARCHED, goal="max", constraints=(("B2:B4", ">=", "I2:I4"), ("B2:B4", "<=", "J2:J4"), ("F5", "<=", "F6")),
)  # fmt: skip

COBB_DOUGLAS = Known(
    {
        "A1": "labour", "B1": 1, "A2": "capital", "B2": 1, "A3": "output", "B3": "=12*B1^0.35*B2^0.55", "A4": "cost",
        "B4": "=18*B1+45*B2",
    },
    "B4", "B1:B2", 8373.706838913167, "closed form", constraints=(("B3", ">=", "=250*4"), ("B1:B2", ">=", "0.001")),
)  # fmt: skip

CLIMATE = Known(
    {
        **across("A1", "t", "L", "A", "sigma", "savings", "abatement", "K", "Y gross", "M", "T", "damage", "Y net", "C", "utility", "discounted"),
        **down("A2", *range(40)), "B2": 7, "B3:B41": "=B2*(11.5/B2)^0.13", "C2": 5.1, "C3:C41": "=C2*(1+0.08*EXP(-0.01*5*A2))",
        "D2": 0.35, "D3:D41": "=D2*EXP(-0.015*5*0.99^A2)", "E2:E41": 0.25, "F2:F41": 0.03, "G2": 223,
        "G3:G41": "=G2*0.9^5+5*E2*L2", "H2:H41": "=C2*B2^0.7*G2^0.3", "I2": 851,
        "I3:I41": "=588+(I2-588)*0.96+5*0.273*D2*(1-F2)*H2", "J2": 0.85,
        "J3:J41": "=J2+0.1*(3.68*LN(I3/588)/LN(2)-1.19*J2)", "K2:K41": "=0.00236*J2^2",
        "L2:L41": "=H2*(1-K2)*(1-0.07*EXP(-0.025*A2)*F2^2.6)", "M2:M41": "=(1-E2)*L2", "N2:N41": "=B2*((M2/B2)^(1-1.45)-1)/(1-1.45)",
        "O2:O41": "=N2/1.015^(5*A2)", "R1": "welfare", "R2": "=SUM(O2:O41)",
    },
    "R2", "E2:F41", 215.4848350814125, SEARCHED, goal="max",
    constraints=(("E2:F41", "<=", "1"), ("E2:F41", ">=", "0")), non_negative=True,
)  # fmt: skip

PLANS: dict[str, Known] = {
    "quick tour": QUICK_TOUR, "product mix": PRODUCT_MIX, "sharpe index": SHARPE_INDEX, "rlc": RLC, "markowitz": MARKOWITZ,
    "max sharpe": MAX_SHARPE, "sharpe from zero": SHARPE_FROM_ZERO, "frontier": FRONTIER, "risk parity": RISK_PARITY,
    "drawdown": DRAWDOWN, "maximin": MAXIMIN, "break even": BREAK_EVEN, "return rate": RETURN_RATE, "loan": LOAN, "bond": BOND,
    "implied": IMPLIED, "retirement": RETIREMENT, "gasoline": GASOLINE, "newsvendor": NEWSVENDOR, "eoq": EOQ,
    "inventory": INVENTORY, "backorders": BACKORDERS, "weber": WEBER, "pricing": PRICING, "cobb-douglas": COBB_DOUGLAS,
    "climate": CLIMATE,
}  # fmt: skip
