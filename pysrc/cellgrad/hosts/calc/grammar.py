"""Formulas as LibreOffice's programming interface writes them, and as Excel does: text to text, both ways.

| Excel | Calc |
|---|---|
| ``SUM(A1,B1)`` | ``SUM(A1;B1)`` |
| ``Sheet2!A1``, ``'My sheet'!A1:B2`` | ``$Sheet2.A1``, ``$'My sheet'.A1:B2`` |
| ``Sheet1:Sheet3!A1`` | ``$Sheet1.A1:$Sheet3.A1`` |
| ``{1,2;3,4}`` | ``{1;2|3;4}`` |
| ``SUM((A1,B1))``, ``A1:B2 B1:C2`` | ``SUM((A1~B1))``, ``A1:B2!B1:C2`` |
| ``Table1[[#This Row],[x]]``, ``Table1[@x]`` | ``Table1[[#This Row];[x]]`` |
| ``TRUE`` | ``TRUE()`` |
| ``EDATE(...)``, ``CEILING(...)`` | ``COM.SUN.STAR.SHEET.ADDIN.ANALYSIS.GETEDATE(...)``, ``CEILING.XCL(...)`` |
| ``'C:\\dir\\[b.xlsx]S'!A1`` | ``'file:///C:/dir/b.xlsx'#$S.A1`` |

LibreOffice's own parser for Excel's grammar loses table names, so the tokens are rewritten here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from cellgrad.address import quote_sheet
from cellgrad.formula.skeleton import end_of_bracket

_STRING = r'"(?:[^"]|"")*"'
_QUOTED = r"'(?:[^']|'')*'"
_ERROR = r"\#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA|SPILL!|CALC!)"
_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])"
_CELL = r"\$?[A-Za-z]{1,3}\$?\d{1,7}(?![\w.(])"
_AREA = r"(?:\$?[A-Za-z]{1,3}\s*:\s*\$?[A-Za-z]{1,3}|\$?\d{1,7}\s*:\s*\$?\d{1,7})(?![\w.(])"
_WORD = r"[^\W\d][\w.\\?]*|\\[\w.\\?]*"

_CALC = re.compile(
    rf"""
      (?P<string>{_STRING})
    | (?P<external>'(?:file|https?|ftp):(?:[^']|'')*'\#)
    | (?P<error>{_ERROR})
    | (?P<sheet>\$?(?:{_QUOTED}|[^\W\d]\w*)\.
        (?=\$?(?:[A-Za-z]{{1,3}})?\$?\d|\$?[A-Za-z]{{1,3}}:|\#REF!|[^\W\d]\w*(?![\w(.])))
    | (?P<area>{_AREA}) | (?P<cell>{_CELL})
    | (?P<number>{_NUMBER})
    | (?P<word>{_WORD})
    | (?P<blank>\s+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_EXCEL = re.compile(
    rf"""
      (?P<string>{_STRING})
    | (?P<error>{_ERROR})
    | (?P<sheet>(?:{_QUOTED}|(?:\[[^\]]+\])?[\w.]+(?::[\w.]+)?)!)
    | (?P<area>{_AREA}) | (?P<cell>{_CELL})
    | (?P<number>{_NUMBER})
    | (?P<word>{_WORD})
    | (?P<blank>\s+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ONE_ITEM = re.compile(r"\[#[^\[\]]*\]")


@dataclass
class Translator:
    """Both directions for one workbook.

    to_excel_name, to_calc_name: function names that differ, upper case, without ``_xlfn.``.
    sheets: gives the workbook's sheet names; with it, only these count as sheets when written without quotes.
    """

    to_excel_name: Mapping[str, str] = field(default_factory=dict)
    to_calc_name: Mapping[str, str] = field(default_factory=dict)
    sheets: Callable[[], Sequence[str]] | None = None

    def to_excel(self, formula: str) -> str:
        """A formula as Calc gives it (with its ``=``, an array formula's braces around it) in Excel's words."""
        text = formula[1:-1] if formula.startswith("{=") and formula.endswith("}") else formula
        return _ToExcel(self, text).result()

    def to_calc(self, formula: str, own_table: Callable[[], str | None] = lambda: None) -> str:
        """An Excel formula in Calc's words. `own_table`: gives the cell's table, for ``[@x]`` without a name."""
        return _ToCalc(self, formula, own_table).result()

    def is_sheet(self, name: str) -> bool:
        """Whether a name without quotes is a sheet's."""
        return self.sheets is None or name.casefold() in {sheet.casefold() for sheet in self.sheets()}


@dataclass
class _Level:
    """What is open: a call's parentheses, plain ones, braces; where its current argument starts in the output."""

    kind: str
    argument: int
    union: bool = False


class _ToExcel:
    def __init__(self, translator: Translator, text: str) -> None:
        self.translator = translator
        self.text = text
        self.out: list[str] = []
        self.levels = [_Level("top", 0)]
        self.at = 0

    def result(self) -> str:
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                self._bracket()
                continue
            match = _CALC.match(self.text, self.at)
            assert match is not None, self.text  # the last alternative takes any character
            self.at = match.end()
            getattr(self, f"_{match.lastgroup}", self._keep)(match[0])
        return "".join(self.out)

    def _keep(self, token: str) -> None:
        self.out.append(token)

    def _bracket(self) -> None:
        """A structured reference: Calc separates its parts with ``;``."""
        end = end_of_bracket(self.text, self.at)
        body = re.sub(r"\]\s*;\s*\[", "],[", self.text[self.at : end])
        self.out.append(body[1:-1] if _ONE_ITEM.fullmatch(body[1:-1]) else body)
        self.at = end

    def _sheet(self, token: str) -> None:
        name = token.removeprefix("$")[:-1]
        quoted = name.startswith("'")
        if not quoted and not token.startswith("$") and not self.translator.is_sheet(name):
            self.at -= len(token)
            word = re.compile(_WORD).match(self.text, self.at)
            assert word is not None, token
            self.at = word.end()
            self._word(word[0])
            return
        plain = name[1:-1].replace("''", "'") if quoted else name
        last = re.compile(rf"(\$?[A-Za-z]{{1,3}}\$?\d+):\$?({_QUOTED}|[^\W\d]\w*)\.(?=\$?[A-Za-z]{{1,3}}\$?\d)")
        if found := last.match(self.text, self.at):  # $Sheet1.A1:$Sheet3.B2 runs over sheets
            other = found[2][1:-1].replace("''", "'") if found[2].startswith("'") else found[2]
            corner = re.compile(_CELL).match(self.text, found.end())
            assert corner is not None, self.text
            self.at = corner.end()
            self.out.append(_sheet_range(plain, other))
            self.out.append(found[1] if found[1] == corner[0] else f"{found[1]}:{corner[0]}")
            return
        self.out.append(quote_sheet(plain) + "!")

    def _external(self, token: str) -> None:
        """``'file:///dir/b.xlsx'#$Sheet.A1``: the file goes into brackets before the sheet's name."""
        url = token[1:-2].replace("''", "'")
        path = PurePosixPath(unquote(url.removeprefix("file://")))
        folder = "" if str(path.parent) in (".", "/") else f"{path.parent}/"
        match = re.compile(rf"\$?({_QUOTED}|[^\W\d]\w*)\.").match(self.text, self.at)
        if match is None:
            self.out.append(token)
            return
        self.at = match.end()
        sheet = match[1][1:-1] if match[1].startswith("'") else match[1]
        self.out.append(f"'{folder}[{path.name}]{sheet}'!".replace("/[", "/["))

    def _word(self, token: str) -> None:
        upper = token.upper()
        if self.text.startswith("()", self.at) and upper in ("TRUE", "FALSE"):
            self.at += 2
            self.out.append(upper)
        elif self.text.startswith("(", self.at):
            # Calc writes a function that it does not know in lower case
            self.out.append(self.translator.to_excel_name.get(upper, upper if token.islower() else token))
        else:
            self.out.append(token)

    def _other(self, token: str) -> None:
        level = self.levels[-1]
        match token:
            case "(":
                called = bool(self.out) and re.fullmatch(_WORD, self.out[-1]) is not None
                self.out.append(token)
                self.levels.append(_Level("call" if called else "group", len(self.out)))
            case ")" if len(self.levels) > 1:
                self._end_argument()
                self.levels.pop()
                self.out.append(token)
            case "{":
                self.out.append(token)
                self.levels.append(_Level("array", len(self.out)))
            case "}" if len(self.levels) > 1:
                self.levels.pop()
                self.out.append(token)
            case ";":
                self._end_argument()
                self.out.append(",")
                self.levels[-1].argument = len(self.out)
            case "|" if level.kind == "array":
                self.out.append(";")
            case "~":
                level.union = True
                self.out.append(",")
            case "!":
                self.out.append(" ")
            case _:
                self.out.append(token)

    def _end_argument(self) -> None:
        """A union among a call's arguments needs parentheses, or its commas would part arguments."""
        level = self.levels[-1]
        if level.union and level.kind == "call":
            self.out.insert(level.argument, "(")
            self.out.append(")")
        level.union = False


class _ToCalc:
    def __init__(self, translator: Translator, text: str, own_table: Callable[[], str | None]) -> None:
        self.translator = translator
        self.text = text
        self.own_table = own_table
        self.out: list[str] = []
        self.levels = ["top"]
        self.at = 0
        self.after_operand = False

    def result(self) -> str:
        while self.at < len(self.text):
            if self.text[self.at] == "[" and not re.match(r"\[[^\]]+\][\w.]*!", self.text[self.at :]):
                self._bracket()
                continue
            match = _EXCEL.match(self.text, self.at)
            assert match is not None, self.text
            self.at = match.end()
            kind = match.lastgroup
            getattr(self, f"_{kind}", self._keep)(match[0])
            if kind not in ("blank", "other"):
                self.after_operand = True
        return "".join(self.out)

    def _keep(self, token: str) -> None:
        self.out.append(token)

    def _bracket(self) -> None:
        """A structured reference; ``@`` and a missing table's name are written out."""
        end = end_of_bracket(self.text, self.at)
        body = self.text[self.at + 1 : end - 1].strip()
        self.at = end
        if not self.after_operand or not self.out or not re.fullmatch(_WORD, self.out[-1]):
            table = self.own_table()
            if table is None:
                raise ValueError(f"'{self.text}' names no table, and its cell lies in none")
            self.out.append(table)
        if body.startswith("@"):
            columns = body[1:].strip()
            if columns and not columns.startswith("["):
                columns = f"[{columns}]"
            body = f"[#This Row],{columns}" if columns else "#This Row"
        if body.startswith("#"):
            body = f"[{body}]"  # Calc does not read Table1[#All]
        self.out.append("[" + re.sub(r"\]\s*,\s*\[", "];[", body) + "]")
        self.after_operand = True

    def _sheet(self, token: str) -> None:
        name = token[:-1]
        if name.startswith("'"):
            name = name[1:-1].replace("''", "'")
        folder, bracket, rest = name.rpartition("[")
        if bracket and "]" in rest:
            book, _, sheet = rest.partition("]")
            path = (folder + book).replace("\\", "/")
            url = "file://" + quote(path if path.startswith("/") else "/" + path if folder else path, safe="/:")
            self.out.append(f"'{url}'#{_calc_sheet(sheet)}.")
            return
        first, colon, last = name.partition(":")
        if not colon:
            self.out.append(_calc_sheet(name) + ".")
            return
        corners = re.compile(rf"({_CELL})(?::({_CELL}))?").match(self.text, self.at)
        if corners is None:
            self.out.append(token)
            return
        self.at = corners.end()
        self.out.append(f"{_calc_sheet(first)}.{corners[1]}:{_calc_sheet(last)}.{corners[2] or corners[1]}")

    def _word(self, token: str) -> None:
        upper = token.upper()
        if self.text.startswith("(", self.at):
            plain = upper.removeprefix("_XLFN.").removeprefix("_XLWS.")
            self.out.append(self.translator.to_calc_name.get(plain, plain))
        elif upper in ("TRUE", "FALSE"):
            self.out.append(upper + "()")
        else:
            self.out.append(token)

    def _blank(self, token: str) -> None:
        """Blanks between two operands are Excel's intersection."""
        following = self.text[self.at : self.at + 1]
        between = self.after_operand and (following.isalpha() or following in ("$", "'", "(", "_", "\\"))
        self.out.append("!" if between and following else token)

    def _other(self, token: str) -> None:
        operand = False
        match token:
            case "(":
                called = self.after_operand and bool(self.out) and re.fullmatch(_WORD, self.out[-1]) is not None
                self.levels.append("call" if called else "group")
                self.out.append(token)
            case ")":
                operand = True
                if len(self.levels) > 1:
                    self.levels.pop()
                self.out.append(token)
            case "{":
                self.levels.append("array")
                self.out.append(token)
            case "}":
                operand = True
                if len(self.levels) > 1:
                    self.levels.pop()
                self.out.append(token)
            case ",":
                self.out.append("~" if self.levels[-1] in ("group", "top") else ";")
            case ";" if self.levels[-1] == "array":
                self.out.append("|")
            case "@":
                pass  # Calc intersects implicitly by itself
            case "%":
                operand = True
                self.out.append(token)
            case _:
                self.out.append(token)
        self.after_operand = operand


def _sheet_range(first: str, last: str) -> str:
    """The prefix of a reference over several sheets, quoted as one where either needs it."""
    if quote_sheet(first) == first and quote_sheet(last) == last:
        return f"{first}:{last}!"
    return "'" + f"{first}:{last}".replace("'", "''") + "'!"


def _calc_sheet(name: str) -> str:
    """A sheet's name as Calc takes it in a formula: absolute, and quoted unless plain."""
    plain = re.fullmatch(r"[^\W\d]\w*", name) is not None
    return "$" + (name if plain else "'" + name.replace("'", "''") + "'")
