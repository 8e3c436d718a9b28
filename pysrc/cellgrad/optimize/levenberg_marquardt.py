"""Levenberg-Marquardt (Levenberg 1944; Marquardt 1963), batched over starts, for merits that are sums of squares.

The first try is the undamped Gauss-Newton step, so that a model linear in its cells is solved at once. Scaling by the
largest column norms met so far is More's (1978); damping follows Nielsen (1999). Memory is K n^2: the Jacobian is held
only inside the objective, and by the careful solver where one fits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cellgrad.optimize.damped_least_squares import cholesky_step, orthogonal_step, spectral_step
from cellgrad.optimize.method import State, end, running
from cellgrad.optimize.problem import CHUNK_ELEMENTS, Problem
from cellgrad.optimize.solution import Status

FIRST_DAMPING = 1e-2
LEAST_DAMPING = 1e-14
"""Below this, damping is switched off and the last steps converge quadratically."""
FULL_TRUST = 0.25
"""An undamped step must gain at least this part of its promise, a damped one only something."""
SOME_TRUST = 1e-3
SHRINK = 0.1
"""Damping falls at most to this part of itself in a step; Nielsen's third takes twice as long to let go."""
STATIONARY = 1e-7
"""A point is called stationary when r meets every column of J at a right angle within this."""


@dataclass(frozen=True)
class LevenbergMarquardtState(State):
    """normal (K, n, n) is J'J; scale (K, n) the diagonal of D; growth (K,) Nielsen's nu. `rate` is the damping.

    resume (K,): the damping to go on with when an undamped step fails. tried (K,): an undamped last step was tried
    from here. offset (K,): see `slope`.
    """

    normal: Tensor
    scale: Tensor
    growth: Tensor
    resume: Tensor
    tried: Tensor
    offset: Tensor


class LevenbergMarquardt:
    """`gradient` is that of the merit, 2 J'r."""

    name = "levenberg-marquardt"
    monotone = True
    default_steps = 1_000
    window = 25

    def init(self, problem: Problem, X: Tensor) -> LevenbergMarquardtState:
        f, half, normal = problem.normal_equations(X)
        return LevenbergMarquardtState(
            x=X,
            f=torch.where(torch.isfinite(f + half.sum(1) + normal.sum((1, 2))), f, torch.nan),
            gradient=2 * half,
            rate=torch.zeros_like(f),
            ended=running(X),
            normal=normal,
            scale=_column_norms(normal),
            growth=torch.full_like(f, 2.0),
            resume=torch.full_like(f, FIRST_DAMPING),
            tried=torch.zeros_like(f, dtype=torch.bool),
            offset=torch.full_like(f, torch.inf),
        )

    def slope(self, state: LevenbergMarquardtState) -> Tensor:
        """The relative offset of Bates and Watts (1981), |J p| / |r| for the undamped step p: blind to conditioning."""
        return torch.where((state.gradient == 0).all(1), 0.0, state.offset)

    def step(self, problem: Problem, state: LevenbergMarquardtState) -> LevenbergMarquardtState:
        damping, scale = state.rate, torch.where(state.scale > 0, state.scale, 1.0)
        half = 0.5 * state.gradient
        p = self._solve(problem, state, half, scale)
        trial = state.x + p
        f = problem.value(trial)

        promised = -(2 * half * p).sum(1) - (p.unsqueeze(1) @ state.normal @ p.unsqueeze(2)).flatten()
        gain = (state.f - f) / promised
        good = torch.isfinite(f)
        # a promise below the rounding of f cannot be judged by f: such steps must shrink instead, or the gradient must
        rounding = 1e4 * problem.epsilon * state.f
        resolved = promised > rounding
        judged = resolved & (f < state.f) & (gain > torch.where(damping > 0, SOME_TRUST, FULL_TRUST))
        polishing = ~resolved & (f <= state.f + rounding)
        moved, usable = self._arrive(problem, state, trial, good & (judged | polishing))
        offset = torch.where(damping > 0, torch.inf, (promised.clamp(min=0) / state.f).sqrt())
        shrinks = torch.where(damping > 0, _slant(moved) <= 0.9 * _slant(state), offset <= 0.9 * state.offset)
        polished = polishing & shrinks
        taken = usable & (judged | polished)

        less = damping * (1 - (2 * gain.clamp(0, 1) - 1) ** 3).clamp(min=SHRINK)
        less = torch.where(less < LEAST_DAMPING, 0.0, torch.where(resolved, less, damping))
        more = torch.where(damping > 0, damping * state.growth, state.resume)
        # damped steps too short to tell: before giving up, one step without damping
        last = ~taken & ~resolved & good & (damping > 0) & ~state.tried
        rate = torch.where(taken, less, torch.where(last, 0.0, more))
        growth = torch.where(taken | last | (damping == 0), 2.0, 2 * state.growth)

        idle = ~resolved | (p.abs() <= problem.epsilon * state.x.abs()).all(1) | ~torch.isfinite(more)
        rest = ~taken & ~last & idle
        after = replace(
            state.merged(taken, moved),
            rate=rate,
            growth=growth,
            resume=torch.where(damping > 0, 10 * damping, state.resume).clamp(max=FIRST_DAMPING),
            tried=last | (state.tried & ~(taken & resolved)),
            offset=offset,
        )
        ended = end(after.ended, after.f == 0, Status.OPTIMAL)
        ended = end(ended, rest & ((damping == 0) | (_slant(after) <= STATIONARY)), Status.OPTIMAL)
        ended = end(ended, rest & good, Status.CANNOT_IMPROVE)
        return replace(after, ended=end(ended, rest, Status.NO_FINITE_STEP))

    def _solve(self, problem: Problem, state: LevenbergMarquardtState, half: Tensor, scale: Tensor) -> Tensor:
        """The damped step of every start; only those that Cholesky cannot serve pay for a careful one."""
        p, trusted = cholesky_step(state.normal, half, scale, state.rate)
        if bool(trusted.all()):
            return p
        hard = (~trusted).nonzero().squeeze(1)
        if problem.residual_count * problem.size > CHUNK_ELEMENTS:
            careful = spectral_step(state.normal[hard], half[hard], scale[hard], state.rate[hard])
        else:
            residuals, jacobian = problem.residuals_and_jacobian(state.x[hard])
            careful = orthogonal_step(jacobian, residuals, scale[hard], state.rate[hard])
        return p.index_copy(0, hard, careful)

    def _arrive(
        self, problem: Problem, state: LevenbergMarquardtState, trial: Tensor, candidate: Tensor
    ) -> tuple[LevenbergMarquardtState, Tensor]:
        """The state at the trial points worth a Jacobian, and which of them are sound, (K,)."""
        if not bool(candidate.any()):
            return state, candidate
        every = bool(candidate.all())
        index = candidate.nonzero().squeeze(1)
        f, half, normal = problem.normal_equations(trial if every else trial[index])
        # where no cell moves any residual, no method finds the way out again: stay on this side of the edge
        lost = (torch.diagonal(normal, dim1=1, dim2=2) == 0).all(1) & (f > 0)
        sound = torch.isfinite(f + half.sum(1) + normal.sum((1, 2))) & ~lost
        if not every:
            sound = torch.zeros_like(candidate).index_copy(0, index, sound)
            f = state.f.index_copy(0, index, f)
            half = (0.5 * state.gradient).index_copy(0, index, half)
            normal = state.normal.index_copy(0, index, normal)
        scale = torch.maximum(state.scale, _column_norms(normal))
        return replace(state, x=trial, f=f, gradient=2 * half, normal=normal, scale=scale), sound


def _column_norms(normal: Tensor) -> Tensor:
    return torch.diagonal(normal, dim1=1, dim2=2).clamp(min=0).sqrt()


def _slant(state: LevenbergMarquardtState) -> Tensor:
    """The largest cosine between r and a column of J (More 1978, eq. 8.3): zero at a stationary point, (K,)."""
    norms = _column_norms(state.normal) * state.f.sqrt().unsqueeze(1)
    return torch.where(norms > 0, 0.5 * state.gradient.abs() / norms, 0.0).amax(1)
