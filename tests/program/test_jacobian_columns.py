"""A Jacobian computed column by column is the one of all tangents at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.problems.nist import problem

import cellgrad
from cellgrad.program import objective


@pytest.mark.parametrize("name", ["Gauss1", "MGH17"])  # most parameters stand in one term of a sum
def test_columns_are_the_tangents(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = problem(name, "start2").write(tmp_path / "fit.xlsx")
    at_once = cellgrad.open(path).model().function
    assert at_once._columns is None  # too short to be worth it
    monkeypatch.setattr(objective, "LONG_COLUMNS", 1)
    model = cellgrad.open(path).model()
    assert model.function._columns is not None
    X = torch.as_tensor(model.x0) * torch.tensor([[1.0], [1.01], [0.97]], dtype=torch.float64)
    for points in (X[:1], X):
        for found, expected in zip(
            model.function.residuals_and_jacobian(points), at_once.residuals_and_jacobian(points), strict=True
        ):
            assert found.shape == expected.shape
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
