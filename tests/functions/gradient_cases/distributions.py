"""Distributions in every continuous argument, shapes included, and their inverses."""

from __future__ import annotations

Cells = dict[str, float | tuple[float, float]]


def _each(names: str, arguments: str, cells: Cells) -> list[tuple[str, Cells]]:
    """One formula for all spellings of a function."""
    return [("+".join(f"{name}({arguments})" for name in names.split()), cells)]


_X: Cells = {"A1": (-2, 2)}
_NORMAL: Cells = {"A1": (-2, 2), "A2": (-1, 1), "A3": (0.5, 2)}
_LOGNORMAL: Cells = {"A1": (0.5, 4), "A2": (-1, 1), "A3": (0.5, 2)}
_P: Cells = {"A1": (0.05, 0.95), "A2": (-1, 1), "A3": (0.5, 2)}
_SHAPED: Cells = {"A1": (0.5, 4), "A2": (0.6, 5), "A3": (0.5, 2)}
_SHAPED_P: Cells = {"A1": (0.05, 0.95), "A2": (0.6, 5), "A3": (0.5, 2)}
_BETA: Cells = {"A1": (1.2, 2.8), "A2": (0.6, 5), "A3": (0.6, 5), "A4": (0.5, 1), "A5": (3, 4)}
_BETA_P: Cells = {**_BETA, "A1": (0.05, 0.95)}

CASES: list[tuple[str, Cells]] = [
    *_each("NORM.DIST NORMDIST", "A1,A2,A3,TRUE", _NORMAL),
    *_each("NORM.DIST NORMDIST", "A1,A2,A3,FALSE", _NORMAL),
    *_each("NORM.DIST", "A1,A2,A3,A4>0", {**_NORMAL, "A4": (1, 2)}),
    ("NORM.S.DIST(A1,TRUE)+NORM.S.DIST(A1,FALSE)*NORMSDIST(A1)", _X),
    *_each("NORM.INV NORMINV", "A1,A2,A3", _P),
    *_each("NORM.S.INV NORMSINV", "A1", {"A1": (0.05, 0.95)}),
    ("LOGNORM.DIST(A1,A2,A3,TRUE)+LOGNORM.DIST(A1,A2,A3,FALSE)+LOGNORMDIST(A1,A2,A3)", _LOGNORMAL),
    *_each("LOGNORM.INV LOGINV", "A1,A2,A3", _P),
    ("T.DIST(A1,5.5,TRUE)+T.DIST(A1,3,FALSE)+T.DIST.RT(A1,4)", _X),
    ("T.DIST.2T(A1,5)+TDIST(A1,3,1)+TDIST(A1,7,2)", {"A1": (0.2, 3)}),
    ("T.INV(A1,5)+T.INV.2T(A1,3)+TINV(A1,2)", {"A1": (0.05, 0.95)}),
    ("CHISQ.DIST(A1,3,TRUE)+CHISQ.DIST(A1,4.5,FALSE)+CHISQ.DIST.RT(A1,2)*CHIDIST(A1,5)", {"A1": (0.3, 8)}),
    ("CHISQ.INV(A1,3)+CHISQ.INV.RT(A1,2)+CHIINV(A1,5)", {"A1": (0.05, 0.95)}),
    ("F.DIST(A1,3,5,TRUE)+F.DIST(A1,3,5,FALSE)+F.DIST.RT(A1,6,4)*FDIST(A1,2,7)", {"A1": (0.2, 4)}),
    ("F.INV(A1,3,5)+F.INV.RT(A1,6,7)+FINV(A1,4,8)", {"A1": (0.05, 0.95)}),
    *_each("GAMMA.DIST GAMMADIST", "A1,A2,A3,TRUE", _SHAPED),
    *_each("GAMMA.DIST GAMMADIST", "A1,A2,A3,FALSE", _SHAPED),
    *_each("GAMMA.DIST", "A1,A2,A3,TRUE", {"A1": (90, 130), "A2": (80, 120), "A3": (0.9, 1.1)}),
    *_each("GAMMA.INV GAMMAINV", "A1,A2,A3", _SHAPED_P),
    ("BETA.DIST(A1,A2,A3,TRUE,A4,A5)+BETADIST(A1,A2,A3,A4,A5)", _BETA),
    ("BETA.DIST(A1,A2,A3,FALSE,A4,A5)", _BETA),
    *_each("BETA.INV BETAINV", "A1,A2,A3,A4,A5", _BETA_P),
    *_each("EXPON.DIST EXPONDIST", "A1,A2,TRUE", _SHAPED),
    *_each("EXPON.DIST", "A1,A2,FALSE", _SHAPED),
    *_each("WEIBULL.DIST WEIBULL", "A1,A2,A3,TRUE", _SHAPED),
    *_each("WEIBULL.DIST", "A1,A2,A3,FALSE", _SHAPED),
    ("POISSON.DIST(3,A1,TRUE)+POISSON.DIST(3,A1,FALSE)*POISSON(0,A1,FALSE)", {"A1": (0.5, 8)}),
    ("BINOM.DIST(3,7,A1,TRUE)+BINOM.DIST(3,7,A1,FALSE)*BINOMDIST(7,7,A1,FALSE)", {"A1": (0.1, 0.9)}),
    ("BINOM.DIST.RANGE(9,A1,4)+BINOM.DIST.RANGE(9,A1,4,6)+BINOM.DIST.RANGE(9,A1,0,2)", {"A1": (0.1, 0.9)}),
    ("NEGBINOM.DIST(3,4,A1,TRUE)+NEGBINOM.DIST(3,4,A1,FALSE)*NEGBINOMDIST(0,2,A1)", {"A1": (0.1, 0.9)}),
    ("GAMMA(A1)+GAMMA(-A1)+GAMMALN(A1)*GAMMALN.PRECISE(A1+20)", {"A1": (1.2, 1.8)}),
    ("GAUSS(A1)*PHI(A1)+FISHERINV(A1)", _X),
    ("STANDARDIZE(A1,A2,A3)", _NORMAL),
    ("FISHER(A1)", {"A1": (-0.9, 0.9)}),
    ("CONFIDENCE.NORM(A1,A2,50)+CONFIDENCE(A1,A2,9.5)*CONFIDENCE.T(A1,A2,8)", {"A1": (0.05, 0.5), "A2": (0.5, 2)}),
    ("ERF(A1)+ERF(A1,A2)*ERF.PRECISE(A2)+ERFC(A1)*ERFC.PRECISE(A2)", {"A1": (-2, 2), "A2": (-2, 2)}),
    ("BESSELI(A1,2)+BESSELJ(A1,0)*BESSELJ(A1,3)+BESSELK(A1,1)*BESSELY(A1,1)+BESSELK(A1,0)*BESSELY(A1,0)",
     {"A1": (0.5, 4)}),
]  # fmt: skip
