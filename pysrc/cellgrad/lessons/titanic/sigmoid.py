"""The sheet `sigmoid`: a net that answers with a probability, judged on passengers it has not seen.

left     A:C  inputs and parameters (B4:C13), the legend; E:I settings, what is reached, the confusion table; charts
right    K:W  a passenger a row (4:715): split, two units, score, sigmoid, squared error, cross-entropy
top      F2   the objective cell; it stays in sight
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import header_row, heading, legend, note, numbers_only, set_up_page, try_this
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic import notes
from cellgrad.lessons.titanic.passengers import INPUTS
from cellgrad.lessons.training import Results
from cellgrad.solver_models import SolverModel

SHEET = "sigmoid"
TOP = 3
"""The first passenger, the first parameter and the first setting, from 0."""
HEADERS = {
    "number": Role.DATA, "survived": Role.DATA, "lot": Role.DATA, "train": Role.DATA,
    "linear_1": Role.MODEL, "linear_2": Role.MODEL, "relu_1": Role.MODEL, "relu_2": Role.MODEL,
    "score": Role.MODEL, "prediction": Role.MODEL, "sq_error": Role.LOSS, "cross_ent": Role.LOSS, "right": Role.MODEL,
}  # fmt: skip
LEFT = 10
"""Column K, where the passengers begin."""
AT = {name: xl_col_to_name(LEFT + place) for place, name in enumerate(HEADERS)}
"""Column -> its letters."""

SHARE, SPLIT, PENALTY = 0.2, 1, 0.001
CROSS_ENTROPY, SQUARED_ERROR = "cross-entropy", "squared error"
START = 6
"""The start: of the seeds 0 to 119 the one from which L-BFGS ends lowest on three splits, at its worst; gradient
descent at a rate of 0.5 ends in the same valley, and each unit is awake for about 40 in 100 passengers."""

LOT = "MOD(MOD(31*{n}^2+17*{n}*split_seed+7919*split_seed^2,99991)^2,9973)/9973"
"""A lot from 0 to 1 for the passenger {n}: whole numbers below 2^53 throughout, and quotients that every MOD takes."""

PANEL = 4
"""Column E, where settings and results begin."""
RESULTS_AT = 8
CONFUSION_AT = 15
DEMONSTRATION_AT = 43
SCORES = range(-6, 7)
SAID = (0.99, 0.9, 0.75, 0.5, 0.25, 0.1, 0.01, 0.001)


def start() -> np.ndarray:
    """Where the parameters start (10, 2), one column a unit, drawn as those of the other sheets are."""
    draws = np.random.default_rng(START).random(20) - 0.5
    return np.array([float(f"{draw:.15g}") for draw in draws]).reshape(10, 2)


def add_sheet(book: xlsxwriter.Workbook, page: Page, look: Look, count: int, results: Results) -> SolverModel:
    """Add the sheet for `count` passengers; its model. results: what `training.train` found."""
    sheet, last = page.sheet, TOP + count
    _names(book, last)
    hint = "Solver opens ready to run."
    heading(sheet, look, "Titanic: a probability, and passengers held out", notes.SIGMOID["title"], hint)
    sheet.write_string(1, PANEL, "loss", look.label())
    note(sheet, "E2", notes.SIGMOID["loss"])
    chosen = f'=IF(loss_by="{SQUARED_ERROR}",F12,F11)+penalty*SUMSQ(sigmoid_weights)'
    page.formula(1, PANEL + 1, chosen, look.result(Role.LOSS, "0.000000"))
    sheet.write_string(1, PANEL + 2, "held out right", look.label())
    page.formula(1, PANEL + 3, "=G13", look.result(Role.MODEL, "0.0%"))
    _parameters(page, look)
    _settings(page, look)
    _results(page, look, results)
    _confusion(page, look)
    _passengers(page, look, count)
    _demonstrations(book, page, look)
    legend(sheet, look, TOP + len(INPUTS) + 1, 0, settings=True)
    try_this(sheet, look, 20, (PANEL, PANEL + 4), notes.TRY_SIGMOID, 2)
    for columns, width in (((0, 0), 92), ((1, 2), 98), ((3, 3), 14), ((4, 4), 124), ((5, 8), 96), ((9, 9), 14),
                           ((10, 22), 72)):  # fmt: skip
        sheet.set_column_pixels(*columns, width)
    sheet.freeze_panes(TOP, 0)
    set_up_page(sheet, last - 1, LEFT + len(HEADERS) - 1, TOP)
    return SolverModel(SHEET, f"{SHEET}!$F$2", f"{SHEET}!$B$4:$C$13", goal="min", non_negative=False)


def _names(book: xlsxwriter.Workbook, last: int) -> None:
    """last: the last passenger's row as Excel counts."""
    columns = {"train": "train", "lived": "survived", "sigmoid_prediction": "prediction",
               "sigmoid_sq_error": "sq_error", "cross_entropy": "cross_ent", "sigmoid_right": "right"}  # fmt: skip
    for name, column in columns.items():
        book.define_name(name, f"={SHEET}!${AT[column]}${TOP + 1}:${AT[column]}${last}")
    cells = {"sigmoid_weights": "$B$4:$C$13", "split_seed": "$F$4", "held_out_share": "$F$5", "loss_by": "$F$6",
             "penalty": "$F$7", "sigmoid_loss": "$F$2"}  # fmt: skip
    for name, cell in cells.items():
        book.define_name(name, f"={SHEET}!{cell}")


def _parameters(page: Page, look: Look) -> None:
    sheet, draws = page.sheet, start()
    for column, word in enumerate(("input", "unit 1: for", "unit 2: against")):
        sheet.write_string(TOP - 1, column, word, look.header(Role.PARAMETER))
    note(sheet, "A3", notes.SIGMOID["parameters"])
    note(sheet, "C3", notes.SIGMOID["against"])
    for row, name in enumerate(INPUTS, start=TOP):
        sheet.write_string(row, 0, name, look.label())
        for unit in range(2):
            sheet.write_number(row, 1 + unit, draws[row - TOP, unit], look.parameter())


def _settings(page: Page, look: Look) -> None:
    sheet = page.sheet
    sheet.write_string(TOP - 1, PANEL, "settings", look.header(Role.DATA))
    given = (
        ("split seed", SPLIT, "0", "another number, another split"),
        ("held out", SHARE, "0%", "the part kept for judging"),
        ("loss by", CROSS_ENTROPY, "@", "what Optimize makes small"),
        ("penalty", PENALTY, "0.0000", "on the squares of the weights"),
    )
    for row, (word, value, shape, what) in enumerate(given, start=TOP):
        sheet.write_string(row, PANEL, word, look.label())
        note(sheet, xl_rowcol_to_cell(row, PANEL), notes.SIGMOID[word])
        sheet.write(row, PANEL + 1, value, look.setting(shape) if shape != "@" else look.setting())
        sheet.write_string(row, PANEL + 2, f" {what}", look.caption())
    numbers_only(sheet, (TOP, PANEL + 1, TOP, PANEL + 1), 0, 1000, whole=True)
    numbers_only(sheet, (TOP + 1, PANEL + 1, TOP + 1, PANEL + 1), 0.05, 0.6)
    at = (TOP + 2, PANEL + 1, TOP + 2, PANEL + 1)
    sheet.data_validation(*at, {"validate": "list", "source": [CROSS_ENTROPY, SQUARED_ERROR]})
    numbers_only(sheet, (TOP + 3, PANEL + 1, TOP + 3, PANEL + 1), 0, 1)


def _results(page: Page, look: Look, results: Results) -> None:
    """Both losses and the share predicted right, for training and held-out rows: now, and after Optimize."""
    sheet, row, reached = page.sheet, RESULTS_AT, results[SHEET]
    for at, word in enumerate(("results", "training", "held out", "training", "held out"), start=PANEL):
        sheet.write_string(row, at, word, look.header(Role.MODEL))
    sheet.merge_range(row - 1, PANEL + 1, row - 1, PANEL + 2, "now", look.header(Role.MODEL))
    sheet.merge_range(row - 1, PANEL + 3, row - 1, PANEL + 4, "after Optimize", look.header(Role.MODEL))
    note(sheet, "F8", notes.SIGMOID["now"])
    note(sheet, "H8", notes.SIGMOID["reached"])
    means = "SUMPRODUCT(train,{0})/SUM(train)", "SUMPRODUCT(1-train,{0})/SUMPRODUCT(1-train)"
    lines = (
        ("passengers", ("SUM(train)", "SUMPRODUCT(1-train)"), Role.DATA, "0"),
        (CROSS_ENTROPY, [mean.format("cross_entropy") for mean in means], Role.LOSS, "0.000000"),
        (SQUARED_ERROR, [mean.format("sigmoid_sq_error") for mean in means], Role.LOSS, "0.000000"),
        ("predicted right", [mean.format("sigmoid_right") for mean in means], Role.MODEL, "0.0%"),
        ("linear model, right", ("linear_split!F9", "linear_split!G9"), Role.MODEL, "0.0%"),
    )
    for at, (word, formulas, role, shape) in enumerate(lines, start=row + 1):
        sheet.write_string(at, PANEL, word, look.cell(role))
        if word in notes.SIGMOID:
            note(sheet, xl_rowcol_to_cell(at, PANEL), notes.SIGMOID[word])
        for column, formula in enumerate(formulas, start=PANEL + 1):
            page.formula(at, column, f"={formula}", look.cell(role, shape, align="center", bold=True))
        for column, value in enumerate(reached[word], start=PANEL + 3):
            sheet.write_number(at, column, value, look.cell(role, shape, align="center"))


def _confusion(page: Page, look: Look) -> None:
    sheet, row = page.sheet, CONFUSION_AT
    sheet.write_string(row, PANEL, "held out: it is", look.header(Role.DATA))
    note(sheet, xl_rowcol_to_cell(row, PANEL), notes.SIGMOID["confusion"])
    for at, word in enumerate(("said: died", "said: lived", "together"), start=PANEL + 1):
        sheet.write_string(row, at, word, look.header(Role.MODEL))
    sheet.write_string(row, PANEL + 4, "of them right", look.header(Role.MODEL))
    count, share = look.cell(Role.MODEL, "0", align="center"), look.cell(Role.MODEL, "0.0%", align="center")
    right = look.cell(Role.MODEL, "0", align="center", bold=True)
    for truth, word in enumerate(("died", "lived")):
        at = row + 1 + truth
        sheet.write_string(at, PANEL, word, look.cell(Role.DATA))
        for said, sign in enumerate(("<=", ">")):
            formula = f"=SUMPRODUCT((1-train)*(lived={truth})*(sigmoid_prediction{sign}0.5))"
            page.formula(at, PANEL + 1 + said, formula, right if said == truth else count)
        page.formula(at, PANEL + 3, f"=SUM(F{at + 1}:G{at + 1})", count)
        page.formula(at, PANEL + 4, f"={'FG'[truth]}{at + 1}/H{at + 1}", share)
    sheet.write_string(row + 3, PANEL, "if all say: died", look.cell(Role.DATA))
    note(sheet, xl_rowcol_to_cell(row + 3, PANEL), notes.SIGMOID["all died"])
    page.formula(row + 3, PANEL + 3, f"=H{row + 2}+H{row + 3}", count)
    page.formula(row + 3, PANEL + 4, f"=H{row + 2}/H{row + 4}", share)


def _passengers(page: Page, look: Look, count: int) -> None:
    a = AT
    formulas = {
        "survived": "linear!A{r}",
        "lot": LOT.format(n=a["number"] + "{r}"),
        "train": f"IF({a['lot']}{{r}}<held_out_share,0,1)",
        "relu_1": f"IF({a['linear_1']}{{r}}>0,{a['linear_1']}{{r}},0)",
        "relu_2": f"IF({a['linear_2']}{{r}}>0,{a['linear_2']}{{r}},0)",
        "score": f"{a['relu_1']}{{r}}-{a['relu_2']}{{r}}",
        "prediction": f"1/(1+EXP(-{a['score']}{{r}}))",
        "sq_error": f"({a['survived']}{{r}}-{a['prediction']}{{r}})^2",
        "cross_ent": f"MAX({a['score']}{{r}},0)-{a['score']}{{r}}*{a['survived']}{{r}}"
        f"+LN(1+EXP(-ABS({a['score']}{{r}})))",
        "right": f"IF(({a['prediction']}{{r}}>0.5)=({a['survived']}{{r}}=1),1,0)",
    }
    product = f"MMULT(LinearData[[{INPUTS[0]}]:[{INPUTS[-1]}]],sigmoid_weights)"
    passenger_rows(page, look, count, HEADERS, notes.SIGMOID, formulas, product, ("linear_1", "linear_2"))


def passenger_rows(
    page: Page,
    look: Look,
    count: int,
    headers: Mapping[str, Role],
    texts: Mapping[str, str],
    formulas: Mapping[str, str],
    product: str,
    block: tuple[str, str],
) -> None:
    """The passengers from TOP and LEFT on, one a row, under `headers`, whose notes are in `texts`.

    formulas: of a column, where {r} is the row as Excel counts. product: the array formula, without its =, that fills
    the columns from the first to the last of `block`.
    """
    sheet, last = page.sheet, TOP + count
    header_row(sheet, look, TOP - 1, headers.items(), texts, LEFT)
    places = {name: LEFT + place for place, name in enumerate(headers)}
    shapes = {"number": "0", "survived": "0", "train": "0", "right": "0"}
    styles = {name: look.cell(role, shapes.get(name, "0.000"), align="center") for name, role in headers.items()}
    for row in range(TOP, last):
        sheet.write_number(row, LEFT, row - TOP + 1, styles["number"])
        for name, formula in formulas.items():
            page.formula(row, places[name], "=" + formula.format(r=row + 1), styles[name])
    first, final = block
    page.array(TOP, places[first], last - 1, places[final], f"={product}", styles[first])
    sheet.conditional_format(TOP, places["train"], last - 1, places["train"], {
        "type": "cell", "criteria": "==", "value": 0, "format": look.missing()})  # fmt: skip
    sheet.conditional_format(TOP, places["right"], last - 1, places["right"], {
        "type": "cell", "criteria": "==", "value": 0, "format": look.result(Role.LOSS, "0")})  # fmt: skip


def _demonstrations(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """The curve of the sigmoid, and what a prediction costs by either loss, as numbers and as charts."""
    sheet, top = page.sheet, DEMONSTRATION_AT
    headers = {
        0: ("score", Role.DATA), 1: ("prediction", Role.MODEL), PANEL: ("said of one", Role.DATA),
        PANEL + 1: ("sq. error", Role.LOSS), PANEL + 2: ("cross-ent.", Role.LOSS),
    }  # fmt: skip
    for column, (word, role) in headers.items():
        sheet.write_string(top, column, word, look.header(role))
    note(sheet, xl_rowcol_to_cell(top, PANEL), notes.SIGMOID["costs"])
    for row, score in enumerate(SCORES, start=top + 1):
        sheet.write_number(row, 0, score, look.cell(Role.DATA, "0", align="center"))
        page.formula(row, 1, f"=1/(1+EXP(-A{row + 1}))", look.cell(Role.MODEL, "0.0000", align="center"))
    for row, said in enumerate(SAID, start=top + 1):
        sheet.write_number(row, PANEL, said, look.cell(Role.DATA, "0.000", align="center"))
        page.formula(row, PANEL + 1, f"=(1-E{row + 1})^2", look.cell(Role.LOSS, "0.0000", align="center"))
        page.formula(row, PANEL + 2, f"=-LN(E{row + 1})", look.cell(Role.LOSS, "0.0000", align="center"))
    curve = book.add_chart({"type": "scatter", "subtype": "smooth"})
    rows = (top + 1, top + len(SCORES))
    curve.add_series({"categories": [SHEET, rows[0], 0, rows[1], 0], "values": [SHEET, rows[0], 1, rows[1], 1],
                      "line": {"color": "#8E5CC4", "width": 2.5}})  # fmt: skip
    dress(curve, "From score to prediction", (328, 280))
    curve.set_x_axis({"name": "score", "min": -6, "max": 6, "crossing": -6, "major_unit": 2, "label_position": "low",
                      "num_format": "0", "major_gridlines": GRID})  # fmt: skip
    curve.set_y_axis({"name": "prediction", "min": 0, "max": 1, "num_format": "0.0", "major_gridlines": GRID})
    cost = book.add_chart({"type": "line"})
    rows = (top + 1, top + len(SAID))
    for column, word, colour in ((PANEL + 1, SQUARED_ERROR, "#2F7DC0"), (PANEL + 2, CROSS_ENTROPY, "#D9772E")):
        cost.add_series({"name": word, "categories": [SHEET, rows[0], PANEL, rows[1], PANEL],
                         "values": [SHEET, rows[0], column, rows[1], column],
                         "line": {"color": colour, "width": 2.5}})  # fmt: skip
    dress(cost, "What a prediction costs, for one who lived", (474, 280), legend="bottom")
    cost.set_x_axis({"name": "predicted probability", "num_format": "0.###"})
    cost.set_y_axis({"name": "loss", "num_format": "0", "major_gridlines": GRID})
    sheet.insert_chart(28, 0, curve, {"x_offset": 4, "object_position": 3})
    sheet.insert_chart(28, PANEL, cost, {"x_offset": 32, "object_position": 3})
