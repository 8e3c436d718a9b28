"""Sizes of cells and rows: the same problem in other units ends at the same optimum; what is badly sized is named."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.optimize import nist_models
from tests.optimize.objectives import Constrained, Scalar, Squares

from cellgrad.optimize import optimize
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.problem import Problem
from cellgrad.optimize.scaling import (
    conditioning,
    conditioning_of,
    row_factors,
    sizes_of_curvature,
    typical_sizes,
)

GENERATOR = np.random.default_rng(0)
POINTS = torch.tensor(GENERATOR.normal(size=(60, 4)))
CLASSES = torch.tensor((GENERATOR.random(60) < 0.5).astype(float))


def rosenbrock(X):
    return torch.stack((10 * (X[:, 1] - X[:, 0] ** 2), 1 - X[:, 0]), 1)


def beale(X):
    x, y = X.T
    return torch.stack((1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3), 1)


def brown_and_dennis(X):
    t = torch.arange(1, 21, dtype=X.dtype) / 5
    a, b, c, d = (X[:, i : i + 1] for i in range(4))
    return (a + t * b - torch.exp(t)) ** 2 + (c + d * torch.sin(t) - torch.cos(t)) ** 2


def logistic(X):
    z = X @ POINTS.T
    return (torch.nn.functional.softplus(z) - CLASSES * z).sum(1) + 0.1 * X.square().sum(1)


def squares(residuals):
    return lambda X: residuals(X).square().sum(1)


def barrier(X):
    return (X - torch.log(X)).sum(1) + (X[:, 0] - X[:, 1]) ** 2


SMOOTH = {
    "rosenbrock": (squares(rosenbrock), [-1.2, 1.0]),
    "beale": (squares(beale), [1.0, 1.0]),
    "brown and dennis": (squares(brown_and_dennis), [25.0, 5, -5, -1]),
    "logistic from zero": (logistic, [0.0] * 4),
    "barrier": (barrier, [4.0, 1e-3]),
}
RESIDUALS = {
    "rosenbrock": (rosenbrock, [-1.2, 1.0]),
    "beale": (beale, [1.0, 1.0]),
    "brown and dennis": (brown_and_dennis, [25.0, 5, -5, -1]),
}


def in_units(function, units):
    """The same function of cells that are `units` times as large."""
    return lambda X: function(X / torch.tensor(units))


def cases(table):
    return [(name, place, factor) for name in table for place in (0, 1) for factor in (1e6, 1e-6)]


@pytest.mark.parametrize(("name", "place", "factor"), cases(SMOOTH))
def test_l_bfgs_in_other_units(name, place, factor):
    function, start = SMOOTH[name]
    units = np.ones(len(start))
    units[place] = factor
    plain = optimize(Scalar(function, len(start)), np.array(start), method="l-bfgs")
    other = optimize(Scalar(in_units(function, units), len(start)), units * start, method="l-bfgs")
    assert other.value == pytest.approx(plain.value, rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(other.x / units, plain.x, rtol=1e-4)
    assert other.status.found
    assert other.evaluations <= 5 * plain.evaluations


@pytest.mark.parametrize(("name", "place", "factor"), cases(RESIDUALS))
def test_levenberg_marquardt_in_other_units(name, place, factor):
    residuals, start = RESIDUALS[name]
    units = np.ones(len(start))
    units[place] = factor
    plain = optimize(Squares(residuals, len(start)), np.array(start))
    other = optimize(Squares(in_units(residuals, units), len(start)), units * start)
    assert other.value == pytest.approx(plain.value, rel=1e-12, abs=1e-20)
    np.testing.assert_allclose(other.x / units, plain.x, rtol=1e-6)


@pytest.mark.parametrize("method", ["l-bfgs", "levenberg-marquardt"])
def test_between_bounds_in_other_units(method):
    units = np.array([1e6, 1.0])
    lower, upper = np.array([-2.0, -2.0]), np.array([0.5, 2.0])
    other = optimize(
        Squares(in_units(rosenbrock, units), 2), units * [-1.2, 1.0], method=method,
        conditions=Conditions(units * lower, units * upper),
    )  # fmt: skip
    assert other.value == pytest.approx(0.25, rel=1e-9)  # x1 = 0.5, x2 = 0.25: (1 - 0.5)^2
    assert other.x[0] == 0.5e6


def test_typical_sizes():
    x = np.array([3.0, -4e6, 0.0, 0.0])
    lower, upper = np.array([-np.inf, -np.inf, -np.inf, -np.inf]), np.array([np.inf, np.inf, 1e-3, np.inf])
    # its own; its own; its bound's; that of the largest cell
    np.testing.assert_array_equal(typical_sizes(x, lower, upper), [3, 4e6, 1e-3, 4e6])
    np.testing.assert_array_equal(typical_sizes(np.zeros(2)), [1, 1])


def test_factors_of_rows_undo_units():
    J = GENERATOR.normal(size=(7, 3)) * [1e6, 1.0, 1e-6]
    sizes = 1 / np.linalg.norm(J, axis=0)
    rows = np.logspace(-6, 6, 7)[:, None] * J
    factors = row_factors(rows, sizes)
    np.testing.assert_allclose(np.linalg.norm(rows * sizes * factors[:, None], axis=1), 1)
    assert row_factors(np.zeros((1, 3)))[0] == 1


def test_sizes_of_curvature():
    diagonal = torch.tensor([[4.0, 1e-12, 0.0, torch.nan], [0.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
    # 1 / sqrt(curvature); the geometric mean where there is none; 1 where there is none at all
    expected = [[0.5, 1e6, np.sqrt(0.5e6), np.sqrt(0.5e6)], [1, 1, 1, 1]]
    np.testing.assert_allclose(sizes_of_curvature(diagonal), expected)


def test_the_cells_of_a_flat_direction_are_named():
    J = GENERATOR.normal(size=(30, 4))
    J[:, 3] = J[:, 1] - 2 * J[:, 0] + 1e-10 * J[:, 3]
    found = conditioning_of(J)
    assert found is not None
    assert found.condition > 1e9
    assert found.tangled == (0, 1, 3)
    assert "B2, B3, B5" in (found.warning(["B2", "B3", "B4", "B5"]) or "")


def test_units_alone_are_no_bad_condition_but_are_named():
    found = conditioning_of(GENERATOR.normal(size=(30, 4)) * [1.0, 1.0, 1e7, 1.0])
    assert found is not None
    assert found.condition < 10 and found.tangled == () and found.outsized == (2,)
    assert "B4" in (found.warning(["B2", "B3", "B4", "B5"]) or "")


def test_a_sound_model_has_no_warning():
    entry = nist_models.datasets()["Misra1a"]
    problem = Problem(nist_models.objective(entry))
    found = conditioning(problem, np.array(entry["certified"]) * [1, 1])
    assert found is not None and found.tangled == () and found.condition < 100


def test_conditioning_from_the_hessian_of_an_objective_that_is_no_sum_of_squares():
    function = lambda X: (X[:, 0] + X[:, 1]).exp() - X[:, 0] - X[:, 1] + X[:, 2] ** 2  # noqa: E731
    system = Constrained(function, lambda X: X[:, :0], 3, 0)
    found = conditioning(Problem(Scalar(function, 3), system=system), np.array([0.3, -0.1, 1.0]))
    assert found is not None
    assert found.condition == np.inf or found.condition > 1e7
    assert found.tangled == (0, 1)
    assert conditioning(Problem(Scalar(function, 3)), np.zeros(3)) is None
