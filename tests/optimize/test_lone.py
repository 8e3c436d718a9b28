"""One start on numpy goes the way of a batch of one: the same merits step by step, and the same end."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.optimize import nist_models
from tests.optimize.objectives import Scalar, Squares, TitanicNet

from cellgrad.optimize.lbfgs import Lbfgs
from cellgrad.optimize.levenberg_marquardt import LevenbergMarquardt
from cellgrad.optimize.lone.search import LoneSearch, refine, search_from
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.search import Limits, Search, Tolerances
from cellgrad.optimize.solution import Status
from cellgrad.optimize.threads import threads_for

NIST = nist_models.datasets()
FEW = 6
"""Steps compared one by one: rounding grows from each to the next, and may turn a yes into a no."""


def both(problem_of, start, steps: int = 2000, method=LevenbergMarquardt) -> tuple[Search, LoneSearch]:
    """The batched search and the lone one, run."""
    X = torch.as_tensor(np.asarray(start, float))[None]
    batched = Search(problem_of(), method(), X, Tolerances())
    lone = search_from(problem_of(), method(), X, Tolerances())
    assert isinstance(lone, LoneSearch)
    with threads_for(1):
        for search in (batched, lone):
            search.run(Limits(steps))
    return batched, lone


@pytest.mark.parametrize("start", ["start1", "start2"])
@pytest.mark.parametrize("name", [name for name in nist_models.MODELS if name != "Lanczos1"])
def test_certified_fits(name: str, start: str) -> None:
    entry = NIST[name]
    batched, lone = both(lambda: Problem(nist_models.objective(entry)), entry[start])
    ours, theirs = (np.array(search.history[:FEW]) for search in (lone, batched))
    shared = min(len(ours), len(theirs))
    np.testing.assert_allclose(ours[:shared], theirs[:shared], rtol=1e-3, atol=1e-12 * theirs[0, 1])
    assert float(lone.f[0]) == pytest.approx(float(batched.f[0]), rel=1e-9)
    assert lone.statuses()[0].found and batched.statuses()[0].found


def test_a_net_whose_jacobian_is_not_held() -> None:
    random = np.random.default_rng(3)
    x, y = torch.as_tensor(random.normal(size=(700, 10))), torch.as_tensor(random.random(700).round())
    net = TitanicNet(x, y)
    start = random.uniform(-0.5, 0.5, net.size)
    batched, lone = both(lambda: Problem(net), start, steps=20)
    np.testing.assert_allclose(np.array(lone.history), np.array(batched.history), rtol=1e-5)
    assert lone.statuses() == batched.statuses() == [Status.STEP_LIMIT]
    np.testing.assert_allclose(lone.x, batched.x, rtol=1e-5, atol=1e-8)


CASES = {
    "a zero at once": (lambda X: X - 3, [1.0, 2.0], Status.OPTIMAL),
    "an error at the start": (lambda X: X.log(), [-1.0], Status.ERROR_VALUE),
    "an error beyond": (lambda X: (X - 0.1).sqrt() * (X - 5), [2.0], Status.OPTIMAL),
    "no cell moves anything": (lambda X: 0 * X + 2, [1.0], Status.FLAT),
    "a slope beyond all numbers": (lambda X: 1e200 * X, [0.0], Status.ERROR_VALUE),
    "a saddle": (lambda X: (1000 * X).square() - 1, [0.0], Status.STATIONARY),
    "a kink": (lambda X: X.abs() + 1, [2.0], None),
}


@pytest.mark.parametrize(("residuals", "start", "status"), CASES.values(), ids=CASES)
def test_endings(residuals, start, status) -> None:
    batched, lone = both(lambda: Problem(Squares(residuals, len(start))), start)
    assert lone.statuses() == batched.statuses()
    assert status in (None, *lone.statuses())
    assert abs(int(lone.iterations[0]) - int(batched.iterations[0])) <= 2, "the last steps are a matter of rounding"
    np.testing.assert_allclose(lone.f, batched.f, rtol=1e-12)
    np.testing.assert_allclose(lone.start_f, batched.start_f, rtol=1e-12)


def rosenbrock(X):
    """More, Garbow and Hillstrom (1981), problem 21: zero at (1, ..., 1)."""
    return (100 * (X[:, 1:] - X[:, :-1].square()).square() + (1 - X[:, :-1]).square()).sum(1)


DESCENTS = {
    "a curved valley": (rosenbrock, [-1.2, 1.0, -1.2, 1.0], Status.OPTIMAL),
    "cells of unlike sizes": (lambda X: (X[:, 0] - 1).square() + 1e12 * (X[:, 1] - 1e-6).square(), [3.0, 1e-5], None),
    "an error beyond": (lambda X: X[:, 0] - X[:, 0].log() - (3 - X[:, 0]).log(), [2.9], Status.OPTIMAL),
    "an error at the start": (lambda X: X.log().sum(1), [-1.0], Status.ERROR_VALUE),
    "no slope anywhere": (lambda X: 0 * X.sum(1) + 2, [1.0], Status.FLAT),
    "a saddle": (lambda X: X[:, 0].square() - X[:, 1].square(), [0.0, 0.0], Status.STATIONARY),
    "a fall without end": (lambda X: -X.sum(1), [1.0, 2.0], Status.UNBOUNDED),
    "a kink": (lambda X: X.abs().sum(1) + X[:, 0].square(), [2.0, 1.0], None),
    "a valley that only flattens out": (lambda X: X.neg().exp().sum(1), [0.0], None),
}


@pytest.mark.parametrize(("function", "start", "status"), DESCENTS.values(), ids=DESCENTS)
def test_descents(function, start, status) -> None:
    batched, lone = both(lambda: Problem(Scalar(function, len(start))), start, method=Lbfgs)
    ours, theirs = (np.array(search.history[:FEW]) for search in (lone, batched))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert lone.statuses() == batched.statuses()
    assert status in (None, *lone.statuses())
    np.testing.assert_allclose(lone.f, batched.f, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("how", ["stopped", "interrupted"])
def test_the_user_ends_it_and_keeps_the_best(how: str) -> None:
    def callback(progress):
        if progress.value < 1000:
            if how == "interrupted":
                raise KeyboardInterrupt
            return True
        return None

    entry = NIST["Misra1a"]
    X = torch.tensor([entry["start1"]], dtype=torch.float64)
    search = search_from(Problem(nist_models.objective(entry)), LevenbergMarquardt(), X, Tolerances())
    search.run(Limits(100), callback)
    assert search.statuses() == [Status.STOPPED]
    assert float(search.f[0]) == search.history[-1][1] < float(search.start_f[0])
    assert float(search.problem.value(search.x)) == pytest.approx(float(search.f[0]))


def test_finalists_run_alone_and_only_while_they_may_overtake_the_best() -> None:
    """Two valleys: one start in each; the one in the worse valley ends a window after it was scouted."""
    function = Scalar(lambda X: ((X[:, 0].square() - 1).square() + 0.1 * X[:, 0]) + 1e-3 * X[:, 1].exp(), 2)
    X = torch.tensor([[0.9, 0.0], [-0.9, 0.0]], dtype=torch.float64)
    search = Search(Problem(function), Lbfgs(), X, Tolerances(1e-8, 1e-3, patience=0.4))
    search.run(Limits(1000))
    seen = []
    refine(
        search, 2, Limits(1000),
        lambda at: seen.append((at.value, float(function.value(torch.tensor(at.point()[None]))))),
    )  # fmt: skip
    shown, there = np.array(seen).T
    assert (np.diff(shown) <= 1e-15).all(), "the best so far, whoever runs, up to rounding"
    np.testing.assert_allclose(shown, there, rtol=1e-14)
    assert float(search.x[search.best(), 0]) == pytest.approx(-1.0125, abs=1e-3)
    worse = 1 - search.best()
    assert int(search.iterations[worse]) < int(search.iterations[1 - worse])
