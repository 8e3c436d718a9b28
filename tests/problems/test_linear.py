"""Textbook linear programmes, with whole numbers and without, optimised as they stand, end at the printed optima."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.problems.integer import CITIES, INTEGER, SALESMAN, UNIT_JOBS
from tests.problems.known import Known
from tests.problems.linear import DIET, LINEAR

import cellgrad
from cellgrad.optimize.solution import Status


def check(known: Known, folder: Path) -> None:
    solution = cellgrad.open(known.write(folder / "problem.xlsx")).model("model").optimize()
    reached = Status.TARGET_REACHED if known.goal.startswith("value") else Status.OPTIMAL
    assert solution.status is reached, solution.message
    assert solution.value == pytest.approx(known.optimum, abs=1e-9 * max(1.0, abs(known.optimum)))
    assert solution.violation <= 1e-9
    if known.x is not None:
        np.testing.assert_allclose(solution.x, known.x, atol=1e-9 * max(1.0, *map(abs, known.x)))


@pytest.mark.parametrize("known", LINEAR.values(), ids=LINEAR)
def test_a_linear_programme_ends_at_its_published_optimum(known: Known, tmp_path: Path) -> None:
    check(known, tmp_path)


@pytest.mark.parametrize("known", INTEGER.values(), ids=INTEGER)
def test_whole_numbers_end_at_their_published_optimum(known: Known, tmp_path: Path) -> None:
    check(known, tmp_path)


def test_units_change_nothing(tmp_path: Path) -> None:
    """The diet with ice cream counted in millionths and sugar in millions: Solver's best known failure."""
    scale = {**{f"C{row}": 1e-6 for row in (2, 3, 4, 5, 7)}, **{f"{column}4": 1e-6 for column in "BDEG"}, "C4": 1e-12}
    cells = {
        cell: value if isinstance(value, str) else value * scale.get(cell, 1.0) for cell, value in DIET.cells.items()
    }
    check(replace(DIET, cells=cells, x=(0, 3e6, 1, 0)), tmp_path)


def test_no_tour_of_the_eight_cities_is_shorter() -> None:
    tours = itertools.permutations(range(1, 8))
    lengths = (sum(CITIES[a][b] for a, b in zip((0, *tour), (*tour, 0), strict=True)) for tour in tours)
    assert min(lengths) == SALESMAN.optimum


def test_no_order_of_the_unit_jobs_is_cheaper() -> None:
    weights = [UNIT_JOBS.cells[f"A{row}"] for row in range(2, 9)]
    days = (day for day in itertools.permutations(range(1, 8)) if day[1] > day[0] and day[2] > day[5])
    assert min(sum(w * d for w, d in zip(weights, day, strict=True)) for day in days) == UNIT_JOBS.optimum
