"""Levenberg-Marquardt against NIST's certified parameters (11 digits, computed by NIST in 128-bit arithmetic)."""

import numpy as np
import pytest
from tests.optimize import nist_models

from cellgrad.optimize import Solution, Status, optimize

DATASETS = nist_models.datasets()


def digits(solution: Solution, certified: list[float]) -> float:
    """Correct digits of the worst parameter: NIST's log relative error, up to the signs that a model leaves open."""
    return float(-np.log10(np.max(np.abs(np.abs(solution.x / np.array(certified)) - 1)) + 1e-16))


@pytest.mark.parametrize("name", nist_models.MODELS)
def test_second_start_ends_at_the_certified_parameters(name):
    entry = DATASETS[name]
    solution = optimize(nist_models.objective(entry), np.array(entry["start2"]))
    assert solution.method == "levenberg-marquardt"
    assert digits(solution, entry["certified"]) >= 9
    if name != "Lanczos1":  # certified at 1.4e-25: below the rounding of the data in double precision
        assert solution.status in (Status.OPTIMAL, Status.CONVERGED)
        assert solution.value == pytest.approx(entry["residual_sum_of_squares"], rel=1e-9)


# from the far start BoxBOD slides onto its plateau, where b2 goes to infinity, and MGH10 needs thousands of steps
FAR = [name for name in nist_models.MODELS if name not in ("BoxBOD", "MGH10")]


@pytest.mark.parametrize("name", FAR)
def test_first_start_ends_at_the_certified_parameters(name):
    entry = DATASETS[name]
    solution = optimize(nist_models.objective(entry), np.array(entry["start1"]))
    assert digits(solution, entry["certified"]) >= 9


def test_several_starts_leave_the_plateau_of_boxbod():
    entry = DATASETS["BoxBOD"]
    solution = optimize(nist_models.objective(entry), np.array([100.0, 1.0]), starts=32, seed=0)
    assert digits(solution, entry["certified"]) >= 8


@pytest.mark.parametrize("name", ["Misra1a", "DanWood", "Kirby2", "Rat42", "Gauss1"])
def test_l_bfgs_comes_close_on_badly_scaled_fits(name):
    entry = DATASETS[name]
    solution = optimize(nist_models.objective(entry), np.array(entry["start2"]), method="l-bfgs")
    assert solution.value == pytest.approx(entry["residual_sum_of_squares"], rel=1e-5)
