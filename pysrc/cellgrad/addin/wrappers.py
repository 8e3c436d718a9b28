"""The VBA behind the worksheet functions: one wrapper a function of `cellgrad.udfs`, as xlwings writes them.

xlwings' own `generate_vba_wrapper` answers a fault with its description as text; ours with an error. On macOS, where
Excel cannot call Python from a cell, they answer #N/A.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

MODULE_NAME = "CellgradFunctions"
_HELP_LENGTH = 255
"""Excel cuts descriptions there, of functions and of arguments."""

_HEAD = f"""Attribute VB_Name = "{MODULE_NAME}"
Option Explicit

' Generated from cellgrad/udfs.py by `cellgrad addin build`.
"""
_WRAPPER = """
Public Function {name}({parameters}) As Variant
Attribute {name}.VB_Description = "{description}"
#If Mac Then
    {name} = CVErr(2042)
#Else
    On Error GoTo Failed
    If TypeOf Application.Caller Is Range Then
        {name} = CellgradAnswer(XLPy.CallUDF("{module}", "{name}", Array({arguments}), _
            ActiveWorkbook, Application.Caller))
    Else
        {name} = CellgradAnswer(XLPy.CallUDF("{module}", "{name}", Array({arguments}), ActiveWorkbook))
    End If
    Exit Function
Failed:
    {name} = CellgradFault()
#End If
End Function
"""
_DESCRIBE_HEAD = """
' Help in the function wizard. Excel refuses it while no workbook is visible: then only this help is missing.
Public Sub DescribeFunctions()
    On Error Resume Next
"""
_DESCRIBE = """    Application.MacroOptions Macro:="{name}", Description:="{description}", Category:="Cellgrad", _
        ArgumentDescriptions:=Array({helps})
"""


def functions_module(functions: Mapping[str, Callable[..., Any]], module: str = "cellgrad.udfs") -> str:
    """The source of the VBA module that wraps the given functions, by name."""
    names = sorted(functions)
    wrappers = (_wrapper(name, functions[name], module) for name in names)
    described = (_description(name, functions[name]) for name in names)
    return _HEAD + _DESCRIBE_HEAD + "".join(described) + "End Sub\n" + "".join(wrappers)


def _wrapper(name: str, function: Callable[..., Any], module: str) -> str:
    parameters = inspect.signature(function).parameters.values()
    return _WRAPPER.format(
        name=name,
        module=module,
        parameters=", ".join(p.name if p.default is p.empty else f"Optional {p.name}" for p in parameters),
        arguments=", ".join(p.name for p in parameters),
        description=_text(inspect.getdoc(function) or ""),
    )


def _description(name: str, function: Callable[..., Any]) -> str:
    helps = ", _\n            ".join(f'"{_text(text)}"' for text in argument_help(function).values())
    return _DESCRIBE.format(name=name, description=_text(inspect.getdoc(function) or ""), helps=helps)


def argument_help(function: Callable[..., Any]) -> dict[str, str]:
    """Argument -> its help, as `cellgrad.udfs.udf` was given it."""
    return dict(function.argument_help)  # type: ignore[attr-defined]


def _text(text: str) -> str:
    """A text within a VBA string: quotes doubled, as long as Excel takes."""
    short = text if len(text) <= _HELP_LENGTH else text[: _HELP_LENGTH - 3].rsplit(" ", 1)[0] + "..."
    return short.replace('"', '""')
