"""The sheet `smallest`: the linear model with a sigmoid, to be optimised by the reader.

Weights in E4:N4 under their inputs, the part that judges in B6, the loss in E7; from row 13 on a passenger a row, in
the order of the sheet `data`.
"""

from __future__ import annotations

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from cellgrad.lessons.compare import charts, notes, people
from cellgrad.lessons.compare.parts import SPLITS, Passengers
from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import heading, legend, note, set_up_page, try_this
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic.passengers import INPUTS
from cellgrad.solver_models import SolverModel

SHEET = "smallest"
WEIGHTS_AT = 4
HEADER, FIRST = 11, 12
BESIDE = 9
"""The first column right of the passengers, from 0."""
REACHED = {"loss": 0.446117369747, "training": 0.142513657127, "validation": 0.136161698685, "right": 117 / 143}
"""Where Optimize ends while part 1 judges; a test finds it another way."""
MODEL = SolverModel(SHEET, f"{SHEET}!$E$7", f"{SHEET}!$E$4:$N$4", goal="min", non_negative=False)
COLUMNS = {
    "number": Role.DATA, "part": Role.DATA, "survived": Role.DATA, "trains": Role.DATA, "score": Role.MODEL,
    "prediction": Role.MODEL, "cross-entropy": Role.LOSS, "squared error": Role.LOSS, "right": Role.MODEL,
}  # fmt: skip


def draw(book: xlsxwriter.Workbook, page: Page, look: Look, everyone: Passengers) -> None:
    """The sheet."""
    sheet = page.sheet
    hint = "Press Optimize: a moment later this is a model that the large nets hardly beat."
    heading(sheet, look, "Start with the smallest: ten weights and a sigmoid", notes.SMALLEST["title"], hint)
    for column, name in enumerate(INPUTS, start=WEIGHTS_AT):
        sheet.write_string(2, column, name, look.header(Role.PARAMETER))
        sheet.write_number(3, column, 0, look.parameter())
    sheet.write_string(3, WEIGHTS_AT - 1, "weights", look.label())
    note(sheet, "D4", notes.SMALLEST["weights"])
    sheet.write_string(5, 0, "judges", look.label())
    note(sheet, "A6", notes.SMALLEST["judges"])
    sheet.write_number(5, 1, 1, look.setting("0"))
    sheet.data_validation(5, 1, 5, 1, {"validate": "list", "source": [str(split) for split in SPLITS]})
    last = FIRST + len(everyone.number)
    _figures(page, look, last)
    _passengers(page, look, everyone)
    legend(sheet, look, 5, 10, settings=True)
    charts.weights(book, page, (3, WEIGHTS_AT), (FIRST, BESIDE))
    try_this(sheet, look, FIRST + 12, (BESIDE, WEIGHTS_AT + len(INPUTS) - 1), notes.TRY, rows_each=2)
    sheet.set_column_pixels(0, 3, 64)
    sheet.set_column_pixels(4, 13, 88)
    sheet.freeze_panes(FIRST, 0)
    set_up_page(sheet, FIRST + 40, WEIGHTS_AT + len(INPUTS) - 1, FIRST)


def _figures(page: Page, look: Look, last: int) -> None:
    """The loss, and how it goes for who trains and who judges: now, and once optimised."""
    sheet = page.sheet
    for column, word in enumerate(("now", "optimised"), start=4):
        sheet.write_string(5, column, word, look.header(Role.MODEL))
    note(sheet, "F6", notes.SMALLEST["optimised"])
    trains, judges = (f"D{FIRST + 1}:D{last}", f"(1-D{FIRST + 1}:D{last})")
    entropy, squared, right = (f"{column}{FIRST + 1}:{column}{last}" for column in "GHI")
    formulas = {
        "loss": f"SUMPRODUCT({trains},{entropy})/SUM({trains})",
        "training": f"SUMPRODUCT({trains},{squared})/SUM({trains})",
        "validation": f"SUMPRODUCT({judges}*{squared})/SUMPRODUCT({judges})",
        "right": f"SUMPRODUCT({judges}*{right})/SUMPRODUCT({judges})",
    }
    for row, (word, text) in enumerate(formulas.items(), start=6):
        role, shown = (Role.MODEL, "0.0%") if word == "right" else (Role.LOSS, "0.000000")
        sheet.write_string(row, 3, word, look.label())
        note(sheet, xl_rowcol_to_cell(row, 3), notes.SMALLEST[word])
        page.formula(row, 4, f"={text}", look.result(role, shown) if word == "loss" else look.cell(role, shown))
        sheet.write_number(row, 5, REACHED[word], look.cell(role, shown))


def _passengers(page: Page, look: Look, everyone: Passengers) -> None:
    sheet = page.sheet
    for column, (word, role) in enumerate(COLUMNS.items()):
        sheet.write_string(HEADER, column, word, look.header(role))
        if f"column {word}" in notes.SMALLEST:
            note(sheet, xl_rowcol_to_cell(HEADER, column), notes.SMALLEST[f"column {word}"])
    data, model, loss = (
        look.cell(Role.DATA, "0", align="center"), look.cell(Role.MODEL, "0.000"), look.cell(Role.LOSS, "0.000")
    )  # fmt: skip
    inputs = [xl_rowcol_to_cell(0, people.INPUT_AT + at)[:-1] for at in (0, len(INPUTS) - 1)]
    for place in range(len(everyone.number)):
        row, at = FIRST + place, FIRST + place + 1
        there = people.FIRST + place + 1
        for column, name in enumerate("ABC"):
            page.formula(row, column, f"={people.SHEET}!{name}{there}", data)
        page.formula(row, 3, f"=IF(B{at}=$B$6,0,1)", data)
        these = f"{people.SHEET}!{inputs[0]}{there}:{inputs[1]}{there}"
        page.formula(row, 4, f"=SUMPRODUCT({these},$E$4:$N$4)", model)
        page.formula(row, 5, f"=1/(1+EXP(-E{at}))", look.cell(Role.MODEL, "0.000", bold=True))
        page.formula(row, 6, f"=-LN(IF(C{at}=1,F{at},1-F{at}))", loss)
        page.formula(row, 7, f"=(C{at}-F{at})^2", loss)
        page.formula(row, 8, f"=IF((F{at}>0.5)=(C{at}=1),1,0)", look.cell(Role.MODEL, "0", align="center"))
