# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""Models as people build and save them, small: name -> sheets, objective, changing cells, what else they need.

A text that begins with '=' is a formula, filled over its whole range; arrays are array formulas by their block.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cellgrad.values import Value

Cells = dict[str, Value]


@dataclass(frozen=True)
class Saved:
    """A model. Cell names without a sheet lie in the first one. iterate: its circles are iterated."""

    cells: Cells
    objective: str
    changing: str
    arrays: Cells = field(default_factory=dict)
    others: dict[str, Cells] = field(default_factory=dict)
    iterate: bool = False


def down(letter: str, first: int, values: object) -> Cells:
    """Values down a column."""
    return {f"{letter}{first + i}": v if isinstance(v, str) else float(v) for i, v in enumerate(values)}  # type: ignore[arg-type,call-overload]


def table(left: str, first: int, values: np.ndarray) -> Cells:
    """Values over a rectangle, its columns from the letter `left`."""
    return {f"{chr(ord(left) + j)}{first + i}": float(v) for i, row in enumerate(values) for j, v in enumerate(row)}


def numbers(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


_RETURNS = numbers(1).normal(0.01, 0.05, (24, 4))
_X = numbers(2).normal(size=(20, 3))
_TIMES = np.arange(24)

MODELS: dict[str, Saved] = {
    "transport: costs by quantities": Saved(
        {**table("B", 2, numbers(3).integers(2, 12, (3, 4))), **table("B", 8, numbers(4).uniform(1, 50, (3, 4))), "B12:E12": "=SUM(B8:B10)", "H1": "=SUMPRODUCT(B2:E4,B8:E10)+10*SUMXMY2(B12:E12,{30,40,50,60})"},
        "H1", "B8:E10"),
    "blending: a ratio and a penalty": Saved(
        {**down("B", 2, [5, 9, 3, 7]), **down("C", 2, [0.1, 0.4, 0.25, 0.5]), **down("D", 2, [4, 6, 3, 8]), "H1": "=SUMPRODUCT(B2:B5,D2:D5)/SUM(B2:B5)+90*MAX(0,SUMPRODUCT(B2:B5,C2:C5)/SUM(B2:B5)-0.3)^2"},
        "H1", "B2:B5"),
    "shifts: counted cells beside live sums": Saved(
        {**down("C", 2, [4, 5, 2, 6, 3]), **table("E", 2, np.array([[(j - i) % 5 < 3 for j in range(5)] for i in range(5)])), "E10:I10": "=SUMPRODUCT($C$2:$C$6,E2:E6)", "E11:I11": "=IF(E10<11.5,(11.5-E10)^2,0)", "H1": '=SUM(C2:C6)*4+SUM(E11:I11)+COUNTIF(E10:I10,">11.7")*C3'},
        "H1", "C2:C6"),
    "portfolio: Sharpe by matrices": Saved(
        {**down("B", 2, [0.3, 0.2, 0.4, 0.1]), **table("D", 10, _RETURNS), "B10:B33": "=SUMPRODUCT(D10:G10,$J$2:$M$2)", "H1": "=(SUM(B10:B33)/24-0.001)/SQRT(C2)+PERCENTILE(B10:B33,0.05)+STDEV(B10:B33)"},
        "H1", "B2:B5", {"J2:M2": "=TRANSPOSE(B2:B5)", "C2:C2": "=SUMPRODUCT(MMULT(TRANSPOSE(B2:B5),MMULT(TRANSPOSE(D10:G33),D10:G33)/24),TRANSPOSE(B2:B5))"}),
    "Black-Litterman: inverses of inverses": Saved(
        {**down("B", 2, [0.03, 0.05, 0.02]), **table("D", 2, np.cov(_RETURNS[:, :3].T) * 12), "B6": 0.05, "B7": 0.02, "H1": "=SUMSQ(J2:J4)+SUMPRODUCT(L2:L4,{1;2;3})"},
        "H1", "B2:B4,B6:B7", {"J2:J4": "=MMULT(MINVERSE(MINVERSE(B6*D2:F4)+MMULT({1;-1;0},{1,-1,0})/B7),MMULT(MINVERSE(B6*D2:F4),B2:B4)+{1;-1;0}*0.03/B7)", "L2:L4": "=MMULT(MINVERSE(D2:F4),J2:J4)/2.5"}),
    "bonds: prices and yields on a fitted curve": Saved(
        {**down("B", 1, [0.04, 0.02, 0.3]), "B5": 43831.0, **down("A", 8, [44562, 45292, 46023]), **down("C", 8, [0.03, 0.035, 0.04]), **down("D", 8, [99.2, 101, 103]), "B8:B10": "=$B$1+$B$2*EXP(-$B$3*YEARFRAC($B$5,A8))", "E8:E10": "=PRICE($B$5,A8,C8,B8,100,2,0)", "H1": "=SUMXMY2(D8:D10,E8:E10)+YIELD(B5,A9,C9,E9,100,2,0)+DURATION(B5,A8,C8,B8,2,0)"},
        "H1", "B1:B3"),
    "yields: Nelson-Siegel": Saved(
        {**down("B", 1, [0.045, 0.01, -0.02, 1.7]), **down("A", 8, [0.25, 1, 2, 5, 10, 30]), **down("B", 8, [0.0512, 0.047, 0.043, 0.04, 0.0405, 0.0435]), "C8:C13": "=$B$1+$B$2*(1-EXP(-A8/$B$4))/(A8/$B$4)+$B$3*((1-EXP(-A8/$B$4))/(A8/$B$4)-EXP(-A8/$B$4))", "H1": "=SUMXMY2(B8:B13,C8:C13)*10000"},
        "H1", "B1:B4"),
    "projects: IRR, XIRR, NPV, MIRR": Saved(
        {**down("B", 2, [-1000, 200, 250, 300, 310, 200]), **down("A", 2, [43831, 44000, 44300, 44562, 44700, 45000]), "C1": 0.08, "H1": "=IRR(B2:B7)*1000+XIRR(B2:B7,A2:A7)*100+NPV(C1,B3:B7)+B2+XNPV(C1,B2:B7,A2:A7)+MIRR(B2:B7,0.1,C1)*100"},
        "H1", "B2:B7,C1"),
    "mortgage: a running balance that cannot fall below zero": Saved(
        {"B1": 2500.0, "B2": 0.05, "B3": 90.0, "D5": "=B1", "B6:B41": "=MIN($B$3,D5*(1+$B$2/12))", "C6:C41": "=D5*$B$2/12", "D6:D41": "=MAX(0,D5+C6-B6)", "H1": "=SUM(C6:C41)+(PMT(B2/12,36,-B1)-B3)^2+RATE(36,-B3,B1)*100+NPER(B2/12,-B3,B1)"},
        "H1", "B1:B3"),
    "epidemic: three linked recurrences": Saved(
        {**down("B", 1, [0.35, 0.1, 3]), "B10": "=1000-C10", "C10": "=B3", "D10": 0.0, "B11:B60": "=B10-$B$1*B10*C10/1000", "C11:C60": "=C10+$B$1*B10*C10/1000-$B$2*C10", "D11:D60": "=D10+$B$2*C10", "H1": "=SUMSQ(C11:C60)/1000+D60"},
        "H1", "B1:B3"),
    "climate: periods across, stocks and flows down": Saved(
        {**down("A", 1, [0.3, 0.02, 0.76, 0.24]), "B1:U1": "=COLUMN()-1", "B4:U4": 0.1, "B5": 223.0, "C5:U5": "=0.59*B5+5*B11*$A$4", "B6:U6": "=5*1.01^B1*B5^$A$1", "B7:U7": "=0.35*B6*(1-B4)", "B8": 851.0, "C8:U8": "=0.88*B8+0.2*B9+B7", "B9": 460.0, "C9:U9": "=0.12*B8+0.8*B9", "B10:U10": "=3.68*LOG(B8/588,2)+IF(B1<18,0.5+0.025*(B1-1),1)", "B11:U11": "=B6*(1-0.002*B12^2-0.05*B4^2.6)", "B12": 0.85, "C12:U12": "=B12+0.1*(C10-1.19*B12-0.09*(B12-B13))", "B13": 0.01, "C13:U13": "=B13+0.025*(B12-B13)", "B14:U14": "=LN(B11*$A$3)/(1+$A$2)^(5*B1)", "A40": "=SUM(B14:U14)"},
        "A40", "A1:A3,B4:U4"),
    "logistic regression": Saved(
        {**down("B", 1, [0.1, 0.2, -0.3, 0.4]), **table("A", 10, _X), **down("D", 10, _X[:, 0] - 2 * _X[:, 1] > 0), "E10:E29": "=1/(1+EXP(-($B$1+A10*$B$2+B10*$B$3+C10*$B$4)))", "F10:F29": "=IF(D10=1,LN(E10),LN(1-E10))", "H1": "=-SUM(F10:F29)"},
        "H1", "B1:B4"),
    "softmax net: the class picked by INDEX": Saved(
        {**table("B", 1, numbers(5).normal(size=(3, 3))), **table("F", 1, numbers(6).normal(size=(3, 3))), **table("A", 10, _X), **down("E", 10, numbers(7).integers(1, 4, 20)), "O10:Q29": "=L10/SUM($L10:$N10)", "R10:R29": "=-LN(INDEX(O10:Q10,E10))", "H9": "=AVERAGE(R10:R29)"},
        "H9", "B1:D3,F1:H3", {"H10:J29": "=TANH(MMULT(A10:C29,B1:D3))", "L10:N29": "=EXP(MMULT(H10:J29,F1:H3))"}),
    "GARCH likelihood": Saved(
        {**down("B", 1, [0.001, 0.0002, 0.1, 0.8]), **down("A", 10, _RETURNS[:, 0]), "C10": "=VAR(A10:A33)", "B10:B33": "=A10-$B$1", "C11:C33": "=$B$2+$B$3*B10^2+$B$4*C10", "D10:D33": "=-0.5*LN(2*PI())-0.5*LN(C10)-0.5*B10^2/C10", "H1": "=-SUM(D10:D33)"},
        "H1", "B1:B4"),
    "Holt-Winters smoothing": Saved(
        {**down("B", 1, [0.3, 0.1, 0.2]), **down("A", 10, 100 + 1.5 * _TIMES + 10 * np.sin(_TIMES)), "B13": "=AVERAGE(A10:A13)", "C13": "=(AVERAGE(A14:A17)-AVERAGE(A10:A13))/4", "D10:D13": "=A10/$B$13", "B14:B33": "=$B$1*A14/D10+(1-$B$1)*(B13+C13)", "C14:C33": "=$B$2*(B14-B13)+(1-$B$2)*C13", "D14:D33": "=$B$3*A14/B14+(1-$B$3)*D10", "E14:E33": "=(B13+C13)*D10", "H1": "=SUMXMY2(A14:A33,E14:E33)"},
        "H1", "B1:B3"),
    "smoothing by OFFSET and by INDEX into its own column": Saved(
        {"B1": 0.4, **down("A", 10, 50 + _TIMES % 5), "B10:C10": "=$A10", "B11:B33": "=$B$1*OFFSET(A11,-1,0)+(1-$B$1)*OFFSET(B11,-1,0)", "C11:C33": "=$B$1*INDEX($A$10:$A$33,ROW()-10)+(1-$B$1)*INDEX(C$10:C$33,ROW()-10)", "C34": "=SUM(C11:INDEX(C:C,ROW()-1))", "H1": "=SUMXMY2(A11:A33,B11:B33)+C34"},
        "H1", "B1"),
    "inventory: orders, lost sales, what is left": Saved(
        {**down("B", 1, [40, 60.5, 2.5]), **down("A", 10, numbers(8).integers(5, 30, 24)), "F9": 50.0, "B10:B33": "=F9", "D10:D33": "=MAX(0,A10-B10)", "E10:E33": "=IF(B10-MIN(B10,A10)<$B$1,$B$2-(B10-MIN(B10,A10)),0)", "F10:F33": "=B10-MIN(B10,A10)+E10", "H1": '=SUM(D10:D33)*8+SUM(F10:F33)*0.5+COUNTIF(E10:E33,">0")*20+SUM(E10:E33)*B3'},
        "H1", "B1:B3"),
    "likelihood of four distributions": Saved(
        {**down("B", 1, [1.8, 6.5, 2.1, 3, 1.5, 0.7, 2.2, 3.1]), **down("A", 20, numbers(9).gamma(2, 3, 15) + 0.1), "B20:B34": "=LN(WEIBULL.DIST(A20,$B$1,$B$2,FALSE))", "C20:C34": "=LN(GAMMA.DIST(A20,$B$3,$B$4,FALSE))", "D20:D34": "=LN(LOGNORM.DIST(A20,$B$5,$B$6,FALSE))", "E20:E34": "=LN(BETA.DIST(A20/30,$B$7,$B$8,FALSE))", "F20:F34": "=($B$3-1)*LN(A20)-GAMMALN($B$3)+NORM.DIST(A20,$B$2,$B$4,TRUE)", "H1": "=-SUM(B20:E34)/10+SUM(F20:F34)"},
        "H1", "B1:B8"),
    "dose and response, Michaelis-Menten by LINEST": Saved(
        {**down("B", 1, [1, 99, 1.1, 1.2]), **down("A", 10, [0.1, 0.3, 1, 3, 10, 30]), **down("B", 10, [8, 22, 51, 77, 93, 98]), "C10:C15": "=$B$1+($B$2-$B$1)/(1+10^((LOG10($B$3)-LOG10(A10))*$B$4))", "D10:D15": "=1/C10", "E10:E15": "=1/A10", "H1": "=SUMXMY2(B10:B15,C10:C15)+INDEX(LINEST(D10:D15,E10:E15),1,1)+INDEX(LINEST(D10:D15,E10:E15),1,2)+RSQ(B10:B15,C10:C15)"},
        "H1", "B1:B4"),
    "tax bands and scenarios: IF, CHOOSE, lookups by a live key": Saved(
        {"B1": 23.5, "B2": 1.7, **down("A", 20, [0, 10, 20, 30, 40]), "B20:B24": "=A20*$B$2/100", **down("C", 20, [0, 1, 2.5, 4.5, 7.5]), "D1": 2.0, "E1": "=CHOOSE(D1,B1,B2*B1,9)", "E2": "=VLOOKUP(B1,A20:C24,3)+(B1-VLOOKUP(B1,A20:A24,1))*VLOOKUP(B1,A20:C24,2)", "E3": "=FORECAST(B1,OFFSET(B20,MATCH(B1,A20:A24)-1,0,2),OFFSET(A20,MATCH(B1,A20:A24)-1,0,2))", "E4": "=IF(AND(B1>20,B2<2),B1^2*(1-0.21),B1)", "H1": "=SUM(E1:E4)+IFNA(VLOOKUP(5,A20:B24,2,FALSE),B1)"},
        "H1", "B1:B2"),
    "ratings: lookups of teams that are not all there": Saved(
        {**down("A", 2, range(1, 6)), **down("B", 2, [101, 97, 104, 99.5, 100]), **down("D", 20, [1, 2, 3, 4, 7, 5]), **down("E", 20, [5, 4, 2, 1, 3, 9]), "F20:F25": "=IFNA(VLOOKUP(D20,$A$2:$B$6,2,FALSE),$B$2*0.9)-IF(ISNA(MATCH(E20,$A$2:$A$6,0)),80,INDEX($B$2:$B$6,MATCH(E20,$A$2:$A$6,0)))", "G20:G25": "=SUMIF($A$2:$A$6,D20,$B$2:$B$6)-XLOOKUP(E20,$A$2:$A$6,$B$2:$B$6,90)", "H1": "=SUMXMY2(F20:F25,{3;-4;2;1;0;5})+SUMSQ(G20:G25)"},
        "H1", "B2:B6"),
    "LET, LAMBDA and their kin": Saved(
        {**down("B", 1, [0.5, 1.5, -0.3]), **down("A", 10, numbers(10).uniform(0.2, 2, 8)), "H1": "=SUM(C1:C6)"},
        "H1", "B1:B3", {"C1:C1": "=LET(a,B1,b,B2,SUM(a*A10:A17^2+b*A10:A17))", "C2:C2": "=SUM(MAP(A10:A17,LAMBDA(x,EXP(B3*x)*B1)))", "C3:C3": "=REDUCE(B1,A10:A17,LAMBDA(a,x,a*B2/1.5+x*B3))", "C4:C4": "=SUM(SCAN(0,A10:A17,LAMBDA(a,x,a*0.9+x*B1)))", "C5:C5": "=SUM(BYROW(A10:A17*TRANSPOSE(B1:B3),LAMBDA(r,MAX(r))))", "C6:C6": "=SUM(FILTER(A10:A17*B1,A10:A17>1))+SUM(SEQUENCE(3,1,B1,B2)^2)"}),
    "whole columns, three sheets, subtotals": Saved(
        {**down("A", 1, [1, 2, 3, 4.5]), **down("B", 1, numbers(11).uniform(0, 3, 12)), "C1:C12": "=B1*INDEX(A:A,MOD(ROW()-1,4)+1)", "H1": '=SUM(C:C)+SUMPRODUCT((B1:B12>1)*C1:C12)+SUMIF(B:B,">2",C:C)+SUM(Q1:Q3!C3)*AVERAGE(Q1:Q3!A1)+SUBTOTAL(1,C1:C12)+AGGREGATE(14,6,C1:C12/(B1:B12>1),2)'},
        "H1", "A1:A4", others={"Q1": {"A1": "=Sheet1!C3", "C3": "=Sheet1!A2^2"}, "Q2": {"A1": "=Sheet1!C4", "C3": 2.0}, "Q3": {"A1": 1.0, "C3": "=Sheet1!A4*2"}}),
    "interest on its own average, iterated": Saved(
        {"A2": 100.0, "A3": 0.05, "A4": 0.4, "B2": "=A2-B4", "B3": "=(1000+B2)/2", "B4": "=B3*A3*(1-A4)+B2*0.01", "H1": "=B2+B3^2/100+B4"},
        "H1", "A2:A4", iterate=True),
    "convolution, ReLU and pooling": Saved(
        {**table("A", 1, numbers(12).normal(size=(8, 8))), **table("A", 14, numbers(13).normal(size=(3, 3))), "A20:F25": "=MAX(0,SUMPRODUCT(A1:C3,$A$14:$C$16))", "A30:C32": "=MAX(OFFSET($A$20,2*(ROW()-30),2*(COLUMN()-1),2,2))", "H29": "=SUMSQ(A30:C32)"},
        "H29", "A14:C16"),
    "least squares by MINVERSE, determinants": Saved(
        {**down("B", 2, numbers(14).normal(size=20)), **table("D", 2, np.c_[np.ones(20), _X[:, :2]]), "K2:K21": "=(B2-D2*$I$2-E2*$I$3-F2*$I$4)^2", "M2": "=B2", "N2": "=B3*2", "M3": "=B4-B5", "N3": "=B6", "H1": "=SUM(K2:K21)+SUMSQ(I2:I4)+MDETERM(M2:N3)+INDEX(LINEST(B2:B21,E2:F21),1,2)"},
        "H1", "B2:B21", {"I2:I4": "=MMULT(MINVERSE(MMULT(TRANSPOSE(D2:F21),D2:F21)),MMULT(TRANSPOSE(D2:F21),B2:B21))"}),
    "order statistics": Saved(
        {**down("A", 1, [3, 1.5, 7.2, -2, 4.4, 9, 0.3, 6.1, 5]), "C1:C9": "=RANK(A1,$A$1:$A$9)*A1", "H1": "=SUM(C1:C9)/10+MEDIAN(A1:A9)+PERCENTILE(A1:A9,0.3)+QUARTILE(A1:A9,3)+TRIMMEAN(A1:A9,0.3)+LARGE(A1:A9,2)*SMALL(A1:A9,3)+INDEX(SORT(A1:A9),4)+AVEDEV(A1:A9)+CORREL(A1:A9,C1:C9)"},
        "H1", "A1:A9"),
    "pendulum: Runge-Kutta in columns": Saved(
        {**down("B", 1, [9.81, 1, 0.1, 0.8]), "B10": "=B4", "C10": 0.0, "D10:D40": "=C10", "E10:E40": "=-$B$1/$B$2*SIN(B10)-$B$3*C10", "F10:F40": "=C10+0.025*E10", "G10:G40": "=-$B$1/$B$2*SIN(B10+0.025*D10)-$B$3*F10", "H10:H40": "=C10+0.025*G10", "I10:I40": "=-$B$1/$B$2*SIN(B10+0.025*F10)-$B$3*H10", "B11:B40": "=B10+0.05/4*(D10+F10+2*H10)", "C11:C40": "=C10+0.05/4*(E10+G10+2*I10)", "H1": "=SUMSQ(B11:B40)+C40"},
        "H1", "B1:B4"),
    "shares of what is left: totals of its own column": Saved(
        {**down("B", 1, [0.3, 100, 1.5]), **down("A", 10, numbers(15).uniform(0, 2, 20)), "D9": 1.0, "D10:D29": "=($B$2-SUM(D$9:D9))*$B$1/5+A10*$B$3", "E10:E29": "=SUMPRODUCT((A$10:A10<=A10)*D$10:D10)", "F10:F29": "=AVERAGE(D$9:D9)-MAX(D$9:D9)", "H1": "=SUM(D10:F29)/10"},
        "H1", "B1:B3"),
    "option: a tree folded back": Saved(
        {**down("B", 1, [101, 0.2, 0.03, 100]), "D1": "=EXP(B2*SQRT(1/6))", "D2": "=(EXP(B3/6)-1/D1)/(D1-1/D1)", "B30:H36": "=IF(ROW()-30>COLUMN()-2,0,$B$1*$D$1^(COLUMN()-2-2*(ROW()-30)))", "H50:H56": "=MAX(0,$B$4-H30)", "B50:G55": "=IF(ROW()-50>COLUMN()-2,0,MAX($B$4-B30,EXP(-$B$3/6)*($D$2*C50+(1-$D$2)*C51)))", "A20": "=B50"},
        "A20", "B1:B4"),
}  # fmt: skip
