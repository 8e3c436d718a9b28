"""Formula text to our own tree: the only place that knows the library formualizer.

formualizer decides how a formula is put together: tokens, precedence, arguments. What an operand *says* (a cell, a
table's column, a name, a link) is read here, from the formula's own text, because a library's idea of a reference
loses what we must keep: blanks and escapes in column names, links, the place of every token.

So the parser is shown the formula's skeleton, in which all that is masked. The tree it answers is walked together with
its tokens, and each operand's text is cut from the original at the token's place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import formualizer

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, column_index
from cellgrad.errors import FormulaError, UnsupportedError
from cellgrad.formula.skeleton import ERROR, end_of_bracket, end_of_quote, skeleton
from cellgrad.formula.structured import read_structured
from cellgrad.formula.tokens import Eased, Token
from cellgrad.formula.tree import (
    Apply,
    ArrayConstant,
    Binary,
    Call,
    Coordinate,
    External,
    Literal,
    Missing,
    Name,
    Node,
    Range,
    Unary,
)
from cellgrad.values import CellError

_OPERAND_TYPES = {"Operand", "OpInfix", "OpPrefix", "OpPostfix"}
_FUTURE_PREFIX = re.compile(r"^(?:_xlfn\.|_xlws\.|_xlpm\.|_xludf\.|_xll\.)+", re.IGNORECASE)
_TRIMS = {"_TRO_LEADING": 1.0, "_TRO_TRAILING": 2.0, "_TRO_ALL": 3.0}
"""How files store the dots of ``A1.:.B9``, and the edges that TRIMRANGE takes off for them."""
_LOCAL_PREFIX = re.compile(r"_xlpm\.", re.IGNORECASE)
_CORNER = r"(\$?)([A-Za-z]{1,3})(\$?)([1-9][0-9]{0,6})"
_CELLS = re.compile(f"{_CORNER}(?::{_CORNER})?")
_COLUMNS = re.compile(r"(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3})")
_ROWS = re.compile(r"(\$?)([1-9][0-9]{0,6}):(\$?)([1-9][0-9]{0,6})")
_NAME = re.compile(r"[^\W\d][\w.\\?]*|\\[\w.\\?]*")
_NUMBERED = re.compile(r"(?:\[(\d+)\]([^'!]*)|'\[(\d+)\]((?:[^']|'')*)')!")
_FUNCTION = re.compile(r"[^\W\d][\w.]*")

_SECOND_EQUALS = re.compile(r"\s*=")
"""Some programs store the sign that begins a formula with it."""


def parse(text: str, row: int, column: int) -> Node:
    """The tree of a formula, relative to the cell (row, column) it is written for.

    text: the formula without its leading ``=``, as a file stores it.
    Raises FormulaError, with the formula and the place in it, for text that is no formula, and UnsupportedError for
    what Excel can say and our tree cannot.
    """
    formula = "=" + _without_equals(text)
    eased = Eased(skeleton(formula))
    tokens = _tokens(formula, eased)
    try:
        tree = formualizer.parse(eased.text).to_dict()
    except formualizer.ParserError as error:
        raise _refusal(formula, str(error), tokens) from None
    return _Reader(formula, tokens, row, column).read(tree)


def _without_equals(text: str) -> str:
    match = _SECOND_EQUALS.match(text)
    return text if match is None else " " * match.end() + text[match.end() :]


def _tokens(formula: str, eased: Eased) -> list[Token]:
    try:
        return eased.tokens()
    except formualizer.TokenizerError as error:
        cause, position = _split_message(str(error))
        position = eased.place(position)
        raise FormulaError(
            f"this formula cannot be read: {cause}",
            formula=formula,
            position=min(position, len(formula) - 1),
            action="correct it in the sheet",
        ) from None


def _refusal(formula: str, message: str, tokens: list[Token]) -> FormulaError:
    """formualizer's complaint, its token number turned into a place in the text."""
    cause, index = _split_message(message)
    position = tokens[index].start if index < len(tokens) else len(formula) - 1
    if "height limit" in message:
        return UnsupportedError(
            "this formula is nested or chained deeper than 256 levels",
            formula=formula,
            position=position,
            action="split it over two cells, or use SUM for a long chain of +",
        )
    if cause.startswith("Unexpected token"):
        cause = f"'{tokens[index].value}' is not expected here" if index < len(tokens) else cause
    elif ", got TokenSpan" in cause:
        cause = cause.partition(", got TokenSpan")[0]
    elif cause.startswith(("Unexpected end", "No tokens")):
        cause = "the formula ends too early"
    return FormulaError(
        f"this formula cannot be read: {cause}", formula=formula, position=position, action="correct it in the sheet"
    )


def _split_message(message: str) -> tuple[str, int]:
    match = re.match(r"\w+(?: at position (\d+))?: (.*)", message, re.DOTALL)
    return (match[2], int(match[1] or 0)) if match else (message, 0)


# ---------------------------------------------------------------- tree and tokens side by side


class _Reader:
    """Turns formualizer's tree into ours; tokens are taken in source order, which is the tree's own order."""

    def __init__(self, formula: str, tokens: list[Token], row: int, column: int) -> None:
        self.formula = formula
        self.row = row
        self.column = column
        self.tokens = self._significant(tokens)

    @staticmethod
    def _significant(tokens: list[Token]) -> Iterator[Token]:
        """Operands, operators, and what opens or closes; separators and parentheses say nothing the tree lacks."""
        for token in tokens:
            kind = token.kind
            if kind in _OPERAND_TYPES or kind == "Array" or (kind == "Func" and token.subtype == "Open"):
                yield token

    def read(self, node: dict[str, Any]) -> Node:
        match node["node_type"]:
            case "Literal" | "Reference":
                return self._operand(next(self.tokens))
            case "UnaryOp" if node["operator"] in "%#":
                operand = self.read(node["operand"])
                return self._unary(node["operator"], operand, next(self.tokens).start)
            case "UnaryOp":
                position = next(self.tokens).start
                return self._unary(node["operator"], self.read(node["operand"]), position)
            case "BinaryOp":
                left = self.read(node["left"])
                position = next(self.tokens).start
                return self._binary(node["operator"], left, self.read(node["right"]), position)
            case "Function":
                return self._call(next(self.tokens), node["args"])
            case "Omitted":
                return Missing()
            case "Array":
                return self._array()
            case "Call":
                function = self.read(node["callee"])
                return Apply(function, self._call_arguments(node["args"]), position=getattr(function, "position", 0))
        raise self._wrong(f"a {node['node_type']} is not understood", 1)

    def _unary(self, operator: str, operand: Node, position: int) -> Node:
        return Unary(operator, operand, position=position)

    def _binary(self, operator: str, left: Node, right: Node, position: int) -> Node:
        if operator == ":" and isinstance(left, Range) and isinstance(right, Range):
            joined = _join_corners(left, right)
            if joined is not None:
                return joined
        if operator in (":", " ") and (_is_value(left) or _is_value(right)):
            raise self._wrong(f"'{operator}' stands between references, and one side is a value", position)
        return Binary(operator.strip() or " ", left, right, position=position)

    def _call(self, token: Token, arguments: list[dict[str, Any]]) -> Node:
        written = self.formula[token.start : token.end].rstrip("( ")
        name = _FUTURE_PREFIX.sub("", _after_prefix(written)).upper()
        position = token.start + len(written) - len(_after_prefix(written))
        if not _FUNCTION.fullmatch(name):
            raise self._no_reference(written, token.start)
        children = tuple(self.read(argument) for argument in arguments)
        if _LOCAL_PREFIX.match(written):
            return Apply(Name(written[len("_xlpm.") :], position=position), children, position=position)
        if name == "SINGLE" and len(children) == 1:
            return Unary("@", children[0], position=position)
        if name in _TRIMS and len(children) == 1:
            edges = Literal(_TRIMS[name], position=position)
            return Call("TRIMRANGE", (*children, edges, edges), position=position)
        if name == "ANCHORARRAY" and len(children) == 1:
            return Unary("#", children[0], position=position)
        return Call(name, children, position=position)

    def _call_arguments(self, arguments: list[dict[str, Any]]) -> tuple[Node, ...]:
        """Arguments of what is called without a name: the commas between them are tokens of operators."""
        found = []
        for index, argument in enumerate(arguments):
            if index:
                next(self.tokens)
            found.append(self.read(argument))
        return tuple(found)

    def _array(self) -> Node:
        """An array constant, from its tokens: rows are told apart by where the semicolons stand."""
        opening = next(self.tokens)
        rows: list[list[float | str | bool | CellError]] = [[]]
        sign = 1.0
        end = opening.end
        for token in self.tokens:
            if ";" in self._between(end, token.start):
                rows.append([])
            end = token.end
            kind = token.kind
            if kind == "Array":
                break
            if kind == "OpPrefix":
                sign = -sign if token.value == "-" else sign
                continue
            item = self._operand(token)
            if not isinstance(item, Literal):
                raise FormulaError(
                    "an array constant holds only numbers, texts, TRUE, FALSE and errors",
                    formula=self.formula,
                    position=token.start,
                    action="put the value in, or use cells",
                )
            value = item.value
            rows[-1].append(sign * value if isinstance(value, float) else value)
            sign = 1.0
        return ArrayConstant(tuple(tuple(row) for row in rows), position=opening.start)

    def _between(self, start: int, end: int) -> str:
        return self.formula[start:end]

    # ------------------------------------------------------------ operands

    def _operand(self, token: Token) -> Node:
        start = token.start
        text = self.formula[start : token.end]
        match token.subtype:
            case "Number":
                if math.isinf(number := float(text)):
                    raise self._wrong("this number is larger than a cell can hold (about 1.8E308)", start)
                return Literal(number, position=start)
            case "Text":
                return Literal(text[1:-1].replace('""', '"'), position=start)
            case "Logical":
                return Literal(text.upper() == "TRUE", position=start)
            case "Error":
                return self._error(start)
        return self._reference(text.strip(), start)

    def _error(self, start: int) -> Node:
        match = ERROR.match(self.formula, start)
        text = match[0].upper() if match else self.formula[start:]
        try:
            return Literal(CellError.from_text(text), position=start)
        except KeyError:
            raise UnsupportedError(
                f"the error value {text} belongs to linked data, which is not supported",
                formula=self.formula,
                position=start,
                action="replace it by #N/A",
            ) from None

    def _reference(self, text: str, start: int) -> Node:
        if ":" in text and text[0] != "'" and "[" not in text:
            text = re.sub(r"\s*:\s*", ":", text)
        rest = _after_prefix(text)
        prefix = text[: len(text) - len(rest)]
        if "|" in _without_brackets(text) or ("[" in prefix and not prefix.startswith("[0]")):
            return External(text, self._in_another_book(prefix, rest, start), position=start)
        sheet, last_sheet = _sheets(prefix.removeprefix("[0]"))
        if sheet == "" or last_sheet == "":
            raise self._no_reference(text, start)
        node = self._cells(rest, sheet, last_sheet, start)
        if node is not None:
            return node
        if last_sheet is None:
            if "[" in rest:
                return read_structured(rest, sheet, self.formula, start)
            first, colon, last = rest.rpartition(":")
            if colon and first and last and "'" not in rest:  # a range between names: first:last
                ends = self._reference(prefix + first, start), self._reference(last, start)
                return self._binary(":", *ends, start)
            if _NAME.fullmatch(rest) and rest.upper() not in ("TRUE", "FALSE"):  # those stand alone, as values
                return Name(_FUTURE_PREFIX.sub("", rest), sheet, position=start)
        raise self._no_reference(text, start)

    def _in_another_book(self, prefix: str, rest: str, start: int) -> Range | Name | None:
        """Cells or a name in a workbook that the file numbers: ``[1]Sheet1!A1``, ``[1]!Rate``."""
        match = _NUMBERED.fullmatch(prefix)
        if match is None:
            return None
        number, name = match[1] or match[3], (match[2] or match[4] or "").replace("''", "'")
        if ":" in name:  # several of its sheets
            return None
        sheet = f"[{int(number)}]{name}"
        cells = self._cells(rest, sheet, None, start) if name else None
        return cells or (Name(rest, sheet, position=start) if _NAME.fullmatch(rest) else None)

    def _no_reference(self, text: str, start: int) -> FormulaError:
        return self._wrong(f"'{text}' is no reference, name or number", start)

    def _wrong(self, cause: str, position: int) -> FormulaError:
        return FormulaError(cause, formula=self.formula, position=position, action="correct it in the sheet")

    def _cells(self, text: str, sheet: str | None, last_sheet: str | None, start: int) -> Range | None:
        """Cells, whole columns or whole rows; None where the text is none of them (or lies beyond the sheet)."""
        if match := _CELLS.fullmatch(text):
            a, b, c, d = match.group(1, 2, 3, 4)
            e, f, g, h = match.group(5, 6, 7, 8) if match[6] else (a, b, c, d)
            if max(int(d), int(h)) > MAX_ROWS or max(column_index(b), column_index(f)) >= MAX_COLUMNS:
                return None
            corners = (self._row(c, d), self._column(a, b), self._row(g, h), self._column(e, f))
        elif match := _COLUMNS.fullmatch(text):
            if max(column_index(match[2]), column_index(match[4])) >= MAX_COLUMNS:
                return None
            return Range(
                None, self._column(match[1], match[2]), None, self._column(match[3], match[4]),
                sheet, last_sheet, position=start,
            )  # fmt: skip
        elif match := _ROWS.fullmatch(text):
            if max(int(match[2]), int(match[4])) > MAX_ROWS:
                return None
            return Range(
                self._row(match[1], match[2]), None, self._row(match[3], match[4]), None,
                sheet, last_sheet, position=start,
            )  # fmt: skip
        else:
            return None
        return Range(*corners, sheet, last_sheet, position=start)

    def _row(self, dollar: str, digits: str) -> Coordinate:
        row = int(digits) - 1
        return Coordinate(row, True) if dollar else Coordinate(row - self.row, False)

    def _column(self, dollar: str, letters: str) -> Coordinate:
        column = column_index(letters)
        return Coordinate(column, True) if dollar else Coordinate(column - self.column, False)


# ---------------------------------------------------------------- pieces of references


def _is_value(node: Node) -> bool:
    return isinstance(node, Literal) and not isinstance(node.value, CellError)


def _join_corners(left: Range, right: Range) -> Range | None:
    """``Sheet1!A1:Sheet1!B2`` written with the sheet twice is one range; anything else is left to the evaluator."""
    same_sheet = right.sheet in (None, left.sheet) and right.last_sheet is None
    if not (same_sheet and left.is_cell and right.is_cell):
        return None
    return Range(left.top, left.left, right.bottom, right.right, left.sheet, left.last_sheet, position=left.position)


def _after_prefix(text: str) -> str:
    """What follows the sheet or book: "'My sheet'!A1" -> 'A1', '[1]!F' -> 'F', 'A1' -> 'A1'."""
    at = 0
    if text.startswith("["):
        end = end_of_bracket(text, 0)
        if end == len(text):
            return text  # [Column] of the own table
        at = end
    if text[at : at + 1] == "'":
        closing = end_of_quote(text, at, "sheet name")
        return text[closing + 1 :] if text[closing : closing + 1] == "!" else text
    bracket = text.find("[", at)
    mark = text.rfind("!", at, bracket if bracket >= 0 else len(text))
    return text if mark < 0 else text[mark + 1 :]


def _without_brackets(text: str) -> str:
    bracket = text.find("[")
    return text if bracket < 0 or text.startswith(("[", "'")) else text[:bracket]


def _sheets(prefix: str) -> tuple[str | None, str | None]:
    """'US:Oth!' -> ('US', 'Oth'); 'Sheet1!' -> ('Sheet1', None); '' or '!' -> (None, None)."""
    name = prefix.removesuffix("!")
    if name.startswith("'"):
        name = name[1:-1].replace("''", "'")
        if not name:
            return "", None
    if not name:
        return None, None
    first, colon, last = name.partition(":")
    return first, last if colon else None
