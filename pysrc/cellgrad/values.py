"""Excel's values, one at a time and in arrays.

One value is a Python object: `float` (numbers and dates), `bool`, `str`, `CellError`, or `None` for a blank cell.
Many values are two numpy arrays of one shape: `kind` (uint8, a `Kind`) and `data` (float64): the number; 0 or 1 for
a boolean; the index into the workbook's `Strings` for a text; the code of a `CellError`; 0 for a blank.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import TypeAlias


class Kind(enum.IntEnum):
    """What a cell holds."""

    BLANK = 0
    NUMBER = 1
    BOOLEAN = 2
    TEXT = 3
    ERROR = 4


class CellError(enum.Enum):
    """An error value in a cell; the number is Excel's own (ERROR.TYPE), beyond 8 as Microsoft numbers them."""

    NULL = (1, "#NULL!")
    DIV0 = (2, "#DIV/0!")
    VALUE = (3, "#VALUE!")
    REF = (4, "#REF!")
    NAME = (5, "#NAME?")
    NUM = (6, "#NUM!")
    NA = (7, "#N/A")
    GETTING_DATA = (8, "#GETTING_DATA")
    SPILL = (9, "#SPILL!")
    CALC = (14, "#CALC!")

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text

    def __str__(self) -> str:
        return self.text

    @classmethod
    def from_code(cls, code: int) -> CellError:
        return _BY_CODE[int(code)]

    @classmethod
    def from_text(cls, text: str) -> CellError:
        """'#div/0!' -> CellError.DIV0; raises KeyError for text that is no error."""
        return _BY_TEXT[text.upper()]


Value: TypeAlias = float | bool | str | CellError | None

_BY_CODE = {error.code: error for error in CellError}
_BY_TEXT = {error.text: error for error in CellError}


class Strings:
    """Every text of a workbook once; a text in an array is its index here."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.texts: list[str] = []
        self._index: dict[str, int] = {}
        for text in texts:
            self.intern(text)

    def intern(self, text: str) -> int:
        """The index of `text`, added if new."""
        index = self._index.get(text)
        if index is None:
            index = self._index[text] = len(self.texts)
            self.texts.append(text)
        return index

    def __getitem__(self, index: int) -> str:
        return self.texts[index]

    def __len__(self) -> int:
        return len(self.texts)


def fold_case(text: str) -> str:
    """Text as Excel compares it: without regard to case."""
    return text.lower()
