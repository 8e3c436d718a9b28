"""How runs end: goals, cell errors, limits, interruption, flat and bottomless objectives."""

import math
import time

import numpy as np
import pytest
import torch
from tests.optimize.objectives import Scalar, Squares

from cellgrad.optimize import Status, optimize
from cellgrad.optimize.choice import FREE

EVERY_METHOD = list(FREE)


def hill(X):
    return 5 - (X - 2).square().sum(1)


def test_goal_max_ends_on_the_hilltop():
    solution = optimize(Scalar(hill, 2), np.array([0.0, 7.0]), "max")
    assert solution.status is Status.OPTIMAL
    assert (solution.start_value, solution.value) == (-24, 5)
    np.testing.assert_allclose(solution.x, [2, 2], atol=1e-8)
    assert solution.history[-1][1] == 5


@pytest.mark.parametrize("method", ["auto", "l-bfgs", "gradient-descent"])
def test_goal_value_is_goal_seek(method):
    cubic = Scalar(lambda X: X[:, 0] ** 3 + X[:, 0], 1)
    solution = optimize(cubic, np.array([1.0]), "value=-10", method=method)
    assert solution.status is Status.TARGET_REACHED
    assert solution.value == pytest.approx(-10, abs=1e-8)
    assert solution.x[0] == pytest.approx(-2, abs=1e-8)


def test_goal_value_in_several_cells_takes_the_shortest_way():
    plane = Scalar(lambda X: X @ torch.tensor([3.0, 4.0], dtype=X.dtype), 2)
    solution = optimize(plane, np.array([0.0, 0.0]), "value=25")
    assert solution.iterations <= 2
    assert solution.value == pytest.approx(25, rel=1e-12)


@pytest.mark.parametrize("starts", [1, 4])
def test_goal_value_out_of_reach_says_so_and_gives_the_closest(starts):
    solution = optimize(Scalar(hill, 2), np.array([0.0, 1.0]), "value=9", starts=starts)
    assert solution.status is Status.TARGET_NOT_REACHED
    assert solution.status.code == 5
    assert solution.value == pytest.approx(5, abs=1e-6)


# a point of no slope that is no optimum: (objective, start, goal)
STATIONARY = [
    ("saddle", lambda X: X[:, 0] ** 2 - X[:, 1] ** 2, [0.0, 0.0], "min"),
    ("edge of a domain", lambda X: -torch.where(X > 0, X, 0.0).pow(1.5).sum(1), [0.0], "min"),
    ("bottom of a bowl, asked for the top", lambda X: X.square().sum(1), [0.0, 0.0], "max"),
]


@pytest.mark.parametrize(("name", "function", "start", "goal"), STATIONARY, ids=[row[0] for row in STATIONARY])
def test_no_slope_is_not_taken_for_an_optimum(name, function, start, goal):
    solution = optimize(Scalar(function, len(start)), np.array(start), goal)
    assert solution.status is Status.STATIONARY
    assert not solution.improved and not solution.usable


@pytest.mark.parametrize("method", ["auto", "l-bfgs", "levenberg-marquardt"])
def test_a_valley_that_ends_at_infinity_is_no_answer(method):
    solution = optimize(Squares(lambda X: 1 / X, 1), np.array([7.0]), method=method)
    assert solution.status is Status.UNBOUNDED
    assert not solution.usable


def barrier(X):
    """x - log x, an error (nan) for x <= 0; least at 1."""
    return (X - torch.log(X)).sum(1)


@pytest.mark.parametrize("method", [name for name in EVERY_METHOD if name != "levenberg-marquardt"])
def test_trial_points_in_an_error_are_stepped_back_from(method):
    solution = optimize(Scalar(barrier, 2), np.array([4.0, 1e-3]), method=method)
    assert solution.value == pytest.approx(2, abs=1e-5)
    np.testing.assert_allclose(solution.x, [1, 1], atol=5e-3)


def test_levenberg_marquardt_steps_back_from_errors():
    root = Squares(lambda X: torch.stack((torch.sqrt(X[:, 0]) - 0.1, torch.log(X[:, 1]) + 3), 1), 2)
    solution = optimize(root, np.array([9.0, 9.0]))
    assert solution.method == "levenberg-marquardt"
    np.testing.assert_allclose(solution.x, [0.01, math.exp(-3)], rtol=1e-6)


@pytest.mark.parametrize("method", ["gradient-descent", "momentum", "adam"])
def test_a_fixed_rate_that_jumps_into_errors_is_halved_there(method):
    solution = optimize(Scalar(barrier, 1), np.array([0.05]), method=method, rate=0.1, steps=500)
    assert solution.value == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_a_start_in_an_error_is_reported(method):
    objective = Squares(lambda X: torch.log(X), 1)
    solution = optimize(objective, np.array([-1.0]), method=method)
    assert solution.status is Status.ERROR_VALUE
    assert math.isnan(solution.value)
    assert (solution.x[0], solution.iterations) == (-1.0, 0)


def test_other_starts_go_on_where_one_is_in_an_error():
    solution = optimize(Scalar(barrier, 1), np.array([-5.0]), starts=16, seed=1)
    assert solution.starts[0].status is Status.ERROR_VALUE
    assert solution.best_start > 0
    assert solution.value == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_errors_on_every_side_end_the_run(method):
    def island(X):
        r = torch.where((X - 1).abs() > 0, torch.nan, X)
        return r + 0 * X

    solution = optimize(Squares(island, 1), np.array([1.0]), method=method)
    assert solution.status is Status.NO_FINITE_STEP
    assert solution.x[0] == 1
    assert solution.iterations < 500


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_a_flat_objective_is_told_from_an_optimum(method):
    dead = optimize(Squares(lambda X: torch.relu(X) - 1, 2), np.array([-1.0, -2.0]), method=method)
    assert dead.status is Status.FLAT
    assert dead.iterations == 0
    valley = optimize(Squares(lambda X: X.square() + 1, 2), np.array([0.0, 0.0]), method=method)
    assert valley.status is Status.OPTIMAL


@pytest.mark.parametrize("method", [name for name in EVERY_METHOD if name not in ("levenberg-marquardt", "adam")])
def test_a_bottomless_objective_is_unbounded(method):
    solution = optimize(Scalar(lambda X: X[:, 0] - X[:, 1], 2), np.array([1.0, 1.0]), method=method)
    assert solution.status is Status.UNBOUNDED
    assert solution.status.code == 4


def test_a_rate_too_large_is_named():
    solution = optimize(Squares(lambda X: 10 * X, 1), np.array([1.0]), method="gd", rate=1.0, steps=200)
    assert solution.status is Status.RATE_TOO_LARGE
    assert solution.value == solution.start_value == 100


def test_step_limit():
    solution = optimize(Scalar(lambda X: X.square().sum(1), 1), np.array([1.0]), method="gd", rate=0.01, steps=7)
    assert solution.status is Status.STEP_LIMIT
    assert solution.iterations == len(solution.history) == 7
    assert solution.x[0] == pytest.approx(0.98**7)


def test_time_limit_keeps_the_best():
    def slow(X):
        time.sleep(0.01)
        return (X - 1).square().sum(1)

    solution = optimize(Scalar(slow, 1), np.array([9.0]), method="gd", rate=1e-4, seconds=0.1)
    assert solution.status is Status.TIME_LIMIT
    assert solution.value < solution.start_value == 64
    assert solution.seconds < 1


@pytest.mark.parametrize("method", EVERY_METHOD)
@pytest.mark.parametrize("starts", [1, 3])
@pytest.mark.parametrize("how", ["returns True", "raises"])
def test_the_callback_can_stop_the_run(method, starts, how):
    seen = []

    def callback(progress):
        seen.append(progress)
        if len(seen) == 3 and how == "raises":
            raise KeyboardInterrupt
        return len(seen) == 3

    objective = Squares(lambda X: (X - 1) ** 3, 2)
    solution = optimize(objective, np.array([-1.2, 2.0]), method=method, starts=starts, callback=callback)
    assert solution.status is Status.STOPPED
    assert solution.iterations == 3
    assert [p.step for p in seen] == [1, 2, 3]
    assert solution.value == pytest.approx(seen[-1].value)
    assert float(objective.value(torch.tensor(solution.x).unsqueeze(0))) == pytest.approx(solution.value)


@pytest.mark.parametrize("method", EVERY_METHOD)
@pytest.mark.parametrize("call", range(1, 10))
def test_ctrl_c_inside_the_objective_keeps_the_best_so_far(method, call):
    calls = -1  # the constructor's own

    def residuals(X):
        nonlocal calls
        calls += 1
        if calls == call:
            raise KeyboardInterrupt
        return torch.stack((10 * (X[:, 1] - X[:, 0] ** 2), 1 - X[:, 0]), 1)

    objective, start = Squares(residuals, 2), np.array([-1.2, 1.0])
    solution = optimize(objective, start, method=method)
    assert solution.status is Status.STOPPED
    if call == 1:
        assert math.isnan(solution.value)
        np.testing.assert_array_equal(solution.x, start)
    else:
        assert float(objective.value(torch.tensor(solution.x).unsqueeze(0))) == pytest.approx(solution.value)
        assert solution.value <= solution.start_value == pytest.approx(24.2)


def test_progress_counts_down():
    lines = []
    optimize(Squares(lambda X: X.sin() - 2, 3), np.ones(3), method="adam", rate=1e-3, steps=50, callback=lines.append)
    assert [line.step for line in lines] == list(range(1, 51))
    assert all(line.rate == 1e-3 and line.running == 1 for line in lines)
    assert lines[-1].left == 0
    assert lines[-1].elapsed >= lines[0].elapsed > 0


def test_statuses_carry_solvers_codes_and_distinct_words():
    words = [status.word for status in Status]
    assert len(set(words)) == len(words)
    codes = {status.word: status.code for status in Status}
    assert (codes["optimal"], codes["converged"], codes["cannot improve"], codes["step limit"]) == (0, 1, 2, 3)
    assert (codes["unbounded"], codes["stopped by user"], codes["error value"], codes["time limit"]) == (4, 6, 9, 10)


@pytest.mark.parametrize("rows", [1, 30])
def test_a_cell_that_moves_nothing_is_not_moved_by_rounding(rows):
    """J lacks rank, so that its orthogonal factors are asked."""
    A = torch.as_tensor(np.random.default_rng(rows).normal(size=(rows, 4)))
    A[:, 2] = 0
    A[:, 3] = A[:, 0]
    solution = optimize(Squares(lambda X: X @ A.T - 1, 4), np.array([0.0, 0.0, 0.25, 0.0]), starts=1)
    assert solution.x[2] == 0.25
