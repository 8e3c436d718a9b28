"""The sheet `passenger`: a person of one's own, and what the models say with the parameters they have now.

B4:B10 the questions; E4:H6 the predictions; below, the same worked out input by input.
"""

from __future__ import annotations

import xlsxwriter

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import heading, legend_across, note, numbers_only, set_up_page, try_this
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic import notes
from cellgrad.lessons.titanic.passengers import INPUTS, TABLE_COLUMNS

SHEET = "passenger"
QUESTIONS = (
    ("class", 3, "0", "1, 2 or 3"),
    ("sex", "female", "@", "female or male"),
    ("age", 24, "0.##", "years"),
    ("fare", 12, "[$£-809]0.00", "pounds of 1912; the mean of this class is"),
    ("brothers, sisters, spouse", 0, "0", "aboard with this person"),
    ("parents, children", 0, "0", "aboard with this person"),
    ("port", "S", "@", "S Southampton, C Cherbourg, Q Queenstown"),
)
LISTS = {3: ["1", "2", "3"], 4: ["female", "male"], 9: ["S", "C", "Q"]}
"""Row from 0 -> what may be chosen there."""

VALUES = {
    "SibSp": "B8", "Parch": "B9", "Age_N": "B6/MAX(LinearData[Age])", "log_Fare": "LOG10(B7+1)",
    "Pclass_1": "IF(B4=1,1,0)", "Pclass_2": "IF(B4=2,1,0)", "Embark_S": 'IF(B10="S",1,0)',
    "Embark_C": 'IF(B10="C",1,0)', "Male": 'IF(B5="male",1,0)', "Ones": "1",
}  # fmt: skip
"""Each input, as the sheets of the models make it."""

MODELS = (("linear", "K28"), ("nnet", "K29"), ("sigmoid", "K30"))
"""Sheet, and where its prediction is worked out."""
WORKING_AT = 14
"""The header row of the working, from 0."""
PARTS = (
    ("linear", "linear!{column}$2"), ("nnet, unit 1", "nnet!{column}$1"), ("nnet, unit 2", "nnet!{column}$2"),
    ("sigmoid, for", "sigmoid!B{row}"), ("sigmoid, against", "sigmoid!C{row}"),
)  # fmt: skip
"""The rows of parameters, and the cell of an input's."""


def add_sheet(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """Add the sheet."""
    sheet = page.sheet
    heading(sheet, look, "Titanic: a passenger of your own", notes.PASSENGER["title"], "Fill in the framed cells.")
    _questions(page, look)
    _predictions(page, look)
    _working(page, look)
    _chart(book, page)
    legend_across(sheet, look, WORKING_AT + 17, 0, settings=True)
    try_this(sheet, look, WORKING_AT + 19, (0, 11), notes.TRY_PASSENGER)
    for columns, width in (((0, 0), 164), ((1, 1), 82), ((2, 11), 76)):
        sheet.set_column_pixels(*columns, width)
    sheet.freeze_panes(3, 0)
    set_up_page(sheet, WORKING_AT + 23, 13, 3)
    sheet.fit_to_pages(1, 1)


def _questions(page: Page, look: Look) -> None:
    sheet = page.sheet
    sheet.write_string(2, 0, "question", look.header(Role.DATA))
    sheet.write_string(2, 1, "answer", look.header(Role.DATA))
    for row, (word, value, shape, unit) in enumerate(QUESTIONS, start=3):
        sheet.write_string(row, 0, word, look.cell(Role.DATA))
        sheet.write(row, 1, value, look.setting() if shape == "@" else look.setting(shape))
        sheet.write_string(row, 2, f" {unit}", look.caption())
        if row in LISTS:
            sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": LISTS[row]})
    mean = "SUMPRODUCT((LinearData[Pclass]=B4)*LinearData[Fare])/COUNTIF(LinearData[Pclass],B4)"
    page.formula(6, 5, f"={mean}", look.cell(Role.DATA, "[$£-809]0.00"))
    numbers_only(sheet, (5, 1, 5, 1), 0, 100)
    numbers_only(sheet, (6, 1, 6, 1), 0, 1000)
    numbers_only(sheet, (7, 1, 8, 1), 0, 10, whole=True)
    note(sheet, "A7", notes.PASSENGER["fare"])


def _predictions(page: Page, look: Look) -> None:
    sheet, left = page.sheet, 6
    for at, word in enumerate(("sheet", "prediction", "says"), start=left):
        sheet.write_string(2, at, word, look.header(Role.MODEL))
    note(sheet, "H3", notes.PASSENGER["prediction"])
    for row, (name, cell) in enumerate(MODELS, start=3):
        sheet.write_string(row, left, name, look.cell(Role.MODEL))
        page.formula(row, left + 1, f"={cell}", look.cell(Role.MODEL, "0.000", align="center", bold=True))
        page.formula(row, left + 2, f'=IF(H{row + 1}>0.5,"lives","dies")', look.cell(Role.MODEL, align="center"))
    sheet.write_string(7, left, "like this", look.header(Role.DATA))
    sheet.merge_range(7, left + 1, 7, left + 2, "same sex and class", look.header(Role.DATA))
    note(sheet, "G8", notes.PASSENGER["like this"])
    alike = "(LinearData[Sex]=B5)*(LinearData[Pclass]=B4)"
    lines = (
        ("passengers", f"SUMPRODUCT({alike})", "0"),
        ("lived", f"SUMPRODUCT({alike}*LinearData[Survived])/H9", "0.0%"),
    )
    for row, (word, formula, shape) in enumerate(lines, start=8):
        sheet.write_string(row, left, word, look.cell(Role.DATA))
        page.formula(row, left + 1, f"={formula}", look.cell(Role.DATA, shape, align="center"))
    untrained = "OR(linear!AA1>0.2,nnet!AA1>0.2,sigmoid!F12>0.2)"
    hint = f'=IF({untrained},"A model still holds random numbers: Optimize it first, then come back.","")'
    page.formula(11, 0, hint, look.bold())


def _working(page: Page, look: Look) -> None:
    """Each model's sum, product by product."""
    sheet, top = page.sheet, WORKING_AT
    sheet.write_string(top - 1, 0, "The same, worked out", look.bold())
    sheet.write_string(top, 0, "input", look.header(Role.DATA))
    sheet.write_string(top, 1, "value", look.header(Role.DATA))
    note(sheet, "A15", notes.PASSENGER["working"])
    for part, (word, _) in enumerate(PARTS):
        sheet.merge_range(top - 1, 2 + 2 * part, top - 1, 3 + 2 * part, word, look.header(Role.MODEL))
        sheet.write_string(top, 2 + 2 * part, "parameter", look.header(Role.PARAMETER))
        sheet.write_string(top, 3 + 2 * part, "product", look.header(Role.MODEL))
    value, weight = (look.cell(role, "0.000", align="center") for role in (Role.DATA, Role.PARAMETER))
    product, strong = (
        look.cell(Role.MODEL, "0.000", align="center"),
        look.cell(Role.MODEL, "0.000", bold=True, align="center"),
    )
    for place, name in enumerate(INPUTS):
        row = top + 1 + place
        at, letter = row + 1, "ABCDEFGHIJKLMNOP"[TABLE_COLUMNS.index(name)]
        sheet.write_string(row, 0, name, look.label())
        page.formula(row, 1, f"={VALUES[name]}", value)
        for part, (_, cell) in enumerate(PARTS):
            page.formula(row, 2 + 2 * part, "=" + cell.format(column=letter, row=4 + place), weight)
            page.formula(row, 3 + 2 * part, f"=$B{at}*{'CEGIK'[part]}{at}", product)
    first, last, row = top + 2, top + 1 + len(INPUTS), top + 1 + len(INPUTS)
    sheet.write_string(row, 0, "added up", look.cell(Role.MODEL, bold=True))
    sheet.write_string(row + 1, 0, "after ReLU", look.cell(Role.MODEL, bold=True))
    for part in range(len(PARTS)):
        column = "DFHJL"[part]
        page.formula(row, 3 + 2 * part, f"=SUM({column}{first}:{column}{last})", strong)
        if part:
            page.formula(row + 1, 3 + 2 * part, f"=IF({column}{row + 1}>0,{column}{row + 1},0)", strong)
    for place, (name, formula) in enumerate((("linear", f"D{row + 1}"), ("nnet", f"F{row + 2}+H{row + 2}"),
                                             ("sigmoid", f"1/(1+EXP(-(J{row + 2}-L{row + 2})))"))):  # fmt: skip
        sheet.write_string(row + 2 + place, 9, name, look.label())
        page.formula(row + 2 + place, 10, f"={formula}", strong)
    sheet.write_string(row + 2, 0, "prediction", look.cell(Role.MODEL, bold=True))
    how = "linear: the sum as it is; nnet: the two added; sigmoid: 1/(1+EXP(-(for - against)))"
    sheet.write_string(row + 2, 3, how, look.caption())


def _chart(book: xlsxwriter.Workbook, page: Page) -> None:
    chart = book.add_chart({"type": "bar"})
    chart.add_series({"name": "prediction", "categories": [SHEET, 3, 6, 5, 6], "values": [SHEET, 3, 7, 5, 7],
                      "fill": {"color": Role.MODEL.colours.header}, "gap": 40})  # fmt: skip
    chart.set_x_axis({"name": "prediction", "min": -0.5, "max": 1.5, "major_unit": 0.5, "num_format": "0.0",
                      "label_position": "high", "major_gridlines": GRID})  # fmt: skip
    chart.set_y_axis({"reverse": True, "label_position": "low"})
    dress(chart, "Predictions; above 0.5 says: lives", (340, 200))
    page.sheet.insert_chart(3, 9, chart, {"x_offset": 12, "object_position": 3})
