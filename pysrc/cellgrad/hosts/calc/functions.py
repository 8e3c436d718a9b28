"""Which functions Calc's programming interface calls otherwise than Excel, told by the running LibreOffice itself."""

from __future__ import annotations

from typing import Any

from cellgrad.hosts.calc.bridge import Office

_OOXML, _API = 5, 6  # com.sun.star.sheet.FormulaLanguage
_EVERYTHING = 0x7FFFFFFF
_NOT_EXCEL = ("ORG.", "COM.")

_known: dict[int, tuple[dict[str, str], dict[str, str]]] = {}


def function_names(office: Office, document: Any) -> tuple[dict[str, str], dict[str, str]]:
    """(Calc's name -> Excel's, Excel's -> Calc's) for the functions whose names differ; asked once for each office."""
    if office.pid not in _known:
        mapper = document.createInstance("com.sun.star.sheet.FormulaOpCodeMapper")
        excel: dict[tuple[int, str], str] = {}
        for entry in mapper.getAvailableMappings(_OOXML, _EVERYTHING):
            name = entry.Name.upper().removeprefix("_XLFN.").removeprefix("_XLWS.")
            if name[:1].isalpha() and not name.startswith(_NOT_EXCEL):
                excel[_key(entry)] = name
        to_excel: dict[str, str] = {}
        to_calc: dict[str, str] = {}
        for entry in mapper.getAvailableMappings(_API, _EVERYTHING):
            name, calc = excel.get(_key(entry)), entry.Name.upper()
            if name is None or name == calc:
                continue
            # an add-in's function has a short name too, which may be another function's: DURATION
            to_excel[calc] = name
            to_calc[name] = calc
        _known[office.pid] = (to_excel, to_calc)
    return _known[office.pid]


def _key(entry: Any) -> tuple[int, str]:
    data = entry.Token.Data
    return entry.Token.OpCode, data if isinstance(data, str) else ""
