"""The sheet `sliders` of titanic.xlsm: weights of the linear model under the hand, and what they do to the loss.

rows 1:2     title and what to do           row 4      the switch, the loss, the share predicted right
rows 7:17    the ten weights: learned (the changing cells), by slider, in use; the sliders beside them
rows 20:26   the six groups of the chart: how many lived, and what the weights in use say
"""

from __future__ import annotations

import math

import numpy as np
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cellgrad.lessons.charts import dress
from cellgrad.lessons.sheet_parts import header_row, note, set_up_page
from cellgrad.lessons.sliders import Slider, place, used
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic.models import solver_model
from cellgrad.lessons.titanic.passengers import INPUTS, TABLES, Columns, computed, products
from cellgrad.solver_models import SolverModel

SHEET = "sliders"
BUTTONS_AT = (2, 5)
SWITCH, BY_SLIDER, LEARNED = "$B$4", "sliders", "learned"
HEADER, FIRST = 6, 7
"""The header row of the weights and their first row, from 0."""
WITH_SLIDER = ("Pclass_1", "Male", "Ones")
"""The class, the sex and the constant: with these three alone a person comes close to the best there is."""
STEPS = 200
COLUMNS = ("input", "learned", "step", "by slider", "in use", "slider")
SLIDER_AT, SLIDER_SIZE = 5, (280, 17)
GROUPS_AT = (19, 0)
GROUPS = [(word, male, pclass) for word, male in (("women", 0), ("men", 1)) for pclass in (1, 2, 3)]
GROUP_COLUMNS = ("group", "passengers", "survived", "predicted")

TABLE = TABLES["linear"]
IN_USE = f"$E${FIRST + 1}:$E${FIRST + len(INPUTS)}"
PREDICTIONS = f"MMULT({TABLE}[[{INPUTS[0]}]:[{INPUTS[-1]}]],{IN_USE})"

NOTES = {
    "switch": (
        "sliders: a weight that has a slider comes from it, the others from the column learned. learned: all ten come "
        "from the column learned, where Optimize puts what it finds.\nTry this: get the loss as low as you can by "
        "hand. Then choose learned, press Optimize and see what the gradient makes of it."
    ),
    "learned": (
        "The changing cells: plain numbers, all 0 at first, so that the model says of everybody: did not live.\nTry "
        "this: leave the switch at sliders, set the three to what you believe in, press Optimize. Only the seven "
        "others are learned, around your choice."
    ),
    "step": (
        "A slider knows whole numbers alone: it moves this cell from 0 to 200, and the next column turns that into a "
        "weight from -1 to 1. Typing a number here moves the slider."
    ),
    "in use": "What the model reads: by slider or learned, as the switch says.",
    "loss": (
        "The mean squared error over the 712 passengers of the sheet linear, with the weights in use. At 0 everywhere "
        "the model is wrong by 1 for each who lived."
    ),
    "predicted": (
        "The mean prediction over the group. It is the prediction for the group's mean passenger, because the model "
        "is linear."
    ),
}


def add_sheet(book: xlsxwriter.Workbook, people: Columns) -> SolverModel:
    """Add the sheet, for the complete passengers; its model."""
    look, sheet = Look(book), book.add_worksheet(SHEET)
    sheet.write_string(0, 0, "Titanic: the weights under your hand", look.title())
    caption = "Drag a slider, or click its arrows: the loss and the yellow bars follow. Red corners carry notes."
    sheet.write_string(1, 0, caption, look.caption())
    weights = _weights(sheet, look)
    x, y = _data(people)
    prediction = products(x, weights[:, None])[:, 0]
    _head(sheet, look, prediction, y)
    _groups(sheet, look, people, prediction, y)
    _chart(book, sheet)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 4, 12)
    sheet.set_column_pixels(SLIDER_AT, SLIDER_AT, SLIDER_SIZE[0] + 4)
    set_up_page(sheet, GROUPS_AT[0] + 15, 11, 1)
    return solver_model(SHEET, f"$B${FIRST + 1}:$B${FIRST + len(INPUTS)}", "$E$4")


def _data(people: Columns) -> tuple[np.ndarray, np.ndarray]:
    """The inputs (n, 10) and the truth (n,)."""
    values = people | {name: column.tolist() for name, column in computed(people).items()}
    return np.array([values[name] for name in INPUTS], float).T, np.array(values["Survived"], float)


def _weights(sheet: Worksheet, look: Look) -> np.ndarray:
    """The table of weights with its sliders; the weights in use (10,)."""
    roles = (Role.DATA, Role.PARAMETER, Role.PARAMETER, Role.MODEL, Role.MODEL, Role.PARAMETER)
    header_row(sheet, look, HEADER, zip(COLUMNS, roles, strict=True), NOTES)
    in_use = np.zeros(len(INPUTS))
    for row, name in enumerate(INPUTS, start=FIRST):
        learned, scaled = f"B{row + 1}", f"D{row + 1}"
        sheet.write_string(row, 0, name, look.label())
        sheet.write_number(row, 1, 0, look.parameter())
        formula, style = learned, look.cell(Role.MODEL, "0.0000", align="center")
        if name in WITH_SLIDER:
            slider = Slider(SHEET, (row, 2), low=-1, high=1, at=STEPS // 2, steps=STEPS)
            in_use[row - FIRST] = slider.value
            sheet.write_number(row, 2, slider.at, look.cell(Role.PARAMETER, "0", align="center"))
            sheet.write_formula(
                row, 3, f"={slider.scaled}", look.cell(Role.MODEL, "0.00", align="center"), slider.value
            )
            formula = used(SWITCH, scaled, learned, BY_SLIDER)
            place(sheet, row, SLIDER_AT, slider, *SLIDER_SIZE, f"slider of the weight of {name}, from -1 to 1")
        sheet.write_formula(row, 4, f"={formula}", style, in_use[row - FIRST])
    return in_use


def _head(sheet: Worksheet, look: Look, prediction: np.ndarray, y: np.ndarray) -> None:
    """The switch, the loss and the share predicted right."""
    sheet.write_string(3, 0, "weights from", look.label())
    sheet.write_string(3, 1, BY_SLIDER, look.parameter())
    sheet.data_validation(3, 1, 3, 1, {"validate": "list", "source": [BY_SLIDER, LEARNED]})
    note(sheet, "A4", NOTES["switch"])
    truth = f"{TABLE}[Survived]"
    sheet.write_string(3, 3, "loss", look.label())
    sheet.write_formula(
        3, 4, f"=SUMPRODUCT(({truth}-{PREDICTIONS})^2)/ROWS({truth})",
        look.result(Role.LOSS, "0.000000"), math.fsum((y - prediction) ** 2) / len(y),
    )  # fmt: skip
    note(sheet, "D4", NOTES["loss"])
    sheet.write_string(4, 3, "correct", look.label())
    sheet.write_formula(
        4, 4, f"=SUMPRODUCT(--(({PREDICTIONS}>0.5)=({truth}=1)))/ROWS({truth})",
        look.cell(Role.MODEL, "0.0%"), float(((prediction > 0.5) == (y == 1)).mean()),
    )  # fmt: skip


def _groups(sheet: Worksheet, look: Look, people: Columns, prediction: np.ndarray, y: np.ndarray) -> None:
    """Women and men by class: how many lived, and what the weights in use say of them."""
    top, left = GROUPS_AT
    header_row(sheet, look, top, zip(GROUP_COLUMNS, [Role.DATA] * 3 + [Role.MODEL], strict=True), left=left)
    note(sheet, xl_rowcol_to_cell(top, left + 3), NOTES["predicted"])
    men, classes = np.array(people["Sex"]) == "male", np.array(people["Pclass"], float)
    share = {role: look.cell(role, "0.000", align="center") for role in (Role.DATA, Role.MODEL)}
    for row, (word, male, pclass) in enumerate(GROUPS, start=top + 1):
        inside = (men == bool(male)) & (classes == pclass)
        chosen, count = f"({TABLE}[Male]={male})*({TABLE}[Pclass]={pclass})", int(inside.sum())
        lived, said = float(y[inside].sum() / count), math.fsum(prediction[inside]) / count
        sheet.write_string(row, left, f"{word}, class {pclass}", look.label())
        sheet.write_formula(row, left + 1, f"=SUMPRODUCT({chosen})", look.cell(Role.DATA, align="center"), count)
        sheet.write_formula(
            row, left + 2, f"=SUMPRODUCT({chosen}*{TABLE}[Survived])/$B{row + 1}", share[Role.DATA], lived
        )
        sheet.write_formula(row, left + 3, f"=SUMPRODUCT({chosen}*{PREDICTIONS})/$B{row + 1}", share[Role.MODEL], said)


def _chart(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
    """A pair of bars a group."""
    top, left = GROUPS_AT
    chart = book.add_chart({"type": "column"})
    for column, role in ((left + 2, Role.DATA), (left + 3, Role.PARAMETER)):
        chart.add_series({
            "name": [SHEET, top, column],
            "categories": [SHEET, top + 1, left, top + len(GROUPS), left],
            "values": [SHEET, top + 1, column, top + len(GROUPS), column],
            "fill": {"color": role.colours.header}, "gap": 60,
        })  # fmt: skip
    chart.set_y_axis({"min": -0.5, "max": 1, "major_unit": 0.25, "num_format": "0.00"})
    chart.set_x_axis({"label_position": "low"})
    dress(chart, "Share that lived, and what the weights say", (620, 320), legend="bottom")
    sheet.insert_chart(GROUPS_AT[0] - 1, SLIDER_AT, chart, {"x_offset": 2})
