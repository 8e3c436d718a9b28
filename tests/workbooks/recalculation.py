"""LibreOffice as the second opinion on a whole workbook that carries cached values."""

from __future__ import annotations

import math
import re
import zipfile
from pathlib import Path

from tests import libreoffice

from cellgrad.address import cell_name

CACHED = re.compile(rb"(<f[^>]*/>|</f>)<v>[^<]*</v>")


def disagreements(path: Path, folder: Path, tolerance: float = 1e-12) -> list[tuple[str, str, object, object]]:
    """(sheet, cell, cached value, LibreOffice's value) wherever the two differ; `folder` is for scratch.

    LibreOffice gets a copy that holds no cached value of any formula. Numbers may differ by the relative tolerance.
    """
    bare = folder / path.name
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(bare, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, CACHED.sub(rb"\1", content) if name.startswith("xl/worksheets/sheet") else content)
    theirs = libreoffice.recalculated(bare, folder / "recalculated")
    found = []
    for sheet, values in libreoffice.values(path).items():
        for row, column in values.keys() | theirs[sheet].keys():
            mine, yours = values.get((row, column)), theirs[sheet].get((row, column))
            if isinstance(mine, float) and isinstance(yours, float):
                same = math.isclose(mine, yours, rel_tol=tolerance)
            else:
                same = mine == yours
            if not same:
                found.append((sheet, cell_name(row, column), mine, yours))
    return found
