"""What holds for every lesson whose values come from its own formulas: one function a promise."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
from openpyxl.workbook import Workbook

from cellgrad.audit.auditing import audit
from cellgrad.lessons import BUILDERS

WORKBOOKS = Path(__file__).parents[2] / "workbooks"


def rebuilt_the_same(name: str, folder: Path) -> bool:
    """Whether the builder writes the very bytes of the shipped workbook."""
    return BUILDERS[name](WORKBOOKS / "data", folder / name).read_bytes() == (WORKBOOKS / name).read_bytes()


def wrong_values(path: Path, against: str = "file") -> list[object]:
    """Formula cells whose recalculated value is not that of the file, or of LibreOffice, to 1e-12; none is left out."""
    found = audit(path, tolerance=1e-12, against=against)
    assert found.formulas > 0 and found.error_values == 0
    buckets = [found.no_cached_value, found.volatile, found.external, found.errors]
    return [*found.mismatched, *found.unsupported, *(bucket for bucket in buckets if bucket)]


def opened(name: str, data_only: bool = False) -> Workbook:
    """A shipped workbook by openpyxl."""
    return openpyxl.load_workbook(WORKBOOKS / name, data_only=data_only, keep_vba=name.endswith("m"))


def not_set_up(book: Workbook) -> list[str]:
    """Sheets without a title, notes, frozen panes, a print area or a legend."""
    return [
        sheet.title
        for sheet in book
        if not (
            sheet["A1"].font.b
            and any(cell.comment for row in sheet.iter_rows() for cell in row)
            and sheet.freeze_panes
            and sheet.print_area
            and any(cell.value == "Colours" for row in sheet.iter_rows() for cell in row)
        )
    ]


def charts(name: str) -> list[str]:
    """The titles of the native charts, in the file's order."""
    with zipfile.ZipFile(WORKBOOKS / name) as package:
        parts = sorted(
            (part for part in package.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", part)),
            key=lambda part: int(re.findall(r"\d+", part)[0]),
        )
        return ["".join(re.findall(r"<a:t>([^<]*)</a:t>", package.read(part).decode())[:1]) for part in parts]
