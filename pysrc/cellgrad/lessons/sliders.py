"""Sliders: scroll bars on a sheet that move a cell, bound by Excel and by LibreOffice Calc alike.

A slider knows whole numbers alone. So it moves a helper cell from 0 to `steps`, a formula scales that to the range of
a weight, and a switch cell chooses between the slider's value and the learned one. The learned value, the changing
cell, stays a plain number; the model reads the value in use: see `Slider.scaled` and `used`.

XlsxWriter has buttons but no scroll bars. `place` writes a button that carries the slider as its caption, and
`as_scroll_bars`, called by `package.finish`, turns it into a scroll bar. That is done in the legacy drawing (VML), the
form in which Excel 2007 kept its controls and which every later Excel reads and holds to be the true one: what Excel
2010 and later write beside it (`controls` in the sheet, `xl/ctrlProps/`, a twin in the drawing) they make anew from it
where it is missing, as for XlsxWriter's own buttons and Excelize's scroll bars. VML: ECMA-376 part 4, 19.4 (ClientData
and its children FmlaLink, Val, Min, Max, Inc, Page, Horiz, Dx).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from lxml import etree
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cellgrad.address import quote_sheet

MOST_STEPS = 30_000
"""Excel's scroll bars end there."""

_V, _X = "{urn:schemas-microsoft-com:vml}", "{urn:schemas-microsoft-com:office:excel}"
_STAND_IN = "CellgradSlider"
"""The macro that a button names which is to become a slider; it exists nowhere."""
_ARROW_WIDTH = 16


@dataclass(frozen=True)
class Slider:
    """A slider from `low` to `high`.

    sheet, link: the helper cell it moves, (row, column) from 0. steps: how many there are from one end to
    the other. at: the step it stands at. page: how many steps a click beside the thumb goes.
    """

    sheet: str
    link: tuple[int, int]
    low: float
    high: float
    at: int
    steps: int = 200
    page: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.steps <= MOST_STEPS or not 0 <= self.at <= self.steps or not self.low < self.high:
            raise ValueError(f"{self} is no slider: 0 <= at <= steps <= {MOST_STEPS}, and low < high")

    @property
    def cell(self) -> str:
        """The helper cell, as in ``$C$9``."""
        return xl_rowcol_to_cell(*self.link, row_abs=True, col_abs=True)

    @property
    def address(self) -> str:
        """The same with its sheet, without which LibreOffice looks for a first slider's cell in the first sheet."""
        return f"{quote_sheet(self.sheet)}!{self.cell}"

    @property
    def scaled(self) -> str:
        """The formula, without its ``=``, that gives the slider's value within its range."""
        # Multiplied before it is divided, so that the middle of -1 to 1 is 0 exactly.
        return f"{self.low:g}+{self.cell}*{self.high - self.low:g}/{self.steps}"

    @property
    def value(self) -> float:
        """What `scaled` gives where the slider stands."""
        return self.low + self.at * (self.high - self.low) / self.steps


def used(switch: str, slider: str, learned: str, word: str) -> str:
    """The formula, without its ``=``, of the value in use: the slider's while the switch cell says `word`."""
    return f'IF({switch}="{word}",{slider},{learned})'


def place(sheet: Worksheet, row: int, column: int, slider: Slider, width: int, height: int, about: str) -> None:
    """Put a slider on a sheet, its upper left corner 2 pixels into a cell (from 0); sizes in pixels.

    about: what it moves, in words, for who cannot see it. The helper cell and the formulas are the caller's to write.
    """
    options = {"macro": _STAND_IN, "caption": json.dumps(asdict(slider)), "description": about}
    sheet.insert_button(row, column, {**options, "width": width, "height": height, "x_offset": 2, "y_offset": 2})


def as_scroll_bars(drawing: bytes) -> bytes:
    """A legacy drawing with its stand-ins made into scroll bars; the very bytes given where it has none."""
    if _STAND_IN.encode() not in drawing:
        return drawing
    root = etree.fromstring(drawing, etree.XMLParser(resolve_entities=False))
    for shape in root.iter(f"{_V}shape"):
        if shape.findtext(f"{_X}ClientData/{_X}FmlaMacro") == f"[0]!{_STAND_IN}":
            _make_scroll_bar(shape)
    return etree.tostring(root)


def _make_scroll_bar(shape: etree._Element) -> None:
    caption = "".join(shape.find(f"{_V}textbox").itertext())
    given = json.loads(caption)
    slider = Slider(**given | {"link": tuple(given["link"])})
    data = shape.find(f"{_X}ClientData")
    anchor = data.findtext(f"{_X}Anchor")
    for child in list(shape):
        shape.remove(child)
    for name in ("fillcolor", "{urn:schemas-microsoft-com:office:office}button"):
        shape.attrib.pop(name)
    shape.set("stroked", "f")
    data = etree.SubElement(shape, f"{_X}ClientData", ObjectType="Scroll")
    for name, value in {
        "Anchor": anchor, "PrintObject": "False", "FmlaLink": slider.address, "Val": slider.at, "Min": 0,
        "Max": slider.steps, "Inc": 1, "Page": slider.page, "Horiz": None, "Dx": _ARROW_WIDTH,
    }.items():  # fmt: skip
        etree.SubElement(data, f"{_X}{name}").text = None if value is None else str(value)
