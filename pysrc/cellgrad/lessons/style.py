"""The look that every lesson shares: one colour for data, one for parameters, one for the model, one for the loss.

`sheet_parts` has what stands on the sheets in this look.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format

INK = "#1F2933"
FAINT = "#6B7280"
LINE = "#FFFFFF"


@dataclass(frozen=True)
class Colours:
    """A fill for cells and a darker one for their header."""

    cell: str
    header: str


class Role(Enum):
    """What a cell is in the lesson; the value is (its colours, what the legend says).

    The four differ in lightness and in blue against yellow, which nearly everybody sees.
    """

    DATA = (Colours("#E6F1FA", "#B5D5F0"), "data")
    PARAMETER = (Colours("#FFF3BF", "#FFD84D"), "parameter: to be found")
    MODEL = (Colours("#E9DDF6", "#C9AEE8"), "model: formulas")
    LOSS = (Colours("#FBD5BD", "#F2A679"), "loss: to be made small")

    @property
    def colours(self) -> Colours:
        return self.value[0]

    @property
    def meaning(self) -> str:
        return self.value[1]


class Look:
    """The formats of one workbook; asking twice for the same look gives the same format."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def _format(self, **properties: Any) -> Format:
        properties = {"font_name": "Calibri", "font_size": 11, "font_color": INK} | properties
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(properties)
        return self._formats[key]

    def cell(self, role: Role, number_format: str = "General", **extra: Any) -> Format:
        """A cell of the given role."""
        usual = {"bg_color": role.colours.cell, "num_format": number_format, "border": 1, "border_color": LINE}
        return self._format(**(usual | extra))

    def result(self, role: Role, number_format: str) -> Format:
        """The one cell that a column of the given role leads to."""
        return self._format(
            bg_color=role.colours.header,
            num_format=number_format,
            bold=True,
            border=1,
            border_color=LINE,
            valign="vcenter",
        )

    def parameter(self) -> Format:
        """A parameter: centred like the columns it stands above."""
        return self.cell(Role.PARAMETER, "0.0000", bold=True, align="center", valign="vcenter")

    def setting(self, number_format: str = "General") -> Format:
        """A number that is the reader's to choose, and no parameter to be found, such as a learning rate."""
        return self._format(
            bg_color="#FFFFFF", num_format=number_format, bold=True, border=2, border_color="#7B8794",
            align="center", valign="vcenter",
        )  # fmt: skip

    def missing(self) -> Format:
        """A blank where the data should say something."""
        return self._format(bg_color="#C4CAD1", border=1, border_color=LINE)

    def header(self, role: Role) -> Format:
        """The header above a column of the given role."""
        return self._format(
            bg_color=role.colours.header, bold=True, border=1, border_color=LINE, align="center", valign="vcenter"
        )

    def broken(self) -> Format:
        """Laid over a cell that should be otherwise, by a conditional format."""
        return self._book.add_format({"bg_color": "#B42318", "font_color": "#FFFFFF"})

    def shortened(self) -> Format:
        """Laid over a number too large for its column, by a conditional format."""
        return self._book.add_format({"num_format": "0.0E+00"})

    def title(self) -> Format:
        return self._format(bold=True, font_size=16, valign="vcenter")

    def text(self) -> Format:
        return self._format(indent=1)

    def bold(self) -> Format:
        return self._format(bold=True)

    def invitation(self, bold: bool = False) -> Format:
        """A line of the box that says what to try."""
        return self._format(bg_color="#EAF5EC", font_color="#1E5631", bold=bold, text_wrap=True, valign="vcenter",
                            indent=1)  # fmt: skip

    def caption(self, align: str = "left") -> Format:
        """Units and hints: there when looked for, quiet otherwise."""
        return self._format(font_color=FAINT, italic=True, align=align, valign="vcenter")

    def label(self) -> Format:
        """A name that stands beside the cell it names."""
        return self._format(bold=True, align="right", valign="vcenter", indent=1)
