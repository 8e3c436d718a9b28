"""Saving: new cell values into a workbook file, everything else in it byte for byte as it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from cellgrad.errors import ArgumentError, WriteError
from cellgrad.formula.pool import FormulaPool
from cellgrad.hosts.changes import Changes
from cellgrad.hosts.container import Package
from cellgrad.hosts.defined_names import TAG, with_names
from cellgrad.hosts.parts import WorkbookPart, read_workbook_part
from cellgrad.hosts.raw_zip import rewrite
from cellgrad.hosts.replace import Replacement, as_write_error, real_target
from cellgrad.hosts.shared_strings import read_strings
from cellgrad.hosts.sheet_builder import Shared, SheetBuilder
from cellgrad.hosts.sheet_editor import SheetEditor
from cellgrad.hosts.splices import Decoder
from cellgrad.hosts.undo import save_undo
from cellgrad.solver_models import SolverModel, anchored, is_model_name, solver_names
from cellgrad.values import Strings, Value
from cellgrad.workbook import decode

Edits = Mapping[str, Mapping[tuple[int, int], Value]]
"""Sheet name -> (row, column) from zero -> new value."""


def write(
    source: str | Path,
    target: str | Path,
    edits: Edits,
    full_recalculation: bool = False,
    models: Sequence[SolverModel] = (),
) -> Changes:
    """Save `source` as `target` (which may be the same file) with new cell values, and say what changed.

    A constant cell gets the value; a formula cell keeps its formula and gets the value as its cached one. None
    (`NO_VALUE`) makes a constant cell blank and takes a formula cell's cached value away. Cells that hold the value
    already stay as they are. Of the package only the sheets named in `edits` change, and with `full_recalculation`
    one attribute of the workbook part, which tells the program that opens the file to calculate everything anew.
    models: saved in the hidden names of their sheets, instead of those there; every other name stays as it is.

    The target is replaced at once or not at all, and undo data (`hosts/undo.py`) are left beside it. Raises FileError
    where the source cannot be read, ArgumentError for a sheet it does not have, WriteError where the result cannot be
    saved; the target is then as it was.
    """
    source, target = Path(source), Path(target)
    real = real_target(target)
    with Package(source) as package, as_write_error(target):
        workbook = read_workbook_part(package)
        _refuse_signed(package)
        replaced, editors = _replaced_members(package, workbook, edits)
        replaced |= _replaced_workbook_part(package, workbook, full_recalculation, models)
        with Replacement(real) as new:
            segments = rewrite(package, new.file, replaced)
            changes = Changes([part for editor in editors for part in editor.changed])
            if all(segment.source is not None for segment in segments):
                if not (real.exists() and real.samefile(source)):
                    new.finish()
                    new.commit()
                return changes
            with save_undo(package, real, new.file, segments, changes) as undo:
                new.finish()
                undo.commit()
                new.commit()
                undo.keep()
    return changes


def _refuse_signed(package: Package) -> None:
    if any(info.filename.startswith("_xmlsignatures/") for info in package.zip.infolist()):
        raise WriteError(
            f"'{package.path}' is digitally signed, and any change would break the signature",
            action="remove the signature in Excel (File, Info, View Signatures) or work on an unsigned copy",
        )


def _replaced_members(
    package: Package, workbook: WorkbookPart, edits: Edits
) -> tuple[dict[str, Callable[[], Iterable[bytes]]], list[SheetEditor]]:
    sheets = {entry.name.casefold(): entry for entry in workbook.sheets if entry.part is not None}
    replaced: dict[str, Callable[[], Iterable[bytes]]] = {}
    editors = []
    strings = _LazyStrings(package, workbook)
    for name, cells in edits.items():
        entry = sheets.get(name.casefold())
        if entry is None or entry.part is None:
            raise _no_sheet(package, workbook, name)
        if not cells:
            continue
        editor = SheetEditor(package, entry.part, entry.name, cells, strings.decoder(entry.name))
        editors.append(editor)
        replaced[package.info(entry.part).filename] = _pieces(package, entry.part, editor)
    return replaced, editors


def _no_sheet(package: Package, workbook: WorkbookPart, name: str) -> ArgumentError:
    names = ", ".join(entry.name for entry in workbook.sheets if entry.part is not None)
    return ArgumentError(f"no sheet '{name}' in '{package.path}'", action=f"the sheets are {names}")


def _replaced_workbook_part(
    package: Package, workbook: WorkbookPart, full_recalculation: bool, models: Sequence[SolverModel]
) -> dict[str, Callable[[], Iterable[bytes]]]:
    """The workbook part, where anything in it changes."""
    if not full_recalculation and not models:
        return {}
    old = package.read(workbook.part)
    new: bytes | None = old
    places = {entry.name.casefold(): place for place, entry in enumerate(workbook.sheets)}
    for model in models:
        if model.sheet.casefold() not in places:
            raise _no_sheet(package, workbook, model.sheet)
        names = solver_names(anchored(model))
        new = new and with_names(new, places[model.sheet.casefold()], names, is_model_name)
    if full_recalculation:
        new = new and with_full_recalculation(new)
    if new is None:
        raise WriteError(
            f"'{package.path}' cannot be changed as asked: its workbook part is laid out unusually",
            action="open the file in Excel or LibreOffice, save it and try again",
        )
    return {} if new == old else {package.info(workbook.part).filename: lambda: [new]}


def _pieces(package: Package, part: str, editor: SheetEditor) -> Callable[[], Iterable[bytes]]:
    def pieces() -> Iterable[bytes]:
        with package.open(part) as stream:
            yield from editor.pieces(cast(BinaryIO, stream))

    return pieces


class _LazyStrings:
    """Decodes cells' old values; the shared strings are read when a cell first needs them."""

    def __init__(self, package: Package, workbook: WorkbookPart) -> None:
        self._package, self._workbook = package, workbook
        empty = np.empty(0, np.int64)
        self._shared = Shared(str(package.path), FormulaPool(), Strings(), empty, date1904=workbook.date1904)
        self._read = False

    def decoder(self, sheet: str) -> Decoder:
        builder = SheetBuilder(sheet, self._shared)

        def decoded(row: int, column: int, kind: str, text: str | None) -> Value:
            if kind == "s" and not self._read:
                self._read = True
                strings = self._shared.strings
                self._shared.string_indexes = read_strings(self._package, self._workbook.strings_part, strings)
            value_kind, data = builder.value(row, column, kind, text)
            return decode(value_kind, data, self._shared.strings)

        return decoded


_BEFORE_CALCULATION = (b"sheets", b"functionGroups", b"externalReferences", b"definedNames")
_FULL = re.compile(rb"""(\sfullCalcOnLoad\s*=\s*)("[^"]*"|'[^']*')""")


def with_full_recalculation(xml: bytes) -> bytes | None:
    """The workbook part with `fullCalcOnLoad` set, every other byte as it was; None where it cannot be placed.

    calcPr follows sheets, functionGroups, externalReferences and definedNames (ECMA-376, CT_Workbook).
    """
    depth, place, prefix = 0, None, b""
    for tag in TAG.finditer(xml):
        if tag["name"] is None:
            continue
        if tag["close"]:
            depth -= 1
        local_prefix, colon, name = tag["name"].rpartition(b":")
        if depth == 1 and name == b"calcPr" and not tag["close"]:
            attributes = tag["attributes"] or b""
            if _FULL.search(attributes):
                attributes = _FULL.sub(rb'\g<1>"1"', attributes)
            else:
                attributes = attributes.rstrip() + b' fullCalcOnLoad="1"'
            start, end = tag.span("attributes") if tag["attributes"] else (tag.end("name"),) * 2
            return xml[:start] + attributes + xml[end:]
        if depth == 1 and name in _BEFORE_CALCULATION and (tag["close"] or tag["empty"]):
            place, prefix = tag.end(), local_prefix + colon
        if not tag["close"] and not tag["empty"]:
            depth += 1
    if place is None:
        return None
    return xml[:place] + b"<" + prefix + b'calcPr fullCalcOnLoad="1"/>' + xml[place:]
