"""The linear engine by hand: published sensitivity reports, odd corners, and a second method beside it."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog
from tests.optimize.objectives import Constrained, Scalar

from cellgrad.errors import ModelError
from cellgrad.optimize import linear_programs
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.linear_programs import LinearProgram, linear_program, solve_linear
from cellgrad.optimize.problem import Goal, Problem
from cellgrad.optimize.search import Limits
from cellgrad.optimize.solution import Ending, Progress, Status

INF = math.inf


@dataclass(frozen=True)
class Table:
    """A programme as it stands in a book: goal, cost, and rows (coefficients, low, high)."""

    goal: str
    cost: Sequence[float]
    rows: Sequence[tuple[Sequence[float], float, float]] = ()
    lower: float | Sequence[float] = 0.0
    upper: float | Sequence[float] = INF
    whole: Sequence[int] = ()
    different: Sequence[Sequence[int]] = ()
    constant: float = 0.0
    start: Sequence[float] = field(default=())

    @property
    def program(self) -> LinearProgram:
        n = len(self.cost)
        whole = np.zeros(n, bool)
        whole[list(self.whole)] = True
        conditions = Conditions(
            np.broadcast_to(np.array(self.lower, float), n).copy(),
            np.broadcast_to(np.array(self.upper, float), n).copy(),
            np.array([low for _, low, _ in self.rows], float),
            np.array([high for _, _, high in self.rows], float),
            whole,
            tuple(np.array(group) for group in self.different),
        )
        matrix = np.array([line for line, _, _ in self.rows], float).reshape(len(self.rows), n)
        return LinearProgram(
            np.array(self.cost, float), self.constant, sparse.csr_array(matrix), np.zeros(len(matrix)), conditions,
            Goal.parse(self.goal),
        )  # fmt: skip

    def solve(self, limits: Limits | None = None, callback: object = None, **options: object) -> Ending:
        start = np.array(self.start or np.zeros(len(self.cost)), float)
        return solve_linear(self.program, start, limits or Limits(10**6, 60.0), callback, **options)  # type: ignore[arg-type]


WYNDOR = Table("max", (3, 5), [((1, 0), -INF, 4), ((0, 2), -INF, 12), ((3, 2), -INF, 18)])
DAKOTA = Table(
    "max", (60, 30, 20), [((8, 6, 1), -INF, 48), ((4, 2, 1.5), -INF, 20), ((2, 1.5, 0.5), -INF, 8)]
)  # fmt: skip
DIET = Table(
    "min", (50, 20, 30, 80),
    [((400, 200, 150, 500), 500, INF), ((3, 2, 0, 0), 6, INF), ((2, 2, 4, 4), 10, INF), ((2, 4, 1, 5), 8, INF)],
)  # fmt: skip

REPORTS = {
    # table: value, x, shadow prices, reduced costs, cost up, cost down, limit up, limit down
    "wyndor": (
        WYNDOR, 36, (2, 6), (0, 1.5, 1), (0, 0), (4.5, INF), (3, 3), (INF, 6, 6), (2, 6, 6),
    ),
    "dakota": (
        DAKOTA, 280, (2, 0, 8), (0, 10, 10), (0, -5, 0), (20, 5, 2.5), (4, INF, 5), (INF, 4, 2), (24, 4, 4 / 3),
    ),
    "diet": (
        DIET, 90, (0, 3, 1, 0), (0, 2.5, 7.5, 0), (27.5, 0, 0, 50), (INF, 18.333333333333332, 10, INF),
        (27.5, 5, 30, 50), (250, 4, INF, 5), (INF, 2.857142857142857, 4, INF),
    ),
}  # fmt: skip
"""Hillier and Lieberman (2010), section 6.7 and figure 6.8 (Excel's own report); Winston (2004), sections 5.2 and 5.3
(LINDO's reports; LINDO writes shadow prices of a minimum with the other sign)."""


@pytest.mark.parametrize("name", REPORTS)
def test_sensitivity_reports_are_those_in_print(name: str) -> None:
    table, value, x, prices, reduced, *allowed = REPORTS[name]
    ending = table.solve()
    assert ending.status is Status.OPTIMAL
    assert ending.multipliers is not None and ending.ranges is not None
    assert table.program.value(ending.x) == pytest.approx(value, abs=1e-12)
    found = (
        ending.x, ending.multipliers.rows, ending.multipliers.cells, ending.ranges.cell_increase,
        ending.ranges.cell_decrease, ending.ranges.row_increase, ending.ranges.row_decrease,
    )  # fmt: skip
    for got, expected in zip(found, (x, prices, reduced, *allowed), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


ENDS: dict[str, tuple[Table, Status, tuple[float, ...] | None]] = {
    "nothing to move": (Table("min", ()), Status.OPTIMAL, ()),
    "bounds alone": (Table("max", (1, -1), upper=5, lower=-2), Status.OPTIMAL, (5, -2)),
    "every cell fixed": (Table("min", (1, 2), [((1, 1), 3, 3)], (1, 2), (1, 2)), Status.OPTIMAL, (1, 2)),
    "fixed cells break a row": (Table("min", (1, 2), [((1, 1), 4, 4)], (1, 2), (1, 2)), Status.INFEASIBLE, None),
    "equalities alone": (Table("min", (1, 1), [((1, 1), 3, 3), ((1, -1), 1, 1)], -INF), Status.OPTIMAL, (2, 1)),
    "the same equality three times": (
        Table("min", (1, 1), [((1, 1), 3, 3), ((2, 2), 6, 6), ((-1, -1), -3, -3), ((1, -1), 1, 1)], -INF),
        Status.OPTIMAL, (2, 1),
    ),
    "the same equality in rounded numbers": (
        Table("max", (1, 0), [((1, 1), 1 / 3, 1 / 3), ((3, 3), 1.0000001, 1.0000001)]), Status.OPTIMAL, None,
    ),
    "free cells": (Table("min", (1, 1), [((1, 2), 4, INF), ((2, 1), 5, INF)], -INF), Status.OPTIMAL, (2, 1)),
    "a row of zeros that holds": (Table("min", (1,), [((0,), -1, 1)], 2), Status.OPTIMAL, (2,)),
    "a row of zeros that cannot": (Table("min", (1,), [((0,), 1, 2)], 2), Status.INFEASIBLE, None),
    "a row without limits": (Table("min", (1,), [((1,), -INF, INF)], 2), Status.OPTIMAL, (2,)),
    "a cell that nothing reads stays": (Table("min", (1, 0), [((1, 0), 3, INF)], start=(9, 7)), Status.OPTIMAL, (3, 7)),
    "unbounded": (Table("max", (1, 1), [((1, 0), -INF, 4)]), Status.UNBOUNDED, None),
    "unbounded, were it feasible": (Table("max", (1, 1), [((1, 0), -INF, -4)]), Status.INFEASIBLE, None),
    "bounds crossed": (Table("min", (1, 1), lower=(0, 3), upper=(1, 2)), Status.BOUNDS_CONFLICT, None),
    "no whole number between the bounds": (
        Table("min", (1,), lower=0.2, upper=0.8, whole=(0,)), Status.BOUNDS_CONFLICT, None,
    ),
    "no whole number in the row": (
        Table("min", (1, 1), [((2, 2), 3, 3)], upper=5, whole=(0, 1)), Status.INFEASIBLE, None,
    ),
    "an objective that nothing moves": (
        Table("max", (0, 0), [((1, 1), 3, INF)], constant=5, start=(2, 0)), Status.OPTIMAL, (3, 0),
    ),
    "no objective, and the start will do": (
        Table("min", (0, 0), [((1, 1), 3, INF)], start=(2.5, 2.5)), Status.OPTIMAL, (2.5, 2.5),
    ),
    "a value within reach": (Table("value=7", (1, 2), [((1, 1), -INF, 10)], start=(0, 0)), Status.TARGET_REACHED, None),
    "a value out of reach": (
        Table("value=70", (1, 2), [((1, 1), -INF, 10)]), Status.TARGET_NOT_REACHED, (0, 10),
    ),
    "a value of whole numbers": (
        Table("value=7", (2, 5), upper=9, whole=(0, 1)), Status.TARGET_REACHED, (1, 1),
    ),
    "a value that whole numbers miss": (
        Table("value=7.4", (2, 5), upper=9, whole=(0, 1)), Status.TARGET_NOT_REACHED, (1, 1),
    ),
    "a value, and rows in conflict": (
        Table("value=7", (1, 2), [((1, 1), -INF, -1)]), Status.INFEASIBLE, None,
    ),
    "a degenerate vertex": (
        Table("max", (2, 3), [((1, 1), -INF, 4), ((1, 2), -INF, 4), ((0, 1), -INF, 2), ((1, 3), -INF, 4)]),
        Status.OPTIMAL, (4, 0),
    ),
    "Beale's cycling programme": (  # Beale (1955); optimum -1/20
        Table("min", (-0.75, 150, -0.02, 6), [
            ((0.25, -60, -0.04, 9), -INF, 0), ((0.5, -90, -0.02, 3), -INF, 0), ((0, 0, 1, 0), -INF, 1),
        ]),
        Status.OPTIMAL, (0.04, 0, 1, 0),
    ),
    "Klee and Minty's cube of 8": (  # Klee and Minty (1972), as in Chvatal (1983), chapter 4
        Table("max", [10.0 ** (7 - j) for j in range(8)], [
            (tuple(2 * 10.0 ** (i - j) if j < i else float(j == i) for j in range(8)), -INF, 100.0**i) for i in range(8)
        ]),
        Status.OPTIMAL, (0, 0, 0, 0, 0, 0, 0, 1e14),
    ),
    "huge numbers": (Table("max", (1e9, 1), [((1e12, 1e-3), -INF, 3e15)], upper=(INF, 1e9)), Status.OPTIMAL, None),
    "a switch that hardly opens": (  # y = 1e-8 would let x be 100 and pass for whole with most solvers
        Table("max", (1, -1e-3), [((1, -1e10), -INF, 0), ((0, 1), -INF, 1e-7)], upper=(100, 1), whole=(1,)),
        Status.OPTIMAL, (0, 0),
    ),
    "all different, alone": (Table("max", (3, 1, 2), lower=-INF, different=[(0, 1, 2)]), Status.OPTIMAL, (3, 1, 2)),
    "all different within bounds": (
        Table("max", (3, 1, 2), lower=-INF, upper=(2, INF, INF), different=[(0, 1, 2)]), Status.OPTIMAL, (2, 1, 3),
    ),
    "groups that overlap": (  # a Latin square of order 2 with one cell given
        Table("min", (0, 0, 0, 0), [((0, 1, 0, 0), 1, 1)], -INF, different=[(0, 1), (2, 3), (0, 2), (1, 3)]),
        Status.OPTIMAL, (2, 1, 1, 2),
    ),
    "groups of two sizes": (  # the pair keeps 1 and 2 for itself: the third must be 3 or 4
        Table("min", (0, 0, 1, 2), lower=-INF, different=[(0, 1), (0, 1, 2, 3)]), Status.OPTIMAL, None,
    ),
    "different cells that a row makes equal": (
        Table("min", (1, 1), [((1, -1), 0, 0)], -INF, different=[(0, 1)]), Status.INFEASIBLE, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_odd_programmes_end_as_they_should(name: str) -> None:
    table, status, x = ENDS[name]
    ending = table.solve()
    assert ending.status is status, ending
    if status.found or x is not None:
        program = table.program
        assert program.conditions.violation(ending.x, program.rows(ending.x)) <= 1e-6
    if x is not None:
        np.testing.assert_allclose(ending.x, x, rtol=1e-12, atol=1e-12)


def test_huge_numbers_keep_their_digits() -> None:
    # by hand: 1e12 x + 1e-3 y <= 3e15 is worth 1e-3 a unit, y 1 in 1e9: y is worth more
    table, _, _ = ENDS["huge numbers"]
    assert table.program.value(table.solve().x) == pytest.approx(1e9 * (3e15 - 1e6) / 1e12 + 1e9, rel=1e-15)


@pytest.mark.parametrize("goal", ["max", "min"])
def test_units_change_nothing(goal: str) -> None:
    """The first cell in units of a millionth, the second row in units of a million: Solver's best known failure."""
    plain = WYNDOR if goal == "max" else replace(DIET)
    n = len(plain.cost)
    cells, rows = np.ones(n), np.ones(len(plain.rows))
    cells[0], rows[1] = 1e6, 1e-6
    scaled = replace(
        plain,
        cost=tuple(np.array(plain.cost) / cells),
        rows=[(tuple(np.array(line) * r / cells), low * r, high * r)
              for (line, low, high), r in zip(plain.rows, rows, strict=True)],
    )  # fmt: skip
    one, two = plain.solve(), scaled.solve()
    assert one.multipliers and two.multipliers and one.ranges and two.ranges
    np.testing.assert_allclose(two.x / cells, one.x, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(two.multipliers.rows * rows, one.multipliers.rows, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(two.ranges.row_increase / rows, one.ranges.row_increase, rtol=1e-12)


def conflict_of(table: Table) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    ending = table.solve()
    assert ending.status is Status.INFEASIBLE and ending.conflict is not None
    return ending.conflict.rows, ending.conflict.cells, ending.conflict.irreducible


CONFLICTS = {
    # rows and cells to blame, worked out by hand; the other rows and bounds are innocent
    "two rows": (Table("min", (1, 1), [((1, -1), -INF, -1), ((1, 1), -INF, 9), ((-1, 1), -INF, -1)]), (0, 2), ()),
    "a row and a bound": (Table("min", (1, 1), [((1, 1), -INF, 9), ((1, 0), 5, INF)], upper=(4, 4)), (1,), (0,)),
    "one row": (Table("min", (1, 1), [((1, 1), -INF, -1)], upper=(9, 9)), (0,), (0, 1)),
    "a chain of three": (
        Table("min", (1, 1, 1), [((1, -1, 0), 1, INF), ((0, 1, -1), 1, INF), ((-1, 0, 1), 1, INF), ((1, 1, 1), 0, 9)]),
        (0, 1, 2), (),
    ),
    "whole numbers": (
        Table("min", (1, 1), [((1, 1), 0, 9), ((2, 2), 3, 3)], upper=5, whole=(0, 1)), (1,), (),
    ),
    "all different": (
        Table("min", (1, 1), [((1, 1), 0, 9), ((1, -1), 0, 0)], lower=-INF, different=[(0, 1)]), (1,), (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFLICTS)
def test_constraints_in_conflict_are_named(name: str) -> None:
    table, rows, cells = CONFLICTS[name]
    assert conflict_of(table) == (rows, cells, True)


def test_cells_that_grow_for_ever_are_named() -> None:
    # x0 is held by the row; x1 and x2 rise together; x3 falls by itself; x4 costs something
    rows = [((1, 0, 0, 0, 0), -INF, 4), ((0, 1, -1, 0, 0), -INF, 1)]
    ending = Table("max", (1, 2, -1, -1, -1), rows, lower=(0, 0, 0, -INF, 0)).solve()
    assert ending.status is Status.UNBOUNDED
    assert ending.places == (1, 2, 3)


def hard_knapsack() -> Table:
    """Chvatal's (1980) knapsacks, which branch and bound takes exponentially long over: all weights even, the limit
    odd, value equal to weight, in numbers too large for cuts to see it."""
    rng = np.random.default_rng(3)
    weights = (rng.integers(2**20, 2**21, 45) * 2).tolist()
    other = (rng.integers(2**20, 2**21, 45) * 2).tolist()
    rows = [(weights, -INF, float(sum(weights) // 4 * 2 + 1)), (other, -INF, float(sum(other) // 4 * 2 + 1))]
    return Table("max", [float(w + v) for w, v in zip(weights, other, strict=True)], rows, 0, 1, tuple(range(45)))


def test_a_time_limit_keeps_the_best_whole_numbers() -> None:
    table = hard_knapsack()
    began = time.perf_counter()
    ending = table.solve(Limits(10**6, 1.5, began))
    assert time.perf_counter() - began < 6
    program = table.program
    assert ending.status is Status.TIME_LIMIT
    assert program.conditions.violation(ending.x, program.rows(ending.x)) <= 1e-9
    assert ending.gap is not None and 0 < ending.gap < 0.01
    assert program.value(ending.x) > 0


def test_an_integer_tolerance_is_enough() -> None:
    ending = hard_knapsack().solve(Limits(10**6, 30.0), integer_tolerance=0.05)
    assert ending.status is Status.INTEGER_TOLERANCE
    assert ending.gap is not None and 1e-9 < ending.gap <= 0.05


def test_a_tolerance_counts_once_patience_is_at_an_end() -> None:
    began = time.perf_counter()
    ending = hard_knapsack().solve(Limits(10**6, 30.0, began), integer_tolerance=0.05, patience=1.5)
    assert ending.status is Status.INTEGER_TOLERANCE
    assert time.perf_counter() - began > 1.3  # before, the optimum was to be proven


def test_the_whole_numbers_of_the_sheet_are_never_made_worse() -> None:
    table = hard_knapsack()
    good = table.solve(Limits(10**6, 2.0)).x
    again = replace(table, start=tuple(good)).solve(Limits(10**6, 1.0), max_subproblems=1)
    assert table.program.value(again.x) >= table.program.value(good)


@pytest.mark.parametrize("option", ["max_subproblems", "max_feasible"])
def test_limits_on_the_search_for_whole_numbers(option: str) -> None:
    table = hard_knapsack()
    ending = table.solve(Limits(10**6, 30.0), **{option: 1})
    assert ending.status is Status.SUBPROBLEM_LIMIT
    assert table.program.conditions.violation(ending.x, table.program.rows(ending.x)) <= 1e-9


def test_a_callback_that_says_true_stops() -> None:
    heard: list[Progress] = []

    def callback(progress: Progress) -> bool:
        heard.append(progress)
        return progress.elapsed > 0.7

    began = time.perf_counter()
    ending = hard_knapsack().solve(Limits(10**6, 30.0), callback)
    assert ending.status is Status.STOPPED
    assert time.perf_counter() - began < 5
    assert heard and all(progress.left is not None for progress in heard)


def test_control_c_is_heard_while_highs_runs() -> None:
    """A callback that raises does what the signal does: KeyboardInterrupt comes up in the thread that waits."""

    def callback(progress: Progress) -> None:
        assert threading.current_thread() is threading.main_thread()
        if progress.elapsed > 0.7:
            raise KeyboardInterrupt

    ending = hard_knapsack().solve(Limits(10**6, 30.0), callback)
    assert ending.status is Status.STOPPED
    program = hard_knapsack().program
    assert program.conditions.violation(ending.x, program.rows(ending.x)) <= 1e-9


def test_coefficients_are_read_by_differentiation() -> None:
    system = Constrained(
        lambda X: 3 * X[:, 0] - X[:, 1] / 4 + 7, lambda X: torch.stack((X.sum(1) - 5, 2 * X[:, 1]), 1), 2, 2
    )
    conditions = Conditions(np.zeros(2), np.full(2, INF), np.array([-INF, 2.0]), np.array([0.0, 4.0]))
    problem = Problem(Scalar(system.objective, 2), Goal("max"), conditions, system)
    program = linear_program(problem)
    np.testing.assert_array_equal(program.coefficients, [3, -0.25])
    np.testing.assert_array_equal(program.matrix.toarray(), [[1, 1], [0, 2]])
    assert (program.constant, program.row_constants.tolist()) == (7, [-5, 0])
    ending = solve_linear(program, np.zeros(2), Limits(1000, 10.0))
    # x1 is at least 1 and costs less than x0 brings: x = (4, 1), 12 - 0.25 + 7
    np.testing.assert_array_equal(ending.x, [4, 1])
    assert program.value(ending.x) == 18.75


def test_what_is_linear_between_the_bounds_alone_is_read_there() -> None:
    bounds = Conditions(np.array([0.0, -INF, 2.0]), np.array([INF, 0.0, 2.0]))
    problem = Problem(Scalar(lambda X: X[:, 0].abs() + 2 * X[:, 1].abs() + X[:, 2].clamp(min=1.0), 3), None, bounds)
    np.testing.assert_array_equal(linear_program(problem).coefficients, [1, -2, 1])


def test_a_model_that_is_not_linear_is_refused() -> None:
    problem = Problem(Scalar(lambda X: X.square().sum(1), 2))
    with pytest.raises(ModelError, match="not linear: the objective cell"):
        linear_program(problem)


def random_table(rng: np.random.Generator) -> Table:
    """A small programme, feasible or not, bounded or not, with ties, zero rows and free cells."""
    n, c = int(rng.integers(1, 9)), int(rng.integers(0, 7))
    matrix = rng.integers(-4, 7, (c, n)) * (rng.random((c, n)) < 0.7)
    limit = rng.integers(-2, 15, c).astype(float)
    kind = rng.integers(0, 5, c)
    low = np.where(kind == 0, limit, np.where(kind == 1, limit, -INF))
    high = np.where(kind == 0, limit + rng.integers(0, 3, c), np.where(kind == 1, INF, limit))
    return Table(
        "max" if rng.random() < 0.5 else "min", rng.integers(-5, 9, n).tolist(),
        [(line.tolist(), a, b) for line, a, b in zip(matrix, low, high, strict=True)],
        np.where(rng.random(n) < 0.1, -INF, 0.0).tolist(),
        np.where(rng.random(n) < 0.5, rng.integers(0, 8, n), INF).tolist(),
    )  # fmt: skip


def by_interior_points(table: Table) -> tuple[int, float]:
    """scipy's status and the optimum, by the interior point method, one-sided rows."""
    sign = -1.0 if table.goal == "max" else 1.0
    lines = [(np.array(line), high) for line, _, high in table.rows if high < INF]
    lines += [(-np.array(line), -low) for line, low, _ in table.rows if low > -INF]
    result = linprog(
        sign * np.array(table.cost), A_ub=np.array([line for line, _ in lines]) if lines else None,
        b_ub=[limit for _, limit in lines] if lines else None,
        bounds=np.column_stack([table.program.conditions.lower, table.program.conditions.upper]), method="highs-ipm",
    )  # fmt: skip
    return result.status, sign * (result.fun or 0.0)


@pytest.mark.parametrize("seed", range(4))
def test_fifty_random_programmes_beside_interior_points(seed: int) -> None:
    """Status and optimum agree with interior points; multipliers and reduced costs prove the optimum by duality."""
    rng = np.random.default_rng(seed)
    for _ in range(50):
        table = random_table(rng)
        ending, (status, optimum) = table.solve(), by_interior_points(table)
        assert status == {"OPTIMAL": 0, "INFEASIBLE": 2, "UNBOUNDED": 3}[ending.status.name] or status == 4, table
        if ending.status is Status.OPTIMAL:
            program = table.program
            assert program.value(ending.x) == pytest.approx(optimum, abs=1e-8 * max(1.0, abs(optimum))), table
            assert program.conditions.violation(ending.x, program.rows(ending.x)) <= 1e-11
            if ending.multipliers is not None:
                slopes = program.matrix.T @ ending.multipliers.rows + ending.multipliers.cells
                np.testing.assert_allclose(slopes, program.coefficients, atol=1e-11)


def by_enumeration(table: Table) -> float | None:
    """The optimum over all whole numbers between the bounds, None without a feasible one."""
    matrix = np.array([line for line, _, _ in table.rows])
    low, high = (np.array([row[k] for row in table.rows]) for k in (1, 2))
    bounds = zip(table.program.conditions.lower, table.program.conditions.upper, strict=True)
    points: NDArray[np.float64] = np.array(list(itertools.product(*(np.arange(a, b + 1) for a, b in bounds))))
    for group in table.different:
        points = points[(np.sort(points[:, list(group)], 1) == np.arange(1, len(group) + 1)).all(1)]
    rows = points @ matrix.T
    values = points[((rows >= low) & (rows <= high)).all(1)] @ np.array(table.cost)
    return None if not len(values) else float(values.max() if table.goal == "max" else values.min())


@pytest.mark.parametrize("seed", range(4))
def test_twenty_five_random_whole_programmes_beside_enumeration(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    for count in range(25):
        n, c = int(rng.integers(3, 6)), int(rng.integers(1, 5))
        low = rng.integers(-5, 8, c).astype(float)
        table = Table(
            "max" if rng.random() < 0.5 else "min", np.round(rng.normal(0, 5, n), 2).tolist(),
            [(rng.integers(-4, 8, n).tolist(), a, a + float(rng.integers(0, 9))) for a in low],
            np.where(rng.random(n) < 0.3, -2, 0).tolist(), rng.integers(1, 5, n).tolist(), tuple(range(n)),
            different=[(0, 1, 2)] if count % 4 == 0 else [],
        )  # fmt: skip
        if table.different:
            table = replace(table, upper=[3.0, 3.0, 3.0, *table.upper[3:]])  # type: ignore[index]
        options = {"max_feasible": 10**6} if count % 5 == 0 else {}  # by our own branch and bound
        ending, optimum = table.solve(**options), by_enumeration(table)
        if optimum is None:
            assert ending.status is Status.INFEASIBLE and ending.conflict is not None, table
        else:
            assert ending.status is Status.OPTIMAL and ending.gap == 0, table
            assert table.program.value(ending.x) == pytest.approx(optimum, abs=1e-9), table


def test_ranges_are_worked_out_once_and_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    work = linear_programs.ranges
    monkeypatch.setattr(linear_programs, "ranges", lambda *given: calls.append(1) or work(*given))
    table, *_ = REPORTS["diet"]
    found = table.solve().ranges
    assert found is not None and not calls
    assert found.coefficients.tolist() == list(table.cost)
    assert found.row_increase.shape == (len(table.rows),)
    assert len(calls) == 1
    assert not hasattr(found, "row_sideways")
