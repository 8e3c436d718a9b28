"""Small workbooks for tests, written as dictionaries: no file, no host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cellgrad.address import Region, parse_region
from cellgrad.values import Kind, Strings, Value
from cellgrad.workbook import ArrayFormula, Cells, DefinedName, FormulaText, Sheet, Table, Workbook, encode


def book_of(
    sheets: Mapping[str, Mapping[str, Value]],
    *,
    arrays: Mapping[str, str] | None = None,
    dynamic: Mapping[str, str] | None = None,
    cached: Mapping[str, Value] | None = None,
    tables: Sequence[Table] = (),
    names: Sequence[DefinedName] = (),
    **settings: bool,
) -> Workbook:
    """A workbook from {sheet: {address: value}}; a text that begins with '=' is a formula, blank if it has no value.

    A range as address fills every cell of it, a formula as if filled down from the first cell.
    arrays, dynamic: array formulas by their block, as in {"Sheet1!A1:B2": "=MMULT(...)"}; dynamic ones spill.
    cached: cached values of formula cells, by full address.
    """
    strings = Strings()
    formulas: list[FormulaText] = []
    contents: dict[str, dict[tuple[int, int], tuple[int, float, int]]] = {name: {} for name in sheets}
    blocks: dict[str, list[ArrayFormula]] = {name: [] for name in sheets}

    def put(region: Region, value: Value) -> int:
        number = -1
        if isinstance(value, str) and value.startswith("="):
            number = len(formulas)
            formulas.append(FormulaText(value[1:], region.top, region.left))
            value = None
        for cell in region.cells():
            contents[region.sheet][cell] = (*encode(value, strings), number)
        return number

    for name, cells in sheets.items():
        for address, value in cells.items():
            put(parse_region(address, name), value)
    for is_dynamic, given in ((False, arrays), (True, dynamic)):
        for address, text in (given or {}).items():
            region = parse_region(address, next(iter(sheets)))
            blocks[region.sheet].append(ArrayFormula(region, put(region, text), is_dynamic))
    for address, value in (cached or {}).items():
        region = parse_region(address, next(iter(sheets)))
        for cell in region.cells():
            contents[region.sheet][cell] = (*encode(value, strings), contents[region.sheet][cell][2])
    return Workbook(
        sheets={name: Sheet(name, _cells(contents[name]), tuple(blocks[name])) for name in sheets},
        formulas=tuple(formulas),
        strings=strings,
        tables={table.name: table for table in tables},
        names=tuple(names),
        **settings,  # type: ignore[arg-type]
    )


def _cells(contents: Mapping[tuple[int, int], tuple[int, float, int]]) -> Cells:
    rows, columns = [row for row, _ in contents], [column for _, column in contents]
    kinds, data, formulas = ([entry[i] for entry in contents.values()] for i in range(3))
    return Cells(*(np.array(column) for column in (rows, columns, kinds, data, formulas)))


def columns_of(cells: Mapping[str, float | str | np.ndarray]) -> Workbook:
    """One large sheet, filled array by array: {range: number, array of its shape, or formula of its first cell}."""
    formulas: list[FormulaText] = []
    parts: list[tuple[np.ndarray, ...]] = []
    for address, value in cells.items():
        region = parse_region(address, "Sheet")
        rows, columns = np.divmod(np.arange(region.size), region.width)
        number, kind, data = -1, Kind.NUMBER, np.zeros(region.size)
        if isinstance(value, str):
            number, kind = len(formulas), Kind.BLANK
            formulas.append(FormulaText(value[1:], region.top, region.left))
        else:
            data = np.broadcast_to(np.asarray(value, np.float64).reshape(-1), region.size)
        whole = (np.full(region.size, one) for one in (int(kind), number))
        kinds, numbers = whole
        parts.append((rows + region.top, columns + region.left, kinds, data, numbers))
    sheet = Sheet("Sheet", Cells(*(np.concatenate(column) for column in zip(*parts, strict=True))))
    return Workbook(sheets={"Sheet": sheet}, formulas=tuple(formulas), strings=Strings())
