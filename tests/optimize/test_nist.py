"""Levenberg-Marquardt against NIST's certified parameters (11 digits, computed by NIST in 128-bit arithmetic).

From one start at a time, by the method alone; tests/problems/test_nist.py goes the whole way from a workbook.
"""

import numpy as np
import pytest
from tests.optimize import nist_models

from cellgrad.optimize import Solution, Status, optimize

DATASETS = nist_models.datasets()


def digits(solution: Solution, certified: list[float]) -> float:
    """Correct digits of the worst parameter: NIST's log relative error."""
    return float(-np.log10(np.max(np.abs(solution.x / np.array(certified) - 1)) + 1e-16))


@pytest.mark.parametrize("start", ["start1", "start2"])
@pytest.mark.parametrize("name", nist_models.MODELS)
def test_one_start_ends_at_the_certified_parameters(name, start):
    entry = DATASETS[name]
    solution = optimize(nist_models.objective(entry), np.array(entry[start]))
    assert solution.method == "levenberg-marquardt"
    assert digits(solution, entry["certified"]) >= 9
    if name != "Lanczos1":  # certified at 1.4e-25: below the rounding of the data in double precision
        assert solution.status in (Status.OPTIMAL, Status.CONVERGED)
        assert solution.value == pytest.approx(entry["residual_sum_of_squares"], rel=1e-9)


def test_several_starts_leave_the_plateau_of_boxbod():
    entry = DATASETS["BoxBOD"]
    plateau = np.array([172.5, 150.0])  # where b2 no longer matters, and every local search stays
    assert optimize(nist_models.objective(entry), plateau).value > 2 * entry["residual_sum_of_squares"]
    solution = optimize(nist_models.objective(entry), plateau, starts=32, seed=0)
    assert digits(solution, entry["certified"]) >= 8


@pytest.mark.parametrize("name", ["Misra1a", "DanWood", "Kirby2", "Rat42", "Gauss1"])
def test_l_bfgs_comes_close_on_badly_scaled_fits(name):
    entry = DATASETS[name]
    solution = optimize(nist_models.objective(entry), np.array(entry["start2"]), method="l-bfgs")
    assert solution.value == pytest.approx(entry["residual_sum_of_squares"], rel=1e-5)
