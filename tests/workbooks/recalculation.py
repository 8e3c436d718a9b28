"""LibreOffice as the second opinion on a workbook's values."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest

ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>"""

CACHED = re.compile(rb"(<f[^>]*/>|</f>)<v>[^<]*</v>")


def recalculated_by_libreoffice(path: Path, folder: Path) -> openpyxl.Workbook:
    """The values that LibreOffice computes for the workbook, from a copy that holds no cached value of any formula."""
    soffice = shutil.which("soffice")
    if soffice is None:
        if "CI" in os.environ:
            pytest.fail("soffice is not on the PATH")
        pytest.skip("soffice is not on the PATH")
    bare, profile, out = folder / path.name, folder / "profile", folder / "recalculated"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(bare, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, CACHED.sub(rb"\1", content) if name.startswith("xl/worksheets/sheet") else content)
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
    command = [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", out, bare], check=True, capture_output=True, timeout=300)
    return openpyxl.load_workbook(out / path.name, data_only=True)


def differences(ours: openpyxl.Workbook, theirs: openpyxl.Workbook, tolerance: float = 1e-12) -> list[tuple]:
    """(sheet, cell, our value, theirs) wherever a value differs; numbers may differ by the relative tolerance."""
    found = []
    for sheet in ours:
        other = theirs[sheet.title]
        for row in sheet.iter_rows():
            for cell in row:
                mine, yours = cell.value, other[cell.coordinate].value
                if isinstance(mine, int | float) and isinstance(yours, int | float):
                    same = math.isclose(mine, yours, rel_tol=tolerance)
                else:
                    same = mine == yours
                if not same:
                    found.append((sheet.title, cell.coordinate, mine, yours))
    return found
