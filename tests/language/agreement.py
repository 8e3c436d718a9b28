"""What every test of the language asks: whole blocks equal the per-cell reference, gradients equal differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.gradients.gradcheck import check_gradient
from cellgrad.program.compiling import compile_model
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import Value
from cellgrad.workbook import Workbook, decode


def same(ours: Value, theirs: Value) -> bool:
    """Equal values of one type, numbers to 1e-13."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-13, abs_tol=1e-13)
    return type(ours) is type(theirs) and ours == theirs


def assert_blocks_agree(book: Workbook) -> None:
    """Every formula cell, evaluated in whole blocks, as the reference has it."""
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    assert not result.failures
    assert result.blocks
    reference = Reference(book)
    for block, (kinds, data) in result.blocks.items():
        r = block.region
        for row, column in r.cells():
            at = row - r.top, column - r.left
            ours = decode(int(kinds[at]), float(data[at]), book.strings)
            theirs = reference.value(r.sheet, row, column)
            assert same(ours, theirs), f"{r} at {row},{column}: block {ours!r}, reference {theirs!r}"


def assert_model_agrees(book: Workbook, objective: str, changing: str, spread: float = 0.05) -> np.ndarray:
    """Value as the reference's, gradient as central differences, at the sheet's point and near it; the gradient."""
    areas = [parse_region(area, "Sheet1") for area in changing.split(",")]
    goal = parse_region(objective, "Sheet1")
    model = compile_model(Dependence(book), goal, areas)
    rng = np.random.default_rng(11)
    points = np.stack([model.x0 + rng.uniform(-spread, spread, len(model.x0)) for _ in range(3)])
    values, slopes = model.function.value_and_gradient(torch.from_numpy(points))
    for x, value, slope in zip(points, values.tolist(), slopes.numpy(), strict=True):
        reference = Reference(book, dict(zip(model.cells, x.tolist(), strict=True)))
        assert value == pytest.approx(reference.value("Sheet1", goal.top, goal.left), rel=1e-12, abs=1e-12)
        assert check_gradient(model.function.value, slope, x).max_relative_error < 1e-6
        alone = model.function.value_and_gradient(torch.from_numpy(x)[None])
        assert alone[0].item() == pytest.approx(value, rel=1e-13, abs=1e-13)
    return slopes.numpy()
