"""Whole numbers, permutations and jumps, on functions written by hand; expected values by trying everything, or closed
forms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from tests.optimize.objectives import Constrained, Scalar
from torch import Tensor

from cellgrad.errors import ArgumentError
from cellgrad.gradients.structure import Form, Structure
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.constrained import solve_constrained
from cellgrad.optimize.discrete import solve_discrete
from cellgrad.optimize.discrete.active_set import QuadraticProgram
from cellgrad.optimize.discrete.permutations import move_count, moves_of
from cellgrad.optimize.problem import Goal, Problem
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Ending, Progress, Status

INF = math.inf
JUMPS = Structure(Form.DISCONTINUOUS)
CONVEX = Structure(Form.QUADRATIC, (), True)


def columns(*values: Tensor) -> Tensor:
    return torch.stack(values, 1)


class Case:
    """A problem by hand: bounds as pairs, rows as a function and pairs of limits."""

    def __init__(
        self,
        function: Callable[[Tensor], Tensor],
        bounds: Sequence[tuple[float, float]],
        rows: Callable[[Tensor], Tensor] | None = None,
        limits: Sequence[tuple[float, float]] = (),
        whole: Sequence[int] = (),
        groups: Sequence[Sequence[int]] = (),
        goal: str = "min",
        structure: Structure | None = None,
    ) -> None:
        size = len(bounds)
        flags = np.zeros(size, bool)
        flags[list(whole)] = True
        lower, upper = np.array(bounds, float).T
        row_lower, row_upper = np.array(limits, float).reshape(-1, 2).T
        different = tuple(np.array(group, np.int64) for group in groups)
        conditions = Conditions(lower, upper, row_lower, row_upper, flags, different)
        self.system = None if rows is None else Constrained(function, rows, size, len(limits))
        self.problem = Problem(Scalar(function, size), Goal.parse(goal), conditions, self.system)
        self.structure = structure

    def relaxed(self, conditions: Conditions, starts: Tensor, brief: bool) -> Ending:
        """The continuous problem, by the engine for constraints."""
        part = Problem(self.problem.objective, self.problem.goal, conditions, self.system)
        return solve_constrained(part, starts, Limits(1000), brief=brief)

    def solve(self, x0: Sequence[float], *, steps: int = 10**9, seconds: float = INF, **options: Any) -> Ending:
        limits = Limits(steps, seconds)
        return solve_discrete(self.problem, np.array(x0, float), self.structure, self.relaxed, limits, **options)

    def value(self, x: np.ndarray) -> float:
        return float(self.problem.objective.value(torch.as_tensor(x)[None])[0])

    def violation(self, x: np.ndarray) -> float:
        g = np.empty(0) if self.system is None else self.system.values(torch.as_tensor(x)[None])[1][0].numpy()
        return self.problem.conditions.violation(x, g)


GEARS = Case(lambda X: (1 / 6.931 - X[:, 0] * X[:, 1] / (X[:, 2] * X[:, 3])).abs(), [(12, 30)] * 4, whole=range(4))

LATTICE = torch.as_tensor(np.random.default_rng(3).standard_normal((9, 6)))
AIM = LATTICE @ torch.tensor([3.4, -2.6, 0.3, 5.7, -1.2, 8.45], dtype=torch.float64)


def _misfit(X: Tensor) -> Tensor:
    return (X @ LATTICE.T - AIM).square().sum(1)


def _closest() -> float:
    near = [range(math.floor(c) - 2, math.floor(c) + 4) for c in (3.4, -2.6, 0.3, 5.7, -1.2, 8.45)]
    return float(_misfit(torch.tensor(list(itertools.product(*near)), dtype=torch.float64)).min())


INTEGER_LEAST_SQUARES = Case(_misfit, [(-INF, INF)] * 6, whole=range(6), structure=CONVEX)


MIXED = Case(
    lambda X: 2 * X[:, 0] + X[:, 1], [(0, 1.6), (0, 1)], lambda X: columns(X[:, 0] ** 2 + X[:, 1], X.sum(1)),
    [(1.25, INF), (-INF, 1.6)], [1],
)  # fmt: skip
"""Kocis and Grossmann (1988), example 1: 2 at (0.5, 1)."""


def _freight(X: Tensor) -> Tensor:
    wanted = torch.tensor([12, 30, 26], dtype=X.dtype)
    lorry, trip = torch.where(X > 20, 60.0, 0.0).to(X.dtype), torch.where(X > 0, 25.0, 0.0).to(X.dtype)
    return (lorry + trip + (X - wanted) ** 2 / 10).sum(1)


FREIGHT = Case(_freight, [(0, 50)] * 3, lambda X: X.sum(1, keepdim=True), [(-INF, 60)], structure=JUMPS)


def _discounted(X: Tensor) -> Tensor:
    q = X[:, 0]
    price = 5.0 - 0.2 * (q >= 1000).to(q.dtype) - 0.05 * (q >= 2000).to(q.dtype)
    return 5000 * price + 5000 / q * 49 + q / 2 * 0.2 * price


def _lots(X: Tensor) -> Tensor:
    return torch.ceil(1000 / X[:, 0] - 1e-12) * 150 + 1.2 * X[:, 0]


ANGLES = np.random.default_rng(5).permutation(20) * (2 * math.pi / 20)
RING = torch.as_tensor(np.abs(np.exp(1j * ANGLES)[:, None] - np.exp(1j * ANGLES)))


def _tour(X: Tensor) -> Tensor:
    cities = X.long() - 1
    return RING[cities, cities.roll(-1, 1)].sum(1)


def ring(size: int, **options: Any) -> Case:
    """A tour of cities of which all 20 lie on a circle."""
    return Case(_tour, [(-INF, INF)] * size, groups=[range(size)], structure=JUMPS, **options)


@pytest.mark.parametrize(
    ("case", "start", "optimum", "status"),
    [
        (GEARS, [20] * 4, None, Status.OPTIMAL),
        (INTEGER_LEAST_SQUARES, [0] * 6, _closest(), Status.OPTIMAL),
        (MIXED, [1, 0], 2.0, Status.PROBABLY_GLOBAL),
        (FREIGHT, [10] * 3, 14.4 + 25 + 10 + 25 + 3.6, Status.PROBABLY_GLOBAL),
        (Case(_discounted, [(1, 5000)], structure=JUMPS), [200], 24725.0, Status.PROBABLY_GLOBAL),
        (Case(_discounted, [(0, INF)], structure=JUMPS), [20], 24725.0, Status.PROBABLY_GLOBAL),
        (Case(_lots, [(10, 1000)], structure=JUMPS), [900], 850.0, Status.PROBABLY_GLOBAL),
        (ring(20), range(1, 21), 40 * math.sin(math.pi / 20), Status.PROBABLY_GLOBAL),
    ],
    ids=["gears", "integer least squares", "mixed", "freight", "discount", "discount unbounded", "lots", "ring"],
)
def test_the_optimum_is_found(case: Case, start: Sequence[float], optimum: float | None, status: Status) -> None:
    ending = case.solve(start)
    if optimum is None:
        grid = torch.tensor(list(itertools.product(range(12, 31), repeat=4)), dtype=torch.float64)
        optimum = float(case.problem.objective.value(grid).min())
    assert case.value(ending.x) == pytest.approx(optimum, abs=1e-8 * max(1.0, abs(optimum)))
    assert ending.status is status
    assert case.violation(ending.x) <= 1e-6
    whole = case.problem.conditions.whole
    np.testing.assert_array_equal(ending.x[whole], np.round(ending.x[whole]))


def test_a_step_is_landed_on_exactly() -> None:
    assert Case(_discounted, [(1, 5000)], structure=JUMPS).solve([200]).x[0] == 1000.0
    np.testing.assert_array_equal(FREIGHT.solve([10] * 3).x, [0, 20, 20])


def test_proven_optima_have_no_gap() -> None:
    assert INTEGER_LEAST_SQUARES.solve([0] * 6).gap == pytest.approx(0, abs=1e-9)
    assert GEARS.solve([20] * 4).gap == 0


def test_unproven_optima_say_so() -> None:
    ending = MIXED.solve([1, 0])
    assert MIXED.value(ending.x) == pytest.approx(2, abs=1e-8)
    assert ending.gap is None
    assert "not convex" in ending.detail


def test_the_integer_tolerance_ends_the_search_early() -> None:
    exact = INTEGER_LEAST_SQUARES.solve([0] * 6)
    rough = INTEGER_LEAST_SQUARES.solve([0] * 6, integer_tolerance=0.9)
    assert rough.iterations < exact.iterations
    assert rough.status is Status.INTEGER_TOLERANCE
    assert 0 < (rough.gap or 0) <= 0.9


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"max_subproblems": 4}, Status.SUBPROBLEM_LIMIT),
        ({"steps": 3}, Status.STEP_LIMIT),
        ({"seconds": 0.0}, Status.TIME_LIMIT),
        ({"max_feasible": 1}, Status.CONVERGED),
    ],
)
def test_limits_keep_the_best_whole_point(options: dict[str, Any], status: Status) -> None:
    ending = INTEGER_LEAST_SQUARES.solve([0] * 6, **options)
    assert ending.status is status
    assert INTEGER_LEAST_SQUARES.violation(ending.x) == 0
    assert INTEGER_LEAST_SQUARES.value(ending.x) <= INTEGER_LEAST_SQUARES.value(np.zeros(6))


@pytest.mark.parametrize("case", [INTEGER_LEAST_SQUARES, FREIGHT, ring(20), GEARS], ids=["branch", "de", "ring", "all"])
@pytest.mark.parametrize("how", ["true", "interrupt"])
def test_a_stop_keeps_the_best_point(case: Case, how: str) -> None:
    seen: list[Progress] = []

    def stop(progress: Progress) -> bool:
        seen.append(progress)
        if len(seen) == 5 and how == "interrupt":
            raise KeyboardInterrupt
        return len(seen) == 5

    start = (
        np.arange(1.0, 21.0)[: case.problem.size] if case.problem.conditions.different else [12.0] * case.problem.size
    )
    ending = case.solve(list(start), callback=stop)
    assert ending.status is Status.STOPPED
    assert ending.iterations == len(ending.history) == len(seen) == 5
    assert case.value(ending.x) == pytest.approx(seen[-1].value, rel=1e-12)
    assert case.violation(ending.x) <= 1e-6


@pytest.mark.parametrize("case", [MIXED, FREIGHT, ring(20)], ids=["branch", "evolution", "orders"])
def test_a_seed_repeats_the_search(case: Case) -> None:
    start = list(range(1, 21)) if case.problem.conditions.different else [1.0] * case.problem.size
    first, second = (case.solve(start, seed=7, steps=250) for _ in range(2))
    np.testing.assert_array_equal(first.x, second.x)
    assert first.history == second.history


def test_evolution_asks_for_bounds_and_guesses_them_only_for_auto() -> None:
    case = Case(lambda X: torch.floor(X[:, 0]) ** 2 + X[:, 1] ** 2, [(-INF, 5), (0, 9)], structure=JUMPS)
    ending = case.solve([3, 3], method="evolutionary")
    assert (ending.status, ending.places) == (Status.NEEDS_BOUNDS, (0,))
    ending = case.solve([3, 3])
    assert ending.status is Status.PROBABLY_GLOBAL
    assert "no bounds" in ending.detail
    assert case.value(ending.x) == 0


def test_guessed_bounds_move_out_where_the_best_point_is() -> None:
    case = Case(lambda X: torch.floor((X[:, 0] - 700).abs()), [(-INF, INF)], structure=JUMPS)
    assert case.value(case.solve([1]).x) == 0


def test_bounds_that_leave_no_whole_number() -> None:
    case = Case(lambda X: X.sum(1) ** 2, [(0, 5), (1.2, 1.8)], whole=[0, 1])
    ending = case.solve([1, 1])
    assert (ending.status, ending.places) == (Status.BOUNDS_CONFLICT, (1,))


@pytest.mark.parametrize("bound", [5.0, INF], ids=["enumerated", "by branch and bound"])
def test_no_whole_point_satisfies_the_rows(bound: float) -> None:
    structure = Structure(Form.LINEAR, (Form.LINEAR,))
    rows = [(1.0, 1.0)]
    case = Case(
        lambda X: X[:, 0], [(0, bound)] * 2, lambda X: 2 * X[:, :1] + 4 * X[:, 1:], rows, [0, 1], structure=structure
    )
    assert case.solve([0, 0]).status is Status.INFEASIBLE


def test_an_error_at_every_point() -> None:
    case = Case(lambda X: torch.log(-1 - X[:, 0] ** 2), [(0, 5)], whole=[0])
    assert case.solve([1]).status is Status.ERROR_VALUE


def test_errors_on_the_way_are_stepped_around() -> None:
    case = Case(lambda X: torch.floor(10 * torch.sqrt(X[:, 0] - 3)) + (X[:, 0] - 8).abs(), [(-10, 10)], structure=JUMPS)
    ending = case.solve([-5])
    assert case.value(ending.x) == pytest.approx(4.99, abs=1e-6)  # just before the first step, at 3.01


def test_a_goal_value_ends_the_search_when_it_is_reached() -> None:
    case = Case(lambda X: (X**2).sum(1), [(0, 100)] * 3, whole=range(3), goal="value=14")
    ending = case.solve([0] * 3)
    assert ending.status is Status.TARGET_REACHED
    assert case.value(ending.x) == 14


def test_goal_max() -> None:
    case = Case(lambda X: (X * (10 - X)).sum(1), [(0, 40)] * 5, whole=range(5), goal="max", structure=CONVEX)
    ending = case.solve([0] * 5)
    assert case.value(ending.x) == 125
    np.testing.assert_array_equal(ending.x, [5] * 5)


def test_equality_rows_across_jumps() -> None:
    case = Case(
        lambda X: torch.floor(X[:, 0] / 3) * 2 + torch.floor(X[:, 1] / 5) * 3 + X[:, 2] ** 2, [(0, 100)] * 3,
        lambda X: X.sum(1, keepdim=True), [(40, 40)], structure=JUMPS,
    )  # fmt: skip
    ending = case.solve([20, 20, 0])
    # 5.99 + 34.01: one step of three and six of five
    assert case.value(ending.x) == pytest.approx(20, abs=1e-6)
    assert case.violation(ending.x) <= 1e-6


def test_products_with_binary_cells_are_proven() -> None:
    flows = torch.tensor([[0, 5, 2, 4], [5, 0, 3, 0], [2, 3, 0, 1], [4, 0, 1, 0]], dtype=torch.float64)
    distances = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1], [1, 2, 0, 3], [2, 1, 3, 0]], dtype=torch.float64)

    def cost(X: Tensor) -> Tensor:
        """16 places taken or not by 4 facilities, and what the 17th and 18th cells make of a 19th."""
        P = X[:, :16].view(-1, 4, 4)
        moved = torch.einsum("kia,kjb,ij,ab->k", P, P, flows, distances)
        return moved + X[:, 16] * (X[:, 18] - 4) + X[:, 17] * (3 - X[:, 18])

    def sums(X: Tensor) -> Tensor:
        P = X[:, :16].view(-1, 4, 4)
        return torch.cat((P.sum(1), P.sum(2), X[:, 16:18].sum(1, keepdim=True)), 1)

    case = Case(
        cost, [(0, 1)] * 18 + [(-2.5, 7.5)], sums, [(1, 1)] * 9, range(18),
        structure=Structure(Form.QUADRATIC, (Form.LINEAR,) * 9, False),
    )  # fmt: skip
    ending = case.solve([0] * 19)
    least = min(
        float((flows * distances[list(order)][:, list(order)]).sum()) for order in itertools.permutations(range(4))
    )
    assert case.value(ending.x) == pytest.approx(least - 6.5, abs=1e-8)  # the 16th at -2.5, rather than the 17th at 7.5
    assert (ending.status, ending.gap) == (Status.OPTIMAL, 0)


def test_rows_that_no_values_satisfy_are_told_at_once() -> None:
    case = Case(
        lambda X: X.square().sum(1).sqrt(), [(0, 5)] * 3, lambda X: X.sum(1, keepdim=True), [(20, INF)], [0, 1],
        structure=Structure(Form.SMOOTH, (Form.LINEAR,)),
    )  # fmt: skip
    ending = case.solve([1] * 3)
    assert ending.status is Status.INFEASIBLE
    assert ending.iterations == 0


def test_weights_that_add_up_to_one_across_jumps() -> None:
    gains = torch.linspace(0.05, 0.12, 8, dtype=torch.float64)

    def cost(X: Tensor) -> Tensor:
        return X.square().sum(1) - X @ gains + 0.08 * (X > 0).to(X.dtype).sum(1)

    case = Case(cost, [(0, 1)] * 8, lambda X: X.sum(1, keepdim=True), [(1, 1)], structure=JUMPS)
    ending = case.solve([1 / 8] * 8)
    # the k best at (1 + their gain over the mean, halved) each, of all k
    best = []
    for k in range(1, 9):
        mine = gains[-k:].numpy()
        weights = 1 / k + (mine - mine.mean()) / 2
        best.append(float((weights**2).sum() - weights @ mine + 0.08 * k))
    assert case.value(ending.x) == pytest.approx(min(best), abs=1e-8)
    assert case.violation(ending.x) <= 1e-9


def test_a_small_permutation_is_enumerated() -> None:
    case = ring(8)
    shortest = min(case.value(np.array(order, float)) for order in itertools.permutations(range(1, 9)) if order[0] == 1)
    ending = case.solve(list(range(1, 9)))
    assert case.value(ending.x) == pytest.approx(shortest, abs=1e-12)
    assert ending.status is Status.OPTIMAL
    assert "40,320" in ending.detail


def test_a_group_keeps_cells_that_bounds_hold() -> None:
    case = Case(_tour, [(3, 3), (1, 2), *[(-INF, INF)] * 18], groups=[range(20)], structure=JUMPS)
    ending = case.solve(list(range(1, 21)), steps=100)
    assert ending.x[0] == 3
    assert ending.x[1] in (1, 2)
    assert case.violation(ending.x) == 0


def test_a_group_that_bounds_leave_no_order() -> None:
    case = Case(_tour, [(1, 2)] * 3 + [(-INF, INF)] * 17, groups=[range(20)], structure=JUMPS)
    assert case.solve(list(range(1, 21))).status is Status.BOUNDS_CONFLICT


def test_groups_with_whole_and_free_cells_beside_them() -> None:
    weights = torch.arange(10, dtype=torch.float64)

    def cost(X: Tensor) -> Tensor:
        return ((X[:, :10] - X[:, 10:20]) * weights).sum(1) + (X[:, 20] - 3.3) ** 2 + (X[:, 21] - 2.5) ** 2

    free = [(-INF, INF)] * 20
    case = Case(cost, [*free, (0, 9), (-100, 100)], whole=[20], groups=[range(10), range(10, 20)])
    ending = case.solve([1] * 22, steps=250)
    # the largest weights meet the smallest numbers on one side and the largest on the other
    assert case.value(ending.x) == pytest.approx(120 - 285 + 0.09, abs=1e-8)
    assert ending.x[20] == 3


def test_groups_that_share_cells() -> None:
    case = Case(
        lambda X: X[:, 0] * X[:, 2] + X[:, 4], [(-INF, INF)] * 5, groups=[range(3), range(2, 5)], structure=JUMPS
    )
    ending = case.solve([1] * 5)
    assert case.violation(ending.x) == 0
    every = itertools.product(itertools.permutations((1, 2, 3)), repeat=2)
    assert case.value(ending.x) == min(a[0] * a[2] + b[2] for a, b in every if a[2] == b[0])


def test_rows_on_a_permutation() -> None:
    def lines(X: Tensor) -> Tensor:
        S = X.view(-1, 4, 4)
        diagonals = [torch.diagonal(part, dim1=1, dim2=2).sum(1, keepdim=True) for part in (S, S.flip(2))]
        return torch.cat((S.sum(1), S.sum(2), *diagonals), 1)

    case = Case(lambda X: X[:, 0] * X[:, 15], [(-INF, INF)] * 16, lines, [(34, 34)] * 10, groups=[range(16)])
    ending = case.solve(list(range(1, 17)), steps=1000)
    assert case.violation(ending.x) == 0


def test_a_method_there_is_none_of() -> None:
    with pytest.raises(ArgumentError, match="no method is called 'magic'"):
        GEARS.solve([20] * 4, method="magic")
    with pytest.raises(ArgumentError, match="too many combinations"):
        FREIGHT.solve([10] * 3, method="enumeration")


@pytest.mark.parametrize("size", [2, 5, 9])
def test_moves_are_permutations_and_reach_every_exchange(size: int) -> None:
    moves = moves_of(size, np.arange(move_count(size)))
    np.testing.assert_array_equal(np.sort(moves, 1), np.broadcast_to(np.arange(size), moves.shape))
    found = {tuple(move) for move in moves.tolist()}
    for first, last in itertools.combinations(range(size), 2):
        order = list(range(size))
        order[first], order[last] = order[last], order[first]
        assert tuple(order) in found


@pytest.mark.parametrize("seed", range(12))
def test_a_quadratic_programme_proves_its_minimum_and_starts_from_a_parents(seed: int) -> None:
    """The bound that duality gives meets the value, from nothing and from the limits that bound before a bound moved;
    no point drawn at random within the limits is better."""
    random = np.random.default_rng(seed)
    size, count, rank = 8, 3, int(random.integers(0, 9))
    factor, slopes = random.standard_normal((rank, size)), random.standard_normal(size) * 3
    matrix, inside = random.standard_normal((count, size)), random.uniform(-3, 3, size)
    lower, upper = np.floor(inside) - 2, np.ceil(inside) + 2
    low, high = matrix @ inside - random.uniform(0, 1, count), matrix @ inside + random.uniform(0, 1, count)
    low[0] = high[0] = matrix[0] @ inside
    program = QuadraticProgram(1.0, slopes, factor.T @ factor, matrix, low, high, upper - lower)
    answer = program.solve(lower, upper)
    assert answer is not None and answer.x is not None
    assert answer.bound == pytest.approx(answer.value, abs=1e-6 * max(1.0, abs(answer.value)))
    assert (matrix @ answer.x >= low - 1e-8).all() and (matrix @ answer.x <= high + 1e-8).all()
    along = np.linalg.svd(matrix[:1])[2][1:].T  # keeps the equality
    X = np.clip(inside + random.uniform(-2, 2, (20_000, size - 1)) @ along.T, lower, upper)
    rows = X @ matrix.T
    kept = X[((rows >= low - 1e-9) & (rows <= high + 1e-9)).all(1)]
    assert all(program.value(x) >= answer.bound - 1e-9 for x in kept)
    place = int(np.abs(answer.x - np.round(answer.x)).argmax())
    upper[place] = np.floor(answer.x[place])
    again, cold = program.solve(lower, upper, answer.active), program.solve(lower, upper)
    assert again is not None and cold is not None
    assert (again.x is None) == (cold.x is None)
    assert again.bound == cold.bound or again.bound == pytest.approx(cold.bound, abs=1e-6 * max(1.0, abs(cold.bound)))


def test_a_quadratic_programme_without_a_point_says_so() -> None:
    """x + y >= 3 between 0 and 1."""
    one = np.ones(2)
    program = QuadraticProgram(0.0, -one, np.eye(2), np.ones((1, 2)), np.array([3.0]), np.array([INF]), one)
    answer = program.solve(np.zeros(2), one)
    assert answer is not None and answer.x is None and answer.bound == INF


def test_costs_that_jump_cell_by_cell_are_solved_as_a_linear_programme() -> None:
    """Eight sites in lots of four, each with a cost of opening it: 60 and 35 a lot for 4 units; 61 units are wanted, at
    most 12 a site. Six sites must open (5 x 12 = 60), and 16 lots are needed, 4 of them cheap at the first sites."""
    lots = torch.tensor([30.0, 30.0] + [35.0] * 6, dtype=torch.float64)

    def cost(X: Tensor) -> Tensor:
        return 60 * (X > 0).to(X.dtype).sum(1) + (torch.ceil(X / 4) * lots).sum(1)

    case = Case(
        cost, [(0, 12)] * 8, lambda X: X.sum(1, keepdim=True), [(61, INF)], whole=range(8),
        structure=Structure(Form.DISCONTINUOUS, (Form.LINEAR,)),
    )  # fmt: skip
    ending = case.solve([12] * 8)
    assert case.value(ending.x) == 6 * 60 + 6 * 30 + 10 * 35
    assert ending.method == "branch-and-bound"
    assert "nothing is better." in ending.detail


@pytest.mark.parametrize(
    ("case", "status"),
    [
        (Case(lambda X: torch.floor(X[:, 0] / 3) + X[:, 1] ** 2, [(-INF, INF)] * 2, whole=[0], structure=JUMPS),
         Status.UNBOUNDED),
        (Case(lambda X: -(X[:, 0] ** 4) - 3 * X[:, 1] ** 2, [(-INF, 9)] * 2, whole=[0, 1],
              structure=Structure(Form.SMOOTH)), Status.UNBOUNDED),
        (Case(lambda X: (X[:, 0] - X[:, 1]) ** 2 - X[:, 0], [(-INF, INF)] * 2, whole=[0, 1], structure=CONVEX),
         Status.UNBOUNDED),
    ],
    ids=["steps without end", "quartic", "convex"],
)  # fmt: skip
def test_what_has_no_end_is_called_so(case: Case, status: Status) -> None:
    assert case.solve([0, 0]).status is status


def test_local_search_by_name_goes_on_after_its_first_descent() -> None:
    """50 x + 40 y under 3 x + 5 y <= 360, 2 x + y <= 150, x + y <= 100: single steps end at 3900, the best is 4320."""
    case = Case(
        lambda X: 50 * X[:, 0] + 40 * X[:, 1], [(0, INF)] * 2,
        lambda X: columns(3 * X[:, 0] + 5 * X[:, 1], 2 * X[:, 0] + X[:, 1], X.sum(1)),
        [(-INF, 360), (-INF, 150), (-INF, 100)], whole=[0, 1], goal="max",
    )  # fmt: skip
    assert case.value(case.solve([0, 0], method="local-search").x) == 4320
