"""Digits by a small convolutional network, every number of it in a cell.

Sheets: `look` (one image through all layers; the filters), `layers` (shapes and parameters; the filters laid out
flat), `dense` (the last layer's weights), `results` (accuracy, confusion, the worst mistakes), `train` and `held_out`
(an image a row, the whole network in formulas; the loss) and `linear` (the yardstick on the same split).
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format

from cellgrad.lessons.computed import Page, Values, computed
from cellgrad.lessons.image.layout import (
    CHANGING,
    DIGITS,
    FIRST,
    LINEAR_AT,
    SIDE,
    TRAINING,
    Image,
    read_images,
    region,
)
from cellgrad.lessons.image.look import DIGIT, NUMBER, draw_look
from cellgrad.lessons.image.rows import draw_images, draw_linear
from cellgrad.lessons.image.sharing import rewrite, shared
from cellgrad.lessons.image.tables import draw_dense, draw_layers, draw_results
from cellgrad.lessons.image.values import linear_row, network_row
from cellgrad.lessons.package import BUILT, finish
from cellgrad.lessons.style import Look
from cellgrad.lessons.training import Results, read_results
from cellgrad.solver_models import SolverModel, solver_names

SHEETS = ("look", "layers", "dense", "results", "train", "held_out", "linear")
LONG = ("train", "held_out", "linear")
"""The sheets with an image a row, from the row FIRST on."""
MODELS = {
    "train": SolverModel("train", "train!$C$3", CHANGING, goal="min", non_negative=False),
    "linear": SolverModel(
        "linear", "linear!$C$3", f"linear!{region(FIRST, LINEAR_AT, 1 + SIDE * SIDE, DIGITS)}", goal="min",
        non_negative=False,
    ),
}  # fmt: skip


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path` from `data`/digits.csv and what training found. Raises FileError where either is
    missing or other."""
    return build_with(read_images(data / "digits.csv"), read_results(data, "image"), path)


def build_with(images: Sequence[Image], found: Results, path: Path) -> Path:
    """The workbook with the given parameters in its cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows: Values = {
        name: {
            (row, column): value
            for row, image in enumerate(part, start=FIRST)
            for column, value in of_image(image, found).items()
        }
        for name, part, of_image in (
            ("train", images[:TRAINING], network_row),
            ("held_out", images[TRAINING:], network_row),
            ("linear", images, linear_row),
        )
    }
    with tempfile.TemporaryDirectory() as folder:
        draft, compact = Path(folder) / "draft.xlsx", Path(folder) / "compact.xlsx"
        _draw(draft, images, found, rows, _Frozen)
        rest = computed(draft)
        values = {name: {**rest[name], **rows.get(name, {})} for name in SHEETS}
        _draw(draft, images, found, values, Page)
        long = {f"xl/worksheets/sheet{SHEETS.index(name) + 1}.xml" for name in LONG}
        with zipfile.ZipFile(draft) as source, zipfile.ZipFile(compact, "w") as target:
            rewrite(source, target, lambda name, part: shared(part, FIRST + 1) if name in long else part)
        return finish(compact, path, {sheet: dict(solver_names(model)) for sheet, model in MODELS.items()})


class _Frozen(Page):
    """A page whose formulas below the headers are their values: what other sheets read, without working it out."""

    def formula(self, row: int, column: int, text: str, style: Format) -> None:
        if self.name in LONG and row >= FIRST:
            self.sheet.write(row, column, self._value(row, column), style)
        else:
            super().formula(row, column, text, style)

    def array(self, top: int, left: int, bottom: int, right: int, text: str, style: Format) -> None:
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                self.formula(row, column, text, style)


def _draw(path: Path, images: Sequence[Image], found: Results, values: Mapping[str, Mapping], kind: type[Page]) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "Digits by a convolutional network", "author": "Cellgrad", "created": BUILT})
        look = Look(book)
        pages = {name: kind(book, name, values) for name in SHEETS}
        names = {"loss": "train!$C$3", "penalty": "train!$C$5", "image_number": f"look!{NUMBER}",
                 "explained": f"look!{DIGIT}"}  # fmt: skip
        for name, cell in names.items():
            book.define_name(name, f"={cell}")
        draw_look(pages["look"], look, found)
        draw_layers(pages["layers"], look)
        draw_dense(pages["dense"], look, found)
        draw_results(book, pages["results"], look)
        draw_images(pages["train"], look, images[:TRAINING], 0, found)
        draw_images(pages["held_out"], look, images[TRAINING:], TRAINING, found)
        draw_linear(pages["linear"], look, images, found)
