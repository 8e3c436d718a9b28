"""The sheet look: one image through the network, every number of every layer in a cell."""

from __future__ import annotations

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.lessons.computed import Page
from cellgrad.lessons.image import notes
from cellgrad.lessons.image.layout import (
    BAND_AT,
    BIAS_ROW,
    DENSE_ROW,
    DIGITS,
    FEATURES,
    FILTER_ROW,
    FILTERS,
    FIRST,
    HELD_OUT,
    IMAGE_AT,
    MAP,
    PART_ROW,
    PIXEL_AT,
    POOLED,
    POOLED_ROW,
    RELU_ROW,
    SIDE,
    SLID_ROW,
    TRAINING,
    WEIGHT_AT,
    WEIGHT_ROW,
    WINDOW,
    band,
    bias_cell,
    filter_region,
    region,
)
from cellgrad.lessons.sheet_parts import heading, legend, note, numbers_only, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.training import Results

SHOWN, EXPLAINED = 1005, 3
"""The image and the digit that the sheet opens with."""
NUMBER, DIGIT = "$D$3", "$H$3"
"""Where they are chosen."""
ANSWER_ROW = 15
"""The first of the ten digits below the image, from 0."""

INKY = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1,
        "min_color": "#FFFFFF", "max_color": "#6FA8DC"}  # fmt: skip
BOTH_WAYS = {"type": "3_color_scale", "mid_type": "num", "mid_value": 0, "min_type": "num", "max_type": "num",
             "min_color": "#F0A58A", "mid_color": "#FFFFFF", "max_color": "#6FA8DC"}  # fmt: skip
LEARNED = {"type": "2_color_scale", "min_type": "num", "min_value": -1.5, "max_type": "num", "max_value": 1.5,
           "min_color": "#FFFDF2", "max_color": "#F7B500"}  # fmt: skip
"""Weights stay yellow: pale ones are negative, deep ones positive."""
UPWARD = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": "#FFFFFF", "max_color": "#A97FD6"}


def draw_look(page: Page, look: Look, found: Results) -> None:
    """The chosen image and its answer on the left, a band of columns for each filter on the right."""
    sheet = page.sheet
    hint = "choose an image, then follow it to the right and down"
    heading(sheet, look, "One image through the network", notes.LOOK["title"], hint)
    for column, word, value, top in ((2, "image", SHOWN, TRAINING + HELD_OUT), (6, "explain", EXPLAINED, DIGITS - 1)):
        sheet.write_string(2, column, word, look.label())
        note(sheet, xl_rowcol_to_cell(2, column), notes.LOOK[word])
        sheet.write_number(2, column + 1, value, look.setting("0"))
        numbers_only(sheet, (2, column + 1, 2, column + 1), int(word == "image"), top, whole=True)
    legend(sheet, look, ANSWER_ROW + DIGITS + 1, 1, settings=True)
    _image(page, look)
    _answer(page, look)
    for number in range(FILTERS):
        _band(page, look, number, found)
    end = band(FILTERS) - 2
    sheet.conditional_format(FILTER_ROW, BAND_AT, FILTER_ROW + WINDOW - 1, end, LEARNED)
    for row, rows, far in ((SLID_ROW, MAP, 5.0), (WEIGHT_ROW, POOLED, 1.0), (PART_ROW, POOLED, 2.5)):
        sheet.conditional_format(row, BAND_AT, row + rows - 1, end, BOTH_WAYS | {"min_value": -far, "max_value": far})
    for row, rows in ((RELU_ROW, MAP), (POOLED_ROW, POOLED)):
        sheet.conditional_format(row, BAND_AT, row + rows - 1, end, UPWARD)
    sheet.set_column_pixels(0, 0, 14)
    sheet.set_column_pixels(1, SIDE, 40)
    sheet.set_column_pixels(SIDE + 1, SIDE + 1, 14)
    for number in range(FILTERS):
        sheet.set_column_pixels(band(number), band(number) + MAP - 1, 38)
        sheet.set_column_pixels(band(number) + MAP, band(number) + MAP, 14)
    sheet.freeze_panes(3, SIDE + 2)
    set_up_page(sheet, PART_ROW + POOLED, band(FILTERS) - 2, 3)
    sheet.repeat_columns(0, SIDE + 1)
    sheet.fit_to_pages(0, 1)


def _image(page: Page, look: Look) -> None:
    top, left = IMAGE_AT
    page.sheet.write_string(top - 1, left, "the image: ink, 0 to 1", look.bold())
    note(page.sheet, xl_rowcol_to_cell(top - 1, left), notes.LOOK["pixels"])
    style = look.cell(Role.DATA, "0.0;;", font_size=9, align="center")
    learned = f"train!{region(FIRST, PIXEL_AT, TRAINING, SIDE * SIDE)}"
    unseen = f"held_out!{region(FIRST, PIXEL_AT, HELD_OUT, SIDE * SIDE)}"
    for row in range(SIDE):
        for column in range(SIDE):
            place = SIDE * row + column + 1
            text = (
                f"=IF({NUMBER}<={TRAINING},INDEX({learned},MIN({NUMBER},{TRAINING}),{place}),"
                f"INDEX({unseen},MAX(1,{NUMBER}-{TRAINING}),{place}))"
            )
            page.formula(top + row, left + column, text, style)
    page.sheet.conditional_format(top, left, top + SIDE - 1, left + SIDE - 1, INKY)


def _answer(page: Page, look: Look) -> None:
    """What it is, what it is read as, and the ten digits by probability."""
    sheet, first = page.sheet, ANSWER_ROW + 1
    last = ANSWER_ROW + DIGITS
    word = look.cell(Role.MODEL, "0", align="center")
    learned, unseen = (f"{name}!{region(FIRST, 1, count, 1)}" for name, count in
                       (("train", TRAINING), ("held_out", HELD_OUT)))  # fmt: skip
    sheet.write_string(13, 2, "it is a", look.label())
    text = (
        f"=IF({NUMBER}<={TRAINING},INDEX({learned},MIN({NUMBER},{TRAINING})),"
        f"INDEX({unseen},MAX(1,{NUMBER}-{TRAINING})))"
    )
    page.formula(13, 3, text, look.result(Role.DATA, "0"))
    sheet.write_string(13, 6, "read as", look.label())
    page.formula(13, 7, f"=G{first}", look.result(Role.MODEL, "0"))
    for column, header in ((1, "digit"), (2, "score"), (3, "p"), (4, "order"), (6, "sorted"), (7, "p")):
        sheet.write_string(14, column, header, look.cell(Role.MODEL, bold=True, align="center", font_size=9,
                           bg_color=Role.MODEL.colours.header))  # fmt: skip
    for cell, name in {"C15": "score", "D15": "p", "G15": "sorted"}.items():
        note(sheet, cell, notes.LOOK[name])
    scores, shares, orders = (f"{c}${first}:{c}${last}" for c in "CDE")
    for digit in range(DIGITS):
        row, at = ANSWER_ROW + digit, ANSWER_ROW + digit + 1
        sheet.write_number(row, 1, digit, look.cell(Role.DATA, "0", align="center"))
        page.formula(row, 2, f"=dense!B{DENSE_ROW + 1 + digit}", look.cell(Role.MODEL, "0.0"))
        text = f"=EXP(C{at}-MAX({scores}))/SUMPRODUCT(EXP({scores}-MAX({scores})))"
        page.formula(row, 3, text, look.cell(Role.MODEL, "0%"))
        page.formula(row, 4, f"=RANK(D{at},{shares})+COUNTIF(D${first - 1}:D{at - 1},D{at})", word)
        page.formula(row, 6, f"=MATCH({digit + 1},{orders},0)-1", look.cell(Role.MODEL, "0", bold=True, align="center"))
        page.formula(row, 7, f"=INDEX({shares},G{at}+1)", look.cell(Role.MODEL, "0%", bold=True))
    for column in (3, 7):
        sheet.conditional_format(ANSWER_ROW, column, last - 1, column, UPWARD | {"max_type": "num", "max_value": 1})


def _band(page: Page, look: Look, number: int, found: Results) -> None:
    """A filter, and below it what becomes of the image under it."""
    sheet, left = page.sheet, band(number)
    small = {"font_size": 9, "align": "center"}
    captions = {FILTER_ROW: f"filter {number + 1}", SLID_ROW: "slid over the image", RELU_ROW: "ReLU",
                POOLED_ROW: "the largest of four", WEIGHT_ROW: "its weights for the digit",
                PART_ROW: "adds to the score"}  # fmt: skip
    for row, word in captions.items():
        sheet.write_string(row - 1, left, word, look.bold() if row == FILTER_ROW else look.caption())
    if number == 0:
        for row, name in {FILTER_ROW: "filter", SLID_ROW: "slid", RELU_ROW: "relu", POOLED_ROW: "pool",
                          WEIGHT_ROW: "weights", PART_ROW: "adds"}.items():  # fmt: skip
            note(sheet, xl_rowcol_to_cell(row - 1, left), notes.LOOK[name])
        note(sheet, xl_rowcol_to_cell(BIAS_ROW, left + 1), notes.LOOK["bias"])
    yellow = look.cell(Role.PARAMETER, "0.0", border_color=Role.PARAMETER.colours.header, **small)
    for place, weight in enumerate(found["filters"][number]):
        sheet.write_number(FILTER_ROW + place // WINDOW, left + place % WINDOW, weight, yellow)
    sheet.write_string(BIAS_ROW, left + 1, "bias", look.label())
    sheet.write_number(BIAS_ROW, left + 2, found["biases"][number], yellow)
    violet = look.cell(Role.MODEL, "0.0", **small)
    top, image_left = IMAGE_AT
    for row in range(MAP):
        for column in range(MAP):
            first = xl_rowcol_to_cell(top + row, image_left + column)
            last = xl_rowcol_to_cell(top + row + WINDOW - 1, image_left + column + WINDOW - 1)
            text = f"=SUMPRODUCT({first}:{last},{filter_region(number)})+{bias_cell(number)}"
            page.formula(SLID_ROW + row, left + column, text, violet)
            cell = xl_rowcol_to_cell(SLID_ROW + row, left + column)
            page.formula(RELU_ROW + row, left + column, f"=MAX(0,{cell})", violet)
    all_weights = f"dense!{region(DENSE_ROW, WEIGHT_AT, DIGITS, FEATURES)}"
    for row in range(POOLED):
        for column in range(POOLED):
            corner = xl_rowcol_to_cell(RELU_ROW + 2 * row, left + 2 * column)
            end = xl_rowcol_to_cell(RELU_ROW + 2 * row + 1, left + 2 * column + 1)
            page.formula(POOLED_ROW + row, left + column, f"=MAX({corner}:{end})", violet)
            place = POOLED * POOLED * number + POOLED * row + column + 1
            page.formula(WEIGHT_ROW + row, left + column, f"=INDEX({all_weights},{DIGIT}+1,{place})", violet)
            above = [xl_rowcol_to_cell(part + row, left + column) for part in (POOLED_ROW, WEIGHT_ROW)]
            page.formula(PART_ROW + row, left + column, f"={above[0]}*{above[1]}", violet)
    parts = f"{xl_rowcol_to_cell(PART_ROW, left)}:{xl_rowcol_to_cell(PART_ROW + POOLED - 1, left + POOLED - 1)}"
    sheet.write_string(PART_ROW + POOLED, left + 1, "sum", look.label())
    page.formula(PART_ROW + POOLED, left + 2, f"=SUM({parts})", look.cell(Role.MODEL, "0.0", bold=True, **small))


def pooled_cell(feature: int) -> str:
    """The cell of the sheet look that holds a pooled number, counted from 0 in the order of the sheet dense."""
    number, place = divmod(feature, POOLED * POOLED)
    row, column = divmod(place, POOLED)
    return xl_rowcol_to_cell(POOLED_ROW + row, band(number) + column)


def weight_cell(number: int, row: int, column: int) -> str:
    """The cell of the sheet look that holds a filter's weight."""
    return f"{xl_col_to_name(band(number) + column)}{FILTER_ROW + row + 1}"
