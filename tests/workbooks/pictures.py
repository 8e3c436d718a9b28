"""Takes the pictures of the README's gallery from the shipped workbooks: ``python -m tests.workbooks.pictures [NAME]``.

LibreOffice prints a copy, optimised where that tells more, on a page cut to the cells of one table below: what a
reader sees on the first screen, without the window around it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cellgrad
from cellgrad.hosts.calc import bridge
from cellgrad.hosts.calc.bridge import Office, property_value

WORKBOOKS = Path(__file__).parents[2] / "workbooks"
PICTURES = WORKBOOKS / "pictures"
WIDTH, COLOURS = 960, 128
"""Pixels across, and colours in a picture: with few of them the files are small."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A part of a sheet. optimised: the models of these sheets are optimised first."""

    file: str
    sheet: str
    region: str
    optimised: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return PICTURES / f"{Path(self.file).stem}.png"


TABLE = (
    Picture("quadratic.xlsm", "quadratic", "A1:P27", ("quadratic",)),
    Picture("learning-rate.xlsx", "rates", "A1:K29"),
    Picture("relu.xlsm", "ten", "A1:P26", ("ten",)),
    Picture("matmul.xlsx", "product", "A1:R26"),
    Picture("titanic.xlsx", "sigmoid", "A1:I42", ("sigmoid", "linear_split")),
    Picture("compare.xlsx", "models", "A1:S25"),
    Picture("three-classes.xlsx", "flower", "A1:M31", ("softmax",)),
    Picture("image.xlsx", "look", "A1:AD36"),
    Picture("embeddings.xlsx", "nearest", "A1:R41"),
    Picture("words.xlsx", "try", "A1:O30", ("words",)),
    Picture("sensitivity.xlsx", "tornado", "A21:K40"),
    Picture("index.xlsx", "lessons", "A1:J22"),
)


def main(names: Iterable[str]) -> None:
    """Every picture, or those of the workbooks named."""
    wanted = set(names)
    PICTURES.mkdir(exist_ok=True)
    office = bridge.start()
    try:
        for picture in TABLE:
            if not wanted or picture.path.stem in wanted:
                with tempfile.TemporaryDirectory() as folder:
                    take(office, picture, Path(folder))
                print(picture.path, f"{picture.path.stat().st_size / 1000:.0f} kB", flush=True)
    finally:
        office.quit()


def take(office: Office, picture: Picture, folder: Path) -> None:
    """One picture, with `folder` for scratch."""
    copy = folder / picture.file
    copy.write_bytes((WORKBOOKS / picture.file).read_bytes())
    if picture.optimised:
        book = cellgrad.open(copy)
        for sheet in picture.optimised:
            book.model(sheet).optimize()
        book.write(copy)
    pdf = folder / "page.pdf"
    document = office.desktop.loadComponentFromURL(copy.as_uri(), "_blank", 0, (property_value("Hidden", True),))
    try:
        cut(document, picture)
        plain = (property_value("ExportFormFields", False), property_value("ExportNotes", False))
        how = bridge.import_uno().Any("[]com.sun.star.beans.PropertyValue", plain)
        export = (property_value("FilterName", "calc_pdf_Export"), property_value("FilterData", how))
        document.storeToURL(pdf.as_uri(), export)
    finally:
        document.close(True)
    subprocess.run(
        ["pdftoppm", "-png", "-singlefile", "-scale-to-x", str(WIDTH), "-scale-to-y", "-1", pdf, folder / "page"],
        check=True, timeout=120,
    )  # fmt: skip
    subprocess.run(
        ["convert", folder / "page.png", "-strip", "+dither", "-colors", str(COLOURS), f"PNG8:{picture.path}"],
        check=True, timeout=120,
    )  # fmt: skip


def cut(document: Any, picture: Picture) -> None:
    """Have the document print the region alone, on a page of its size."""
    sheets = document.Sheets
    for name in sheets.ElementNames:
        sheets.getByName(name).setPrintAreas(())
    sheet = sheets.getByName(picture.sheet)
    region = sheet.getCellRangeByName(picture.region)
    for shape in sheet.DrawPage:
        if shape.supportsService("com.sun.star.drawing.ControlShape"):
            shape.Control.Printable = True  # buttons and sliders are not printed otherwise
    sheet.setPrintTitleRows(False)
    sheet.setPrintAreas((region.RangeAddress,))
    style = document.StyleFamilies.getByName("PageStyles").getByName(sheet.PageStyle)
    style.HeaderIsOn = style.FooterIsOn = False
    for side in ("Left", "Right", "Top", "Bottom"):
        setattr(style, f"{side}Margin", 200)  # hundredths of a millimetre
    width, height = region.Size.Width + 500, region.Size.Height + 500
    style.IsLandscape = width > height
    style.Width, style.Height = width, height
    style.ScaleToPages = 0
    style.ScaleToPagesX = style.ScaleToPagesY = 1


if __name__ == "__main__":
    main(sys.argv[1:])
