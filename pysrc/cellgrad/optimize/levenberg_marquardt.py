"""Levenberg-Marquardt (Levenberg 1944; Marquardt 1963), batched over starts, for merits that are sums of squares.

The first try is the undamped Gauss-Newton step, so that a model linear in its cells is solved at once. Scaling by the
largest column norms met so far is More's (1978); damping follows Nielsen (1999). Memory is K n^2: the Jacobian is held
only inside the objective, and by the careful solver where one fits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cellgrad.optimize.linear import cholesky_step, orthogonal_step, spectral_step
from cellgrad.optimize.method import State, end, running
from cellgrad.optimize.problem import CHUNK_ELEMENTS, Problem
from cellgrad.optimize.solution import Status

FIRST_DAMPING = 1e-2
LEAST_DAMPING = 1e-9
"""Below this, damping is switched off and the last steps converge quadratically."""
FULL_TRUST = 0.25
"""An undamped step must gain at least this part of its promise, a damped one only something."""
SOME_TRUST = 1e-3


@dataclass(frozen=True)
class LevenbergMarquardtState(State):
    """normal (K, n, n) is J'J; scale (K, n) the diagonal of D; growth (K,) Nielsen's nu. `rate` is the damping."""

    normal: Tensor
    scale: Tensor
    growth: Tensor


class LevenbergMarquardt:
    """`gradient` is that of the merit, 2 J'r."""

    name = "levenberg-marquardt"
    monotone = True
    default_steps = 1_000

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
        )

    def step(self, problem: Problem, state: LevenbergMarquardtState) -> LevenbergMarquardtState:
        damping, scale = state.rate, torch.where(state.scale > 0, state.scale, 1.0)
        half = 0.5 * state.gradient
        p = self._solve(problem, state, half, scale)
        trial = state.x + p
        f = problem.value(trial)

        promised = -(2 * half * p).sum(1) - (p.unsqueeze(1) @ state.normal @ p.unsqueeze(2)).flatten()
        gain = (state.f - f) / promised
        good = torch.isfinite(f)
        # a promise below the rounding of f cannot be judged by f: such a step must halve the gradient instead
        rounding = 100 * problem.epsilon * state.f
        resolved = promised > rounding
        judged = resolved & (f < state.f) & (gain > torch.where(damping > 0, SOME_TRUST, FULL_TRUST))
        polishing = ~resolved & (f <= state.f + rounding)
        candidate = good & (judged | polishing)
        moved, usable = self._arrive(problem, state, trial, candidate)
        slant, slant_before = _slant(moved), _slant(state)
        polished = polishing & (slant <= 0.5 * slant_before)
        taken = usable & (judged | polished)

        shorter = torch.where(damping > 0, damping * state.growth, FIRST_DAMPING)
        calmer = damping * (1 - (2 * gain.clamp(0, 1) - 1) ** 3).clamp(min=1 / 3)
        calmer = torch.where(calmer < LEAST_DAMPING, 0.0, calmer)
        rate = torch.where(taken, torch.where(polished, 0.0, calmer), shorter)
        growth = torch.where(taken | (damping == 0), 2.0, 2 * state.growth)

        still = (p.abs() <= problem.epsilon * state.x.abs()).all(1) | ((~resolved) & good) | ~torch.isfinite(rate)
        rest = ~taken & still
        after = replace(state.merged(taken, moved), rate=rate, growth=growth)
        slant = torch.where(taken, slant, slant_before)
        ended = end(after.ended, after.f == 0, Status.OPTIMAL)
        ended = end(ended, slant <= 50 * problem.epsilon, Status.OPTIMAL)
        ended = end(ended, rest & (slant <= 1e-6), Status.OPTIMAL)
        ended = end(ended, rest & good, Status.CANNOT_IMPROVE)
        ended = end(ended, rest, Status.NO_FINITE_STEP)
        return replace(after, ended=ended)

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
