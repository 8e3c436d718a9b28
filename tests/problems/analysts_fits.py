"""Curves, likelihoods and forecasts, fitted in workbooks as people keep them: headings, names, sheets, odd starts.

Optima are published ones, closed forms, or the best of many starts of scipy on the same function written by hand.
"""

from __future__ import annotations

import math

from tests.problems.known import Cells, Known
from tests.problems.linear import across, block, down

SEARCHED = "scipy, best of many starts, on the function written by hand"


def _ripple(count: int, size: float) -> list[float]:
    """Errors that look like noise and are the same on every machine."""
    return [round(size * math.sin(12.9898 * i * i + 4.1 * i), 3) for i in range(count)]


DECAY = Known(
    {
        "A1": "Cooling of a cup", "A3": "minute", "B3": "degrees", "C3": "model", "E3": "Parameters", "E4": "start",
        "E5": "rate", "E6": "room", "F4:F6": 0, "E8": "sum of squares", "F8": "=SUMXMY2(B4:B15,C4:C15)", "H3": "#N/A",
        "H4": "=NA()", "H5": "=1/0", **down("A4", *(5 * i for i in range(12))),
        **down("B4", 82.3, 66.5, 55.7, 47.1, 40.9, 36.2, 32.3, 30.0, 27.6, 26.2, 25.3, 24.0),
        "C4:C15": "=$F$6+$F$4*EXP(-$F$5*A4)",
    },
    "F8", "F4:F6", 0.5277740526161248, SEARCHED,
)  # fmt: skip

PUROMYCIN = Known(
    {
        **across("A1", "conc", "rate", "fit"), **down("A2", .02, .02, .06, .06, .11, .11, .22, .22, .56, .56, 1.1, 1.1),
        **down("B2", 76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200), "C2:C13": "=Vmax*A2/(Km+A2)",
        "E1": "Vmax", "F1": 100, "E2": "Km", "F2": 1, "E4": "RSS", "F4": "=SUMXMY2(Assay[rate],Assay[fit])",
    },
    "F4", "F1:F2", 1195.448814346, "Bates and Watts (1988), Nonlinear Regression Analysis, appendix A1.3: 1195",
    names={"Vmax": "=model!$F$1", "Km": "=model!$F$2"}, tables={"Assay": "A1:C13"}, non_negative=True,
)  # fmt: skip

POPULATION = Known(
    {
        "A1": "US census, millions", **down("A3", *range(1790, 2000, 10)),
        **down("B3", 3.929, 5.308, 7.240, 9.638, 12.866, 17.069, 23.192, 31.443, 38.558, 50.156, 62.948, 75.996, 91.972,
               105.711, 122.775, 131.669, 150.697, 179.323, 203.302, 226.542, 248.710),
        "C3:C23": "=K/(1+EXP(-growth*(A3-midyear)))", "D3:D23": "=(B3-C3)^2", "D2": "squares", "D24": "=SUM(D2:D23)",
        "F3": "capacity", "G3": 300, "F4": "growth", "G4": 0.01, "F5": "mid year", "G5": 1900,
    },
    "D24", "G3:G5", 357.3301186786322, SEARCHED,
    names={"K": "=model!$G$3", "growth": "=model!$G$4", "midyear": "=model!$G$5"}, non_negative=True,
)  # fmt: skip

GOMPERTZ = Known(
    {
        **across("A1", "week", "mass", "model"), **down("A2", *range(15)),
        **down("B2", 1.2, 2.1, 3.9, 6.1, 9.2, 13.5, 17.2, 21.9, 25.1, 28.6, 31.4, 33.1, 35.3, 36.2, 37.4),
        "C2:C16": "=$E$2*EXP(-$F$2*EXP(-$G$2*A2))", **across("E1", "A", "b", "c"), **across("E2", 10, 1, 0.5),
        "E5": "=SUMPRODUCT((B2:B16-C2:C16)^2)", **across("E8", 1, 0.1, 0.01), **across("E9", 100, 10, 2),
    },
    "E5", "E2:G2", 1.7888764208136472, SEARCHED, constraints=(("E2:G2", ">=", "E8:G8"), ("E2:G2", "<=", "E9:G9")),
)  # fmt: skip

PEAKS = Known(
    {
        **across("A1", "x", "signal", "fit"), **down("A2", *(round(0.25 * i, 2) for i in range(41))),
        **down("B2", *(
            round(3.2 * math.exp(-(((0.25 * i - 3.1) / 0.8) ** 2)) + 1.7 * math.exp(-(((0.25 * i - 6.4) / 1.3) ** 2))
                  + 0.4 + error, 3) for i, error in enumerate(_ripple(41, 0.08))
        )),
        "C2:C42": "=$F$8+$F$2*EXP(-(((A2-$F$3)/$F$4)^2))+$F$5*EXP(-(((A2-$F$6)/$F$7)^2))",
        **down("E2", "height 1", "place 1", "width 1", "height 2", "place 2", "width 2", "base"),
        **down("F2", 1, 2, 1, 1, 8, 1, 0), "F10": "=SUMXMY2(B2:B42,C2:C42)",
    },
    "F10", "F2:F8", 0.08768396564870286, SEARCHED, constraints=(("F4", ">=", "0.1"), ("F7", ">=", "0.1")),
)  # fmt: skip

PASSENGERS = (
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114,
    140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209, 191,
    172, 194,
)  # fmt: skip
HOLT_WINTERS = Known(
    {
        **across("A4", "month", "sales", "level", "trend", "season", "forecast", "error^2"),
        **down("A5", *range(1, 49)), **down("B5", *PASSENGERS), "E5:E16": "=B5/AVERAGE($B$5:$B$16)",
        "C16": "=AVERAGE(B5:B16)", "D16": "=(AVERAGE(B17:B28)-AVERAGE(B5:B16))/12",
        "C17:C52": "=alpha*B17/E5+(1-alpha)*(C16+D16)", "D17:D52": "=beta*(C17-C16)+(1-beta)*D16",
        "E17:E52": "=gamma*B17/C17+(1-gamma)*E5", "F17:F52": "=(C16+D16)*E5", "G17:G52": "=(B17-F17)^2",
        **across("A1", "alpha", 0, "beta", 0, "gamma", 0), "H1": "RMSE", "I1": "=SQRT(AVERAGE(G17:G52))",
    },
    "I1", "B1,D1,F1", 6.855660366928666, SEARCHED, constraints=(("B1,D1,F1", "<=", "1"), ("B1,D1,F1", ">=", "0")),
    names={"alpha": "=model!$B$1", "beta": "=model!$D$1", "gamma": "=model!$F$1"}, non_negative=True,
)  # fmt: skip

SMOOTHING = Known(
    {
        **across("A1", "sales", "forecast", "abs. error"), **down("A2", 71, 70, 69, 68, 64, 65, 72, 78, 75, 75, 75, 70),
        "B2": "=A2", "B3:B13": "=$F$1*A2+(1-$F$1)*B2", "C3:C13": "=(A3-B3)^2", "E1": "alpha", "F1": 1,
        "E2": "MSE", "F2": "=AVERAGE(C2:C13)",
    },
    "F2", "F1", 139 / 11, SEARCHED, constraints=(("F1", "<=", "1"),), non_negative=True,
)  # fmt: skip

RETURNS = [round(x * (1 + 0.9 * math.sin(i / 9)), 2) for i, x in enumerate(_ripple(150, 1.6))]
GARCH = Known(
    {
        **across("A1", "return", "variance", "log likelihood"), **down("A2", *RETURNS), "B2": "=VARP(A2:A151)",
        "B3:B151": "=$F$2+$F$3*A2^2+$F$4*B2", "C2:C151": "=-0.5*(LN(2*PI())+LN(B2)+A2^2/B2)",
        **down("E2", "omega", "alpha", "beta"), **down("F2", 0.1, 0.1, 0.8), "E6": "persistence", "F6": "=F3+F4",
        "E7": "log likelihood", "F7": "=SUM(C2:C151)",
    },
    "F7", "F2:F4", -222.04340856929795, SEARCHED, goal="max", non_negative=True,
    constraints=(("F2", ">=", "0.000001"), ("F6", "<=", "0.9999"), ("F3:F4", "<=", "1")),
)  # fmt: skip

HOURS = (
    .5, .75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5,
)  # fmt: skip
LOGIT = Known(
    {
        **across("A1", "hours", "passed", "p", "LL"), **down("A2", *HOURS),
        **down("B2", 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1),
        "C2:C21": "=EXP($G$1+$G$2*A2)/(1+EXP($G$1+$G$2*A2))", "D2:D21": "=IF(B2=1,LN(C2),LN(1-C2))",
        "F1": "intercept", "F2": "slope", "G1:G2": 0, "F4": "log likelihood", "G4": "=SUM(D:D)",
    },
    "G4", "G1:G2", -8.029878464344, "the hours of study in the literature on logistic regression: -8.02988",
    goal="max",
)  # fmt: skip

POISSON = Known(
    {
        **across("A1", "week", "claims", "mean", "LN p"), **down("A2", *range(1, 15)),
        **down("B2", 0, 1, 2, 3, 1, 4, 9, 18, 23, 31, 20, 25, 37, 45), "C2:C15": "=EXP(F$2+F$3*A2)",
        "D2:D15": "=LN(POISSON.DIST(B2,C2,FALSE))", "F1": "a, b", "F2:F3": 0, "F5": "=SUM(D2:D15)",
    },
    "F5", "F2:F3", -41.290352134029895, "AIDS deaths in Australia (Dobson 1990); " + SEARCHED, goal="max",
)  # fmt: skip

WEIBULL = Known(
    {
        "A1": "hours to failure", **down("A2", 17.88, 28.92, 33, 41.52, 42.12, 45.6, 48.4, 51.84, 51.96, 54.12, 55.56,
                                         67.8, 68.64, 68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04,
                                         173.4),
        "B2:B24": "=LN(WEIBULL.DIST(A2,$E$1,$E$2,FALSE))", "D1": "shape", "E1": 1, "D2": "scale", "E2": 1,
        "D3": "LL", "E3": "=SUM(B2:B24)",
    },
    "E3", "E1:E2", -113.69195908769005, "ball bearings (Lieblein and Zelen 1956): shape 2.10, scale 81.9", goal="max", non_negative=True,
    constraints=(("E1:E2", ">=", "0.001"),),
)  # fmt: skip

CENSORED = Known(
    {
        **across("A1", "months", "left?"), **down("A2", 3, 7, 12, 1, 24, 24, 9, 15, 24, 6), **down("B2", *"YYYYNNYYNY"),
        "C2:C11": '=IF(B2="Y",LN(D$1)-D$1*A2,-D$1*A2)', "D1": 1, "D3": "=SUM(C2:C11)",
    },
    "D3", "D1", 7 * math.log(7 / 125) - 7, "7 customers left in 125 months: the rate is 7/125",
    goal="max", constraints=(("D1", ">=", "0.0001"),),
)  # fmt: skip

NORMAL = Known(
    {
        "A1": "x", **down("A2", 9.8, 10.4, 11.1, 8.7, 10.0, 9.9, 12.3, 10.6), "B2:B9": "=LN(NORM.DIST(A2,mu,sigma,FALSE))",
        "D1": "mu", "E1": 5, "D2": "sigma", "E2": 5, "E4": "=SUM(B2:B9)",
    },
    "E4", "E1:E2", -4 * (math.log(2 * math.pi * 0.9725) + 1), "mean 10.35 and the variance of the eight, 0.9725",
    goal="max", names={"mu": "=model!$E$1", "sigma": "=model!$E$2"}, constraints=(("sigma", ">=", "0.01"),),
)  # fmt: skip

BASS = Known(
    {
        "A1": "Colour television, millions", **across("A3", "year", "sales", "cumulative", "Bass", "diff"),
        **down("A4", *range(1, 17)), "C4": "=B4", "C5:C19": "=C4+B5",
        **down("B4", 0.15, 0.4, 0.75, 1.4, 2.6, 5.0, 5.5, 5.6, 6.1, 4.6, 5.9, 7.2, 8.8, 8.0, 6.4, 7.6),
        "D4": "=p*m", "D5:D19": "=(p+q*C4/m)*(m-C4)", "E4:E19": "=B4-D4", **across("G3", "p", "q", "m"),
        **across("G4", 0.01, 0.1, 100), "G6": "=SUMSQ(E4:E19)",
    },
    "G6", "G4:I4", 20.33317380114417, SEARCHED, names={name: f"=model!${c}$4" for name, c in zip("pqm", "GHI", strict=True)},
    constraints=(("p,q", "<=", "1"), ("m", ">=", "C19")), non_negative=True,
)  # fmt: skip

YIELDS = ((0.25, 0.0512), (0.5, 0.0503), (1, 0.0471), (2, 0.0430), (3, 0.0416), (5, 0.0411), (7, 0.0417), (10, 0.0425),
          (20, 0.0458), (30, 0.0447))  # fmt: skip
NELSON_SIEGEL = Known(
    {
        **across("A1", "years", "yield", "model"), **block("A2", [list(pair) for pair in YIELDS]),
        "C2:C11": "=$F$1+$F$2*(1-EXP(-A2/$F$4))/(A2/$F$4)+$F$3*((1-EXP(-A2/$F$4))/(A2/$F$4)-EXP(-A2/$F$4))",
        **down("E1", "level", "slope", "hump", "tau"), **down("F1", 0.05, 0, 0, 1),
        "E6": "squares in basis points", "F6": "=SUMXMY2(B2:B11,C2:C11)*10000^2",
    },
    "F6", "F1:F4", 240.53579577641963, SEARCHED, constraints=(("F4", ">=", "0.1"), ("F4", "<=", "20"), ("F1", ">=", "0")),
)  # fmt: skip


def _games() -> Cells:
    """Every team at every other's home: home, away, margin, what the ratings say."""
    teams = ("Ajax", "Feyenoord", "PSV", "Utrecht", "Twente", "Vitesse")
    strength = dict(zip(teams, (6.5, 2.5, 5.0, -3.5, -4.0, -6.5), strict=True))
    games = [(home, away) for home in teams for away in teams if home != away]
    margins = [round(strength[h] - strength[a] + 2.5 + e) for (h, a), e in zip(games, _ripple(30, 4.0), strict=True)]
    return {
        **across("A1", "home", "away", "margin", "predicted", "error"), **down("A2", *(home for home, _ in games)),
        **down("B2", *(away for _, away in games)), **down("C2", *margins),
        "D2:D31": "=$H$9+VLOOKUP(A2,$G$2:$H$7,2,FALSE)-INDEX($H$2:$H$7,MATCH(B2,$G$2:$G$7,0))", "E2:E31": "=C2-D2",
        "G1": "team", "H1": "rating", **down("G2", *teams), "H2:H7": 0, "G8": "mean", "H8": "=AVERAGE(H1:H7)",
        "G9": "home edge", "H9": 3, "G11": "sum of squares", "H11": "=SUMXMY2(C2:C31,D2:D31)",
    }  # fmt: skip


RATINGS = Known(_games(), "H11", "H2:H7,H9", 128.13333333333333, "normal equations", constraints=(("H8", "=", "0"),))

XOR = Known(
    {
        **across("A1", "a", "b", "a xor b", "h1", "h2", "out", "loss"),
        **block("A2", [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]), "D2:E5": "=TANH($A2*J$2+$B2*J$3+J$4)",
        "F2:F5": "=1/(1+EXP(-(D2*$J$6+E2*$J$7+$J$8)))", "G2:G5": "=(C2-F2)^2", "G6": "=SUM(G2:G5)/4",
        "I1": "weights", **block("J2", [[0.5, -0.4], [0.3, 0.6], [-0.1, 0.2]]), **down("J6", 0.1, -0.2, 0.3),
    },
    "G6", "J2:K4,J6:J8", 0, "a net of two hidden cells can learn XOR",
)  # fmt: skip

LASSO = Known(
    {
        **across("A1", "tv", "radio", "paper", "sales", "fit"),
        **block("A2", [[230.1, 37.8, 69.2, 22.1], [44.5, 39.3, 45.1, 10.4], [17.2, 45.9, 69.3, 9.3],
                       [151.5, 41.3, 58.5, 18.5], [180.8, 10.8, 58.4, 12.9], [8.7, 48.9, 75, 7.2],
                       [57.5, 32.8, 23.5, 11.8], [120.2, 19.6, 11.6, 13.2], [8.6, 2.1, 1, 4.8], [199.8, 2.6, 21.2, 10.6]]),
        "E2:E11": "=$G$2+SUMPRODUCT(A2:C2,$H$2:$J$2)", **across("G1", "constant", "b1", "b2", "b3"), "G2:J2": 0,
        "G4": "=SUMXMY2(D2:D11,E2:E11)", "G5": "=ABS(H2)+ABS(I2)+ABS(J2)", "G6": 0.1,
    },
    "G4", "G2:J2", 57.84567320896858, SEARCHED, constraints=(("G5", "<=", "G6"),),
)  # fmt: skip

LEAST_ABSOLUTE = Known(
    {
        **across("A1", "x", "y", "|e|"), **down("A2", *range(1, 12)),
        **down("B2", 2.1, 3.9, 6.2, 7.8, 40, 12.1, 13.8, 16.3, 17.9, 20.2, 2), "C2:C12": "=ABS(B2-$F$1-$F$2*A2)",
        "F1:F2": 0, "F3": "=SUM(C2:C12)",
    },
    "F3", "F1:F2", 51.375, "linear programme",
)  # fmt: skip

CHEBYSHEV = Known(
    {
        **across("A1", "x", "EXP(x)", "cubic", "error"), **down("A2", *(i / 20 for i in range(21))),
        "B2:B22": "=EXP(A2)", "C2:C22": "=F$1+A2*(F$2+A2*(F$3+A2*F$4))", "D2:D22": "=ABS(B2-C2)", "F1:F4": 0,
        "F6": "=MAX(D2:D22)*1000",
    },
    "F6", "F1:F4", 0.5431743511974951, "linear programme",
)  # fmt: skip

FITS: dict[str, Known] = {
    "decay": DECAY, "puromycin": PUROMYCIN, "population": POPULATION, "gompertz": GOMPERTZ, "peaks": PEAKS,
    "holt-winters": HOLT_WINTERS, "smoothing": SMOOTHING, "garch": GARCH, "logit": LOGIT, "poisson": POISSON,
    "weibull": WEIBULL, "censored": CENSORED, "normal": NORMAL, "bass": BASS, "nelson-siegel": NELSON_SIEGEL,
    "ratings": RATINGS, "xor": XOR, "lasso": LASSO, "least absolute": LEAST_ABSOLUTE, "chebyshev": CHEBYSHEV,
}  # fmt: skip
