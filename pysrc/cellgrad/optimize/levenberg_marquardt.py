"""Levenberg-Marquardt (Levenberg 1944; Marquardt 1963), batched over starts, for merits that are sums of squares.

The first try is the undamped Gauss-Newton step, so that a model linear in its cells is solved at once. Scaling by the
largest column norms met so far is More's (1978); damping follows Nielsen (1999). Where the Jacobian is small it is
held, and damped steps follow the curve of least residual to second order: the geodesic acceleration of Transtrum and
Sethna (2012, arXiv:1201.5885). Elsewhere memory is K n^2: the Jacobian is held only inside the objective, and by the
careful solver where one fits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cellgrad.optimize.linearised import Linearised
from cellgrad.optimize.method import State, end, held_at_bounds, projected, running
from cellgrad.optimize.problem import CHUNK_ELEMENTS, Problem
from cellgrad.optimize.residual_curvature import positive, prefers_other, updated_curvature
from cellgrad.optimize.solution import Status
from cellgrad.tensors.gram import normal_equations_of

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
HELD_ELEMENTS = 10_000
"""Residuals x cells up to which the Jacobian is held: beyond, an acceleration costs more than the steps it saves."""
PROBE = 0.1
"""How far along a step its curvature is measured, and how large the acceleration may be: Transtrum and Sethna (2012),
sections 4.1 and 4.2."""
MOST_BEND = 0.75
VANISHED = 1e-6
"""A step is too long after which a column of J is this part of itself: its cell slid onto a plateau, as the rate of an
exponential does that has died away before the first observation."""
PATIENT_DAMPING = 1e4
"""From here on such steps are taken after all: what vanishes at once, however short the step, is a kink."""
TURN = 200
"""After so many steps a start moves its cells by factors instead of sums, then by sums again."""


@dataclass(frozen=True)
class LevenbergMarquardtState(State):
    """normal (K, n, n) is J'J; scale (K, n) the diagonal of D; growth (K,) Nielsen's nu. `rate` is the damping.

    resume (K,): the damping to go on with when an undamped step fails. tried (K,): an undamped last step was tried
    from here. offset (K,): see `slope`. residuals (K, m), jacobian (K, m, n): empty where they are too large to hold.
    factors (K, n): cells that move by factors: x exp(p), for fits that span many powers of ten. age (K,): steps so far.
    curvature (K, n, n): of the residuals, see `residual_curvature`, held with them; curved (K,): whether it is used.
    """

    normal: Tensor
    scale: Tensor
    growth: Tensor
    resume: Tensor
    tried: Tensor
    offset: Tensor
    residuals: Tensor
    jacobian: Tensor
    factors: Tensor
    age: Tensor
    curvature: Tensor
    curved: Tensor

    @property
    def holds(self) -> bool:
        """Whether residuals and Jacobian are held."""
        return self.jacobian.shape[1] > 0

    @property
    def unit(self) -> Tensor | None:
        """What a cell moves by for a small unit of its step, (K, n); None where that is 1 everywhere."""
        return torch.where(self.factors, self.x, 1.0) if self.holds and bool(self.factors.any()) else None


class LevenbergMarquardt:
    """`gradient` is that of the merit, 2 J'r."""

    name = "levenberg-marquardt"
    monotone = True
    default_steps = 2_000
    window = 25

    def init(self, problem: Problem, X: Tensor) -> LevenbergMarquardtState:
        K, n = X.shape
        small = problem.residual_count * n <= HELD_ELEMENTS and K * problem.residual_count * n <= CHUNK_ELEMENTS // 8
        f, half, normal, residuals, jacobian = _evaluated(problem, X, small)
        return LevenbergMarquardtState(
            x=X,
            f=torch.where(torch.isfinite(f + half.sum(1) + normal.sum((1, 2))), f, torch.nan),
            gradient=2 * half,
            # the undamped step solves what is linear at once; of many starts nearly all would try it in vain
            rate=torch.full_like(f, 0.0 if K == 1 else FIRST_DAMPING),
            ended=running(X),
            normal=normal,
            scale=_column_norms(normal),
            growth=torch.full_like(f, 2.0),
            resume=torch.full_like(f, FIRST_DAMPING),
            tried=torch.zeros_like(f, dtype=torch.bool),
            offset=torch.full_like(f, torch.inf),
            residuals=residuals,
            jacobian=jacobian,
            factors=torch.zeros_like(X, dtype=torch.bool),
            age=torch.zeros_like(f),
            curvature=torch.zeros_like(normal) if small else normal[:, :0],
            curved=torch.zeros_like(f, dtype=torch.bool),
        )

    def slope(self, state: LevenbergMarquardtState) -> Tensor:
        """The relative offset of Bates and Watts (1981), |J p| / |r| for the undamped step p: blind to conditioning."""
        return torch.where((state.gradient == 0).all(1), 0.0, state.offset)

    def step(self, problem: Problem, state: LevenbergMarquardtState) -> LevenbergMarquardtState:
        damping = state.rate
        system, curved = _linearised(problem, state)
        trial, promised, otherwise, sound, clipped = self._trial(problem, state, system, curved)
        f = problem.value(trial)

        gain = (state.f - f) / promised
        good = torch.isfinite(f) & sound
        # a promise below the rounding of f cannot be judged by f: such steps must shrink instead, or the gradient must
        rounding = 1e4 * problem.epsilon * state.f
        resolved = promised > rounding
        judged = resolved & (f < state.f) & (gain > torch.where(damping > 0, SOME_TRUST, FULL_TRUST))
        polishing = ~resolved & (f <= state.f + rounding) & ~clipped
        moved, usable = self._arrive(problem, state, trial, good & (judged | polishing))
        slant_before = _slant(problem, state)
        slant = slant_before if moved is state else _slant(problem, moved)
        offset = torch.where((damping > 0) | clipped, torch.inf, (promised.clamp(min=0) / state.f).sqrt())
        shrinks = torch.where(damping > 0, slant <= 0.9 * slant_before, offset <= 0.9 * state.offset)
        polished = polishing & shrinks
        taken = usable & (judged | polished)

        less = damping * (1 - (2 * gain.clamp(0, 1) - 1) ** 3).clamp(min=SHRINK)
        less = torch.where(less < LEAST_DAMPING, 0.0, torch.where(resolved, less, damping))
        more = torch.where(damping > 0, damping * state.growth, state.resume)
        # damped steps too short to tell: before giving up, one step without damping
        last = ~taken & ~resolved & good & (damping > 0) & ~state.tried
        rate = torch.where(taken, less, torch.where(last, 0.0, more))
        growth = torch.where(taken | last | (damping == 0), 2.0, 2 * state.growth)

        standing = ((trial - state.x).abs() <= problem.epsilon * state.x.abs()).all(1)
        idle = (~resolved & ~clipped) | standing | ~torch.isfinite(more)
        rest = ~taken & ~last & idle
        after = replace(
            state.merged(taken, moved),
            rate=rate,
            growth=growth,
            resume=torch.where(damping > 0, 10 * damping, state.resume).clamp(max=FIRST_DAMPING),
            tried=last | (state.tried & ~(taken & resolved)),
            offset=offset,
            age=state.age + 1,
        )
        if state.holds:
            other = resolved & good & prefers_other(state.f - f, promised, otherwise)
            after = replace(after, curved=torch.where(other, ~curved, after.curved))
        slant = torch.where(taken, slant, slant_before)
        ended = end(after.ended, after.f == 0, Status.OPTIMAL)
        ended = end(ended, rest & (((damping == 0) & ~clipped) | (slant <= STATIONARY)), Status.OPTIMAL)
        ended = end(ended, rest & good, Status.CANNOT_IMPROVE)
        after = replace(after, ended=end(ended, rest, Status.NO_FINITE_STEP))
        return self._take_turns(problem, after) if state.holds else after

    def _trial(
        self, problem: Problem, state: LevenbergMarquardtState, system: Linearised, curved: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The trial points (K, n), the fall of the merit that the model promises there, what it would promise with
        the residuals' curvature where that is left out, or without it where it is `curved`; where a step is straight
        enough to be tried, and where bounds cut it short, (K,)."""
        free, clipped = None, torch.zeros_like(state.ended, dtype=torch.bool)
        low = high = None
        if problem.bounded:
            held = held_at_bounds(problem, state.x, state.gradient)
            low, high = problem.lower - state.x, problem.upper - state.x
            p, free = system.solve_within(low, high, held)
            clipped = (~free & ~held).any(1)
        else:
            p = system.solve()
        promised = otherwise = system.promised(p)
        sound = torch.ones_like(clipped)
        unit = state.unit
        if state.holds:
            step = p if unit is None else p * unit
            bend = ((step.unsqueeze(1) @ state.curvature) @ step.unsqueeze(2)).flatten()
            otherwise = promised + torch.where(curved, bend, -bend)
            bending = (system.damping > 0) & ~curved
            if bool(bending.any()):
                p, straight = self._accelerated(problem, state, system, p, free, bending)
                sound = straight | ~bending
        x = state.x + p if unit is None else torch.where(state.factors, state.x * p.exp(), state.x + p)
        if low is not None and high is not None:  # exactly at a bound, whatever the rounding of x + (bound - x)
            x = torch.where(p <= low, problem.lower, torch.where(p >= high, problem.upper, x))
        return x, promised, otherwise, sound, clipped

    def _accelerated(
        self,
        problem: Problem,
        state: LevenbergMarquardtState,
        system: Linearised,
        p: Tensor,
        free: Tensor | None,
        bending: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """p + a/2 for the starts `bending`, where J a answers r's second derivative along p as J p answers r; and
        which of them bend little enough, (K,)."""
        index = bending.nonzero().squeeze(1)
        part = state.select(index)
        velocity = p[index]
        unit = part.unit
        near = part.x + PROBE * velocity
        if unit is not None:
            near = torch.where(part.factors, part.x * (PROBE * velocity).exp(), near)
        _, jacobian_near = problem.residuals_and_jacobian(near)
        here = part.jacobian
        if unit is not None:
            jacobian_near = jacobian_near * torch.where(part.factors, near, 1.0).unsqueeze(1)
            here = here * unit.unsqueeze(1)
        curving = ((jacobian_near - here) @ velocity.unsqueeze(2)) / PROBE
        bent = Linearised(
            half=(here.mT @ curving).squeeze(2),
            normal=system.normal[index],
            scale=system.scale[index],
            damping=system.damping[index],
            exact=lambda some: (curving[some].squeeze(2), here[some]),
        )
        finite = torch.isfinite(bent.half.sum(1))
        bent = replace(bent, half=torch.where(finite.unsqueeze(1), bent.half, 0.0))
        if free is not None:
            bent = bent.restricted(free[index], torch.zeros_like(velocity))
        a = torch.where(finite.unsqueeze(1), bent.solve(), 0.0)
        straight = finite & (2 * (bent.scale * a).norm(dim=1) <= MOST_BEND * (bent.scale * velocity).norm(dim=1))
        step = torch.where(straight.unsqueeze(1), velocity + 0.5 * a, velocity)
        return p.index_copy(0, index, step), torch.zeros_like(bending).index_copy(0, index, straight)

    def _arrive(
        self, problem: Problem, state: LevenbergMarquardtState, trial: Tensor, candidate: Tensor
    ) -> tuple[LevenbergMarquardtState, Tensor]:
        """The state at the trial points worth a Jacobian, and which of them are sound, (K,)."""
        if not bool(candidate.any()):
            return state, candidate
        every = bool(candidate.all())
        index = candidate.nonzero().squeeze(1)
        f, half, normal, residuals, jacobian = _evaluated(problem, trial if every else trial[index], state.holds)
        # where no cell moves any residual, no method finds the way out again: stay on this side of the edge
        lost = (torch.diagonal(normal, dim1=1, dim2=2) == 0).all(1) & (f > 0)
        sound = torch.isfinite(f + half.sum(1) + normal.sum((1, 2))) & ~lost
        if state.holds:
            before = state if every else state.select(index)
            vanished = _column_norms(normal) < VANISHED * _column_norms(before.normal)
            sound &= ~vanished.any(1) | (before.rate > PATIENT_DAMPING)
        if not every:
            sound = torch.zeros_like(candidate).index_copy(0, index, sound)
            f = state.f.index_copy(0, index, f)
            half = (0.5 * state.gradient).index_copy(0, index, half)
            normal = state.normal.index_copy(0, index, normal)
            residuals = state.residuals.index_copy(0, index, residuals)
            jacobian = state.jacobian.index_copy(0, index, jacobian)
        moved = replace(
            state, x=trial, f=f, gradient=2 * half, normal=normal, residuals=residuals, jacobian=jacobian
        )  # fmt: skip
        moved = replace(moved, scale=torch.maximum(state.scale, _norms_of_steps(moved)))
        if state.holds:
            change = 0.5 * (moved.gradient - state.gradient)
            own = ((moved.jacobian - state.jacobian).mT @ moved.residuals.unsqueeze(2)).squeeze(2)
            moved = replace(moved, curvature=updated_curvature(state.curvature, trial - state.x, change, own))
        return moved, sound

    def _take_turns(self, problem: Problem, state: LevenbergMarquardtState) -> LevenbergMarquardtState:
        """Starts that have come far without an end go on in the other coordinates: by factors, or by sums again."""
        turn = state.age % TURN == 0
        if not bool(turn.any()):
            return state
        between = torch.isfinite(problem.lower) | torch.isfinite(problem.upper)
        by_factors = ~state.factors.any(1, keepdim=True) & (state.x != 0) & ~between
        turned = replace(state, factors=by_factors)
        turned = replace(turned, scale=_norms_of_steps(turned), growth=torch.full_like(state.growth, 2.0))
        return state.merged(turn, turned)


def _evaluated(problem: Problem, X: Tensor, hold: bool) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Merits (K,), J'r, J'J, and r (K, m) and J (K, m, n), these two empty unless they are to be held."""
    if hold:
        residuals, jacobian = problem.residuals_and_jacobian(X)
        return *normal_equations_of(residuals, jacobian), residuals, jacobian
    K, n = X.shape
    return *problem.normal_equations(X), X.new_empty(K, 0), X.new_empty(K, 0, n)


def _linearised(problem: Problem, state: LevenbergMarquardtState) -> tuple[Linearised, Tensor]:
    """The linear least squares of the next step, in the coordinates of each cell, and to which of them the curvature
    of the residuals has been added, (K,)."""
    half, normal, unit = 0.5 * state.gradient, state.normal, state.unit
    scale = torch.where(state.scale > 0, state.scale, 1.0)
    curved = state.curved
    if unit is None and state.holds and bool(curved.any()):
        whole = normal + state.curvature
        curved = curved & positive(whole, scale, state.rate)
        normal = torch.where(curved.view(-1, 1, 1), whole, normal)
    else:
        curved = torch.zeros_like(curved)
    if unit is not None:
        half, normal = half * unit, normal * unit.unsqueeze(1) * unit.unsqueeze(2)

    def exact(index: Tensor) -> tuple[Tensor, Tensor]:
        if not state.holds:
            return problem.residuals_and_jacobian(state.x[index])
        jacobian = state.jacobian[index]
        return state.residuals[index], jacobian if unit is None else jacobian * unit[index].unsqueeze(1)

    fits = problem.residual_count * problem.size <= CHUNK_ELEMENTS
    return Linearised(half, normal, scale, state.rate, exact if fits else None), curved


def _column_norms(normal: Tensor) -> Tensor:
    return torch.diagonal(normal, dim1=1, dim2=2).clamp(min=0).sqrt()


def _norms_of_steps(state: LevenbergMarquardtState) -> Tensor:
    """The column norms of J in the coordinates in which the cells move."""
    norms, unit = _column_norms(state.normal), state.unit
    return norms if unit is None else norms * unit.abs()


def _slant(problem: Problem, state: LevenbergMarquardtState) -> Tensor:
    """The largest cosine between r and a column of J (More 1978, eq. 8.3) of a cell that no bound holds, (K,): zero
    at a stationary point."""
    norms = _column_norms(state.normal) * state.f.sqrt().unsqueeze(1)
    gradient = projected(problem, state).gradient
    return torch.where(norms > 0, 0.5 * gradient.abs() / norms, 0.0).amax(1)
