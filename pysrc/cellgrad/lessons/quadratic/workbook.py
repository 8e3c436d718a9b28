"""The quadratic under the hand: 20 noisy points, three weights with sliders, their slopes in cells, and a step.

Sheet `quadratic`:

    rows 1:2     title and what to do
    rows 3:7     the three weights: by hand (sliders), moved by the gradient (the changing cells), in use; their slopes
                 got in three ways; where one step would bring them
    rows 9:10    loss, the least loss there is, learning rate, steps taken; buttons
    rows 13:32   the points, the curve and the errors; the chart beside them

Sheet `history`: the descent from where the sliders stand, one row a step, and the losses that the button Step records.

A weight in use is the slider's value plus what the gradient has moved it. So both work at any time, in any order.
"""

from __future__ import annotations

import io
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from cellgrad.lessons.buttons import macros
from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page, Values, write
from cellgrad.lessons.parabola import CURVE, LEAST, WEIGHTS, X, Y, loss, slope
from cellgrad.lessons.quadratic.notes import HISTORY, NOTES, TRY_THIS, TWO_STEPS
from cellgrad.lessons.sheet_parts import (
    header_row,
    heading,
    legend_across,
    may_run_away,
    note,
    numbers_only,
    set_up_page,
    try_this,
)
from cellgrad.lessons.sliders import Slider, place
from cellgrad.lessons.style import Look, Role
from cellgrad.solver_models import SolverModel

SHEET, PATH = "quadratic", "history"
START, RATE, AHEAD = 1.5, 0.05, 40
LOW, HIGH, STEPS = -2, 6, 160
TOP, FIRST = 4, 13
"""The first weight and the first point, counted from 0."""
LAST = FIRST + len(X) - 1
NUDGE = "0.01"
MACROS = Path(__file__).with_name("steps.bas")
BUTTONS = {"Step": "QuadraticStep", "Start again": "QuadraticStartAgain", "Optimize": "CellgradOptimize"}

BACKWARDS = ("SUMPRODUCT(pull*data_x^2)", "SUMPRODUCT(pull*data_x)", "SUM(pull)")
BY_FORMULA = (
    "weight_a*SUMPRODUCT(data_x^4)+weight_b*SUMPRODUCT(data_x^3)+weight_c*SUMSQ(data_x)-SUMPRODUCT(data_x^2*data_y)",
    "weight_a*SUMPRODUCT(data_x^3)+weight_b*SUMSQ(data_x)+weight_c*SUM(data_x)-SUMPRODUCT(data_x*data_y)",
    "weight_a*SUMSQ(data_x)+weight_b*SUM(data_x)+weight_c*COUNT(data_x)-SUM(data_y)",
)
"""Half the number of points times the slope in each weight: d/da mean((ax²+bx+c-y)²) = 2 mean(x²(ax²+bx+c-y)),
multiplied out; likewise for b and c."""


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path`; it needs nothing of `data`."""
    return write(path, "A quadratic by hand and by gradient", _draw)


def _draw(book: xlsxwriter.Workbook, values: Values) -> dict[str, SolverModel]:
    look = Look(book)
    page, history = Page(book, SHEET, values), Page(book, PATH, values)
    _names(book)
    _weights(page, look)
    _loss(page, look)
    _points(book, page, look)
    _history(book, history, look)
    book.add_vba_project(io.BytesIO(macros([SHEET, PATH], MACROS)), is_stream=True)
    book.set_vba_name("ThisWorkbook")
    for number, sheet in enumerate((page.sheet, history.sheet), start=1):
        sheet.set_vba_name(f"Sheet{number}")
    moved = f"{SHEET}!$D${TOP + 1}:$D${TOP + 3}"
    return {SHEET: SolverModel(SHEET, f"{SHEET}!$B$10", moved, goal="min", non_negative=False)}


def _names(book: xlsxwriter.Workbook) -> None:
    """The names that formulas and macros use."""
    cells = {"data_x": f"$A${FIRST + 1}:$A${LAST + 1}", "data_y": f"$B${FIRST + 1}:$B${LAST + 1}",
             "pull": f"$F${FIRST + 1}:$F${LAST + 1}", "loss": "$B$10", "least_loss": "$D$10", "learning_rate": "$G$10",
             "steps_taken": "$I$10"}  # fmt: skip
    for row, weight in enumerate(WEIGHTS, start=TOP + 1):
        for column, word in (("C", "hand"), ("D", "moved"), ("E", "weight"), ("I", "slope"), ("L", "next")):
            cells[f"{word}_{weight}"] = f"${column}${row}"
    for name, cell in cells.items():
        book.define_name(name, f"={SHEET}!{cell}")
    book.define_name("recorded", f"={PATH}!$I$4:$I${4 + AHEAD}")


def _weights(page: Page, look: Look) -> None:
    """The table of the three weights, its sliders and its slopes."""
    sheet = page.sheet
    hint = "y = a·x² + b·x + c. Drag the three sliders until the loss is small. Then start again and press Step."
    heading(sheet, look, "A quadratic: by hand, then by gradient", NOTES["title"], hint)
    sheet.merge_range(2, 8, 2, 10, "slope of the loss, in three ways", look.header(Role.MODEL))
    note(sheet, "I3", NOTES["slope"])
    columns = {
        "weight": Role.PARAMETER, "slider at": Role.PARAMETER, "by hand": Role.PARAMETER, "moved": Role.PARAMETER,
        "in use": Role.MODEL, "slider": Role.PARAMETER, "backwards": Role.MODEL, "by formula": Role.MODEL,
        "by nudging": Role.MODEL, "next": Role.MODEL,
    }  # fmt: skip
    at = [0, 1, 2, 3, 4, 5, 8, 9, 10, 11]
    for column, (word, role) in zip(at, columns.items(), strict=True):
        cell = xl_rowcol_to_cell(TOP - 1, column)
        if word == "slider":
            sheet.merge_range(TOP - 1, column, TOP - 1, column + 2, f"slider: {LOW} to {HIGH}", look.header(role))
        else:
            sheet.write_string(TOP - 1, column, word, look.header(role))
        if word in NOTES:
            note(sheet, cell, NOTES[word])
    number = look.cell(Role.MODEL, "0.00000", align="center", valign="vcenter")
    numbers_only(sheet, (TOP, 1, TOP + 2, 1), 0, STEPS, whole=True)
    numbers_only(sheet, (TOP, 3, TOP + 2, 3), -(10**6), 10**6)
    may_run_away(sheet, look, (TOP, 3, TOP + 2, 11))
    may_run_away(sheet, look, (9, 1, 9, 1))
    for line, weight in enumerate(WEIGHTS):
        row = TOP + line
        slider = Slider(SHEET, (row, 1), LOW, HIGH, at=round((START - LOW) * STEPS / (HIGH - LOW)), steps=STEPS, page=8)
        sheet.write_string(row, 0, weight, look.label())
        sheet.write_number(row, 1, slider.at, look.cell(Role.PARAMETER, "0", align="center", valign="vcenter"))
        page.formula(row, 2, f"={slider.scaled}", look.cell(Role.PARAMETER, "0.00", align="center", valign="vcenter"))
        sheet.write_number(row, 3, 0, look.parameter())
        page.formula(
            row,
            4,
            f"=C{row + 1}+D{row + 1}",
            look.cell(Role.MODEL, "0.0000", align="center", bold=True, valign="vcenter"),
        )
        place(sheet, row, 5, slider, 220, 17, f"slider of the weight {weight}, from {LOW} to {HIGH}")
        page.formula(row, 8, f"={BACKWARDS[line]}", number)
        page.formula(row, 9, f"=2*({BY_FORMULA[line]})/COUNT(data_x)", number)
        page.formula(row, 10, f"={by_nudging(line)}", number)
        page.formula(row, 11, f"=E{row + 1}-learning_rate*I{row + 1}", number)
        sheet.set_row(row, 18)


def by_nudging(line: int) -> str:
    """The central difference of the loss in a weight, without the ``=``."""
    sides = []
    for sign in "+-":
        names = {w: f"weight_{w}" for w in WEIGHTS}
        names[WEIGHTS[line]] = f"(weight_{WEIGHTS[line]}{sign}{NUDGE})"
        sides.append(f"SUMPRODUCT({CURVE.format(**names)}^2)")
    return f"({sides[0]}-{sides[1]})/COUNT(data_x)/(2*{NUDGE})"


def _loss(page: Page, look: Look) -> None:
    """The loss, the least there is, the learning rate, the count of steps, and the buttons."""
    sheet, row = page.sheet, 9
    sheet.write_string(row, 0, "loss", look.label())
    page.formula(row, 1, f"=AVERAGE(E{FIRST + 1}:E{LAST + 1})", look.result(Role.LOSS, "0.000000"))
    sheet.write_string(row, 2, "best fit", look.label())
    page.array(row, 3, row, 3, LEAST, look.cell(Role.LOSS, "0.000000", valign="vcenter"))
    sheet.write_string(row, 5, "learning rate", look.label())
    sheet.write_number(row, 6, RATE, look.setting("0.000"))
    numbers_only(sheet, (row, 6, row, 6), 0, 1)
    sheet.write_string(row, 7, "steps", look.label())
    sheet.write_number(row, 8, 0, look.setting("0"))
    numbers_only(sheet, (row, 8, row, 8), 0, 10**6, whole=True)
    sheet.write_string(row + 1, 5, TWO_STEPS, look.caption())
    for cell, word in (("A10", "loss"), ("C10", "least"), ("F10", "learning rate"), ("H10", "steps")):
        note(sheet, cell, NOTES[word])
    for at, (caption, macro) in enumerate(BUTTONS.items()):
        sheet.insert_button(
            row - 1, 9, {"macro": macro, "caption": caption, "width": 92, "height": 28, "x_offset": 6 + 98 * at,
                         "y_offset": 17}
        )  # fmt: skip
    sheet.set_row(row, 20)


def _points(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """The points, what the curve says of them, the errors, and the chart."""
    sheet = page.sheet
    columns = ("x", "y", "curve", "error", "sq_error", "pull")
    roles = (Role.DATA, Role.DATA, Role.MODEL, Role.MODEL, Role.LOSS, Role.MODEL)
    for column, (word, role) in enumerate(zip(columns, roles, strict=True)):
        sheet.write_string(FIRST - 1, column, word, look.header(role))
        note(sheet, xl_rowcol_to_cell(FIRST - 1, column), NOTES[word])
    number, squared = look.cell(Role.MODEL, "0.000"), look.cell(Role.LOSS, "0.000")
    may_run_away(sheet, look, (FIRST, 2, LAST, 5))
    numbers_only(sheet, (FIRST, 0, LAST, 1), -1000, 1000)
    for row, (x, y) in enumerate(zip(X, Y, strict=True), start=FIRST):
        here = row + 1
        sheet.write_number(row, 0, x, look.cell(Role.DATA, "0.00"))
        sheet.write_number(row, 1, y, look.cell(Role.DATA, "0.00"))
        page.formula(row, 2, f"=weight_a*A{here}^2+weight_b*A{here}+weight_c", number)
        page.formula(row, 3, f"=C{here}-B{here}", number)
        page.formula(row, 4, f"=D{here}^2", squared)
        page.formula(row, 5, f"=2*D{here}/COUNT(data_x)", number)
    chart = book.add_chart({"type": "scatter"})
    chart.add_series({
        "name": "points", "categories": f"={SHEET}!$A${FIRST + 1}:$A${LAST + 1}",
        "values": f"={SHEET}!$B${FIRST + 1}:$B${LAST + 1}", "line": {"none": True},
        "marker": {"type": "circle", "size": 7, "fill": {"color": "#2F7DC0"}, "border": {"color": "#FFFFFF"}},
    })  # fmt: skip
    chart.add_series({
        "name": "curve", "categories": f"={SHEET}!$A${FIRST + 1}:$A${LAST + 1}",
        "values": f"={SHEET}!$C${FIRST + 1}:$C${LAST + 1}", "line": {"color": "#8E5CC4", "width": 2.5},
        "marker": {"type": "none"}, "smooth": True,
    })  # fmt: skip
    chart.set_x_axis({
        "name": "x", "min": -2, "max": 2, "major_unit": 0.5, "crossing": -2, "num_format": "0.0",
        "major_gridlines": {"visible": False},
    })  # fmt: skip
    chart.set_y_axis({"name": "y", "min": -5, "max": 20, "major_unit": 5, "crossing": -5, "major_gridlines": GRID})
    dress(chart, "The points and the curve in use", (358, 296), legend="bottom")
    sheet.insert_chart(FIRST, 6, chart, {"x_offset": 8, "y_offset": 2})
    try_this(sheet, look, FIRST, (11, 14), TRY_THIS, rows_each=3)
    legend_across(sheet, look, 0, 7, settings=True)
    sheet.set_column_pixels(0, 14, 74)
    sheet.freeze_panes(FIRST, 0)
    set_up_page(sheet, LAST, 14, 1)
    sheet.fit_to_pages(1, 1)


def _history(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """The descent from the sliders' values, row by row, and the chart of its loss."""
    sheet = page.sheet
    hint = "Row 0 is where the sliders stand; each row goes on from the one above. No button is needed for it."
    heading(sheet, look, "The way down: what Step does, again and again", HISTORY["title"], hint)
    columns = {"step": Role.DATA, "a": Role.MODEL, "b": Role.MODEL, "c": Role.MODEL, "slope a": Role.MODEL,
               "slope b": Role.MODEL, "slope c": Role.MODEL, "loss": Role.LOSS, "recorded": Role.LOSS}  # fmt: skip
    header_row(sheet, look, 2, columns.items(), HISTORY)
    number = look.cell(Role.MODEL, "0.0000")
    for row in range(3, 4 + AHEAD):
        here = row + 1
        sheet.write_number(row, 0, row - 3, look.cell(Role.DATA, "0", align="center", valign="vcenter"))
        at = f"$B{here}", f"$C{here}", f"$D{here}"
        for line, letter in enumerate("BCD"):
            start = f"=hand_{WEIGHTS[line]}" if row == 3 else f"={letter}{row}-learning_rate*{'EFG'[line]}{row}"
            page.formula(row, 1 + line, start, number)
            page.formula(row, 4 + line, f"={slope(line, *at)}", number)
        page.formula(row, 7, f"={loss(*at)}", look.cell(Role.LOSS, "0.0000"))
        sheet.write_blank(row, 8, None, look.cell(Role.LOSS, "0.0000"))
    may_run_away(sheet, look, (3, 1, 3 + AHEAD, 8))
    steps, by_formula, recorded = (f"={PATH}!${column}$4:${column}${4 + AHEAD}" for column in "AHI")
    chart = book.add_chart({"type": "scatter", "subtype": "straight"})
    chart.add_series({"name": "by formula", "categories": steps, "values": by_formula,
                      "line": {"color": "#D9772E", "width": 2.5}})  # fmt: skip
    chart.add_series({
        "name": "recorded by Step", "categories": steps, "values": recorded,
        "line": {"none": True},
        "marker": {"type": "circle", "size": 7, "fill": {"color": "#8E5CC4"}, "border": {"color": "#FFFFFF"}},
    })  # fmt: skip
    chart.set_x_axis({"name": "step", "min": 0, "max": AHEAD, "major_unit": 5, "major_gridlines": {"visible": False}})
    chart.set_y_axis({"name": "loss", "min": 0, "num_format": "[>=1000]0E+00;0.0", "major_gridlines": GRID})
    dress(chart, "Loss, step by step", (440, 340), legend="bottom")
    chart.show_blanks_as("gap")
    sheet.insert_chart(3, 10, chart)
    sheet.set_column_pixels(0, 8, 74)
    sheet.set_column_pixels(9, 9, 16)
    legend_across(sheet, look, 0, 10)
    sheet.freeze_panes(3, 1)
    set_up_page(sheet, 3 + AHEAD, 18, 3)
    sheet.fit_to_pages(1, 1)
