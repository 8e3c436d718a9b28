"""How well the parameters of a least-squares fit are known: standard errors, intervals, correlations.

All of it is the linear theory around the solution (Bates and Watts 1988, Nonlinear Regression Analysis and Its
Applications, sections 1.2 and 2.3; Seber and Wild 1989, section 5.1): with residuals r (m,), their Jacobian J (m, n)
and s^2 = r'r / (m - n), the covariance is s^2 (J'J)^-1. It is taken from orthogonal factors of J with its columns at
unit length, never from J'J, which would square the condition (Golub and Van Loan 2013, section 5.3.8).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.problem import Objective

Floats = NDArray[np.float64]

ROUNDINGS = 100
"""J lacks rank where a singular value is below this many roundings, times max(m, n), of the largest."""
UNDETERMINED = 1e-6
"""A parameter with more than this of a direction in which no residual moves, of unit length, is not determined."""
ELSEWHERE = (1.0, 10.0) * 6
"""How widely, in sizes of the parameters, the points around an answer are drawn at which rows that say nothing there
are asked again."""


@dataclass(frozen=True)
class FitStatistics:
    """Of n parameters and m residuals; nan where a parameter is not determined or stands at a bound.

    residuals (m,): in the units of what is fitted, whatever factor the objective puts before their squares.
    observations: how many of them there are, but for blank rows: those that are zero and that no parameter moves,
    neither here nor elsewhere.
    degrees_of_freedom: the observations less the parameters determined. residual_deviation: the square root of
    sum_of_squares / degrees_of_freedom.
    standard_errors, t_values, p_values (two-sided), lower, upper (n,): the latter two the interval of `confidence`.
    covariance, correlations (n, n). r_squared: None where the observed values are not known.
    undetermined, at_bounds: places of parameters; either kind is left out of the covariance.
    condition: of the Jacobian with its columns at unit length; infinite where it lacks rank. Above 1e8, half of the
    digits of a standard error are rounding.
    """

    estimates: Floats
    residuals: Floats = field(repr=False)
    observations: int
    degrees_of_freedom: int
    sum_of_squares: float
    residual_deviation: float
    covariance: Floats = field(repr=False)
    standard_errors: Floats
    t_values: Floats
    p_values: Floats
    confidence: float
    lower: Floats
    upper: Floats
    correlations: Floats = field(repr=False)
    r_squared: float | None
    undetermined: tuple[int, ...]
    at_bounds: tuple[int, ...]
    condition: float


def fit_statistics(
    residuals: Floats,
    jacobian: Floats,
    estimates: Floats,
    *,
    scale: float = 1.0,
    at_bounds: NDArray[np.bool_] | None = None,
    moved: NDArray[np.bool_] | None = None,
    observed: Floats | None = None,
    total_sum_of_squares: float | None = None,
    confidence: float = 0.95,
) -> FitStatistics:
    """The statistics of a fit with residuals (m,) and Jacobian (m, n) at estimates (n,).

    scale: what the objective multiplies every residual by, as 1 / sqrt(m) where it is a mean of squares; residuals and
    Jacobian are divided by it. at_bounds (n,): parameters held by a bound, which count as known. moved (m,): rows that
    parameters move elsewhere, which are observations even where they are zero and flat here. observed: the values
    fitted, or total_sum_of_squares: theirs around their mean; for R squared (Kvalseth 1985, eq. 1).
    """
    r, J = np.asarray(residuals, np.float64) / scale, np.asarray(jacobian, np.float64) / scale
    n = len(estimates)
    free = np.ones(n, bool) if at_bounds is None else ~at_bounds
    says = _says(r, J)
    observations = int((says if moved is None else says | moved).sum())
    unit_covariance, undetermined, rank, condition = _unit_covariance(J[:, free])

    total = float(r @ r)
    freedom = observations - rank
    variance = total / freedom if freedom > 0 else math.nan
    covariance = np.full((n, n), np.nan)
    covariance[np.ix_(free, free)] = variance * unit_covariance
    errors = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(np.isfinite(errors), estimates / errors, np.nan)
        correlations = covariance / errors / errors[:, None]
    np.fill_diagonal(correlations, np.where(np.isfinite(errors), 1.0, np.nan))
    width = errors * (float(stdtrit(freedom, 0.5 + confidence / 2)) if freedom > 0 else math.nan)
    if total_sum_of_squares is None and observed is not None:
        total_sum_of_squares = float(np.square(observed - np.mean(observed)).sum())
    return FitStatistics(
        estimates=np.asarray(estimates, np.float64),
        residuals=r,
        observations=observations,
        degrees_of_freedom=freedom,
        sum_of_squares=total,
        residual_deviation=math.sqrt(variance),
        covariance=covariance,
        standard_errors=errors,
        t_values=t,
        p_values=2 * stdtr(max(freedom, 1), -np.abs(t)),
        confidence=confidence,
        lower=estimates - width,
        upper=estimates + width,
        correlations=np.clip(correlations, -1.0, 1.0),
        r_squared=1 - total / total_sum_of_squares if total_sum_of_squares else None,
        undetermined=tuple(np.flatnonzero(free)[undetermined].tolist()),
        at_bounds=tuple(np.flatnonzero(~free).tolist()),
        condition=condition,
    )


def fit_statistics_at(
    objective: Objective,
    x: Floats,
    conditions: Conditions | None = None,
    *,
    scale: float = 1.0,
    observed: Floats | None = None,
    total_sum_of_squares: float | None = None,
    confidence: float = 0.95,
) -> FitStatistics | None:
    """The statistics of a fit at x (n,), or None where the objective is no sum of squares, or not finite there.

    Cells at one of their bounds, and cells that must be whole, count as known. scale and the rest: see
    `fit_statistics`.
    """
    if not objective.has_residuals:
        return None
    point = torch.as_tensor(x).to(device=objective.device, dtype=objective.dtype)
    residuals, jacobian = (part[0].double().cpu().numpy() for part in objective.residuals_and_jacobian(point[None]))
    if not (np.isfinite(residuals).all() and np.isfinite(jacobian).all()):
        return None
    held = None
    if conditions is not None:
        held = (x <= conditions.lower) | (x >= conditions.upper) | conditions.whole
    says, elsewhere = _says(residuals, jacobian), np.zeros(len(residuals), bool)
    if not says.all():
        elsewhere = _moved_elsewhere(objective, x, says)
    return fit_statistics(
        residuals, jacobian, x, scale=scale, at_bounds=held, moved=elsewhere, observed=observed,
        total_sum_of_squares=total_sum_of_squares, confidence=confidence,
    )  # fmt: skip


def _says(residuals: Floats, jacobian: Floats) -> NDArray[np.bool_]:
    """Which rows are not zero, or are moved by some parameter; an error is either (m,)."""
    return (residuals != 0) | (jacobian != 0).any(axis=1)


def _moved_elsewhere(objective: Objective, x: Floats, says: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows say something at points drawn around x (m,), within bounds or not: where a unit of a net is dead and
    nothing was observed the row is zero and flat, and yet not blank."""
    draw = np.random.default_rng(0)
    found = says.copy()
    for spread in ELSEWHERE:
        point = x + spread * np.maximum(1.0, np.abs(x)) * draw.standard_normal(len(x))
        at = torch.as_tensor(point).to(device=objective.device, dtype=objective.dtype)[None]
        found |= _says(*(part[0].double().cpu().numpy() for part in objective.residuals_and_jacobian(at)))
        if found.all():
            break
    return found


def _unit_covariance(J: Floats) -> tuple[Floats, NDArray[np.bool_], int, float]:
    """(J'J)^-1 (n, n), with nan for parameters that are not determined; which those are (n,); the rank; the condition.

    J = Q R D and R = U S V': (J'J)^-1 = D^-1 V S^-2 V' D^-1, singular values below rounding left out.
    """
    m, n = J.shape
    if n == 0:
        return np.empty((0, 0)), np.zeros(0, bool), 0, 1.0
    norms = np.linalg.norm(J, axis=0)
    lengths = np.where(norms > 0, norms, 1.0)
    _, s, vt = np.linalg.svd(np.linalg.qr(J / lengths, mode="r"))
    s = np.concatenate((s, np.zeros(n - len(s))))
    regular = s > ROUNDINGS * max(m, n) * np.finfo(np.float64).eps * s[0]
    half = vt[regular] / s[regular, None] / lengths
    undetermined = np.sqrt(np.square(vt[~regular]).sum(axis=0)) > UNDETERMINED
    covariance = half.T @ half
    covariance[undetermined] = covariance[:, undetermined] = np.nan
    condition = float(s[0] / s[-1]) if regular.all() else math.inf
    return covariance, undetermined, int(regular.sum()), condition
