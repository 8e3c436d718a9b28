"""L-BFGS and Levenberg-Marquardt between bounds, against closed forms and scipy's bounded methods."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import lsq_linear, minimize
from tests.optimize.objectives import Scalar, Squares

from cellgrad.optimize import Status, optimize
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.method import State, projected, running
from cellgrad.optimize.problem import Problem

METHODS = ["l-bfgs", "levenberg-marquardt"]
INF = np.inf


def bowl(X):
    return X - torch.tensor([1.0, -2.0, 3.0], dtype=X.dtype)


# min (x1 - 1)^2 + (x2 + 2)^2 + (x3 - 3)^2: every cell ends as near to (1, -2, 3) as its bounds let it
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("starts", [1, 5])
@pytest.mark.parametrize(
    ("start", "lower", "upper", "expected"),
    [
        ([0, 0, 0], [-5, -5, -5], [5, 5, 5], [1, -2, 3]),  # no bound matters
        ([0, 0, 0], [-INF, 0, -INF], [0.1, INF, 2.7], [0.1, 0, 2.7]),  # one-sided, three active
        ([0, 0, 0], [-INF, -1, -INF], [INF, INF, INF], [1, -1, 3]),
        ([90, 90, -90], [-1, -1, -1], [0.5, 0.5, 0.5], [0.5, -1, 0.5]),  # from outside
        ([0.5, 7, 0], [0.5, 7, -INF], [0.5, 7, INF], [0.5, 7, 3]),  # two cells fixed
        ([9, 9, 9], [4, 4, 4], [4, 4, 4], [4, 4, 4]),  # all fixed
        ([0.3, 0, 0], [0.3, -INF, -INF], [INF, INF, INF], [1, -2, 3]),  # leaves the bound it starts at
    ],
)
def test_a_bowl_between_bounds(method, starts, start, lower, upper, expected):
    conditions = Conditions(np.array(lower, float), np.array(upper, float))
    solution = optimize(
        Squares(bowl, 3), np.array(start, float), conditions=conditions, method=method, starts=starts, seed=1
    )
    np.testing.assert_allclose(solution.x, expected, rtol=1e-9)
    held = (np.array(expected) == lower) | (np.array(expected) == upper)
    np.testing.assert_array_equal(solution.x[held], np.array(expected, float)[held])  # exactly at the bound
    assert solution.status is Status.OPTIMAL


def least_squares(condition: float, size: int, seed: int):
    generator = np.random.default_rng(seed)
    q, _ = np.linalg.qr(generator.normal(size=(size, size)))
    A = q * np.logspace(0, np.log10(condition) / 2, size) @ q.T
    return A, 10 * generator.normal(size=size)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("size", "condition", "lower", "upper"), [(10, 1e2, 0, INF), (50, 1e4, 0, INF), (50, 1e4, -0.1, 0.1)]
)
def test_bounded_linear_least_squares(method, size, condition, lower, upper):
    """Against scipy.optimize.lsq_linear (bounded-variable least squares, Stark and Parker 1995)."""
    A, y = least_squares(condition, size, seed=size)
    tA, ty = torch.tensor(A), torch.tensor(y)
    conditions = Conditions(np.full(size, float(lower)), np.full(size, float(upper)))
    solution = optimize(Squares(lambda X: X @ tA.T - ty, size), np.zeros(size), conditions=conditions, method=method)
    reference = lsq_linear(A, y, (lower, upper), method="bvls", tol=1e-14)
    assert solution.value == pytest.approx(2 * reference.cost, rel=1e-10)
    np.testing.assert_array_equal(solution.x == lower, reference.active_mask == -1)
    np.testing.assert_array_equal(solution.x == upper, reference.active_mask == 1)


def chain(X):
    return torch.cat((10 * (X[:, 1:] - X[:, :-1] ** 2), 1 - X[:, :-1]), 1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [2, 5, 10])
def test_a_curved_valley_cut_off(method, size):
    """Rosenbrock's valley below 0.5, against scipy's L-BFGS-B."""
    lower, upper = np.full(size, -5.0), np.full(size, 0.5)
    objective = Squares(chain, size)

    def merit(x):
        value, gradient = objective.value_and_gradient(torch.tensor(x)[None])
        return value.item(), gradient[0].numpy()

    start = np.full(size, -1.2)
    reference = minimize(
        merit, start, jac=True, method="L-BFGS-B", bounds=list(zip(lower, upper, strict=True)),
        options={"ftol": 1e-15, "gtol": 1e-11, "maxiter": 5000},
    )  # fmt: skip
    solution = optimize(objective, start, conditions=Conditions(lower, upper), method=method)
    assert solution.value == pytest.approx(reference.fun, rel=1e-9)
    assert solution.status is Status.OPTIMAL


class Watched(Squares):
    """Writes down the least value that each cell was ever given."""

    def __init__(self, residuals, size):
        super().__init__(residuals, size)
        self.least = torch.full((size,), torch.inf, dtype=self.dtype)

    def _see(self, X):
        self.least = torch.minimum(self.least, X.detach().amin(0))

    def value(self, X):
        self._see(X)
        return super().value(X)

    def value_and_gradient(self, X):
        self._see(X)
        return super().value_and_gradient(X)

    def residuals_and_jacobian(self, X):
        self._see(X)
        return super().residuals_and_jacobian(X)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("start", [4.0, 0.01, 0.01001])
def test_no_cell_is_ever_tried_beyond_its_bound(method, start):
    """A square root, an error below 0: the bound keeps the search away from there."""
    objective = Watched(lambda X: torch.stack((torch.sqrt(X[:, 0]) + 2, X[:, 1] - 3), 1), 2)
    conditions = Conditions(np.array([0.01, -INF]), np.array([INF, INF]))
    solution = optimize(objective, np.array([start, 0.0]), conditions=conditions, method=method)
    np.testing.assert_allclose(solution.x, [0.01, 3])
    assert solution.x[0] == float(objective.least[0]) == 0.01


def test_goals_between_bounds():
    slope = Scalar(lambda X: X @ torch.tensor([1.0, -2.0], dtype=X.dtype), 2)
    conditions = Conditions(np.array([0.0, -3.0]), np.array([5.0, 4.0]))
    highest = optimize(slope, np.ones(2), "max", conditions=conditions)
    assert (highest.status, highest.value) == (Status.OPTIMAL, 11)
    np.testing.assert_array_equal(highest.x, [5, -3])
    reached = optimize(slope, np.ones(2), "value=10", conditions=conditions)
    assert reached.status is Status.TARGET_REACHED
    assert reached.value == pytest.approx(10, abs=1e-9)
    missed = optimize(slope, np.ones(2), "value=20", conditions=conditions)
    assert missed.status is Status.TARGET_NOT_REACHED
    np.testing.assert_array_equal(missed.x, [5, -3])


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_between_bounds_ends_where_its_starts_end_alone(method):
    lower, upper = np.full(4, -2.0), np.array([0.4, 2.0, 0.7, 2.0])
    objective, conditions = Squares(chain, 4), Conditions(lower, upper)
    batch = optimize(objective, np.full(4, -1.0), conditions=conditions, method=method, starts=4, seed=2, how="near")
    alone = optimize(objective, np.full(4, -1.0), conditions=conditions, method=method)
    assert batch.starts[0].value == pytest.approx(alone.value, rel=1e-8)
    assert batch.value <= alone.value * (1 + 1e-9)


def test_the_projected_gradient_is_zero_where_a_bound_holds_a_cell():
    objective = Squares(bowl, 3)
    problem = Problem(objective, conditions=Conditions(np.array([2.0, -9, -9]), np.array([9.0, 9, 2])))
    X = torch.tensor([[2.0, 1.0, 2.0], [3.0, 1.0, 1.0]], dtype=torch.float64)
    f, gradient = objective.value_and_gradient(X)
    state = projected(problem, State(X, f, gradient, f, running(X)))
    # 2 (x - target), but for cells pushed against their bound: x1 at 2 towards 1, x3 at 2 towards 3
    assert state.gradient.tolist() == [[0, 6, 0], [4, 6, -4]]
