"""The sheets of the models: what each says of passengers it never saw, unit by unit.

A sheet a size. On it stand the model with a sigmoid and the one without side by side, each as a band of columns:
labels, weights, the units of each layer before their ReLU, prediction, loss. The passengers stand in the rows they have
on the sheet `data`, part after part; the weights beside a part are those of the split in which it judges.
"""

from __future__ import annotations

from dataclasses import dataclass

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_range_abs, xl_rowcol_to_cell

from cellgrad.lessons.compare import notes, people
from cellgrad.lessons.compare.nets import NETS, Net, first_layer, next_layer, probability, table_row
from cellgrad.lessons.compare.parts import Passengers
from cellgrad.lessons.compare.people import FIRST, HEADER, INPUT_AT
from cellgrad.lessons.compare.results import Run, Trained
from cellgrad.lessons.computed import Page, Values
from cellgrad.lessons.sheet_parts import LEGEND_WORDS, heading, legend, note, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic.passengers import INPUTS

PEOPLE = {"number": Role.DATA, "part": Role.DATA, "survived": Role.DATA}
PRINTED = 45
"""Passengers on paper: enough to see how it goes on."""


@dataclass(frozen=True)
class Band:
    """Where a model stands: its sheet and its columns, from 0."""

    net: Net
    sheet: str
    left: int

    @property
    def weights(self) -> int:
        return self.left + 1

    @property
    def width(self) -> int:
        """Columns that a layer takes, or the weights."""
        return max(self.net.units, 1)

    def layer(self, number: int) -> int:
        """The first column of a layer's units; layers count from 0."""
        return self.weights + self.width * (1 + number)

    @property
    def prediction(self) -> int:
        return self.layer(self.net.layers)

    @property
    def loss(self) -> int:
        return self.prediction + 1

    def predictions(self, everyone: Passengers, split: int | None = None) -> str:
        """The predictions for the part that judges in a split, or for all, as ``net_8!$T$5:$T$147``."""
        return people.region(everyone, self.prediction, 1, split, self.sheet)

    def truths(self, everyone: Passengers, split: int) -> str:
        """Whether the passengers of that part lived."""
        return people.region(everyone, 2, 1, split, self.sheet)

    def losses(self, everyone: Passengers) -> str:
        """The cross-entropies of all passengers."""
        return people.region(everyone, self.loss, 1, None, self.sheet)


def _bands() -> dict[Net, Band]:
    found: dict[Net, Band] = {}
    for net in NETS:
        sheet = f"net_{net.size.replace('-', '_')}" if net.layers else net.size
        beside = [band for band in found.values() if band.sheet == sheet]
        found[net] = Band(net, sheet, beside[-1].loss + 2 if beside else len(PEOPLE) + 1)
    return found


BANDS = _bands()
"""Each model's band."""
SHEETS = list(dict.fromkeys(band.sheet for band in BANDS.values()))


def draw(book: xlsxwriter.Workbook, values: Values, look: Look, everyone: Passengers, trained: Trained) -> None:
    """All sheets of models, from the smallest."""
    for name in SHEETS:
        page = Page(book, name, values)
        bands = [band for band in BANDS.values() if band.sheet == name]
        _people(page, look, everyone, bands[0].net)
        for band in bands:
            _headers(page, look, band)
            for run in trained.models[band.net]:
                _split(page, look, everyone, band, run)
            _losses(page, look, everyone, band)
        _looks(page, look, bands)


def _people(page: Page, look: Look, everyone: Passengers, net: Net) -> None:
    """Title, and who the rows are."""
    sheet, last = page.sheet, people.last_row(everyone)
    layers = {0: "The linear model", 1: f"One layer of {net.units} units", 2: f"Two layers of {net.units} units"}
    hint = "Yellow: the weights that training found, a set for each part. Change one and watch the sheet models."
    heading(sheet, look, f"{layers[net.layers]}: what it says of passengers it never saw", notes.NETS["title"], hint)
    for column, (word, role) in enumerate(PEOPLE.items()):
        sheet.write_string(HEADER, column, word, look.header(role))
        page.array(FIRST, column, last, column, f"={word}", look.cell(Role.DATA, "0", align="center"))
    note(sheet, f"B{HEADER + 1}", notes.NETS["part"])


def _headers(page: Page, look: Look, band: Band) -> None:
    sheet, net = page.sheet, band.net
    sheet.write_string(HEADER - 1, band.left, net.name, look.bold())
    if net.layers:
        sheet.write_string(HEADER - 1, band.weights + 1, "weights", look.caption())
    words = {band.left: ("weights of", Role.PARAMETER)}
    for unit in range(band.width):
        words[band.weights + unit] = (f"unit {unit + 1}" if net.layers else "weight", Role.PARAMETER)
    for layer in range(net.layers):
        sheet.write_string(HEADER - 1, band.layer(layer), f"layer {layer + 1}", look.caption())
        for unit in range(net.units):
            words[band.layer(layer) + unit] = (f"{'ab'[layer]} {unit + 1}", Role.MODEL)
    for column, letter in ((band.prediction, "H"), (band.loss, "K")):
        row = table_row(net) + 1
        page.formula(HEADER - 1, column, f"=models!{letter}{row}", look.cell(Role.LOSS, "0.0000", bold=True))
        note(sheet, xl_rowcol_to_cell(HEADER - 1, column), notes.NETS[letter])
    words |= {band.prediction: ("prediction", Role.MODEL), band.loss: ("cross-entropy", Role.LOSS)}
    for column, (word, role) in words.items():
        sheet.write_string(HEADER, column, word, look.header(role))
        key = {"a 1": "a", "b 1": "b", "prediction": f"prediction {int(net.sigmoid)}"}.get(word, word)
        if key in notes.NETS:
            note(sheet, xl_rowcol_to_cell(HEADER, column), notes.NETS[key])


def _split(page: Page, look: Look, everyone: Passengers, band: Band, run: Run) -> None:
    """The weights of a split, and what they say of the part that judges in it."""
    net, (first, end) = band.net, everyone.rows(run.split)
    top, bottom = FIRST + first, FIRST + end - 1
    blocks = _weights(page, look, band, run, top)
    unit = look.cell(Role.MODEL, "0.00")

    def fill(column: int, width: int, formula: str, style: xlsxwriter.format.Format = unit) -> str:
        page.array(top, column, bottom, column + width - 1, f"={formula}", style)
        return xl_range_abs(top, column, bottom, column + width - 1)

    inputs = people.region(everyone, INPUT_AT, len(INPUTS), run.split, people.SHEET)
    score = first_layer(inputs, blocks[0])
    if net.layers:
        units = fill(band.layer(0), net.units, score)
        for layer in range(1, net.layers):
            units = fill(band.layer(layer), net.units, next_layer(units, *blocks[2 * layer - 1 : 2 * layer + 1]))
        score = next_layer(units, *blocks[-2:])
    fill(band.prediction, 1, probability(score) if net.sigmoid else score, look.cell(Role.MODEL, "0.000", bold=True))


def _weights(page: Page, look: Look, band: Band, run: Run, top: int) -> list[str]:
    """The blocks of parameters downward from `top`, labelled; where they stand."""
    sheet, net, row, found = page.sheet, band.net, top, []
    units = [[f"{letter} {unit + 1}" for unit in range(net.units)] + ["constant"] for letter in "ab"[: net.layers]]
    labels = [*INPUTS, *(word for layer in units for word in layer)]
    for at, label in enumerate(labels):
        sheet.write_string(top + at, band.left, label, look.cell(Role.PARAMETER))
    for block in run.blocks:
        for line in block:
            for column, number in enumerate(line, start=band.weights):
                sheet.write_number(row, column, number, look.cell(Role.PARAMETER, "0.00", align="center"))
            row += 1
        found.append(xl_range_abs(row - len(block), band.weights, row - 1, band.weights + block.shape[1] - 1))
    return found


def _losses(page: Page, look: Look, everyone: Passengers, band: Band) -> None:
    """What each passenger's prediction costs."""
    said, style = xl_col_to_name(band.prediction), look.cell(Role.LOSS, "0.000")
    for row in range(FIRST, people.last_row(everyone) + 1):
        truth = f"IF($C{row + 1}=1,{said}{row + 1},1-{said}{row + 1})"
        page.formula(row, band.loss, f"=-LN(MAX(least,MIN(1,{truth})))", style)


def _looks(page: Page, look: Look, bands: list[Band]) -> None:
    sheet, last = page.sheet, bands[-1].loss
    legend(sheet, look, FIRST + sum(rows for rows, _ in bands[0].net.shapes) + 2, bands[0].left, LEGEND_WORDS)
    sheet.set_column_pixels(0, len(PEOPLE) - 1, 66)
    sheet.set_column_pixels(len(PEOPLE), len(PEOPLE), 16)
    for band in bands:
        sheet.set_column_pixels(band.left, band.left, 84)
        sheet.set_column_pixels(band.weights, band.prediction - 1, 58 if band.net.layers else 84)
        sheet.set_column_pixels(band.prediction, band.prediction, 84)
        sheet.set_column_pixels(band.loss, band.loss, 100)
    sheet.set_column_pixels(bands[0].loss + 1, bands[0].loss + 1, 16)
    sheet.freeze_panes(FIRST, len(PEOPLE))
    set_up_page(sheet, FIRST + PRINTED, last, FIRST)
