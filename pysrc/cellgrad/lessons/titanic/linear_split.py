"""The sheet `linear_split`: the linear model on the very split of `sigmoid`, and both models over ten splits.

left     A:B  inputs and weights (B4:B13), the legend; E:I results, ten splits, a chart
right    K:P  a passenger a row (4:715): split, prediction, squared error
top      F2   the objective cell
"""

from __future__ import annotations

import numpy as np
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import heading, legend, note, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic import notes, sigmoid
from cellgrad.lessons.titanic.passengers import INPUTS
from cellgrad.lessons.training import Results
from cellgrad.solver_models import SolverModel

SHEET = "linear_split"
TOP = sigmoid.TOP
LEFT, PANEL = sigmoid.LEFT, sigmoid.PANEL
HEADERS = {
    "number": Role.DATA, "survived": Role.DATA, "train": Role.DATA,
    "prediction": Role.MODEL, "sq_error": Role.LOSS, "right": Role.MODEL,
}  # fmt: skip
AT = {name: xl_col_to_name(LEFT + place) for place, name in enumerate(HEADERS)}
SPLITS_AT = 12
"""The header row of the ten splits, from 0."""


def add_sheet(
    book: xlsxwriter.Workbook, page: Page, look: Look, weights: np.ndarray, count: int, results: Results
) -> SolverModel:
    """Add the sheet for `count` passengers, from these weights (10,); its model. results: what training found."""
    sheet, last = page.sheet, TOP + count
    for name, header in {"split_sq_error": "sq_error", "split_right": "right"}.items():
        book.define_name(name, f"={SHEET}!${AT[header]}${TOP + 1}:${AT[header]}${last}")
    book.define_name("split_weights", f"={SHEET}!$B$4:$B$13")
    hint = "Solver opens ready to run."
    heading(sheet, look, "Titanic: the linear model on the same split", notes.LINEAR_SPLIT["title"], hint)
    sheet.write_string(1, PANEL, "loss", look.label())
    note(sheet, "E2", notes.LINEAR_SPLIT["loss"])
    page.formula(1, PANEL + 1, "=SUMPRODUCT(train,split_sq_error)/SUM(train)", look.result(Role.LOSS, "0.000000"))
    sheet.write_string(1, PANEL + 2, "held out right", look.label())
    page.formula(1, PANEL + 3, "=G9", look.result(Role.MODEL, "0.0%"))
    for column, word in enumerate(("input", "weight")):
        sheet.write_string(TOP - 1, column, word, look.header(Role.PARAMETER))
    note(sheet, "A3", notes.LINEAR_SPLIT["weights"])
    for row, name in enumerate(INPUTS, start=TOP):
        sheet.write_string(row, 0, name, look.label())
        sheet.write_number(row, 1, weights[row - TOP], look.parameter())
    _results(page, look, results)
    _splits(book, page, look, results)
    _passengers(page, look, count)
    legend(sheet, look, TOP + len(INPUTS) + 1, 0)
    for columns, width in (((0, 0), 92), ((1, 2), 98), ((3, 3), 14), ((4, 4), 124), ((5, 8), 96), ((9, 9), 14),
                           ((10, 15), 70)):  # fmt: skip
        sheet.set_column_pixels(*columns, width)
    sheet.freeze_panes(TOP, 0)
    set_up_page(sheet, last - 1, LEFT + len(HEADERS) - 1, TOP)
    return SolverModel(SHEET, f"{SHEET}!$F$2", f"{SHEET}!$B$4:$B$13", goal="min", non_negative=False)


def _results(page: Page, look: Look, results: Results) -> None:
    sheet, row, reached = page.sheet, 5, results[SHEET]
    sheet.write_string(TOP - 1, PANEL, "the split", look.header(Role.DATA))
    sheet.write_string(TOP, PANEL, "split seed", look.label())
    page.formula(TOP, PANEL + 1, "=split_seed", look.cell(Role.DATA, "0", align="center"))
    sheet.write_string(TOP, PANEL + 2, " chosen on the sheet sigmoid", look.caption())
    for at, word in enumerate(("results", "training", "held out", "training", "held out"), start=PANEL):
        sheet.write_string(row, at, word, look.header(Role.MODEL))
    sheet.merge_range(row - 1, PANEL + 1, row - 1, PANEL + 2, "now", look.header(Role.MODEL))
    sheet.merge_range(row - 1, PANEL + 3, row - 1, PANEL + 4, "after Optimize", look.header(Role.MODEL))
    note(sheet, "F5", notes.LINEAR_SPLIT["now"])
    means = "SUMPRODUCT(train,{0})/SUM(train)", "SUMPRODUCT(1-train,{0})/SUMPRODUCT(1-train)"
    lines = (
        ("passengers", ("SUM(train)", "SUMPRODUCT(1-train)"), Role.DATA, "0"),
        ("squared error", [mean.format("split_sq_error") for mean in means], Role.LOSS, "0.000000"),
        ("predicted right", [mean.format("split_right") for mean in means], Role.MODEL, "0.0%"),
    )
    for at, (word, formulas, role, shape) in enumerate(lines, start=row + 1):
        sheet.write_string(at, PANEL, word, look.cell(role))
        for column, formula in enumerate(formulas, start=PANEL + 1):
            page.formula(at, column, f"={formula}", look.cell(role, shape, align="center", bold=True))
        for column, value in enumerate(reached[word], start=PANEL + 3):
            sheet.write_number(at, column, value, look.cell(role, shape, align="center"))


def _splits(book: xlsxwriter.Workbook, page: Page, look: Look, results: Results) -> None:
    """The held-out passengers that both models tell right, for each of ten splits, and how far the models part."""
    sheet, top, splits = page.sheet, SPLITS_AT, results["splits"]
    sheet.write_string(top - 2, PANEL, "Which model is better? Ten splits, each optimised", look.bold())
    sheet.write_string(
        top - 1, PANEL, "measured once, by cellgrad lessons train; the shares are formulas", look.caption()
    )
    for at, word in enumerate(("split seed", "held out", "linear right", "net right", "net - linear"), start=PANEL):
        sheet.write_string(top, at, word, look.header(Role.MODEL if at > PANEL + 1 else Role.DATA))
    note(sheet, xl_rowcol_to_cell(top, PANEL), notes.LINEAR_SPLIT["splits"])
    number, share = look.cell(Role.DATA, "0", align="center"), look.cell(Role.MODEL, "0.0%", align="center")
    for row, one in enumerate(splits, start=top + 1):
        sheet.write_number(row, PANEL, one["seed"], number)
        sheet.write_number(row, PANEL + 1, one["held out"], number)
        for column, model in enumerate(("linear", "net"), start=PANEL + 2):
            page.formula(row, column, f"={one[model]}/F{row + 1}", share)
        page.formula(row, PANEL + 4, f"=H{row + 1}-G{row + 1}", share)
    first, last = top + 2, top + 1 + len(splits)
    strong = look.cell(Role.MODEL, "0.0%", align="center", bold=True)
    for row, (word, function) in enumerate((("mean", "AVERAGE"), ("std. dev.", "STDEV")), start=last):
        sheet.write_string(row, PANEL, word, look.cell(Role.MODEL, bold=True))
        sheet.write_blank(row, PANEL + 1, None, look.cell(Role.MODEL))
        for column in range(PANEL + 2, PANEL + 5):
            letter = xl_col_to_name(column)
            page.formula(row, column, f"={function}({letter}{first}:{letter}{last})", strong)
    note(sheet, xl_rowcol_to_cell(last + 1, PANEL), notes.LINEAR_SPLIT["spread"])
    chart = book.add_chart({"type": "line"})
    for column, word, colour in ((PANEL + 2, "linear", "#2F7DC0"), (PANEL + 3, "net with sigmoid", "#8E5CC4")):
        chart.add_series({"name": word, "categories": [SHEET, first - 1, PANEL, last - 1, PANEL],
                          "values": [SHEET, first - 1, column, last - 1, column],
                          "line": {"color": colour, "width": 1.5},
                          "marker": {"type": "circle", "size": 8, "fill": {"color": colour}}})  # fmt: skip
    chart.set_x_axis({"name": "split seed"})
    chart.set_y_axis(
        {"name": "share", "min": 0.6, "max": 0.9, "major_unit": 0.05, "num_format": "0%", "major_gridlines": GRID}
    )
    dress(chart, "Held-out passengers predicted right, split by split", (640, 270), legend="bottom")
    sheet.insert_chart(last + 3, 0, chart, {"x_offset": 4, "object_position": 3})


def _passengers(page: Page, look: Look, count: int) -> None:
    formulas = {
        "survived": "linear!A{r}",
        "train": f"{sigmoid.SHEET}!{sigmoid.AT['train']}{{r}}",
        "sq_error": f"({AT['survived']}{{r}}-{AT['prediction']}{{r}})^2",
        "right": f"IF(({AT['prediction']}{{r}}>0.5)=({AT['survived']}{{r}}=1),1,0)",
    }
    product = f"MMULT(LinearData[[{INPUTS[0]}]:[{INPUTS[-1]}]],split_weights)"
    block = ("prediction", "prediction")
    sigmoid.passenger_rows(page, look, count, HEADERS, notes.LINEAR_SPLIT, formulas, product, block)
