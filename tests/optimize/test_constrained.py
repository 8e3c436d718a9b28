"""Engines for constrained problems, on systems written by hand, against optima known in closed form."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from tests.optimize.objectives import Constrained, Scalar
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.constrained import METHODS, solve_constrained
from cellgrad.optimize.problem import Goal, Problem
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Callback, Ending, Progress, Status


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As the optimizer does for small problems: waiting for a second thread costs more than it brings."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


Rows = Callable[[Tensor], Sequence[Tensor]]
Limit = tuple[float, float]
INF = math.inf


def problem(
    objective: Callable[[Tensor], Tensor],
    n: int,
    rows: Rows | None = None,
    limits: Sequence[Limit] = (),
    bounds: Sequence[Limit] | Limit = (-INF, INF),
    goal: str = "min",
) -> Problem:
    """rows: X (K, n) -> c tensors (K,). limits, bounds: (lower, upper) a row, a cell."""
    low, high = np.array(np.broadcast_to(np.array(bounds, float), (n, 2))).T.copy()
    row_low, row_high = np.array(limits, float).reshape(-1, 2).T.copy()

    def stacked(X: Tensor) -> Tensor:
        return torch.stack(list(rows(X)), 1) if rows else X[:, :0]

    system = Constrained(objective, stacked, n, len(limits))
    conditions = Conditions(low, high, row_low, row_high)
    return Problem(Scalar(objective, n), Goal.parse(goal), conditions, system)


def solved(
    problem: Problem, start: Sequence[float], method: str = "auto", limits: Limits | None = None,
    callback: Callback | None = None,
) -> Ending:  # fmt: skip
    X = torch.tensor(np.atleast_2d(start), dtype=torch.float64)
    return solve_constrained(problem, X, limits or Limits(10_000, 60.0), callback, method=method)


def cell(problem: Problem, ending: Ending) -> float:
    return float(problem.objective.value(torch.tensor(ending.x)[None])[0])


def violation(problem: Problem, ending: Ending) -> float:
    assert problem.system is not None
    rows = problem.system.values(torch.tensor(ending.x)[None])[1][0].numpy()
    return problem.conditions.violation(ending.x, rows)


def squares(X: Tensor) -> Tensor:
    return X.square().sum(1)


def total(X: Tensor) -> list[Tensor]:
    return [X.sum(1)]


def product_mix(X: Tensor) -> Tensor:
    """Profits that diminish with the quantity: 75, 50 and 35 a piece, to the power 0.9, as in Solver's own example."""
    return (torch.tensor([75.0, 50.0, 35.0], dtype=X.dtype) * X.clamp(min=1e-12) ** 0.9).sum(1)


def beam(X: Tensor) -> Tensor:
    """The area of a beam of width x1 and height x2."""
    return X[:, 0] * X[:, 1]


OPTIMA = {
    # name: (problem, start, optimum), with where the optimum is from
    "the point of a line nearest to zero: 1/2": (problem(squares, 2, total, [(1, 1)]), (5, 1), 0.5),
    "the same line written three times": (
        problem(squares, 2, lambda X: [X.sum(1), 2 * X.sum(1), X.sum(1)], [(1, 1), (2, 2), (1, 1)]), (5, 1), 0.5,
    ),
    "a constant row that holds, x1 >= 1": (
        problem(squares, 2, lambda X: [0 * X[:, 0] + 7, X[:, 0]], [(5, INF), (1, INF)]), (3, 1), 1.0,
    ),
    "a fixed cell: 1 + 1.5^2 + 1.5^2": (
        problem(squares, 3, total, [(4, 4)], [(1, 1), (-INF, INF), (-INF, INF)]), (0, 0, 0), 5.5,
    ),
    "all cells fixed": (problem(squares, 2, total, [(3, 3)], [(1, 1), (2, 2)]), (0, 0), 5.0),
    "a range, its upper end binds: x1 + x2 <= 8 at (8, 0)": (
        problem(lambda X: -2 * X[:, 0] - X[:, 1], 2, total, [(2, 8)], (0, INF)), (1, 1), -16.0,
    ),
    "largest product with sum 6, from an error at zero: ln 8": (
        problem(lambda X: torch.log(X).sum(1), 3, total, [(-INF, 6)], (0, INF), "max"), (0, 0, 0), math.log(8),
    ),
    "the smallest beam of section modulus 36: b = 3, h = 12 (height at most 4 widths), b h^2 / 6 = 72": (
        problem(
            beam, 2, lambda X: [X[:, 0] * X[:, 1] ** 2 / 6, X[:, 1] / X[:, 0]], [(72, INF), (-INF, 4)], (0, INF)
        ),
        (0, 0), 36.0,
    ),
    "piecewise linear cost, dearer first: 40 = 3 x 40/3": (
        problem(
            lambda X: torch.where(X > 10, 50 + 3 * (X - 10), 5 * X).sum(1) + 0.01 * squares(X), 3, total, [(40, INF)],
            (0, INF),
        ),
        (5, 5, 5), 180 + 0.01 * 1600 / 3,
    ),
    "least absolute values on a plane: all into the cell of weight 3": (
        problem(
            lambda X: X.abs().sum(1), 3, lambda X: [X @ torch.tensor([1.0, 2, 3], dtype=X.dtype)], [(6, 6)]
        ),
        (1, 1, 1), 2.0,
    ),
    "a maximum of two lines: |x1 - 3| and x1 + x2 >= 1": (
        problem(
            lambda X: torch.maximum((X[:, 0] - 3).abs(), (X[:, 1] + 1).abs()) + X[:, 0].clamp(min=1), 2, total,
            [(1, INF)],
        ),
        (0, 0), 3.0,
    ),
    "away from a saddle: x1 x2 on a circle of radius 2": (
        problem(lambda X: X[:, 0] * X[:, 1], 2, lambda X: [squares(X)], [(-INF, 4)]), (0, 0), -2.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("problem", "start", "optimum"), OPTIMA.values(), ids=OPTIMA)
def test_optimum(problem: Problem, start: Sequence[float], optimum: float) -> None:
    ending = solved(problem, start)
    assert ending.status.found, ending.status
    assert cell(problem, ending) == pytest.approx(optimum, abs=1e-8 * max(1.0, abs(optimum)))
    assert violation(problem, ending) <= 1e-10


@pytest.mark.parametrize("seed", range(4))
def test_kinks_of_piecewise_linear_models(seed: int) -> None:
    """The greatest of ten planes, or a sum of ten cut off at zero, under two rows: against linear programming."""
    draw = np.random.default_rng(seed)
    A, b, w, G = draw.normal(size=(10, 6)), draw.normal(size=10), draw.uniform(0.1, 1, 6), draw.uniform(0, 1, (2, 6))
    planes, offsets, weights, sums = (torch.tensor(part) for part in (A, b, w, G))
    most = seed % 2 == 0

    def cost(X: Tensor) -> Tensor:
        heights = X @ planes.T + offsets
        return (heights.amax(1) if most else heights.clamp(min=0).sum(1)) + X @ weights

    kinked = problem(cost, 6, lambda X: [X @ sums[0], X @ sums[1]], [(3, INF), (4, INF)], (-5, 5))
    extra = -np.ones((10, 1)) if most else -np.eye(10)
    k = extra.shape[1]
    reference = linprog(
        np.concatenate((w, np.ones(k))),
        np.vstack((np.hstack((A, extra)), np.hstack((-G, np.zeros((2, k)))))),
        np.concatenate((-b, [-3, -4])),
        bounds=[(-5, 5)] * 6 + [(None if most else 0, None)] * k,
    )
    ending = solved(kinked, [1.0] * 6)
    assert ending.status is Status.CANNOT_IMPROVE, "no slope vanishes at a kink"
    assert cell(kinked, ending) == pytest.approx(reference.fun, abs=1e-9)
    assert violation(kinked, ending) <= 1e-12
    assert ending.multipliers is None


HS71 = problem(
    lambda X: X[:, 0] * X[:, 3] * (X[:, 0] + X[:, 1] + X[:, 2]) + X[:, 2], 4, lambda X: [X.prod(1), squares(X)],
    [(25, INF), (40, 40)], (1, 5),
)  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_every_method_solves_a_small_problem(method: str) -> None:
    ending = solved(HS71, (1, 5, 5, 1), method)
    assert ending.status is Status.OPTIMAL
    assert ending.method == method
    assert cell(HS71, ending) == pytest.approx(17.0140172891563, rel=1e-9)  # Hock and Schittkowski, 71
    assert ending.x[0] == 1.0, "a cell at its bound is exactly there"


def test_an_unknown_method_is_refused_by_name() -> None:
    with pytest.raises(ArgumentError, match="'simplex'"):
        solved(HS71, (1, 5, 5, 1), "simplex")


def test_multipliers_say_what_a_limit_costs() -> None:
    """Against the optimum of the same problem with its limits moved: rows and cells, least and greatest."""
    for goal, start in (("min", (1, 5, 5, 1)), ("max", (2, 2, 2, 5))):
        at = [
            problem(HS71.objective.value, 4, lambda X: [X.prod(1), squares(X)], limits, bounds, goal)
            for limits, bounds in (
                ([(25, INF), (40, 40)], [(1, 5)] * 4),
                ([(25, INF), (40.001, 40.001)], [(1, 5)] * 4),
                ([(25, INF), (39.999, 39.999)], [(1, 5)] * 4),
                ([(25, INF), (40, 40)], [(1.001, 5), (1, 5), (1, 5), (1, 5)]),
                ([(25, INF), (40, 40)], [(0.999, 5), (1, 5), (1, 5), (1, 5)]),
            )
        ]
        endings = [solved(p, start) for p in at]
        best, more, less, higher, lower = (cell(p, ending) for p, ending in zip(at, endings, strict=True))
        multipliers = endings[0].multipliers
        assert multipliers is not None
        assert multipliers.rows[1] == pytest.approx((more - less) / 0.002, rel=1e-4), goal
        assert multipliers.cells[0] == pytest.approx((higher - lower) / 0.002, rel=1e-4, abs=1e-9), goal
        assert best == pytest.approx((more + less) / 2, rel=1e-4)


@pytest.mark.parametrize("method", ["auto", "sqp", "interior-point"])
def test_a_portfolio_is_solved_exactly(method: str) -> None:
    """100 assets: the weights meet the optimality conditions to rounding, with zeros exactly zero."""
    rng = np.random.default_rng(3)
    factors = rng.normal(size=(100, 200)) / 10
    S, mean = torch.tensor(factors @ factors.T / 200), torch.tensor(rng.uniform(0.02, 0.15, 100))
    portfolio = problem(
        lambda X: ((X @ S) * X).sum(1), 100, lambda X: [X.sum(1), X @ mean], [(1, 1), (0.1, INF)], (0, 1)
    )
    ending = solved(portfolio, [0.01] * 100, method)
    assert ending.status is Status.OPTIMAL
    w, rows = ending.x, ending.multipliers.rows
    assert abs(w.sum() - 1) <= 1e-15
    assert w @ mean.numpy() >= 0.1 - 1e-15
    slope = 2 * S.numpy() @ w - rows[0] - rows[1] * mean.numpy()
    assert np.abs(slope[w > 0]).max() <= 1e-16 * 100, "held assets"
    assert slope[w == 0].min() >= 0, "assets left out would raise the variance"
    assert (w > 0).sum() < 100


def test_savings_over_sixty_periods() -> None:
    """A growth model: the first-order conditions hold for every rate between its bounds."""

    def welfare(X: Tensor) -> Tensor:
        capital, value = torch.full_like(X[:, 0], 10.0), torch.zeros_like(X[:, 0])
        for period in range(60):
            output = capital**0.3 * 1.02**period
            value = value + 0.97**period * torch.log(output * (1 - X[:, period]))
            capital = 0.9 * capital + X[:, period] * output
        return value

    growth = problem(welfare, 60, bounds=(0.01, 0.9), goal="max")
    ending = solved(growth, [0.2] * 60)
    assert ending.status is Status.OPTIMAL
    slope = growth.objective.value_and_gradient(torch.tensor(ending.x)[None])[1][0].numpy()
    between = (ending.x > 0.01) & (ending.x < 0.9)
    assert 10 < between.sum() < 60
    assert np.abs(slope[between]).max() <= 1e-10
    assert (slope[ending.x == 0.01] <= 0).all()


@pytest.mark.parametrize(
    ("start", "target", "bounds", "status"),
    [
        ((1, 1), 0.0, [(0, 5), (0, 10)], Status.TARGET_REACHED),  # x1 x2 - 10 = 0
        ((1, 1), 39.0, [(0, 5), (0, 10)], Status.TARGET_REACHED),
        ((1, 1), 41.0, [(0, 5), (0, 10)], Status.TARGET_NOT_REACHED),  # at most 5 x 10 - 10
    ],
)
def test_break_even(start: Sequence[float], target: float, bounds: list[Limit], status: Status) -> None:
    even = problem(lambda X: X[:, 0] * X[:, 1] - 10, 2, bounds=bounds, goal=f"value={target}")
    ending = solved(even, start)
    assert ending.status is status
    assert cell(even, ending) == pytest.approx(min(target, 40.0), abs=1e-9)


def test_a_goal_value_moves_the_cells_as_little_as_can_be() -> None:
    ending = solved(problem(lambda X: X.sum(1), 2, goal="value=10"), (1, 1))
    np.testing.assert_allclose(ending.x, (5, 5), atol=1e-9)


@pytest.mark.parametrize(
    ("rows", "limits", "bounds", "conflict"),
    [
        (total, [(5, INF)], [(0, 2), (0, 2), (0, INF)], None),
        (total, [(5, INF)], [(0, 2), (0, 2), (0, 0)], ((0,), (0, 1))),
        (lambda X: [X.sum(1), X[:, 0], X.sum(1)], [(5, INF), (-1, 1), (-INF, 4)], (-INF, INF), ((0, 2), ())),
        (lambda X: [squares(X), X.sum(1), X[:, 2]], [(-INF, 1), (5, INF), (-1, 1)], (-INF, INF), ((0, 1), ())),
        (lambda X: [X[:, 0], 0 * X[:, 0] + 3], [(1, INF), (5, INF)], (-INF, INF), ((1,), ())),
    ],
    ids=["none", "a row and two upper bounds", "parallel rows", "a line beyond a ball", "a constant"],
)
def test_limits_in_conflict_are_named(
    rows: Rows, limits: list[Limit], bounds: list[Limit] | Limit, conflict: tuple[tuple[int, ...], ...] | None
) -> None:
    ending = solved(problem(squares, 3, rows, limits, bounds), (1, 1, 0))
    if conflict is None:
        assert ending.status is Status.OPTIMAL
        assert ending.conflict is None
        return
    assert ending.status is Status.INFEASIBLE
    assert ending.conflict is not None
    assert (ending.conflict.rows, ending.conflict.cells) == conflict


def test_bounds_that_cross_are_named() -> None:
    ending = solved(problem(squares, 3, total, [(1, 1)], [(0, 1), (2, 1), (0, 1)]), (0, 0, 0))
    assert ending.status is Status.BOUNDS_CONFLICT
    assert ending.places == (1,)


@pytest.mark.parametrize(
    "unbounded",
    [
        problem(lambda X: X.sum(1), 2, lambda X: [X[:, 0] - X[:, 1]], [(0, 0)]),
        problem(lambda X: X[:, 0] * X[:, 1], 2, lambda X: [X[:, 0] - X[:, 1]], [(-INF, 3)]),
        problem(squares, 2, total, [(0, 0)], goal="max"),
    ],
    ids=["a line", "a saddle", "a convex function's greatest"],
)
def test_what_falls_for_ever_is_unbounded(unbounded: Problem) -> None:
    assert solved(unbounded, (1, 1)).status is Status.UNBOUNDED


def test_a_start_in_an_error_that_nothing_mends_says_so() -> None:
    broken = problem(lambda X: torch.log(-1 - X[:, 0].square()), 1, total, [(0, 1)])
    ending = solved(broken, (0,))
    assert ending.status is Status.ERROR_VALUE
    assert ending.x == 0.0


def test_an_optimum_at_the_edge_of_a_root_has_a_value_and_no_slope() -> None:
    """SQRT(x1) + x2 with x1 + x2 >= 1, both at least 0: 1 at (1, 0) and at (0, 1), where the root has no slope."""
    edge = problem(lambda X: X[:, 0].clamp(min=0).sqrt() + X[:, 1], 2, total, [(1, INF)], (0, INF))
    ending = solved(edge, (0.2, 0.9))
    assert ending.status.found
    assert cell(edge, ending) == pytest.approx(1.0, abs=1e-6)


def test_a_start_in_an_error_that_was_mended_is_told() -> None:
    ending = solved(problem(lambda X: 1 / X[:, 0] + X[:, 0], 1, total, [(-INF, 9)], (0, INF)), (0,))
    assert ending.x == pytest.approx([1.0])
    assert "start is an error" in ending.detail


ROSENBROCK = problem(
    lambda X: (100 * (X[:, 1:] - X[:, :-1] ** 2) ** 2 + (1 - X[:, :-1]) ** 2).sum(1), 4, lambda X: [squares(X)],
    [(-INF, 3)],
)  # fmt: skip


def test_a_step_limit_keeps_the_best_feasible_point() -> None:
    ending = solved(ROSENBROCK, (-1, 1, -1, 0), limits=Limits(5))
    assert ending.status is Status.STEP_LIMIT
    assert ending.iterations == 5
    assert violation(ROSENBROCK, ending) <= 1e-6
    assert cell(ROSENBROCK, ending) < float(ROSENBROCK.objective.value(torch.tensor([[-1.0, 1, -1, 0]]).double())[0])


def test_a_time_limit_is_kept() -> None:
    began = time.perf_counter()
    assert solved(ROSENBROCK, (-1, 1, -1, 0), limits=Limits(10_000, 0.0)).status is Status.TIME_LIMIT
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("raising", [False, True], ids=["returns True", "raises KeyboardInterrupt"])
def test_a_stop_by_the_user_keeps_the_best_feasible_point(method: str, raising: bool) -> None:
    told: list[Progress] = []

    def stop(progress: Progress) -> bool:
        told.append(progress)
        if len(told) == 4 and raising:
            raise KeyboardInterrupt
        return len(told) == 4

    ending = solved(ROSENBROCK, (-1, 1, -1, 0), method, callback=stop)
    assert ending.status is Status.STOPPED
    assert [progress.step for progress in told] == [1, 2, 3, 4]
    assert violation(ROSENBROCK, ending) <= 1e-6
    assert cell(ROSENBROCK, ending) == min(value for _, value, _ in ending.history)


def test_the_best_of_several_starts_wins() -> None:
    """x^4 - 2 x^2 + x/2 between -2 and 2: the left valley is the deeper one."""
    wells = problem(lambda X: X[:, 0] ** 4 - 2 * X[:, 0] ** 2 + X[:, 0] / 2, 1, total, [(-2, 2)])
    one = solved(wells, (0.9,))
    several = solve_constrained(wells, torch.tensor([[0.9], [-0.9]]).double(), Limits(10_000))
    assert one.x[0] > 0 > several.x[0]
    assert cell(wells, several) < cell(wells, one)


class Groups:
    """The nearest point to t within limits on the sums of groups of cells; it refuses to form a Jacobian."""

    def __init__(self, n: int, m: int) -> None:
        self.size, self.count = n, m
        self.t = torch.tensor(np.random.default_rng(5).random(n))
        self.group = torch.arange(n) % m

    def values(self, X: Tensor) -> tuple[Tensor, Tensor]:
        sums = X.new_zeros(len(X), self.count).index_add(1, self.group, X)
        return (X - self.t).square().sum(1), sums

    def weighted(self, X: Tensor, f_weight: Tensor, g_weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return *self.values(X), 2 * f_weight[:, None] * (X - self.t) + g_weights[:, self.group]


def test_many_cells_and_rows_without_a_jacobian() -> None:
    n, m = 5_000, 100
    groups = Groups(n, m)
    conditions = Conditions(np.zeros(n), np.ones(n), np.full(m, -INF), np.full(m, 0.4 * n / m))
    large = Problem(Scalar(lambda X: groups.values(X)[0], n), Goal(), conditions, groups)  # type: ignore[arg-type]
    ending = solve_constrained(large, torch.full((1, n), 0.2).double(), Limits(10_000, 60.0))
    assert ending.status is Status.OPTIMAL
    assert ending.multipliers is not None
    # the projection is t + multiplier / 2 of its group, cut off at zero
    expected = np.maximum(0.0, groups.t.numpy() + ending.multipliers.rows[groups.group] / 2)
    np.testing.assert_allclose(ending.x, expected, atol=1e-6)
    sums = groups.values(torch.tensor(ending.x)[None])[1][0].numpy()
    binds = ending.multipliers.rows < 0
    assert 0 < binds.sum() <= m
    np.testing.assert_allclose(sums[binds], 0.4 * n / m, atol=1e-7)
    assert sums.max() <= 0.4 * n / m + 1e-7
