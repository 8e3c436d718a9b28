"""Standard errors and the rest of a fit's statistics against NIST's, Anscombe's, and each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.optimize import nist_models
from tests.optimize.objectives import Scalar, Squares
from tests.problems.known import Known

import cellgrad
from cellgrad.optimize import optimize
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.fit_statistics import FitStatistics, fit_statistics, fit_statistics_at

DATASETS = nist_models.datasets()

# Lanczos1 is certified with residuals of 1e-13: below the rounding of its data in double precision
CERTIFIED = [name for name in nist_models.MODELS if name != "Lanczos1"]


@pytest.mark.parametrize("name", CERTIFIED)
def test_standard_errors_of_nist(name: str) -> None:
    entry = DATASETS[name]
    objective = nist_models.objective(entry)
    solution = optimize(objective, np.array(entry["start2"]))
    statistics = fit_statistics_at(objective, solution.x)
    assert statistics is not None
    np.testing.assert_allclose(statistics.standard_errors, entry["certified_sd"], rtol=1e-8)
    assert statistics.residual_deviation == pytest.approx(entry["residual_sd"], rel=1e-9)
    assert statistics.degrees_of_freedom == len(entry["data"]) - len(entry["certified"])
    assert statistics.undetermined == statistics.at_bounds == ()


ANSCOMBE_X = np.array([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5], float)
ANSCOMBE_Y = np.array([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68])


def line(at_bounds: list[bool] | None = None, scale: float = 1.0) -> FitStatistics:
    """The regression of Anscombe's first set."""
    J = np.column_stack((np.ones(11), ANSCOMBE_X))
    x = np.linalg.lstsq(J, ANSCOMBE_Y, rcond=None)[0]
    held = None if at_bounds is None else np.array(at_bounds)
    return fit_statistics(scale * (J @ x - ANSCOMBE_Y), scale * J, x, at_bounds=held, observed=ANSCOMBE_Y, scale=scale)


def test_anscombe() -> None:
    """Anscombe (1973), Graphs in Statistical Analysis, and R's summary(lm(y1 ~ x1, anscombe))."""
    found = line()
    np.testing.assert_allclose(found.estimates, [3.0001, 0.5001], atol=5e-5)
    np.testing.assert_allclose(found.standard_errors, [1.1247, 0.1179], atol=5e-5)
    np.testing.assert_allclose(found.t_values, [2.667, 4.241], atol=5e-4)
    np.testing.assert_allclose(found.p_values, [0.02573, 0.00217], atol=5e-6)
    np.testing.assert_allclose(found.lower, [0.4557369, 0.2333701], atol=5e-7)  # confint
    np.testing.assert_allclose(found.upper, [5.5444449, 0.7668117], atol=5e-7)
    assert found.r_squared == pytest.approx(0.6665, abs=5e-5)
    assert found.residual_deviation == pytest.approx(1.237, abs=5e-4)
    assert found.degrees_of_freedom == 9
    # cov2cor(vcov): of a line, -mean(x) / root mean square(x)
    assert found.correlations[0, 1] == pytest.approx(-9 / np.sqrt(np.mean(ANSCOMBE_X**2)))


def test_a_factor_before_the_squares_changes_nothing() -> None:
    plain, scaled = line(), line(scale=1 / np.sqrt(11))
    for name in ("standard_errors", "residuals", "residual_deviation", "p_values", "r_squared"):
        np.testing.assert_allclose(getattr(scaled, name), getattr(plain, name), rtol=1e-12)


OBJECTIVES = [
    "=SUMXMY2(B2:B12,C2:C12)", "=SUMSQ(D2:D12)", "=AVERAGE(E2:E12)", "=SUMSQ(D2:D12)/COUNT(D2:D12)",
    "=SQRT(SUMXMY2(B2:B12,C2:C12)/11)", "=SQRT(AVERAGE(E2:E12))", "=SQRT(SUMSQ(D2:D12)/(COUNT(A2:A12)-2))",
    "=0.5*SUM(E2:E12)", "=SUMPRODUCT(D2:D12,D2:D12)",
]  # fmt: skip


@pytest.mark.parametrize("formula", OBJECTIVES)
def test_every_way_to_write_least_squares_has_the_same_statistics(formula: str, tmp_path: Path) -> None:
    cells: dict[str, float | str] = {f"A{row}": value for row, value in enumerate(ANSCOMBE_X.tolist(), 2)}
    cells |= {f"B{row}": value for row, value in enumerate(ANSCOMBE_Y.tolist(), 2)}
    cells |= {"C2:C12": "=$G$1+$G$2*A2", "D2:D12": "=B2-C2", "E2:E12": "=D2^2", "G1": 1, "G2": 1, "I1": formula}
    path = Known(cells, "I1", "G1:G2", optimum=0, source="Anscombe 1973").write(tmp_path / "line.xlsx")
    model = cellgrad.open(path).model("model")
    function = model.function
    solution = model.optimize()
    found = fit_statistics_at(function, solution.x, scale=function.residual_scale, observed=ANSCOMBE_Y)
    assert found is not None
    plain = line()
    np.testing.assert_allclose(found.estimates, plain.estimates, rtol=1e-9)
    np.testing.assert_allclose(found.standard_errors, plain.standard_errors, rtol=1e-9)
    np.testing.assert_allclose(np.abs(found.residuals), np.abs(plain.residuals), atol=1e-9)
    assert found.r_squared == pytest.approx(plain.r_squared)


def test_parameters_that_are_not_determined_are_named() -> None:
    generator = np.random.default_rng(0)
    J = generator.normal(size=(20, 5))
    J[:, 3] = 2 * J[:, 1]  # only 1 and 3 together are determined
    J[:, 4] = 0  # nothing moves
    found = fit_statistics(generator.normal(size=20), J, np.ones(5))
    assert found.undetermined == (1, 3, 4)
    np.testing.assert_array_equal(np.isnan(found.standard_errors), [False, True, False, True, True])
    assert found.degrees_of_freedom == 20 - 3
    assert found.condition == np.inf


def test_parameters_at_bounds_count_as_known() -> None:
    generator = np.random.default_rng(1)
    A = torch.tensor(generator.normal(size=(30, 3)))
    y = A @ torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64) + torch.tensor(generator.normal(size=30))
    objective = Squares(lambda X: X @ A.T - y, 3)
    conditions = Conditions(np.array([-np.inf, 0.0, -np.inf]), np.full(3, np.inf))
    solution = optimize(objective, np.ones(3), conditions=conditions)
    found = fit_statistics_at(objective, solution.x, conditions)
    without = Squares(lambda X: X @ A[:, [0, 2]].T - y, 2)
    alone = fit_statistics_at(without, solution.x[[0, 2]])
    assert found is not None and alone is not None
    assert found.at_bounds == (1,) and np.isnan(found.standard_errors[1])
    np.testing.assert_allclose(found.standard_errors[[0, 2]], alone.standard_errors)
    assert found.degrees_of_freedom == alone.degrees_of_freedom == 28


def test_blank_rows_are_no_observations() -> None:
    J = np.column_stack((np.ones(11), ANSCOMBE_X))
    residuals = line().residuals
    found = fit_statistics(np.append(residuals, [0.0, 0.0]), np.vstack((J, np.zeros((2, 2)))), line().estimates)
    np.testing.assert_allclose(found.standard_errors, line().standard_errors)
    assert (found.observations, found.degrees_of_freedom) == (11, 9)


def test_rows_at_which_a_unit_is_dead_are_observations() -> None:
    """relu(w x) for x below and above 0, and three rows that no parameter moves: those alone are left out."""
    data = torch.tensor([-3.0, -2, -1, 1, 2, 3], dtype=torch.float64)
    y = torch.tensor([0.0, 0, 0, 1.1, 1.9, 3.2], dtype=torch.float64)

    def residuals(X: torch.Tensor) -> torch.Tensor:
        rows = torch.relu(X * data) - y
        return torch.cat((rows, torch.zeros(len(X), 3, dtype=torch.float64) * X), 1)

    objective, at = Squares(residuals, 1), np.array([1.0])
    found = fit_statistics_at(objective, at)
    assert found is not None and (found.observations, found.degrees_of_freedom) == (6, 5)


def test_as_many_parameters_as_observations_leave_no_error_to_estimate() -> None:
    found = fit_statistics(np.zeros(2), np.eye(2), np.array([1.0, 2.0]))
    assert found.degrees_of_freedom == 0
    assert np.isnan(found.standard_errors).all() and np.isnan(found.residual_deviation)


def test_no_sum_of_squares_has_no_statistics() -> None:
    assert fit_statistics_at(Scalar(lambda X: X.sum(1), 2), np.zeros(2)) is None
