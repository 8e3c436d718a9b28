"""The sheets that tell of the network as a whole: dense, layers, results."""

from __future__ import annotations

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page
from cellgrad.lessons.image import notes
from cellgrad.lessons.image.layout import (
    ALL_FILTERS,
    CONSTANT_AT,
    DENSE_ROW,
    DIGITS,
    FEATURE_ROW,
    FEATURES,
    FILTERS,
    FIRST,
    FLAT_AT,
    FLAT_ROW,
    HELD_OUT,
    LINEAR_CONSTANTS,
    LINEAR_WEIGHTS,
    MAP,
    POOLED,
    SIDE,
    SPAN,
    WEIGHT_AT,
    WINDOW,
    bias_cell,
    region,
)
from cellgrad.lessons.image.look import LEARNED, pooled_cell, weight_cell
from cellgrad.lessons.sheet_parts import heading, legend_across, note, set_up_page, try_this
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.training import Results

WORST = 10
"""How many of the worst held-out images are listed."""


def draw_dense(page: Page, look: Look, found: Results) -> None:
    """A row of weights a digit, below the pooled numbers of the chosen image."""
    sheet = page.sheet
    hint = "a score is a constant and a SUMPRODUCT of two rows"
    heading(sheet, look, "The dense layer: from 108 numbers to ten scores", notes.DENSE["title"], hint)
    legend_across(sheet, look, 2, 3)
    sheet.write_string(FEATURE_ROW, 1, "the image", look.label())
    note(sheet, "B4", notes.DENSE["image"])
    for column, (word, role) in enumerate((("digit", Role.DATA), ("score", Role.MODEL), ("constant", Role.PARAMETER))):
        sheet.write_string(DENSE_ROW - 1, column, word, look.header(role))
    note(sheet, "B5", notes.DENSE["score"])
    note(sheet, "C5", notes.DENSE["constant"])
    first, last = xl_col_to_name(WEIGHT_AT), xl_col_to_name(WEIGHT_AT + FEATURES - 1)
    for feature in range(FEATURES):
        number, place = divmod(feature, POOLED * POOLED)
        header = f"f{number + 1} {place // POOLED + 1},{place % POOLED + 1}"
        sheet.write_string(DENSE_ROW - 1, WEIGHT_AT + feature, header, look.header(Role.PARAMETER))
        page.formula(FEATURE_ROW, WEIGHT_AT + feature, f"=look!{pooled_cell(feature)}", look.cell(Role.MODEL, "0.00"))
    yellow = look.cell(Role.PARAMETER, "0.00")
    for digit in range(DIGITS):
        row, at = DENSE_ROW + digit, DENSE_ROW + digit + 1
        sheet.write_number(row, 0, digit, look.cell(Role.DATA, "0", align="center"))
        text = f"=C{at}+SUMPRODUCT({first}${FEATURE_ROW + 1}:{last}${FEATURE_ROW + 1},{first}{at}:{last}{at})"
        page.formula(row, 1, text, look.cell(Role.MODEL, "0.00", bold=True))
        sheet.write_number(row, CONSTANT_AT, found["constants"][digit], yellow)
        for column, weight in enumerate(found["dense"][digit], start=WEIGHT_AT):
            sheet.write_number(row, column, weight, yellow)
    sheet.conditional_format(DENSE_ROW, WEIGHT_AT, DENSE_ROW + DIGITS - 1, WEIGHT_AT + FEATURES - 1, LEARNED)
    sheet.set_column_pixels(0, 2, 76)
    sheet.set_column_pixels(WEIGHT_AT, WEIGHT_AT + FEATURES - 1, 66)
    sheet.freeze_panes(DENSE_ROW, WEIGHT_AT)
    set_up_page(sheet, DENSE_ROW + DIGITS - 1, WEIGHT_AT + 17, DENSE_ROW)


def draw_layers(page: Page, look: Look) -> None:
    """The layers, their shapes and parameters; below, the filters laid out flat."""
    sheet = page.sheet
    hint = "what comes in, what goes out, what is learned"
    heading(sheet, look, "The network as a list of layers", notes.LAYERS["title"], hint)
    legend_across(sheet, look, 1, 5)
    headers = ["layer", "does", "units", "each sees", "parameters", "counted", "out: maps", "rows", "columns",
               "numbers out"]  # fmt: skip
    for column, word in enumerate(headers):
        role = Role.PARAMETER if word in ("parameters", "counted") else Role.MODEL
        sheet.write_string(3, column, word, look.header(role))
    note(sheet, "E4", notes.LAYERS["parameters"])
    note(sheet, "F4", notes.LAYERS["counted"])
    biases = ",".join(f"look!{bias_cell(number)}" for number in range(FILTERS))
    dense = region(DENSE_ROW, CONSTANT_AT, DIGITS, 1 + FEATURES)
    rows: list[tuple[str, str, int | None, int | None, str | None, tuple[int, int, int]]] = [
        ("image", "64 shares of ink", None, None, None, (1, SIDE, SIDE)),
        ("filters", "slide over the image", FILTERS, WINDOW * WINDOW, f"COUNT(look!{ALL_FILTERS})+COUNT({biases})",
         (FILTERS, MAP, MAP)),
        ("ReLU", "negative becomes 0", None, None, None, (FILTERS, MAP, MAP)),
        ("max pooling", "the largest of four", None, None, None, (FILTERS, POOLED, POOLED)),
        ("dense", "weighs all for each digit", DIGITS, FEATURES, f"COUNT(dense!{dense})", (DIGITS, 1, 1)),
        ("softmax", "scores to probabilities", None, None, None, (DIGITS, 1, 1)),
    ]  # fmt: skip
    plain, count = look.cell(Role.MODEL), look.cell(Role.PARAMETER, "#,##0")
    for row, (name, does, units, sees, counted, shape) in enumerate(rows, start=4):
        at = row + 1
        sheet.write_string(row, 0, name, look.cell(Role.MODEL, bold=True))
        sheet.write_string(row, 1, does, plain)
        for column, value in ((2, units), (3, sees)):
            sheet.write(row, column, "" if value is None else value, plain)
        if counted:
            page.formula(row, 4, f"=C{at}*(D{at}+1)", count)
            page.formula(row, 5, f"={counted}", count)
        else:
            sheet.write_number(row, 4, 0, count)
            sheet.write_number(row, 5, 0, count)
        for column, value in enumerate(shape, start=6):
            sheet.write_number(row, column, value, plain)
        page.formula(row, 9, f"=G{at}*H{at}*I{at}", plain)
    sheet.write_string(10, 0, "total", look.label())
    for column, letter in ((4, "E"), (5, "F")):
        page.formula(10, column, f"=SUM({letter}5:{letter}10)", look.result(Role.PARAMETER, "#,##0"))
    sheet.write_string(11, 0, "linear", look.label())
    sheet.write_string(11, 1, "the yardstick: pixels to scores", look.text())
    page.formula(11, 4, f"={DIGITS}*({SIDE * SIDE}+1)", count)
    page.formula(11, 5, f"=COUNT(linear!{LINEAR_CONSTANTS})+COUNT(linear!{LINEAR_WEIGHTS})", count)
    sheet.write_string(FLAT_ROW - 3, 0, "The filters laid out flat", look.bold())
    note(sheet, f"A{FLAT_ROW - 2}", notes.LAYERS["flat"])
    sheet.write_string(FLAT_ROW - 2, 0, "as the sheets train and held_out use them: pixels that a filter does not see "
                       "get 0", look.caption())  # fmt: skip
    for offset in range(SPAN):
        sheet.write_string(FLAT_ROW - 1, FLAT_AT + offset, f"+{offset}", look.header(Role.MODEL))
    for number in range(FILTERS):
        sheet.write_string(FLAT_ROW + number, FLAT_AT - 1, f"filter {number + 1}", look.cell(Role.MODEL, bold=True))
        for offset in range(SPAN):
            row, column = divmod(offset, SIDE)
            if column < WINDOW:
                text = f"=look!{weight_cell(number, row, column)}"
                page.formula(FLAT_ROW + number, FLAT_AT + offset, text, look.cell(Role.MODEL, "0.00"))
            else:
                sheet.write_number(FLAT_ROW + number, FLAT_AT + offset, 0, look.cell(Role.DATA, "0"))
    sheet.set_column_pixels(0, 0, 96)
    sheet.set_column_pixels(1, 1, 190)
    sheet.set_column_pixels(2, FLAT_AT + SPAN - 1, 84)
    sheet.freeze_panes(4, 1)
    set_up_page(sheet, FLAT_ROW + FILTERS - 1, FLAT_AT + SPAN - 1, 4)


def draw_results(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """Accuracy beside the linear model's, the confusion table, the worst mistakes."""
    sheet = page.sheet
    hint = "images it learned from, and images it never saw"
    heading(sheet, look, "What it can do, and where it errs", notes.RESULTS["title"], hint)
    legend_across(sheet, look, 1, 6)
    for column, word in enumerate(("read right", "training", "held out", "errors")):
        sheet.write_string(3, column, word, look.header(Role.MODEL))
    cells = {"network": ("train!C4", "held_out!C4"), "linear": ("linear!C4", "linear!C5")}
    for row, (word, (training, held)) in enumerate(cells.items(), start=4):
        sheet.write_string(row, 0, word, look.cell(Role.MODEL, bold=True))
        page.formula(row, 1, f"={training}", look.cell(Role.MODEL, "0.0%"))
        page.formula(row, 2, f"={held}", look.result(Role.MODEL, "0.0%"))
        page.formula(row, 3, f"=ROUND({HELD_OUT}*(1-C{row + 1}),0)", look.cell(Role.MODEL, "0"))
    sheet.write_string(6, 0, "gain, points", look.cell(Role.MODEL, bold=True))
    note(sheet, "A7", notes.RESULTS["gain"])
    for column, letter in ((1, "B"), (2, "C")):
        page.formula(6, column, f"=100*({letter}5-{letter}6)", look.cell(Role.MODEL, "0.0"))
    sheet.write_string(8, 0, "it is, read as", look.header(Role.DATA))
    note(sheet, "A9", notes.RESULTS["confusion"])
    digits, read = (f"held_out!{region(FIRST, column, HELD_OUT, 1)}" for column in (1, 2))
    for digit in range(DIGITS):
        sheet.write_number(8, 1 + digit, digit, look.header(Role.MODEL))
        sheet.write_number(9 + digit, 0, digit, look.cell(Role.DATA, "0", align="center", bold=True))
        for column in range(DIGITS):
            text = f"=SUMPRODUCT(({digits}=$A{10 + digit})*({read}={xl_col_to_name(1 + column)}$9))"
            page.formula(9 + digit, 1 + column, text, look.cell(Role.MODEL, "0;;", align="center"))
    sheet.conditional_format(9, 1, 8 + DIGITS, DIGITS, {
        "type": "2_color_scale", "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 12,
        "min_color": "#FFFFFF", "max_color": Role.MODEL.colours.header})  # fmt: skip
    left = 12
    sheet.write_string(2, left, "the worst", look.bold())
    note(sheet, "M3", notes.RESULTS["worst"])
    for column, (word, role) in enumerate((("image", Role.DATA), ("it is", Role.DATA), ("read as", Role.MODEL),
                                           ("cross-entropy", Role.LOSS)), start=left):  # fmt: skip
        sheet.write_string(3, column, word, look.header(role))
    entropies, numbers = (f"held_out!{region(FIRST, column, HELD_OUT, 1)}" for column in (5, 0))
    for place in range(WORST):
        row, at = 4 + place, 5 + place
        page.formula(row, 15, f"=LARGE({entropies},{place + 1})", look.cell(Role.LOSS, "0.000"))
        for column, source in ((12, numbers), (13, digits), (14, read)):
            role = Role.MODEL if column == 14 else Role.DATA
            text = f"=INDEX({source},MATCH($P{at},{entropies},0))"
            page.formula(row, column, text, look.cell(role, "0", align="center", bold=column == 12))
    things = [
        "Type a number of the list into the framed cell image of the sheet look: would you have read it?",
        "On look, change a weight of a filter, and see here what it costs. Undo.",
        "On train, set the penalty to 0 or to 0.01 and Optimize: what happens to the held-out images?",
        "On look, copy the nine weights of filter 1 over those of filter 2: what has the network lost? Undo.",
    ]
    try_this(sheet, look, 20, (0, 10), things, rows_each=2)
    _errors_chart(book, page)
    sheet.set_column_pixels(0, 0, 110)
    sheet.set_column_pixels(1, 10, 62)
    sheet.set_column_pixels(1, 3, 76)
    sheet.set_column_pixels(11, 11, 20)
    sheet.set_column_pixels(12, 14, 76)
    sheet.set_column_pixels(15, 15, 110)
    sheet.freeze_panes(2, 0)
    set_up_page(sheet, 29, 15, 2)


def _errors_chart(book: xlsxwriter.Workbook, page: Page) -> None:
    chart = book.add_chart({"type": "bar"})
    chart.add_series({
        "name": "errors", "categories": "=results!$A$5:$A$6", "values": "=results!$D$5:$D$6", "gap": 60,
        "fill": {"color": "#8E5CC4"}, "data_labels": {"value": True},
    })  # fmt: skip
    title = f"Held-out images read wrong, of {HELD_OUT}"
    chart.set_x_axis({"name": "images", "min": 0, "num_format": "0", "label_position": "high", "major_gridlines": GRID})
    chart.set_y_axis({"name": "model", "reverse": True})
    dress(chart, title, (340, 230))
    page.sheet.insert_chart(16, 12, chart)
