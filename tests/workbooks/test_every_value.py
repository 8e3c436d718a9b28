"""Lesson workbooks are rebuilt byte for byte, and every value in them is ours and LibreOffice's."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.libreoffice import require
from tests.workbooks import lesson_checks as checks

NAMES = (
    "learning-rate.xlsx", "matmul.xlsx", "quadratic.xlsm", "relu.xlsm", "sensitivity.xlsx", "three-classes.xlsx",
    "embeddings.xlsx",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_it_is_rebuilt_byte_for_byte(name: str, tmp_path: Path) -> None:
    assert checks.rebuilt_the_same(name, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_is_recalculated(name: str) -> None:
    assert checks.wrong_values(checks.WORKBOOKS / name) == []


@pytest.mark.libreoffice
@pytest.mark.parametrize("name", NAMES)
def test_every_value_is_libreoffices(name: str) -> None:
    require()
    assert checks.wrong_values(checks.WORKBOOKS / name, "libreoffice") == []
