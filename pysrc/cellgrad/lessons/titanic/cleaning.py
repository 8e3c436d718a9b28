"""The sheet `cleaning`: which rows and columns went, and why; dummies; normalising; all of it in numbers.

left     A:D  rows that went, columns that went, whether that was harmless
right    F:K  dummies: one column too many, and endless answers; normalising: before and after, with histograms
"""

from __future__ import annotations

from fractions import Fraction

import xlsxwriter

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import header_row, heading, legend_across, note, numbers_only, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic import notes

SHEET = "cleaning"
ALL, KEPT = "Passengers", "LinearData"
"""The tables of all passengers and of those that the models see."""

ROWS_WENT = (
    ("passengers in the data", f"ROWS({ALL}[Survived])"),
    ("without an age", f"COUNTBLANK({ALL}[Age])"),
    ("without a port", f"COUNTBLANK({ALL}[Embarked])"),
    ("without either", f'SUMPRODUCT(({ALL}[Age]="")*({ALL}[Embarked]=""))'),
    ("rows that went", "B6+B7-B8"),
    ("rows that stay", "B5-B9"),
    ("rows of the sheet linear", f"ROWS({KEPT}[Survived])"),
)
"""What is counted in B5:B11, and how."""

COLUMNS_WENT = (
    ("PassengerId", "a place in the list, nothing of the person"),
    ("Name", "text, and nearly everybody's is different"),
    ("Ticket", "text without a rule"),
    ("Cabin", "blank for 687 of the 891"),
)

GROUPS = (
    ("with an age", f'({ALL}[Age]<>"")'),
    ("without an age", f'({ALL}[Age]="")'),
    ("third class, without", f'({ALL}[Age]="")*({ALL}[Pclass]=3)'),
    ("other classes, without", f'({ALL}[Age]="")*({ALL}[Pclass]<3)'),
)
"""Who is counted in rows 22:25."""

CLASSES = ("first", "second", "third")
WEIGHTS = (0.25, 0.5, 0.25, 0)
"""Of the constant and the three classes; sums of quarters are exact, so that equal is equal."""
SHIFT = 0.5

MEASURED = (("Age, years", "Age"), ("Age_N", "Age_N"), ("Fare, £", "Fare"), ("log_Fare", "log_Fare"))
SUMMARY = (
    ("least", "MIN({column})"),
    ("mean", "AVERAGE({column})"),
    ("greatest", "MAX({column})"),
    ("mean square", "SUMSQ({column})/ROWS({column})"),
)
BINS = 10
BIN_WIDTHS = {"Age": "8", "Age_N": "1/10", "Fare": "60", "log_Fare": "3/10"}
"""As written in formulas: a step times a tenth would not be what an age divided by 80 is, to the last bit."""
HISTOGRAM_AT = 23
"""The header row of the histograms' counts, from 0."""
RIGHT = 5
"""Column F, where the right half begins."""


def add_sheet(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """Add the sheet."""
    sheet = page.sheet
    heading(sheet, look, "Titanic: what went, and why", notes.CLEANING["title"])
    legend_across(sheet, look, 1, RIGHT, settings=True)
    _rows_went(page, look)
    _columns_went(page, look)
    _harmless(page, look)
    _dummies(page, look)
    _normalising(page, look)
    _histograms(book, page, look)
    sheet.set_column_pixels(0, 0, 170)
    sheet.set_column_pixels(1, 3, 102)
    sheet.set_column_pixels(4, 4, 24)
    sheet.set_column_pixels(RIGHT, RIGHT, 132)
    sheet.set_column_pixels(RIGHT + 1, RIGHT + 6, 80)
    sheet.freeze_panes(2, 0)
    set_up_page(sheet, HISTOGRAM_AT + BINS + 17, RIGHT + 6, 2)
    sheet.fit_to_pages(1, 1)


def _rows_went(page: Page, look: Look) -> None:
    sheet = page.sheet
    words = ("1. rows that went", Role.DATA), ("number", Role.MODEL), ("share", Role.MODEL)
    header_row(sheet, look, 3, words)
    note(sheet, "A4", notes.CLEANING["rows"])
    for row, (word, formula) in enumerate(ROWS_WENT, start=4):
        strong = row in (8, 9)
        sheet.write_string(row, 0, word, look.cell(Role.DATA, bold=strong))
        page.formula(row, 1, f"={formula}", look.cell(Role.MODEL, "#,##0", align="center", bold=strong))
        page.formula(row, 2, f"=B{row + 1}/B$5", look.cell(Role.MODEL, "0.0%", align="center", bold=strong))
    verdict = '=IF(B11=B10,"as it must be","the sheets do not agree")'
    page.formula(10, 3, verdict, look.caption())


def _columns_went(page: Page, look: Look) -> None:
    sheet = page.sheet
    header_row(sheet, look, 12, [("2. columns that went", Role.DATA)])
    sheet.merge_range(12, 1, 12, 3, "why", look.header(Role.DATA))
    note(sheet, "A13", notes.CLEANING["columns"])
    for row, (name, why) in enumerate(COLUMNS_WENT, start=13):
        sheet.write_string(row, 0, name, look.cell(Role.DATA))
        sheet.merge_range(row, 1, row, 3, why, look.cell(Role.DATA))


def _harmless(page: Page, look: Look) -> None:
    sheet = page.sheet
    words = ("3. was it harmless?", Role.DATA), ("passengers", Role.MODEL), ("lived", Role.MODEL), ("share", Role.MODEL)
    header_row(sheet, look, 18, words)
    note(sheet, "A19", notes.CLEANING["harmless"])
    count, share = look.cell(Role.MODEL, "#,##0", align="center"), look.cell(Role.MODEL, "0.0%", align="center")
    for row, (word, chosen) in enumerate(GROUPS, start=19):
        sheet.write_string(row, 0, word, look.cell(Role.DATA))
        page.formula(row, 1, f"=SUMPRODUCT(1*{chosen})", count)
        page.formula(row, 2, f"=SUMPRODUCT({chosen}*{ALL}[Survived])", count)
        page.formula(row, 3, f"=C{row + 1}/B{row + 1}", share)
    sheet.write_string(23, 0, "first less second line", look.cell(Role.DATA))
    page.formula(23, 3, "=D20-D21", look.cell(Role.MODEL, "0.0%", align="center", bold=True))
    text = (
        "No: those without an age died more often. The models never see them, so they think the ship a little kinder."
    )
    sheet.merge_range(25, 0, 27, 3, text, look.invitation())


def _dummies(page: Page, look: Look) -> None:
    sheet, left = page.sheet, RIGHT
    words = ("4. dummies", "Ones", "class 1", "class 2", "class 3", "sum of three", "prediction")
    for at, word in enumerate(words, start=left):
        role = Role.MODEL if word in ("sum of three", "prediction") else Role.DATA
        sheet.write_string(3, at, word, look.header(role))
    note(sheet, "F4", notes.CLEANING["dummies"])
    model = look.cell(Role.MODEL, "0.00", align="center")
    for place, word in enumerate(CLASSES):
        row = 4 + place
        sheet.write_string(row, left, word, look.cell(Role.DATA))
        for at, value in enumerate((1, *(int(place == k) for k in range(3))), start=left + 1):
            sheet.write_number(row, at, value, look.cell(Role.DATA, "0", align="center"))
        page.formula(row, left + 5, f"=SUM(H{row + 1}:J{row + 1})", look.cell(Role.MODEL, "0", align="center"))
        page.formula(row, left + 6, f"=SUMPRODUCT(G{row + 1}:J{row + 1},G$8:J$8)", model)
    sheet.write_string(7, left, "weights", look.cell(Role.PARAMETER))
    for at, weight in enumerate(WEIGHTS, start=left + 1):
        sheet.write_number(7, at, weight, look.cell(Role.PARAMETER, "0.00", align="center", bold=True))
    sheet.write_string(8, left, "move by", look.label())
    sheet.write_number(8, left + 1, SHIFT, look.setting("0.00"))
    note(sheet, "F9", notes.CLEANING["move"])
    sheet.write_string(9, left, "others", look.cell(Role.MODEL))
    page.formula(9, left + 1, "=G8+$G$9", model)
    for at, column in enumerate("HIJ", start=left + 2):
        page.formula(9, at, f"={column}8-$G$9", model)
    sheet.write_string(9, left + 5, "by the others:", look.caption("right"))
    for place, word in enumerate(CLASSES):
        row = 10 + place
        sheet.write_string(row, left + 5, word, look.cell(Role.DATA, align="center"))
        page.formula(row, left + 6, f"=SUMPRODUCT(G{5 + place}:J{5 + place},G$10:J$10)", model)
    text = "Other weights, the same predictions: no data can choose between them. Without class 3 there is one answer."
    sheet.merge_range(10, left, 12, left + 4, text, look.invitation())


def _normalising(page: Page, look: Look) -> None:
    sheet, left = page.sheet, RIGHT
    sheet.write_string(14, left, "5. normalising", look.header(Role.DATA))
    note(sheet, "F15", notes.CLEANING["normalising"])
    for at, (word, _) in enumerate(MEASURED, start=left + 1):
        sheet.write_string(14, at, word, look.header(Role.MODEL if "_" in word else Role.DATA))
    sheet.write_string(14, left + 5, "Ones", look.header(Role.DATA))
    for row, (word, formula) in enumerate(SUMMARY, start=15):
        sheet.write_string(row, left, word, look.cell(Role.DATA))
        for at, name in enumerate([*(name for _, name in MEASURED), "Ones"], start=left + 1):
            role = Role.MODEL if "_" in name else Role.DATA
            style = look.cell(role, "#,##0.00", align="center")
            page.formula(row, at, "=" + formula.format(column=f"{KEPT}[{name}]"), style)
    note(sheet, "F19", notes.CLEANING["mean square"])
    sheet.write_string(19, left, "steepest / flattest", look.cell(Role.DATA))
    for first, last, columns in ((left + 1, left + 1, "before"), (left + 2, left + 2, "after")):
        cells = "G19,I19,K19" if columns == "before" else "H19,J19,K19"
        formula = f"=MAX({cells})/MIN({cells})"
        page.formula(19, first, formula, look.cell(Role.MODEL, "#,##0", align="center", bold=True))
        sheet.write_string(20, last, columns, look.caption("center"))
    note(sheet, "F20", notes.CLEANING["worst"])


def _histograms(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """How many passengers lie in each of ten steps, of each measure, and a chart of each."""
    sheet, left, top = page.sheet, RIGHT, HISTOGRAM_AT
    sheet.write_string(top - 1, left, "How many passengers lie in each step", look.bold())
    for part, (word, name) in enumerate(MEASURED):
        role, at = (Role.MODEL if "_" in name else Role.DATA), left + 1 + part
        width = BIN_WIDTHS[name]
        sheet.write_string(top, at, word, look.header(role))
        for step in range(BINS):
            low, row, column = f"$F{top + 2 + step}*{width}", top + 1 + step, f"{KEPT}[{name}]"
            high = f"($F{top + 2 + step}+1)*{width}"
            last = f"({column}<{high})" if step < BINS - 1 else "1"
            page.formula(row, at, f"=SUMPRODUCT(({column}>={low})*{last})", look.cell(role, "0", align="center"))
        chart = book.add_chart({"type": "column"})
        chart.add_series({
            "name": word, "categories": [SHEET, top + 1, left, top + BINS, left],
            "values": [SHEET, top + 1, at, top + BINS, at],
            "fill": {"color": role.colours.header}, "gap": 8,
        })  # fmt: skip
        kind = "after" if role is Role.MODEL else "before"
        chart.set_x_axis({"name": f"step of {float(Fraction(width)):g}"})
        chart.set_y_axis({"name": "passengers", "major_gridlines": GRID, "num_format": "0"})
        dress(chart, f"{word}, {kind}", (272, 230))
        sheet.insert_chart(top + BINS + 2, 0, chart, {"x_offset": 4 + 278 * part, "object_position": 3})
    sheet.write_string(top, left, "step", look.header(Role.DATA))
    for step in range(BINS):
        sheet.write_number(top + 1 + step, left, step, look.cell(Role.DATA, "0", align="center"))
    note(sheet, "F24", notes.CLEANING["histograms"])
    numbers_only(sheet, (8, left + 1, 8, left + 1), -100, 100)
