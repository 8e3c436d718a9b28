"""What every test may use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# a busy machine draws its examples slowly, which says nothing of what is tested
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

ROOT = Path(__file__).parents[1]


@pytest.fixture
def titanic(tmp_path: Path) -> Path:
    """A copy of the shipped workbook, to work on."""
    return Path(shutil.copy(ROOT / "workbooks" / "titanic.xlsx", tmp_path / "titanic.xlsx"))
