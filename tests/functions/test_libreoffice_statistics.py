"""Statistics, distributions, regression and whole numbers against LibreOffice, over tables of random arguments.

A difference that Microsoft's documentation settles is listed in KNOWN_DIFFERENCES; anything else is a failure.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests import libreoffice
from tests.functions.test_libreoffice import RANGES, SQUARES, Case, without_booleans, write

from cellgrad.hosts.package import read
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value

pytestmark = pytest.mark.libreoffice

_FUTURE = re.compile(
    r"\b((?!ISO\.)[A-Z0-9]+\.[A-Z0-9.]+|GAUSS|GAMMA|PHI|PERMUTATIONA|COMBINA|ACOTH?|COTH?|CSCH?|SECH?|BASE|DECIMAL|ARABIC)\("
)
TOLERANCE = 1e-8
"""LibreOffice's own series and one-pass sums end about here; our values are held to scipy and mpmath elsewhere."""


def _number(chance: random.Random, low: float, high: float) -> str:
    return f"{chance.uniform(low, high):.6g}"


def distributions(chance: random.Random) -> Iterator[str]:
    def u(low: float, high: float) -> str:
        return _number(chance, low, high)

    for _ in range(25):
        x, mean, sd, p = u(-4, 6), u(-2, 2), u(0.2, 3), u(0.001, 0.999)
        pos, alpha, beta, n = u(0.01, 9), u(0.3, 20), u(0.3, 9), chance.randint(1, 40)
        m, k = chance.randint(1, 40), chance.randint(0, 12)
        for flag in ("TRUE", "FALSE"):
            yield from (f"{f}({x},{mean},{sd},{flag})" for f in ("NORM.DIST", "NORMDIST"))
            yield from (
                f"NORM.S.DIST({x},{flag})",
                f"LOGNORM.DIST({pos},{mean},{sd},{flag})",
                f"T.DIST({x},{n},{flag})",
            )
            yield from (f"F.DIST({pos},{n},{m},{flag})", f"CHISQ.DIST({pos},{n},{flag})")
            yield from (
                f"{f}({pos},{alpha},{beta},{flag})" for f in ("GAMMA.DIST", "GAMMADIST", "WEIBULL.DIST", "WEIBULL")
            )
            yield from (f"BETA.DIST({p},{alpha},{beta},{flag})", f"BETA.DIST({p},{alpha},{beta},{flag},-1,2)")
            yield from (f"{f}({pos},{beta},{flag})" for f in ("EXPON.DIST", "EXPONDIST"))
            yield from (f"{f}({k},{pos},{flag})" for f in ("POISSON.DIST", "POISSON"))
            yield from (f"{f}({k},{m},{p},{flag})" for f in ("BINOM.DIST", "BINOMDIST"))
            yield from (f"NEGBINOM.DIST({k},{n},{p},{flag})", f"HYPGEOM.DIST({k},{n},{m},60,{flag})")
        yield from (f"LOGNORMDIST({pos},{mean},{sd})", f"NORMSDIST({x})", f"GAUSS({x})", f"PHI({x})", f"FISHERINV({x})")
        yield from (f"{f}({p},{mean},{sd})" for f in ("NORM.INV", "NORMINV", "LOGNORM.INV", "LOGINV"))
        yield from (f"{f}({p})" for f in ("NORM.S.INV", "NORMSINV", "FISHER"))
        yield from (f"{f}({pos},{n})" for f in ("T.DIST.RT", "T.DIST.2T", "CHISQ.DIST.RT", "CHIDIST"))
        yield from (f"TDIST({pos},{n},1)", f"TDIST({pos},{n},2)", f"STANDARDIZE({x},{mean},{sd})")
        yield from (f"{f}({p},{n})" for f in ("T.INV", "T.INV.2T", "TINV", "CHISQ.INV", "CHISQ.INV.RT", "CHIINV"))
        yield from (f"{f}({pos},{n},{m})" for f in ("F.DIST.RT", "FDIST"))
        yield from (f"{f}({p},{n},{m})" for f in ("F.INV", "F.INV.RT", "FINV"))
        yield from (f"{f}({p},{alpha},{beta})" for f in ("GAMMA.INV", "GAMMAINV", "BETA.INV", "BETAINV", "BETADIST"))
        yield from (f"BETAINV({p},{alpha},{beta},-1,4)", f"NEGBINOMDIST({k},{n},{p})", f"HYPGEOMDIST({k},{n},{m},60)")
        yield from (f"{f}({m},{p},{u(0.01, 0.99)})" for f in ("BINOM.INV", "CRITBINOM"))
        yield from (f"BINOM.DIST.RANGE({m},{p},{k})", f"BINOM.DIST.RANGE({m},{p},{k},{k + 3})")
        yield from (f"{f}({p},{sd},{n})" for f in ("CONFIDENCE", "CONFIDENCE.NORM", "CONFIDENCE.T"))
        yield from (f"GAMMA({x})", f"GAMMALN({pos})", f"GAMMALN.PRECISE({pos})", f"ERF({x},{mean})", f"ERF({x})")
        yield from (f"ERF.PRECISE({x})", f"ERFC({x})", f"ERFC.PRECISE({x})")
        yield from (f"{f}({pos},{chance.randint(0, 4)})" for f in ("BESSELI", "BESSELJ", "BESSELK", "BESSELY"))


def ranked(chance: random.Random) -> Iterator[str]:
    for array in RANGES[:12]:
        for k in ("0", "0.25", "0.3", "0.9", "1", "1.5", "-0.1"):
            yield from (f"{f}({array},{k})" for f in ("PERCENTILE", "PERCENTILE.INC", "PERCENTILE.EXC", "TRIMMEAN"))
        for quart in ("0", "1", "2", "3.9", "4", "5"):
            yield from (f"{f}({array},{quart})" for f in ("QUARTILE", "QUARTILE.INC", "QUARTILE.EXC"))
        for x in ("1", "2", "2.5", "99"):
            yield from (f"{f}({array},{x})" for f in ("PERCENTRANK", "PERCENTRANK.INC", "PERCENTRANK.EXC"))
            yield from (f"{f}({x},{array}{order})" for f in ("RANK", "RANK.EQ", "RANK.AVG") for order in ("", ",1"))
        yield from (
            f"{f}({array})" for f in ("KURT", "SKEW", "SKEW.P", "MODE", "MODE.SNGL", "AVERAGEA", "MAXA", "MINA")
        )
        yield from (f"{f}({array})" for f in ("VARA", "VARPA", "STDEVA", "STDEVPA"))
        yield from (f"{f}({array},2)" for f in ("Z.TEST", "ZTEST"))
    yield from ("PROB({0,1,2,3},{0.2,0.3,0.1,0.4},2)", "PROB({0,1,2,3},{0.2,0.3,0.1,0.4},1,3)")
    for _ in range(20):
        values = "{" + ",".join(str(chance.randint(1, 8)) for _ in range(9)) + "}"
        yield from (f"{f}({values},{chance.randint(1, 8)})" for f in ("PERCENTRANK", "PERCENTRANK.EXC"))
        yield from (f"MODE({values})", f"KURT({values})", f"SKEW({values})", f"TRIMMEAN({values},0.5)")
        yield f"SUM(FREQUENCY({values},{{3;5;7}})*{{1;10;100;1000}})"
        yield f"SUM(FREQUENCY({values},{{5;3;7;3}})*{{1;10;100;1000;10000}})"


def paired(chance: random.Random) -> Iterator[str]:
    names = ("CORREL", "PEARSON", "COVAR", "COVARIANCE.P", "COVARIANCE.S", "SLOPE", "INTERCEPT", "RSQ", "STEYX")
    for a, b in itertools.product(SQUARES, SQUARES):
        yield from (f"{name}({a},{b})" for name in names)
    for _ in range(20):
        a, b = ("{" + ",".join(str(chance.randint(1, 30)) for _ in range(6)) + "}" for _ in range(2))
        yield from (f"{name}({a},{b})" for name in names)
        yield from (f"{name}(2.5,{a},{b})" for name in ("FORECAST", "FORECAST.LINEAR"))
        yield from (
            f"{name}({a},{b},{tails},{kind})" for name in ("T.TEST", "TTEST") for tails in (1, 2) for kind in (1, 2, 3)
        )
        yield from (f"{name}({a},{b})" for name in ("F.TEST", "FTEST", "CHISQ.TEST", "CHITEST"))


def whole_numbers() -> Iterator[str]:
    pairs = list(itertools.product(("2.5", "-2.5", "7", "-7", "0", "0.3", "-4.25"), ("1", "2", "-2", "0.1", "0")))
    for a, b in pairs:
        names = ("CEILING.MATH", "FLOOR.MATH", "CEILING.PRECISE", "FLOOR.PRECISE", "ISO.CEILING", "MROUND")
        yield from (f"{name}({a},{b})" for name in (*names, "GCD", "LCM", "DELTA", "GESTEP"))
        yield from (f"CEILING.MATH({a},{b},1)", f"FLOOR.MATH({a},{b},1)")
    for n, k in itertools.product(("0", "1", "4", "10.9", "-1", "30"), ("0", "1", "3.5", "10", "-1")):
        yield from (f"{name}({n},{k})" for name in ("COMBIN", "COMBINA", "PERMUT", "PERMUTATIONA", "MULTINOMIAL"))
    yield from (f"FACTDOUBLE({n})" for n in (-2, -1, 0, 1, 6, 7, 40.5))
    yield from (
        f"ROMAN({n},{form})" for n in (1, 4, 9, 45, 49, 99, 495, 499, 999, 1999, 3999, 3494) for form in range(5)
    )
    yield from (f'ARABIC("{text}")' for text in ("MCMXCIX", "LVDLIV", "id", "-CDXCIX", "", "ABC"))
    yield from (f"BASE({n},{b},{k})" for n in (0, 7, 255, 123456) for b in (2, 16, 36) for k in (0, 9))
    yield from (f'DECIMAL("{text}",{b})' for text in ("101", "ff", "zap", "9") for b in (2, 10, 16, 36))
    for angle in ("0.3", "-0.7", "1.5", "2.5", "-4", "0"):
        yield from (f"{name}({angle})" for name in ("COT", "SEC", "CSC", "COTH", "SECH", "CSCH", "ACOT", "ACOTH"))
    yield from (f"SERIESSUM({x},{n},{m},{{1,-2,3}})" for x in (0.5, -2) for n in (0, 1, 2) for m in (1, 2))


def blocks(chance: random.Random) -> Iterator[Case]:
    """Array formulas, with the block they fill."""
    for _ in range(8):
        rows = [[round(chance.uniform(1, 9), 3) for _ in range(4)] for _ in range(7)]
        y = "{" + ";".join(str(row[0]) for row in rows) + "}"
        x = "{" + ";".join(",".join(map(str, row[1:])) for row in rows) + "}"
        flat_y, flat_x = ("{" + ",".join(str(row[i]) for row in rows) + "}" for i in (0, 1))
        for constant in ("TRUE", "FALSE"):
            yield from (Case(f"{name}({y},{x},{constant},TRUE)", (5, 4)) for name in ("LINEST", "LOGEST"))
            yield from (Case(f"{name}({flat_y},{flat_x},{constant},TRUE)", (5, 2)) for name in ("LINEST", "LOGEST"))
            yield from (Case(f"{name}({y},{x},{{1,2,3;3,1,2}},{constant})", (2, 1)) for name in ("TREND", "GROWTH"))
            yield Case(f"TREND({flat_y},{flat_x},{{1,2;3,4}},{constant})", (2, 2))
        yield from (Case(f"{name}({flat_y})", (1, 7)) for name in ("TREND", "GROWTH"))
        yield Case(f"LINEST({flat_y})", (1, 2))
    yield Case("MODE.MULT({1,2,3,4,3,2,1,2,3,5,6,1})", (3, 1))


def all_cases() -> list[Case]:
    chance = random.Random(0)
    scalars = (distributions(chance), ranked(chance), paired(chance))
    cases = [Case(formula) for formula in itertools.chain(*scalars, whole_numbers())]
    return cases + list(blocks(chance))


_PAIRED = ("CORREL", "PEARSON", "COVAR", "SLOPE", "INTERCEPT", "RSQ", "STEYX")


class Difference(NamedTuple):
    """Where LibreOffice is not Excel: why, by which of Microsoft's pages, and which cases it covers."""

    reason: str
    source: str
    covers: Callable[[str, Value, Value], bool]


KNOWN_DIFFERENCES = [
    Difference(
        "an argument outside the domain is #VALUE! in LibreOffice, whatever the page says",
        "the page of each function: #NUM!, #N/A or #DIV/0!",
        lambda formula, ours, theirs: isinstance(ours, CellError) and isinstance(theirs, CellError),
    ),
    Difference(
        "LibreOffice does not read BINOM.DIST.RANGE from a file",
        "BINOM.DIST.RANGE function",
        lambda formula, ours, theirs: "BINOM.DIST.RANGE" in formula and theirs is CellError.NAME,
    ),
    Difference(
        "LibreOffice's BESSELK is right to eight digits",
        "compared with mpmath in tests/tensors/test_special.py",
        lambda formula, ours, theirs: formula.startswith("BESSELK") and _near(ours, theirs, 1e-7),
    ),
    Difference(
        "more successes than can be drawn, or fewer than must be, have the chance 0 in LibreOffice",
        "HYPGEOM.DIST function: #NUM! beyond the lesser of the sample and the successes, or below what must be drawn",
        lambda formula, ours, theirs: formula.startswith("HYPGEOM") and ours is CellError.NUM and theirs in (0.0, 1.0),
    ),
    Difference(
        "of several modes LibreOffice answers with the smallest, Excel with the first in the data",
        "MODE.MULT function: the first of its answers is MODE.SNGL's",
        lambda formula, ours, theirs: formula.startswith("MODE(") and type(ours) is float is type(theirs),
    ),
    Difference(
        "the counts of bins that are not in order are sorted in LibreOffice",
        "FREQUENCY function: the array answers bin by bin, in the order in which the bins are given",
        lambda formula, ours, theirs: "{5;3;7;3}" in formula,
    ),
    Difference(
        "pairs of as many cells in another shape are #VALUE! in LibreOffice",
        "CORREL function and its kin: #N/A for a different number of data points alone",
        lambda formula, ours, theirs: formula.startswith(_PAIRED) and type(ours) is float and theirs is CellError.VALUE,
    ),
    Difference(
        "an error beside a blank or a text is skipped with its pair in LibreOffice",
        "errors in the arguments propagate; only text, logical values and empty cells are ignored",
        lambda formula, ours, theirs: formula.startswith(_PAIRED) and ours is CellError.NA,
    ),
    Difference(
        "MROUND takes numbers of different signs in LibreOffice",
        "MROUND function: the number and multiple arguments must have the same sign, otherwise #NUM!",
        lambda formula, ours, theirs: formula.startswith("MROUND") and ours is CellError.NUM,
    ),
    Difference(
        "LibreOffice's COMBINA chooses no more than there are",
        "Excel stores 66 for COMBINA(3,10); what it repeats it may choose more often than there are things",
        lambda formula, ours, theirs: (
            formula.startswith("COMBINA") and theirs is CellError.VALUE and type(ours) is float
        ),
    ),
    Difference(
        "nothing out of nothing",
        "PERMUT function: #NUM! if number is 0 or below; COMBINA function: 0 is allowed on both sides",
        lambda formula, ours, theirs: formula in ("PERMUT(0,0)", "COMBINA(0,0)"),
    ),
    Difference(
        "LibreOffice's ARABIC refuses ROMAN's shorter forms and a sign",
        "ARABIC function: a negative sign before the text is supported; ROMAN function: forms 1 to 4",
        lambda formula, ours, theirs: formula.startswith("ARABIC") and theirs is CellError.VALUE,
    ),
    Difference(
        "a percentage rank is rounded in LibreOffice",
        "PERCENTRANK function: its example has 0.666 for 6/9",
        lambda formula, ours, theirs: formula.startswith("PERCENTRANK") and _near(ours, theirs, 0.0011, absolute=True),
    ),
    Difference(
        "a number that is not there has a rank in LibreOffice",
        "RANK.EQ function: a member of the list; #N/A for others",
        lambda formula, ours, theirs: formula.startswith("RANK") and ours is CellError.NA,
    ),
]


def _near(ours: Value, theirs: Value, tolerance: float, absolute: bool = False) -> bool:
    if type(ours) is not float or type(theirs) is not float:
        return False
    return abs(ours - theirs) <= tolerance * (1.0 if absolute else abs(theirs))


def _explained(formula: str, ours: Value, theirs: Value) -> bool:
    return any(difference.covers(formula, ours, theirs) for difference in KNOWN_DIFFERENCES)


def _same(ours: Value, theirs: Value) -> bool:
    theirs = float(theirs) if isinstance(theirs, bool) else theirs  # MAXA of booleans is one in LibreOffice
    if type(ours) is float and type(theirs) is float:
        return math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=1e-13)
    return type(ours) is type(theirs) and ours == theirs


def test_agrees_with_libreoffice(tmp_path: Path) -> None:
    cases = all_cases()
    in_file = [Case(_FUTURE.sub(r"_xlfn.\1(", case.formula), case.block) for case in cases]
    places = write(tmp_path / "cases.xlsx", in_file)
    theirs = libreoffice.recalculated(tmp_path / "cases.xlsx", tmp_path / "recalculated")["cases"]
    book = read(tmp_path / "cases.xlsx")
    reference, numeric = Reference(book), without_booleans(book)
    compared, failures = 0, []
    for case, (top, left) in zip(cases, places, strict=True):
        height, width = case.block or (1, 1)
        for row, column in itertools.product(range(top, top + height), range(left, left + width)):
            ours, other = reference.value("cases", row, column), theirs.get((row, column), "")
            compared += 1
            either = (ours, numeric.value("cases", row, column))
            if not any(_same(value, other) or _explained(case.formula, value, other) for value in either):
                failures.append(f"{case.formula} ({row - top},{column - left}): ours {ours!r}, LibreOffice {other!r}")
    assert not failures, "\n".join([f"{len(failures)} of {compared} differ", *failures])
    assert compared >= 3000
