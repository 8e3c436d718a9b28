"""Every workbook of this folder evaluates to the values stored in it. Dropping another file here adds a test.

A file NAME.json beside NAME.xlsx may say what else an audit of it finds, as in {"volatile": 3}; without one, every
formula cell must match.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from tests.commands import run
from tests.golden.build import BUILDERS

FOLDER = Path(__file__).parent
WORKBOOKS = sorted(FOLDER.glob("*.xls[xm]"))


@pytest.mark.parametrize("path", WORKBOOKS, ids=lambda path: path.stem)
def test_every_formula_comes_to_the_value_in_the_file(path: Path) -> None:
    beside = path.with_suffix(".json")
    expected = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
    ran = run("audit", path, "--json", "--tolerance", 1e-12)
    (found,) = ran.json
    wrong = [
        f"{m['cell']} {m['formula']}: {m['cached']} in the file, {m['computed']} computed" for m in found["mismatched"]
    ]
    failed = [f"{one['cells']}: {one['cause']}" for one in found["failed"]]
    assert wrong + failed == []
    assert {bucket: found[bucket] for bucket in ("volatile", "external", "no_cached_value")} == {
        "volatile": 0, "external": 0, "no_cached_value": 0, **expected,
    }  # fmt: skip
    assert found["formulas"] > 0


@pytest.mark.parametrize("name", BUILDERS)
def test_the_files_are_what_their_builders_write(tmp_path: Path, name: str) -> None:
    BUILDERS[name](tmp_path / "built.xlsx")
    with zipfile.ZipFile(tmp_path / "built.xlsx") as built, zipfile.ZipFile(FOLDER / f"{name}.xlsx") as kept:
        assert {i.filename: built.read(i) for i in built.infolist()} == {
            i.filename: kept.read(i) for i in kept.infolist()
        }
