"""Small workbook packages made by hand, so that a test shows the very XML it is about."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

TRANSITIONAL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def relationships(*items: tuple[str, str] | tuple[str, str, str], base: str = RELATIONS) -> str:
    """(kind, target) or (kind, target, 'External') each; the ids are rId1, rId2, ..."""
    lines = []
    for at, (kind, target, *mode) in enumerate(items, 1):
        external = f' TargetMode="{mode[0]}"' if mode else ""
        lines.append(f'<Relationship Id="rId{at}" Type="{base}/{kind}" Target={quoteattr(target)}{external}/>')
    return f'{HEADER}<Relationships xmlns="{PACKAGE_RELATIONS}">{"".join(lines)}</Relationships>'


def worksheet(body: str, namespace: str = TRANSITIONAL) -> str:
    """A sheet part: `body` is the rows, or whole elements if it holds <sheetData."""
    data = body if "<sheetData" in body else f"<sheetData>{body}</sheetData>"
    return f'{HEADER}<worksheet xmlns="{namespace}" xmlns:r="{RELATIONS}">{data}</worksheet>'


def parts(
    sheets: Mapping[str, str] | str,
    *,
    strings: list[str] | None = None,
    names: str = "",
    workbook_head: str = "",
    workbook_tail: str = "",
    namespace: str = TRANSITIONAL,
    base: str = RELATIONS,
) -> dict[str, str]:
    """The parts of a workbook.

    sheets: name -> rows or sheet XML; a string is those of Sheet1. strings: what is inside each <si>.
    """
    sheets = {"Sheet1": sheets} if isinstance(sheets, str) else sheets
    found = {"_rels/.rels": relationships(("officeDocument", "xl/workbook.xml"), base=base)}
    listed, related = [], []
    for number, (name, body) in enumerate(sheets.items(), 1):
        listed.append(f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>')
        related.append(("worksheet", f"worksheets/sheet{number}.xml"))
        found[f"xl/worksheets/sheet{number}.xml"] = body if body.startswith("<?xml") else worksheet(body, namespace)
    if strings is not None:
        related.append(("sharedStrings", "sharedStrings.xml"))
        items = "".join(f"<si>{item}</si>" for item in strings)
        found["xl/sharedStrings.xml"] = f'{HEADER}<sst xmlns="{namespace}">{items}</sst>'
    found["xl/_rels/workbook.xml.rels"] = relationships(*related, base=base)
    defined = f"<definedNames>{names}</definedNames>" if names else ""
    found["xl/workbook.xml"] = (
        f'{HEADER}<workbook xmlns="{namespace}" xmlns:r="{base}">{workbook_head}'
        f"<sheets>{''.join(listed)}</sheets>{defined}{workbook_tail}</workbook>"
    )
    types = "".join(
        f'<Override PartName="/{part}" ContentType="{CONTENT_TYPE}.{kind}"/>'
        for part, kind in (
            ("xl/workbook.xml", "sheet.main+xml"),
            ("xl/sharedStrings.xml", "sharedStrings+xml"),
            *((f"xl/worksheets/sheet{number}.xml", "worksheet+xml") for number in range(1, len(sheets) + 1)),
        )
        if part in found
    )
    found["[Content_Types].xml"] = (
        f'{HEADER}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>'
    )
    return found


def save(path: Path, contents: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Zip the parts in the order given."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, text in contents.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 5, 17, 12, 34, 56)), text, method)
    return path


def tiny(folder: Path, sheets: Mapping[str, str] | str, **options: object) -> Path:
    """A workbook file with these sheets; options as for `parts`."""
    return save(folder / "tiny.xlsx", parts(sheets, **options))  # type: ignore[arg-type]


def with_names(*names: tuple[str, str, int | None, bool]) -> str:
    """definedName elements from (name, text, number of its sheet or None, hidden)."""
    return "".join(
        f"<definedName name={quoteattr(name)}"
        + (f' localSheetId="{sheet}"' if sheet is not None else "")
        + (' hidden="1"' if hidden else "")
        + f">{escape(text)}</definedName>"
        for name, text, sheet, hidden in names
    )
