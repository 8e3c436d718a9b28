"""The parts of a package beside its sheets: workbook, shared strings, tables, metadata, external links."""

from __future__ import annotations

from dataclasses import dataclass

from cellgrad.address import Region, parse_region
from cellgrad.errors import ArgumentError, FileError
from cellgrad.hosts.container import Package
from cellgrad.hosts.markup import (
    Element,
    Relationships,
    child,
    children,
    flag,
    local,
    parse,
    relation_id,
    unescape,
)
from cellgrad.workbook import DefinedName, Table

_SAVE_AS = "open it in Excel or LibreOffice and save it as .xlsx or .xlsm"


@dataclass(frozen=True)
class SheetEntry:
    """A sheet as the workbook lists it. `part` is None for what is no worksheet: charts, macro and dialog sheets."""

    name: str
    part: str | None
    visible: bool


@dataclass(frozen=True)
class WorkbookPart:
    """What the workbook part says, and where the other parts are."""

    part: str
    sheets: tuple[SheetEntry, ...]
    names: tuple[DefinedName, ...]
    strings_part: str | None
    metadata_part: str | None
    externals: tuple[str, ...]
    external_parts: tuple[str, ...]
    date1904: bool
    calculation: Element | None


def find_workbook(package: Package) -> str:
    """The name of the workbook part. Raises FileError naming what the package is where it is no workbook."""
    if "mimetype" in package and "content.xml" in package:
        raise FileError(f"'{package.path}' is an OpenDocument file (.ods)", action=_SAVE_AS)
    targets = Relationships(package, "").of_kind("officeDocument")
    if not targets:
        if "xl/workbook.xml" in package:
            return "xl/workbook.xml"
        raise FileError(f"'{package.path}' is a zip file, but no Excel workbook", action="name an .xlsx or .xlsm file")
    part = targets[0]
    if part.endswith(".bin"):
        raise FileError(f"'{package.path}' is a binary workbook (.xlsb)", action=_SAVE_AS)
    if part.startswith(("word/", "ppt/")):
        what = "Word document" if part.startswith("word/") else "PowerPoint presentation"
        raise FileError(f"'{package.path}' is a {what}", action="name an .xlsx or .xlsm file")
    return part


def read_workbook_part(package: Package) -> WorkbookPart:
    """Parse the workbook part. Raises FileError where it is missing, malformed or lists sheets that do not exist."""
    part = find_workbook(package)
    root = parse(package, part)
    if local(root.tag) != "workbook":
        raise package.damaged(part, f"its root element is <{local(root.tag)}>, not <workbook>")
    relations = Relationships(package, part)
    sheets = _sheets(package, part, root, relations)
    properties = child(root, "workbookPr")
    strings = relations.of_kind("sharedStrings")
    links = _external_links(root, relations)
    metadata = relations.of_kind("sheetMetadata")
    return WorkbookPart(
        part=part,
        sheets=sheets,
        names=_defined_names(package, part, root, sheets),
        strings_part=strings[0] if strings else None,
        metadata_part=metadata[0] if metadata else None,
        externals=tuple(_target(package, link) for link in links),
        external_parts=links,
        date1904=flag(properties, "date1904"),
        calculation=child(root, "calcPr"),
    )


def _sheets(package: Package, part: str, root: Element, relations: Relationships) -> tuple[SheetEntry, ...]:
    listed = child(root, "sheets")
    found: list[SheetEntry] = []
    seen: set[str] = set()
    for item in children(listed, "sheet") if listed is not None else ():
        name = unescape(item.get("name", ""))
        if not name or name.casefold() in seen:
            raise package.damaged(part, f"two sheets are named '{name}'" if name else "a sheet has no name")
        seen.add(name.casefold())
        kind, target = relations.target(relation_id(item))
        visible = item.get("state", "visible") == "visible"
        found.append(SheetEntry(name, target if kind == "worksheet" else None, visible))
    if not found:
        raise package.damaged(part, "it lists no sheets")
    return tuple(found)


def _defined_names(
    package: Package, part: str, root: Element, sheets: tuple[SheetEntry, ...]
) -> tuple[DefinedName, ...]:
    listed = child(root, "definedNames")
    found = []
    for item in children(listed, "definedName") if listed is not None else ():
        name, scope = unescape(item.get("name", "")), item.get("localSheetId")
        if scope is not None and not (scope.strip().isdecimal() and int(scope) < len(sheets)):
            raise package.damaged(part, f"the name '{name}' belongs to sheet number {scope}, which does not exist")
        sheet = None if scope is None else sheets[int(scope)].name
        found.append(DefinedName(name, unescape(item.text or ""), sheet, flag(item, "hidden")))
    return tuple(found)


def _external_links(root: Element, relations: Relationships) -> tuple[str, ...]:
    """The parts of the links to other workbooks, in the order that `[1]`, `[2]` count."""
    listed = child(root, "externalReferences")
    items = children(listed, "externalReference") if listed is not None else ()
    return tuple(relations.target(relation_id(item))[1] for item in items)


def _target(package: Package, link: str) -> str:
    """The address that a link leads to, as text; '' where none is given."""
    return next((target for _, _, target, external in Relationships(package, link).found if external), "")


def read_tables(package: Package, sheet: str, sheet_part: str) -> list[Table]:
    """The tables of one sheet. Raises FileError where a table's range or columns make no sense."""
    return [_table(package, part, sheet) for part in Relationships(package, sheet_part).of_kind("table")]


def _table(package: Package, part: str, sheet: str) -> Table:
    root = parse(package, part)
    name = unescape(root.get("displayName") or root.get("name") or "")
    try:
        region = parse_region(root.get("ref", ""), sheet)
        header, totals = int(root.get("headerRowCount", "1")), int(root.get("totalsRowCount", "0"))
    except (ArgumentError, ValueError) as error:
        raise package.damaged(part, error) from error
    listed = child(root, "tableColumns")
    columns = tuple(unescape(c.get("name", "")) for c in children(listed, "tableColumn")) if listed is not None else ()
    region = Region(sheet, region.top, region.left, region.bottom, region.right)
    if len(columns) != region.width or min(header, totals) < 0 or header + totals > region.height:
        raise package.damaged(
            part, f"table '{name}' has {len(columns)} columns and {header}+{totals} extra rows over {region.a1}"
        )
    own = child(root, "autoFilter")
    return Table(name, region, columns, header, totals, own is not None and child(own, "filterColumn") is not None)


def read_dynamic(package: Package, part: str | None) -> frozenset[int] | None:
    """The values of a cell's `cm` attribute that mark a dynamic array (from one); None where the file does not say."""
    if part is None or part not in package:
        return None
    root = parse(package, part)
    types = child(root, "metadataTypes")
    names = [item.get("name", "") for item in children(types, "metadataType")] if types is not None else []
    dynamic: dict[str, set[int]] = {}
    for future in children(root, "futureMetadata"):
        blocks = enumerate(children(future, "bk"))
        dynamic[future.get("name", "")] = {
            at
            for at, block in blocks
            for item in block.iter("{*}dynamicArrayProperties")
            if flag(item, "fDynamic", default=True)
        }
    found = set()
    listed = child(root, "cellMetadata")
    for at, block in enumerate(children(listed, "bk") if listed is not None else ()):
        for record in children(block, "rc"):
            kind, value = _number(record.get("t")), _number(record.get("v"))
            if 1 <= kind <= len(names) and value in dynamic.get(names[kind - 1], ()):
                found.add(at + 1)
    return frozenset(found)


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.strip().isdecimal() else -1


def read_calculation(package: Package, part: WorkbookPart) -> dict[str, bool | int | float]:
    """What calcPr says, as the fields of `Workbook`: iterate, iterate_count, iterate_delta, manual, r1c1."""
    item = part.calculation
    try:
        return {
            "iterate": flag(item, "iterate"),
            "iterate_count": 100 if item is None else int(item.get("iterateCount", "100")),
            "iterate_delta": 0.001 if item is None else float(item.get("iterateDelta", "0.001")),
            "manual": item is not None and item.get("calcMode") == "manual",
            "r1c1": item is not None and item.get("refMode") == "R1C1",
        }
    except ValueError as error:
        raise package.damaged(part.part, error) from error
