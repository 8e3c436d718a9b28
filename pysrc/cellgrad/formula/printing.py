"""Trees as text: formulas as Excel writes them, and a relative form for golden files.

`to_text` is the inverse of `parse`: ``parse(to_text(tree, row, column), row, column) == tree``. `to_relative` writes
references as in R1C1 notation, so that a filled-down formula prints the same in every row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, column_letters, quote_sheet
from cellgrad.formula.parse import parse
from cellgrad.formula.tree import (
    Apply,
    ArrayConstant,
    Binary,
    Call,
    Coordinate,
    External,
    FunctionName,
    Lambda,
    Let,
    Literal,
    Local,
    Missing,
    Name,
    Node,
    Range,
    Structured,
    Unary,
    walk,
)
from cellgrad.values import CellError

PRECEDENCE = {
    "=": 1, "<>": 1, "<": 1, "<=": 1, ">": 1, ">=": 1,
    "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5, ",": 9, " ": 10, ":": 11,
}  # fmt: skip
"""How tightly a binary operator binds; percent binds by 6, signs and @ by 7, # by 12. Excel's documented order."""

LOCAL_PREFIX = "_xlpm."
"""How files mark a name that LET or LAMBDA gives."""

_PERCENT, _SIGN, _SPILL, _ATOM = 6, 7, 12, 13
_ESCAPED = str.maketrans({character: "'" + character for character in "[]#'@"})


def to_text(node: Node, row: int, column: int) -> str:
    """The formula as written in the cell (row, column), without ``=``; a reference off the sheet prints #REF!."""

    def corner(r: Coordinate | None, c: Coordinate | None) -> str:
        return (_a1_column(c, column) if c else "") + (_a1_row(r, row) if r else "")

    return _Printer(corner).print(node)


def to_relative(node: Node) -> str:
    """The formula with references as R1C1 text: ``R[-1]C*R1C[2]``."""

    def corner(r: Coordinate | None, c: Coordinate | None) -> str:
        return (_r1c1("R", r) if r else "") + (_r1c1("C", c) if c else "")

    return _Printer(corner).print(node)


def _a1_row(row: Coordinate, host: int) -> str:
    index = row.at(host)
    return f"{'$' if row.absolute else ''}{index + 1}" if 0 <= index < MAX_ROWS else "#REF!"


def _a1_column(column: Coordinate, host: int) -> str:
    index = column.at(host)
    return f"{'$' if column.absolute else ''}{column_letters(index)}" if 0 <= index < MAX_COLUMNS else "#REF!"


def _r1c1(letter: str, coordinate: Coordinate) -> str:
    if coordinate.absolute:
        return f"{letter}{coordinate.value + 1}"
    return f"{letter}[{coordinate.value}]" if coordinate.value else letter


class _Printer:
    """Writes a tree with the fewest parentheses that keep it the same tree."""

    def __init__(self, corner: Callable[[Coordinate | None, Coordinate | None], str]) -> None:
        self.corner = corner

    def print(self, node: Node) -> str:
        return self._write(node)[0]

    def _write(self, node: Node) -> tuple[str, int]:
        """The text and how tightly it holds together."""
        match node:
            case Literal():
                return literal_text(node.value), _ATOM
            case ArrayConstant():
                rows = (",".join(literal_text(value) for value in row) for row in node.rows)
                return "{" + ";".join(rows) + "}", _ATOM
            case Range():
                return self._range(node), _ATOM if node.is_cell else PRECEDENCE[":"]
            case Structured():
                return _structured(node), _ATOM
            case Name():
                return (f"{quote_sheet(node.sheet)}!" if node.sheet else "") + node.name, _ATOM
            case External():
                return self._external(node), _ATOM
            case Missing():
                return "", _ATOM
            case Unary():
                return self._unary(node)
            case Binary():
                level = PRECEDENCE[node.operator]
                text = self._held(node.left, level) + node.operator + self._held(node.right, level + 1)
                return (f"({text})", _ATOM) if node.operator == "," else (text, level)
            case Call():
                return node.function + self._arguments(node.arguments), _ATOM
            case Apply():
                return self._called(node.function) + self._arguments(node.arguments), _ATOM
            case Let() | Lambda() | Local() | FunctionName():
                return self._bound(node), _ATOM
        raise TypeError(f"not a formula node: {node!r}")

    def _arguments(self, nodes: tuple[Node, ...]) -> str:
        return f"({','.join(map(self.print, nodes))})"

    def _called(self, function: Node) -> str:
        """What is called, so that it is read as called again: a local name as files mark it."""
        if isinstance(function, Name):
            return LOCAL_PREFIX + self.print(function)
        return self._held(function, _ATOM)

    def _bound(self, node: Let | Lambda | Local | FunctionName) -> str:
        """What binding made of LET and LAMBDA; only people read it."""
        match node:
            case Let():
                pairs = [part for pair in zip(node.names, map(self.print, node.values), strict=True) for part in pair]
                return f"LET({','.join([*pairs, self.print(node.body)])})"
            case Lambda():
                names = [name if at < node.required else f"[{name}]" for at, name in enumerate(node.parameters)]
                return f"LAMBDA({','.join([*names, self.print(node.body)])})"
            case Local():
                return node.name
            case FunctionName():
                return node.function

    def _held(self, node: Node, level: int) -> str:
        text, own = self._write(node)
        return text if own >= level else f"({text})"

    def _unary(self, node: Unary) -> tuple[str, int]:
        if node.operator == "%":
            return self._held(node.operand, _SIGN + 1) + "%", _PERCENT
        if node.operator == "#":
            return self._held(node.operand, _SPILL) + "#", _SPILL
        inner, own = self._write(node.operand)
        # A percentage under a sign needs no parentheses: formulas bind -A1% as -(A1%).
        return node.operator + (inner if own >= _PERCENT else f"({inner})"), _PERCENT if own == _PERCENT else _SIGN

    def _external(self, node: External) -> str:
        """The text, with cells as they are from where it is printed."""
        if not isinstance(node.reference, Range):
            return node.text
        return node.text[: node.text.rindex("!") + 1] + self._range(replace(node.reference, sheet=None))

    def _range(self, node: Range) -> str:
        sheet = "" if node.sheet is None else sheet_prefix(node.sheet, node.last_sheet)
        first, last = self.corner(node.top, node.left), self.corner(node.bottom, node.right)
        if "#REF!" in first + last:
            return sheet + "#REF!"
        return sheet + (first if node.is_cell else f"{first}:{last}")


def sheet_prefix(sheet: str, last_sheet: str | None) -> str:
    """'My sheet' -> "'My sheet'!"; with a last sheet the prefix of a 3-D reference."""
    if last_sheet is None:
        return quote_sheet(sheet) + "!"
    if quote_sheet(sheet) == sheet and quote_sheet(last_sheet) == last_sheet:
        return f"{sheet}:{last_sheet}!"
    return "'" + f"{sheet}:{last_sheet}".replace("'", "''") + "'!"


def literal_text(value: float | str | bool | CellError) -> str:
    """A constant as a formula spells it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    if isinstance(value, CellError):
        return value.text
    text = repr(float(value)).replace("e", "E")
    return text.removesuffix(".0")


def _structured(node: Structured) -> str:
    table = node.table or ""
    names = {"all": "#All", "data": "#Data", "headers": "#Headers", "totals": "#Totals", "this row": "#This Row"}
    parts = [f"[{names[item]}]" for item in sorted(node.items)]
    if node.first is not None and node.last is not None:
        span = f"[{node.first.translate(_ESCAPED)}]"
        parts.append(span if node.first == node.last else f"{span}:[{node.last.translate(_ESCAPED)}]")
    if not parts:
        return f"{table}[]"
    if len(parts) == 1 and parts[0].count("[") == 1:
        return table + (parts[0] if node.first is None else f"[{parts[0]}]")
    return f"{table}[{','.join(parts)}]"


def shown_in(tree: Node, row: int, column: int, position: int | None) -> tuple[str, int | None]:
    """The formula as its cell shows it, with ``=``, and where `position` (of the tree's own text) lies in it.

    For messages: a filled-down formula is parsed once, for its first cell, but reported in the cell that failed.
    """
    text = to_text(tree, row, column)
    if position is None:
        return "=" + text, None
    for old, new in zip(walk(tree), walk(parse(text, row, column)), strict=False):
        if getattr(old, "position", None) == position:
            return "=" + text, getattr(new, "position", None)
    return "=" + text, None
