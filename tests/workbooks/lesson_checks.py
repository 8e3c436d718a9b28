"""What holds for every lesson whose values come from its own formulas: one function a promise."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import openpyxl
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook

from cellgrad.address import cell_name
from cellgrad.audit.auditing import audit
from cellgrad.hosts import package
from cellgrad.lessons import BUILDERS
from cellgrad.lessons.computed import computed
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value

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


def typed_over(path: Path, folder: Path, cells: Mapping[str, object]) -> Path:
    """A copy in which cells, named as in ``rates!B9``, hold other values."""
    book = openpyxl.load_workbook(path)
    for cell, value in cells.items():
        sheet, address = cell.split("!")
        book[sheet][address] = value
    book.save(folder / "changed.xlsx")
    return folder / "changed.xlsx"


def recalculated(path: Path) -> dict[str, Value]:
    """The value of every formula cell, by its name as in ``rates!F9``."""
    return {
        f"{sheet}!{cell_name(*place)}": value
        for sheet, values in computed(path).items()
        for place, value in values.items()
    }


def errors(values: Mapping[str, Value]) -> list[str]:
    """The cells that are an error."""
    return [cell for cell, value in values.items() if isinstance(value, CellError)]


def changed(path: Path, folder: Path, cells: Mapping[str, object]) -> Callable[[str], Value]:
    """What any cell, as in ``rates!F9``, is once others are typed over, by the reference evaluator."""
    reference = Reference(package.read(typed_over(path, folder, cells)))

    def value_of(cell: str) -> Value:
        sheet, address = cell.split("!")
        row, column = openpyxl.utils.cell.coordinate_to_tuple(address)
        return reference.value(sheet, row - 1, column - 1)

    return value_of


def settings(book: Workbook) -> Iterator[tuple[str, Cell]]:
    """(sheet, cell) of the framed cells, which hold what is the reader's to choose."""
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.border.left.style == "medium" and cell.value not in (None, "setting"):
                    yield sheet.title, cell


def unguarded(name: str) -> list[str]:
    """Framed and slider cells that take anything: no data validation that stops, with a message, covers them."""
    book = opened(name)
    guarded = {
        sheet.title: [
            v.sqref for v in sheet.data_validations.dataValidation if v.error and v.errorStyle in (None, "stop")
        ]
        for sheet in book
    }
    linked = [link.replace("$", "").split("!") for link in slider_cells(name)]
    cells = [(sheet, cell.coordinate) for sheet, cell in settings(book)] + [(sheet, cell) for sheet, cell in linked]
    assert cells
    return [f"{sheet}!{cell}" for sheet, cell in cells if not any(cell in one for one in guarded[sheet])]


def limits(name: str) -> list[dict[str, object]]:
    """The framed and slider cells that take numbers between bounds: all at their lowest, and all at their highest."""
    book = opened(name)
    cells = {f"{sheet}!{cell.coordinate}" for sheet, cell in settings(book)}
    cells |= {link.replace("$", "") for link in slider_cells(name)}
    found: list[dict[str, object]] = [{}, {}]
    for cell in sorted(cells):
        sheet, address = cell.split("!")
        for one in book[sheet].data_validations.dataValidation:
            if address in one.sqref and one.operator in (None, "between") and one.formula2 is not None:
                found[0][cell], found[1][cell] = float(one.formula1), float(one.formula2)
    return found


def slider_cells(name: str) -> list[str]:
    """The cells that the sliders move."""
    with zipfile.ZipFile(WORKBOOKS / name) as package_:
        drawings = [package_.read(part).decode() for part in package_.namelist() if "vmlDrawing" in part]
    return [link for text in drawings for link in re.findall(r"<(?:\w+:)?FmlaLink>(.*?)</", text)]


def things_to_try(name: str) -> dict[str, list[str]]:
    """The numbered lines below each heading "Try this", by sheet."""
    found: dict[str, list[str]] = {}
    for sheet in opened(name):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value == "Try this":
                    below = (sheet.cell(at, cell.column).value for at in range(cell.row + 1, cell.row + 16))
                    found[sheet.title] = [text for text in below if re.match(r"\d\. ", str(text))]
    return found


def unnamed_axes(name: str) -> list[str]:
    """Charts without a title, and axes without one."""
    found = []
    with zipfile.ZipFile(WORKBOOKS / name) as package_:
        for part in package_.namelist():
            if re.fullmatch(r"xl/charts/chart\d+\.xml", part):
                text = package_.read(part).decode()
                pieces = {"title": text.split("<c:plotArea>")[0]} | {
                    f"{kind} {at}": piece
                    for kind in ("valAx", "catAx")
                    for at, piece in enumerate(re.findall(rf"<c:{kind}>(.*?)</c:{kind}>", text, re.DOTALL))
                }
                found += [f"{part} {word}" for word, piece in pieces.items() if "<c:title>" not in piece]
    return found
