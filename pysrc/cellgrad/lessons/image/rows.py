"""The sheets with an image a row: train and held_out by the network, linear by the linear model."""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.lessons.computed import Page
from cellgrad.lessons.image import notes
from cellgrad.lessons.image.layout import (
    ALL_FILTERS,
    CONSTANT_AT,
    DENSE_ROW,
    DIGITS,
    FEATURES,
    FILTERS,
    FIRST,
    HEADER,
    HELD_OUT,
    LINEAR_AT,
    LINEAR_CONSTANTS,
    LINEAR_SCORE_AT,
    LINEAR_WEIGHTS,
    PENALTY,
    PIXEL_AT,
    POOLED,
    POOLED_AT,
    SCORE_AT,
    SHIFTS,
    SIDE,
    SPAN,
    TRAINING,
    WEIGHT_AT,
    Image,
    bias_cell,
    dense_row,
    flat_region,
    region,
)
from cellgrad.lessons.sheet_parts import header_row, heading, legend_across, note, numbers_only, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.training import Results

SHARE, LOSS = "0.0%", "0.000000"


def draw_images(page: Page, look: Look, images: Sequence[Image], after: int, found: Results) -> None:
    """A sheet with an image a row; `after`: how many images come before its first."""
    sheet, count = page.sheet, len(images)
    training = after == 0
    sheet.write_string(0, 0, "The 1,000 images we learn from" if training else "300 images never seen", look.title())
    note(sheet, "A1", notes.TRAIN["title"] if training else notes.HELD_OUT["title"])
    hint = "an image a row: what the sheet look lays out, in one formula a number" if training else (
        "the same formulas; the loss never sees these rows")  # fmt: skip
    sheet.write_string(1, 0, hint, look.caption())
    _totals(page, look, count, training, found)
    headers = [("number", Role.DATA), ("digit", Role.DATA), ("read as", Role.MODEL), ("right", Role.MODEL),
               ("p of truth", Role.MODEL), ("cross-entropy", Role.LOSS)]  # fmt: skip
    headers += [(f"score {digit}", Role.MODEL) for digit in range(DIGITS)]
    headers += [(f"{row},{column}", Role.DATA) for row in range(1, SIDE + 1) for column in range(1, SIDE + 1)]
    places = [(row, column) for row in range(1, POOLED + 1) for column in range(1, POOLED + 1)]
    headers += [(f"f{k} {row},{column}", Role.MODEL) for k in range(1, FILTERS + 1) for row, column in places]
    header_row(sheet, look, HEADER, headers)
    for cell, word in {"C7": "read", "E7": "p of truth", "F7": "cross-entropy", "G7": "score", "Q7": "pixel",
                       "CC7": "pooled"}.items():  # fmt: skip
        note(sheet, cell, notes.TRAIN[word])
    styles = _Styles(look)
    for row, image in enumerate(images, start=FIRST):
        _image(page, styles, row, after + row - FIRST + 1, image)
    last = FIRST + count - 1
    _paint(page, look, last)
    sheet.set_column_pixels(0, 0, 72)
    sheet.set_column_pixels(1, 3, 76)
    sheet.set_column_pixels(4, 5, 96)
    sheet.set_column_pixels(SCORE_AT, PIXEL_AT - 1, 62)
    sheet.set_column_pixels(PIXEL_AT, POOLED_AT - 1, 32)
    sheet.set_column_pixels(POOLED_AT, POOLED_AT + FEATURES - 1, 50)
    sheet.freeze_panes(FIRST, 4)
    set_up_page(sheet, last, PIXEL_AT - 1, FIRST)


class _Styles:
    """The looks of a row, asked for once."""

    def __init__(self, look: Look) -> None:
        self.number: Format = look.cell(Role.DATA, "0", align="center")
        self.read: Format = look.cell(Role.MODEL, "0", align="center")
        self.share: Format = look.cell(Role.MODEL, "0.0%")
        self.entropy: Format = look.cell(Role.LOSS, "0.0000")
        self.score: Format = look.cell(Role.MODEL, "0.00")
        self.pixel: Format = look.cell(Role.DATA, "0.0;;", font_size=8, align="center")
        self.pooled: Format = look.cell(Role.MODEL, "0.00", font_size=9)


def _image(page: Page, styles: _Styles, row: int, number: int, image: Image) -> None:
    at = row + 1
    scores = f"{xl_col_to_name(SCORE_AT)}{at}:{xl_col_to_name(SCORE_AT + DIGITS - 1)}{at}"
    page.sheet.write_number(row, 0, number, styles.number)
    page.sheet.write_number(row, 1, image.digit, styles.number)
    page.formula(row, 2, f"=MATCH(MAX({scores}),{scores},0)-1", styles.read)
    page.formula(row, 3, f"=IF(C{at}=B{at},1,0)", styles.read)
    page.formula(row, 4, f"=EXP(-F{at})", styles.share)
    page.formula(row, 5, f"=LN(SUMPRODUCT(EXP({scores}-INDEX({scores},B{at}+1))))", styles.entropy)
    features = f"${xl_col_to_name(POOLED_AT)}{at}:${xl_col_to_name(POOLED_AT + FEATURES - 1)}{at}"
    for digit in range(DIGITS):
        constant = region(DENSE_ROW + digit, CONSTANT_AT, 1, 1)
        text = f"=dense!{constant}+SUMPRODUCT({features},dense!{dense_row(digit)})"
        page.formula(row, SCORE_AT + digit, text, styles.score)
    for place, ink in enumerate(image.pixels):
        page.sheet.write_number(row, PIXEL_AT + place, ink, styles.pixel)
    column = POOLED_AT
    for number_of_filter in range(FILTERS):
        flat = f"layers!{flat_region(number_of_filter)}"
        bias = f"look!{bias_cell(number_of_filter)}"
        for corner in (2 * (SIDE * y + x) for y in range(POOLED) for x in range(POOLED)):
            firsts = (PIXEL_AT + corner + shift for shift in SHIFTS)
            sums = ",".join(
                f"SUMPRODUCT({xl_rowcol_to_cell(row, first)}:{xl_rowcol_to_cell(row, first + SPAN - 1)},{flat})"
                for first in firsts
            )
            page.formula(row, column, f"=MAX(0,{bias}+MAX({sums}))", styles.pooled)
            column += 1


def _totals(page: Page, look: Look, count: int, training: bool, found: Results) -> None:
    """Loss and share of right answers, above the rows."""
    sheet, last = page.sheet, FIRST + count
    entropies, right = (f"{column}{FIRST + 1}:{column}{last}" for column in "FD")
    sheet.write_string(2, 1, "loss" if training else "cross-entropy", look.label())
    sheet.write_string(3, 1, "right", look.label())
    page.formula(3, 2, f"=SUM({right})/COUNT({right})", look.result(Role.MODEL, SHARE))
    legend_across(sheet, look, 2, SCORE_AT)
    if not training:
        page.formula(2, 2, f"=SUM({entropies})/COUNT({entropies})", look.result(Role.LOSS, "0.0000"))
        return
    dense = region(DENSE_ROW, WEIGHT_AT, DIGITS, FEATURES)
    text = f"=SUM({entropies})/COUNT({entropies})+penalty*(SUMSQ(look!{ALL_FILTERS})+SUMSQ(dense!{dense}))"
    page.formula(2, 2, text, look.result(Role.LOSS, LOSS))
    sheet.write_string(4, 1, "penalty", look.label())
    sheet.write_number(4, 2, PENALTY, look.setting("0.00000"))
    numbers_only(sheet, (4, 2, 4, 2), 0, 1)
    for cell, word in {"B3": "loss", "B4": "right", "B5": "penalty"}.items():
        note(sheet, cell, notes.TRAIN[word])
    sheet.write_string(2, 4, "optimised", look.label())
    sheet.write_number(2, 5, found["loss"], look.cell(Role.LOSS, LOSS))
    sheet.write_string(3, 4, "at the start", look.label())
    sheet.write_number(3, 5, found["start"], look.cell(Role.LOSS, LOSS))
    note(sheet, "E4", notes.TRAIN["start"])
    sheet.write_string(4, 4, "training, s", look.label())
    sheet.write_number(4, 5, found["seconds"], look.cell(Role.DATA, "0"))
    note(sheet, "E5", notes.TRAIN["seconds"])


def _paint(page: Page, look: Look, last: int) -> None:
    page.sheet.conditional_format(FIRST, PIXEL_AT, last, POOLED_AT - 1, {
        "type": "2_color_scale", "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1,
        "min_color": "#FFFFFF", "max_color": "#3B7DB8"})  # fmt: skip
    page.sheet.conditional_format(FIRST, POOLED_AT, last, POOLED_AT + FEATURES - 1, {
        "type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#A97FD6"})  # fmt: skip
    page.sheet.conditional_format(FIRST, 3, last, 3, {
        "type": "cell", "criteria": "==", "value": 0, "format": look.broken()})  # fmt: skip


def draw_linear(page: Page, look: Look, images: Sequence[Image], found: Results) -> None:
    """The linear model on the same split: its weights on the right, an image a row on the left."""
    sheet = page.sheet
    hint = "a weight for each pixel and digit, and no filter: what has the network gained?"
    heading(sheet, look, "The same digits by a linear model", notes.LINEAR["title"], hint)
    parts = {"training": (FIRST, TRAINING), "held out": (FIRST + TRAINING, HELD_OUT)}
    weights = LINEAR_WEIGHTS
    learned = f"E{FIRST + 1}:E{FIRST + TRAINING}"
    sheet.write_string(2, 1, "loss", look.label())
    page.formula(2, 2, f"=SUM({learned})/COUNT({learned})+penalty*SUMSQ({weights})", look.result(Role.LOSS, LOSS))
    note(sheet, "B3", notes.LINEAR["loss"])
    for row, (word, (first, count)) in enumerate(parts.items(), start=3):
        cells = f"D{first + 1}:D{first + count}"
        sheet.write_string(row, 1, word, look.label())
        page.formula(row, 2, f"=SUM({cells})/COUNT({cells})", look.result(Role.MODEL, SHARE))
    sheet.write_string(2, 3, "optimised", look.label())
    sheet.write_number(2, 4, found["linear_loss"], look.cell(Role.LOSS, LOSS))
    legend_across(sheet, look, 2, LINEAR_SCORE_AT)
    headers = [("number", Role.DATA), ("digit", Role.DATA), ("read as", Role.MODEL), ("right", Role.MODEL),
               ("cross-entropy", Role.LOSS), *((f"score {digit}", Role.MODEL) for digit in range(DIGITS))]  # fmt: skip
    header_row(sheet, look, HEADER, headers)
    note(sheet, "F7", notes.LINEAR["score"])
    sheet.write_string(HEADER, LINEAR_AT - 1, "weights", look.header(Role.PARAMETER))
    for digit in range(DIGITS):
        sheet.write_string(HEADER, LINEAR_AT + digit, f"digit {digit}", look.header(Role.PARAMETER))
    names = ["constant"] + [f"{y},{x}" for y in range(1, SIDE + 1) for x in range(1, SIDE + 1)]
    for row, (name, values) in enumerate(
        zip(names, [found["linear_constants"], *found["linear"]], strict=True), start=FIRST
    ):
        sheet.write_string(row, LINEAR_AT - 1, name, look.cell(Role.PARAMETER, align="center"))
        for column, value in enumerate(values, start=LINEAR_AT):
            sheet.write_number(row, column, value, look.cell(Role.PARAMETER, "0.000"))
    styles = _Styles(look)
    for row, image in enumerate(images, start=FIRST):
        at = row + 1
        scores = f"F{at}:O{at}"
        sheet.write_number(row, 0, row - FIRST + 1, styles.number)
        sheet.write_number(row, 1, image.digit, styles.number)
        page.formula(row, 2, f"=MATCH(MAX({scores}),{scores},0)-1", styles.read)
        page.formula(row, 3, f"=IF(C{at}=B{at},1,0)", styles.read)
        page.formula(row, 4, f"=LN(SUMPRODUCT(EXP({scores}-INDEX({scores},B{at}+1))))", styles.entropy)
    for name, (first, count) in zip(("train", "held_out"), parts.values(), strict=True):
        pixels = region(FIRST, PIXEL_AT, count, SIDE * SIDE)
        text = f"=MMULT({name}!{pixels},{weights})+{LINEAR_CONSTANTS}"
        page.array(first, LINEAR_SCORE_AT, first + count - 1, LINEAR_SCORE_AT + DIGITS - 1, text, styles.score)
    sheet.conditional_format(FIRST, 3, FIRST + TRAINING + HELD_OUT - 1, 3, {
        "type": "cell", "criteria": "==", "value": 0, "format": look.broken()})  # fmt: skip
    sheet.set_column_pixels(0, 3, 76)
    sheet.set_column_pixels(4, 4, 96)
    sheet.set_column_pixels(LINEAR_SCORE_AT, LINEAR_AT + DIGITS - 1, 66)
    sheet.freeze_panes(FIRST, 4)
    set_up_page(sheet, FIRST + TRAINING + HELD_OUT - 1, LINEAR_AT + DIGITS - 1, FIRST)
