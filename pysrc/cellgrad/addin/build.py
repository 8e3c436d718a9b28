"""Building addin/cellgrad.xlam from its text sources, byte for byte the same from the same sources.

It starts from the add-in template that xlwings ships (BSD licence): its module `xlwings` runs Python; our modules and
our ribbon take the places of the template's. Needs the packages of the extra `addin`.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyopenvba
import xlwings

from cellgrad import udfs
from cellgrad.addin.wrappers import MODULE_NAME, functions_module
from cellgrad.errors import FileError
from cellgrad.hosts.excel_places import FILE_NAME, NAME

TEMPLATE = Path(xlwings.__file__).parent / "quickstart_addin_ribbon.xlam"
_OLD_RIBBON = "customUI/customUI.xml"
_RIBBON = "customUI/customUI14.xml"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)

XLWINGS_CHANGES = [
    ("the name under which settings are kept", 1,
     'PROJECT_NAME As String = "myaddin"', f'PROJECT_NAME As String = "{NAME}"'),
    ("a workbook must not choose the interpreter: no settings from its sheets", 1,
     'If source = "" Or source = "sheet" Then', "If False Then"),
    ("a folder must not choose the interpreter: no settings from beside the workbook", 1,
     'If source = "" Or source = "directory" Then', "If False Then"),
    ("a workbook's folder must not bring Python modules of its own", 2,
     'GetConfig("ADD_WORKBOOK_TO_PYTHONPATH", "true")', '"false"'),
    ("sheets whose name ends in .py are sheets", 2,
     'If Right$(sht.Name, 3) = ".py" Then', "If False Then"),
]  # fmt: skip
"""What is changed in xlwings' module: why, how often, what, by what."""

PART_CHANGES = {
    "_rels/.rels": [(_OLD_RIBBON, _RIBBON)],
    "xl/workbook.xml": [("_myaddin.conf", "Cellgrad")],
    "docProps/core.xml": [("<dc:title />", "<dc:title>Cellgrad</dc:title>"),
                          ("<dc:creator>Felix<", "<dc:creator>Cellgrad<"), (">Felix Zumstein<", ">Cellgrad<")],
}  # fmt: skip
"""Texts in the template's XML parts and what takes their place."""

_CUT = {
    "xl/workbook.xml": ("<mc:AlternateContent", "</mc:AlternateContent>"),
    "xl/worksheets/sheet1.xml": ("<row ", "</sheetData>"),
}
"""What is cut from the template's parts, from the first text up to and with the second; `</sheetData>` stays."""


def functions() -> dict[str, Callable[..., Any]]:
    """The worksheet functions, by name."""
    return {name: value for name, value in vars(udfs).items() if name.startswith("CG_")}


def build(sources: Path) -> bytes:
    """The add-in from the folder of its text sources. Raises FileError where the template is not the one we know."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        path.write_bytes(TEMPLATE.read_bytes())
        _replace_modules(path, _modules(sources))
        return _packed(path, sources / "customUI14.xml")


def _modules(sources: Path) -> dict[str, str]:
    found = {file.stem: file.read_text(encoding="ascii") for file in sorted((sources / "vba").glob("*.bas"))}
    return {**found, MODULE_NAME: functions_module(functions())}


def _replace_modules(path: Path, modules: Mapping[str, str]) -> None:
    with pyopenvba.ExcelFile(path) as book:
        project = book.vba_project()
        project.delete_module("RibbonMyAddin")
        book.set_module("xlwings", changed_xlwings(book.get_module("xlwings")))
        for name, source in modules.items():
            project.add_module(name, "\r\n".join(source.splitlines()) + "\r\n")
        book.save()
    with pyopenvba.ExcelFile(path) as book:
        problems = book.validate()
    if problems:
        raise FileError(f"the VBA project is damaged: {'; '.join(problems)}", action="check addin/vba")


def changed_xlwings(source: str) -> str:
    """xlwings' module with our changes. Raises FileError where it is not the version they were written for."""
    for why, count, old, new in XLWINGS_CHANGES:
        if source.count(old) != count:
            raise FileError(
                f"xlwings {xlwings.__version__} differs from the one this add-in is built on: {old!r} stands "
                f"{source.count(old)} times in its module, not {count} ({why})",
                action="install the xlwings that the extra 'addin' names",
            )
        source = source.replace(old, new)
    return source


def _packed(path: Path, ribbon: Path) -> bytes:
    """The package with our ribbon in it: parts in a fixed order, without times."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        parts = {name: source.read(name) for name in source.namelist() if name != _OLD_RIBBON}
        parts[_RIBBON] = ribbon.read_bytes()
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, _FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            target.writestr(entry, _changed_part(name, parts[name]), compresslevel=6)
    return out.getvalue()


def _changed_part(name: str, data: bytes) -> bytes:
    if name not in PART_CHANGES and name not in _CUT:
        return data
    text = data.decode("utf-8")
    for old, new in PART_CHANGES.get(name, []):
        if old not in text:
            raise FileError(f"xlwings {xlwings.__version__}: {old!r} is not in {name} of its template")
        text = text.replace(old, new)
    if name in _CUT:
        first, last = _CUT[name]
        start, end = text.index(first), text.index(last)
        text = text[:start] + text[end if last == "</sheetData>" else end + len(last) :]
    return text.encode("utf-8")
