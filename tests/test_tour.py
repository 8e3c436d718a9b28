"""The whole of Cellgrad in ten lines. Read this first."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

import cellgrad

ROOT = Path(__file__).parents[1]


def test_tour(titanic: Path) -> None:
    book = cellgrad.open(titanic)  # the sheets' own formulas are the model
    model = book.model("linear")  # the objective and changing cells that Excel's Solver saved in the sheet
    assert model.gradients()["linear!P2"] == pytest.approx(1.4725162)  # the loss by the constant's parameter, exact
    assert model.check().max_relative_error < 1e-6  # and equal to central differences
    solution = model.optimize()
    assert solution.value == pytest.approx(0.1442271493073, abs=1e-12)  # the least-squares optimum
    written = book.write(titanic.with_name("titanic-optimized.xlsx"))  # parameters and all that depends on them
    assert openpyxl.load_workbook(written.path, data_only=True)["linear"]["AA1"].value == pytest.approx(solution.value)


def test_the_readmes_tour_runs(titanic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(code.strip().splitlines()) <= 10
    (titanic.parent / "workbooks").mkdir()
    titanic.rename(titanic.parent / "workbooks" / "titanic.xlsx")
    monkeypatch.chdir(titanic.parent)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert (titanic.parent / "titanic-optimized.xlsx").is_file()
