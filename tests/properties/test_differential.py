"""Random nested formulas over random typed cells: the per-cell reference against LibreOffice, seeds fixed.

The tables say what may stand where, so that most formulas come to a value; some cells hold the wrong type on purpose.
Where the two differ and Excel's documentation is on our side, `DIFFERENCES` names the page; anything else fails.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import xlsxwriter
from tests import libreoffice

from cellgrad.address import cell_name
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.hosts.package import read
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value

pytestmark = pytest.mark.libreoffice

SEEDS = range(10)
FORMULAS = 2000
"""In each workbook: 20,000 formula cells in all."""
ROWS = 40
COLUMNS: dict[str, Callable[[random.Random], Value]] = {
    "A": lambda r: round(r.uniform(-50, 50), r.choice((0, 1, 4))),
    "B": lambda r: float(r.randint(1, 12)),
    "C": lambda r: round(r.uniform(0.05, 0.95), 3),
    "D": lambda r: r.choice(("alpha", "Beta", "gamma ray", "x1", "ABC", "a-b", "Zoe", "12")),
    "E": lambda r: r.choice((None, round(r.uniform(-5, 5), 2), round(r.uniform(0, 500), 2))),
    "F": lambda r: float(r.randint(36_526, 47_000)),
    "G": lambda r: r.choice((1.0, 2.0, "text", None, 3.5, CellError.NA)),
}
"""What the random cells hold: numbers, small whole ones, shares of one, texts, gaps, days, and a column of everything."""

# n a number, p a positive one, i a small whole one, u between 0 and 1, t a text, b a condition, d a day,
# r a range of numbers, s another of the same size, m a square one.
GRAMMAR: dict[str, str] = {
    "n": """
        A~ A~ A~ p i u -n n+n n-n n*n n/p n+n*n (n-n)*u p^u n^2 n% ABS(n) SIGN(n) INT(n) TRUNC(A~,i) ROUND(n,1) ROUNDUP(n,0)
        ROUNDDOWN(n,2) MOD(n,i) QUOTIENT(n,i) EVEN(n) ODD(n) SIN(n) COS(n) ATAN(n) ATAN2(p,n) TANH(u) SINH(u) ASINH(n) LN(p)
        LOG10(p) LOG(p,i+1) DEGREES(u) RADIANS(n) CEILING(p,i) FLOOR(p,i) MROUND(p,i) IF(b,n,n) IF(b,n) CHOOSE(i,n,n,n,n,n,n,n,n,n,n,n,n)
        IFERROR(n/0,n) IFERROR(n,0) SUM(r) SUM(r,n) SUMSQ(r) AVERAGE(r) MEDIAN(r) SUMPRODUCT(r,s) SUMPRODUCT(r*s) SUMX2MY2(r,s) SUMXMY2(r,s)
        SUMX2PY2(r,s) DEVSQ(r) AVEDEV(r) VAR(r) STDEV(r) VARP(r) STDEVP(r) SKEW(r) KURT(r) CORREL(r,s) COVAR(r,s) SLOPE(r,s) INTERCEPT(r,s)
        RSQ(r,s) STEYX(r,s) FORECAST(n,r,s) PEARSON(r,s) LARGE(r,2) SMALL(r,3) PERCENTILE(r,u) QUARTILE(r,2) TRIMMEAN(r,0.2)
        SUBTOTAL(9,s) SUBTOTAL(1,s) AGGREGATE(4,6,s) MMULT(m,m) MDETERM(m) INDEX(s,2) INDEX(s,i) COUNT(r) SUMIF(s,">0") SUMIF(s,">"&A~,s)
        COUNTIF(s,"<"&E~) AVERAGEIF(s,"<50") SUMIFS(s,s,">0") NPV(u,r) PMT(C~/12,i+1,p) PV(C~,i,n) FV(C~/4,i,n,n) IPMT(C~/12,1,i,p) PPMT(C~/12,1,i,p)
        NPER(C~/10,p+5,p) SLN(p,n,i) SYD(p,u,i+1,1) DDB(p+10,1,i+2,2) EFFECT(u,i) NOMINAL(C~,i) YEARFRAC(d,d,1) YEARFRAC(d,d) DAYS360(d,d) DAYS(d,d)
        NORMDIST(n,A~,p,TRUE) NORMSDIST(n) STANDARDIZE(n,n,p) FISHER(u) FISHERINV(u) LEN(t) N(n) VALUE(t&"1") ERF(u) GAMMALN(p) BETADIST(u,p,p)
        CONVERT(n,"m","ft") LOOKUP(n,{-99;0;5;50}) HARMEAN(B2:B9) GEOMEAN(B2:B9) OFFSET(A~,1,0) INDIRECT("A"&i+1) SUM(OFFSET(A~,0,0,3,2)) ROW(A~) ROUND(n,2)+t
        G~ G~+n SUM(G2:G9) COUNT(G2:G9) AVERAGE(E2:E9) MAX(r,n) MIN(E2:E20) PRODUCT(u,n) COUNTA(G2:G9) COUNTBLANK(E2:E20)
    """,
    "p": "B~ B~ u i ABS(n)+1 EXP(u) SQRT(p) p+p p*p p/p COSH(u) 1+u FACT(i) COMBIN(i+3,2) PI() MAX(p,p) MIN(p,p) POWER(p,u) GCD(i,i) LCM(i,i) d/1000",
    "i": "B~ 1 2 3 MONTH(d) WEEKDAY(d) 1+MOD(i,3) MIN(i,4)",
    "u": "C~ C~ C~ 1/(1+p) u*u 1-u NORMSDIST(n) EXP(-p) EXPONDIST(u,p,TRUE) CHIDIST(p,i) TDIST(p,i,2) FDIST(p,i,i) POISSON(i,p,TRUE) BINOMDIST(1,i,u,TRUE) GAMMADIST(p,p,p,TRUE) WEIBULL(p,p,p,TRUE)",
    "t": """D~ D~ D~ t&t LEFT(t,i) RIGHT(t,i) MID(t,i,3) UPPER(t) LOWER(t) PROPER(t) TRIM(t) SUBSTITUTE(t,"a","o") REPLACE(t,1,1,t) REPT(t,2)
        TEXT(A~,"0.00") TEXT(p,"#,##0") TEXT(u,"0.0%") TEXT(d,"yyyy-mm-dd") FIXED(n,1) IF(b,t,t) CHAR(64+i) DEC2BIN(i) DEC2HEX(i) ROMAN(i) ADDRESS(i,i) ROUND(n,2)&t T(t) CONCATENATE(t,i,t) COMPLEX(i,i) IMSUM(COMPLEX(i,i),COMPLEX(i,1)) BASE(i,2)
    """,
    "b": """n>n n<=n n=n n<>n t=t D~<LEFT(D~,i) NOT(b) AND(b,b) OR(b,b) ISNUMBER(n) ISTEXT(t) ISERROR(n) ISBLANK(E~) EXACT(t,t) ISEVEN(i) ISODD(i) TRUE
        FALSE ISNA(MATCH(n,s,0)) ISERR(FIND("a",t)) COUNTIF(s,A~)>1 n>0""",
    "d": "F~ F~ d+i DATE(2000+i,i,i) EDATE(F~,i) EOMONTH(F~,-i) WORKDAY(F~,i) F~-i",
    "r": "A2:A9 A5:A12 B2:B9 C2:C9 E10:E17 A2:A9*2 A2:A9+B2:B9",
    "s": "B2:B9 C3:C10 A6:A13 E2:E9",
    "m": "A2:B3 B4:C5 A7:B8",
}  # fmt: skip


class Difference(NamedTuple):
    """Where LibreOffice is not Excel: why, by which of Microsoft's pages, and which formulas it covers."""

    reason: str
    source: str
    covers: Callable[[str, Value, Value], bool]


DIFFERENCES = [
    Difference(
        "a blank in a pair counts as a number in LibreOffice",
        "SUMXMY2, SUMX2MY2, SUMX2PY2 functions: text, logical values and empty cells are ignored",
        lambda formula, ours, theirs: re.search(r"SUMX\w+\(.*E(2|10):E", formula) is not None,
    ),
    Difference(
        "which of two errors is told, and which error a function answers with",
        "errors propagate from the first argument; the page of each function, as CORREL: #DIV/0! where a range is empty",
        lambda formula, ours, theirs: isinstance(ours, CellError) and isinstance(theirs, CellError),
    ),
    Difference(
        "the effective rate of no rate is 0 in LibreOffice",
        "EFFECT function: if nominal_rate <= 0 or if npery < 1, #NUM!",
        lambda formula, ours, theirs: ours is CellError.NUM and "EFFECT(" in formula,
    ),
    Difference(
        "an error that is looked up is #VALUE! in LibreOffice",
        "errors propagate: MATCH, LOOKUP functions",
        lambda formula, ours, theirs: re.search(r"(MATCH|LOOKUP)\(.*(G\d|G2:G9)", formula) is not None,
    ),
    Difference(
        "a boolean is a number to every function of LibreOffice",
        "CONVERT function: if the input data types are incorrect, #VALUE!; so with QUOTIENT, MROUND, EFFECT and their kin",
        lambda formula, ours, theirs: (
            ours is CellError.VALUE
            and re.search(r"(CONVERT|QUOTIENT|MROUND|EFFECT|NOMINAL|GCD|LCM)\(.*(IF|AND|TRUE|FALSE)", formula)
            is not None
        ),
    ),
]


_SLOT = re.compile(r'(?<![A-Za-z"$.\d])[npiutbdrsm](?![A-Za-z("\d])')


def _known(template: str) -> bool:
    called = re.match(r"[A-Z][A-Z0-9.]*(?=\()", template)
    return called is None or called[0] in FUNCTIONS


OPTIONS = {kind: [one for one in templates.split() if _known(one)] for kind, templates in GRAMMAR.items()}


def formula(kind: str, depth: int, rng: random.Random) -> str:
    """A random formula of a kind; at depth 0 one that holds no further one, where there is such."""
    options = OPTIONS[kind]
    if depth <= 0:
        options = [one for one in options if not _SLOT.search(one)] or options
    template = rng.choice(options).replace("~", str(rng.randint(1, ROWS - 2)))
    return _SLOT.sub(lambda slot: _inner(formula(slot[0], depth - 1, rng), slot[0]), template)


def _inner(text: str, kind: str) -> str:
    """In brackets where an operator next to it could take a part of it."""
    return f"({text})" if kind not in "rsm" and re.search(r"[-+*/^&<>=%]", text) else text


def write(path: Path, seed: int) -> list[str]:
    """A workbook of random cells in columns A to G and of random formulas, which it answers with, in column J."""
    rng = random.Random(seed)
    formulas = [formula(rng.choice("nnnnnntbd"), rng.randint(1, 3), rng) for _ in range(FORMULAS)]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for column, value in COLUMNS.items():
            for row in range(1, ROWS + 1):
                held = value(rng)
                if isinstance(held, CellError):
                    sheet.write_formula(f"{column}{row}", "=NA()", None, held.text)
                elif held is not None:
                    sheet.write_string(f"{column}{row}", held) if isinstance(held, str) else sheet.write(
                        f"{column}{row}", held
                    )
        for row, text in enumerate(formulas):
            sheet.write_formula(row, 9, "=" + re.sub(r"\b(AGGREGATE|BASE|DAYS)\(", r"_xlfn.\1(", text), None, "")
    return formulas


def same(ours: Value, theirs: Value) -> bool:
    if type(ours) is float and type(theirs) is float:
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(ours, bool) and type(theirs) is float:  # LibreOffice saves the outcome of some formulas as a number
        return float(ours) == theirs
    return type(ours) is type(theirs) and ours == theirs


@pytest.mark.parametrize("seed", SEEDS)
def test_random_formulas_agree_with_libreoffice(tmp_path: Path, seed: int) -> None:
    formulas = write(tmp_path / "random.xlsx", seed)
    (theirs,) = libreoffice.recalculated(tmp_path / "random.xlsx", tmp_path / "recalculated").values()
    book = read(tmp_path / "random.xlsx")
    reference = Reference(book)
    failures = []
    values = 0
    for row, text in enumerate(formulas):
        ours, other = reference.value("Sheet1", row, 9), theirs.get((row, 9), "")
        values += not isinstance(ours, CellError)
        if not same(ours, other) and not any(difference.covers(text, ours, other) for difference in DIFFERENCES):
            failures.append(f"{cell_name(row, 9)} ={text}: ours {ours!r}, LibreOffice {other!r}")
    assert not failures, "\n".join([f"{len(failures)} of {len(formulas)} differ", *failures])
    assert values > len(formulas) / 2  # most of them are about values


def test_every_template_is_of_a_function_we_have() -> None:
    missing = [one for templates in GRAMMAR.values() for one in templates.split() if not _known(one)]
    assert missing == []
