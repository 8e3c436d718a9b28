"""Kernels of statistics over whole blocks against the plain functions, inside and outside their domains.

A grid of arguments, ends of domains and impossible values among them: the block and the reference agree in every
number to 1e-12, and in every error.
"""

from __future__ import annotations

import itertools
import math

import pytest
from tests.sheets import book_of

from cellgrad.blocks.dependence import Dependence
from cellgrad.functions.every_kernel import KERNELS
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import CellError, Kind, Value

GRID = [-2.5, -1.0, 0.0, 0.3, 0.95, 1.0, 2.0, 3.5, 12.0]
SHORT = [-1.0, 0.0, 0.4, 1.0, 2.5, 7.0]

ONE = "NORMSDIST NORM.S.INV NORMSINV PHI GAUSS FISHER FISHERINV GAMMA GAMMALN GAMMALN.PRECISE ERF ERF.PRECISE ERFC ERFC.PRECISE COT SEC CSC COTH SECH CSCH ACOT ACOTH SQRTPI FACT FACTDOUBLE EVEN ODD"  # noqa: E501
TWO = "T.DIST.RT T.DIST.2T T.INV T.INV.2T TINV CHISQ.DIST.RT CHIDIST CHISQ.INV CHISQ.INV.RT CHIINV BESSELI BESSELJ BESSELK BESSELY ERF COMBIN COMBINA PERMUT PERMUTATIONA MROUND CEILING.MATH FLOOR.MATH CEILING.PRECISE FLOOR.PRECISE DELTA GESTEP"  # noqa: E501
FLAGGED_TWO = "NORM.S.DIST"
THREE = "NORM.INV NORMINV LOGNORMDIST LOGNORM.INV LOGINV TDIST F.DIST.RT FDIST F.INV F.INV.RT FINV GAMMA.INV GAMMAINV BETADIST BETA.INV BETAINV STANDARDIZE CONFIDENCE CONFIDENCE.NORM CONFIDENCE.T BINOM.INV CRITBINOM BINOM.DIST.RANGE NEGBINOMDIST"  # noqa: E501
FLAGGED = "NORM.DIST NORMDIST LOGNORM.DIST F.DIST GAMMA.DIST GAMMADIST BETA.DIST WEIBULL.DIST WEIBULL BINOM.DIST BINOMDIST NEGBINOM.DIST"  # noqa: E501
FLAGGED_SHORT = "T.DIST CHISQ.DIST EXPON.DIST EXPONDIST POISSON.DIST POISSON"


def _formulas(width: int) -> list[str]:
    flags = ("TRUE", "FALSE")
    match width:
        case 1:
            return [f"{name}(A1)" for name in ONE.split()] + [f"{FLAGGED_TWO}(A1,{flag})" for flag in flags]
        case 2:
            flagged = [f"{name}(A1,B1,{flag})" for name in FLAGGED_SHORT.split() for flag in flags]
            return [f"{name}(A1,B1)" for name in TWO.split()] + flagged
    flagged = [f"{name}(A1,B1,C1,{flag})" for name in FLAGGED.split() for flag in flags]
    return [f"{name}(A1,B1,C1)" for name in THREE.split()] + flagged


def _agree(ours: Value, theirs: Value) -> bool:
    if type(ours) is float and type(theirs) is float:
        return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-14)
    return ours is theirs


@pytest.mark.parametrize("width", [1, 2, 3])
def test_blocks_agree_with_the_plain_functions(width: int) -> None:
    grid = GRID if width < 3 else SHORT
    rows = list(itertools.product(grid, repeat=width))
    cells: dict[str, Value] = {f"{'ABC'[c]}{r}": v for r, row in enumerate(rows, 1) for c, v in enumerate(row)}
    formulas = _formulas(width)
    assert all(formula.partition("(")[0] in KERNELS for formula in formulas)
    columns = [f"{chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(26, 26 + len(formulas))]
    for column, formula in zip(columns, formulas, strict=True):
        cells[f"{column}1:{column}{len(rows)}"] = "=" + formula.replace("A1", "$A1").replace("B1", "$B1").replace(
            "C1", "$C1"
        )
    book = book_of({"Sheet1": cells})
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    assert not result.failures
    reference = Reference(book)
    wrong, compared = [], 0
    for block, (kinds, data) in result.blocks.items():
        region = block.region
        for row, column in region.cells():
            kind, number = kinds[row - region.top, column - region.left], data[row - region.top, column - region.left]
            ours: Value = CellError.from_code(number) if kind == Kind.ERROR else float(number)
            theirs = reference.value("Sheet1", row, column)
            compared += 1
            if not _agree(ours, theirs):
                formula = formulas[columns.index(_letters(column))]
                wrong.append(f"{formula} of {rows[row]}: block {ours!r}, plain {theirs!r}")
    assert not wrong, "\n".join([f"{len(wrong)} of {compared} differ", *wrong])
    assert compared == len(rows) * len(formulas)


def _letters(column: int) -> str:
    return f"{chr(64 + column // 26)}{chr(65 + column % 26)}"
