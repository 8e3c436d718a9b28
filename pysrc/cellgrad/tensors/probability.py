"""Densities and incomplete integrals of numpy arrays, exact to a few units in the last place, and their slopes.

scipy.special has the incomplete integrals and their inverses to full precision. What it lacks stands here: densities
that do not cancel for large parameters, and derivatives with respect to the shape parameters.

Sources: C. Loader, "Fast and accurate computation of binomial probabilities" (2000), for densities; R. J. Moore,
"Algorithm AS 187: derivatives of the incomplete gamma integral" (1982), and R. J. Boik and J. F. Robison-Cox,
"Derivatives of the incomplete beta function" (1998), for the shapes: the series or continued fraction of the integral
is differentiated term by term.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from scipy import special

from cellgrad.errors import UnsupportedError

Numbers: TypeAlias = Any
"""A float or a numpy array of floats."""

_MOST_TERMS = 50_000
_LARGE = 15.0
"""From here on Stirling's series is exact in double precision."""


def stirling_error(n: Numbers) -> Numbers:
    """ln(n!) - ln(sqrt(2 pi n) (n/e)^n) for n > 0 (Loader's stirlerr)."""
    n = np.asarray(n, float)
    with np.errstate(all="ignore"):
        direct = special.gammaln(n + 1) - (n + 0.5) * np.log(n) + n - 0.5 * np.log(2 * np.pi)
        square = n * n
        series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n
    return np.where(n > _LARGE, series, direct)


def deviance(x: Numbers, mean: Numbers) -> Numbers:
    """x ln(x / mean) + mean - x, without cancellation where x is near the mean (Loader's bd0)."""
    x, mean = np.asarray(x, float), np.asarray(mean, float)
    with np.errstate(all="ignore"):
        ratio = (x - mean) / mean
        near = np.abs(ratio) < 0.1
        r = np.where(near, ratio, 0.0)
        # (1+r) ln(1+r) - r, by the series of ln in s = r / (2 + r).
        s = r / (2 + r)
        s2 = s * s
        tail, power = np.zeros_like(s), np.ones_like(s)
        for k in range(1, 12):
            power = power * s2
            tail = tail + power / (2 * k + 1)
        close = mean * (r * s + 2 * (1 + r) * s * tail)
        far = np.where(x == 0, mean, x * np.log(x / mean) + mean - x)
    return np.where(near, close, far)


def poisson_mass(k: Numbers, mean: Numbers) -> Numbers:
    """mean^k e^-mean / k! for k >= 0, whole or not; 0 below."""
    k, mean = np.asarray(k, float), np.asarray(mean, float)
    with np.errstate(all="ignore"):
        usual = np.exp(-stirling_error(k) - deviance(k, mean)) / np.sqrt(2 * np.pi * k)
        small = np.where(k < 0, 0.0, np.exp(special.xlogy(k, mean) - mean - special.gammaln(k + 1)))
    return np.where((k > _LARGE) & (mean > 0), usual, small)


def gamma_density(a: Numbers, x: Numbers) -> Numbers:
    """x^(a-1) e^-x / Gamma(a) for a > 0 and x >= 0."""
    a, x = np.asarray(a, float), np.asarray(x, float)
    with np.errstate(all="ignore"):
        return np.where(a >= 1, poisson_mass(np.maximum(a - 1, 0), x), poisson_mass(np.minimum(a, 1), x) * a / x)


def binomial_mass(k: Numbers, n: Numbers, p: Numbers) -> Numbers:
    """n! / (k! (n-k)!) p^k (1-p)^(n-k) for 0 <= k <= n, whole or not; 0 beyond."""
    k, n, p = (np.asarray(v, float) for v in (k, n, p))
    q, rest = 1 - p, n - k
    with np.errstate(all="ignore"):
        exponent = stirling_error(n) - stirling_error(k) - stirling_error(rest)
        exponent = exponent - deviance(k, n * p) - deviance(rest, n * q)
        usual = np.exp(exponent) * np.sqrt(n / (2 * np.pi * k * rest))
        choose = -special.betaln(rest + 1, k + 1) - np.log(n + 1)
        small = np.exp(choose + special.xlogy(k, p) + np.where(rest == 0, 0.0, special.xlogy(rest, q)))
        small = np.where((k < 0) | (rest < 0), 0.0, small)
    return np.where((k > 1) & (rest > 1) & (p > 0) & (q > 0), usual, small)


def beta_density(a: Numbers, b: Numbers, x: Numbers) -> Numbers:
    """x^(a-1) (1-x)^(b-1) / B(a, b) for a, b > 0 and 0 <= x <= 1."""
    a, b, x = (np.asarray(v, float) for v in (a, b, x))
    with np.errstate(all="ignore"):
        both = (a + b - 1) * binomial_mass(np.maximum(a - 1, 0), np.maximum(a + b - 2, 0), x)
        plain = np.exp(special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b))
    return np.where((a >= 1) & (b >= 1), both, plain)


def student_density(df: Numbers, x: Numbers) -> Numbers:
    """The density of Student's t."""
    df, x = np.asarray(df, float), np.asarray(x, float)
    constant = stirling_error((df + 1) / 2) - stirling_error(df / 2) - deviance(df / 2, (df + 1) / 2)
    square = x * x
    tail = np.where(
        square > 0.2 * df,
        np.log(np.abs(x) / np.sqrt(df) + (square == 0)) * df
        + 0.5 * df * np.log1p(df / np.where(square == 0, 1, square)),
        0.5 * df * np.log1p(square / df),
    )
    return np.exp(constant - tail) / np.sqrt(2 * np.pi * (1 + square / df))


def binomial_cumulative(k: Numbers, n: Numbers, p: Numbers) -> Numbers:
    """The chance of at most k successes in n, for whole 0 <= k <= n."""
    k, n, p = (np.asarray(v, float) for v in (k, n, p))
    inner = special.betaincc(np.minimum(k, n - 1) + 1, np.maximum(n - k, 1), p)
    return np.where(k >= n, 1.0, inner)


# Slopes in the shape parameters ---------------------------------------------------------------------------------------


def gamma_shape_slope(a: Numbers, x: Numbers) -> Numbers:
    """d/da of the regularised lower incomplete gamma function P(a, x).

    Below x = a + 1 by the series P = f sum x^n / ((a+1)...(a+n)), beyond by the continued fraction of Q = 1 - P.
    Raises UnsupportedError for shapes so large that neither settles.
    """
    a, x = np.broadcast_arrays(np.asarray(a, float), np.asarray(x, float))
    found = np.full(a.shape, np.nan)
    fine = np.isfinite(a) & np.isfinite(x) & (a > 0) & (x >= 0)
    found[fine & (x == 0)] = 0.0
    for inside, rule in ((fine & (x > 0) & (x < a + 1), _gamma_series), (fine & (x >= a + 1), _gamma_fraction)):
        if inside.any():
            found[inside] = rule(a[inside], x[inside])
    return found


def _gamma_series(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    lead = gamma_density(a + 1, x)
    lead_slope = np.log(x) - special.digamma(a + 1)
    term, slope = np.ones_like(a), np.zeros_like(a)
    total, total_slope = term.copy(), slope.copy()
    for n in range(1, _MOST_TERMS):
        # term *= x / (a + n); the slope of a product, term by term
        slope = (slope - term / (a + n)) * x / (a + n)
        term = term * x / (a + n)
        total, total_slope = total + term, total_slope + slope
        if n % 8 == 0 and bool(
            ((term < 1e-17 * total) & (np.abs(slope) < 1e-17 * (total + np.abs(total_slope)))).all()
        ):
            return lead * (lead_slope * total + total_slope)
    raise _too_large("gamma")


def _gamma_fraction(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    def step(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The n-th numerator and denominator of the fraction, and their slopes in a."""
        if n == 0:
            return np.ones_like(a), np.zeros_like(a), x + 1 - a, -np.ones_like(a)
        return -n * (n - a), np.full_like(a, float(n)), x + 2 * n + 1 - a, -np.ones_like(a)

    value, slope = _fraction(step, a, "gamma")
    lead = gamma_density(a, x) * x  # x^a e^-x / Gamma(a)
    return -lead * ((np.log(x) - special.digamma(a)) * value + slope)


def beta_shape_slope(a: Numbers, b: Numbers, x: Numbers) -> Numbers:
    """d/da of the regularised incomplete beta function I_x(a, b), by its continued fraction.

    The slope in b is minus that of I_{1-x}(b, a) in its first argument. Raises UnsupportedError for shapes so large
    that the fraction does not settle.
    """
    a, b, x = np.broadcast_arrays(*(np.asarray(v, float) for v in (a, b, x)))
    found = np.full(a.shape, np.nan)
    fine = np.isfinite(a) & np.isfinite(b) & (a > 0) & (b > 0) & (x >= 0) & (x <= 1)
    found[fine & ((x == 0) | (x == 1))] = 0.0
    fine = fine & (x > 0) & (x < 1)
    below = fine & (x * (a + b + 2) < a + 1)
    if below.any():
        found[below] = _beta_fraction(a[below], b[below], x[below], first=True)
    above = fine & ~below
    if above.any():
        found[above] = -_beta_fraction(b[above], a[above], 1 - x[above], first=False)
    return found


def _beta_fraction(a: np.ndarray, b: np.ndarray, x: np.ndarray, first: bool) -> np.ndarray:
    """The slope of I_x(a, b) in a, or (not `first`) in b."""
    da, db = (1.0, 0.0) if first else (0.0, 1.0)

    def step(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        one, none = np.ones_like(a), np.zeros_like(a)
        if n == 0:
            return one, none, one, none
        m, odd = divmod(n, 2)
        if odd:
            top, under = -(a + m) * (a + b + m) * x, (a + 2 * m) * (a + 2 * m + 1)
            top_slope = -(da * (a + b + m) + (a + m) * (da + db)) * x
            under_slope = da * (2 * a + 4 * m + 1)
        else:
            top, under = m * (b - m) * x, (a + 2 * m - 1) * (a + 2 * m)
            top_slope = m * db * x
            under_slope = da * (2 * a + 4 * m - 1)
        numerator = top / under
        return numerator, (top_slope - numerator * under_slope) / under, one, none

    value, slope = _fraction(step, a, "beta")
    lead = beta_density(a + 1, b + 1, x) / ((a + b) * (a + b + 1)) * b  # x^a (1-x)^b / (a B(a, b))
    common = special.digamma(a + b)
    lead_slope = da * (np.log(x) - special.digamma(a) - 1 / a) + db * (np.log1p(-x) - special.digamma(b)) + common
    return lead * (lead_slope * value + slope)


Step: TypeAlias = Callable[[int], tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]


def _fraction(step: Step, like: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A continued fraction n0 / (d0 + n1 / (d1 + ...)) and its slope, by modified Lentz on pairs (value, slope)."""
    tiny = 1e-300
    n0, dn0, d0, dd0 = step(0)
    c, dc = np.full_like(like, np.inf), np.zeros_like(like)
    d, dd = 1 / d0, -dd0 / (d0 * d0)
    value, slope = n0 * d, dn0 * d + n0 * dd
    for n in range(1, _MOST_TERMS):
        top, dtop, base, dbase = step(n)
        under, dunder = base + top * d, dbase + dtop * d + top * dd
        under = np.where(under == 0, tiny, under)
        d, dd = 1 / under, -dunder / (under * under)
        ratio = top / c
        c, dc = base + ratio, dbase + (dtop - ratio * dc) / c
        c = np.where(c == 0, tiny, c)
        factor, dfactor = c * d, dc * d + c * dd
        slope, value = slope * factor + value * dfactor, value * factor
        if n > 2 and bool(
            ((np.abs(factor - 1) < 1e-15) & (np.abs(value * dfactor) <= 1e-15 * (np.abs(value) + np.abs(slope)))).all()
        ):
            return value, slope
    raise _too_large(name)


def _too_large(name: str) -> UnsupportedError:
    return UnsupportedError(
        f"the derivative of the incomplete {name} function by a shape parameter is not supported for one so large",
        action="make the shape a fixed number, or keep it smaller",
    )
