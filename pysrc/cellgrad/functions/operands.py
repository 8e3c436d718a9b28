"""What functions work on: one value, a `Matrix` of values or `Areas` of cells; and how Excel turns types into others.

A plain-Python implementation answers with a value or a Matrix. Where Excel answers with an error it raises `Fault`,
which never leaves `cellgrad.functions.calling`: there it becomes the `CellError` it carries, and nothing else does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from cellgrad.address import Region
from cellgrad.functions.dates_text import read_moment
from cellgrad.values import CellError, Value, fold_case


class Fault(Exception):  # noqa: N818 - not an error of ours: a cell error on its way to the cell
    """Excel's answer here is an error value; `error` says which."""

    def __init__(self, error: CellError) -> None:
        super().__init__(error.text)
        self.error = error


@dataclass(frozen=True, slots=True)
class Matrix:
    """A rectangle of values by rows, at least 1 x 1.

    beyond: how many blank cells of a whole row or column were left out behind these.
    """

    rows: tuple[tuple[Value, ...], ...]
    beyond: int = 0

    @property
    def height(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        return len(self.rows[0])

    @property
    def shape(self) -> tuple[int, int]:
        return self.height, self.width

    def __iter__(self) -> Iterator[Value]:
        """Every value in reading order."""
        for row in self.rows:
            yield from row

    @classmethod
    def build(cls, height: int, width: int, value: Callable[[int, int], Value]) -> Matrix:
        """The matrix whose element (r, c) is value(r, c)."""
        return cls(tuple(tuple(value(r, c) for c in range(width)) for r in range(height)))

    def broadcast(self, row: int, column: int) -> Value:
        """The element as Excel stretches arrays: one row or column repeats; beyond the end stands #N/A."""
        row = 0 if self.height == 1 else row
        column = 0 if self.width == 1 else column
        return self.rows[row][column] if row < self.height and column < self.width else CellError.NA


@dataclass(frozen=True, slots=True)
class Areas:
    """A reference that has not been read: one region, or several in a union or a 3-D reference."""

    regions: tuple[Region, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FunctionValue:
    """A function as a value: what LAMBDA gives. `apply` calls it, `read` reads the cells of a reference it answers."""

    apply: Callable[[Sequence[Argument]], Operand]
    read: Callable[[Areas], Matrix]


@dataclass(frozen=True, slots=True)
class References:
    """An array of references, as OFFSET makes of an array of positions: each an `Areas` or an error.

    Only the evaluator knows it: functions see one reference at a time.
    """

    rows: tuple[tuple[Operand, ...], ...]

    @property
    def height(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        return len(self.rows[0])

    def at(self, row: int, column: int) -> Operand:
        """The reference of one element; one row or one column repeats."""
        return self.rows[min(row, self.height - 1)][min(column, self.width - 1)]


class _Omitted:
    """An argument left empty between commas: 0, FALSE or "" as its parameter asks."""

    def __repr__(self) -> str:
        return "OMITTED"


OMITTED: Final = _Omitted()

Lazy: TypeAlias = Callable[[], "Operand"]
"""An argument that is evaluated only if it is called for."""

Operand: TypeAlias = Value | Matrix | Areas | FunctionValue
Argument: TypeAlias = Operand | Lazy | _Omitted


# ---------------------------------------------------------------- one type into another


def to_number(value: Value, date_1904: bool = False) -> float:
    """A value in arithmetic: blank is 0, TRUE 1, text is read as a number. Faults: #VALUE!, or the error itself."""
    if type(value) is float:
        return value
    if value is None:
        return 0.0
    if isinstance(value, CellError):
        raise Fault(value)
    if isinstance(value, str):
        return text_to_number(value, date_1904)
    return float(value)


def to_text(value: Value) -> str:
    """A value joined to text: blank is "", numbers in the General format. Faults: the error itself."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, CellError):
        raise Fault(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return number_to_text(value)


def to_logical(value: Value) -> bool:
    """A value as a condition: blank is FALSE, a number is TRUE unless 0, and of texts only TRUE and FALSE."""
    if isinstance(value, bool):
        return value
    if value is None:
        return False
    if isinstance(value, CellError):
        raise Fault(value)
    if isinstance(value, str):
        truth = {"true": True, "false": False}.get(fold_case(value))
        if truth is None:
            raise Fault(CellError.VALUE)
        return truth
    return value != 0


_NUMBER = re.compile(r"[+-]?(?:\d+(?:,\d{3})*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_MIXED_FRACTION = re.compile(r"(?P<sign>[+-]?) *(?P<whole>\d+) +(?P<part>\d{1,4})/(?P<of>\d{1,5})")
_DECORATED = re.compile(r"(?P<sign>[+-]?)\s*\$?\s*(?P<number>[+-]?[\d.,]+(?:[eE][+-]?\d+)?)\s*(?P<percent>%?)")


def text_to_number(text: str, date_1904: bool = False) -> float:
    """Text as a number where Excel reads it as one: ' 1,234.5 ', '50%', '1e3', '$3', '(3)', '1 1/2'. Faults: #VALUE!.

    Dates and times are read as they are in the United States: '1/31/2020', '31-Jan-2020', '6:30 PM' (see dates_text).
    """
    try:
        return _plain_number(text)
    except Fault:
        moment = read_moment(text, date_1904)
        if moment is None or (moment.date is not None and text != text.strip(" ")):
            raise  # blanks around a date are read by DATEVALUE alone, as Excel stores it
        return moment.serial


def _plain_number(text: str) -> float:
    stripped = text.strip(" ")
    mixed = _MIXED_FRACTION.fullmatch(stripped)
    if mixed and stripped.isascii() and int(mixed["of"]):
        size = int(mixed["whole"]) + int(mixed["part"]) / int(mixed["of"])
        return -size if mixed["sign"] == "-" else size
    negative = stripped.startswith("(") and stripped.endswith(")")
    match = _DECORATED.fullmatch(stripped[1:-1] if negative else stripped)
    if not match or not _NUMBER.fullmatch(match["number"]) or not stripped.isascii():
        raise Fault(CellError.VALUE)
    if match["sign"] and (negative or match["number"][0] in "+-"):
        raise Fault(CellError.VALUE)
    number = float(match["number"].replace(",", ""))
    if match["percent"]:
        number /= 100
    if math.isinf(number):
        raise Fault(CellError.VALUE)
    return -number if negative or match["sign"] == "-" else number


def number_to_text(number: float) -> str:
    """A number as Excel joins it to text: at most 15 digits, and an exponent where that would need over 20 places."""
    if number == 0:
        return "0"
    mantissa, exponent = f"{abs(number):.14e}".split("e")
    digits = mantissa.replace(".", "").rstrip("0")
    power = int(exponent)
    sign = "-" if number < 0 else ""
    if power >= 0:
        if power < 20:
            whole = digits[: power + 1].ljust(power + 1, "0")
            fraction = digits[power + 1 :]
            return sign + whole + ("." + fraction if fraction else "")
    elif 1 - power + len(digits) <= 20:
        return sign + "0." + "0" * (-power - 1) + digits
    return f"{sign}{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}E{'+' if power > 0 else '-'}{abs(power):02}"


def finite(number: float) -> float:
    """The number, or the fault #NUM! where it has no finite value."""
    if not math.isfinite(number):
        raise Fault(CellError.NUM)
    return number + 0.0  # -0 becomes 0, which is the only zero Excel has


# ---------------------------------------------------------------- comparing


def same_number(a: float, b: float) -> bool:
    """Equal as Excel compares: in the first 15 significant digits. Whole numbers are compared exactly."""
    if a == b:
        return True
    if abs(a - b) > 1e-14 * max(abs(a), abs(b)) or (a.is_integer() and b.is_integer()):
        return False
    return f"{a:.14e}" == f"{b:.14e}"


def compare(a: Value, b: Value) -> int:
    """-1, 0 or 1 in Excel's order: numbers before texts before booleans, text without regard to case.

    A blank is 0, "" or FALSE, as the other side asks. Faults: the first error.
    """
    for value in (a, b):
        if isinstance(value, CellError):
            raise Fault(value)
    a = _blank_like(b) if a is None else a
    b = _blank_like(a) if b is None else b
    rank_a, rank_b = _rank(a), _rank(b)
    if rank_a != rank_b:
        return -1 if rank_a < rank_b else 1
    if isinstance(a, str) and isinstance(b, str):
        a, b = fold_case(a), fold_case(b)
        return (a > b) - (a < b)
    x, y = to_number(a), to_number(b)
    return 0 if same_number(x, y) else (x > y) - (x < y)


def _blank_like(other: Value) -> Value:
    if isinstance(other, bool):
        return False
    return "" if isinstance(other, str) else 0.0


def _rank(value: Value) -> int:
    return 2 if isinstance(value, bool) else 1 if isinstance(value, str) else 0


# ---------------------------------------------------------------- the arguments of aggregates


def numbers(arguments: Iterable[Value | Matrix]) -> Iterator[float]:
    """What SUM and its kin count: of ranges and arrays the numbers alone, of direct arguments everything, coerced.

    Faults: the first error in reading order; #VALUE! for a direct text that is no number.
    """
    for argument in arguments:
        if isinstance(argument, Matrix):
            for value in argument:
                if type(value) is float:
                    yield value
                elif isinstance(value, CellError):
                    raise Fault(value)
        else:
            yield to_number(argument)


def total(values: Iterable[float]) -> float:
    """The sum, rounded once. Faults: #NUM! beyond the largest number."""
    try:
        return finite(math.fsum(values))
    except OverflowError:  # fsum's word for a sum beyond the largest double
        raise Fault(CellError.NUM) from None


def as_matrix(operand: Value | Matrix) -> Matrix:
    return operand if isinstance(operand, Matrix) else Matrix(((operand,),))
