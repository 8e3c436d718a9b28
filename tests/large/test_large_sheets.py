"""Sheets of 100,000 and 1,000,000 rows: the numbers of the net written by hand, in bounded memory, saved whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.benchmarks import titanic_net
from tests.workbooks.scale import DATA, titanic_at_scale

import cellgrad
from cellgrad.hosts import package

pytestmark = pytest.mark.slow

MEASURE = """
import json, resource, sys
import cellgrad
model = cellgrad.open(sys.argv[1]).model()
value, slope = model.value_and_gradient()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"value": value, "slope": slope.tolist(), "x0": model.x0.tolist(), "peak": peak}))
"""
GIB = 2**30


def _by_hand(rows: int, x0: np.ndarray) -> tuple[float, np.ndarray]:
    value, slope = titanic_net.by_hand_numpy(*titanic_net.data(str(DATA), rows))(x0)
    return float(value), slope


@pytest.mark.parametrize(
    ("rows", "formulas", "sheet", "limit"),
    [
        (100_000, "plain", "nnet", 1.5 * GIB),
        (100_000, "shared", "nnet", 1.5 * GIB),
        (100_000, "plain", "mmult", 1.5 * GIB),
        (1_000_000, "shared", "nnet", 6 * GIB),
    ],
)
def test_a_large_sheet_is_the_net_written_by_hand_within_its_memory(tmp_path, rows, formulas, sheet, limit) -> None:
    path = tmp_path / "large.xlsx"
    titanic_at_scale(path, rows, formulas, sheet=sheet)
    run = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    x0, slope = np.array(found["x0"]), np.array(found["slope"])
    shape = (10, 2) if sheet == "mmult" else (2, 10)
    weights = x0.reshape(shape) if sheet == "mmult" else x0.reshape(shape).T
    value, by_hand = _by_hand(rows, weights)
    assert found["value"] == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(slope.reshape(shape) if sheet == "mmult" else slope.reshape(shape).T, by_hand, rtol=1e-9)
    assert found["peak"] < limit


def test_a_large_sheet_is_saved_whole_and_undone(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    titanic_at_scale(path, 100_000, "plain", sheet="nnet")
    before = path.read_bytes()
    book = cellgrad.open(path)
    model = book.model()
    solution = model.optimize(steps=5)
    written = book.write(path)
    assert len(written.changes) > 5 * 100_000 and not written.lost
    again = cellgrad.open(path)
    assert again.workbook.cached(model.sheet, 0, 26) == pytest.approx(solution.value, rel=1e-12)
    assert again.model().value_and_gradient()[0] == pytest.approx(solution.value, rel=1e-12)
    package.undo(path)
    assert path.read_bytes() == before
