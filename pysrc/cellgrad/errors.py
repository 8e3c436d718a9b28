"""Everything Cellgrad raises on purpose, in one tree.

CellgradError
├── ArgumentError       a bad option, cell reference or sheet name          exit code 2
├── FileError           a file that cannot be read as a workbook            exit code 2
├── FormulaError        a formula we cannot parse, bind or compile          exit code 1
│   ├── UnknownFunctionError
│   ├── UnsupportedError    valid Excel that this version cannot evaluate
│   └── CircularReferenceError
├── ModelError          an objective or changing cell that cannot be used   exit code 1
│   └── NoProgressError     every further step leads into an error value
├── RunError            a run that may not begin, or that did not end       exit code 1
└── WriteError          the result could not be saved                       exit code 1

A cell error such as ``#DIV/0!`` is data (`cellgrad.values.CellError`) and is never raised.
A message has up to four parts, in this order: cell, formula with a caret, cause, next action.
"""

from __future__ import annotations

import unicodedata


class CellgradError(Exception):
    """An error meant for the user: where it is, what is wrong, and what to do next.

    cause: what is wrong, one sentence.
    cell: the cell's full address, such as ``Sheet1!D7``.
    formula: the cell's formula text, starting with ``=``.
    position: index into `formula` where the caret goes.
    action: what the user can do next.
    sheet_action: the same for somebody in front of an open workbook, where `action` names options of a command.
    """

    exit_code = 1

    def __init__(
        self,
        cause: str,
        *,
        cell: str | None = None,
        formula: str | None = None,
        position: int | None = None,
        action: str | None = None,
        sheet_action: str | None = None,
    ) -> None:
        self.cause = cause
        self.cell = cell
        self.formula = formula
        self.position = position
        self.action = action
        self.sheet_action = sheet_action
        super().__init__(str(self))

    def __str__(self) -> str:
        return self._told(self.action)

    def in_sheet(self) -> str:
        """The message for somebody in front of an open workbook."""
        return self._told(self.sheet_action or self.action)

    def _told(self, action: str | None) -> str:
        cause = printable(self.cause if action is None else f"{self.cause}; {action}")
        if self.cell is None:
            return cause
        head = f"{printable(self.cell)}: "
        if self.formula is None:
            return head + cause
        formula, position = _window(printable(self.formula), self.position)
        if position is None:
            return f"{head}{formula}\n    {cause}"
        return f"{head}{formula}\n{' ' * _width(head + formula[:position])}^ {cause}"


def printable(text: str) -> str:
    """Text from a workbook on one line of a terminal: control characters, which could command it, become spaces."""
    return "".join(" " if unicodedata.category(c) in _UNPRINTABLE and c not in _JOINERS else c for c in text)


_UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"


def _width(text: str) -> int:
    """The columns that text takes on a terminal: East Asian wide characters two, combining marks none."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 or c in _JOINERS for c in text)


def _window(formula: str, position: int | None, width: int = 100) -> tuple[str, int | None]:
    """The formula, or the part of a long one around the caret."""
    if len(formula) <= width:
        return formula, position
    start = max(0, (position or 0) - width // 2)
    end = min(len(formula), start + width)
    head, tail = "..." if start else "", "..." if end < len(formula) else ""
    return head + formula[start:end] + tail, None if position is None else position - start + len(head)


class ArgumentError(CellgradError):
    """A bad option, cell reference or sheet name."""

    exit_code = 2


class FileError(CellgradError):
    """A file that cannot be read as a workbook."""

    exit_code = 2


class FormulaError(CellgradError):
    """A formula that cannot be parsed, bound or compiled."""


class UnknownFunctionError(FormulaError):
    """No Excel function of this name."""


class UnsupportedError(FormulaError):
    """Valid Excel that this version cannot evaluate."""


class CircularReferenceError(FormulaError):
    """A formula that depends on itself."""


class ModelError(CellgradError):
    """An objective or changing cell that cannot be used."""


class NoProgressError(ModelError):
    """Every further step leads into an error value."""


class RunError(CellgradError):
    """A run that may not begin while another is under way, or whose process ended before it did."""


class WriteError(CellgradError):
    """The result could not be saved; the original file is untouched."""
