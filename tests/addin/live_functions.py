"""The worksheet functions through xlwings' own decorators and converters, on a live LibreOffice Calc.

xlwings runs UDFs on Windows alone. Here its `udfs` module runs with stand-ins for pywin32, and Calc's ranges in the
place of COM's; everything between, `xw.func`, `xw.arg`, `call_udf` and the converters, is xlwings' own code.

Run as a program, with a workbook: calls each function of `CALLS` on ranges of its first sheet, prints the answers.
"""

from __future__ import annotations

import importlib
import json
import sys
import types
from typing import Any

import xlwings as xw

from cellgrad.hosts import calc

# the function, and its arguments: a range of the sheet, or a value typed into the formula
CALLS: list[tuple[str, list[Any]]] = [
    ("CG_RELU", ["A1:B4"]),
    ("CG_RELU", [-2.5]),
    ("CG_SIGMOID", ["A1"]),
    ("CG_SOFTMAX", ["A1:B2"]),
    ("CG_LINEAR", ["A1:B4", "C1:C3"]),
    ("CG_LINEAR", ["A1:B4", "C1:C4"]),
    ("CG_MSE", ["A1:A4", "B1:B4"]),
    ("CG_CROSSENTROPY", ["A1:A4", "D1:D4", True]),
    ("CG_DUMMIES", ["E1:E4"]),
    ("CG_DUMMIES", ["E1:E4", True]),
    ("CG_NORMALISE", ["A1:B4"]),
    ("CG_NORMALISE", ["A1:B4", "zscore"]),
    ("CG_PREDICT", ["A1:B4", "sigmoid", "C1:C3"]),
    ("CG_STEP", ["C1:C3", "A1:A3", 0.5]),
    ("CG_ADAM", ["C1:C3", "A1:A3", "F1:F3", "F1:F3", 1.0, 0.1]),
    ("CG_RELU", ["G1:G4"]),  # an error, a text, a truth value, a blank
    ("CG_MSE", ["G1:G4", "A1:A4"]),
    ("CG_GRADIENT", ["H1", "C1:C3"]),
    ("CG_GRADIENT", ["H1", "A1:B2"]),
    ("CG_GRADIENT", ["G1", "A1:B2"]),
    ("CG_GRADIENT", ["A1", "A1:B2"]),
]
MISSING = -2147352572
"""What COM hands over for an optional argument that is left out."""


def windows_xlwings() -> Any:
    """xlwings' module `udfs`, with stand-ins for what it takes from Windows."""

    def module(name: str, **names: Any) -> None:
        found = types.ModuleType(name)
        found.__dict__.update(names)
        sys.modules[name] = found
        if name.startswith("xlwings."):
            setattr(xw, name.partition(".")[2], found)

    module("pythoncom", CoInitialize=lambda: None, IID_IDispatch=None)
    module("pywintypes", com_error=type("com_error", (Exception,), {}))
    module("win32com")
    module("win32com.client", Dispatch=lambda book: book)
    module("xlwings.com_server", loop=None)
    module(
        "xlwings._xlwindows",
        Range=lambda xl: xl,
        is_range_instance=lambda value: isinstance(value, calc.range.Range),
        BOOK_CALLER=None,
    )
    xw.engines.engines_by_name["excel"] = xw.engines["calc"]  # the converters ask for Excel by name
    udfs = importlib.import_module("xlwings.udfs")
    xw.func, xw.arg, xw.ret = udfs.xlfunc, udfs.xlarg, udfs.xlret
    return udfs


def answers(book: xw.Book) -> list[Any]:
    udfs = windows_xlwings()
    sheet = book.sheets[0]
    found = []
    for name, given in CALLS:
        arguments = [sheet[text].impl if isinstance(text, str) and text[:1].isupper() else text for text in given]
        missing = len(udfs.get_udf_module("cellgrad.udfs", None).__dict__[name].__xlfunc__["args"]) - len(arguments)
        answer = udfs.call_udf("cellgrad.udfs", name, (*arguments, *[MISSING] * missing), caller=sheet["Z1"].impl)
        found.append(answer)
    return found


if __name__ == "__main__":
    with calc.start() as app:
        print("ANSWERS" + json.dumps(answers(app.books.open(sys.argv[1]))))
