"""What a function may ask of the workbook beyond its arguments: the cell it stands in, dates, formulas, hidden rows.

A function registered with `context=True` gets a `Context` before its arguments. The per-cell reference answers from
the snapshot; a test may answer from anything that fits the protocol.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from cellgrad.address import Region
from cellgrad.functions.operands import Areas, Matrix
from cellgrad.workbook import Workbook


class OnlyTheFileKnows(Exception):  # noqa: N818 - not an error: the cell's cached value is its value
    """The answer is data that only the file holds, such as a pivot table's; `what` is the subject of a sentence."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Context(Protocol):
    """The workbook as one formula sees it. Cells that are not computed yet are computed before a call returns."""

    @property
    def book(self) -> Workbook:
        """The snapshot: names, tables, sheets, external books."""

    @property
    def date_1904(self) -> bool:
        """Whether day 0 is 1904-01-01."""

    @property
    def host(self) -> Region:
        """The cells that the formula fills: one, unless it is an array formula."""

    @property
    def sheets(self) -> tuple[str, ...]:
        """The worksheets' names in the workbook's order."""

    def formula(self, sheet: str, row: int, column: int) -> str | None:
        """The formula of a cell as it is shown there, with its ``=``; None where it holds none."""

    def reference(self, text: str, a1: bool = True) -> Areas | None:
        """What a text such as ``Sheet1!B2:C4``, a name or ``Table1[Price]`` refers to; None for what is no reference.

        a1: in A1 notation; else in R1C1 notation, seen from the host cell.
        """

    def read(self, areas: Areas) -> Matrix:
        """The values of one region; of whole columns and rows the used part, `Matrix.beyond` counting the rest."""

    def kept(self, region: Region, *, filtered: bool, hidden: bool, nested: bool) -> np.ndarray:
        """Which cells SUBTOTAL and AGGREGATE count: a boolean array of the shape that `read` answers with.

        filtered: leave out rows that a filter hides. hidden: leave out every hidden row. nested: leave out cells
        whose formula holds a SUBTOTAL or AGGREGATE itself.
        """
