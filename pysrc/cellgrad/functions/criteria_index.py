"""Which cells of a range meet a criterion: by hash for equality, by one pass of numpy for an order.

A range of 100,000 cells that 10,000 formulas ask is read once; each question then costs what it finds.
"""

from __future__ import annotations

import operator
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cellgrad.errors import UnsupportedError
from cellgrad.functions.criteria_text import wildcards
from cellgrad.functions.operands import Fault, Matrix, text_to_number
from cellgrad.values import CellError, Value, fold_case

_COMPARISON = re.compile(r"(<>|<=|>=|=|<|>)?(.*)", re.DOTALL)
ORDERS: dict[str, Callable[..., bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_LONGEST = 255
_ERRORS = {error.text: error for error in CellError}


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion taken apart: ``">5"`` is ('>', 5.0).

    sign: '' where none is written. wanted: number, text (with wildcards), boolean or error; None for nothing.
    """

    sign: str
    wanted: Value

    @classmethod
    def of(cls, value: Value) -> Criterion:
        """What a cell or argument says. A blank is 0; a number, date or boolean as text is that value.

        Source: Microsoft, "COUNTIF function", "COUNTIFS function" and "Using wildcard characters in searches".
        """
        if value is None:
            return cls("", 0.0)
        if not isinstance(value, str):
            return cls("", value)
        if len(value) > _LONGEST:
            raise UnsupportedError(
                f"a criterion of more than {_LONGEST} characters, for which Excel promises no result",
                action="shorten it",
            )
        match = _COMPARISON.fullmatch(value)
        assert match is not None  # the pattern takes any text
        return cls(match[1] or "", _meaning(match[2]))

    @property
    def is_order(self) -> bool:
        return self.sign in ORDERS


def _meaning(text: str) -> Value:
    """What the text of a criterion means; None for nothing written."""
    if not text:
        return None
    folded = fold_case(text)
    if folded in ("true", "false"):
        return folded == "true"
    if text.startswith("#") and text.upper() in _ERRORS:
        return CellError.from_text(text)
    number = _number(text)
    return text if number is None else number


def _number(text: str) -> float | None:
    try:
        return text_to_number(text)
    except Fault:
        return None


def number_key(number: float) -> float:
    """Numbers that Excel calls equal, in 15 significant digits, have one key; whole numbers are themselves."""
    return number if number.is_integer() else float(f"{number:.14e}")


class Cells:
    """The values of a range in reading order, ready to be asked."""

    def __init__(self, values: Iterable[Value]) -> None:
        self.values: list[Value] = list(values)
        self._keys: dict[object, list[int]] | None = None
        self._texts: dict[str, list[int]] | None = None
        self._numbers: np.ndarray | None = None
        self._found: OrderedDict[Criterion, np.ndarray] = OrderedDict()
        self._masks: OrderedDict[Criterion, np.ndarray] = OrderedDict()

    @property
    def numbers(self) -> np.ndarray:
        """The numbers, NaN for everything else."""
        if self._numbers is None:
            self._numbers = np.array([v if type(v) is float else np.nan for v in self.values], dtype=np.float64)
        return self._numbers

    def _texts_folded(self) -> dict[str, list[int]]:
        if self._texts is None:
            self._texts = {}
            for place, value in enumerate(self.values):
                if isinstance(value, str):
                    self._texts.setdefault(fold_case(value), []).append(place)
        return self._texts

    def _by_key(self) -> dict[object, list[int]]:
        """Places by number (of a text that reads as one, too), boolean and error."""
        if self._keys is None:
            self._keys = {}
            for place, value in enumerate(self.values):
                key: object = value
                if isinstance(value, str):
                    number = _number(value)
                    key = None if number is None else number_key(number)
                elif type(value) is float:
                    key = number_key(value)
                elif isinstance(value, bool):
                    key = ("boolean", value)
                if key is not None:
                    self._keys.setdefault(key, []).append(place)
        return self._keys

    def meeting(self, criterion: Criterion) -> np.ndarray:
        """The places, in rising order, whose values meet the criterion."""
        return _remembered(self._found, criterion, self._meeting)

    def mask(self, criterion: Criterion) -> np.ndarray:
        """Whether each value meets the criterion."""
        return _remembered(self._masks, criterion, self._mask)

    def _mask(self, criterion: Criterion) -> np.ndarray:
        mask = np.zeros(len(self.values), dtype=bool)
        mask[self.meeting(criterion)] = True
        return mask

    def _meeting(self, criterion: Criterion) -> np.ndarray:
        sign, wanted = criterion.sign, criterion.wanted
        if criterion.is_order:
            return self._ordered(sign, wanted)
        if wanted is None:
            return self._empty(sign)
        found = self._equal(wanted)
        if sign != "<>":
            return found
        if type(wanted) is float:  # a text that reads as the number equals it, and yet is another, as Excel counts
            found = found[~np.isnan(self.numbers[found])]
        return np.setdiff1d(np.arange(len(self.values)), found, assume_unique=True)

    def _empty(self, sign: str) -> np.ndarray:
        """ "" is met by blanks and by texts without a character, "=" by blanks, "<>" by everything else."""
        if sign == "<>":
            return _places(place for place, value in enumerate(self.values) if value is not None)
        blank = (None, "") if sign == "" else (None,)
        return _places(place for place, value in enumerate(self.values) if value in blank)

    def _equal(self, wanted: Value) -> np.ndarray:
        if isinstance(wanted, str):
            texts = self._texts_folded()
            if not any(sign in wanted for sign in "*?~"):
                return _places(texts.get(fold_case(wanted), ()))
            pattern = wildcards(wanted)
            return np.sort(_places(p for text, places in texts.items() if pattern.fullmatch(text) for p in places))
        key: object = wanted
        if isinstance(wanted, bool):
            key = ("boolean", wanted)
        elif isinstance(wanted, float):
            key = number_key(wanted)
        return _places(self._by_key().get(key, ()))

    def _ordered(self, sign: str, wanted: Value) -> np.ndarray:
        holds = ORDERS[sign]
        if wanted is None:
            return _places(())  # ">" alone: nothing is met, as Excel counts
        if type(wanted) is float:
            return np.flatnonzero(holds(self.numbers, wanted))
        if isinstance(wanted, str):
            limit = fold_case(wanted)
            texts = self._texts_folded()
            return np.sort(_places(p for text, places in texts.items() if holds(text, limit) for p in places))
        return _places(p for p, value in enumerate(self.values) if type(value) is type(wanted) and holds(value, wanted))


_MOST_REMEMBERED = 64
_FEW = 2048


def _remembered(
    known: OrderedDict[Criterion, np.ndarray], criterion: Criterion, find: Callable[[Criterion], np.ndarray]
) -> np.ndarray:
    """What was found for a criterion asked lately, else what is found now."""
    if type(criterion.wanted) is bool:
        return find(criterion)  # TRUE and 1 are one key
    found = known.get(criterion)
    if found is None:
        found = known[criterion] = find(criterion)
        if len(known) > _MOST_REMEMBERED:
            known.popitem(last=False)
    return found


def meeting_all(columns: Sequence[Cells], criteria: Sequence[Criterion]) -> np.ndarray:
    """The places, in rising order, where each column meets its criterion; the rarest is asked first."""
    found = [(cells.meeting(criterion), cells, criterion) for cells, criterion in zip(columns, criteria, strict=True)]
    found.sort(key=lambda entry: len(entry[0]))
    places = found[0][0]
    for other, cells, criterion in found[1:]:
        if len(other) <= _FEW:
            places = np.intersect1d(places, other, assume_unique=True)
        else:
            places = places[cells.mask(criterion)[places]]
    return places


def _places(found: object) -> np.ndarray:
    return np.fromiter(found, dtype=np.int64)  # type: ignore[call-overload]


def meets(criterion: Criterion, value: Value) -> bool:
    """Whether one value meets a criterion."""
    return bool(len(Cells((value,)).meeting(criterion)))


_KEPT: OrderedDict[int, tuple[object, Cells]] = OrderedDict()
_MOST_KEPT = 24
_WORTH_KEEPING = 64


def cells_of(matrix: Matrix) -> Cells:
    """The cells of a matrix; those of large ranges asked lately are kept, by the identity of their rows."""
    if matrix.height * matrix.width < _WORTH_KEEPING:
        return Cells(matrix)
    known = _KEPT.get(id(matrix.rows))
    if known is not None and known[0] is matrix.rows:
        _KEPT.move_to_end(id(matrix.rows))
        return known[1]
    cells = Cells(matrix)
    _KEPT[id(matrix.rows)] = (matrix.rows, cells)
    while len(_KEPT) > _MOST_KEPT:
        _KEPT.popitem(last=False)
    return cells
