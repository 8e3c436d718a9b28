"""Saved models of every kind: the exact gradient is that of the per-cell reference, and the optimum the known one."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tests.properties.saved_models import MODELS, Saved
from tests.sheets import book_of

from cellgrad.address import Region, parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.program.compiling import Compiled, compile_model
from cellgrad.reference import Reference
from cellgrad.workbook import Workbook

MOST_CHECKED = 4
"""No more changing cells than these are moved at a point: the reference is slow."""

STEPS = (1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6)


def compiled(model: Saved) -> tuple[Workbook, Compiled]:
    """The model's workbook, and the model compiled."""
    book = book_of({"Sheet1": model.cells, **model.others}, arrays=model.arrays, iterate=model.iterate)
    changing = [parse_region(area, "Sheet1") for area in model.changing.split(",")]
    return book, compile_model(Dependence(book), parse_region(model.objective, "Sheet1"), changing)


def by_reference(book: Workbook, objective: Region, cells: list[tuple[str, int, int]], x: np.ndarray) -> float:
    """The objective at x as the per-cell reference computes it; not a number where it is an error."""
    value = Reference(book, dict(zip(cells, x.tolist(), strict=True))).value(
        objective.sheet, objective.top, objective.left
    )
    return value if isinstance(value, float) else math.nan


@pytest.mark.parametrize("name", MODELS)
def test_gradient_equals_differences_of_the_reference(name: str) -> None:
    """Value and gradient at the saved point and beside it, by differences of fourth order at several steps."""
    model = MODELS[name]
    book, program = compiled(model)
    random = np.random.default_rng(len(name))
    for spread in (0.0, 0.02):
        x = program.x0 + spread * random.normal(size=len(program.x0)) * np.where(program.x0, np.abs(program.x0), 0.3)
        value, slope = (found[0].numpy() for found in program.function.value_and_gradient(torch.from_numpy(x)[None]))
        assert value == pytest.approx(by_reference(book, program.objective, program.cells, x), rel=1e-10, abs=1e-10)
        for i in random.permutation(len(x))[:MOST_CHECKED]:
            found = []
            for step in STEPS:
                h = step * max(abs(x[i]), 0.1)
                moved = [x + k * h * np.eye(len(x))[i] for k in (-2, -1, 1, 2)]
                a, b, c, d = (by_reference(book, program.objective, program.cells, point) for point in moved)
                found.append((8 * (c - b) - (d - a)) / (12 * h))
                if len(found) > 1 and abs(found[-1] - found[-2]) < 1e-9 * max(1.0, abs(found[-1])):
                    break
            apart = np.abs(np.diff(found))
            best = 1 + int(np.argmin(np.where(np.isfinite(apart), apart, np.inf)))
            assert abs(slope[i] - found[best]) < 1e-6 * max(1.0, abs(found[best])), program.cells[i]
    assert np.any(slope != 0)


def test_the_check_sees_a_wrong_gradient() -> None:
    """The differences are no echo of the program: those of one model refute the slope of another."""
    (book, program), (_, other) = (compiled(MODELS[name]) for name in list(MODELS)[:2])
    x = program.x0
    h = 1e-4 * np.eye(len(x))[0]
    high, low = (by_reference(book, program.objective, program.cells, point) for point in (x + h, x - h))
    _, wrong = other.function.value_and_gradient(torch.from_numpy(other.x0)[None])
    assert abs((high - low) / 2e-4 - float(wrong[0, 0])) > 1e-3


def test_a_least_squares_fit_in_cells_has_its_residuals_as_slope() -> None:
    """The sum of squared residuals of a fit by MINVERSE: its slope by the data is twice the residuals (closed form)."""
    model = MODELS["least squares by MINVERSE, determinants"]
    plain = Saved(model.cells | {"H1": "=SUM(K2:K21)"}, "H1", model.changing, model.arrays)
    _, program = compiled(plain)
    data = np.array([[plain.cells[f"{c}{r}"] for c in "DEF"] for r in range(2, 22)], float)
    y = program.x0
    residuals = y - data @ np.linalg.lstsq(data, y, rcond=None)[0]
    _, slope = program.function.value_and_gradient(torch.from_numpy(y)[None])
    assert slope[0].numpy() == pytest.approx(2 * residuals, abs=1e-10)
