"""Errors that came after the file format: stored as #VALUE!, with a note elsewhere that says #CALC! or #SPILL!.

A cell's `vm` attribute numbers an entry of the workbook's metadata, which numbers a rich value; one of the structure
``_error`` names the error by its ``errorType``. Source: Microsoft, [MS-XLSX] 2.3.6 "Rich Data" and its error types.
"""

from __future__ import annotations

from cellgrad.hosts.container import Package
from cellgrad.hosts.markup import Relationships, child, children, parse
from cellgrad.hosts.parts import find_workbook
from cellgrad.values import CellError

_ERRORS = {8: CellError.SPILL, 13: CellError.CALC}


def read_rich_errors(package: Package, metadata: str | None) -> dict[str, CellError]:
    """The errors by the `vm` attribute of their cells; what leads nowhere is left out."""
    values = _rich_values(package)
    if not values or metadata is None or metadata not in package:
        return {}
    root = parse(package, metadata)
    types = child(root, "metadataTypes")
    names = [item.get("name", "") for item in children(types, "metadataType")] if types is not None else []
    rich: list[CellError | None] = []
    for future in children(root, "futureMetadata"):
        if future.get("name") == "XLRICHVALUE":
            for block in children(future, "bk"):
                numbers = [_number(item.get("i")) for item in block.iter("{*}rvb")]
                rich.append(values.get(numbers[0]) if numbers else None)
    found = {}
    listed = child(root, "valueMetadata")
    for at, block in enumerate(children(listed, "bk") if listed is not None else ()):
        for record in children(block, "rc"):
            kind, value = _number(record.get("t")), _number(record.get("v"))
            named = 1 <= kind <= len(names) and names[kind - 1] == "XLRICHVALUE"
            error = rich[value] if named and 0 <= value < len(rich) else None
            if error is not None:
                found[str(at + 1)] = error
    return found


def _rich_values(package: Package) -> dict[int, CellError]:
    """The rich values that are errors we have a name for, by their number."""
    relations = Relationships(package, find_workbook(package))
    parts = [relations.of_kind(kind) for kind in ("rdRichValue", "rdRichValueStructure")]
    if not all(found and found[0] in package for found in parts):
        return {}
    values, structures = (parse(package, found[0]) for found in parts)
    keys = [
        [key.get("n", "") for key in children(structure, "k")] if structure.get("t") == "_error" else []
        for structure in children(structures, "s")
    ]
    errors = {}
    for at, value in enumerate(children(values, "rv")):
        number = _number(value.get("s"))
        named = zip(keys[number], children(value, "v"), strict=False) if 0 <= number < len(keys) else ()
        kind = next((_number(item.text) for key, item in named if key == "errorType"), -1)
        if kind in _ERRORS:
            errors[at] = _ERRORS[kind]
    return errors


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.strip().isdecimal() else -1
